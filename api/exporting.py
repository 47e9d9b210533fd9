"""Exports of histories, streamed: begun at the caller's desk, written page by page, the connection never held while the caller reads."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from api.desk import Desk
from api.history_filters import Asked
from api.list_reading import watch
from ledger.keys import Keys
from ledger.store import WORKER
from readmodels.exports import Line, Plain, Pseudonyms, Writer
from readmodels.exports.lines import Export, Opening, end
from readmodels.exports.ocel2 import Ocel2Json
from readmodels.exports.ocel2_sqlite import Ocel2Sqlite
from readmodels.exports.table import Csv
from readmodels.exports.xes import Xes

Form = Literal["xes", "ocel2", "ocel2-sqlite", "csv"]
WRITERS: Mapping[Form, type[Writer]] = {"xes": Xes, "ocel2": Ocel2Json, "ocel2-sqlite": Ocel2Sqlite, "csv": Csv}


@dataclass(frozen=True, slots=True)
class Download:
    """An export begun: what it is called, of which media type, and its bytes, to be read once."""

    name: str
    media_type: str
    upto: int
    parts: AsyncGenerator[bytes]


def names_of(keys: Keys, *, identified: bool) -> Plain | Pseudonyms:
    """Stand-ins under the key of search tokens: the one key that stays, since every token in the database was made with it."""
    return Plain() if identified else Pseudonyms(keys.key())


async def begin(desk: Desk, token: str, form: Form, asked: Asked, *, identified: bool = False) -> Download:
    """An export of what the caller watches over; `identified`: under the house's own codes, for a reason, which is recorded.

    Where no last position was asked for it is that of the moment, and stands in the name: with it the same export can be made again.
    Raises `Problem` 403 `forbidden` for who watches over nothing, `access_reason_required` where codes are asked for without a reason.
    """
    scope = watch(desk)
    query = asked.of(desk.directory)
    if identified:
        desk.for_a_reason()
        desk.access.opened("export", cases=[query.case] if query.case else (), channel="export")
    upto = query.upto if query.upto is not None else await end(desk.conn)
    export = Export(scope, replace(query, upto=upto), names_of(desk.services.keys.search, identified=identified))
    # The session is asked anew at each page: where it was ended meanwhile, the database's wall lets no more pass.
    open_ = desk.services.database.transaction
    return download(export, form, own=partial(open_, WORKER), seen=partial(open_, token))


def download(export: Export, form: Form, *, own: Opening, seen: Opening) -> Download:
    """The export in a form; `export.query.upto` must be set. Reading it to the end may raise `NoLongerSeen`."""
    kind, upto = WRITERS[form], export.query.upto or 0
    return Download(f"yuanshou-{upto}.{kind.ending}", kind.media_type, upto, _written(export.pages(own, seen), kind))


async def _written(lines_of: AsyncGenerator[list[Line]], kind: type[Writer]) -> AsyncGenerator[bytes]:
    writer = kind()
    try:
        yield writer.begin()
        async with aclosing(lines_of) as pages:
            async for lines in pages:
                if part := writer.take(lines):
                    yield part
        for part in writer.end():
            yield part
    finally:
        writer.close()

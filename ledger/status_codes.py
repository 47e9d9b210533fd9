"""The code by which an applicant asks how their case stands, without an account: made, never stored.

An HMAC of the case's id and how often its code was renewed, under a key of its own (`keys/status`), written in nine characters that cannot
be taken for one another (over 40 bits). Whoever renews it makes every earlier slip worthless.
"""

import hashlib
import hmac
import re
import unicodedata

import sqlalchemy as sa

from ledger.keys import Keys
from ledger.schema import case_list, events
from ledger.sql import Connection, Statement

ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
"""Without 0 and O, 1, I and L, 2 and Z, 5 and S, 8 and B, U and V."""
LENGTH, GROUP = 9, 3
NUMBER_MOST, CODE_MOST = 80, 40
"""Characters of what may be typed."""
_OPENING, _CLOSING = "〔([{【<〈《", "〕)]}】>〉》"
_WRITTEN = re.compile(r"(?P<centre>.+?)援(?P<kind>[登民刑行赔])字?〔?(?P<year>\d{4})〕?年?[第-]?0*(?P<n>\d+)号?(-\d+)?")
"""A number as people write it; the last part is that of a paper, which begins with the case's."""

_RENEWED = Statement(
    sa.select(sa.func.coalesce(sa.func.max(events.c.version), 0).label("times")).where(events.c.stream == sa.bindparam("stream"))
)
_NUMBERS = sa.bindparam("numbers", type_=sa.ARRAY(sa.Text))
_NUMBERED = Statement(
    sa.select(case_list.c.case_id)
    .where(sa.or_(case_list.c.register_number == sa.any_(_NUMBERS), case_list.c.case_number == sa.any_(_NUMBERS)))
    .limit(1)
)


def stream_of_codes(case_id: str) -> str:
    """The register in which each renewal of a case's code is one event."""
    return f"status/{case_id}"


def code_of(keys: Keys, case_id: str, generation: int, key_id: str | None = None) -> str:
    """The code of a case after `generation` renewals, in groups: `7KQ-M4X-9TD`. Raises `KeyFault`."""
    letters = _letters(keys.key(key_id), case_id, generation)
    return "-".join(letters[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def _letters(key: bytes, case_id: str, generation: int) -> str:
    rest = int.from_bytes(hmac.new(key, f"yuanshou-status-v1\0{case_id}\0{generation}".encode(), hashlib.sha256).digest())
    letters = ""
    for _ in range(LENGTH):
        rest, at = divmod(rest, len(ALPHABET))
        letters += ALPHABET[at]
    return letters


def fits(keys: Keys, case_id: str, generation: int, given: str) -> bool:
    """Whether that is the case's code under any key of the ring. It takes as long for a wrong one, however nearly right."""
    said = plain(given).encode()
    right = [hmac.compare_digest(_letters(key, case_id, generation).encode(), said) for key in keys.keys.values()]
    return any(right)


def plain(given: str) -> str:
    """A code as it is compared: width, case, spaces and signs between make no difference."""
    return "".join(c for c in unicodedata.normalize("NFKC", given).upper() if c.isalnum())


def written(given: str) -> tuple[str, ...]:
    """A number as the ledger may have written it: width, spaces, the kind of bracket, leading zeros and letters' case make no difference.

    `定城援民字2026-318` is `定城援民字〔2026〕第318号`, and so is the number of a paper, which has one more part.
    """
    brackets = str.maketrans(dict.fromkeys(_OPENING, "〔") | dict.fromkeys(_CLOSING, "〕"))
    text = "".join(unicodedata.normalize("NFKC", given).translate(brackets).split())
    found = _WRITTEN.fullmatch(text)
    if found:
        text = f"{found['centre']}援{found['kind']}字〔{found['year']}〕第{found['n']}号"
    return tuple(dict.fromkeys((text, text.upper())))


def mark_of(keys: Keys, numbers: tuple[str, ...]) -> str:
    """What looks at one number are counted under: the number itself is not kept, whether there is such a case or not."""
    return hmac.new(keys.key(), f"yuanshou-status-number-v1\0{numbers[-1]}".encode(), hashlib.sha256).hexdigest()[:32]


async def case_numbered(conn: Connection, numbers: tuple[str, ...]) -> str | None:
    """Id of the case of that case number or register number."""
    row = await (await _NUMBERED.run(conn, numbers=list(numbers))).fetchone()
    return str(row["case_id"]) if row else None


async def generation_of(conn: Connection, case_id: str) -> int:
    """How often the case's code was renewed."""
    row = await (await _RENEWED.run(conn, stream=stream_of_codes(case_id))).fetchone()
    return row["times"] if row else 0

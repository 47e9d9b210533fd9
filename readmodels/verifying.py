"""Read models and snapshots against the ledger, as findings of a verification."""

from collections.abc import AsyncIterator, Callable

from ledger.verify.findings import Finding
from ledger.verify.said import said
from readmodels.rebuild import compare
from readmodels.rows import Difference

_MOST = 1_000


async def differing(dsn: str, processes: int, told: Callable[[int, int], None]) -> AsyncIterator[Finding]:
    """Where read models and snapshots say something else than the events, the first thousand; `dsn` is of a role that reads every row.

    What cannot be folded because an event is of a newer program is a note (`findings.NOTES`).
    """
    n = 0
    async for found in compare(dsn, processes=processes, told=lambda this: told(this.events, this.head)):
        yield _finding(found)
        n += 1
        if n == _MOST:
            return


def _finding(found: Difference) -> Finding:
    place = f"{found.model} {' '.join(map(str, found.key))}"
    if found.model == "events":
        newer = str(found.rebuilt).startswith(("UnknownEventType", "NoStep"))
        code, position = "unknown_type" if newer else "snapshot_changed", found.live if isinstance(found.live, int) else None
        return Finding(code, said("cannot_fold", stream=str(found.key[0]), why=str(found.rebuilt)), "case", position, place)
    code = "snapshot_changed" if found.model == "cases" else "read_model_changed"
    if not found.column:
        what = said("model_row_missing" if found.live is None else "model_row_uncalled", row=place)
    else:
        what = said("model_column", row=place, column=found.column)
    return Finding(code, what, "case", place=place)

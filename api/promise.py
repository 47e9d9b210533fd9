"""The service promise as a report: the share of limits kept, and the days the work took, in a period."""

from datetime import date
from typing import Any

from api import views
from api.desk import Desk
from api.problem import Problem
from ledger.sql import Row
from readmodels import promise
from readmodels.promise import GroupBy

type Json = dict[str, Any]
SUPERVISE = ("supervisor", "approver", "auditor")


async def report(desk: Desk, *, first: date | None, last: date | None, by: GroupBy, office: str | None, limit: str | None) -> Json:
    """The year so far unless said otherwise. Raises `Problem` 403 `forbidden` for anybody who supervises nothing."""
    if not desk.has_role(*SUPERVISE):
        raise Problem(403, "forbidden")
    ends = last or desk.now.astimezone(views.ZONE).date()
    begins = first or ends.replace(month=1, day=1)
    at = (desk.conn, desk.scope, begins, ends, desk.now)
    rows = await promise.counted(*at, by=by, office=office, limit=limit)
    total = (await promise.counted(*at, by=None, office=office, limit=limit))[0]
    return {
        "from": begins.isoformat(),
        "to": ends.isoformat(),
        "group_by": by,
        "items": [line(row) for row in rows],
        "total": line(total),
    }


def line(row: Row) -> Json:
    """A row with its share; a limit that was cancelled or whose right lapsed is in no share."""
    judged = row["met"] + row["met_late"] + row["missed"]
    return dict(row) | {"share": round(row["met"] / judged, 4) if judged else None}

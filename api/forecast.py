"""The forecast as a report: which limits of the coming days will be missed at the present pace, likeliest first, and how many by office."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from api import views
from api.desk import Desk
from api.problem import Problem
from api.promise import SUPERVISE
from domain.clocks.forecast import ENOUGH, Chance, Count, Pace, chance
from ledger.sql import Row
from readmodels import forecast

type Json = dict[str, Any]
_A_YEAR = timedelta(days=365)
_NONE = Pace.of(())


async def report(desk: Desk, *, days: int, office: str | None, limit: str | None, most: int) -> Json:
    """`most` clocks at most, the totals of all. Raises `Problem` 403 `forbidden` for anybody who supervises nothing."""
    if not desk.has_role(*SUPERVISE):
        raise Problem(403, "forbidden")
    today = desk.now.astimezone(views.ZONE).date()
    last, since = today + timedelta(days=days), today - _A_YEAR
    rows = await forecast.due(desk.conn, desk.scope, desk.now, today, last, office=office, limit=limit)
    paces = _paces(await forecast.history(desk.conn, desk.scope, since, today, {row["limit_id"] for row in rows}))
    told = [(row, _chance(paces, row)) for row in rows]
    told.sort(key=lambda each: 1.0 if each[1] is None else -each[1].missed)
    return {
        "from": today.isoformat(),
        "to": last.isoformat(),
        "since": since.isoformat(),
        "enough": ENOUGH,
        "items": [_item(desk, today, row, found) for row, found in told[:most]],
        "offices": _totals((row["centre"] or "", found) for row, found in told),
        "limits": _totals((row["limit_id"], found) for row, found in told),
        "total": _total("", [found for _, found in told]),
    }


def _paces(rows: Iterable[Row]) -> dict[tuple[str, str | None], Pace]:
    """By limit and centre, and by limit alone under None."""
    counts = defaultdict[tuple[str, str | None], list[Count]](list)
    for row in rows:
        count = Count(row["days"], row["ended"], row["open"])
        counts[row["limit_id"], row["centre"]].append(count)
        counts[row["limit_id"], None].append(count)
    return {key: Pace.of(found) for key, found in counts.items()}


def _chance(paces: dict[tuple[str, str | None], Pace], row: Row) -> Chance | None:
    office, reach = paces.get((row["limit_id"], row["centre"] or ""), _NONE), paces.get((row["limit_id"], None), _NONE)
    return chance(age=row["age"], last=row["due_age"], office=office, reach=reach)


def _item(desk: Desk, today: date, row: Row, found: Chance | None) -> Json:
    calendar = desk.services.rules().under(desk.directory, today, row["centre"]).calendar
    ahead = (today + timedelta(days=n) for n in range(1, (row["due_on"] - today).days + 1))
    return {
        "case_id": str(row["case_id"]), "kind": row["kind"], "register_number": row["register_number"] or row["number"],
        "case_number": row["case_number"], "centre": row["centre"], "owner": row["owner"], "waiting_for": row["waiting_for"],
        "limit": row["limit_id"], "clock": row["clock_id"], "started_on": row["started_on"].isoformat(),
        "due_on": row["due_on"].isoformat(), "workdays_left": sum(map(calendar.is_workday, ahead)),
        "age_days": row["age"], "due_age_days": row["due_age"],
        "chance": None if found is None else round(found.missed, 4),
        "comparable": found.comparable if found else None, "basis": found.basis if found else None,
    }  # fmt: skip


def _totals(told: Iterable[tuple[str, Chance | None]]) -> list[Json]:
    by_key = defaultdict[str, list[Chance | None]](list)
    for key, found in told:
        by_key[key].append(found)
    return [_total(key, by_key[key]) for key in sorted(by_key)]


def _total(key: str, found: list[Chance | None]) -> Json:
    told = [each.missed for each in found if each is not None]
    return {"key": key, "clocks": len(found), "told": len(told), "expected": round(sum(told), 2)}

"""The time limits in force on a legal day, with their source, and when one that starts then is due."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from api import views
from api.desk import Desk
from api.problem import Problem
from api.reference import Listed
from domain.clocks.limits import Limit, ladder_of
from domain.rules import Rules
from domain.stages import COMMANDS

type Json = dict[str, Any]


def rules_of(desk: Desk, on: date | None = None, office: str | None = None) -> Rules:
    """The rules as they hold for an office on a legal day; today unless said. Raises `Problem` 422 `unknown_code`."""
    if office is not None and desk.directory.office(office) is None:
        raise Problem(422, "unknown_code", errors=[{"parameter": "office", "in": "query", "code": "unknown_code"}], named=office)
    return desk.services.rules().under(desk.directory, on or desk.now.astimezone(views.ZONE).date(), office)


def in_force(desk: Desk, on: date | None, office: str | None) -> Listed[Limit]:
    """Every limit's row in force on that day, with the reminders it climbs at the office; before its first day the first row."""
    day = on or desk.now.astimezone(views.ZONE).date()
    rules = rules_of(desk, day, office)

    def view(row: Limit) -> Json:
        own = row.id in rules.limits.ladders
        return {
            "limit": row.id,
            "from": row.from_.isoformat(),
            "in_force": row.from_ <= day,
            "n": dict(row.n) if isinstance(row.n, Mapping) else row.n,
            "unit": row.unit,
            "until": row.until,
            "source": row.source,
            "confirmed": row.confirmed,
            "custody": row.custody,
            "handed_in": row.handed_in,
            "on_miss": row.on_miss,
            "ladder": row.id if own else ladder_of(row),
            "steps": [{"at": step.words, "to": list(step.to)} for step in rules.limits.ladder(row)],
        }

    return Listed([rules.limits.on(name, day) or versions[-1] for name, versions in rules.limits.rows.items()], view)


def due(desk: Desk, *, limit: str, start: date, kind: str | None, county: str | None = None, office: str | None = None) -> Json:
    """When a limit that starts on a day (or moment) is due, and how that was counted. Raises `Refusal` 422, `Problem` 422.

    Counted with the days off and the hours of the office, or of the county's centre.
    """
    if isinstance(start, datetime) and start.tzinfo is None:
        raise Problem(422, "invalid", errors=[{"parameter": "start", "in": "query", "code": "offset_missing"}])
    if office is None and county is not None:
        office = next((o.code for o in desk.directory.offices() if o.kind == "centre" and o.county == county), None)
    rules = rules_of(desk, None, office)
    found = rules.due(limit, start, kind=kind)
    row = rules.limit(limit, rules.calendar.day_of(start))
    assert row is not None  # noqa: S101 -- without one `due` has refused
    return {
        "limit": limit,
        "due_at": views.moment(found.due_at),
        "due_on": found.due_on.isoformat(),
        "counted": found.as_json()["days"],
        "provisional": found.provisional,
        "source": row.source,
        "confirmed": row.confirmed,
        "unit": row.unit,
        "n": row.n if isinstance(row.n, int) else row.n.get(kind or "") if row.n else None,
        "rule_from": row.from_.isoformat(),
        "office": office,
    }


def day(desk: Desk, *, on: date, office: str | None, command: str | None = None, field: str | None = None, kind: str | None = None) -> Json:
    """Whether a day is worked at an office, and which limits may start on it where it is written into that field of that command.

    A limit whose start depends on the case is told as one that may start (`depends`). Raises `Problem` 422 `unknown_code`.
    """
    if command is not None and command not in COMMANDS:
        raise Problem(422, "unknown_code", errors=[{"parameter": "command", "in": "query", "code": "unknown_code"}], named=command)
    rules = rules_of(desk, on, office)
    worked, reason, name = rules.calendar.kind_of(on)
    starts = _started(rules, COMMANDS[command].emits, field, on, kind) if command and field else []
    return {"on": on.isoformat(), "worked": worked, "reason": reason, "name": name, "office": office, "starts": starts}


_LEGAL_DAY = "effective_on"


def _started(rules: Rules, events: Sequence[str], field: str, on: date, kind: str | None) -> list[Json]:
    found: dict[str, Json] = {}
    for event in events:
        for limit in rules.limits.starting.get(event, ()):
            row = rules.limit(limit, on)
            days = row.day.get(event, _LEGAL_DAY).split("|") if row else ()
            if row is None or event not in row.starts or field not in days or event in row.own_date:
                continue
            if row.number(kind, criminal=False) is None:
                continue  # a date of the case's own, or a number that hangs on the kind of paper
            due = rules.due(limit, on, kind=kind)
            depends = bool(row.when or row.starts_when.get(event))
            found[limit] = {"limit": limit, "due_on": due.due_on.isoformat(), "provisional": due.provisional, "depends": depends}
    return list(found.values())

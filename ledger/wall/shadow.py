"""The directory's relational shadow: offices, people and roles as the wall's functions join them.

It is derived, never edited: whoever appends to the directory brings it up to date in the same transaction, `yuanshou migrate` makes it
anew, `yuanshou doctor` compares it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from domain.directory import Directory, Office, Person
from domain.directory.versions import held_on
from ledger.sql import Connection

type Rows = list[dict[str, Any]]


class _Table(NamedTuple):
    """A table of the shadow: its columns with their types, and those of its key."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]

    @property
    def _names(self) -> str:
        return ", ".join(self.columns)

    @property
    def wanted(self) -> str:
        """The rows given as the statement's only parameter."""
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        return f"SELECT {self._names} FROM jsonb_to_recordset(%s) AS given({columns})"

    @property
    def held(self) -> str:
        return f"SELECT {self._names} FROM {self.name}"

    def refresh(self) -> Iterator[str]:
        """Statements that write only what differs: whoever may not change the directory may still run them when nothing did."""
        same = " AND ".join(f"w.{name} = h.{name}" for name in self.key)
        yield f"WITH w AS ({self.wanted}) DELETE FROM {self.name} h WHERE NOT EXISTS (SELECT FROM w WHERE {same})"
        others = [name for name in self.columns if name not in self.key]
        changed = f"UPDATE SET ({', '.join(others)}) = ROW({', '.join(f'excluded.{name}' for name in others)})"
        yield (
            f"INSERT INTO {self.name} ({self._names}) SELECT * FROM ({self.wanted}) w EXCEPT {self.held}"
            f" ON CONFLICT ({', '.join(self.key)}) DO {changed}"
        )


_DAYS = {"since": "date", "until": "date"}
_OFFICES = _Table(
    "wall_offices",
    {"code": "text", **_DAYS, "kind": "text", "bureau": "text", "centre": "text", "above": "text[]", "whole_city": "boolean"},
    ("code", "since"),
)
_PEOPLE = _Table("wall_people", {"code": "text", **_DAYS, "lawyer": "text", "unit": "text"}, ("code", "since"))
_GRANTS = _Table("wall_grants", {"person": "text", "role": "text", "office": "text", **_DAYS}, ("person", "role", "office", "since"))


def rows_of(directory: Directory) -> tuple[tuple[_Table, Rows], ...]:
    """What the shadow of that directory holds."""
    whole = directory.index.whole or directory
    return (_OFFICES, list(_offices(whole))), (_PEOPLE, list(_people(whole))), (_GRANTS, list(_grants(whole)))


def _day(day: date) -> str:
    return {date.min: "-infinity", date.max: "infinity"}.get(day, day.isoformat())


def _spans(beginnings: Iterable[date]) -> Iterator[tuple[date, date]]:
    """The days from one beginning to the eve of the next; before the first beginning holds what the first brought."""
    first, *later = sorted(set(beginnings)) or [date.min]
    del first
    days = [date.min, *later]
    yield from zip(days, [*(day - timedelta(days=1) for day in later), date.max], strict=True)


def _offices(whole: Directory) -> Iterator[dict[str, Any]]:
    """Where an office stands is a matter of those above it too: a span ends whenever any office was put elsewhere."""
    moved = {
        after.since
        for (kind, _), versions in whole.versions.items()
        if kind == "offices"
        for before, after in pairwise(versions)
        if _stand(before.entry) != _stand(after.entry)
    }
    for since, until in _spans([date.min, *moved]):
        view = whole.on(since)
        for office in view.offices():
            centre = view.centre_of(office.code)
            yield {
                "code": office.code,
                "since": _day(since),
                "until": _day(until),
                "kind": office.kind,
                "bureau": office.bureau,
                "centre": centre.code if centre else None,
                "above": [up.code for up in view.above(office.code)],
                "whole_city": office.level == "city" and office.kind in ("bureau", "centre"),
            }


def _stand(entry: object) -> tuple[object, ...]:
    """Of an office's entry what access looks at."""
    assert isinstance(entry, Office)  # noqa: S101 -- the versions of offices are offices
    return entry.kind, entry.parent, entry.bureau, entry.level


def _versions(whole: Directory) -> Iterator[tuple[Person, date, date]]:
    """Every person as they stood, with the days."""
    for code, newest in whole.person_of.items():
        versions = whole.versions.get(("people", code), ())
        for since, until in _spans(v.since for v in versions):
            entry = held_on("people", versions, newest, since) if versions else newest
            assert isinstance(entry, Person)  # noqa: S101 -- the versions of people are people
            yield entry, since, until


def _people(whole: Directory) -> Iterator[dict[str, Any]]:
    for person, since, until in _versions(whole):
        yield {"code": person.code, "since": _day(since), "until": _day(until), "lawyer": person.lawyer, "unit": person.unit}


def _grants(whole: Directory) -> Iterator[dict[str, Any]]:
    """Roles as held by each version of a person; of two alike from the same day the longer one holds."""
    longest: dict[tuple[str, str, str, date], date] = {}
    for person, first, last in _versions(whole):
        gone = person.left_on - timedelta(days=1) if person.left_on else date.max
        for grant in person.grants:
            since, until = max(grant.since, first), min(grant.until or date.max, last, gone)
            if since <= until:
                key = (person.code, grant.role, grant.office, since)
                longest[key] = max(until, longest.get(key, until))
    for (code, role, office, since), until in longest.items():
        yield {"person": code, "role": role, "office": office, "since": _day(since), "until": _day(until)}


def refreshing(directory: Directory) -> Iterator[tuple[bytes, tuple[Jsonb]]]:
    """The statements, with their parameters, that bring the shadow to what the directory says."""
    for table, rows in rows_of(directory):
        yield from ((statement.encode(), (Jsonb(rows),)) for statement in table.refresh())


def comparing(directory: Directory) -> Iterable[tuple[str, bytes, tuple[Jsonb, Jsonb]]]:
    """Of each table its name and the query that counts the rows it holds too many or lacks."""
    for table, rows in rows_of(directory):
        lacking, excess = f"({table.wanted} EXCEPT {table.held})", f"({table.held} EXCEPT {table.wanted})"
        yield table.name, f"SELECT count(*) FROM ({lacking} UNION ALL {excess}) AS d".encode(), (Jsonb(rows), Jsonb(rows))


async def shadow(conn: Connection, directory: Directory) -> None:
    """Bring the shadow to what the directory now says, in the transaction that changed it."""
    for statement, given in refreshing(directory):
        await conn.execute(statement, given)

"""The directory's relational shadow: offices, people and roles as the wall's functions join them.

It is derived, never edited: whoever appends to the directory brings it up to date in the same transaction, `yuanshou migrate` makes it
anew, `yuanshou doctor` compares it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from domain.directory import Directory
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


_OFFICES = _Table(
    "wall_offices",
    {"code": "text", "kind": "text", "bureau": "text", "centre": "text", "above": "text[]", "whole_city": "boolean"},
    ("code",),
)
_PEOPLE = _Table("wall_people", {"code": "text", "lawyer": "text", "unit": "text"}, ("code",))
_GRANTS = _Table(
    "wall_grants", {"person": "text", "role": "text", "office": "text", "since": "date", "until": "date"}, ("person", "role", "office", "since")
)


def rows_of(directory: Directory) -> tuple[tuple[_Table, Rows], ...]:
    """What the shadow of that directory holds."""
    return (_OFFICES, list(_offices(directory))), (_PEOPLE, list(_people(directory))), (_GRANTS, list(_grants(directory)))


def _offices(directory: Directory) -> Iterator[dict[str, Any]]:
    for office in directory.offices():
        centre = directory.centre_of(office.code)
        yield {
            "code": office.code,
            "kind": office.kind,
            "bureau": office.bureau,
            "centre": centre.code if centre else None,
            "above": [up.code for up in directory.above(office.code)],
            "whole_city": office.level == "city" and office.kind in ("bureau", "centre"),
        }


def _people(directory: Directory) -> Iterator[dict[str, Any]]:
    for person in directory.people():
        yield {"code": person.code, "lawyer": person.lawyer, "unit": person.unit}


def _grants(directory: Directory) -> Iterator[dict[str, Any]]:
    """Roles with their days; of two grants alike from the same day the longer one holds."""
    longest: dict[tuple[str, str, str, date], date | None] = {}
    for person in directory.people():
        for grant in person.grants:
            key = (person.code, grant.role, grant.office, grant.since)
            known = longest.get(key, grant.until)
            longest[key] = None if known is None or grant.until is None else max(known, grant.until)
    for (person_code, role, office, since), until in longest.items():
        yield {"person": person_code, "role": role, "office": office, "since": since.isoformat(), "until": until and until.isoformat()}


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

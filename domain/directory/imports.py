"""Rows of a table against the directory: what each would change, and what is wrong with it. Pure; nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple, cast

from pydantic import ValidationError

from domain.directory.changes import (
    DirectoryEvent,
    DirectoryFault,
    LawyerRegistered,
    OfficeOpened,
    PersonRegistered,
    TariffSet,
    UnitRegistered,
)
from domain.directory.ended import PersonChanged
from domain.directory.entries import Lawyer, Office, Person, Township, Unit
from domain.directory.lookup import Directory
from domain.directory.places import TownshipSet
from domain.directory.sheets import SHEETS, Column, Fault, ImportKind, Words, read_row
from domain.values import Model

State = Literal["new", "changed", "unchanged", "faulty"]


class Verdict(NamedTuple):
    """What a row would do. `event` is there where it would change something."""

    state: State
    event: DirectoryEvent | None = None
    faults: tuple[Fault, ...] = ()


class Judge:
    """Judges the rows of one table in their order; a row may name what an earlier one brings."""

    def __init__(self, kind: ImportKind, directory: Directory, columns: Sequence[Column | None], *, since: date, words: Words) -> None:
        self._kind: ImportKind = kind
        self._columns, self._since, self._words = columns, since, words
        self._draft = directory.draft()
        self._seen: dict[str, int] = {}
        self._tariffs = directory

    def judge(self, row: int, cells: Sequence[str]) -> Verdict:
        """`row` is the number people see at the row's left."""
        fields, faults = read_row(self._columns, cells, row, self._words)
        code = str(fields.get("code", ""))
        if code and (first := self._seen.setdefault(code, row)) != row:
            faults.append(Fault(row, _named("code", self._kind), "duplicate_row", {"first": str(first), "named": code}))
        if faults:
            return Verdict("faulty", faults=tuple(faults))
        since: date = fields.pop("since", self._since)
        try:
            event, state = self._change(fields, since)
            if event is not None:
                event.apply(self._draft)
        except ValidationError as fault:
            return Verdict("faulty", faults=tuple(_of_fields(fault, row, self._kind)))
        except DirectoryFault as fault:
            column = next((c.zh for c in self._columns if c and fault.values.get("named") in _codes(fields.get(c.field))), None)
            return Verdict("faulty", faults=(Fault(row, column, fault.code, fault.values),))
        return Verdict(state, event)

    def _change(self, fields: dict[str, Any], since: date) -> tuple[DirectoryEvent | None, State]:
        changes: Mapping[ImportKind, Callable[[dict[str, Any], date], tuple[DirectoryEvent | None, State]]] = {
            "offices": self._office, "people": self._person, "units": self._unit, "lawyers": self._lawyer, "townships": self._township,
            "tariffs": self._tariff,
        }  # fmt: skip
        return changes[self._kind](fields, since)

    def _office(self, fields: dict[str, Any], since: date) -> tuple[DirectoryEvent | None, State]:
        """What a table does not say, an office's parent tells: who set it up, whether it is of the city."""
        before = self._draft.offices.get(fields["code"])
        above = self._draft.offices.get(fields.get("parent", ""))
        implied = {
            "name_en": fields["name"], "short": fields["name"], "level": above.level if above and above.kind == "centre" else "county",
            "bureau": above and (above.code if above.kind == "bureau" and fields["kind"] == "centre" else above.bureau),
        }  # fmt: skip
        office = Office.model_validate(implied | fields)
        return _entered(before, office, lambda: OfficeOpened(since=since, office=office))

    def _person(self, fields: dict[str, Any], since: date) -> tuple[DirectoryEvent | None, State]:
        """Roles are not a table's to give: somebody new has none, somebody known keeps theirs."""
        before = self._draft.people.get(fields["code"])
        person = Person.model_validate(fields)
        if before is None:
            return PersonRegistered(since=since, person=person), "new"
        said = before.model_copy(update=_person_fields(person))
        return _entered(before, said, lambda: PersonChanged(since=since, person=said.code, **_person_fields(said)))

    def _unit(self, fields: dict[str, Any], since: date) -> tuple[DirectoryEvent | None, State]:
        unit = Unit.model_validate(fields)
        return _entered(self._draft.units.get(unit.code), unit, lambda: UnitRegistered(since=since, unit=unit))

    def _lawyer(self, fields: dict[str, Any], since: date) -> tuple[DirectoryEvent | None, State]:
        before = self._draft.lawyers.get(fields["code"])
        kept = {"suspensions": before.suspensions, "leaves": before.leaves} if before else {}
        lawyer = Lawyer.model_validate(fields).model_copy(update=kept)
        return _entered(before, lawyer, lambda: LawyerRegistered(since=since, lawyer=lawyer))

    def _township(self, fields: dict[str, Any], since: date) -> tuple[DirectoryEvent | None, State]:
        township = Township.model_validate({"name_en": fields["name"]} | fields)
        return _entered(self._draft.townships.get(township.code), township, lambda: TownshipSet(since=since, township=township))

    def _tariff(self, fields: dict[str, Any], since: date) -> tuple[DirectoryEvent | None, State]:
        event = TariffSet(since=since, **fields)
        held = self._tariffs.tariff(event.code, since)
        if held is not None and (held.amount_fen, held.instrument) == (event.amount_fen, event.instrument):
            return None, "unchanged"
        return event, "changed" if held else "new"


def _entered(before: Model | None, after: Model, event: Callable[[], DirectoryEvent]) -> tuple[DirectoryEvent | None, State]:
    """An entry as it stands brings no event: the same table taken in again changes nothing."""
    if before == after:
        return None, "unchanged"
    return event(), "new" if before is None else "changed"


def _person_fields(person: Person) -> dict[str, Any]:
    """What a table says of a person."""
    return {name: getattr(person, name) for name in ("name", "office", "unit", "lawyer")}


def _codes(held: Any) -> tuple[str, ...]:
    """The codes a field names."""
    return (held,) if isinstance(held, str) else tuple(map(str, cast("Iterable[Any]", held))) if isinstance(held, list | dict) else ()


def _named(field: str, kind: ImportKind) -> str | None:
    return next((c.zh for c in SHEETS[kind] if c.field == field), None)


def _of_fields(fault: ValidationError, row: int, kind: ImportKind) -> list[Fault]:
    """The faults of a row that could be read and is no entry: one a column."""
    columns = dict.fromkeys(_named(str(error["loc"][0]), kind) if error["loc"] else None for error in fault.errors())
    return [Fault(row, column, "value_not_allowed") for column in columns]

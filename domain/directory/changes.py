"""The directory's events: what may change it, each from a legal day on. They are no events of a case and no case folds them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal

from domain.command import Role
from domain.directory.entries import (
    Absence,
    Charge,
    DayRule,
    Delegation,
    Grant,
    Lawyer,
    Name,
    Office,
    Period,
    Person,
    Tariff,
    Township,
    Unit,
)
from domain.directory.versions import Dated, Entry, Kind, Versions, dated
from domain.registers import RegisterEvent
from domain.values import Code, Fen


class DirectoryFault(ValueError):  # noqa: N818 -- a fault of the data, as `Refusal` is an answer
    """An event does not fit the directory: it names what is not there, closes what is closed, puts an office above itself.

    `code` is stable, `values` fill its sentence in the catalogues.
    """

    def __init__(self, message: str, code: str = "directory_fault", **values: str) -> None:
        super().__init__(message)
        self.code, self.values = code, values


@dataclass(slots=True)
class Draft:
    """The directory while it is being folded."""

    offices: dict[str, Office]
    people: dict[str, Person]
    units: dict[str, Unit]
    lawyers: dict[str, Lawyer]
    tariffs: dict[str, tuple[Tariff, ...]]
    delegations: list[Delegation]
    charges: list[Charge]
    townships: dict[str, Township] = field(default_factory=dict[str, Township])
    days: list[DayRule] = field(default_factory=list[DayRule])
    versions: Versions = field(default_factory=dict[tuple[Kind, str], tuple[Dated, ...]])

    def enter[E: Entry](self, kind: Kind, book: dict[str, E], entry: E, since: date) -> None:
        """Enter an entry, or write it anew from a day on: what held before that day stays to be asked for."""
        kept = dated(self.versions.get((kind, entry.code), ()), Dated(since, entry))
        self.versions[kind, entry.code] = kept
        if kept[-1].entry is entry:
            book[entry.code] = entry

    absences: list[Absence] = field(default_factory=list[Absence])
    standards: list[DirectoryEvent] = field(default_factory=list["DirectoryEvent"])
    terms: list[DirectoryEvent] = field(default_factory=list["DirectoryEvent"])

    def need(self, book: Mapping[str, object], *codes: str | None) -> None:
        """Raise `DirectoryFault` unless the book holds every code given."""
        for code in codes:
            if code is not None and code not in book:
                raise DirectoryFault(f"the directory holds no {code}", "unknown_code", named=code)


_NAMED_BY: Mapping[str, str] = {
    "offices": "office", "people": "person", "units": "unit", "lawyers": "lawyer", "townships": "township", "delegations": "person",
    "calendar": "day",
}  # fmt: skip
"""The field by which an event says what it changes, by the stream's kind; the others have a `code`."""

DIRECTORY_EVENTS: dict[str, type[DirectoryEvent]] = {}
"""By type, to read a stored event back. Apart from the case's events: the directory is no case."""


class DirectoryEvent(RegisterEvent):
    """What happened to the directory; the stream is `directory/<kind>`."""

    kind: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        DIRECTORY_EVENTS[cls.type] = cls

    @property
    def stream(self) -> str:
        return f"directory/{self.kind}"

    @property
    def concerns(self) -> str:
        """Code of the entry it changes (for a day of the calendar the day); empty where the event names none."""
        held: Any = getattr(self, _NAMED_BY.get(self.kind, "code"), "")
        return str(getattr(held, "code", held))

    @abstractmethod
    def apply(self, draft: Draft) -> None:
        """Enter it; raises `DirectoryFault` where it names what is not there."""


class OfficeOpened(DirectoryEvent):
    """An office opens, or its entry is written anew under the same code (one that was closed is then open again)."""

    kind = "offices"
    office: Office

    def apply(self, draft: Draft) -> None:
        draft.need(draft.offices, self.office.parent, self.office.bureau)
        draft.need(draft.townships, self.office.township)
        up = self.office.parent
        while up is not None:
            if up == self.office.code:
                raise DirectoryFault(f"{up} would stand above itself", "above_itself", named=up)
            up = draft.offices[up].parent
        draft.enter("offices", draft.offices, self.office, self.since)


class PersonRegistered(DirectoryEvent):
    kind = "people"
    person: Person

    def apply(self, draft: Draft) -> None:
        draft.need(draft.offices, self.person.office, *(g.office for g in self.person.grants))
        draft.need(draft.units, self.person.unit)
        draft.enter("people", draft.people, self.person, self.since)


class RoleGranted(DirectoryEvent):
    """One more role for a person; `until` ends it on a day."""

    kind = "people"
    person: Code
    role: Role
    office: Code
    until: date | None = None

    def apply(self, draft: Draft) -> None:
        draft.need(draft.people, self.person)
        draft.need(draft.offices, self.office)
        person = draft.people[self.person]
        grant = Grant(role=self.role, office=self.office, since=self.since, until=self.until)
        draft.people[self.person] = person.model_copy(update={"grants": (*person.grants, grant)})


class FunctionGiven(DirectoryEvent):
    """A person becomes team lead, director or deputy of an office."""

    kind = "people"
    function: Literal["team_lead", "centre_director", "deputy"]
    office: Code
    person: Code
    until: date | None = None

    def apply(self, draft: Draft) -> None:
        draft.need(draft.people, self.person)
        draft.need(draft.offices, self.office)
        draft.charges.append(Charge(function=self.function, office=self.office, person=self.person, since=self.since, until=self.until))


class DelegationGiven(DirectoryEvent):
    kind = "delegations"
    person: Code
    centre: Code
    until: date | None = None

    def apply(self, draft: Draft) -> None:
        draft.need(draft.people, self.person)
        draft.need(draft.offices, self.centre)
        draft.delegations.append(Delegation(person=self.person, centre=self.centre, since=self.since, until=self.until))


class UnitRegistered(DirectoryEvent):
    kind = "units"
    unit: Unit

    def apply(self, draft: Draft) -> None:
        draft.need(draft.offices, self.unit.office)
        draft.need(draft.offices, self.unit.outlet)
        draft.need(draft.townships, self.unit.township)
        draft.enter("units", draft.units, self.unit, self.since)


class LawyerRegistered(DirectoryEvent):
    kind = "lawyers"
    lawyer: Lawyer

    def apply(self, draft: Draft) -> None:
        draft.need(draft.units, self.lawyer.unit)
        draft.need(draft.people, self.lawyer.person)
        draft.enter("lawyers", draft.lawyers, self._with_what_was(draft.lawyers.get(self.lawyer.code)), self.since)

    def _with_what_was(self, before: Lawyer | None) -> Lawyer:
        """Suspensions and leaves stay on record when the entry is written anew: they have days of their own."""
        if before is None:
            return self.lawyer
        kept = {
            "suspensions": tuple(dict.fromkeys((*before.suspensions, *self.lawyer.suspensions))),
            "leaves": tuple(dict.fromkeys((*before.leaves, *self.lawyer.leaves))),
        }
        return self.lawyer.model_copy(update=kept)


class LawyerSuspended(DirectoryEvent):
    """No new assignments in this period (暂停指派)."""

    kind = "lawyers"
    lawyer: Code
    until: date | None = None
    reason: Name

    def apply(self, draft: Draft) -> None:
        draft.need(draft.lawyers, self.lawyer)
        lawyer = draft.lawyers[self.lawyer]
        period = Period(since=self.since, until=self.until, reason=self.reason)
        draft.lawyers[self.lawyer] = lawyer.model_copy(update={"suspensions": (*lawyer.suspensions, period)})


class LeaveSet(DirectoryEvent):
    """A lawyer is away in this period."""

    kind = "lawyers"
    lawyer: Code
    until: date | None = None

    def apply(self, draft: Draft) -> None:
        draft.need(draft.lawyers, self.lawyer)
        lawyer = draft.lawyers[self.lawyer]
        draft.lawyers[self.lawyer] = lawyer.model_copy(update={"leaves": (*lawyer.leaves, Period(since=self.since, until=self.until))})


class TariffSet(DirectoryEvent):
    kind = "tariffs"
    code: Code
    amount_fen: Fen
    instrument: Name | None = None

    def apply(self, draft: Draft) -> None:
        tariff = Tariff(code=self.code, since=self.since, amount_fen=self.amount_fen, instrument=self.instrument)
        draft.tariffs[self.code] = (*draft.tariffs.get(self.code, ()), tariff)

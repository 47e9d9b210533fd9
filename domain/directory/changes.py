"""The directory's events: what may change it, each from a legal day on. They are no events of a case and no case folds them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

from domain.command import Role
from domain.directory.entries import Absence, Charge, Delegation, Grant, Lawyer, Name, Office, Period, Person, Tariff, Unit
from domain.registers import RegisterEvent
from domain.values import Code, Fen


class DirectoryFault(ValueError):  # noqa: N818 -- a fault of the data, as `Refusal` is an answer
    """An event of the directory names something the directory does not hold, or an office above itself."""


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
    absences: list[Absence]

    def need(self, book: Mapping[str, object], *codes: str | None) -> None:
        """Raise `DirectoryFault` unless the book holds every code given."""
        for code in codes:
            if code is not None and code not in book:
                raise DirectoryFault(f"the directory holds no {code}")


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

    @abstractmethod
    def apply(self, draft: Draft) -> None:
        """Enter it; raises `DirectoryFault` where it names what is not there."""


class OfficeOpened(DirectoryEvent):
    """An office opens, or its entry is written anew under the same code."""

    kind = "offices"
    office: Office

    def apply(self, draft: Draft) -> None:
        draft.need(draft.offices, self.office.parent, self.office.bureau)
        up = self.office.parent
        while up is not None:
            if up == self.office.code:
                raise DirectoryFault(f"{up} would stand above itself")
            up = draft.offices[up].parent
        draft.offices[self.office.code] = self.office


class PersonRegistered(DirectoryEvent):
    kind = "people"
    person: Person

    def apply(self, draft: Draft) -> None:
        draft.need(draft.offices, self.person.office, *(g.office for g in self.person.grants))
        draft.need(draft.units, self.person.unit)
        draft.people[self.person.code] = self.person


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
        draft.units[self.unit.code] = self.unit


class LawyerRegistered(DirectoryEvent):
    kind = "lawyers"
    lawyer: Lawyer

    def apply(self, draft: Draft) -> None:
        draft.need(draft.units, self.lawyer.unit)
        draft.need(draft.people, self.lawyer.person)
        draft.lawyers[self.lawyer.code] = self.lawyer


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

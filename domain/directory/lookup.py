"""The directory as its events left it, and the questions it answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from domain.directory.changes import DirectoryEvent, Draft
from domain.directory.entries import Absence, CaseScope, Charge, Delegation, Function, Lawyer, Office, Person, Tariff, Unit

_FALLBACK: dict[str, Function] = {
    "owner": "caseworker", "caseworker": "supervisor", "approver": "supervisor", "team_lead": "supervisor",
    "centre_director": "approver", "deputy": "approver", "unit_manager": "owner", "lawyer": "owner",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory as its events left it. Lookups of unknown codes give None, an empty tuple or False, never a fault."""

    office_of: dict[str, Office] = field(default_factory=dict[str, Office])
    person_of: dict[str, Person] = field(default_factory=dict[str, Person])
    unit_of: dict[str, Unit] = field(default_factory=dict[str, Unit])
    lawyer_of: dict[str, Lawyer] = field(default_factory=dict[str, Lawyer])
    tariffs: dict[str, tuple[Tariff, ...]] = field(default_factory=dict[str, tuple[Tariff, ...]])
    delegations: tuple[Delegation, ...] = ()
    charges: tuple[Charge, ...] = ()
    absences: tuple[Absence, ...] = ()

    @classmethod
    def fold(cls, events: Iterable[DirectoryEvent], base: Directory | None = None) -> Directory:
        """The directory after `events`, on top of `base` (which stays as it was). Raises `DirectoryFault`."""
        base = base or cls()
        draft = Draft(
            dict(base.office_of), dict(base.person_of), dict(base.unit_of), dict(base.lawyer_of),
            dict(base.tariffs), list(base.delegations), list(base.charges), list(base.absences),
        )  # fmt: skip
        for event in events:
            event.apply(draft)
        return cls(
            draft.offices, draft.people, draft.units, draft.lawyers,
            draft.tariffs, tuple(draft.delegations), tuple(draft.charges), tuple(draft.absences),
        )  # fmt: skip

    def office(self, code: str | None) -> Office | None:
        return self.office_of.get(code or "")

    def offices(self) -> tuple[Office, ...]:
        return tuple(self.office_of.values())

    def above(self, code: str | None) -> Iterator[Office]:
        """The office and those above it, up to the city's bureau."""
        office = self.office(code)
        while office is not None:
            yield office
            office = self.office(office.parent)

    def below(self, code: str) -> frozenset[str]:
        """Codes of the office and of all offices below it; of every office for a bureau or centre of the city."""
        office = self.office(code)
        if office is None:
            return frozenset()
        if office.level == "city" and office.kind in ("bureau", "centre"):
            return frozenset(self.office_of)
        return frozenset(o.code for o in self.office_of.values() if any(up.code == code for up in self.above(o.code)))

    def centre_of(self, code: str | None) -> Office | None:
        """The centre an outlet stands under; a centre is its own."""
        return next((o for o in self.above(code) if o.kind == "centre"), None)

    def bureau_of(self, centre: str) -> str | None:
        """Code of the bureau that set up the centre."""
        office = self.office(centre)
        return office.bureau if office else None

    def single_officer(self, centre: str) -> bool:
        office = self.office(centre)
        return office is not None and office.single_officer

    def person(self, code: str | None) -> Person | None:
        return self.person_of.get(code or "")

    def people(self) -> tuple[Person, ...]:
        return tuple(self.person_of.values())

    def people_with(self, role: str, on: date, office: str | None = None) -> tuple[Person, ...]:
        """Who holds the role on that day, at the office where one is named."""
        return tuple(p for p in self.person_of.values() if any(r == role and office in (None, o) for r, o in p.roles_on(on)))

    def unit(self, code: str | None) -> Unit | None:
        return self.unit_of.get(code or "")

    def units(self) -> tuple[Unit, ...]:
        return tuple(self.unit_of.values())

    def lawyer(self, code: str | None) -> Lawyer | None:
        return self.lawyer_of.get(code or "")

    def lawyers(self, on: date) -> tuple[Lawyer, ...]:
        """The panel of that day, suspended lawyers and those on leave included: a list that hides them could not explain itself."""
        return tuple(x for x in self.lawyer_of.values() if x.practising_since <= on)

    def tariff(self, code: str, on: date) -> Tariff | None:
        """The tariff in force on that day; of two set from the same day the one set later."""
        in_force = (t for t in reversed(self.tariffs.get(code, ())) if t.since <= on)
        return max(in_force, key=lambda t: t.since, default=None)

    def tariff_codes(self) -> tuple[str, ...]:
        return tuple(self.tariffs)

    def delegated(self, person: str, centre: str, on: date) -> bool:
        """Whether the person may accept first on the centre's behalf on that day."""
        return any(d.person == person and d.centre == centre and d.holds(on) for d in self.delegations)

    def deputy_of(self, person: str | None, on: date) -> str | None:
        """Who stands in for the person on that day; None where the person is not away. Of two entries the one made later."""
        return next((a.deputy for a in reversed(self.absences) if a.person == person and a.holds(on)), None)

    def may_stand_in(self, actor: str, role: str, office: str, person: str, on: date) -> bool:
        """Whether the actor may act for a person on that day: who is away, and named the actor or has the same role at the same office."""
        away = self.person(person)
        deputy = self.deputy_of(person, on)
        return deputy is not None and away is not None and (deputy == actor or (role, office) in away.roles_on(on))

    def standing_in(self, person: str, on: date) -> str:
        """The person, or who stands in on that day: a deputy's own deputy too, but nobody twice."""
        passed = {person}
        while (deputy := self.deputy_of(person, on)) is not None and deputy not in passed:
            passed.add(person := deputy)
        return person

    def who(self, function: str, case: CaseScope, on: date) -> tuple[str, ...]:
        """Codes of the people a function stands for in this case on that day, in the directory's order, each once.

        A function nobody holds falls back so that no reminder is lost: owner → caseworkers → supervisor, team lead →
        supervisor, director and deputy → approvers → supervisor, unit manager and lawyer → owner. Raises
        `KeyError` for a word that is none of `Function`.
        """
        if function == "supervisor":
            return self._supervisors(case.centre, on)
        if function == "owner":
            found = (case.owner,) if self.person(case.owner) and case.owner else ()
        elif function in ("caseworker", "approver"):
            found = tuple(p.code for p in self.people_with(function, on, case.centre))
        elif function == "lawyer":
            found = tuple(x.person for x in map(self.lawyer, case.lawyers) if x and x.person)
        elif function == "unit_manager":
            found = tuple(p.code for p in self.people_with("unit_manager", on) if case.unit and p.unit == case.unit)
        else:
            found = tuple(c.person for c in self.charges if c.function == function and c.office == case.centre and c.holds(on))
        return tuple(dict.fromkeys(found)) or self.who(_FALLBACK[function], case, on)

    def _supervisors(self, centre: str, on: date) -> tuple[str, ...]:
        ways = [o.code for o in self.above(centre)] + [o.code for o in self.office_of.values() if o.level == "city"]
        held = (self.people_with("supervisor", on, code) for code in ways)
        return tuple(p.code for p in next(filter(None, held), ()))

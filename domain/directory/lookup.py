"""The directory as its events left it, and the questions it answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from domain.directory.changes import DirectoryEvent, Draft
from domain.directory.entries import (
    Absence,
    CaseScope,
    Charge,
    DayRule,
    Delegation,
    Function,
    Lawyer,
    Office,
    Person,
    Tariff,
    Township,
    Unit,
)
from domain.directory.index import Index, children_of, holders_of, members_of, set_up_by, tree_below
from domain.directory.versions import Dated, Entry, Kind, Versions, held_on

_FALLBACK: dict[str, Function] = {
    "owner": "caseworker", "caseworker": "supervisor", "approver": "supervisor", "team_lead": "supervisor",
    "centre_director": "approver", "deputy": "approver", "unit_manager": "owner", "lawyer": "owner",
}  # fmt: skip
_VIEWS = 64
"""Days of which a directory keeps the view."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory as its events left it. Lookups of unknown codes give None, an empty tuple or False, never a fault.

    Its books hold the newest version of each entry; `on(day)` gives the directory of a legal day.
    """

    office_of: dict[str, Office] = field(default_factory=dict[str, Office])
    person_of: dict[str, Person] = field(default_factory=dict[str, Person])
    unit_of: dict[str, Unit] = field(default_factory=dict[str, Unit])
    lawyer_of: dict[str, Lawyer] = field(default_factory=dict[str, Lawyer])
    tariffs: dict[str, tuple[Tariff, ...]] = field(default_factory=dict[str, tuple[Tariff, ...]])
    delegations: tuple[Delegation, ...] = ()
    charges: tuple[Charge, ...] = ()
    township_of: dict[str, Township] = field(default_factory=dict[str, Township])
    days: tuple[DayRule, ...] = ()
    versions: Versions = field(default_factory=dict[tuple[Kind, str], tuple[Dated, ...]])
    size: int = field(default=0, compare=False)
    """How many events it was folded from: another number, another directory."""
    index: Index = field(default_factory=Index, init=False, repr=False, compare=False)
    absences: tuple[Absence, ...] = ()
    standards: tuple[DirectoryEvent, ...] = ()
    """The events that set standards, in the order entered; `domain.eligibility.standards` reads them."""
    terms: tuple[DirectoryEvent, ...] = ()
    """The events that set limits, ladders and hours, in the order entered; `domain.clocks.terms` lays them over the rules."""

    @classmethod
    def fold(cls, events: Iterable[DirectoryEvent], base: Directory | None = None) -> Directory:
        """The directory after `events`, on top of `base` (which stays as it was). Raises `DirectoryFault`."""
        base = (base.index.whole or base) if base else cls()  # a day's view holds older versions
        draft = base.draft()
        entered = 0
        for event in events:
            event.apply(draft)
            entered += 1
        return cls(
            draft.offices, draft.people, draft.units, draft.lawyers, draft.tariffs, tuple(draft.delegations), tuple(draft.charges),
            township_of=draft.townships, days=tuple(draft.days), versions=draft.versions,
            size=base.size + entered, absences=tuple(draft.absences), standards=tuple(draft.standards),
            terms=tuple(draft.terms),
        )  # fmt: skip

    def draft(self) -> Draft:
        """A copy to enter changes in, one after another; the directory stays as it was."""
        return Draft(
            dict(self.office_of), dict(self.person_of), dict(self.unit_of), dict(self.lawyer_of),
            dict(self.tariffs), list(self.delegations), list(self.charges),
            townships=dict(self.township_of), days=list(self.days), versions=dict(self.versions), absences=list(self.absences),
            standards=list(self.standards), terms=list(self.terms),
        )  # fmt: skip

    def on(self, day: date) -> Directory:
        """The directory of a legal day: of every entry written anew the version that held then.

        An entry is found before its first day too, and one that ended after its last: names are never lost. Ask `takes_new` of an
        office and `roles_on` of a person whether they are there.
        """
        whole = self.index.whole or self
        views = whole.index.views
        found = views.get(day)
        if found is None:
            if len(views) >= _VIEWS:
                views.clear()
            found = views[day] = _view(whole, day)
        return found

    def began(self, kind: Kind, code: str) -> date:
        """The first day from which an entry is known; the last of days for a code that is none."""
        versions = self.versions.get((kind, code))
        return versions[0].since if versions else date.max

    def takes_new(self, code: str, on: date) -> bool:
        """Whether the office is there and open on that day."""
        office = self.office(code)
        return office is not None and (office.closed_on is None or on < office.closed_on)

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
            code = ""
            if code not in self.index.below:
                self.index.below[code] = frozenset(self.office_of)
        found = self.index.below.get(code)
        if found is None:
            if self.index.children is None:
                self.index.children = children_of(self.office_of)
            found = self.index.below[code] = tree_below(self.index.children, code)
        return found

    def centre_of(self, code: str | None) -> Office | None:
        """The centre an outlet stands under; a centre is its own."""
        return next((o for o in self.above(code) if o.kind == "centre"), None)

    def bureau_of(self, centre: str) -> str | None:
        """Code of the bureau that set up the centre."""
        office = self.office(centre)
        return office.bureau if office else None

    def set_up_by(self, bureau: str) -> tuple[str, ...]:
        """Codes of the centres that the bureau set up."""
        if self.index.set_up is None:
            self.index.set_up = set_up_by(self.office_of)
        return self.index.set_up.get(bureau, ())

    def single_officer(self, centre: str) -> bool:
        office = self.office(centre)
        return office is not None and office.single_officer

    def person(self, code: str | None) -> Person | None:
        return self.person_of.get(code or "")

    def people(self) -> tuple[Person, ...]:
        return tuple(self.person_of.values())

    def people_with(self, role: str, on: date, office: str | None = None) -> tuple[Person, ...]:
        """Who holds the role on that day, at the office where one is named."""
        if self.index.holders is None:
            self.index.holders = holders_of(self.person_of)
        held = self.index.holders.get((role, office), ())
        return tuple(p for p in held if any(r == role and office in (None, o) for r, o in p.roles_on(on)))

    def members(self, unit: str) -> tuple[Person, ...]:
        """The people of a unit, whatever their roles."""
        if self.index.members is None:
            self.index.members = members_of(self.person_of)
        return self.index.members.get(unit, ())

    def unit(self, code: str | None) -> Unit | None:
        return self.unit_of.get(code or "")

    def units(self) -> tuple[Unit, ...]:
        return tuple(self.unit_of.values())

    def lawyer(self, code: str | None) -> Lawyer | None:
        return self.lawyer_of.get(code or "")

    def lawyers(self, on: date) -> tuple[Lawyer, ...]:
        """The panel of that day, suspended lawyers and those on leave included: a list that hides them could not explain itself."""
        return tuple(x for x in self.lawyer_of.values() if x.practising_since <= on)

    def township(self, code: str | None) -> Township | None:
        return self.township_of.get(code or "")

    def travel(self, township: str | None, office: str | None) -> int | None:
        """Minutes from a township to an office; None where nobody has measured it."""
        found, there = self.township(township), self.office(office)
        if found is None or there is None:
            return None
        return found.minutes.get(there.code, there.minutes if there.township == found.code else None)

    def day_rules(self, on: date, office: str | None) -> Mapping[date, DayRule]:
        """The days kept otherwise than announced, as a decision of the legal day `on` at the office counts them.

        Of two about one day the one nearer to the office stands, then the one from the later day, then the one recorded later.
        """
        if not self.days:
            return {}
        found = self.index.days.get((office, on))
        if found is None:
            near = {o.code: n for n, o in enumerate(self.above(office))}
            said = [d for d in self.days if d.since <= on and (d.office is None or d.office in near)]
            said.sort(key=lambda d: (-near.get(d.office or "", len(near)), d.since))
            if len(self.index.days) >= _VIEWS:
                self.index.days.clear()
            found = self.index.days[office, on] = {d.day: d for d in said}
        return found

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
            managers = (p for p in self.members(case.unit or "") if any(role == "unit_manager" for role, _ in p.roles_on(on)))
            found = tuple(p.code for p in managers)
        else:
            found = tuple(c.person for c in self.charges if c.function == function and c.office == case.centre and c.holds(on))
        return tuple(dict.fromkeys(found)) or self.who(_FALLBACK[function], case, on)

    def _supervisors(self, centre: str, on: date) -> tuple[str, ...]:
        if self.index.cities is None:
            self.index.cities = tuple(o.code for o in self.office_of.values() if o.level == "city")
        ways = [*(o.code for o in self.above(centre)), *self.index.cities]
        held = (self.people_with("supervisor", on, code) for code in ways)
        return tuple(p.code for p in next(filter(None, held), ()))


def _view(whole: Directory, day: date) -> Directory:
    """The directory with the versions that held on a day; itself where those are the newest."""
    changed: dict[str, dict[str, Entry]] = {}
    books: Mapping[str, Mapping[str, Entry]] = {
        "offices": whole.office_of, "people": whole.person_of, "units": whole.unit_of, "lawyers": whole.lawyer_of,
        "townships": whole.township_of,
    }  # fmt: skip
    for (kind, code), versions in whole.versions.items():
        if len(versions) > 1:
            newest = books[kind][code]
            held = held_on(kind, versions, newest, day)
            if held is not newest:
                changed.setdefault(kind, {})[code] = held
    if not changed:
        return whole
    books = {kind: {**book, **changed.get(kind, {})} for kind, book in books.items()}
    view = replace(
        whole, office_of=books["offices"], person_of=books["people"], unit_of=books["units"], lawyer_of=books["lawyers"],
        township_of=books["townships"],
    )  # fmt: skip
    view.index.whole = whole
    return view

"""What ends: an office that closes, a person who leaves. Names and past days stay."""

from __future__ import annotations

from domain.directory.changes import DirectoryEvent, DirectoryFault, Draft
from domain.directory.entries import Name, Office
from domain.values import Code


class OfficeClosed(DirectoryEvent):
    """From `since` on the office takes nothing new. Whether its open cases have somewhere to go is asked before it is recorded."""

    kind = "offices"
    office: Code
    successor: Code | None = None
    """Who takes over; needed while cases, consultations or people stand there. For a centre it is a centre."""
    reason: Name

    def apply(self, draft: Draft) -> None:
        draft.need(draft.offices, self.office, self.successor)
        office = draft.offices[self.office]
        if office.closed_on is not None:
            raise DirectoryFault(f"{self.office} is closed since {office.closed_on}", "office_already_closed", named=self.office)
        below = next((o.code for o in draft.offices.values() if o.parent == self.office and o.closed_on is None), None)
        if below is not None:
            raise DirectoryFault(f"{below} stands below {self.office}", "offices_below", named=self.office, below=below)
        if self.successor is not None:
            self._check_successor(office, draft.offices[self.successor])
        closed = office.model_copy(update={"closed_on": self.since, "successor": self.successor})
        draft.enter("offices", draft.offices, closed, self.since)

    def _check_successor(self, office: Office, successor: Office) -> None:
        """An open office, another one, and a centre for a centre: only a centre has cases."""
        fits = (successor.kind == "centre") == (office.kind == "centre") or successor.kind == "centre"
        if successor.code == office.code or successor.closed_on is not None or not fits:
            raise DirectoryFault(
                f"{successor.code} cannot take over from {office.code}",
                "successor_does_not_fit",
                named=office.code,
                successor=successor.code,
            )


class PersonChanged(DirectoryEvent):
    """Name, office, unit or panel entry of a person, written anew; roles are another matter (`RoleGranted`)."""

    kind = "people"
    person: Code
    name: Name
    office: Code
    unit: Code | None = None
    lawyer: Code | None = None

    def apply(self, draft: Draft) -> None:
        draft.need(draft.people, self.person)
        draft.need(draft.offices, self.office)
        draft.need(draft.units, self.unit)
        said = {"name": self.name, "office": self.office, "unit": self.unit, "lawyer": self.lawyer}
        draft.enter("people", draft.people, draft.people[self.person].model_copy(update=said), self.since)


class PersonLeft(DirectoryEvent):
    """The person is gone from `since` on and holds no role any more."""

    kind = "people"
    person: Code
    reason: Name | None = None

    def apply(self, draft: Draft) -> None:
        draft.need(draft.people, self.person)
        person = draft.people[self.person]
        if person.left_on is not None:
            raise DirectoryFault(f"{self.person} left on {person.left_on}", "person_already_left", named=self.person)
        draft.enter("people", draft.people, person.model_copy(update={"left_on": self.since}), self.since)

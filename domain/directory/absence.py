"""Who is away and who stands in for them: leave of people (`LeaveSet` is a lawyer's, for the gates of an assignment)."""

from __future__ import annotations

from datetime import date

from domain.directory.changes import DirectoryEvent, DirectoryFault, Draft
from domain.directory.entries import Absence
from domain.values import Code


class PersonAway(DirectoryEvent):
    """A person is away from `since` to `until`, both included; the `deputy` gets their messages and may act for them.

    Said again with the same `since` it takes the earlier entry's place, so that who is back sooner says so.
    """

    kind = "people"
    person: Code
    until: date
    deputy: Code

    def apply(self, draft: Draft) -> None:
        draft.need(draft.people, self.person, self.deputy)
        if self.deputy == self.person or self.until < self.since:
            raise DirectoryFault(f"{self.person} cannot be away so")
        kept = [a for a in draft.absences if (a.person, a.since) != (self.person, self.since)]
        draft.absences[:] = [*kept, Absence(person=self.person, since=self.since, until=self.until, deputy=self.deputy)]

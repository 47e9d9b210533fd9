"""Rights that end: a role taken back from a day on."""

from __future__ import annotations

from datetime import timedelta

from domain.command import Role
from domain.directory.changes import DirectoryEvent, DirectoryFault, Draft
from domain.directory.entries import Grant
from domain.values import Code


class RoleEnded(DirectoryEvent):
    """From `since` on the person no longer has the role at the office, however often it was granted."""

    kind = "people"
    person: Code
    role: Role
    office: Code

    def apply(self, draft: Draft) -> None:
        draft.need(draft.people, self.person)
        person = draft.people[self.person]
        grants = tuple(self._ended(g) for g in person.grants)
        if grants == person.grants:
            raise DirectoryFault(f"{self.person} is no {self.role} at {self.office} on {self.since}")
        draft.people[self.person] = person.model_copy(update={"grants": grants})

    def _ended(self, grant: Grant) -> Grant:
        over = grant.until is not None and grant.until < self.since
        if (grant.role, grant.office) != (self.role, self.office) or over:
            return grant
        return grant.model_copy(update={"until": self.since - timedelta(days=1)})

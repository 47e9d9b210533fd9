"""What is decided about a person's data: streams `person/<subject>`, beside the links between entries (`domain.person_links`).

A reason is free text about the person and stands under the person's own key: it goes with the shred, the ground (a code) stays.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from domain.registers import RegisterEvent
from domain.values import PersonalText

Ground = Literal["retention_over", "person_asked", "consent_withdrawn", "unlawfully_held", "court_order"]
"""Why somebody is to be erased (个人信息保护法 art. 47 (1)): the period is over; asked and nothing keeps it; and so on."""
RestrictionGround = Literal["retention_runs", "accuracy_disputed", "court_order", "person_asked"]
"""Why somebody's data is only kept, not used (个人信息保护法 art. 47 (2)), or not used for now."""
Refused = Literal["need_continues", "not_the_person", "under_hold", "case_open", "retention_runs", "command_pending", "people_changed"]
"""Why not; all but the first two are what the files themselves say."""


class _OfASubject(RegisterEvent):
    subject: UUID

    @property
    def stream(self) -> str:
        return f"person/{self.subject}"


class RestrictionSet(_OfASubject):
    """From now on the person's data is kept and read only with a reason."""

    ground: RestrictionGround
    reason: PersonalText


class RestrictionLifted(_OfASubject):
    """The person's data is read as everybody's."""

    reason: PersonalText


class ShredRequested(_OfASubject):
    """Somebody asks that the person be erased; `subjects` are all entries that are linked as this person, `subject` among them."""

    ground: Ground
    reason: PersonalText
    subjects: tuple[UUID, ...]


class ShredApproved(_OfASubject):
    """Another person agreed. `request` is the version of the request in this stream."""

    request: int


class ShredRefused(_OfASubject):
    """It is not done; what was asked may be asked again."""

    request: int
    ground: Refused
    reason: PersonalText | None = None


class PersonShredded(_OfASubject):
    """The key is destroyed and what the person was found by is gone. Recorded for every entry of the person."""


class DataExported(_OfASubject):
    """All that is held about the person was given out (个人信息保护法 art. 45)."""

    reason: PersonalText
    cases: int
    """How many cases and inquiries it speaks of."""

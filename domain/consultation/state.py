"""The state of one consultation."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal, get_args
from uuid import UUID

from domain.case import Visit
from domain.command import Role
from domain.stream import StreamState
from domain.values import Cause, Channel, Code, Model, Moment, PersonalText, Text

State = Literal["open", "closed", "converted"]
STATES: tuple[State, ...] = get_args(State)
OPEN: frozenset[State] = frozenset({"open"})
RECEIVERS: frozenset[Role] = frozenset({"liaison", "receptionist", "caseworker", "duty_lawyer"})
"""Who receives inquiries and may answer for one: at the outlets, in the centre, at the duty offices."""


class Letter(Model):
    """A letter that is to be answered (来信): when it came, and when it was."""

    received_on: date
    answered_on: date | None = None


class HandingOver(Model):
    """A hand-over that waits to be accepted; until then the inquiry stays with its owner."""

    to: Code
    by: Code
    reason: PersonalText
    on: date
    version: int


class Advice(Model):
    advice: PersonalText
    by: Code
    on: date
    version: int


class Drafted(Model):
    """A document written for the person (代拟文书); `document_id` where it is kept among the product's files."""

    title: PersonalText
    document_id: UUID | None = None
    by: Code
    on: date
    version: int


class ConsultationState(StreamState):
    """A consultation as it stands after `version` events.

    `parties` are who asked, where they said who they are, and then the opponents they named. `asker` is the subject of an anonymous
    inquiry: its free text is sealed under a key of its own.
    """

    kind: ClassVar[str] = "consultation"
    schema_version: ClassVar[int] = 2

    number: str | None = None
    office: Code = ""
    """Where it was received; `centre` is that office's, `outlet` the office itself where it is no centre."""
    channel: Channel | None = None
    anonymous: bool = False
    asker: UUID | None = None
    people: int = 1
    question: PersonalText | None = None
    cause: Cause | None = None
    received_at: Moment | None = None
    referred_by: Text | None = None
    letter: Letter | None = None
    handing: HandingOver | None = None
    given: tuple[Advice, ...] = ()
    drafted: tuple[Drafted, ...] = ()
    visits: tuple[Visit, ...] = ()
    closed_how: str | None = None
    closed_on: date | None = None
    application: UUID | None = None
    """The case it became."""

    @property
    def ended(self) -> bool:
        return self.state in ("closed", "converted")

    @property
    def subject(self) -> UUID | None:
        return self.asker or super().subject

    @property
    def keepers(self) -> tuple[str, ...]:
        """Who may see and handle it for what they are to it, wherever they work: its owner, and whom it is handed to."""
        return tuple(code for code in (self.owner, self.handing.to if self.handing else None) if code)

    @property
    def letter_open(self) -> bool:
        return self.letter is not None and self.letter.answered_on is None

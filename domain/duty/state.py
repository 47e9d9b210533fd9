"""The state of one request to a duty lawyer."""

from __future__ import annotations

from typing import ClassVar, Literal, get_args
from uuid import UUID

from domain.stream import StreamState
from domain.values import Code, Moment, PersonalText

State = Literal["received", "forwarded", "taken_up"]
STATES: tuple[State, ...] = get_args(State)


class DutyState(StreamState):
    """A request as it stands after `version` events. `owner` is who received it; `parties` is the person who asks."""

    kind: ClassVar[str] = "duty"
    schema_version: ClassVar[int] = 2

    number: str | None = None
    office: Code = ""
    """Where it was received. `centre` is that office's until the request is forwarded, then the one it went to."""
    in_custody: bool = False
    received_at: Moment | None = None
    request: PersonalText | None = None
    forwarded_to: Code | None = None
    forwarded_at: Moment | None = None
    application: UUID | None = None
    """The case it became."""

    @property
    def ended(self) -> bool:
        return self.state == "taken_up"

    @property
    def keepers(self) -> tuple[str, ...]:
        """Who may see and handle it wherever they work: whoever received it."""
        return (self.owner,) if self.owner else ()

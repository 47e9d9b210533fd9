"""The shapes of consultations, duty requests and duty logs in the API's answers, for the OpenAPI document; held to the answers."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from api.case_shapes import CaseApplicant, CaseParty, Clock, CommandAnswer, EventActor, Shape
from domain.case import Visit
from domain.consultation.close import How
from domain.consultation.state import Advice, Drafted, HandingOver, Letter
from domain.consultation.state import State as ConsultationStates
from domain.duty.state import State as DutyStates
from domain.stream import UnknownLimit
from domain.values import Cause, Channel, Code, OwnText, PersonalText


class InquiryEvent(Shape):
    """What happened to an inquiry, with the hashes (hex) that prove it; the shape of `data` is the component named after the type."""

    position: int
    version: int
    type: str
    schema_version: int
    recorded_at: AwareDatetime
    decided_at: AwareDatetime
    effective_on: date
    actor: EventActor
    on_behalf_of: Code | None
    office: Code
    command_id: str
    correlation_id: str
    causation: str | None
    data: dict[str, Any]
    digest: str
    chain_hash: str


class ConsultationEvent(InquiryEvent):
    """An event of a consultation."""

    consultation_id: UUID


class DutyEvent(InquiryEvent):
    """An event of a request to a duty lawyer."""

    duty_request_id: UUID


class Consultation(Shape):
    """A consultation as it stands, with its history. Fields that a command brought keep the command's names."""

    consultation_id: UUID
    number: str | None
    version: int
    state: ConsultationStates
    office: Code
    centre: Code
    outlet: Code | None
    owner: Code | None = Field(description="Who must not drop it (首问负责制).")
    received_at: AwareDatetime
    case_id: UUID | None = Field(description="The case it became.")
    channel: Channel
    person: CaseApplicant | None = Field(description="Null where somebody asked without saying who they are.")
    opponents: list[CaseParty]
    people: int
    question: PersonalText
    cause: Cause | None
    referred_by: str | None
    letter: Letter | None
    handing: HandingOver | None = Field(description="The hand-over that waits to be accepted.")
    given: list[Advice]
    drafted: list[Drafted]
    visits: list[Visit]
    closed_how: How | None
    closed_on: date | None
    clocks: list[Clock]
    unknown_limits: list[UnknownLimit]
    opened_on: date
    updated_at: AwareDatetime
    events: list[ConsultationEvent]


class ConsultationAnswer(Shape):
    """The consultation's head after a command, the events just recorded, its clocks; `case` is what the command opened, if any."""

    consultation_id: UUID
    number: str | None
    version: int
    state: ConsultationStates
    events: list[ConsultationEvent]
    clocks: list[Clock]
    case: CommandAnswer | None = None


class _InquiryRow(Shape):
    number: str | None
    name: OwnText | None
    version: int
    centre: Code
    outlet: Code | None
    owner: Code | None
    channel: Channel | None
    case_id: UUID | None
    received_at: AwareDatetime
    updated_at: AwareDatetime
    due_at: AwareDatetime | None
    due_limit: str | None
    waiting_for: str | None


class ConsultationRow(_InquiryRow):
    """A consultation in a list; `due_at` and `due_limit` are the nearest open limit's."""

    consultation_id: UUID
    state: ConsultationStates
    handing_to: Code | None


class DutyRow(_InquiryRow):
    """A request to a duty lawyer in a list."""

    duty_request_id: UUID
    state: DutyStates
    in_custody: bool
    forwarded_to: Code | None


class DutyRequest(Shape):
    """A request to a duty lawyer as it stands, with its history."""

    duty_request_id: UUID
    number: str | None
    version: int
    state: DutyStates
    office: Code
    centre: Code
    outlet: Code | None
    owner: Code | None
    received_at: AwareDatetime
    case_id: UUID | None = Field(description="The case it became.")
    in_custody: bool
    person: CaseApplicant
    request: PersonalText
    forwarded_to: Code | None
    forwarded_at: AwareDatetime | None
    clocks: list[Clock]
    unknown_limits: list[UnknownLimit]
    opened_on: date
    updated_at: AwareDatetime
    events: list[DutyEvent]


class DutyAnswer(Shape):
    """The request's head after a command, the events just recorded, its clocks; `case` is what the command opened, if it opened one."""

    duty_request_id: UUID
    number: str | None
    version: int
    state: DutyStates
    events: list[DutyEvent]
    clocks: list[Clock]
    case: CommandAnswer | None = None


class DutyShift(Shape):
    """A shift of a duty office's log, with what came in while it lasted; it goes on while `closed_at` is null."""

    shift_id: str
    office: Code
    person: Code
    opened_at: AwareDatetime
    opening_remark: str | None
    closed_at: AwareDatetime | None
    handed_to: Code | None
    closing_remark: str | None
    requests: list[DutyRow]


class DutyLog(Shape):
    """A duty office's log: the shifts that touch the time asked for, and what came in while nobody was on duty."""

    office: Code
    from_: AwareDatetime = Field(alias="from")
    to: AwareDatetime
    shifts: list[DutyShift]
    unattended: list[DutyRow]

"""The shapes of one case in the API's answers, for the OpenAPI document: as it stands, its limits, its events, a command's answer.

Whatever the fold keeps as a model is that model here; only what `api.views` puts together is written out, and
`tests/unit/test_openapi.py` holds it to what they answer. A field with a default of None may be absent; one that is `| None` without
a default is always there and may be null. Nothing is ever built of these classes while the API answers.
"""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain import case as fold
from domain.clocks.calendar import Reason
from domain.clocks.reading import Shown
from domain.command import Role
from domain.lifecycle import Stage, State
from domain.matching import Explanation, NotFollowedCause
from domain.money import Money
from domain.stages.application import Oral
from domain.stream import UnknownLimit
from domain.values import (
    Applicant,
    CaseStage,
    Category,
    Cause,
    Channel,
    Code,
    Fen,
    HouseholdMember,
    Matter,
    MatterKind,
    OwnText,
    Paper,
    Party,
    PersonalText,
    Residence,
)  # fmt: skip

WITHHELD_OF_A_CASE = frozenset({
    "applicant", "co_applicants", "proxy", "opponents", "matter", "eligibility", "accept_first", "engagement", "representation", "outcome",
    "papers", "documents", "holds", "links", "oral", "recipients", "supplement", "verifications", "visits", "replacement", "termination",
    "objection", "notice", "proposals", "money", "service_circle",
})  # fmt: skip
"""Fields of a case that one role or another may not see; they are absent then, and named in `withheld`."""


def perhaps(names: frozenset[str]) -> Any:
    """A schema's change: these fields may be absent, whatever else is said of them."""

    def change(schema: dict[str, Any]) -> None:
        schema["required"] = [name for name in schema["required"] if name not in names]

    return change


def always(name: str) -> Any:
    """A schema's change: this field is never absent."""

    def change(schema: dict[str, Any]) -> None:
        schema["required"] = [name, *schema["required"]]

    return change


class Shape(BaseModel):
    """Only its fields are looked at, and only when the document is asked for: no validator is built at the start."""

    model_config = ConfigDict(defer_build=True)


class CaseParty(Party):
    """A person or organisation of the case, by `party_id`."""

    model_config = ConfigDict(defer_build=True, json_schema_extra=always("party_id"))


class CaseApplicant(Applicant):
    """Somebody who asks for aid; party 0 is the applicant."""

    model_config = ConfigDict(defer_build=True, json_schema_extra=always("party_id"))


class CaseProxy(Shape):
    """Who applies on the applicant's behalf (代为申请)."""

    party: CaseParty
    relation: str | None


class CaseRecipient(Shape):
    """One person who asked for aid, whatever became of it: still there, refused, helped to an outcome, or gone (`left` says how)."""

    party_id: int
    name: OwnText
    categories: list[Category]
    claim_fen: Fen | None
    status: fold.Status
    decision: fold.Decided | None = None
    objection: fold.Objection | None = None
    outcome: fold.Outcome | None = None
    engaged_on: date | None = None
    left: fold.Left | None = None


class Assessed(Shape):
    party_id: int
    status: fold.Status
    hardship: fold.Hardship | None
    waiver: fold.Waiver | None
    recommended: Literal["grant", "refuse"] | None


class Eligibility(Shape):
    """Hardship or waiver of the applicant, and of every recipient; the lines of a sum stand in their event."""

    in_hardship: bool | None
    per_person_fen: Fen | None
    threshold_fen: Fen | None
    waiver: str | None
    conflict_cleared: bool | None
    recommendation: Literal["grant", "refuse"] | None
    household: list[HouseholdMember]
    county: str | None
    residence: Residence | None
    property_fen: Fen | None
    opponent_in_household: bool | None
    proof: str | None
    recipients: list[Assessed]


class NotFollowedChoice(Shape):
    lawyer: Code
    cause: NotFollowedCause


class CaseAssignment(Shape):
    """Who handles the case and why; before a unit is assigned, what the applicant chose."""

    unit: Code | None
    lawyer: Code | None = Field(description="The lead.")
    lawyers: list[fold.Handler]
    received_by_unit_on: date | None
    choices: list[Code]
    wishes: dict[str, str]
    no_wish_told: bool
    choice_not_followed: list[NotFollowedChoice]
    explanation: Explanation | None
    declined_by: list[Code]


class DaysNotCounted(Shape):
    from_: date = Field(alias="from")
    to: date
    days: int


class PauseOfClock(Shape):
    cause: int = Field(description="Version of the event that paused.")
    by: str | None = Field(default=None, description="Type of the event that paused; told by the case's own clocks.")
    from_: AwareDatetime = Field(alias="from")
    to: AwareDatetime | None
    closes: str = Field(description="Type of the event that ends the pause.")
    not_counted: DaysNotCounted | None = Field(default=None, description="The days it took; of an open pause those so far.")


class Reminder(Shape):
    at: AwareDatetime
    to: list[str] = Field(description="Functions of the directory: owner, approver, supervisor …")
    kind: Literal["warned", "missed", "escalated"]


class Span(Shape):
    """Consecutive days (moments for limits in hours), counted or not for one reason."""

    from_: date | AwareDatetime = Field(alias="from")
    to: date | AwareDatetime
    days: int | None = None
    counted: bool
    reason: Reason
    label: str | None = Field(default=None, description="The day off by its name, as announced.")


class Counting(Shape):
    """How a due date was counted. `provisional`: into a year whose days off are not announced yet."""

    days: list[Span]
    provisional: bool


type LimitUnit = Literal["calendar_day", "working_day", "hour", "date"]


class QuestionOfClock(Shape):
    """More time asked for a limit and not answered yet; the reason stands in the event of that version."""

    version: int
    by: Code
    on_behalf_of: Code | None
    asked_on: date
    due_on: date = Field(description="The day the limit would end.")


class Clock(Shape):
    """A time limit of a case. `started` and `due` are days, or moments for a limit of hours."""

    id: str
    limit: str
    state: Shown
    started: date | AwareDatetime
    due: date | AwareDatetime
    due_at: AwareDatetime
    pauses: list[PauseOfClock]
    paused_days: int | None = Field(default=None, description="Days not counted because of pauses, each once where pauses overlap.")
    next_reminder: Reminder | None
    counted: Counting
    unit: LimitUnit
    n: int | None
    source: str = Field(description="The article of law or rule.")
    confirmed: bool = Field(description="False: the limit's number awaits confirmation by the justice bureau.")
    rule_from: date
    ended_on: date | None
    on_miss: str | None
    extended: int = Field(description="Days granted beyond the rule's number, in the limit's unit.")
    question: QuestionOfClock | None = Field(description="More time that somebody asked for.")
    extendable: int | None = Field(default=None, description="How many days more may be asked for now; told by the case's own clocks.")


class ServiceCircle(Shape):
    """How far the applicant had to go, in minutes; `within` the promise of half an hour in town, an hour in the country."""

    township: Code
    outlet: Code
    minutes: int | None
    within: bool | None


class Case(Shape):
    """A case as it stands, or as it stood where `as_of_basis` says so. Fields that a command brought keep the command's names."""

    model_config = ConfigDict(json_schema_extra=perhaps(WITHHELD_OF_A_CASE))

    case_id: UUID
    register_number: str | None
    case_number: str | None
    version: int
    stage: Stage
    state: State
    centre: Code
    outlet: Code | None
    assisting_agency: str | None
    channel: Channel | None
    received_by_centre_on: date | None
    form: Literal["written", "oral"] | None
    oral: Oral | None
    consultation_id: UUID | None
    duty_request_id: UUID | None
    applicant: CaseApplicant
    co_applicants: list[CaseApplicant]
    recipient_count: int
    representatives: list[int]
    proxy: CaseProxy | None
    opponents: list[CaseParty]
    matter: Matter | None
    eligibility: Eligibility
    accept_first: fold.AcceptFirst | None
    assignment: CaseAssignment | None
    engagement: fold.Engagement | None
    representation: fold.Representation
    money: Money | None
    replacement: fold.Replacement | None
    termination: fold.Termination | None
    outcome: fold.Outcome | None
    objection: fold.Objection | None
    recipients: list[CaseRecipient]
    closure: fold.Closure
    forms: list[str]
    stages: list[CaseStage]
    referred_to: str | None
    on_notice: bool
    notice: fold.Notice | None
    owner: Code | None
    papers: list[Paper]
    supplement: fold.Supplement | None
    verifications: list[fold.Verification]
    documents: list[fold.Document]
    issued: list[fold.Issued]
    holds: list[fold.Hold]
    links: list[fold.Link]
    continues: fold.Continues | None
    continued_by: list[fold.Continued]
    proposals: list[fold.Proposal]
    visits: list[fold.Visit]
    clocks: list[Clock]
    unknown_limits: list[UnknownLimit]
    served: list[int]
    opened_on: date
    updated_at: AwareDatetime
    service_circle: ServiceCircle | None = Field(default=None, description="Where the applicant's township is known.")
    as_of_basis: Literal["version", "recorded", "legal", "recorded_and_legal"] | None = None
    glass_until: AwareDatetime | None = Field(default=None, description="Until when the caller reads through the wall they stand behind.")
    withheld: list[str] | None = None


class ChapterMatter(Shape):
    kind: MatterKind | None
    cause: Cause | None
    stage: CaseStage | None


class Chapter(Shape):
    """A case of a chain in a few words; `relation` is how it came from the one before, `asked` whether it is the one asked about."""

    model_config = ConfigDict(json_schema_extra=perhaps(frozenset({"matter", "outcome"})))

    case_id: UUID
    asked: bool
    register_number: str | None
    case_number: str | None
    relation: fold.Relation | None
    centre: Code
    stage: Stage
    state: State
    matter: ChapterMatter | None
    recipient_count: int
    lawyer: Code | None
    opened_on: date
    granted_on: date | None
    outcome: fold.Outcome | None
    terminated_on: date | None
    withheld: list[str] | None = None


class EventActor(Shape):
    id: Code
    name: str | None
    role: Role


class Event(Shape):
    """What happened, with the hashes (hex) that prove it. The shape of `data` is the component that is named after the type.

    For `aid_granted` that is `AidGranted`. `data` is absent, and named in `withheld`, where it is not for the caller. Where the stored
    content can no longer be read, `unreadable` is true and an auditor gets it as it is stored in `raw`, bytes that are no UTF-8 escaped.
    """

    model_config = ConfigDict(json_schema_extra=perhaps(frozenset({"data"})))

    position: int
    case_id: UUID
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
    withheld: list[str] | None = None
    unreadable: bool | None = None
    raw: str | None = None


class EventOfCase(Event):
    """An event among those of other cases, with its case's numbers."""

    register_number: str | None
    case_number: str | None


class CommandAnswer(Shape):
    """The case's head after a command, the events just recorded, the clocks as they stood then."""

    case_id: UUID
    register_number: str | None
    case_number: str | None
    version: int
    stage: Stage
    state: State
    events: list[Event]
    clocks: list[Clock]


class NoticeAnswer(Shape):
    """The cases that a notice opened, in the order of the persons it names; each as a command answers it."""

    notice_id: UUID
    cases: list[CommandAnswer]


class DocumentAnswer(CommandAnswer):
    """The same for an attached document, with what was attached."""

    document_id: UUID
    title: PersonalText
    digest: str = Field(description="SHA-256, hex.")
    size: int = Field(description="Bytes.")
    media_type: str

"""The state of one case.

The state is shaped for several recipients, handlers and linked cases: people are a list indexed by `party_id` (0 is the
applicant), each recipient carries a status of its own, and an assignment carries lawyers with one lead.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field

from domain.lifecycle import STAGE_OF, Lane, Stage, State
from domain.stream import StreamState
from domain.values import (
    Applicant,
    CaseStage,
    Channel,
    Code,
    Fen,
    HouseholdMember,
    Matter,
    Model,
    Moment,
    Paper,
    Payee,
    PersonalText,
    Proposed,
    Residence,
    Text,
)  # fmt: skip

Status = Literal["undecided", "granted", "accepted_first", "refused", "found_ineligible", "terminated", "released", "concluded"]


class Hardship(Model):
    in_hardship: bool
    per_person_fen: int
    threshold_fen: int
    version: int
    """Version of the hardship_assessed event that holds the lines of the sum."""
    household: tuple[HouseholdMember, ...] = ()
    county: Text | None = None
    residence: Residence | None = None
    property_fen: Fen | None = None
    opponent_in_household: bool = False
    proof: str | None = None


class Waiver(Model):
    ground: str
    version: int


class Decided(Model):
    """The decision about one recipient: by which event, when, by whom; `served_on` once its paper has been served."""

    result: Literal["granted", "refused", "terminated"]
    version: int
    decided_on: date
    decided_by: str
    served_on: date | None = None
    service: int | None = None
    """Version of the service that counts: what the time to object is counted from."""


class Objection(Model):
    state: Literal["filed", "upheld", "corrected"]
    filed_on: date
    against: Literal["refused", "terminated"]
    about: int | None = None
    """Version of the decision objected to."""
    filed: int | None = None
    """Version of the event that filed it."""
    decided_on: date | None = None


class Outcome(Model):
    result: str
    closing_event: str | None = None
    closed_on: date
    awarded_fen: Fen | None = None
    recovered_fen: Fen | None = None
    loss_avoided_fen: Fen | None = None
    fees_waived_fen: Fen | None = None
    payment_due_on: date | None = None
    summary: PersonalText | None = None
    version: int | None = None
    """Of the event that brought it: amounts that one event says of several people are said once."""


class Left(Model):
    """How somebody left the case without a decision: released, or replaced by another person (`successor`, a party id)."""

    reason: Literal[
        "settled_apart", "withdrew", "not_eligible", "own_counsel", "died", "other", "heir", "guardian_named", "wrong_party",
    ]  # fmt: skip
    left_on: date
    successor: int | None = None


class Recipient(Model):
    """One person who asks for or receives the aid, by `party_id`."""

    party_id: int
    status: Status = "undecided"
    hardship: Hardship | None = None
    waiver: Waiver | None = None
    recommended: Literal["grant", "refuse"] | None = None
    recommended_by: tuple[str, ...] = ()
    """The examiner, and whom that person acted for: neither decides about this recipient."""
    asked: int = 1
    """Version of the event since which this person awaits a decision."""
    decision: Decided | None = None
    objection: Objection | None = None
    outcome: Outcome | None = None
    engaged_on: date | None = None
    left: Left | None = None


class Supplement(Model):
    """The one-time notice of missing papers (一次性告知): what is still missing, by when."""

    papers: tuple[Paper, ...] = ()
    explanations: tuple[PersonalText, ...] = ()
    by: date
    open: bool = True
    notices: int = 1


class Verification(Model):
    kind: Literal["data_sharing", "inquiry", "other_agency"]
    agency: str
    subject: PersonalText | None = None
    version: int
    result: Literal["confirmed", "not_confirmed", "no_answer"] | None = None


class Wall(Model):
    """Who may not touch this case: a person, lawyer or unit (code), and why."""

    who: Code
    why: PersonalText | None = None


class Glass(Model):
    """Somebody walled off who may read the case until then (break-glass)."""

    person: Code
    until: Moment


class AcceptFirst(Model):
    state: Lane
    basis: Literal["local_policy", "urgent_art_44", "papers_later"]
    ground: str
    papers_owed: tuple[Paper, ...]
    papers_listed: tuple[Paper, ...]
    """Everything that was owed at the start; `papers_owed` is what is still missing."""
    due_on: date
    detail: PersonalText | None = None
    accepted_on: date
    by_delegation: bool = False
    confirmed_by_approver: bool = False
    extensions: int = 0
    deferred: bool = False
    """True where the decision itself was deferred (urgent_art_44, papers_later)."""


class Notice(Model):
    """The organ's notice that opened the case; `notice_id` is the same in the cases of all persons it named."""

    notice_id: UUID
    organ: Text
    notice_number: Text
    docket: Text | None = None
    received_at: Moment
    ground: str
    role: Literal["accused", "victim", "treatment_respondent"]
    in_custody: bool | None = None
    stage: CaseStage
    hearing_at: Moment | None = None
    notified_on: date | None = None
    """When the organ was told of the lawyers named, the last time it was."""
    lawyers_told: tuple[Code, ...] = ()


class LawyerChoice(Model):
    choices: tuple[Code, ...] = ()
    wishes: dict[str, str] = Field(default_factory=dict[str, str])
    no_wish_told: bool = False


class Handler(Model):
    lawyer: Code
    unit: Code | None = None
    lead: bool = True


class Assignment(Model):
    unit: Code
    lawyers: tuple[Handler, ...] = ()
    received_by_unit_on: date | None = None
    choice_not_followed: tuple[dict[str, Any], ...] = ()
    explanation: dict[str, Any] = Field(default_factory=dict[str, Any])

    @property
    def lead(self) -> str | None:
        return next((h.lawyer for h in self.lawyers if h.lead), None)


class Engagement(Model):
    """The agreement between the recipient and the unit, as it was signed last."""

    signed_on: date
    signed_by: str | None = None
    authority: str | None = None
    method: str | None = None
    agreement: UUID | None = None
    delay_cause: str | None = None


class Meeting(Model):
    """A meeting or a reading of the file; what was said stands in its event."""

    kind: str
    held_on: date
    place: str | None = None


class Hearing(Model):
    """`forum` and `at` are absent for a hearing that was held without having been scheduled here."""

    forum: str | None = None
    at: Moment | None = None
    place: str | None = None
    held_on: date | None = None
    result: PersonalText | None = None


class Procedure(Model):
    kind: str
    stage: CaseStage
    body: str
    docket: str | None = None
    held_on: date
    received_on: date | None = None
    amount_fen: Fen | None = None
    payment_due_on: date | None = None
    before_aid: bool = False
    for_recipients: tuple[int, ...] = ()
    version: int


class Contact(Model):
    """Attempts to reach the recipient: how many, the day of the last one and of the last that reached them."""

    attempts: int = 0
    last_on: date | None = None
    reached_on: date | None = None


class Representation(Model):
    """The handler's work so far."""

    began_on: date | None = None
    meetings: int = 0
    meetings_held: tuple[Meeting, ...] = ()
    last_meeting_on: date | None = None
    consent: bool | None = None
    hearings: tuple[Hearing, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    progress_reports: int = 0
    major_matters: int = 0
    contact: Contact | None = None
    remedy_declined_on: date | None = None
    """When the recipient was told of the remedy and did not want it."""


class Replacement(Model):
    by: Literal["recipient", "unit", "centre"]
    cause: str
    requested_by: str
    came_from: State


class Termination(Model):
    ground: str
    reported_by: str
    came_from: State
    terminated_on: date | None = None


class Closure(Model):
    papers: tuple[Paper, ...] = ()
    reports: int = 0
    returns: int = 0
    missing: tuple[Paper, ...] = ()
    accepted_by: str | None = None
    grade: str | None = None
    subsidy_fen: Fen | None = None
    """The amount approved, under the name it had first; `amount_fen` is the command's."""
    amount_fen: Fen | None = None
    tariff: Code | None = None
    payees: tuple[Payee, ...] = ()
    reviewed_by: Code | None = None
    published_on: date | None = None
    paid_on: date | None = None
    voucher: str | None = None
    satisfaction: int | None = None
    peer_grade: str | None = None
    volume: str | None = None
    archive_number: str | None = None


class Document(Model):
    document_id: UUID
    title: PersonalText
    digest: str
    size: int
    media_type: str
    version: int


class Issued(Model):
    """A paper the centre issued: its number, the template it was drawn from, the version of the event it carries."""

    document_id: UUID
    number: str
    template: Code
    template_version: int = 1
    language: Literal["zh-CN", "en"] = "zh-CN"
    about: int | None = None
    voids: UUID | None = None
    voided_by: UUID | None = None
    """The papers it took the place of, and that took its own."""
    for_recipients: tuple[int, ...] = ()
    issued_on: date | None = None
    version: int


class Hold(Model):
    placed_by: str
    placed_on: date
    reason: PersonalText | None = None
    version: int
    lifted: bool = False


class Link(Model):
    case_id: UUID
    relation: str


Relation = Literal["next_instance", "enforcement", "reapplication"]


class CarriedWaiver(Model):
    """A waiver of the earlier case, to be confirmed in this one. `for_recipients` are this case's party ids."""

    ground: Code
    for_recipients: tuple[int, ...]


class Continues(Model):
    """The case this one goes on from, with what is carried over to be confirmed."""

    case_id: UUID
    relation: Relation
    case_number: str | None = None
    """The number of the earlier case: its register number where it had no other."""
    waivers: tuple[CarriedWaiver, ...] = ()
    lawyer: Code | None = None
    """Who led there."""
    co_accused: tuple[UUID, ...] = ()
    """Cases of those accused with its people."""


class Continued(Model):
    """A case that goes on from this one; `for_recipients` are this case's party ids."""

    case_id: UUID
    relation: Relation
    stage: CaseStage
    on: date
    for_recipients: tuple[int, ...]


class Proposal(Model):
    """Commands prepared for the approver by the event of that version; with their bodies while it is open."""

    version: int
    by: Code
    proposed_on: date
    commands: tuple[Proposed, ...]
    reason: PersonalText | None = None
    state: Literal["open", "done", "returned"] = "open"


class Visit(Model):
    at: Moment | None = None
    """When it was to be; absent for a visit that nobody scheduled."""
    ground: str
    address: PersonalText | None = None
    visitors: tuple[Code, ...] = ()
    lawyers: tuple[Code, ...] = ()
    held_on: date | None = None


class CaseState(StreamState):
    """A case as it stands after `version` events."""

    kind: ClassVar[str] = "case"
    schema_version: ClassVar[int] = 6

    state: State | None = None  # pyright: ignore[reportIncompatibleVariableOverride] -- narrower; the model is frozen
    register_number: str | None = None
    case_number: str | None = None
    assisting_agency: str | None = None
    channel: Channel | None = None
    form: Literal["written", "oral"] | None = None
    oral: dict[str, Any] | None = None
    received_by_centre_on: date | None = None

    recipients: tuple[Recipient, ...] = ()
    recipient_count: int = 1
    representatives: tuple[int, ...] = ()
    proxy_party: int | None = None
    proxy_relation: str | None = None
    opponents: tuple[int, ...] = ()
    matter: Matter | None = None
    consultation_id: UUID | None = None
    duty_request_id: UUID | None = None
    """The inquiry it came from: a consultation, or a request to a duty lawyer."""

    papers: tuple[Paper, ...] = ()
    supplement: Supplement | None = None
    verifications: tuple[Verification, ...] = ()
    conflict_cleared: bool | None = None
    unchecked_people: bool = False
    """Somebody came into the case after the check for conflicts, which is to be made again."""
    conflict_barred: tuple[Code, ...] = ()
    """Lawyers and units that act for the other side of people here, as the last check found them."""
    walls: tuple[Wall, ...] = ()
    recused: tuple[Code, ...] = ()
    glass: tuple[Glass, ...] = ()
    """Whoever broke the glass, each once, with the end of it."""
    recommendation: Literal["grant", "refuse"] | None = None
    forms_of_aid: tuple[str, ...] = ()
    stages_granted: tuple[CaseStage, ...] = ()
    referred_to: str | None = None
    accept_first: AcceptFirst | None = None
    on_notice: bool = False
    notice: Notice | None = None

    choice: LawyerChoice | None = None
    assignment: Assignment | None = None
    engagement: Engagement | None = None
    declined_by: tuple[Code, ...] = ()
    released_lawyers: tuple[Code, ...] = ()
    may_return: tuple[Code, ...] = ()
    """Those of them who left only because the lead was replaced."""
    replacement: Replacement | None = None
    termination: Termination | None = None
    representation: Representation = Representation()
    closure: Closure = Closure()

    documents: tuple[Document, ...] = ()
    issued: tuple[Issued, ...] = ()
    holds: tuple[Hold, ...] = ()
    links: tuple[Link, ...] = ()
    continues: Continues | None = None
    continued: tuple[Continued, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    visits: tuple[Visit, ...] = ()
    served: tuple[int, ...] = ()
    """Versions of the decisions whose papers have been served."""

    @property
    def stage(self) -> Stage | None:
        return STAGE_OF[self.state] if self.state else None

    @property
    def ended(self) -> bool:
        return self.stage == "ended"

    @property
    def applicant(self) -> Applicant:
        first = self.parties[0]
        assert isinstance(first, Applicant)  # noqa: S101 -- narrows the type; parties[0] is the applicant by construction
        return first

    @property
    def deferred(self) -> bool:
        """Accepted first under a basis that defers the decision (art. 44, papers later)."""
        return self.accept_first is not None and self.accept_first.deferred

    @property
    def present(self) -> tuple[Recipient, ...]:
        """The recipients who have not left the case, whatever was decided about them."""
        return tuple(r for r in self.recipients if r.status != "released")

    @property
    def heads(self) -> int:
        """The party under whose name the case is shown: the applicant, or, once gone, the first of those still in it."""
        return next((r.party_id for r in self.present), 0)

    @property
    def people(self) -> int:
        """How many people the case counts for: those named who are helped or may be, and those counted but not named yet.

        Who was refused does not count; a case in which everybody was counts for those who asked.
        """
        refused = sum(r.status == "refused" for r in self.recipients)
        return self.recipient_count - refused or self.recipient_count

    @property
    def undecided(self) -> tuple[Recipient, ...]:
        return tuple(r for r in self.recipients if r.status == "undecided")

    @property
    def excluded(self) -> frozenset[str]:
        """Codes behind its walls, or recused."""
        return frozenset(wall.who for wall in self.walls) | frozenset(self.recused)

    def open_to(self, person: str, at: datetime) -> datetime | None:
        """Until when the person may read through the wall they stand behind; None where they may not at that moment."""
        return next((g.until for g in self.glass if g.person == person and at < g.until), None)

    def with_recipients(self, ids: Iterable[int], **changes: Any) -> Self:
        """This state with the same change made to some recipients."""
        chosen = set(ids)
        return self.but(recipients=tuple(r.model_copy(update=changes) if r.party_id in chosen else r for r in self.recipients))


def blank(case_id: str) -> CaseState:
    """The case before its first event."""
    return CaseState(case_id=case_id)

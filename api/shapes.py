"""The shapes of the API's other answers, for the OpenAPI document: lists, work, the directory, what is worked out, errors.

They are written as those of `api.case_shapes`, and held to the answers by the same tests.
"""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from api.asked import MOST_COMMANDS
from api.case_shapes import WITHHELD_OF_A_CASE, LimitUnit, Shape, Span, perhaps
from domain.clocks.reading import Shown
from domain.command import Role
from domain.directory import Lawyer, Office
from domain.lifecycle import Lane, Stage, State
from domain.notices import MessageKind
from domain.values import Category, Cause, Channel, Code, MatterKind, OwnText
from readmodels.case_list import Waiting


class Page[Item](Shape):
    """A page of a list. `next_cursor` goes into `cursor` for the next one; null on the last."""

    items: list[Item]
    next_cursor: str | None


class BundledCommand(Shape):
    """A command by name and its body, as it would be issued alone."""

    model_config = ConfigDict(defer_build=True, extra="forbid")

    command: str
    body: dict[str, Any] = Field(default_factory=dict)


class Bundle(Shape):
    """Commands that are recorded together, in this order, or not at all; the first that is refused is named by its `index`."""

    model_config = ConfigDict(defer_build=True, extra="forbid")

    commands: list[BundledCommand] = Field(min_length=1, max_length=MOST_COMMANDS)


class Token(Shape):
    access_token: str
    token_type: Literal["bearer"]
    expires_in: int = Field(description="Seconds.")
    owes: list[Literal["password", "second_factor", "otp"]] | None = Field(
        default=None, description="There where something comes before anything else: a password of one's own, a second factor, its code."
    )


class RoleHeld(Shape):
    """A role at an office, held today."""

    role: Role
    office: Code
    office_name: str | None


class Me(Shape):
    """Who is signed in."""

    id: Code
    name: str | None
    username: str
    language: str
    role: Role | None = Field(description="The first of `roles`.")
    office: Code | None
    roles: list[RoleHeld]
    lawyer: Code | None = Field(description="The person's code on the panel.")
    unit: Code | None
    directory: str = Field(description="Changes when the directory does: lists of it may be kept until then.")
    unread: int = Field(description="Messages not yet read.")


class Person(Shape):
    """A colleague, as commands name one."""

    code: Code
    name: str
    office: Code
    roles: list[Role]


class ListedOffice(Office):
    """An office or outlet; `established_by` is the bureau that set it up."""

    model_config = ConfigDict(defer_build=True)

    established_by: Code | None


class PanelLawyer(Lawyer):
    """A lawyer of the panel, with what is open in their hands."""

    model_config = ConfigDict(defer_build=True)

    unit_name: str | None
    load: int = Field(description="Open cases in hand.")
    available: bool = Field(description="Neither suspended, on leave nor full on the day asked for.")


class Named(Shape):
    name: OwnText


WITHHELD_OF_A_ROW = WITHHELD_OF_A_CASE | {"categories", "kind", "cause", "lane"}
"""Fields of a list's row that may be withheld: the case's, and those that are taken from one of them."""


class _Row(Shape):
    model_config = ConfigDict(json_schema_extra=perhaps(WITHHELD_OF_A_ROW))

    case_id: UUID
    version: int
    register_number: str | None
    case_number: str | None
    stage: Stage
    lane: Lane | None
    centre: Code
    outlet: Code | None
    unit: Code | None
    lawyer: Code | None
    lawyers: list[Code]
    owner: Code | None
    categories: list[Category]
    kind: MatterKind | None
    cause: Cause | None
    channel: Channel | None
    recipient_count: int
    applicant: Named
    opened_on: date
    updated_at: AwareDatetime
    due_limit: str | None
    waiting_for: Waiting | None = Field(description="The role that must act now, or the applicant.")
    withheld: list[str] | None = None


class ListRow(_Row):
    """A case in a list. `lane` is that of accepting first; `due_at` and `due_limit` the nearest open limit's."""

    state: State
    due_at: AwareDatetime | None


class QueueRow(ListRow):
    mine: bool | None = Field(description="Whether the caller owns the case.")
    claimed_by: Code | None = Field(description="Who took it from the queue and has not acted on it yet.")
    urgency: Literal["missed", "due_today", "soon", "waiting", "later"]


class Deadline(_Row):
    """A time limit with its case beside it: `state` is the limit's, `case_state` the case's."""

    case_state: State
    id: str
    limit: str
    state: Shown
    live: bool = Field(description="Still to be met.")
    started_on: date
    due_on: date
    due: date
    due_at: AwareDatetime
    ended_on: date | None
    confirmed: bool


class Message(Shape):
    """A reminder to the person signed in; `clock`, `limit` and `due_on` say of what."""

    id: str
    case_id: UUID | None = Field(description="Null for what belongs to no case, such as a digest.")
    register_number: str | None
    case_number: str | None
    kind: MessageKind | Literal["digest"]
    clock: str | None = None
    limit: str | None = None
    due_on: date | None = None
    settled: bool = Field(default=False, description="A reminder whose limit was met, cancelled or moved since: nothing is left to do.")
    late: bool | None = Field(default=None, description="Told late: an engine was away when it was due.")
    old: date | None = Field(default=None, description="With a date that moved or is asked to: the one before; `due_on` is the new one.")
    new: date | None = None
    day: date | None = Field(default=None, description="With `digest`: of which morning.")
    own: dict[str, int] | None = Field(default=None, description="With `digest`: one's own limits: missed, ending today, within a week.")
    offices: list[dict[str, Any]] | None = Field(default=None, description="With `digest`, for a supervisor: the same by centre.")
    instead_of: Code | None = Field(default=None, description="With `digest`: for whom the reader stands in.")
    cause: str | None = Field(default=None, description="With `clock_replanned`: `calendar` or `rule`.")
    person: Code | None = Field(default=None, description="With `glass_broken`: who reads the case through its wall.")
    until: AwareDatetime | None = Field(default=None, description="With `glass_broken`: until when.")
    at: AwareDatetime
    read: bool
    read_at: AwareDatetime | None


class MessageRead(Shape):
    id: str
    read: Literal[True]


class Change(Shape):
    """A field's value in one version and the other, null where it was not there."""

    pointer: str
    before: Any
    after: Any


class Diff(Shape):
    case_id: UUID
    from_: int = Field(alias="from")
    to: int
    changes: list[Change]


class AllowedCommand(Shape):
    """A command open to the caller now: `label` in the caller's language, `schema` the JSON Schema of its body."""

    name: str
    label: str
    schema_: dict[str, Any] = Field(alias="schema")


class Due(Shape):
    limit: str
    due_at: AwareDatetime
    due_on: date
    counted: list[Span]
    provisional: bool = Field(description="Counted into a year whose days off are not announced yet.")
    source: str
    confirmed: bool
    unit: LimitUnit
    n: int | None
    rule_from: date = Field(description="The row of the limit it was counted by holds from that day.")
    office: Code | None = Field(description="The office with whose days off and hours it was counted.")


class StartedLimit(Shape):
    limit: str
    due_on: date
    provisional: bool = Field(description="Counted into a year whose days off are not announced yet.")
    depends: bool = Field(description="Whether it starts depends on the case.")


class CalendarDay(Shape):
    """A day at an office, and which limits may start on it."""

    on: date
    worked: bool
    reason: str = Field(description="day, makeup_workday, weekend or holiday")
    name: str | None = Field(description="What the day off is called.")
    office: Code | None
    starts: list[StartedLimit]


class LimitStep(Shape):
    at: str = Field(description="-50%, -1 working_day 09:00, due day 09:00, missed, missed +2 working_day 09:00, -2 hour")
    to: list[str] = Field(description="Functions of the directory: owner, team_lead, supervisor …")


class LimitRow(Shape):
    """The row of a time limit that holds on the day asked."""

    limit: str
    from_: date = Field(alias="from")
    in_force: bool
    n: int | dict[str, int] | None = Field(description="How many; by kind where the limit has several; null: a date of the case.")
    unit: LimitUnit
    until: str | None = Field(description="The field of the case that holds its date.")
    source: str
    confirmed: bool = Field(description="False: the number awaits confirmation by the justice bureau.")
    custody: bool = Field(description="Not prolonged by a day off.")
    handed_in: bool = Field(description="The last day ends with the business of the office.")
    on_miss: str | None
    ladder: str
    steps: list[LimitStep]


class HardshipLine(Shape):
    label: str
    amount_fen: int


class HardshipStandard(Shape):
    """Since when it is in force, its formula and instrument; the 低保 line it speaks of."""

    from_: date = Field(alias="from")
    formula: str
    instrument: str
    dibao_fen: int
    dibao_from: date


class Alive(Shape):
    status: Literal["alive"]


class Readiness(Shape):
    status: Literal["ready", "not_ready"]
    checks: dict[str, bool]


class FieldFault(Shape):
    """A fault of one field of the body (`pointer`) or of one parameter (`parameter`, `in`); with what it must keep to."""

    pointer: str | None = Field(default=None, description="JSON pointer into the body.")
    parameter: str | None = None
    in_: str | None = Field(default=None, alias="in")
    code: str
    detail: str | None = Field(default=None, description="In the caller's language.")


class Problem(Shape):
    """Problem details (RFC 9457). Programs decide by `code`; values that belong to a code travel beside it."""

    type: str = Field(description="Stable URI ending in the code.")
    title: str
    status: int
    detail: str = Field(description="What happened and what to do, in the caller's language.")
    code: str
    errors: list[FieldFault] | None = None
    allowed_commands: list[str] | None = Field(default=None, description="With `wrong_state`: what the state does allow the caller's role.")
    version: int | None = Field(default=None, description="With `version_mismatch`: the case's present version.")
    retry_after: int | None = Field(default=None, description="Seconds, as in the header.")
    correlation_id: str | None = None

"""Two vocabularies: commands (imperative, what somebody asks) and events (past tense, what happened), and what refuses one.

A command's class states who may issue it, from which states it is allowed and which other person must have acted before;
its `decide` says what happens. An event's class says how it changes the case. Nothing here reads a clock or a database:
time, rules, directory and the person acting come in as `Facts`.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, Self, cast
from uuid import UUID

from pydantic.json_schema import SkipJsonSchema

from domain.values import Code, Model, PersonalText

if TYPE_CHECKING:
    from domain.case import CaseState
    from domain.conflicts import ConflictFindings
    from domain.directory import Directory
    from domain.lifecycle import State
    from domain.matching import Standing
    from domain.rules import Rules

Role = Literal[
    "liaison", "receptionist", "caseworker", "approver", "duty_lawyer", "unit_manager", "lawyer", "finance_officer", "supervisor",
    "bureau_officer", "auditor", "system_administrator", "security_administrator", "system",
]  # fmt: skip
EffectiveLane = Literal["main", "accept_first", "margin"]
"""`effective_on` never decreases within a lane. `margin`: notes, papers, holds and other entries beside the line."""


class Refusal(Exception):  # noqa: N818 -- the field's word; a refusal is an answer, not a fault
    """The rules say no. `code` is stable; `detail` values fill the sentence that the catalogues hold for the code.

    `status` is the HTTP status of `api.md`: 409 unless the fault is one of authority (403) or of a value (422, with `pointer`).
    """

    def __init__(self, code: str, *, status: int = 409, pointer: str | None = None, **detail: Any) -> None:
        super().__init__(code)
        self.code, self.status, self.pointer, self.detail = code, status, pointer, detail


INNER: Any = cast("Any", SkipJsonSchema)()
"""Marks a command's field that only the product writes, when it takes the command in: it stands in no schema and on no form."""
Reserved = Annotated[tuple[UUID, ...], INNER]
"""Ids of cases a command opens beside its own, reserved by the product when the command is taken in; nobody else writes them."""


class Actor(NamedTuple):
    """The person who acts: directory code, acting role, office; `lawyer` and `unit` where the person is of a panel."""

    id: str
    role: Role
    office: str
    lawyer: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision may know beside the case and the command.

    `now` is the workflow's time (aware); `effective_on` the legal day (Asia/Shanghai) the command takes effect.
    `standings` (of the panel, by lawyer) and `history`, with `positions` (versions by ledger position), and `co_accused_lawyers` (codes of
    whoever handles a case linked as that of a co-accused) are filled for commands that name them in `needs`; `others` are the cases that
    the command's `others` names, blank where it opens them.
    """

    now: datetime
    effective_on: date
    actor: Actor
    directory: Directory
    rules: Rules
    command_id: str
    on_behalf_of: str | None = None
    standings: Mapping[str, Standing] = field(default_factory=dict[str, "Standing"])
    history: Sequence[Happened] = ()
    positions: Mapping[int, int] = field(default_factory=dict[int, int])
    """Ledger position -> version, for the events of `history`."""
    others: Mapping[str, CaseState] = field(default_factory=dict[str, "CaseState"])
    co_accused_lawyers: frozenset[str] = frozenset()
    conflicts: ConflictFindings | None = None
    """What the records of the whole city say about the people of the case; None where nothing was looked up."""


class Series(NamedTuple):
    """A dense series of numbers: `kind` is `register` or `case:<kind>`, one series a centre and year of the legal day."""

    kind: str
    centre: str
    year: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """The envelope of an event as far as it is known when it is decided (position and recorded_at come with the append)."""

    version: int
    decided_at: datetime
    effective_on: date
    actor: str
    role: str
    office: str
    command_id: str
    on_behalf_of: str | None = None


EVENTS: dict[str, type[Event]] = {}
COMMANDS: dict[str, type[Command]] = {}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Event(Model):
    """What happened. `apply` is total: an event that was recorded is a fact and is never refused when folded."""

    type: ClassVar[str]
    schema_version: ClassVar[int] = 1
    clock: ClassVar[bool] = False
    """True for the clocks' own events: they do not count for If-Match nor for the order of legal days."""
    lane: ClassVar[EffectiveLane] = "main"

    note: PersonalText | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.type = _snake(cls.__name__)
        EVENTS[cls.type] = cls

    @abstractmethod
    def apply(self, case: Any, at: Stamp) -> Any:
        """The case, or the stream of another kind, after this event."""

    def series(self) -> tuple[Series, ...]:
        """The series this event draws its numbers from, if it bears any."""
        return ()

    def numbered(self, numbers: tuple[int, ...], directory: Directory) -> Self:
        """This event bearing these numbers, one of each of its series."""
        raise NotImplementedError(numbers, directory)


class Command(Model):
    """What somebody asks. Fields are the body of `commands.yaml`."""

    name: ClassVar[str]
    stream: ClassVar[str | None] = "case"
    """The kind of stream it is for; None: of any kind."""
    room: ClassVar[str]
    """The stage whose room the command stands in (its module, unless it says so): application, accept_first, …, any_stage."""
    states: ClassVar[frozenset[Any]]
    """States it is allowed in; empty for the command that opens a case."""
    to: ClassVar[tuple[str, ...]] = ("=",)
    """States it may lead to (`=` the same), for the drawn diagram and the table's test."""
    roles: ClassVar[frozenset[Role]]
    emits: ClassVar[tuple[str, ...]]
    lane: ClassVar[EffectiveLane] = "main"
    other_than: ClassVar[str | None] = None
    """Type of an event whose actor must be another person (two-person rule)."""
    same_person_code: ClassVar[str] = "two_persons_required"
    after: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Types of events: its own rule asks for one of each group to have come before. Told as skipped where a case went on without it."""
    behind_walls: ClassVar[bool] = False
    """True for what only people walled off from a case may issue on it, who may issue nothing else."""
    needs: ClassVar[frozenset[str]] = frozenset()
    """Facts to be loaded: `standings`, `history`, `co_accused`, `conflicts`."""

    effective_on: date | None = None
    on_behalf_of: Code | None = None
    note: PersonalText | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = _snake(cls.__name__)
        if "room" not in cls.__dict__:
            cls.room = cls.__module__.rsplit(".", 1)[-1]
        COMMANDS[cls.name] = cls

    @classmethod
    def allowed_in(cls, case: Any) -> bool:
        """Whether the case's state allows it; commands that depend on more than `states` say so by overriding."""
        return case.state in cls.states

    @classmethod
    def open_to(cls, case: Any, actor: Actor, directory: Directory, on: date) -> bool:  # noqa: ARG003 -- for those that override it
        """Whether this person may issue it at all on that day; commands that ask for more than a role say so by overriding."""
        return True

    @classmethod
    def offered(cls, case: Any, rules: Rules, now: datetime) -> bool:  # noqa: ARG003 -- for those that override it
        """Whether the rules leave anything to ask for; commands that they may refuse whatever the body say so by overriding."""
        return True

    @classmethod
    def leads(cls) -> frozenset[tuple[State | None, str]]:
        """From which state to which other it may take the case, for the drawn diagram; None is the case that is not yet opened."""
        starts: tuple[State | None, ...] = tuple(cls.states) or (None,)
        return frozenset((start, end) for start in starts for end in cls.to if end not in ("=", start))

    @classmethod
    def written(cls) -> tuple[str, ...]:
        """Names of the fields of its own that a caller writes; what the product adds when it takes the command in is left out."""
        own = {name: info for name, info in cls.model_fields.items() if name not in Command.model_fields}
        return tuple(name for name, info in own.items() if not any(mark is INNER for mark in info.metadata))

    def opens(self) -> int:
        """How many cases it opens beside its own: so many ids are reserved for it."""
        return 0

    def others(self) -> tuple[str, ...]:
        """Ids of the other cases it concerns or opens, which are decided and recorded together with its own."""
        return ()

    @abstractmethod
    def decide(self, case: Any, facts: Facts) -> Sequence[Event]:
        """The events, or a `Refusal`. Called only where `allowed_in`, the role and the two-person rule hold."""

    def spread(self, case: Any, facts: Facts) -> Mapping[str, Sequence[Event]]:  # noqa: ARG002 -- for those that override it
        """The events of other cases, by their ids; asked after `decide`, of the case as it stood before."""
        return {}


class Happened(NamedTuple):
    """An event with its envelope."""

    at: Stamp
    event: Event

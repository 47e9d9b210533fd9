"""What the worked example does, written down before anything is sent: who issues which command, with which body, for which legal day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

type Learned = dict[str, dict[str, Any]]
"""What the answers so far said: by event type, the data of the latest such event and its `version`."""
type Set = Literal["archive", "desk", "published"]


class Told(NamedTuple):
    """A value of a body that only an earlier answer tells: a field of the latest event of a type, or its `version`."""

    event: str
    field: str


class CaseId(NamedTuple):
    """The id of the story's `n`-th case, in the order in which they are opened (0 is the first)."""

    n: int


@dataclass(frozen=True, slots=True)
class Step:
    """One command of one person (by the name they sign in with), taking effect on the legal day `on`.

    `case` says on which of the story's cases. `tells` are the steps of the record's timeline that it carries as commands and days;
    `mentions` those that stand in its text only. `filled` are JSON pointers into the request of what the record does not say; the
    pointer of everything where the record lacks the whole step.
    """

    who: str
    command: str
    body: Mapping[str, Any]
    on: date
    case: int = 0
    tells: tuple[int, ...] = ()
    mentions: tuple[int, ...] = ()
    filled: tuple[str, ...] = ()

    def request(self, learned: Learned, cases: tuple[str, ...] = ()) -> dict[str, Any]:
        """The JSON body. Raises `LookupError` where it needs what no earlier answer told."""

        def told(value: Any) -> Any:
            if isinstance(value, Told):
                return learned[value.event][value.field]
            return cases[value.n] if isinstance(value, CaseId) else value

        return {name: told(value) for name, value in self.body.items()} | {"effective_on": self.on.isoformat()}


class LeftOut(NamedTuple):
    """A fact of the record that found no place, in short English; `seq` where it is a step of the timeline."""

    what: str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case of a set, by the id of its facts, from the door to where it stands. `weeks`: by how many its days were moved."""

    set: Set
    case: str
    steps: tuple[Step, ...]
    weeks: int | None = None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.set}-{self.case}"

    def key(self, n: int) -> str:
        """The idempotency key of step `n`: the same whenever the example is loaded."""
        return f"example-{self.name}-{n:02}"


@dataclass(slots=True)
class UnderWay:
    """A story being sent to the HTTP API: its cases, as the answers name them, and what they told."""

    cases: list[str] = field(default_factory=list[str])
    learned: list[Learned] = field(default_factory=list[Learned])

    def request(self, step: Step) -> tuple[str, dict[str, Any]]:
        """Path and body of the next step."""
        learned = self.learned[step.case] if step.case < len(self.learned) else {}
        body = step.request(learned, tuple(self.cases))
        if step.command == "submit_application":
            return "/api/v1/cases", body
        if step.command == "receive_organ_notice":
            return "/api/v1/organ-notices", body
        path = f"/api/v1/cases/{self.cases[step.case]}"
        return (f"{path}/continuations" if step.command == "continue_case" else f"{path}/commands/{step.command}"), body

    def answered(self, answer: Mapping[str, Any]) -> None:
        """Learn from the answer to the last step."""
        for case in answer.get("cases", (answer,)):
            if case["case_id"] not in self.cases:
                self.cases.append(case["case_id"])
                self.learned.append({})
            learn(self.learned[self.cases.index(case["case_id"])], case["events"])


def learn(learned: Learned, events: Iterable[Mapping[str, Any]]) -> None:
    """Keep what an answer's events (`type`, `version`, `data`) tell the steps after it."""
    for event in events:
        learned[event["type"]] = {**event["data"], "version": event["version"]}

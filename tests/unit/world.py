"""The world of the unit tests: the worked example's directory, the rules in force, and the story of one case told in commands.

A rule's test is three lines: `case = given(...)`, `events = case.when(...)` or `case.refused(code, ...)`, and what is expected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID

import pytest

import domain.stages  # noqa: F401 -- fills the vocabularies
from domain.case import CaseState, blank
from domain.command import Actor, Command, Event, Facts, Happened, Refusal, Role, Series
from domain.decide import Decision, decide
from domain.directory import DelegationGiven, Directory, PersonAway
from domain.rules import Rules
from domain.stages.accept_first import AcceptFirst
from domain.stages.application import SubmitApplication
from domain.stages.assignment import AssignUnit, SignEngagement
from domain.stages.decision import AssessHardship, DeclareConflictCheck, GrantAid, HouseholdMember, RecommendDecision
from domain.values import Applicant, Matter, Paper
from ledger.rules import current
from ops.example.directory import directory_events, people_accounts

RULES: Rules = current()
TODAY = date(2026, 3, 10)
"""A Tuesday."""
CENTRE = "C-CITY"
CASE_ID = "01890000-0000-7000-8000-000000000001"
DIRECTORY = Directory.fold(
    [
        *directory_events(),
        DelegationGiven(since=date(2026, 1, 1), person="P-LIN-XIAOMEI", centre=CENTRE),
    ]
)
"""The example's, with a receptionist who may accept first."""


def actor(username: str) -> Actor:
    """Somebody of the example by the name they sign in with."""
    account = next(a for a in people_accounts() if a.username == username)
    person = DIRECTORY.person_of[account.person]
    return Actor(person.code, account.role, account.office, person.lawyer, person.unit)


def away(person: str, deputy: str, since: date = TODAY, until: date = TODAY) -> Directory:
    """The directory in which that person is on leave and the deputy stands in."""
    return Directory.fold([PersonAway(since=since, person=person, until=until, deputy=deputy)], DIRECTORY)


BY_ROLE: dict[str, Actor] = {
    a.role: a
    for a in map(
        actor,
        ("zhao.wenxiu", "lin.xiaomei", "li.guangming", "chen.weidong", "luo.zhengping", "zheng.he", "wang.min", "fang.hui", "gao.yuan",
         "su.min", "han.lei", "admin", "security"),
    )
} | {"system": Actor("system", "system", CENTRE)}  # fmt: skip
"""One person of the city's centre, its outlets, its bureau and its first firm for each role."""
_LIKELY: tuple[Role, ...] = (
    "caseworker", "approver", "lawyer", "finance_officer", "supervisor", "bureau_officer", "receptionist", "liaison", "duty_lawyer",
    "unit_manager", "system",
)  # fmt: skip


def likely(command: Command) -> Actor:
    """Who issues it in the ordinary run of things; a caseworker files the closing of a case that nobody ever handled only."""
    if command.name == "submit_closing_report":
        return BY_ROLE["lawyer"]
    return next(BY_ROLE[role] for role in _LIKELY if role in type(command).roles)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), RULES.zone)


class Case:
    """One case and all that happened to it. Commands are issued at noon of `on` by whoever is likely to, unless said otherwise."""

    def __init__(self, case_id: str = CASE_ID, on: date = TODAY) -> None:
        self.state: CaseState = blank(case_id)
        self.history: list[Happened] = []
        self.on = on
        self.drawn: Counter[Series] = Counter()

    def copy(self) -> Case:
        """A case with the same past and a future of its own."""
        twin = Case(self.state.case_id, self.on)
        twin.state, twin.history, twin.drawn = self.state, [*self.history], Counter(self.drawn)
        return twin

    def facts(self, by: Actor, **changes: Any) -> Facts:
        about: dict[str, Any] = {
            "now": noon(self.on),
            "effective_on": self.on,
            "directory": DIRECTORY,
            "rules": RULES,
            "command_id": f"00000000-0000-7000-8000-{self.state.version + 1:012d}",
            "history": tuple(self.history),
            "positions": {position(h.at.version): h.at.version for h in self.history},
        }
        return Facts(actor=by, **(about | changes))

    def decided(self, command: Command, by: Actor | str | None = None, **changes: Any) -> Decision:
        """The decision, without its becoming part of the case's history."""
        who = by if isinstance(by, Actor) else BY_ROLE[by] if by else likely(command)
        changes.setdefault("others", {case_id: _elsewhere(command, case_id) for case_id in command.others()})
        return decide(self.state, command, self.facts(who, **changes))

    def when(self, command: Command, by: Actor | str | None = None, **changes: Any) -> tuple[Event, ...]:
        """Issue the command; the events of its own that it brought."""
        decision = self.decided(command, by, **changes)._replace(others=()).numbered(self._draw, DIRECTORY)
        self.history.extend(decision.events)
        self.state = decision.case
        return tuple(h.event for h in decision.events if not h.event.clock)

    def refused(self, code: str, command: Command, by: Actor | str | None = None, **changes: Any) -> Refusal:
        """The refusal the command meets, which must bear this code; nothing happens to the case."""
        with pytest.raises(Refusal) as met:
            self.decided(command, by, **changes)
        assert met.value.code == code, met.value.detail
        return met.value

    def then(self, *commands: Command | tuple[Actor | str, Command]) -> Self:
        """Issue more commands."""
        for each in commands:
            if isinstance(each, Command):
                self.when(each)
            else:
                self.when(each[1], each[0])
        return self

    def after(self, days: int) -> Self:
        """The same case, that many calendar days later."""
        self.on += timedelta(days=days)
        return self

    def version_of(self, event_type: str) -> int:
        return next(h.at.version for h in reversed(self.history) if h.event.type == event_type)

    def _draw(self, series: Series) -> int:
        self.drawn[series] += 1
        return self.drawn[series]


def _elsewhere(command: Command, case_id: str) -> CaseState:
    """Another case the command concerns: blank where it opens it, else one that nothing but its opening has happened to."""
    return blank(case_id).but(**({"state": "received", "centre": CENTRE, "version": 1} if command.states and not command.opens() else {}))


def position(version: int) -> int:
    """Where in the ledger the event of that version stands; other cases have events too."""
    return 1000 + version


def given(*commands: Command | tuple[Actor | str, Command], on: date = TODAY) -> Case:
    """A case to which these commands have been issued."""
    return Case(on=on).then(*commands)


def names(events: Iterable[Event]) -> list[str]:
    return [event.type for event in events]


def papers(*kinds: str) -> tuple[Paper, ...]:
    return tuple(Paper(kind=kind) for kind in kinds)


def submit(**changes: Any) -> SubmitApplication:
    """A migrant worker's wage claim, taken down at the counter."""
    body: dict[str, Any] = {
        "centre": CENTRE,
        "channel": "walk_in",
        "applicant": Applicant(name="王建国", categories=("migrant_worker",), county="CITY", residence="rural", subject_id=UUID(int=1)),
        "matter": Matter(kind="civil", cause="wages", stage="arbitration", summary="拖欠工资"),
    }
    return SubmitApplication(**(body | changes))


def household(*incomes: int) -> tuple[HouseholdMember, ...]:
    """Incomes in fen a month; the first is the applicant's own."""
    return tuple(HouseholdMember(income_fen_per_month=fen, self_only=n == 0) for n, fen in enumerate(incomes))


POOR = AssessHardship(household=household(100_000, 0), county="CITY", residence="rural")
RICH = AssessHardship(household=household(10_000_000), county="CITY", residence="rural")
CHECKED = DeclareConflictCheck(cleared=True)
RECOMMENDED = RecommendDecision(decision="grant", opinion="符合条件")
GRANTED = GrantAid(forms=("arbitration",), stages=("arbitration",), reasons="符合条件")
EXAMINED = (submit(), POOR, CHECKED, RECOMMENDED)
AIDED = (*EXAMINED, GRANTED)
LAWYER_NAMED = (AssignUnit(unit="U-ZHENGHE", lawyer="L-WANG-MIN"),)
ENGAGED = (*LAWYER_NAMED, SignEngagement(signed_on=TODAY))


def accept(*owed: str, ground: str = "migrant_worker", **changes: Any) -> AcceptFirst:
    return AcceptFirst(ground=ground, papers_owed=papers(*(owed or ("id_copy", "work_evidence"))), **changes)


ACCEPTED = (submit(), ("approver", accept()))
DEFERRED = (submit(), ("approver", accept(ground="other_by_rule")))
BY_DELEGATION = (submit(), ("duty_lawyer", accept()))

"""Cases after the decision: a small directory, its people, ready histories, and the verbs `given`, `when` and `refused`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import yaml

import domain
from domain.case import AcceptFirst, CaseState, Recipient
from domain.command import Actor, Command, Event, Facts, Happened, Refusal, Role, Stamp
from domain.decide import Decision, decide
from domain.directory import (
    Directory,
    Grant,
    Lawyer,
    LawyerRegistered,
    Office,
    OfficeOpened,
    Person,
    PersonRegistered,
    TariffSet,
    Unit,
    UnitRegistered,
)
from domain.lifecycle import Lane
from domain.matching import Candidate, Explanation
from domain.rules import load
from domain.stages.assignment import EngagementSigned, LawyerNamed, UnitAssigned
from domain.stages.closure import ClosingFileAccepted, ClosingReportSubmitted
from domain.stages.representation import OutcomeRecorded
from domain.stream import evolve
from domain.values import Applicant, Category, Matter, Paper

LONG_AGO = date(2005, 3, 1)
TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def _office(code: str, kind: Any, **more: Any) -> OfficeOpened:
    return OfficeOpened(
        since=LONG_AGO, office=Office(code=code, name=code, name_en=code, short="定城", kind=kind, level="county", county="q", **more)
    )


def _person(code: str, role: Role, **more: Any) -> PersonRegistered:
    office = "bureau" if role == "bureau_officer" else "centre"
    return PersonRegistered(
        since=LONG_AGO,
        person=Person(code=code, name=code, office=office, grants=(Grant(since=LONG_AGO, role=role, office=office),), **more),
    )


def lawyer(code: str, unit: str, **more: Any) -> LawyerRegistered:
    about: dict[str, Any] = {"gender": "female", "practising_since": LONG_AGO, "max_load": 5, **more}
    return LawyerRegistered(since=LONG_AGO, lawyer=Lawyer(code=code, name=code, unit=unit, **about))


DIRECTORY = Directory.fold(
    [
        _office("bureau", "bureau"),
        _office("centre", "centre", parent="bureau", bureau="bureau"),
        _office("elsewhere", "centre", parent="bureau", bureau="bureau"),
        UnitRegistered(since=LONG_AGO, unit=Unit(code="firm", name="firm", kind="firm", office="centre")),
        UnitRegistered(since=LONG_AGO, unit=Unit(code="far", name="far", kind="firm", office="elsewhere")),
        UnitRegistered(since=LONG_AGO, unit=Unit(code="own", name="own", kind="centre", office="centre")),
        *(_person(f"p-{code}", "lawyer", unit="firm", lawyer=code) for code in ("li", "wang")),
        lawyer("li", "firm", person="p-li", specialities=("wages",), criminal_since=date(2023, 3, 11)),
        lawyer("wang", "firm", person="p-wang", minors=True, criminal_since=date(2023, 3, 10)),
        lawyer("zhao", "far", gender="male", languages=("zh", "bo"), quality="excellent"),
        lawyer("staff", "own", public_pay=True),
        _person("reviewer", "bureau_officer"),
        _person("approver", "approver"),
        TariffSet(since=LONG_AGO, code="flat_civil", amount_fen=150_000),
    ]
)
_DATA = Path(domain.__file__).parent / "rules_data"
RULES = load(
    yaml.safe_load((_DATA / "time-limits.yaml").read_text("utf-8")),
    yaml.safe_load((_DATA / "policy.yaml").read_text("utf-8")),
    yaml.safe_load((_DATA / "templates.yaml").read_text("utf-8")),
    yaml.safe_load((_DATA / "matching.yaml").read_text("utf-8")),
    days_off={},
    workdays=frozenset(),
    announced_until=2030,
)
"""The product's own limits and policy over a calendar that knows weekends only."""


def person(role: Role, code: str | None = None, *, unit: str | None = None) -> Actor:
    """Somebody of the centre; a lawyer's code is that of the panel, the person's own begins with `p-`."""
    of_panel = code if role == "lawyer" else None
    return Actor(id=f"p-{of_panel}" if of_panel else code or role, role=role, office="centre", lawyer=of_panel, unit=unit)


LI, WANG, ZHAO = person("lawyer", "li", unit="firm"), person("lawyer", "wang", unit="firm"), person("lawyer", "zhao", unit="far")
MANAGER, FAR_MANAGER = person("unit_manager", unit="firm"), person("unit_manager", "far_manager", unit="far")
APPROVER, CASEWORKER, SUPERVISOR, FINANCE = map(person, ("approver", "caseworker", "supervisor", "finance_officer"))


def granted(recipients: int = 1, *, categories: tuple[Category, ...] = (), matter: Matter | None = None, **changes: Any) -> CaseState:
    """A case that was granted today and waits for its assignment."""
    parties = tuple(Applicant(party_id=n, name="某某", categories=categories) for n in range(recipients))
    return CaseState(
        case_id="01", state="awaiting_assignment", centre="centre", opened_on=LONG_AGO, parties=parties, recipient_count=recipients,
        recipients=tuple(Recipient(party_id=n, status="granted") for n in range(recipients)),
        matter=matter or Matter(kind="civil", cause="wages", summary="工资"),
    ).but(**changes)  # fmt: skip


def accepted_first(lane: Lane, *, deferred: bool = False, **changes: Any) -> CaseState:
    """A case accepted first whose papers are in this lane."""
    owed = (Paper(kind="id_copy"),) if lane in ("papers_owed", "papers_overdue") else ()
    acceptance = AcceptFirst(
        state=lane, basis="urgent_art_44" if deferred else "local_policy", ground="migrant_worker", papers_owed=owed,
        papers_listed=(Paper(kind="id_copy"),), due_on=TODAY, accepted_on=TODAY, deferred=deferred,
    )  # fmt: skip
    return granted(accept_first=acceptance).with_recipients([0], status="accepted_first").but(**changes)


def named(code: str = "li", unit: str = "firm", *, lead: bool = True) -> LawyerNamed:
    return LawyerNamed(lawyer=code, unit=unit, lead=lead, considered=Candidate(lawyer=code, unit=unit))


def papers(*kinds: str) -> tuple[Paper, ...]:
    return tuple(Paper(kind=kind) for kind in kinds)


CHECKLIST = ("closing_report", "engagement", "work_record", "outcome_paper")
ASSIGNED = UnitAssigned(unit="firm", received_by_unit_on=TODAY, explanation=Explanation(choice="not_recorded"))
SIGNED = EngagementSigned(signed_on=TODAY, for_recipients=(0,))
OUTCOME = OutcomeRecorded(result="won", closed_on=TODAY, for_recipients=(0,))
REPORTED = ClosingReportSubmitted(report="已结案", papers=papers(*CHECKLIST))
ACCEPTED = ClosingFileAccepted(grade="good")

UNIT_HAS_IT = (ASSIGNED,)
LAWYER_HAS_IT = (ASSIGNED, named())
UNDER_WAY = (*LAWYER_HAS_IT, SIGNED)
CLOSING = (*UNDER_WAY, OUTCOME)
FILED = (*CLOSING, REPORTED)


def given(case: CaseState, *events: Event, by: Actor = CASEWORKER, on: date = TODAY) -> CaseState:
    """The case after these events."""
    for event in events:
        stamp = Stamp(
            version=case.version + 1, decided_at=NOW, effective_on=on, actor=by.id, role=by.role, office=by.office, command_id="given"
        )
        case = evolve(case, Happened(stamp, event))
    return case


def when(case: CaseState, command: Command, by: Actor, *, directory: Directory = DIRECTORY, **facts: Any) -> Decision:
    """What the command brings when this person issues it."""
    about: dict[str, Any] = {"now": NOW, "effective_on": TODAY, "rules": RULES, "command_id": str(UUID(int=1)), **facts}
    return decide(case, command, Facts(actor=by, directory=directory, **about))


def refused(case: CaseState, command: Command, by: Actor, **facts: Any) -> Refusal:
    """The refusal that the command meets; the test fails where it meets none."""
    with pytest.raises(Refusal) as met:
        when(case, command, by, **facts)
    return met.value


def own(decision: Decision) -> list[str]:
    """Types of the command's own events."""
    return [happened.event.type for happened in decision.events if not happened.event.clock]


def event_of[E: Event](decision: Decision, kind: type[E]) -> E:
    """The first event of this class."""
    return next(happened.event for happened in decision.events if isinstance(happened.event, kind))

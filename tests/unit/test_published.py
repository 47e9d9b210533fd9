"""The published records, each run by the rules: no refusal, every printed day in its place, what is filled in marked, nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from domain.case import CaseState
from domain.clocks import display
from domain.rules import Rules
from domain.stream import Clock
from ledger.rules import current
from ops.example.facts import Dated, facts, records
from ops.example.published import CLOSED, published
from ops.example.published.tale import Tale
from ops.example.rehearsal import Acted, rehearse
from ops.example.script import Scenario, Step
from ops.example.story import ANDING

RULES: Rules = current()
NOW = datetime(2026, 11, 25, 8, tzinfo=RULES.zone)
LAW = date(2022, 1, 1)
SCENARIOS = {scenario.case: scenario for scenario in published()}
ENDS: Mapping[str, tuple[str, ...]] = {
    "PC007": ("in_representation",),
    "PC015": ("in_representation",),
    "PC021": ("in_representation",),
    "PC023": ("lawyer_named",),
    "PC031": ("in_representation",),
    "PC040": ("archived", "in_representation"),
    "PC041": ("lawyer_named",),
    "PC045": ("lawyer_named",),
    "PC049": ("assigned",),
    "PC052": ("in_representation",),
    "PC065": ("in_representation",),
    "PC067": ("archived", "archived"),
    "PC069": ("lawyer_named",),
    "PC071": ("assigned",),
    "PC081": ("archived", "archived"),
    "PC084": ("awaiting_assignment",),
    "PC085": ("lawyer_named",),
}
"""Where the record leaves the case or cases; every other record's one case is archived."""

every_record = pytest.mark.parametrize("case", sorted(facts()))


@cache
def ran(case: str) -> tuple[Acted, ...]:
    return rehearse(SCENARIOS[case], NOW)


def told(scenario: Scenario) -> Iterator[tuple[Step, Dated]]:
    return ((step, facts()[scenario.case].entry(seq)) for step in scenario.steps for seq in step.tells)


def days_of(step: Step) -> dict[str, str]:
    """The days a step stands for, by their pointers: the legal day and the dates of its body."""
    dates = {f"/{name}": str(step.body[name])[:10] for name in DATES if name in step.body}
    return {"/effective_on": step.on.isoformat(), **dates}


DATES = ("held_on", "received_on", "payment_due_on", "closed_on", "at", "received_at", "signed_on", "settled_on", "tried_on")


def test_every_record_is_told_once() -> None:
    assert [scenario.case for scenario in published()] == sorted(record["id"] for record in records())
    assert len(SCENARIOS) == 41
    keys = [scenario.key(n) for scenario in SCENARIOS.values() for n in range(1, len(scenario.steps) + 1)]
    assert len(set(keys)) == len(keys)


@every_record
def test_the_record_runs_by_commands_and_ends_where_it_says(case: str) -> None:
    assert tuple(acted.case.state for acted in ran(case)) == ENDS.get(case, ("archived",))


@every_record
def test_a_case_is_archived_exactly_where_the_matter_is_over(case: str) -> None:
    assert (ran(case)[-1].case.state == "archived") == (facts()[case].result in CLOSED)


@every_record
def test_every_printed_day_is_the_day_of_its_event_and_no_other_day_says_that_it_is_printed(case: str) -> None:
    for step, entry in told(SCENARIOS[case]):
        held = days_of(step)
        if entry.legal_day:
            places = [pointer for pointer, day in held.items() if day == entry.at]
            assert places, (step, entry)
            assert set(places) - set(step.filled) or entry.step == "hearing", (step, entry)
        else:
            assert "/effective_on" in step.filled, (step, entry)
            assert entry.at is None or any(day.startswith(entry.at) for day in held.values()), (step, entry)
    printed = {entry.legal_day for entry in facts()[case].timeline}
    assert all(step.on in printed for step in SCENARIOS[case].steps if "载明此日" in step.body["note"])


@every_record
def test_what_the_record_lacks_is_marked_in_the_step_and_in_its_note(case: str) -> None:
    for step in SCENARIOS[case].steps:
        note = step.body["note"]
        assert f"公开案例 {case}" in note
        assert bool(step.filled) == ("filled" in note), step
        if step.filled == ("",):
            assert "未载此步" in note
            assert not step.tells
        for pointer in step.filled:
            assert pointer in ("", "/effective_on") or (pointer in note and found(step.body, pointer)), (pointer, step)


def found(body: Any, pointer: str) -> bool:
    for part in pointer.split("/")[1:]:
        if isinstance(body, list):
            if not part.isdecimal() or int(part) >= len(body):
                return False
            body = body[int(part)]
        elif part not in body:
            return False
        else:
            body = body[part]
    return True


@every_record
def test_names_numbers_and_handlers_that_nobody_published_are_among_what_is_filled(case: str) -> None:
    filled = [(step.command, pointer) for step in SCENARIOS[case].steps for pointer in step.filled]
    opening = SCENARIOS[case].steps[0]
    if opening.command == "submit_application":
        assert ("submit_application", "/applicant/id_number") in filled or opening.filled == ("",)
    for step in SCENARIOS[case].steps:
        if step.command == "assign_unit":
            assert {"/unit", ""} & set(step.filled)


@every_record
def test_what_is_only_mentioned_stands_in_a_text_with_its_date(case: str) -> None:
    for step in SCENARIOS[case].steps:
        text = json.dumps(step.body, ensure_ascii=False)
        for entry in map(facts()[case].entry, step.mentions):
            assert (entry.at or entry.what or "") in text
            assert (entry.what or "") in text


@every_record
def test_published_amounts_stand_in_the_case_once(case: str) -> None:
    amounts = facts()[case].amounts
    bodies = [step.body for step in SCENARIOS[case].steps]
    for amount in (amounts.claimed_fen, amounts.agreed_fen, amounts.paid_fen):
        if amount is not None:
            held = [name for body in bodies for name in money(body, amount)]
            alike = [a for a in (amounts.claimed_fen, amounts.agreed_fen, amounts.paid_fen) if a == amount]
            assert len(held) == len(alike), (amount, held)


def money(body: Mapping[str, Any], amount: int) -> Iterator[str]:
    for name, value in body.items():
        if isinstance(value, dict):
            yield from money(value, amount)
        elif name.endswith("_fen") and value == amount:
            yield name


# -- clocks


@every_record
def test_no_reminder_is_owed_for_a_day_gone_by(case: str) -> None:
    assert not [(c.id, r.at) for acted in ran(case) for c in acted.case.clocks for r in c.rungs if not r.fired and r.at <= NOW]


@every_record
def test_no_limit_is_known_before_its_law(case: str) -> None:
    for acted in ran(case):
        assert all(clock.started_on >= clock.rule_from >= LAW for clock in acted.case.clocks)
        assert all(unknown.on < unknown.known_from for unknown in acted.case.unknown_limits)
        if facts()[case].regime == "regulations_2003":
            first = acted.history[0].at.effective_on
            assert {u.limit for u in acted.case.unknown_limits if u.on == first} & {
                "examine_application",
                "assign_on_notice",
            } or first >= LAW


PARTNERS = {"supplement_required": "papers_completed", "verification_requested": "verification_recorded"}


@every_record
def test_whatever_may_pause_a_limit_has_its_partner_and_no_pause_is_left_open(case: str) -> None:
    for acted in ran(case):
        types = Counter(happened.event.type for happened in acted.history)
        assert all(types[opens] == types[closes] for opens, closes in PARTNERS.items())
        assert not [clock.id for clock in acted.case.clocks if any(pause.to_at is None for pause in clock.pauses)]


def test_a_verification_is_among_the_records() -> None:
    assert "verification_requested" in {happened.event.type for happened in ran("PC077")[0].history}


@every_record
def test_what_is_filled_in_misses_no_limit_that_the_record_does_not_tell_missed(case: str) -> None:
    for acted in ran(case):
        late = {clock.limit for clock in acted.case.clocks if shown(clock) in ("met_late", "missed")}
        assert late <= LATE.get(case, set()), case


LATE: Mapping[str, set[str]] = {"PC049": {"sign_engagement"}}
"""Limits that run out because the record ends before what would have met them."""


@every_record
def test_an_archived_case_leaves_no_limit_open(case: str) -> None:
    for acted in ran(case):
        if acted.case.state == "archived":
            assert not [clock.id for clock in acted.case.clocks if clock.live]


def clocks(case: str) -> dict[str, list[tuple[str, str, str]]]:
    """Of a record's first case: by limit, (start, last day, how it stands)."""
    held: dict[str, list[tuple[str, str, str]]] = {}
    for clock in ran(case)[0].case.clocks:
        held.setdefault(clock.limit, []).append((str(clock.started_on), str(clock.due_on), shown(clock)))
    return held


def shown(clock: Clock) -> str:
    return display(clock, NOW)


def test_three_printed_days_in_a_row_keep_the_limits_of_the_law() -> None:
    held = clocks("PC007")
    assert held["examine_application"] == [("2023-08-08", "2023-08-15", "met")]
    assert held["assign_unit"] == [("2023-08-10", "2023-08-14", "met")]
    assert "sign_engagement" not in held
    assert {u.limit for u in ran("PC007")[0].case.unknown_limits} == {"sign_engagement"}


def test_a_case_of_2020_that_ends_in_2022_knows_limits_only_from_then_on() -> None:
    case = ran("PC029")[0].case
    assert {u.limit for u in case.unknown_limits if u.on < LAW} == {"examine_application", "assign_unit", "sign_engagement"}
    assert {clock.limit for clock in case.clocks} == {"pay_subsidy"}


def test_an_old_couple_that_comes_back_has_two_cases_and_one_story() -> None:
    first, second = (acted.case for acted in ran("PC040"))
    assert [(c.relation, str(c.case_id)) for c in first.continued] == [("reapplication", second.case_id)]
    assert second.continues is not None
    assert (str(second.continues.case_id), len(second.recipients)) == (first.case_id, 2)
    assert second.opened_on is not None
    assert str(second.opened_on).startswith("2025-02")


def test_two_who_are_accused_together_have_a_case_and_a_lawyer_each() -> None:
    cases = [acted.case for acted in ran("PC081")]
    assert lead(cases[0]) != lead(cases[1])
    assert [str(link.case_id) for link in cases[0].links] == [cases[1].case_id]


def lead(case: CaseState) -> str | None:
    return case.assignment.lead if case.assignment else None


# -- the translator itself


def test_a_step_that_nobody_tells_is_a_fault_of_the_script() -> None:
    tale = Tale("PC001", ANDING).tell(4, mention=(1, 2)).opened()
    with pytest.raises(ValueError, match=r"nothing is said of the steps \[3, 5, 6, 7, 8\]"):
        tale.scenario()


def test_a_step_told_twice_is_a_fault_of_the_script() -> None:
    tale = Tale("PC001", ANDING).tell(4, mention=(1, 2)).opened()
    for _ in range(2):
        tale.before_aid(3, "recognition_decided", "局", "arbitration")
    with pytest.raises(ValueError, match="told twice"):
        tale.scenario()


def test_a_command_that_cannot_carry_a_step_does_not_tell_it() -> None:
    tale = Tale("PC001", ANDING).tell(4, mention=(1, 2)).opened().tell(7).looked_into()
    with pytest.raises(ValueError, match="no command carried"):
        tale.scenario()


def test_the_page_says_what_ran() -> None:
    """The check of `scripts/published_doc.py`, in a process of its own."""
    script = Path(__file__).parents[2] / "scripts" / "published_doc.py"
    checked = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr

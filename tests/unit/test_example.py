"""The worked example as its script stands: every story is carried out by the rules, without engines, on ordinary and odd days."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain.access import scope_of
from domain.case import CaseState
from domain.clocks import display
from domain.command import Command, Happened
from domain.identity import check_resident_id
from domain.lifecycle import END_STATES, STATES
from domain.stream import Clock
from ledger.personal import Erased, Sealer, parties_of, unseal_json, with_subjects
from ledger.rules import current
from ops.example.accounts import written
from ops.example.archive import archive
from ops.example.desk import desk
from ops.example.directory import people_accounts
from ops.example.facts import facts
from ops.example.rehearsal import rehearse
from ops.example.script import Scenario
from ops.example.story import ANDING, COURT, Story, directory

DAYS = [
    date(2026, 11, 24), date(2026, 11, 28), date(2027, 1, 1), date(2027, 2, 6), date(2027, 2, 12), date(2027, 2, 20), date(2028, 2, 29),
]  # fmt: skip
"""A Tuesday, a Saturday, New Year, the Spring Festival (as expected) at its beginning, end and after, the day that is not every year."""
A_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Played:
    scenario: Scenario
    case: CaseState
    history: tuple[Happened, ...]
    commands: tuple[Command, ...]

    def clocks(self, shown: str, now: datetime) -> Iterator[Clock]:
        return (clock for clock in self.case.clocks if clock.live and display(clock, now) == shown)


def morning(day: date) -> datetime:
    return datetime.combine(day, time(8), current().zone)


def play(scenario: Scenario, today: date) -> Played:
    """Carry the story out as the API would; those of the example have one case each."""
    (acted,) = rehearse(scenario, morning(today))
    return Played(scenario, acted.case, tuple(acted.history), tuple(acted.commands))


@cache
def archived() -> tuple[Played, ...]:
    return tuple(play(scenario, DAYS[0]) for scenario in archive())


@cache
def on_desk(today: date) -> tuple[Played, ...]:
    return tuple(play(scenario, today) for scenario in desk(today))


def test_every_case_of_the_archive_reaches_the_archive() -> None:
    assert {played.case.state for played in archived()} == {"archived"}
    assert len(archived()) >= 12


def test_the_archive_uses_every_printed_day_of_the_aid_as_its_legal_day() -> None:
    aid = {"application", "grant", "assignment", "mediation", "thanks", "home_visit"}
    for played in archived():
        used = {happened.at.effective_on for happened in played.history}
        printed = {day for d in facts()[played.scenario.case].days if d.step in aid and (day := d.legal_day)}
        assert printed <= used, played.scenario.name


def test_the_archive_owes_no_reminder_and_leaves_no_limit_open() -> None:
    assert not [c.id for played in archived() for c in played.case.clocks if c.live or c.rungs]


def test_what_the_source_does_not_print_says_that_it_was_filled_in() -> None:
    for scenario in (*archive(), *desk(DAYS[0])):
        printed = {day for d in facts()[scenario.case].moved(scenario.weeks or 0).days if (day := d.legal_day)}
        for step in scenario.steps:
            assert "filled" in step.body["note"] or (step.on in printed and "载明此日" in step.body["note"])


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_the_desk_shows_every_state_of_a_case(today: date) -> None:
    assert {played.case.state for played in on_desk(today)} == set(STATES)
    assert len(on_desk(today)) >= 20


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_the_desk_holds_missed_limits_limits_due_by_tomorrow_and_papers_owed(today: date) -> None:
    now = morning(today)
    missed = [c.id for played in on_desk(today) for c in played.clocks("missed", now)]
    due = [c.id for played in on_desk(today) for c in played.clocks("running", now) if c.due_on <= today + timedelta(days=1)]
    owing = [
        p.scenario.case
        for p in on_desk(today)
        if p.case.state not in END_STATES and p.case.accept_first and p.case.accept_first.papers_owed
    ]
    assert len(missed) >= 2
    assert len(due) >= 3
    assert len(owing) >= 3


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_the_desk_s_current_steps_lie_within_fourteen_days(today: date) -> None:
    last = {played.scenario.case: max(step.on for step in played.scenario.steps) for played in on_desk(today)}
    assert not {case: day for case, day in last.items() if not today - timedelta(days=14) <= day <= today}


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_nobody_gets_more_than_fifteen_messages_even_if_nobody_acts_for_a_week(today: date) -> None:
    messages: Counter[str] = Counter()
    for played in on_desk(today):
        for clock in played.clocks("running", morning(today)):
            functions = (to for rung in clock.rungs if rung.at <= morning(today) + A_WEEK for to in rung.to)
            messages.update(person for to in functions for person in directory().who(to, scope_of(played.case), today))
    assert messages
    assert max(messages.values()) <= 15


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_printed_days_are_moved_by_whole_weeks_and_nothing_lies_in_the_future(today: date) -> None:
    for scenario in desk(today):
        assert scenario.weeks is not None
        stated = [step for step in scenario.steps if "载明此日" in step.body["note"]]
        original = {day for d in facts()[scenario.case].days if (day := d.legal_day)}
        assert {step.on - timedelta(weeks=scenario.weeks) for step in stated} <= original
        assert all(step.on <= today for step in scenario.steps)


def test_what_is_personal_in_the_example_opens_under_the_name_its_json_bears() -> None:
    for command in (h for played in on_desk(DAYS[0]) for h in played.commands):
        named = with_subjects(command, uuid4)
        keys: dict[str, bytes | Erased] = {str(p.subject_id): bytes(32) for p in parties_of(named)} | {str(UUID(int=0)): bytes(32)}
        sealed = Sealer(keys, "case/x", UUID(int=0)).seal(named)
        assert unseal_json(sealed.model_dump(mode="json"), keys, "case/x") == named.model_dump(mode="json")


def test_the_same_day_makes_the_same_bodies_and_keys() -> None:
    once, again = ((*archive(), *desk(DAYS[0])) for _ in range(2))
    assert once == again
    keys = [scenario.key(n) for scenario in once for n in range(1, len(scenario.steps) + 1)]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"example-(archive|desk)-PC\d{3}-\d\d", key) for key in keys)


def test_the_example_is_spread_over_centres_channels_groups_and_causes() -> None:
    cases = [played.case for played in (*archived(), *on_desk(DAYS[0]))]
    assert {case.centre for case in cases} == {"C-CITY", "C-ADX", "C-YTX"}
    assert len({case.channel for case in cases}) >= 6
    assert len({case.matter.cause for case in cases if case.matter}) >= 12
    assert len({category for case in cases for category in case.applicant.categories}) >= 8
    assert {case.accept_first.basis for case in cases if case.accept_first} == {"local_policy", "urgent_art_44", "papers_later"}


def test_names_with_rare_characters_and_dots_are_among_the_applicants() -> None:
    names = [str(played.case.applicant.name) for played in on_desk(DAYS[0])]
    assert any("𠮷" in name for name in names)
    assert any("·" in name for name in names)


def test_filled_identity_numbers_check_and_belong_to_no_county() -> None:
    for played in (*archived(), *on_desk(DAYS[0])):
        number = str(played.case.applicant.id_number)
        assert check_resident_id(number).county == "629900"


def test_every_record_names_its_source_and_prints_the_days_it_is_used_for() -> None:
    for fact in facts().values():
        assert fact.source.title
        assert fact.source.publisher
        assert len(fact.facts) <= 80
        assert all(re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", dated.at or "") for dated in fact.days)


def test_an_inferred_day_is_never_taken_for_a_printed_one() -> None:
    with pytest.raises(LookupError):
        facts()["PC052"].day("application")


def test_a_printed_day_before_one_told_already_is_a_fault_of_the_script() -> None:
    story = Story("archive", facts()["PC001"], ANDING).submitted(date(2021, 2, 18), "stated").examined(date(2021, 3, 20))
    with pytest.raises(ValueError, match="is printed"):
        story.procedure(date(2021, 3, 16), "stated", "mediation_paper", COURT)


def test_passwords_are_made_once_and_kept_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "demo-logins.json"
    first = written(file, people_accounts())
    assert written(file, people_accounts()) == first
    assert file.stat().st_mode & 0o777 == 0o600
    assert len({login["password"] for login in first}) == len(people_accounts())
    assert {login["role"] for login in first} >= {"liaison", "approver", "auditor", "system_administrator", "security_administrator"}


def test_every_case_of_the_example_is_named_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "example.md").read_text(encoding="utf-8")
    archive_page, desk_page = page.split("\n## The archive\n")[1].split("\n## The desk\n")
    for scenarios, part in ((archive(), archive_page), (desk(DAYS[0]), desk_page)):
        assert {scenario.case for scenario in scenarios} <= set(re.findall(r"^\| (PC\d{3}) \|", part, re.MULTILINE))

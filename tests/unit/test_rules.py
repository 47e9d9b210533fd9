"""The dated data the product starts with, and how it is read."""

import importlib
import pkgutil
from copy import deepcopy
from datetime import date
from importlib.resources import files
from itertools import chain
from typing import Any

import pytest
import yaml

import domain.stages
from domain.command import EVENTS
from domain.rules import load
from ledger import rules

RULES = rules.current()


def raw(name: str) -> dict[str, Any]:
    return yaml.safe_load(files("domain").joinpath("rules_data", name).read_text(encoding="utf-8"))


def read(limits: dict[str, Any]) -> Any:
    return load(limits, raw("policy.yaml"), raw("templates.yaml"), raw("matching.yaml"), days_off={}, workdays=set(), announced_until=2026)


def test_every_limit_of_the_law_is_there_with_its_number() -> None:
    numbers = {name: versions[0].n for name, versions in RULES.limits.rows.items()}
    assert numbers == {
        "examine_application": 7, "supply_papers": 15, "supply_owed_papers": 30, "confirm_acceptance": 1, "decide_after_papers": 7,
        "assign_unit": 3, "urgent_assign": 24, "assign_on_notice": 3, "sign_engagement": 5, "file_objection": 15, "decide_objection": 5,
        "decide_replacement": 5, "before_limitation": None, "submit_closing_file": 30, "review_closing_file": 30, "pay_subsidy": 30,
        "next_remedy": {"award": 15, "judgment": 15, "ruling": 10, "criminal_judgment": 10, "criminal_ruling": 5},
        "forward_from_custody": 24, "forward_from_duty_lawyer": 24, "answer_letter": 7,
    }  # fmt: skip


def test_what_was_not_read_in_the_text_is_marked_so() -> None:
    unconfirmed = {name for name, versions in RULES.limits.rows.items() if not versions[0].confirmed}
    assert unconfirmed == {
        "decide_after_papers", "file_objection", "decide_replacement", "next_remedy", "submit_closing_file", "review_closing_file",
    }  # fmt: skip


def test_every_limit_of_this_law_is_armed() -> None:
    assert all(versions[0].armed for versions in RULES.limits.rows.values())


def test_the_row_in_force_is_the_newest_that_began_by_the_legal_day() -> None:
    limits = raw("time-limits.yaml")
    newer = {**deepcopy(limits["limits"][0]), "from": date(2027, 1, 1), "n": 5}
    changed = read({**limits, "limits": [*limits["limits"], newer]})
    assert changed.limit("examine_application", date(2026, 12, 31)).n == 7
    assert changed.limit("examine_application", date(2027, 1, 1)).n == 5
    assert changed.limit("examine_application", date(2021, 12, 31)) is None


@pytest.mark.parametrize("change", [{"starst": ["x"]}, {"until": "matter.limitation_on"}, {"ladder": "no_such_ladder"}])
def test_a_row_that_cannot_be_read_is_a_fault(change: dict[str, Any]) -> None:
    limits = raw("time-limits.yaml")
    limits["limits"][0] |= change
    with pytest.raises((ValueError, KeyError)):
        read(limits)


def test_a_rung_that_cannot_be_read_is_a_fault() -> None:
    limits = raw("time-limits.yaml")
    limits["reminders"]["default"][0]["at"] = "soon"
    with pytest.raises(ValueError, match="soon"):
        read(limits)


def test_an_office_that_keeps_hours_closes_its_last_days_then() -> None:
    limits = raw("time-limits.yaml")
    limits["counting"]["closes_at"] = "17:30"
    assert read(limits).due("file_objection", date(2026, 3, 2)).due_at.isoformat() == "2026-03-17T17:30:00+08:00"
    assert read(limits).due("assign_unit", date(2026, 3, 2)).due_at.isoformat() == "2026-03-05T23:59:59+08:00"


def test_the_four_groups_of_local_policy_are_accepted_first() -> None:
    assert RULES.policy.accept_first_categories == {
        "migrant_worker", "dibao_recipient", "laid_off_worker", "rural_family_planning_household",
    }  # fmt: skip
    ground = RULES.policy.ground("limitation_within_7_days")
    assert ground is not None
    assert (ground.basis, ground.owed) == ("urgent_art_44", ())


def test_a_waiver_names_its_basis_and_its_proof() -> None:
    waiver = RULES.policy.waiver("good_samaritan")
    assert waiver is not None
    assert (waiver.basis, waiver.proof) == ("statute_art_32", ("certificate",))
    assert RULES.policy.waiver("none") is None


def test_a_closing_file_of_any_kind_has_a_checklist() -> None:
    assert RULES.policy.closing_checklist("civil") == ("closing_report", "engagement", "work_record", "outcome_paper")
    assert RULES.policy.closing_checklist() == RULES.policy.closing_checklist("criminal")


def test_every_event_and_field_the_limits_speak_of_exists() -> None:
    for module in pkgutil.iter_modules(domain.stages.__path__):
        importlib.import_module(f"domain.stages.{module.name}")
    for row in chain(*RULES.limits.rows.values()):
        named = {*row.starts, *row.stops, *row.cancels, *row.moves, *row.pauses, *row.pauses.values()}
        assert named <= EVENTS.keys(), row.id
        for event, field in chain(row.day.items(), row.stop_day.items(), row.own_date.items()):
            assert event in named, row.id
            for name in field.split("|"):
                assert name in EVENTS[event].model_fields or name == "accept_first.due_on", (row.id, event, name)
        for by_event in (row.starts_when, row.stops_when, row.cancels_when, row.pauses_when):
            assert by_event.keys() <= named, row.id

"""The access matrix: every role at every kind of office against every relation of a case and every command. No cell leaks."""

import subprocess
import sys
from typing import get_args

import pytest

from domain.access import list_scope, shows_event, withheld
from domain.command import COMMANDS, Role
from domain.stages.subsidy import SubsidyPaid
from ops.home import ROOT
from scripts.access_doc import HELD, SINCE, city, commanded, inquired, page, person, reached, relations

CITY = city()
OWN = {"outlet", "centre", "below", "paying"}
EVERYTHING = {"outlet", "centre", "county", "above", "below", "far", "first", "accepted", "lawyer", "unit", "unnamed", "paying"}
BY_HAND: dict[tuple[str, str], set[str]] = {
    ("liaison", "V-HERE"): {"outlet", "first"},
    ("receptionist", "W-HERE"): {"outlet", "first"},
    ("receptionist", "C-HERE"): OWN | {"first"},
    ("caseworker", "C-HERE"): OWN,
    ("approver", "C-HERE"): OWN,
    ("duty_lawyer", "D-HERE"): {"outlet", "first", "accepted"},
    ("unit_manager", "C-HERE"): {"lawyer", "unit", "unnamed"},
    ("lawyer", "C-HERE"): {"lawyer", "unnamed"},
    ("finance_officer", "C-HERE"): {"paying"},
    ("supervisor", "C-HERE"): OWN,
    ("supervisor", "B-HERE"): OWN | {"county"},
    ("supervisor", "B-CITY"): EVERYTHING,
    ("bureau_officer", "B-HERE"): OWN | {"county"},
    ("bureau_officer", "B-CITY"): {"outlet", "centre", "above", "paying"},
    ("auditor", "B-CITY"): EVERYTHING,
    ("system_administrator", "B-CITY"): set(),
    ("security_administrator", "B-CITY"): set(),
}
_OWN = {"outlet", "centre", "below"}
_ALL = {"outlet", "centre", "county", "above", "below", "far", "first", "handed"}
INQUIRIES_BY_HAND: dict[tuple[str, str], set[str]] = {
    ("liaison", "V-HERE"): {"outlet", "first", "handed"},
    ("receptionist", "W-HERE"): {"outlet", "first", "handed"},
    ("receptionist", "C-HERE"): _OWN | {"first", "handed"},
    ("caseworker", "C-HERE"): _OWN | {"first", "handed"},
    ("approver", "C-HERE"): _OWN,
    ("duty_lawyer", "D-HERE"): {"outlet", "first", "handed"},
    ("unit_manager", "C-HERE"): set(),
    ("lawyer", "C-HERE"): set(),
    ("finance_officer", "C-HERE"): set(),
    ("supervisor", "C-HERE"): _OWN,
    ("supervisor", "B-HERE"): _OWN | {"county"},
    ("supervisor", "B-CITY"): _ALL,
    ("bureau_officer", "B-HERE"): _OWN | {"county"},
    ("bureau_officer", "B-CITY"): {"outlet", "centre", "above"},
    ("auditor", "B-CITY"): _ALL,
    ("system_administrator", "B-CITY"): set(),
    ("security_administrator", "B-CITY"): set(),
}
"""The table of the design (people, offices, access), worked out by hand: what a role reaches, and by leaving out what it does not."""


def test_every_role_of_a_person_is_asked_about() -> None:
    assert {role for role, _, _ in HELD} == set(get_args(Role)) - {"system"}
    assert {(role, office) for role, office, _ in HELD} == BY_HAND.keys()


@pytest.mark.parametrize(("role", "office"), BY_HAND)
def test_a_role_reaches_what_the_design_says_and_nothing_else(role: Role, office: str) -> None:
    assert {code for code, seen in reached(role, office, CITY).items() if seen} == BY_HAND[role, office]
    assert {code for code, seen in inquired(role, office, CITY).items() if seen} == INQUIRIES_BY_HAND[role, office]


@pytest.mark.parametrize(("role", "office"), BY_HAND)
def test_what_a_list_shows_is_what_a_page_shows(role: Role, office: str) -> None:
    scope = list_scope(person(role, office), CITY)
    assert {r.code for r in relations(office, CITY) if scope.covers(r.case)} == BY_HAND[role, office]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("role", "office"), BY_HAND)
def test_a_command_is_for_the_roles_that_its_class_names_on_cases_they_reach(command: str, role: Role, office: str) -> None:
    allowed = {code for code, may in commanded(command, role, office, CITY).items() if may}
    inquiry = COMMANDS[command].stream in ("consultation", "duty")
    where = (INQUIRIES_BY_HAND if inquiry else BY_HAND)[role, office] if COMMANDS[command].states else {"open"}
    assert allowed == (where if role in COMMANDS[command].roles else set())


@pytest.mark.parametrize(("role", "office"), BY_HAND)
def test_of_a_case_out_of_reach_no_event_is_shown_either(role: Role, office: str) -> None:
    who, paid = person(role, office), SubsidyPaid(paid_on=SINCE, voucher="1")
    for relation in relations(office, CITY):
        if relation.code not in BY_HAND[role, office]:
            assert not shows_event(who, relation.case, CITY, paid, who.person)
            assert withheld(who, relation.case, CITY) == ()


def test_the_document_is_what_the_script_writes() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts" / "access_doc.py", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f"| `{name}` |" in page() for name in COMMANDS)

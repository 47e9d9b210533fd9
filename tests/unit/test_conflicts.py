"""What it means that somebody of a case stands in another one, and what a check may then say."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.conflicts import ConflictFindings, Match, MatchedBy, judge
from domain.matching import excluded
from domain.presence import PartyRole, presences
from domain.stages.decision import ConflictChecked, DeclareConflictCheck
from domain.values import Party
from tests.unit.world import given, submit

OTHER = str(UUID(int=9))


def match(here: PartyRole, there: PartyRole, by: MatchedBy = "number", **changes: Any) -> Match:
    fields: dict[str, Any] = {
        "party_id": 0 if here != "opponent" else 1,
        "case_id": OTHER,
        "kind": "case",
        "open": True,
        "centre": "C-CITY",
    }
    return Match(role_here=here, role_there=there, matched_by=by, **fields | {"lawyers": ("L-1",), "unit": "U-1"} | changes)


@pytest.mark.parametrize(
    ("here", "there", "open_", "why", "severity"),
    [
        ("applicant", "opponent", True, "client_is_opponent_there", "bars"),
        ("applicant", "opponent", False, "client_was_opponent_there", "warns"),
        ("opponent", "applicant", True, "opponent_is_client_there", "bars"),
        ("opponent", "co_applicant", False, "opponent_was_client_there", "warns"),
        ("opponent", "accused", True, "opponent_is_client_there", "bars"),
        ("victim", "opponent", True, "client_is_opponent_there", "bars"),
        ("opponent", "advised", False, "opponent_was_advised", "warns"),
        ("opponent", "duty_helped", True, "opponent_was_advised", "warns"),
        ("applicant", "applicant", True, "client_has_other_case", "informs"),
        ("applicant", "advised", False, "client_was_advised", "informs"),
        ("opponent", "opponent", True, "opponent_again", "informs"),
        ("proxy", "opponent", True, "proxy_is_opponent_there", "warns"),
        ("guardian", "opponent", True, "proxy_is_opponent_there", "warns"),
        ("opponent", "guardian", True, "opponent_stood_beside", "warns"),
        ("applicant", "proxy", True, "client_stood_beside", "informs"),
    ],
)
def test_each_pair_of_roles_means_something(here: PartyRole, there: PartyRole, open_: bool, why: str, severity: str) -> None:
    (hit,) = judge([match(here, there, open=open_)])
    assert (hit.why, hit.severity) == (why, severity)


@pytest.mark.parametrize(("here", "there"), [("proxy", "proxy"), ("proxy", "applicant"), ("guardian", "advised")])
def test_who_stands_beside_a_client_twice_is_no_conflict(here: PartyRole, there: PartyRole) -> None:
    assert judge([match(here, there)]) == ()


@pytest.mark.parametrize("by", ["name", "look_alike"])
def test_a_name_alone_bars_nothing(by: MatchedBy) -> None:
    (hit,) = judge([match("opponent", "applicant", by)])
    assert (hit.severity, hit.barred) == ("warns", ())
    (hit,) = judge([match("opponent", "applicant", by, open=False)])
    assert hit.severity == "informs"
    assert judge([match("opponent", "opponent", by)]) == ()


def test_the_surest_way_of_telling_counts_once() -> None:
    (hit,) = judge([match("opponent", "applicant", by) for by in ("look_alike", "name", "linked", "number")])
    assert (hit.matched_by, hit.severity) == ("number", "bars")


def test_the_lawyers_of_the_other_side_are_barred_their_unit_only_in_the_same_dispute() -> None:
    (hit,) = judge([match("opponent", "applicant")])
    assert hit.barred == ("L-1",)
    both = judge([match("opponent", "applicant"), match("applicant", "opponent")])
    assert {hit.barred for hit in both} == {("L-1", "U-1")}
    apart = judge([match("opponent", "applicant"), match("applicant", "opponent", case_id=str(uuid4()))])
    assert {hit.barred for hit in apart} == {("L-1",)}


def test_the_gravest_come_first() -> None:
    found = judge([match("opponent", "opponent"), match("opponent", "advised", case_id=str(uuid4())), match("applicant", "opponent")])
    assert [hit.severity for hit in found] == ["bars", "warns", "informs"]


BARRED = ConflictFindings(hits=judge([match("opponent", "applicant", number="鹿鸣援民字[2026]3号")]), people_searched=12)


def test_a_case_with_a_barring_hit_is_cleared_with_a_reason_only() -> None:
    case = given(submit())
    refused = case.refused("override_reason_required", DeclareConflictCheck(cleared=True), conflicts=BARRED)
    assert (refused.pointer, refused.detail["hits"]) == ("/override_reason", ("鹿鸣援民字[2026]3号",))
    for body in ({"cleared": False}, {"cleared": True, "override_reason": "双方书面同意"}):
        (event,) = case.copy().when(DeclareConflictCheck.model_validate(body), conflicts=BARRED)
        assert isinstance(event, ConflictChecked)
        assert event.findings == BARRED


def test_what_a_check_found_bars_lawyers_until_the_next_check_finds_otherwise() -> None:
    case = given(submit()).state
    at: Any = None
    after = ConflictChecked(cleared=True, override_reason="双方书面同意", findings=BARRED).apply(case, at)
    assert excluded(after) == {"L-1"}
    assert excluded(ConflictChecked(cleared=True, findings=ConflictFindings()).apply(after, at)) == frozenset()


def test_everybody_of_a_case_has_a_role() -> None:
    case = given(submit(opponents=(Party(name="某公司"),))).state
    named = case.but(parties=tuple(p.model_copy(update={"subject_id": UUID(int=n)}) for n, p in enumerate(case.parties)))
    roles = [presence.role for presence in presences(named)]
    assert roles == ["applicant", "opponent"]
    gone = named.with_recipients([0], status="released")
    assert [p.present for p in presences(gone)] == [False, True]

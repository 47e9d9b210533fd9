"""What the statistics count of a case: each rule a story in commands and the facts that it leaves."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.case import blank
from domain.directory import Directory
from domain.directory.entries import Township
from domain.directory.places import TownshipSet
from domain.stages.accept_first import ConfirmAcceptance, ConfirmOwedPapers, SupplyOwedPapers
from domain.stages.representation import RecordOutcome
from domain.stream import evolve
from domain.values import Applicant, Matter
from readmodels.case_facts import rows
from readmodels.course import Change
from readmodels.figures import percentile
from tests.unit.world import ACCEPTED, BY_DELEGATION, CENTRE, DIRECTORY, ENGAGED, TODAY, Case, accept, given, papers, submit

WITH_TOWN = Directory.fold(
    [
        TownshipSet(
            since=date(2020, 1, 1),
            township=Township(code="T-ADX-NGY", name="内官营镇", name_en="Neiguanying", county="ADX", residence="rural", minutes={}),
        )
    ],
    DIRECTORY,
)
RURAL = Applicant(name="王建国", categories=("migrant_worker", "elderly"), township="T-ADX-NGY")


def facts(case: Case) -> Mapping[tuple[str, str], Any]:
    """The case's facts by fact and key, its whole story taken as one course of single events."""
    course, state = list[Change](), blank(case.state.case_id)
    for happened in case.history:
        after = evolve(state, happened)
        course.append(Change(state, after, [happened], [after]))
        state = after
    found = rows(course)
    assert all(row["case_id"] == case.state.case_id for row in found)
    return {(row["fact"], row["key"]): row for row in found}


def from_town(**changes: Any) -> Case:
    case = Case()
    case.when(submit(applicant=RURAL, **changes), directory=WITH_TOWN)
    return case


def test_an_application_counts_by_kind_channel_group_and_township() -> None:
    found = facts(from_town(channel="hotline"))
    assert set(found) == {
        ("kind", "civil"), ("channel", "hotline"), ("category", "migrant_worker"), ("category", "elderly"), ("township", "T-ADX-NGY"),
    }  # fmt: skip
    assert {(row["day"], row["centre"], row["kind"]) for row in found.values()} == {(TODAY, CENTRE, "civil")}
    assert found["township", "T-ADX-NGY"]["place"] == CENTRE
    assert found["kind", "civil"]["amount"] == 1


def test_the_way_is_measured_to_the_outlet_that_received_it() -> None:
    found = facts(from_town(outlet="DS-CITY-UNION"))
    assert found["township", "T-ADX-NGY"]["place"] == "DS-CITY-UNION"


def test_what_nobody_said_is_counted_as_unknown() -> None:
    found = facts(given(submit(applicant=Applicant(name="王建国"), matter=Matter(summary="不详"))))
    assert set(found) == {("kind", "unknown"), ("channel", "walk_in"), ("category", "none"), ("township", "unknown")}
    assert found["township", "unknown"]["place"] == ""


def test_the_first_decision_and_assignment_count_with_their_days() -> None:
    found = facts(given(submit()).after(2).then(("approver", accept())).after(3).then(*ENGAGED))
    assert (found["decision", "accepted_first"]["days"], found["decision", "accepted_first"]["day"]) == (2, TODAY + timedelta(2))
    assert (found["assignment", ""]["days"], found["assignment", ""]["day"]) == (5, TODAY + timedelta(5))


def test_an_acceptance_stands_where_its_lane_stands() -> None:
    case = given(*ACCEPTED)
    assert ("accept_first", "papers_owed") in facts(case)
    case.then(SupplyOwedPapers(papers=papers("id_copy", "work_evidence")), ConfirmOwedPapers())
    assert ("accept_first", "confirmed") in facts(case)


def test_one_that_was_set_aside_still_says_so() -> None:
    case = given(*BY_DELEGATION).then(("approver", ConfirmAcceptance(agrees=False, reason="不属于援助范围")))
    found = facts(case)
    assert ("accept_first", "set_aside") in found
    assert ("decision", "accepted_first") in found


def test_money_counts_by_what_it_is_on_the_day_the_matter_closed() -> None:
    case = given(*ACCEPTED).then(*ENGAGED).after(30)
    closed = TODAY + timedelta(20)
    case.then(RecordOutcome(result="won", closed_on=closed, awarded_fen=500_000, recovered_fen=486_000_00, fees_waived_fen=0))
    found = facts(case)
    assert found["outcome", "won"]["day"] == closed
    assert {key: row["amount"] for (fact, key), row in found.items() if fact == "money"} == {"awarded": 500_000, "recovered": 486_000_00}


@drawn(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.sampled_from((0.0, 0.5, 0.9, 1.0)))
def test_a_percentile_of_counts_is_that_of_the_values(values: list[int], share: float) -> None:
    """By hand as the database does it: linear between the two nearest of the values in order."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low, high = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
    told = percentile({value: values.count(value) for value in values}, share)
    assert told is not None
    assert abs(told - (low + (place - int(place)) * (high - low))) < 1e-9


def test_a_percentile_of_nothing_is_none() -> None:
    assert percentile({}, 0.5) is None

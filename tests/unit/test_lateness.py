"""Why a date is where it is, out of a case's own history: who was waited for, what was not counted, who set and changed the date."""

from datetime import UTC, date, datetime, timedelta

from domain.clocks.suspensions import suspensions
from domain.stages.application import SubmitApplication
from domain.stages.supplement import RequireSupplement, SupplyPapers
from domain.stream import Pause
from ledger.events import Recorded
from readmodels import clock_list, lateness
from readmodels.lateness import Told
from tests.unit.world import CASE_ID, RULES, TODAY, Case, given, noon, papers, submit


def recorded(case: Case) -> list[Recorded]:
    """The case's history as the ledger would hold it: a clock's event names the event of the case before it."""
    found: list[Recorded] = []
    cause = 0
    for happened in case.history:
        at = happened.at
        cause = cause if happened.event.clock else at.version
        because = f"case/{CASE_ID}/{cause}" if happened.event.clock else None
        found.append(Recorded(1000 + at.version, at.decided_at, "c", because, b"", b"\x9f" * 32, at, happened.event))
    return found


def told(case: Case, on: date, limit: str = "examine_application") -> Told:
    _, clocks = lateness.of_case(CASE_ID, recorded(case), noon(on), on)
    return next(each for each in clocks if each.clock.limit == limit)


def paused() -> Case:
    """Asked for a paper on Thursday 12 March, which came on Monday 16."""
    case = given(submit()).after(2).then(RequireSupplement(papers=papers("id_copy"), by=TODAY + timedelta(days=17)))
    return case.after(4).then(SupplyPapers(papers=papers("id_copy")))


def test_a_case_that_nobody_took_up_waited_for_its_caseworker() -> None:
    found = told(given(submit()), TODAY + timedelta(days=12))  # due Tue 17 March
    assert (found.state, found.late_days) == ("missed", 5)
    assert [(s.state, s.waiting_for, s.days) for s in found.stretches] == [("received", "caseworker", 13)]


def test_days_spent_waiting_for_the_applicant_are_told_apart() -> None:
    found = told(paused(), TODAY + timedelta(days=20))
    assert [(s.state, s.waiting_for, s.days) for s in found.stretches] == [
        ("received", "caseworker", 2), ("awaiting_papers", "applicant", 4), ("received", "caseworker", 15),
    ]  # fmt: skip
    assert sum(s.days for s in found.stretches) == 21
    (pause,) = suspensions(found.clock, RULES.limits.row(found.clock.limit, found.clock.rule_from), RULES.calendar, noon(TODAY))
    assert (pause.days, pause.by) == (4, "supplement_required")


def test_every_setting_of_the_date_names_the_event_that_brought_it() -> None:
    found = told(paused(), TODAY + timedelta(days=20))
    assert [(c.recorded.event.type, c.cause and c.cause.event.type) for c in found.changes] == [
        ("clock_started", "application_submitted"), ("clock_paused", "supplement_required"), ("clock_resumed", "papers_completed"),
    ]  # fmt: skip
    assert (found.changes[-1].before, found.changes[-1].due_on) == (date(2026, 3, 17), date(2026, 3, 23))


def test_a_limit_in_time_is_not_late_and_ends_with_its_clock() -> None:
    found = told(given(submit()), TODAY + timedelta(days=3))
    assert (found.state, found.late_days) == ("running", 0)


def test_what_came_and_went_on_one_day_leaves_no_stretch() -> None:
    case = given(submit()).then(RequireSupplement(papers=papers("id_copy"), by=TODAY + timedelta(days=17)))
    case.then(SupplyPapers(papers=papers("id_copy")))
    found = told(case, TODAY + timedelta(days=4))
    assert [(s.state, s.days) for s in found.stretches] == [("received", 5)]
    assert isinstance(submit(), SubmitApplication)


def test_days_of_a_pause_are_those_of_the_legal_day_and_not_of_utc() -> None:
    at_seven = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)  # 2 March, 07:00 in Beijing
    at_nine = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
    closed = Pause(cause=1, closes="papers_completed", from_at=at_seven, to_at=at_nine)
    on = datetime(2026, 3, 9, 4, 0, tzinfo=UTC)
    case = paused().state
    for pauses, days, listed in (((closed,), 2, (2, None)), ((closed.model_copy(update={"to_at": None}),), 7, (0, date(2026, 3, 2)))):
        clock = case.clocks[0].model_copy(update={"pauses": pauses})
        assert [each.days for each in suspensions(clock, None, RULES.calendar, on)] == [days]
        row = clock_list.rows_of(case.but(clocks=(clock,)))[clock.id]
        assert (row["paused_days"], row["paused_since"]) == listed

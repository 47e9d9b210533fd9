"""Due dates worked by hand, each with its counting written out; and a law that ties them to a naive day-by-day counter."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clocks.due import due
from domain.clocks.limits import Limit
from domain.command import Refusal
from ledger import rules

RULES = rules.current()
CALENDAR = RULES.calendar


def limit(name: str) -> Limit:
    return RULES.limits.rows[name][0]


WORKED_BY_HAND = """
examine_application   2024-03-04  2024-03-11  Mon; 5 to 11 March are seven days; a Monday
examine_application   2024-03-01  2024-03-08  Fri; 2 to 8 March, the weekend within counts
examine_application   2024-03-02  2024-03-11  ends Sat 9 March, rolls to Mon 11
examine_application   2024-03-03  2024-03-11  ends Sun 10 March, rolls to Mon 11
examine_application   2024-02-02  2024-02-09  ends Fri 9 February, New Year's Eve, still worked in 2024
examine_application   2024-02-05  2024-02-18  ends Mon 12 February in the Spring Festival (10 to 17), rolls to Sun 18, worked in exchange
examine_application   2024-01-28  2024-02-04  ends Sun 4 February, worked in exchange: stands
examine_application   2024-02-22  2024-02-29  ends on 29 February, a Thursday
examine_application   2024-02-23  2024-03-01  six days to 29 February, the seventh is 1 March
examine_application   2023-02-22  2023-03-01  six days to 28 February, the seventh is 1 March
examine_application   2024-09-24  2024-10-08  ends 1 October, National Day (1 to 7), rolls to Tue 8
examine_application   2024-09-22  2024-09-29  ends Sun 29 September, worked in exchange: stands
examine_application   2024-10-05  2024-10-12  ends Sat 12 October, worked in exchange: stands
examine_application   2024-04-28  2024-05-06  starts on a worked Sunday; ends Sun 5 May in the Labour Day days off, rolls to Mon 6
examine_application   2024-05-04  2024-05-11  ends Sat 11 May, worked in exchange: stands
examine_application   2025-01-21  2025-02-05  ends Tue 28 January, New Year's Eve, off until 4 February: Wed 5
examine_application   2025-01-19  2025-01-26  ends Sun 26 January, worked in exchange: stands
examine_application   2025-02-01  2025-02-08  ends Sat 8 February, worked in exchange: stands
examine_application   2025-09-24  2025-10-09  ends 1 October, eight days off with Mid-Autumn: Thu 9
examine_application   2025-10-04  2025-10-11  ends Sat 11 October, worked in exchange: stands
examine_application   2026-02-08  2026-02-24  ends Sun 15 February, first day of the Spring Festival (15 to 23): Tue 24
examine_application   2026-02-07  2026-02-14  ends Sat 14 February, worked in exchange: stands
examine_application   2026-02-21  2026-02-28  ends Sat 28 February, worked in exchange: stands
examine_application   2025-12-28  2026-01-04  ends Sun 4 January, worked in exchange: stands
examine_application   2025-12-26  2026-01-04  ends Fri 2 January, off; Sat 3; Sun 4 is worked
assign_unit           2026-09-22  2026-09-28  ends Fri 25 September, Mid-Autumn, then the weekend: Mon 28
assign_unit           2026-09-17  2026-09-20  ends Sun 20 September, worked in exchange: stands
assign_unit           2026-04-02  2026-04-07  ends Sun 5 April, Qingming, made up for on Mon 6: Tue 7
assign_unit           2025-05-28  2025-06-03  ends Sat 31 May, Dragon Boat, off to Mon 2 June: Tue 3
assign_unit           2026-03-06  2026-03-09  Fri; 7, 8, 9 March: Monday
sign_engagement       2024-06-05  2024-06-11  ends Mon 10 June, Dragon Boat: Tue 11
sign_engagement       2026-06-14  2026-06-22  ends Fri 19 June, Dragon Boat, then the weekend: Mon 22
decide_objection      2026-03-11  2026-03-16  12 to 16 March: Monday
file_objection        2024-02-14  2024-02-29  fifteen days to 29 February
file_objection        2025-01-20  2025-02-05  ends Tue 4 February, last day off: Wed 5
file_objection        2026-03-06  2026-03-23  ends Sat 21 March: Mon 23
pay_subsidy           2024-01-30  2024-02-29  31 January and 29 days of February
pay_subsidy           2025-01-30  2025-03-03  31 January, 28 days of February, Sat 1 March: Mon 3
review_closing_file   2025-09-03  2025-10-09  27 days of September, Fri 3 October is off: Thu 9
confirm_acceptance    2026-03-06  2026-03-09  Fri; the next working day is Mon 9
confirm_acceptance    2026-02-13  2026-02-14  Fri; Sat 14 is worked in exchange
confirm_acceptance    2026-02-14  2026-02-24  Sat, worked; then nine days off: Tue 24
confirm_acceptance    2024-02-09  2024-02-18  Fri; ten to 17 February are off, Sun 18 is worked
confirm_acceptance    2024-09-27  2024-09-29  Fri; Sun 29 September is worked
answer_letter         2026-03-02  2026-03-11  3 4 5 6 | 9 10 11
answer_letter         2026-02-12  2026-02-28  13 Sat-14 | 24 25 26 27 Sat-28
answer_letter         2024-09-25  2024-10-10  26 27 Sun-29 30 | 8 9 10 October
answer_letter         2025-01-22  2025-02-07  23 24 Sun-26 27 | 5 6 7 February
answer_letter         2024-04-26  2024-05-09  Sun-28 29 30 | 6 7 8 9 May
answer_letter         2025-12-30  2026-01-09  31 | Sun-4 5 6 7 8 9 January
"""

WORKED_BY_KIND = """
award              2025-09-20  2025-10-09  fifteen days end Sun 5 October, off to Wed 8: Thu 9
judgment           2026-02-13  2026-02-28  fifteen days end Sat 28 February, worked: stands
ruling             2026-02-06  2026-02-24  ten days end Mon 16 February, off to 23: Tue 24
criminal_judgment  2026-05-20  2026-06-01  ten days end Sat 30 May: Mon 1 June
criminal_ruling    2024-09-27  2024-10-08  five days end Wed 2 October, off to 7: Tue 8
"""

WORKED_HOURS = """
forward_from_custody      2026-02-16T22:00:00+08:00  2026-02-17T22:00:00+08:00  through the night of New Year's Eve
forward_from_duty_lawyer  2024-02-28T09:30:00+08:00  2024-02-29T09:30:00+08:00  to a leap day
urgent_assign             2024-12-31T18:00:00+08:00  2025-01-01T18:00:00+08:00  into a day off
urgent_assign             2026-03-06T10:00:00+00:00  2026-03-07T18:00:00+08:00  18:00 in Shanghai, a Saturday
"""


def table(text: str) -> list[list[str]]:
    return [line.split(maxsplit=3) for line in text.strip().splitlines()]


@pytest.mark.parametrize(("name", "start", "end", "counting"), table(WORKED_BY_HAND))
def test_a_limit_in_days_ends_on_the_day_worked_out_by_hand(name: str, start: str, end: str, counting: str) -> None:
    assert RULES.due(name, date.fromisoformat(start)).due_on == date.fromisoformat(end), counting


@pytest.mark.parametrize(("kind", "start", "end", "counting"), table(WORKED_BY_KIND))
def test_a_remedy_is_counted_by_the_kind_of_paper(kind: str, start: str, end: str, counting: str) -> None:
    assert RULES.due("next_remedy", date.fromisoformat(start), kind=kind).due_on == date.fromisoformat(end), counting


@pytest.mark.parametrize(("name", "start", "end", "counting"), table(WORKED_HOURS))
def test_a_limit_in_hours_runs_through_nights_and_days_off(name: str, start: str, end: str, counting: str) -> None:
    assert RULES.due(name, datetime.fromisoformat(start)).due_at.isoformat() == end, counting


def paused(*pairs: str) -> list[tuple[datetime, datetime]]:
    """Pauses of March 2026 (`5-10`), each at nine in the morning."""
    return [tuple(datetime(2026, 3, int(day), 9, tzinfo=CALENDAR.zone) for day in pair.split("-")) for pair in pairs]  # pyright: ignore[reportReturnType]


@pytest.mark.parametrize(
    ("start", "pauses", "end", "counting"),
    [
        (2, ["5-10"], 16, "3 4 5 used; 11 12 13 and Sat 14: Mon 16"),
        (2, ["4-4"], 9, "paused and resumed on one day: nothing lost, nothing gained"),
        (2, ["2-5"], 12, "paused on its first day: all seven days from the 6th"),
        (2, ["9-18"], 18, "paused on its last day: ends on the day of resuming"),
        (2, ["9-14"], 16, "the same, resumed on Sat 14: Mon 16"),
        (2, ["3-6", "5-11"], 17, "overlapping: 4 to 11 do not count, eight days more"),
        (2, ["3-11", "5-6"], 17, "one within the other counts once"),
        (2, ["3-4", "6-9"], 13, "apart: 4, 7, 8, 9 do not count"),
        (2, ["3-6", "6-9"], 16, "one upon the other: 4 to 9 do not count; ends Sun 15: Mon 16"),
        (0, ["8-11"], 11, "28 February to Sat 7 March, rolling to Mon 9; paused on Sun 8: ends on the day of resuming"),
    ],
)
def test_days_paused_are_not_counted(start: int, pauses: list[str], end: int, counting: str) -> None:
    begin = date(2026, 2, 28) + timedelta(days=start)
    assert due(limit("examine_application"), begin, CALENDAR, pauses=paused(*pauses)).due_on == date(2026, 3, end), counting


def test_an_hour_limit_is_moved_by_the_hours_it_was_paused() -> None:
    start = datetime(2026, 3, 2, 10, tzinfo=CALENDAR.zone)
    pauses = [(start + timedelta(hours=2), start + timedelta(hours=23))]
    assert due(limit("urgent_assign"), start, CALENDAR, pauses=pauses).due_at == datetime(2026, 3, 4, 7, tzinfo=CALENDAR.zone)


def test_an_hour_limit_of_a_day_without_an_hour_has_the_whole_of_the_next_day() -> None:
    assert RULES.due("urgent_assign", date(2026, 3, 2)).due_at.isoformat() == "2026-03-03T23:59:59+08:00"


def test_a_limit_in_custody_ends_on_the_day_off() -> None:
    held = replace(limit("examine_application"), custody=True)
    assert due(held, date(2026, 2, 8), CALENDAR).due_on == date(2026, 2, 15)


def test_a_body_s_own_date_stands_as_it_is() -> None:
    found = due(limit("supply_papers"), date(2026, 3, 2), CALENDAR, own=date(2026, 3, 14))
    assert found.due_on == date(2026, 3, 14)
    assert [(span.reason, span.counted) for span in found.counted] == [("start_day", False), ("date_set", True)]


def test_a_start_late_at_night_abroad_is_the_legal_day_in_shanghai() -> None:
    assert RULES.due("assign_unit", datetime.fromisoformat("2026-03-02T18:00:00+00:00")).due_on == date(2026, 3, 6)


def test_a_date_explains_every_day_from_its_start_to_its_end() -> None:
    found = RULES.due("examine_application", date(2026, 2, 12)).as_json()
    assert [(s["from"], s["to"], s["counted"], s["reason"]) for s in found["days"]] == [
        ("2026-02-12", "2026-02-12", False, "start_day"),
        ("2026-02-13", "2026-02-19", True, "day"),
        ("2026-02-20", "2026-02-20", False, "holiday"),
        ("2026-02-21", "2026-02-22", False, "weekend"),
        ("2026-02-23", "2026-02-23", False, "holiday"),
        ("2026-02-24", "2026-02-24", False, "rolled"),
    ]


def test_a_date_counted_into_a_year_not_announced_is_provisional() -> None:
    assert RULES.due("examine_application", date(CALENDAR.announced_until, 12, 28)).as_json()["provisional"] is True
    assert RULES.due("examine_application", date(CALENDAR.announced_until, 12, 1)).as_json()["provisional"] is False


@pytest.mark.parametrize(
    ("name", "start", "code"),
    [
        ("no_such_limit", date(2026, 3, 2), "unknown_limit"),
        ("sign_engagement", date(2023, 8, 31), "limit_not_known_then"),
        ("before_limitation", date(2026, 3, 2), "limit_has_no_number"),
        ("next_remedy", date(2026, 3, 2), "kind_required"),
    ],
)
def test_a_date_that_cannot_be_told_is_refused(name: str, start: date, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        RULES.due(name, start)
    assert (refused.value.code, refused.value.status) == (code, 422)


def naive(start: date, n: int, kind: Limit, pauses: Iterable[tuple[datetime, datetime]]) -> date:
    """Day by day: the n-th day that counts, then the first day from there on that is no day off and is not followed by a paused one."""
    stopped = {
        day for day in (start + timedelta(days=i) for i in range(400)) for a, b in pauses if a.date() < day <= b.date()
    }  # fmt: skip
    ahead = [start + timedelta(days=i) for i in range(1, 400)]
    counting = [d for d in ahead if d not in stopped and (kind.unit == "calendar_day" or CALENDAR.is_workday(d))]
    last = counting[n - 1]
    return next(
        d for d in ahead if d >= last and d + timedelta(days=1) not in stopped and (kind.custody or CALENDAR.is_workday(d))
    )  # fmt: skip


DAYS = st.dates(date(2023, 6, 1), date(2026, 6, 1))
PAUSES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20)), max_size=4)
KINDS = st.sampled_from(
    [limit("examine_application"), limit("answer_letter"), replace(limit("examine_application"), custody=True)],
)


@given(start=DAYS, n=st.integers(1, 40), kind=KINDS, spells=PAUSES)
def test_due_equals_a_naive_day_by_day_counter(start: date, n: int, kind: Limit, spells: list[tuple[int, int]]) -> None:
    noon = datetime(start.year, start.month, start.day, 12, tzinfo=CALENDAR.zone)
    pauses = [(noon + timedelta(days=first), noon + timedelta(days=first + length)) for first, length in spells]
    assert due(kind, start, CALENDAR, n=n, pauses=pauses).due_on == naive(start, n, kind, pauses)


@given(start=DAYS, n=st.integers(1, 40), kind=KINDS, spells=PAUSES)
def test_an_explanation_covers_each_day_once_and_counts_n_of_them(start: date, n: int, kind: Limit, spells: list[tuple[int, int]]) -> None:
    noon = datetime(start.year, start.month, start.day, 12, tzinfo=CALENDAR.zone)
    pauses = [(noon + timedelta(days=first), noon + timedelta(days=first + length)) for first, length in spells]
    found = due(kind, start, CALENDAR, n=n, pauses=pauses)
    days = [span.first + timedelta(days=i) for span in found.counted for i in range((span.last - span.first).days + 1)]
    assert days == [start + timedelta(days=i) for i in range((found.due_on - start).days + 1)]
    assert sum((span.last - span.first).days + 1 for span in found.counted if span.counted) == n

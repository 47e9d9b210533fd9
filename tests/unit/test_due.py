"""Due dates worked by hand, each with its counting written out; and a law that ties them to a naive day-by-day counter."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clocks.calendar import Calendar
from domain.clocks.due import Due, due
from domain.clocks.limits import Limit
from domain.command import Refusal
from domain.directory import DayRule
from ledger import rules

RULES = rules.current()
CALENDAR = RULES.calendar


def limit(name: str) -> Limit:
    return RULES.limits.rows[name][0]


class Worked(NamedTuple):
    """A row of `due_dates.csv`: worked out by hand, with its counting. `pauses` are days, each at nine in the morning."""

    limit: str
    kind: str
    start: str
    pauses: str
    own: str
    hours: str
    custody: str
    due: str
    counting: str

    def begin(self) -> date:
        return datetime.fromisoformat(self.start) if "T" in self.start else date.fromisoformat(self.start)

    def found(self) -> Due:
        closes = time.fromisoformat(self.hours) if self.hours else None
        rule = replace(limit(self.limit), custody=True) if self.custody else limit(self.limit)
        n = rule.n[self.kind] if isinstance(rule.n, Mapping) else rule.n
        own = date.fromisoformat(self.own) if self.own else None
        at = [tuple(datetime.fromisoformat(f"{day}T09:00:00+08:00") for day in pause.split("/")) for pause in self.pauses.split()]
        pauses = [(first, last) for first, last in at]
        return due(rule, self.begin(), replace(CALENDAR, closes_at=closes), n=n, own=own, pauses=pauses)


with (Path(__file__).parent / "due_dates.csv").open(encoding="utf-8", newline="") as _file:
    TABLE = [Worked(*row) for row in list(csv.reader(_file))[1:]]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: "-".join(filter(None, row[:7])).replace(":", "").replace("/", "~"))
def test_a_limit_ends_when_it_was_worked_out_by_hand(row: Worked) -> None:
    found = row.found()
    assert (found.due_at.isoformat() if "T" in row.due else found.due_on.isoformat()) == row.due, row.counting


def test_the_table_holds_every_limit_every_unit_and_every_day_announced_for_2024_to_2026() -> None:
    assert len(set(TABLE)) >= 120
    assert {row.limit for row in TABLE} == set(RULES.limits.rows)
    assert {limit(row.limit).unit for row in TABLE} == {"calendar_day", "working_day", "hour", "date"}
    spans = [(CALENDAR.day_of(row.begin()), row.found().due_on) for row in TABLE]
    announced = {*CALENDAR.days_off, *CALENDAR.workdays}
    missed = [day for day in announced if 2024 <= day.year <= 2026 and not any(first <= day <= last for first, last in spans)]
    assert not missed
    assert all(row.counting for row in TABLE)


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


OWN_DAYS = st.dictionaries(st.dates(date(2023, 6, 1), date(2026, 12, 31)), st.sampled_from(["off", "worked"]), max_size=6)


def worked(day: date, own: Mapping[date, str]) -> bool:
    """Whether a day is worked, told from the notices and the administrator's own days, without the calendar's help."""
    if day in own:
        return own[day] == "worked"
    if day.weekday() >= 5:
        return day in CALENDAR.workdays
    return day not in CALENDAR.days_off


def naive(start: date, n: int, kind: Limit, pauses: Iterable[tuple[datetime, datetime]], own: Mapping[date, str]) -> date:
    """Day by day: the n-th day that counts, then the first day from there on that is no day off and is not followed by a paused one."""
    stopped = {
        day for day in (start + timedelta(days=i) for i in range(400)) for a, b in pauses if a.date() < day <= b.date()
    }  # fmt: skip
    ahead = [start + timedelta(days=i) for i in range(1, 400)]
    counting = [d for d in ahead if d not in stopped and (kind.unit == "calendar_day" or worked(d, own))]
    last = counting[n - 1]
    return next(
        d for d in ahead if d >= last and d + timedelta(days=1) not in stopped and (kind.custody or worked(d, own))
    )  # fmt: skip


DAYS = st.dates(date(2023, 6, 1), date(2026, 6, 1))
PAUSES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20)), max_size=4)
KINDS = st.sampled_from(
    [limit("examine_application"), limit("answer_letter"), replace(limit("examine_application"), custody=True)],
)


def spells(start: date, lengths: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
    noon = datetime(start.year, start.month, start.day, 12, tzinfo=CALENDAR.zone)
    return [(noon + timedelta(days=first), noon + timedelta(days=first + length)) for first, length in lengths]


def keeping(own: Mapping[date, str]) -> Calendar:
    rules = {day: DayRule(day=day, kept=kept, since=day, name="x", source="x") for day, kept in own.items()}  # pyright: ignore[reportArgumentType]
    return CALENDAR.keeping(rules)


@given(start=DAYS, n=st.integers(1, 40), kind=KINDS, lengths=PAUSES, own=OWN_DAYS)
def test_due_equals_a_naive_day_by_day_counter(
    start: date, n: int, kind: Limit, lengths: list[tuple[int, int]], own: dict[date, str]
) -> None:
    pauses = spells(start, lengths)
    assert due(kind, start, keeping(own), n=n, pauses=pauses).due_on == naive(start, n, kind, pauses, own)


@given(start=DAYS, n=st.integers(1, 40), kind=KINDS, lengths=PAUSES)
def test_an_explanation_covers_each_day_once_and_counts_n_of_them(start: date, n: int, kind: Limit, lengths: list[tuple[int, int]]) -> None:
    found = due(kind, start, CALENDAR, n=n, pauses=spells(start, lengths))
    days = [span.first + timedelta(days=i) for span in found.counted for i in range((span.last - span.first).days + 1)]
    assert days == [start + timedelta(days=i) for i in range((found.due_on - start).days + 1)]
    assert sum((span.last - span.first).days + 1 for span in found.counted if span.counted) == n


@given(start=DAYS, n=st.integers(1, 40), kind=KINDS, own=OWN_DAYS)
def test_more_days_or_a_later_start_never_end_sooner(start: date, n: int, kind: Limit, own: dict[date, str]) -> None:
    calendar = keeping(own)
    found = due(kind, start, calendar, n=n).due_on
    assert found <= due(kind, start, calendar, n=n + 1).due_on
    assert found <= due(kind, start + timedelta(days=1), calendar, n=n).due_on

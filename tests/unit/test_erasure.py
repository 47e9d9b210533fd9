"""Who may be erased and when, by the rules alone; the list of the erased; what is sealed for somebody who is gone."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case import Assignment, CaseState, Hold
from domain.command import Actor, Refusal
from domain.consultation import ConsultationState
from domain.erasure import (
    ErasureRecord,
    PersonShredded,
    RestrictionLifted,
    RestrictionSet,
    ShredApproved,
    ShredRefused,
    ShredRequested,
    bars_of,
    fold_record,
)
from domain.erasure.record import Entry
from domain.erasure.retention import read_retention
from domain.person_links import PeopleLinked
from domain.values import Party, Sealed
from ledger import rules
from ledger.personal import Erased, Restricted, Sealer, SubjectErased, seal, unseal_json
from ledger.shredlist import ShredList, ShredListFault

ONE, OTHER = UUID(int=1), UUID(int=2)
DAY = date(2026, 3, 10)
AT = datetime(2026, 3, 10, 1, 2, 3, 456789, tzinfo=UTC)
RETENTION = rules.current().retention


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: what a full disk does to one that is being written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def ended(on: date, **changes: object) -> CaseState:
    case = CaseState(case_id="c", version=5, state="refused", opened_on=date(2020, 1, 1), lane_days={"main": on})
    return case.but(**changes)


class TestRetention:
    @pytest.mark.parametrize(
        ("ends", "last"),
        [
            (date(2016, 3, 10), date(2026, 3, 10)),
            (date(2016, 2, 29), date(2026, 2, 28)),
            (date(2015, 12, 31), date(2025, 12, 31)),
        ],
    )
    def test_an_application_without_aid_is_kept_ten_years_to_the_day(self, ends: date, last: date) -> None:
        period = RETENTION.of(ended(ends))
        assert period is not None
        assert (period.until, period.row.years) == (last, 10)
        assert [bar.why for bar in bars_of(ended(ends), RETENTION, last)] == ["retention_runs"]
        assert not list(bars_of(ended(ends), RETENTION, date.fromordinal(last.toordinal() + 1)))

    def test_a_case_in_which_aid_was_given_is_kept_thirty(self) -> None:
        period = RETENTION.of(ended(DAY, state="archived", assignment=Assignment(unit="U")))
        assert period is not None
        assert (period.row.what, period.until) == ("aided", date(2056, 3, 10))

    def test_a_late_note_or_paper_does_not_lengthen_the_period(self) -> None:
        period = RETENTION.of(ended(date(2016, 1, 5), lane_days={"main": date(2016, 1, 5), "margin": DAY}))
        assert period is not None
        assert period.until == date(2026, 1, 5)

    def test_an_open_file_has_no_period_and_bars(self) -> None:
        case = CaseState(case_id="c", version=1, state="received", opened_on=DAY, lane_days={"main": DAY})
        assert RETENTION.of(case) is None
        assert [bar.why for bar in bars_of(case, RETENTION, DAY)] == ["case_open"]

    def test_a_hold_weighs_most_until_it_is_lifted(self) -> None:
        hold = Hold(placed_by="P", placed_on=DAY, version=4)
        held = ended(date(1999, 1, 1), holds=(hold,))
        assert [bar.why for bar in bars_of(held, RETENTION, DAY, pending=True)] == ["under_hold", "command_pending"]
        assert not list(bars_of(held.but(holds=(hold.model_copy(update={"lifted": True}),)), RETENTION, DAY))

    def test_what_is_kept_for_ever_is_never_over(self) -> None:
        for_ever = read_retention({"retention": [{"what": "not_aided", "from": DAY, "years": None, "source": "x", "confirmed": True}]})
        assert [bar.why for bar in bars_of(ended(date(1990, 1, 1)), for_ever, date(2999, 1, 1))] == ["retention_runs"]

    def test_a_file_is_held_to_the_row_in_force_when_it_ended(self) -> None:
        rows = [
            {"what": "consultation", "from": date(2000, 1, 1), "years": 10, "source": "old", "confirmed": True},
            {"what": "consultation", "from": date(2020, 1, 1), "years": 5, "source": "new", "confirmed": True},
        ]
        retention = read_retention({"retention": rows})
        closed = ConsultationState(case_id="c", version=2, state="closed", lane_days={"main": date(2019, 12, 31)})
        told = [retention.of(closed.but(lane_days={"main": on})) for on in (date(2019, 12, 31), date(2020, 1, 1), date(1980, 1, 1))]
        assert [period and period.row.source for period in told] == ["old", "new", "old"]

    def test_a_word_that_no_file_is_called_by_is_a_fault_of_the_data(self) -> None:
        with pytest.raises(ValueError, match="knows no case"):
            read_retention({"retention": [{"what": "case", "from": DAY, "years": 1, "source": "x", "confirmed": True}]})


REQUESTED = ShredRequested(since=DAY, subject=ONE, ground="person_asked", reason="x", subjects=(ONE, OTHER))
APPROVED = ShredApproved(since=DAY, subject=ONE, request=1)


def told(*events: object) -> ErasureRecord:
    return fold_record(Entry(n, f"P-{n}", event) for n, event in enumerate(events, 1))  # pyright: ignore[reportArgumentType]


def code(check: object, *given: object) -> str:
    with pytest.raises(Refusal) as refused:
        check(*given)  # pyright: ignore[reportCallIssue]
    return refused.value.code


class TestTwoPeople:
    def test_who_asked_does_not_decide(self) -> None:
        record = told(REQUESTED)
        assert code(record.decidable, Actor("P-1", "supervisor", "C")) == "two_persons_required"
        assert record.decidable(Actor("P-2", "supervisor", "C")).subjects == (str(ONE), str(OTHER))

    def test_one_request_at_a_time_and_a_refused_one_may_be_asked_again(self) -> None:
        assert code(told(REQUESTED).check_request) == "shred_under_way"
        assert code(told(REQUESTED, APPROVED).check_request) == "shred_under_way"
        refused = told(REQUESTED, ShredRefused(since=DAY, subject=ONE, request=1, ground="need_continues", reason="x"))
        refused.check_request()
        assert refused.request
        assert (refused.request.state, refused.request.refused_for, refused.request.decided_by) == ("refused", "need_continues", "P-2")
        assert code(refused.decidable, Actor("P-9", "supervisor", "C")) == "no_shred_requested"

    def test_nothing_is_decided_twice(self) -> None:
        assert code(told(REQUESTED, APPROVED).decidable, Actor("P-9", "supervisor", "C")) == "no_shred_requested"

    def test_of_who_is_erased_nothing_more_is_decided(self) -> None:
        gone = told(REQUESTED, APPROVED, PersonShredded(since=DAY, subject=ONE))
        assert gone.request
        assert (gone.shredded_on, gone.request.state, gone.under_way) == (DAY, "done", False)
        for check in (gone.check_request, gone.check_restrict, gone.check_lift):
            assert code(check) == "person_erased"

    def test_a_restriction_stands_until_it_is_lifted_and_links_change_nothing(self) -> None:
        restricted = RestrictionSet(since=DAY, subject=ONE, ground="retention_runs", reason="x")
        linked = PeopleLinked(since=DAY, kept=ONE, other=OTHER, reason="same_number")
        record = told(restricted, linked)
        assert record.restriction
        assert code(record.check_restrict) == "person_restricted"
        assert code(told(linked).check_lift) == "person_not_restricted"
        assert told(restricted, RestrictionLifted(since=DAY, subject=ONE, reason="x")).restriction is None


class TestTheList:
    def test_what_was_added_is_there_once_with_its_first_moment(self, tmp_path: Path) -> None:
        listed = ShredList(tmp_path / "shredded")
        assert listed.read() == {}
        listed.add([str(ONE), str(ONE)], AT)
        listed.add([str(ONE), str(OTHER)], AT.replace(year=2027))
        assert listed.read() == {str(ONE): AT, str(OTHER): AT.replace(year=2027)}
        assert (tmp_path / "shredded").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "shredded").read_text().splitlines()[0] == f"{ONE} 2026-03-10T01:02:03.456789Z"

    @given(cut=st.integers(1, 63))
    def test_a_line_torn_by_a_crash_was_never_acted_upon_and_hides_nobody(self, cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
        listed = ShredList(tmp_path_factory.mktemp("list") / "shredded")
        listed.add([str(ONE)], AT)
        with listed.path.open("a") as file:
            file.write(f"{OTHER} 2026-03-10T01:02:03.456789Z"[:cut])
        assert listed.read() == {str(ONE): AT}
        listed.add([str(UUID(int=3))], AT)
        assert listed.read().keys() == {str(ONE), str(UUID(int=3))}

    @pytest.mark.parametrize("line", ["x" * 64, "z" * 70, f"{ONE} 2026-03-10T01:02:03.456789+"])
    def test_a_line_that_is_none_of_ours_is_a_fault_and_nobody_is_served_by_a_guess(self, tmp_path: Path, line: str) -> None:
        listed = ShredList(tmp_path / "shredded")
        listed.add([str(ONE)], AT)
        with listed.path.open("a") as file:
            file.write(line + "\n")
        for act in (listed.read, lambda: listed.add([str(OTHER)], AT)):
            with pytest.raises(ShredListFault):
                act()

    def test_a_list_that_cannot_be_written_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="No such file"):
            ShredList(tmp_path / "gone" / "shredded").add([str(ONE)], AT)

    @pytest.mark.parametrize("left", [0, 1, 40, 63])
    def test_a_disk_that_takes_only_a_part_of_a_line_has_not_taken_it(self, tmp_path: Path, left: int) -> None:
        listed = ShredList(tmp_path / "shredded")
        listed.add([str(ONE)], AT)
        with room_for(listed.path.stat().st_size + left), pytest.raises(OSError, match=r"No space left|File too large"):
            listed.add([str(OTHER)], AT)
        assert listed.read() == {str(ONE): AT}
        listed.add([str(OTHER)], AT)
        assert listed.read().keys() == {str(ONE), str(OTHER)}


class TestSealing:
    def test_nothing_is_sealed_for_somebody_who_is_erased(self) -> None:
        with pytest.raises(SubjectErased):
            Sealer({str(ONE): Erased(AT)}, "case/c", ONE).seal(Party(name="某", subject_id=ONE))

    def test_what_a_restriction_keeps_reads_so_and_is_never_a_value(self) -> None:
        box = seal(bytes(32), ONE, "case/c", "name", "某某")
        shown = {"name": box.model_dump(mode="json")}
        assert unseal_json(shown, {str(ONE): Restricted()}, "case/c") == {"name": {"restricted": True}}
        assert unseal_json(shown, {str(ONE): bytes(32)}, "case/c") == {"name": "某某"}

    def test_a_sealed_reason_goes_with_its_person(self) -> None:
        event = RestrictionSet(since=DAY, subject=ONE, ground="person_asked", reason="本人来信")
        sealed = Sealer({str(ONE): bytes(32)}, event.stream, ONE).seal(event)
        assert isinstance(sealed.reason, Sealed)
        data = sealed.model_dump(mode="json")
        assert unseal_json(data, {str(ONE): bytes(32)}, event.stream)["reason"] == "本人来信"
        assert unseal_json(data, {str(ONE): Erased(AT)}, event.stream)["reason"]["erased"] is True


def test_every_period_of_the_product_says_where_it_comes_from() -> None:
    rows = [row for kept in RETENTION.rows.values() for row in kept]
    assert {row.what for row in rows} == {"aided", "not_aided", "consultation", "duty"}
    assert all(row.source and (row.years is None or row.years > 0) for row in rows)
    assert replace(rows[0], years=None).years is None

"""The rules of the duty offices: requests forwarded within 24 hours, taken up by the centre, and the log of shifts."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.command import Refusal
from domain.duty.request import ForwardRequest, ReceiveDutyRequest
from domain.duty.shifts import Shift, ShiftClosed, ShiftOpened, check_closing, check_opening, log_of
from tests.unit.inquiries import ASKER, CLERK, COUNTY, DESK, DUTY_LAWYER, DUTY_OFFICE, NEW_CASE, STREAM_ID, at, duty_request, taken_up
from tests.unit.world import DIRECTORY, TODAY

FRIDAY = date(2026, 3, 13)
SATURDAY, MONDAY = FRIDAY + timedelta(1), FRIDAY + timedelta(3)


def test_a_request_has_an_owner_a_number_and_24_hours() -> None:
    request = duty_request(at(TODAY, 10))
    assert (request.state.state, request.state.owner, request.state.centre, request.state.outlet) == (
        "received", DUTY_LAWYER.id, COUNTY, DUTY_OFFICE,
    )  # fmt: skip
    assert request.state.number == "定城援值字〔2026〕第1号"
    assert request.clock("forward_from_duty_lawyer").due_at == at(TODAY + timedelta(1), 10)


def test_the_hours_of_somebody_in_custody_run_through_night_and_weekend() -> None:
    request = duty_request(at(FRIDAY, 17, 30), in_custody=True)
    clock = request.clock("forward_from_custody")
    assert (clock.started_at, clock.due_at) == (at(FRIDAY, 17, 30), at(SATURDAY, 17, 30))
    assert request.when(ForwardRequest(centre=COUNTY, forwarded_at=at(SATURDAY, 17)), DUTY_LAWYER, at(SATURDAY, 17)) == [
        "request_forwarded"
    ]
    assert request.clock("forward_from_custody").state == "met"


def test_forwarded_on_monday_is_late() -> None:
    request = duty_request(at(FRIDAY, 17, 30), in_custody=True)
    request.when(ForwardRequest(centre=COUNTY, forwarded_at=at(MONDAY, 9)), DUTY_LAWYER, at(MONDAY, 9))
    assert request.clock("forward_from_custody").state == "met_late"


def test_what_was_forwarded_in_time_and_entered_later_is_in_time() -> None:
    request = duty_request(at(FRIDAY, 17, 30), in_custody=True)
    request.when(ForwardRequest(centre=COUNTY, forwarded_at=at(SATURDAY, 9)), DUTY_LAWYER, at(MONDAY, 9))
    assert request.clock("forward_from_custody").state == "met"


def test_the_centre_it_was_forwarded_to_has_it_from_then_on() -> None:
    request = duty_request(at(TODAY, 10))
    request.when(ForwardRequest(centre="C-CITY", forwarded_at=at(TODAY, 11)), DUTY_LAWYER, at(TODAY, 11))
    assert (request.state.state, request.state.centre, request.state.outlet) == ("forwarded", "C-CITY", DUTY_OFFICE)
    request.refused("wrong_state", ForwardRequest(centre=COUNTY, forwarded_at=at(TODAY, 12)), DUTY_LAWYER, at(TODAY, 12))


@pytest.mark.parametrize(
    ("moment", "code"), [(at(TODAY, 9), "forwarded_before_receipt"), (at(TODAY, 13), "date_in_future")]
)  # fmt: skip
def test_it_is_forwarded_after_it_was_received_and_not_tomorrow(moment: datetime, code: str) -> None:
    request = duty_request(at(TODAY, 10))
    refusal = request.refused(code, ForwardRequest(centre=COUNTY, forwarded_at=moment), DUTY_LAWYER, at(TODAY, 12))
    assert refusal.pointer == "/forwarded_at"


def test_it_is_forwarded_to_a_centre() -> None:
    request = duty_request(at(TODAY, 10))
    request.refused("unknown_office", ForwardRequest(centre=DUTY_OFFICE, forwarded_at=at(TODAY, 11)), DUTY_LAWYER, at(TODAY, 12))


def test_a_request_is_not_received_before_its_time_nor_at_a_bureau() -> None:
    request = duty_request(at(TODAY, 10))
    request.state = type(request.state)(case_id=STREAM_ID)
    body: dict[str, Any] = {"office": DUTY_OFFICE, "person": ASKER, "received_at": at(TODAY, 11), "request": "申请法律援助"}
    early = ReceiveDutyRequest(**body)
    request.refused("date_in_future", early, DUTY_LAWYER, at(TODAY, 10))
    request.refused("unknown_office", ReceiveDutyRequest(**(body | {"office": "B-ADX"})), DUTY_LAWYER, at(TODAY, 12))


def test_a_forwarded_request_becomes_a_case_with_what_it_knows() -> None:
    request = duty_request(at(TODAY, 10))
    request.when(ForwardRequest(centre=COUNTY, forwarded_at=at(TODAY, 11)), DUTY_LAWYER, at(TODAY, 11))
    assert request.when(taken_up(request, matter={"kind": "criminal"}), CLERK) == ["request_taken_up"]
    case = request.opened[str(NEW_CASE)]
    assert (case.state, case.centre, case.channel, case.duty_request_id) == ("received", COUNTY, "duty_office", UUID(STREAM_ID))
    assert case.applicant == ASKER.model_copy(update={"party_id": 0})
    assert case.matter is not None
    assert (case.matter.kind, case.matter.summary) == ("criminal", "申请法律援助辩护")
    assert (request.state.state, request.state.application) == ("taken_up", NEW_CASE)


def test_a_request_is_taken_up_once_and_after_it_was_forwarded() -> None:
    request = duty_request(at(TODAY, 10))
    request.refused("wrong_state", taken_up(request), CLERK)
    request.when(ForwardRequest(centre=COUNTY, forwarded_at=at(TODAY, 11)), DUTY_LAWYER, at(TODAY, 11))
    request.when(taken_up(request), CLERK)
    assert request.refused("already_converted", taken_up(request), DESK).detail["case_id"] == NEW_CASE


def opened(hour: int = 8, person: str = DUTY_LAWYER.id, shift: str = "s1", **changes: Any) -> ShiftOpened:
    about = {"since": TODAY, "office": DUTY_OFFICE, "shift_id": shift, "person": person, "opened_at": at(TODAY, hour)}
    return ShiftOpened(**(about | changes))


def closed(hour: int = 17, shift: str = "s1", **changes: Any) -> ShiftClosed:
    return ShiftClosed(**({"since": TODAY, "office": DUTY_OFFICE, "shift_id": shift, "closed_at": at(TODAY, hour)} | changes))


def refusal_of(code: str, log: tuple[Shift, ...], event: ShiftOpened | ShiftClosed, by: str = DUTY_LAWYER.id) -> Refusal:
    def check() -> None:
        if isinstance(event, ShiftOpened):
            check_opening(log, event, DIRECTORY, at(TODAY, 18))
        else:
            check_closing(log, event, by, DIRECTORY, at(TODAY, 18))

    with pytest.raises(Refusal) as met:
        check()
    assert met.value.code == code, met.value.detail
    return met.value


def test_a_log_tells_who_was_on_duty_from_when_until_when_and_who_took_over() -> None:
    (shift,) = log_of([opened(), closed(handed_to="P-OTHER", remark="两份申请待转交")])
    assert (shift.person, shift.opened_at, shift.closed_at) == (DUTY_LAWYER.id, at(TODAY, 8), at(TODAY, 17))
    assert (shift.handed_to, shift.closing_remark) == ("P-OTHER", "两份申请待转交")
    assert shift.touches(at(TODAY, 16), at(TODAY, 23))
    assert not shift.touches(at(TODAY, 17), at(TODAY, 23))


def test_a_shift_is_opened_at_a_duty_office_by_somebody_on_its_roster_once() -> None:
    check_opening((), opened(), DIRECTORY, at(TODAY, 18))
    refusal_of("unknown_office", (), opened(office=COUNTY))
    refusal_of("not_on_duty_roster", (), opened(person=CLERK.id))
    refusal_of("date_in_future", (), opened(19))
    refusal_of("shift_open", log_of([opened()]), opened(9, shift="s2"))
    check_opening(log_of([opened(), closed(12)]), opened(13, shift="s2"), DIRECTORY, at(TODAY, 18))


def test_a_shift_is_closed_once_by_whose_it_is_towards_somebody_on_the_roster() -> None:
    log = log_of([opened()])
    check_closing(log, closed(handed_to=DUTY_LAWYER.id), DUTY_LAWYER.id, DIRECTORY, at(TODAY, 18))
    refusal_of("unknown_shift", log, closed(shift="s9"))
    refusal_of("not_your_shift", log, closed(), by=CLERK.id)
    refusal_of("closed_before_opening", log, closed(7))
    refusal_of("date_in_future", log, closed(19))
    refusal_of("not_on_duty_roster", log, closed(handed_to=CLERK.id))
    refusal_of("shift_closed", log_of([opened(), closed(12)]), closed())

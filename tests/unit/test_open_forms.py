"""Who has a form of a case open is told to the others, and forgotten when nothing more is heard of it."""

import json

import pytest

from api.live import Live
from api.open_forms import LASTS_SECONDS, OpenForms, Writer
from ledger.live import CASE_NOTICE, EDITING_NOTICE


class Seconds:
    """A clock that stands where it is put."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def said(person: str, command: str = "assign_unit", case: str = "c1", window: str = "w1") -> str:
    return json.dumps({"case": case, "person": person, "window": window, "command": command})


def test_others_are_told_of_an_open_form_and_its_writer_is_not() -> None:
    forms = OpenForms(Seconds())
    assert forms.heard(said("P-MA")) == "c1"
    assert forms.of_others("c1", "P-CHEN") == (Writer("P-MA", "assign_unit"),)
    assert forms.of_others("c1", "P-MA") == ()
    assert forms.of_others("c2", "P-CHEN") == ()


def test_two_windows_with_the_same_form_are_one_note_until_both_are_left() -> None:
    forms = OpenForms(Seconds())
    forms.heard(said("P-MA", window="w1"))
    forms.heard(said("P-MA", window="w2"))
    assert len(forms.of_others("c1", "P-CHEN")) == 1
    forms.heard(said("P-MA", command="", window="w1"))
    assert len(forms.of_others("c1", "P-CHEN")) == 1
    forms.heard(said("P-MA", command="", window="w2"))
    assert forms.of_others("c1", "P-CHEN") == ()


def test_a_form_of_which_nothing_more_is_heard_is_forgotten_within_a_minute() -> None:
    clock = Seconds()
    forms = OpenForms(clock)
    forms.heard(said("P-MA"))
    clock.now = LASTS_SECONDS - 1
    assert forms.of_others("c1", "P-CHEN")
    clock.now = 60.0
    assert forms.of_others("c1", "P-CHEN") == ()


@pytest.mark.parametrize("payload", ["", "{}", "[]", '"x"', "not json", '{"case": "c1"}'])
def test_what_cannot_be_read_is_no_note(payload: str) -> None:
    assert OpenForms(Seconds()).heard(payload) == ""


async def test_who_looks_at_the_case_wakes_when_a_form_of_it_is_opened() -> None:
    live = Live()
    with live.ear("P-CHEN", ["c1"]) as here, live.ear("P-LI", ["c2"]) as elsewhere:
        live.heard(EDITING_NOTICE, said("P-MA"))
        assert await here.wait(0)
        assert not await elsewhere.wait(0)
        live.heard(CASE_NOTICE, "c2")
        assert await elsewhere.wait(0)

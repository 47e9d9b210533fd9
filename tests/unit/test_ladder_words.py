"""The steps of a reminder ladder as people read them, in both languages."""

from datetime import date
from functools import partial
from typing import cast

import pytest
from fastapi import Request

from api.directory import shown
from domain.directory import LadderSet, LadderStep
from tests.unit.world import RULES
from texts import LANGUAGES, Lang
from web.backend import Backend
from web.directory_terms import says
from web.page import Visit, render


@pytest.mark.parametrize(
    ("at", "english", "chinese"),
    [
        ("-50%", "when half the time is used", "期限过半时"),
        ("-25%", "when 75% of the time is used", "期限已过75%时"),
        ("-1 hour", "one hour before the limit ends", "期限届满前1小时"),
        ("-2 hour", "2 hours before the limit ends", "期限届满前2小时"),
        ("-1 working_day 09:00", "at 09:00 on the working day before the last day", "届满日前一个工作日09:00"),
        ("-3 working_day 16:30", "at 16:30, 3 working days before the last day", "届满日前3个工作日16:30"),
        ("due day 09:00", "at 09:00 on the last day", "届满当日09:00"),
        ("missed", "as soon as the limit is missed", "逾期时"),
        ("missed +1 working_day 09:00", "at 09:00 on the first working day after the limit was missed", "逾期后第一个工作日09:00"),
        ("missed +2 working_day 09:00", "at 09:00, 2 working days after the limit was missed", "逾期后第2个工作日09:00"),
    ],
)
def test_a_step_is_said_in_words(at: str, english: str, chinese: str) -> None:
    assert (says("en", at), says("zh-CN", at)) == (english, chinese)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_steps_of_every_ladder_there_is_are_told_apart(lang: Lang) -> None:
    for steps in RULES.limits.ladders.values():
        told = [says(lang, step.words) for step in steps]
        assert len(set(told)) == len(told)
        assert not any("{" in each or "%" in each for each in told), told


def test_what_is_no_step_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="two days before"):
        says("en", "two days before")


def test_the_page_of_a_ladder_that_was_set_tells_its_steps_in_words() -> None:
    set_ = LadderSet(
        since=date(2026, 1, 1),
        code="pay_subsidy",
        steps=(LadderStep(at="-25%", to=("owner",)), LadderStep(at="missed", to=("owner", "supervisor"))),
    )
    request = Request({"type": "http", "method": "GET", "path": "/directory/ladders/pay_subsidy", "query_string": b"", "headers": []})
    visit = Visit(request, cast("Backend", None), "en", session="x", me={"role": "supervisor"})
    found = shown("ladders", set_, date(2026, 3, 2))
    page = render(visit, "directory_entry.html", kind="ladders", found=found, asked={}, says=partial(says, "en"))
    text = bytes(page.body).decode()
    assert '<span title="-25%">when 75% of the time is used</span> → whoever must act<br>' in text
    assert '<span title="missed">as soon as the limit is missed</span> → whoever must act, supervisor<br>' in text

"""When somebody may be told, how often a channel is tried, and that no letter says anything of the people of a case."""

from datetime import datetime, time, timedelta
from random import Random

import pytest

import texts
from domain.notices import KINDS, Quiet, Wishes, pause, release
from ledger import rules
from notify.letters import words

CALENDAR = rules.current().calendar
NIGHT = Quiet()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CALENDAR.zone)


@pytest.mark.parametrize(
    ("now", "told", "why"),
    [
        ("2026-03-02T10:00", "2026-03-02T10:00", "a Monday morning"),
        ("2026-03-02T21:00", "2026-03-03T07:30", "the quiet hours begin"),
        ("2026-03-03T02:00", "2026-03-03T07:30", "after midnight"),
        ("2026-03-03T07:30", "2026-03-03T07:30", "they end"),
        ("2026-03-06T22:00", "2026-03-09T07:30", "a Friday night: Monday"),
        ("2026-03-07T10:00", "2026-03-09T07:30", "a Saturday"),
        ("2026-02-14T10:00", "2026-02-14T10:00", "a Saturday worked in exchange"),
        ("2026-02-14T22:00", "2026-02-24T07:30", "the eve of the nine days of the Spring Festival"),
        ("2024-02-28T23:00", "2024-02-29T07:30", "a leap day"),
    ],
)
def test_what_is_not_urgent_waits_for_the_end_of_quiet_hours(now: str, told: str, why: str) -> None:
    assert release(at(now), NIGHT, CALENDAR) == at(told), why


def test_hours_within_a_day_and_none_at_all() -> None:
    noon = Quiet(begins=time(12), ends=time(14), days_off=False)
    assert release(at("2026-03-07T13:00"), noon, CALENDAR) == at("2026-03-07T14:00")
    assert release(at("2026-03-07T14:00"), noon, CALENDAR) == at("2026-03-07T14:00")
    assert release(at("2026-03-07T23:00"), None, CALENDAR) == at("2026-03-07T23:00")


def test_tries_are_further_and_further_apart_up_to_an_hour() -> None:
    dice = Random(1)  # noqa: S311 -- luck that can be repeated
    waits = [pause(n, dice) for n in range(1, 40)]
    assert timedelta(seconds=20) < waits[0] < timedelta(seconds=40)
    assert all(timedelta(minutes=45) <= wait <= timedelta(minutes=75) for wait in waits[10:])
    assert len(set(waits)) == len(waits)


def test_a_channel_without_an_address_is_not_used() -> None:
    wishes = Wishes(email="a@example.org", channels={"email": ("missed",), "sms": ("missed",)})
    assert (wishes.wanted("missed"), wishes.wanted("warned")) == (("email",), ())


@pytest.mark.parametrize("lang", texts.LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_is_whole_short_enough_and_names_the_case_by_its_number(lang: texts.Lang, kind: str) -> None:
    facts = {"limit": "examine_application", "due_on": "2026-12-28", "old": "2026-12-25", "late": True, "applicant": "欧阳·𠮷某"}
    said = words(lang, kind, facts, number="定援申〔2026〕第12号", office="市法律援助中心", link="https://y.example.org/cases/1")
    for text in (said.subject, said.text, said.short):
        assert "定援申〔2026〕第12号" in text
        assert "欧阳" not in text
        assert "{" not in text
    assert "https://y.example.org/cases/1" in said.text
    assert "http" not in said.subject + said.short
    assert len(said.short) <= (70 if lang == "zh-CN" else 160)


def test_a_case_without_a_number_is_called_so() -> None:
    assert "编号待定" in words("zh-CN", "glass_broken", {}, number=None, office=None, link="").subject

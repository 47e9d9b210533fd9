"""The pages of a court bundle, drawn of the worked example's cases: every record is there, in both languages."""

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pypdfium2
import pytest

import texts
from api import views
from documents import court
from domain.command import Happened
from ledger.events import Recorded
from ops.example.story import directory
from tests.unit.test_example import DAYS, Played, archived, on_desk

type Json = dict[str, Any]

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PLAYED = (*archived(), *on_desk(DAYS[0]))


def told_of(played: Played) -> court.Told:
    case = played.case
    events = [views.event_view(case.case_id, recorded(happened), directory()) for happened in played.history]
    sealed = court.Sealed("yuanshou/0011223344556677/case", 5000, "ab" * 32, NOW, 2)
    return court.Told(views.case_view(case), events, directory(), sealed, [])


def recorded(happened: Happened) -> Recorded:
    return Recorded(1000 + happened.at.version, NOW, "correlation", None, bytes([happened.at.version % 256]) * 32, bytes(32), *happened)


def words(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(BytesIO(pdf)) as opened:
        return "".join(page.get_textpage().get_text_bounded() for page in opened).replace("\r\n", "").replace(" ", "")


@pytest.mark.parametrize("played", PLAYED, ids=lambda played: played.history[0].event.type)
def test_every_record_of_a_case_is_told_in_both_languages(played: Played) -> None:
    told = told_of(played)
    pages = court.pages(told)
    history = pages["history.html"].decode()
    assert history.count("data-digest=") == len(played.history)
    for happened in played.history:
        assert texts.text("zh-CN", f"event_names.{happened.event.type}") in history
    assert court.pages(told) == pages
    for page in (p.decode() for p in pages.values()):
        assert "<script" not in page
        assert "src=" not in page
        assert "default-src 'none'" in page


def test_the_history_as_pdf_says_the_same_and_is_the_same_each_time() -> None:
    told = told_of(PLAYED[0])
    pdf = court.pdf(told)
    said = words(pdf)
    assert "案件办理历史" in said
    assert f"case/{told.case['case_id']}".replace(" ", "") in said
    assert all(f"{event['digest'][:32]}" in said for event in told.events)
    assert court.pdf(told) == pdf


def test_what_was_erased_reads_so_and_breaks_nothing() -> None:
    told = told_of(PLAYED[0])
    gone = {"erased": True, "at": "2026-11-01T00:00:00+00:00"}
    told.case["applicant"]["name"] = gone
    told.events[0]["data"]["applicant"]["name"] = gone
    documents = [{"title": gone, "name": None, "state": "erased", "sha256": "ab" * 32}]
    drawn = court.pages(replace(told, documents=documents))
    pages = {name: page.decode() for name, page in drawn.items()}
    assert "（已删除）" in pages["history.html"]
    assert "(erased)" in pages["history.html"]
    assert texts.text("zh-CN", "court.evidence_erased") in pages["README.html"]


def test_each_factor_of_article_8_is_answered_in_both_languages() -> None:
    page = court.pages(told_of(PLAYED[0]))["art8.html"].decode()
    for lang in texts.LANGUAGES:
        for factor, answers in court.FACTORS.items():
            assert texts.text(lang, f"court.art8_{factor}") in page
            assert len(answers) >= 4
    assert "5000" in page


def test_what_somebody_typed_is_text_on_the_page() -> None:
    told = told_of(PLAYED[0])
    told.events[0]["data"]["note"] = "<b>&amp;</b>"
    assert "<b>" not in court.pages(told)["history.html"].decode()

"""What changed between two versions, in words: each value by what it is, grouped by its part of the case."""

from __future__ import annotations

from typing import Any, cast

import pytest
from fastapi import Request

from texts import LANGUAGES, Lang
from web.audit import age, short
from web.backend import Backend
from web.compare import grouped, label, said
from web.page import Visit


def visit(lang: Lang = "en") -> Visit:
    offices = [{"code": "C-CITY", "name": "定城市法律援助中心", "name_en": "Dingcheng City Centre"}]
    return Visit(cast("Request", None), cast("Backend", None), lang, offices=offices)


@pytest.mark.parametrize(
    ("name", "held", "words"),
    [
        ("claim_fen", 48_600_000, ["486,000.00"]),
        ("in_hardship", False, ["no"]),
        ("opened_on", "2026-11-24", ["24 Nov 2026"]),
        ("received_at", "2026-11-24T09:30:00+08:00", ["24 Nov 2026 09:30"]),
        ("centre", "C-CITY", ["Dingcheng City Centre"]),
        ("state", "received", ["received"]),
        ("state", "papers_owed", ["papers owed"]),
        ("papers_owed", [{"kind": "id_copy"}], ["copy of identity card"]),
        ("name", "欧阳某", ["欧阳某"]),
        ("name", None, []),
        ("papers", [], []),
        ("choices", ["甲", "乙"], ["甲", "乙"]),
        ("name", {"erased": True, "at": "2026-11-24T09:30:00+08:00"}, ["erased"]),
    ],
)
def test_a_value_reads_as_what_it_is(name: str, held: Any, words: list[str]) -> None:
    assert [line.lower() for line in said(visit(), name, held)] == [word.lower() for word in words]


def test_an_object_that_came_as_a_whole_is_told_field_by_field() -> None:
    assert list(said(visit(), "accept_first", {"extensions": 2, "deferred": True, "papers_owed": []})) == [
        "Extensions: 2",
        "Papers to follow: yes",
    ]


def test_changes_are_grouped_by_the_part_of_the_case_and_what_moves_by_itself_is_left_out() -> None:
    changes = [
        {"pointer": "/clocks/0/state", "before": "running", "after": "met"},
        {"pointer": "/matter/claim_fen", "before": 100, "after": 200},
        {"pointer": "/recipients/0/decision/decided_on", "before": None, "after": "2026-11-24"},
        {"pointer": "/recipients/1/status", "before": "undecided", "after": "undecided"},
        {"pointer": "/version", "before": 1, "after": 2},
    ]
    found = list(grouped(visit(), changes))
    assert [part for part, _ in found] == ["Matter", "Recipients"]
    assert found[0][1] == [{"field": "Claim (yuan)", "before": ["1.00"], "after": ["2.00"]}]
    assert [row["field"] for row in found[1][1]] == ["1 · Decision · Decided on", "2 · Status"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_field_without_a_name_of_its_own_keeps_that_of_the_contract(lang: Lang) -> None:
    assert label(visit(lang), "no_such_field") == "no such field"


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 s ago"), (60, "1 min ago"), (7300, "2 h ago"), (200_000, "2 d ago")])
def test_an_age_is_told_in_the_greatest_unit_that_fits(seconds: int, words: str) -> None:
    assert age(visit(), seconds) == words


def test_a_root_is_shortened_so_that_people_can_compare_it() -> None:
    assert short("0123456789abcdef" * 4) == "0123 4567 89ab cdef"

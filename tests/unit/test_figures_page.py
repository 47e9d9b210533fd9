"""The page of the statistics on a backend that answers as the interface does: every number leads to its cases, in both languages."""

import csv
import io
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

import texts
from api.figures_shapes import FIGURES, Figures
from readmodels.case_facts import FACTS, LANE, MONEY
from tests.unit.pages_backend import InMemory, Person
from tests.unit.test_pages import CLERK, backend, browser, enter
from web.assets import asset
from web.page import LANGUAGE

__all__ = ["backend", "browser"]
WATCHER = "yan.shuhua"


def _keyed(key: str, cases: int, fact: str, amount: int = 0) -> dict[str, Any]:
    return {"key": key, "cases": cases, "amount": amount, "find": f"fact={fact}&fact_key={key}&fact_from=2026-01&fact_to=2026-12"}


def told() -> dict[str, Any]:
    """An answer with every word the interface may say of keys."""
    answer = deepcopy(FIGURES)
    answer |= {
        "kinds": [_keyed("civil", 12, "kind", 31), _keyed("unknown", 1, "kind", 1)],
        "channels": [_keyed("hotline", 1234, "channel"), _keyed("unknown", 2, "channel")],
        "categories": [_keyed("migrant_worker", 9, "category"), _keyed("none", 1, "category")],
        "outcomes": [_keyed("won", 3, "outcome"), _keyed("mediated", 2, "outcome")],
        "money": [_keyed(key, 2, "money", 486_000_00) for key in MONEY],
    }
    answer["accept_first"]["states"] = [_keyed(key, n + 1, "accept_first") for n, key in enumerate(LANE)]
    answer["decision"]["results"] = [_keyed(key, 2, "decision") for key in ("granted", "refused", "accepted_first")]
    return answer


def checked(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer, once it is one that the interface could give."""
    Figures.model_validate(answer)
    return answer


@pytest.fixture
def asked(backend: InMemory, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that the page asked; answered with `told`, or nothing at all for the year 2001."""
    paths: list[str] = []

    async def ask(session: str, method: str, path: str, **_: Any) -> Any:
        if path.startswith("/me/filters"):
            return {"items": [], "next_cursor": None}
        paths.append(path)
        if "2001" in path:
            nothing = checked(_nothing())
            return deepcopy(nothing)
        return deepcopy(checked(told()))

    backend.staff[WATCHER] = Person("P-YAN-SHUHUA", "严淑华", "supervisor", "C-ADX")
    monkeypatch.setattr(backend, "ask", ask)
    return paths


def _nothing() -> dict[str, Any]:
    answer = deepcopy(FIGURES)
    zero = {"cases": 0, "amount": 0}
    days: dict[str, Any] = {"median_days": None, "p90_days": None, "bins": []}
    for name in ("kinds", "channels", "categories", "offices", "outcomes", "money"):
        answer[name] = []
    answer["months"] = [month | dict.fromkeys(("opened", "decided", "assigned", "concluded"), 0) for month in answer["months"]]
    answer["total"] |= zero
    answer["accept_first"] |= {"cases": 0, "helped": 0, "share": None, "states": []}
    answer["decision"] |= zero | days | {"results": []}
    answer["assignment"] |= zero | days
    ways = {"cases": 0, "within": 0, "beyond": 0, "unmeasured": 0, "share": None}
    answer["circle"]["townships"][0] |= ways
    answer["circle"]["total"] |= ways
    return answer


def links(page: str) -> list[str]:
    return [found.replace("&amp;", "&") for found in re.findall(r'href="(/cases\?[^"]+)"', page)]


async def test_every_number_leads_to_its_cases(browser: httpx.AsyncClient, asked: list[str]) -> None:
    await enter(browser, WATCHER)
    page = (await browser.get("/figures?from=2026-01&to=2026-12")).text
    assert asked == ["/reports/figures?from=2026-01&to=2026-12"]
    found = links(page)
    for find in (each["find"] for name in ("kinds", "channels", "categories", "outcomes", "money") for each in told()[name]):
        assert f"/cases?{find}" in found
    assert {dict(parse_qsl(urlsplit(link).query))["fact"] for link in found} == set(FACTS) - {"subsidy"}
    assert ">1,234</a>" in page
    assert 'data-value="486000.00"' in page


@pytest.mark.parametrize("lang", texts.LANGUAGES)
async def test_it_speaks_one_language(browser: httpx.AsyncClient, asked: list[str], lang: texts.Lang) -> None:
    await enter(browser, WATCHER)
    browser.cookies.set(LANGUAGE, lang)
    page = (await browser.get("/figures")).text
    main = re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1])
    assert "{" not in main
    for key in ("unknown", "accept_first_confirmed_late", "money_recovered", "decision_refused"):
        assert texts.text(lang, f"figures.{key}") in main
    assert asked


async def test_without_scripts_it_lacks_nothing(browser: httpx.AsyncClient, asked: list[str]) -> None:
    """The plots are hidden and told to nobody; what draws them is loaded here and nowhere else."""
    await enter(browser, WATCHER)
    page = (await browser.get("/figures")).text
    plots = re.findall(r"<div class=\"fig-plot\"[^>]*>", page)
    assert plots
    for plot in plots:
        assert 'hidden aria-hidden="true"' in plot
        (table,) = re.findall(r'data-of="([^"]+)"', plot)
        assert f'id="{table}"' in page
    assert f'<script src="{asset("figures.js")}" defer></script>' in page
    assert "style=" not in page
    assert asked
    assert "echarts" not in (await browser.get("/cases")).text


async def test_an_empty_period_says_what_to_do(browser: httpx.AsyncClient, asked: list[str]) -> None:
    await enter(browser, WATCHER)
    page = (await browser.get("/figures?from=2001-01&to=2001-02")).text
    assert texts.text("zh-CN", "figures.none") in page or texts.text("en", "figures.none") in page
    assert "data-plot" not in page
    assert asked


async def test_each_table_can_be_taken_along(browser: httpx.AsyncClient, asked: list[str]) -> None:
    await enter(browser, WATCHER)
    page = (await browser.get("/figures")).text
    tables = re.findall(r'href="(/figures\.csv\?[^"]+)"', page)
    assert len(tables) > 8
    for address in tables:
        answer = await browser.get(address.replace("&amp;", "&"))
        assert answer.status_code == 200, address
        head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("﻿")))
        assert rows
        assert all(len(row) == len(head) for row in rows)
    assert (await browser.get("/figures.csv?table=none")).status_code == 404
    assert asked


async def test_it_stands_in_the_menu_of_those_who_watch(browser: httpx.AsyncClient, asked: list[str]) -> None:
    await enter(browser, WATCHER)
    assert 'href="/figures"' in (await browser.get("/cases")).text
    await enter(browser, CLERK)
    assert 'href="/figures"' not in (await browser.get("/cases")).text
    assert asked == []


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("lang", texts.LANGUAGES)
async def test_the_list_says_what_it_was_narrowed_to(browser: httpx.AsyncClient, asked: list[str], fact: str, lang: texts.Lang) -> None:
    """Whatever stands in the address; words that somebody made up as they are."""
    await enter(browser, WATCHER)
    browser.cookies.set(LANGUAGE, lang)
    address = f"/cases?fact={fact}&fact_key=made-up&fact_from=2026-01&fact_to=sometime&fact_days_from=2&fact_days_to=3&fact_circle=within"
    page = (await browser.get(address)).text
    said = page.split('<p class="counted">', 1)[1].split("</p>", 1)[0]
    assert texts.text(lang, f"figures.fact_{fact}") in said
    assert "made-up" in said
    assert "sometime" in said
    assert f'<input type="hidden" name="fact" value="{fact}">' in page
    assert asked == []

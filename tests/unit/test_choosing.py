"""Search as you type, saved filters, and cases chosen from the list: what the pages show and send."""

import csv
import io

import httpx
import pytest

from api.saved_filters import FILTERS as KEPT
from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import BODY, CHIEF, CLERK, OVERSEER, backend, browser, enter, hidden, opened
from web import lists
from web.marked import marked

__all__ = ["backend", "browser"]


@pytest.mark.parametrize(
    ("text", "q", "shown"),
    [
        ("慕容晓梅", "容晓", "慕<mark>容晓</mark>梅"),
        ("慕容晓梅", "mrxm", "<mark>慕容晓梅</mark>"),
        ("慕容晓梅", "mr", "<mark>慕容</mark>晓梅"),
        ("慕容晓梅", "murongx", "<mark>慕容晓</mark>梅"),
        ("慕容晓梅", "Mu Rong", "<mark>慕容</mark>晓梅"),
        ("吕某", "lv", "<mark>吕</mark>某"),
        ("定城援民字〔2026〕第318号", "民字(2026)第31", "定城援<mark>民字〔2026〕第31</mark>8号"),
        ("John <b>", "john <", "<mark>John &lt;</mark>b&gt;"),
        ("𠮷某某", "𠮷", "<mark>𠮷</mark>某某"),
        ("محمد علي", "علي", "محمد <mark>علي</mark>"),
        ("慕容晓梅", "9988", "慕容晓梅"),
        ("慕容晓梅", "", "慕容晓梅"),
        ("", "慕容", ""),
    ],
)
def test_what_fits_is_marked_however_it_was_typed(text: str, q: str, shown: str) -> None:
    assert str(marked(text, q)) == shown


async def test_the_list_under_the_box_holds_options_and_says_what_to_do_without_any(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    page = await browser.get("/find", params={"q": "欧阳"})
    assert f'role="option" id="found-1" href="/cases/{case_id}"' in page.text
    assert "<mark>欧阳</mark>某某" in page.text
    assert 'id="found-all"' in page.text
    nothing = await browser.get("/find", params={"q": "司马"})
    assert "Try fewer letters" in nothing.text
    assert 'href="/cases' not in nothing.text
    for q in ("", "欧", "x" * 201):
        assert 'role="option"' not in (await browser.get("/find", params={"q": q})).text


async def test_the_box_works_as_a_form_and_asks_only_when_told_to(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await opened(backend)
    await enter(browser, CLERK)
    page = await browser.get("/cases", params={"q": "欧阳"})
    assert '<form class="find" action="/cases" role="search"' in page.text
    assert 'hx-trigger="typed delay:200ms"' in page.text
    assert 'hx-trigger="typed delay:250ms, change"' in page.text
    assert "<mark>欧阳</mark>" in page.text


async def test_a_filter_is_saved_without_the_words_and_stands_as_a_chip(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    page = await browser.get("/cases?stage=closure&q=欧阳&cursor=")
    assert "The words searched for are not saved" in page.text
    form = page.text[page.text.index('action="/filters"') :]
    assert 'name="query" value="stage=closure"' in form
    data = {"csrf": hidden(page, "csrf"), "key": "k", "page": "cases", "query": "stage=closure", "name": "待结案"}
    assert (await browser.post("/filters", data=data)).headers["location"] == "/cases?stage=closure"
    again = await browser.get("/cases?stage=closure")
    assert '<a class="tag" href="/cases?stage=closure" aria-current="true">待结案</a>' in again.text
    assert "Save this filter" not in again.text, "it is kept already"


async def test_a_name_that_is_taken_is_told_with_what_was_typed(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, OVERSEER)
    page = await browser.get("/history?cause=wages")
    data = {"csrf": hidden(page, "csrf"), "key": "k", "page": "history", "query": "cause=wages", "name": "欠薪"}
    assert (await browser.post("/filters", data=data)).status_code == 303
    refused = await browser.post("/filters", data=data | {"query": "cause=injury"})
    assert refused.status_code == 409
    assert "you already keep a filter called &#34;欠薪&#34;" in refused.text
    assert 'name="query" value="cause=injury"' in refused.text
    kept = backend.filters[0]["id"]
    gone = await browser.post(f"/filters/{kept}", data=data | {"remove": "1", "name": ""})
    assert gone.headers["location"] == "/history?cause=wages"
    assert backend.filters == []
    assert (await browser.post("/filters", data=data | {"page": "audit"})).status_code == 404
    assert (await browser.post("/filters", data=data | {"csrf": "x"})).status_code == 403


async def test_the_list_as_a_table_holds_what_fits_and_no_formula(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await backend.submit(CLERK, BODY | {"applicant": {"name": "=cmd()", "categories": []}}, key="a", lang="en")
    await opened(backend)
    await enter(browser, CLERK)
    answer = await browser.get("/cases.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    head, *rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert head[:3] == ["Register number", "Case number", "People"]
    assert {row[2] for row in rows} == {"'=cmd()", "欧阳某某"}
    assert len(list(csv.reader(io.StringIO((await browser.get("/cases.csv?q=欧阳")).text)))) == 2
    assert 'href="/cases.csv?q=' in (await browser.get("/cases?q=欧阳")).text


async def test_rows_are_chosen_only_by_who_may_hand_on(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    backend.staff[CLERK].role = "receptionist"
    await enter(browser, CLERK)
    assert 'name="case"' not in (await browser.get("/cases")).text
    token = hidden(await browser.get("/cases"), "csrf")
    assert (await browser.post("/reassign/preview", data={"csrf": token, "case": case_id})).status_code == 403
    await enter(browser, CHIEF)
    page = await browser.get("/cases")
    assert f'name="case" value="{case_id}"' in page.text
    assert "Choose " in page.text
    assert "transfer to a caseworker" in page.text
    assert "ask for another lawyer" not in page.text, "an approver decides that, and asks for none"


async def test_a_preview_shows_each_case_and_only_what_may_move_is_sent(browser: httpx.AsyncClient, backend: InMemory) -> None:
    good = await opened(backend)
    ended = (await backend.submit(CLERK, BODY, key="second", lang="en"))["case_id"]
    await backend.command(CLERK, ended, "withdraw_application", {"reason": "本人申请"}, key="w", if_match=None, lang="en")
    today = backend.now.date()
    others = [p for p in backend.directory.people_with("caseworker", today) if p.code != backend.staff[CLERK].code]
    worker = next(p for p in others if ("caseworker", "C-CITY") in p.roles_on(today))
    await enter(browser, CHIEF)
    page = await browser.get("/cases")
    data = {"csrf": hidden(page, "csrf"), "kind": "transfer", "to": worker.code, "reason": "均衡案件数量"}
    shown = await browser.post("/reassign/preview", data={**data, "case": [good, ended]})
    assert shown.status_code == 200
    assert backend.states[good].owner != worker.code
    assert "1 will change" in shown.text
    assert "1 will not" in shown.text
    assert f'name="case" value="{good}" checked' in shown.text
    assert f'name="case" value="{ended}"' not in shown.text
    assert worker.name in shown.text
    sent = await browser.post("/reassign/chosen", data={**data, "key": "once", "case": [good]})
    assert sent.headers["location"] == "/reassign/b1?key=once"
    assert backend.begun == [
        ("/reassignments", {"reason": "均衡案件数量", "moves": [{"case_id": good, "kind": "transfer", "to": worker.code}]})
    ]


async def test_all_that_match_are_previewed_and_nobody_or_nothing_chosen_is_told(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CHIEF)
    data = {"csrf": hidden(await browser.get("/cases"), "csrf"), "kind": "transfer", "reason": "均衡"}
    nothing = await browser.post("/reassign/preview", data=data)
    assert nothing.status_code == 422
    assert "No case is chosen" in nothing.text
    nobody = await browser.post("/reassign/preview", data={**data, "case": case_id, "filter-q": "欧阳"})
    assert nobody.status_code == 422
    assert "Name the caseworker" in nobody.text
    assert f'name="case" value="{case_id}"' in nobody.text, "the choice is not lost"
    assert 'value="均衡"' in nobody.text
    every = await browser.post("/reassign/preview", data={**data, "everything": "1", "to": "P-NOBODY", "filter-q": "欧阳"})
    assert "1 will not" in every.text
    assert 'href="/cases?q=%E6%AC%A7%E9%98%B3"' in every.text


def batch(**changes: object) -> dict[str, object]:
    move = {
        "case_id": "019ac2b4-5e00-7000-8000-000000000001", "number": "定城援民字〔2026〕第318号", "kind": "transfer", "to": "P-B",
        "held_by": "P-A", "state": "done", "code": None, "undoable": True,
    }  # fmt: skip
    told: dict[str, object] = {
        "batch": "b1", "leaver": None, "undoes": None, "reason": "均衡", "moves": [move], "waiting": 0, "done": 1, "refused": 0,
        "undoable": 1,
    }  # fmt: skip
    return told | changes


async def test_the_report_offers_to_give_back_while_that_is_possible(browser: httpx.AsyncClient, backend: InMemory) -> None:
    backend.batches["/reassignments/b1"] = batch()
    await enter(browser, CHIEF)
    page = await browser.get("/reassign/b1?key=once")
    assert "Give back (1)" in page.text
    assert "hx-post" not in page.text, "nothing waits"
    data = {"csrf": hidden(page, "csrf"), "key": "back", "reason": "误选"}
    sent = await browser.post("/reassign/b1/undo", data=data)
    assert sent.headers["location"] == "/reassign/b1?key=back"
    assert backend.begun == [("/reassignments/b1/undo", {"reason": "误选"})]
    backend.batches["/reassignments/b1"] = batch(undoable=0)
    assert "Give back (" not in (await browser.get("/reassign/b1")).text


async def test_a_batch_goes_on_by_itself_as_it_was_begun(browser: httpx.AsyncClient, backend: InMemory) -> None:
    backend.batches["/reassignments/b1"] = batch(waiting=1, done=0, undoable=0)
    await enter(browser, CHIEF)
    page = await browser.get("/reassign/b1?key=once")
    assert 'hx-post="/reassign/b1" hx-trigger="load delay:200ms"' in page.text
    assert '"key": "once"' in page.text
    assert "hx-post" not in (await browser.get("/reassign/b1")).text, "without its key it cannot"


async def test_the_help_sheet_tells_of_the_pages_that_are_there(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    page = await browser.get("/")
    assert '<dialog id="keys-help" aria-labelledby="h-keys">' in page.text
    assert 'data-go="d" data-to="/deadlines"' in page.text
    assert "<dialog" not in (await browser.get("/sign-in")).text


def test_whatever_narrows_the_list_can_be_kept_but_for_words_that_name_people() -> None:
    assert {*lists.FILTERS} - {"q"} == {*KEPT["cases"]}

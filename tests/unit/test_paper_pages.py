"""The centre's papers on pages: offered, previewed, issued, reprinted, voided by another, waited for."""

import re
from typing import Any

import httpx
import pytest

from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import BODY, CLERK, backend, browser, enter, hidden, opened

__all__ = ["backend", "browser"]


async def issued(backend: InMemory, case_id: str, **more: Any) -> dict[str, Any]:
    body = {"template": "receipt", **more}
    key = f"issue-{len(backend.histories[case_id])}"
    await backend.command(CLERK, case_id, "issue_document", body, key=key, if_match=None, lang="en")
    return backend.states[case_id].issued[-1].model_dump(mode="json")


async def test_a_case_offers_the_papers_it_could_be_given(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    page = (await browser.get(f"/cases/{case_id}?tab=documents")).text
    assert f'href="/cases/{case_id}/papers/new?template=receipt"' in page
    assert "template=grant_decision" not in page


async def test_a_paper_is_previewed_and_issued_by_the_version_that_was_previewed(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}/papers/new", params={"template": "receipt"})
    assert re.search(r'formaction="/cases/[^"]+/papers/preview" formtarget="_blank"', page.text)
    names = ("csrf", "key", "version", "/template", "/template_version")
    sent = {name: hidden(page, name) for name in names} | {"/language": "en", "/about": "1"}
    assert sent["/template_version"] == "2"
    draft = await browser.post(f"/cases/{case_id}/papers/preview", data=sent)
    assert draft.headers["content-type"] == "application/pdf"
    assert draft.content == b"%PDF- draft [('about', '1'), ('language', 'en'), ('template', 'receipt')]"
    assert (await browser.post(f"/cases/{case_id}/papers/preview", data=sent | {"csrf": "forged"})).status_code == 403
    answer = await browser.post(f"/cases/{case_id}/commands/issue_document", data=sent)
    assert answer.status_code == 303, answer.text
    (paper,) = backend.states[case_id].issued
    assert (paper.template, paper.language, paper.about) == ("receipt", "en", 1)


async def test_a_template_changed_since_the_preview_is_told_and_nothing_is_issued(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}/papers/new", params={"template": "receipt"})
    sent = {name: hidden(page, name) for name in ("csrf", "key", "version")} | {"/template": "receipt", "/template_version": "7"}
    answer = await browser.post(f"/cases/{case_id}/commands/issue_document", data=sent)
    assert answer.status_code == 409
    assert "The template has changed since the preview (it is now version 2)" in answer.text
    assert backend.states[case_id].issued == ()


async def test_an_issued_paper_is_fetched_again_and_offered_for_printing(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    paper = await issued(backend, case_id)
    await enter(browser, CLERK)
    page = (await browser.get(f"/cases/{case_id}?tab=documents")).text
    assert paper["number"] in page
    again = await browser.get(f"/cases/{case_id}/papers/{paper['document_id']}")
    assert again.content == f"%PDF- {paper['document_id']}".encode()
    assert "filename*=UTF-8''" in again.headers["content-disposition"]
    run = await browser.get(f"/cases/{case_id}/papers/print", params=[("ids", paper["document_id"]), ("ids", paper["document_id"])])
    assert run.content == f"%PDF- {paper['document_id']} {paper['document_id']}".encode()


async def test_a_wrong_paper_is_voided_by_one_made_from_its_row(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    wrong = await issued(backend, case_id)
    await enter(browser, CLERK)
    listed = (await browser.get(f"/cases/{case_id}?tab=documents")).text
    link = re.search(r'href="([^"]+voids=[^"]+)"', listed)
    assert link
    form = await browser.get(link.group(1).replace("&amp;", "&"))
    assert f'<option value="{wrong["document_id"]}" selected>' in form.text
    await issued(backend, case_id, voids=wrong["document_id"])
    after = (await browser.get(f"/cases/{case_id}?tab=documents")).text
    assert "<b>void</b>" in after
    assert f"voids={wrong['document_id']}" not in after


async def test_a_long_paper_is_waited_for_on_a_page_that_asks_again(browser: httpx.AsyncClient, backend: InMemory) -> None:
    others = [{"name": f"张某{n}"} for n in range(30)]
    case_id = str((await backend.submit(CLERK, {**BODY, "co_applicants": others}, key="a-group", lang="en"))["case_id"])
    paper = await issued(backend, case_id)
    await enter(browser, CLERK)
    waiting = await browser.get(f"/cases/{case_id}/papers/{paper['document_id']}")
    assert waiting.headers["refresh"] == "1"
    assert "Being drawn, 300 pages at least" in waiting.text
    ready = await browser.get(f"/cases/{case_id}/papers/{paper['document_id']}")
    assert ready.headers["content-type"] == "application/pdf"


@pytest.mark.parametrize("path", ["no-id", "01890000-0000-7000-8000-000000000009", "new?template=letter", "print", "print?ids=x"])
async def test_a_paper_that_is_not_there_is_not_found(path: str, browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, CLERK)
    assert (await browser.get(f"/cases/{case_id}/papers/{path}")).status_code == 404


async def test_who_may_not_issue_is_offered_nothing(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await opened(backend)
    await enter(browser, "lin.xiaomei")
    assert "papers/new" not in (await browser.get(f"/cases/{case_id}?tab=documents")).text

"""The centre's papers over HTTP against the real ledger: previewed, issued, fetched the same each time, and by whom."""

import asyncio
from io import BytesIO
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import httpx
import pypdfium2

from documents import printer, qr
from domain.command import Role
from ledger.events import load_history
from ledger.store import WORKER
from tests.integration.test_api_reads import Api, api

__all__ = ["api"]


def words(document: bytes) -> str:
    with pypdfium2.PdfDocument(BytesIO(document)) as opened:
        return "".join(page.get_textpage().get_text_bounded() for page in opened).replace("\r\n", "").replace(" ", "")


async def issue(api: Api, case_id: str, role: Role = "caseworker", **body: Any) -> dict[str, Any]:
    answer = await api.ask(
        role, "POST", f"/cases/{case_id}/commands/issue_document", json=body, headers={"Idempotency-Key": f"issue-{uuid4()}"}
    )
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = next(e["data"] for e in answer.json()["events"] if e["type"] == "document_issued")
    return data


async def fetch(api: Api, path: str, role: Role = "caseworker", **params: Any) -> httpx.Response:
    answer = await api.ask(role, "GET", path, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer


async def test_a_preview_is_a_draft_by_the_version_in_force_and_records_nothing(api: Api) -> None:
    case_id = await api.house.accepted()
    before = await api.get("caseworker", f"/cases/{case_id}/papers")
    offer = next(i for i in before["issuable"] if i["template"] == "accept_first_notice")
    draft = await fetch(api, f"/cases/{case_id}/papers/preview", template="accept_first_notice")
    assert draft.headers["template-version"] == str(offer["template_version"])
    assert draft.headers["paper-about"] == str(offer["about"][0]["version"])
    assert "样稿" in words(draft.content)
    assert "欧阳·𠮷某" in words(draft.content)
    assert await api.get("caseworker", f"/cases/{case_id}/papers") == before


async def test_a_preview_is_refused_with_what_issuing_would_be_refused_with(api: Api) -> None:
    case_id = await api.house.submit()
    for role, params, code in (
        ("caseworker", {"template": "letter"}, "unknown_template"),
        ("caseworker", {"template": "grant_decision"}, "nothing_to_carry"),
        ("caseworker", {"template": "grant_decision", "about": 1}, "template_does_not_carry"),
        ("receptionist", {"template": "receipt"}, "role_not_allowed"),
    ):
        answer = await api.ask(role, "GET", f"/cases/{case_id}/papers/preview", params=params)
        assert answer.json()["code"] == code


async def test_an_issued_paper_is_the_same_bytes_and_names_the_event_of_the_ledger(api: Api) -> None:
    case_id = await api.house.accepted()
    paper = await issue(api, case_id, template="accept_first_notice")
    path = f"/cases/{case_id}/papers/{paper['document_id']}"
    first = await fetch(api, path)
    async with api.house.database.transaction(WORKER) as conn:
        history = await load_history(conn, case_id)
    digest = next(r.digest.hex() for r in history if r.event.type == "document_issued")
    assert paper["number"].replace(" ", "") in words(first.content)
    assert digest[: qr.SHORT] in words(first.content)
    with patch.object(printer, "pdf", side_effect=AssertionError("drawn twice")):
        assert (await fetch(api, path)).content == first.content


async def test_a_paper_shows_the_case_as_it_was_issued_whatever_came_later(api: Api) -> None:
    case_id = await api.house.submit()
    paper = await issue(api, case_id, template="receipt")
    await api.house.do("approver", "accept_first", case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
    said = words((await fetch(api, f"/cases/{case_id}/papers/{paper['document_id']}")).content)
    case = await api.get("caseworker", f"/cases/{case_id}")
    assert case["register_number"].replace(" ", "") in said
    assert case["case_number"].replace(" ", "") not in said


async def test_several_who_ask_at_once_get_the_same_paper(api: Api) -> None:
    case_id = await api.house.submit()
    paper = await issue(api, case_id, template="receipt")
    answers = await asyncio.gather(*(fetch(api, f"/cases/{case_id}/papers/{paper['document_id']}") for _ in range(4)))
    assert len({a.content for a in answers}) == 1


async def test_a_wrong_paper_is_marked_void_and_still_fetched_as_it_was(api: Api) -> None:
    case_id = await api.house.submit()
    wrong = await issue(api, case_id, template="receipt")
    path = f"/cases/{case_id}/papers/{wrong['document_id']}"
    before = await fetch(api, path)
    right = await issue(api, case_id, template="receipt", language="en", voids=wrong["document_id"])
    after = await fetch(api, path)
    assert (before.headers["paper-void"], after.headers["paper-void"]) == ("false", "true")
    assert before.content == after.content
    listed = (await api.get("caseworker", f"/cases/{case_id}/papers"))["issued"]
    assert [(i["document_id"], i.get("voided_by")) for i in listed] == [
        (right["document_id"], None), (wrong["document_id"], right["document_id"]),
    ]  # fmt: skip
    said = words((await fetch(api, f"/cases/{case_id}/papers/{right['document_id']}")).content)
    assert f"takestheplaceofNo.{wrong['number'].replace(' ', '')}" in said


async def test_papers_are_put_together_for_one_print_run(api: Api) -> None:
    case_id = await api.house.accepted()
    ids = [(await issue(api, case_id, template=t))["document_id"] for t in ("receipt", "accept_first_notice")]
    run = words((await fetch(api, f"/cases/{case_id}/papers/print", ids=",".join(ids))).content)
    alone = [words((await fetch(api, f"/cases/{case_id}/papers/{i}")).content) for i in ids]
    assert run == "".join(alone)
    wrong = await api.ask("caseworker", "GET", f"/cases/{case_id}/papers/print", params={"ids": "x"})
    assert (wrong.status_code, wrong.json()["errors"][0]["parameter"]) == (422, "ids")


async def test_a_paper_of_another_case_or_none_is_not_found(api: Api) -> None:
    case_id, other = await api.house.submit(), await api.house.submit()
    paper = await issue(api, other, template="receipt")
    for document_id in (paper["document_id"], str(uuid4())):
        answer = await api.ask("caseworker", "GET", f"/cases/{case_id}/papers/{document_id}")
        assert (answer.status_code, answer.json()["code"]) == (404, "document_not_found")


async def test_progress_sets_a_paper_going_and_says_when_it_is_ready(api: Api) -> None:
    case_id = await api.house.submit()
    paper = await issue(api, case_id, template="receipt")
    path = f"/cases/{case_id}/papers/{paper['document_id']}/progress"
    assert (await api.get("caseworker", path))["state"] == "drawing"
    await fetch(api, f"/cases/{case_id}/papers/{paper['document_id']}")
    assert await api.get("caseworker", path) == {"state": "ready", "pages": 1, "seconds": 0}

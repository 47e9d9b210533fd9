"""The home-visit kit: what it asks, what it holds, and that its answers come back without a word typed twice or lost."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

import texts
from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import BODY, CHIEF, CLERK, backend, browser, enter, hidden
from web.kit_file import MOST_BYTES, Unreadable, taken_in
from web.kit_questions import masked, record_of
from web.kit_view import READ_ALOUD

__all__ = ["backend", "browser"]
NUMBER = "620403198805121234"
SAFE = {"phone": "13900000001", "never": "不要拨打家里的座机"}


async def due(office: InMemory, *, owed: bool = True, **applicant: Any) -> str:
    """A case with a visit that is due, of somebody whose phone and residence nobody knows; papers may be owed."""
    body = {**BODY, "applicant": {**BODY["applicant"], "safe_contact": SAFE, "address": "柳家湾村12号", **applicant}}
    case_id = str((await office.submit(CLERK, body, key="opening", lang="en"))["case_id"])
    if owed:
        papers = {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}, {"kind": "work_evidence"}]}
        await office.command(CHIEF, case_id, "accept_first", papers, key="accept", if_match=None, lang="en")
    plan = {
        "at": (office.now + timedelta(days=1)).isoformat(),
        "address": "柳家湾村12号",
        "ground": "disabled",
        "visitors": ["P-LI-GUANGMING"],
    }
    await office.command(CLERK, case_id, "schedule_home_visit", plan, key="plan", if_match=None, lang="en")
    return case_id


async def taken(browser: httpx.AsyncClient, case_id: str, reason: str = "visit") -> httpx.Response:
    page = await browser.get(f"/cases/{case_id}/visit-kit")
    return await browser.post(f"/cases/{case_id}/visit-kit/file", data={"csrf": hidden(page, "csrf"), "reason": reason})


def answered(file: httpx.Response, *answers: tuple[str, str], **more: Any) -> dict[str, Any]:
    """What the offline file gives out."""
    found = re.search(r"data-kit='([^']*)'", file.text)
    assert found
    said = [["/record_home_visit/held_on", "2026-01-05"], ["/record_home_visit/summary", "上门核对"], *map(list, answers)]
    return {"format": "yuanshou-visit-kit", "schema": 1, **json.loads(html.unescape(found[1])), "answers": said, **more}


async def handed_in(browser: httpx.AsyncClient, case_id: str, held: dict[str, Any] | bytes) -> httpx.Response:
    page = await browser.get(f"/cases/{case_id}/visit-kit")
    raw = held if isinstance(held, bytes) else json.dumps(held, ensure_ascii=False).encode()
    return await browser.post(
        f"/cases/{case_id}/visit-kit/read", data={"csrf": hidden(page, "csrf")}, files={"file": ("a.json", raw, "application/json")}
    )


def typed(page: httpx.Response) -> dict[str, Any]:
    """The form of a review as a browser would send it."""
    form = page.text.split('<form class="sheet"')[1].split("</form>")[0]
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        ticked = not re.search(r'type="(?:checkbox|radio)"', tag) or " checked" in tag
        if name and ticked:
            sent.setdefault(name[1], []).append(html.unescape(value[1] if value else "on"))
    for name, value in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        sent[name] = [html.unescape(value)]
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = [chosen[1] if chosen else ""]
    return {name: values for name, values in sent.items() if "__n__" not in name}


async def test_the_file_is_whole_by_itself_and_says_what_it_holds(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await due(backend, id_number=NUMBER, id_kind="other")
    await enter(browser, CLERK)
    file = await taken(browser, case_id)
    assert "attachment" in file.headers["content-disposition"]
    assert not re.findall(r'(?:src|href)="(?!#)', file.text), "nothing is fetched"
    assert "default-src &#39;none&#39;" in file.text
    assert "unsafe" not in file.text
    for words in (
        "欧阳某某",
        "柳家湾村12号",
        "13900000001",
        "不要拨打家里的座机",
        masked(NUMBER),
        "This file holds personal data",
        "copy of identity card",
    ):
        assert words in file.text, words
    assert NUMBER not in file.text
    for line in READ_ALOUD:
        assert texts.text("en", f"kit.read_{line}")[:20] in html.unescape(file.text)
    for pointer in ("/application/applicant.residence", "/application/opponents.0.address", "/papers/kinds", "/record_home_visit/proof"):
        assert f'name="{pointer}"' in file.text, pointer
    assert 'name="/application/applicant.address"' not in file.text, "what is known is not asked again"


async def test_taking_the_file_out_is_recorded_with_its_reason(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await due(backend)
    await enter(browser, CLERK)
    without = await taken(browser, case_id, " ")
    assert (without.status_code, backend.taken) == (422, [])
    assert "Say why" in without.text
    await taken(browser, case_id, "上门")
    assert backend.taken == [(CLERK, case_id, "上门")]


async def test_answers_become_one_bundle(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await due(backend)
    await enter(browser, CLERK)
    held = answered(
        await taken(browser, case_id), ("/application/applicant.residence", "rural"), ("/application/applicant.language", "回民话"),
        ("/application/opponents.0.phone", "0932-8212345"), ("/papers/kinds", "id_copy"), ("/beside/read_aloud", "true"),
        ("/beside/witnesses/0", "马某（邻居）"), ("/record_home_visit/proof", "fingerprint"),
    )  # fmt: skip
    review = await handed_in(browser, case_id, held)
    assert review.status_code == 200
    sent = await browser.post(f"/cases/{case_id}/visit-kit", data=typed(review))
    assert sent.status_code == 303, sent.text
    case = backend.states[case_id]
    assert (case.applicant.residence, case.applicant.language) == ("rural", "回民话")
    assert case.parties[case.opponents[0]].phone == "0932-8212345"
    assert [p.kind for p in case.accept_first.papers_owed] == ["work_evidence"] if case.accept_first else False
    report = next(h.event for h in backend.histories[case_id] if h.event.type == "home_visit_recorded")
    assert report.proof == "fingerprint"
    assert "马某（邻居）" in report.summary
    assert json.loads(backend.contents[backend.files[0]["document_id"]][0])["answers"] == held["answers"], "the file is kept as it came"


async def test_the_same_file_is_not_recorded_twice(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await due(backend)
    await enter(browser, CLERK)
    held = answered(await taken(browser, case_id))
    review = await handed_in(browser, case_id, held)
    sent = [await browser.post(f"/cases/{case_id}/visit-kit", data=typed(review)) for _ in range(2)]
    assert [s.status_code for s in sent] == [303, 422], "a second click is told that nothing was recorded twice"
    again = await handed_in(browser, case_id, held)
    assert (again.status_code, "was handed in and recorded before" in again.text) == (422, True)
    assert [h.event.type for h in backend.histories[case_id]].count("home_visit_recorded") == 1
    other = await handed_in(browser, case_id, {**held, "answers": [*held["answers"], ["/beside/remarks", "又及"]]})
    assert (other.status_code, "was handed in before, with other answers" in other.text) == (200, True)


async def test_what_a_colleague_recorded_meanwhile_stays_unless_taken(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await due(backend)
    await enter(browser, CLERK)
    held = answered(await taken(browser, case_id), ("/application/applicant.residence", "rural"), ("/papers/kinds", "id_copy"))
    correction = {"position": 1, "field": "/applicant/residence", "value": "urban", "reason": "电话核实"}
    await backend.command(CLERK, case_id, "correct_record", correction, key="colleague", if_match=None, lang="en")
    papers = {"papers": [{"kind": "id_copy"}]}
    await backend.command(CLERK, case_id, "supply_owed_papers", papers, key="supplied", if_match=None, lang="en")
    review = await handed_in(browser, case_id, held)
    assert "A colleague has recorded these meanwhile" in review.text
    assert "Since the kit was downloaded" in review.text
    assert "There is no place left in the form" in review.text, "the paper is owed no longer, and not forgotten"
    data = typed(review)
    await browser.post(f"/cases/{case_id}/visit-kit", data={**data, "/take": ["applicant.residence"], "key": ["kit-take-it-1"]})
    assert backend.states[case_id].applicant.residence == "rural"
    assert len([h for h in backend.histories[case_id] if h.event.type == "record_corrected"]) == 2


async def test_an_answer_that_a_colleague_recorded_alike_is_settled(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await due(backend)
    await enter(browser, CLERK)
    held = answered(await taken(browser, case_id), ("/application/applicant.residence", "rural"))
    correction = {"position": 1, "field": "/applicant/residence", "value": "rural", "reason": "电话核实"}
    await backend.command(CLERK, case_id, "correct_record", correction, key="colleague", if_match=None, lang="en")
    assert "A colleague has recorded these meanwhile" not in (await handed_in(browser, case_id, held)).text


async def test_without_the_tick_the_record_stays(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await due(backend)
    await enter(browser, CLERK)
    held = answered(await taken(browser, case_id), ("/application/applicant.residence", "rural"))
    correction = {"position": 1, "field": "/applicant/residence", "value": "urban", "reason": "电话核实"}
    await backend.command(CLERK, case_id, "correct_record", correction, key="colleague", if_match=None, lang="en")
    sent = await browser.post(f"/cases/{case_id}/visit-kit", data=typed(await handed_in(browser, case_id, held)))
    assert (sent.status_code, backend.states[case_id].applicant.residence) == (303, "urban")


async def test_a_fault_is_told_at_its_field_and_nothing_is_lost(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await due(backend)
    await enter(browser, CLERK)
    wrong = [
        ("/record_home_visit/travel_minutes", "一小时"),
        ("/application/applicant.id_kind", "resident_id"),
        ("/nowhere/else", "多出来的话"),
        ("/record_home_visit/proof", "fingerprint"),
        ("/record_home_visit/proof/deeper", "更深的话"),
    ]
    held = answered(await taken(browser, case_id), *wrong, ("/application/applicant.id_number", "123"))
    review = await handed_in(browser, case_id, held)
    assert 'value="一小时"' in review.text
    assert "f-record_home_visit-travel_minutes-fault" in review.text
    assert "多出来的话" in review.text
    assert "更深的话" in review.text
    data = {**typed(review), "/record_home_visit/travel_minutes": ["60"]}
    refused = await browser.post(f"/cases/{case_id}/visit-kit", data=data)
    assert (refused.status_code, 'id="f-application-applicant.id_number-fault"' in refused.text) == (422, True), refused.text
    assert 'value="123"' in refused.text
    assert "home_visit_recorded" not in [h.event.type for h in backend.histories[case_id]], "all or none"


async def test_the_answers_of_another_case_lead_there(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await due(backend)
    other = str((await backend.submit(CLERK, BODY, key="opening-2", lang="en"))["case_id"])
    await enter(browser, CLERK)
    answer = await handed_in(browser, other, answered(await taken(browser, case_id)))
    assert answer.status_code == 422
    assert f'href="/cases/{case_id}/visit-kit"' in answer.text


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "broken"),
        (b"\xff\xfe", "broken"),
        (b"[]", "no_kit"),
        (b'{"format": "yuanshou-visit-kit", "schema": 2}', "other_form"),
        (b'{"format": "yuanshou-visit-kit", "schema": 1, "answers": [["/a"]]}', "broken"),
        (b'{"format": "yuanshou-visit-kit", "schema": 1, "answers": 7}', "broken"),
        (b" " * (MOST_BYTES + 1), "too_large"),
    ],
)
async def test_a_file_that_cannot_be_read_is_told_why(raw: bytes, code: str, browser: httpx.AsyncClient, backend: InMemory) -> None:
    with pytest.raises(Unreadable, match=code):
        taken_in(raw)
    case_id = await due(backend)
    await enter(browser, CLERK)
    answer = await handed_in(browser, case_id, raw)
    assert (answer.status_code, 'id="file-fault"' in answer.text) == (422, True)


async def test_who_may_not_correct_finds_the_answers_in_the_report(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await due(backend)
    desk = next(name for name, p in backend.staff.items() if p.role == "receptionist" and p.office == "C-CITY")
    await enter(browser, desk)
    held = answered(await taken(browser, case_id), ("/application/applicant.residence", "rural"))
    review = await handed_in(browser, case_id, held)
    assert "residence: rural" in review.text.lower()
    assert 'name="/application/applicant.residence"' not in review.text
    sent = await browser.post(f"/cases/{case_id}/visit-kit", data=typed(review))
    assert sent.status_code == 303


async def test_photos_are_added_once(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = await due(backend)
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}/visit-kit")
    data = {"csrf": hidden(page, "csrf"), "what": "signed"}
    files = [("file", ("a.jpg", b"one", "image/jpeg")), ("file", ("b.jpg", b"two", "image/jpeg"))]
    for added in (2, 0):
        sent = await browser.post(f"/cases/{case_id}/visit-kit/photos", data=data, files=files)
        assert f"added={added}" in sent.headers["location"]
    assert [f["title"] for f in backend.files] == [f"{texts.text('en', 'kit.photo_signed')} · {n}.jpg" for n in "ab"]
    none = await browser.post(f"/cases/{case_id}/visit-kit/photos", data=data, files={"other": ("a", b"", "image/jpeg")})
    assert none.status_code == 422


async def test_without_a_visit_due_the_page_says_what_to_do(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = str((await backend.submit(CLERK, BODY, key="opening", lang="en"))["case_id"])
    await enter(browser, CLERK)
    page = await browser.get(f"/cases/{case_id}/visit-kit")
    assert f'href="/cases/{case_id}/commands/schedule_home_visit"' in page.text
    await enter(browser, CHIEF)
    assert (await browser.get(f"/cases/{case_id}/visit-kit")).status_code == 403


def test_a_case_that_was_not_opened_by_an_application_has_no_questions() -> None:
    assert record_of([{"type": "organ_notice_received", "version": 1, "position": 1, "data": {}}]) is None

"""The pages of people: the search, two entries linked, what the intake knows of whoever is taken down, what stands against a case."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import BODY, CLERK, backend, browser, enter, filled, hidden

__all__ = ["backend", "browser"]
KEPT, OTHER = "01890000-0000-7000-8000-0000000000a1", "01890000-0000-7000-8000-0000000000b2"


def person(subject: str, name: str, **changes: Any) -> dict[str, Any]:
    entry = {
        "subject_id": subject, "case_id": "01890000-0000-7000-8000-000000000001", "party_id": 0, "kind": "case", "role": "applicant",
        "present": True, "number": "鹿鸣援受[2026]1号", "state": "received", "centre": "C-CITY", "cause": "wages",
        "opened_on": "2026-03-10",
    }  # fmt: skip
    shown: dict[str, Any] = {
        "subject_id": subject, "name": name, "other_names": [], "id_kind": "resident_id", "id_tail": "002X", "birth_date": "1949-12-31",
        "phone_tail": "1234", "linked": [], "entries": [entry],
    }  # fmt: skip
    return shown | changes


async def test_people_are_found_with_what_they_are_in(browser: httpx.AsyncClient, backend: InMemory) -> None:
    backend.entries = [person(KEPT, "欧阳某某"), person(OTHER, "王某")]
    await enter(browser, CLERK)
    empty = await browser.get("/persons")
    assert "/cases/01890000" not in empty.text
    page = await browser.get("/persons?q=欧阳")
    assert "欧阳某某" in page.text
    assert "王某" not in page.text
    assert "鹿鸣援受[2026]1号" in page.text
    assert "Nobody was found" in (await browser.get("/persons?q=nobody")).text


async def test_two_entries_are_linked_and_told_apart_again(browser: httpx.AsyncClient, backend: InMemory) -> None:
    backend.entries = [person(KEPT, "欧阳某某"), person(OTHER, "欧阳某")]
    await enter(browser, CLERK)
    page = await browser.get("/persons?q=欧阳")
    data = {"csrf": hidden(page, "csrf"), "key": "a-key-of-its-own", "q": "欧阳", "reason": "name_corrected"}
    one = await browser.post("/persons/links", data=data | {"entry": [KEPT]})
    assert (one.status_code, "Tick two entries" in one.text) == (422, True)
    assert re.search(rf'value="{KEPT}"[^>]* checked', one.text), "what was ticked stays ticked"
    two = await browser.post("/persons/links", data=data | {"entry": [KEPT, OTHER]})
    assert two.headers["location"].endswith("done=link")
    assert backend.links == [(KEPT, OTHER, "name_corrected")]
    undo = {"csrf": data["csrf"], "key": "another-key", "q": "欧阳", "other": OTHER, "reason": "linked_by_mistake"}
    assert (await browser.post(f"/persons/{KEPT}/unlinks", data=undo)).headers["location"].endswith("done=unlink")
    again = await browser.post(f"/persons/{KEPT}/unlinks", data=undo)
    assert (again.status_code, "not linked" in again.text) == (409, True)


async def test_a_form_of_another_site_links_nobody(browser: httpx.AsyncClient, backend: InMemory) -> None:
    await enter(browser, CLERK)
    sent = await browser.post(
        "/persons/links", data={"csrf": "wrong", "key": "k", "q": "", "reason": "same_number", "entry": [KEPT, OTHER]}
    )
    assert sent.status_code == 403
    assert backend.links == []


class TestIntake:
    async def test_who_was_entered_before_is_told_and_nothing_typed_is_lost(self, browser: httpx.AsyncClient, backend: InMemory) -> None:
        backend.entries = [person(KEPT, "欧阳某某")]
        await enter(browser, CLERK)
        typed = {
            "/applicant/name": "欧阳某某",
            "/applicant/id_number": "11010519491231002x",
            "/matter/summary": "拖欠工资",
            "check": "known",
        }
        page = await browser.post("/intake", data=await filled(browser, "/intake", **typed))
        assert page.status_code == 200
        panel = page.text[page.text.index('id="known"') :]
        assert "same name" in panel
        assert "鹿鸣援受[2026]1号" in panel
        assert "Other centres hold this very ID number: 1" in panel
        assert "born 31 Dec 1949, female" in panel
        assert "拖欠工资" in page.text
        assert re.search(r'name="/applicant/birth_date"[^>]*value="1949-12-31"', page.text), "the birthday is filled in"
        assert not backend.states, "nothing was recorded"

    async def test_a_birthday_that_was_typed_stays(self, browser: httpx.AsyncClient) -> None:
        await enter(browser, CLERK)
        typed = {"/applicant/id_number": "11010519491231002X", "/applicant/birth_date": "1950-01-01", "check": "known"}
        page = await browser.post("/intake", data=await filled(browser, "/intake", **typed))
        assert re.search(r'name="/applicant/birth_date"[^>]*value="1950-01-01"', page.text)

    @pytest.mark.parametrize(
        ("number", "words"),
        [("110105194912310021", "digit by digit"), ("1101051949", "18 characters"), ("110105194913310021", "does not exist")],
    )
    async def test_what_is_wrong_with_a_number_is_told_at_once(self, browser: httpx.AsyncClient, number: str, words: str) -> None:
        await enter(browser, CLERK)
        data = await filled(browser, "/intake", **{"/applicant/id_number": number, "check": "known"})
        assert words in (await browser.post("/intake", data=data)).text

    async def test_a_passport_is_not_read_as_a_residents_number(self, browser: httpx.AsyncClient) -> None:
        await enter(browser, CLERK)
        typed = {"/applicant/id_kind": "passport", "/applicant/id_number": "E1234567", "check": "known"}
        page = await browser.post("/intake", data=await filled(browser, "/intake", **typed))
        assert "18 characters" not in page.text

    async def test_accepting_first_is_offered_as_the_group_is_ticked(self, browser: httpx.AsyncClient) -> None:
        await enter(browser, CLERK)
        typed = {"/applicant/categories": "migrant_worker", "/papers/0/kind": "id_copy", "check": "known"}
        page = await browser.post("/intake", data=await filled(browser, "/intake", **typed))
        panel = page.text[page.text.index('id="known"') :].split("</div>")[0]
        assert "can be accepted at once" in panel
        assert "evidence of work" in panel
        assert "copy of identity card" not in panel, "what is handed in is not owed"
        assert "Nobody" not in panel

    @pytest.mark.parametrize(("days", "urgent"), [(0, True), (6, True), (7, False), (-1, False)])
    async def test_accepting_first_is_offered_where_the_right_is_about_to_be_lost(
        self, days: int, urgent: bool, browser: httpx.AsyncClient, backend: InMemory
    ) -> None:
        await enter(browser, CLERK)
        ends = (backend.now.date() + timedelta(days=days)).isoformat()
        page = await browser.post("/intake", data=await filled(browser, "/intake", **{"/matter/limitation_on": ends, "check": "known"}))
        assert ("which is urgent" in page.text) == urgent

    async def test_an_opponent_whom_the_office_helped_is_told(self, browser: httpx.AsyncClient, backend: InMemory) -> None:
        backend.entries = [person(KEPT, "王某")]
        await enter(browser, CLERK)
        for name, told in (("王某", True), ("赵某", False)):
            data = await filled(browser, "/intake", **{"/opponents/0/name": name, "check": "known"})
            assert ("there may be a conflict of interest" in (await browser.post("/intake", data=data)).text) == told


async def test_what_stands_against_a_case_is_explained(browser: httpx.AsyncClient, backend: InMemory) -> None:
    case_id = str((await backend.submit(CLERK, BODY, key="conflict", lang="en"))["case_id"])
    await enter(browser, CLERK)
    assert "No conflict of interest was found" in (await browser.get(f"/cases/{case_id}/conflicts")).text
    hit = {
        "party_id": 0, "role_here": "applicant", "case_id": OTHER, "kind": "case", "number": "安定援民字[2026]7号", "centre": "C-CITY",
        "open": True, "role_there": "opponent", "matched_by": "number", "why": "client_is_opponent_there", "severity": "bars",
        "barred": ["L-WANG-MIN"],
    }  # fmt: skip
    backend.against = {"hits": [hit], "people_searched": 1024, "unlisted": 2}
    page = await browser.get(f"/cases/{case_id}/conflicts")
    for words in ("安定援民字[2026]7号", "same ID number", "Whoever acts there may not act here", "May not be assigned", "2 more entries"):
        assert words in page.text
    assert f"/cases/{case_id}/conflicts" in (await browser.get(f"/cases/{case_id}")).text

"""Pages about means: standards by day and their trial, pledges drawn, a past decision made again, the competent centre."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest

from api.app import create_app
from domain.command import Role
from ledger import rules
from tests.house import House, session_of
from tests.integration.desks import Desks
from web.app import with_pages
from web.in_process import InProcess
from web.page import SESSION

FAR = "2099-01-01"
OFFICES: dict[Role, str] = {"system_administrator": "C-CITY", "auditor": "B-CITY"}
"""Where the house has those whom no county has."""
type Browsing = Callable[[Role], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
async def browsing(house: House) -> Browsing:
    """Opens a browser in which the house's person of a role is signed in, in English."""
    desks = await Desks.open(house)
    api = create_app(desks.services)
    app = with_pages(api, InProcess(api), rules.current().policy)

    @asynccontextmanager
    async def browser(role: Role) -> AsyncIterator[httpx.AsyncClient]:
        cookies = {SESSION: session_of(house.who(role, OFFICES.get(role)))}
        headers = {"Accept-Language": "en"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t", headers=headers, cookies=cookies) as opened:
            yield opened

    return browser


@pytest.fixture
async def assessed(house: House) -> str:
    """A case whose household was assessed upon a pledge: in hardship, 600 yuan a person; its id."""
    applicant = {"name": "岑某", "id_number": "11010519491231002X"}
    case_id = await house.submit(applicant=applicant)
    household = [{"relation": "self", "income_fen_per_month": 60000, "self_only": True}]
    await house.do("caseworker", "assess_hardship", case_id, household=household, county="ADX", residence="rural", proof="integrity_pledge")
    return case_id


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


async def test_a_standard_is_tried_before_it_is_entered_and_entered_once(browsing: Browsing, assessed: str) -> None:
    typed = {"since": FAR, "instrument": "试行文件", "county": "ADX", "urban": "1,000.00", "rural": "900"}
    async with browsing("system_administrator") as admin:
        page = await admin.get("/standards")
        carried = {name: hidden(page, name) for name in ("csrf", "key")}
        half = await admin.post("/standards", data={**carried, **typed, "rural": ""})
        assert half.status_code == 422
        assert "Fill in both guarantee lines" in half.text
        assert 'value="1,000.00"' in half.text
        tried = await admin.post("/standards", data={**carried, **typed, "step": "try"})
        assert tried.status_code == 200
        assert "You see no cases" in tried.text
        assert assessed not in tried.text
        assert 'value="record"' in tried.text
        for _ in range(2):
            recorded = await admin.post("/standards", data={**carried, **typed, "step": "record"})
            assert recorded.headers["location"] == "/standards?done=1&changed=0"
        shown = await admin.get("/standards?done=1")
    assert shown.text.count("试行文件") == 1
    assert "1,000.00" in shown.text
    async with browsing("supervisor") as looker:
        assert 'method="post" data-once' not in (await looker.get("/standards")).text
    async with browsing("receptionist") as stranger:
        assert (await stranger.get("/standards")).status_code == 403


async def test_a_trial_names_each_case_that_would_come_out_otherwise_and_the_next_page(browsing: Browsing, assessed: str) -> None:
    async with browsing("auditor") as auditor:
        nobody = await auditor.get("/standards", params={"try": 1, "from": "2026-01-01", "urban": "1", "rural": "1"})
        assert f"/cases/{assessed}?tab=hardship" in nobody.text
        assert "not in hardship" in nobody.text
        wrong = await auditor.get("/standards", params={"try": 1, "urban": "one", "rural": "1"})
        assert wrong.status_code == 422
        assert 'value="one"' in wrong.text


async def test_a_drawn_pledge_can_be_asked_about_and_a_month_that_is_none_is_told(browsing: Browsing, house: House, assessed: str) -> None:
    async with browsing("caseworker") as desk:
        page = await desk.get("/spot-checks", params={"centre": house.centre})
        assert page.status_code == 200
        assert "pledges this month" in page.text
        drawn = re.findall(r"/cases/([0-9a-f-]{36})/commands/request_verification", page.text)
        rows = re.findall(r"/cases/([0-9a-f-]{36})\?tab=hardship", page.text)
        assert set(drawn) <= set(rows)
        assert (await desk.get("/spot-checks", params={"centre": house.centre, "month": "2026-13"})).status_code == 422
        assert "No pledge was drawn" in (await desk.get("/spot-checks", params={"centre": house.centre, "month": "2020-01"})).text
    async with browsing("lawyer") as stranger:
        assert (await stranger.get("/spot-checks")).status_code == 403


async def test_a_decision_about_means_is_made_again_beside_what_was_recorded(browsing: Browsing, assessed: str) -> None:
    async with browsing("auditor") as auditor:
        page = await auditor.get(f"/cases/{assessed}/rerun")
        assert page.status_code == 200
        assert page.text.count("✓ the same") == 2
        assert "As recorded" in page.text
        assert "Anding County" in page.text
        assert f"/cases/{assessed}/rerun?version=" in (await auditor.get(f"/cases/{assessed}?tab=hardship")).text
        assert "rests on no assessment" in (await auditor.get(f"/cases/{assessed}/rerun?version=1")).text
        assert (await auditor.get(f"/cases/{assessed}/rerun?version=99")).status_code == 404
    async with browsing("receptionist") as desk:
        assert (await desk.get(f"/cases/{assessed}/rerun")).status_code == 403


async def test_the_competent_centre_is_found_and_another_is_no_refusal(browsing: Browsing, house: House) -> None:
    asked = {
        "kind": "civil",
        "forum": "arbitration",
        "organ_county": "ADX",
        "event_county": "ADX",
        "limitation": "civil",
        "start": "2026-01-05",
    }
    async with browsing("receptionist") as desk:
        here = await desk.get("/eligibility", params={**asked, "centre": house.centre})
        assert "This centre is competent and may take it in" in here.text
        assert 'name="limitation" value="civil"' in here.text
        other = next(o.code for o in house.directory.offices() if o.kind == "centre" and o.code not in {house.centre, "C-CITY"})
        there = await desk.get("/eligibility", params={**asked, "centre": other})
        assert "This is a referral, not a refusal" in there.text
        paused = await desk.get("/eligibility", params={**asked, "obstacle_from": "2028-10-01", "obstacle_to": "2028-11-01"})
        assert paused.status_code == 200
        half = await desk.get("/eligibility", params={**asked, "obstacle_from": "2028-10-01"})
        assert half.status_code == 422
        assert 'value="2028-10-01"' in half.text

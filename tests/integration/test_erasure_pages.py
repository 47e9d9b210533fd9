"""A person's data by pages: two people decide, and what is gone is said in words wherever it stood."""

import html
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.app import create_app
from tests.house import House, session_of
from tests.integration.erasing import Erasing, erasing
from tests.integration.test_persons import surname
from tests.periods import over
from web.app import with_pages
from web.case_page import TABS
from web.in_process import InProcess


@pytest.fixture(scope="module")
async def at(house: House, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Erasing]:
    async with erasing(house, tmp_path_factory.mktemp("erasing")) as made:
        yield made


class Browser:
    """Pages over the same services, as one of the house's people."""

    def __init__(self, at: Erasing, role: Any, lang: str) -> None:
        api = create_app(at.services)
        app = with_pages(api, InProcess(api), over().policy)
        cookies = {"yuanshou_session": session_of(at.house.who(role)), "yuanshou_lang": lang}
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t", cookies=cookies)

    async def get(self, path: str) -> str:
        page = await self.http.get(path)
        assert page.status_code == 200, page.text
        return page.text

    async def send(self, page: str, action: str, **typed: str) -> httpx.Response:
        text = await self.get(page)
        (csrf,) = set(re.findall(r'name="csrf" value="([^"]*)"', text))
        return await self.http.post(action, data={"csrf": csrf, "key": f"page-{uuid4()}", **typed})


@pytest.mark.parametrize(("lang", "gone", "kept"), [("zh-CN", "已依法删除", "限制使用"), ("en", "erased under the law", "restricted")])
async def test_two_people_do_it_by_pages_and_what_is_gone_is_said_in_words(at: Erasing, lang: str, gone: str, kept: str) -> None:
    name = surname() + "页"
    born = {"name": name, "phone": "13755550001", "birth_date": "1980-01-01", "address": "某路1号"}
    case_id, subject = await at.ended(applicant=born, opponents=[{"name": surname() + "公司"}])
    await at.house.do("caseworker", "add_note", case_id, text="电话联系", visible_to="all")
    one, two, clerk = Browser(at, "approver", lang), Browser(at, "supervisor", lang), Browser(at, "caseworker", lang)
    here = f"/persons/{subject}"
    assert name in await clerk.get(here)
    assert f'action="{here}/request"' not in await clerk.get(here), "nothing is offered to who may not"
    done = await one.send(here, f"{here}/restrict", ground="retention_runs", reason="期限未满")
    assert done.headers["location"] == f"{here}?done=restrict"
    assert kept in await one.get(here)
    asked = await clerk.http.get(f"/cases/{case_id}?tab=people")
    assert (asked.status_code, 'action="/reasons"' in asked.text, name in asked.text) == (403, True, False)
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]*)"', asked.text))
    where = html.unescape(re.findall(r'name="next" value="([^"]*)"', asked.text)[0])
    given = await clerk.http.post("/reasons", data={"csrf": csrf, "next": where, "reason": "答复本人来信"})
    assert (given.status_code, given.headers["location"]) == (303, f"/cases/{case_id}?tab=people")
    assert name in await clerk.get(where)
    other = await at.house.submit(applicant={"name": surname() + "旁"})
    assert f"Path=/cases/{case_id};" in given.headers["set-cookie"], "no other file is read for it"
    assert (await clerk.http.get(f"/cases/{other}")).status_code == 200
    assert (await one.send(here, f"{here}/free", reason="办结")).status_code == 303
    assert (await one.send(here, f"{here}/request", ground="retention_over", reason="期满")).status_code == 303
    assert f'action="{here}/approve"' not in await one.get(here), "not to who asked"
    assert here in await two.get("/persons/erasures")
    number = next(iter(at_request(await two.get(here))))
    assert (await two.send(here, f"{here}/approve", request=number)).status_code == 303
    await at.shredder.carry_out()
    number = (await at.api.get("caseworker", f"/cases/{case_id}"))["register_number"]
    case = f"/cases/{case_id}"
    tabs = [f"{case}?tab={tab}" for tab in TABS]
    for path in (*tabs, f"/cases?q={number}", here, "/", f"{case}/conflicts", f"{case}?version=1"):
        text = await clerk.get(path)
        assert name not in text
        assert "13755550001" not in text
        if path in (tabs[0], here, f"{case}?tab=people", f"{case}?version=1", f"/cases?q={number}"):
            assert gone in text, path
    again = await one.send(f"/cases/{case_id}", f"{here}/request", ground="retention_over", reason="期满")
    assert again.status_code == 409


def at_request(page: str) -> list[str]:
    return re.findall(r'name="request" value="(\d+)"', page)

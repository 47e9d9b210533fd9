"""The tour of a house that has one: where it stands is read from the case, and a house without a guide says nothing of it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

import texts
from domain.command import COMMANDS
from domain.directory import Directory
from ledger import rules
from ops.example import tour
from ops.example.accounts import written
from ops.example.directory import directory_events, people_accounts
from ops.home import Home
from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import backend, enter  # noqa: F401 -- a fixture
from texts import LANGUAGES, Lang
from web.app import with_pages
from web.fields import Field, fields_of
from web.guide import FILE, Guidebook, Marks

ACCEPT = {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}]}
WAGES = {
    "centre": "C-ADX",
    "channel": "walk_in",
    "applicant": {"name": "周小舟", "categories": ["migrant_worker"]},
    "matter": {"kind": "civil", "cause": "wages", "summary": "拖欠工资"},
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home into which the worked example was loaded."""
    made = Home(tmp_path)
    written(made.logins_file, people_accounts())
    tour.put(made)
    return made


@pytest.fixture
async def browser(backend: InMemory, home: Home) -> AsyncIterator[httpx.AsyncClient]:  # noqa: F811 -- the fixture
    app = with_pages(FastAPI(), backend, rules.current().policy, guidebook=Guidebook(home.path / FILE, tells_passwords=True))
    headers = {"Accept-Language": "en"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", headers=headers) as client:
        yield client


def password(home: Home, username: str) -> str:
    return next(login["password"] for login in json.loads(home.logins_file.read_text(encoding="utf-8")) if login["username"] == username)


async def test_a_house_without_a_guide_says_nothing_of_a_tour(backend: InMemory, home: Home) -> None:  # noqa: F811 -- the fixture
    for book in (None, Guidebook(home.path / "absent.json", tells_passwords=True)):
        app = with_pages(FastAPI(), backend, rules.current().policy, guidebook=book)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            door = await client.get("/sign-in?as=bai.ling")
            assert "tour" not in door.text.replace("yuanshou", "")
            assert 'value="bai.ling"' not in door.text
            assert (await client.get("/tour/start")).status_code == 404
            await enter(client, "bai.ling")
            assert 'class="tour' not in (await client.get("/")).text


async def test_one_press_at_the_door_fills_in_name_and_password(browser: httpx.AsyncClient, home: Home) -> None:
    door = await browser.get("/sign-in?as=bai.ling&next=/reception")
    assert 'name="username" value="bai.ling"' in door.text
    assert f"<code>{password(home, 'bai.ling')}</code>" in door.text
    assert (await browser.get("/sign-in?as=nobody")).text.count("<code>") == 0


@pytest.mark.parametrize(("tells", "host"), [(False, "127.0.0.1"), (True, "yuanshou.example.gov.cn")])
async def test_a_password_is_told_to_this_machine_alone(backend: InMemory, home: Home, tells: bool, host: str) -> None:  # noqa: F811 -- the fixture
    app = with_pages(FastAPI(), backend, rules.current().policy, guidebook=Guidebook(home.path / FILE, tells_passwords=tells))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{host}") as client:
        door = await client.get("/sign-in?as=bai.ling")
    assert 'value="bai.ling"' in door.text
    assert password(home, "bai.ling") not in door.text


async def test_the_next_step_is_what_the_case_has_not_behind_it(browser: httpx.AsyncClient, backend: InMemory) -> None:  # noqa: F811 -- the fixture
    case_id = str((await backend.submit("bai.ling", WAGES, key="open", lang="en"))["case_id"])
    await enter(browser, "xue.yongsheng")
    assert f'href="/tour/take?case={case_id}"' in (await browser.get(f"/cases/{case_id}")).text
    await browser.get(f"/tour/take?case={case_id}")

    page = await browser.get(f"/cases/{case_id}")
    assert texts.text("en", "tour.accept") in page.text
    assert f'href="/cases/{case_id}/commands/accept_first" data-tour="button"' in page.text
    await backend.command("xue.yongsheng", case_id, "accept_first", ACCEPT, key="accept", if_match=None, lang="en")

    page = await browser.get(f"/cases/{case_id}")
    assert texts.text("en", "tour.choose") in page.text
    assert "/sign-in?as=jia.fengqin&amp;next=%2Fcases%2F" in page.text
    assert texts.text("en", "tour.choose") in (await browser.get("/")).text
    assert Marks.of(browser.cookies["yuanshou_tour"].strip('"')) == Marks(open=True, step=3, case=case_id)


async def test_what_was_closed_is_gone_from_the_pages_and_brought_back_at_the_door(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/tour/start")).headers["location"] == "/sign-in?as=bai.ling&next=%2Freception"
    await enter(browser, "bai.ling")
    assert 'class="tour noprint"' in (await browser.get("/cases")).text
    await browser.get("/tour/close?next=/cases")
    assert 'class="tour' not in (await browser.get("/cases")).text
    browser.cookies.delete("yuanshou_session")
    assert 'href="/tour/start"' in (await browser.get("/sign-in")).text


@pytest.mark.parametrize("cookie", ["", "1.2", "1.999999.-.-", "1.2.x.y", "1.-1.-.-", "1.400.-.-"])
async def test_a_cookie_that_is_none_of_ours_breaks_no_page(browser: httpx.AsyncClient, cookie: str) -> None:
    browser.cookies.set("yuanshou_tour", cookie)
    assert (await browser.get("/sign-in")).status_code == 200
    await enter(browser, "bai.ling")
    assert (await browser.get("/cases")).status_code == 200


def _field(fields: tuple[Field, ...], path: str) -> Field:
    first, _, rest = path.partition(".")
    found = next(f for f in fields if f.name == first)
    return _field(found.fields, rest) if rest else found


def test_every_step_is_one_that_its_person_may_take_and_that_leaves_what_is_waited_for() -> None:
    roles = {account.username: account.role for account in people_accounts()}
    for step in tour.steps():
        if step.leaves == "seen":
            continue
        command = COMMANDS[step.command or step.form]
        assert roles[step.who] in command.roles, step.id
        assert step.leaves in command.emits or step.leaves in ("consultation", "case"), step.id
        for fill in step.fill:
            assert _field(fields_of(COMMANDS[step.form or step.command]), fill.field), fill
            assert fill.code or set(fill.words) == set(LANGUAGES), fill


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_step_has_its_words_and_names_buttons_by_the_pages_own(lang: Lang) -> None:
    for step in tour.steps():
        keys = [f"tour.{step.id}", *filter(None, (step.page, step.send)), *([f"commands.{step.command}"] if step.command else [])]
        assert [key for key in keys if not texts.has(lang, key)] == []
        assert all(texts.label(lang, step.form or step.command, fill.field) for fill in step.fill)


def test_the_guide_is_its_owners_alone_and_names_every_login(home: Home) -> None:
    file = home.path / FILE
    assert file.stat().st_mode & 0o077 == 0
    book = Guidebook(file, tells_passwords=False)
    guide = book.read()
    assert guide is not None
    assert {guest.username for guest in guide.guests} == {account.username for account in people_accounts()}
    assert {step.who for step in guide.steps} <= {guest.username for guest in guide.guests}
    assert Directory.fold(directory_events()).offices()

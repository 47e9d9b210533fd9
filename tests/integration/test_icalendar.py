"""A phone subscribes to a person's time limits: by a token in the address, and to nothing that the person may not see."""

from datetime import date, timedelta
from uuid import uuid4

import httpx
import pytest
from icalendar import Calendar

from tests.house import House
from tests.integration.desks import Desks, Someone, code_of


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house)


async def subscribed(desks: Desks, scopes: list[str]) -> tuple[Someone, str]:
    """A caseworker and a token that a calendar is given."""
    who = await desks.signed_in("caseworker", office=desks.house.centre)
    made = await desks.ask(who, "POST", "/me/tokens", {"label": "手机日历", "scopes": scopes, "days": 90})
    assert made.status_code == 201, made.text
    return who, made.json()["token"]


async def fetched(desks: Desks, token: str, **headers: str) -> httpx.Response:
    async with desks.client() as client:
        return await client.get(f"/calendar/{token}.ics", headers=headers)


async def owned(desks: Desks, who: Someone) -> str:
    case_id = await desks.house.submit()
    await desks.house.do("approver", "transfer_caseworker", case_id, to=who.person, reason="分工调整")
    return case_id


async def test_a_subscription_holds_the_person_s_own_limits_and_nobody_s_name(desks: Desks) -> None:
    who, token = await subscribed(desks, ["calendar"])
    case_id = await owned(desks, who)
    await desks.house.submit()

    answer = await fetched(desks, token)

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    (entry,) = Calendar.from_ical(answer.text).walk("VEVENT")
    assert str(entry["uid"]).startswith(case_id)
    assert "审查申请" in str(entry["summary"])
    assert entry.decoded("dtend") - entry.decoded("dtstart") == timedelta(days=1)
    assert isinstance(entry.decoded("dtstart"), date)
    assert len(entry.walk("VALARM")) == 1
    assert not [word for word in ("欧阳", "𠮷某", "13900001234", "八个月") if word in answer.text]


async def test_what_has_not_changed_is_not_sent_again(desks: Desks) -> None:
    who, token = await subscribed(desks, ["calendar"])
    await owned(desks, who)
    first = await fetched(desks, token)
    again = await fetched(desks, token, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await owned(desks, who)
    assert (await fetched(desks, token, **{"If-None-Match": first.headers["etag"]})).status_code == 200


async def test_an_answered_limit_is_gone_from_it(desks: Desks) -> None:
    who, token = await subscribed(desks, ["calendar"])
    case_id = await owned(desks, who)
    await desks.house.do("approver", "accept_first", case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
    names = [str(e["summary"]) for e in Calendar.from_ical((await fetched(desks, token)).text).walk("VEVENT")]
    assert names
    assert not [name for name in names if "审查申请" in name]


async def test_a_revoked_token_and_one_of_another_scope_open_nothing(desks: Desks) -> None:
    _, reading = await subscribed(desks, ["read"])
    assert code_of(await fetched(desks, reading)) == (403, "scope_missing")
    who, token = await subscribed(desks, ["calendar"])
    listed = (await desks.ask(who, "GET", "/me/sessions")).json()["items"]
    mine = next(s for s in listed if s["kind"] == "token")
    await desks.ask(who, "DELETE", f"/me/sessions/{mine['id']}")
    assert code_of(await fetched(desks, token)) == (401, "authentication_required")
    assert code_of(await fetched(desks, f"yst_{uuid4().hex}")) == (401, "authentication_required")


async def test_a_calendar_s_token_opens_nothing_else(desks: Desks) -> None:
    who, token = await subscribed(desks, ["calendar"])
    async with desks.client() as client:
        answer = await client.get("/cases", headers={"Authorization": f"Bearer {token}"})
    assert code_of(answer) == (403, "scope_missing")
    assert who.person

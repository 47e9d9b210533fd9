"""Filters that a person gives a name: kept, renamed, taken away, and nobody else's business."""

from typing import Any
from urllib.parse import quote

import pytest

from ledger.saved_filters import MOST
from tests.house import House
from tests.integration.desks import Desks, Someone, code_of

WEEK: dict[str, Any] = {"page": "deadlines", "name": "本周到期", "query": "state=running&due_before=2026-12-01"}


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house)


@pytest.fixture
async def who(desks: Desks) -> Someone:
    return await desks.signed_in("supervisor")


async def test_a_filter_is_kept_renamed_and_taken_away(desks: Desks, who: Someone) -> None:
    made = await desks.ask(who, "POST", "/me/filters", WEEK)
    assert made.status_code == 201, made.text
    kept = made.json()
    assert {name: kept[name] for name in WEEK} == WEEK
    listed = (await desks.ask(who, "GET", "/me/filters?page=deadlines")).json()["items"]
    assert listed == [kept]
    assert (await desks.ask(who, "GET", "/me/filters?page=cases")).json()["items"] == []

    renamed = await desks.ask(who, "PUT", f"/me/filters/{kept['id']}", {"name": "十二月前"})
    assert renamed.json() == kept | {"name": "十二月前"}
    assert (await desks.ask(who, "DELETE", f"/me/filters/{kept['id']}")).status_code == 204
    assert code_of(await desks.ask(who, "DELETE", f"/me/filters/{kept['id']}")) == (404, "filter_not_found")
    assert (await desks.ask(who, "GET", "/me/filters")).json()["items"] == []


async def test_sent_again_with_its_key_it_is_kept_once(desks: Desks, who: Someone) -> None:
    key = {"Idempotency-Key": f"filter-{who.username}"}
    first, again = [await desks.ask(who, "POST", "/me/filters", WEEK, **key) for _ in range(2)]
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replay"] == "true"
    assert len((await desks.ask(who, "GET", "/me/filters")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"query": f"q={quote('王某')}"}, 422, "filter_unknown"),
        ({"query": "cursor=abc"}, 422, "filter_unknown"),
        ({"query": "stage=closure"}, 422, "filter_unknown"),
        ({"query": "x" * 201}, 422, "invalid"),
        ({"query": "nothing"}, 422, "invalid"),
        ({"name": "名" * 61}, 422, "invalid"),
        ({"name": "  "}, 422, "invalid"),
        ({"name": "a\nb"}, 422, "invalid"),
        ({"page": "audit"}, 422, "invalid"),
    ],
)
async def test_what_is_no_filter_is_refused_with_its_field(
    desks: Desks, who: Someone, changed: dict[str, str], status: int, code: str
) -> None:
    answer = await desks.ask(who, "POST", "/me/filters", WEEK | changed)
    assert code_of(answer) == (status, code)
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(changed))}"


async def test_names_are_told_apart_and_their_number_is_bounded(desks: Desks, who: Someone) -> None:
    for n in range(MOST):
        answer = await desks.ask(who, "POST", "/me/filters", WEEK | {"name": f"第{n}个"})
        assert answer.status_code == 201, answer.text
    full = await desks.ask(who, "POST", "/me/filters", WEEK)
    assert code_of(full) == (409, "too_many_filters")
    assert str(MOST) in full.json()["detail"]
    first, second = (await desks.ask(who, "GET", "/me/filters")).json()["items"][:2]
    taken = await desks.ask(who, "PUT", f"/me/filters/{first['id']}", {"name": second["name"]})
    assert code_of(taken) == (409, "filter_name_taken")
    assert (await desks.ask(who, "PUT", f"/me/filters/{first['id']}", {"name": first["name"]})).status_code == 200
    await desks.ask(who, "DELETE", f"/me/filters/{first['id']}")
    assert code_of(await desks.ask(who, "POST", "/me/filters", WEEK | {"name": second["name"]})) == (409, "filter_name_taken")


async def test_nobody_sees_or_touches_anothers_also_in_the_database(desks: Desks, house: House, who: Someone) -> None:
    mine = (await desks.ask(who, "POST", "/me/filters", WEEK)).json()
    other = await desks.signed_in("supervisor")
    assert (await desks.ask(other, "GET", "/me/filters")).json()["items"] == []
    for method, body in (("PUT", {"name": "我的"}), ("DELETE", None)):
        assert code_of(await desks.ask(other, method, f"/me/filters/{mine['id']}", body)) == (404, "filter_not_found")
    async with house.database.transaction(other.token) as conn:
        assert await (await conn.execute("SELECT 1 FROM saved_filters")).fetchall() == []
        changed = await conn.execute("UPDATE saved_filters SET name = 'x'")
        removed = await conn.execute("DELETE FROM saved_filters")
        assert (changed.rowcount, removed.rowcount) == (0, 0)
    assert (await desks.ask(who, "GET", "/me/filters")).json()["items"] == [mine]

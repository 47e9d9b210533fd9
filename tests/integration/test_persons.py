"""The people of the cases over HTTP on the real ledger: found in one's own cases only, compared, linked and told apart."""

from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from domain.access import Scope, list_scope
from domain.command import Role
from domain.identity import check_character
from ledger.schema import people, search_tokens
from ledger.sql import fetch_all
from ledger.store import WORKER
from ledger.tokens import tokens_for_query
from readmodels import person_search
from tests.house import House
from tests.integration.test_api_reads import Api, elsewhere
from tests.integration.test_api_reads import api as api  # noqa: PLC0414 -- the fixture


def number(sequence: int, born: str = "19800101") -> str:
    """A resident's number that checks; one a sequence (0 to 999)."""
    first = f"150102{born}{sequence:03d}"
    return first + check_character(first)


_PICKED = permutations("赫连闻人澹台公冶宗政濮阳淳于单太叔申屠孙仲轩辕令狐钟离宇文长慕容鲜闾丘徒空亓官寇", 2)


def surname() -> str:
    """Two characters that no other test gives to anybody: tests share one ledger."""
    return "".join(next(_PICKED))


def key() -> dict[str, str]:
    return {"Idempotency-Key": f"persons-{uuid4()}"}


async def found(api: Api, q: str, role: Role = "caseworker", at: str | None = None) -> list[dict[str, Any]]:
    return (await api.get(role, "/persons", at, q=q))["items"]


async def subject_of(api: Api, q: str) -> str:
    (person,) = await found(api, q)
    return person["subject_id"]


async def asked(api: Api, **body: Any) -> dict[str, Any]:
    answer = await api.ask("caseworker", "POST", "/persons/duplicates", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("赵𠮷㐂", ["赵𠮷㐂", "𠮷㐂"]),
        ("吾买尔江·阿不都热合曼", ["吾买尔江阿不都热合曼", "阿不都热合曼", "吾买尔江 • 阿不都"]),
        ("格桑梅朵措姆", ["格桑梅朵", "gesangmeiduo", "gsmd"]),
        ("Oksana KOVALENKO", ["oksana kovalenko", "Kovalenko"]),
    ],
)
async def test_people_are_found_by_rare_transliterated_and_latin_names(api: Api, name: str, queries: list[str]) -> None:
    case_id = await api.house.submit(applicant={"name": name})
    for query in queries:
        rows = await found(api, query)
        assert case_id in {entry["case_id"] for person in rows for entry in person["entries"]}, query
        assert name in {person["name"] for person in rows}, query


@pytest.mark.parametrize("typed", ["15010219800101077{}", "１５０１０２１９８００１０１０７７{}", "150102 19800101 077{}"])
async def test_a_number_is_found_however_it_is_typed_and_comes_first(api: Api, typed: str) -> None:
    whole = number(77)
    await api.house.submit(applicant={"name": "号码某", "id_number": whole})
    (person, *_) = await found(api, typed.format(whole[-1].lower()))
    assert (person["matched"], person["id_tail"], person["birth_date"]) == (["id_number"], whole[-4:], "1980-01-01")


async def test_nobody_is_found_outside_ones_own_cases(api: Api) -> None:
    name = surname() + "越界"
    await api.house.submit(applicant={"name": name, "phone": "13711112222", "id_number": number(901)})
    for query in (name, name[:2], "yuejie", "13711112222", "2222", number(901)):
        assert name not in {person["name"] for person in await found(api, query, at=elsewhere(api.house))}, query
    assert {person["name"] for person in await found(api, name)} == {name}
    assert await found(api, name, "finance_officer") == []


async def test_two_people_of_one_name_are_two_and_a_page_goes_on_where_the_last_ended(api: Api) -> None:
    name = surname() + "同名"
    for _ in range(3):
        await api.house.submit(applicant={"name": name})
    first = await api.get("caseworker", "/persons", q=name, limit=2)
    second = await api.get("caseworker", "/persons", q=name, limit=2, cursor=first["next_cursor"])
    ids = [person["subject_id"] for person in (*first["items"], *second["items"])]
    assert len(set(ids)) == len(ids) == 3
    assert second["next_cursor"] is None
    assert (await api.ask("caseworker", "GET", "/persons", params={"q": name, "cursor": "x"})).status_code == 422


async def test_a_token_that_fits_by_chance_finds_nobody(api: Api) -> None:
    name, other = surname() + "甲", surname() + "乙"
    await api.house.submit(applicant={"name": name})
    subject = await subject_of(api, name)
    async with api.house.database.transaction(WORKER) as conn:
        for kind, token in tokens_for_query(api.house.keys.search, other):
            assert kind
            await conn.execute("INSERT INTO search_tokens (token, subject_id) VALUES (%s, %s)", (token, subject))
    assert await found(api, other) == []


async def test_a_corrected_name_is_found_by_both(api: Api) -> None:
    name, right = surname() + "误", surname() + "正"
    case_id = await api.house.submit(applicant={"name": name})
    events = (await api.get("caseworker", f"/cases/{case_id}/events"))["items"]
    body = {"position": events[0]["position"], "field": "/applicant/name", "value": right, "reason": "身份证所载姓名"}
    await api.house.do("caseworker", "correct_record", case_id, **body)
    assert len(await found(api, right)) == len(await found(api, name)) == 1


class TestDuplicates:
    async def test_the_number_first_then_the_name_then_what_looks_or_sounds_alike(self, api: Api) -> None:
        family = surname()
        for given, more in {"侯梅": {"id_number": number(11)}, "候梅": {}, "猴美": {}, "侯海": {}}.items():
            await api.house.submit(applicant={"name": family + given, **more})
        answer = await asked(api, name=family + "侯梅", id_number=number(11))
        told = [(person["name"].removeprefix(family), person["reasons"]) for person in answer["items"]]
        assert told[0][0] == "侯梅"
        assert {"number", "name"} <= set(told[0][1])
        by_name = {person["name"].removeprefix(family): person["reasons"] for person in (await asked(api, name=family + "侯梅"))["items"]}
        assert {name: set(why) & {"name", "look_alike", "sound"} for name, why in by_name.items()} == {
            "侯梅": {"name"}, "候梅": {"look_alike"}, "侯海": {"look_alike"}, "猴美": {"sound"},
        }  # fmt: skip

    async def test_two_numbers_tell_people_of_one_name_apart(self, api: Api) -> None:
        name = surname() + "异号"
        await api.house.submit(applicant={"name": name, "id_number": number(12)})
        assert (await asked(api, name=name, id_number=number(13, "19900505")))["items"] == []
        (same,) = (await asked(api, name=name, id_number=number(12)))["items"]
        assert "number" in same["reasons"]

    async def test_of_another_centre_only_the_very_number_is_counted(self, api: Api) -> None:
        name, away = surname() + "外中心", elsewhere(api.house)
        receptionist = api.house.who("receptionist", away)
        applicant = {"name": name, "id_number": number(14)}
        await api.house.do(receptionist, "submit_application", centre=away, **_wages(applicant))
        assert await asked(api, name=name) == {"items": [], "elsewhere": 0}
        assert await asked(api, name=name, id_number=number(14)) == {"items": [], "elsewhere": 1}

    async def test_a_phone_shared_is_told(self, api: Api) -> None:
        name = surname() + "电话"
        await api.house.submit(applicant={"name": name, "phone": "13755556666"})
        (person,) = (await asked(api, name="别的人", phone="+86 137-5555-6666"))["items"]
        assert (person["name"], person["reasons"]) == (name, ["phone"])

    async def test_the_number_says_birthday_and_sex_or_what_is_wrong_with_it(self, api: Api) -> None:
        async def said(text: str) -> dict[str, Any]:
            return (await api.ask("receptionist", "POST", "/persons/identity", json={"id_number": text})).json()

        good = await said("11010519491231002x")
        assert (good["valid"], good["birth_date"], good["sex"], good["number"]) == (True, "1949-12-31", "female", "11010519491231002X")
        wrong = await said("110105194912310021")
        assert (wrong["fault"], wrong["expected"], wrong["birth_date"]) == ("check_digit", "X", None)


def _wages(applicant: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "channel": "walk_in", "applicant": applicant, "matter": {"kind": "civil", "cause": "wages", "summary": "拖欠工资"}, **more,
    }  # fmt: skip


class TestLinks:
    async def test_linked_entries_are_one_person_until_that_is_undone(self, api: Api) -> None:
        name, married = surname() + "合并", surname() + "改名"
        first = await api.house.submit(applicant={"name": name})
        second = await api.house.submit(applicant={"name": married})
        kept, other = await subject_of(api, name), await subject_of(api, married)
        sent = key()
        body = {"other": other, "reason": "name_changed"}
        done = await api.ask("caseworker", "POST", f"/persons/{kept}/links", json=body, headers=sent)
        assert (done.status_code, done.json()) == (200, {"kept": kept, "other": other})
        again = await api.ask("caseworker", "POST", f"/persons/{kept}/links", json=body, headers=sent)
        assert again.headers["Idempotent-Replay"] == "true"
        for query in (name, married):
            (person,) = await found(api, query)
            assert (person["subject_id"], {e["case_id"] for e in person["entries"]}) == (kept, {first, second})
        twice = await api.ask("caseworker", "POST", f"/persons/{kept}/links", json=body, headers=key())
        assert (twice.status_code, twice.json()["code"]) == (409, "people_linked_already")
        undone = await api.ask(
            "caseworker", "POST", f"/persons/{kept}/unlinks", json={"other": other, "reason": "different_people"}, headers=key()
        )
        assert undone.status_code == 200
        assert [await subject_of(api, query) for query in (name, married)] == [kept, other]
        async with api.house.database.transaction(WORKER) as conn:
            told = await (
                await conn.execute("SELECT type, actor FROM events WHERE stream = %s ORDER BY version", (f"person/{other}",))
            ).fetchall()
        assert [row["type"] for row in told] == ["people_linked", "people_unlinked"]

    async def test_who_may_not_link_and_what_is_not_there(self, api: Api) -> None:
        name = surname() + "不合"
        await api.house.submit(applicant={"name": name})
        kept, body = await subject_of(api, name), {"other": str(uuid4()), "reason": "same_number"}
        for role, status in (("receptionist", 403), ("caseworker", 404)):
            answer = await api.ask(role, "POST", f"/persons/{kept}/links", json=body, headers=key())
            assert answer.status_code == status
        itself = await api.ask("caseworker", "POST", f"/persons/{kept}/links", json={"other": kept, "reason": "same_number"}, headers=key())
        assert itself.status_code == 422
        unlinked = await api.ask(
            "caseworker", "POST", f"/persons/{uuid4()}/unlinks", json={"other": kept, "reason": "person_asked"}, headers=key()
        )
        assert (unlinked.status_code, unlinked.json()["code"]) == (409, "people_not_linked")


async def test_a_common_name_is_found_the_same_way_by_either_road(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    name = surname() + "常见"
    for _ in range(4):
        await house.submit(applicant={"name": name})
    scope: Scope = list_scope(house.who("caseworker"), house.directory)
    tokens = [token for kind, token in tokens_for_query(house.keys.search, name) if kind == "name"]
    roads: list[list[str]] = []
    async with house.database.transaction(WORKER) as conn:
        for rare in (2_000, 2):
            monkeypatch.setattr(person_search, "RARE", rare)
            first = await person_search.bearers(conn, tokens, scope, limit=3)
            then = await person_search.bearers(conn, tokens, scope, after=first.subjects[-1], limit=3)
            assert (first.more, then.more, len(then.subjects)) == (True, False, 1)
            roads.append([*first.subjects, *then.subjects])
        counted = await fetch_all(conn, sa.select(people.c.subject_id).where(people.c.subject_id.in_(roads[0])))
        terms = await fetch_all(conn, sa.select(search_tokens.c.token).where(search_tokens.c.subject_id == roads[0][0]))
    assert roads[0] == roads[1] == sorted(roads[0], reverse=True)
    assert len(counted) == 4
    assert len(terms) > 5

"""The public page on the real ledger: told to who holds number and code, recorded as nobody's officer, silent to who guesses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from ledger import status_codes, throttle
from ledger.store import WORKER
from tests.house import House
from tests.integration.desks import Desks, code_of
from tests.integration.erasing import Erasing, erasing

WRONG = "AAA-AAA-AAA"


@pytest.fixture(scope="module")
async def desks(house: House) -> Desks:
    return await Desks.open(house)


@pytest.fixture
async def at(house: House, tmp_path: Path) -> AsyncIterator[Erasing]:
    async with erasing(house, tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def today(desks: Desks) -> None:
    desks.now = datetime.now(UTC)


async def look(desks: Desks, number: str, code: str, address: str | None = None, lang: str = "en") -> httpx.Response:
    async with desks.client(address) as client:
        return await client.post("/status", json={"number": number, "code": code}, headers={"Accept-Language": lang})


async def row_of(house: House, case_id: str) -> dict[str, Any]:
    async with house.database.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT register_number, case_number FROM case_list WHERE case_id = %s", (case_id,))).fetchone()
    assert row
    return row


async def code(house: House, case_id: str) -> str:
    async with house.database.transaction(WORKER) as conn:
        return status_codes.code_of(house.keys.status, case_id, await status_codes.generation_of(conn, case_id))


async def last_read(house: House) -> dict[str, Any]:
    async with house.database.transaction(WORKER) as conn:
        row = await (await conn.execute("SELECT * FROM events WHERE ledger = 'access' ORDER BY position DESC LIMIT 1")).fetchone()
    assert row
    return row | {"said": json.loads(bytes(row["body"]))}


def silent(answer: httpx.Response) -> tuple[int, dict[str, Any]]:
    """Everything an answer tells but the name of its request."""
    return answer.status_code, {name: value for name, value in answer.json().items() if name != "correlation_id"}


class TestTold:
    async def test_both_numbers_with_the_code_tell_how_it_stands(self, desks: Desks, house: House) -> None:
        case_id = await house.accepted()
        numbers = await row_of(house, case_id)
        for number in (numbers["register_number"], numbers["case_number"]):
            answer = await look(desks, str(number).replace("〔", "(").replace("〕", ")"), (await code(house, case_id)).lower())
            assert answer.status_code == 200, answer.text
            assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
            told = answer.json()
            assert (told["number"], told["step"], told["stage"]) == (number, "accepted_first", "assignment")
            assert told["owed"]["papers"] == ["copy of identity card"]
            assert told["centre"]["phone"] == "12348"
            assert "欧阳" not in answer.text
            assert "劳务" not in answer.text

    async def test_it_is_recorded_as_a_look_of_the_public_page_and_of_no_officer(self, desks: Desks, house: House) -> None:
        case_id = await house.submit()
        number = (await row_of(house, case_id))["register_number"]
        officer = await desks.signed_in("caseworker")
        async with desks.client() as client:  # whoever may be signed in besides
            body = {"number": number, "code": await code(house, case_id)}
            assert (await client.post("/status", json=body, headers=officer.headers)).status_code == 200
        read = await last_read(house)
        assert (read["actor"], read["role"], read["office"]) == ("public", "public", "public")
        assert (read["said"]["what"], read["said"]["cases"], read["said"]["count"]) == (["status"], [case_id], 0)
        assert len(read["said"]["subjects"]) == 1
        auditor = await desks.signed_in("auditor")
        (shown, *_) = (await desks.ask(auditor, "GET", f"/access?case={case_id}")).json()["items"]
        assert (shown["person"], shown["name"], shown["what"]) == ("public", None, ["status"])

    async def test_an_ended_case_is_told_as_ended(self, desks: Desks, at: Erasing) -> None:
        case_id, _ = await at.ended()
        answer = await look(desks, (await row_of(at.house, case_id))["register_number"], await code(at.house, case_id), lang="zh-CN")
        assert answer.json()["says"] == "这件申请已经撤回。仍需要帮助的，可以重新申请。"
        assert (answer.json()["owed"], answer.json()["dates"]) == (None, [])


class TestSilent:
    async def test_whatever_does_not_fit_is_answered_by_the_same_words(self, desks: Desks, at: Erasing) -> None:
        house = at.house
        open_case, other = await house.submit(), await house.submit()
        number = (await row_of(house, open_case))["register_number"]
        restricted, subject = await at.ended()
        await at.post("supervisor", subject, "restrictions", ground="accuracy_disputed", reason="本人有异议")
        erased, gone = await at.ended()
        of_erased = (await row_of(house, erased))["register_number"], await code(house, erased)
        assert (await look(desks, *of_erased)).status_code == 200
        await at.erased(gone)
        answers = [
            await look(desks, number, WRONG),
            await look(desks, number, await code(house, other)),
            await look(desks, "市援登字〔2019〕第99999号", WRONG),
            await look(desks, "no number at all", "x"),
            await look(desks, (await row_of(house, restricted))["register_number"], await code(house, restricted)),
            await look(desks, *of_erased),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert all(silent(answer) == silent(answers[0]) for answer in answers)

    async def test_a_guess_is_no_read_and_opens_nothing(self, desks: Desks, house: House) -> None:
        number = (await row_of(house, await house.submit()))["register_number"]
        before = (await last_read(house))["position"]
        await look(desks, number, WRONG)
        assert (await last_read(house))["position"] == before

    async def test_a_number_that_was_asked_too_often_waits_whoever_asks_and_whether_it_is_there(self, desks: Desks, house: House) -> None:
        case_id = await house.submit()
        number, right = (await row_of(house, case_id))["register_number"], await code(house, case_id)
        for asked in (number, f"无援登字〔2026〕第{uuid4().int % 10**8}号"):
            async with desks.client() as client:
                for _ in range(throttle.BY_NUMBER.most):
                    assert code_of(await client.post("/status", json={"number": asked, "code": WRONG})) == (404, "status_not_found")
            refused = await look(desks, asked, right)
            assert code_of(refused) == (429, "too_many_looks")
            assert 0 < int(refused.headers["retry-after"]) <= throttle.WINDOW.total_seconds()
            assert "Please try again in 10 minutes" in refused.json()["detail"]
        desks.later(throttle.WINDOW)
        assert (await look(desks, number, right)).status_code == 200

    async def test_a_network_that_asks_too_often_waits_whatever_it_asks(self, desks: Desks, house: House) -> None:
        network = f"2001:db8:{uuid4().int % 0xFFFF:x}:{uuid4().int % 0xFFFF:x}"
        async with desks.client(f"{network}::1") as client:
            for _ in range(throttle.BY_NETWORK.most):
                guess = f"无援登字〔2026〕第{uuid4().int % 10**8}号"
                assert code_of(await client.post("/status", json={"number": guess, "code": WRONG})) == (404, "status_not_found")
        case_id = await house.submit()
        body = (await row_of(house, case_id))["register_number"], await code(house, case_id)
        assert code_of(await look(desks, *body, f"{network}::ffff")) == (429, "too_many_looks")
        assert (await look(desks, *body)).status_code == 200  # from elsewhere

    async def test_counts_that_count_no_more_are_dropped(self, desks: Desks, house: House) -> None:
        address = f"10.88.{uuid4().int % 250}.{uuid4().int % 250}"
        await look(desks, "nothing", WRONG, address)
        desks.later(throttle.WINDOW * 2)
        await look(desks, "nothing", WRONG)
        async with house.database.transaction(WORKER) as conn:
            found = await conn.execute("SELECT 1 FROM sign_in_throttle WHERE address = %s", (f"look {address}",))
            assert await found.fetchone() is None

    async def test_what_is_no_question_is_refused(self, desks: Desks) -> None:
        async with desks.client() as client:
            for body in (
                {"number": "1"},
                {"number": "", "code": "x"},
                {"number": "1\0", "code": "x"},
                {"number": "1", "code": "x", "name": "y"},
            ):
                assert code_of(await client.post("/status", json=body)) == (422, "invalid")


class TestCode:
    async def test_who_stands_before_the_applicant_may_tell_it(self, desks: Desks, house: House) -> None:
        case_id = await house.submit()
        desk = await desks.signed_in("receptionist", office=house.centre)
        told = (await desks.ask(desk, "GET", f"/cases/{case_id}/status-code")).json()
        assert told["code"] == await code(house, case_id)
        assert told["page"].endswith("/status")
        for role in ("supervisor", "auditor"):
            other = await desks.signed_in(role, office=house.centre)
            assert code_of(await desks.ask(other, "GET", f"/cases/{case_id}/status-code")) == (403, "forbidden")
        stranger = await desks.signed_in("caseworker", office="C-CITY")
        assert code_of(await desks.ask(stranger, "GET", f"/cases/{case_id}/status-code")) == (404, "case_not_found")

    async def test_a_renewed_code_makes_the_earlier_one_worthless_and_is_done_once_a_key(self, desks: Desks, house: House) -> None:
        case_id = await house.submit()
        number, before = (await row_of(house, case_id))["register_number"], await code(house, case_id)
        officer = await desks.signed_in("caseworker", office=house.centre)
        key = {"Idempotency-Key": f"renew-{uuid4()}"}
        first = await desks.ask(officer, "POST", f"/cases/{case_id}/status-code", {"reason": "leaked"}, **key)
        again = await desks.ask(officer, "POST", f"/cases/{case_id}/status-code", {"reason": "leaked"}, **key)
        assert (first.status_code, first.json()["generation"]) == (200, 1)
        assert (again.json(), again.headers["idempotent-replay"]) == (first.json(), "true")
        assert first.json()["code"] != before
        assert code_of(await look(desks, number, before)) == (404, "status_not_found")
        assert (await look(desks, number, first.json()["code"])).status_code == 200
        async with house.database.transaction(WORKER) as conn:
            rows = await (await conn.execute("SELECT type, actor FROM events WHERE stream = %s", (f"status/{case_id}",))).fetchall()
            kept = await (
                await conn.execute("SELECT outcome::text AS o FROM deeds WHERE idempotency_key = %s", tuple(key.values()))
            ).fetchone()
        assert [(row["type"], row["actor"]) for row in rows] == [("status_code_renewed", officer.person)]
        assert kept
        assert first.json()["code"] not in kept["o"]

    async def test_who_only_examines_does_not_renew_it(self, desks: Desks, house: House) -> None:
        case_id = await house.submit()
        auditor = await desks.signed_in("auditor")
        refused = await desks.ask(auditor, "POST", f"/cases/{case_id}/status-code", {"reason": "leaked"})
        assert code_of(refused) == (403, "forbidden")

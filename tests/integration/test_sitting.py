"""An approver's sitting: one code, then decisions; none from a session left alone, none by a program, guesses counted as at the door."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from ledger import throttle
from ledger.accounts import FAILURES, LOCKED_FOR
from ledger.sessions import SITTING
from tests.house import House
from tests.integration.desks import Desks, Someone, code_of
from tests.integration.test_sign_in import STEP, enrolled

BODY = {
    "centre": "C-CITY",
    "channel": "walk_in",
    "applicant": {"name": "王某", "categories": ["migrant_worker"]},
    "matter": {"kind": "civil", "cause": "wages", "summary": "拖欠工资"},
}
ACCEPT = {"ground": "migrant_worker", "papers_owed": [{"kind": "id_copy"}]}


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house)


async def opened(desks: Desks) -> str:
    answer = await desks.ask(await desks.signed_in("receptionist"), "POST", "/cases", BODY)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["case_id"])


async def accept(desks: Desks, who: Someone, **headers: str) -> httpx.Response:
    return await desks.ask(who, "POST", f"/cases/{await opened(desks)}/commands/accept_first", ACCEPT, **headers)


async def prove(desks: Desks, who: Someone, code: str) -> httpx.Response:
    return await desks.ask(who, "POST", "/me/second-factor/prove", {"code": code})


async def until(desks: Desks, who: Someone) -> Any:
    return (await desks.ask(who, "GET", "/me/account")).json()["second_factor"]["sitting_until"]


async def test_the_code_of_signing_in_begins_a_sitting_and_each_decision_carries_it_on(desks: Desks) -> None:
    who = await desks.signed_in("approver")
    app, _ = await enrolled(desks, who)
    who = replace(who, token=(await desks.sign_in(who, otp=app.at(desks.now))).json()["access_token"])
    for _ in range(3):
        desks.later(SITTING * 0.8)
        answer = await accept(desks, who)
        assert answer.status_code == 200, answer.text
    desks.later(SITTING)
    assert code_of(await accept(desks, who)) == (403, "code_required")
    assert await until(desks, who) is None


async def test_a_code_opens_a_closed_sitting_once(desks: Desks) -> None:
    who = await desks.signed_in("approver")
    app, _ = await enrolled(desks, who)
    desks.later(SITTING)
    case_id, key = await opened(desks), {"Idempotency-Key": "sitting-decision-1" + who.username}
    path = f"/cases/{case_id}/commands/accept_first"
    assert code_of(await desks.ask(who, "POST", path, ACCEPT, **key)) == (403, "code_required")
    code = app.at(desks.now)
    assert (await prove(desks, who, code)).status_code == 204
    assert await until(desks, who) is not None
    again = await desks.ask(who, "POST", path, ACCEPT, **key)
    assert (again.status_code, again.headers.get("idempotent-replay")) == (200, None), "the same key decides once the code was given"
    assert code_of(await prove(desks, who, code)) == (422, "otp_wrong"), "a used code is good no more"
    desks.later(SITTING * 2)
    replayed = await desks.ask(who, "POST", path, ACCEPT, **key)
    assert (replayed.status_code, replayed.headers["idempotent-replay"]) == (200, "true"), "a repeat decides nothing"


async def test_what_is_no_decision_needs_no_code_and_who_has_no_factor_is_not_asked(desks: Desks) -> None:
    plain = await desks.signed_in("approver")
    desks.later(SITTING)
    assert (await accept(desks, plain)).status_code == 200
    await enrolled(desks, plain)
    desks.later(SITTING)
    note = f"/cases/{await opened(desks)}/commands/add_note"
    assert (await desks.ask(plain, "POST", note, {"text": "记一笔"})).status_code == 200


async def test_a_bundle_with_one_decision_in_it_is_a_decision(desks: Desks) -> None:
    who = await desks.signed_in("approver")
    await enrolled(desks, who)
    desks.later(SITTING)
    commands = [{"command": "add_note", "body": {"text": "记一笔"}}, {"command": "accept_first", "body": ACCEPT}]
    answer = await desks.ask(who, "POST", f"/cases/{await opened(desks)}/bundles", {"commands": commands})
    assert code_of(answer) == (403, "code_required")


async def test_a_programs_token_decides_nothing_for_who_has_a_second_factor(desks: Desks) -> None:
    who = await desks.signed_in("approver")
    app, _ = await enrolled(desks, who)
    made = await desks.ask(who, "POST", "/me/tokens", {"label": "脚本", "scopes": ["read", "commands"], "days": 1})
    program = replace(who, token=made.json()["token"])
    assert code_of(await accept(desks, program)) == (403, "code_required")
    assert (await prove(desks, program, app.at(desks.now))).status_code == 403


async def test_guesses_lock_the_account_and_make_the_address_wait(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    who = await desks.signed_in("approver")
    app, _ = await enrolled(desks, who)
    desks.later(SITTING)
    for _ in range(FAILURES):
        assert code_of(await prove(desks, who, "000000")) == (422, "otp_wrong")
    assert code_of(await prove(desks, who, app.at(desks.now))) == (422, "otp_wrong"), "locked: a right code is not told from a wrong one"
    assert (await desks.refusals(who.username)).count("otp_invalid") == FAILURES + 1
    desks.later(LOCKED_FOR + STEP)
    monkeypatch.setattr(throttle, "FAILURES", 2)
    async with desks.client("10.9.8.7") as client:
        for expected in (422, 422, 429):
            answer = await client.post("/me/second-factor/prove", json={"code": "000000"}, headers=who.headers)
            assert answer.status_code == expected, answer.text

"""Signing in through a provider, against a real one in a process of its own."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pyotp
import pytest

from api.provider import Provider
from ledger import accounts
from ledger.store import WORKER
from tests.house import House
from tests.integration.desks import PASSWORD, Desks, Someone, code_of

BACK = "http://127.0.0.1:8000/sign-in/oidc/callback"
_COMMAND = (sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*_COMMAND, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    while not _answers(address):
        assert process.poll() is None
        threading.Event().wait(0.1)
    yield address
    process.terminate()
    process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/.well-known/openid-configuration").is_success
    except httpx.HTTPError:
        return False


@pytest.fixture
async def desks(house: House, issuer: str) -> Desks:
    return await Desks.open(house, provider=Provider(issuer, f"client-{uuid4()}", "a client's secret", BACK))


async def linked(desks: Desks, who: Someone) -> str:
    """Link the account to a person of the provider; who that is there."""
    subject = f"sub-{uuid4()}"
    keeper = await desks.signed_in("security_administrator")
    answer = await desks.ask(keeper, "POST", f"/accounts/{who.username}/oidc", {"subject": subject})
    assert answer.status_code == 200, answer.text
    return subject


async def begun(desks: Desks) -> dict[str, Any]:
    async with desks.client() as client:
        answer = await client.post("/oidc/authorizations")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def at_the_provider(started: dict[str, Any], **form: str) -> dict[str, str]:
    """What the provider adds to the address it sends the browser back to."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.post(started["authorization_url"], data=form)
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def finish(desks: Desks, started: dict[str, Any], came: dict[str, str], **changes: str) -> httpx.Response:
    body = {name: came[name] for name in ("state", "code", "error") if name in came} | {"flow": started["flow"]} | changes
    async with desks.client() as client:
        return await client.post("/oidc/sessions", json=body)


async def test_a_linked_person_signs_in_and_the_session_is_ours(desks: Desks) -> None:
    who = await desks.someone("caseworker")
    started = await begun(desks)
    asked = parse_qs(urlsplit(started["authorization_url"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["nonce"][0] not in started["flow"]
    answer = await finish(desks, started, await at_the_provider(started, sub=await linked(desks, who)))
    assert answer.status_code == 200, answer.text
    who.token = answer.json()["access_token"]
    assert (await desks.ask(who, "GET", "/me")).json()["username"] == who.username
    async with desks.client() as client:
        assert (await client.delete("/tokens/current", headers=who.headers)).status_code == 204
    assert code_of(await desks.ask(who, "GET", "/me")) == (401, "authentication_required")
    assert "oidc_linked" in await desks.history(who.username)


async def test_somebody_whom_no_account_is_linked_to_is_not_let_in_and_no_account_comes_about(desks: Desks) -> None:
    keeper = await desks.signed_in("security_administrator")
    before = len((await desks.ask(keeper, "GET", "/accounts?limit=200")).json()["items"])
    started = await begun(desks)
    answer = await finish(desks, started, await at_the_provider(started, sub=f"stranger-{uuid4()}"))
    assert code_of(answer) == (401, "oidc_unknown_subject")
    assert len((await desks.ask(keeper, "GET", "/accounts?limit=200")).json()["items"]) == before


async def test_a_closed_account_is_not_let_in(desks: Desks) -> None:
    who = await desks.someone("caseworker")
    subject = await linked(desks, who)
    async with desks.house.database.transaction(WORKER) as conn:
        await accounts.set_disabled(conn, who.username, disabled=True)
    started = await begun(desks)
    assert code_of(await finish(desks, started, await at_the_provider(started, sub=subject))) == (401, "oidc_unknown_subject")
    assert await desks.refusals(who.username) == ["oidc_unknown_subject"]


async def test_who_says_no_at_the_provider_is_not_signed_in(desks: Desks) -> None:
    started = await begun(desks)
    came = await at_the_provider(started, action="deny", sub="x")
    assert came["error"] == "access_denied"
    assert code_of(await finish(desks, started, came)) == (401, "oidc_denied")


async def test_another_browsers_answer_is_not_taken(desks: Desks) -> None:
    """Somebody's own sign-in slipped to another browser (login CSRF), a changed state, a changed or an old flow."""
    subject = await linked(desks, await desks.someone("caseworker"))
    mine, theirs = await begun(desks), await begun(desks)
    came = await at_the_provider(theirs, sub=subject)
    assert code_of(await finish(desks, mine, came)) == (401, "oidc_state_mismatch")
    assert code_of(await finish(desks, theirs, came, state="another")) == (401, "oidc_state_mismatch")
    assert code_of(await finish(desks, theirs, came, flow=theirs["flow"][:-8] + "AAAAAAAA")) == (401, "oidc_state_mismatch")
    desks.later(timedelta(minutes=11))
    assert code_of(await finish(desks, theirs, came)) == (401, "oidc_state_mismatch")


async def test_a_code_is_spent_once_and_none_is_made_up(desks: Desks) -> None:
    subject = await linked(desks, await desks.someone("caseworker"))
    started = await begun(desks)
    came = await at_the_provider(started, sub=subject)
    assert (await finish(desks, started, came)).status_code == 200
    assert code_of(await finish(desks, started, came)) == (401, "oidc_denied")
    assert code_of(await finish(desks, started, came, code="made-up")) == (401, "oidc_denied")


async def test_a_token_of_another_sign_in_is_not_taken(desks: Desks) -> None:
    """The nonce ties the provider's word to this sign-in: here the code of one is sent with the state of another at the provider's."""
    subject = await linked(desks, await desks.someone("caseworker"))
    first, second = await begun(desks), await begun(desks)
    came, other = await at_the_provider(first, sub=subject), await at_the_provider(second, sub=subject)
    assert code_of(await finish(desks, second, other, code=came["code"])) == (401, "oidc_denied")


async def test_a_second_factor_of_ours_is_owed_where_the_provider_asked_for_none(desks: Desks) -> None:
    who = await desks.signed_in("approver")
    begun_factor = await desks.ask(who, "POST", "/me/second-factor", {"password": PASSWORD})
    app = pyotp.TOTP(begun_factor.json()["secret"])
    await desks.ask(who, "POST", "/me/second-factor/confirm", {"code": app.at(desks.now)})
    subject = await linked(desks, who)
    started = await begun(desks)
    answer = await finish(desks, started, await at_the_provider(started, sub=subject))
    assert answer.json()["owes"] == ["otp"]
    there = replace(who, token=answer.json()["access_token"])
    assert code_of(await desks.ask(there, "GET", "/offices")) == (403, "otp_owed")
    desks.later(timedelta(minutes=2))
    assert code_of(await desks.ask(there, "POST", "/me/second-factor/prove", {"code": "000000"})) == (422, "otp_wrong")
    assert (await desks.ask(there, "POST", "/me/second-factor/prove", {"code": app.at(desks.now)})).status_code == 204
    assert (await desks.ask(there, "GET", "/offices")).status_code == 200


async def test_without_a_provider_there_is_no_such_way_in(house: House) -> None:
    plain = await Desks.open(house)
    async with plain.client() as client:
        assert code_of(await client.post("/oidc/authorizations")) == (404, "oidc_not_configured")


async def test_a_provider_that_is_away_is_said_to_be(house: House) -> None:
    gone = await Desks.open(house, provider=Provider("http://127.0.0.1:9", "client", None, BACK))
    async with gone.client() as client:
        answer = await client.post("/oidc/authorizations")
    assert code_of(answer) == (503, "oidc_away")
    assert answer.headers["retry-after"] == "30"

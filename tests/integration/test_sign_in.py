"""Signing in: second factors, guesses, sessions that end, tokens for programs; over HTTP against the real ledger."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import pyotp
import pytest

from api.openapi import PREFIX
from ledger import throttle
from ledger.accounts import FAILURES, LOCKED_FOR
from ledger.second_factor import RECOVERY_CODES
from ledger.sessions import IDLE, TOKEN_PREFIX
from ledger.store import WORKER
from tests.house import House
from tests.integration.desks import PASSWORD, Desks, Someone, code_of

NEW = "quite another pass phrase"
STEP = timedelta(seconds=30)


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house)


@pytest.fixture
async def strict(house: House) -> Desks:
    """A system in which approvers and administrators need a second factor."""
    return await Desks.open(house, second_factor="required")


async def enrolled(desks: Desks, who: Someone) -> tuple[pyotp.TOTP, list[str]]:
    """A second factor in force; the app that makes its codes, and the recovery codes."""
    begun = await desks.ask(who, "POST", "/me/second-factor", {"password": PASSWORD})
    assert begun.status_code == 200, begun.text
    app = pyotp.TOTP(begun.json()["secret"])
    answer = await desks.ask(who, "POST", "/me/second-factor/confirm", {"code": app.at(desks.now)})
    assert answer.status_code == 200, answer.text
    desks.later(STEP * 4)  # the code that confirmed it is spent
    return app, answer.json()["recovery_codes"]


class TestSecondFactor:
    async def test_it_is_asked_for_beside_the_right_password_only(self, desks: Desks) -> None:
        who = await desks.signed_in("approver")
        app, _ = await enrolled(desks, who)
        assert code_of(await desks.sign_in(who)) == (401, "otp_required")
        assert code_of(await desks.sign_in(who, "a wrong pass phrase", otp=app.at(desks.now))) == (401, "bad_credentials")
        assert code_of(await desks.sign_in(who, otp="000000")) == (401, "otp_invalid")
        assert (await desks.sign_in(who, otp=app.at(desks.now))).status_code == 200

    @pytest.mark.parametrize(("steps", "drift"), [(-1, -30), (0, 0), (1, 30)])
    async def test_a_clock_may_be_one_step_off_which_is_kept(self, desks: Desks, steps: int, drift: int) -> None:
        who = await desks.signed_in("approver")
        app, _ = await enrolled(desks, who)
        answer = await desks.sign_in(who, otp=app.at(desks.now + steps * STEP))
        assert answer.status_code == 200
        who.token = answer.json()["access_token"]
        assert (await desks.ask(who, "GET", "/me/account")).json()["second_factor"]["clock_drift_seconds"] == drift

    @pytest.mark.parametrize("steps", [-2, 2])
    async def test_a_clock_that_is_further_off_is_refused(self, desks: Desks, steps: int) -> None:
        who = await desks.signed_in("approver")
        app, _ = await enrolled(desks, who)
        assert code_of(await desks.sign_in(who, otp=app.at(desks.now + steps * STEP))) == (401, "otp_invalid")

    async def test_a_code_is_accepted_once_also_when_it_is_sent_twice_at_once(self, desks: Desks) -> None:
        who = await desks.signed_in("approver")
        app, _ = await enrolled(desks, who)
        code = app.at(desks.now)
        answers = await asyncio.gather(*(desks.sign_in(who, otp=code) for _ in range(3)))
        assert sorted(a.status_code for a in answers) == [200, 401, 401]
        assert code_of(await desks.sign_in(who, otp=code)) == (401, "otp_invalid")
        assert code_of(await desks.sign_in(who, otp=app.at(desks.now - STEP))) == (401, "otp_invalid")  # an older one no more either

    async def test_guessed_codes_lock_the_account_though_the_password_is_right(self, desks: Desks) -> None:
        who = await desks.signed_in("approver")
        app, _ = await enrolled(desks, who)
        for _ in range(FAILURES):
            await desks.sign_in(who)  # a right password alone does not wipe out the count
            assert code_of(await desks.sign_in(who, otp="000000")) == (401, "otp_invalid")
        assert code_of(await desks.sign_in(who, otp=app.at(desks.now))) == (401, "bad_credentials")
        desks.later(LOCKED_FOR)
        assert (await desks.sign_in(who, otp=app.at(desks.now))).status_code == 200

    async def test_a_recovery_code_is_good_once_and_kept_as_a_hash(self, desks: Desks) -> None:
        who = await desks.signed_in("approver")
        _, codes = await enrolled(desks, who)
        assert len(set(codes)) == RECOVERY_CODES
        assert (await desks.sign_in(who, otp=codes[0].upper())).status_code == 200
        assert code_of(await desks.sign_in(who, otp=codes[0])) == (401, "otp_invalid")
        assert await desks.history(who.username) == ["account_created", "second_factor_enrolled", "recovery_code_used"]
        async with desks.house.database.transaction(WORKER) as conn:
            row = await (await conn.execute("SELECT * FROM second_factors WHERE username = %s", (who.username,))).fetchone()
        assert row is not None
        assert codes[1] not in repr(row)
        assert len(row["recovery"]) == RECOVERY_CODES - 1

    async def test_the_secret_stands_nowhere_in_clear(self, desks: Desks) -> None:
        who = await desks.signed_in("approver")
        app, _ = await enrolled(desks, who)
        async with desks.house.database.transaction(WORKER) as conn:
            row = await (await conn.execute("SELECT * FROM second_factors WHERE username = %s", (who.username,))).fetchone()
        assert row is not None
        assert app.secret.encode() not in bytes(row["secret"])
        assert app.secret not in repr(row)

    async def test_a_secret_moved_to_another_account_does_not_open(self, desks: Desks) -> None:
        who, thief = await desks.signed_in("approver"), await desks.signed_in("approver")
        await enrolled(desks, who)
        app, _ = await enrolled(desks, thief)
        async with desks.house.database.transaction(WORKER) as conn:
            await conn.execute(
                "UPDATE second_factors SET secret = (SELECT secret FROM second_factors WHERE username = %s) WHERE username = %s",
                (thief.username, who.username),
            )
        assert (await desks.sign_in(who, otp=app.at(desks.now))).status_code == 500  # bound to its account: it does not open

    async def test_setting_it_up_asks_for_the_password_and_replacing_it_for_a_code(self, desks: Desks) -> None:
        who = await desks.signed_in("approver")
        assert code_of(await desks.ask(who, "POST", "/me/second-factor", {"password": "not this one"})) == (422, "password_wrong")
        app, _ = await enrolled(desks, who)
        assert code_of(await desks.ask(who, "POST", "/me/second-factor", {"password": PASSWORD})) == (422, "otp_wrong")
        begun = await desks.ask(who, "POST", "/me/second-factor", {"password": PASSWORD, "otp": app.at(desks.now)})
        assert begun.status_code == 200
        wrong = await desks.ask(who, "POST", "/me/second-factor/confirm", {"code": "000000"})
        assert code_of(wrong) == (422, "otp_wrong")
        desks.later(STEP * 2)
        assert (await desks.sign_in(who, otp=app.at(desks.now))).status_code == 200  # the old one stays until a code of the new one came

    async def test_who_must_have_one_does_nothing_before_it_is_set_up(self, strict: Desks) -> None:
        for role in ("approver", "system_administrator", "security_administrator", "auditor"):
            who = await strict.someone(cast("Any", role))
            answer = (await strict.sign_in(who)).json()
            assert answer["owes"] == ["second_factor"], role
            who.token = answer["access_token"]
            assert code_of(await strict.ask(who, "GET", "/offices")) == (403, "second_factor_required")
            assert code_of(await strict.ask(who, "POST", "/cases", {})) == (403, "second_factor_required")
            assert code_of(await strict.ask(who, "POST", "/me/tokens", {"label": "x", "scopes": ["read"]})) == (
                403,
                "second_factor_required",
            )
            await enrolled(strict, who)
            assert (await strict.ask(who, "GET", "/offices")).status_code == 200
        caseworker = await strict.someone("caseworker")
        assert "owes" not in (await strict.sign_in(caseworker)).json()

    async def test_a_lost_one_is_removed_by_the_security_administrator(self, desks: Desks) -> None:
        who, keeper = await desks.signed_in("approver"), await desks.signed_in("security_administrator")
        await enrolled(desks, who)
        path = f"/accounts/{who.username}/second-factor/remove"
        assert (await desks.ask(keeper, "POST", path, {"reason": "手机遗失"})).status_code == 200
        assert code_of(await desks.ask(who, "GET", "/me")) == (401, "authentication_required")
        assert (await desks.sign_in(who)).status_code == 200
        assert code_of(await desks.ask(keeper, "POST", path, {"reason": "手机遗失"})) == (409, "no_second_factor")


class TestGuessing:
    async def test_an_address_that_failed_too_often_waits_whoever_it_tries(self, desks: Desks) -> None:
        address, who = f"10.99.{uuid4().int % 250}.{uuid4().int % 250}", await desks.someone("caseworker")
        for _ in range(throttle.FAILURES):
            guess = Someone("", f"guess{uuid4().hex[:10]}")
            assert code_of(await desks.sign_in(guess, address=address)) == (401, "bad_credentials")
        refused = await desks.sign_in(who, address=address)
        assert code_of(refused) == (429, "too_many_sign_ins")
        assert 0 < int(refused.headers["retry-after"]) <= throttle.WINDOW.total_seconds()
        assert (await desks.sign_in(who)).status_code == 200  # from elsewhere
        desks.later(throttle.WINDOW)
        assert (await desks.sign_in(who, address=address)).status_code == 200

    async def test_it_holds_in_every_process(self, desks: Desks, house: House) -> None:
        address = f"10.98.{uuid4().int % 250}.{uuid4().int % 250}"
        for _ in range(throttle.FAILURES):
            await desks.sign_in(Someone("", "nobody.at.all"), address=address)
        other = await Desks.open(house)
        assert code_of(await other.sign_in(await other.someone("caseworker"), address=address)) == (429, "too_many_sign_ins")

    async def test_refusals_are_kept_without_password_and_without_names_that_were_guessed(self, desks: Desks) -> None:
        who, guess = await desks.someone("caseworker"), Someone("", f"guess{uuid4().hex[:10]}")
        await desks.sign_in(who, "a wrong pass phrase")
        await desks.sign_in(guess, "a wrong pass phrase", address="10.97.1.1")
        assert await desks.refusals(who.username) == ["bad_credentials"]
        auditor = await desks.signed_in("auditor")
        kept = await desks.ask(auditor, "GET", "/security/refusals?limit=200")
        assert guess.username not in kept.text
        assert "wrong pass phrase" not in kept.text
        assert any(r["address"] == "10.97.1.1" and r["username"] is None for r in kept.json()["items"])

    async def test_what_is_kept_can_neither_be_changed_nor_removed(self, desks: Desks) -> None:
        who = await desks.someone("caseworker")
        await desks.sign_in(who, "a wrong pass phrase")
        for statement in ("UPDATE security_refusals SET kind = 'x'", "DELETE FROM security_refusals", "TRUNCATE security_refusals"):
            with pytest.raises(Exception, match=r"append-only|denied"):
                async with desks.house.owner.transaction(WORKER) as conn:
                    await conn.execute(statement.encode())


class TestSessions:
    async def test_a_stolen_session_is_ended_from_elsewhere(self, desks: Desks) -> None:
        who = await desks.signed_in("caseworker")
        thief = replace(who, token=(await desks.sign_in(who, address="10.66.6.6")).json()["access_token"])
        listed = (await desks.ask(who, "GET", "/me/sessions")).json()["items"]
        stolen = next(s for s in listed if s["address"] == "10.66.6.6")
        assert sorted(s["current"] for s in listed) == [False, True]
        assert not stolen["current"]
        assert (await desks.ask(who, "DELETE", f"/me/sessions/{stolen['id']}")).status_code == 204
        assert code_of(await desks.ask(thief, "GET", "/me")) == (401, "authentication_required")
        assert (await desks.ask(who, "GET", "/me")).status_code == 200
        assert code_of(await desks.ask(who, "DELETE", f"/me/sessions/{stolen['id']}")) == (404, "session_not_found")

    async def test_nobody_ends_another_persons_session(self, desks: Desks) -> None:
        who, other = await desks.signed_in("caseworker"), await desks.signed_in("caseworker")
        session = (await desks.ask(who, "GET", "/me/sessions")).json()["items"][0]["id"]
        assert code_of(await desks.ask(other, "DELETE", f"/me/sessions/{session}")) == (404, "session_not_found")
        assert (await desks.ask(who, "GET", "/me")).status_code == 200

    async def test_signing_out_everywhere_else_leaves_this_session_and_the_programs(self, desks: Desks) -> None:
        who = await desks.signed_in("caseworker")
        other = replace(who, token=(await desks.sign_in(who)).json()["access_token"])
        program = await token(desks, who, "read")
        assert (await desks.ask(who, "DELETE", "/me/sessions")).status_code == 204
        assert (await desks.ask(other, "GET", "/me")).status_code == 401
        assert (await desks.ask(who, "GET", "/me")).status_code == 200
        assert (await desks.ask(program, "GET", "/me")).status_code == 200

    async def test_a_changed_password_ends_every_other_session_and_token(self, desks: Desks) -> None:
        who = await desks.signed_in("caseworker")
        other = replace(who, token=(await desks.sign_in(who)).json()["access_token"])
        program = await token(desks, who, "read")
        assert (await desks.ask(who, "POST", "/me/password", {"old": PASSWORD, "new": NEW})).status_code == 204
        assert [(await desks.ask(w, "GET", "/me")).status_code for w in (who, other, program)] == [200, 401, 401]
        assert (await desks.sign_in(who)).status_code == 401
        assert (await desks.sign_in(who, NEW)).status_code == 200

    @pytest.mark.parametrize(
        ("new", "code"),
        [
            ("short", "password_length"),
            ("passw0rd1234", "password_too_common"),
            (PASSWORD, "password_unchanged"),
            ("x{}x", "password_names_account"),
        ],
    )
    async def test_a_password_that_breaks_the_rules_changes_nothing(self, desks: Desks, new: str, code: str) -> None:
        who = await desks.signed_in("caseworker")
        answer = await desks.ask(who, "POST", "/me/password", {"old": PASSWORD, "new": new.format(who.username)})
        assert code_of(answer) == (422, code)
        assert answer.json()["errors"][0]["pointer"] == "/new"
        assert (await desks.sign_in(who)).status_code == 200

    async def test_the_old_password_guessed_through_a_stolen_session_locks_the_account(self, desks: Desks) -> None:
        who = await desks.signed_in("caseworker")
        for n in range(FAILURES):
            assert code_of(await desks.ask(who, "POST", "/me/password", {"old": f"guess {n}", "new": NEW})) == (422, "password_wrong")
        assert code_of(await desks.ask(who, "POST", "/me/password", {"old": PASSWORD, "new": NEW})) == (422, "password_wrong")
        assert (await desks.sign_in(who)).status_code == 401

    async def test_a_session_left_alone_is_over(self, desks: Desks) -> None:
        who = await desks.signed_in("caseworker")
        for _ in range(3):
            desks.later(IDLE - timedelta(minutes=1))
            assert (await desks.ask(who, "GET", "/me")).status_code == 200
        desks.later(IDLE)
        assert code_of(await desks.ask(who, "GET", "/me")) == (401, "authentication_required")


async def token(desks: Desks, who: Someone, *scopes: str, days: int = 30) -> Someone:
    answer = await desks.ask(who, "POST", "/me/tokens", {"label": "a program", "scopes": list(scopes), "days": days})
    assert answer.status_code == 201, answer.text
    assert answer.json()["token"].startswith(TOKEN_PREFIX)
    return replace(who, token=answer.json()["token"])


class TestTokens:
    async def test_a_token_expires_and_is_revoked(self, desks: Desks) -> None:
        who = await desks.signed_in("caseworker")
        program, other = await token(desks, who, "read", days=1), await token(desks, who, "commands", "read")
        listed = [s for s in (await desks.ask(who, "GET", "/me/sessions")).json()["items"] if s["scopes"] == ["commands", "read"]]
        assert (await desks.ask(who, "DELETE", f"/me/sessions/{listed[0]['id']}")).status_code == 204
        assert (await desks.ask(other, "GET", "/me")).status_code == 401
        assert (await desks.ask(program, "GET", "/me")).status_code == 200
        desks.later(timedelta(days=1))
        assert code_of(await desks.ask(program, "GET", "/me")) == (401, "authentication_required")
        told = ["account_created", "access_token_issued", "access_token_issued", "access_token_revoked"]
        assert await desks.history(who.username) == told

    async def test_a_token_lasts_a_year_at_most(self, desks: Desks) -> None:
        who = await desks.signed_in("caseworker")
        answer = await desks.ask(who, "POST", "/me/tokens", {"label": "x", "scopes": ["read"], "days": 367})
        assert code_of(answer) == (422, "invalid")

    async def test_every_route_asks_a_token_for_its_scope(self, desks: Desks) -> None:
        """A route that nobody thought of is open to no token: each is tried with all scopes but its own, and with its own."""
        who = await desks.signed_in("supervisor", "security_administrator")
        every = ("read", "commands", "directory", "accounts")
        programs = {scope: await token(desks, who, scope) for scope in every}
        lacking = {scope: await token(desks, who, *(s for s in every if s != scope)) for scope in every}
        tried = 0
        for path, method, operation in desks.told.operations():
            # all commands of a kind are one route
            command = "/commands/" in path and not path.endswith(("/add_note", "/give_advice", "/forward_request"))
            if command or not path.startswith(PREFIX) or not operation["security"] or operation["operationId"] == "end_token":
                continue
            tried += 1
            at = re.sub(r"\{\w+\}", str(uuid4()), path.removeprefix(PREFIX))
            at += f"?ids={uuid4()}" if at.endswith("/papers/print") else ""
            at += f"?case={uuid4()}" if at == "/stream" else ""  # which it then does not find: a stream has no end
            files = "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
            need = _scope(method, path, operation["tags"][0])
            refused = [await _tried(desks, p, method, at, files=files) for s, p in (*programs.items(), *lacking.items()) if need is None]
            if need is not None:
                refused.append(await _tried(desks, lacking[need], method, at, files=files))
                opened = await _tried(desks, programs[need], method, at, files=files)
                assert opened[1] != "scope_missing", (method, path)
            assert set(refused) == {(403, "scope_missing")}, (method, path, refused)
        assert tried > 45


WORKED_OUT = {f"{PREFIX}/eligibility/{what}" for what in ("hardship", "limitation", "venue", "rehearsal")}
"""What records nothing, though it is posted."""


def _scope(method: str, path: str, tag: str) -> str | None:
    """What this test expects of a route; None: closed to programs."""
    if tag == "account":
        return None
    if tag == "accounts":
        return "accounts"
    if (tag == "directory" or "/directory/" in path) and method != "get":
        return "directory"
    return "read" if method == "get" or path in WORKED_OUT else "commands"


async def _tried(desks: Desks, who: Someone, method: str, path: str, *, files: bool) -> tuple[int, str]:
    async with desks.client() as client:
        client.event_hooks = {}
        body: dict[str, Any] = (
            {"files": {"file": ("a.pdf", b"%PDF", "application/pdf")}} if files else {"json": {}} if method == "post" else {}
        )
        keyed = {} if f"{PREFIX}{path}" in WORKED_OUT else {"Idempotency-Key": f"test-{uuid4()}"}
        answer = await client.request(method, path, headers=who.headers | keyed, **body)
    return answer.status_code, answer.json().get("code", "") if answer.content and "json" in answer.headers["content-type"] else ""

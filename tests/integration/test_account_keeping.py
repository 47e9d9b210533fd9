"""Accounts and roles as the security administrator keeps them, over HTTP against the real ledger."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.house import House
from tests.integration.desks import PASSWORD, Desks, Someone, code_of

OWN = "a pass phrase of my own"


@pytest.fixture(scope="module")
async def desks(house: House) -> Desks:
    return await Desks.open(house)


@pytest.fixture
async def keeper(desks: Desks) -> Someone:
    return await desks.signed_in("security_administrator")


async def opened(desks: Desks, keeper: Someone, person: str) -> tuple[str, str]:
    """A new account's name and first password."""
    name = f"n{uuid4().hex[:10]}"
    answer = await desks.ask(keeper, "POST", "/accounts", {"username": name, "person": person})
    assert answer.status_code == 201, answer.text
    return name, answer.json()["first_password"]


async def test_an_account_is_opened_with_a_first_password_that_must_be_changed_before_anything_else(desks: Desks, keeper: Someone) -> None:
    person = await desks.someone("caseworker", account=False)
    name, first = await opened(desks, keeper, person.person)
    who = Someone(person.person, name)
    answer = await desks.sign_in(who, first)
    assert answer.json()["owes"] == ["password"]
    who.token = answer.json()["access_token"]
    assert code_of(await desks.ask(who, "GET", "/cases")) == (403, "password_change_required")
    assert (await desks.ask(who, "GET", "/me")).status_code == 200
    assert code_of(await desks.ask(who, "POST", "/me/tokens", {"label": "x", "scopes": ["read"]})) == (403, "password_change_required")
    assert (await desks.ask(who, "POST", "/me/password", {"old": first, "new": OWN})).status_code == 204
    assert (await desks.ask(who, "GET", "/cases")).status_code == 200
    assert (await desks.sign_in(who, OWN)).json().get("owes") is None
    assert await desks.history(name) == ["account_created", "password_set"]


async def test_an_account_repeated_with_its_key_is_opened_once_and_tells_its_password_once(desks: Desks, keeper: Someone) -> None:
    person = await desks.someone("caseworker", account=False)
    body = {"username": f"n{uuid4().hex[:10]}", "person": person.person}
    key = {"Idempotency-Key": f"test-{uuid4()}"}
    first = await desks.ask(keeper, "POST", "/accounts", body, **key)
    again = await desks.ask(keeper, "POST", "/accounts", body, **key)
    assert first.json()["first_password"]
    assert (again.status_code, again.json()["first_password"], again.headers["idempotent-replay"]) == (201, None, "true")


async def test_a_name_is_taken_once_and_a_person_must_be_known(desks: Desks, keeper: Someone) -> None:
    person = await desks.someone("caseworker", account=False)
    name, _ = await opened(desks, keeper, person.person)
    assert code_of(await desks.ask(keeper, "POST", "/accounts", {"username": name, "person": person.person})) == (409, "username_taken")
    assert code_of(await desks.ask(keeper, "POST", "/accounts", {"username": "nn", "person": "P-NOBODY"})) == (422, "unknown_person")
    assert (await desks.ask(keeper, "POST", "/accounts", {"username": "Not A Name", "person": person.person})).status_code == 422


@pytest.mark.parametrize("role", ["caseworker", "approver", "supervisor", "system_administrator", "auditor"])
async def test_nobody_but_the_security_administrator_keeps_accounts(desks: Desks, role: str) -> None:
    who = await desks.signed_in(role)  # pyright: ignore[reportArgumentType]
    other = await desks.someone("caseworker")
    reads = role == "auditor"
    assert (await desks.ask(who, "GET", "/accounts")).status_code == (200 if reads else 403)
    assert (await desks.ask(who, "GET", "/security/refusals")).status_code == (200 if reads else 403)
    asked = [
        ("/accounts", {"username": "some.body", "person": other.person}),
        (f"/accounts/{other.username}/password", None),
        (f"/accounts/{other.username}/disable", {"reason": "x"}),
        (f"/accounts/{other.username}/enable", {"reason": "x"}),
        (f"/accounts/{other.username}/unlock", {"reason": "x"}),
        (f"/accounts/{other.username}/second-factor/remove", {"reason": "x"}),
        ("/roles", {"person": other.person, "role": "approver", "office": "C-CITY"}),
        ("/roles/end", {"person": other.person, "role": "caseworker", "office": "C-CITY"}),
    ]
    for path, body in asked:
        assert code_of(await desks.ask(who, "POST", path, body)) == (403, "forbidden"), path


async def test_the_security_administrator_gives_nothing_to_themselves_and_the_attempt_is_kept(desks: Desks, keeper: Someone) -> None:
    own = [
        ("/accounts", {"username": f"n{uuid4().hex[:10]}", "person": keeper.person}),
        (f"/accounts/{keeper.username}/password", None),
        (f"/accounts/{keeper.username}/unlock", {"reason": "x"}),
        (f"/accounts/{keeper.username}/second-factor/remove", {"reason": "x"}),
        ("/roles", {"person": keeper.person, "role": "approver", "office": "C-CITY"}),
    ]
    for path, body in own:
        assert code_of(await desks.ask(keeper, "POST", path, body)) == (403, "cannot_grant_to_self"), path
    assert await desks.refusals(keeper.username) == ["cannot_grant_to_self"] * len(own)


async def test_system_security_and_audit_administrator_are_never_one_person(desks: Desks, keeper: Someone) -> None:
    auditor = await desks.someone("auditor")
    role = {"person": auditor.person, "office": "C-CITY"}
    refused = await desks.ask(keeper, "POST", "/roles", role | {"role": "system_administrator"})
    assert code_of(refused) == (409, "separation_of_administrators")
    assert (await desks.ask(keeper, "POST", "/roles", role | {"role": "caseworker"})).status_code == 200


async def test_a_role_is_given_until_a_day_and_never_for_days_gone_by(desks: Desks, keeper: Someone) -> None:
    who = await desks.signed_in("receptionist")
    today = desks.now.astimezone().date()
    role = {"person": who.person, "role": "caseworker", "office": "C-CITY"}
    yesterday = (today - timedelta(days=2)).isoformat()
    assert code_of(await desks.ask(keeper, "POST", "/roles", role | {"since": yesterday})) == (422, "since_in_past")
    assert code_of(await desks.ask(keeper, "POST", "/roles", role | {"until": yesterday})) == (422, "until_before_since")
    assert (await desks.ask(keeper, "POST", "/roles", role | {"until": (today + timedelta(days=9)).isoformat()})).status_code == 200
    assert {r["role"] for r in (await desks.ask(who, "GET", "/me")).json()["roles"]} == {"receptionist", "caseworker"}


async def test_a_role_that_ends_takes_the_persons_sessions_with_it(desks: Desks, keeper: Someone) -> None:
    who = await desks.signed_in("caseworker", "receptionist")
    role = {"person": who.person, "role": "caseworker", "office": "C-CITY"}
    assert (await desks.ask(keeper, "POST", "/roles/end", role)).status_code == 200
    assert code_of(await desks.ask(who, "GET", "/me")) == (401, "authentication_required")
    who.token = (await desks.sign_in(who)).json()["access_token"]
    assert [r["role"] for r in (await desks.ask(who, "GET", "/me")).json()["roles"]] == ["receptionist"]
    assert code_of(await desks.ask(keeper, "POST", "/roles/end", role)) == (409, "role_not_held")


async def test_an_account_is_closed_with_its_sessions_and_opened_again(desks: Desks, keeper: Someone) -> None:
    who = await desks.signed_in("caseworker")
    assert (await desks.ask(keeper, "POST", f"/accounts/{who.username}/disable", {"reason": "调离"})).status_code == 200
    assert code_of(await desks.ask(who, "GET", "/me")) == (401, "authentication_required")
    assert code_of(await desks.sign_in(who)) == (401, "bad_credentials")
    assert code_of(await desks.ask(keeper, "POST", f"/accounts/{who.username}/disable", {"reason": "调离"})) == (409, "account_disabled")
    assert (await desks.ask(keeper, "POST", f"/accounts/{who.username}/enable", {"reason": "调回"})).status_code == 200
    assert code_of(await desks.ask(who, "GET", "/me")) == (401, "authentication_required")
    assert (await desks.sign_in(who)).status_code == 200
    assert await desks.history(who.username) == ["account_created", "account_disabled", "account_enabled"]


async def test_a_lock_is_taken_off_before_its_time(desks: Desks, keeper: Someone) -> None:
    who = await desks.someone("caseworker")
    for _ in range(5):
        await desks.sign_in(who, "a wrong pass phrase")
    assert (await desks.sign_in(who)).status_code == 401
    listed = (await desks.ask(keeper, "GET", "/accounts")).json()["items"]
    assert next(a for a in listed if a["username"] == who.username)["locked_until"]
    assert (await desks.ask(keeper, "POST", f"/accounts/{who.username}/unlock", {"reason": "核验了身份"})).status_code == 200
    assert (await desks.sign_in(who)).status_code == 200


async def test_a_forgotten_password_is_replaced_by_a_first_one(desks: Desks, keeper: Someone) -> None:
    who = await desks.signed_in("caseworker")
    answer = await desks.ask(keeper, "POST", f"/accounts/{who.username}/password")
    assert code_of(await desks.ask(who, "GET", "/me")) == (401, "authentication_required")
    assert (await desks.sign_in(who, PASSWORD)).status_code == 401
    assert (await desks.sign_in(who, answer.json()["first_password"])).json()["owes"] == ["password"]


async def test_of_two_security_administrators_who_close_each_others_account_one_stays(desks: Desks, keeper: Someone) -> None:
    other = await desks.signed_in("security_administrator")
    answers = await asyncio.gather(
        desks.ask(keeper, "POST", f"/accounts/{other.username}/disable", {"reason": "x"}),
        desks.ask(other, "POST", f"/accounts/{keeper.username}/disable", {"reason": "x"}),
    )
    assert sorted(a.status_code for a in answers) == [200, 401]


async def test_who_lost_the_role_a_moment_ago_gives_no_more(desks: Desks, keeper: Someone) -> None:
    other = await desks.signed_in("security_administrator")
    person = await desks.someone("caseworker")
    ended = {"person": other.person, "role": "security_administrator", "office": "C-CITY"}
    answers = await asyncio.gather(
        desks.ask(keeper, "POST", "/roles/end", ended),
        *(desks.ask(other, "POST", "/roles", {"person": person.person, "role": "approver", "office": "C-CITY"}) for _ in range(3)),
    )
    assert answers[0].status_code == 200
    assert code_of(await desks.ask(other, "POST", "/roles", ended)) == (401, "authentication_required")


async def test_the_list_tells_of_everybody_and_of_no_secret(desks: Desks, keeper: Someone) -> None:
    await desks.someone("caseworker")
    answer = await desks.ask(keeper, "GET", "/accounts")
    assert answer.status_code == 200
    assert "hash" not in answer.text
    assert "argon2" not in answer.text

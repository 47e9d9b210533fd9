"""One sign-in for each role of the worked example: each sees just its own, and what belongs to others is not there for it."""

from dataclasses import replace
from typing import get_args
from uuid import uuid4

import pytest

from domain.access import Principal, list_scope, may_see, scope_of
from domain.command import Role
from ledger.accounts import create_account
from ledger.store import WORKER
from ops.example.directory import people_accounts
from readmodels import cases
from tests.house import House
from tests.integration.desks import PASSWORD, Desks, Someone, code_of

ROLES = [role for role in get_args(Role) if role != "system"]
NO_CASES = {"system_administrator", "security_administrator"}


@pytest.fixture(scope="module")
async def desks(house: House) -> Desks:
    return await Desks.open(house)


@pytest.fixture(scope="module")
async def two(house: House) -> tuple[str, str]:
    """A case of the house's own centre and one of the city's."""
    near = await house.submit()
    far = await house.do("receptionist", "submit_application", **{**_WAGES, "centre": "C-CITY"})
    return near, far.body["case_id"]


_WAGES = {
    "channel": "walk_in",
    "applicant": {"name": "赵某", "phone": "13900005678", "categories": ["migrant_worker"]},
    "matter": {"kind": "civil", "cause": "wages", "summary": "拖欠工资"},
}


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_signs_in_and_sees_its_own(desks: Desks, house: House, two: tuple[str, str], role: Role) -> None:
    account = next(a for a in people_accounts() if a.role == role)
    who = Someone(account.person, f"r{uuid4().hex[:10]}")
    async with house.database.transaction(WORKER) as conn:
        await create_account(conn, who.username, who.person, PASSWORD, desks.now)
    who = replace(who, token=(await desks.sign_in(who)).json()["access_token"])
    me = (await desks.ask(who, "GET", "/me")).json()
    assert role in {held["role"] for held in me["roles"]}

    person = house.directory.person(who.person)
    assert person is not None
    principal = Principal(who.username, who.person, person.roles_on(desks.now.date()), person.lawyer, person.unit)
    listed = (await desks.ask(who, "GET", "/cases?limit=200")).json()["items"]
    for case_id in two:
        async with house.database.transaction(WORKER) as conn:
            case = await cases.current(conn, case_id)
        assert case is not None
        sees = may_see(principal, scope_of(case), house.directory)
        answer = await desks.ask(who, "GET", f"/cases/{case_id}")
        assert (answer.status_code == 200) is sees, (role, case_id)
        if not sees:
            assert code_of(answer) == (404, "case_not_found")
            assert case_id not in {row["case_id"] for row in listed}
    if role in NO_CASES:
        assert listed == []
        assert list_scope(principal, house.directory).nothing


async def test_a_liaison_and_an_approver_of_one_county_see_nothing_of_another(desks: Desks, two: tuple[str, str], house: House) -> None:
    near, far = two
    approver = await desks.signed_in("approver", office=house.centre)
    liaison = await desks.signed_in("liaison", office=house.centre)
    for who in (approver, liaison):
        assert (await desks.ask(who, "GET", f"/cases/{near}")).status_code == 200
        assert code_of(await desks.ask(who, "GET", f"/cases/{far}")) == (404, "case_not_found")

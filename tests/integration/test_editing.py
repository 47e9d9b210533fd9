"""Who has a form of a case open is told to colleagues who look at it, in their language, and to nobody else; it is kept nowhere."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from api import drafts, editing
from api.problem import Problem
from api.recording import unseen
from tests.house import House
from tests.integration.desks import Desks, Someone
from tests.integration.lookers import looking, owned
from tests.integration.test_live import open_house

WINDOW = "w-1"


async def writes(desks: Desks, who: Someone, case_id: str, command: str = "assign_unit") -> None:
    with unseen():
        await editing.tell(desks.services, who.token, case_id, command, WINDOW)


def note(who: Someone, case_id: str) -> Mapping[str, object]:
    says = f"{who.person}正在填写：指派承办单位"
    return {"case_id": case_id, "people": [{"person": who.person, "name": who.person, "command": "assign_unit", "says": says}]}


async def test_a_colleague_hears_of_the_form_and_that_it_was_left_and_the_writer_does_not(house: House) -> None:
    async with open_house(house) as (desks, address):
        her, him = [await desks.signed_in("caseworker", office=house.centre) for _ in range(2)]
        case_id = await owned(desks, her)
        before = await house.types(case_id)
        async with looking(address, him, cases=[case_id]) as he, looking(address, her, cases=[case_id]) as she:
            await writes(desks, her, case_id)
            assert await he.told("editing") == [note(her, case_id)]
            async with looking(address, him, cases=[case_id]) as later:  # who comes to the page afterwards is told as well
                assert await later.told("editing") == [note(her, case_id)]
            await writes(desks, her, case_id, "")
            assert (await he.told("editing", 2))[-1] == {"case_id": case_id, "people": []}
            assert she.of("editing") == []
        assert await house.types(case_id) == before


async def test_who_may_not_see_the_case_neither_hears_nor_tells(house: House) -> None:
    async with open_house(house) as (desks, address):
        her, him = [await desks.signed_in("caseworker", office=house.centre) for _ in range(2)]
        case_id, other = await owned(desks, her), await owned(desks, her)
        async with looking(address, him, cases=[case_id, other]) as he:
            await he.told("case", 2)
            await house.do("caseworker", "declare_recusal", case_id, person=him.person, ground="kin")
            await writes(desks, her, case_id)
            await writes(desks, her, other)
            assert await he.told("editing") == [note(her, other)]
        with pytest.raises(Problem) as refused:
            await writes(desks, him, case_id)
        assert refused.value.status in (403, 404)


@pytest.mark.parametrize(("command", "window", "code"), [("no_such", WINDOW, "unknown_command"), ("assign_unit", "", "invalid")])
async def test_what_is_no_form_or_no_window_is_refused(house: House, command: str, window: str, code: str) -> None:
    desks = await Desks.open(house)
    who = await desks.signed_in("caseworker", office=house.centre)
    case_id = await owned(desks, who)
    with unseen(), pytest.raises(Problem) as refused:
        await editing.tell(desks.services, who.token, case_id, command, window)
    assert refused.value.code == code


async def test_the_key_of_drafts_follows_the_person_through_sessions_and_ends_with_them(house: House) -> None:
    desks = await Desks.open(house)
    one, other = [await desks.signed_in("caseworker", office=house.centre) for _ in range(2)]
    with unseen():
        first = await drafts.key_of(desks.services, one.token)
        again = (await desks.sign_in(one)).json()["access_token"]
        assert await drafts.key_of(desks.services, again) == first
        assert len(first) == 32
        assert await drafts.key_of(desks.services, other.token) != first
        desks.later(timedelta(days=2))
        with pytest.raises(Problem) as refused:
            await drafts.key_of(desks.services, one.token)
    assert refused.value.code == "authentication_required"

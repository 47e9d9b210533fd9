"""A stored record whose content no longer is what its type says: every way to it answers a problem that says so, never a fault.

Whoever administers the database can spoil a body past triggers and rights; what is promised then is that people are told so, and where.
"""

import csv
import io
from typing import Any

import pytest

from tests.house import House
from tests.integration.desks import Desks, code_of
from tests.integration.test_verifying import verified
from tests.sealed import altered, seal, superuser, verifying

BROKEN = b'{"ground": ["not a ground"], "name": "\xe7\x8e\x8b\xff"}'
REASON = {"X-Access-Reason": "a court asks"}


@pytest.fixture
async def desks(house: House) -> Desks:
    return await Desks.open(house, home=house.settings.keys.parent, sealing=house.settings.sealing)


async def _folded_anew(house: House, case_id: str) -> None:
    """The case's snapshot is of no shape that the program knows: the case is read out of its records."""
    async with await superuser(house) as conn:
        await conn.execute("UPDATE cases SET schema = 0 WHERE case_id = %s", (case_id,))


async def test_what_is_made_out_of_it_is_refused_with_its_place(desks: Desks) -> None:
    house = desks.house
    auditor, case_id = await desks.signed_in("auditor"), await house.accepted()
    size = await seal(house)
    async with altered(house, case_id, 2, body=BROKEN):
        for path in (f"/cases/{case_id}?version=2", f"/cases/{case_id}/court-bundle"):
            answer = await desks.ask(auditor, "GET", path, **REASON)
            assert code_of(answer) == (409, "record_unreadable"), path
            assert answer.json()["position"] <= size
            assert "verify" in answer.json()["detail"]
            assert "not a ground" not in answer.text
        await _folded_anew(house, case_id)
        assert code_of(await desks.ask(auditor, "GET", f"/cases/{case_id}")) == (409, "record_unreadable")
    assert (await desks.ask(auditor, "GET", f"/cases/{case_id}")).status_code == 200
    assert (await desks.ask(auditor, "GET", f"/cases/{case_id}/court-bundle", **REASON)).status_code == 200


async def test_a_record_of_a_newer_program_asks_to_come_again(desks: Desks) -> None:
    auditor, case_id = await desks.signed_in("auditor"), await desks.house.accepted()
    async with altered(desks.house, case_id, 2, schema_version=99):
        answer = await desks.ask(auditor, "GET", f"/cases/{case_id}?version=2")
        assert code_of(answer) == (503, "record_too_new")
        assert answer.headers["Retry-After"] == "60"


async def test_histories_show_it_to_an_auditor_as_it_is_stored_and_to_others_that_it_is_there(desks: Desks) -> None:
    house = desks.house
    auditor, supervisor, case_id = await desks.signed_in("auditor"), await desks.signed_in("supervisor"), await house.accepted()
    async with altered(house, case_id, 2, body=BROKEN):
        for path in (f"/cases/{case_id}/events", f"/events?case={case_id}"):
            shown = next(e for e in (await desks.ask(auditor, "GET", path)).json()["items"] if e["version"] == 2)
            assert (shown["unreadable"], shown["withheld"]) == (True, ["data"])
            assert shown["raw"] == BROKEN.decode(errors="backslashreplace")
            other = next(e for e in (await desks.ask(supervisor, "GET", path)).json()["items"] if e["version"] == 2)
            assert other == {name: value for name, value in shown.items() if name != "raw"}


async def test_a_verification_names_it(desks: Desks) -> None:
    house = desks.house
    auditor, case_id = await desks.signed_in("auditor"), await house.accepted()
    await seal(house)
    async with verifying(house), altered(house, case_id, 2, body=BROKEN):
        found = await verified(desks, auditor)
    assert found["exit"] == 1
    assert {f["class"] for f in found["findings"] if case_id in f["place"]} & {"body_changed", "not_canonical"}


@pytest.mark.parametrize("changed", [{"body": BROKEN}, {"body": b"[1]"}, {"body": b'{"matter": 1}'}, {"version": 0}])
async def test_an_export_is_whole_though_the_opening_of_a_case_cannot_be_read(desks: Desks, changed: dict[str, Any]) -> None:
    house = desks.house
    auditor, case_id = await desks.signed_in("auditor"), await house.accepted()
    told: list[list[dict[str, str]]] = []
    async with altered(house, case_id, 1, **changed):
        for form in ("csv", "xes", "ocel2"):
            answer = await desks.ask(auditor, "GET", f"/exports/{form}?case={case_id}")
            assert answer.status_code == 200
            if form == "csv":
                told.append(list(csv.DictReader(io.StringIO(answer.text))))
    told.append(list(csv.DictReader(io.StringIO((await desks.ask(auditor, "GET", f"/exports/csv?case={case_id}")).text))))
    (spoilt, whole), of_case = told, ("case_kind", "case_cause", "case_channel", "case_centre")
    assert [(row["case"], row["type"], row["event_id"]) for row in spoilt] == [(row["case"], row["type"], row["event_id"]) for row in whole]
    assert {row[name] for row in spoilt for name in of_case} == {""}
    assert all(row[name] for row in whole for name in of_case)

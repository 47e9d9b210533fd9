"""The ledger of reads: one row a request, before its answer leaves; refusals too; who may ask who read."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest

from api import recorder
from api.app import create_app
from api.live import Live
from ledger import access, chain, rules
from ledger.events import ACCESS_LOCK
from ledger.store import WORKER
from tests.house import House
from tests.integration.desks import Desks, Someone, code_of
from tests.integration.lookers import looking
from tests.poll import until
from tests.serving import served
from web.app import with_pages
from web.in_process import InProcess
from web.page import SESSION

NAME = "欧阳"
"""What every case of the house is of."""
REASON = "投诉登记第7号"


@pytest.fixture(scope="module")
async def desks(house: House) -> Desks:
    return await Desks.open(house)


@pytest.fixture
async def auditor(desks: Desks) -> Someone:
    desks.now = datetime.now(UTC)
    return await desks.signed_in("auditor")


@asynccontextmanager
async def browsing(desks: Desks, who: Someone) -> AsyncIterator[httpx.AsyncClient]:
    api = create_app(desks.services)
    app = with_pages(api, InProcess(api), rules.current().policy)
    transport = httpx.ASGITransport(app, client=("10.60.0.1", 1))
    headers = {"Accept-Language": "en", "Cookie": f"{SESSION}={who.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://t", headers=headers) as client:
        yield client


async def entries(desks: Desks, who: Someone) -> list[dict[str, Any]]:
    """The rows of the ledger that name the person, as stored, with the body read."""
    async with desks.house.database.transaction(WORKER) as conn:
        rows = await (
            await conn.execute("SELECT * FROM events WHERE ledger = 'access' AND actor = %s ORDER BY position", (who.person,))
        ).fetchall()
    return [row | {"said": json.loads(bytes(row["body"]))} for row in rows]


def elsewhere(house: House) -> str:
    """A centre of another county."""
    here = house.directory.office(house.centre)
    centres = [o for o in house.directory.offices() if o.kind == "centre" and o.level == "county"]
    return next(o.code for o in centres if here and o.county != here.county)


async def people_of(desks: Desks, *cases: str) -> set[str]:
    async with desks.house.database.transaction(WORKER) as conn:
        rows = await (await conn.execute("SELECT subject_id FROM case_people WHERE case_id = ANY(%s::uuid[])", (list(cases),))).fetchall()
    return {str(row["subject_id"]) for row in rows}


class TestReads:
    async def test_a_case_that_is_read_is_one_row_that_says_who_whose_and_how(self, desks: Desks, house: House, auditor: Someone) -> None:
        case_id = await house.submit()

        answer = await desks.ask(auditor, "GET", f"/cases/{case_id}", **{"X-Request-Id": "a-request-of-mine"})

        assert NAME in answer.text
        (row,) = await entries(desks, auditor)
        said = row["said"]
        assert (row["type"], row["role"], row["correlation_id"]) == ("personal_data_read", "auditor", "a-request-of-mine")
        assert (said["what"], said["channel"], said["cases"]) == (["case"], "api", [case_id])
        assert set(said["subjects"]) == await people_of(desks, case_id)
        assert said["count"] >= 4
        assert NAME not in bytes(row["body"]).decode()
        assert row["stream"] == f"access/{row['recorded_at'].astimezone(ZoneInfo('Asia/Shanghai')).date()}"

    async def test_a_page_is_one_row_however_often_it_asks(self, desks: Desks, house: House, auditor: Someone) -> None:
        case_id = await house.accepted()

        async with browsing(desks, auditor) as browser:
            page = await browser.get(f"/cases/{case_id}")

        assert (page.status_code, NAME in page.text) == (200, True)
        (row,) = await entries(desks, auditor)
        assert (row["said"]["channel"], row["said"]["cases"]) == ("page", [case_id])
        assert {"case", "history"} <= set(row["said"]["what"])

    async def test_a_list_is_one_row_with_everybody_on_it(self, desks: Desks, house: House, auditor: Someone) -> None:
        for _ in range(3):
            await house.submit()

        shown = (await desks.ask(auditor, "GET", "/cases?limit=50")).json()["items"]

        (row,) = await entries(desks, auditor)
        assert row["said"]["what"] == ["list"]
        assert set(row["said"]["cases"]) == {case["case_id"] for case in shown if isinstance(case["applicant"]["name"], str)}
        assert len(row["said"]["subjects"]) >= 3

    async def test_a_search_for_people_names_those_who_are_shown(self, desks: Desks, house: House, auditor: Someone) -> None:
        case_id = await house.submit()

        found = (await desks.ask(auditor, "GET", f"/persons?q={quote('欧阳·𠮷某')}")).json()["items"]

        (row,) = await entries(desks, auditor)
        assert (row["said"]["what"], row["said"]["channel"]) == (["persons"], "search")
        assert set(row["said"]["cases"]) == {entry["case_id"] for person in found for entry in person["entries"]} >= {case_id}

    async def test_what_a_command_answers_is_read_too(self, desks: Desks, house: House) -> None:
        clerk = await desks.signed_in("caseworker", office=house.centre)
        case_id = await house.submit()

        answer = await desks.ask(clerk, "POST", f"/cases/{case_id}/commands/add_note", {"text": "来电询问进度"})

        assert answer.status_code == 200, answer.text
        (row,) = await entries(desks, clerk)
        assert (row["said"]["what"], row["said"]["cases"]) == (["answer"], [case_id])

    async def test_what_opens_nothing_personal_leaves_no_row(self, desks: Desks, auditor: Someone) -> None:
        assert (await desks.ask(auditor, "GET", "/offices")).status_code == 200
        assert await entries(desks, auditor) == []

    async def test_whoever_looks_on_is_told_nothing_personal(self, house: House) -> None:
        async with Live().listening(house.settings.database_url) as live:
            desks = await Desks.open(house, live=live)
            auditor = await desks.signed_in("auditor")
            case_id = await house.submit()

            async with served(desks) as address, looking(address, auditor, cases=[case_id]) as looker:
                await house.do("caseworker", "add_note", case_id, text="来电")
                await looker.told("case", 2)

        assert await entries(desks, auditor) == []
        assert NAME not in str(looker.events)


class TestRefusals:
    async def test_a_case_out_of_reach_is_a_refusal_and_one_that_is_not_there_is_none(self, desks: Desks, house: House) -> None:
        stranger = await desks.signed_in("caseworker", office="C-CITY")
        case_id = await house.submit()

        assert code_of(await desks.ask(stranger, "GET", f"/cases/{case_id}")) == (404, "case_not_found")
        assert code_of(await desks.ask(stranger, "GET", f"/cases/{uuid4()}")) == (404, "case_not_found")
        assert code_of(await desks.ask(stranger, "POST", f"/cases/{case_id}/commands/add_note", {"text": "x"})) == (404, "case_not_found")
        assert code_of(await desks.ask(stranger, "GET", "/events")) == (403, "forbidden")

        said = [(row["type"], row["said"].get("case"), row["said"]["code"], row["said"]["what"]) for row in await entries(desks, stranger)]
        assert said == [
            ("access_refused", case_id, "case_not_found", "GET /api/v1/cases/{case_id}"),
            ("access_refused", case_id, "case_not_found", "POST /api/v1/cases/{case_id}/commands/{command}"),
            ("access_refused", None, "forbidden", "GET /api/v1/events"),
        ]

    async def test_a_page_that_is_refused_is_one_refusal(self, desks: Desks, house: House) -> None:
        who = await desks.signed_in("caseworker", office=house.centre)
        case_id = await house.submit()
        await house.do("caseworker", "declare_recusal", case_id, person=who.person, ground="kin")

        async with browsing(desks, who) as browser:
            assert (await browser.get(f"/cases/{case_id}")).status_code == 403

        (row,) = await entries(desks, who)
        assert (row["said"]["code"], row["said"]["case"]) == ("walled_off", case_id)

    async def test_a_failed_sign_in_is_a_refusal_without_name_and_address(self, desks: Desks) -> None:
        who = await desks.someone("caseworker")

        assert (await desks.sign_in(who, "no pass phrase of theirs", address="10.61.2.3")).status_code == 401

        (row,) = await entries(desks, who)
        assert (row["said"]["what"], row["said"]["code"]) == ("sign_in", "bad_credentials")
        assert not {who.username, "10.61.2.3"} & set(json.dumps(row["said"]).split('"'))
        async with desks.house.database.transaction(WORKER) as conn:
            kept = await (await conn.execute("SELECT * FROM security_refusals WHERE id = %s", (row["said"]["refusal"],))).fetchone()
        assert kept is not None
        assert (kept["username"], kept["address"]) == (who.username, "10.61.2.3")


@asynccontextmanager
async def held(desks: Desks) -> AsyncIterator[None]:
    """Within it nobody else gets the ledger's lock."""
    async with desks.house.owner.transaction(WORKER) as conn:
        await conn.execute("SELECT pg_advisory_xact_lock(%s)", (ACCESS_LOCK,))
        yield


class TestRecording:
    async def test_what_cannot_be_recorded_is_not_served(
        self, desks: Desks, house: House, auditor: Someone, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        case_id = await house.submit()
        monkeypatch.setattr(recorder, "_PATIENCE_SECONDS", 0.2)

        async with held(desks), browsing(desks, auditor) as browser:
            answer = await desks.ask(auditor, "GET", f"/cases/{case_id}")
            page = await browser.get(f"/cases/{case_id}")

        assert code_of(answer) == (503, "access_not_recorded")
        assert int(answer.headers["Retry-After"]) > 0
        assert page.status_code == 503
        assert page.headers["content-type"].startswith("text/html")
        assert "so nothing is shown" in page.text
        assert NAME not in answer.text + page.text
        monkeypatch.undo()
        assert NAME in (await desks.ask(auditor, "GET", f"/cases/{case_id}")).text

    async def test_many_at_once_share_a_commit_and_leave_no_hole(self, desks: Desks, house: House, auditor: Someone) -> None:
        case_id = await house.submit()
        app = create_app(desks.services)
        waiting: recorder.Recorder = app.state.recorder

        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t/api/v1", headers=auditor.headers) as client:
            async with held(desks):
                asked = [asyncio.create_task(client.get(f"/cases/{case_id}")) for _ in range(50)]

                async def gathered() -> bool:
                    return len(waiting._waiting) >= 49  # the first is in flight, behind the lock

                await until(gathered)
                assert not any(task.done() for task in asked)
            answers = await asyncio.gather(*asked)

        assert {answer.status_code for answer in answers} == {200}
        async with house.database.transaction(WORKER) as conn:
            found = await (
                await conn.execute(
                    "SELECT count(*) AS n, count(DISTINCT xmin::text) AS commits, count(DISTINCT recorded_at) AS moments FROM events"
                    " WHERE ledger = 'access' AND actor = %s", (auditor.person,)
                )
            ).fetchone()  # fmt: skip
            places = "SELECT count(*) AS n, min(position) AS first, max(position) AS last FROM events WHERE ledger = 'access'"
            whole = await (await conn.execute(places)).fetchone()
        assert found == {"n": 50, "commits": 2, "moments": 2}
        assert whole is not None
        assert (whole["first"], whole["last"]) == (1, whole["n"])

    async def test_the_rows_are_chained_as_the_page_on_the_ledger_says(self, desks: Desks, house: House, auditor: Someone) -> None:
        case_id = await house.submit()
        await desks.ask(auditor, "GET", f"/cases/{case_id}")
        (row,) = await entries(desks, auditor)

        async with house.database.transaction(WORKER) as conn:
            day = await (await conn.execute("SELECT * FROM events WHERE stream = %s ORDER BY version", (row["stream"],))).fetchall()
            read = await (await conn.execute("SELECT * FROM access_reads WHERE position = %s", (row["position"],))).fetchone()

        previous = chain.GENESIS
        for n, each in enumerate(day, start=1):
            assert (each["version"], each["ledger"], each["digest"]) == (n, "access", chain.digest(each["body"]))
            assert each["chain_hash"] == chain.chain_hash(each, previous)
            previous = each["chain_hash"]
        assert read is not None
        assert {name: [str(v) for v in value] if isinstance(value, list) else value for name, value in read.items()} == access.found_by(
            row, access.event_of(row)
        )


class TestAsking:
    async def test_an_auditor_finds_who_read_a_case_and_leaves_a_row(self, desks: Desks, house: House, auditor: Someone) -> None:
        case_id = await house.submit()
        reader = await desks.signed_in("caseworker", office=house.centre)
        await desks.ask(reader, "GET", f"/cases/{case_id}")
        await desks.ask(reader, "GET", f"/cases/{case_id}/events")

        found = (await desks.ask(auditor, "GET", f"/access?case={case_id}")).json()["items"]
        readers = (await desks.ask(auditor, "GET", f"/cases/{case_id}/readers")).json()["items"]

        assert [(e["person"], e["what"], e["role"]) for e in found] == [
            (reader.person, ["history"], "caseworker"), (reader.person, ["case"], "caseworker"),
        ]  # fmt: skip
        assert found[0]["cases"] == [{"case_id": case_id, "number": found[0]["cases"][0]["number"]}]
        assert {(r["person"], r["times"]) for r in readers} == {(reader.person, 2), (auditor.person, 1)}
        assert [row["said"]["what"] for row in await entries(desks, auditor)] == [["access_records"]] * 2

    async def test_a_case_is_meant_by_its_number_and_a_person_with_whoever_is_linked(
        self, desks: Desks, house: House, auditor: Someone
    ) -> None:
        case_id = await house.submit()
        number = (await desks.ask(auditor, "GET", f"/cases/{case_id}")).json()["register_number"]
        (subject, *_) = await people_of(desks, case_id)

        by_number = (await desks.ask(auditor, "GET", f"/access?case={quote(number)}")).json()["items"]
        by_subject = (await desks.ask(auditor, "GET", f"/access?subject={subject}")).json()["items"]

        assert [e["what"] for e in by_number] == [["case"]]
        assert by_subject[-1]["subjects"] == by_number[0]["subjects"]
        assert code_of(await desks.ask(auditor, "GET", "/access?case=nothing")) == (404, "case_not_found")

    async def test_pages_go_on_where_the_last_one_ended(self, desks: Desks, house: House, auditor: Someone) -> None:
        case_id = await house.submit()
        for _ in range(5):
            await desks.ask(auditor, "GET", f"/cases/{case_id}")

        first = (await desks.ask(auditor, "GET", f"/access?case={case_id}&limit=3")).json()
        rest = (await desks.ask(auditor, "GET", f"/access?case={case_id}&limit=3&cursor={first['next_cursor']}")).json()

        # The question itself concerns the case, and so stands among the newest of the second answer's ledger, not in its page.
        places = [e["position"] for e in (*first["items"], *rest["items"])]
        assert places == sorted(places, reverse=True)
        assert len(places) == len(set(places)) == 5
        assert rest["next_cursor"] is None
        today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
        assert (await desks.ask(auditor, "GET", f"/access?case={case_id}&to={today.replace(year=today.year - 1)}")).json()["items"] == []

    async def test_a_supervisor_asks_of_a_case_of_their_reach_and_is_told_of_no_other(self, desks: Desks, house: House) -> None:
        mine, other = await house.submit(), await house.submit()
        supervisor = await desks.signed_in("supervisor", office=house.centre)
        far = await desks.signed_in("supervisor", office=elsewhere(house))
        await desks.ask(supervisor, "GET", "/cases?limit=200")

        (seen,) = (await desks.ask(supervisor, "GET", f"/access?case={mine}")).json()["items"]

        assert [case["case_id"] for case in seen["cases"]] == [mine]
        assert other not in str(seen)
        assert seen["subjects"] is None
        assert code_of(await desks.ask(supervisor, "GET", "/access")) == (403, "forbidden")
        assert code_of(await desks.ask(far, "GET", f"/access?case={mine}")) == (404, "case_not_found")

    @pytest.mark.parametrize("role", ["caseworker", "approver", "bureau_officer", "system_administrator", "security_administrator"])
    async def test_others_may_not_ask(self, desks: Desks, house: House, role: Any) -> None:
        case_id = await house.submit()
        who = await desks.signed_in(role, office=house.centre)
        assert code_of(await desks.ask(who, "GET", f"/access?case={case_id}")) == (403, "forbidden")
        assert code_of(await desks.ask(who, "GET", f"/cases/{case_id}/readers")) == (403, "forbidden")

    async def test_what_a_colleague_read_is_asked_for_a_reason_which_is_kept_sealed(
        self, desks: Desks, house: House, auditor: Someone
    ) -> None:
        case_id = await house.submit()
        reader = await desks.signed_in("caseworker", office=house.centre)
        await desks.ask(reader, "GET", f"/cases/{case_id}")

        assert code_of(await desks.ask(auditor, "GET", f"/access?person={reader.person}")) == (403, "access_reason_required")
        assert await entries(desks, auditor) == []
        why = {"X-Access-Reason": quote(REASON)}
        found = (await desks.ask(auditor, "GET", f"/access?person={reader.person}", **why)).json()["items"]
        assert [(e["what"], e["reason"]) for e in found] == [(["case"], None)]

        (own,) = await entries(desks, auditor)
        assert REASON not in bytes(own["body"]).decode()
        second = await desks.signed_in("auditor")
        told = (await desks.ask(second, "GET", f"/access?person={auditor.person}", **why)).json()["items"]
        assert [(e["what"], e["reason"]) for e in told] == [(["access_records"], REASON)]
        assert code_of(await desks.ask(auditor, "GET", "/access", **{"X-Access-Reason": "x" * 501})) == (422, "invalid")

    async def test_a_reason_is_shown_no_more_once_all_it_was_given_for_are_erased(
        self, desks: Desks, house: House, auditor: Someone
    ) -> None:
        case_id = await house.submit()
        await desks.ask(auditor, "GET", f"/cases/{case_id}", **{"X-Access-Reason": quote(REASON)})
        async with house.owner.transaction(WORKER) as conn:
            await conn.execute(
                "UPDATE subject_keys SET wrapped = NULL, shredded_at = now() WHERE subject_id IN"
                " (SELECT subject_id FROM case_people WHERE case_id = %s)", (case_id,)
            )  # fmt: skip

        (found,) = (await desks.ask(auditor, "GET", f"/access?case={case_id}")).json()["items"]

        assert found["reason"]["erased"] is True
        assert (await desks.ask(auditor, "GET", f"/cases/{case_id}")).status_code == 200
        assert [row["said"]["what"] for row in await entries(desks, auditor)] == [["case"], ["access_records"]]


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


class TestPages:
    async def test_an_auditor_comes_from_the_case_to_who_read_it(self, desks: Desks, house: House, auditor: Someone) -> None:
        case_id = await house.submit()
        reader = await desks.signed_in("caseworker", office=house.centre)
        await desks.ask(reader, "GET", f"/cases/{case_id}")

        async with browsing(desks, auditor) as browser:
            case = await browser.get(f"/cases/{case_id}")
            assert f'href="/audit/access?case={case_id}"' in case.text
            page = await browser.get(f"/audit/access?case={case_id}")
            table = await browser.get(f"/audit/access.csv?case={case_id}")

        assert page.status_code == 200
        assert "People who read this case" in page.text
        assert len(re.findall('<tr data-type="personal_data_read">', page.text)) == 2
        assert reader.person in page.text
        assert NAME not in page.text
        lines = table.text.splitlines()
        assert table.headers["content-type"].startswith("text/csv")
        # The question that showed the page is in the table by now: it is one entry, though it asked twice.
        assert [line.split(",")[8] for line in lines[1:]] == ["access_records", "case history", "case"]

    async def test_a_colleagues_reads_are_shown_for_a_reason_that_stands_in_no_address(
        self, desks: Desks, house: House, auditor: Someone
    ) -> None:
        case_id = await house.submit()
        reader = await desks.signed_in("caseworker", office=house.centre)
        await desks.ask(reader, "GET", f"/cases/{case_id}")

        async with browsing(desks, auditor) as browser:
            asked = await browser.get(f"/audit/access?person={reader.person}")
            assert asked.status_code == 200
            assert 'personal_data_read">' not in re.sub("<option.*?</option>", "", asked.text)
            sent = {"csrf": hidden(asked, "csrf"), "reason": REASON}
            shown = await browser.post(f"/audit/access?person={reader.person}", data=sent)
            table = await browser.post(f"/audit/access.csv?person={reader.person}", data=sent)
            forged = await browser.post(f"/audit/access?person={reader.person}", data=sent | {"csrf": "forged"})

        assert len(re.findall('<tr data-type="personal_data_read">', shown.text)) == 1
        assert len(table.text.splitlines()) == 2
        assert forged.status_code == 403

    async def test_a_supervisor_names_a_case_first_and_others_have_no_such_page(self, desks: Desks, house: House) -> None:
        supervisor = await desks.signed_in("supervisor", office=house.centre)
        clerk = await desks.signed_in("caseworker", office=house.centre)

        async with browsing(desks, supervisor) as browser:
            blank = await browser.get("/audit/access")
            wrong = await browser.get("/audit/access?case=nothing-of-that-name")
        async with browsing(desks, clerk) as browser:
            denied = await browser.get("/audit/access")

        assert (blank.status_code, wrong.status_code, denied.status_code) == (200, 404, 403)
        assert 'name="case"' in blank.text
        assert "<table" not in blank.text + wrong.text
        assert [row["type"] for row in await entries(desks, clerk)] == ["access_refused"]


class TestWall:
    async def test_the_database_shows_reads_to_auditors_alone(self, desks: Desks, house: House, auditor: Someone) -> None:
        case_id = await house.submit()
        clerk = await desks.signed_in("caseworker", office=house.centre)
        await desks.ask(clerk, "GET", f"/cases/{case_id}")
        seen: dict[str, int] = {}
        for who in (clerk, auditor):
            async with house.database.transaction(who.token) as conn:
                for table in ("events", "access_reads"):
                    where = "ledger = 'access' AND actor" if table == "events" else "person"
                    row = await (await conn.execute(f"SELECT count(*) AS n FROM {table} WHERE {where} = %s", (clerk.person,))).fetchone()  # pyright: ignore[reportArgumentType]  # noqa: S608
                    seen[f"{'auditor' if who is auditor else 'clerk'} {table}"] = row["n"] if row else -1
        assert seen == {"clerk events": 0, "clerk access_reads": 0, "auditor events": 1, "auditor access_reads": 1}

    @pytest.mark.parametrize("stream", ["access/2026-01-01", "rota/C-CITY"])
    async def test_nobody_writes_into_the_ledger_of_reads_as_people_do(self, house: House, auditor: Someone, stream: str) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with house.database.transaction(auditor.token) as conn:
                await conn.execute(
                    "INSERT INTO events SELECT 'x', 'access', 900000000, %s, 900000, 'x', 1, now(), now(), now(), 'x', NULL, 'x', 'x',"
                    " 'x', 'x', NULL, 'x', 'x', 'x'", (stream,)
                )  # fmt: skip

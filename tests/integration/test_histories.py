"""Histories across cases on a real ledger: every filter, pages that go on, reports from the followed list, exports, whose they are."""

import csv
import io
import json
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from api.problem import Problem
from domain.skipped import jumps
from ledger.store import WORKER
from readmodels import following
from tests.house import WAGES, House
from tests.integration.desks import Desks, Someone
from tests.scenarios import SHANGHAI, Scenario, Step, examined_and_granted, scenarios, walk

XES = "{http://www.xes-standard.org/}"


@pytest.fixture(scope="module")
async def desks(house: House) -> Desks:
    return await Desks.open(house)


@pytest.fixture(scope="module")
async def watcher(desks: Desks) -> Someone:
    """A supervisor of the whole city."""
    return await desks.signed_in("supervisor", office="B-CITY")


@pytest.fixture(scope="module")
async def http(desks: Desks) -> AsyncIterator[httpx.AsyncClient]:
    async with desks.client() as client:
        yield client


async def ask(http: httpx.AsyncClient, who: Someone, path: str, **params: Any) -> Any:
    answer = await http.get(path, headers=who.headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def every(http: httpx.AsyncClient, who: Someone, path: str, **params: Any) -> list[Any]:
    """The items of all pages."""
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = await ask(http, who, path, **params, **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


class TestFilters:
    async def test_several_types_come_as_one_list_in_the_ledgers_order(
        self, house: House, http: httpx.AsyncClient, watcher: Someone
    ) -> None:
        cases = [await house.accepted() for _ in range(3)]
        types = ["application_submitted", "accepted_first"]
        found = await every(http, watcher, "/events", type=types, limit=2)
        mine = [e for e in found if e["case_id"] in cases]
        assert sorted((e["case_id"], e["type"]) for e in mine) == sorted((c, t) for c in cases for t in types)
        positions = [e["position"] for e in found]
        assert positions == sorted(set(positions), reverse=True)
        assert {e["type"] for e in found} == set(types)

    async def test_an_office_stands_for_those_below_it(self, house: House, http: httpx.AsyncClient, watcher: Someone) -> None:
        await house.submit()
        below = house.directory.below(house.centre)
        found = await every(http, watcher, "/events", office=house.centre, limit=200)
        assert {e["office"] for e in found} <= below
        everything = await every(http, watcher, "/events", limit=200)
        assert [e["position"] for e in found] == [e["position"] for e in everything if e["office"] in below]
        city = await every(http, watcher, "/events", office="C-CITY", limit=200)
        assert [e["position"] for e in city] == [e["position"] for e in everything]

    async def test_an_actor_a_category_and_a_cause(self, house: House, http: httpx.AsyncClient, watcher: Someone) -> None:
        case_id = await house.submit()
        other = await house.submit(matter={"kind": "civil", "cause": "child_support", "summary": "赡养"})
        actor = house.who("receptionist").person
        found = await every(http, watcher, "/events", actor=actor, category="migrant_worker", cause="wages", limit=200)
        assert case_id in {e["case_id"] for e in found}
        assert other not in {e["case_id"] for e in found}
        assert {e["actor"]["id"] for e in found} == {actor}

    async def test_a_legal_period_goes_by_legal_days_both_included(self, house: House, http: httpx.AsyncClient, watcher: Someone) -> None:
        case_id = await house.submit()
        day = date.fromisoformat((await ask(http, watcher, "/events", case=case_id))["items"][0]["effective_on"])
        found = await every(http, watcher, "/events", legal_from=day.isoformat(), legal_to=day.isoformat(), limit=7)
        assert case_id in {e["case_id"] for e in found}
        order = [(e["effective_on"], e["position"]) for e in found]
        assert order == sorted(set(order), reverse=True)
        later = (day + timedelta(days=1)).isoformat()
        assert case_id not in {e["case_id"] for e in await every(http, watcher, "/events", legal_from=later, limit=200)}

    async def test_a_period_of_recording_is_the_positions_between_its_moments(self, house: House) -> None:
        async with house.database.transaction(WORKER) as conn:
            rows = await (await conn.execute("SELECT position, recorded_at FROM events WHERE ledger = 'case' ORDER BY position")).fetchall()
            for at in (rows[0]["recorded_at"], rows[len(rows) // 2]["recorded_at"], rows[-1]["recorded_at"]):
                for moment in (at - timedelta(microseconds=1), at, at + timedelta(microseconds=1)):
                    found = await (await conn.execute("SELECT ledger_position('case', %s) AS position", (moment,))).fetchone()
                    first = next((r["position"] for r in rows if r["recorded_at"] >= moment), rows[-1]["position"] + 1)
                    assert found is not None
                    assert found["position"] == first

    async def test_up_to_a_position_nothing_is_added_later(self, house: House, http: httpx.AsyncClient, watcher: Someone) -> None:
        case_id = await house.submit()
        last = (await ask(http, watcher, "/events", case=case_id))["items"][0]["position"]
        await house.do("approver", "accept_first", case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
        found = await ask(http, watcher, "/events", case=case_id, upto=last, limit=200)
        assert next(e["position"] for e in found["items"]) == last
        assert "accepted_first" not in {e["type"] for e in found["items"]}

    async def test_whoever_watches_over_a_county_reads_of_its_cases_alone(
        self, house: House, desks: Desks, http: httpx.AsyncClient
    ) -> None:
        case_id = await house.submit()
        here, elsewhere = house.directory.office(house.centre), None
        assert here is not None
        elsewhere = next(
            o.code for o in house.directory.offices() if o.kind == "centre" and o.level == "county" and o.county != here.county
        )
        other = await desks.signed_in("supervisor", office=elsewhere)
        assert case_id not in {e["case_id"] for e in await every(http, other, "/events", limit=200)}
        assert (await http.get(f"/cases/{case_id}/actors", headers=other.headers)).status_code == 404
        exported = await http.get("/exports/csv", headers=other.headers, params={"case": case_id})
        assert len(exported.text.splitlines()) == 1  # the head alone

    async def test_what_an_office_of_another_county_did_is_found_whether_the_list_has_come_to_it_or_not(
        self, house: House, desks: Desks, http: httpx.AsyncClient
    ) -> None:
        """Of the cases of one's own county alone; nothing where that office did nothing there."""
        case_id = await house.submit()
        home = house.directory.office(house.centre)
        assert home is not None
        county = next(o for o in house.directory.offices() if o.kind == "centre" and o.level == "county" and o.county != home.county)
        theirs = (await house.do("receptionist", "submit_application", centre=county.code, **WAGES)).body["case_id"]
        other = await desks.signed_in("supervisor", office=county.code)
        for _ in range(2):
            found = await every(http, other, "/events", office=house.centre, limit=1)
            assert theirs in {e["case_id"] for e in found}
            assert case_id not in {e["case_id"] for e in found}
            assert {e["office"] for e in found} <= house.directory.below(house.centre)
            positions = [e["position"] for e in found]
            assert positions == sorted(set(positions), reverse=True)
            outlet = min(house.directory.below(house.centre) - {house.centre})
            assert (await ask(http, other, "/events", office=outlet))["items"] == []
            await brought_up_to_date(house)

    async def test_a_rare_causes_newest_are_those_of_all_its_cases(self, house: House, http: httpx.AsyncClient, watcher: Someone) -> None:
        """Gathered case by case, page by page, they are the ones that a walk along the whole ledger meets."""
        cases = [await house.submit(matter={"kind": "civil", "cause": "maintenance_of_parents", "summary": "赡养"}) for _ in range(4)]
        for case_id in cases[1], cases[0]:
            await house.do("approver", "accept_first", case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
        everything = [e for e in await every(http, watcher, "/events", limit=200) if e["case_id"] in cases]
        for asked in ({}, {"type": "accepted_first"}, {"office": house.centre}):
            found = await every(http, watcher, "/events", cause="maintenance_of_parents", limit=3, **asked)
            wanted = [e["position"] for e in everything if e["type"] == asked.get("type", e["type"])]
            assert [e["position"] for e in found] == wanted


async def test_who_acted_on_a_case(house: House, http: httpx.AsyncClient, watcher: Someone) -> None:
    case_id = await house.accepted()
    rows = (await ask(http, watcher, f"/cases/{case_id}/actors"))["items"]
    events = await every(http, watcher, "/events", case=case_id, limit=200)
    assert sum(row["events"] for row in rows) == len(events)
    by = {row["actor"]["id"]: row for row in rows}
    approver = by[house.who("approver").person]
    assert "accepted_first" in approver["types"]
    assert approver["actor"]["name"]
    assert approver["first_at"] <= approver["last_at"]
    moments = [row["last_at"] for row in rows]
    assert moments == sorted(moments, reverse=True)


async def test_what_the_rules_refused_is_found_by_case_person_and_code(
    house: House, desks: Desks, http: httpx.AsyncClient, watcher: Someone
) -> None:
    case_id = await house.submit()
    with pytest.raises(Problem):
        await house.do("approver", "grant_aid", case_id, reasons="符合条件")
    asked = {"case": case_id, "actor": house.who("approver").person, "office": house.centre, "code": "wrong_state"}
    found = (await ask(http, watcher, "/refusals", **asked))["items"]
    assert [(r["command"], r["actor"]["role"], r["status"]) for r in found] == [("grant_aid", "approver", 409)]
    day = found[0]["received_at"][:10]
    assert (await ask(http, watcher, "/refusals", **asked, **{"from": day, "to": day}))["items"] == found
    assert (await ask(http, watcher, "/refusals", case=case_id, code="recused"))["items"] == []
    clerk = await desks.signed_in("caseworker", office=house.centre)
    assert (await http.get("/refusals", headers=clerk.headers)).status_code == 403


@pytest.fixture(scope="module")
async def walked(house: House) -> dict[str, str]:
    """Cases of several lines by name, and the list of stays brought up to date."""
    today = datetime.now(SHANGHAI).date()
    lines = {s.name: s for s in scenarios(today, house.centre)}
    settled = lines["settled_before_assignment"]
    granted = (settled.steps[0], *examined_and_granted(), Step("approver", "grant_aid", {"reasons": "符合条件"}))
    walks = {"archived": lines["archived"], "settled": settled, "ordinary": Scenario("ordinary", granted, "awaiting_assignment")}
    made = {name: str((await walk(line, today, house.walking()))["case_id"]) for name, line in walks.items()}
    made["accepted"] = await house.accepted()
    await brought_up_to_date(house)
    return made


async def brought_up_to_date(house: House) -> None:
    """The list of stays holds all that has happened: the test follows by itself, no process does it for it here."""
    async with house.database.transaction(WORKER) as conn:
        await following.enter(conn)
    await following.follow_all(house.database)


class TestReports:
    @pytest.mark.usefixtures("walked")
    async def test_the_map_counts_every_move_once(self, house: House, http: httpx.AsyncClient, watcher: Someone) -> None:
        found = await ask(http, watcher, "/reports/process-map", **{"from": "2020-01-01"})
        async with house.database.transaction(WORKER) as conn:
            stays = await (await conn.execute("SELECT case_id, n, state FROM stage_days ORDER BY case_id, n")).fetchall()
        wanted: dict[tuple[str | None, str], int] = {}
        for before, after in zip([None, *stays], stays, strict=False):
            key = (before["state"] if before and before["case_id"] == after["case_id"] else None, after["state"])
            wanted[key] = wanted.get(key, 0) + 1
        assert {(m["start"], m["end"]): m["moves"] for m in found["moves"]} == wanted
        assert sum(s["visits"] for s in found["states"]) == len(stays)
        assert all(m["types"] for m in found["moves"])
        assert next(m for m in found["moves"] if m["start"] is None and m["end"] == "received")["median_days"] is None

    @pytest.mark.usefixtures("walked")
    async def test_days_by_stage_are_those_of_the_stays(self, house: House, http: httpx.AsyncClient, watcher: Someone) -> None:
        async with house.database.transaction(WORKER) as conn:
            stays = await (
                await conn.execute("SELECT case_id, stage, entered_on, left_on FROM stage_days WHERE stage <> 'ended'")
            ).fetchall()
        spent: dict[str, dict[str, int]] = {}
        for stay in stays:
            of_stage = spent.setdefault(stay["stage"], {})
            days = (stay["left_on"] - stay["entered_on"]).days if stay["left_on"] else -10_000
            of_stage[stay["case_id"]] = of_stage.get(stay["case_id"], 0) + days
        left = {stage: [days for days in of.values() if days >= 0] for stage, of in spent.items()}
        for by in ("stage", "office", "category", "month"):
            found = await ask(http, watcher, "/reports/stages", group_by=by, **{"from": "2020-01-01"})
            assert found["group_by"] == by
            stages = [line["stage"] for line in found["items"]]
            assert "application" in stages
            assert all((line["key"] == "") is (by == "stage") for line in found["items"])
            assert all(0 <= line["median_days"] <= line["p90_days"] for line in found["items"])
        told = (await ask(http, watcher, "/reports/stages", **{"from": "2020-01-01"}))["items"]
        assert {line["stage"]: (line["cases"], line["median_days"]) for line in told} == {
            stage: (len(days), round(median(days), 1)) for stage, days in left.items() if days
        }
        assert found["open"]["assignment"] >= 1

    async def test_a_step_passed_over_is_told_until_it_is_made_good(
        self, walked: dict[str, str], house: House, http: httpx.AsyncClient, watcher: Someone
    ) -> None:
        case_id = walked["accepted"]
        mine = [e for e in await every(http, watcher, "/reports/skipped", limit=200) if e["case_id"] == case_id]
        assert {(e["kind"], e["step"]) for e in mine} >= {
            ("state", "examined"),
            ("check", "conflict_checked"),
            ("check", "hardship_assessed"),
        }
        assert {e["type"] for e in mine if e["kind"] != "limit"} == {"accepted_first"}
        assert {e["made_good_on"] for e in mine if e["kind"] != "limit"} == {None}
        await house.do("caseworker", "declare_conflict_check", case_id, cleared=True)
        after = await every(http, watcher, "/reports/skipped", kind="check", limit=3)
        checked = next(e for e in after if (e["case_id"], e["step"]) == (case_id, "conflict_checked"))
        assert checked["made_good_on"]
        still = await every(http, watcher, "/reports/skipped", kind="check", open=True, limit=200)
        assert {e["step"] for e in still if e["case_id"] == case_id} == {"hardship_assessed"}

    @pytest.mark.usefixtures("walked")
    async def test_pages_of_what_was_skipped_hold_all_once_and_the_counts_count_them(
        self, http: httpx.AsyncClient, watcher: Someone
    ) -> None:
        whole = await every(http, watcher, "/reports/skipped", limit=200)
        by_two = await every(http, watcher, "/reports/skipped", limit=2)
        assert by_two == whole
        counts = (await ask(http, watcher, "/reports/skipped", limit=1))["counts"]
        assert sum(c["found"] for c in counts) == len(whole)
        assert {c["step"] for c in counts if c["kind"] == "state"} <= {j.step for j in jumps()}

    async def test_what_a_case_skipped_is_what_its_line_left_out(
        self, walked: dict[str, str], http: httpx.AsyncClient, watcher: Someone
    ) -> None:
        found = await every(http, watcher, "/reports/skipped", limit=200)
        steps = {name: {e["step"] for e in found if e["case_id"] == case and e["kind"] == "state"} for name, case in walked.items()}
        assert steps["ordinary"] == set()
        assert steps["archived"] == {"examined"}  # accepted first by local policy: nobody ever examined it
        assert {"awaiting_assignment", "lawyer_named", "in_representation"} <= steps["settled"]
        assert not [e for e in found if e["case_id"] == walked["ordinary"] and e["kind"] == "check"]

    async def test_a_limit_that_was_missed_is_told_with_the_days(self, house: House, http: httpx.AsyncClient, watcher: Someone) -> None:
        case_id = await house.submit()
        async with house.owner.transaction(WORKER) as conn:
            await conn.execute(
                "UPDATE clock_list SET due_on = current_date - 3, due_at = now() - interval '3 days', state = 'missed' WHERE case_id = %s",
                (case_id,),
            )
        found = await every(http, watcher, "/reports/skipped", kind="limit", limit=200)
        late = [e for e in found if e["case_id"] == case_id]
        assert late
        assert all((e["type"], e["late_days"] >= 2) == ("missed", True) for e in late)

    async def test_only_those_who_watch_over_offices(self, house: House, desks: Desks, http: httpx.AsyncClient) -> None:
        clerk = await desks.signed_in("caseworker", office=house.centre)
        paths = ("/reports/stages", "/reports/skipped", "/reports/process-map", "/exports/xes", "/exports/ocel2", "/exports/csv")
        for path in paths:
            answer = await http.get(path, headers=clerk.headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path


class TestExports:
    async def events(self, http: httpx.AsyncClient, who: Someone, **params: Any) -> list[Any]:
        found = await every(http, who, "/events", limit=200, **params)
        return sorted(found, key=lambda e: (e["case_id"], e["version"]))

    async def test_a_table_holds_every_event_of_the_filter_once(self, house: House, http: httpx.AsyncClient, watcher: Someone) -> None:
        await house.accepted()
        asked = {"type": ["accepted_first", "application_submitted"], "office": house.centre}
        answer = await http.get("/exports/csv", headers=watcher.headers, params=asked)
        rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        wanted = await self.events(http, watcher, **asked, upto=answer.headers["Ledger-Position"])
        assert [(r["type"], int(r["version"])) for r in rows] == [(e["type"], e["version"]) for e in wanted]
        moments = [datetime.fromisoformat(r["recorded_at"]) for r in rows]
        assert moments == [datetime.fromisoformat(e["recorded_at"]) for e in wanted]

    async def test_repeated_up_to_its_position_it_is_the_same_bytes(self, house: House, http: httpx.AsyncClient, watcher: Someone) -> None:
        for path in ("/exports/xes", "/exports/ocel2", "/exports/ocel2?format=sqlite", "/exports/csv"):
            first = await http.get(path, headers=watcher.headers)
            upto = first.headers["Ledger-Position"]
            assert f"-{upto}." in first.headers["Content-Disposition"]
            await house.submit()
            again = await http.get(f"{path}{'&' if '?' in path else '?'}upto={upto}", headers=watcher.headers)
            assert again.content == first.content, path

    async def test_nothing_of_the_people_goes_out_and_codes_only_for_a_reason(
        self, house: House, http: httpx.AsyncClient, watcher: Someone
    ) -> None:
        case_id = await house.accepted()
        plain = [b"13900001234", b"11010519491231002X", "欧阳".encode(), "拖欠八个月工资".encode()]
        codes = [case_id.encode(), house.who("approver").person.encode()]
        for path in ("/exports/xes", "/exports/ocel2", "/exports/csv", "/exports/ocel2?format=sqlite"):
            join = "&" if "?" in path else "?"
            told = await http.get(f"{path}{join}case={case_id}", headers=watcher.headers)
            assert not [word for word in plain + codes if word in told.content], path
            refused = await http.get(f"{path}{join}case={case_id}&identified=true", headers=watcher.headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "access_reason_required")
            headers = watcher.headers | {"X-Access-Reason": quote(f"复核 {uuid4()}")}
            named = await http.get(f"{path}{join}case={case_id}&identified=true", headers=headers)
            assert all(code in named.content for code in codes), path
            assert not [word for word in plain if word in named.content], path

    async def test_an_export_under_codes_is_in_the_ledger_of_reads_before_it_is_read(
        self, house: House, http: httpx.AsyncClient, watcher: Someone
    ) -> None:
        case_id = await house.submit()
        headers = watcher.headers | {"X-Access-Reason": quote("流程复核")}
        await http.get(f"/exports/csv?case={case_id}&identified=true", headers=headers)
        async with house.database.transaction(WORKER) as conn:
            row = await (
                await conn.execute(
                    "SELECT what, channel, reason FROM access_reads WHERE person = %s AND %s::uuid = ANY (cases)"
                    " ORDER BY position DESC LIMIT 1",
                    (watcher.person, case_id),
                )
            ).fetchone()
        assert row is not None
        assert (row["what"], row["channel"]) == (["export"], "export")
        assert row["reason"]

    async def test_the_forms_tell_the_same(self, house: House, http: httpx.AsyncClient, watcher: Someone, tmp_path: Path) -> None:
        case_id = await house.accepted()
        wanted = [(e["type"], e["version"]) for e in await self.events(http, watcher, case=case_id)]
        asked = {"case": case_id}
        log = ET.fromstring((await http.get("/exports/xes", headers=watcher.headers, params=asked)).content)  # noqa: S314 -- made here
        held = [{each.attrib["key"]: each.attrib["value"] for each in event} for event in log.iter(f"{XES}event")]
        assert [(h["concept:name"], int(h["version"])) for h in held] == wanted
        assert len(list(log.iter(f"{XES}trace"))) == 1
        document = json.loads((await http.get("/exports/ocel2", headers=watcher.headers, params=asked)).content)
        assert [e["type"] for e in document["events"]] == [t for t, _ in wanted]
        kinds = {each["type"] for each in document["objects"]}
        assert kinds == {"case", "person", "office"}
        case = next(each for each in document["objects"] if each["type"] == "case")
        assert {a["name"]: a["value"] for a in case["attributes"]} == {"kind": "civil", "cause": "wages", "channel": "walk_in"}
        made = tmp_path / "log.sqlite"
        made.write_bytes((await http.get("/exports/ocel2", headers=watcher.headers, params=asked | {"format": "sqlite"})).content)
        db = sqlite3.connect(made)
        try:
            assert db.execute("SELECT ocel_type FROM event ORDER BY rowid").fetchall() == [(t,) for t, _ in wanted]
        finally:
            db.close()

    async def test_a_session_that_ended_lets_no_more_pages_pass(self, house: House, desks: Desks) -> None:
        from api import exporting  # noqa: PLC0415 -- what stands behind the route
        from api.desk import open_desk  # noqa: PLC0415
        from api.history_filters import Asked  # noqa: PLC0415
        from api.recording import unseen  # noqa: PLC0415
        from ledger import sessions  # noqa: PLC0415
        from readmodels.exports.lines import NoLongerSeen  # noqa: PLC0415
        from readmodels.history import EventQuery  # noqa: PLC0415

        await house.accepted()
        who = await desks.signed_in("supervisor", office="B-CITY")
        with unseen():
            async with open_desk(desks.services, who.token) as desk:
                made = await exporting.begin(desk, who.token, "csv", Asked(EventQuery(), None))
        assert await anext(made.parts)  # the head
        async with house.database.transaction(who.token) as conn:
            await sessions.end_session(conn, who.token, desks.now)
        with pytest.raises(NoLongerSeen):  # the answer breaks off: half an export must not pass for a whole one
            await anext(made.parts)

"""What the contract lets be read, over HTTP, against the real ledger: scope, history, search, sums, documents."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from psycopg.errors import UniqueViolation

from api import views
from api.app import create_app
from api.examples import EXAMPLES
from api.services import Services
from domain.command import COMMANDS, Role
from ledger import accounts, rules
from ledger.directory import DirectoryCache
from ledger.events import stream_of
from ledger.personal import load_keys, subjects_in, unseal_json
from ledger.store import WORKER
from readmodels import cases
from tests.described import Described
from tests.house import WAGES, House

PASSWORD = "a known pass phrase"


@dataclass
class Api:
    """The application over the house's services, and a signed-in client a person."""

    house: House
    http: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict[str, str])
    checks: dict[str, bool] = field(default_factory=dict[str, bool])

    async def token(self, username: str, person: str) -> str:
        if username not in self.tokens:
            name = f"reads-{username}"
            try:
                async with self.house.database.transaction(WORKER) as conn:
                    await accounts.create_account(conn, name, person, PASSWORD, datetime.now(UTC))
            except UniqueViolation:
                pass  # another test process made it on the same engines
            answer = await self.http.post("/tokens", json={"username": name, "password": PASSWORD})
            self.tokens[username] = answer.json()["access_token"]
        return self.tokens[username]

    async def ask(self, role: Role, method: str, path: str, at: str | None = None, **more: Any) -> httpx.Response:
        who = self.house.who(role, at)
        headers = {"Authorization": f"Bearer {await self.token(who.username, who.person)}"} | more.pop("headers", {})
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, role: Role, path: str, at: str | None = None, **params: Any) -> Any:
        answer = await self.ask(role, "GET", path, at, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
async def api(house: House) -> AsyncIterator[Api]:
    made: list[Api] = []

    async def ready() -> dict[str, bool]:
        return made[0].checks

    services = Services(house.database, DirectoryCache(), rules.current, house.keys, house.commands, lambda: datetime.now(UTC), ready)
    app = create_app(services)
    async with AsyncExitStack() as stack:
        told = Described(app.openapi())  # every answer of these tests is held to the document
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t/api/v1", event_hooks={"response": [told.check]})
        http = await stack.enter_async_context(client)
        made.append(Api(house, http))
        yield made[0]


def elsewhere(house: House) -> str:
    """A centre of another county."""
    here = house.directory.office(house.centre)
    assert here is not None
    return next(o.code for o in house.directory.offices() if o.kind == "centre" and o.county != here.county and o.level == "county")


class TestSigningIn:
    async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(self, api: Api) -> None:
        await api.get("caseworker", "/me")
        name = f"reads-{api.house.who('caseworker').username}"
        answers = [
            await api.http.post("/tokens", json={"username": n, "password": "wrong and long enough"}) for n in (name, f"nobody-{uuid4()}")
        ]
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(401, "bad_credentials")] * 2

    async def test_without_a_token_nothing_is_told(self, api: Api) -> None:
        answer = await api.http.get("/cases")
        assert (answer.status_code, answer.json()["code"]) == (401, "authentication_required")
        assert answer.headers["www-authenticate"] == "Bearer"

    async def test_a_token_is_worthless_after_signing_out(self, api: Api) -> None:
        who = api.house.who("auditor", None) if False else api.house.who("approver")
        await api.token(who.username, who.person)
        token = (await api.http.post("/tokens", json={"username": f"reads-{who.username}", "password": PASSWORD})).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert (await api.http.get("/me", headers=headers)).status_code == 200
        assert (await api.http.delete("/tokens/current", headers=headers)).status_code == 204
        assert (await api.http.get("/me", headers=headers)).status_code == 401

    async def test_me_names_the_person_with_roles_and_offices(self, api: Api) -> None:
        me = await api.get("caseworker", "/me")
        assert (me["id"], me["role"], me["office"]) == (api.house.who("caseworker").person, "caseworker", api.house.centre)


class TestACase:
    async def test_each_version_is_the_fold_of_the_first_events(self, api: Api) -> None:
        case_id = await api.house.accepted()
        last = (await api.get("caseworker", f"/cases/{case_id}"))["version"]
        for version in range(1, last + 1):
            shown = await api.get("caseworker", f"/cases/{case_id}", version=version)
            async with api.house.database.transaction(WORKER) as conn:
                history = await cases.history_as_of(conn, case_id, version=version)
                folded = views.case_view(cases.folded(case_id, history), history[-1].recorded_at)
                keys = await load_keys(conn, api.house.keys.master, subjects_in(folded))
            assert shown == unseal_json(folded, keys, stream_of(case_id)) | {"as_of_basis": "version"}
            assert shown["version"] == version

    async def test_the_last_version_is_the_case_as_it_stands(self, api: Api) -> None:
        case_id = await api.house.accepted()
        now = await api.get("caseworker", f"/cases/{case_id}")
        last = await api.get("caseworker", f"/cases/{case_id}", version=now["version"])
        assert last.pop("as_of_basis") == "version"
        assert last == now
        assert now["applicant"]["name"] == "欧阳·𠮷某"
        assert now["accept_first"]["state"] == "papers_owed"

    async def test_as_of_a_recorded_moment_later_events_have_not_happened(self, api: Api) -> None:
        case_id = await api.house.submit()
        moment = (await api.get("caseworker", f"/cases/{case_id}/events"))["items"][-1]["recorded_at"]
        await api.house.do("approver", "accept_first", case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
        then = await api.get("caseworker", f"/cases/{case_id}", as_of=moment)
        assert (then["state"], then["accept_first"], then["as_of_basis"]) == ("received", None, "recorded")

    async def test_as_of_a_legal_day_only_that_day_and_before_count(self, api: Api) -> None:
        opened = datetime.now(UTC).date() - timedelta(days=9)
        case_id = await api.house.submit(effective_on=opened.isoformat())
        await api.house.do("approver", "accept_first", case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
        then = await api.get("caseworker", f"/cases/{case_id}", legal_on=(opened + timedelta(days=1)).isoformat())
        assert (then["state"], then["as_of_basis"]) == ("received", "legal")
        early = await api.ask("caseworker", "GET", f"/cases/{case_id}", params={"legal_on": (opened - timedelta(days=1)).isoformat()})
        assert (early.status_code, early.json()["code"]) == (404, "not_yet_opened")

    async def test_a_version_that_is_not_there_is_404_and_two_bases_are_422(self, api: Api) -> None:
        case_id = await api.house.submit()
        ahead = await api.ask("caseworker", "GET", f"/cases/{case_id}", params={"version": 999})
        both = await api.ask("caseworker", "GET", f"/cases/{case_id}", params={"version": 1, "legal_on": "2026-01-01"})
        assert (ahead.status_code, ahead.json()["code"]) == (404, "version_not_found")
        assert (both.status_code, both.json()["code"]) == (422, "one_basis")

    async def test_outside_ones_scope_a_case_is_as_absent_as_one_that_never_was(self, api: Api) -> None:
        case_id = await api.house.submit()
        for path in ("", "/events", "/clocks", "/documents", "/allowed-commands", "/diff?from=0&to=1"):
            there = await api.ask("caseworker", "GET", f"/cases/{case_id}{path}", elsewhere(api.house))
            never = await api.ask("caseworker", "GET", f"/cases/{uuid4()}{path}", elsewhere(api.house))
            assert there.status_code == never.status_code == 404
            assert there.json()["code"] == never.json()["code"] == "case_not_found"
        assert (await api.ask("caseworker", "GET", "/cases/nonsense")).status_code == 404

    async def test_the_front_desk_sees_the_case_without_the_assessment(self, api: Api) -> None:
        case_id = await api.house.submit()
        household = [{"relation": "self", "income_fen_per_month": 100_00, "self_only": True}]
        await api.house.do("caseworker", "assess_hardship", case_id, county=api.house.centre, residence="rural", household=household)
        case = await api.get("receptionist", f"/cases/{case_id}")
        assert case["withheld"] == ["eligibility"]
        assert "eligibility" not in case
        items = (await api.get("receptionist", f"/cases/{case_id}/events"))["items"]
        assessed = next(e for e in items if e["type"] == "hardship_assessed")
        assert (assessed.get("data"), assessed["withheld"]) == (None, ["data"])
        full = await api.get("caseworker", f"/cases/{case_id}")
        assert full["eligibility"]["in_hardship"] is True

    async def test_history_comes_in_pages_that_join_without_a_gap(self, api: Api) -> None:
        case_id = await api.house.accepted()
        whole = (await api.get("caseworker", f"/cases/{case_id}/events", limit=200))["items"]
        read: list[dict[str, Any]] = []
        after = "0"
        while after:
            page = await api.get("caseworker", f"/cases/{case_id}/events", limit=2, after=after)
            read += page["items"]
            after = page["next_cursor"]
        assert read == whole
        assert [e["version"] for e in whole] == list(range(1, len(whole) + 1))
        first = whole[0]
        assert (first["type"], first["data"]["applicant"]["name"]) == ("application_submitted", "欧阳·𠮷某")
        assert first["actor"]["name"]
        assert len(bytes.fromhex(first["chain_hash"])) == len(bytes.fromhex(first["digest"])) == 32
        only = (await api.get("caseworker", f"/cases/{case_id}/events", type="accepted_first"))["items"]
        assert [e["type"] for e in only] == ["accepted_first"]

    async def test_the_diff_of_two_versions_names_the_fields_that_changed(self, api: Api) -> None:
        case_id = await api.house.submit()
        before = (await api.get("caseworker", f"/cases/{case_id}"))["version"]
        await api.house.do("approver", "accept_first", case_id, ground="migrant_worker", papers_owed=[{"kind": "id_copy"}])
        after = (await api.get("caseworker", f"/cases/{case_id}"))["version"]
        diff = await api.get("caseworker", f"/cases/{case_id}/diff", **{"from": before, "to": after})
        changed = {c["pointer"]: (c["before"], c["after"]) for c in diff["changes"]}
        assert changed["/state"] == ("received", "awaiting_assignment")
        assert "/applicant/name" not in changed

    async def test_allowed_commands_are_those_of_the_callers_role_with_a_schema_to_fill(self, api: Api) -> None:
        case_id = await api.house.submit()
        worker = {c["name"]: c for c in (await api.get("caseworker", f"/cases/{case_id}/allowed-commands"))["items"]}
        approver = {c["name"] for c in (await api.get("approver", f"/cases/{case_id}/allowed-commands"))["items"]}
        assert "recommend_decision" in worker
        assert "accept_first" in approver - worker.keys()
        assert worker["recommend_decision"]["schema"]["required"] == ["decision", "opinion"]
        assert "box" not in str(worker["add_note"]["schema"])

    async def test_accepting_first_is_not_offered_to_a_desk_without_a_delegation(self, api: Api) -> None:
        case_id = await api.house.submit()
        desk = {c["name"] for c in (await api.get("receptionist", f"/cases/{case_id}/allowed-commands"))["items"]}
        assert "issue_receipt" in desk
        assert "accept_first" not in desk

    async def test_a_note_for_the_centre_is_withheld_from_the_firm(self, api: Api) -> None:
        case_id = await api.house.accepted()
        unit, lawyer = api.house.who("lawyer").unit, api.house.who("lawyer").lawyer
        await api.house.do("approver", "assign_unit", case_id, unit=unit, lawyer=lawyer)
        for visible_to in ("centre", "unit"):
            await api.house.do("caseworker", "add_note", case_id, text="意见", visible_to=visible_to)
        notes = (await api.get("lawyer", f"/cases/{case_id}/events", type="note_added"))["items"]
        assert [(n.get("withheld"), n.get("data", {}).get("text")) for n in notes] == [(["data"], None), (None, "意见")]

    async def test_the_examination_clock_says_how_its_date_was_counted(self, api: Api) -> None:
        case_id = await api.house.submit()
        clock = next(c for c in (await api.get("caseworker", f"/cases/{case_id}/clocks"))["items"] if c["limit"] == "examine_application")
        assert clock["state"] == "running"
        assert clock["due"] > clock["started"]
        assert clock["next_reminder"]["to"]
        assert clock["counted"]["days"]


class TestFinding:
    async def test_a_case_is_found_by_number_name_pinyin_initials_and_phone(self, api: Api) -> None:
        case_id = await api.house.submit(applicant={"name": "慕容晓梅", "phone": "13912347788"})
        number = (await api.get("caseworker", f"/cases/{case_id}"))["register_number"]
        for q in (number, number.replace("〔", "[").replace("〕", "]"), "慕容", "murongxiaomei", "mrxm", "7788"):
            found = {c["case_id"]: c for c in (await api.get("caseworker", "/cases", q=q, limit=200))["items"]}
            assert case_id in found, q
            assert found[case_id]["applicant"]["name"] == "慕容晓梅"
        assert case_id not in {c["case_id"] for c in (await api.get("caseworker", "/cases", q="司马懿", limit=200))["items"]}

    async def test_a_corrected_name_is_found_too(self, api: Api) -> None:
        case_id = await api.house.submit(applicant={"name": "令孤大山"})
        opened = (await api.get("caseworker", f"/cases/{case_id}/events"))["items"][0]["position"]
        await api.house.do(
            "caseworker", "correct_record", case_id, position=opened, field="/applicant/name", value="令狐大山", reason="笔误"
        )
        for q in ("令狐大山", "linghudashan", "令孤大山"):
            assert case_id in {c["case_id"] for c in (await api.get("caseworker", "/cases", q=q, limit=200))["items"]}, q

    async def test_nobody_finds_what_lies_outside_their_scope(self, api: Api) -> None:
        case_id = await api.house.submit(applicant={"name": "皇甫嵩山"})
        found = await api.get("caseworker", "/cases", elsewhere(api.house), q="皇甫嵩山")
        assert found == {"items": [], "next_cursor": None}
        assert case_id in {c["case_id"] for c in (await api.get("caseworker", "/cases", q="皇甫嵩山"))["items"]}

    @pytest.mark.parametrize("sort", ["-updated_at", "updated_at", "due_at", "-opened_on", "opened_on"])
    async def test_pages_in_every_order_show_each_case_once(self, api: Api, sort: str) -> None:
        mine = {await api.house.submit(applicant={"name": "呼延灼灼"}) for _ in range(3)}
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await api.get("caseworker", "/cases", q="呼延灼灼", sort=sort, limit=2, **({"cursor": cursor} if cursor else {}))
            seen += [c["case_id"] for c in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen))
        assert mine <= set(seen)

    async def test_a_cursor_of_another_order_or_a_forged_one_is_refused(self, api: Api) -> None:
        for _ in range(2):
            await api.house.submit(applicant={"name": "尉迟恭敬"})
        cursor = (await api.get("caseworker", "/cases", q="尉迟恭敬", limit=1))["next_cursor"]
        for params in ({"cursor": cursor, "sort": "due_at"}, {"cursor": "bm90IG91cnM"}, {"cursor": "WyItdXBkYXRlZF9hdCIsIngiLCJ5Il0"}):
            answer = await api.ask("caseworker", "GET", "/cases", params=params)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid")

    async def test_a_lawyers_cases_are_found_by_the_persons_code_as_by_the_panels(self, api: Api) -> None:
        case_id = await api.house.accepted()
        who = api.house.who("lawyer")
        await api.house.do("approver", "assign_unit", case_id, unit=who.unit, lawyer=who.lawyer)
        by_panel, by_person = [
            {c["case_id"] for c in (await api.get("caseworker", "/cases", assignee=code, limit=200))["items"]}
            for code in (who.lawyer, who.person)
        ]
        assert case_id in by_panel
        assert by_panel <= by_person

    async def test_a_lawyer_of_the_unit_finds_the_case_nobody_is_named_for_and_meets_its_people(self, api: Api) -> None:
        case_id = await api.house.accepted()
        who = api.house.who("lawyer")
        await api.house.do("approver", "assign_unit", case_id, unit=who.unit)
        assert case_id in {c["case_id"] for c in (await api.get("lawyer", "/cases", state="assigned", limit=200))["items"]}
        answer = await api.house.do(who, "record_meeting", case_id, held_on=str(datetime.now(views.ZONE).date()), summary="会见")
        assert answer.body["events"][0]["type"] == "meeting_recorded"

    async def test_the_lane_is_a_stage_and_its_states_are_states(self, api: Api) -> None:
        case_id, plain = await api.house.accepted(), await api.house.submit()
        for params in ({"stage": "accept_first"}, {"state": "papers_owed"}, {"stage": "accept_first", "state": "awaiting_assignment"}):
            found = (await api.get("caseworker", "/cases", sort="-updated_at", limit=200, **params))["items"]
            assert case_id in {c["case_id"] for c in found}
            assert plain not in {c["case_id"] for c in found}
            assert None not in {c["lane"] for c in found}
        confirmed = await api.get("caseworker", "/cases", state="confirmed", limit=200)
        assert case_id not in {c["case_id"] for c in confirmed["items"]}

    async def test_filters_hold_together(self, api: Api) -> None:
        case_id = await api.house.accepted()
        hit = await api.get(
            "caseworker", "/cases", state="awaiting_assignment", category="migrant_worker", office=api.house.centre, limit=200
        )
        assert case_id in {c["case_id"] for c in hit["items"]}
        assert {c["state"] for c in hit["items"]} == {"awaiting_assignment"}
        miss = await api.get("caseworker", "/cases", stage="closure", q=hit["items"][0]["register_number"])
        assert miss["items"] == []
        wrong = await api.ask("caseworker", "GET", "/cases", params={"state": "nowhere", "limit": 201})
        assert sorted(e["parameter"] for e in wrong.json()["errors"]) == ["limit", "state"]


class TestWork:
    async def test_a_case_stands_in_the_queue_of_whoever_must_act(self, api: Api) -> None:
        case_id = await api.house.accepted()
        queue = {c["case_id"]: c for c in (await api.get("approver", "/me/queue", limit=200))["items"]}
        assert queue[case_id]["waiting_for"] == "approver"
        assert case_id not in {c["case_id"] for c in (await api.get("approver", "/me/queue", elsewhere(api.house), limit=200))["items"]}

    async def test_deadlines_come_by_due_date_with_their_case(self, api: Api) -> None:
        case_id = await api.house.accepted()
        items = (await api.get("caseworker", "/deadlines", limit=200))["items"]
        assert [d["due_at"] for d in items] == sorted(d["due_at"] for d in items)
        mine = {d["limit"]: d for d in items if d["case_id"] == case_id}
        assert {"supply_owed_papers", "assign_unit"} <= mine.keys()
        assert mine["assign_unit"]["register_number"]
        met = (await api.get("caseworker", "/deadlines", state="met", limit=200))["items"]
        assert "examine_application" in {d["limit"] for d in met if d["case_id"] == case_id}

    async def test_histories_across_cases_are_the_supervisors(self, api: Api) -> None:
        case_id = await api.house.accepted()
        assert (await api.ask("caseworker", "GET", "/events")).status_code == 403
        found = await api.get("supervisor", "/events", case=case_id, type="accepted_first")
        assert [(e["case_id"], e["type"]) for e in found["items"]] == [(case_id, "accepted_first")]
        pages = await api.get("supervisor", "/events", case=case_id, limit=2)
        rest = await api.get("supervisor", "/events", case=case_id, limit=200, cursor=pages["next_cursor"])
        versions = [e["version"] for e in pages["items"] + rest["items"]]
        assert versions == sorted(versions, reverse=True)
        assert versions[-1] == 1

    async def test_histories_are_bounded_by_days_the_last_one_whole(self, api: Api) -> None:
        case_id = await api.house.submit()
        day = (await api.get("caseworker", f"/cases/{case_id}/events"))["items"][0]["recorded_at"][:10]
        before = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
        found = [
            len((await api.get("supervisor", "/events", case=case_id, **{"from": first, "to": last}))["items"])
            for first, last in ((day, day), (before, before), (f"{before}T00:00:00+08:00", f"{day}T00:00:00+08:00"))
        ]
        assert found == [2, 0, 0]
        naive = await api.ask("supervisor", "GET", "/events", params={"from": "2026-03-01T09:00:00"})
        wrong = await api.ask("supervisor", "GET", "/events", params={"to": "soon"})
        assert [(e["parameter"], e["code"]) for e in naive.json()["errors"]] == [("from", "offset_missing")]
        assert [e["parameter"] for e in wrong.json()["errors"]] == ["to"]


class TestWorkingOut:
    async def test_a_due_date_is_explained_day_by_day(self, api: Api) -> None:
        due = await api.get("caseworker", "/calendar/due", limit="examine_application", start="2026-03-02")
        assert due["due_at"] == "2026-03-10T00:00:00+08:00" or due["due_on"] == "2026-03-09"
        assert sum(span["days"] for span in due["counted"] if span["counted"]) == 7
        unknown = await api.ask("caseworker", "GET", "/calendar/due", params={"limit": "no_such", "start": "2026-03-02"})
        assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_limit")
        wrong = await api.ask("caseworker", "GET", "/calendar/due", params={"limit": "examine_application", "start": "soon"})
        assert wrong.status_code == 422

    async def test_hardship_is_worked_out_and_recorded_nowhere(self, api: Api) -> None:
        body = {
            "county": "c",
            "residence": "rural",
            "effective_on": "2026-03-01",
            "household": [{"relation": "self", "income_fen_per_month": 138_000}, {"relation": "spouse", "income_fen_per_month": 138_001}],
        }
        answer = await api.ask("receptionist", "POST", "/eligibility/hardship", json=body)
        result = answer.json()
        assert (result["in_hardship"], result["per_person_fen"], result["threshold_fen"]) == (True, 138_000, 138_000)
        faulty = await api.ask("receptionist", "POST", "/eligibility/hardship", json=body | {"household": [{"income_fen_per_month": -1}]})
        assert faulty.json()["errors"][0]["pointer"] == "/household/0/income_fen_per_month"

    async def test_lawyers_are_listed_by_speciality_with_their_load(self, api: Api) -> None:
        items = (await api.get("caseworker", "/lawyers", specialty="wages"))["items"]
        assert items
        assert all("wages" in x["specialities"] and x["unit_name"] and x["load"] >= 0 for x in items)
        today = date.today().isoformat()  # noqa: DTZ011 -- any day will do
        assert all(x["available"] for x in (await api.get("caseworker", "/lawyers", available_on=today))["items"])

    async def test_offices_people_and_tariffs_are_whole_lists(self, api: Api) -> None:
        offices, people, tariffs = [(await api.get("caseworker", f"/{name}"))["items"] for name in ("offices", "people", "tariffs")]
        assert api.house.centre in {o["code"] for o in offices}
        assert api.house.who("approver").person in {p["code"] for p in people}
        assert {"code", "amount_fen"} <= tariffs[0].keys()


class TestCommandsOverHttp:
    async def test_a_case_is_opened_once_however_often_it_is_sent(self, api: Api) -> None:
        key = f"open-{uuid4()}"
        body = EXAMPLES["submit_application"] | {"centre": api.house.centre}
        first = await api.ask("receptionist", "POST", "/cases", json=body, headers={"Idempotency-Key": key})
        again = await api.ask("receptionist", "POST", "/cases", json=body, headers={"Idempotency-Key": key})
        other = await api.ask("receptionist", "POST", "/cases", json=body | {"channel": "letter"}, headers={"Idempotency-Key": key})
        assert first.status_code == again.status_code == 201
        assert first.headers["location"] == f"/api/v1/cases/{first.json()['case_id']}"
        assert first.headers["etag"] == f'"{first.json()["version"]}"'
        assert (again.headers["idempotent-replay"], again.json()) == ("true", first.json())
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")

    async def test_a_refusal_repeated_is_the_same_answer_and_says_so(self, api: Api) -> None:
        case_id = await api.house.submit()
        key = {"Idempotency-Key": f"k-{uuid4()}"}
        path = f"/cases/{case_id}/commands/grant_aid"
        first, again = [await api.ask("approver", "POST", path, json={"reasons": "符合条件"}, headers=key) for _ in range(2)]
        assert first.status_code == 409
        assert (again.status_code, again.json()) == (409, first.json())
        assert "idempotent-replay" not in first.headers
        assert again.headers["idempotent-replay"] == "true"

    async def test_an_answer_shows_the_clocks_of_past_days_as_they_truly_stand(self, api: Api) -> None:
        long_ago = (datetime.now(UTC).date() - timedelta(days=40)).isoformat()
        answer = await api.house.do(
            "receptionist",
            "submit_application",
            centre=api.house.centre,
            channel="walk_in",
            applicant={"name": "旧案"},
            effective_on=long_ago,
        )
        shown = await api.get("caseworker", f"/cases/{answer.body['case_id']}")
        assert [c["state"] for c in answer.body["clocks"]] == [c["state"] for c in shown["clocks"]] == ["missed"]

    async def test_a_change_needs_a_key_and_an_open_value(self, api: Api) -> None:
        case_id = await api.house.submit()
        path = f"/cases/{case_id}/commands/add_note"
        bare = await api.ask("caseworker", "POST", path, json={"text": "x"})
        empty = await api.ask("caseworker", "POST", path, json={"text": "", "colour": 1}, headers={"Idempotency-Key": f"k-{uuid4()}"})
        assert (bare.status_code, bare.json()["code"]) == (400, "idempotency_key_required")
        assert empty.status_code == 422
        assert {e["pointer"] for e in empty.json()["errors"]} == {"/text", "/colour"}

    async def test_a_stale_version_is_refused_with_the_current_one(self, api: Api) -> None:
        case_id = await api.house.accepted()
        current = (await api.get("caseworker", f"/cases/{case_id}"))["version"]
        headers = {"Idempotency-Key": f"k-{uuid4()}", "If-Match": '"1"'}
        stale = await api.ask("caseworker", "POST", f"/cases/{case_id}/commands/add_note", json={"text": "x"}, headers=headers)
        assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (412, "version_mismatch", current)
        assert stale.headers["etag"] == f'"{current}"'

    async def test_a_refusal_that_names_another_case_is_kept_and_the_case_goes_on(self, api: Api) -> None:
        case_id, other = await api.house.submit(), await api.house.submit()
        path = f"/cases/{case_id}/commands"
        answers = [
            await api.ask("caseworker", "POST", f"{path}/{name}", json=body, headers={"Idempotency-Key": f"k-{uuid4()}"})
            for name, body in (("link_case", {"case_id": other}), ("link_case", {"case_id": other}), ("add_note", {"text": "仍可办理"}))
        ]
        assert [a.status_code for a in answers] == [200, 409, 200], answers[1].text
        assert (answers[1].json()["code"], answers[1].json()["case_id"]) == ("already_linked", other)

    async def test_a_case_is_linked_only_to_one_that_its_caseworker_may_see(self, api: Api) -> None:
        case_id = await api.house.submit()
        elsewhere = await api.house.do(api.house.who("receptionist", "C-CITY"), "submit_application", centre="C-CITY", **WAGES)
        path = f"/cases/{case_id}/commands/link_case"
        for other in (str(uuid4()), elsewhere.body["case_id"]):
            answer = await api.ask("caseworker", "POST", path, json={"case_id": other}, headers={"Idempotency-Key": f"k-{uuid4()}"})
            assert answer.status_code == 422
            assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/case_id", "unknown_case")]

    async def test_no_answer_of_the_interface_is_kept_by_a_browser(self, api: Api) -> None:
        for path in ("/me", "/cases", "/cases/nowhere"):
            answer = await api.ask("caseworker", "GET", path)
            assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")

    async def test_a_correction_may_take_away_what_need_not_be_said_and_nothing_else(self, api: Api) -> None:
        case_id = await api.house.submit(applicant={"name": "甲", "county": "ADX"})
        opened = (await api.get("caseworker", f"/cases/{case_id}/events"))["items"][0]["position"]
        path = f"/cases/{case_id}/commands/correct_record"
        for pointer, value, status in (("/applicant/county", None, 200), ("/centre", None, 422), ("/applicant/name", "", 422)):
            body = {"position": opened, "field": pointer, "value": value, "reason": "误填"}
            answer = await api.ask("caseworker", "POST", path, json=body, headers={"Idempotency-Key": f"k-{uuid4()}"})
            assert answer.status_code == status, answer.text
        assert "county" not in (await api.get("caseworker", f"/cases/{case_id}"))["applicant"]

    async def test_a_document_comes_back_as_it_was_sent_and_lies_encrypted(self, api: Api) -> None:
        case_id = await api.house.submit()
        content = "身份证 𠮷 复印件".encode() * 99
        key = {"Idempotency-Key": f"doc-{uuid4()}"}
        sent = [
            await api.ask(
                "caseworker", "POST", f"/cases/{case_id}/documents", files={"file": ("id.pdf", content, "application/pdf")}, headers=key,
            )
            for _ in range(2)
        ]  # fmt: skip
        assert [a.status_code for a in sent] == [201, 201], sent[0].text
        listed = (await api.get("caseworker", f"/cases/{case_id}/documents"))["items"]
        assert [(d["size"], d["media_type"], d["title"]) for d in listed] == [(len(content), "application/pdf", "id.pdf")]
        path = f"/cases/{case_id}/documents/{listed[0]['document_id']}"
        read = await api.ask("caseworker", "GET", path)
        assert (read.content, read.headers["content-type"]) == (content, "application/pdf")
        assert (await api.ask("caseworker", "GET", path, elsewhere(api.house))).status_code == 404
        async with api.house.database.transaction(WORKER) as conn:
            row = await cases.file_row(conn, case_id, listed[0]["document_id"])
        assert row is not None
        assert content not in bytes(row["content"])

    async def test_an_attachment_is_a_command_like_any_other(self, api: Api) -> None:
        case_id = await api.house.submit()
        path = f"/cases/{case_id}/documents"

        async def attach(
            data: dict[str, str] | None = None, media_type: str = "text/plain; charset=utf-8", **headers: str
        ) -> httpx.Response:
            sent = {"Idempotency-Key": f"doc-{uuid4()}", **{name.replace("_", "-"): value for name, value in headers.items()}}
            return await api.ask("caseworker", "POST", path, files={"file": ("张三.txt", b"x", media_type)}, data=data or {}, headers=sent)

        answer = await attach({"note": "原件已核对", "effective_on": datetime.now(views.ZONE).date().isoformat()})
        assert answer.status_code == 201, answer.text
        told, event = answer.json(), answer.json()["events"][0]
        assert {name: told[name] for name in ("title", "size", "media_type")} == {
            "title": "张三.txt",
            "size": 1,
            "media_type": "text/plain",
        }
        assert UUID(told["document_id"]).version == 7
        assert (event["data"]["note"], event["command_id"]) == ("原件已核对", told["document_id"])
        assert (await attach(If_Match='"1"')).status_code == 412
        for data, pointer in (({"effective_on": "abc"}, "/effective_on"), ({"colour": "red"}, "/colour")):
            refused = await attach(data)
            assert (refused.status_code, [e["pointer"] for e in refused.json()["errors"]]) == (422, [pointer])

    async def test_a_files_name_lies_encrypted_too(self, api: Api) -> None:
        case_id = await api.house.submit()
        path, key = f"/cases/{case_id}/documents", {"Idempotency-Key": f"doc-{uuid4()}"}
        await api.ask("caseworker", "POST", path, files={"file": ("张三的身份证.txt", b"x", "text/plain")}, headers=key)
        async with api.house.database.transaction(WORKER) as conn:
            rows = await (await conn.execute("SELECT body FROM events WHERE stream = %s", (stream_of(case_id),))).fetchall()
            kept = await (await conn.execute("SELECT snapshot::text AS text FROM cases WHERE case_id = %s", (case_id,))).fetchone()
        assert kept is not None
        assert not any("张三" in bytes(row["body"]).decode() for row in rows)
        assert "张三" not in kept["text"]

    async def test_a_day_that_no_machine_can_count_on_from_is_refused_where_it_stands(self, api: Api) -> None:
        case_id = await api.house.submit()
        headers = {"Idempotency-Key": f"k-{uuid4()}"}
        body = {"papers": [{"kind": "id_copy"}], "by": "9999-12-31"}
        answer = await api.ask("caseworker", "POST", f"/cases/{case_id}/commands/require_supplement", json=body, headers=headers)
        assert (answer.status_code, [(e["pointer"], e["code"]) for e in answer.json()["errors"]]) == (422, [("/by", "date_out_of_range")])
        for query in (
            "/calendar/due?limit=examine_application&start=9999-12-31", "/calendar/due?limit=urgent_assign&start=9999-12-31T10:00:00Z",
            "/calendar/due?limit=urgent_assign&start=0001-01-01T00:00:00%2B14:00", "/events?to=9999-12-31",
        ):  # fmt: skip
            answer = await api.ask("approver", "GET", query)
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "date_out_of_range"), query

    async def test_an_offsets_plus_need_not_be_escaped(self, api: Api) -> None:
        case_id = await api.house.submit()
        later = (datetime.now(views.ZONE) + timedelta(hours=1)).isoformat(timespec="seconds")
        assert "+08:00" in later
        for query in (f"/cases/{case_id}?as_of={later}", f"/cases?due_before={later}", f"/calendar/due?limit=urgent_assign&start={later}"):
            answer = await api.ask("caseworker", "GET", query)
            assert b"+08:00" in answer.request.url.query
            assert answer.status_code == 200, answer.text

    async def test_a_list_that_is_read_as_a_whole_is_shown_in_parts(self, api: Api) -> None:
        whole = (await api.get("caseworker", "/lawyers"))["items"]
        found: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await api.get("caseworker", "/lawyers", limit=5, **({"cursor": cursor} if cursor else {}))
            assert len(page["items"]) <= 5
            found, cursor = [*found, *page["items"]], page["next_cursor"]
        assert found == whole
        assert (await api.ask("caseworker", "GET", "/lawyers?cursor=x")).status_code == 422


class TestOperations:
    async def test_ready_says_which_engine_is_away(self, api: Api) -> None:
        api.checks.update(database=True, temporal=False)
        away = await api.http.get("http://t/readyz")
        assert (away.status_code, away.json()["checks"]) == (503, {"database": True, "temporal": False})
        api.checks.update(temporal=True)
        assert (await api.http.get("http://t/readyz")).status_code == 200
        assert (await api.http.get("http://t/healthz")).json() == {"status": "alive"}

    async def test_the_document_describes_every_command_with_its_errors(self, api: Api) -> None:
        described = (await api.http.get("/openapi.json")).json()
        assert described["openapi"].startswith("3.1")
        accept = described["paths"]["/api/v1/cases/{case_id}/commands/accept_first"]["post"]
        assert {"200", "400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "503"} <= accept["responses"].keys()
        assert accept["responses"]["409"]["content"].keys() == {"application/problem+json"}

    @pytest.mark.parametrize("command", sorted(EXAMPLES))
    async def test_each_example_is_a_body_its_command_takes(self, command: str) -> None:
        COMMANDS[command].model_validate(EXAMPLES[command])

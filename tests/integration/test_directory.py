"""The directory through the API and the command line: tables taken in whole or not at all, changes once, any day asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner

from api.app import create_app
from api.services import Services
from ledger import rules
from ledger.accounts import create_account, sign_in
from ledger.directory import DirectoryCache
from ledger.store import WORKER
from ops.cli import app as cli
from tests.described import Described
from tests.house import House

PASSWORD = "a long enough password"
HEADER = "编码,名称,类别,上级机构,县区\n"


class Api:
    """The API as people of the house call it; every answer is held to the document."""

    def __init__(self, house: House, http: httpx.AsyncClient) -> None:
        self.house, self.http = house, http
        self._tokens: dict[str, str] = {}

    async def token(self, username: str) -> str:
        if username not in self._tokens:
            name, now = f"directory-{username}", datetime.now(UTC)
            async with self.house.database.transaction(WORKER) as conn:
                await create_account(conn, name, self.house.account(username).person, PASSWORD, now)
            async with self.house.database.transaction(WORKER) as conn:
                signed_in = await sign_in(conn, name, PASSWORD, now)
            assert signed_in is not None
            self._tokens[username] = signed_in.token
        return self._tokens[username]

    async def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self.token(who)}", **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, who: str, path: str, **params: Any) -> Any:
        answer = await self.ask(who, "GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def change(self, kind: str, change: str, since: date, key: str | None = None, **data: Any) -> httpx.Response:
        body = {"change": change, "since": since.isoformat(), "data": data}
        return await self.ask("admin", "POST", f"/directory/{kind}", json=body, headers={"Idempotency-Key": key or f"test-{uuid4()}"})

    async def preview(self, kind: str, content: bytes, name: str = "table.csv", who: str = "admin") -> httpx.Response:
        return await self.ask(who, "POST", "/directory/imports", files={"file": (name, content)}, data={"kind": kind})

    async def accept(self, import_id: str, key: str | None = None) -> httpx.Response:
        return await self.ask(
            "admin", "POST", f"/directory/imports/{import_id}/accept", headers={"Idempotency-Key": key or f"test-{uuid4()}"}
        )


@pytest.fixture(scope="module")
async def api(house: House) -> AsyncIterator[Api]:
    async def ready() -> Mapping[str, bool]:
        return {}

    services = Services(house.database, DirectoryCache(), rules.current, house.keys, house.commands, lambda: datetime.now(UTC), ready)
    app = create_app(services)
    async with AsyncExitStack() as stack:
        told = Described(app.openapi())
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t/api/v1", event_hooks={"response": [told.check]})
        yield Api(house, await stack.enter_async_context(client))


def code() -> str:
    return f"W-T-{uuid4().hex[:8].upper()}"


def station(code: str, name: str) -> dict[str, str]:
    where = {"kind": "work_station", "parent": "C-ADX", "bureau": "B-ADX", "level": "county", "county": "ADX"}
    return {"code": code, "name": name, "name_en": name, "short": name, **where}


def today() -> date:
    return datetime.now(rules.current().zone).date()


async def held(api: Api, *codes: str) -> list[str]:
    async with api.house.database.transaction(WORKER) as conn:
        directory = await DirectoryCache().read(conn)
    return [each for each in codes if directory.office(each)]


class TestImports:
    async def test_a_table_in_gbk_is_previewed_then_written_once(self, api: Api) -> None:
        one, two = code(), code()
        text = HEADER + f"{one},甲站,乡镇工作站,C-ADX,ADX\n{two},乙站,乡镇工作站,C-ADX,ADX\n"
        seen = await api.preview("offices", text.encode("gbk"))
        assert seen.status_code == 201
        report = seen.json()
        assert {k: report[k] for k in ("rows", "new", "faulty")} == {"rows": 2, "new": 2, "faulty": 0}
        assert await held(api, one, two) == []
        key = f"accept-{uuid4()}"
        first, again = await api.accept(report["import_id"], key), await api.accept(report["import_id"], key)
        assert (first.status_code, first.json()["accepted_at"] is not None) == (200, True)
        assert (again.json(), again.headers["Idempotent-Replay"]) == (first.json(), "true")
        assert await held(api, one, two) == [one, two]
        other = await api.accept(report["import_id"])
        assert (other.status_code, other.json()["code"]) == (409, "import_accepted_before")

    async def test_the_same_table_again_brings_no_event(self, api: Api) -> None:
        content = (HEADER + f"{code()},甲站,乡镇工作站,C-ADX,ADX\n").encode("utf-8-sig")
        await api.accept((await api.preview("offices", content)).json()["import_id"])
        report = (await api.preview("offices", content)).json()
        assert (report["new"], report["changed"], report["unchanged"]) == (0, 0, 1)

    async def test_of_a_table_with_one_fault_nothing_is_written(self, api: Api) -> None:
        good, bad = code(), code()
        text = HEADER + f"{good},甲站,乡镇工作站,C-ADX,ADX\n{bad},乙站,乡镇工作站,C-NONE,ADX\n{good},甲站,乡镇工作站,C-ADX,ADX\n"
        report = (await api.preview("offices", text.encode())).json()
        assert [(f["row"], f["column"], f["code"]) for f in report["faults"]] == [
            (3, "上级机构", "unknown_code"), (4, "编码", "duplicate_row"),
        ]  # fmt: skip
        assert all(f["detail"] for f in report["faults"])
        refused = await api.accept(report["import_id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "import_has_faults")
        assert await held(api, good, bad) == []

    async def test_what_changed_since_the_preview_is_judged_again(self, api: Api) -> None:
        one = code()
        report = (await api.preview("offices", (HEADER + f"{one},甲站,乡镇工作站,C-ADX,ADX\n").encode())).json()
        assert (await api.change("tariffs", "tariff_set", today(), code="flat_civil", amount_fen=150_100)).status_code == 201
        refused = await api.accept(report["import_id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "directory_changed_since")
        assert await held(api, one) == []

    async def test_only_the_system_administrator_sends_tables(self, api: Api) -> None:
        for who in ("security", "li.guangming", "gao.yuan"):
            assert (await api.preview("offices", b"x", who=who)).status_code == 403

    async def test_what_is_no_table_is_refused_with_what_to_do(self, api: Api) -> None:
        answer = await api.preview("offices", b"\xd0\xcf\x11\xe0", "old.xls")
        assert (answer.status_code, answer.json()["code"]) == (422, "old_excel")
        assert "XLSX" in answer.json()["detail"]

    async def test_the_command_line_takes_the_same_table(self, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        one = code()
        file = tmp_path / "offices.csv"
        file.write_text(HEADER + f"{one},甲站,乡镇工作站,C-ADX,ADX\n", encoding="gbk")
        monkeypatch.setenv("DATABASE_URL", api.house.settings.database_url)

        async def run(*arguments: str) -> tuple[int, Any]:
            result = await asyncio.to_thread(CliRunner().invoke, cli, ["import", "offices", str(file), "--json", *arguments])
            return result.exit_code, json.loads(result.stdout)

        status, report = await run("--preview")
        assert (status, report["new"], report["accepted_at"], await held(api, one)) == (0, 1, None, [])
        status, report = await run()
        assert (status, report["accepted_at"] is not None, await held(api, one)) == (0, True, [one])
        file.write_text(HEADER + f"{one},,乡镇工作站,C-ADX,ADX\n", encoding="gbk")
        status, report = await run()
        assert (status, [f["code"] for f in report["faults"]], report["accepted_at"]) == (1, ["required"], None)


class TestChanges:
    async def test_a_change_is_done_once_and_stands_in_the_history(self, api: Api) -> None:
        key, one = f"open-{uuid4()}", code()
        office = station(one, "新站")
        first = await api.change("offices", "office_opened", today(), key, office=office)
        again = await api.change("offices", "office_opened", today(), key, office=office)
        assert (first.status_code, again.headers["Idempotent-Replay"], again.json()) == (201, "true", first.json())
        found = await api.get("admin", f"/directory/offices/{one}")
        assert [(h["change"], h["actor"]) for h in found["history"]] == [("office_opened", "P-ADMIN")]
        assert "history" not in await api.get("li.guangming", f"/directory/offices/{one}")

    async def test_any_day_can_be_asked_by_legal_day_and_by_recorded_time(self, api: Api) -> None:
        one, before = code(), datetime.now(UTC)
        office = station(one, "旧名")
        await api.change("offices", "office_opened", today() - timedelta(30), office=office)
        between = datetime.now(UTC)
        await api.change("offices", "office_opened", today() + timedelta(10), office=office | {"name": "新名"})

        async def name(**asked: Any) -> str | None:
            answer = await api.ask("admin", "GET", f"/directory/offices/{one}", params=asked)
            return answer.json()["name"] if answer.status_code == 200 else None

        later = (today() + timedelta(10)).isoformat()
        assert await name() == "旧名"
        assert await name(on=later) == "新名"
        assert await name(on=later, as_of=between.isoformat()) == "旧名"
        assert await name(on=(today() - timedelta(31)).isoformat()) is None
        assert await name(as_of=before.isoformat()) is None

    async def test_an_office_with_open_cases_closes_only_where_another_takes_over(self, api: Api) -> None:
        house = api.house
        await house.do(
            "receptionist", "submit_application", None, centre=house.centre, channel="walk_in",
            applicant={"name": "王建国", "categories": ["migrant_worker"], "county": "CITY", "residence": "rural"},
            matter={"kind": "civil", "cause": "wages", "stage": "arbitration", "summary": "拖欠工资"},
        )  # fmt: skip
        refused = await api.change("offices", "office_closed", today(), office="DL-CITY-COURT", reason="撤并")
        assert (refused.status_code, refused.json()["code"], refused.json()["people"]) == (409, "office_has_open_cases", 1)
        below = await api.change("offices", "office_closed", today(), office=house.centre, reason="撤并")
        assert below.status_code == 409
        assert below.json()["cases"] >= 1
        closing = {"office": "DL-CITY-COURT", "successor": house.centre, "reason": "撤并"}
        followed = await api.change("offices", "office_closed", today() + timedelta(1), **closing)
        assert (followed.status_code, followed.json()["left_open"]["people"]) == (201, 1)

    async def test_a_leaver_is_recorded_with_the_duties_left_behind(self, api: Api) -> None:
        duties = await api.get("admin", "/directory/people/P-LIN-XIAOMEI/duties")
        left = await api.change("people", "person_left", today() + timedelta(400), person="P-LIN-XIAOMEI")
        assert (left.status_code, left.json()["left_open"]) == (201, duties)
        twice = await api.change("people", "person_left", today() + timedelta(400), person="P-LIN-XIAOMEI")
        assert (twice.status_code, twice.json()["code"]) == (422, "person_already_left")

    @pytest.mark.parametrize(
        ("kind", "change", "data", "code"),
        [
            ("people", "person_registered",
             {"person": {"code": "P-X", "name": "甲", "office": "C-CITY",
                         "grants": [{"role": "approver", "office": "C-CITY", "since": "2026-01-01"}]}}, "roles_elsewhere"),
    ("people", "person_registered", {"person": {"code": "P-SECURITY", "name": "某某", "office": "C-CITY"}}, "person_known"),
            ("people", "role_granted", {}, "invalid"),
            ("units", "unit_registered", {"unit": {"code": "U-X", "name": "所", "kind": "firm", "office": "C-NONE"}}, "unknown_code"),
            ("offices", "office_opened", {"office": {"code": "W-X"}}, "invalid"),
        ],
    )  # fmt: skip
    async def test_what_does_not_fit_is_refused(self, api: Api, kind: str, change: str, data: Any, code: str) -> None:
        answer = await api.change(kind, change, today(), **data)
        assert (answer.status_code, answer.json()["code"]) == (422, code)

    async def test_only_the_system_administrator_changes_and_sees_no_case(self, api: Api) -> None:
        body = {"change": "tariff_set", "since": "2026-01-01", "data": {"code": "x", "amount_fen": 1}}
        for who in ("security", "chen.weidong", "han.lei"):
            answer = await api.ask(who, "POST", "/directory/tariffs", json=body, headers={"Idempotency-Key": f"test-{uuid4()}"})
            assert answer.status_code == 403
        assert (await api.get("admin", "/cases"))["items"] == []

    async def test_a_day_off_is_previewed_then_counted_with(self, api: Api) -> None:
        day = rules.current().calendar.next_workday(today())
        rows = rules.current().limits.rows
        limit = next(name for name, dated in rows.items() if dated[0].unit == "working_day" and isinstance(dated[0].n, int))
        concerned = await api.get("admin", "/directory/concerns", kind="calendar", day=day.isoformat())
        assert concerned["cases"] >= 1
        set_ = await api.change("calendar", "calendar_day_set", today(), day=day.isoformat(), kept="off", name="暴雪停办", source="通知")
        assert set_.status_code == 201
        due = await api.get("admin", "/calendar/due", limit=limit, start=today().isoformat())
        assert [span["from"] for span in due["counted"] if span.get("label") == "暴雪停办"] == [day.isoformat()]
        await api.change("calendar", "calendar_day_set", today(), day=day.isoformat(), kept="as_announced", name="恢复", source="通知")
        again = await api.get("admin", "/calendar/due", limit=limit, start=today().isoformat())
        assert "暴雪停办" not in str(again)

    async def test_a_limit_that_was_set_is_counted_with_and_a_confirmation_takes_the_mark_away(self, api: Api) -> None:
        day = today()
        said = {"code": "decide_replacement", "n": 9, "source": "省司法厅通知"}
        assert (await api.change("limits", "limit_set", day, **said)).status_code == 201
        due = await api.get("admin", "/calendar/due", limit="decide_replacement", start=day.isoformat())
        assert (due["n"], due["confirmed"], due["rule_from"], due["source"]) == (9, False, day.isoformat(), "省司法厅通知")
        before = await api.get("admin", "/calendar/due", limit="decide_replacement", start=(day - timedelta(days=1)).isoformat())
        assert (before["n"], before["rule_from"]) == (5, "2023-09-01")
        confirmed = await api.change("limits", "limit_confirmed", day, code="decide_replacement", row_from=day.isoformat(), source="复函")
        assert confirmed.status_code == 201
        rows = {row["limit"]: row for row in (await api.get("li.guangming", "/limits", limit=200))["items"]}
        assert (rows["decide_replacement"]["n"], rows["decide_replacement"]["confirmed"]) == (9, True)
        listed = await api.get("admin", "/directory/limits")
        assert [e["entry"].get("n") for e in listed["items"]] == [9, None]
        history = (await api.get("admin", "/directory/limits/decide_replacement"))["history"]
        assert [h["change"] for h in history] == ["limit_set", "limit_confirmed"]

    async def test_reminders_and_hours_are_those_of_the_office_asked(self, api: Api) -> None:
        steps = [{"at": "-25%", "to": ["owner"]}, {"at": "missed", "to": ["owner", "supervisor"]}]
        assert (await api.change("ladders", "ladder_set", today(), code="default", office="C-ADX", steps=steps)).status_code == 201
        for office, first in (("C-ADX", "-25%"), ("C-CITY", "-50%")):
            rows = (await api.get("li.guangming", "/limits", office=office, limit=200))["items"]
            assert next(row["steps"][0]["at"] for row in rows if row["limit"] == "examine_application") == first
        assert (await api.change("hours", "hours_set", today(), office="C-ADX", closes_at="17:30", source="公告")).status_code == 201
        for office, ends in (("C-ADX", "T17:30:00"), ("C-CITY", "T23:59:59")):
            due = await api.get("admin", "/calendar/due", limit="file_objection", start=today().isoformat(), office=office)
            assert (due["due_at"][10:19], due["office"]) == (ends, office)

    async def test_what_does_not_fit_a_limit_is_refused_with_its_place(self, api: Api) -> None:
        unknown = await api.change("limits", "limit_set", today(), code="no_such_limit", n=3, source="x")
        assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_limit")
        dated = await api.change("limits", "limit_set", today(), code="before_limitation", n=3, source="x")
        assert (dated.status_code, dated.json()["code"]) == (422, "limit_does_not_fit")
        steps = [{"at": "missed", "to": ["owner"]}, {"at": "two days before", "to": ["owner"]}]
        broken = await api.change("ladders", "ladder_set", today(), code="default", steps=steps)
        assert [error["pointer"] for error in broken.json()["errors"]] == ["/data/steps/1/at"]
        nowhere = await api.ask("admin", "GET", "/limits", params={"office": "C-NONE"})
        assert (nowhere.status_code, nowhere.json()["code"]) == (422, "unknown_code")

    async def test_lists_are_filtered_and_paged(self, api: Api) -> None:
        stations = await api.get("li.guangming", "/offices", kind="work_station", county="ADX", limit=2)
        assert len(stations["items"]) == 2
        assert {o["county"] for o in stations["items"]} == {"ADX"}
        assert stations["next_cursor"]
        villages = await api.get("li.guangming", "/directory/offices", q="柳家湾")
        assert [o["code"] for o in villages["items"]] == ["V-ADX-LIUJIAWAN"]
        town = {"code": "T-T", "name": "新镇", "name_en": "New", "county": "ADX", "residence": "rural", "minutes": {"C-ADX": 45}}
        assert (await api.change("townships", "township_set", today(), township=town)).status_code == 201
        assert [t["code"] for t in (await api.get("li.guangming", "/directory/townships", office="ADX"))["items"]] == ["T-T"]

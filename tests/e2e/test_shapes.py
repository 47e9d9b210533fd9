"""The shapes that real cases take (docs/published-cases.md), walked by the HTTP contract alone on the whole system."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.system import System
from tests.scenarios import LAWYER, LAWYERS, OTHER_LAWYER, PAPERS, SHANGHAI, UNIT

CENTRE = "C-ADX"
TODAY = datetime.now(SHANGHAI).date()
type Json = dict[str, Any]


def day(ago: int = 0) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def worker(n: int, **more: Any) -> Json:
    return {"name": f"工友{n:03d}", "phone": f"1370000{n:04d}", "categories": ["migrant_worker"], "residence": "rural", **more}


def wages(people: int = 1, **more: Any) -> Json:
    """A wage claim of so many workers."""
    return {
        "centre": CENTRE,
        "channel": "walk_in",
        "applicant": {**worker(0), "name": "欧阳·𠮷某"},
        "co_applicants": [worker(n) for n in range(1, people)],
        "opponents": [{"name": "定城某建筑劳务有限公司"}],
        "matter": {"kind": "civil", "cause": "wages", "forum": "arbitration", "stage": "arbitration", "summary": "拖欠工资"},
        **more,
    }


OWED = {"ground": "migrant_worker", "papers_owed": [{"kind": "work_evidence"}]}
ASSIGN = {"unit": UNIT, "lawyer": LAWYER}


class Desk:
    """Everybody of one centre, speaking to the system over HTTP; each call must succeed unless it says which refusal it expects."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.opened: set[str] = set()

    def login(self, who: str) -> dict[str, str]:
        if "." in who:
            return self.system.login("lawyer", None, who)
        return self.system.login(who, {"bureau_officer": "B-ADX"}.get(who, CENTRE))

    async def post(self, who: str, path: str, body: Mapping[str, Any], expect: tuple[int, str] | None = None) -> Json:
        headers = {"Idempotency-Key": f"shape-{uuid4()}"}
        answer = await self.system.call(self.login(who), "POST", path, json=dict(body), headers=headers)
        if expect is None:
            assert answer.status_code in (200, 201), f"{path}: {answer.text}"
            self.opened |= {case["case_id"] for case in answer.json().get("cases", (answer.json(),))}
        else:
            assert (answer.status_code, answer.json()["code"]) == expect, f"{path}: {answer.text}"
        return answer.json()

    async def open(self, who: str = "receptionist", **body: Any) -> str:
        return (await self.post(who, "/cases", body))["case_id"]

    async def do(self, who: str, case_id: str, command: str, /, expect: tuple[int, str] | None = None, **body: Any) -> Json:
        return await self.post(who, f"/cases/{case_id}/commands/{command}", body, expect)

    async def bundle(self, who: str, case_id: str | None, *commands: tuple[str, Mapping[str, Any]]) -> Json:
        body = {"commands": [{"command": name, "body": body} for name, body in commands]}
        return await self.post(who, f"/cases/{case_id}/bundles" if case_id else "/bundles", body)

    async def case(self, case_id: str) -> Json:
        return await self.system.get(self.system.login("auditor"), f"/cases/{case_id}")

    async def events(self, case_id: str) -> list[Json]:
        return (await self.system.get(self.system.login("auditor"), f"/cases/{case_id}/events", limit=200))["items"]

    async def engaged(self, case_id: str, **more: Any) -> None:
        """Accepted first, assigned and engaged."""
        await self.bundle("approver", case_id, ("accept_first", {**OWED, **more}), ("assign_unit", {**ASSIGN, **more}))
        await self.do(LAWYERS[LAWYER], case_id, "sign_engagement", signed_on=more.get("effective_on", day()), **more)

    async def granted(self, case_id: str, **more: Any) -> None:
        """Checked, waived, recommended and granted, the whole of it or for some."""
        await self.do("caseworker", case_id, "declare_conflict_check", cleared=True)
        await self.do("caseworker", case_id, "waive_hardship_check", ground="migrant_worker_pay_or_work_injury", **more)
        await self.do("caseworker", case_id, "recommend_decision", decision="grant", opinion="符合条件", **more)
        await self.do("approver", case_id, "grant_aid", reasons="符合条件", **more)


@pytest.fixture
async def desk(system: System) -> AsyncIterator[Desk]:
    """The desk of one test; afterwards the clocks of every case it touched are held to their rules."""
    used = Desk(system)
    yield used
    for case_id in used.opened:
        held_to_the_clock_rules(await used.case(case_id), await used.events(case_id))


def held_to_the_clock_rules(case: Json, events: list[Json]) -> None:
    """Each clock starts once, on the legal day of what started it, and ends once; pauses come in pairs; nothing rings for days gone by."""
    of = {
        kind: [e["data"] for e in events if e["type"] == f"clock_{kind}"] for kind in ("started", "paused", "resumed", "met", "cancelled")
    }
    started = {data["clock_id"]: data for data in of["started"]}
    assert len(started) == len(of["started"])
    ended = [data["clock_id"] for kind in ("met", "cancelled") for data in of[kind]]
    assert len(ended) == len(set(ended))
    assert set(ended) <= set(started)
    causes = {(data["clock_id"], data["cause"]) for data in of["paused"]}
    assert {(data["clock_id"], cause) for data in of["resumed"] for cause in data["causes"]} <= causes
    by_version = {e["version"]: e for e in events}
    for clock in case["clocks"]:
        cause = by_version[int(clock["id"].rpartition("/")[2])]
        days = {str(v)[:10] for v in (cause["effective_on"], *cause["data"].values()) if isinstance(v, str)}
        assert clock["started"][:10] in days, clock
        assert clock["due"][:10] >= clock["started"][:10]
        still_open = [p for p in clock["pauses"] if p["to"] is None]
        assert bool(still_open) == (clock["state"] == "paused"), clock
    assert [e["type"] for e in events if e["type"].startswith("deadline_")] == []
    if case["state"] == "archived":
        assert [c["id"] for c in case["clocks"] if c["state"] in ("running", "paused", "missed")] == []
    if not (case["accept_first"] and case["accept_first"]["deferred"]):
        assert clocks(case, "decide_after_papers") == []


def statuses(case: Json) -> dict[str, int]:
    """How many people are in which status."""
    found: dict[str, int] = {}
    for recipient in case["recipients"]:
        found[recipient["status"]] = found.get(recipient["status"], 0) + 1
    return found


def clocks(case: Json, limit: str) -> list[str]:
    return [c["state"] for c in case["clocks"] if c["limit"] == limit]


async def test_twenty_six_workers_in_one_visit(desk: Desk) -> None:
    proposed = [{"command": "accept_first", "body": OWED}, {"command": "assign_unit", "body": ASSIGN}]
    opened = await desk.bundle(
        "receptionist",
        None,
        ("submit_application", wages(26, representatives=[0, 1])),
        ("issue_receipt", {"papers": [{"kind": "id_copy", "copies": 26}]}),
        ("record_lawyer_choice", {"choices": [LAWYER]}),
        ("propose_commands", {"commands": proposed}),
    )
    case_id = opened["case_id"]
    waiting = await desk.system.get(desk.login("approver"), "/me/queue", limit=200)
    assert case_id in [row["case_id"] for row in waiting["items"]]

    proposal = (await desk.case(case_id))["proposals"][0]
    carried_out = [(c["command"], c["body"]) for c in proposal["commands"]]
    await desk.bundle("approver", case_id, ("accept_proposal", {"proposal": proposal["version"]}), *carried_out)
    signed = {"signed_on": day(), "signed_by": "representatives", "method": "signature"}
    await desk.do(LAWYERS[LAWYER], case_id, "sign_engagement", **signed)

    case = await desk.case(case_id)
    assert (case["state"], case["recipient_count"], statuses(case)) == ("in_representation", 26, {"accepted_first": 26})
    assert case["assignment"]["explanation"]["choice"] == "followed"
    assert (clocks(case, "assign_unit"), clocks(case, "sign_engagement")) == (["met"], ["met"])


async def test_a_hundred_growing_to_two_hundred_and_nine(desk: Desk) -> None:
    case_id = await desk.open(**wages(100))
    await desk.engaged(case_id)
    for first, count in ((100, 60), (160, 49)):
        joining = [worker(n) for n in range(first, first + count)]
        await desk.do("caseworker", case_id, "add_recipients", recipients=joining, reason="同一工地工友陆续到场")
    case = await desk.case(case_id)
    assert (case["state"], case["recipient_count"], statuses(case)) == ("in_representation", 209, {"accepted_first": 100, "undecided": 109})

    await desk.do("caseworker", case_id, "declare_conflict_check", cleared=True)
    await desk.do("approver", case_id, "accept_first", **OWED)
    await desk.do(LAWYERS[LAWYER], case_id, "sign_engagement", signed_on=day(), signed_by="representatives")

    case = await desk.case(case_id)
    assert (case["state"], statuses(case)) == ("in_representation", {"accepted_first": 209})
    assert all(r.get("engaged_on") == day() for r in case["recipients"])
    assert len({r["party_id"] for r in case["recipients"]}) == 209


async def test_eleven_of_twelve_are_eligible(desk: Desk) -> None:
    case_id = await desk.open(**wages(12))
    await desk.do("caseworker", case_id, "declare_conflict_check", cleared=True)
    poor = {"household": [{"relation": "self", "income_fen_per_month": 50_000}], "county": "ADX", "residence": "rural"}
    rich = {"household": [{"relation": "self", "income_fen_per_month": 5_000_000}], "county": "ADX", "residence": "rural"}
    await desk.do("caseworker", case_id, "assess_hardship", **poor, for_recipients=list(range(11)))
    await desk.do("caseworker", case_id, "assess_hardship", **rich, for_recipients=[11])
    await desk.do("caseworker", case_id, "recommend_decision", decision="grant", opinion="符合", for_recipients=list(range(11)))
    await desk.do("caseworker", case_id, "recommend_decision", decision="refuse", opinion="超过标准", for_recipients=[11])
    await desk.do("approver", case_id, "grant_aid", reasons="符合", for_recipients=list(range(11)))
    half = await desk.case(case_id)
    assert (half["state"], clocks(half, "examine_application")) == ("examined", ["running"])

    await desk.do("approver", case_id, "refuse_aid", grounds=["not_in_hardship"], reasons="人均收入高于标准", for_recipients=[11])
    case = await desk.case(case_id)
    assert (case["state"], statuses(case)) == ("awaiting_assignment", {"granted": 11, "refused": 1})
    assert (clocks(case, "examine_application"), clocks(case, "assign_unit")) == (["met"], ["running"])

    refusal = next(e for e in await desk.events(case_id) if e["type"] == "aid_refused")
    served = {"document_id": str(uuid4()), "about": refusal["version"], "to": "工友011", "means": "in_person", "served_on": day()}
    await desk.do("receptionist", case_id, "serve_document", **served)
    await desk.do("approver", case_id, "assign_unit", **ASSIGN)
    await desk.do("receptionist", case_id, "file_objection", reasons="收入已有变化", for_recipients=[11])
    await desk.do("bureau_officer", case_id, "decide_objection", result="corrected", reasons="应重新审查")
    case = await desk.case(case_id)
    assert (case["state"], statuses(case)) == ("lawyer_named", {"granted": 11, "undecided": 1})
    assert clocks(case, "file_objection") == ["met"]


async def test_thirty_eight_of_fifty_settle_and_twelve_go_on(desk: Desk) -> None:
    case_id = await desk.open(**wages(50))
    await desk.engaged(case_id)
    lawyer = LAWYERS[LAWYER]
    award = {"kind": "award", "stage": "arbitration", "body": "定城劳动人事争议仲裁委员会", "held_on": day(), "received_on": day()}
    settled, going = list(range(38)), list(range(38, 50))
    outcome = {"result": "settled", "closing_event": "settlement_signed", "closed_on": day(), "recovered_fen": 38_000_000}
    await desk.do(lawyer, case_id, "record_outcome", **outcome, for_recipients=settled)
    await desk.do(lawyer, case_id, "record_procedure", **award, for_recipients=going)
    assert (await desk.case(case_id))["state"] == "in_representation"

    follow = {"relation": "next_instance", "stage": "first_instance", "lawyer_wish": "same", "for_recipients": going}
    new = await desk.post("caseworker", f"/cases/{case_id}/continuations", follow)
    await desk.do(lawyer, case_id, "record_outcome", result="partly_won", closed_on=day(), for_recipients=going)

    old, after = await desk.case(case_id), await desk.case(new["case_id"])
    assert (old["state"], after["recipient_count"], after["applicant"]["name"]) == ("closing", 12, "工友038")
    assert clocks(old, "next_remedy") == ["met"]
    assert after["assignment"]["choices"] == [LAWYER]


async def test_arbitration_suit_second_instance_and_enforcement_are_one_story(desk: Desk) -> None:
    case_id = await desk.open(**wages(2))
    ids = [case_id]
    for relation, stage, decision in (
        ("next_instance", "first_instance", "award"),
        ("next_instance", "second_instance", "judgment"),
        ("enforcement", "enforcement", "judgment"),
    ):
        await desk.engaged(ids[-1])
        before = (await desk.case(ids[-1]))["matter"]["stage"]
        step = {"kind": decision, "stage": before, "body": "某机关", "held_on": day(), "received_on": day()}
        await desk.do(LAWYERS[LAWYER], ids[-1], "record_procedure", **step)
        follow = {"relation": relation, "stage": stage, "lawyer_wish": "same"}
        ids.append((await desk.post("caseworker", f"/cases/{ids[-1]}/continuations", follow))["case_id"])

    for asked in (ids[0], ids[2]):
        chain = await desk.system.get(desk.login("caseworker"), f"/cases/{asked}/chain")
        assert [c["case_id"] for c in chain["items"]] == ids
        assert [c["matter"]["stage"] for c in chain["items"]] == ["arbitration", "first_instance", "second_instance", "enforcement"]
        assert [c["asked"] for c in chain["items"]].index(True) == ids.index(asked)
    last = await desk.case(ids[-1])
    assert [p["name"] for p in (last["applicant"], *last["co_applicants"], *last["opponents"])] == [
        "欧阳·𠮷某", "工友001", "定城某建筑劳务有限公司",
    ]  # fmt: skip
    again = {"relation": "next_instance", "stage": "first_instance"}
    await desk.post("caseworker", f"/cases/{ids[0]}/continuations", again, (409, "already_continued"))


async def test_a_notice_with_thirty_three_accused(desk: Desk) -> None:
    received = f"{day()}T00:30:00+08:00"
    accused = [{"party": {"name": f"犯罪嫌疑人{n:02d}"}, "role": "accused", "in_custody": True} for n in range(33)]
    notice = {
        "centre": CENTRE, "organ": "定城县公安局", "notice_number": "定公法援〔2026〕33号", "received_at": received,
        "stage": "investigation", "ground": "full_coverage", "persons": accused,
    }  # fmt: skip
    answer = await desk.post("caseworker", "/organ-notices", notice)
    ids = [c["case_id"] for c in answer["cases"]]
    assert len(set(ids)) == 33
    assert len({c["case_number"] for c in answer["cases"]}) == 33
    first, second = await desk.case(ids[0]), await desk.case(ids[1])
    assert (first["state"], first["on_notice"], first["recipient_count"]) == ("awaiting_assignment", True, 1)
    assert {link["case_id"] for link in first["links"] if link["relation"] == "co_accused"} == set(ids) - {ids[0]}
    assert clocks(first, "examine_application") == []
    assert clocks(second, "assign_on_notice") == ["running"]

    await desk.do("approver", ids[0], "assign_unit", **ASSIGN)
    await desk.do("approver", ids[1], "assign_unit", (409, "co_accused_share_lawyer"), **ASSIGN)
    await desk.do("approver", ids[1], "assign_unit", unit=UNIT, lawyer=OTHER_LAWYER)
    told = {"organ": "定城县公安局", "lawyers": [LAWYER], "served_on": day()}
    await desk.do("caseworker", ids[0], "notify_organ", **told)
    case = await desk.case(ids[0])
    assert (case["state"], clocks(case, "assign_on_notice")) == ("in_representation", ["met"])
    await desk.do(LAWYERS[LAWYER], ids[0], "record_consent", consents=False, refusal_outcome="self_defence_accepted")
    assert (await desk.case(ids[0]))["state"] == "termination_review"


async def test_a_terminated_case_closes_and_its_people_apply_again_after_five_months(desk: Desk) -> None:
    then, ended = {"effective_on": day(170)}, {"effective_on": day(160)}
    applicant = {"name": "赵某", "categories": ["elderly"], "residence": "rural"}
    case_id = await desk.open(**wages(applicant=applicant, co_applicants=[{"name": "钱某"}]), **then)
    for command, who, body in (
        ("declare_conflict_check", "caseworker", {"cleared": True}),
        ("waive_hardship_check", "caseworker", {"ground": "no_fixed_livelihood_minor_elderly_disabled"}),
        ("recommend_decision", "caseworker", {"decision": "grant", "opinion": "符合"}),
        ("grant_aid", "approver", {"reasons": "符合"}),
        ("assign_unit", "approver", ASSIGN),
        ("sign_engagement", LAWYERS[LAWYER], {"signed_on": day(170)}),
        ("report_termination_ground", LAWYERS[LAWYER], {"ground": "recipient_request", "detail": "子女同意赡养"}),
    ):
        await desk.do(who, case_id, command, **body, **then)
    await desk.do("approver", case_id, "terminate_aid", ground="recipient_request", reasons="受援人申请终止", **ended)

    again = {"relation": "reapplication", "stage": "first_instance", "lawyer_wish": "same", "effective_on": day(10)}
    new = await desk.post("receptionist", f"/cases/{case_id}/continuations", again)
    case = await desk.case(new["case_id"])
    assert (case["state"], case["continues"]["relation"], case["opened_on"]) == ("received", "reapplication", day(10))
    assert case["continues"]["waivers"] == [{"ground": "no_fixed_livelihood_minor_elderly_disabled", "for_recipients": [0, 1]}]
    assert [r["status"] for r in case["recipients"]] == ["undecided", "undecided"]

    part_file = [{"kind": "closing_report"}, {"kind": "engagement"}, {"kind": "work_record"}]
    await desk.do(LAWYERS[LAWYER], case_id, "submit_closing_report", report="受援人申请终止，已完成阅卷。", papers=part_file)
    await desk.do("caseworker", case_id, "accept_closing_file", grade="pass")
    part = [{"unit": UNIT, "lawyer": LAWYER, "amount_fen": 50_000, "kind": "case", "part": "终止前已完成的工作"}]
    await desk.do("approver", case_id, "approve_subsidy", amount_fen=50_000, tariff="flat_civil", payees=part)
    await desk.do("finance_officer", case_id, "pay_subsidy", paid_on=day(), voucher="V-7")
    await desk.do("caseworker", case_id, "archive_case", volume="2026-1", archive_number="7")
    assert (await desk.case(case_id))["state"] == "archived"
    warned = [e["type"] for e in await desk.events(case_id) if e["type"].startswith("deadline_")]
    assert warned == []


async def test_a_lawyer_is_at_work_before_the_decision(desk: Desk) -> None:
    near = {"kind": "civil", "cause": "wages", "summary": "仲裁时效将届满", "limitation_on": (TODAY + timedelta(days=3)).isoformat()}
    case_id = await desk.open(**wages(3, matter=near))
    urgent = {"basis": "urgent_art_44", "ground": "limitation_within_7_days", "papers_owed": [{"kind": "id_copy"}]}
    await desk.bundle("approver", case_id, ("accept_first", urgent), ("assign_unit", ASSIGN))
    lawyer = LAWYERS[LAWYER]
    filed = {"kind": "filed", "stage": "arbitration", "body": "定城劳动人事争议仲裁委员会", "held_on": day()}
    await desk.do(lawyer, case_id, "record_meeting", kind="client_meeting", held_on=day(), summary="了解案情")
    await desk.do(lawyer, case_id, "record_procedure", **filed)
    at_work = await desk.case(case_id)
    assert statuses(at_work) == {"accepted_first": 3}
    assert all(r.get("decision") is None for r in at_work["recipients"])
    assert (clocks(at_work, "before_limitation"), clocks(at_work, "urgent_assign")) == (["met"], ["met"])

    await desk.do("caseworker", case_id, "supply_owed_papers", papers=[{"kind": "id_copy"}])
    await desk.do("caseworker", case_id, "confirm_owed_papers")
    assert clocks(await desk.case(case_id), "decide_after_papers") == ["running"]
    await desk.granted(case_id)
    case = await desk.case(case_id)
    assert (case["state"], case["accept_first"]["state"], statuses(case)) == ("lawyer_named", "confirmed", {"granted": 3})
    assert clocks(case, "decide_after_papers") == ["met"]


async def test_a_settlement_at_a_home_visit_before_anybody_was_assigned(desk: Desk) -> None:
    case_id = await desk.open(**wages(2, channel="home_visit", form="oral", oral={"read_aloud": True, "proof": "fingerprint"}))
    await desk.do("receptionist", case_id, "record_home_visit", held_on=day(), summary="当场调解，双方签字", proof="fingerprint")
    settled = {"settled_on": day(), "summary": "用人单位当场付清", "agreed_fen": 1_260_000}
    await desk.do("caseworker", case_id, "settle_without_assignment", **settled)
    case = await desk.case(case_id)
    assert (case["state"], case["outcome"]["result"]) == ("closing", "settled")
    assert case["case_number"]
    assert clocks(case, "examine_application") == ["cancelled"]

    await desk.do("caseworker", case_id, "submit_closing_report", report="上门调解结案", papers=[PAPERS[0], PAPERS[3]])
    other = desk.system.login("caseworker", CENTRE, "lu.ping")
    answer = await desk.system.command(other, case_id, "accept_closing_file", {"grade": "good"})
    assert answer.status_code == 200, answer.text
    await desk.do("approver", case_id, "approve_subsidy", amount_fen=0, tariff="flat_civil")
    await desk.do("finance_officer", case_id, "pay_subsidy", paid_on=day(), voucher="V-8")
    await desk.do("caseworker", case_id, "archive_case", volume="2026-1", archive_number="8")
    assert (await desk.case(case_id))["state"] == "archived"

"""Every page of the product: who looks at it and at which address, so that the tests that walk all pages forget none.

An address names what must be there in braces: `{case}` and the like, which `prepared` finds or makes in the running system.
`tests/unit/test_every_page.py` holds this list against the routes of the application.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from httpx import codes

from api.examples import EXAMPLES
from tests.e2e.system import System
from tests.poll import until
from tests.scenarios import SHANGHAI

CENTRE = "C-ADX"
SEALED_SECONDS = 150
"""In which a checkpoint covers whatever was recorded: one is signed each minute."""
OFFICES = {"liaison": "V-ADX-LIUJIAWAN", "duty_lawyer": "DL-ADX-CUSTODY", "bureau_officer": "B-ADX"}
"""Where somebody of the role works, if not at the centre."""
ANYWHERE = ("auditor", "system_administrator", "security_administrator")
"""Roles of which the worked example has one person."""


class Stop(NamedTuple):
    """One look at one page."""

    role: str
    address: str
    status: int = codes.OK
    """What it answers; any other than 200 is a page that says why not."""


TABS = ("timeline", "people", "papers", "hardship", "assignment", "proceedings", "documents", "versions")
FORMS = {
    "accept_first": ("approver", "received"), "assign_unit": ("approver", "awaiting_assignment"),
    "assess_hardship": ("caseworker", "received"), "serve_document": ("caseworker", "refused"),
    "correct_record": ("caseworker", "received"), "continue_case": ("caseworker", "closing"),
    "schedule_home_visit": ("caseworker", "received"), "submit_closing_report": ("caseworker", "closing"),
    "file_objection": ("receptionist", "refused"), "archive_case": ("caseworker", "subsidy_paid"),
}  # fmt: skip
"""Commands whose forms differ most from each other: who has them, and of a case in which state."""

WALK: dict[str, tuple[Stop, ...]] = {
    "/": (*(Stop(role, "/") for role in ("caseworker", "lawyer", "supervisor")),),
    "/account": (Stop("caseworker", "/account"),),
    "/account/notifications": (Stop("approver", "/account/notifications"),),
    "/accounts": (Stop("security_administrator", "/accounts"), Stop("auditor", "/accounts")),
    "/accounts/refusals": (Stop("security_administrator", "/accounts/refusals"),),
    "/accounts/{username}": (Stop("security_administrator", "/accounts/{username}"),),
    "/assignments": (Stop("approver", "/assignments"),),
    "/audit": (Stop("auditor", "/audit"), Stop("supervisor", "/audit")),
    "/audit/access": (Stop("auditor", "/audit/access"), Stop("supervisor", "/audit/access"), Stop("auditor", "/audit/access?case={case}")),
    "/audit/checkpoints": (Stop("auditor", "/audit/checkpoints"),),
    "/cases": (Stop("caseworker", "/cases"), Stop("caseworker", "/cases?q=-")),
    "/cases/{case_id}": (
        *(Stop("supervisor", f"/cases/{{case}}?tab={tab}") for tab in TABS),
        Stop("caseworker", "/cases/{received}"),
        Stop("approver", "/cases/{awaiting_assignment}"),
        Stop("auditor", "/cases/{case}?version=3"),
    ),
    "/cases/{case_id}/actors": (Stop("supervisor", "/cases/{case}/actors"),),
    "/cases/{case_id}/break-glass": (Stop("approver", "/cases/{sealed}/break-glass"),),
    "/cases/{case_id}/candidates": (Stop("approver", "/cases/{awaiting_assignment}/candidates"),),
    "/cases/{case_id}/commands/attach_document": (Stop("caseworker", "/cases/{received}/commands/attach_document"),),
    "/cases/{case_id}/commands/{command}": (
        *(Stop(role, f"/cases/{{{state}}}/commands/{command}") for command, (role, state) in FORMS.items()),
        Stop("approver", "/cases/{sealed}/commands/accept_first", codes.FORBIDDEN),
    ),
    "/cases/{case_id}/compare": (Stop("supervisor", "/cases/{case}/compare"), Stop("supervisor", "/cases/{case}/compare?from=2&to=9")),
    "/cases/{case_id}/conflicts": (Stop("caseworker", "/cases/{received}/conflicts"),),
    "/cases/{case_id}/court-bundle": (Stop("auditor", "/cases/{case}/court-bundle"),),
    "/cases/{case_id}/deadlines": (Stop("supervisor", "/cases/{case}/deadlines"),),
    "/cases/{case_id}/group": (Stop("caseworker", "/cases/{group}/group"),),
    "/cases/{case_id}/group/add": (Stop("caseworker", "/cases/{group}/group/add"),),
    "/cases/{case_id}/papers/new": (Stop("caseworker", "/cases/{received}/papers/new?template=receipt"),),
    "/consultations/{inquiry_id}": (Stop("receptionist", "/consultations/{consultation}"),),
    "/consultations/{inquiry_id}/commands/{command}": (
        Stop("receptionist", "/consultations/{consultation}/commands/convert_to_application"),
        Stop("receptionist", "/consultations/{consultation}/commands/give_advice"),
    ),
    "/deadlines": (Stop("supervisor", "/deadlines"), Stop("approver", "/deadlines?urgency=missed")),
    "/directory": (Stop("system_administrator", "/directory"),),
    "/directory/import": (Stop("system_administrator", "/directory/import"),),
    "/directory/{kind}": (
        *(
            Stop("system_administrator", f"/directory/{kind}")
            for kind in ("people", "units", "lawyers", "calendar", "tariffs", "limits", "ladders", "hours")
        ),
    ),
    "/directory/{kind}/{code}": (Stop("system_administrator", "/directory/offices/C-ADX"),),
    "/duty": (Stop("duty_lawyer", "/duty"), Stop("receptionist", "/duty")),
    "/duty-requests/{inquiry_id}": (Stop("duty_lawyer", "/duty-requests/{duty_request}"),),
    "/duty-requests/{inquiry_id}/commands/{command}": (Stop("duty_lawyer", "/duty-requests/{duty_request}/commands/forward_request"),),
    "/eligibility": (
        Stop("receptionist", "/eligibility"),
        Stop("receptionist", "/eligibility?limitation=labour_arbitration&start={nearly_a_year_ago}"),
        Stop("receptionist", "/eligibility?incomes=1500&county=ADX&residence=rural"),
        Stop("receptionist", "/eligibility?incomes=x", codes.UNPROCESSABLE_ENTITY),
    ),
    "/history": (Stop("supervisor", "/history"), Stop("auditor", "/history?type=aid_granted")),
    "/history/process": (Stop("supervisor", "/history/process"),),
    "/history/refused": (Stop("auditor", "/history/refused"),),
    "/history/skipped": (Stop("supervisor", "/history/skipped"),),
    "/history/stages": (Stop("supervisor", "/history/stages"),),
    "/inbox": (Stop("approver", "/inbox"),),
    "/intake": (Stop("receptionist", "/intake"),),
    "/notices": (Stop("system_administrator", "/notices"),),
    "/notices/new": (Stop("caseworker", "/notices/new"),),
    "/notices/{case_id}": (Stop("caseworker", "/notices/{noticed}"),),
    "/persons": (Stop("receptionist", "/persons"), Stop("caseworker", "/persons?q=某")),
    "/persons/erasures": (Stop("auditor", "/persons/erasures"),),
    "/persons/{subject_id}": (Stop("supervisor", "/persons/{subject}"),),
    "/pocket": (Stop("lawyer", "/pocket"),),
    "/reassign": (Stop("supervisor", "/reassign"), Stop("supervisor", "/reassign?from={leaver}")),
    "/reassign/{batch}": (Stop("supervisor", "/reassign/{batch}"),),
    "/reception": (Stop("receptionist", "/reception"), Stop("liaison", "/reception")),
    "/replans": (Stop("system_administrator", "/replans"),),
    "/replans/{cause}/{what}": (Stop("system_administrator", "/replans/{replan}"),),
    "/reports/forecast": (Stop("supervisor", "/reports/forecast"),),
    "/reports/promise": (Stop("supervisor", "/reports/promise"),),
    "/rota": (Stop("approver", "/rota"), Stop("duty_lawyer", "/rota")),
    "/cases/{case_id}/status-code": (Stop("caseworker", "/cases/{received}/status-code"),),
    "/cases/{case_id}/visit-kit": (Stop("caseworker", "/cases/{received}/visit-kit"),),
    "/figures": (Stop("supervisor", "/figures"), Stop("auditor", "/figures?from=2001-01&to=2001-02")),
    "/status": (Stop("", "/status"),),
    "/cases/{case_id}/rerun": (Stop("caseworker", "/cases/{refused}/rerun"),),
    "/spot-checks": (Stop("supervisor", "/spot-checks"),),
    "/standards": (Stop("system_administrator", "/standards"), Stop("supervisor", "/standards")),
    "/same-day": (Stop("receptionist", "/same-day"),),
    "/same-day/{case_id}": (Stop("caseworker", "/same-day/{received}"),),
    "/sign-in": (Stop("", "/sign-in"),),
    "/to-approve": (Stop("approver", "/to-approve"),),
    "/verifying": (Stop("auditor", "/verifying"),),
    "/workload": (Stop("approver", "/workload"),),
    "/{path:page}": (Stop("caseworker", "/nowhere", codes.NOT_FOUND), Stop("caseworker", "/accounts", codes.FORBIDDEN)),
}
"""Stops by the route they look at."""

ANSWER_NO_PAGE = {
    "/audit/access.csv", "/audit/checkpoint.vkeys", "/audit/checkpoints/{ledger}/{size}.note", "/cases/{case_id}/documents/{document_id}",
    "/cases/{case_id}/papers/print", "/cases/{case_id}/papers/{document_id}", "/cases/{case_id}/proof", "/deadlines.csv",
    "/directory/template/{kind}.csv", "/history.csv", "/history/export/{form}",
    "/replans/{cause}/{what}/cases.csv", "/reports/forecast.csv", "/reports/promise.csv",
    "/cases.csv", "/cases/{case_id}/candidates/one", "/dates", "/draft-key", "/figures.csv",
    "/find", "/tour/{act}", "/live", "/favicon.ico", "/cases/{case_id}/group/with", "/language/{lang}", "/type/{size}",
    "/sign-in/oidc", "/sign-in/oidc/callback",
}  # fmt: skip
"""Routes that answer a file, a stream or the way to another page."""


def login(system: System, role: str) -> dict[str, str]:
    """Who of the worked example looks at a page for this role."""
    return system.login(role, None if role in ANYWHERE else OFFICES.get(role, CENTRE))


async def made(system: System, role: str, path: str, body: Any) -> Any:
    """What the interface answers to a request that makes something."""
    answer = await system.call(login(system, role), "POST", path, json=body, headers={"Idempotency-Key": f"pages-{uuid4()}"})
    assert answer.is_success, f"{path}: {answer.text}"
    return answer.json()


async def prepared(system: System) -> dict[str, str]:
    """What the addresses name, found in the worked example or made where it has none of the kind."""
    listed = [case for case in await system.cases(system.login("auditor")) if case["centre"] == CENTRE]
    now = datetime.now(SHANGHAI)
    moment = {"received_at": now.isoformat()}
    consultation = await made(system, "receptionist", "/consultations", {**EXAMPLES["register_consultation"], **moment})
    duty_request = await made(
        system, "duty_lawyer", "/duty-requests", {**EXAMPLES["receive_duty_request"], **moment, "office": OFFICES["duty_lawyer"]}
    )
    notice = await made(system, "caseworker", "/organ-notices", {**EXAMPLES["receive_organ_notice"], **moment})
    received = await made(system, "receptionist", "/cases", EXAMPLES["submit_application"])
    await made(system, "caseworker", f"/cases/{received['case_id']}/commands/schedule_home_visit", EXAMPLES["schedule_home_visit"])
    sealed = await made(system, "receptionist", "/cases", EXAMPLES["submit_application"])
    approver = await system.get(login(system, "approver"), "/me")
    wall = {"cleared": True, "walled": [{"person": approver["id"], "why": "与对方当事人有亲属关系"}]}
    await made(system, "caseworker", f"/cases/{sealed['case_id']}/commands/declare_conflict_check", wall)
    leaver = (await system.get(login(system, "caseworker"), "/me"))["id"]
    load = await system.get(login(system, "supervisor"), "/reassignments/proposal", **{"from": leaver})
    move = next(each for each in load["transfers"] if each["may"] and each["to"])
    moves = [{"case_id": move["case_id"], "kind": "transfer", "to": move["to"]}]
    batch = await made(system, "supervisor", "/reassignments", {"leaver": leaver, "reason": "调离岗位", "moves": moves})
    persons = await system.get(login(system, "supervisor"), "/persons", q="某")
    replans = await system.get(login(system, "system_administrator"), "/replans")
    archived = next(case["case_id"] for case in listed if case["state"] == "archived")

    async def covered() -> bool:
        return (await system.call(login(system, "auditor"), "GET", f"/cases/{archived}/court-bundle/coverage")).is_success

    await until(covered, seconds=SEALED_SECONDS)
    return {
        **{case["state"]: case["case_id"] for case in listed},
        "case": archived,
        "group": next(case["case_id"] for case in listed if case["recipient_count"] > 1),
        "received": received["case_id"],
        "sealed": sealed["case_id"],
        "noticed": notice["cases"][0]["case_id"],
        "consultation": consultation["consultation_id"],
        "duty_request": duty_request["duty_request_id"],
        "subject": persons["items"][0]["subject_id"],
        "leaver": leaver,
        "batch": batch["batch"],
        "replan": replans["items"][0]["ref"],
        "username": login(system, "caseworker")["username"],
        "nearly_a_year_ago": (now.date() - timedelta(days=361)).isoformat(),
    }

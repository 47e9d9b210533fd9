"""What a form holds before anybody types: what the case already tells, and today where a day is asked for."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from domain.eligibility.policy import Policy
from web.backend import Json

TODAY: dict[str, tuple[str, ...]] = {
    "submit_application": ("received_by_centre_on",), "record_meeting": ("held_on",), "record_procedure": ("held_on",), "record_hearing": ("held_on",),
    "sign_engagement": ("signed_on",), "record_outcome": ("closed_on",), "pay_subsidy": ("paid_on",), "serve_document": ("served_on",),
    "record_home_visit": ("held_on",), "file_objection": ("received_on",),
}  # fmt: skip


def prefilled(command: str, case: Json, tariffs: Sequence[Json], policy: Policy, today: date) -> Json:
    """The body a form begins with."""
    body: Json = {name: today.isoformat() for name in TODAY.get(command, ())}
    return {**body, **_from_case(command, case, tariffs, policy)}


def _from_case(command: str, case: Json, tariffs: Sequence[Json], policy: Policy) -> Json:
    lane: Json = case.get("accept_first") or {}
    match command:
        case "accept_first":
            return _ground(case, policy)
        case "supply_owed_papers" | "waive_owed_papers":
            return {"papers": lane.get("papers_owed") or []}
        case "supply_papers":
            return {"papers": (case.get("supplement") or {}).get("papers") or []}
        case "submit_closing_report":
            kind = (case.get("matter") or {}).get("kind")
            return {"papers": [{"kind": paper} for paper in policy.closing_checklist(kind)]}
        case "approve_subsidy":
            return _subsidy(case, tariffs)
        case "assess_hardship":
            applicant: Json = case.get("applicant") or {}
            household = [{"name": applicant.get("name") or "", "relation": "self", "self_only": True}]
            return {"household": household, **{n: applicant[n] for n in ("county", "residence") if applicant.get(n)}}
        case "sign_engagement":
            return {"signed_by": "recipient", "method": "signature"}
        case "grant_aid":
            forum = (case.get("matter") or {}).get("forum")
            return {"forms": [forum]} if forum in ("litigation", "arbitration") else {}
        case _:
            return {}


def _ground(case: Json, policy: Policy) -> Json:
    """The applicant's own group as ground, with the papers usually owed that are not in yet."""
    groups: list[Any] = (case.get("applicant") or {}).get("categories") or []
    ground = next((g for g in groups if g in policy.accept_first_categories), None)
    known = policy.ground(ground) if ground else None
    if known is None:
        return {}
    held = {p["kind"] for p in case.get("papers") or []}
    return {"ground": ground, "basis": known.basis, "papers_owed": [{"kind": kind} for kind in known.owed if kind not in held]}


def _subsidy(case: Json, tariffs: Sequence[Json]) -> Json:
    """The flat tariff of the case's kind, to the lawyer who led."""
    kind = (case.get("matter") or {}).get("kind") or "civil"
    tariff = next((t for t in tariffs if str(t["code"]).endswith(kind)), None) or next(iter(tariffs), None)
    assignment: Json = case.get("assignment") or {}
    if tariff is None:
        return {}
    payee = {"unit": assignment.get("unit"), "lawyer": assignment.get("lawyer"), "amount_fen": tariff["amount_fen"]}
    return {"amount_fen": tariff["amount_fen"], "tariff": tariff["code"], "payees": [{n: v for n, v in payee.items() if v is not None}]}

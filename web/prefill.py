"""What a form holds before anybody types: what the case already tells, and today where a day is asked for."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from domain.eligibility.policy import Policy
from web.backend import Json, items, part

TODAY: dict[str, tuple[str, ...]] = {
    "submit_application": ("received_by_centre_on",),
    "record_meeting": ("held_on",),
    "record_contact_attempt": ("tried_on",),
    "notify_organ": ("served_on",),
    "record_procedure": ("held_on",),
    "record_hearing": ("held_on",),
    "sign_engagement": ("signed_on",),
    "record_outcome": ("closed_on",),
    "pay_subsidy": ("paid_on",),
    "serve_document": ("served_on",),
    "record_home_visit": ("held_on",),
    "decline_remedy": ("told_on",),
    "file_objection": ("received_on",),
}
"""Fields that are mostly today, by command."""


def prefilled(command: str, case: Json, tariffs: Sequence[Json], policy: Policy, today: date) -> Json:
    """The body a form begins with."""
    body: Json = {name: today.isoformat() for name in TODAY.get(command, ())}
    if command == "approve_subsidy":
        return {**body, **_subsidy(case, tariffs)}
    known = _KNOWN.get(command)
    return {**body, **known(case, policy)} if known else body


def _owed(case: Json, policy: Policy) -> Json:
    del policy
    return {"papers": items(part(case, "accept_first"), "papers_owed")}


def _asked_for(case: Json, policy: Policy) -> Json:
    del policy
    return {"papers": items(part(case, "supplement"), "papers")}


def _checklist(case: Json, policy: Policy) -> Json:
    kinds = policy.closing_checklist(part(case, "matter").get("kind"))
    return {"papers": [{"kind": kind} for kind in kinds]}


def _household(case: Json, policy: Policy) -> Json:
    del policy
    applicant: Json = part(case, "applicant")
    known = {name: applicant[name] for name in ("county", "residence") if applicant.get(name)}
    return {"household": [{"name": applicant.get("name") or "", "self_only": True}], **known}


def _usual_signing(case: Json, policy: Policy) -> Json:
    del case, policy
    return {"signed_by": "recipient", "method": "signature"}


def _form_of_aid(case: Json, policy: Policy) -> Json:
    del policy
    forum = part(case, "matter").get("forum")
    return {"forms": [forum]} if forum in ("litigation", "arbitration") else {}


def accept_first_ground(case: Json, policy: Policy) -> Json:
    """The applicant's own group as ground, with the papers usually owed that are not in yet."""
    groups: list[Any] = items(part(case, "applicant"), "categories")
    ground = next((g for g in groups if g in policy.accept_first_categories), None)
    known = policy.ground(ground) if ground else None
    if known is None:
        return {}
    held = {p["kind"] for p in items(case, "papers")}
    return {"ground": ground, "basis": known.basis, "papers_owed": [{"kind": kind} for kind in known.owed if kind not in held]}


def _carried_waiver(case: Json, policy: Policy) -> Json:
    """The ground that held in the earlier case, to be confirmed by whoever waives the check in this one."""
    waivers = items(part(case, "continues"), "waivers")
    known = policy.waiver(waivers[0]["ground"]) if waivers else None
    if known is None:
        return {}
    whom = waivers[0]["for_recipients"]
    some = {"for_recipients": whom} if len(whom) < len(items(case, "recipients")) else {}
    return {"ground": waivers[0]["ground"], **some}


def _carried_lawyer(case: Json, policy: Policy) -> Json:
    """Who led in the earlier case, as the first choice until the recipient says otherwise."""
    del policy
    lawyer = part(case, "continues").get("lawyer")
    return {"choices": [lawyer]} if lawyer and not items(part(case, "assignment"), "choices") else {}


def _subsidy(case: Json, tariffs: Sequence[Json]) -> Json:
    """The flat tariff of the case's kind, to the lawyer who led."""
    kind = part(case, "matter").get("kind") or "civil"
    tariff = next((t for t in tariffs if str(t["code"]).endswith(kind)), None) or next(iter(tariffs), None)
    assignment: Json = part(case, "assignment")
    if tariff is None:
        return {}
    payee = {"unit": assignment.get("unit"), "lawyer": assignment.get("lawyer"), "amount_fen": tariff["amount_fen"]}
    return {"amount_fen": tariff["amount_fen"], "tariff": tariff["code"], "payees": [{n: v for n, v in payee.items() if v is not None}]}


def _whom_to_tell(case: Json, policy: Policy) -> Json:
    """The organ that sent the notice, and the lawyers named since."""
    del policy
    lawyers = [handler["lawyer"] for handler in items(part(case, "assignment"), "lawyers")]
    return {"organ": part(case, "notice").get("organ"), "lawyers": lawyers}


_KNOWN: Mapping[str, Callable[[Json, Policy], Json]] = {
    "accept_first": accept_first_ground,
    "supply_owed_papers": _owed,
    "waive_owed_papers": _owed,
    "supply_papers": _asked_for,
    "submit_closing_report": _checklist,
    "assess_hardship": _household,
    "sign_engagement": _usual_signing,
    "grant_aid": _form_of_aid,
    "waive_hardship_check": _carried_waiver,
    "record_lawyer_choice": _carried_lawyer,
    "notify_organ": _whom_to_tell,
}
"""What the case tells a command's form."""

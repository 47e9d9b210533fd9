"""The JSON of the HTTP contract, made from the fold: cases, events, clocks, command answers.

Pure functions. Personal leaves come out sealed, as the ledger keeps them, under their own field names; `api.desk` opens
them for display. Fields that a command brought keep the command's names.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any, cast
from zoneinfo import ZoneInfo

from domain.case import CaseState, Recipient
from domain.clocks.limits import Limit
from domain.clocks.reading import display
from domain.clocks.suspensions import stood_still, suspensions
from domain.command import Stamp
from domain.directory import Directory
from domain.money import money
from domain.rules import Rules
from domain.stages.extension import room_left
from domain.stream import Clock, Question
from domain.values import Model
from ledger.events import Recorded, stamp_of
from ledger.sql import Row

ZONE = ZoneInfo("Asia/Shanghai")


def moment(value: datetime | None) -> str | None:
    """RFC 3339 with the offset of Asia/Shanghai."""
    return value.astimezone(ZONE).isoformat() if value else None


def plain(value: Model) -> dict[str, Any]:
    """A value's JSON without absent fields: what nobody said is not there."""
    return value.model_dump(mode="json", exclude_none=True)


def case_view(case: CaseState, at: datetime | None = None) -> dict[str, Any]:
    """A case as returned by `GET /cases/{case_id}`, for any version that has at least one event; its clocks as they stood at `at`."""
    parties = [plain(p) | {"party_id": i} for i, p in enumerate(case.parties)]
    lane, heads = case.accept_first, case.heads
    return {
        "case_id": case.case_id,
        "register_number": case.register_number,
        "case_number": case.case_number,
        "version": case.version,
        "stage": case.stage,
        "state": case.state,
        "centre": case.centre,
        "outlet": case.outlet,
        "assisting_agency": case.assisting_agency,
        "channel": case.channel,
        "form": case.form,
        "oral": case.oral,
        "consultation_id": str(case.consultation_id) if case.consultation_id else None,
        "duty_request_id": str(case.duty_request_id) if case.duty_request_id else None,
        "received_by_centre_on": case.received_by_centre_on.isoformat() if case.received_by_centre_on else None,
        "applicant": parties[heads] if parties else None,
        "co_applicants": [parties[r.party_id] for r in case.present if r.party_id != heads],
        "recipient_count": case.recipient_count,
        "representatives": list(case.representatives),
        "proxy": None if case.proxy_party is None else {"party": parties[case.proxy_party], "relation": case.proxy_relation},
        "opponents": [parties[i] for i in case.opponents],
        "matter": plain(case.matter) if case.matter else None,
        "eligibility": _eligibility(case),
        "accept_first": None
        if lane is None
        else plain(lane) | {"papers_owed": [plain(p) for p in lane.papers_owed], "due_on": lane.due_on.isoformat()},
        "assignment": _assignment(case),
        "engagement": plain(case.engagement) if case.engagement else None,
        "representation": plain(case.representation),
        "money": plain(claimed) if (claimed := money(case.representation.procedures)) else None,
        "replacement": plain(case.replacement) if case.replacement else None,
        "termination": plain(case.termination) if case.termination else None,
        "outcome": next((plain(r.outcome) for r in case.recipients if r.outcome), None),
        "objection": next((plain(r.objection) for r in case.recipients if r.objection), None),
        "recipients": [_recipient(r, parties[r.party_id]) for r in case.recipients],
        "closure": plain(case.closure),
        "forms": list(case.forms_of_aid),
        "stages": list(case.stages_granted),
        "referred_to": case.referred_to,
        "on_notice": case.on_notice,
        "notice": plain(case.notice) if case.notice else None,
        "owner": case.owner,
        "papers": [plain(p) for p in case.papers],
        "supplement": plain(case.supplement) if case.supplement else None,
        "verifications": [plain(v) for v in case.verifications],
        "documents": [plain(d) for d in case.documents],
        "issued": [plain(i) for i in case.issued],
        "holds": [plain(h) for h in case.holds],
        "links": [plain(x) for x in case.links],
        "continues": plain(case.continues) if case.continues else None,
        "continued_by": [plain(c) for c in case.continued],
        "proposals": [plain(p) for p in case.proposals],
        "visits": [plain(v) for v in case.visits],
        "clocks": [clock_view(c, at) for c in case.clocks],
        "unknown_limits": [plain(u) for u in case.unknown_limits],
        "served": list(case.served),
        "opened_on": case.opened_on.isoformat() if case.opened_on else None,
        "updated_at": moment(case.updated_at),
    }


def opened_bodies(view: Mapping[str, Any]) -> dict[str, Any]:
    """A case's view, opened for display, with the proposed commands' bodies as objects instead of the texts they are kept as."""
    proposals: list[dict[str, Any]] = view.get("proposals", [])
    opened = [p | {"commands": [_with_body(c) for c in p["commands"]]} for p in proposals]
    return {**view, "proposals": opened} if opened else dict(view)


def _with_body(proposed: dict[str, Any]) -> dict[str, Any]:
    body = proposed.get("body")
    return proposed | {"body": json.loads(body)} if isinstance(body, str) else proposed


def chapter(case: CaseState, *, asked: bool) -> dict[str, Any]:
    """A case of a chain in a few words: what it is, how it came from the one before, where it stands, how it ended."""
    granted = [r.decision.decided_on for r in case.recipients if r.decision and r.decision.result == "granted"]
    return {
        "case_id": case.case_id,
        "asked": asked,
        "register_number": case.register_number,
        "case_number": case.case_number,
        "relation": case.continues.relation if case.continues else None,
        "centre": case.centre,
        "stage": case.stage,
        "state": case.state,
        "matter": {"kind": case.matter.kind, "cause": case.matter.cause, "stage": case.matter.stage} if case.matter else None,
        "recipient_count": case.recipient_count,
        "lawyer": case.assignment.lead if case.assignment else None,
        "opened_on": case.opened_on.isoformat() if case.opened_on else None,
        "granted_on": min(granted).isoformat() if granted else None,
        "outcome": next((plain(r.outcome.model_copy(update={"summary": None})) for r in case.recipients if r.outcome), None),
        "terminated_on": case.termination.terminated_on.isoformat() if case.termination and case.termination.terminated_on else None,
    }


_OF_THE_GROUP = frozenset({"party_id", "status", "decision", "objection", "outcome", "engaged_on", "left"})


def _recipient(recipient: Recipient, party: Mapping[str, Any]) -> dict[str, Any]:
    """One person of the group: who it is, what was decided, what came of it; what the aid was granted on stands under `eligibility`."""
    who = {"name": party.get("name"), "categories": party.get("categories", []), "claim_fen": party.get("claim_fen")}
    return who | recipient.model_dump(mode="json", exclude_none=True, include=set(_OF_THE_GROUP))


def _eligibility(case: CaseState) -> dict[str, Any]:
    """Hardship or waiver of the applicant, and of every recipient; the lines of a sum stand in their event."""
    assessed = [
        {
            "party_id": r.party_id,
            "status": r.status,
            "hardship": plain(r.hardship) if r.hardship else None,
            "waiver": plain(r.waiver) if r.waiver else None,
            "recommended": r.recommended,
        }
        for r in case.recipients
    ]
    hardship = case.recipients[0].hardship if case.recipients else None
    waiver = case.recipients[0].waiver if case.recipients else None
    return {
        "in_hardship": hardship.in_hardship if hardship else None,
        "per_person_fen": hardship.per_person_fen if hardship else None,
        "threshold_fen": hardship.threshold_fen if hardship else None,
        "household": [plain(member) for member in hardship.household] if hardship else [],
        "county": hardship.county if hardship else None,
        "residence": hardship.residence if hardship else None,
        "property_fen": hardship.property_fen if hardship else None,
        "opponent_in_household": hardship.opponent_in_household if hardship else None,
        "proof": hardship.proof if hardship else None,
        "waiver": waiver.ground if waiver else None,
        "conflict_cleared": case.conflict_cleared,
        "recommendation": case.recommendation,
        "recipients": assessed,
    }


def _assignment(case: CaseState) -> dict[str, Any] | None:
    """Who handles it and why; before a unit is assigned, what the applicant chose. None where nothing was said yet."""
    chosen, given = case.choice, case.assignment
    if chosen is None and given is None:
        return None
    return {
        "unit": given.unit if given else None,
        "lawyer": given.lead if given else None,
        "lawyers": [plain(h) for h in given.lawyers] if given else [],
        "received_by_unit_on": given.received_by_unit_on.isoformat() if given and given.received_by_unit_on else None,
        "choices": list(chosen.choices) if chosen else [],
        "wishes": dict(chosen.wishes) if chosen else {},
        "no_wish_told": chosen.no_wish_told if chosen else False,
        "choice_not_followed": [dict(c) for c in given.choice_not_followed] if given else [],
        "explanation": dict(given.explanation) if given else None,
        "declined_by": list(case.declined_by),
    }


def clock_view(clock: Clock, at: datetime | None = None, rules: Rules | None = None) -> dict[str, Any]:
    """A time limit: `started` and `due` are days, or moments for a limit of hours; `counted` says how the date was found.

    With `at`, its state is that of the moment: past its due date it is missed, whether that has been marked yet or not. With `rules`
    its pauses are told as a ledger, and a number the justice bureau confirmed since the clock was started counts as confirmed.
    """
    row = rules.limits.row(clock.limit, clock.rule_from) if rules else None
    hours = clock.unit == "hour"
    rung = clock.next_rung
    return {
        "id": clock.id,
        "limit": clock.limit,
        "state": display(clock, at) if at else clock.state,
        "started": moment(clock.started_at) if hours and clock.started_at else clock.started_on.isoformat(),
        "due": moment(clock.due_at) if hours else clock.due_on.isoformat(),
        "due_at": moment(clock.due_at),
        **_suspended(clock, at or clock.due_at, row, rules),
        "next_reminder": None if rung is None else {"at": moment(rung.at), "to": list(rung.to), "kind": rung.kind},
        "counted": dict(clock.counted),
        "unit": clock.unit,
        "n": clock.n,
        "source": clock.source,
        "confirmed": clock.confirmed or (row is not None and row.confirmed),
        "rule_from": clock.rule_from.isoformat(),
        "ended_on": clock.ended_on.isoformat() if clock.ended_on else None,
        "on_miss": clock.on_miss,
        "extended": clock.extended,
        "question": _question(clock.question),
        **({"extendable": room_left(clock, rules, at)} if at and rules else {}),
    }


def _question(asked: Question | None) -> dict[str, Any] | None:
    return asked and asked.model_dump(mode="json")


def _suspended(clock: Clock, at: datetime, row: Limit | None, rules: Rules | None) -> dict[str, Any]:
    """The pauses, each with what it is from and what it took; `paused_days` counts a day once, whatever lay on it."""
    told: list[dict[str, Any]] = []
    if rules is None:
        told = [{"cause": p.cause, "from": moment(p.from_at), "to": moment(p.to_at), "closes": p.closes} for p in clock.pauses]
        return {"pauses": told}
    for each in suspensions(clock, row, rules.calendar, at):
        pause = each.pause
        days = {"from": each.first.isoformat(), "to": each.last.isoformat(), "days": each.days} if each.first and each.last else None
        told.append({
            "cause": pause.cause, "by": each.by, "from": moment(pause.from_at), "to": moment(pause.to_at), "closes": pause.closes,
            **({"not_counted": days} if days else {}),
        })  # fmt: skip
    return {"pauses": told, "paused_days": 0 if clock.unit == "hour" else stood_still(clock.pauses, rules.calendar, at)}


def event_view(case_id: str, recorded: Recorded, directory: Directory) -> dict[str, Any]:
    """An event as returned: its envelope, its data, and the hashes (hex) that prove it."""
    event = recorded.event
    return {
        "position": recorded.position,
        "case_id": case_id,
        "type": event.type,
        "schema_version": event.schema_version,
        "recorded_at": moment(recorded.recorded_at),
        **_stamp(recorded.at, directory),
        "correlation_id": recorded.correlation_id,
        "causation": recorded.causation,
        "data": plain(event),
        "digest": recorded.digest.hex(),
        "chain_hash": recorded.chain_hash.hex(),
    }


def raw_view(case_id: str, row: Row, directory: Directory, *, raw: bool) -> dict[str, Any]:
    """The same of a stored row whose body cannot be read: without data, as it is stored where `raw`."""
    return {
        "position": row["position"],
        "case_id": case_id,
        "type": row["type"],
        "schema_version": row["schema_version"],
        "recorded_at": moment(row["recorded_at"]),
        **_stamp(stamp_of(row), directory),
        "correlation_id": row["correlation_id"],
        "causation": row["causation"],
        "digest": bytes(row["digest"]).hex(),
        "chain_hash": bytes(row["chain_hash"]).hex(),
        "withheld": ["data"],
        "unreadable": True,
        **({"raw": bytes(row["body"]).decode(errors="backslashreplace")} if raw else {}),
    }


def _stamp(at: Stamp, directory: Directory) -> dict[str, Any]:
    person = directory.person(at.actor)
    return {
        "version": at.version,
        "decided_at": moment(at.decided_at),
        "effective_on": at.effective_on.isoformat(),
        "actor": {"id": at.actor, "name": person.name if person else None, "role": at.role},
        "on_behalf_of": at.on_behalf_of,
        "office": at.office,
        "command_id": at.command_id,
    }


def case_answer(case: CaseState, recorded: Sequence[Recorded], directory: Directory) -> dict[str, Any]:
    """What a command answers: the case's head, the events just recorded, the clocks as they stood when it was decided."""
    return {
        "case_id": case.case_id,
        "register_number": case.register_number,
        "case_number": case.case_number,
        "version": case.version,
        "stage": case.stage,
        "state": case.state,
        "events": [event_view(case.case_id, r, directory) for r in recorded],
        "clocks": [clock_view(c, case.updated_at) for c in case.clocks],
    }


def withhold(view: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """The view without the fields the caller may not see, which are named in `withheld`."""
    gone = sorted(field for field in fields if field in view)
    kept = {name: value for name, value in view.items() if name not in fields}
    return kept | ({"withheld": gone} if gone else {})


def changes(before: Any, after: Any, pointer: str = "") -> Iterable[dict[str, Any]]:
    """Field changes between two JSON values: `{pointer, before, after}`; lists are compared item by item by their place."""
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
        for name in sorted({*old, *new}):
            inner = pointer + "/" + name.replace("~", "~0").replace("/", "~1")
            yield from changes(old.get(name), new.get(name), inner)
    elif isinstance(before, list) and isinstance(after, list):
        pairs = zip_longest(cast("list[Any]", before), cast("list[Any]", after))
        for index, (old_item, new_item) in enumerate(pairs):
            yield from changes(old_item, new_item, f"{pointer}/{index}")
    elif before != after:
        yield {"pointer": pointer, "before": before, "after": after}

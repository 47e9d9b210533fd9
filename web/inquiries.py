"""Consultations and duty requests as the pages ask for them and show them: addresses, rows, what is left of a limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from texts.speak import moment
from web.backend import Json, Problem, items, part
from web.case_view import left, now, urgency
from web.page import Visit


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of inquiry: its word in the ledger, its address here and in the contract, what its id is called, what opens one."""

    name: str
    path: str
    id_name: str
    opening: str
    convert: str
    home: str

    def address(self, inquiry: Json) -> str:
        return f"/{self.path}/{inquiry[self.id_name]}"


CONSULTATION = Kind("consultation", "consultations", "consultation_id", "register_consultation", "convert_to_application", "/reception")
DUTY = Kind("duty", "duty-requests", "duty_request_id", "receive_duty_request", "take_up_request", "/duty")


async def listed(visit: Visit, kind: Kind, **filters: Any) -> list[Json]:
    """The first page of a list, as large as one may be."""
    given = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in filters.items() if value}
    found: Json = await visit.backend.ask(visit.session, "GET", f"/{kind.path}", lang=visit.lang, params={"limit": "200", **given})
    return found["items"]


async def one(visit: Visit, kind: Kind, inquiry_id: str) -> Json:
    return await visit.backend.ask(visit.session, "GET", f"/{kind.path}/{inquiry_id}", lang=visit.lang)


async def allowed(visit: Visit, kind: Kind, inquiry_id: str) -> list[Json]:
    """What the visitor may do with it now: `[{name, label, schema}]`."""
    found: Json = await visit.backend.ask(visit.session, "GET", f"/{kind.path}/{inquiry_id}/allowed-commands", lang=visit.lang)
    return found["items"]


async def opened(visit: Visit, kind: Kind, body: Json, key: str) -> Json:
    headers = {"Idempotency-Key": key}
    return await visit.backend.ask(visit.session, "POST", f"/{kind.path}", lang=visit.lang, json=body, headers=headers)


async def carried_out(visit: Visit, address: str, body: Json, key: str, if_match: int | None) -> Json:
    """A command; `address` is that of its form, which is the contract's too."""
    headers = {"Idempotency-Key": key} | ({"If-Match": f'"{if_match}"'} if if_match is not None else {})
    return await visit.backend.ask(visit.session, "POST", address, lang=visit.lang, json=body, headers=headers)


def row_of(visit: Visit, kind: Kind, row: Json) -> Json:
    """An inquiry's line: who asked, where it stands, who answers for it, what is left of its limit."""
    due: str | None = row.get("due_at")
    return {
        "address": kind.address(row),
        "number": row["number"],
        "who": row["name"] or visit.t("reception.anonymous"),
        "channel": visit.word("channel", row.get("channel")),
        "state": visit.t(f"states.{row['state']}"),
        "code": row["state"],
        "owner": row.get("owner"),
        "handing_to": row.get("handing_to"),
        "in_custody": row.get("in_custody"),
        "received_at": row["received_at"],
        "case_id": row.get("case_id"),
        "limit": visit.t(f"limits.{row['due_limit']}") if row.get("due_limit") else "",
        "left": time_left(visit, due, now()) if due else "",
        "urgency": urgency(due, due, "running", now()) if due else "later",
    }


def time_left(visit: Visit, due: str, at: datetime) -> str:
    """What is left: in hours where a day is not over yet, else in days."""
    hours = (moment(due) - at).total_seconds() / 3600
    if 0 < hours < 48 and (moment(due).hour, moment(due).minute) < (23, 59):
        return visit.t("pages.hours_left", hours=int(hours))
    if -24 < hours <= 0:
        return visit.t("duty.hours_late", hours=int(-hours) + 1)
    return left(visit, due, "running", at)


def title(visit: Visit, inquiry: Json) -> str:
    """Who asks, and against whom where they said so."""
    who = str(part(inquiry, "person").get("name") or visit.t("reception.anonymous"))
    people = int(inquiry.get("people") or 1)
    named = visit.t("pages.et_al", name=who, count=people) if people > 1 else who
    opponents = [str(each.get("name") or visit.t("words.withheld")) for each in items(inquiry, "opponents")]
    return f"{named} {visit.t('pages.against')} {visit.t('words.comma').join(opponents)}" if opponents else named


def known_of_application(kind: Kind, inquiry: Json) -> Json:
    """What the form of an application begins with: all that the inquiry knows, under the application's names."""
    question = inquiry.get("question") or inquiry.get("request")
    people = int(inquiry.get("people") or 1)
    at_home = inquiry.get("forwarded_to") is None
    known: Json = {
        "centre": inquiry["centre"],
        "channel": inquiry.get("channel") if kind is CONSULTATION else "duty_office",
        "outlet": inquiry.get("outlet") if at_home else None,
        "applicant": inquiry.get("person"),
        "opponents": inquiry.get("opponents"),
        "matter": {"summary": question, "cause": inquiry.get("cause")},
        "recipient_count": people if people > 1 else None,
    }
    return {name: value for name, value in known.items() if value}


def offices_of(visit: Visit, kinds: Sequence[str], role: str | None = None) -> list[Mapping[str, Any]]:
    """The offices of these kinds where the visitor works, or that stand under the centre where they do."""
    held: list[Json] = visit.me.get("roles") or []
    mine = {str(each["office"]) for each in held if role in (None, each["role"])}
    return [o for o in visit.offices if o["kind"] in kinds and (o["code"] in mine or (role is None and o.get("parent") in mine))]


async def came_from(visit: Visit, case: Json) -> Json | None:
    """The inquiry a case was opened from: where it is, its number; None where it came from none, or the visitor may not see it."""
    for kind, words in ((CONSULTATION, "reception.came_from"), (DUTY, "reception.came_from_duty")):
        inquiry_id = case.get(kind.id_name)
        if not inquiry_id:
            continue
        try:
            inquiry = await one(visit, kind, str(inquiry_id))
        except Problem as problem:
            if problem.status != 404:
                raise
            return None
        return {"address": kind.address(inquiry), "number": inquiry["number"], "words": visit.t(words)}
    return None

"""The group grid (群体): everybody of a case in one table, by person what was decided, signed and achieved.

Rows are chosen and a command's form opens with them; three hundred people are one page.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

import texts
from domain.command import COMMANDS
from domain.stages.people import AddRecipients
from texts.speak import say_date, say_fen
from web import origin
from web.backend import Json, Problem, items, part
from web.case_view import number, title
from web.forms import TRUE
from web.page import PageRoute, Visit, go, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
POWER = "power_of_attorney"
ONE = ("release_recipient", "replace_recipient")
"""Commands that concern one person at a time."""
SHOWN_OF_NUMBER = 4
"""Characters of an identity number that the table shows, the last ones."""

Signed = Annotated[Visit, Depends(visitor)]


@dataclass(frozen=True, slots=True)
class Row:
    """A person of the group, in words."""

    party_id: int
    name: str
    number: str
    groups: str
    amount: str
    status: str
    """The code, by which rows are counted and filtered."""
    said: str
    decision: str
    signed: str
    outcome: str
    represents: bool
    gone: bool


@router.get("/cases/{case_id}/group")
async def grid(request: Request, case_id: str, visit: Signed) -> Response:
    case = await visit.backend.case(visit.session, case_id)
    rows = rows_of(visit, case)
    only = request.query_params.get("only", "")
    shown = [row for row in rows if not only or row.status == only]
    here = [r for r in items(case, "recipients") if r["status"] != "released"]
    amounts = [int(r["claim_fen"]) for r in here if r.get("claim_fen") is not None]
    may = [str(c["name"]) for c in await visit.backend.allowed(visit.session, case_id)]
    chosen = set(request.query_params.getlist("for"))
    done = request.query_params.get("done", "")
    return render(
        visit, "group.html", case=case, number=number(case), title=title(visit, case), rows=shown, only=only, chosen=chosen,
        counts=[(status, visit.word("status", status), n) for status, n in Counter(row.status for row in rows).items()],
        people=len(here), counted=int(case.get("recipient_count") or len(here)), with_amount=len(amounts), total=sum(amounts),
        commands=[name for name in may if name in ONE or (name in COMMANDS and "for_recipients" in COMMANDS[name].model_fields)],
        may_add=AddRecipients.name in may, powers=await _powers(visit, case_id, may), trouble=request.query_params.get("trouble", ""),
        done=done if done in COMMANDS else "", sent=request.query_params.get("sent", ""),
    )  # fmt: skip


async def _powers(visit: Visit, case_id: str, may: list[str]) -> bool:
    """Whether powers of attorney, one page a person, can be issued now."""
    if "issue_document" not in may:
        return False
    papers = await visit.backend.papers(visit.session, case_id, visit.lang)
    return any(offer["template"] == POWER for offer in items(papers, "issuable"))


def rows_of(visit: Visit, case: Json) -> list[Row]:
    """Everybody of the case in the order they asked. Words are looked up once for all rows."""
    people = {p["party_id"]: p for p in [part(case, "applicant"), *items(case, "co_applicants")] if p}
    speaking = set[int](case.get("representatives") or [])
    words: dict[tuple[str, str], str] = {}

    def word(name: str, code: str) -> str:
        if (name, code) not in words:
            words[name, code] = visit.word(name, code)
        return words[name, code]

    return [_row(visit, r, people.get(r["party_id"], {}), word, speaking) for r in items(case, "recipients")]


def _row(visit: Visit, recipient: Json, person: Json, word: Callable[[str, str], str], speaking: set[int]) -> Row:
    decision, outcome, left = part(recipient, "decision"), part(recipient, "outcome"), part(recipient, "left")
    amount, recovered = recipient.get("claim_fen"), outcome.get("recovered_fen")
    held = str(person.get("id_number") or "")
    comma = texts.catalogue(visit.lang)["words.comma"]
    result = [word("result", outcome["result"])] if outcome else [word("reason", left["reason"])] if left else []
    return Row(
        party_id=recipient["party_id"],
        name=str(recipient.get("name") or person.get("name") or visit.t("words.withheld")),
        number=f"…{held[-SHOWN_OF_NUMBER:]}" if held else "",
        groups=comma.join(word("categories", code) for code in recipient.get("categories") or ()),
        amount=say_fen(visit.lang, amount) if amount is not None else "",
        status=recipient["status"],
        said=word("status", recipient["status"]),
        decision=" ".join([word("result", decision["result"]), say_date(visit.lang, decision["decided_on"])]) if decision else "",
        signed=say_date(visit.lang, recipient["engaged_on"]) if recipient.get("engaged_on") else "",
        outcome=" ".join([*result, *([say_fen(visit.lang, recovered)] if recovered is not None else [])]),
        represents=recipient["party_id"] in speaking,
        gone=bool(left),
    )


@router.get("/cases/{case_id}/group/with")
async def chosen(request: Request, case_id: str, visit: Signed) -> Response:
    """From the rows chosen to the form of the command chosen; back to the table where they do not fit."""
    command = request.query_params.get("command", "")
    if command not in COMMANDS:
        raise Problem(404, "unknown_command")
    ids = [each for each in request.query_params.getlist("for") if each.isascii() and each.isdigit()]
    only = request.query_params.get("only", "")
    if request.query_params.get("everyone") == TRUE:
        case = await visit.backend.case(visit.session, case_id)
        listed = [r for r in items(case, "recipients") if r["status"] == only or (not only and r["status"] != "released")]
        ids = [str(r["party_id"]) for r in listed]
    if not ids or (command in ONE and len(ids) > 1):
        again = [("only", only), ("trouble", "one" if ids else "nobody"), *(("for", each) for each in ids)]
        return go(f"/cases/{case_id}/group?{urlencode(again)}")
    name = "party_id" if command in ONE else "for_recipients"
    return go(f"/cases/{case_id}/commands/{command}?{urlencode([('from', origin.GROUP), *((name, each) for each in ids)])}")

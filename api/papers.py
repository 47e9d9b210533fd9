"""The centre's papers: what can be issued now, a preview, the issued paper as PDF, and several as one print run.

A preview asks the very rules that issue. An issued paper is drawn from the ledger: the case and the directory as they stood when it was
issued. What was drawn first is kept, sealed under the applicant's key, so that a reprint is the same bytes under another Typst.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

import texts
from api import case_reading, documents, status_giving, views
from api.desk import READING, Desk, open_desk
from api.prints import Drawing
from api.problem import Problem, not_found, of_refusal
from api.recording import Access
from api.services import Services
from documents import printer
from documents.bind import print_run
from documents.content import CASE_FIELDS, Asked, Carried, content
from domain import access
from domain.case import CaseState, Issued
from domain.command import Facts, Happened, Refusal
from domain.stages.papers import DocumentIssued, IssueDocument, offered
from ledger.events import Recorded, load_history
from ledger.store import WORKER
from readmodels import cases

type Json = dict[str, Any]

MEDIA_TYPE = "application/pdf"
MAX_RUN = 50
"""Papers in one print run."""
_ISSUE = IssueDocument.name


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper's bytes, and what the page and the headers say of it."""

    pdf: bytes
    name: str
    template_version: int
    about: int | None
    void: bool = False
    missing: tuple[str, ...] = ()
    """Code points without a glyph; known of what was drawn just now."""


async def listed(desk: Desk, case_id: str) -> Json:
    """What the caller could issue now, and what was issued, the newest first. Raises `Problem` 404."""
    case = await case_reading.visible(desk, case_id)
    history = await load_history(desk.conn, case_id)
    happened = [r.happened for r in history]
    today = desk.now.astimezone(views.ZONE).date()
    return {
        "case_id": case_id,
        "version": case.version,
        "issuable": _issuable(desk, case, happened, today) if _may_issue(desk, case) else [],
        "issued": [
            views.plain(p) | {"readable": _may_read(desk, case, p, history), "title": _title(desk.lang, p.template)}
            for p in reversed(case.issued)
        ],
    }


def _issuable(desk: Desk, case: CaseState, history: Sequence[Happened], today: date) -> list[Json]:
    templates = desk.services.rules().templates
    rows = [template for code in templates.rows if (template := templates.on(code, today))]
    found: list[Json] = []
    for template in rows:
        versions = offered(template, case, history)
        shown = [v for v in versions if _shows(desk, case, next(h for h in history if h.at.version == v))]
        if shown:
            kinds = {h.at.version: h for h in history if h.at.version in shown}
            about = [{"version": v, "type": kinds[v].event.type, "effective_on": kinds[v].at.effective_on.isoformat()} for v in shown]
            title = _title(desk.lang, template.code)
            found.append(
                {"template": template.code, "title": title, "template_version": template.version, "about": about, "each": template.each}
            )
    return found


def _title(lang: texts.Lang, template: str) -> str:
    key = f"templates.{template}"
    return texts.text(lang, key) if texts.has(lang, key) else template


def _may_issue(desk: Desk, case: CaseState) -> bool:
    return access.actor(desk.principal, _ISSUE, access.scope_of(case), desk.directory) is not None


def _shows(desk: Desk, case: CaseState, happened: Happened) -> bool:
    return access.shows_event(desk.principal, desk.scope_of(case), desk.directory, happened.event, happened.at.actor)


def _may_read(desk: Desk, case: CaseState, paper: Issued, history: Sequence[Recorded]) -> bool:
    """Whoever sees that it was issued and the event it carries: a paper tells what these tell."""
    told = [r.happened for r in history if r.at.version in (paper.version, paper.about)]
    return all(_shows(desk, case, h) for h in told)


async def preview(desk: Desk, case_id: str, wanted: IssueDocument) -> Printed:
    """The paper as it would be issued now, marked as a draft, without a number. Raises `Problem`: what issuing it would be refused with."""
    case = await case_reading.visible(desk, case_id)
    await documents.key_of(desk, case)  # a paper to somebody who was erased would be a form without a name
    who = access.actor(desk.principal, _ISSUE, access.scope_of(case), desk.directory)
    if who is None:
        raise Problem(403, "role_not_allowed", command=_ISSUE)
    history = [r.happened for r in await load_history(desk.conn, case_id)]
    facts = Facts(
        now=desk.now,
        effective_on=desk.now.astimezone(views.ZONE).date(),
        actor=who,
        directory=desk.directory,
        rules=desk.services.rules(),
        command_id=str(uuid7()),
        history=history,
    )
    try:
        (issued,) = wanted.decide(case, facts)
    except Refusal as refusal:
        raise of_refusal(refusal) from refusal
    assert isinstance(issued, DocumentIssued)  # noqa: S101 -- the command's only event
    carried = next(h for h in history if h.at.version == issued.about)
    if not _shows(desk, case, carried):
        raise Problem(403, "forbidden", withheld=["data"])
    asked = await _asked(desk, case, issued, carried, facts.effective_on)
    data = content(asked)
    pdf = await asyncio.to_thread(printer.pdf, data)
    _shown(desk.access, case, issued.for_recipients)
    return Printed(pdf, issued.template, issued.template_version, issued.about, missing=tuple(data["missing"]))


async def _asked(desk: Desk, case: CaseState, issued: DocumentIssued, carried: Happened, on: date, **known: Any) -> Asked:
    """What the paper is made of, its personal values opened; who is shown the paper has it recorded (`_shown`)."""
    served = next((p for p in case.issued if p.version == issued.about), None)
    replaced = next((p.number for p in case.issued if p.document_id == issued.voids), None)
    told = await desk.open_unseen(
        case.case_id,
        {"case": case.model_dump(mode="json", exclude_none=True, include=set(CASE_FIELDS)), "event": views.plain(carried.event)},
    )
    about: Json = {
        "template": issued.template,
        "version": issued.template_version,
        "lang": issued.language,
        "case": told["case"],
        "carried": Carried(carried.event.type, carried.at.effective_on, told["event"]),
        "directory": desk.directory,
        "on": on,
        "for_recipients": issued.for_recipients,
        "replaces": replaced,
        "served": views.plain(served) if served else {},
        "status_page": status_giving.page_of(desk.services),
        "status_code": await status_giving.code_of(desk.services, desk.conn, case.case_id),
    }
    return Asked(**(about | known))


def _shown(reads: Access, case: CaseState, for_recipients: Sequence[int]) -> None:
    """Say that a paper is shown: it may name everybody of the case but the recipients it is not for."""
    beside = {r.party_id for r in case.present} - set(for_recipients) if for_recipients else set[int]()
    named = [str(party.subject_id) for party in case.parties if party.subject_id and party.party_id not in beside]
    reads.opened("paper", subjects=named, cases=[case.case_id], count=len(named), channel="print")


@dataclass(frozen=True, slots=True)
class _Found:
    """An issued paper: the bytes kept of it, or what it is to be drawn from."""

    case: CaseState
    paper: Issued
    key: bytes
    kept: bytes | None
    asked: Asked | None


async def _find(desk: Desk, case_id: str, document_id: UUID) -> _Found:
    case = await case_reading.visible(desk, case_id)
    paper = next((p for p in case.issued if p.document_id == document_id), None)
    if paper is None:
        raise not_found("document_not_found")
    history = await load_history(desk.conn, case_id, upto=paper.version)
    if not _may_read(desk, case, paper, history):
        raise Problem(403, "forbidden", withheld=["data"])
    key = await documents.key_of(desk, case)
    row = await cases.file_row(desk.conn, case_id, str(document_id))
    if row is not None:
        return _Found(case, paper, key, documents.opened(key, case_id, document_id, bytes(row["content"])), None)
    recorded = history[-1]
    carried = next((r.happened for r in history if r.at.version == paper.about), None)
    if carried is None or not isinstance(recorded.event, DocumentIssued) or not printer.known(paper.template, paper.template_version):
        raise Problem(409, "paper_has_no_form", template=paper.template)
    asked = await _asked(
        desk, cases.folded(case_id, history), recorded.event, carried, recorded.at.effective_on,
        number=paper.number, digest=recorded.digest.hex(), directory=await desk.services.directory.as_of(desk.conn, recorded.recorded_at),
    )  # fmt: skip
    return _Found(case, paper, key, None, asked)


def _start(services: Services, found: _Found) -> Drawing:
    """Begin to draw what is not kept yet, and to keep it."""
    asked = found.asked
    assert asked is not None  # noqa: S101 -- asked only of a paper that is not kept

    async def draw() -> bytes:
        pdf = await asyncio.to_thread(lambda: printer.pdf(content(asked)))
        case_id, document_id = found.case.case_id, found.paper.document_id
        async with services.database.transaction(WORKER) as conn:
            await documents.keep_first(conn, found.case, found.key, document_id, media_type=MEDIA_TYPE, content=pdf)
            row = await cases.file_row(conn, case_id, str(document_id))
        return documents.opened(found.key, case_id, document_id, bytes(row["content"])) if row else pdf

    return services.prints.start(found.paper.document_id, len(asked.for_recipients) or 1, draw)


async def printed(services: Services, token: str | None, lang: texts.Lang, case_id: str, document_id: UUID) -> Printed:
    """An issued paper, the same bytes however often it is asked for. No transaction is open while it is drawn.

    Raises `Problem`: 403 where it tells what the caller may not see, 404, 409 `paper_has_no_form`, 410 once its applicant was erased.
    """
    async with open_desk(services, token, lang, READING) as desk:
        found = await _find(desk, case_id, document_id)
        _shown(desk.access, found.case, found.paper.for_recipients)
    pdf = found.kept if found.kept is not None else await asyncio.shield(_start(services, found).task)
    paper = found.paper
    return Printed(pdf, paper.number, paper.template_version, paper.about, void=paper.voided_by is not None)


async def progress(services: Services, token: str | None, lang: texts.Lang, case_id: str, document_id: UUID) -> Json:
    """How far the paper is; whoever asks first sets it going. Raises what `printed` does."""
    async with open_desk(services, token, lang, READING) as desk:
        found = await _find(desk, case_id, document_id)
    if found.kept is not None:
        return {"state": "ready", "pages": len(found.paper.for_recipients) or 1, "seconds": 0}
    drawing = _start(services, found)
    return {"state": "drawing", "pages": drawing.pages, "seconds": drawing.seconds}


async def run(services: Services, token: str | None, lang: texts.Lang, case_id: str, ids: Sequence[UUID]) -> bytes:
    """The papers one after another as one PDF. Raises what `printed` does of any of them."""
    papers = [await printed(services, token, lang, case_id, document_id) for document_id in ids]
    return await asyncio.to_thread(print_run, [paper.pdf for paper in papers])

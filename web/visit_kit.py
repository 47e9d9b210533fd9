"""The home-visit kit (上门包): what a visit takes along, on paper or as one file that works without a network, and how it comes back.

The paper is this page's own print: a kit is a working sheet, nothing is issued by it, so it needs neither a template's version nor a
number. The file is opened from the disk of a phone; what is typed there comes back as a small file of answers, is shown as the commands it
becomes, and is sent as one bundle, all or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData, UploadFile

from api.recording import REASON_MOST
from domain.stages.any_stage import RecordHomeVisit
from web.backend import Json, Problem, items
from web.case_view import CLOCK_EVENTS, Entry, entry, now
from web.choices import Choices
from web.correction import told
from web.forms import Parsed, Tree, grown, parse, shown
from web.kit_file import MOST_BYTES, Answers, Unreadable, code_of, dressed, kit_fields, taken_in
from web.kit_plan import Plan, beside_in_words, planned
from web.kit_questions import Question
from web.kit_view import Kit, choices_of, drawn, kit_of, kit_page_of
from web.page import REPEATABLE, RESUME, PageRoute, Visit, go, guarded, problem_sentence, render, text_of, visitor
from web.wording import fault_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
KINDS = "/papers/kinds"

Signed = Annotated[Visit, Depends(visitor)]


@dataclass
class Sheet:
    """The review of a kit's answers as it is shown."""

    answers: Answers
    typed: Tree
    key: str
    version: int
    errors: dict[str, str] = field(default_factory=dict[str, str])
    trouble: str = ""
    take: frozenset[str] = frozenset()
    """Names of the questions for which the kit's answer takes the place of what a colleague has recorded since."""
    changed: Sequence[Entry] = ()
    resumed: bool = False

    command: str = "visit_kit"
    """What the macros of fields ask of a sheet."""

    def faulty_within(self, pointer: str) -> bool:
        return any(fault.startswith(f"{pointer}/") for fault in self.errors)


@router.get("/cases/{case_id}/visit-kit")
async def kit_page(case_id: str, visit: Signed) -> Response:
    return kit_page_of(visit, await kit_of(visit, case_id))


@router.post("/cases/{case_id}/visit-kit/file")
async def download(request: Request, case_id: str, visit: Signed) -> Response:
    """The offline file. It leaves the house: that is recorded as an export, for the reason given."""
    sent = await request.form()
    guarded(visit, {"csrf": text_of(sent, "csrf")})
    reason = text_of(sent, "reason").strip()
    if not reason or len(reason) > REASON_MOST:
        said = visit.t("erasure.reason_length", most=REASON_MOST)
        return kit_page_of(visit, await kit_of(visit, case_id), 422, reason=reason, reason_trouble=said)
    case = await visit.backend.case_to_take(visit.session, case_id, reason)
    kit = await kit_of(visit, case_id, case)
    if kit.visit is None:
        raise Problem(404, "not_found", path=request.url.path)
    page = _offline(visit, kit)
    page.headers["Content-Disposition"] = f"attachment; filename=\"visit-kit.html\"; filename*=UTF-8''{quote(_file_name(visit, kit))}"
    return page


@router.post("/cases/{case_id}/visit-kit/read")
async def read(request: Request, case_id: str, visit: Signed) -> Response:
    """A file of answers as the form of what it becomes. Nothing is recorded yet."""
    kit = await kit_of(visit, case_id)
    async with request.form() as sent:
        try:
            guarded(visit, {"csrf": text_of(sent, "csrf")})
            answers = taken_in(await _handed_in(sent))
            _of_this_case(kit, answers)
            _not_handed_in(kit, answers)
        except Unreadable as fault:
            return kit_page_of(
                visit, kit, 422, file_trouble=visit.t(f"kit.{fault.code}", **fault.values), elsewhere=fault.values.get("case_id")
            )
    places = set(_pointers(kit))
    parsed = parse(kit.fields, [pair for pair in answers.pairs if pair[0] in places])
    sheet = Sheet(answers, _filled_in(visit, kit, parsed), answers.key, kit.case["version"])
    sheet.errors = {e["pointer"]: fault_of(visit, e) for e in parsed.errors}
    sheet.changed = _since(visit, kit.events, answers.version)
    return _review(visit, kit, sheet)


@router.post("/cases/{case_id}/visit-kit")
async def send(request: Request, case_id: str, visit: Signed) -> Response:
    """The answers as looked over: one bundle, all or none; then the file itself is kept with the case."""
    kit = await kit_of(visit, case_id)
    async with request.form() as sent:
        pairs = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
        try:
            answers = taken_in(text_of(sent, "/file").encode())
            _of_this_case(kit, answers)
            _not_handed_in(kit, answers)
        except Unreadable as fault:
            guarded(visit, {"csrf": text_of(sent, "csrf")})
            return kit_page_of(visit, kit, 422, file_trouble=visit.t(f"kit.{fault.code}", **fault.values))
        parsed = parse(kit.fields, [pair for pair in pairs if pair[0] != "/file"])
        held = text_of(sent, "version")
        version = int(held) if held.isascii() and held.isdigit() else kit.case["version"]
        sheet = Sheet(answers, parsed.typed, text_of(sent, "key") or uuid4().hex, version)
        sheet.take = frozenset(value for name, value in pairs if name == "/take")
        if RESUME in request.query_params:
            sheet.resumed = True
            return _review(visit, kit, sheet)
        plan = planned(parsed.body, kit.record, kit.supply, kit.may, sheet.take, visit.t("kit.reason", code=answers.code))
        try:
            guarded(visit, {"csrf": text_of(sent, "csrf")})
            if add := text_of(sent, "add"):
                grown(sheet.typed, add)
                return _review(visit, kit, sheet)
            await _carry_out(visit, kit, sheet, parsed, plan)
        except Problem as problem:
            if problem.status == 401:
                raise
            return await _again(visit, kit, sheet, plan, problem)
    return go(f"/cases/{case_id}/visit-kit?done={answers.code}#photos")


async def _carry_out(visit: Visit, kit: Kit, sheet: Sheet, parsed: Parsed, plan: Plan) -> None:
    if parsed.errors:
        raise Problem(422, "unread", errors=parsed.errors)
    case_id, answers = str(kit.case["case_id"]), sheet.answers
    await visit.backend.bundle(visit.session, case_id, plan.commands, key=sheet.key, if_match=sheet.version, lang=visit.lang)
    # The bundle under its key is repeated harmlessly where this breaks off, and so is the file under its own.
    await visit.backend.attach(
        visit.session, case_id, title=visit.t("kit.file_title", code=answers.code), media_type="application/json",
        content=answers.raw.encode(), key=f"{answers.key}-file", lang=visit.lang,
    )  # fmt: skip


async def _again(visit: Visit, kit: Kit, sheet: Sheet, plan: Plan, problem: Problem) -> Response:
    sheet.errors = {plan.place(str(e.get("pointer") or "")): fault_of(visit, e) for e in problem.errors if e.get("pointer")}
    sheet.trouble = "" if problem.code == "unread" else problem.detail or problem_sentence(visit, problem)
    if command := plan.named(problem.members.get("index")):
        sheet.trouble = visit.t("sheet.refused_step", command=command, said=sheet.trouble)
    if problem.status not in REPEATABLE and problem.code not in ("unread", "csrf"):
        sheet.key = uuid4().hex
    if problem.code == "version_mismatch":
        sheet.changed = _since(visit, kit.events, sheet.version)
        sheet.version = kit.case["version"]
    return _review(visit, kit, sheet, problem.status)


def _of_this_case(kit: Kit, answers: Answers) -> None:
    if answers.case_id != kit.case["case_id"]:
        raise Unreadable("other_case", number=answers.number, ours=kit.number, case_id=answers.case_id)


def _not_handed_in(kit: Kit, answers: Answers) -> None:
    if answers.digest in {d.get("digest") for d in items(kit.case, "documents")}:
        raise Unreadable("handed_in", kit=answers.code)


async def _handed_in(sent: FormData) -> bytes:
    given = sent.get("file")
    if not isinstance(given, UploadFile) or not given.filename:
        raise Unreadable("no_file")
    return await given.read(MOST_BYTES + 1)


def _since(visit: Visit, events: Sequence[Json], version: int) -> list[Entry]:
    return [entry(visit, e) for e in events if e["version"] > version and not e["type"].startswith(CLOCK_EVENTS)]


def _filled_in(visit: Visit, kit: Kit, parsed: Parsed) -> Tree:
    """What the forms begin with: what was said beside the questions joins the report, and so do answers the visitor may not enter."""
    typed = parsed.typed
    lines = beside_in_words(visit, typed, [] if "correct_record" in kit.may else _answered(kit, typed))
    report: Any = typed.setdefault(RecordHomeVisit.name, {})
    report["summary"] = "\n".join(filter(None, [str(report.get("summary") or "").strip(), *lines]))
    return typed


def _answered(kit: Kit, typed: Tree) -> list[Question]:
    said: Mapping[str, Any] = typed.get("application") or {}
    return [q for q in kit.record.questions if said.get(q.name)]


def _offline(visit: Visit, kit: Kit) -> Response:
    style, script, policy = dressed()
    choices, kit_id = choices_of(visit, kit), uuid4().hex
    going = [*(kit.visit or {}).get("visitors", ()), str(visit.me["id"])]
    choices.add("people", [(code, visit.names.get(code, code)) for code in dict.fromkeys(going)])
    questions = kit.record.open
    fields = {f.name: f.fields for f in kit_fields(questions, papers=bool(kit.supply))}
    typed: Tree = {RecordHomeVisit.name: {}}
    page = render(
        visit, "kit_file.html", **drawn(visit, kit, choices, typed), style=style, script=script, policy=policy, fields=fields,
        questions=questions, code=code_of(kit_id), made_at=now(),
        held={"kit": kit_id, "case_id": kit.case["case_id"], "number": kit.number, "version": kit.case["version"]},
    )  # fmt: skip
    page.headers["Content-Security-Policy"] = f"{policy}; sandbox"  # shown by mistake it would be nobody's page; as a file it has its own
    return page


def _file_name(visit: Visit, kit: Kit) -> str:
    return visit.t("kit.file_name", number=kit.number) + ".html"


def _review(visit: Visit, kit: Kit, sheet: Sheet, status: int = 200) -> Response:
    answered = _answered(kit, sheet.typed)
    corrects = "correct_record" in kit.may
    choices = choices_of(visit, kit)
    return render(
        visit, "kit_review.html", status,
        **(drawn(visit, kit, choices, sheet.typed) | {"errors": sheet.errors, "open_at": sheet.faulty_within}),
        sheet=sheet, fields={f.name: f.fields for f in kit.fields}, kept=bool(sheet.trouble or sheet.errors or sheet.resumed),
        questions=[q for q in kit.record.questions if corrects and (q.open or q in answered)],
        overtaken=[q for q in answered if corrects and not q.open and _differs(q, sheet.typed)], corrects=corrects,
        again=any(sheet.answers.code in str(d.get("title")) for d in items(kit.case, "documents")),
        strange=_without_a_place(kit, sheet.answers),
        stands={q.name: _stands(visit, choices, q) for q in answered if not q.open},
    )  # fmt: skip


def _differs(q: Question, typed: Tree) -> bool:
    """Whether the answer is another than what has been recorded since."""
    return shown((q.asked,), {q.name: q.held})[q.name] != typed["application"][q.name]


def _without_a_place(kit: Kit, answers: Answers) -> list[tuple[str, str]]:
    """What a kit says that no field takes any more: a question of an older kit, a paper that is owed no longer."""
    places = set(_pointers(kit))
    return [(name, said) for name, said in answers.pairs if said and (name not in places or (name == KINDS and said not in kit.owed))]


def _pointers(kit: Kit) -> list[str]:
    """The names of everything a kit can say; rows of a list by the name of the list."""
    found: list[str] = []
    for group in kit.fields:
        for f in group.fields:
            found.append(f"/{group.name}/{f.name}")
            found += [f"/{group.name}/{f.name}/{row}" for row in range(50)] if f.kind == "lines" else []
    return found


def _stands(visit: Visit, choices: Choices, q: Question) -> str:
    names = dict(choices.of({}, q.field.source)) if q.field.source else {}
    return told(visit, q.field, q.held, names)

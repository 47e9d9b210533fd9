"""The forms of consultations and duty requests: drawn from the commands' models as all forms are, with their own addresses.

As everywhere a form carries its idempotency key and the version it was opened at, and nothing typed is lost.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

from fastapi import Request, Response

from domain.command import COMMANDS
from web.backend import Json, Problem
from web.case_view import CLOCK_EVENTS, entry
from web.choices import Choices
from web.command_page import EVERYWHERE, INTAKE, SECTIONS
from web.fields import Field, fields_of
from web.forms import Parsed, Tree, grown, parse, shown
from web.inquiries import Kind
from web.page import REPEATABLE, RESUME, Visit, guarded, problem_sentence, render, text_of
from web.wording import fault_of, hint_of, label_of, word_of

FIRST = {
    "register_consultation": ("question", "person", "opponents", "cause", "channel", "letter"),
    "receive_duty_request": ("person", "in_custody", "request"),
}
"""What the short form of an opening asks for at once; the rest is folded away."""
OF_A_PERSON = ("name", "phone", "id_number", "categories")
"""What it asks of the person; the rest of a person is folded away too."""


@dataclass
class Sheet:
    """A form as it is shown: which command, of which inquiry (none where it opens one), what is typed, what is wrong."""

    kind: Kind
    command: str
    action: str
    back: str
    typed: Tree
    key: str = field(default_factory=lambda: uuid4().hex)
    version: int | None = None
    inquiry: Json = field(default_factory=dict[str, Any])
    errors: dict[str, str] = field(default_factory=dict[str, str])
    trouble: str = ""
    changed: Sequence[Any] = ()
    resumed: bool = False
    case_id: str = ""
    """The case there is already, where that is why it was refused."""

    @property
    def keep(self) -> str:
        """Under which name the browser keeps what is typed."""
        return f"{self.inquiry.get(self.kind.id_name, 'new')}/{self.command}"

    @property
    def fields(self) -> Sequence[Field]:
        """Becoming an application asks what the intake asks."""
        return fields_of(COMMANDS[INTAKE if self.command == self.kind.convert else self.command])

    def faulty_within(self, pointer: str) -> bool:
        return any(fault.startswith(f"{pointer}/") for fault in self.errors)


def blank(kind: Kind, command: str, action: str, back: str, known: Json) -> Sheet:
    """The form at first, with what is known already."""
    sheet = Sheet(kind, command, action, back, {})
    sheet.typed = shown(sheet.fields, known)
    return sheet


type Carry = Callable[[Sheet, Json], Coroutine[Any, Any, Response]]
"""Sends the body, and goes where the answer leads."""
type Show = Callable[[Sheet, int], Coroutine[Any, Any, Response]]


async def sent(request: Request, visit: Visit, sheet: Sheet, carry: Carry, show: Show) -> Response:
    """What becomes of a form that was sent: the next page, or the form again with its faults."""
    form = await request.form()
    pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    parsed = parse(sheet.fields, pairs)
    sheet.typed, sheet.key = parsed.typed, text_of(form, "key") or sheet.key
    version = text_of(form, "version")
    sheet.version = int(version) if version.isdecimal() else None
    if RESUME in request.query_params:
        sheet.resumed = True
        return await show(sheet, 200)
    try:
        guarded(visit, {"csrf": text_of(form, "csrf")})
        if add := text_of(form, "add"):
            grown(sheet.typed, add)
            return await show(sheet, 200)
        return await carry(sheet, _body(parsed))
    except Problem as problem:
        if problem.status == 401:
            raise
        blame(visit, sheet, problem)
        return await show(sheet, problem.status)


def _body(parsed: Parsed) -> Json:
    if parsed.errors:
        raise Problem(422, "unread", errors=parsed.errors)
    return parsed.body


def blame(visit: Visit, sheet: Sheet, problem: Problem) -> None:
    """Write on the sheet what was wrong, and what a colleague did in between."""
    sheet.errors = {e["pointer"]: fault_of(visit, e) for e in problem.errors if e.get("pointer")}
    sheet.trouble = "" if problem.code == "unread" else problem.detail or problem_sentence(visit, problem)
    sheet.case_id = str(problem.members.get("case_id") or "")
    if problem.status not in REPEATABLE and problem.code not in ("unread", "csrf"):
        sheet.key = uuid4().hex
    if problem.code == "version_mismatch":
        since = [e for e in sheet.inquiry["events"] if e["version"] > (sheet.version or 0)]
        sheet.changed = [entry(visit, e) for e in since if not e["type"].startswith(CLOCK_EVENTS)]
        sheet.version = sheet.inquiry["version"]


def page(visit: Visit, template: str, sheet: Sheet, status: int = 200, **more: Any) -> Response:
    """A page with the form in it."""
    choices = Choices(visit, visit.request.app.state.policy, {}, events=(), tariffs=())
    first = FIRST.get(sheet.command)
    top = [f for f in sheet.fields if (f.name in first if first else f.name not in EVERYWHERE)]
    if first:
        top.sort(key=lambda f: first.index(f.name))
    folded = [f for f in sheet.fields if f not in top]
    person = next((f for f in top if f.name == "person"), None)
    return render(
        visit, template, status, sheet=sheet, sections=_sections(sheet, top), rest=folded, short=bool(first),
        of_person=[f for f in person.fields if f.name in OF_A_PERSON] if person else [],
        more_of_person=[f for f in person.fields if f.name not in OF_A_PERSON] if person else [],
        choices=partial(choices.of, sheet.typed), errors=sheet.errors, kept=sheet.resumed or bool(sheet.trouble or sheet.errors),
        open_at=sheet.faulty_within, only_choice=False, open_rest=any(f"/{f.name}" in sheet.errors for f in folded),
        field_label=partial(label_of, visit), hint=partial(hint_of, visit), word_of=partial(word_of, visit), **more,
    )  # fmt: skip


def _sections(sheet: Sheet, fields: Sequence[Field]) -> list[tuple[str, list[Field]]]:
    """An application in the order of a visit, its people and matter first; other forms are one section."""
    if sheet.command != sheet.kind.convert:
        return [("", list(fields))]
    by_name = {f.name: f for f in fields}
    placed = [(key, [by_name.pop(name) for name in names if name in by_name]) for key, names in SECTIONS.items()]
    placed[-1][1].extend(by_name.values())
    return [*placed[1:], placed[0]]

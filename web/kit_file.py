"""The home-visit kit as a file: what it asks, and the small JSON file that comes back with the answers.

The answers are the pairs of a sent form, under the names that the kit's own fields have, so that they are read by the same rules as
everything that is typed (`web.forms`), and none of them is typed twice.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from domain.stages.any_stage import RecordHomeVisit
from web.backend import Json, items, part
from web.fields import Field, fields_of
from web.kit_questions import Question

FORMAT, SCHEMA = "yuanshou-visit-kit", 1
"""What a file of answers calls itself, and the number of its shape."""
MOST_BYTES = 256 * 1024
"""Of a file of answers; a visit types some thousand characters."""
VISIT = RecordHomeVisit.name
_EVERYWHERE = frozenset({"effective_on", "on_behalf_of", "note"})
_FOLDER = Path(__file__).parent / "templates"
PAPERS = "kit_papers"
"""The source of the papers a visit may bring along."""
PHOTOS = ("identity", "household", "pages", "signed")
"""What is to be photographed; the papers owed come on top."""


class Unreadable(Exception):  # noqa: N818 -- an answer to whoever hands the file in
    """A file that cannot be taken. `code` names the sentence that says why; `values` are spoken of in it."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.code, self.values = code, values


@dataclass(frozen=True, slots=True)
class Answers:
    """A kit's file as it was handed in: which kit, of which case at which version, and the pairs of its form."""

    kit: str
    case_id: str
    number: str
    version: int
    pairs: tuple[tuple[str, str], ...]
    raw: str

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the file as it is kept with the case."""
        return hashlib.sha256(self.raw.encode()).hexdigest()

    @property
    def key(self) -> str:
        """Under which this very file is recorded: sent again it is the same, with another word in it it is another."""
        return f"kit-{self.digest}"

    @property
    def code(self) -> str:
        return code_of(self.kit)


def code_of(kit: str) -> str:
    """What people call a kit by: the first eight characters of its id."""
    return kit[:8].upper()


def visit_fields() -> tuple[Field, ...]:
    """The report of the visit; what every command takes is left to the command's own form."""
    return tuple(f for f in fields_of(RecordHomeVisit) if f.name not in _EVERYWHERE)


def owed_papers(case: Json) -> tuple[str, tuple[str, ...]]:
    """By which command the case's missing papers are handed in, and their kinds; nothing where none are owed."""
    owed = items(part(case, "accept_first"), "papers_owed")
    if owed:
        return "supply_owed_papers", tuple(str(p["kind"]) for p in owed)
    held = {p["kind"] for p in items(case, "papers")}
    asked = [str(p["kind"]) for p in items(part(case, "supplement"), "papers") if p["kind"] not in held]
    return ("supply_papers", tuple(asked)) if asked and case["state"] == "awaiting_papers" else ("", ())


def kit_fields(questions: Iterable[Question], *, papers: bool) -> tuple[Field, ...]:
    """Everything a kit asks, as one tree: the visit, the papers, the open questions, and what is only said beside them."""
    own = "visit_kit"
    kinds = (Field("kinds", "papers", "choices", own, source=PAPERS),) if papers else ()
    beside = (
        Field("read_aloud", "read_aloud", "tick", own),
        Field("witnesses", "witnesses", "lines", own, longest=200),
        Field("remarks", "remarks", "long", own, longest=2000),
    )
    return (
        Field(VISIT, "", "group", VISIT, required=True, fields=visit_fields()),
        Field("papers", "", "group", own, fields=kinds),
        Field("application", "", "group", own, fields=tuple(q.asked for q in questions)),
        Field("beside", "", "group", own, fields=beside),
    )


def taken_in(raw: bytes) -> Answers:
    """A file of answers. Raises `Unreadable`: `broken`, `no_kit`, `other_form`, `too_large`."""
    if len(raw) > MOST_BYTES:
        raise Unreadable("too_large", size=len(raw), most=MOST_BYTES)
    try:
        text = raw.decode("utf-8-sig")
        found: Any = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise Unreadable("broken") from fault
    held = cast("Json", found) if isinstance(found, dict) else {}
    if held.get("format") != FORMAT:
        raise Unreadable("no_kit")
    if held.get("schema") != SCHEMA:
        raise Unreadable("other_form", schema=str(held.get("schema")), ours=SCHEMA)
    try:
        pairs = tuple((_text(name), _text(value)) for name, value in held["answers"])
        kit, case_id, number = (_text(held[name]) for name in ("kit", "case_id", "number"))
        version = held["version"]
    except (KeyError, TypeError, ValueError) as fault:
        raise Unreadable("broken") from fault
    if not isinstance(version, int) or version < 1 or not (kit.isalnum() and 16 <= len(kit) <= 64):
        raise Unreadable("broken")
    # As one line: a form that carries it changes no line ends.
    return Answers(kit, case_id, number, version, pairs, json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError(value)
    value.encode()  # a lone surrogate is no text that anybody typed
    return value


@cache
def dressed() -> tuple[str, str, str]:
    """The style and the script of the offline file, and the policy that lets nothing but these two run and nothing leave the file."""
    style, script = ((_FOLDER / f"kit_file.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; img-src data:; "
        "form-action 'none'; base-uri 'none'"
    )
    return style, script, policy


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

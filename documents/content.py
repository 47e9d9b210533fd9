"""What a paper says: the case as the paper found it, the event it carries and the directory's names, turned into plain data for Typst.

Pure. Case and event come as JSON whose personal values have been opened for display; what was erased reads so.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import texts
from documents.typefaces import uncovered
from domain.directory import Directory

type Json = dict[str, Any]

CASE_FIELDS = frozenset({
    "centre", "owner", "case_number", "register_number", "opened_on", "parties", "recipients", "opponents", "matter", "forms_of_aid",
    "stages_granted", "assignment", "engagement", "representation", "notice",
})  # fmt: skip
"""What a paper may look at of the case's state: nothing else is opened for it."""
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")
"""Controls, marks of direction and variation selectors: they have no shape of their own."""
_LONG_WORD = re.compile(r"[!-~\u00a1-\u02ff]{25,}")
"""Letters in a row that a line of a narrow column could not break."""
_BREAK_EVERY = 12
_EXACT = frozenset({"template", "digest", "number", "status_page", "status_code"})
"""What is compared, never only read."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The event a paper carries: its type, legal day and data."""

    type: str
    effective_on: date
    data: Json


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything a paper is made of.

    `case` is the fold's state (`CaseState` as JSON, its `CASE_FIELDS`).
    `number` and `digest` (hex, of the document_issued event) are absent in a preview.
    """

    template: str
    version: int
    lang: texts.Lang
    case: Json
    carried: Carried
    directory: Directory
    on: date
    number: str | None = None
    digest: str | None = None
    for_recipients: Sequence[int] = ()
    replaces: str | None = None
    """The number of the paper whose place it takes."""
    status_page: str | None = None
    status_code: str | None = None
    """Address of the public page of a case's progress, and the code it asks for; templates before they were printed do not look at them."""
    served: Json = field(default_factory=dict[str, Any])
    """Of a proof of service: the issued paper it is drawn for (`Issued` as JSON)."""


def content(asked: Asked) -> Json:
    """The data of a paper, as its template reads it: texts, days as ISO 8601, lists; no place in it is null but where nothing is known."""
    case, lang = asked.case, asked.lang
    wording = _Wording(lang, asked.directory)
    parties = cast("list[Json]", case.get("parties") or [])
    recipients = [int(r["party_id"]) for r in cast("list[Json]", case.get("recipients") or [])]
    meant = list(asked.for_recipients) or recipients or [0]
    centre = asked.directory.office(str(case.get("centre")))
    bureau = asked.directory.office(centre.bureau) if centre else None
    assignment = cast("Json", case.get("assignment") or {})
    unit = asked.directory.unit(assignment.get("unit"))
    said = {
        "template": asked.template,
        "version": asked.version,
        "language": lang,
        "number": asked.number,
        "digest": asked.digest,
        "replaces": asked.replaces,
        "on": asked.on.isoformat(),
        "centre": wording.office(case.get("centre")),
        "bureau": wording.office(bureau.code if bureau else None),
        "phone": centre.phone if centre else None,
        "owner": wording.person(case.get("owner")),
        "case_number": case.get("case_number") or case.get("register_number"),
        "register_number": case.get("register_number"),
        "opened_on": case.get("opened_on"),
        "people": [_party(parties[i]) for i in meant if i < len(parties)],
        "opponents": [_said(parties[i].get("name")) for i in cast("list[int]", case.get("opponents") or []) if i < len(parties)],
        "matter": wording.matter(cast("Json", case.get("matter") or {})),
        "forms": wording.words("forms", case.get("forms_of_aid")),
        "stages": wording.words("stage", case.get("stages_granted")),
        "unit": unit.name if unit else None,
        "lawyers": [wording.lawyer(h["lawyer"]) for h in cast("list[Json]", assignment.get("lawyers") or [])],
        "authority": cast("Json", case.get("engagement") or {}).get("authority"),
        "organ": _organ(case),
        "status_page": asked.status_page,
        "status_code": asked.status_code,
        "event": {"type": asked.carried.type, "on": asked.carried.effective_on.isoformat(), **wording.event(asked.carried.data)},
        "served": {**asked.served, "title": wording.title(asked.served["template"])} if asked.served else None,
    }
    return printable(said)


def _party(party: Json) -> Json:
    fields = ("name", "id_number", "phone", "address", "birth_date")
    return {name: _said(party.get(name)) for name in fields} | {"claim_fen": party.get("claim_fen")}


def _said(value: Any) -> str | None:
    """A personal value as text; one whose key was destroyed reads as erased."""
    if isinstance(value, Mapping):
        return "〔—〕"
    return None if value is None else str(value)


def _organ(case: Json) -> str | None:
    """Where the matter is pending: as the case's last step says, else the organ that gave notice of it."""
    noticed: str | None = cast("Json", case.get("notice") or {}).get("organ")
    steps = cast("list[Json]", cast("Json", case.get("representation") or {}).get("procedures") or [])
    return next((str(s["body"]) for s in reversed(steps)), noticed)


@dataclass(frozen=True, slots=True)
class _Wording:
    """How codes read in the paper's language."""

    lang: texts.Lang
    directory: Directory

    def office(self, code: str | None) -> str | None:
        found = self.directory.office(code)
        return None if found is None else found.name if self.lang == "zh-CN" else found.name_en

    def person(self, code: str | None) -> str | None:
        found = self.directory.person(code)
        return found.name if found else None

    def lawyer(self, code: str) -> str:
        found = self.directory.lawyer(code)
        return found.name if found else code

    def title(self, template: str) -> str:
        return texts.text(self.lang, f"templates.{template}") if texts.has(self.lang, f"templates.{template}") else template

    def word(self, name: str, code: str) -> str:
        keys = (f"values.{name}.{code}", f"values.{code}", f"papers.{code}")
        known = next((key for key in keys if texts.has(self.lang, key)), None)
        return texts.text(self.lang, known) if known else code

    def words(self, name: str, codes: Iterable[str] | None) -> list[str]:
        return [self.word(name, code) for code in codes or ()]

    def matter(self, matter: Json) -> Json:
        coded = {name: self.word(name, matter[name]) for name in ("kind", "cause", "forum", "stage") if matter.get(name)}
        return {"kind_code": matter.get("kind"), "claim_fen": matter.get("claim_fen"), "summary": _said(matter.get("summary")), **coded}

    def event(self, data: Json) -> Json:
        """The data of the carried event: papers as lines, codes as words, free text as it is."""
        said: Json = {}
        for name, value in data.items():
            if name in _PAPERS:
                said[name] = [self.paper(paper) for paper in cast("list[Json]", value)]
            elif name in _CODES:
                said[name] = self.words(name, cast("list[str]", value)) if isinstance(value, list) else self.word(name, str(value))
                said[f"{name}_code"] = value
            elif isinstance(value, bool):
                said[name] = value
            elif name in _TEXTS:
                said[name] = [_said(v) for v in cast("list[Any]", value)] if isinstance(value, list) else _said(value)
        return said

    def paper(self, paper: Json) -> Json:
        named = paper.get("title") or self.word("kind", str(paper["kind"]))
        return {"name": str(named), "copies": paper.get("copies") or 1, "original": paper.get("original")}


_PAPERS = frozenset({"papers", "papers_owed", "handover"})
_CODES = frozenset({"forms", "stages", "grounds", "ground", "basis", "result"})
_TEXTS = frozenset({"reasons", "reason", "explanations", "by", "due_on", "detail", "received_by_unit_on", "number"})


def printable(said: Json) -> Json:
    """The same data with what has no glyph written as its code point, and `missing`: the code points so written.

    An empty box would hide that a name is not what was typed; `〔U+31350〕` shows where a hand must write it.
    """
    missing: dict[str, None] = {}

    def walk(value: Any, name: str = "") -> Any:
        if isinstance(value, str):
            if name in _EXACT:
                return value
            text = _UNSEEN.sub("", value)
            for character in uncovered(text):
                code = f"U+{ord(character):04X}"
                missing[code] = None
                text = text.replace(character, f"〔{code}〕")
            return _LONG_WORD.sub(_broken, text)
        if isinstance(value, Mapping):
            return {inner: walk(held, inner) for inner, held in cast("Mapping[str, Any]", value).items()}
        return [walk(inner) for inner in cast("list[Any]", value)] if isinstance(value, list) else value

    done: Json = walk(said)
    return {**done, "missing": list(missing)}


def _broken(word: re.Match[str]) -> str:
    """A long word with places where a line may end (zero-width spaces)."""
    text = word.group()
    return "\u200b".join(text[i : i + _BREAK_EVERY] for i in range(0, len(text), _BREAK_EVERY))

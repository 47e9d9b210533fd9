"""The pages of a court bundle that people read: how to verify, the history, the factors of 电子签名法 art. 8; and the history as PDF.

Pure: what was recorded comes in opened for display, what was erased reads so. Pages need nothing beside themselves: no script, no picture,
no network. The same data gives the same bytes.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import jinja2

import texts
from documents import printer
from documents.content import printable
from domain.directory import Directory
from texts.speak import say_date, say_moment

type Json = dict[str, Any]
type Both = tuple[str, str]
"""In zh-CN and in English."""

TEMPLATE, VERSION = "court_history", 1
FILES = {
    "manifest.json": "manifest",
    "history.html, history.pdf": "history",
    "art8.html": "art8",
    "events.jsonl": "events",
    "proofs.json": "proofs",
    "checkpoint.note": "checkpoint",
    "keys.vkeys": "keys",
    "anchors/": "anchors",
    "timestamps/": "timestamps",
    "verify.py": "verifier",
    "files/": "evidence",
}
FACTORS = {
    1: ("written", "append", "dense", "clock", "carried"),
    2: ("digest", "tree", "signed", "anchored", "files", "personal"),
    3: ("named", "sign_in", "two", "not_signature"),
    4: ("format", "rules", "corrections", "limits"),
}
"""Of each factor of the article, what this system does about it."""
LIMITS = ("later", "truth", "names", "keys")
_LABELS = ("version", "recorded", "legal_day", "what", "by", "position", "digest", "fields")


@dataclass(frozen=True, slots=True)
class Sealed:
    """The checkpoint that the bundle is proven by, and how many anchors it brings."""

    origin: str
    size: int
    root: str
    time: datetime
    anchors: int


@dataclass(frozen=True, slots=True)
class Told:
    """Everything the pages say. `events` are those of the contract (`api.views.event_view`) with their values opened."""

    case: Json
    events: Sequence[Json]
    directory: Directory
    sealed: Sealed
    documents: Sequence[Json]
    """`{title, name | None, state, sha256}` of each evidence file."""


def pages(told: Told) -> dict[str, bytes]:
    """The HTML pages by name."""
    said = _said(told)
    values = {"told": said, "t": texts.text, "files": FILES.items(), "factors": FACTORS, "limits": LIMITS, "css": _css()}
    return {name: _environment().get_template(name).render(values).encode() for name in ("README.html", "history.html", "art8.html")}


def pdf(told: Told) -> bytes:
    """The history as PDF, dated as its checkpoint is. Raises what `documents.printer.pdf` does."""
    said = {name: value for name, value in _said(told).items() if name != "documents"}
    rows = [{name: value for name, value in row.items() if name != "data"} for row in cast("list[Json]", said["rows"])]
    return printer.pdf({**printable({**said, "rows": rows}), "stream": said["stream"]})


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "court_pages"),
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
    )  # fmt: skip


@cache
def _css() -> str:
    return (Path(__file__).parent / "court_pages" / "page.css").read_text(encoding="utf-8")


def _both(key: str, /, **values: Any) -> Both:
    return texts.text("zh-CN", key, **values), texts.text("en", key, **values)


def _said(told: Told) -> Json:
    case, sealed = told.case, told.sealed
    office = told.directory.office(case.get("centre"))
    centre: Both = (office.name, office.name_en) if office else ("", "")
    first, last = told.events[0], told.events[-1]
    number = str(case.get("case_number") or case.get("register_number") or case["case_id"])
    numbers = " · ".join(str(case[name]) for name in ("case_number", "register_number") if case.get(name))
    checkpoint = (
        texts.text("zh-CN", "court.checkpoint_is", origin=sealed.origin, size=sealed.size, time=say_moment("zh-CN", sealed.time)),
        texts.text("en", "court.checkpoint_is", origin=sealed.origin, size=sealed.size, time=say_moment("en", sealed.time)),
    )
    head = {
        "case": (str(case["case_id"]), str(case["case_id"])),
        "numbers": (numbers or number, numbers or number),
        "people": _people(case),
        "records": _both("court.records_are", versions=len(told.events), first=first["recorded_at"], last=last["recorded_at"]),
        "checkpoint": checkpoint,
        "root": (sealed.root, sealed.root),
    }
    return {
        "template": TEMPLATE,
        "version": VERSION,
        "on": sealed.time.date().isoformat(),
        "title": _both("court.history_title"),
        "centre": centre,
        "archive": f"{case['case_id']}.zip",
        "stream": f"case/{case['case_id']}",
        "footer": (texts.catalogue("zh-CN")["court.footer"], texts.catalogue("en")["court.footer"]),
        "labels": {name: _both(f"court.{name}") for name in _LABELS},
        "head": [{"label": _both(f"court.{name}"), "words": words} for name, words in head.items()],
        "rows": [_row(event, told.directory) for event in told.events],
        "documents": [d | {"title": _opened("zh-CN", d["title"])} for d in told.documents],
        "versions": len(told.events),
        "size": sealed.size,
        "anchors": sealed.anchors,
        "files": sum(d["name"] is not None for d in told.documents),
    }


def _people(case: Json) -> Both:
    """Everybody of the case by name, the applicant first."""
    parties = [
        case.get("applicant"),
        *cast("list[Json]", case.get("co_applicants") or []),
        *cast("list[Json]", case.get("opponents") or []),
    ]
    zh, en = (
        texts.text(lang, "words.comma").join(str(_opened(lang, p.get("name"))) for p in parties if p and p.get("name"))
        for lang in texts.LANGUAGES
    )
    return zh, en


def _row(event: Json, directory: Directory) -> Json:
    zh, en = (_sentence(lang, event, directory) for lang in texts.LANGUAGES)
    by_zh, by_en = (_by(lang, event, directory) for lang in texts.LANGUAGES)
    return {
        "version": event["version"],
        "position": event["position"],
        "recorded": say_moment("zh-CN", event["recorded_at"]),
        "legal_day": say_date("zh-CN", event["effective_on"]),
        "says": (zh, en),
        "by": (by_zh, by_en),
        "digest": event["digest"],
        "data": json.dumps(_opened("zh-CN", event["data"]), ensure_ascii=False, sort_keys=True, indent=1),
    }


def _sentence(lang: texts.Lang, event: Json, directory: Directory) -> str:
    """What happened, behind its name: a sentence may leave its values out, the name never does."""
    said: Json = _opened(lang, event["data"])
    sentence = texts.text(lang, f"events.{event['type']}", **{**said, "names": _names(lang, directory, said)})
    return f"【{texts.text(lang, 'event_names.' + event['type'])}】{sentence}" if lang == "zh-CN" else sentence


def _by(lang: texts.Lang, event: Json, directory: Directory) -> str:
    actor = event["actor"]
    if actor["role"] == "system":
        return texts.text(lang, "court.system")

    def called(code: Any) -> str:
        return _name(lang, directory, str(code)) or str(code)

    parts = [called(actor["id"]), texts.text(lang, "roles." + actor["role"]), called(event["office"])]
    if event.get("on_behalf_of"):
        parts.append(texts.text(lang, "pages.on_behalf_of", name=called(event["on_behalf_of"])))
    return " · ".join(parts)


def _opened(lang: texts.Lang, data: Any) -> Any:
    """The data with words where a value was erased."""
    if isinstance(data, list):
        return [_opened(lang, item) for item in cast("list[Any]", data)]
    if not isinstance(data, dict):
        return data
    fields = cast("Json", data)
    if fields.get("erased") is True:
        return texts.text(lang, "court.erased")
    return {name: _opened(lang, value) for name, value in fields.items()}


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, list | dict):
        held = cast("list[Any]", data) if isinstance(data, list) else list(cast("Json", data).values())
        for item in held:
            yield from _texts(item)


def _names(lang: texts.Lang, directory: Directory, data: Any) -> dict[str, str]:
    """Names of the directory's codes that stand in the data; not of all there are: a city has thousands."""
    found = {code: _name(lang, directory, code) for code in _texts(data)}
    return {code: name for code, name in found.items() if name is not None}


def _name(lang: texts.Lang, directory: Directory, code: str) -> str | None:
    office = directory.office(code)
    if office is not None:
        return office.name if lang == "zh-CN" else office.name_en
    known = directory.person(code) or directory.lawyer(code) or directory.unit(code)
    return known.name if known else None

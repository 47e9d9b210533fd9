"""What a verification found, in the reader's language: the class as a sentence, and what exactly, with where it stands."""

import re
from typing import Any

import texts
from web.backend import Json, part
from web.page import Visit

_PLACES = (
    (re.compile(r"checkpoint (?P<n>\d+)"), "place_checkpoint"),
    (re.compile(r"anchor (?P<name>\S+)"), "place_anchor"),
    (re.compile(r"the signer's memory"), "place_memory"),
)
"""What a verification calls the places of notes (`ledger/verify/claims.py`)."""


def told(visit: Visit, finding: Json) -> Json:
    """The finding with `said`, its class in words, `exactly`, and `case`, where its place names one."""
    return finding | {"said": _class(visit, finding), "exactly": exactly(visit, finding), "case": _case_of(finding)}


def exactly(visit: Visit, finding: Json) -> str:
    """What does not hold. What an older program kept has no other words than its own."""
    said = part(finding, "said")
    key = f"findings.{said.get('key')}"
    if not texts.has(visit.lang, key):
        return str(finding.get("detail") or "")
    values = {name: _place(visit, value) if name in ("place", "other") else value for name, value in part(said, "values").items()}
    return visit.t(key, **values)


def _place(visit: Visit, place: Any) -> Any:
    for pattern, name in _PLACES:
        if found := pattern.fullmatch(str(place)):
            return visit.t(f"findings.{name}", **found.groupdict())
    return place


def _class(visit: Visit, finding: Json) -> str:
    known = f"audit.class_{finding['class']}"
    return visit.t(known) if texts.has(visit.lang, known) else exactly(visit, finding)


def _case_of(finding: Json) -> str:
    found = re.match(r"case/([0-9a-f-]{36})\b", str(finding.get("place") or ""))
    return found[1] if found else ""

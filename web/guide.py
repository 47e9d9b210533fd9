"""A tour that a house is given together with its people and cases: who does what next, told from where the case at hand really stands.

Nothing in the product knows which house has one. Whoever loads a worked example puts `tour.json` into the home; without that file no
page says a word of it. How far a browser has come is kept in its cookie and found anew on the case's own page, from the case's events:
a step is behind once what it leaves in the history is there, whoever did it and from whichever window.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from web.backend import Problem

if TYPE_CHECKING:
    from fastapi import Request

    from texts import Lang
    from web.page import Visit

COOKIE = "yuanshou_tour"
FILE = "tour.json"
OPENED = "submit_application"
"""What the page of a case says was done when the case has just been opened."""
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_MARKS = re.compile(rf"([01])\.(\d{{1,3}})\.(-|{_ID})\.(-|{_ID})")
_CASE = re.compile(rf"/cases/({_ID})")
_CONSULTATION = re.compile(rf"/consultations/({_ID})")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
"""How this very machine is called."""

type Both = Mapping[str, str]
"""The same in each language of the pages."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fill(_Data):
    """A field of a form and what to type: a code of the contract, shown by its word, or words of its own in each language."""

    field: str
    """Dotted name within the command, as its label is found by."""
    code: str = ""
    words: Both = {}


class Step(_Data):
    """One thing to be done, by one person on one page."""

    id: str
    who: str
    """The name they sign in with."""
    at: str
    """Address of the page; `{consultation}` and `{case}` stand for those of the tour."""
    page: str = ""
    """Key of the page's name in the menu; empty for the page of the case or consultation at hand."""
    command: str = ""
    """The button to press there; empty where the form stands on the page itself, or where there is only something to be seen."""
    form: str = ""
    """The command whose fields are filled in, where that is not `command`."""
    send: str = ""
    """Key of the word on the button that sends."""
    fill: tuple[Fill, ...] = ()
    leaves: str
    """What tells that it was done: an event's type, `consultation` or `case` where one was opened, `seen` where it was looked at."""


class Guest(_Data):
    """Somebody who may sign in to look around."""

    username: str
    name: str
    role: str
    office: Both
    password: str


class Guide(_Data):
    steps: tuple[Step, ...]
    guests: tuple[Guest, ...]

    def guest(self, username: str) -> Guest | None:
        return next((guest for guest in self.guests if guest.username == username), None)


class Guidebook:
    """The guide of a home, read again whenever its file was replaced."""

    def __init__(self, file: Path, *, tells_passwords: bool) -> None:
        """`tells_passwords`: the process listens to this machine alone, so the door may show what stands in its files."""
        self._file, self._tells = file, tells_passwords
        self._held: tuple[int, Guide] | None = None

    def read(self) -> Guide | None:
        """The guide; none where the home has none (yet)."""
        try:
            at = self._file.stat().st_mtime_ns
            if self._held is None or self._held[0] != at:
                self._held = at, Guide.model_validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return None
        return self._held[1]

    def tells(self, request: Request) -> bool:
        """Whether this browser may be shown passwords: it speaks to this very machine, under this machine's own name."""
        return self._tells and (request.url.hostname or "") in LOOPBACK


@dataclass(frozen=True, slots=True)
class Marks:
    """How far a browser has come: the number of steps behind it, and which consultation and case are the tour's."""

    open: bool = False
    step: int = 0
    consultation: str = ""
    case: str = ""

    @classmethod
    def of(cls, cookie: str) -> Marks | None:
        """None for a browser that has no tour, and for a cookie that is none of ours."""
        found = _MARKS.fullmatch(cookie)
        if not found:
            return None
        shown, step, consultation, case = found.groups()
        return cls(shown == "1", int(step), consultation.strip("-"), case.strip("-"))

    def __str__(self) -> str:
        return f"{int(self.open)}.{self.step}.{self.consultation or '-'}.{self.case or '-'}"


@dataclass(frozen=True, slots=True)
class Tour:
    """What the banner of one page says."""

    guide: Guide
    marks: Marks | None
    tells_passwords: bool
    path: str
    username: str = ""
    """Who is signed in; at the door the name that was filled in."""
    signed_in: bool = False
    seen: Step | None = None
    """The step that this page itself has just completed by being looked at."""

    @property
    def step(self) -> Step | None:
        """What is to be done next; none at the end."""
        return self.guide.steps[self.marks.step] if self.marks and self.marks.step < len(self.guide.steps) else None

    @property
    def who(self) -> Guest | None:
        return self.guide.guest(self.step.who) if self.step else None

    @property
    def address(self) -> str:
        """The page of the step at hand."""
        marks = self.marks or Marks()
        return self.step.at.format(consultation=marks.consultation, case=marks.case) if self.step else "/"

    @property
    def form(self) -> str:
        """The page of the step's form."""
        return f"{self.address}/commands/{self.step.command}" if self.step and self.step.command else self.address

    @property
    def entrance(self) -> str:
        """The door with the step's person filled in; behind it the step's page."""
        return f"/sign-in?as={self.step.who}&next={quote(self.address, safe='')}" if self.step else "/sign-in"

    @property
    def stands(self) -> Literal["away", "door", "inside", "page", "form"]:
        """Where the visitor stands: as somebody else, at the door by the right name, inside by it, on the step's page, at its form."""
        if self.step is None or self.username != self.step.who:
            return "away"
        if not self.signed_in:
            return "door"
        if self.path == self.form:
            return "form"
        return "page" if self.path == self.address.partition("?")[0] else "inside"

    @property
    def takes(self) -> str:
        """The case of this page, with which a browser that has no tour may take one up."""
        found = _CASE.fullmatch(self.path)
        return found[1] if found and self.signed_in and self.marks is None else ""

    def typed(self, fill: Fill, lang: Lang) -> str:
        """What to type, where that is no code."""
        return fill.words.get(lang, "")


def at_the_door(visit: Visit) -> Tour | None:
    """The banner for who is not signed in: what the cookie remembers."""
    book: Guidebook | None = visit.request.app.state.guidebook
    guide = book.read() if book else None
    if book is None or guide is None:
        return None
    marks = Marks.of(visit.request.cookies.get(COOKIE, ""))
    return Tour(guide, marks, book.tells(visit.request), visit.request.url.path, visit.request.query_params.get("as", ""))


async def under_way(visit: Visit) -> Tour | None:
    """The banner for who is signed in; on the page of the tour's case the events are asked how far it has come."""
    if visit.tour is None:
        return None
    tour = replace(visit.tour, username=str(visit.me.get("username") or ""), signed_in=True)
    if tour.marks is None or not tour.marks.open or visit.request.method != "GET":
        return tour
    marks = _adopted(tour.marks, tour.path, visit.request.query_params.get("done", ""))
    if marks.case and tour.path == f"/cases/{marks.case}":
        marks = replace(marks, step=await _behind(visit, tour.guide.steps, marks))
    tour = replace(tour, marks=marks)
    if tour.stands in ("page", "form") and tour.step and tour.step.leaves == "seen":
        return replace(tour, seen=tour.step, marks=replace(marks, step=marks.step + 1))
    return tour


def _adopted(marks: Marks, path: str, done: str) -> Marks:
    """With the consultation or case that this browser has just opened, as long as the tour has none."""
    if not marks.consultation and done == "register_consultation" and (found := _CONSULTATION.fullmatch(path)):
        return replace(marks, consultation=found[1], step=max(marks.step, 1))
    if not marks.case and done == OPENED and (found := _CASE.fullmatch(path)):
        return replace(marks, case=found[1])
    return marks


async def _behind(visit: Visit, steps: Sequence[Step], marks: Marks) -> int:
    """How many steps the case has behind it; what was looked at is known from the cookie alone."""
    try:
        history = await visit.backend.events(visit.session, marks.case)
    except Problem:  # the page that was asked for says why
        return marks.step
    happened = {str(event["type"]) for event in history["items"]} | {"consultation", "case"}
    left = (n for n, step in enumerate(steps) if (n >= marks.step if step.leaves == "seen" else step.leaves not in happened))
    return next(left, len(steps))

"""What a request opened of people's data, and what it was refused, is in the ledger of reads before its answer leaves the house.

`Recording` stands around the application. It gives each request an `Access`, into which everything that opens personal values for display
says so, and holds the answer back until the recorder has committed it. A page asks the API many times in one process: it is one request,
with one `Access`, and costs one row.
"""

from __future__ import annotations

import base64
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote
from uuid import UUID

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from api.envelope import route_of
from api.problem import Problem, answer, retry, shown
from api.recorder import NotRecorded, Recorder
from domain.reads import FURTHEST, AccessEvent, AccessRefused, PersonalDataRead, ReadChannel, What
from ledger.access import NOBODY, PUBLIC, Entry
from ledger.keys import Keys
from ledger.personal import SubjectKeys, wrap_secret

if TYPE_CHECKING:
    from api.services import Services
    from domain.access import Principal

REASON_HEADER = "X-Access-Reason"
"""Why something is read that is only read for a reason: UTF-8, percent-encoded."""
REASON_MOST = 500
"""Characters of a reason."""
_NO_REFUSALS = frozenset(
    {"password_change_required", "second_factor_required", "otp_owed", "code_required", "access_reason_required", "cannot_grant_to_self"}
)
"""Answers with 403 that say what comes first, and take no right away; and one that is recorded with its deed."""


class Read(NamedTuple):
    """Personal values opened of one case, or stream of another kind: whose, and how many."""

    subjects: frozenset[str]
    case: str
    opened: int


def read_of(case_id: str, sealed: Mapping[str, int], keys: SubjectKeys) -> Read:
    """What of sealed values (how many, by subject) was opened: what is erased or restricted shows nothing."""
    shown = {subject: count for subject, count in sealed.items() if isinstance(keys.get(subject), bytes)}
    return Read(frozenset(shown), case_id, sum(shown.values()))


class _Refused(NamedTuple):
    code: str
    case: str | None


@dataclass
class Access:
    """What one request opened and was refused so far; `reason` is the caller's own words, why."""

    correlation_id: str = ""
    channel: ReadChannel = "api"
    reason: str | None = None
    principal: Principal | None = None
    public: bool = False
    """It is a look through the public page: whoever holds a code, whoever may be signed in besides."""
    _subjects: dict[str, None] = field(default_factory=dict[str, None])
    _cases: dict[str, None] = field(default_factory=dict[str, None])
    _what: set[What] = field(default_factory=set[What])
    _channels: set[ReadChannel] = field(default_factory=set[ReadChannel])
    _count: int = 0
    _refused: dict[_Refused, None] = field(default_factory=dict[_Refused, None])

    def opened(
        self, what: What, *, subjects: Iterable[str] = (), cases: Iterable[str] = (), count: int = 0, channel: ReadChannel | None = None
    ) -> None:
        """Say that personal values were opened to be shown. Ids of subjects, and of cases, consultations or duty requests."""
        self._what.add(what)
        self._subjects |= dict.fromkeys(subjects)
        self._cases |= dict.fromkeys(cases)
        self._channels |= {channel} if channel else set()
        self._count += count

    def via(self, channel: ReadChannel) -> None:
        """Say by which way the request reads, where that is not told by its address."""
        self._channels.add(channel)

    def read(self, what: What, reads: Sequence[Read], channel: ReadChannel | None = None) -> None:
        """The same of several cases; where nothing in them was personal, nothing was read."""
        found = [each for each in reads if each.subjects]
        if found:
            subjects = [subject for each in found for subject in sorted(each.subjects)]
            count = sum(each.opened for each in found)
            self.opened(what, subjects=subjects, cases=[each.case for each in found], count=count, channel=channel)

    def refused(self, code: str, case: str | None = None) -> None:
        """Say that the caller was refused for want of a right; what a page was refused, and then says itself, is told once."""
        if case is not None or code not in {each.code for each in self._refused}:
            self._refused[_Refused(code, case)] = None

    @property
    def pending(self) -> bool:
        return bool(self._what or self._refused)

    def take(self, route: str, status: int, now: datetime, master: Keys) -> list[Entry]:
        """What was said since the last time, as entries; refusals only of a request that was itself refused."""
        entries: list[Entry] = []
        if self._what:
            entry_id = str(uuid7())
            entries.append(self._entry(entry_id, self._reading(entry_id, master), now))
        if status >= 400 and self.principal is not None:
            entries += [
                self._entry(str(uuid7()), AccessRefused(what=route[:200], code=code, case=UUID(case) if case else None), now)
                for code, case in self._refused
            ]
        self._subjects, self._cases, self._what, self._channels, self._count, self._refused = {}, {}, set(), set(), 0, {}
        return entries

    def _reading(self, entry_id: str, master: Keys) -> PersonalDataRead:
        channels = self._channels | {self.channel}
        return PersonalDataRead(
            subjects=tuple(UUID(each) for each in self._subjects),
            cases=tuple(UUID(each) for each in self._cases),
            what=tuple(sorted(self._what)),
            channel=next(each for each in FURTHEST if each in channels),
            count=self._count,
            reason=sealed_reason(master, entry_id, self.reason) if self.reason else None,
        )

    def _entry(self, entry_id: str, event: AccessEvent, now: datetime) -> Entry:
        who = self.principal
        if self.public:
            return Entry(event, PUBLIC, PUBLIC, PUBLIC, now, entry_id, self.correlation_id)
        role, office = who.roles[0] if who and who.roles else (NOBODY, NOBODY)
        return Entry(event, who.person if who else NOBODY, role, office, now, entry_id, self.correlation_id)


def reason_place(entry_id: str) -> str:
    """Where a sealed reason belongs: it opens in no other entry."""
    return f"access/{entry_id}"


def sealed_reason(master: Keys, entry_id: str, reason: str) -> str:
    return base64.urlsafe_b64encode(wrap_secret(master, reason_place(entry_id), reason.encode())).decode()


_current: ContextVar[Access | None] = ContextVar("access", default=None)


def current() -> Access:
    """The `Access` of the request under way. Raises `LookupError` where nothing would record what is read."""
    access = _current.get()
    if access is None:
        raise LookupError("nothing here records what is read of people's data")
    return access


@contextmanager
def unseen() -> Generator[Access]:
    """Within it nothing is recorded: for measurements and for what the product does itself, where nobody is shown anything."""
    token = _current.set(access := Access())
    try:
        yield access
    finally:
        _current.reset(token)


def reason_of(headers: Headers) -> str | None:
    """The reason a request gives. Raises `Problem` 422 for one that is too long or holds control characters."""
    return checked_reason(unquote(headers.get(REASON_HEADER, "")), {"parameter": REASON_HEADER, "in": "header"})


def checked_reason(said: str, at: dict[str, str]) -> str | None:
    """A reason as it is kept; None where none was given. `at` says which field a problem is about."""
    reason = said.strip()
    if len(reason) > REASON_MOST:
        raise Problem(422, "invalid", errors=[{**at, "code": "too_long", "max_length": REASON_MOST}])
    if any(ord(letter) < 32 and letter not in "\t\n\r" for letter in reason):
        raise Problem(422, "invalid", errors=[{**at, "code": "invalid_value"}])
    return reason or None


class Recording:
    """ASGI middleware: no answer passes before what it tells of people is in the ledger; 503 `access_not_recorded` where it cannot be."""

    def __init__(self, app: ASGIApp, api_prefix: str, recorder: Recorder, services: Services) -> None:
        self.app, self.api_prefix, self.recorder, self.services = app, api_prefix, recorder, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        outer = _current.get()
        try:
            reason = reason_of(Headers(scope=scope))
        except Problem as problem:
            await answer(scope, problem)(scope, receive, send)
            return
        if outer is not None:  # a page asks the API: what it opens and is refused is the page's
            outer.reason = reason or outer.reason
            await self.app(scope, receive, _noting(scope, outer, send))
            return
        channel: ReadChannel = "api" if scope["path"].startswith(self.api_prefix) else "page"
        access = Access(scope.get("state", {}).get("correlation_id") or str(uuid7()), channel, reason)
        token = _current.set(access)
        try:
            await self.app(scope, receive, _noting(scope, access, self._holding(scope, receive, send, access)))
        finally:
            _current.reset(token)

    def _holding(self, scope: Scope, receive: Receive, send: Send, access: Access) -> Send:
        """What sends an answer on, each part of it once that which it may tell is recorded."""
        status = 200
        withheld = False

        async def held(message: Message) -> None:
            nonlocal status, withheld
            begins = message["type"] == "http.response.start"
            if begins:
                status = message["status"]
            if withheld:
                return
            if access.pending and (entries := self._entries(scope, status, access)):
                try:
                    await self.recorder.record(entries)
                except NotRecorded:
                    if not begins:  # the rest of an answer that is being read: it breaks off, and shows that it did
                        raise
                    withheld = True
                    refused = await shown(scope, receive, retry(503, "access_not_recorded"), self.api_prefix)
                    await refused(scope, receive, send)
                    return
            await send(message)

        return held

    def _entries(self, scope: Scope, status: int, access: Access) -> list[Entry]:
        route = f"{scope['method']} {route_of(scope, self.api_prefix)}"
        return access.take(route, status, self.services.now(), self.services.keys.master)


def _noting(scope: Scope, access: Access, send: Send) -> Send:
    """What notes a refusal, for want of a right or of what is there and not for the caller, as its answer begins."""

    async def noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            problem: Problem | None = scope.get("state", {}).get("problem")
            if problem is not None and ((problem.status == 403 and problem.code not in _NO_REFUSALS) or problem.hides):
                access.refused(problem.code, problem.hides or problem.values.get("case_id"))
        await send(message)

    return noted

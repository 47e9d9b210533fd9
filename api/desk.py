"""One signed-in person's request: a transaction under their session, their scope, the directory of the moment."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from psycopg.errors import InsufficientPrivilege

import texts
from api import recording
from api.problem import Problem, unread
from api.recording import Access, read_of
from api.services import Services
from domain.access import Principal, Scope, list_scope, scope_of, unwalled
from domain.case import CaseState
from domain.directory import CaseScope, Directory
from domain.reads import What
from ledger import sessions
from ledger.accounts import legal_day
from ledger.events import UnknownEventType, UnreadableEvent, stream_of
from ledger.personal import Erased, Held, Restricted, keys_to_read, sealed_in, unseal_json
from ledger.sessions import Session
from ledger.sql import Connection
from ledger.store import WORKER


@dataclass(frozen=True, slots=True)
class Need:
    """What a request asks of the session it comes under.

    `scopes` a personal access token must have, all of them (None: it is nothing for programs, whatever they were given); `owing`: also
    open to who still owes a password of their own or a second factor; `quiet`: it is no sign of somebody at work, so that a session's idle
    limit goes on counting.
    """

    scopes: frozenset[str] | None
    owing: bool = False
    quiet: bool = False


EVERYTHING = Need(frozenset({"read", "commands", "directory", "accounts", "calendar"}))
"""Where a request does not say what it needs."""
READING = Need(frozenset({"read"}))


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a read may ask of. Valid inside `open_desk` only."""

    services: Services
    conn: Connection
    principal: Principal
    directory: Directory
    now: datetime
    lang: texts.Lang
    session: Session | None = None
    access: Access = field(default_factory=Access)
    """What the request opens is said into it; of a desk that no request opened nothing is recorded."""

    @property
    def today(self) -> date:
        """The legal day, Asia/Shanghai."""
        return legal_day(self.now)

    @property
    def scope(self) -> Scope:
        return list_scope(self.principal, self.directory)

    def scope_of(self, case: CaseState) -> CaseScope:
        """Where the case stands for who reads it here: without its walls while the caller may read through them."""
        scope = scope_of(case)
        return unwalled(scope) if case.open_to(self.principal.person, self.now) else scope

    def has_role(self, *roles: str) -> bool:
        return any(role in roles for role, _ in self.principal.roles)

    @asynccontextmanager
    async def in_own_name(self) -> AsyncGenerator[Connection]:
        """A transaction in the product's own name, past the caller's wall: for what is counted over the whole city and names nobody."""
        async with self.services.database.transaction(WORKER) as conn:
            yield conn

    @property
    def reason(self) -> str | None:
        """Why the caller reads, where they said so; it is recorded with what they read."""
        return self.access.reason

    def for_a_reason(self) -> str:
        """The reason the caller gives for what they ask; it is recorded with what they read.

        Raises `Problem` 403 `access_reason_required`.
        """
        if self.access.reason is None:
            raise Problem(403, "access_reason_required")
        return self.access.reason

    async def keys_of(self, subjects: Iterable[str]) -> dict[str, Held]:
        """The keys the caller may read with; of people under a restriction only with a reason."""
        return await keys_to_read(self.conn, self.services.keys.master, subjects, restricted=self.reason is not None)

    async def keys_of_one(self, subjects: Iterable[str]) -> dict[str, bytes | Erased]:
        """The same for one file, which is shown whole or not at all.

        Raises `Problem` 403 `access_reason_required` where a reason is needed.
        """
        held = await self.keys_of(subjects)
        keys = {subject: key for subject, key in held.items() if not isinstance(key, Restricted)}
        if len(keys) < len(held):
            raise Problem(403, "access_reason_required")
        return keys

    async def reveal(self, case_id: str, data: Any, kind: str = "case", *, what: What = "case") -> Any:
        """JSON of one case, or stream of another kind, with its personal values opened for display: that is recorded as read.

        Raises what `keys_of_one` does.
        """
        sealed = sealed_in(data)
        keys = await self.keys_of_one(sealed)
        self.access.read(what, [read_of(case_id, sealed, keys)])
        return unseal_json(data, keys, stream_of(case_id, kind))

    async def reveal_each(self, items: Sequence[tuple[str, Any]], kind: str = "case", *, what: What = "list") -> list[Any]:
        """The same for (case id, JSON) of many cases, with one statement for all their keys; what needs a reason reads as restricted."""
        counted = [sealed_in(data) for _, data in items]
        keys = await self.keys_of({subject for each in counted for subject in each})
        self.access.read(what, [read_of(case_id, each, keys) for (case_id, _), each in zip(items, counted, strict=True)])
        return [unseal_json(data, keys, stream_of(case_id, kind)) for case_id, data in items]

    async def open_unseen(self, case_id: str, data: Any) -> Any:
        """JSON of one case with its personal values opened for what is sealed again or counted; nobody is shown it."""
        return unseal_json(data, await self.keys_of_one(sealed_in(data)), stream_of(case_id))


@asynccontextmanager
async def open_desk(
    services: Services, token: str | None, lang: texts.Lang = "zh-CN", need: Need = EVERYTHING, *, pipeline: bool = True
) -> AsyncGenerator[Desk]:
    """The desk of the session's person.

    Raises `Problem`: 401 `authentication_required` where no session is open under the token; 403 `scope_missing` where it is a personal
    access token that was not given for this, `password_change_required`, `second_factor_required` and `otp_owed` where those come first;
    409 `record_unreadable`, 503 `record_too_new` where what is done at the desk meets a record that cannot be read.
    `LookupError` where nothing would record what is read (`api.recording`).
    """
    if not token:
        raise Problem(401, "authentication_required")
    try:
        async with _opened(services, token, lang, need, pipeline=pipeline) as desk:
            yield desk
    except InsufficientPrivilege as fault:
        # The database's own wall: where the session was ended while its request was under way, it is told as if it had come later.
        if await _still_open(services, token):
            raise
        raise Problem(401, "authentication_required") from fault
    except (UnreadableEvent, UnknownEventType) as fault:
        raise unread(fault) from fault


async def _still_open(services: Services, token: str) -> bool:
    async with services.database.transaction(WORKER) as conn:
        directory = await services.directory.read(conn)
        return await sessions.session_of(conn, token, services.now(), directory) is not None


@asynccontextmanager
async def _opened(services: Services, token: str, lang: texts.Lang, need: Need, *, pipeline: bool) -> AsyncGenerator[Desk]:
    access = recording.current()
    async with services.database.transaction(token, pipeline=pipeline) as conn:
        now = services.now()
        known, asked = await services.directory.ask(conn), await sessions.ask_session(conn, token, now)
        directory = await services.directory.answer(conn, known)
        session = await sessions.session_from(asked, now, directory)
        if session is None:
            raise Problem(401, "authentication_required")
        access.principal = session.principal
        _check(session, need)
        if session.stale and not need.quiet:
            await sessions.seen(conn, token, now)
        yield Desk(services, conn, session.principal, directory, now, lang, session, access)


_OWED = {"password": "password_change_required", "otp": "otp_owed", "second_factor": "second_factor_required"}


def _check(session: Session, need: Need) -> None:
    if session.scopes is not None and (need.scopes is None or not need.scopes <= session.scopes):
        raise Problem(403, "scope_missing", scopes=sorted(need.scopes - session.scopes) if need.scopes else [])
    if session.owes and not need.owing:
        raise Problem(403, next(code for what, code in _OWED.items() if what in session.owes))

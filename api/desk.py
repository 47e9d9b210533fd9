"""One signed-in person's request: a transaction under their session, their scope, the directory of the moment."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import texts
from api.problem import Problem
from api.services import Services
from domain.access import Principal, Scope, list_scope
from domain.directory import Directory
from ledger import accounts
from ledger.events import stream_of
from ledger.personal import load_keys, subjects_in, unseal_json
from ledger.sql import Connection


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a read may ask of. Valid inside `open_desk` only."""

    services: Services
    conn: Connection
    principal: Principal
    directory: Directory
    now: datetime
    lang: texts.Lang

    @property
    def scope(self) -> Scope:
        return list_scope(self.principal, self.directory)

    def has_role(self, *roles: str) -> bool:
        return any(role in roles for role, _ in self.principal.roles)

    async def reveal(self, case_id: str, data: Any, kind: str = "case") -> Any:
        """JSON of one case, or stream of another kind, with its personal values opened for display."""
        keys = await load_keys(self.conn, self.services.keys.master, subjects_in(data))
        return unseal_json(data, keys, stream_of(case_id, kind))

    async def reveal_each(self, items: list[tuple[str, dict[str, Any]]], kind: str = "case") -> list[dict[str, Any]]:
        """The same for (case id, JSON) of many cases, with one statement for all their keys."""
        keys = await load_keys(self.conn, self.services.keys.master, set[str]().union(*(subjects_in(data) for _, data in items)))
        return [unseal_json(data, keys, stream_of(case_id, kind)) for case_id, data in items]


@asynccontextmanager
async def open_desk(services: Services, token: str | None, lang: texts.Lang = "zh-CN") -> AsyncGenerator[Desk]:
    """The desk of the session's person. Raises `Problem` 401 `authentication_required` where no session is open under the token."""
    if not token:
        raise Problem(401, "authentication_required")
    async with services.database.transaction(token, pipeline=True) as conn:
        now = services.now()
        known, asked = await services.directory.ask(conn), await accounts.ask_session(conn, token, now)
        directory = await services.directory.answer(conn, known)
        session = await accounts.session_from(asked, now, directory)
        if session is None:
            raise Problem(401, "authentication_required")
        yield Desk(services, conn, session.principal, directory, now, lang)

"""A request's way to its answer: validate, check access, seal, take into the inbox, carry, read the answer.

A request is one command, or a bundle of commands that stand or fall together. Pages and JSON routes call the same functions; only who reads
the form and who draws the answer differs.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hmac import compare_digest
from typing import Any, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa
from psycopg.errors import InsufficientPrivilege
from uuid_utils.compat import uuid7

from api import inquiry_views, views
from api.asked import AskedPart, asked_parts, check_proposal, parsed
from api.courier import Courier, EngineAway, LedgerBehind
from api.gate import Busy
from api.problem import Problem, not_found, of_refusal, retry
from api.recording import Read, read_of
from api.sealing import Sealing, kept
from api.typed import check_numbers
from domain import access
from domain.access import Principal
from domain.case import CaseState
from domain.command import Actor, Command, Refusal
from domain.directory import Directory
from domain.stages.any_stage import LinkCase
from domain.stages.glass import BreakGlass
from domain.stages.proposal import ProposeCommands
from domain.stream import StreamState
from ledger import chain, events, inbox, sessions, streams
from ledger.directory import DirectoryCache
from ledger.inbox import IdempotencyConflict, Received
from ledger.keys import KeyRing, body_hmac
from ledger.personal import Erased, Sealer, SubjectErased, SubjectKeys, load_keys, sealed_in, unseal_json
from ledger.schema import cases
from ledger.sessions import Sitting
from ledger.sql import Connection, Cursor, Row, Statement
from ledger.store import WORKER, Database
from readmodels import cases as cases_of

_CASE = Statement(sa.select(cases.c.version, cases.c.kind, cases.c.schema, cases.c.snapshot).where(cases.c.case_id == sa.bindparam("id")))

_NOT_FOUND = {"case": "case_not_found", "consultation": "consultation_not_found", "duty": "duty_request_not_found"}
"""By the kind of stream, the code of what is not there, or not for the caller."""

type Store = Callable[[Connection, CaseState, Sealer, UUID], Awaitable[None]]
"""Writes evidence (a file) in the transaction that takes its command in, under the command's id."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command was answered with; `replayed` when its key had been used for the same command before."""

    body: dict[str, Any]
    version: int
    replayed: bool
    others: Sequence[dict[str, Any]] = ()
    """The same of every other case the command opened or wrote to."""
    reads: Sequence[Read] = ()
    """What of people's data stands opened in all of it: for whoever shows it to record."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to carry out a command, before anything of it has been looked at."""

    principal: Principal
    session: str
    command: str
    body: Mapping[str, Any]
    key: str
    correlation_id: str
    case_id: str | None = None
    """Of the case, or the stream of another `kind`, that the command is for; None where it opens one."""
    if_match: int | None = None
    store: Store | None = None
    kind: str = CaseState.kind
    sitting: Sitting | None = None
    """Of the session, where its account has a second factor: outside it nobody decides as an approver."""

    def canonical(self) -> bytes:
        """What makes two requests the same command. Raises 422 for numbers that have no place in the ledger."""
        check_numbers(self.body)
        return chain.canonical({"command": self.command, "case_id": self.case_id, "body": self.body})


class Issued(NamedTuple):
    """A command of a request as it was read, and who issues it in which role."""

    part: AskedPart
    command: Command
    actor: Actor


@dataclass(frozen=True, slots=True)
class Taken:
    """A command that stands in the inbox; `settled` once its outcome stands there too.

    `known` is the case's version when it was taken in, `keys` those of its people: what the answer need not ask for again.
    """

    command_id: str
    case_id: str
    opening: bool
    kind: str = CaseState.kind
    replayed: bool = False
    settled: bool = False
    known: int | None = None
    keys: SubjectKeys = field(default_factory=dict[str, bytes | Erased], repr=False)

    @classmethod
    def again(cls, row: Row, *, opening: bool) -> Self:
        """The earlier command that a key names."""
        settled = row["outcome"] is not None
        return cls(row["command_id"], str(row["case_id"]), opening, row["kind"], replayed=True, settled=settled)


class _OutOfReach(Exception):  # noqa: N818 -- a signal between two functions of this file
    """The database hides from this session what the command wrote."""


class Made(NamedTuple):
    """A case, what a command's outcome says of it, and what it takes to show that."""

    case_id: str
    outcome: Mapping[str, Any]
    directory: Directory
    keys: SubjectKeys
    kind: str = CaseState.kind


def walled_off(case: StreamState) -> Problem:
    """403 for somebody behind the case's wall: that it exists, where it stands, and no more."""
    return Problem(403, "walled_off", case_id=case.case_id, register_number=getattr(case, "register_number", None), state=case.state)


class Commands:
    """Takes commands in and answers them."""

    def __init__(self, database: Database, courier: Courier, keys: KeyRing, directory: DirectoryCache) -> None:
        self._database = database
        self._courier = courier
        self._keys = keys
        self._directory = directory

    async def carry_out(self, ask: Ask) -> Answer:
        """Carry out a command and answer it.

        Raises `Problem`: 400 to 428 for what was sent, 409 and others for what the rules refuse, 429 and 503 to try again.
        """
        taken = await self.take_in(ask)
        if not taken.settled:
            try:
                await self._courier.carry(taken.case_id, taken.command_id, opening=taken.opening, kind=taken.kind)
            except Busy as fault:
                raise retry(429, "too_many_commands") from fault
            except EngineAway as fault:
                raise retry(503, "engine_away") from fault
            except LedgerBehind as fault:
                raise retry(503, "ledger_behind", 60) from fault
        return await self._answer(ask, taken)

    async def take_in(self, ask: Ask) -> Taken:
        """Write the request's inbox row, or find the one its key wrote before.

        Raises `Problem`; 401 where the session was ended since the request was let in: the database's own wall then hides and refuses.
        """
        try:
            return await self._taken_in(ask)
        except (Problem, InsufficientPrivilege) as fault:
            told = not isinstance(fault, Problem) or fault.status == 404
            if told and not await self._signed_in(ask.session):
                raise Problem(401, "authentication_required") from fault
            raise

    async def _signed_in(self, session: str) -> bool:
        async with self._database.transaction(session) as conn:
            row = await (await conn.execute("SELECT wall_user() AS who")).fetchone()
            return row is not None and row["who"] is not None

    async def _taken_in(self, ask: Ask) -> Taken:
        asked_for = asked_parts(ask.command, ask.body, opening=ask.case_id is None, kind=ask.kind)
        opening = not asked_for[0].kind.states
        canonical = ask.canonical()
        # Who breaks the glass does not see the case yet, in the database's eyes either.
        session = WORKER if ask.command == BreakGlass.name else ask.session
        async with self._database.transaction(session, pipeline=True, keyed=True) as conn:
            earlier = await inbox.ask_known(conn, ask.principal.username, ask.key)
            asked = await self._directory.ask(conn)
            row = await _CASE.run(conn, id=ask.case_id) if ask.case_id else None
            known = await earlier.fetchone()
            if known is not None:
                if not compare_digest(bytes(known["body_hmac"]), body_hmac(self._keys.inbox, canonical, known["hmac_key"])):
                    raise Problem(409, "idempotency_conflict")
                return Taken.again(known, opening=opening)
            directory = await self._directory.answer(conn, asked)
            case = await self._case(conn, ask, row and await row.fetchone(), directory)
            try:
                received, keys = await self._received(conn, ask, self._issued(ask, asked_for, case, directory), case, directory)
            except SubjectErased as fault:
                raise Problem(409, "person_erased") from fault
            try:
                twin = await inbox.receive(conn, received, lambda key_id: body_hmac(self._keys.inbox, canonical, key_id))
            except IdempotencyConflict as fault:
                raise Problem(409, "idempotency_conflict") from fault
            if twin is not None:
                return Taken.again(twin, opening=opening)
            known_version = case.version if case else 0
            return Taken(received.command_id, received.case_id, opening, ask.kind, known=known_version, keys=keys)

    async def _case(self, conn: Connection, ask: Ask, row: Row | None, directory: Directory) -> StreamState | None:
        """The case, or stream of another kind, the command is for, if the caller may know of it. Raises 404 otherwise."""
        if ask.case_id is None:
            return None
        missing = not_found(_NOT_FOUND[ask.kind])
        if row is None or row["version"] == 0 or row["kind"] != ask.kind:
            raise await self._hidden(ask, directory)
        case = await streams.load(conn, ask.case_id, row)
        scope = access.scope_of(case)
        if access.may_see(ask.principal, scope, directory):
            return case
        if not access.walled_off(ask.principal, scope, directory):
            missing.hides = ask.case_id
            raise missing
        if ask.command != BreakGlass.name:
            raise walled_off(case)
        return case

    async def _hidden(self, ask: Ask, directory: Directory) -> Problem:
        """What to answer of what the caller's session does not find: of a case they are told where nothing but a wall hides it."""
        missing = not_found(_NOT_FOUND[ask.kind])
        if ask.case_id is None or ask.kind != "case":
            return missing
        async with self._database.transaction(WORKER) as conn:
            case = await cases_of.current(conn, ask.case_id)
        hidden = case is not None and access.walled_off(ask.principal, access.scope_of(case), directory)
        missing.hides = case and case.case_id
        return walled_off(case) if case is not None and hidden else missing

    async def _check_link(self, conn: Connection, ask: Ask, command: LinkCase, directory: Directory) -> None:
        """Raises 422 for a link to a case that does not exist for the caller."""
        other = str(command.case_id)
        row = await (await _CASE.run(conn, id=other)).fetchone()
        try:
            await self._case(conn, replace(ask, case_id=other), row, directory)
        except Problem as fault:
            raise Problem(422, "invalid", errors=[{"pointer": "/case_id", "code": "unknown_case"}]) from fault

    async def _check_sitting(self, conn: Connection, ask: Ask, sitting: Sitting) -> None:
        """Raises 403 `code_required` where no code was given in the session, or none of late."""
        if not sitting.open:
            raise Problem(403, "code_required", minutes=int(sessions.SITTING.total_seconds() // 60))
        await sessions.decided(conn, ask.session, sitting.now)

    def _issued(self, ask: Ask, asked_for: Sequence[AskedPart], case: StreamState | None, directory: Directory) -> Iterator[Issued]:
        """Each command as read from its body, with the person in the role that issues it. Raises `Problem` for the first at fault."""
        scope = access.scope_of(case) if case else None
        for part in asked_for:
            with part.blamed():
                reached = access.unwalled(scope) if scope and part.kind.behind_walls else scope
                actor = access.actor(ask.principal, part.kind.name, reached, directory)
                if actor is None:
                    raise Problem(403, "role_not_allowed", command=part.kind.name)
                command = parsed(part.kind, part.body)
            if scope is None:
                scope = access.scope_at_opening(ask.principal, command, actor, directory)
            yield Issued(part, command, actor)

    async def _received(
        self, conn: Connection, ask: Ask, issued: Iterable[Issued], case: StreamState | None, directory: Directory
    ) -> tuple[Received, SubjectKeys]:
        """The request as the inbox takes it, everything personal in it sealed; and the keys of its people."""
        case_id, command_id = ask.case_id or str(uuid7()), uuid7()
        sealing = Sealing(conn, self._keys, case_id, case, ask.kind)
        await sealing.begin()
        entries: list[dict[str, Any]] = []
        first: Issued | None = None
        decides = False
        for each in issued:
            first = first or each
            decides = decides or access.decides(each.command.name, each.actor)
            with each.part.blamed():
                if isinstance(each.command, LinkCase):
                    await self._check_link(conn, ask, each.command, directory)
                if isinstance(each.command, ProposeCommands):
                    check_proposal(each.command)
                sealed = await sealing.seal(each.command)
            entry = {"command_id": str(uuid7()), "command": each.command.name, "actor": each.actor._asdict(), "body": kept(sealed)}
            entries.append(entry)
        assert first is not None  # noqa: S101 -- a request without commands was refused before
        if decides and ask.sitting is not None:
            await self._check_sitting(conn, ask, ask.sitting)
        if ask.store is not None and isinstance(case, CaseState):
            await ask.store(conn, case, sealing.sealer(), command_id)
        opened = first.command
        received = Received(
            command_id=str(command_id),
            principal=ask.principal.username,
            idempotency_key=ask.key,
            body_hmac=body_hmac(self._keys.inbox, ask.canonical()),
            hmac_key=self._keys.inbox.current,
            case_id=case_id,
            command=ask.command,
            body={"commands": entries} if ask.command == inbox.BUNDLE else entries[0]["body"],
            actor=first.actor._asdict(),
            correlation_id=ask.correlation_id,
            effective_on=opened.effective_on,
            on_behalf_of=opened.on_behalf_of,
            if_match=ask.if_match,
            tokens=sealing.terms(),
            centre=case.centre if case else getattr(opened, "centre", None),
            unit=access.scope_of(case).unit if case else None,
            outlet=case.outlet if case else getattr(opened, "outlet", None),
            kind=ask.kind,
        )
        return received, sealing.keys

    async def _answer(self, ask: Ask, taken: Taken) -> Answer:
        """The answer, built from the ledger: the same for every repeat of the command, whatever happened since."""
        try:
            return await self._answer_as(ask.session, taken)
        except _OutOfReach:
            # By the command itself (a unit declines, a lawyer stands aside) or since, the case left the caller's reach: what their own
            # command did is told in the product's name. Or the version it was known at was a snapshot's, which the ledger did not bear out.
            return await self._answer_as(WORKER, replace(taken, known=None))

    async def _answer_as(self, session: str, taken: Taken) -> Answer:
        """The answer as that session sees the ledger. Raises `_OutOfReach` where it does not see what the command wrote."""
        async with self._database.transaction(session, pipeline=True, keyed=True) as conn:
            case_id = taken.case_id
            settled = await inbox.ask(conn, taken.command_id)
            held = await _CASE.run(conn, id=case_id)
            asked = await self._directory.ask(conn)
            since = None if taken.known is None else await events.ask_history(conn, case_id, kind=taken.kind, after=taken.known)
            row, current = await settled.fetchone(), await held.fetchone()
            if row is None or row["outcome"] is None:
                raise retry(503, "engine_away")
            outcome = row["outcome"]
            if refusal := outcome.get("refusal"):
                raise _refused(refusal, row["correlation_id"], replayed=taken.replayed)
            directory = await self._directory.answer(conn, asked)
            body, read = await self._case_answer(conn, Made(case_id, outcome, directory, taken.keys, taken.kind), current, since)
            others = [
                await self._case_answer(conn, Made(other["case_id"], other, directory, taken.keys)) for other in outcome.get("others", ())
            ]
        reads = [read, *(also for _, also in others)]
        return Answer(body, outcome["version"], taken.replayed, [other for other, _ in others], reads)

    async def _case_answer(
        self, conn: Connection, made: Made, current: Row | None = None, since: Cursor | None = None
    ) -> tuple[dict[str, Any], Read]:
        """What the command made of one case, opened for display. `current` and `since` were asked for before, if at all."""
        case_id, outcome = made.case_id, made.outcome
        version: int = outcome["version"]
        first = version - len(outcome["positions"])
        since = since or await events.ask_history(conn, case_id, kind=made.kind, after=first)
        recorded = [r for r in events.recorded_all(await since.fetchall()) if first < r.at.version <= version]
        if len(recorded) < version - first:
            raise _OutOfReach
        state = streams.snapshot_of(current) if current is not None and current["version"] == version else None
        state = state or await streams.folded(conn, case_id, made.kind, upto=version)
        if isinstance(state, CaseState):
            body = views.case_answer(state, recorded, made.directory)
        else:
            body = inquiry_views.answer(state, recorded, made.directory)
        sealed = sealed_in(body)
        keys = made.keys if sealed.keys() <= made.keys.keys() else await load_keys(conn, self._keys.master, sealed)
        return unseal_json(body, keys, events.stream_of(case_id, made.kind)), read_of(case_id, sealed, keys)


def _refused(refusal: Mapping[str, Any], correlation_id: str, *, replayed: bool) -> Problem:
    """The stored refusal as the same answer to every repeat of its command."""
    problem = of_refusal(Refusal(refusal["code"], status=refusal["status"], pointer=refusal["pointer"], **refusal["detail"]))
    problem.correlation_id = correlation_id
    if replayed:
        problem.headers["Idempotent-Replay"] = "true"
    if refusal["code"] == "version_mismatch":
        problem.headers["ETag"] = f'"{refusal["detail"]["version"]}"'
    return problem

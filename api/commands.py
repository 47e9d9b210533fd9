"""A command's way from the request to its answer: validate, check access, seal, take into the inbox, carry, read the answer.

Pages and JSON routes call the same functions; only who reads the form and who draws the answer differs.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from hmac import compare_digest
from typing import Any, Self
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from api import views
from api.correction import seal_correction
from api.courier import Courier, EngineAway, LedgerBehind
from api.gate import Busy
from api.problem import Problem, not_found, of_refusal, retry
from api.typed import check_numbers, typed
from domain import access
from domain.access import Principal
from domain.case import SCHEMA, CaseState, blank, fold
from domain.command import Actor, Command, Refusal
from domain.directory import Directory
from domain.stages import COMMANDS
from domain.stages.any_stage import LinkCase
from domain.stages.correction import CorrectRecord
from domain.values import Party, Personal, Sealed, map_personal
from ledger import chain, events, inbox
from ledger.directory import DirectoryCache
from ledger.inbox import IdempotencyConflict, Received
from ledger.keys import KeyRing, body_hmac
from ledger.personal import Erased, Sealer, SubjectKeys, load_keys, new_subject_key, parties_of, subjects_in, unseal_json, with_subjects
from ledger.schema import cases
from ledger.sql import Connection, Row, Statement
from ledger.store import Database
from ledger.tokens import tokens_for

OPENING = "submit_application"
_CASE = Statement(sa.select(cases.c.version, cases.c.schema, cases.c.snapshot).where(cases.c.case_id == sa.bindparam("id")))


type Store = Callable[[Connection, CaseState, Sealer, UUID], Awaitable[None]]
"""Writes evidence (a file) in the transaction that takes its command in, under the command's id."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command was answered with; `replayed` when its key had been used for the same command before."""

    body: dict[str, Any]
    version: int
    replayed: bool


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
    if_match: int | None = None
    store: Store | None = None

    def canonical(self) -> bytes:
        """What makes two requests the same command. Raises 422 for numbers that have no place in the ledger."""
        check_numbers(self.body)
        return chain.canonical({"command": self.command, "case_id": self.case_id, "body": self.body})


@dataclass(frozen=True, slots=True)
class Taken:
    """A command that stands in the inbox; `settled` once its outcome stands there too.

    `known` is the case's version when it was taken in, `keys` those of its people: what the answer need not ask for again.
    """

    command_id: str
    case_id: str
    opening: bool
    replayed: bool = False
    settled: bool = False
    known: int | None = None
    keys: SubjectKeys = field(default_factory=dict[str, bytes | Erased], repr=False)

    @classmethod
    def again(cls, row: Row, *, opening: bool) -> Self:
        """The earlier command that a key names."""
        return cls(row["command_id"], str(row["case_id"]), opening, replayed=True, settled=row["outcome"] is not None)


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
                await self._courier.carry(taken.case_id, taken.command_id, opening=taken.opening)
            except Busy as fault:
                raise retry(429, "too_many_commands") from fault
            except EngineAway as fault:
                raise retry(503, "engine_away") from fault
            except LedgerBehind as fault:
                raise retry(503, "ledger_behind", 60) from fault
        return await self._answer(ask, taken)

    async def take_in(self, ask: Ask) -> Taken:
        """Write the command's inbox row, or find the one its key wrote before. Raises `Problem`."""
        kind = COMMANDS.get(ask.command)
        if kind is None or "system" in kind.roles:
            raise not_found("unknown_command", command=ask.command)
        canonical = ask.canonical()
        async with self._database.transaction(ask.session, pipeline=True, keyed=True) as conn:
            earlier = await inbox.ask_known(conn, ask.principal.username, ask.key)
            asked = await self._directory.ask(conn)
            row = await _CASE.run(conn, id=ask.case_id) if ask.case_id else None
            known = await earlier.fetchone()
            if known is not None:
                if not compare_digest(bytes(known["body_hmac"]), body_hmac(self._keys.inbox, canonical, known["hmac_key"])):
                    raise Problem(409, "idempotency_conflict")
                return Taken.again(known, opening=not kind.states)
            directory = await self._directory.answer(conn, asked)
            case = await self._case(conn, ask, row and await row.fetchone(), directory)
            actor = self._actor(ask, case, directory)
            command = _parsed(kind, ask.body)
            if isinstance(command, LinkCase):
                await self._check_link(conn, ask, command, directory)
            received, keys = await self._sealed(conn, ask, command, case, actor)
            try:
                twin = await inbox.receive(conn, received, lambda key_id: body_hmac(self._keys.inbox, canonical, key_id))
            except IdempotencyConflict as fault:
                raise Problem(409, "idempotency_conflict") from fault
            if twin is not None:
                return Taken.again(twin, opening=not kind.states)
            known_version = case.version if case else 0
            return Taken(received.command_id, received.case_id, opening=not kind.states, known=known_version, keys=keys)

    async def _case(self, conn: Connection, ask: Ask, row: Row | None, directory: Directory) -> CaseState | None:
        """The case the command is for, if the caller may know of it. Raises 404 otherwise."""
        if ask.case_id is None:
            return None
        if row is None or row["version"] == 0:
            raise not_found("case_not_found")
        case = await self._fresh(conn, ask.case_id, row)
        if not access.may_see(ask.principal, access.scope_of(case), directory):
            raise not_found("case_not_found")
        return case

    async def _check_link(self, conn: Connection, ask: Ask, command: LinkCase, directory: Directory) -> None:
        """Raises 422 for a link to a case that does not exist for the caller."""
        other = str(command.case_id)
        row = await (await _CASE.run(conn, id=other)).fetchone()
        try:
            await self._case(conn, replace(ask, case_id=other), row, directory)
        except Problem as fault:
            raise Problem(422, "invalid", errors=[{"pointer": "/case_id", "code": "unknown_case"}]) from fault

    async def _fresh(self, conn: Connection, case_id: str, row: Row) -> CaseState:
        if row["schema"] == SCHEMA:
            return CaseState.model_validate(row["snapshot"])
        return fold((r.happened for r in await events.load_history(conn, case_id)), blank(case_id))

    def _actor(self, ask: Ask, case: CaseState | None, directory: Directory) -> Actor:
        actor = access.actor(ask.principal, ask.command, access.scope_of(case) if case else None, directory)
        if actor is None:
            raise Problem(403, "role_not_allowed", command=ask.command)
        return actor

    async def _sealed(
        self, conn: Connection, ask: Ask, command: Command, case: CaseState | None, actor: Actor
    ) -> tuple[Received, SubjectKeys]:
        """The command as the inbox takes it: people named, keys made, personal fields sealed, search terms ready. And the keys."""
        case_id, command_id = ask.case_id or str(uuid7()), uuid7()
        command = with_subjects(command, uuid7)
        people = list(parties_of(command))
        keys: dict[str, bytes | Erased] = {}
        if case is not None:
            keys |= await load_keys(conn, self._keys.master, [str(p.subject_id) for p in case.parties])
        for person in people:
            assert person.subject_id is not None  # noqa: S101 -- given just now
            keys[str(person.subject_id)] = await new_subject_key(conn, self._keys.master, person.subject_id)
        sealer = Sealer(keys, events.stream_of(case_id), case.applicant.subject_id if case else people[0].subject_id)
        sealed = sealer.seal(command)
        if isinstance(sealed, CorrectRecord):
            sealed, corrected = await seal_correction(conn, case_id, sealed, sealer)
            people += [corrected] if corrected else []
        search = self._keys.search
        terms = [[str(p.subject_id), kind, token.hex(), search.current] for p in people for kind, token in tokens_for(search, p)]
        if ask.store is not None and case is not None:
            await ask.store(conn, case, sealer, command_id)
        received = Received(
            command_id=str(command_id),
            principal=ask.principal.username,
            idempotency_key=ask.key,
            body_hmac=body_hmac(self._keys.inbox, ask.canonical()),
            hmac_key=self._keys.inbox.current,
            case_id=case_id,
            command=ask.command,
            body=_kept(sealed),
            actor=actor._asdict(),
            correlation_id=ask.correlation_id,
            effective_on=command.effective_on,
            on_behalf_of=command.on_behalf_of,
            if_match=ask.if_match,
            tokens=terms or None,
            centre=case.centre if case else getattr(command, "centre", None),
            unit=case.assignment.unit if case and case.assignment else None,
            outlet=case.outlet if case else getattr(command, "outlet", None),
        )
        return received, keys

    async def _answer(self, ask: Ask, taken: Taken) -> Answer:
        """The answer, built from the ledger: the same for every repeat of the command, whatever happened since."""
        async with self._database.transaction(ask.session, pipeline=True, keyed=True) as conn:
            case_id = taken.case_id
            settled = await inbox.ask(conn, taken.command_id)
            held = await _CASE.run(conn, id=case_id)
            asked = await self._directory.ask(conn)
            since = None if taken.known is None else await events.ask_history(conn, case_id, after=taken.known)
            row, current = await settled.fetchone(), await held.fetchone()
            if row is None or row["outcome"] is None:
                raise retry(503, "engine_away")
            outcome = row["outcome"]
            if refusal := outcome.get("refusal"):
                raise _refused(refusal, row["correlation_id"], replayed=taken.replayed)
            version: int = outcome["version"]
            first = version - len(outcome["positions"])
            directory = await self._directory.answer(conn, asked)
            since = since or await events.ask_history(conn, case_id, after=first)
            recorded = [r for r in events.recorded_all(await since.fetchall()) if first < r.at.version <= version]
            if current is not None and current["version"] == version and current["schema"] == SCHEMA:
                case = CaseState.model_validate(current["snapshot"])
            else:
                case = fold((r.happened for r in await events.load_history(conn, case_id, upto=version)), blank(case_id))
            body = views.case_answer(case, recorded, directory)
            subjects = subjects_in(body)
            keys = taken.keys if subjects <= taken.keys.keys() else await load_keys(conn, self._keys.master, subjects)
        return Answer(unseal_json(body, keys, events.stream_of(case_id)), version, taken.replayed)


def _kept(command: Command) -> dict[str, Any]:
    """The command's JSON for the inbox: without what nobody said, but with a null where one was asked for and given."""
    nulls = {name: None for name, field in type(command).model_fields.items() if field.is_required() and getattr(command, name) is None}
    return nulls | command.model_dump(mode="json", exclude_none=True)


def _refused(refusal: Mapping[str, Any], correlation_id: str, *, replayed: bool) -> Problem:
    """The stored refusal as the same answer to every repeat of its command."""
    problem = of_refusal(Refusal(refusal["code"], status=refusal["status"], pointer=refusal["pointer"], **refusal["detail"]))
    problem.correlation_id = correlation_id
    if replayed:
        problem.headers["Idempotent-Replay"] = "true"
    if refusal["code"] == "version_mismatch":
        problem.headers["ETag"] = f'"{refusal["detail"]["version"]}"'
    return problem


def _parsed(kind: type[Command], body: Mapping[str, Any]) -> Command:
    """The body as its command. Raises 422 with pointers; also for what only the product itself may write."""
    command = typed(kind, body)

    def in_clear(party: Party | None, field: str, mark: Personal, value: Any) -> Any:
        del party, mark
        if isinstance(value, Sealed):
            raise Problem(422, "invalid", errors=[{"pointer": "", "code": "not_a_text", "field": field}])
        return value

    map_personal(command, in_clear)
    if any(party.subject_id is not None for party in parties_of(command)):
        raise Problem(422, "invalid", errors=[{"pointer": "", "code": "unknown_field", "field": "subject_id"}])
    return command

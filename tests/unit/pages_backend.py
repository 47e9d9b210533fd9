"""A backend with state for the pages' tests: one case that the real domain decides, kept in memory."""

# ruff: noqa: ARG002 -- it keeps the façade's signatures

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID, uuid4

from pydantic import ValidationError

import texts
from api import limits
from api.desk import Desk
from api.problem import document, field_errors, of_refusal
from api.status import told
from api.views import case_view, chapter, clock_view, opened_bodies, plain
from domain.access import decides
from domain.case import CaseState, blank
from domain.command import COMMANDS, Actor, Facts, Happened, Refusal
from domain.decide import Decision, decide, may_issue
from domain.directory import Directory
from domain.identity_facts import facts_of
from domain.rules import Rules
from domain.stages.continuation import CarriedOver, ContinueCase
from domain.stages.papers import IssueDocument, offered
from domain.stream import fold
from ledger import rules
from ledger.keys import Keys
from ledger.status_codes import fits, written
from readmodels.case_list import waiting_for
from web.backend import Json, Origin, Problem

CODE = "123456"
"""The one-time code that is right, once."""
CODES = Keys("test", {"test": bytes(32)})
"""Under which the codes of the public page are made."""


class Standing(NamedTuple):
    """The services that working out a day asks of."""

    rules: Callable[[], Rules]


@dataclass
class Person:
    code: str
    name: str
    role: str
    office: str
    lawyer: str | None = None
    unit: str | None = None


@dataclass
class InMemory:
    """Every command is decided by the real rules at the moment `now`; sessions are the persons' codes."""

    directory: Directory
    staff: dict[str, Person]
    now: datetime
    histories: dict[str, list[Happened]] = field(default_factory=dict[str, list[Happened]])
    states: dict[str, CaseState] = field(default_factory=dict[str, CaseState])
    answered: dict[str, Json] = field(default_factory=dict[str, Json])
    bundles: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])
    """What each key of a bundle was sent with: another body under it is a conflict."""
    down: bool = False
    files: list[Json] = field(default_factory=list[Json])
    contents: dict[str, tuple[bytes, str]] = field(default_factory=dict[str, tuple[bytes, str]])
    messages: list[Json] = field(default_factory=list[Json])
    page: int = 50
    """How many messages a page of the inbox holds."""
    urgencies: dict[str, str] = field(default_factory=dict[str, str])
    """What the interface says of a case in the queue."""
    roles_needed: dict[str, str] = field(default_factory=dict[str, str])
    """Whose turn a case of the queue is."""
    readers_of_files: tuple[str, ...] = ("receptionist", "caseworker", "approver")
    drawn: int = 0
    asked_of_progress: int = 0
    withheld: frozenset[str] = frozenset()
    """Types of events whose data nobody may see."""

    erased: frozenset[str] = frozenset()
    """Names of fields whose person was erased."""

    entries: list[Json] = field(default_factory=list[Json])
    """People known to the cases, as the interface tells of them."""
    against: Json = field(default_factory=lambda: {"hits": [], "people_searched": 3, "unlisted": 0})
    """What stands against any case."""
    second_factor: bool = False
    sitting_until: datetime | None = None
    spent: set[str] = field(default_factory=set[str])
    """One-time codes that were given."""
    taken: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    """Who took which case out of the house, and why."""
    looks: list[str] = field(default_factory=list[str])
    """Addresses from which the public page was asked."""
    most_looks: int = 10
    links: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    open_forms: dict[str, tuple[str, str, str]] = field(default_factory=dict[str, tuple[str, str, str]])
    """By window: who has which case's which form open."""

    def _person(self, session: str) -> Person:
        if session not in self.staff:
            raise Problem(401, "authentication_required")
        return self.staff[session]

    filters: list[Json] = field(default_factory=list[Json])
    """What people keep, each with its `person`."""

    async def ask(self, session: str, method: str, path: str, *, lang: str = "zh-CN", **more: Any) -> Any:
        person = self._person(session).code
        if path.partition("?")[0].startswith("/me/filters"):
            return self._filtered(person, method, path, more.get("json", {}))
        if path == "/me/account":
            until = self.sitting_until.isoformat() if self.sitting_until else None
            return {"owes": [], "second_factor": {"sitting_until": until} if self.second_factor else None}
        if path == "/calendar/day":
            asked = more["params"] | {"on": date.fromisoformat(more["params"]["on"])}
            desk = Desk(cast("Any", Standing(rules.current)), cast("Any", None), cast("Any", None), self.directory, self.now, "en")
            return limits.day(desk, **{"office": None, **asked})
        raise Problem(404, "not_found", path=path)

    def _filtered(self, person: str, method: str, path: str, body: Json) -> Any:
        mine = [f for f in self.filters if f["person"] == person]
        if method == "GET":
            return {"items": [dict(f) for f in mine if f["page"] == path.rpartition("=")[2]], "next_cursor": None}
        if any(f["name"] == body.get("name") for f in mine):
            raise Problem(409, "filter_name_taken", named=body["name"])
        if method == "POST":
            self.filters.append({**body, "person": person, "id": str(UUID(int=len(self.filters)))})
            return self.filters[-1]
        (found,) = [f for f in mine if f["id"] == path.rpartition("/")[2]] or [None]
        if found is None:
            raise Problem(404, "filter_not_found")
        if method == "DELETE":
            self.filters.remove(found)
            return None
        return found | body

    async def do_work(self, session: str, path: str, body: Json, *, key: str | None, lang: str) -> Any:
        """What a preview of moves says, by the real rules; anything else of that kind is noted and has begun nothing yet."""
        if path != "/reassignments/preview":
            self.begun.append((path, body))
            return {"batch": "b1"}
        items = [self._previewed(session, move, body["reason"], lang) for move in body["moves"]]
        refused = sum(item["code"] is not None for item in items)
        return {"items": items, "will": len(items) - refused, "refused": refused}

    begun: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])
    batches: dict[str, Json] = field(default_factory=dict[str, Json])

    def _previewed(self, session: str, move: Json, reason: str, lang: str) -> Json:
        case = self._case(move["case_id"])
        shown: Json = {**move, "held_by": case.owner, "case": self._row(case), "code": None, "detail": None}
        try:
            self._decided(session, case, "transfer_caseworker", {"to": move["to"], "reason": reason}, None, lang)
        except Problem as problem:
            return {**shown, "code": problem.code, "detail": problem.detail}
        return shown

    async def sign_in(self, username: str, password: str, otp: str | None, lang: str, origin: Origin | None = None) -> Json:
        if username not in self.staff or password != "password":
            raise Problem(401, "bad_credentials")
        return {"access_token": username, "token_type": "bearer", "expires_in": 3600}

    async def prove(self, session: str, code: str, lang: str, origin: Origin | None = None) -> None:
        self._person(session)
        if code != CODE or code in self.spent:
            raise Problem(422, "otp_wrong", errors=[{"pointer": "/code", "code": "otp_wrong"}])
        self.spent.add(code)
        self.sitting_until = self.now + timedelta(minutes=30)

    async def status(self, body: Json, lang: str, origin: Origin) -> Json:
        self.looks.append(origin.address)
        if len(self.looks) > self.most_looks:
            raise Problem(429, "too_many_looks", retry_after=600, minutes=10)
        numbers = written(str(body["number"]))
        case = next((c for c in self.states.values() if {c.register_number, c.case_number} & {*numbers}), None)
        if case is None or not fits(CODES, case.case_id, 0, str(body["code"])):
            raise Problem(404, "status_not_found")
        return told(case, numbers, self.directory, rules.current(), now=self.now, lang="en" if lang == "en" else "zh-CN")

    async def sign_out(self, session: str) -> None:
        self._person(session)

    async def me(self, session: str) -> Json:
        person = self._person(session)
        return {
            "id": person.code,
            "name": person.name,
            "username": session,
            "roles": [{"role": person.role, "office": person.office}],
            "lawyer": person.lawyer,
            "office": person.office,
            "unread": sum(not m["read"] for m in self.messages),
        }

    async def queue(self, session: str) -> Json:
        rows = (await self.cases(session, {}))["items"]
        told = [
            {**row, "urgency": self.urgencies.get(row["case_id"], "later"), "waiting_for": self._awaited(row["case_id"])} for row in rows
        ]
        return {"items": told, "next_cursor": None}

    def _awaited(self, case_id: str) -> str | None:
        return self.roles_needed.get(case_id) or waiting_for(self.states[case_id])

    async def cases(self, session: str, filters: Mapping[str, str]) -> Json:
        self._person(session)
        rows = [self._row(case) for case in self.states.values()]
        return {"items": [row for row in rows if filters.get("q", "") in str(row)], "next_cursor": None}

    def _row(self, case: CaseState) -> Json:
        due = min((c.due_at for c in case.clocks if c.live), default=None)
        nearest = next((c for c in case.clocks if c.live and c.due_at == due), None)
        view = case_view(case)
        return {
            **{n: view[n] for n in ("case_id", "register_number", "case_number", "stage", "state", "recipient_count")},
            "applicant": {"name": view["applicant"]["name"]}, "cause": case.matter.cause if case.matter else None,
            "lane": case.accept_first.state if case.accept_first else None,
            "due_at": due.isoformat() if due else None, "due_limit": nearest.limit if nearest else None,
        }  # fmt: skip

    def _case(self, case_id: str) -> CaseState:
        if case_id not in self.states:
            raise Problem(404, "case_not_found")
        return self.states[case_id]

    async def case(self, session: str, case_id: str, version: int | None = None) -> Json:
        self._person(session)
        case = self._case(case_id)
        if version is None:
            return opened_bodies({**case_view(case), "documents": self.files})
        if not 0 < version <= case.version:
            raise Problem(404, "version_not_found")
        return case_view(fold(self.histories[case_id][:version], blank(case_id)))

    async def case_to_take(self, session: str, case_id: str, reason: str) -> Json:
        self.taken.append((session, case_id, reason))
        return await self.case(session, case_id)

    async def events(self, session: str, case_id: str, after: int = 0) -> Json:
        self._case(case_id)
        return {
            "items": [self._event(case_id, i, h) for i, h in enumerate(self.histories[case_id], 1) if h.at.version > after],
            "next_cursor": None,
        }

    def _event(self, case_id: str, position: int, happened: Happened) -> Json:
        at, event = happened
        person = next((p.name for p in self.staff.values() if p.code == at.actor), None)
        decided = at.decided_at.isoformat()
        return {
            "position": position, "case_id": case_id, "version": at.version, "type": event.type,
            "recorded_at": decided, "decided_at": decided,
            "effective_on": at.effective_on.isoformat(), "actor": {"id": at.actor, "name": person, "role": at.role},
            "on_behalf_of": at.on_behalf_of,
            "office": at.office, "chain_hash": f"{position:064x}",
            **({} if event.type in self.withheld else {"data": self._without_erased(plain(event))}),
        }  # fmt: skip

    def _without_erased(self, held: Any) -> Any:
        if isinstance(held, list):
            return [self._without_erased(each) for each in cast("list[Any]", held)]
        if not isinstance(held, dict):
            return held
        gone = {"erased": True, "at": self.now.isoformat()}
        return {n: gone if n in self.erased else self._without_erased(v) for n, v in cast("Json", held).items()}

    async def allowed(self, session: str, case_id: str) -> list[Json]:
        case, person = self._case(case_id), self._person(session)
        actor = Actor(person.code, person.role, person.office, person.lawyer, person.unit)
        kinds = [kind for kind in COMMANDS.values() if person.role in kind.roles]
        names = [kind.name for kind in kinds if may_issue(case, kind, actor, self.directory, self.now.date())]
        return [{"name": name, "label": name, "schema": {}} for name in names]

    async def clocks(self, session: str, case_id: str) -> list[Json]:
        return [clock_view(c) for c in self._case(case_id).clocks]

    async def submit(self, session: str, body: Json, *, key: str, lang: str) -> Json:
        return await self.command(session, "", "submit_application", body, key=key, if_match=None, lang=lang)

    async def notice(self, session: str, body: Json, *, key: str, lang: str) -> Json:
        reserved = [str(uuid4()) for _ in body.get("persons", ())[1:]]
        first = await self.command(session, "", "receive_organ_notice", {**body, "reserved": reserved}, key=key, if_match=None, lang=lang)
        notice = self.states[first["case_id"]].notice
        assert notice is not None
        opened = [c for c in self.states.values() if c.notice and c.notice.notice_id == notice.notice_id]
        return {"notice_id": str(notice.notice_id), "cases": [{"case_id": c.case_id, "version": c.version} for c in opened]}

    async def command(self, session: str, case_id: str, command: str, body: Json, *, key: str, if_match: int | None, lang: str) -> Json:
        if key in self.answered:
            return self.answered[key]
        _, decision = self._decided(session, self._case(case_id) if case_id else blank(str(uuid4())), command, body, if_match, lang)
        return self._kept(key, [decision])

    async def bundle(
        self, session: str, case_id: str | None, commands: Sequence[Json], *, key: str, if_match: int | None, lang: str
    ) -> Json:
        if self.bundles.setdefault(key, list(commands)) != list(commands):
            raise Problem(409, "idempotency_conflict")
        if key in self.answered:
            return self.answered[key]
        case = self._case(case_id) if case_id else blank(str(uuid4()))
        decisions: list[Decision] = []
        for index, asked in enumerate(commands):
            said = [each for d in decisions for each in d.events]
            try:
                case, decision = self._decided(session, case, asked["command"], asked["body"], None if index else if_match, lang, said)
            except Problem as problem:
                errors = [{**e, "pointer": f"/commands/{index}/body{e['pointer']}"} for e in problem.errors]
                members = {**problem.members, "index": index}
                raise Problem(problem.status, problem.code, problem.detail, errors, **members) from problem
            decisions.append(decision)
        return self._kept(key, decisions)

    async def continuation(self, session: str, case_id: str, body: Json, *, key: str, if_match: int | None, lang: str) -> Json:
        if key in self.answered:
            return self.answered[key]
        _, decision = self._decided(session, self._case(case_id), "continue_case", body, if_match, lang)
        self._kept(f"{key}/before", [decision])
        return self._kept(key, [decision.others[0]])

    async def chain(self, session: str, case_id: str) -> list[Json]:
        case = self._case(case_id)
        before = [str(case.continues.case_id)] if case.continues else []
        after = [str(c.case_id) for c in case.continued]
        return [chapter(self.states[each], asked=each == case_id) for each in [*before, case_id, *after]]

    def _decided(  # noqa: PLR0917 -- what a decision takes
        self, session: str, case: CaseState, command: str, body: Json, if_match: int | None, lang: str, said: Sequence[Happened] = ()
    ) -> tuple[CaseState, Decision]:
        person = self._person(session)
        if self.down:
            raise Problem(503, "engine_away")
        if if_match is not None and case.last_act_version > if_match:
            raise Problem(412, "version_mismatch", version=case.version)
        if self.second_factor and self.sitting_until is None and decides(command, Actor(person.code, person.role, person.office)):
            raise Problem(403, "code_required", texts.text("en", "problems.code_required", minutes=30))
        try:
            asked = COMMANDS[command].model_validate(body)
        except ValidationError as fault:
            raise Problem(422, "invalid", errors=field_errors(fault.errors(), body)) from fault
        if isinstance(asked, ContinueCase):
            matter = case.matter
            carried = CarriedOver(parties=case.parties, summary=matter.summary if matter else None)
            asked = asked.model_copy(update={"reserved": (uuid4(),), "carried_over": carried})
        facts = Facts(
            now=self.now, effective_on=asked.effective_on or self.now.date(),
            actor=Actor(person.code, person.role, person.office, person.lawyer, person.unit),
            directory=self.directory, rules=rules.current(), command_id=str(uuid4()),
            history=[*self.histories.get(case.case_id, []), *said],
            positions={i: h.at.version for i, h in enumerate(self.histories.get(case.case_id, []), 1)},
            others={other: self.states.get(other, blank(other)) for other in asked.others()},
        )  # fmt: skip
        try:
            decision = decide(case, asked, facts).numbered(self._draw, self.directory)
        except Refusal as refusal:
            said = document(of_refusal(refusal), lang if lang == "en" else "zh-CN")
            raise Problem(refusal.status, refusal.code, said["detail"], said.get("errors", [])) from refusal
        return decision.case, decision

    def _kept(self, key: str, decisions: Sequence[Decision]) -> Json:
        for decision in (each for d in decisions for each in d.cases):
            self.states[decision.case.case_id] = decision.case
            self.histories.setdefault(decision.case.case_id, []).extend(decision.events)
        last = decisions[-1].case
        self.answered[key] = {"case_id": last.case_id, "version": last.version}
        return self.answered[key]

    def _draw(self, series: Any) -> int:
        del series
        self.drawn += 1
        return self.drawn

    async def across(self, session: str, filters: Mapping[str, str | list[str]]) -> Json:
        wanted = filters.get("type")
        items = [
            self._event(c, i, h) for c, past in self.histories.items() for i, h in enumerate(past, 1) if wanted in (None, h.event.type)
        ]
        return {"items": [{**e, "case_number": self.states[e["case_id"]].case_number} for e in reversed(items)], "next_cursor": None}

    async def inbox(self, session: str, cursor: str | None = None) -> Json:
        self._person(session)
        start = int(cursor or 0)
        end = start + self.page
        return {"items": self.messages[start:end], "next_cursor": str(end) if len(self.messages) > end else None}

    async def read(self, session: str, message_id: str) -> None:
        for message in self.messages:
            message["read"] = message["read"] or message["id"] == message_id

    async def editing(self, session: str, case_id: str, command: str, window: str) -> None:
        person = self._person(session)
        self._case(case_id)
        self.open_forms[window] = (person.code, case_id, command)

    async def draft_key(self, session: str) -> bytes:
        return hashlib.sha256(self._person(session).code.encode()).digest()

    async def offices(self, session: str, known: str = "") -> list[Json]:
        del known
        return [plain(office) for office in self.directory.offices()]

    async def lawyers(self, session: str, known: str = "") -> list[Json]:
        del known
        units = self.directory.unit_of
        return [
            {"code": each.code, "name": each.name, "unit": each.unit, "unit_name": units[each.unit].name}
            for each in self.directory.lawyer_of.values()
        ]

    async def people(self, session: str, known: str = "") -> list[Json]:
        del known
        on = self.now.date()
        return [
            {"code": p.code, "name": p.name, "office": p.office, "roles": sorted({role for role, _ in p.roles_on(on)})}
            for p in self.directory.person_of.values()
        ]

    async def townships(self, session: str, known: str = "") -> list[Json]:
        del known
        return [plain(township) for township in self.directory.township_of.values()]

    async def tariffs(self, session: str) -> list[Json]:
        return [{"code": code, "amount_fen": dated[-1].amount_fen} for code, dated in self.directory.tariffs.items()]

    async def attach(self, session: str, case_id: str, *, title: str, media_type: str, content: bytes, key: str, lang: str) -> Json:
        document_id = str(UUID(int=len(self.files)))
        self.contents[document_id] = (content, media_type)
        self.files.append(
            {
                "document_id": document_id,
                "title": title,
                "media_type": media_type,
                "size": len(content),
                "digest": hashlib.sha256(content).hexdigest(),
            }
        )
        return {"case_id": case_id}

    async def papers(self, session: str, case_id: str, lang: str) -> Json:
        person, case = self._person(session), self._case(case_id)
        history = self.histories[case_id]
        issuable: list[Json] = []

        def called(code: str) -> Json:
            return {"template": code, "title": texts.text("en" if lang == "en" else "zh-CN", f"templates.{code}")}

        for code, (template, *_) in rules.current().templates.rows.items():
            versions = offered(template, case, history) if person.role in IssueDocument.roles else ()
            about = [
                {"version": v, "type": h.event.type, "effective_on": h.at.effective_on.isoformat()}
                for v in versions
                for h in history
                if h.at.version == v
            ]
            if about:
                issuable.append(called(code) | {"template_version": template.version, "about": about, "each": template.each})
        issued = [plain(p) | called(p.template) | {"readable": person.role in self.readers_of_files} for p in reversed(case.issued)]
        return {"case_id": case_id, "version": case.version, "issuable": issuable, "issued": issued}

    async def paper_preview(self, session: str, case_id: str, asked: Mapping[str, str], lang: str) -> bytes:
        self._person(session)
        self._case(case_id)
        return f"%PDF- draft {sorted(asked.items())}".encode()

    async def paper(self, session: str, case_id: str, document_id: str) -> bytes:
        self._person(session)
        self._case(case_id)
        return f"%PDF- {document_id}".encode()

    async def paper_progress(self, session: str, case_id: str, document_id: str) -> Json:
        self.asked_of_progress += 1
        return {"state": "ready" if self.asked_of_progress > 1 else "drawing", "pages": 300, "seconds": self.asked_of_progress}

    async def papers_print(self, session: str, case_id: str, ids: Sequence[str]) -> bytes:
        return b"%PDF- " + b" ".join(i.encode() for i in ids)

    async def document(self, session: str, case_id: str, document_id: str) -> tuple[bytes, str]:
        self._case(case_id)
        if self._person(session).role not in self.readers_of_files or document_id not in self.contents:
            raise Problem(404, "document_not_found")
        return self.contents[document_id]

    async def persons(self, session: str, asked: Mapping[str, str]) -> Json:
        self._person(session)
        return {"items": [p | {"matched": ["name"]} for p in self.entries if asked["q"] in str(p["name"])], "next_cursor": None}

    async def identity(self, session: str, number: str) -> Json:
        facts = facts_of(number, self.now.date())._asdict()
        return facts | {"valid": facts["fault"] is None, "birth_date": str(facts["birth_date"])}

    async def duplicates(self, session: str, asked: Mapping[str, Any], *, lang: str) -> Json:
        self._person(session)
        alike = [p | {"reasons": ["name"]} for p in self.entries if p["name"] == asked.get("name")]
        return {"items": alike, "elsewhere": int("id_number" in asked)}

    async def link_people(self, session: str, kept: str, body: Json, *, key: str, lang: str) -> Json:
        if kept == body["other"]:
            raise Problem(409, "people_linked_already")
        self.links.append((kept, body["other"], body["reason"]))
        return {"kept": kept, "other": body["other"]}

    async def unlink_people(self, session: str, kept: str, body: Json, *, key: str, lang: str) -> Json:
        if (kept, body["other"]) not in {link[:2] for link in self.links}:
            raise Problem(409, "people_not_linked")
        self.links = [link for link in self.links if link[:2] != (kept, body["other"])]
        return {"kept": kept, "other": body["other"]}

    async def work(self, session: str, path: str, asked: Mapping[str, str]) -> Any:
        self._person(session)
        if path in self.batches:
            return self.batches[path]
        ranked = [
            {
                "lawyer": each.code,
                "name": each.name,
                "unit": each.unit,
                "score": 1,
                "reasons": ["chosen"],
                "gates": [],
                "load": 2,
                "max_load": 8,
            }
            for each in self.directory.lawyer_of.values()
        ]
        return {"items": ranked, "panel": len(ranked), "free": len(ranked)}

    async def conflicts(self, session: str, case_id: str) -> Json:
        self._case(case_id)
        return self.against

"""The one façade the pages stand on. Every answer has exactly the JSON shape of the HTTP contract; every failure is a `Problem`.

A `session` is the opaque access token of the signed-in person.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from api.court import Bundle
from api.exporting import Download, Form
from api.history_filters import Asked
from texts import Lang

type Json = dict[str, Any]


def part(held: Mapping[str, Any], name: str) -> Json:
    """The object within an answer; empty where it is absent, null or withheld."""
    return held.get(name) or {}


def items(held: Mapping[str, Any], name: str) -> list[Json]:
    """The list of objects within an answer; empty where it is absent, null or withheld."""
    return held.get(name) or []


class Problem(Exception):  # noqa: N818 -- the standard's word (RFC 9457); most of these are answers, not faults
    """A problem document. `errors` are faults of fields (`pointer`, `code`, `detail`); `members` is what else it holds."""

    def __init__(self, status: int, code: str, detail: str = "", errors: Sequence[Mapping[str, Any]] = (), **members: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.errors, self.members = status, code, detail, tuple(errors), members


class Origin(NamedTuple):
    """From where a browser signs in: its network address and what it calls itself."""

    address: str
    agent: str


class Backend(Protocol):
    """What pages ask. All methods raise `Problem`; 401 where the session has ended."""

    async def ask(self, session: str | None, method: str, path: str, *, lang: str = "zh-CN", **more: Any) -> Any:
        """Any other call of the contract: the JSON it answers, None where it answers none. `more` are `json`, `params` and `headers`."""
        ...

    async def sign_in(self, username: str, password: str, otp: str | None, lang: str, origin: Origin | None = None) -> Json:
        """`{access_token, token_type, expires_in}` (seconds), and `owes[]` where something comes before anything else."""
        ...

    async def oidc_return(self, body: Json, lang: str, origin: Origin | None = None) -> Json:
        """The same as `sign_in`, with what the provider sent back: `{flow, state, code}`."""
        ...

    async def prove(self, session: str, code: str, lang: str, origin: Origin | None = None) -> None:
        """Give a one-time code in the session: a sitting of decisions begins."""
        ...

    async def status(self, body: Json, lang: str, origin: Origin) -> Json:
        """What `POST /status` answers to `{number, code}`, asked from where the browser is."""
        ...

    async def sign_out(self, session: str) -> None: ...

    async def me(self, session: str) -> Json:
        """`{id, name, roles[] or role, office, unread, …}`."""
        ...

    async def queue(self, session: str) -> Json:
        """`{items: [...], next_cursor}`: all of the caller's cases as list rows, with `urgency` and `waiting_for`."""
        ...

    async def cases(self, session: str, filters: Mapping[str, str]) -> Json:
        """`{items, next_cursor}`; filters as of `GET /cases`."""
        ...

    async def case(self, session: str, case_id: str, version: int | None = None) -> Json: ...

    async def case_to_take(self, session: str, case_id: str, reason: str) -> Json:
        """The case, for a file that leaves the house: recorded as exported, for the reason."""
        ...

    async def events(self, session: str, case_id: str, after: int = 0) -> Json:
        """`{items, next_cursor}`: the whole history after a version, oldest first."""
        ...

    async def allowed(self, session: str, case_id: str) -> list[Json]:
        """`[{name, label, schema}]` for the caller now."""
        ...

    async def clocks(self, session: str, case_id: str) -> list[Json]: ...

    async def submit(self, session: str, body: Json, *, key: str, lang: str) -> Json:
        """Open a case with the body of submit_application: `{case_id, register_number, version, …}`."""
        ...

    async def notice(self, session: str, body: Json, *, key: str, lang: str) -> Json:
        """Open the cases of an organ's notice: `{notice_id, cases: [{case_id, register_number, version, …}]}`."""
        ...

    async def command(self, session: str, case_id: str, command: str, body: Json, *, key: str, if_match: int | None, lang: str) -> Json: ...

    async def bundle(
        self, session: str, case_id: str | None, commands: Sequence[Json], *, key: str, if_match: int | None, lang: str
    ) -> Json:
        """Carry out `[{command, body}]`, all or none; without a case the first of them opens one. The shape of a command's answer.

        Pointers of faults begin with `/commands/<index>/body`; a refusal names the `index` of the command refused.
        """
        ...

    async def continuation(self, session: str, case_id: str, body: Json, *, key: str, if_match: int | None, lang: str) -> Json:
        """Open the case that follows: the shape of a command's answer, of the new case."""
        ...

    async def chain(self, session: str, case_id: str) -> list[Json]:
        """The case with those before and after it, in the order they were opened: `[{case_id, asked, relation, state, …}]`."""
        ...

    async def across(self, session: str, filters: Mapping[str, str | list[str]]) -> Json:
        """`{items, next_cursor}`: events across cases; filters as of `GET /events`."""
        ...

    async def export(self, session: str, form: Form, asked: Asked, *, lang: Lang, reason: str | None = None) -> Download:
        """What `GET /exports/…` answers, as it comes; with a reason, under the house's own codes."""
        ...

    async def inbox(self, session: str, cursor: str | None = None) -> Json:
        """One page, newest first: `{items: [{id, at, case_id, limit, kind, due_on, read, …}], next_cursor}`."""
        ...

    async def read(self, session: str, message_id: str) -> None: ...

    async def live(self, session: str, cases: Sequence[str], last: str | None, lang: Lang) -> AsyncIterator[bytes]:
        """What `GET /stream` answers, as it comes."""
        ...

    async def editing(self, session: str, case_id: str, command: str, window: str) -> None:
        """Tell those who look at the case that a form of it is open in a window of the caller's; without a command: no longer."""
        ...

    async def draft_key(self, session: str) -> bytes:
        """The 32 bytes that the caller's browser keeps under what they typed and did not send; another person's are others."""
        ...

    async def offices(self, session: str, known: str = "") -> list[Json]:
        """`[{code, name, kind, …}]`. `known` is the directory's mark in `me`: with it the list may be one that was read before."""
        ...

    async def lawyers(self, session: str, known: str = "") -> list[Json]:
        """`[{code, name, unit, unit_name, …}]`."""
        ...

    async def people(self, session: str, known: str = "") -> list[Json]:
        """`[{code, name, office, roles}]`: the colleagues a form may name."""
        ...

    async def townships(self, session: str, known: str = "") -> list[Json]:
        """`[{code, name, name_en, county, …}]`."""
        ...

    async def tariffs(self, session: str) -> list[Json]:
        """`[{code, amount_fen}]` in force today."""
        ...

    async def document(self, session: str, case_id: str, document_id: str) -> tuple[bytes, str]:
        """A file's content and media type."""
        ...

    async def papers(self, session: str, case_id: str, lang: str) -> Json:
        """`{issuable: [{template, title, template_version, about, each}], issued: [{document_id, number, title, readable, …}]}`."""
        ...

    async def paper_preview(self, session: str, case_id: str, asked: Mapping[str, str], *, lang: str) -> bytes:
        """The PDF of a draft; `asked` as of `GET …/papers/preview`."""
        ...

    async def paper(self, session: str, case_id: str, document_id: str) -> bytes:
        """The PDF of an issued paper."""
        ...

    async def paper_progress(self, session: str, case_id: str, document_id: str) -> Json:
        """`{state: drawing|ready, pages, seconds}`; asking sets it going."""
        ...

    async def papers_print(self, session: str, case_id: str, ids: Sequence[str]) -> bytes:
        """Several issued papers as one PDF."""
        ...

    async def court_bundle(self, session: str, case_id: str, reason: str, lang: Lang) -> Bundle:
        """The case for a court, ready to be sent."""
        ...

    async def persons(self, session: str, asked: Mapping[str, str]) -> Json:
        """`{items: [{subject_id, name, linked, entries: [{case_id, kind, role, …}], …}], next_cursor}`; `asked` as of `GET /persons`."""
        ...

    async def identity(self, session: str, number: str) -> Json:
        """`{number, valid, fault, birth_date, sex, age, …}`: what a resident's number says."""
        ...

    async def duplicates(self, session: str, asked: Mapping[str, Any], *, lang: str) -> Json:
        """`{items: [{…as of persons, reasons}], elsewhere}`: who may be the person asked about."""
        ...

    async def link_people(self, session: str, kept: str, body: Json, *, key: str, lang: str) -> Json: ...

    async def unlink_people(self, session: str, kept: str, body: Json, *, key: str, lang: str) -> Json: ...

    async def conflicts(self, session: str, case_id: str) -> Json:
        """`{hits: [{party_id, role_here, case_id, role_there, matched_by, why, severity, barred, …}], people_searched, unlisted}`."""
        ...

    async def attach(self, session: str, case_id: str, *, title: str, media_type: str, content: bytes, key: str, lang: str) -> Json:
        """Add a file to the case: the shape of a command's answer."""
        ...

    async def work(self, session: str, path: str, asked: Mapping[str, str]) -> Any:
        """What a route of assignment, rota, workload or reassignment answers to a question; lists come as their items."""
        ...

    async def do_work(self, session: str, path: str, body: Json, *, key: str | None, lang: str) -> Any:
        """What such a route answers to a change; `key` where it takes one."""
        ...

"""What every page shares: who visits in which language, how a page is rendered, and what keeps it safe.

Pages carry a strict content security policy (no inline script or style), and every form a token derived from the cookie that
only this browser holds.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from jinja2 import ChainableUndefined, Environment, FileSystemLoader
from starlette.datastructures import FormData

import texts
from api import problem as api_problem
from api import recording
from api.list_reading import ACROSS_ROLES
from domain.consultation.register import RegisterConsultation
from domain.duty.request import ReceiveDutyRequest
from domain.stages.application import SubmitApplication
from texts import Lang
from texts.speak import Lookup, moment, paper, say_date, say_fen, say_moment, say_short_date, say_time, say_weekday
from web.assets import asset, reads_gzip, squeezed
from web.backend import Backend, Json, Problem
from web.clock import go_by
from web.gone import speak_in
from web.guide import COOKIE as TOUR
from web.guide import Tour, at_the_door, under_way
from web.menu import menu
from web.near import Near

SESSION, DOOR, LANGUAGE, TYPE = "yuanshou_session", "yuanshou_door", "yuanshou_lang", "yuanshou_type"
REASON = "yuanshou_reason"
"""Why the pages of one file are read; the browser sends it to those alone."""
CARRIED = ("key", "version", "from")
FORMS = re.compile(
    r"/(?:intake|notices/new|same-day|reception|duty|(?:consultations|duty-requests)/[^/]+/commands/[^/]+|cases/[^/]+/(?:commands/[^/]+|group/add|visit-kit))"
)
"""Addresses of forms: what was typed there comes back through the door where the session had ended."""
YEAR_SECONDS = 365 * 24 * 3600
_TOKEN_BYTES = 16
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
OWED = frozenset({"password_change_required", "second_factor_required", "otp_owed"})
"""What sends a person to their account before they may go anywhere else."""
REPEATABLE = frozenset({429, 503})
"""Statuses after which the same key is sent again: the step may yet have been carried out."""
RESUME = "resume"
"""In the address of a form: what was typed comes from the door, where the session had to be opened again."""

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=ChainableUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass
class Visit:
    """One request of a person: their language, session and what the directory calls things."""

    request: Request
    backend: Backend
    lang: Lang
    session: str = ""
    door: str = ""
    """The secret of a browser in which nobody is signed in yet."""
    me: Json = field(default_factory=dict[str, Any])
    offices: list[Json] = field(default_factory=list[Json])
    lawyers: list[Json] = field(default_factory=list[Json])
    people: list[Json] = field(default_factory=list[Json])
    townships: list[Json] = field(default_factory=list[Json])
    tour: Tour | None = None
    """What the banner of a house with a tour says."""

    @cached_property
    def names(self) -> dict[str, str]:
        """Directory codes to names, in the visitor's language where the directory has both."""
        named = {str(entry["code"]): self.called(entry) for entry in [*self.offices, *self.people, *self.lawyers]}
        return {**{str(each["unit"]): str(each.get("unit_name") or each["unit"]) for each in self.lawyers}, **named}

    @cached_property
    def office(self) -> str:
        """Code of the visitor's own office; empty for who has none."""
        own: Any = self.me.get("office") or ""
        return str(cast("Json", own)["code"]) if isinstance(own, dict) else str(own)

    @cached_property
    def near(self) -> Near:
        """The offices and people that a form offers: a city has thousands, somebody at a desk deals with those around."""
        return Near.of(self.office, self.offices, self.people)

    @property
    def centres(self) -> list[Json]:
        """The offices that are centres."""
        return [office for office in self.offices if office["kind"] == "centre"]

    @property
    def unread(self) -> int:
        """How many messages wait in the inbox."""
        return int(self.me.get("unread") or 0)

    @cached_property
    def roles(self) -> frozenset[str]:
        held: list[Any] = self.me.get("roles") or [self.me.get("role")]
        return frozenset(str(cast("Json", r)["role"]) if isinstance(r, dict) else str(r) for r in held)

    def roles_include(self, any_of: Iterable[str]) -> bool:
        return not self.roles.isdisjoint(any_of)

    def called(self, entry: Mapping[str, Any]) -> str:
        return str((entry.get("name_en") if self.lang == "en" else None) or entry["name"])

    async def ask(self, method: str, path: str, body: Json | None = None, key: str = "", params: Mapping[str, str] | None = None) -> Any:
        """What a route of the interface answers; `key` where it takes one. Raises `Problem`."""
        more: Json = ({"json": body} if body is not None else {}) | ({"headers": {"Idempotency-Key": key}} if key else {})
        more |= {"params": dict(params)} if params else {}
        return await self.backend.ask(self.session, method, path, lang=self.lang, **more)

    def t(self, key: str, /, **values: Any) -> str:
        return texts.text(self.lang, key, names=self.names, **values)

    def word(self, field_name: str, code: Any, command: str = "") -> str:
        """The word for a code of the contract; codes that the catalogue does not know stay as they are."""
        return texts.value(self.lang, field_name, str(code), command) if code not in (None, "") else ""

    @property
    def csrf(self) -> str:
        return csrf_token(self.session or self.door)


def csrf_token(secret: str, mask: bytes = b"") -> str:
    """The token of this browser's forms: nobody can make it who does not hold the cookie. It is written otherwise each time, so that
    the length of compressed pages tells nothing of it (BREACH).
    """
    mask = mask or secrets.token_bytes(_TOKEN_BYTES)
    token = hmac.new(secret.encode(), b"csrf", hashlib.sha256).digest()[:_TOKEN_BYTES]
    return (mask + bytes(a ^ b for a, b in zip(mask, token, strict=True))).hex()


def is_ours(secret: str, token: str) -> bool:
    """Whether the token was made under the secret, whatever its mask."""
    try:
        mask = bytes.fromhex(token)[:_TOKEN_BYTES]
    except ValueError:
        return False
    return len(mask) == _TOKEN_BYTES and hmac.compare_digest(token, csrf_token(secret, mask))


def language_of(request: Request) -> Lang:
    chosen = request.cookies.get(LANGUAGE)
    return chosen if chosen in texts.LANGUAGES else texts.preferred(request.headers.get("accept-language", "zh-CN"))


def stranger(request: Request) -> Visit:
    """A visit without a session."""
    door = request.cookies.get(DOOR) or secrets.token_urlsafe(32)
    visit = Visit(request, cast("Backend", request.app.state.backend), language_of(request), door=door)
    visit.tour = at_the_door(visit)
    return visit


async def visitor(request: Request) -> Visit:
    """The visit of a signed-in person. Raises `Problem` 401."""
    visit = stranger(request)
    visit.session = request.cookies.get(SESSION, "")
    if not visit.session:
        raise Problem(401, "authentication_required")
    visit.me = await visit.backend.me(visit.session)
    known = str(visit.me.get("directory") or "")
    visit.offices = await visit.backend.offices(visit.session, known)
    visit.lawyers = await visit.backend.lawyers(visit.session, known)
    visit.people = await visit.backend.people(visit.session, known)
    visit.townships = await visit.backend.townships(visit.session, known)
    visit.tour = await under_way(visit)
    return visit


def guarded(visit: Visit, sent: Mapping[str, Any]) -> None:
    """Raises `Problem` 403 unless the form came from one of our pages in this browser."""
    if not is_ours(visit.session or visit.door, str(sent.get("csrf", ""))):
        raise Problem(403, "csrf", texts.refusal(visit.lang, "csrf")[1])


def _paper(lang: Lang, held: Any) -> str:
    return paper(lang, held, Lookup(texts.catalogue(lang)))


def _named(visit: Visit, code: Any) -> str:
    return visit.names.get(str(code), str(code))


def render(visit: Visit, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """A page. Adds the helpers that templates speak with."""
    lang = visit.lang
    path = visit.request.url.path
    here = f"{path}?{visit.request.url.query}" if visit.request.url.query else path
    helpers: dict[str, Any] = {
        "visit": visit, "t": visit.t, "word": visit.word, "lang": lang, "csrf": visit.csrf,
        "here": here, "path": path, "menu": menu(visit.roles, path), "quote": partial(quote, safe=""), "asset": asset,
        "large": visit.request.cookies.get(TYPE) == "large", "may_take": bool(visit.roles & SubmitApplication.roles),
        "may_receive": bool(visit.roles & RegisterConsultation.roles),
        "may_keep_duty": bool(visit.roles & ReceiveDutyRequest.roles),
        "may_read_history": visit.roles_include(ACROSS_ROLES), "label": partial(texts.label, lang), "has": partial(texts.has, lang),
        "day": partial(say_date, lang), "short_day": partial(say_short_date, lang), "weekday": partial(say_weekday, lang),
        "time": partial(say_time, lang), "at": partial(say_moment, lang), "fen": partial(say_fen, lang), "moment": moment,

        "paper": partial(_paper, lang), "name_of": partial(_named, visit),
    }  # fmt: skip
    page = _templates.get_template(template).render({**helpers, **values}).encode()
    headers = {**HEADERS, "Content-Language": lang, "Vary": "Accept-Encoding"}
    if reads_gzip(visit.request.headers):
        page, headers = squeezed(page), {**headers, "Content-Encoding": "gzip"}
    response = HTMLResponse(page, status, headers)
    if not visit.session and DOOR not in visit.request.cookies:
        keep(visit.request, response, DOOR, visit.door)
    if visit.tour and visit.tour.marks and str(visit.tour.marks) != visit.request.cookies.get(TOUR):
        keep(visit.request, response, TOUR, str(visit.tour.marks), YEAR_SECONDS)
    return response


def keep(request: Request, response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie that scripts cannot read and other sites do not send."""
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/")


def local(address: str) -> str:
    """The address if it is one of ours, else the front page: nobody is sent elsewhere by a link."""
    parts = urlsplit(address)
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return address if ours else "/"


def go(address: str) -> RedirectResponse:
    return RedirectResponse(local(address), status_code=303, headers=HEADERS)


async def troubled(request: Request, problem: Problem) -> Response:
    """A problem as a page; the way to the door where nobody is signed in."""
    if problem.status == 401:
        return await _to_the_door(request)
    if problem.code in OWED and request.url.path != "/account":
        return go("/account")
    try:
        visit = await visitor(request)
    except Problem:
        visit = stranger(request)
    if problem.status == 403 and problem.code == "access_reason_required" and request.method == "GET":
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return render(visit, "reason.html", 403, place=address, most=recording.REASON_MOST, reason="", trouble="")
    detail = problem.detail or problem_sentence(visit, problem)
    return render(visit, "problem.html", problem.status, problem=problem, detail=detail)


async def problem_page(request: Request, problem: api_problem.Problem) -> Response:
    """The page of a problem that was met outside the pages: what holds an answer back, and what nobody expected."""
    told = {"correlation_id": request.state.correlation_id} if problem.status == 500 else {}
    shown = await troubled(request, Problem(problem.status, problem.code, errors=problem.errors, **told, **problem.values))
    shown.headers.update(problem.headers)
    return shown


def file_of(path: str) -> str:
    """The address below which the pages of one file stand: `/cases/<id>`."""
    return "/".join(path.split("/")[:3])


def _for_a_reason(request: Request) -> None:
    """Let what the page at hand asks be asked for the reason that the browser carries, if it carries one."""
    if said := unquote(request.cookies.get(REASON, "")).strip()[: recording.REASON_MOST]:
        recording.current().reason = said


async def _to_the_door(request: Request) -> Response:
    """The way to sign in and back. What was typed into a form goes along: a session that ended costs nobody their work."""
    path = request.url.path
    address = path + (f"?{request.url.query}" if request.url.query else "")
    typed = await typed_pairs(request) if request.method == "POST" else []
    if request.method == "POST" and not FORMS.fullmatch(path):
        address = "/"
    if typed:
        visit = stranger(request)
        trouble = visit.t("pages.session_ended")
        response: Response = render(visit, "sign_in.html", 401, next=path, username="", trouble=trouble, otp=False, typed=typed)
    else:
        response = go(f"/sign-in?next={quote(address, safe='')}")
    response.delete_cookie(SESSION, path="/")
    return response


def text_of(sent: FormData, name: str) -> str:
    """A field of a sent form that is no file; empty where it is not there."""
    value = sent.get(name)
    return value if isinstance(value, str) else ""


async def typed_pairs(request: Request) -> list[tuple[str, str]]:
    """What stands in the fields of a form that was sent (their names are JSON pointers), and its key and version."""
    async with request.form() as sent:
        pairs = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
    if not any(name.startswith("/") for name, _ in pairs):
        return []
    return [(name, value) for name, value in pairs if name.startswith("/") or name in CARRIED]


def problem_sentence(visit: Visit, problem: Problem) -> str:
    """What happened and what to do, for a problem that came without its sentence."""
    known = problem.code if texts.has(visit.lang, f"problems.{problem.code}") else "internal_error"
    return texts.refusal(visit.lang, known, **problem.members)[1]


def reasons(visit: Visit, problem: Problem) -> str:
    """Why not, in one paragraph: the problem's own sentence and those of the fields."""
    told = [str(error.get("detail") or "") for error in problem.errors]
    return " ".join(dict.fromkeys(filter(None, [problem.detail or problem_sentence(visit, problem), *told])))


class PageRoute(APIRoute):
    """A route that answers a `Problem` with a page instead of a document."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def page(request: Request) -> Response:
            go_by(request.app.state.now)
            speak_in(language_of(request))
            _for_a_reason(request)
            try:
                return await handler(request)
            except Problem as problem:
                # Told to whoever stands around the application: a right that a page itself refused is a refusal too.
                request.scope.setdefault("state", {})["problem"] = api_problem.Problem(problem.status, problem.code)
                return await troubled(request, problem)

        return page

"""One code a sitting (每次办公一次验证码): where an approver's session decides no more without a one-time code, the page asks for it.

The code goes along with the form that needs it, so that what was typed is sent once more by the same button; or it is given at the desk,
before the first decision.
"""

from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import FormData

from web.backend import Json, Origin, Problem, part
from web.page import Visit, text_of

CODE = "otp"
"""Name of the field that takes the code."""
ASKED = frozenset({"code_required", "otp_wrong", "too_many_sign_ins"})
"""Codes of what a page answers by asking for the one-time code (again)."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """How a visitor decides: whether a code is asked for before the next decision, and until when not."""

    closed: bool = False
    until: str = ""


def origin_of(request: Request) -> Origin:
    """From where the browser comes: guesses are counted by it."""
    return Origin(request.client.host if request.client else "", request.headers.get("user-agent", ""))


async def given(visit: Visit, sent: FormData) -> None:
    """Give the code that was typed beside a form; nothing where none was. Raises `Problem` with a code of `ASKED`."""
    if code := text_of(sent, CODE).strip():
        await prove(visit, code)


async def prove(visit: Visit, code: str) -> None:
    try:
        await visit.backend.prove(visit.session, code, visit.lang, origin_of(visit.request))
    except Problem as problem:
        if problem.status != 422:
            raise
        # The field is this page's own, whatever the interface calls it.
        raise Problem(422, "otp_wrong", visit.t("problems.otp_wrong")) from problem


async def sitting_of(visit: Visit) -> Sitting:
    """Whether the visitor's session decides as it is."""
    account: Json = await visit.ask("GET", "/me/account")
    factor = part(account, "second_factor")
    return Sitting(closed=bool(factor) and not factor.get("sitting_until"), until=str(factor.get("sitting_until") or ""))

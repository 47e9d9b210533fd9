"""Why somebody reads what is only read for a reason: asked for once a file, carried by the browser for a while, recorded with each read."""

from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Request, Response

from api.recording import REASON_MOST
from web.page import REASON, PageRoute, Visit, file_of, go, guarded, local, render, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Signed = Annotated[Visit, Depends(visitor)]
_SECONDS = 15 * 60


@router.post("/reasons")
async def give(request: Request, visit: Signed) -> Response:
    """Keep the reason for the pages of one file, as a cookie that no other page is sent, and go there."""
    sent = await request.form()
    guarded(visit, {"csrf": text_of(sent, "csrf")})
    place, reason = local(text_of(sent, "next")), text_of(sent, "reason").strip()
    if not reason or len(reason) > REASON_MOST:
        return render(
            visit,
            "reason.html",
            422,
            place=place,
            most=REASON_MOST,
            reason=reason,
            trouble=visit.t("erasure.reason_length", most=REASON_MOST),
        )
    answer = go(place)
    answer.set_cookie(
        REASON, quote(reason), max_age=_SECONDS, httponly=True, samesite="lax", secure=request.url.scheme == "https",
        path=file_of(unquote(place.partition("?")[0])),
    )  # fmt: skip
    return answer

"""Photos of a home visit, added to the case: each once, however often it is sent."""

import hashlib
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import FormData, UploadFile

from web.backend import Json, Problem, items
from web.kit_file import PHOTOS
from web.kit_view import kit_of, kit_page_of
from web.page import PageRoute, Visit, go, guarded, problem_sentence, text_of, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Signed = Annotated[Visit, Depends(visitor)]


@router.post("/cases/{case_id}/visit-kit/photos")
async def add(request: Request, case_id: str, visit: Signed) -> Response:
    """Add what was photographed. What is in the case already, by its bytes, is not added again."""
    case = await visit.backend.case(visit.session, case_id)
    try:
        async with request.form() as sent:
            guarded(visit, {"csrf": text_of(sent, "csrf")})
            added, known = await _added(visit, case, sent)
    except Problem as problem:
        if problem.status == 401:
            raise
        said = problem.detail or problem_sentence(visit, problem)
        return kit_page_of(visit, await kit_of(visit, case_id), problem.status, photo_trouble=said)
    return go(f"/cases/{case_id}/visit-kit?{urlencode({'added': added, 'known': known})}#photos")


async def _added(visit: Visit, case: Json, sent: FormData) -> tuple[int, int]:
    """How many files were added, and how many were there already. Raises `Problem` 422 where none was chosen."""
    what = text_of(sent, "what")
    files = [f for f in sent.getlist("file") if isinstance(f, UploadFile) and f.filename]
    if not files or what not in PHOTOS:
        raise Problem(422, "invalid", visit.t("faults.required"))
    held = {str(d.get("digest")) for d in items(case, "documents")}
    before = len(held)
    known = 0
    for each in files:
        content = await each.read()
        digest = hashlib.sha256(content).hexdigest()
        known += digest in held
        if digest not in held:
            await visit.backend.attach(
                visit.session,
                case["case_id"],
                title=f"{visit.t(f'kit.photo_{what}')} · {each.filename}",
                media_type=each.content_type or "application/octet-stream",
                content=content,
                key=_key(case["case_id"], what, digest),
                lang=visit.lang,
            )
            held.add(digest)
    return len(held) - before, known


def _key(case_id: str, what: str, digest: str) -> str:
    """The same photo of the same thing in the same case is recorded once; in another case it is another."""
    return f"photo-{hashlib.sha256(f'{case_id}/{what}/{digest}'.encode()).hexdigest()}"

"""The routes of the people of the cases: found, compared, linked; and what stands against a case."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import JSONResponse

from api import erasure, held, person_links, persons
from api.auth import AtDesk
from api.deeds import answered
from api.erasure_shapes import Approving, AskingErasure, Freeing, RefusingErasure, Restricting
from api.params import Cursor, Limit
from api.person_shapes import Asked, AskedNumber, Linking, Unlinking
from api.problem import Problem, not_found
from api.routes.commands import Key, id_of, key_of
from api.routes.reads import CaseId

router = APIRouter()

type Json = dict[str, Any]


def _subject(subject_id: Annotated[str, Path(description="The subject that stands for the person.")]) -> str:
    try:
        return id_of(subject_id)
    except Problem as fault:
        raise not_found("person_not_found") from fault


SubjectId = Annotated[str, Depends(_subject)]


@router.get("/persons", tags=["persons"], summary="Search the people of the caller's cases")
async def find_persons(
    desk: AtDesk,
    q: Annotated[str, Query(min_length=1, max_length=200, description="A name, its pinyin or initials, a whole ID number, a phone's end.")],
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Json:
    return await persons.find(desk, q, cursor, limit)


@router.post("/persons/duplicates", tags=["persons"], summary="Who may be the person being taken down")
async def person_duplicates(desk: AtDesk, asked: Asked) -> Json:
    return await persons.duplicates(desk, asked)


@router.post("/persons/identity", tags=["persons"], summary="What a resident's number says: birthday, sex, whether it checks")
async def person_identity(desk: AtDesk, asked: AskedNumber) -> Json:
    return persons.identity(desk, asked.id_number)


@router.post("/persons/{subject_id}/links", tags=["persons"], summary="Link another entry as the same person")
async def link_people(desk: AtDesk, subject_id: SubjectId, asked: Linking, key: Key = None) -> JSONResponse:
    return answered(await person_links.link(desk, key_of(key), subject_id, asked))


@router.post("/persons/{subject_id}/unlinks", tags=["persons"], summary="Undo a link: they are two people again")
async def unlink_people(desk: AtDesk, subject_id: SubjectId, asked: Unlinking, key: Key = None) -> JSONResponse:
    return answered(await person_links.unlink(desk, key_of(key), subject_id, asked))


@router.get("/persons/{subject_id}", tags=["persons"], summary="Where a person's data stands")
async def person_data(desk: AtDesk, subject_id: SubjectId) -> Json:
    return await held.data_of(desk, subject_id)


@router.get("/persons/{subject_id}/export", tags=["persons"], summary="All that is held about a person; needs `X-Access-Reason`")
async def export_person(desk: AtDesk, subject_id: SubjectId) -> Json:
    return await held.export(desk, subject_id)


@router.post("/persons/{subject_id}/restrictions", tags=["persons"], summary="Keep a person's data, read it with a reason only")
async def restrict_person(desk: AtDesk, subject_id: SubjectId, asked: Restricting, key: Key = None) -> JSONResponse:
    return answered(await erasure.restrict(desk, key_of(key), subject_id, asked))


@router.post("/persons/{subject_id}/restriction-ends", tags=["persons"], summary="Lift a restriction")
async def free_person(desk: AtDesk, subject_id: SubjectId, asked: Freeing, key: Key = None) -> JSONResponse:
    return answered(await erasure.free(desk, key_of(key), subject_id, asked))


@router.post("/persons/{subject_id}/erasure-requests", tags=["persons"], summary="Ask that a person be erased")
async def request_erasure(desk: AtDesk, subject_id: SubjectId, asked: AskingErasure, key: Key = None) -> JSONResponse:
    return answered(await erasure.request(desk, key_of(key), subject_id, asked))


@router.post("/persons/{subject_id}/erasure-approvals", tags=["persons"], summary="Agree that a person be erased, as another asked")
async def approve_erasure(desk: AtDesk, subject_id: SubjectId, asked: Approving, key: Key = None) -> JSONResponse:
    return answered(await erasure.approve(desk, key_of(key), subject_id, asked))


@router.post("/persons/{subject_id}/erasure-refusals", tags=["persons"], summary="Refuse that a person be erased")
async def refuse_erasure(desk: AtDesk, subject_id: SubjectId, asked: RefusingErasure, key: Key = None) -> JSONResponse:
    return answered(await erasure.refuse(desk, key_of(key), subject_id, asked))


@router.get("/erasure-requests", tags=["persons"], summary="Erasures that wait to be decided or carried out")
async def list_erasures(desk: AtDesk) -> Json:
    return await erasure.waiting(desk)


@router.get("/cases/{case_id}/conflicts", tags=["persons"], summary="What a check for conflicts would find now")
async def case_conflicts(desk: AtDesk, case_id: CaseId) -> Json:
    return await person_links.conflicts(desk, case_id)

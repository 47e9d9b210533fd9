"""The routes of the people of the cases: found, compared, linked; and what stands against a case."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import JSONResponse

from api import person_links, persons
from api.auth import AtDesk
from api.deeds import answered
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


@router.get("/cases/{case_id}/conflicts", tags=["persons"], summary="What a check for conflicts would find now")
async def case_conflicts(desk: AtDesk, case_id: CaseId) -> Json:
    return await person_links.conflicts(desk, case_id)

"""Worked out at the counter and recorded nowhere: days a right has left, whether a household is in hardship, which centre is competent.

Everything typed stands in the address, without anybody's name: a result can be gone back to, and no form empties the others.
"""

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Request, Response

from api.rerun import CHECKERS
from api.standards import ENTERS, READERS
from domain.values import Forum, MatterKind
from web.backend import Json, Problem
from web.choices import Choices
from web.forms import fen_of
from web.page import PageRoute, Visit, problem_sentence, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Signed = Annotated[Visit, Depends(visitor)]
_OF_FORM = {
    "limitation": ("limitation", "start", "interrupted", "obstacle_from", "obstacle_to", "still_running"),
    "means": ("incomes", "county", "residence", "alone"),
    "venue": ("kind", "forum", "organ_county", "event_county", "centre"),
}
"""The fields of each form; the other forms carry them along."""


@router.get("/eligibility")
async def reckoning(request: Request, visit: Signed) -> Response:
    typed = {name: value.strip() for name, value in request.query_params.items()}
    known: Json = await visit.backend.ask(visit.session, "GET", "/eligibility/limitations", lang=visit.lang)
    ends, of_limitation = await _asked(visit, "/eligibility/limitation", _limitation(typed)) if typed.get("limitation") else (None, "")
    means, of_means = await _means(visit, typed) if typed.get("incomes") else (None, "")
    place, of_place = await _asked(visit, "/eligibility/venue", _venue(typed)) if typed.get("kind") else (None, "")
    choices = Choices(visit, request.app.state.policy, {}, events=(), tariffs=())
    return render(
        visit, "reckoning.html", 422 if of_limitation or of_means or of_place else 200, typed=typed, limitations=known["items"], ends=ends,
        of_limitation=of_limitation, means=means, of_means=of_means, counties=choices.of({}, "counties"), place=place, of_place=of_place,
        kinds=get_args(MatterKind), forums=get_args(Forum), of_form=_OF_FORM,
        centres=[office for office in visit.near.offices if office["kind"] == "centre"],
        may_try=visit.roles_include((*READERS, ENTERS)), may_check=visit.roles_include(CHECKERS),
    )  # fmt: skip


async def _means(visit: Visit, typed: Json) -> tuple[Json | None, str]:
    try:
        body = _household(typed)
    except ValueError:
        return None, visit.t("faults.not_an_amount")
    return await _asked(visit, "/eligibility/hardship", body)


async def _asked(visit: Visit, path: str, body: Json) -> tuple[Json | None, str]:
    """The answer, or what is wrong with the question."""
    try:
        return await visit.backend.ask(visit.session, "POST", path, lang=visit.lang, json=body), ""
    except Problem as problem:
        if problem.status == 401:
            raise
        return None, problem.detail or problem_sentence(visit, problem)


def _limitation(typed: Json) -> Json:
    interrupted = [day.strip() for day in typed.get("interrupted", "").replace("，", ",").split(",") if day.strip()]
    said: dict[str, Any] = {"limitation": typed["limitation"], "start": typed.get("start"), "interrupted": interrupted}
    if typed.get("obstacle_from") or typed.get("obstacle_to"):
        said["obstacles"] = [{"from": typed.get("obstacle_from"), "to": typed.get("obstacle_to")}]
    return {name: value for name, value in said.items() if value} | ({"still_running": True} if typed.get("still_running") else {})


def _venue(typed: Json) -> Json:
    return {name: typed[name] for name in _OF_FORM["venue"] if typed.get(name)}


def _household(typed: Json) -> Json:
    """One income a line, in yuan; the first is the applicant's. Raises `ValueError` for a line that is no amount."""
    incomes = [fen_of(line) for line in typed["incomes"].splitlines() if line.strip()]
    household = [{"income_fen_per_month": fen, **({"self_only": True} if n == 0 else {})} for n, fen in enumerate(incomes)]
    body: Json = {"household": household, "county": typed.get("county") or "-", "residence": typed.get("residence") or "urban"}
    return body | ({"opponent_in_household": True} if typed.get("alone") else {})

"""The badge of a case's history, verified by the reader's own browser (`static/proof.js`), and the page on how else to verify one."""

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

import texts
from web.backend import Backend, Json, Problem
from web.page import HEADERS, SESSION, PageRoute, Visit, language_of, render, visitor

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SAID = (
    *("checking", "whole", "newer", "checkpoint", "key", "unseen", "first", "not_kept", "whole_do"),
    *("content", "chain", "moved", "missing", "not_shown", "root", "rewritten", "shrunk", "signature", "unsigned", "note"),
    *("no_checkpoint", "checkpoint_gone", "unsealed", "no_crypto", "no_ed25519", "away", "fault", "alg", "new_key", "other_ledger"),
    *("no_checkpoint_do", "checkpoint_gone_do", "unsealed_do", "no_crypto_do", "no_ed25519_do", "away_do", "fault_do", "alg_do"),
    *("new_key_do", "other_ledger_do"),
)
"""Sentences of the badge by what it found; `_do` is what to do."""
BROKEN = ("content", "chain", "moved", "missing", "not_shown", "root", "rewritten", "shrunk", "signature", "unsigned", "note")
"""What is found when the history does not hold: for all of these the same is to be done."""
_PLACES = {name: f"{{{name}}}" for name in ("version", "type", "date", "size", "sealed", "newer", "unseen", "time", "key")}
"""What the browser puts into a sentence, left as the catalogue writes it."""


@router.get("/cases/{case_id}/proof")
async def case_proof(request: Request, case_id: str, seen: Annotated[str, Query(pattern=r"^\d{0,15}$")] = "") -> Response:
    """What the badge verifies, as the interface answers it; a problem is its status alone, since no person reads it here."""
    session = request.cookies.get(SESSION, "")
    if not session:
        return Response(status_code=401, headers=HEADERS)
    backend = cast("Backend", request.app.state.backend)
    params = {"seen": seen} if seen else {}
    try:
        found = await backend.ask(session, "GET", f"/cases/{case_id}/proof", lang=language_of(request), params=params)
    except Problem as problem:
        return Response(status_code=problem.status, headers=HEADERS)
    return JSONResponse(found, headers=HEADERS)


@router.get("/verifying")
async def verifying(visit: Annotated[Visit, Depends(visitor)]) -> Response:
    """How a history is verified: by the badge, by the auditor, by a bundle without this server."""
    return render(visit, "verifying.html")


def badge(visit: Visit, case_id: str, events: Sequence[Json] = (), types: Iterable[str] = ()) -> Json:
    """What the badge needs: where its proof is, its sentences, and what the page shows of the case (its last event), where it shows any."""
    last: Json = events[-1] if events else {}
    named = {*types, *(str(event["type"]) for event in events)}
    said = {name: visit.t(f"proof.{name}", **_PLACES) for name in SAID}
    said |= {f"{name}_do": visit.t("proof.broken_do") for name in BROKEN}
    types = {name: visit.t(f"event_names.{name}") for name in sorted(named) if texts.has(visit.lang, f"event_names.{name}")}
    return {
        "address": f"/cases/{case_id}/proof",
        "words": json.dumps({"said": said, "types": types}, ensure_ascii=False),
        "version": last.get("version") if last.get("chain_hash") else None,
        "head": last.get("chain_hash"),
    }

"""Examples of what the routes of `api.routes.work` answer, for the OpenAPI document."""

from typing import Any

from api import views
from api.answers import CASE_ID, NOW, Answers
from domain.matching import Candidate

type Json = dict[str, Any]

_SHIFT: Json = {"day": "2026-12-01", "start": "09:00:00", "end": "17:00:00", "person": "P-LIN-XIAOMEI", "name": "林小梅"}
_SLOT: Json = {"day": "2026-12-01", "start": "09:00:00"}
_COUNT: Json = {"rota": "hotline", "person": "P-LIN-XIAOMEI", "name": "林小梅", "shifts": 7}
WORKLOAD: Json = {
    "code": "L-MA-ZHIQIANG", "kind": "lawyer", "name": "马志强", "office": "U-DINGCHENG", "on_leave": False, "max_load": 10, "open": 3,
    "by_stage": {"application": 0, "assignment": 1, "representation": 2, "closure": 0}, "due_this_week": 1, "missed": 0,
}  # fmt: skip
ROTA: Json = {
    "office": "C-CITY", "month": "2026-12", "shifts": [{"rota": "hotline", **_SHIFT}], "fairness": [_COUNT], "may_plan": True,
    "swaps": [
        {
            "swap": "9f1c", "rota": "hotline", "by": "P-LIN-XIAOMEI", "to": "P-WANG-MIN", "give": _SLOT, "take": None, "reason": "当日开庭",
            "state": "open", "mine": False, "own": True,
        }
    ],
}  # fmt: skip
PLAN: Json = {
    "office": "C-CITY", "month": "2026-12", "rota": "hotline", "shifts": [_SHIFT], "gaps": ["2026-12-02"],
    "counts": [{"person": "P-LIN-XIAOMEI", "name": "林小梅", "shifts": 7}],
}  # fmt: skip
CHANGED: Json = {"office": "C-CITY", "version": 3, "type": "swap_accepted"}
BATCH: Json = {
    "batch": "7c9e6679742540de944be07fc1f90ae7", "leaver": "P-WANG-MIN", "undoes": None, "reason": "调离岗位",
    "waiting": 0, "done": 1, "refused": 0, "undoable": 1, "failed": [],
    "moves": [
        {
            "case_id": CASE_ID, "number": "定城援民字〔2026〕第318号", "kind": "transfer", "to": "P-LIN-XIAOMEI", "held_by": "P-WANG-MIN",
            "state": "done", "code": None, "undoable": True,
        }
    ],
}  # fmt: skip


def _candidate(answers: Answers) -> Json:
    lawyer = answers.directory.lawyers(NOW.date())[0]
    seen = Candidate(
        lawyer=lawyer.code, unit=lawyer.unit, load=3, max_load=lawyer.max_load, minutes=20, waiting_days=31, turn=1, score=34,
        speciality=True, reasons=("speciality", "near", "next_in_turn"),
    )  # fmt: skip
    return views.plain(seen) | {"name": lawyer.name, "unit_name": "定城律师事务所"}


def ranked(answers: Answers) -> Json:
    return {"items": [_candidate(answers)], "panel": 12, "free": 9, "advice": None}


def unassigned(answers: Answers) -> Json:
    return answers.row() | {"candidates": [_candidate(answers)], "advice": None}


def taken(answers: Answers) -> Json:
    return {"case": answers.row(), "steps": ["confirm_owed_papers"], "until": "2026-11-24T10:30:00+08:00", "waiting": 12}


def leaver(answers: Answers) -> Json:
    transfer = answers.row() | {"may": True, "to": "P-LIN-XIAOMEI", "why": "fewest_open", "load": 4}
    shift = {"office": "C-CITY", "rota": "hotline", **{name: value for name, value in _SHIFT.items() if name != "name"}}
    inquiry: Json = {
        "inquiry_id": CASE_ID, "kind": "consultation", "number": None, "state": "open", "owner": "P-WANG-MIN", "handing_to": None,
        "due_at": "2026-11-30T17:00:00+08:00", "due_limit": None,
    }  # fmt: skip
    return {
        "leaver": "P-WANG-MIN", "name": "王敏", "transfers": [transfer], "replacements": [answers.row() | {"may": False}],
        "shifts": [shift], "inquiries": [inquiry],
    }  # fmt: skip


def previewed(answers: Answers) -> Json:
    item: Json = {
        "case_id": CASE_ID,
        "kind": "transfer",
        "held_by": "P-WANG-MIN",
        "to": "P-LIN-XIAOMEI",
        "code": None,
        "detail": None,
        "case": answers.row(),
    }
    return {"items": [item], "will": 1, "refused": 0}

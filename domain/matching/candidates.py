"""Who could handle a case: gates first, then the recipient's ordered choice (点援制), then a fair score.

Pure and explained: every candidate carries the gates it fails and the reasons that speak for it, as codes the catalogues
hold sentences for. Nobody is left out of the list; whoever fails a gate stands at its end and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from typing import TYPE_CHECKING, Literal

from domain.values import Applicant, Code, Model

if TYPE_CHECKING:
    from domain.case import CaseState
    from domain.directory import Directory, Lawyer

Gate = Literal[
    "conflict", "co_accused", "suspended", "on_leave", "criminal_practice_too_short", "not_familiar_with_minors", "full", "released",
    "declined",
]  # fmt: skip
Reason = Literal[
    "chosen", "wished_gender", "wished_language", "wished_speciality", "own_language", "speciality", "near", "excellent_quality",
    "good_quality", "next_in_turn",
]  # fmt: skip

CRIMINAL_YEARS = 3
"""Years of criminal practice for cases where life is at stake (法律援助法 art. 26)."""
_WEIGHT: Mapping[Reason, int] = {
    "wished_gender": 30, "wished_language": 30, "wished_speciality": 30, "own_language": 20, "speciality": 20, "near": 10,
    "excellent_quality": 6, "good_quality": 3,
}  # fmt: skip
_WEIGHT_OF_A_CASE = 2


class Candidate(Model):
    """One lawyer of the panel seen from one case."""

    lawyer: Code
    unit: Code
    gates: tuple[Gate, ...] = ()
    """Gates it does not pass; `declined` alone does not bar an assignment."""
    choice: int | None = None
    """Its place among the recipient's choices (1 is the first), by its own code or its unit's."""
    speciality: bool = False
    load: int = 0
    """Open cases in hand."""
    turn: int | None = None
    """Its place in the rota of those who pass every gate (1 is next): fewest open cases, then code."""
    score: int = 0
    reasons: tuple[Reason, ...] = ()

    @property
    def order(self) -> tuple[bool, int, int, int, str]:
        """Sorts candidates, best first."""
        return (bool(self.gates), self.choice or 1_000, -self.score, self.load, self.lawyer)


def candidates(
    case: CaseState, directory: Directory, loads: Mapping[str, int], on: date, co_accused: AbstractSet[str] = frozenset()
) -> tuple[Candidate, ...]:
    """The panel of the legal day `on`, best first; `loads` counts open cases by lawyer code.

    `co_accused` are the codes of whoever defends, or defended, those accused together with the recipient.
    """
    seen = [_candidate(case, directory, lawyer, loads.get(lawyer.code, 0), on, co_accused=co_accused) for lawyer in directory.lawyers(on)]
    rota = {c.lawyer: n for n, c in enumerate(sorted((c for c in seen if not c.gates), key=lambda c: (c.load, c.lawyer)), 1)}
    turned = (c.model_copy(update={"turn": turn, "reasons": _with_turn(c, turn)}) for c in seen for turn in [rota.get(c.lawyer)])
    return tuple(sorted(turned, key=lambda c: c.order))


def excluded(case: CaseState) -> frozenset[str]:
    """Codes of those who may not be given this case: behind its walls, recused, or acting for the other side of its people elsewhere."""
    return frozenset({wall.who for wall in case.walls} | {*case.recused, *case.conflict_barred})


def _with_turn(candidate: Candidate, turn: int | None) -> tuple[Reason, ...]:
    return (*candidate.reasons, "next_in_turn") if turn == 1 else candidate.reasons


def _candidate(case: CaseState, directory: Directory, lawyer: Lawyer, load: int, on: date, *, co_accused: AbstractSet[str]) -> Candidate:
    choices = case.choice.choices if case.choice else ()
    rank = next((n for n, code in enumerate(choices, 1) if code in (lawyer.code, lawyer.unit)), None)
    reasons = _reasons(case, directory, lawyer)
    return Candidate(
        lawyer=lawyer.code,
        unit=lawyer.unit,
        gates=_gates(case, lawyer, load, on, co_accused=co_accused),
        choice=rank,
        speciality="speciality" in reasons,
        load=load,
        score=sum(_WEIGHT[reason] for reason in reasons) - _WEIGHT_OF_A_CASE * load,
        reasons=(*(("chosen",) if rank else ()), *reasons),
    )


def _gates(case: CaseState, lawyer: Lawyer, load: int, on: date, *, co_accused: AbstractSet[str]) -> tuple[Gate, ...]:
    failed: dict[Gate, bool] = {
        "conflict": not excluded(case).isdisjoint({lawyer.code, lawyer.unit, lawyer.person or lawyer.code}),
        "co_accused": lawyer.code in co_accused,
        "suspended": lawyer.suspended(on),
        "on_leave": lawyer.on_leave(on),
        "criminal_practice_too_short": _life_at_stake(case) and not _practised(lawyer.criminal_since, CRIMINAL_YEARS, on),
        "not_familiar_with_minors": of_minors(case) and not lawyer.minors,
        "full": load >= lawyer.max_load,
        "released": lawyer.code in case.released_lawyers and lawyer.code not in case.may_return,
        "declined": not {lawyer.code, lawyer.unit}.isdisjoint(case.declined_by),
    }
    return tuple(gate for gate, fails in failed.items() if fails)


def _reasons(case: CaseState, directory: Directory, lawyer: Lawyer) -> tuple[Reason, ...]:
    wishes = case.choice.wishes if case.choice else {}
    centre = directory.centre_of(unit.office) if (unit := directory.unit(lawyer.unit)) else None
    holds: dict[Reason, bool] = {
        "wished_gender": wishes.get("gender") == lawyer.gender,
        "wished_language": wishes.get("language") in lawyer.languages,
        "wished_speciality": wishes.get("speciality") in lawyer.specialities,
        "own_language": any(p.language in lawyer.languages for p in case.parties[:1] if isinstance(p, Applicant)),
        "speciality": case.matter is not None and case.matter.cause in lawyer.specialities,
        "near": centre is not None and centre.code == case.centre,
        "excellent_quality": lawyer.quality == "excellent",
        "good_quality": lawyer.quality == "good",
    }
    return tuple(reason for reason, held in holds.items() if held)


def _life_at_stake(case: CaseState) -> bool:
    """Life imprisonment or death is possible, or a death sentence is under review (法律援助法 art. 26)."""
    matter, notice = case.matter, case.notice
    told = notice is not None and notice.role == "accused" and notice.ground in ("life_or_death", "death_review")
    return told or (matter is not None and matter.kind == "criminal" and "death_review" in (matter.stage, *case.stages_granted))


def of_minors(case: CaseState) -> bool:
    """Whether a minor is among those the aid goes to."""
    aided = (case.parties[r.party_id] for r in case.present)
    return any(isinstance(party, Applicant) and "minor" in party.categories for party in aided)


def _practised(since: date | None, years: int, on: date) -> bool:
    return since is not None and (since.year + years, since.month, since.day) <= (on.year, on.month, on.day)

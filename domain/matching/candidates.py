"""Who could handle a case: gates first, then the recipient's ordered choice (点援制), then a fair score.

Pure and explained: every candidate carries the gates it fails, the reasons that speak for it, as codes the catalogues hold
sentences for, and the numbers behind them. Nobody is left out of the list; whoever fails a gate stands at its end and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from domain.matching.distance import minutes_to
from domain.matching.standing import NEW, Standing
from domain.matching.weights import Point, Weights
from domain.values import Applicant, Code, Model

if TYPE_CHECKING:
    from domain.case import CaseState
    from domain.directory import Directory, Lawyer

Gate = Literal[
    "conflict", "co_accused", "suspended", "on_leave", "criminal_practice_too_short", "not_familiar_with_minors", "full", "released",
    "declined",
]  # fmt: skip
Reason = Literal[
    "chosen", "wished_gender", "wished_language", "wished_speciality", "own_language", "speciality", "near", "within_an_hour",
    "excellent_quality", "good_quality", "next_in_turn",
]  # fmt: skip

_LAST, _NO_TURN = 1_000, 1_000_000
"""After every choice; after every turn."""

type Order = tuple[bool, int, int, int, int, str]
CRIMINAL_YEARS = 3
"""Years of criminal practice for cases where life is at stake (法律援助法 art. 26)."""
_POINT: Mapping[Reason, Point] = {
    "wished_gender": "wished_gender", "wished_language": "wished_language", "wished_speciality": "wished_speciality",
    "own_language": "own_language", "speciality": "speciality", "near": "near_town", "within_an_hour": "near_circle",
    "excellent_quality": "excellent_quality", "good_quality": "good_quality",
}  # fmt: skip


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
    max_load: int | None = None
    """Open cases at most."""
    minutes: int | None = None
    """Of travel between the case's place and the unit."""
    waiting_days: int | None = None
    """Since the last assignment; none for who never had one."""
    declined: int = 0
    """Offers declined within the window of the rules; so with `replaced`, cases taken away."""
    replaced: int = 0
    turn: int | None = None
    """Its place in the rota of those who pass every gate (1 is next): who waited longest, then fewest open cases, then code."""
    score: int = 0
    reasons: tuple[Reason, ...] = ()

    @property
    def order(self) -> Order:
        return _order(self.gates, self.choice, self.score, self.turn, load=self.load, code=self.lawyer)


def _order(gates: tuple[Gate, ...], choice: int | None, score: int, turn: int | None, *, load: int, code: str) -> Order:
    """Sorts candidates, best first: of two with one score, whose turn comes earlier."""
    return (bool(gates), choice or _LAST, -score, turn or _NO_TURN, load, code)


@dataclass(frozen=True, slots=True)
class _Seat:
    """A lawyer of the panel on a legal day: what is the same whichever case is looked at."""

    lawyer: Lawyer
    held: Standing
    names: frozenset[str]
    """Codes by which a case may know them: their own, their unit's, the person's."""
    gates: tuple[Gate, ...]
    """Those that no case opens."""
    waiting: int | None
    fairness: int

    @classmethod
    def of(cls, lawyer: Lawyer, held: Standing, on: date, weights: Weights) -> _Seat:
        failed: dict[Gate, bool] = {
            "suspended": lawyer.suspended(on),
            "on_leave": lawyer.on_leave(on),
            "full": held.load >= lawyer.max_load,
        }
        waiting = held.waiting(on)
        names = frozenset(filter(None, (lawyer.code, lawyer.unit, lawyer.person)))
        return cls(
            lawyer, held, names, tuple(g for g, fails in failed.items() if fails), waiting, _fairness(lawyer, held, waiting, weights)
        )


@dataclass(frozen=True, slots=True)
class Panel:
    """The lawyers of a legal day with what each has in hand, to be seen from one case or from many."""

    directory: Directory
    on: date
    weights: Weights
    seats: tuple[_Seat, ...]
    """Whose turn comes first stands first: who waited longest, then fewest open cases, then code."""

    @classmethod
    def of(cls, directory: Directory, standings: Mapping[str, Standing], on: date, weights: Weights) -> Panel:
        """The panel of the day; who has no standing was never given a case."""
        seats = [_Seat.of(lawyer, standings.get(lawyer.code, NEW), on, weights) for lawyer in directory.lawyers(on)]
        seats.sort(key=lambda seat: (seat.held.last_named_on or date.min, seat.held.load, seat.lawyer.code))
        return cls(directory, on, weights, tuple(seats))

    def seen_from(self, case: CaseState, co_accused: AbstractSet[str] = frozenset()) -> list[Seen]:
        """Everybody as seen from the case, best first.

        `co_accused` are the codes of whoever defends, or defended, those accused together with the recipient.
        """
        sought, minutes = _sought(case, self.on, self.weights, co_accused), dict[str, int | None]()
        seen: list[Seen] = []
        turn = 0
        for seat in self.seats:
            unit = seat.lawyer.unit
            if unit not in minutes:
                minutes[unit] = minutes_to(case, self.directory, self.directory.unit(unit), self.weights)
            gates = _gates(sought, seat)
            turn += not gates
            seen.append(_seen(sought, seat, minutes[unit], gates, None if gates else turn))
        return sorted(seen, key=lambda each: each.order)

    def candidates(self, case: CaseState, co_accused: AbstractSet[str] = frozenset()) -> tuple[Candidate, ...]:
        """The same with everything that is told of each."""
        return tuple(each.candidate for each in self.seen_from(case, co_accused))


class Seen(NamedTuple):
    """A lawyer of the panel seen from one case: their place, and what it is told from."""

    seat: _Seat
    order: Order
    minutes: int | None
    gates: tuple[Gate, ...]
    turn: int | None
    choice: int | None
    reasons: tuple[Reason, ...]
    score: int

    @property
    def candidate(self) -> Candidate:
        """All that is told of it: worth making for those who are shown or recorded."""
        lawyer, held = self.seat.lawyer, self.seat.held
        return Candidate(
            lawyer=lawyer.code,
            unit=lawyer.unit,
            gates=self.gates,
            choice=self.choice,
            speciality="speciality" in self.reasons,
            load=held.load,
            max_load=lawyer.max_load,
            minutes=self.minutes,
            waiting_days=self.seat.waiting,
            declined=held.declined,
            replaced=held.replaced,
            turn=self.turn,
            score=self.score,
            reasons=(*(("chosen",) if self.choice else ()), *self.reasons, *(("next_in_turn",) if self.turn == 1 else ())),
        )


@dataclass(frozen=True, slots=True)
class _Sought:
    """What the case asks of a lawyer on a legal day, worked out once for the whole panel."""

    on: date
    weights: Weights
    barred: frozenset[str]
    co_accused: AbstractSet[str]
    criminal_practice: bool
    minors: bool
    back: frozenset[str]
    """Released from the case, and not asked back."""
    declined: frozenset[str]
    named: frozenset[str]
    """Every code that is barred, co-accused's, back or declined: who is not among them passes those gates."""
    ranks: Mapping[str, int]
    """The place of each code among the recipient's choices."""
    wishes: Mapping[str, str]
    language: str | None
    cause: str | None
    weighed: dict[tuple[object, ...], tuple[tuple[Reason, ...], int]] = field(default_factory=dict[tuple[object, ...], Any])
    """Reasons and their points, by what they are told from: a panel holds many who are alike in it."""


def candidates(
    case: CaseState,
    directory: Directory,
    standings: Mapping[str, Standing],
    on: date,
    co_accused: AbstractSet[str] = frozenset(),
    *,
    weights: Weights,
) -> tuple[Candidate, ...]:
    """The panel of the legal day `on` as seen from one case: `Panel.candidates`."""
    return Panel.of(directory, standings, on, weights).candidates(case, co_accused)


def excluded(case: CaseState) -> frozenset[str]:
    """Codes of those who may not be given this case: behind its walls, recused, or acting for the other side of its people elsewhere."""
    return frozenset({wall.who for wall in case.walls} | {*case.recused, *case.conflict_barred})


def _sought(case: CaseState, on: date, weights: Weights, co_accused: AbstractSet[str]) -> _Sought:
    first = next((p for p in case.parties[:1] if isinstance(p, Applicant)), None)
    barred, back, declined = excluded(case), frozenset(case.released_lawyers) - frozenset(case.may_return), frozenset(case.declined_by)
    return _Sought(
        on=on,
        weights=weights,
        barred=barred,
        co_accused=co_accused,
        criminal_practice=_life_at_stake(case),
        minors=of_minors(case),
        back=back,
        declined=declined,
        named=barred | co_accused | back | declined,
        ranks={code: n for n, code in reversed([*enumerate(case.choice.choices if case.choice else (), 1)])},
        wishes=case.choice.wishes if case.choice else {},
        language=first.language if first else None,
        cause=case.matter.cause if case.matter else None,
    )


def _seen(sought: _Sought, seat: _Seat, minutes: int | None, gates: tuple[Gate, ...], turn: int | None) -> Seen:
    lawyer, ranks = seat.lawyer, sought.ranks
    choice = min(filter(None, (ranks.get(lawyer.code), ranks.get(lawyer.unit))), default=None) if ranks else None
    reasons, points = _weighed(sought, lawyer, minutes)
    score = points + seat.fairness
    order = _order(gates, choice, score, turn, load=seat.held.load, code=lawyer.code)
    return Seen(seat, order, minutes, gates, turn, choice, reasons, score)


def _weighed(sought: _Sought, lawyer: Lawyer, minutes: int | None) -> tuple[tuple[Reason, ...], int]:
    """What speaks for the lawyer, and what it weighs together."""
    told_from = (lawyer.gender, lawyer.languages, lawyer.specialities, lawyer.quality, minutes)
    found = sought.weighed.get(told_from)
    if found is None:
        reasons, weights = _reasons(sought, lawyer, minutes), sought.weights
        points = sum(weights.points[_POINT[reason]] for reason in reasons) + _beyond_the_circle(minutes, weights)
        found = sought.weighed[told_from] = reasons, points
    return found


def _beyond_the_circle(minutes: int | None, weights: Weights) -> int:
    """What is left of the one-hour circle's points for who stands beyond it: the less the farther, none as far as elsewhere."""
    farthest = weights.assumed["elsewhere"]
    if minutes is None or not weights.circle < minutes < farthest:
        return 0
    return round(weights.points["near_circle"] * (farthest - minutes) / (farthest - weights.circle))


def _fairness(lawyer: Lawyer, held: Standing, waiting: int | None, weights: Weights) -> int:
    """What the load takes off, waiting adds, and declined offers, replacements and a failed review take off."""
    points = weights.points
    waited = weights.patience if waiting is None else min(waiting, weights.patience)
    return (
        -round(points["load"] * held.load / max(lawyer.max_load, 1))
        + round(points["waiting"] * waited / weights.patience)
        + points["declined"] * min(held.declined, weights.most_declined)
        + points["replaced"] * min(held.replaced, weights.most_replaced)
        + (points["failed_quality"] if lawyer.quality == "fail" else 0)
    )


def _gates(sought: _Sought, seat: _Seat) -> tuple[Gate, ...]:
    """The gates that this lawyer does not pass, in the order of `Gate`."""
    if not sought.criminal_practice and not sought.minors and sought.named.isdisjoint(seat.names):
        return seat.gates
    lawyer = seat.lawyer
    failed: dict[Gate, bool] = {
        "conflict": not sought.barred.isdisjoint(seat.names),
        "co_accused": lawyer.code in sought.co_accused,
        "suspended": "suspended" in seat.gates,
        "on_leave": "on_leave" in seat.gates,
        "criminal_practice_too_short": sought.criminal_practice and not _practised(lawyer.criminal_since, CRIMINAL_YEARS, sought.on),
        "not_familiar_with_minors": sought.minors and not lawyer.minors,
        "full": "full" in seat.gates,
        "released": lawyer.code in sought.back,
        "declined": lawyer.code in sought.declined or lawyer.unit in sought.declined,
    }
    return tuple(gate for gate, fails in failed.items() if fails)


def _reasons(sought: _Sought, lawyer: Lawyer, minutes: int | None) -> tuple[Reason, ...]:
    wishes, weights = sought.wishes, sought.weights
    holds: dict[Reason, bool] = {
        "wished_gender": wishes.get("gender") == lawyer.gender,
        "wished_language": wishes.get("language") in lawyer.languages,
        "wished_speciality": wishes.get("speciality") in lawyer.specialities,
        "own_language": sought.language in lawyer.languages,
        "speciality": sought.cause is not None and sought.cause in lawyer.specialities,
        "near": minutes is not None and minutes <= weights.town,
        "within_an_hour": minutes is not None and weights.town < minutes <= weights.circle,
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

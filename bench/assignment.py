"""Who is given which case: a year of ten thousand cases, given by the product's ranking, in plain turn, and at random.

`python -m bench.assignment`. The panel is the example city's; the same cases come in the same order to each way of giving: where from,
about what, whom the applicant names (a few lawyers are known to many), how long the work lasts. Who is given a case may decline it, more
often the less it suits them, and the next is asked. The law's gates hold for each way. Loads are counted as the cases come and go.

Then what a pick costs: the ranking of a panel of three thousand, read with its loads and turns from PostgreSQL.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from heapq import heappop, heappush
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple

from bench.figures import Judged, Report, ms, percentile
from domain.case import CaseState, LawyerChoice
from domain.directory import Directory, LawyerRegistered, LeaveSet
from domain.matching import Candidate, Standing, candidates
from domain.matching.weights import Weights
from domain.values import Applicant, Cause, Matter
from ledger import rules
from ledger.directory import settle
from ledger.store import WORKER, Database
from ops.engines import running
from ops.example.directory import directory_events
from ops.example.network import network_events
from ops.home import Home
from readmodels import handlings

CASES, PANEL, RANKINGS, HANDLINGS = 10_000, 3_000, 60, 200_000
SECONDS = 0.1
_AT_ONCE = 16
"""Of those in turn or drawn by lot so many are looked at together."""
_FIRST = date(2025, 1, 1)
_YEAR = 365
_WORK_DAYS = 110
"""Mean length of a case's work, in days."""
_NAMES_A_LAWYER = 0.35
_MATTERS: Sequence[tuple[Cause, int]] = (
    ("wages", 30), ("divorce_or_domestic_violence", 14), ("criminal_defence", 13), ("work_injury", 9), ("maintenance_of_parents", 8),
    ("traffic_accident", 8), ("land_or_housing", 7), ("social_insurance", 5), ("consumer", 4), ("administrative", 2),
)  # fmt: skip

type Way = Literal["ranking", "in turn", "at random"]
WAYS: tuple[Way, ...] = ("ranking", "in turn", "at random")


class Coming(NamedTuple):
    """A case as it comes, the same for each way of giving. `luck` decides who declines, by the number of the offer."""

    n: int
    on: date
    case: CaseState
    lasts: int
    luck: tuple[float, ...]


@dataclass(slots=True)
class Panel:
    """The lawyers as one way of giving has left them. `turn`: whose turn it is next, who was given a case goes to its end."""

    directory: Directory
    weights: Weights
    standings: dict[str, Standing]
    turn: list[str]

    def looked_at(self, coming: Coming, directory: Directory) -> Iterator[Candidate]:
        """Those of the directory whom no gate keeps from the case, best first."""
        ranked = candidates(coming.case, directory, self.standings, coming.on, weights=self.weights)
        return (candidate for candidate in ranked if not candidate.gates)


@dataclass(slots=True)
class Given:
    """What one way made of the year."""

    named: int = 0
    honoured: int = 0
    suited: int = 0
    declined: int = 0
    nobody: int = 0
    minutes: list[int] = field(default_factory=list[int])
    held: dict[str, float] = field(default_factory=dict[str, float])
    """Days of open work by lawyer, in shares of what each may carry."""


def gini(values: Sequence[float]) -> float:
    """How unequal the values are: 0 all alike, towards 1 one has everything. Raises `ValueError` where there are none, or all are 0."""
    if not values or not sum(values):
        raise ValueError("no share to compare")
    ordered = sorted(values)
    weighted = sum(n * value for n, value in enumerate(ordered, 1))
    return 2 * weighted / (len(ordered) * sum(ordered)) - (len(ordered) + 1) / len(ordered)


def city(seed: int = 1) -> Directory:
    """The example's city, each lawyer away for three weeks of the year."""
    dice = random.Random(seed)  # noqa: S311 -- a simulation
    directory = Directory.fold([*directory_events(), *network_events()])
    leaves = (
        LeaveSet(since=(start := _FIRST + timedelta(days=dice.randrange(_YEAR - 21))), lawyer=code, until=start + timedelta(days=20))
        for code in directory.lawyer_of
    )
    return Directory.fold(leaves, directory)


def stream(directory: Directory, cases: int = CASES, seed: int = 2) -> Iterator[Coming]:
    """The cases of the year in the order in which they come."""
    dice = random.Random(seed)  # noqa: S311 -- a simulation
    townships = [t for t in directory.township_of.values() if directory.centre_of(next(iter(t.minutes), None))]
    panel = sorted(directory.lawyer_of)
    fame = [1 / rank for rank in range(1, len(panel) + 1)]
    known = dict(zip(dice.sample(panel, len(panel)), fame, strict=True))
    causes, shares = zip(*_MATTERS, strict=True)
    for n in range(cases):
        on = _FIRST + timedelta(days=n * _YEAR // cases)
        township = dice.choice(townships)
        outlet = min(township.minutes, key=lambda office: township.minutes[office])
        cause = dice.choices(causes, shares)[0]
        named = dice.choices(panel, [known[code] for code in panel])[0] if dice.random() < _NAMES_A_LAWYER else None
        centre = directory.centre_of(outlet)
        yield Coming(
            n,
            on,
            CaseState(
                case_id=str(n), state="awaiting_assignment", centre=centre.code if centre else "", outlet=outlet, opened_on=on,
                parties=(Applicant(party_id=0, name="某某", township=township.code, county=township.county),),
                matter=Matter(kind="criminal" if cause == "criminal_defence" else "civil", cause=cause, summary="某事"),
                choice=LawyerChoice(choices=(named,)) if named else LawyerChoice(no_wish_told=True),
            ),
            lasts=max(7, round(dice.expovariate(1 / _WORK_DAYS))),
            luck=tuple(dice.random() for _ in range(8)),
        )  # fmt: skip


def declines(candidate: Candidate) -> float:
    """How likely somebody gives an offer back: the more so the farther it is, the less it is their matter, the fuller the desk."""
    far = 0.08 if (candidate.minutes or 0) > 60 else 0.0
    strange = 0.0 if candidate.speciality or candidate.choice else 0.06
    return 0.02 + far + strange + 0.05 * candidate.load / max(candidate.max_load or 1, 1)


def offers(way: Way, coming: Coming, panel: Panel, dice: random.Random) -> Iterator[Candidate]:
    """To whom a way offers the case, one after the other: of all whom no gate of the law keeps from it, as the product tells them."""
    if way == "ranking":
        yield from panel.looked_at(coming, panel.directory)
        return
    order = list(panel.turn) if way == "in turn" else dice.sample(panel.turn, len(panel.turn))
    for first in range(0, len(order), _AT_ONCE):
        some = order[first : first + _AT_ONCE]
        held = {code: panel.directory.lawyer_of[code] for code in some}
        seen = {c.lawyer: c for c in panel.looked_at(coming, replace(panel.directory, lawyer_of=held))}
        yield from (seen[code] for code in some if code in seen)


def year(way: Way, directory: Directory, cases: Sequence[Coming], weights: Weights) -> Given:
    """Give every case by one way; what came of it."""
    dice = random.Random(3)  # noqa: S311 -- a simulation
    given = Given(held=dict.fromkeys(directory.lawyer_of, 0.0))
    panel = Panel(directory, weights, dict.fromkeys(directory.lawyer_of, Standing()), sorted(directory.lawyer_of))
    standings = panel.standings
    ends: list[tuple[date, int, str]] = []
    for coming in cases:
        while ends and ends[0][0] <= coming.on:
            _, _, done = heappop(ends)
            standings[done] = _with(standings[done], load=standings[done].load - 1)
        wanted = coming.case.choice.choices if coming.case.choice else ()
        given.named += bool(wanted)
        for luck, candidate in zip(coming.luck, offers(way, coming, panel, dice), strict=False):
            code = candidate.lawyer
            if luck < declines(candidate):
                given.declined += 1
                standings[code] = _with(standings[code], declined=standings[code].declined + 1)
                continue
            given.honoured += code in wanted
            given.suited += candidate.speciality
            given.minutes.append(candidate.minutes or 0)
            given.held[code] += coming.lasts / max(candidate.max_load or 1, 1)
            standings[code] = _with(standings[code], load=standings[code].load + 1, last_named_on=coming.on)
            panel.turn.remove(code)
            panel.turn.append(code)
            heappush(ends, (coming.on + timedelta(days=coming.lasts), coming.n, code))
            break
        else:
            given.nobody += 1
    return given


def _with(standing: Standing, **changes: object) -> Standing:
    values = {name: changes.get(name, getattr(standing, name)) for name in Standing.__slots__}
    return Standing(**values)  # pyright: ignore[reportArgumentType] -- its own fields


def _row(way: Way, given: Given, total: int) -> tuple[str, ...]:
    done = total - given.nobody
    return (
        f"{total:,} cases, {way}",
        f"{gini(list(given.held.values())):.2f}",
        f"{given.honoured / max(given.named, 1):.0%}",
        f"{given.suited / max(done, 1):.0%}",
        f"{median(given.minutes):.0f} min",
        f"{100 * given.declined / max(total, 1):.1f}",
    )


async def _ranking(app: str, worker: str) -> list[float]:
    """Seconds of each ranking of a big panel, what it is read from included."""
    directory, weights = _big(), rules.current().matching.on(_FIRST)
    coming = list(stream(directory, RANKINGS + 1))
    settle()  # as a process of the product does once it has read its directory
    async with Database(app, worker=worker, size=2, name="bench-assignment") as database:
        async with database.transaction(WORKER) as conn:
            await conn.execute(
                "INSERT INTO handlings (case_id, lawyer, version, unit, centre, named_on, ended_on, ended_by)"
                " SELECT gen_random_uuid(), 'L-' || (n %% %s), 3, 'U', 'C', DATE '2025-01-01' - n %% 365,"
                " CASE WHEN n %% 20 = 0 THEN NULL ELSE DATE '2025-01-01' - n %% 90 END,"
                " CASE n %% 20 WHEN 0 THEN NULL WHEN 1 THEN 'declined' ELSE 'closed' END FROM generate_series(1, %s) AS n",
                (PANEL, HANDLINGS),
            )
        async with database.connection() as conn:
            await conn.execute("ANALYZE handlings")
        took: list[float] = []
        for each in coming:
            began = time.perf_counter()
            async with database.transaction(WORKER, pipeline=True) as conn:
                standings = await handlings.standings(conn, each.on, weights.window)
            candidates(each.case, directory, standings, each.on, weights=weights)
            took.append(time.perf_counter() - began)
        return took[1:]  # the first of a process makes the directory's index


def _big() -> Directory:
    """The example's city with a panel of three thousand, all of them like those it has."""
    directory = Directory.fold([*directory_events(), *network_events()])
    some = list(directory.lawyer_of.values())
    more = (some[n % len(some)].model_copy(update={"code": f"L-{n}", "person": None}) for n in range(PANEL - len(some)))
    return Directory.fold((LawyerRegistered(since=date(2020, 1, 1), lawyer=lawyer) for lawyer in more), directory)


def run() -> Report:
    """The year by each way, then what a ranking costs."""
    weights = rules.current().matching.on(_FIRST)
    directory = city()
    cases = list(stream(directory))
    rows: list[Sequence[str]] = [_row(way, year(way, directory, cases, weights), len(cases)) for way in WAYS]
    with tempfile.TemporaryDirectory() as scratch, running(Home(Path(scratch) / "home"), lambda _: None) as engines:
        took = asyncio.run(_ranking(engines.app_dsn, engines.worker_dsn))
    cost = Judged(percentile(took, 0.95) * 1000, SECONDS * 1000, "at_most", "ms")
    rows.append(
        (f"a ranking of {PANEL:,} lawyers, {HANDLINGS:,} assignments behind them", f"p50 {ms(percentile(took, 0.5))}", *cost.cells(), "")
    )
    return Report(
        "Who is given which case",
        "python -m bench.assignment",
        f"{CASES:,} cases of a year, a panel of {len(directory.lawyer_of)}; the same cases, leaves and luck for each way. Gini is of the "
        "work each lawyer had in hand over the year, in shares of what they may carry.",
        (("what", "Gini of load", "choices honoured", "own speciality", "median travel", "declined in 100"), rows),
        cost.kept,
    )


if __name__ == "__main__":
    report = run()
    print(report.text())
    sys.exit(0 if report.kept else 1)

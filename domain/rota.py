"""The rota (值班表) of an office: planned fairly for a month, published, swapped between colleagues, covered when somebody falls ill.

A shift has somebody on it at every moment: who proposes a swap keeps theirs until the other accepts. Pure; the register's events are
appended to `rota/<office>`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from domain.command import Refusal
from domain.directory import Directory
from domain.registers import RegisterEvent
from domain.values import Code, Model

RotaKind = Literal["duty", "hotline"]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
MOST_SHIFTS = 400
"""Of one month of one office."""


class Slot(Model):
    """A shift's place: the day, and when it begins. Of Asia/Shanghai; one that ends at or before its beginning ends the next day."""

    day: date
    start: time


class Shift(Slot):
    end: time
    person: Code

    @property
    def slot(self) -> Slot:
        return Slot(day=self.day, start=self.start)

    def holds(self, moment: datetime) -> bool:
        """Whether this local moment falls into it."""
        begins = datetime.combine(self.day, self.start, moment.tzinfo)
        ends = datetime.combine(self.day + timedelta(days=self.end <= self.start), self.end, moment.tzinfo)
        return begins <= moment < ends


class OfOffice(RegisterEvent):
    office: Code
    rota: RotaKind

    @property
    def stream(self) -> str:
        return f"rota/{self.office}"


class RotaPublished(OfOffice):
    """The shifts of a month; those of an earlier publication are void from `since` on, and swaps still open with them."""

    month: Month
    shifts: Annotated[tuple[Shift, ...], Field(max_length=MOST_SHIFTS)]


class SwapProposed(OfOffice):
    """`by` offers a shift to `to`, in exchange for one of theirs where `take` names it."""

    swap: Code
    by: Code
    to: Code
    give: Slot
    take: Slot | None = None
    reason: Words


class SwapAccepted(OfOffice):
    swap: Code


class SwapRefused(OfOffice):
    """The other cannot or will not, or who proposed it takes it back; each keeps their shift."""

    swap: Code
    by: Code


class ShiftCovered(OfOffice):
    """Another person takes a shift at once, because who had it cannot."""

    slot: Slot
    person: Code
    was: Code
    reason: Words


@dataclass(frozen=True, slots=True)
class Swap:
    swap: str
    rota: RotaKind
    by: str
    to: str
    give: Slot
    take: Slot | None
    reason: str
    state: Literal["open", "done", "refused", "void"] = "open"


@dataclass(frozen=True, slots=True)
class Rota:
    """An office's rota as its events left it."""

    office: str
    shifts: Mapping[tuple[RotaKind, date, time], Shift] = field(default_factory=dict[Any, Shift])
    swaps: Mapping[str, Swap] = field(default_factory=dict[str, Swap])

    def of(self, rota: RotaKind, slot: Slot) -> Shift | None:
        return self.shifts.get((rota, slot.day, slot.start))

    def between(self, first: date, last: date) -> list[tuple[RotaKind, Shift]]:
        """Shifts of these days, both included, in their order."""
        found: list[tuple[RotaKind, Shift]] = [(key[0], shift) for key, shift in self.shifts.items() if first <= shift.day <= last]
        return sorted(found, key=lambda each: (each[1].day, each[1].start, each[0]))

    def on(self, moment: datetime) -> list[tuple[RotaKind, Shift]]:
        """Who is on duty at a moment (aware, in the zone of the shifts)."""
        near = self.between(moment.date() - timedelta(days=1), moment.date())
        return [(kind, shift) for kind, shift in near if shift.holds(moment)]

    def counts(self, rota: RotaKind, before: date) -> Counter[str]:
        """Shifts of each person until a day, that day not included."""
        return Counter(shift.person for (kind, day, _), shift in self.shifts.items() if kind == rota and day < before)

    def busy(self, person: str, day: date, *, but: Iterable[Slot] = ()) -> bool:
        """Whether the person has a shift on the day or on either day beside it: a day of rest lies between two."""
        left = {(slot.day, slot.start) for slot in but}
        return any(
            shift.person == person and abs((shift.day - day).days) <= 1 and (shift.day, shift.start) not in left
            for shift in self.shifts.values()
        )


def folded(office: str, events: Iterable[RegisterEvent]) -> Rota:
    """The rota as the events of its stream left it."""
    rota = Rota(office)
    for event in events:
        rota = _after(rota, event)
    return rota


def _after(rota: Rota, event: RegisterEvent) -> Rota:
    match event:
        case RotaPublished():
            first, last = days_of(event.month)
            void = max(first, event.since)
            kept = {k: s for k, s in rota.shifts.items() if k[0] != event.rota or not void <= s.day <= last}
            fresh = {(event.rota, s.day, s.start): s for s in event.shifts if s.day >= void}
            swaps = {
                name: replace(swap, state="void")
                if swap.state == "open" and swap.rota == event.rota and any(s and void <= s.day <= last for s in (swap.give, swap.take))
                else swap
                for name, swap in rota.swaps.items()
            }
            return replace(rota, shifts=kept | fresh, swaps=swaps)
        case SwapProposed():
            swap = Swap(event.swap, event.rota, event.by, event.to, event.give, event.take, event.reason)
            return replace(rota, swaps={**rota.swaps, event.swap: swap})
        case SwapAccepted():
            swap = rota.swaps[event.swap]
            shifts = {**rota.shifts, **_given(rota, swap.rota, swap.give, swap.to)}
            if swap.take:
                shifts |= _given(rota, swap.rota, swap.take, swap.by)
            return replace(rota, shifts=shifts, swaps={**rota.swaps, event.swap: replace(swap, state="done")})
        case SwapRefused():
            return replace(rota, swaps={**rota.swaps, event.swap: replace(rota.swaps[event.swap], state="refused")})
        case ShiftCovered():
            return replace(rota, shifts={**rota.shifts, **_given(rota, event.rota, event.slot, event.person)})
        case _:
            return rota


def _given(rota: Rota, kind: RotaKind, slot: Slot, person: str) -> dict[tuple[RotaKind, date, time], Shift]:
    shift = rota.of(kind, slot)
    return {(kind, slot.day, slot.start): shift.model_copy(update={"person": person})} if shift else {}


def days_of(month: str) -> tuple[date, date]:
    """First and last day of `YYYY-MM`."""
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """A month as it is proposed; `gaps` are the days nobody could take, for whoever plans to look at."""

    shifts: tuple[Shift, ...]
    gaps: tuple[date, ...]
    counts: Mapping[str, int]
    """Shifts of each person, those before this month included."""


def plan(rota: Rota, kind: RotaKind, days: Sequence[date], hours: tuple[time, time], people: Sequence[str], *, away: Away) -> Plan:
    """Share the days out: to whoever had the fewest shifts so far, then who had none for longest, then by code.

    Nobody is given a day of their leave, nor two days without a day of rest between. Days nobody can take stay gaps.
    """
    start, end = hours
    first = min(days, default=date.max)
    counts = rota.counts(kind, first)
    latest = {s.person: s.day for _, s in sorted(rota.between(date.min, first - timedelta(days=1)), key=lambda each: each[1].day)}
    planned: list[Shift] = []
    gaps: list[date] = []
    held = replace(rota, shifts={k: s for k, s in rota.shifts.items() if k[0] != kind or s.day < first})
    for day in sorted(days):
        free = [p for p in people if not away(p, day) and not held.busy(p, day)]
        if not free:
            gaps.append(day)
            continue
        person = min(free, key=lambda p: (counts[p], latest.get(p, date.min), p))
        shift = Shift(day=day, start=start, end=end, person=person)
        planned.append(shift)
        held = replace(held, shifts={**held.shifts, (kind, day, start): shift})
        counts[person] += 1
        latest[person] = day
    return Plan(tuple(planned), tuple(gaps), {p: counts[p] for p in people})


type Away = Callable[[str, date], bool]
"""Whether a person is on leave on a day."""


def away_by(directory: Directory) -> Away:
    """Leave as the directory has it of a person's entry on the panel."""

    def away(person: str, day: date) -> bool:
        known = directory.person(person)
        lawyer = directory.lawyer(known.lawyer) if known else None
        return lawyer is not None and lawyer.on_leave(day)

    return away


def propose(rota: Rota, event: SwapProposed, away: Away, today: date) -> SwapProposed:
    """The proposal, held against the rota. Raises `Refusal`."""
    _own(rota, event.rota, event.give, event.by, "/give")
    if event.take:
        _own(rota, event.rota, event.take, event.to, "/take")
    if event.by == event.to:
        raise Refusal("swap_with_oneself", status=422, pointer="/to")
    if event.give.day < today or (event.take and event.take.day < today):
        raise Refusal("shift_is_over", status=422, pointer="/give")
    if any(s.state == "open" and s.rota == event.rota and _meet(s, event) for s in rota.swaps.values()):
        raise Refusal("swap_open", pointer="/give")
    _able(rota, event, away)
    return event


def _meet(one: Swap, other: SwapProposed) -> bool:
    """Whether two swaps move the same shift."""
    return any(slot in (other.give, other.take) for slot in (one.give, one.take) if slot)


def settle(rota: Rota, swap: str, person: str, *, accepts: bool, away: Away, today: date) -> SwapAccepted | SwapRefused:
    """The answer to a proposal: of the one asked, or taken back by who proposed it. Raises `Refusal`."""
    known = rota.swaps.get(swap)
    if known is None:
        raise Refusal("unknown_swap", status=404)
    if person not in ((known.to,) if accepts else (known.to, known.by)):
        raise Refusal("not_your_swap", status=403)
    if known.state != "open":
        raise Refusal("swap_settled", state=known.state)
    if not accepts:
        return SwapRefused(since=today, office=rota.office, rota=known.rota, swap=swap, by=person)
    if known.give.day < today or (known.take and known.take.day < today):
        raise Refusal("shift_is_over", status=409)
    _own(rota, known.rota, known.give, known.by, "/give")
    if known.take:
        _own(rota, known.rota, known.take, known.to, "/take")
    _able(rota, known, away)
    return SwapAccepted(since=today, office=rota.office, rota=known.rota, swap=swap)


def cover(rota: Rota, event: ShiftCovered, away: Away) -> ShiftCovered:
    """The cover, held against the rota. The day of rest gives way: an empty desk is worse. Raises `Refusal`."""
    shift = rota.of(event.rota, event.slot)
    if shift is None:
        raise Refusal("unknown_shift", status=422, pointer="/day")
    if away(event.person, event.slot.day):
        raise Refusal("person_on_leave", status=422, pointer="/person", person=event.person, on=event.slot.day)
    if shift.person == event.person:
        raise Refusal("has_the_shift", pointer="/person", person=event.person)
    return event.model_copy(update={"was": shift.person})


def _own(rota: Rota, kind: RotaKind, slot: Slot, person: str, pointer: str) -> None:
    shift = rota.of(kind, slot)
    if shift is None:
        raise Refusal("unknown_shift", status=422, pointer=pointer)
    if shift.person != person:
        raise Refusal("not_their_shift", status=409, pointer=pointer, person=person)


def _able(rota: Rota, asked: SwapProposed | Swap, away: Away) -> None:
    """Raise a `Refusal` unless each may stand on the other's day."""
    moving = [slot for slot in (asked.give, asked.take) if slot]
    for person, slot in ((asked.to, asked.give), *(((asked.by, asked.take),) if asked.take else ())):
        if away(person, slot.day):
            raise Refusal("person_on_leave", person=person, on=slot.day)
        if rota.busy(person, slot.day, but=moving):
            raise Refusal("no_day_of_rest", person=person, on=slot.day)


def open_shifts(rota: Rota, person: str, since: date) -> list[tuple[RotaKind, Shift]]:
    """The person's shifts from a day on: what somebody who leaves still has to hand over."""
    return [(kind, shift) for kind, shift in rota.between(since, date.max) if shift.person == person]


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment as the clocks of the office show it."""
    return moment.astimezone(zone)

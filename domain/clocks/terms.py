"""The limits, ladders and hours of the files with what the administrator set since laid over them (`domain.directory.terms`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from domain.clocks.calendar import Closing
from domain.clocks.limits import Limit, Limits, Step, ladder_of, read_step
from domain.directory.changes import DirectoryEvent, DirectoryFault
from domain.directory.terms import HoursSet, LadderSet, LimitConfirmed, LimitSet


def laid_over(limits: Limits, terms: Iterable[DirectoryEvent], on: date, near: Mapping[str, int]) -> Limits:
    """The limits with every row that was set, and the ladders as plans made on that day climb them.

    `near` counts the steps up from the office to each office above it: of two ladders the nearer office's stands, then the one from the
    later day, then the one recorded later. A term of a limit that is not known, or that does not fit it, changes nothing.
    """
    rows = dict(limits.rows)
    said: list[LadderSet] = []
    for term in terms:
        if isinstance(term, LimitSet | LimitConfirmed):
            changed = _fitted(rows.get(term.code, ()), term, limits)
            if changed is not None:
                rows[term.code] = changed
        elif isinstance(term, LadderSet) and term.since <= on and (term.office is None or term.office in near):
            said.append(term)
    ladders = dict(limits.ladders)
    for term in sorted(said, key=lambda t: (-near.get(t.office or "", len(near)), t.since)):
        ladders[term.code] = steps_of(term)
    return replace(limits, rows=rows, ladders=ladders)


def closings(terms: Iterable[DirectoryEvent], near: Mapping[str, int]) -> tuple[Closing, ...]:
    """Business hours by the day they hold from: those of the nearer office first, and of one office the newest."""
    said = (t for t in terms if isinstance(t, HoursSet) and (t.office is None or t.office in near))
    own = {(-near.get(t.office or "", len(near)), t.since): t for t in said}  # of two from one day the one recorded later
    return tuple(Closing(t.since, t.closes_at, t.weekdays) for _, t in sorted(own.items(), key=lambda each: each[0], reverse=True))


def steps_of(term: LadderSet) -> tuple[Step, ...]:
    return tuple(read_step(n, {"at": step.at, "to": step.to}) for n, step in enumerate(term.steps, 1))


def check(limits: Limits, event: DirectoryEvent) -> None:
    """Raise `DirectoryFault` where the event names a limit, row or ladder there is none of, or does not fit it.

    `limits` are those that hold before it. The unit of a row that stands is not corrected, since clocks that run keep theirs: a row of
    another day has another unit.
    """
    match event:
        case LadderSet():
            if event.code not in limits.rows and event.code not in limits.ladders:
                raise DirectoryFault(f"no limit or ladder {event.code}", "unknown_limit", limit=event.code)
        case LimitSet() | LimitConfirmed():
            versions = limits.rows.get(event.code, ())
            if not versions:
                raise DirectoryFault(f"no limit {event.code}", "unknown_limit", limit=event.code)
            if _fitted(versions, event, limits) is None:
                raise DirectoryFault(f"{event.code} cannot be set so", "limit_does_not_fit", limit=event.code)
        case _:
            pass


def _fitted(versions: tuple[Limit, ...], term: LimitSet | LimitConfirmed, limits: Limits) -> tuple[Limit, ...] | None:
    """A limit's rows with the term among them, newest first; None where it does not fit them."""
    if isinstance(term, LimitConfirmed):
        if all(row.from_ != term.row_from for row in versions):
            return None
        return tuple(replace(row, confirmed=True) if row.from_ == term.row_from else row for row in versions)
    before = next((row for row in versions if row.from_ <= term.since), None)
    if before is None or before.n is None or isinstance(before.n, int) is isinstance(term.n, dict):
        return None  # before its first day a limit does not begin; a date of the case is no number; one number is not several
    corrected = before.from_ == term.since
    unit = term.unit or before.unit
    n = {**before.n, **term.n} if isinstance(before.n, Mapping) and isinstance(term.n, dict) else term.n or before.n
    extendable = before.extendable if term.extendable is None else term.extendable or None
    if extendable and (unit == "hour" or before.moves):
        return None  # in days, and where no event of its own moves it
    new = replace(
        before, from_=term.since, n=n, unit=unit, source=term.source, confirmed=term.confirmed, ladder=term.ladder or before.ladder,
        extendable=extendable,
    )  # fmt: skip
    if (corrected and unit != before.unit) or ladder_of(new) not in limits.ladders:
        return None
    return tuple(sorted((new, *(row for row in versions if row.from_ != term.since)), key=lambda row: row.from_, reverse=True))

"""The rules in force: limits, policy and calendar, read from dated data once and handed to every decision."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, time
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from domain.clocks.calendar import Calendar
from domain.clocks.due import Due, due
from domain.clocks.limits import Limit, Limits, read_limits
from domain.clocks.terms import closings, laid_over
from domain.command import Refusal
from domain.directory.entries import DayRule
from domain.eligibility.limitation import Limitations, read_limitations
from domain.eligibility.policy import Policy, read_policy
from domain.erasure.retention import Retention, read_retention
from domain.matching.weights import Matching, read_matching
from domain.templates import Templates, read_templates

if TYPE_CHECKING:
    from domain.directory import Directory

_KEPT = 64
"""Offices and days for which a directory keeps the rules."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a decision may know of law and policy. `zone` is Asia/Shanghai, the zone of every legal day."""

    zone: ZoneInfo
    calendar: Calendar
    limits: Limits
    policy: Policy
    templates: Templates
    limitations: Limitations
    matching: Matching
    """What weighs how much when lawyers are ranked."""
    retention: Retention
    """How long files are kept before a person in them may be erased."""

    def limit(self, limit_id: str, on: date) -> Limit | None:
        """The row of a limit in force on a legal day: the newest that began by then."""
        return self.limits.on(limit_id, on)

    def under(self, directory: Directory, on: date, office: str | None = None) -> Rules:
        """The rules as they hold for an office on a legal day, with what the directory says of it; None: for all offices.

        Days off and worked, limits, reminder ladders and business hours. Worked out once for a directory, an office and a day: whoever
        asks again is given the same rules.
        """
        if not directory.days and not directory.terms:
            return self
        kept = directory.index.rules
        found = kept.get((office, on))
        if found is None or found[0] is not self:
            if len(kept) >= _KEPT:
                kept.clear()
            found = kept[office, on] = (self, self._with_terms(directory, on, office))
        return cast("Rules", found[1])

    def _with_terms(self, directory: Directory, on: date, office: str | None) -> Rules:
        kept = self.keeping(directory.day_rules(on, office))
        if not directory.terms:
            return kept
        near = {o.code: n for n, o in enumerate(directory.above(office))}
        hours = closings(directory.terms, near)
        calendar = replace(kept.calendar, closings=hours) if hours else kept.calendar
        return replace(kept, calendar=calendar, limits=laid_over(kept.limits, directory.terms, on, near))

    def keeping(self, days: Mapping[date, DayRule]) -> Rules:
        """The same rules with days kept otherwise than announced (`Directory.day_rules`)."""
        return replace(self, calendar=self.calendar.keeping(days)) if days else self

    def due(self, limit_id: str, start: date, *, kind: str | None = None) -> Due:
        """The due date of a limit that starts on a day or at a moment, under the row in force then.

        `kind` picks the number where the row has several (`criminal_judgment`, `award` …). Raises `Refusal` (422): `unknown_limit`,
        `limit_not_known_then`, `limit_has_no_number` (its date is the case's own), `kind_required` with the kinds there are.
        """
        if limit_id not in self.limits.rows:
            raise Refusal("unknown_limit", status=422, pointer="/limit", limit=limit_id)
        day = self.calendar.day_of(start)
        limit = self.limit(limit_id, day)
        if limit is None:
            first = self.limits.rows[limit_id][-1].from_
            raise Refusal("limit_not_known_then", status=422, pointer="/start", limit=limit_id, on=day, known_from=first)
        if limit.n is None:
            raise Refusal("limit_has_no_number", status=422, pointer="/limit", limit=limit_id, until=limit.until)
        n = limit.n if isinstance(limit.n, int) else limit.n.get(kind or "")
        if n is None:
            kinds = sorted(limit.n) if isinstance(limit.n, Mapping) else []
            raise Refusal("kind_required", status=422, pointer="/kind", limit=limit_id, kinds=kinds)
        return due(limit, start, self.calendar, n=n)


def load(
    time_limits: Mapping[str, Any],
    policy: Mapping[str, Any],
    templates: Mapping[str, Any],
    matching: Mapping[str, Any],
    limitations: Mapping[str, Any] | None = None,
    *,
    retention: Mapping[str, Any] | None = None,
    days_off: Mapping[date, str],
    workdays: AbstractSet[date],
    announced_until: int,
) -> Rules:
    """The rules of the parsed data files and of one calendar.

    `days_off` names the days off announced (or expected) beyond the weekends, `workdays` are the weekends worked in exchange (调休);
    `announced_until` is the last year announced. Raises `ValueError` or `KeyError` where the data cannot be read.
    """
    counting = time_limits["counting"]
    zone = ZoneInfo(counting["time_zone"])
    closes = counting.get("closes_at")
    calendar = Calendar(
        zone=zone,
        days_off=days_off,
        workdays=frozenset(workdays),
        announced_until=announced_until,
        closes_at=time.fromisoformat(closes) if closes else None,
    )
    return Rules(
        zone=zone,
        calendar=calendar,
        limits=read_limits(time_limits),
        policy=read_policy(policy),
        templates=read_templates(templates),
        limitations=read_limitations(limitations or {"limitations": ()}),
        matching=read_matching(matching),
        retention=read_retention(retention or {"retention": ()}),
    )

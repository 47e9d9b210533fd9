"""Where and when: townships with their travel times, days off and days worked of the city or of one office."""

from __future__ import annotations

from datetime import date
from typing import Literal

from domain.directory.changes import DirectoryEvent, Draft
from domain.directory.entries import DayRule, Name, Township
from domain.values import Code


class TownshipSet(DirectoryEvent):
    """A township with its travel times, or its entry written anew."""

    kind = "townships"
    township: Township

    def apply(self, draft: Draft) -> None:
        draft.need(draft.offices, *self.township.minutes)
        draft.enter("townships", draft.townships, self.township, self.since)


class CalendarDaySet(DirectoryEvent):
    """A day is kept otherwise than the State Council announced, or as it did again.

    Counted with by decisions of the legal day `since` and after; dates that were counted before stand as they were stored.
    """

    kind = "calendar"
    day: date
    kept: Literal["off", "worked", "as_announced"]
    name: Name
    office: Code | None = None
    source: Name

    def apply(self, draft: Draft) -> None:
        draft.need(draft.offices, self.office)
        draft.days.append(DayRule(day=self.day, kept=self.kept, since=self.since, name=self.name, office=self.office, source=self.source))

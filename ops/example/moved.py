"""Days of the desk: where published facts come to lie when they are moved by whole weeks, and which start makes a limit due on a day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ledger import rules
from ops.example.facts import Fact, facts
from ops.example.story import Story, Team, workday

_LOOK_BACK = 40
"""Days in which the start of the longest limit asked for lies, days off included."""


@dataclass(frozen=True, slots=True)
class Today:
    """The day on which the desk is laid out (Asia/Shanghai), and days counted from it."""

    day: date

    @property
    def tomorrow(self) -> date:
        return self.day + timedelta(days=1)

    def ago(self, n: int) -> date:
        """`n` days ago, or the last working day before."""
        return workday(self.day - timedelta(days=n))

    def ahead(self, n: int) -> date:
        return self.day + timedelta(days=n)

    def soon(self, limit: str) -> date:
        """The start, on a working day, that makes the limit due next: today or tomorrow where the calendar has such a start."""
        return min(((start, due_on) for start, due_on in self._starts(limit) if due_on >= self.day), key=lambda pair: pair[1])[0]

    def missed(self, limit: str) -> date:
        """The latest start after which the limit has run out by today."""
        return next(start for start, due_on in self._starts(limit) if due_on < self.day)

    def _starts(self, limit: str) -> Iterator[tuple[date, date]]:
        """Working days up to today, the latest first, each with the day on which the limit would be due."""
        days: Iterable[date] = dict.fromkeys(self.ago(n) for n in range(_LOOK_BACK))
        return ((day, rules.current().due(limit, day).due_on) for day in days)

    def moved(self, fact: str, team: Team, step: str, back: int, nth: int = 0) -> Story:
        """The story of facts moved so that a printed step lies in the week that ends `back` days ago."""
        return self._story(facts()[fact], team, facts()[fact].day(step, nth), self.day - timedelta(days=back))

    def filled(self, fact: str, team: Team, opened: date) -> Story:
        """The story of facts that print no day of the application: filled in for the middle of their year, and moved to `opened`."""
        record = facts()[fact]
        return self._story(record, team, date(record.year, 6, 15), opened)

    @staticmethod
    def _story(fact: Fact, team: Team, origin: date, wanted: date) -> Story:
        return Story("desk", fact, team, weeks=(wanted - origin).days // 7)

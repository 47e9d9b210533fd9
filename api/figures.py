"""The statistics as a report: what the months' work came to, each number with the filters that list exactly its cases."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from api.desk import Desk
from api.figure_filters import WAYS, Counted, first_of, last_of
from api.history_filters import offices_of
from api.list_reading import watch
from api.problem import Problem
from domain.directory import Directory
from domain.directory.circle import Circle, ways, within
from ledger.sql import Row
from readmodels import figures
from readmodels.case_facts import LANE, MONEY, UNKNOWN, Fact
from readmodels.figures import FigureQuery, percentile

type Json = dict[str, Any]
BINS: tuple[tuple[int, int | None], ...] = ((0, 0), (1, 1), (2, 2), (3, 3), (4, 5), (6, 7), (8, 15), (16, 30), (31, None))
"""Days that a histogram puts together, both included."""
_SERIES: Mapping[str, Fact] = {"opened": "kind", "decided": "decision", "assigned": "assignment", "concluded": "outcome"}


async def report(desk: Desk, *, first: str | None, last: str | None, office: str | None, kind: str | None) -> Json:
    """The calendar year unless said otherwise, in whole months. Raises `Problem` 403 for who watches over nothing, 422."""
    scope = watch(desk)
    last = last or (f"{first[:4]}-12" if first else f"{desk.today:%Y}-12")
    first = first or f"{last[:4]}-01"
    if last < first:
        raise Problem(422, "invalid", errors=[{"parameter": "to", "in": "query", "code": "invalid_value"}])
    query = FigureQuery(first_of(first), last_of(last), offices_of(desk.directory, office), kind)
    centres = frozenset(code for code, each in desk.directory.office_of.items() if each.kind == "centre")
    async with desk.in_own_name() as conn:  # counted, and nobody named: the caller's reach is in the question
        counts = await figures.counted(conn, scope, centres, query)
    told = Told(counts.cells, Counted("kind", first=first, last=last, office=office, kind=kind))
    circle = desk.services.rules().policy.circle
    near = {code for code in centres if query.offices is None or code in query.offices}
    near = near if scope.everything else near & frozenset[str]().union(*(r.values for r in scope.reaches))
    return {
        "from": first,
        "to": last,
        "office": office,
        "kind": kind,
        "total": told.total("kind"),
        "kinds": told.by_key("kind"),
        "channels": told.by_key("channel"),
        "categories": told.by_key("category"),
        "offices": [_office(row, told.asked) for row in counts.centres],
        "months": told.months(desk.today),
        "accept_first": told.accept_first(),
        "decision": told.days("decision") | {"results": told.by_key("decision")},
        "assignment": told.days("assignment"),
        "outcomes": told.by_key("outcome"),
        "money": told.by_key("money", MONEY),
        "subsidies": told.total("subsidy"),
        "circle": _circle(desk.directory, circle, near, told),
    }


def _office(row: Row, asked: Counted) -> Json:
    return {"key": row["centre"], "cases": row["cases"], "amount": row["amount"], "find": replace(asked, centre=row["centre"]).query}


class Told:
    """The counts of the period, put together by fact."""

    def __init__(self, rows: Iterable[Row], asked: Counted) -> None:
        self.asked = asked
        self.cells = defaultdict[str, list[Row]](list)
        self._months = defaultdict[str, Counter[str]](Counter)
        for row in rows:
            if row["month"] is None:
                self.cells[row["fact"]].append(row)
            else:
                self._months[row["month"].isoformat()[:7]][row["fact"]] = row["cases"]

    def find(self, fact: Fact, **more: Any) -> str:
        return replace(self.asked, fact=fact, **more).query

    def total(self, fact: Fact) -> Json:
        rows = self.cells[fact]
        return {"cases": sum(r["cases"] for r in rows), "amount": sum(r["amount"] for r in rows), "find": self.find(fact)}

    def by_key(self, fact: Fact, order: tuple[str, ...] = ()) -> list[Json]:
        """One of each key that is there: in this order, else the most frequent first."""
        cases, amounts = Counter[str](), Counter[str]()
        for row in self.cells[fact]:
            cases[row["key"]] += row["cases"]
            amounts[row["key"]] += row["amount"]
        keys = [key for key in order if key in cases] or sorted(cases, key=lambda key: (key in (UNKNOWN, "none"), -cases[key], key))
        return [{"key": key, "cases": cases[key], "amount": amounts[key], "find": self.find(fact, key=key)} for key in keys]

    def months(self, today: date) -> list[Json]:
        """Month by month, to the end of the period or, of one that is not over, to the month of today."""
        last = max([min(str(self.asked.last), today.isoformat()[:7]), *self._months])
        found: list[Json] = []
        month = str(self.asked.first)
        while month <= last:
            said = {name: self._months[month][fact] for name, fact in _SERIES.items()}
            find = {name: self.find(fact, first=month, last=month) for name, fact in _SERIES.items()}
            found.append({"key": month, **said, "find": find})
            month = f"{int(month[:4]) + 1}-01" if month.endswith("-12") else f"{month[:5]}{int(month[5:]) + 1:02}"
        return found

    def accept_first(self) -> Json:
        """How many of those helped were accepted first, and how these acceptances stand."""
        results = Counter({item["key"]: item["cases"] for item in self.by_key("decision")})
        states = self.by_key("accept_first", LANE)
        stands = Counter({item["key"]: item["cases"] for item in states})
        helped = results["accepted_first"] + results["granted"]
        judged = stands["confirmed"] + stands["confirmed_late"] + stands["papers_overdue"]
        return {
            "cases": results["accepted_first"],
            "helped": helped,
            "share": _share(results["accepted_first"], helped),
            "in_time": _share(stands["confirmed"], judged),
            "find": self.find("decision", key="accepted_first"),
            "states": states,
        }

    def days(self, fact: Fact) -> Json:
        """Days from the application: how many cases, median, 90th percentile, and a histogram."""
        counts = Counter[int]()
        for row in self.cells[fact]:
            counts[row["days"]] += row["cases"]
        return self.total(fact) | {
            "median_days": percentile(counts, 0.5),
            "p90_days": percentile(counts, 0.9),
            "bins": [self._bin(fact, counts, first, last) for first, last in BINS] if counts else [],
        }

    def _bin(self, fact: Fact, counts: Counter[int], first: int, last: int | None) -> Json:
        cases = sum(n for days, n in counts.items() if first <= days and (last is None or days <= last))
        return {"first": first, "last": last, "cases": cases, "find": self.find(fact, days_from=first, days_to=last)}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _circle(directory: Directory, circle: Circle, centres: Iterable[str], told: Told) -> Json:
    """Townships of the centres' counties, and those that cases came from, with the way to the nearest outlet."""
    measured = ways(directory)
    nearest = dict[str, int]()
    for (code, _), minutes in measured.items():
        nearest[code] = min(minutes, nearest.get(code, minutes))
    counts = defaultdict[str, Counter[str]](Counter)
    for row in told.cells["township"]:
        way = (row["key"], row["place"])
        known = way in measured and way[0] in directory.township_of
        word = "unmeasured" if not known else "within" if within(directory, way, measured[way], circle) else "beyond"
        counts[row["key"]][word] += row["cases"]
    counties = {office.county for code in centres if (office := directory.office(code))}
    towns = [each for code, each in directory.township_of.items() if each.county in counties or code in counts]
    items = [
        {
            "key": each.code, "name": each.name, "name_en": each.name_en, "county": each.county, "residence": each.residence,
            "limit": circle.limit(each.residence), "minutes": nearest.get(each.code), **_ways(counts[each.code], told, each.code),
        }
        for each in towns
    ]  # fmt: skip
    whole = sum(counts.values(), Counter[str]())
    return {
        "town_minutes": circle.urban,
        "rural_minutes": circle.rural,
        "townships": items,
        "unknown": {"cases": counts[UNKNOWN].total(), "find": told.find("township", key=UNKNOWN)},
        "total": _ways(whole, told, None),
    }


def _ways(counts: Counter[str], told: Told, key: str | None) -> Json:
    find = {word: told.find("township", key=key, circle=word) for word in WAYS}
    said = {word: counts[word] for word in find}
    share = _share(counts["within"], counts["within"] + counts["beyond"])
    return {"cases": counts.total(), **said, "share": share, "find": {"cases": told.find("township", key=key), **find}}

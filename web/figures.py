"""The statistics as a page: tables with their plots, each number a way to its cases. The filters stand in the address."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from api.figure_filters import WAYS
from domain.values import MatterKind
from readmodels.case_facts import FACTS
from texts.speak import say_fen, say_month
from web.backend import Json, Problem
from web.circle_map import drawn
from web.page import PageRoute, Visit, render, visitor
from web.table import as_csv

router = APIRouter(route_class=PageRoute, include_in_schema=False)
FILTERS = ("from", "to", "office", "kind")
SERIES = ("opened", "decided", "assigned", "concluded")
_MANY = 2
"""From so many rows on a table is worth a plot."""

Signed = Annotated[Visit, Depends(visitor)]


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as it is shown, as a program reads it, and where its cases are listed; `late` where it tells of something missed."""

    text: str
    value: float | int | str
    link: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its plot: `bars` of the first column, `columns` in the order of the rows, `lines` of every column, or none."""

    name: str
    title: str
    said: tuple[str, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    plot: str = "bars"

    @property
    def plotted(self) -> str:
        return self.plot if len(self.rows) >= _MANY else ""


@router.get("/figures")
async def figures(request: Request, visit: Signed) -> Response:
    """Raises `Problem` 403 for who watches over nothing, 422 for a month that is none."""
    filters = _filters(request)
    found = await _report(visit, filters)
    first, last = (say_month(visit.lang, found[end]) for end in ("from", "to"))
    return render(
        visit, "figures.html", found=found, filters=filters, kinds=get_args(MatterKind), tables=_tables(visit, found),
        tops=_tops(visit, found), counties=_counties(visit, found), asked=urlencode(filters), first=first, last=last,
    )  # fmt: skip


@router.get("/figures.csv")
async def table(request: Request, visit: Signed) -> Response:
    """One of the page's tables (`table`). Raises `Problem` 404 for one that there is not."""
    found = await _report(visit, _filters(request))
    wanted = request.query_params.get("table", "")
    shown = next((each for each in (*_tables(visit, found), _circle(visit, found["circle"]["townships"])) if each.name == wanted), None)
    if shown is None:
        raise Problem(404, "not_found")
    return as_csv(f"figures-{shown.name}", shown.head, [[label, *(cell.value for cell in cells)] for label, cells in shown.rows])


def _filters(request: Request) -> dict[str, str]:
    return {name: request.query_params[name] for name in FILTERS if request.query_params.get(name)}


async def _report(visit: Visit, filters: Mapping[str, str]) -> Json:
    return await visit.ask("GET", f"/reports/figures?{urlencode(filters)}")


def _link(find: str) -> str:
    return f"/cases?{find}"


def _count(n: int, find: str = "", *, late: bool = False) -> Cell:
    """A number of cases; none of them leads nowhere."""
    return Cell(f"{n:,}", n, _link(find) if n and find else "", late and n > 0)


def _share(part: float | None) -> Cell:
    return Cell("–" if part is None else f"{part * 100:.1f}%", "" if part is None else round(part, 4))


def _yuan(visit: Visit, amount: int, find: str) -> Cell:
    return Cell(say_fen(visit.lang, amount), f"{amount / 100:.2f}", _link(find) if amount else "")


def _days(days: float | None) -> str:
    return "–" if days is None else f"{days:g}"


_PREFIXED = ("decision", "accept_first", "money")


def called(visit: Visit, fact: str, key: str) -> str:
    """What the key of a fact is called."""
    if key in ("unknown", "none"):
        return visit.t(f"figures.{key}_{fact}" if key == "none" else "figures.unknown")
    if fact == "township":
        return next((visit.called(each) for each in visit.townships if each["code"] == key), key)
    if fact in _PREFIXED:
        return visit.t(f"figures.{fact}_{key}")
    return visit.word({"category": "categories", "outcome": "result"}.get(fact, fact), key)


def _tables(visit: Visit, found: Json) -> list[Table]:
    t = visit.t
    made = (
        _months(visit, found),
        _by_key(visit, "kind", found["kinds"], people=True),
        _by_key(visit, "channel", found["channels"]),
        _by_key(visit, "category", found["categories"], t("figures.category_help")),
        _offices(visit, found),
        _accept_first(visit, found["accept_first"]),
        _by_key(visit, "decision", found["decision"]["results"]),
        _bins(visit, "decision", found["decision"]),
        _bins(visit, "assignment", found["assignment"]),
        _by_key(visit, "outcome", found["outcomes"]),
        _money(visit, found),
    )
    return [each for each in made if each.rows]


def _months(visit: Visit, found: Json) -> Table:
    rows = tuple((say_month(visit.lang, m["key"]), tuple(_count(m[name], m["find"][name]) for name in SERIES)) for m in found["months"])
    head = tuple(visit.t(f"figures.{name}") for name in ("of_month", *SERIES))
    told = any(m[name] for m in found["months"] for name in SERIES)
    return Table("months", visit.t("figures.months"), (visit.t("figures.months_help"),), head, rows if told else (), "lines")


def _by_key(visit: Visit, fact: str, items: Sequence[Json], *said: str, people: bool = False) -> Table:
    """Cases by key, with their share of all, and the people helped."""
    total = sum(item["cases"] for item in items)
    heads = (f"of_{fact}", "cases", "share", *(("people",) if people else ()))
    rows = tuple(
        (
            called(visit, fact, item["key"]),
            (
                _count(item["cases"], item["find"]),
                _share(item["cases"] / total if total else None),
                *((_count(item["amount"], item["find"]),) if people else ()),
            ),
        )
        for item in items
    )
    return Table(fact, visit.t(f"figures.by_{fact}"), said, tuple(visit.t(f"figures.{name}") for name in heads), rows)


def _offices(visit: Visit, found: Json) -> Table:
    items = found["offices"]
    rows = tuple(
        (visit.names.get(str(o["key"]), str(o["key"])), (_count(o["cases"], o["find"]), _count(o["amount"], o["find"]))) for o in items
    )
    head = tuple(visit.t(f"figures.{name}") for name in ("of_office", "cases", "people"))
    return Table("office", visit.t("figures.by_office"), (), head, rows if len(rows) >= _MANY else ())


_LATE = ("papers_overdue",)


def _accept_first(visit: Visit, told: Json) -> Table:
    said = [visit.t("figures.first_share", cases=told["cases"], helped=told["helped"], share=_share(told["share"]).text)]
    if told["in_time"] is not None:
        said.append(visit.t("figures.first_in_time", share=_share(told["in_time"]).text))
    rows = tuple(
        (called(visit, "accept_first", each["key"]), (_count(each["cases"], each["find"], late=each["key"] in _LATE),))
        for each in told["states"]
    )
    head = (visit.t("figures.of_lane"), visit.t("figures.cases"))
    return Table("accept_first", visit.t("figures.accept_first"), tuple(said) if told["helped"] else (), head, rows)


def _bins(visit: Visit, fact: str, told: Json) -> Table:
    said = visit.t("figures.took", cases=told["cases"], median=_days(told["median_days"]), most=_days(told["p90_days"]))
    rows = tuple((_bin(visit, each), (_count(each["cases"], each["find"]),)) for each in told["bins"])
    head = (visit.t("figures.days"), visit.t("figures.cases"))
    return Table(f"{fact}_days", visit.t(f"figures.days_to_{fact}"), (said,), head, rows, "columns")


def _bin(visit: Visit, each: Json) -> str:
    if each["last"] is None:
        return visit.t("figures.days_more", first=each["first"])
    word = "days_one" if each["first"] == each["last"] else "days_span"
    return visit.t(f"figures.{word}", first=each["first"], last=each["last"])


def _money(visit: Visit, found: Json) -> Table:
    paid: list[Json] = [{"key": "subsidy", **found["subsidies"]}] if found["subsidies"]["cases"] else []
    moneys: list[Json] = [*found["money"], *paid]
    rows = tuple((called(visit, "money", m["key"]), (_yuan(visit, m["amount"], m["find"]), _count(m["cases"], m["find"]))) for m in moneys)
    head = tuple(visit.t(f"figures.{name}") for name in ("of_money", "yuan", "cases"))
    return Table("money", visit.t("figures.money"), (visit.t("figures.money_help"),), head, rows)


def _tops(visit: Visit, found: Json) -> list[tuple[str, Cell]]:
    """The figures that stand above all others."""
    recovered: Json = next((m for m in found["money"] if m["key"] == "recovered"), {"amount": 0, "find": ""})
    total, decision, circle = found["total"], found["decision"], found["circle"]["total"]
    return [
        (visit.t("figures.opened"), _count(total["cases"], total["find"])),
        (visit.t("figures.people"), _count(total["amount"], total["find"])),
        (visit.t("figures.decided"), _count(decision["cases"], decision["find"])),
        (visit.t("figures.top_first"), _linked(_share(found["accept_first"]["share"]), found["accept_first"]["find"])),
        (visit.t("figures.top_median"), _linked(Cell(_days(decision["median_days"]), ""), decision["find"])),
        (visit.t("figures.top_recovered"), _yuan(visit, recovered["amount"], recovered["find"])),
        (visit.t("figures.top_circle"), _linked(_share(circle["share"]), circle["find"]["within"])),
    ]


def _linked(cell: Cell, find: str) -> Cell:
    return Cell(cell.text, cell.value, _link(find) if cell.text != "–" else "")


def _circle(visit: Visit, towns: Sequence[Json]) -> Table:
    """Townships with their way and cases."""
    heads = ("of_township", "residence", "minutes", "cases", *WAYS, "share_within")
    rows = tuple(
        (
            visit.called(town),
            (
                Cell(visit.word("residence", town["residence"]), visit.word("residence", town["residence"])),
                _minutes(visit, town),
                _count(town["cases"], town["find"]["cases"]),
                *(_count(town[way], town["find"][way], late=way == "beyond") for way in WAYS),
                _share(town["share"]),
            ),
        )
        for town in sorted(towns, key=lambda town: (town["county"], -town["cases"], town["key"]))
    )
    return Table("circle", visit.t("figures.circle"), (), tuple(visit.t(f"figures.{name}") for name in heads), rows, "")


def _minutes(visit: Visit, town: Json) -> Cell:
    if town["minutes"] is None:
        return Cell(visit.t("figures.not_measured"), "")
    return Cell(str(town["minutes"]), town["minutes"], late=town["minutes"] > town["limit"])


def _counties(visit: Visit, found: Json) -> list[Json]:
    """The service circle county by county: what it is called, its cases, its picture and table."""
    names = {str(o["county"]): visit.called(o) for o in visit.offices if o.get("kind") == "centre"}
    by_county: dict[str, list[Json]] = {}
    for town in found["circle"]["townships"]:
        by_county.setdefault(town["county"], []).append(town)
    limits = (found["circle"]["town_minutes"], found["circle"]["rural_minutes"])
    told: list[Json] = []
    for county, towns in by_county.items():
        inside, outside = (sum(town[way] for town in towns) for way in WAYS[:2])
        share = _share(inside / (inside + outside) if inside + outside else None)
        told.append({
            "name": names.get(county, county), "cases": sum(town["cases"] for town in towns), "share": share.text,
            "drawing": drawn(towns, limits, _words_of(visit)), "table": _circle(visit, towns),
        })  # fmt: skip
    return sorted(told, key=lambda each: -each["cases"])


def _words_of(visit: Visit) -> Callable[[Mapping[str, Any]], tuple[str, str, str]]:
    def words(town: Mapping[str, Any]) -> tuple[str, str, str]:
        name = visit.called(town)
        word = "town_unmeasured" if town["minutes"] is None else "town_label"
        label = visit.t(f"figures.{word}", name=name, cases=town["cases"], within=town["within"], **_way(town))
        return name, label, _link(town["find"]["cases"])

    return words


def _way(town: Mapping[str, Any]) -> Mapping[str, Any]:
    return {} if town["minutes"] is None else {"minutes": town["minutes"]}


def counted_as(visit: Visit, filters: Mapping[str, str]) -> str:
    """What a list of cases is narrowed to by a figure, in words; empty where it is by none."""
    fact = filters.get("fact", "")
    if not fact:
        return ""
    return visit.t("figures.and").join(filter(None, _parts(visit, fact, {name.removeprefix("fact_"): v for name, v in filters.items()})))


def _parts(visit: Visit, fact: str, said: Mapping[str, str]) -> Iterable[str]:
    known = visit.t(f"figures.fact_{fact}") if fact in FACTS else fact
    key = said.get("key", "")
    yield visit.t("figures.fact_of", fact=known, key=_safely(visit, fact, key)) if key else known
    if "from" in said or "to" in said:
        yield visit.t("figures.period", first=_said_month(visit, said.get("from", "")), last=_said_month(visit, said.get("to", "")))
    yield from (visit.names.get(code, code) for name in ("office", "centre") if (code := said.get(name)))
    if "kind" in said:
        yield _safely(visit, "kind", said["kind"])
    if "days_from" in said:
        last = said.get("days_to")
        yield visit.t("figures.in_days", days=_bin(visit, {"first": said["days_from"], "last": last}))
    if said.get("circle") in WAYS:
        yield visit.t(f"figures.{said['circle']}")


def _said_month(visit: Visit, month: str) -> str:
    try:
        return say_month(visit.lang, month)
    except ValueError:
        return month


def _safely(visit: Visit, fact: str, key: str) -> str:
    """The key's word; one that somebody made up stands as it is."""
    try:
        return called(visit, fact, key)
    except LookupError:
        return key

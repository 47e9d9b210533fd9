"""Local policy as dated data: the hardship standard, who needs no means check, who is accepted first, what a visit or a file needs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from domain.directory.circle import Circle
from domain.values import Residence


@dataclass(frozen=True, slots=True)
class Standard:
    """The hardship standard of one day, county and residence. `threshold_fen` is per person of the household and month."""

    threshold_fen: int
    from_: date
    formula: str
    instrument: str
    dibao_fen: int
    """The minimum living guarantee line (低保) the formula speaks of, in force since `dibao_from`."""
    dibao_from: date


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why no means check is made (LAL 32, 42), and the kinds of paper that prove it."""

    basis: str
    proof: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a case is accepted first, and the papers usually owed afterwards."""

    basis: Literal["local_policy", "urgent_art_44", "papers_later"]
    owed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """`policy.yaml`, read. Lists of dated rows hold the newest first."""

    formulas: Sequence[Mapping[str, Any]]
    lines: Sequence[Mapping[str, Any]]
    waivers: Mapping[str, Waiver]
    grounds: Mapping[str, Ground]
    home_visit_grounds: tuple[str, ...]
    checklists: Mapping[str, tuple[str, ...]]
    circle: Circle
    """Within how many minutes help is to be reached."""

    def waiver(self, code: str) -> Waiver | None:
        return self.waivers.get(code)

    def ground(self, code: str) -> Ground | None:
        return self.grounds.get(code)

    @property
    def accept_first_categories(self) -> frozenset[str]:
        """Groups whose acceptance is itself the decision: neither economy nor nature of the case is examined."""
        return frozenset(code for code, ground in self.grounds.items() if ground.basis == "local_policy")

    def closing_checklist(self, kind: str | None = None) -> tuple[str, ...]:
        """Kinds of paper a closing file needs, for that kind of matter."""
        return self.checklists.get(kind or "default", self.checklists["default"])

    def standard(self, on: date, county: str, residence: Residence) -> Standard | None:
        """The standard in force on a legal day; a county's own line goes before the one for all. None: none is known for that day."""
        formula = next((row for row in self.formulas if row["from"] <= on), None)
        lines = [row for row in self.lines if row["from"] <= on]
        line = next((row for name in (county, "*") for row in lines if row["county"] == name), None)
        if formula is None or line is None:
            return None
        return Standard(
            threshold_fen=evaluate(formula["formula"], {"dibao_line": line[residence]}),
            from_=formula["from"],
            formula=formula["formula"],
            instrument=formula["instrument"],
            dibao_fen=line[residence],
            dibao_from=line["from"],
        )


def read_policy(data: Mapping[str, Any]) -> Policy:
    """The policy of a parsed `policy.yaml`. Raises `KeyError` or `ValueError` where it cannot be read."""
    policy = Policy(
        formulas=_newest_first(data["hardship_standard"]),
        lines=_newest_first(data["dibao_line"]),
        waivers={code: Waiver(raw["basis"], tuple(raw["proof"])) for code, raw in data["waivers"].items()},
        grounds={code: Ground(raw["basis"], tuple(raw.get("owed", ()))) for code, raw in data["accept_first_grounds"].items()},
        home_visit_grounds=tuple(data["home_visit_grounds"]),
        checklists={kind: tuple(papers) for kind, papers in data["closing_checklist"].items()},
        circle=Circle(*(data["network"]["service_circle"][f"{where}_minutes"] for where in ("town", "rural"))),
    )
    for row in policy.formulas:
        evaluate(row["formula"], {"dibao_line": 1})
    return policy


def _newest_first(rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: row["from"], reverse=True)


_TOKEN = re.compile(r"\s*(\d+|[A-Za-z_]\w*|[-+*()])\s*")


def evaluate(formula: str, names: Mapping[str, int]) -> int:
    """The value of a sum such as `dibao_line * 2 + 20000`: integers, names, `+ - *` and parentheses, nothing else.

    Raises `ValueError` where the formula is not one.
    """
    return _Sum(formula, names).value()


class _Sum:
    """Reads a formula from left to right: a sum of products of factors."""

    def __init__(self, formula: str, names: Mapping[str, int]) -> None:
        if _TOKEN.sub("", formula):
            raise ValueError(f"{formula!r} is not a sum")
        self.formula, self.names = formula, names
        self.rest = _TOKEN.findall(formula)[::-1]

    def value(self) -> int:
        value = self._total()
        if self.rest:
            raise ValueError(f"{self.formula!r} goes on after its end")
        return value

    def _next(self, *wanted: str) -> str:
        return self.rest.pop() if self.rest and (not wanted or self.rest[-1] in wanted) else ""

    def _total(self) -> int:
        value = self._product()
        while sign := self._next("+", "-"):
            value = value + self._product() if sign == "+" else value - self._product()
        return value

    def _product(self) -> int:
        value = self._factor()
        while self._next("*"):
            value *= self._factor()
        return value

    def _factor(self) -> int:
        word = self._next()
        if word == "(":
            value = self._total()
            if not self._next(")"):
                raise ValueError(f"{self.formula!r} lacks a parenthesis")
            return value
        if word.isdigit():
            return int(word)
        if word not in self.names:
            raise ValueError(f"{self.formula!r} speaks of {word!r}")
        return self.names[word]

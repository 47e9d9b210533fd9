"""A calculation of hardship told line by line, so that the applicant can check it: who counts, the sum, the division, the standard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

from domain.eligibility.hardship import label_of
from domain.eligibility.policy import DIBAO_LINE

_PIECE = re.compile(r"\d+|[A-Za-z_]\w*|[-+*()]")
_SIGN = {"*": "×", "-": "−"}


class Told(NamedTuple):
    """A sentence to be told: its name in the catalogue `eligibility`, and the values it speaks of (amounts in fen)."""

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Explained:
    """The sum with everything it came from. Amounts in fen a month; `margin_fen` is how far below the threshold the result lies."""

    counted: tuple[Mapping[str, Any], ...]
    left_out: tuple[Mapping[str, Any], ...]
    """Of the household, but not counted: the opponent is of it (the aid is sought against somebody who shares the income)."""
    opponent_in_household: bool
    sum_fen: int
    per_person_fen: int
    threshold_fen: int
    margin_fen: int
    formula: str
    """The formula with the numbers put in, in yuan: `815.00 × 2 + 200.00`."""
    told: tuple[Told, ...]


def explain(assessed: Mapping[str, Any]) -> Explained:
    """The explanation of an assessment in JSON: the data of a `hardship_assessed` event, or a question with its answer.

    It is made from what is stored alone, so an old decision is told by the numbers of its day.
    """
    household = [cast("Mapping[str, Any]", m) for m in assessed.get("household") or ()]
    alone = bool(assessed.get("opponent_in_household"))
    counted = tuple(_line(m) for m in household if m.get("self_only") or not alone)
    left_out = tuple(_line(m) for m in household if alone and not m.get("self_only"))
    if not household:
        counted = tuple({"label": line["label"], "amount_fen": line["amount_fen"]} for line in assessed["lines"])
    found = Explained(
        counted=counted,
        left_out=left_out,
        opponent_in_household=alone,
        sum_fen=sum(line["amount_fen"] for line in counted),
        per_person_fen=assessed["per_person_fen"],
        threshold_fen=assessed["threshold_fen"],
        margin_fen=assessed["threshold_fen"] - assessed["per_person_fen"],
        formula=with_numbers(assessed["standard"]["formula"], assessed["standard"].get("dibao_fen")),
        told=(),
    )
    return _with_sentences(found, assessed)


def _line(member: Mapping[str, Any]) -> Mapping[str, Any]:
    label = label_of(member.get("relation"), self_only=bool(member.get("self_only")))
    return {"label": label, "amount_fen": member["income_fen_per_month"]}


def _with_sentences(found: Explained, assessed: Mapping[str, Any]) -> Explained:
    return replace(found, told=tuple(_sentences(found, assessed)))


def _sentences(found: Explained, assessed: Mapping[str, Any]) -> Iterator[Told]:
    standard: Mapping[str, Any] = assessed["standard"]
    people = len(found.counted)
    if found.opponent_in_household:
        yield Told("alone", {"left_out": len(found.left_out)})
    for line in found.counted:
        yield Told("counted", line)
    for line in found.left_out:
        yield Told("left_out", line)
    yield Told("sum", {"sum_fen": found.sum_fen, "people": people})
    exact = found.sum_fen % people == 0 if people else True
    yield Told("divided", {"sum_fen": found.sum_fen, "people": people, "per_person_fen": found.per_person_fen, "rounded": not exact})
    yield Told(
        "line",
        {
            "county": assessed.get("county"),
            "residence": assessed.get("residence"),
            "dibao_fen": standard.get("dibao_fen"),
            "dibao_from": standard.get("dibao_from"),
        },
    )
    yield Told(
        "standard",
        {
            "formula": found.formula,
            "threshold_fen": found.threshold_fen,
            "instrument": standard.get("instrument"),
            "since": standard.get("from") or standard.get("since"),
        },
    )
    far = {"per_person_fen": found.per_person_fen, "threshold_fen": found.threshold_fen, "distance_fen": abs(found.margin_fen)}
    yield Told(("at_threshold" if found.margin_fen == 0 else "below" if found.margin_fen > 0 else "above"), far)


def with_numbers(formula: str, dibao_fen: int | None) -> str:
    """The formula with its numbers put in, amounts in yuan; a number that multiplies is no amount and stays as it is."""
    pieces = _PIECE.findall(formula)

    def said(n: int, piece: str) -> str:
        if piece == DIBAO_LINE and dibao_fen is not None:
            return yuan(dibao_fen)
        multiplies = "*" in pieces[max(n - 1, 0) : n] or "*" in pieces[n + 1 : n + 2]
        return yuan(int(piece)) if piece.isdigit() and not multiplies else _SIGN.get(piece, piece)

    return " ".join(said(n, piece) for n, piece in enumerate(pieces)).replace("( ", "(").replace(" )", ")")


def yuan(fen: int) -> str:
    """Fen as yuan with two places, exact for any amount: 8150000 -> `81,500.00`."""
    sign, held = ("−", -fen) if fen < 0 else ("", fen)
    return f"{sign}{held // 100:,}.{held % 100:02d}"

"""The facts the worked example stands on: published cases with their sources, and the few words the product needs beside them.

`published_cases.json` holds the records as they were collected (`published_cases.md` explains its keys); `cases.yaml` adds a name where
none was published and says each record's groups, matter and channel in the product's words.
"""

import json
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import Field

from domain.values import CaseStage, Category, Cause, Channel, Fen, Forum, MatterKind, Model

Basis = Literal["stated", "second_source", "same_day", "immediate_wording", "year_inferred", "relative"]
_PRINTED: frozenset[Basis] = frozenset({"stated", "second_source"})


class Source(Model):
    """Where the facts were published. `trust`: high where the publisher answers for it, medium for a repost."""

    title: str
    url: str | None
    publisher: str
    published: str | None
    trust: Literal["high", "medium"]


class Dated(Model):
    """One step of the record's timeline, as precise as the source is. `at` is ISO text cut to `precision`, None where no date was seen."""

    seq: int
    step: str
    at: str | None
    precision: Literal["day", "month", "year"] | None
    basis: Basis
    what: str | None = None

    @property
    def legal_day(self) -> date | None:
        """The day, where the source (or a second one) prints it; None for what was only inferred or is less precise."""
        return self.day if self.basis in _PRINTED else None

    @property
    def day(self) -> date | None:
        """The day, printed or inferred; None for what is less precise."""
        return date.fromisoformat(self.at) if self.at and self.precision == "day" else None


class Kind(Model):
    kind: MatterKind
    cause: Cause
    forum: Forum
    stage: CaseStage


class Amounts(Model):
    """Money in fen; None where the source was not seen to say. `approximate`: the source says "about"."""

    claimed_fen: Fen | None = None
    agreed_fen: Fen | None = None
    paid_fen: Fen | None = None
    approximate: bool = False


class Fact(Model):
    """One published case. `name_filled`: the source names nobody, the name was made up."""

    id: str
    tier: Literal["A", "B", "C"]
    source: Source
    region: str
    year: int
    regime: Literal["regulations_2003", "law_2022"]
    name: str
    name_filled: bool = False
    age: int | None = None
    """In years, where the source tells it: what is filled in does not contradict it."""
    categories: tuple[Category, ...]
    recipients: int = Field(ge=1)
    matter: Kind
    opponent: str | None = None
    channel: Channel | None
    means: str
    """How the means were looked at, by the record's own word: `passed`, `passed_by_status`, `waived`, `not_stated`, …"""
    facts: str
    handling: tuple[str, ...]
    """The forums in order, as the record names them."""
    result: str
    """How it ended, by the record's own word; `pending` and `not_seen` leave it open."""
    amounts: Amounts
    timeline: tuple[Dated, ...]

    @property
    def days(self) -> tuple[Dated, ...]:
        """The steps that bear a date of some precision."""
        return tuple(dated for dated in self.timeline if dated.at)

    def entry(self, seq: int) -> Dated:
        """The step of that number. Raises `LookupError` where the record has none."""
        try:
            return next(dated for dated in self.timeline if dated.seq == seq)
        except StopIteration:
            raise LookupError(f"{self.id} has no step {seq}") from None

    def day(self, step: str, nth: int = 0) -> date:
        """The printed day of a step, of its `nth` where the record has several. Raises `LookupError` where none is printed."""
        printed = [day for dated in self.days if dated.step == step and (day := dated.legal_day)]
        if nth >= len(printed):
            raise LookupError(f"{self.id} prints no day of {step}")
        return printed[nth]

    def moved(self, weeks: int) -> "Fact":
        """The same facts, every printed day moved by whole weeks; what is less precise or inferred is left out."""
        printed = [(dated, day + timedelta(weeks=weeks)) for dated in self.days if (day := dated.legal_day)]
        return self.model_copy(update={"timeline": tuple(d.model_copy(update={"at": day.isoformat()}) for d, day in printed)})


def records() -> tuple[dict[str, Any], ...]:
    """The records as they were collected."""
    return tuple(json.loads(_text("published_cases.json")))


@cache
def facts() -> dict[str, Fact]:
    """The records by id."""
    added = {each["id"]: each for each in yaml.safe_load(_text("cases.yaml"))}
    return {record["id"]: _fact(record, added[record["id"]]) for record in records()}


def _fact(record: dict[str, Any], added: dict[str, Any]) -> Fact:
    outcome = record["outcome"]
    timeline = [
        {"seq": t["seq"], "step": t["step"], "at": t["date"], "precision": t["precision"], "basis": t["basis"], "what": t["note"] or None}
        for t in record["timeline"]
    ]
    amounts = {"claimed_fen": "claimed_fen", "agreed_fen": "agreed_or_awarded_fen", "paid_fen": "paid_fen", "approximate": "approximate"}
    return Fact.model_validate(
        {name: record[name] for name in ("tier", "region", "year", "regime", "handling")}
        | added
        | {
            "source": {name: record["source"][name] for name in Source.model_fields},
            "recipients": record["applicant"]["recipients"],
            "means": record["means_check"],
            "result": outcome["result"],
            "amounts": {name: outcome[key] for name, key in amounts.items()},
            "timeline": timeline,
        }
    )


def _text(name: str) -> str:
    return files("ops.example").joinpath(name).read_text(encoding="utf-8")

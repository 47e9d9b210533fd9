"""The facts the worked example stands on: published cases in short words, each with its source (`cases.yaml`)."""

from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

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
    """One dated step of the record, as precise as the source is. `at` is ISO text cut to `precision`."""

    step: str
    at: str
    precision: Literal["day", "month", "year"]
    basis: Basis
    what: str | None = None

    @property
    def legal_day(self) -> date | None:
        """The day, where the source (or a second one) prints it; None for what was only inferred or is less precise."""
        return date.fromisoformat(self.at) if self.precision == "day" and self.basis in _PRINTED else None


class Kind(Model):
    kind: MatterKind
    cause: Cause
    forum: Forum
    stage: CaseStage


class Amounts(Model):
    """Money in fen; None where the source was not seen to say."""

    claimed_fen: Fen | None = None
    agreed_fen: Fen | None = None
    paid_fen: Fen | None = None


class Fact(Model):
    """One published case. `name_filled`: the source names nobody, the name was made up."""

    id: str
    source: Source
    year: int
    name: str
    name_filled: bool = False
    categories: tuple[Category, ...]
    recipients: int = Field(ge=1)
    matter: Kind
    opponent: str | None = None
    channel: Channel | None
    facts: str
    amounts: Amounts = Amounts()
    days: tuple[Dated, ...]

    def day(self, step: str, nth: int = 0) -> date:
        """The printed day of a step, of its `nth` where the record has several. Raises `LookupError` where none is printed."""
        printed = [day for dated in self.days if dated.step == step and (day := dated.legal_day)]
        if nth >= len(printed):
            raise LookupError(f"{self.id} prints no day of {step}")
        return printed[nth]

    def moved(self, weeks: int) -> "Fact":
        """The same facts, every printed day moved by whole weeks; what is less precise or inferred is left out."""
        printed = [(dated, day + timedelta(weeks=weeks)) for dated in self.days if (day := dated.legal_day)]
        return self.model_copy(update={"days": tuple(d.model_copy(update={"at": day.isoformat()}) for d, day in printed)})


@cache
def facts() -> dict[str, Fact]:
    """The records by id."""
    raw = yaml.safe_load(files("ops.example").joinpath("cases.yaml").read_text(encoding="utf-8"))
    return {fact.id: fact for fact in map(Fact.model_validate, raw)}

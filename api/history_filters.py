"""The filters of histories, as the routes of `/events` and of the exports take them alike."""

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from api.list_reading import moment_of
from api.params import DayOrMoment, LegalDay, Word
from domain.directory import Directory
from readmodels.history import EventQuery


@dataclass(frozen=True, slots=True)
class Asked:
    """A question put to the histories; `office` stands for itself and all below it."""

    query: EventQuery
    office: str | None

    def of(self, directory: Directory) -> EventQuery:
        return replace(self.query, offices=offices_of(directory, self.office))


def offices_of(directory: Directory, office: str | None) -> frozenset[str] | None:
    """The office and those below it; None, which filters nothing, for none and for the whole city. A code of no office stands alone."""
    if office is None:
        return None
    below = directory.below(office) or frozenset({office})
    return None if len(below) == len(directory.office_of) else below


def _asked(
    *,
    case: UUID | None = None,
    type: Annotated[list[Annotated[str, Query(max_length=64)]] | None, Query(max_length=50, description="One or several.")] = None,
    actor: Word = None,
    office: Annotated[str | None, Query(max_length=64, description="Where it was done: an office, those below it included.")] = None,
    category: Annotated[str | None, Query(max_length=64, description="Of an applicant.")] = None,
    cause: Annotated[str | None, Query(max_length=64, description="Of the matter.")] = None,
    from_: Annotated[DayOrMoment | None, Query(alias="from", description="Recorded on or after this day, or moment.")] = None,
    to: Annotated[DayOrMoment | None, Query(description="Recorded on or before this day, or before this moment.")] = None,
    legal_from: Annotated[LegalDay | None, Query(description="Of this legal day or a later one.")] = None,
    legal_to: Annotated[LegalDay | None, Query(description="Of this legal day or an earlier one.")] = None,
    upto: Annotated[
        int | None, Query(ge=0, le=2**63 - 1, description="Up to this position of the ledger: then nothing is added later.")
    ] = None,
) -> Asked:
    query = EventQuery(
        case=str(case) if case else None, types=tuple(dict.fromkeys(type or ())), actor=actor, category=category, cause=cause,
        from_at=moment_of(from_, "from"), to_at=moment_of(to, "to", end=True), legal_from=legal_from, legal_to=legal_to,
        upto=upto,
    )  # fmt: skip
    return Asked(query, office)


HistoryFilters = Annotated[Asked, Depends(_asked)]

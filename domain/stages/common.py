"""What the stages' commands have in common: whom a command addresses, codes of the directory, days, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field

from domain.command import Command, Refusal, Series
from domain.values import Applicant, Code, Model, Paper

if TYPE_CHECKING:
    from domain.case import CaseState, Recipient
    from domain.command import Facts
    from domain.directory import Directory

type Papers = Annotated[tuple[Paper, ...], Field(min_length=1)]
type PartyIds = tuple[Annotated[int, Field(ge=0)], ...]


def said(command: Command) -> dict[str, Any]:
    """The command's own fields, as its event repeats them."""
    return {name: getattr(command, name) for name in type(command).model_fields if name not in Command.model_fields}


def open_recipients(case: CaseState) -> tuple[Recipient, ...]:
    """Those about whom a decision is still to be made: undecided, or accepted first under a basis that defers the decision."""
    return tuple(
        r for r in case.recipients if r.status == "undecided" or (case.deferred and r.status == "accepted_first" and r.decision is None)
    )


def addressed(
    among: Iterable[Recipient], named: PartyIds, *, nobody: str, case: CaseState | None = None, passed: str = "already_decided"
) -> tuple[int, ...]:
    """The recipients a command speaks of: those it names, else everybody in question.

    Raises `Refusal`: 422 `unknown_recipient` for one whom the case does not have; 409 with the code `passed` (`recipient_left`) and the
    party ids for those who are no longer in question (who left); 409 with the code `nobody` where nobody is. Without the `case`
    everybody who is not in question is unknown.
    """
    ids = tuple(r.party_id for r in among)
    known = {r.party_id: r for r in case.recipients} if case else {}
    for index, party_id in enumerate(named):
        if party_id not in ids and party_id not in known:
            raise Refusal("unknown_recipient", status=422, pointer=f"/for_recipients/{index}", party_id=party_id)
    gone = tuple(dict.fromkeys(party_id for party_id in named if party_id not in ids))
    if gone:
        left = tuple(party_id for party_id in gone if known[party_id].status == "released")
        raise (
            Refusal("recipient_left", pointer="/for_recipients", recipients=left)
            if left
            else Refusal(passed, pointer="/for_recipients", recipients=gone)
        )
    if not ids:
        raise Refusal(nobody)
    return tuple(dict.fromkeys(named)) or ids


def known_person(facts: Facts, code: str | None, pointer: str) -> None:
    """Refuse (422) the code of a person the directory does not hold. No code is no fault."""
    if code is not None and facts.directory.person(code) is None:
        raise Refusal("unknown_person", status=422, pointer=pointer, person=code)


def known_lawyer(facts: Facts, code: str | None, pointer: str) -> None:
    if code is not None and facts.directory.lawyer(code) is None:
        raise Refusal("unknown_lawyer", status=422, pointer=pointer, lawyer=code)


def known_unit(facts: Facts, code: str | None, pointer: str) -> None:
    if code is not None and facts.directory.unit(code) is None:
        raise Refusal("unknown_unit", status=422, pointer=pointer, unit=code)


def known_township(facts: Facts, applicant: Applicant, pointer: str) -> None:
    """Refuse (422) an applicant of a township the directory does not hold; `pointer` is the applicant's."""
    if applicant.township is not None and facts.directory.township(applicant.township) is None:
        raise Refusal("unknown_township", status=422, pointer=f"{pointer}/township", township=applicant.township)


def not_in_future(facts: Facts, day: date | None, pointer: str) -> None:
    """Refuse (422) a day that had not come on the legal day. No day is no fault."""
    if day is not None and day > facts.effective_on:
        raise Refusal("date_in_future", status=422, pointer=pointer, day=day, legal_day=facts.effective_on)


def not_ahead_of_today(facts: Facts, day: date | None, pointer: str) -> None:
    """Refuse (422) a day that has not come yet. A receipt may lie after the legal day of what was received: it is never in the future."""
    today = facts.now.astimezone(facts.rules.zone).date()
    if day is not None and day > today:
        raise Refusal("date_in_future", status=422, pointer=pointer, day=day, legal_day=today)


def without(papers: Iterable[Paper], kinds: Iterable[str]) -> tuple[Paper, ...]:
    """The papers that are of none of these kinds."""
    gone = frozenset(kinds)
    return tuple(p for p in papers if p.kind not in gone)


def with_papers(case: CaseState, papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """The case's papers and those handed in now."""
    return (*case.papers, *papers)


class Draw(Model):
    """The series an event draws its number from when it is recorded."""

    kind: str
    centre: Code
    year: int

    @property
    def series(self) -> Series:
        return Series(self.kind, self.centre, self.year)


KIND_IN_NUMBER: Mapping[str, str] = {"civil": "民", "criminal": "刑", "administrative": "行", "state_compensation": "赔"}


class BearsCaseNumber(Model):
    """An event that gives the case its number `(centre)援<kind>字〔year〕第n号`, unless an earlier one gave it."""

    case_number: str | None = None
    draws: Draw | None = None

    def series(self) -> tuple[Series, ...]:
        return (self.draws.series,) if self.draws and self.case_number is None else ()

    def numbered(self, numbers: tuple[int, ...], directory: Directory) -> Self:
        assert self.draws is not None  # noqa: S101 -- asked only of an event that names a series
        return self.model_copy(update={"case_number": case_number_of(self.draws, numbers[0], directory)})


def case_number_of(draws: Draw, n: int, directory: Directory) -> str:
    """The case number that the n-th of its series is written as."""
    kind = KIND_IN_NUMBER[draws.kind.removeprefix("case:")]
    return f"{short_name(directory, draws.centre)}援{kind}字〔{draws.year}〕第{n}号"


def register_number_of(draws: Draw, n: int, directory: Directory) -> str:
    """The register number that the n-th of its series is written as."""
    return f"{short_name(directory, draws.centre)}援登字〔{draws.year}〕第{n}号"


def case_number(case: CaseState, facts: Facts) -> dict[str, Any]:
    """Fields of an event that bears the case number: the one the case has, or the series to draw it from.

    The series is dense per centre, kind of matter (civil where none is known) and year of the legal day.
    """
    if case.case_number is not None:
        return {"case_number": case.case_number}
    kind = (case.matter.kind if case.matter else None) or "civil"
    return {"draws": Draw(kind=f"case:{kind}", centre=case.centre, year=facts.effective_on.year)}


def short_name(directory: Directory, centre: str) -> str:
    """What the centre's numbers begin with. Raises `LookupError` for an office that the directory does not hold."""
    office = directory.office(centre)
    if office is None:
        raise LookupError(centre)
    return office.short

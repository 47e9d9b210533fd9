"""What the directory holds: offices, people, units, lawyers, tariffs, and what stands for a while only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.command import Role
from domain.lifecycle import Stage
from domain.values import Cause, Code, Fen, Model, Residence

OfficeKind = Literal[
    "bureau", "centre", "work_station", "firm_intake_point", "village_liaison", "department_liaison_station", "duty_lawyer_office",
]  # fmt: skip
UnitKind = Literal["firm", "grassroots_office", "centre"]
Gender = Literal["female", "male"]
Quality = Literal["excellent", "good", "pass", "fail"]
Function = Literal["owner", "caseworker", "approver", "unit_manager", "lawyer", "team_lead", "centre_director", "deputy", "supervisor"]
"""Whom a rung of a reminder ladder or a task may name."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Period(Model):
    """Days `since` to `until`, both included; open where `until` is absent."""

    since: date
    until: date | None = None
    reason: Name | None = None

    def holds(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on <= self.until)


class Grant(Period):
    """A role at an office."""

    role: Role
    office: Code


class Delegation(Period):
    """The right to accept first on a centre's behalf (直接受理), confirmed by the centre's approver afterwards."""

    person: Code
    centre: Code


class Charge(Period):
    """A function that is no role: team lead, director or deputy of an office."""

    function: Literal["team_lead", "centre_director", "deputy"]
    office: Code
    person: Code


class Absence(Period):
    """A person's leave, and who stands in for them."""

    person: Code
    deputy: Code


class Office(Model):
    code: Code
    name: Name
    name_en: Name
    short: Name
    """What numbers begin with: `定城` in 定城援民字〔2026〕第318号."""
    kind: OfficeKind
    parent: Code | None = None
    """The office above: an outlet's centre, a centre's bureau, a county bureau's city bureau."""
    bureau: Code | None = None
    """The justice bureau that set it up (established_by); it alone decides objections to the centre."""
    level: Literal["city", "county"]
    county: Code
    single_officer: bool = False
    """Too small for two: the examiner may be the approver."""
    second_approval: bool = False
    """A subsidy of this centre needs an officer of its bureau as second approver."""
    minutes: Annotated[int, Field(ge=0, le=24 * 60)] | None = None
    """Travel time from the township or village it serves, in minutes."""
    phone: Annotated[str, StringConstraints(max_length=40)] | None = None
    address: Name | None = None
    """Where people come to, as it is told to applicants."""
    township: Code | None = None
    """The township it stands in, where it serves one."""
    closed_on: date | None = None
    """Set by its closing: open cases go on there until they are moved, new ones are refused."""
    successor: Code | None = None
    """The office that takes over where it was closed."""


class Person(Model):
    code: Code
    name: Name
    office: Code
    grants: tuple[Grant, ...] = ()
    lawyer: Code | None = None
    unit: Code | None = None
    left_on: date | None = None
    """The first day on which the person is no longer there: no role is held from then on, the name stays."""
    competences: tuple[Cause, ...] = ()
    """Kinds of cases the person is good at, and gets first out of the queue; none means every kind."""

    def roles_on(self, on: date) -> tuple[tuple[Role, str], ...]:
        """Roles held on that day, as (role, office), in the order granted."""
        if self.left_on is not None and self.left_on <= on:
            return ()
        return tuple((g.role, g.office) for g in self.grants if g.holds(on))


class Unit(Model):
    """A handling unit (承办单位): a law firm, a grass-roots legal service office or the centre itself."""

    code: Code
    name: Name
    kind: UnitKind
    office: Code
    """The centre on whose roster it stands."""
    outlet: Code | None = None
    """The intake point at which it receives people."""
    township: Code | None = None
    """Where it has its rooms; travel times are measured from there."""


class Lawyer(Model):
    """A handler of the panel, with what the gates and the choice of a lawyer look at."""

    code: Code
    name: Name
    unit: Code
    person: Code | None = None
    gender: Gender
    languages: tuple[str, ...] = ("zh",)
    specialities: tuple[Cause, ...] = ()
    practising_since: date
    criminal_since: date | None = None
    """Since when in criminal practice; three years are needed for life and death cases (法律援助法 art. 26)."""
    minors: bool = False
    """Familiar with the body and mind of minors (刑事诉讼法, 未成年人保护法)."""
    public_pay: bool = False
    """On public pay: gets no case subsidy."""
    max_load: Annotated[int, Field(ge=0)] = 10
    """Open cases at most."""
    quality: Quality | None = None
    suspensions: tuple[Period, ...] = ()
    leaves: tuple[Period, ...] = ()

    def suspended(self, on: date) -> bool:
        return any(p.holds(on) for p in self.suspensions)

    def on_leave(self, on: date) -> bool:
        return any(p.holds(on) for p in self.leaves)


class Township(Model):
    """A township or sub-district (乡镇, 街道) and how far its people have to go."""

    code: Code
    name: Name
    name_en: Name
    county: Code
    residence: Residence
    """A town is to be served within half an hour, the country within one (policy `service_circle`)."""
    minutes: Mapping[Code, Annotated[int, Field(ge=0, le=24 * 60)]] = {}
    """Travel time in minutes, by the office's code."""


class DayRule(Model):
    """A day of the calendar that is kept otherwise than announced, from the legal day `since` on."""

    day: date
    kept: Literal["off", "worked", "as_announced"]
    since: date
    name: Name
    office: Code | None = None
    """The office for which it holds with those below it; None for all."""
    source: Name


class Tariff(Model):
    """A subsidy's tariff from a day on; `amount_fen` in fen a case."""

    code: Code
    since: date
    amount_fen: Fen
    instrument: Name | None = None


@dataclass(frozen=True, slots=True)
class CaseScope:
    """Where a case stands in the directory; all that access and reminders need to know of it.

    `lawyers` are lawyer codes of the panel; `excluded` the codes (person, lawyer or unit) behind its walls or recused.
    """

    centre: str
    outlet: str | None = None
    unit: str | None = None
    owner: str | None = None
    lawyers: tuple[str, ...] = ()
    excluded: frozenset[str] = frozenset()
    stage: Stage | None = None
    state: str | None = None
    accepted_by: tuple[str, ...] = ()
    """Who accepted first by delegation (person codes)."""
    keepers: tuple[str, ...] = ()
    """Of an inquiry: whoever must not drop it, and whom it is being handed to (person codes)."""

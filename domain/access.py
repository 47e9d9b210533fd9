"""Who sees what, and in which role a person acts: pure policy (`people-and-access`), one table for pages, lists and commands.

Each role reaches cases by one or more `Reach`es, which are both asked about one case and turned into a WHERE of a list, so
that a list never shows what the case page denies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal

from domain.case import CaseState
from domain.command import COMMANDS, Actor, Command, Event, Role
from domain.directory import CaseScope, Directory
from domain.lifecycle import State, onward
from domain.stages.any_stage import NoteAdded
from domain.stages.correction import RecordCorrected
from domain.stream import StreamState

Column = Literal["centre", "outlet", "unit", "lawyer", "owner", "accepted_by", "keepers"]

MAY_LINK: tuple[Role, ...] = ("caseworker", "approver", "supervisor")
"""Who may say that two entries are one person."""
MAY_ASK_ERASURE: tuple[Role, ...] = ("approver", "supervisor")
"""Who may ask that a person be erased, restrict what is held of one, and give it out to the person: who answers for a centre's files."""
MAY_DECIDE_ERASURE: tuple[Role, ...] = ("supervisor",)
"""Who decides about it: those who place holds and lift them, and see every centre's files below theirs. Never who asked. The bureau has no
part in a centre's files, the auditor changes nothing, administrators see no case."""
MAY_EXPORT: tuple[Role, ...] = ("approver", "supervisor", "auditor")
"""Who may take a case out of the house for a court: whoever answers for it or examines it, and sees all of it."""
MAY_GIVE_STATUS_CODE: tuple[Role, ...] = ("receptionist", "liaison", "duty_lawyer", "caseworker", "approver")
"""Who may tell an applicant the code of the public page, and renew it: who stands before applicants and acts for the centre."""
SUBSIDY_STATES: frozenset[State] = onward("file_accepted")
"""From here on a finance officer sees a case."""
_UNNAMED: frozenset[State] = frozenset({"assigned"})
"""The unit has the case and none of its lawyers leads it yet."""
_ASSESSMENT = ("eligibility",)
_BESIDE_SUBSIDY = (
    "applicant", "co_applicants", "proxy", "opponents", "matter", "eligibility", "accept_first", "engagement", "representation", "outcome",
    "papers", "documents", "holds", "links", "oral", "recipients", "supplement", "verifications", "visits", "replacement", "termination",
    "objection", "notice", "proposals", "money", "service_circle",
)  # fmt: skip
_WITHHELD: dict[Role, tuple[str, ...]] = {
    "liaison": _ASSESSMENT,
    "receptionist": _ASSESSMENT,
    "finance_officer": _BESIDE_SUBSIDY,
}
ASSESSMENT_EVENTS = frozenset({"hardship_assessed", "hardship_check_waived", "conflict_checked", "decision_recommended"})
"""Events whose data the page shows under `eligibility`. No role they are kept from issues a command that brings one (a test holds it),
so that what a command answers, its own events, tells nobody more than the history does."""
_SUBSIDY_EVENTS = frozenset({"unit_assigned", "lawyer_named", "closing_file_accepted", "subsidy_approved", "subsidy_paid", "case_archived"})


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is signed in. `roles` are (role, office) of the day, in the directory's order."""

    username: str
    person: str
    roles: tuple[tuple[Role, str], ...]
    lawyer: str | None = None
    unit: str | None = None
    language: str = "zh-CN"

    @property
    def codes(self) -> frozenset[str]:
        """The codes under which a wall may name this person."""
        return frozenset(filter(None, (self.person, self.lawyer, self.unit)))


@dataclass(frozen=True, slots=True)
class Reach:
    """Cases whose `column` is one of `values` and, where `states` are named, whose state is one of them.

    `withheld` are the case's fields that are not shown by it.
    """

    column: Column
    values: frozenset[str]
    states: frozenset[State] | None = None
    withheld: tuple[str, ...] = ()

    def covers(self, case: CaseScope) -> bool:
        held: dict[Column, tuple[str | None, ...]] = {
            "centre": (case.centre,), "outlet": (case.outlet,), "unit": (case.unit,), "lawyer": case.lawyers,
            "owner": (case.owner,), "accepted_by": case.accepted_by, "keepers": case.keepers,
        }  # fmt: skip
        return bool(self.values.intersection(held[self.column])) and (self.states is None or case.state in self.states)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a list may show: every case, or those under any of the reaches; never one that names one of `excluded` in its walls."""

    everything: bool
    reaches: tuple[Reach, ...]
    excluded: frozenset[str]

    @property
    def nothing(self) -> bool:
        return not self.everything and not self.reaches

    def showing(self, field: str) -> Scope:
        """The part of it where that field of a case is shown: what a filter by the field may look at."""
        return Scope(self.everything, tuple(r for r in self.reaches if field not in r.withheld), self.excluded)

    def covers(self, case: CaseScope) -> bool:
        return not (self.excluded & case.excluded) and (self.everything or any(r.covers(case) for r in self.reaches))


def scope_of(case: StreamState) -> CaseScope:
    """Where a case stands, or a stream of another kind, out of its state."""
    if not isinstance(case, CaseState):
        return CaseScope(
            centre=case.centre, outlet=case.outlet, owner=case.owner, excluded=case.excluded, state=case.state, keepers=case.keepers
        )
    assignment = case.assignment
    return CaseScope(
        centre=case.centre,
        outlet=case.outlet,
        unit=assignment.unit if assignment else None,
        owner=case.owner,
        lawyers=tuple(h.lawyer for h in assignment.lawyers) if assignment else (),
        excluded=case.excluded,
        stage=case.stage,
        state=case.state,
        accepted_by=case.acted_by.get("accepted_first", ()),
    )


def scope_at_opening(principal: Principal, command: Command, actor: Actor, directory: Directory) -> CaseScope:
    """Where a case about to be opened will stand, for the commands that come with the one that opens it."""
    centre: str = getattr(command, "centre", "")
    office = directory.office(actor.office)
    own = office.code if office and office.kind != "centre" else None
    return CaseScope(
        centre=centre, outlet=getattr(command, "outlet", None) or own, unit=None, owner=principal.person, lawyers=(), excluded=frozenset(),
        stage="application", state="received", accepted_by=(),
    )  # fmt: skip


type _Grant = tuple[bool, tuple[Reach, ...]]


def _reach(column: Column, *values: str | None, states: frozenset[State] | None = None) -> tuple[Reach, ...]:
    known = frozenset(filter(None, values))
    return (Reach(column, known, states),) if known else ()


def _front_desk(who: Principal, office: str, directory: Directory) -> _Grant:
    """A desk of the centre reaches the centre's cases; an outlet's its own; either what the person first took in (首问负责制)."""
    at = directory.office(office)
    column: Column = "centre" if at and at.kind == "centre" else "outlet"
    return False, (*_reach(column, office), *_reach("owner", who.person), *_reach("keepers", who.person))


def _centre(_: Principal, office: str, directory: Directory) -> _Grant:
    centre = directory.centre_of(office)
    return False, _reach("centre", centre and centre.code)


def _caseworker(who: Principal, office: str, directory: Directory) -> _Grant:
    """The centre's cases, and the inquiries handed to the person wherever they were received."""
    everything, reaches = _centre(who, office, directory)
    return everything, (*reaches, *_reach("keepers", who.person))


_OWN_OF_DUTY: tuple[Column, ...] = ("owner", "accepted_by", "keepers")


def _duty_lawyer(who: Principal, office: str, _: Directory) -> _Grant:
    own = (_reach(column, who.person) for column in _OWN_OF_DUTY)
    return False, (*_reach("outlet", office), *chain.from_iterable(own))


def _unit(who: Principal, _: str, __: Directory) -> _Grant:
    return False, _reach("unit", who.unit)


def _lawyer(who: Principal, _: str, __: Directory) -> _Grant:
    """Their own cases, and those of the unit while it has named nobody: a case accepted first does not wait for that."""
    return False, (*_reach("lawyer", who.lawyer), *_reach("unit", who.unit, states=_UNNAMED))


def _finance(_: Principal, office: str, directory: Directory) -> _Grant:
    centre = directory.centre_of(office)
    return False, _reach("centre", centre and centre.code, states=SUBSIDY_STATES)


def _supervisor(_: Principal, office: str, directory: Directory) -> _Grant:
    """Their office and those below; the city level everything."""
    below = directory.below(office)
    if below and len(below) == len(directory.office_of):
        return True, ()
    return False, (*_reach("centre", *below), *_reach("outlet", *below))


def _bureau(_: Principal, office: str, directory: Directory) -> _Grant:
    return False, _reach("centre", *directory.set_up_by(office))


def _all(_: Principal, __: str, ___: Directory) -> _Grant:
    return True, ()


def _none(_: Principal, __: str, ___: Directory) -> _Grant:
    return False, ()


_BY_ROLE: Mapping[Role, Callable[[Principal, str, Directory], _Grant]] = {
    "liaison": _front_desk,
    "receptionist": _front_desk,
    "caseworker": _caseworker,
    "approver": _centre,
    "duty_lawyer": _duty_lawyer,
    "unit_manager": _unit,
    "lawyer": _lawyer,
    "finance_officer": _finance,
    "supervisor": _supervisor,
    "bureau_officer": _bureau,
    "auditor": _all,
    "system_administrator": _none,
    "security_administrator": _none,
    "system": _none,
}


def _role_scope(principal: Principal, role: Role, office: str, directory: Directory) -> Scope:
    everything, reaches = _BY_ROLE[role](principal, office, directory)
    return Scope(everything, tuple(replace(r, withheld=_WITHHELD.get(role, ())) for r in reaches), principal.codes)


def list_scope(principal: Principal, directory: Directory) -> Scope:
    """What the person's lists, queues and searches may show, by all their roles together."""
    scopes = [_role_scope(principal, role, office, directory) for role, office in principal.roles]
    reaches = dict.fromkeys(r for s in scopes for r in s.reaches)
    return Scope(any(s.everything for s in scopes), tuple(reaches), principal.codes)


def may_see(principal: Principal, case: CaseScope, directory: Directory) -> bool:
    """Whether the case exists for this person. Where not, the answer is 404 as for a case that is not."""
    return list_scope(principal, directory).covers(case)


def unwalled(case: CaseScope) -> CaseScope:
    """The same without its walls: for who reads it through broken glass, and to tell who is kept out by nothing but a wall."""
    return replace(case, excluded=frozenset())


def walled_off(principal: Principal, case: CaseScope, directory: Directory) -> bool:
    """Whether nothing but a wall keeps the case from this person, who may know that it exists and nothing of it."""
    return not principal.codes.isdisjoint(case.excluded) and may_see(principal, unwalled(case), directory)


def _roles_over(principal: Principal, case: CaseScope, directory: Directory) -> list[tuple[Role, str]]:
    return [(role, office) for role, office in principal.roles if _role_scope(principal, role, office, directory).covers(case)]


def acting_role(principal: Principal, command: str) -> Role | None:
    """The first of the person's roles that may issue the command at all. Raises `KeyError` for an unknown command."""
    allowed = COMMANDS[command].roles
    return next((role for role, _ in principal.roles if role in allowed), None)


def may_export(principal: Principal, case: CaseScope, directory: Directory) -> bool:
    """Whether one of the roles that reach the case may take it out for a court. None of these has anything of a case withheld."""
    return any(role in MAY_EXPORT for role, _ in _roles_over(principal, case, directory))


def giver_of_codes(principal: Principal, case: CaseScope, directory: Directory) -> Actor | None:
    """The person in the role that reaches the case and may tell its applicant the code of the public page; None where none does."""
    for role, office in _roles_over(principal, case, directory):
        if role in MAY_GIVE_STATUS_CODE:
            return Actor(principal.person, role, office, principal.lawyer, principal.unit)
    return None


def actor(principal: Principal, command: str, case: CaseScope | None, directory: Directory) -> Actor | None:
    """The person acting in the first role that may issue the command and reaches the case (`None`: a case being opened).

    A role at one office gives no right to act on a case seen through another role. Raises `KeyError` for an unknown command.
    """
    allowed = COMMANDS[command].roles
    for role, office in principal.roles if case is None else _roles_over(principal, case, directory):
        if role in allowed:
            return Actor(principal.person, role, office, principal.lawyer, principal.unit)
    return None


def decides(command: str, actor: Actor) -> bool:
    """Whether the person decides by it as an approver: what nobody but an approver may say about a case, its notes and papers apart."""
    kind = COMMANDS[command]
    beside = kind.lane == "margin" and kind.name != "accept_proposal"
    return actor.role == "approver" and "caseworker" not in kind.roles and not beside


def withheld(principal: Principal, case: CaseScope, directory: Directory) -> tuple[str, ...]:
    """Top-level fields of the case that are absent for this person: those that none of the roles which reach it may see."""
    fields = [_WITHHELD.get(role, ()) for role, _ in _roles_over(principal, case, directory)]
    return tuple(name for name in (fields[0] if fields else ()) if all(name in other for other in fields))


def shows_event(principal: Principal, case: CaseScope, directory: Directory, event: Event, by: str) -> bool:
    """Whether the event's data may be shown: the assessment not to the front desk, to finance what the subsidy needs.

    A note for the centre, and what a note should have said, is not for the firm and its lawyers nor for the people of outlets, but for
    who wrote it (`by`).
    """
    of_centre = isinstance(event, NoteAdded) and event.visible_to == "centre"
    corrected = isinstance(event, RecordCorrected) and event.event == NoteAdded.type
    kept_in_centre = (of_centre or corrected) and by != principal.person

    def hidden(role: Role, office: str) -> bool:
        at = directory.office(office)
        kept_from_outlet = kept_in_centre and not (at and at.kind == "centre")
        by_role: dict[Role, bool] = {
            "liaison": event.type in ASSESSMENT_EVENTS or kept_from_outlet,
            "receptionist": event.type in ASSESSMENT_EVENTS or kept_from_outlet,
            "duty_lawyer": kept_from_outlet,
            "finance_officer": event.type not in _SUBSIDY_EVENTS,
            "lawyer": kept_in_centre,
            "unit_manager": kept_in_centre,
        }
        return by_role.get(role, False)

    return any(not hidden(role, office) for role, office in _roles_over(principal, case, directory))

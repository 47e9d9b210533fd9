"""Accept first, papers later (先受理后补办): a lane beside assignment and representation.

Under `local_policy` the acceptance is the decision: neither economy nor nature of the case is examined. Under `urgent_art_44`
(法律援助法 art. 44) and `papers_later` (容缺受理) the decision is deferred until the owed papers are complete.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, NoReturn

from domain.case import AcceptFirst as Acceptance
from domain.case import CaseState, Decided, Recipient, Status, Termination
from domain.command import Actor, Command, Event, Facts, Refusal, Role, Stamp
from domain.directory import Directory
from domain.lifecycle import NOT_ENDED, STAGE_OF, State
from domain.stages.application import EXAMINATION
from domain.stages.common import BearsCaseNumber, Papers, PartyIds, addressed, case_number, said, with_papers, without
from domain.stages.handling import joiners_wait
from domain.stages.lane import OWING, lane_of, with_lane
from domain.values import Applicant, Code, Model, Paper, PersonalText

Basis = Literal["local_policy", "urgent_art_44", "papers_later"]
_BESIDE: frozenset[State] = NOT_ENDED - EXAMINATION
_LIMITATION_DAYS = 7
"""Art. 44 (1): less than seven days are left."""


def _owing(case: CaseState) -> bool:
    return case.accept_first is not None and case.accept_first.state in OWING and case.state in _BESIDE


class AcceptFirst(Command):
    """Accept at once, with papers owed; by the approver, or by a duty lawyer or receptionist with a dated delegation (直接受理).

    People of the same group who join later are accepted by the approver on the basis of the first: their papers are owed with the others'.
    """

    states = EXAMINATION
    to = ("awaiting_assignment",)
    roles = frozenset[Role]({"approver", "duty_lawyer", "receptionist"})
    emits = ("accepted_first",)

    basis: Basis | None = None
    ground: Code
    papers_owed: tuple[Paper, ...]
    due_on: date | None = None
    detail: PersonalText | None = None

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return case.state in cls.states or _may_join(case)

    @classmethod
    def open_to(cls, case: CaseState, actor: Actor, directory: Directory, on: date) -> bool:
        """A delegation is for the door: about those who join an acceptance the approver decides."""
        return actor.role == "approver" or (case.accept_first is None and directory.delegated(actor.id, case.centre, on))

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        by_delegation = facts.actor.role != "approver"
        if not self.open_to(case, facts.actor, facts.directory, facts.effective_on):
            raise Refusal("no_delegation", status=403, centre=case.centre)
        ids = addressed(case.undecided, (), nobody="nobody_undecided")
        basis = self._basis(facts)
        self._check_ground(case, basis, ids, facts)
        if lane := case.accept_first:
            _check_joins(lane, basis)
        if basis == "papers_later" and not self.papers_owed:
            raise Refusal("nothing_owed", status=422, pointer="/papers_owed")
        accepted = AcceptedFirst(
            basis=basis,
            ground=self.ground,
            papers_owed=self.papers_owed,
            due_on=self._due_on(case.accept_first, facts),
            detail=self.detail,
            by_delegation=by_delegation,
            not_examined=_not_examined(case, basis, ids),
            for_recipients=ids,
            **case_number(case, facts),
        )
        return (accepted,)

    def _basis(self, facts: Facts) -> Basis:
        ground = facts.rules.policy.ground(self.ground)
        if ground is None:
            raise Refusal("unknown_accept_first_ground", status=422, pointer="/ground", ground=self.ground)
        if self.basis not in (None, ground.basis):
            raise Refusal("basis_does_not_fit", status=422, pointer="/basis", basis=self.basis, ground=self.ground)
        return ground.basis

    def _check_ground(self, case: CaseState, basis: Basis, ids: Iterable[int], facts: Facts) -> None:
        parties = (case.parties[party_id] for party_id in ids)
        if basis == "local_policy" and not any(isinstance(p, Applicant) and self.ground in p.categories for p in parties):
            raise Refusal("not_of_group", ground=self.ground)
        if self.ground == "limitation_within_7_days":
            ends = case.matter.limitation_on if case.matter else None
            if ends is None or not 0 <= (ends - facts.effective_on).days < _LIMITATION_DAYS:
                raise Refusal("limitation_not_near", limitation_on=ends)

    def _due_on(self, lane: Acceptance | None, facts: Facts) -> date:
        due_on = self.due_on
        if lane and lane.state in OWING:
            # One case owes its papers by one day: who joins neither moves it for the others nor gets another.
            if lane.state == "papers_overdue" or due_on not in (None, lane.due_on):
                raise Refusal("owed_papers_due", pointer="/due_on", due_on=lane.due_on)
            return lane.due_on
        if due_on is None:
            if facts.rules.limit("supply_owed_papers", facts.effective_on) is None:
                raise Refusal("due_on_required", status=422, pointer="/due_on")
            due_on = facts.rules.due("supply_owed_papers", facts.effective_on).due_on
        if due_on < facts.effective_on:
            raise Refusal("date_not_ahead", status=422, pointer="/due_on", day=due_on, legal_day=facts.effective_on)
        return due_on


def _may_join(case: CaseState) -> bool:
    lane = case.accept_first
    return lane is not None and lane.state != "found_ineligible" and joiners_wait(case)


def _check_joins(lane: Acceptance, basis: Basis) -> None:
    """Who joins is accepted on the basis of the first; a decision that is due about those is not put off by the papers of others."""
    if basis != lane.basis:
        raise Refusal("basis_does_not_fit", status=422, pointer="/basis", basis=basis, ground=lane.ground)
    if lane.state == "papers_complete":
        raise Refusal("decision_still_open", basis=lane.basis)


NotExamined = Literal["hardship", "scope", "papers"]


def _not_examined(case: CaseState, basis: Basis, ids: Iterable[int]) -> tuple[NotExamined, ...]:
    """What the acceptance leaves aside, as an explicit fact: for good under the local policy, until the decision otherwise."""
    if basis == "local_policy":
        return ("hardship", "scope")
    chosen = set(ids)
    known = all(r.hardship or r.waiver for r in case.recipients if r.party_id in chosen)
    return ("scope", "papers") if known else ("hardship", "scope", "papers")


class AcceptedFirst(BearsCaseNumber, Event):
    basis: Basis
    ground: Code
    papers_owed: tuple[Paper, ...]
    due_on: date
    detail: PersonalText | None = None
    by_delegation: bool = False
    not_examined: tuple[NotExamined, ...] = ()
    for_recipients: PartyIds

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        deferred = self.basis != "local_policy"
        granted = Decided(result="granted", version=at.version, decided_on=at.effective_on, decided_by=at.actor)
        lane = Acceptance(
            state="papers_owed",
            basis=self.basis,
            ground=self.ground,
            papers_owed=self.papers_owed,
            papers_listed=self.papers_owed,
            due_on=self.due_on,
            detail=self.detail,
            accepted_on=at.effective_on,
            by_delegation=self.by_delegation,
            deferred=deferred,
        )
        accepted = case.with_recipients(self.for_recipients, status="accepted_first", decision=None if deferred else granted)
        if case.accept_first is not None:
            return _joined(accepted, case.accept_first, lane)
        return accepted.but(
            state="awaiting_assignment",
            case_number=case.case_number or self.case_number,
            accept_first=lane,
            supplement=case.supplement.model_copy(update={"open": False}) if case.supplement else None,
        )


def _joined(case: CaseState, first: Acceptance, later: Acceptance) -> CaseState:
    """The case with the papers of those who joined owed beside the others'; where all were in, by a date of their own."""
    own_date = {} if first.state in OWING else {"extensions": 0}
    owed = _together(first.papers_owed, later.papers_owed)
    listed = _together(first.papers_listed, later.papers_owed)
    return with_lane(case, state="papers_owed", papers_owed=owed, papers_listed=listed, due_on=later.due_on, **own_date)


def _together(some: tuple[Paper, ...], more: tuple[Paper, ...]) -> tuple[Paper, ...]:
    return (*some, *without(more, (p.kind for p in some)))


class ConfirmAcceptance(Command):
    """The centre's approver confirms what was accepted on its behalf, or sets it aside with a reason: nothing done is lost or unpaid.

    Once the work is over there is nothing left to set aside.
    """

    states = _BESIDE
    to = ("=", "received")
    roles = frozenset[Role]({"approver"})
    emits = ("acceptance_confirmed", "acceptance_set_aside")
    lane = "accept_first"
    other_than = "accepted_first"

    agrees: bool
    reason: PersonalText | None = None

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        lane = case.accept_first
        return lane is not None and lane.by_delegation and not lane.confirmed_by_approver and case.state in cls.states

    @classmethod
    def leads(cls) -> frozenset[tuple[State | None, str]]:
        return frozenset(edge for edge in super().leads() if edge[0] and STAGE_OF[edge[0]] != "closure")

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        if self.agrees:
            return (AcceptanceConfirmed(reason=self.reason),)
        if case.stage == "closure":
            raise Refusal("wrong_state", state=case.state)
        if self.reason is None:
            raise Refusal("reason_required", status=422, pointer="/reason")
        ids = addressed((r for r in case.recipients if r.status == "accepted_first"), (), nobody="nobody_accepted")
        return (AcceptanceSetAside(reason=self.reason, for_recipients=ids),)


class AcceptanceConfirmed(Event):
    lane = "accept_first"

    agrees: Literal[True] = True
    reason: PersonalText | None = None

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return with_lane(case, confirmed_by_approver=True)


class AcceptanceSetAside(Event):
    """The application is examined anew; number, papers and the record of what was done stay.

    Where somebody who joined later was granted the aid, the case stays where it is for them, and the others are decided about beside it.
    """

    agrees: Literal[False] = False
    reason: PersonalText
    for_recipients: PartyIds

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        undecided = case.with_recipients(self.for_recipients, status="undecided", decision=None, recommended=None)
        undecided = undecided.with_recipients(self.for_recipients, asked=at.version)
        if any(r.status == "granted" for r in case.recipients):
            return undecided.but(accept_first=None)
        return undecided.but(state="received", accept_first=None, assignment=None, replacement=None, termination=None, recommendation=None)


class OwedPapers(Model):
    papers: Papers


def _paper_not_owed(case: CaseState, index: int, kind: str) -> NoReturn:
    owed = tuple(p.kind for p in lane_of(case).papers_owed)
    raise Refusal("paper_not_owed", status=422, pointer=f"/papers/{index}", kind=kind, owed=owed)


class SupplyOwedPapers(OwedPapers, Command):
    """Owed papers come in, item by item; one that was listed may come again, what is more than was listed is kept with the rest."""

    states = _BESIDE
    roles = frozenset[Role]({"liaison", "receptionist", "caseworker", "lawyer"})
    emits = ("owed_papers_supplied",)
    lane = "accept_first"

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return _owing(case)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        listed = {p.kind for p in lane_of(case).papers_listed}
        if not any(p.kind in listed for p in self.papers):
            _paper_not_owed(case, 0, self.papers[0].kind)
        return (OwedPapersSupplied(papers=self.papers),)


class OwedPapersSupplied(OwedPapers, Event):
    lane = "accept_first"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        after = case.but(papers=with_papers(case, self.papers))
        return with_lane(after, papers_owed=_left(case, self.papers))


def _left(case: CaseState, papers: Iterable[Paper]) -> tuple[Paper, ...]:
    return without(case.accept_first.papers_owed if case.accept_first else (), (p.kind for p in papers))


class Extension(Model):
    due_on: date
    reason: PersonalText


class ExtendOwedPapers(Extension, Command):
    states = _BESIDE
    roles = frozenset[Role]({"caseworker", "supervisor"})
    emits = ("owed_papers_extended",)
    lane = "accept_first"

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return _owing(case)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        lane = lane_of(case)
        if lane.extensions and facts.actor.role != "supervisor":
            raise Refusal("second_extension", extensions=lane.extensions)
        if self.due_on <= lane.due_on or self.due_on < facts.effective_on:
            raise Refusal("due_on_not_later", status=422, pointer="/due_on", due_on=lane.due_on)
        return (OwedPapersExtended(**said(self)),)


class OwedPapersExtended(Extension, Event):
    lane = "accept_first"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        extensions = case.accept_first.extensions + 1 if case.accept_first else 1
        return with_lane(case, state="papers_owed", due_on=self.due_on, extensions=extensions)


class WaivedPapers(Model):
    papers: Papers
    reason: PersonalText


class WaiveOwedPapers(WaivedPapers, Command):
    """The supervisor does without papers that are owed."""

    states = _BESIDE
    roles = frozenset[Role]({"supervisor"})
    emits = ("owed_papers_waived", "owed_papers_completed")
    lane = "accept_first"

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return _owing(case)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        owed = {p.kind for p in lane_of(case).papers_owed}
        for index, paper in enumerate(self.papers):
            if paper.kind not in owed:
                _paper_not_owed(case, index, paper.kind)
        waived = OwedPapersWaived(papers=self.papers, reason=self.reason)
        return (waived,) if _left(case, self.papers) else (waived, OwedPapersCompleted(basis=lane_of(case).basis))


class OwedPapersWaived(WaivedPapers, Event):
    lane = "accept_first"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return with_lane(case, papers_owed=_left(case, self.papers))


class ConfirmOwedPapers(Command):
    """All that was owed is in and checked; under a deferred basis the decision follows."""

    states = _BESIDE
    roles = frozenset[Role]({"caseworker"})
    emits = ("owed_papers_completed",)
    lane = "accept_first"

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return _owing(case)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        lane = lane_of(case)
        if lane.papers_owed:
            raise Refusal("papers_still_owed", papers=tuple(p.kind for p in lane.papers_owed))
        return (OwedPapersCompleted(basis=lane.basis),)


class OwedPapersCompleted(Event):
    lane = "accept_first"

    basis: Basis

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return with_lane(case, state="confirmed" if self.basis == "local_policy" else "papers_complete")


class Ineligibility(Model):
    reasons: PersonalText
    for_recipients: PartyIds = ()


_ACCEPTED: frozenset[Status] = frozenset({"accepted_first", "granted"})


def _accepted(case: CaseState) -> tuple[Recipient, ...]:
    return tuple(r for r in case.recipients if r.status in _ACCEPTED)


class FindIneligible(Ineligibility, Command):
    """Who was accepted first turns out not to be entitled: termination is reviewed, the work done is paid."""

    states = _BESIDE - {"file_accepted", "subsidy_approved", "subsidy_paid"}
    to = ("termination_review",)
    roles = frozenset[Role]({"caseworker"})
    emits = ("found_ineligible",)

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return case.accept_first is not None and case.accept_first.state != "found_ineligible" and case.state in cls.states

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        ids = addressed(_accepted(case), self.for_recipients, nobody="nobody_accepted", case=case, passed="recipient_not_aided")
        return (FoundIneligible(reasons=self.reasons, for_recipients=ids),)


class FoundIneligible(Ineligibility, Event):
    """The case goes to review when nobody who was accepted is left; found about some only, it goes on for the others."""

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        after = case.with_recipients(self.for_recipients, status="found_ineligible")
        if _accepted(after) or case.state is None:
            return after
        came_from = case.termination.came_from if case.termination and case.state == "termination_review" else case.state
        review = Termination(ground="provisional_not_eligible", reported_by=at.actor, came_from=came_from)
        return with_lane(after, state="found_ineligible").but(state="termination_review", termination=review)

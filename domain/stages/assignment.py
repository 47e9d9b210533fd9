"""Assignment (指派): the recipient's choice of a lawyer, the unit, the lawyer it names, the engagement signed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from domain.case import Assignment, CaseState, Engagement, Handler, LawyerChoice, Recipient
from domain.command import Actor, Command, Event, Facts, Refusal, Stamp
from domain.directory import Directory
from domain.matching import Candidate, Explanation, Gate, NotFollowed, NotFollowedCause, candidates, choices_ahead, excluded, explain
from domain.stages.common import PartyIds, addressed, known_unit, not_ahead_of_today, not_in_future, said
from domain.stages.handling import aided, begun, carried, in_hand
from domain.values import Code, Model, PersonalText

Wish = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
REFUSED_AT_GATE: dict[Gate, str] = {
    "conflict": "conflict",
    "co_accused": "co_accused_share_lawyer",
    "released": "lawyer_released",
    "suspended": "lawyer_suspended",
    "on_leave": "lawyer_on_leave",
    "criminal_practice_too_short": "not_qualified",
    "not_familiar_with_minors": "not_qualified",
    "full": "lawyer_full",
}
"""The refusal each gate brings. One who declined may still be asked again, so that gate only warns."""


class Wishes(Model):
    """What the recipient wishes of the lawyer without naming one; `same_as_case`: the lawyer of an earlier case, by id or number."""

    gender: Literal["female", "male"] | None = None
    language: Wish | None = None
    speciality: Wish | None = None
    same_as_case: Wish | None = None


class LawyerChosen(Event):
    choices: tuple[Code, ...] = ()
    wishes: Wishes | None = None
    no_wish_told: bool = False

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        wishes = self.wishes.model_dump(exclude_none=True) if self.wishes else {}
        return case.but(choice=LawyerChoice(choices=self.choices, wishes=wishes, no_wish_told=self.no_wish_told))


class RecordLawyerChoice(Command):
    """The recipient chooses lawyers or units in order (点援制), utters wishes, or was told of the right and has none."""

    states = frozenset({"received", "awaiting_papers", "awaiting_verification", "examined", "awaiting_assignment"})
    roles = frozenset({"liaison", "receptionist", "caseworker", "duty_lawyer"})
    emits = ("lawyer_chosen",)

    choices: tuple[Code, ...] = ()
    wishes: Wishes | None = None
    no_wish_told: bool = False

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        del case
        wishes = self.wishes if self.wishes and self.wishes.model_dump(exclude_none=True) else None
        if not (self.choices or wishes or self.no_wish_told):
            raise Refusal("choice_or_no_wish", status=422, pointer="/choices")
        for index, code in enumerate(self.choices):
            if facts.directory.lawyer(code) is None and facts.directory.unit(code) is None:
                raise Refusal("unknown_lawyer", status=422, pointer=f"/choices/{index}", lawyer=code)
            if code in self.choices[:index]:
                raise Refusal("duplicate_choice", status=422, pointer=f"/choices/{index}", choice=code)
        return [LawyerChosen(choices=self.choices, wishes=wishes, no_wish_told=self.no_wish_told)]


class ChoiceNotFollowed(Model):
    """Why a choice (code of a lawyer or unit) was not followed."""

    lawyer: Code
    cause: NotFollowedCause
    detail: PersonalText | None = None


class HandlerNamed(Model):
    lawyer: Code
    lead: bool | None = None


class UnitAssigned(Event):
    """`lawyer` is the lead where one is named with the unit; a `lawyer_named` of its own follows for each."""

    unit: Code
    lawyer: Code | None = None
    lawyers: tuple[HandlerNamed, ...] = ()
    """As they were named with the unit."""
    received_by_unit_on: date
    choice_not_followed: tuple[ChoiceNotFollowed, ...] = ()
    explanation: Explanation

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        assignment = Assignment(
            unit=self.unit,
            received_by_unit_on=self.received_by_unit_on,
            choice_not_followed=tuple(c.model_dump(mode="json", exclude_none=True) for c in self.choice_not_followed),
            explanation=self.explanation.in_short().model_dump(mode="json"),
        )
        anew = case.with_recipients((r.party_id for r in case.recipients), engaged_on=None)
        return anew.but(state="assigned", assignment=assignment, engagement=None)


class LawyerNamed(Event):
    """A lawyer of the unit takes the case; the one who leads takes the lead from whoever had it."""

    lawyer: Code
    unit: Code
    lead: bool = True
    considered: Candidate
    """The lawyer as the gates and the score saw it on that day."""

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        held = case.assignment or Assignment(unit=self.unit)
        others = tuple(h for h in held.lawyers if h.lawyer != self.lawyer and not (self.lead and h.lead))
        handler = Handler(lawyer=self.lawyer, unit=self.unit, lead=self.lead)
        lawyers = (handler, *others) if self.lead else (*others, handler)
        return case.but(state="lawyer_named", assignment=held.model_copy(update={"lawyers": lawyers}))


class AssignUnit(Command):
    """The centre assigns a firm, a grass-roots office or itself, with the lawyers where it names them (法律援助法 art. 43)."""

    states = frozenset({"awaiting_assignment"})
    to = ("assigned", "lawyer_named")
    roles = frozenset({"approver"})
    emits = ("unit_assigned", "lawyer_named")
    needs = frozenset({"standings", "co_accused"})

    unit: Code
    lawyer: Code | None = None
    lawyers: tuple[HandlerNamed, ...] = ()
    received_by_unit_on: date | None = None
    """When the unit had the case in hand; the legal day of the command when absent."""
    choice_not_followed: tuple[ChoiceNotFollowed, ...] = ()

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        known_unit(facts, self.unit, "/unit")
        received = self.received_by_unit_on or facts.effective_on
        not_ahead_of_today(facts, received, "/received_by_unit_on")
        check_people(case)
        if case.conflict_cleared is False and not case.walls:
            raise Refusal("conflict_not_cleared")
        if self.unit in excluded(case):
            raise Refusal("conflict", pointer="/unit", who=self.unit)
        panel = panel_for(case, facts)
        named = [fit(panel, facts, code, self.unit, pointer) for code, pointer in self._handlers()]
        of_unit = [c for c in panel if c.unit == self.unit]
        rank, causes = self._choices(case, {self.unit, *(c.lawyer for c in named or of_unit)})
        picked = named or [c for c in of_unit if not c.gates]
        assigned = UnitAssigned(
            unit=self.unit,
            lawyer=named[0].lawyer if named else None,
            lawyers=self.lawyers,
            received_by_unit_on=received,
            choice_not_followed=self.choice_not_followed,
            explanation=explain(case.choice, panel, picked, rank, causes),
        )
        lawyers = [LawyerNamed(lawyer=c.lawyer, unit=self.unit, lead=index == 0, considered=c) for index, c in enumerate(named)]
        return [assigned, *lawyers]

    def _handlers(self) -> list[tuple[str, str]]:
        """Lawyers named, lead first, each once, with the pointer to where it stands in the body."""
        listed = [(h.lawyer, f"/lawyers/{index}/lawyer") for index, h in enumerate(self.lawyers)]
        for index, (code, pointer) in enumerate(listed):
            if code in [other for other, _ in listed[:index]]:
                raise Refusal("duplicate_lawyer", status=422, pointer=pointer, lawyer=code)
        leads = {code for code in (self.lawyer, *(h.lawyer for h in self.lawyers if h.lead)) if code}
        if len(leads) > 1:
            raise Refusal("one_lead", status=422, pointer="/lawyers")
        if self.lawyer and self.lawyer not in [code for code, _ in listed]:
            listed.insert(0, (self.lawyer, "/lawyer"))
        return sorted(listed, key=lambda item: item[0] not in leads)

    def _choices(self, case: CaseState, followed: set[str]) -> tuple[int | None, list[NotFollowed]]:
        """The rank of the choice followed and the causes of those that were not; every one of these must have its cause."""
        choices = case.choice.choices if case.choice else ()
        for index, given in enumerate(self.choice_not_followed):
            if given.lawyer not in choices:
                raise Refusal("not_a_choice", status=422, pointer=f"/choice_not_followed/{index}/lawyer", lawyer=given.lawyer)
        passed, rank = choices_ahead(choices, followed)
        causes: dict[str, NotFollowedCause] = {given.lawyer: given.cause for given in self.choice_not_followed}
        missing = [code for code in passed if code not in causes]
        if missing:
            raise Refusal("choice_cause_missing", pointer="/choice_not_followed", choices=missing)
        return rank, [NotFollowed(choice=code, cause=causes[code]) for code in passed]


def check_people(case: CaseState) -> None:
    """Refuse to give the case to anybody while people who came into it later have not been looked at for conflicts."""
    if case.unchecked_people:
        raise Refusal("conflict_check_missing")


def panel_for(case: CaseState, facts: Facts) -> tuple[Candidate, ...]:
    """Everybody of the panel as seen from the case on the legal day, best first, by the weights of that day."""
    weights = facts.rules.matching.on(facts.effective_on)
    return candidates(case, facts.directory, facts.standings, facts.effective_on, facts.co_accused_lawyers, weights=weights)


def fit(panel: Sequence[Candidate], facts: Facts, code: str, unit: str, pointer: str) -> Candidate:
    """The candidate of this unit, past every gate; raises the refusal of the first gate it fails, 422 where it is not of the unit."""
    lawyer = facts.directory.lawyer(code)
    if lawyer is None:
        raise Refusal("unknown_lawyer", status=422, pointer=pointer, lawyer=code)
    if lawyer.unit != unit:
        raise Refusal("lawyer_not_of_unit", status=422, pointer=pointer, lawyer=code, unit=unit)
    candidate = next((c for c in panel if c.lawyer == code), None)
    if candidate is None:
        raise Refusal("not_qualified", pointer=pointer, who=code, gate="not_on_panel")
    failed: Gate | None = next((gate for gate in candidate.gates if gate in REFUSED_AT_GATE), None)
    if failed:
        raise Refusal(REFUSED_AT_GATE[failed], pointer=pointer, who=code, gate=failed, load=candidate.load)
    return candidate


class AssignmentDeclined(Event):
    """`by` is the code of the lawyer or unit that declined; declinations count in later assignments.

    With `co_counsel` only that lawyer leaves, and the case stays with whoever leads it.
    """

    reason: PersonalText
    unit: Code
    by: Code
    co_counsel: bool = False

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        declined = (*case.declined_by, self.by)
        if self.co_counsel and case.assignment:
            staying = tuple(h for h in case.assignment.lawyers if h.lawyer != self.by)
            return case.but(assignment=case.assignment.model_copy(update={"lawyers": staying}), declined_by=declined)
        return case.but(state="awaiting_assignment", assignment=None, declined_by=declined)


class DeclineAssignment(Command):
    """The unit, or the lawyer named, gives the case back; co-counsel leave it to whoever leads."""

    states = frozenset({"assigned", "lawyer_named"})
    to = ("=", "awaiting_assignment")
    roles = frozenset({"unit_manager", "lawyer"})
    emits = ("assignment_declined",)

    reason: PersonalText

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        held = case.assignment
        if held is None or (facts.actor.role == "lawyer" and not held.lawyers):
            raise Refusal("not_your_assignment", status=403)
        in_hand(case, facts, "not_your_assignment")
        by = facts.actor.lawyer if facts.actor.role == "lawyer" else None
        beside = next((h for h in held.lawyers if h.lawyer == by and not h.lead), None)
        unit = beside.unit if beside and beside.unit else held.unit
        return [AssignmentDeclined(reason=self.reason, unit=unit, by=by or held.unit, co_counsel=beside is not None)]


class NameLawyer(Command):
    """The unit, or the centre for it, names the lawyer who leads; load, conflicts and qualification are looked at again."""

    states = frozenset({"assigned", "lawyer_named"})
    to = ("lawyer_named",)
    roles = frozenset({"unit_manager", "approver"})
    emits = ("lawyer_named",)
    needs = frozenset({"standings", "co_accused"})

    lawyer: Code

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts, "not_your_assignment")
        held = case.assignment
        if held is None:
            raise Refusal("not_your_assignment", status=403)
        if self.lawyer == held.lead:
            raise Refusal("already_named", pointer="/lawyer", lawyer=self.lawyer)
        check_people(case)
        panel = panel_for(case, facts)
        return [LawyerNamed(lawyer=self.lawyer, unit=held.unit, considered=fit(panel, facts, self.lawyer, held.unit, "/lawyer"))]


class EngagementFields(Model):
    signed_on: date
    signed_by: Literal["recipient", "guardian", "kin", "representatives"] | None = None
    authority: Literal["general", "special"] | None = None
    method: Literal["signature", "fingerprint", "electronic"] | None = None
    agreement: UUID | None = None
    """The document that holds the agreement."""
    delay_cause: Literal["recipient", "objective"] | None = None


class EngagementSigned(EngagementFields, Event):
    for_recipients: PartyIds

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        after = case.with_recipients(self.for_recipients, engaged_on=self.signed_on).but(engagement=Engagement(**carried(Engagement, self)))
        if case.state != "lawyer_named" or unsigned(after):
            return after
        return begun(after, self.signed_on)


def unsigned(case: CaseState) -> tuple[Recipient, ...]:
    """Those who are helped and have not signed yet. Who is undecided signs once the aid is granted, and holds up nobody's work."""
    return tuple(r for r in aided(case) if r.engaged_on is None)


class SignEngagement(EngagementFields, Command):
    """The recipient engages the lawyer within five days of the unit's receipt (办理法律援助案件程序规定 art. 27).

    Who was granted the aid once the work had begun signs beside it.
    """

    states = frozenset({"lawyer_named"})
    to = ("in_representation",)
    roles = frozenset({"lawyer", "unit_manager", "caseworker"})
    emits = ("engagement_signed",)

    for_recipients: PartyIds = ()

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return case.state in cls.states or (case.state == "in_representation" and not case.on_notice and bool(unsigned(case)))

    @classmethod
    def open_to(cls, case: CaseState, actor: Actor, directory: Directory, on: date) -> bool:  # noqa: ARG003 -- the case alone tells
        return not case.on_notice

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        in_hand(case, facts)
        if case.on_notice:
            raise Refusal("not_on_notice")
        not_in_future(facts, self.signed_on, "/signed_on")
        among = aided(case) if case.state == "lawyer_named" else unsigned(case)
        ids = addressed(among, self.for_recipients, nobody="nobody_aided", case=case, passed="recipient_not_aided")
        due = _engagement_due(case)
        if due and self.signed_on > due and self.delay_cause is None and _known_by(case, ids, due):
            raise Refusal("delay_cause_missing", pointer="/delay_cause", due_on=due)
        return [EngagementSigned.model_validate(said(self) | {"for_recipients": ids})]


def _known_by(case: CaseState, ids: Collection[int], due: date) -> bool:
    """Whether any of these was to sign by that day: who was granted the aid later, could not."""
    return any(r.party_id in ids and (r.decision is None or r.decision.decided_on <= due) for r in case.recipients)


def _engagement_due(case: CaseState) -> date | None:
    """The last day to sign, as the clock that the assignment started counts it; none where no limit is known for that legal day."""
    clocks = [c for c in case.clocks if c.limit == "sign_engagement" and c.state != "cancelled"]
    return clocks[-1].due_on if clocks else None

"""Application: the examination of hardship, scope and conflicts, the examiner's recommendation and the approver's decision.

Sources: 法律援助法 art. 31-34 (who is helped), 41-43 (hardship, free checks, decision); R148 art. 12-21.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from domain.case import CaseState, Decided, Hardship, Recipient, Waiver, Wall
from domain.command import Command, Event, Facts, Refusal, Role, Stamp
from domain.conflicts import ConflictFindings
from domain.eligibility import calculate
from domain.eligibility.standards import standing
from domain.lifecycle import NOT_ENDED, State, onward
from domain.stages.application import EXAMINATION
from domain.stages.common import (
    BearsCaseNumber,
    PartyIds,
    addressed,
    case_number,
    known_lawyer,
    known_person,
    known_unit,
    open_recipients,
    said,
)  # fmt: skip
from domain.stages.handling import joiners_wait, moved_on
from domain.stages.lane import decided
from domain.values import Applicant, CaseStage, Code, Fen, HouseholdMember, Model, Paper, PersonalText, Residence, Text

_CASEWORKER: frozenset[Role] = frozenset({"caseworker"})
_APPROVER: frozenset[Role] = frozenset({"approver"})


def _awaits_decision(case: CaseState) -> bool:
    """Accepted first with the decision deferred, and the papers are complete: it is to be decided now (法律援助法 art. 44)."""
    return case.deferred and case.accept_first is not None and case.accept_first.state == "papers_complete"


def _decidable(case: CaseState) -> tuple[Recipient, ...]:
    """Those about whom a decision can be made now: undecided, or accepted first with the papers of a deferred decision complete."""
    return open_recipients(case) if _awaits_decision(case) else case.undecided


class HardshipQuestion(Model):
    household: tuple[HouseholdMember, ...] = ()
    county: Text
    """Of the household, as people write it; the standard of one without a line of its own is the one for all."""
    residence: Residence | None = None
    property_fen: Fen | None = None
    opponent_in_household: bool = False
    proof: Literal["integrity_pledge", "documents", "data_sharing"] | None = None
    for_recipients: PartyIds = ()


class AssessHardship(HardshipQuestion, Command):
    """Calculate whether the recipients are in economic hardship by the standard of the legal day (法律援助法 art. 34, 41)."""

    room = "application"
    states = EXAMINATION
    roles = _CASEWORKER
    emits = ("hardship_assessed",)

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return case.state in cls.states or case.deferred or joiners_wait(case)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        ids = addressed(open_recipients(case), self.for_recipients, nobody="nobody_undecided", case=case)
        asked = self.model_copy(update={"for_recipients": ids, "residence": self.residence or _residence(case, ids[0])})
        result = calculate(
            standing(facts.rules.policy, facts.directory),
            on=facts.effective_on,
            household=self.household,
            county=self.county,
            residence=asked.residence,
            property_fen=self.property_fen,
            opponent_in_household=self.opponent_in_household,
        )
        return (HardshipAssessed(**said(asked), **result.as_json()),)


def _residence(case: CaseState, party_id: int) -> Residence | None:
    """The recipient's own, else the applicant's."""
    party = case.parties[party_id]
    return (party.residence if isinstance(party, Applicant) else None) or case.applicant.residence


class SumLine(Model):
    label: str
    amount_fen: int


class Standard(Model):
    """Since when it is in force, how it is counted, by which instrument; the line it is made of in fen and since when."""

    model_config = ConfigDict(serialize_by_alias=True)

    since: date = Field(alias="from")
    formula: str
    instrument: str
    dibao_fen: Fen | None = None
    dibao_from: date | None = None


class HardshipAssessed(HardshipQuestion, Event):
    """With every line of the sum and the standard it was measured by. Amounts in fen a month; at the threshold is in hardship."""

    in_hardship: bool
    per_person_fen: int
    threshold_fen: int
    lines: tuple[SumLine, ...]
    standard: Standard

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        kept = {name: getattr(self, name) for name in Hardship.model_fields if name != "version"}
        result = Hardship(**kept, version=at.version)
        return case.with_recipients(self.for_recipients, hardship=result)


class WaiverSaid(Model):
    ground: Code
    proof: tuple[Paper, ...] = ()
    for_recipients: PartyIds = ()


class WaiveHardshipCheck(WaiverSaid, Command):
    """No check of hardship: not limited by it (法律援助法 art. 32) or free of it (art. 42). The ground is a code of the local policy."""

    room = "application"
    states = EXAMINATION
    roles = _CASEWORKER
    emits = ("hardship_check_waived",)

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return case.state in cls.states or case.deferred or joiners_wait(case)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        waiver = facts.rules.policy.waiver(self.ground)
        if waiver is None:
            raise Refusal("unknown_waiver_ground", status=422, pointer="/ground", ground=self.ground)
        ids = addressed(open_recipients(case), self.for_recipients, nobody="nobody_undecided", case=case)
        return (HardshipCheckWaived(ground=self.ground, basis=waiver.basis, proof=self.proof, for_recipients=ids),)


class HardshipCheckWaived(WaiverSaid, Event):
    basis: str

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return case.with_recipients(self.for_recipients, waiver=Waiver(ground=self.ground, version=at.version))


class WalledOff(Model):
    """A person, a lawyer or a unit kept away from the case, and why."""

    person: Code | None = None
    lawyer: Code | None = None
    unit: Code | None = None
    why: PersonalText | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if len([code for code in (self.person, self.lawyer, self.unit) if code]) != 1:
            raise PydanticCustomError("one_of_person_lawyer_unit", "a wall names one person, one lawyer or one unit")
        return self

    @property
    def who(self) -> str:
        return self.person or self.lawyer or self.unit or ""


class ConflictCheck(Model):
    cleared: bool
    walled: tuple[WalledOff, ...] = ()
    override_reason: PersonalText | None = None
    """Why the case is taken although somebody of it stands on the other side of another."""


class DeclareConflictCheck(ConflictCheck, Command):
    """What the check against all parties, former clients and duty help showed, and who is walled off.

    The records are searched as it is recorded: what they say is kept with it. Where they bar, the case is cleared with a reason only, and
    whoever acts for the other side stays barred from it all the same.
    """

    room = "application"
    states = EXAMINATION | frozenset[State]({"awaiting_assignment", "assigned", "lawyer_named", "in_representation"})
    roles = _CASEWORKER
    emits = ("conflict_checked",)
    needs = frozenset({"conflicts"})

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        for index, wall in enumerate(self.walled):
            known_person(facts, wall.person, f"/walled/{index}/person")
            known_lawyer(facts, wall.lawyer, f"/walled/{index}/lawyer")
            known_unit(facts, wall.unit, f"/walled/{index}/unit")
        findings = facts.conflicts
        if findings is not None and self.cleared and findings.barring and self.override_reason is None:
            numbers = tuple(dict.fromkeys(hit.number or str(hit.case_id) for hit in findings.barring))
            raise Refusal("override_reason_required", pointer="/override_reason", hits=numbers)
        return (ConflictChecked(**said(self), findings=findings),)


class ConflictChecked(ConflictCheck, Event):
    findings: ConflictFindings | None = None
    """What the records of the whole city said; absent where nothing was looked up."""

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        barred = (code for hit in (self.findings.hits if self.findings else ()) for code in hit.barred)
        walls = tuple(Wall(who=w.who, why=w.why) for w in self.walled)
        return case.but(
            unchecked_people=False,
            conflict_cleared=self.cleared,
            conflict_barred=tuple(dict.fromkeys(barred)),
            walls=(*(w for w in case.walls if w.who not in {n.who for n in walls}), *walls),
        )


class Recusal(Model):
    person: Code
    ground: Literal["kin", "interest", "earlier_help", "other"] | None = None
    detail: PersonalText | None = None


class DeclareRecusal(Recusal, Command):
    """A person of the centre or the panel may not act in this case any more (回避); `domain.decide` holds it from then on."""

    room = "application"
    states = NOT_ENDED
    roles = frozenset[Role]({"caseworker", "approver", "lawyer", "supervisor"})
    emits = ("recusal_declared",)
    lane = "margin"

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        known_person(facts, self.person, "/person")
        return (RecusalDeclared(**said(self)),)


class RecusalDeclared(Recusal, Event):
    lane = "margin"

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        return case.but(recused=tuple(dict.fromkeys((*case.recused, self.person))))


class Recommendation(Model):
    decision: Literal["grant", "refuse"]
    opinion: PersonalText
    for_recipients: PartyIds = ()


class RecommendDecision(Recommendation, Command):
    """The examiner's opinion. Under a deferred acceptance it is given once the owed papers are complete, and the state stays."""

    room = "application"
    states = frozenset[State]({"received", "examined"})
    to = ("examined", "=")
    roles = _CASEWORKER
    emits = ("decision_recommended",)

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return case.state in cls.states or _awaits_decision(case) or joiners_wait(case)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        ids = addressed(_decidable(case), self.for_recipients, nobody="nobody_undecided", case=case)
        if self.decision == "grant":
            _check_may_be_granted(case, ids)
        return (DecisionRecommended(decision=self.decision, opinion=self.opinion, for_recipients=ids),)


def _check_examined(case: CaseState, ids: Collection[int], facts: Facts) -> None:
    """Each of them was recommended about, by another person than decides now (single-officer centres excepted)."""
    concerned = tuple(r for r in case.recipients if r.party_id in ids)
    if unexamined := tuple(r.party_id for r in concerned if r.recommended is None):
        raise Refusal("recommendation_missing", recipients=unexamined)
    deciding = {facts.actor.id, facts.on_behalf_of}
    own = tuple(r.party_id for r in concerned if deciding.intersection(r.recommended_by))
    if own and not facts.directory.single_officer(case.centre):
        raise Refusal("approver_is_examiner", recipients=own)


def _check_may_be_granted(case: CaseState, ids: Collection[int]) -> None:
    """A conflict check, and for each recipient a waiver or a result that says hardship; a notified case is not means-tested."""
    if case.conflict_cleared is None:
        raise Refusal("conflict_check_missing")
    tested = [r for r in case.recipients if r.party_id in ids and r.waiver is None and not case.on_notice]
    unknown = tuple(r.party_id for r in tested if r.hardship is None)
    if unknown:
        raise Refusal("hardship_missing", recipients=unknown)
    not_in_hardship = tuple(r.party_id for r in tested if r.hardship and not r.hardship.in_hardship)
    if not_in_hardship:
        raise Refusal("not_in_hardship", recipients=not_in_hardship)


class DecisionRecommended(Recommendation, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        examiner = (at.actor,) if at.on_behalf_of is None else (at.actor, at.on_behalf_of)
        after = case.with_recipients(self.for_recipients, recommended=self.decision, recommended_by=examiner)
        return after.but(state="examined" if case.state in EXAMINATION else case.state, recommendation=self.decision)


class Grant(Model):
    forms: tuple[Literal["litigation", "defence", "non_litigation", "arbitration", "document_drafting"], ...] = ()
    stages: tuple[CaseStage, ...] = ()
    reasons: PersonalText
    for_recipients: PartyIds = ()


class GrantAid(Grant, Command):
    """Grant the aid (法律援助法 art. 43). The approver is not the examiner, but in centres too small for two."""

    room = "application"
    states = frozenset[State]({"examined"})
    to = ("awaiting_assignment", "=")
    roles = _APPROVER
    emits = ("aid_granted",)
    other_than = "decision_recommended"
    same_person_code = "approver_is_examiner"
    after = (("conflict_checked",), ("hardship_assessed", "hardship_check_waived"))

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return case.state in cls.states or _awaits_decision(case) or joiners_wait(case)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        ids = addressed(_decidable(case), self.for_recipients, nobody="nobody_undecided", case=case)
        _check_may_be_granted(case, ids)
        _check_examined(case, ids, facts)
        return (AidGranted(**said(self) | {"for_recipients": ids}, **case_number(case, facts)),)


class AidGranted(BearsCaseNumber, Grant, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        decision = Decided(result="granted", version=at.version, decided_on=at.effective_on, decided_by=at.actor)
        after = case.with_recipients(self.for_recipients, status="granted", decision=decision)
        after = after.but(
            case_number=case.case_number or self.case_number,
            forms_of_aid=tuple(dict.fromkeys((*case.forms_of_aid, *self.forms))),
            stages_granted=tuple(dict.fromkeys((*case.stages_granted, *self.stages))),
        )
        return decided(moved_on(after))


class Denial(Model):
    grounds: tuple[Literal["not_in_scope", "not_in_hardship", "other"], ...] = ("other",)
    reasons: PersonalText
    for_recipients: PartyIds = ()


class RefuseAid(Denial, Command):
    """Refuse the aid, with reasons in writing (法律援助法 art. 43). Refused to one who joined later, it goes on for the others."""

    room = "application"
    states = frozenset[State]({"examined"})
    to = ("refused",)
    roles = _APPROVER
    emits = ("aid_refused",)
    other_than = "decision_recommended"
    same_person_code = "approver_is_examiner"

    @classmethod
    def allowed_in(cls, case: CaseState) -> bool:
        return case.state in cls.states or joiners_wait(case)

    @classmethod
    def leads(cls) -> frozenset[tuple[State | None, str]]:
        """Of the last who was undecided: onward for the others, or where nobody is helped any more, refused or closing."""
        edges: set[tuple[State | None, str]] = {
            ("examined", "refused"),
            ("examined", "awaiting_assignment"),
            ("awaiting_assignment", "refused"),
        }
        edges |= {(start, "closing") for start in onward("awaiting_assignment", "in_representation")}
        return frozenset(edges)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        ids = addressed(case.undecided, self.for_recipients, nobody="nobody_undecided", case=case)
        entitled = tuple(_entitled_whatever_the_scope(case, ids, facts))
        if "not_in_scope" in self.grounds and entitled:
            raise Refusal("scope_not_examined", recipients=entitled)
        if "not_in_hardship" in self.grounds:
            _check_not_in_hardship(case, ids)
        _check_examined(case, ids, facts)
        return (AidRefused(grounds=self.grounds, reasons=self.reasons, for_recipients=ids),)


def _check_not_in_hardship(case: CaseState, ids: Collection[int]) -> None:
    """Nobody is refused as not in hardship without a result that says so, nor where the check was waived."""
    people = (r for r in case.recipients if r.party_id in ids)
    unfounded = tuple(r.party_id for r in people if r.waiver or r.hardship is None or r.hardship.in_hardship)
    if unfounded:
        raise Refusal("hardship_not_denied", recipients=unfounded)


def _entitled_whatever_the_scope(case: CaseState, ids: Collection[int], facts: Facts) -> Iterable[int]:
    """Those in hardship, free of its check (art. 42), or of a group accepted first: the local policy helps them in any matter."""
    policy = facts.rules.policy
    for recipient in case.recipients:
        if recipient.party_id not in ids:
            continue
        party = case.parties[recipient.party_id]
        waiver = policy.waiver(recipient.waiver.ground) if recipient.waiver else None
        in_hardship = recipient.hardship is not None and recipient.hardship.in_hardship
        presumed = waiver is not None and waiver.basis == "statute_art_42"
        if in_hardship or presumed or (isinstance(party, Applicant) and policy.accept_first_categories.intersection(party.categories)):
            yield recipient.party_id


class AidRefused(Denial, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        decision = Decided(result="refused", version=at.version, decided_on=at.effective_on, decided_by=at.actor)
        after = case.with_recipients(self.for_recipients, status="refused", decision=decision, objection=None)
        return moved_on(after)

"""People of the case: who joins those who asked for aid first, who leaves them, who takes another's place.

A group is one case: 100 workers grow to 209, one settles apart, one dies. Who joins is undecided until decided about, wherever the case
stands; `docs/decisions/0004-people-who-join-and-leave.md` says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, ValidationInfo, field_validator

from domain.case import CaseState, Left, Recipient
from domain.command import Command, Event, Facts, Refusal, Role, Stamp
from domain.identity import same_number, same_person
from domain.lifecycle import State, onward
from domain.stages.application import numbered_party, without_duplicates
from domain.stages.common import known_township, said, with_papers
from domain.stages.handling import AIDED, in_hand, moved_on
from domain.stages.lane import decided
from domain.values import Applicant, Model, Paper, Party, PersonalText

OPEN: frozenset[State] = onward("received", "in_representation")
"""While people come and go: from the door to the work."""
Ground = Literal["heir", "guardian_named", "wrong_party", "other"]
SAME_AID: frozenset[Ground] = frozenset({"heir", "guardian_named"})
"""Grounds on which the aid itself goes on: it was granted for the matter, and another person stands in it now."""


class Clash(NamedTuple):
    """Who stands at that place (from 0) among those who come in is a recipient of the case already, or its opponent."""

    place: int
    code: Literal["duplicate_recipient", "recipient_is_opponent"]
    party_id: int | None


def clashes(
    case_parties_plain: Sequence[Party], new_parties_plain: Sequence[Party], *, recipients: Iterable[int], opponents: Iterable[int]
) -> list[Clash]:
    """Who of the new parties may not come in, told by what they are called in plain: sealed values compare as unlike.

    `case_parties_plain` are the case's parties by their ids; `recipients` and `opponents` say which of them are which. A recipient is known
    again by the identity number alone (two people may share a name), an opponent by the number where both are known, else by the name.
    """
    asking, against = list(recipients), list(opponents)
    found: list[Clash] = []
    for place, new in enumerate(new_parties_plain):
        opponent = next((i for i in against if same_person(new, case_parties_plain[i])), None)
        twin = next((i for i in asking if same_number(new, case_parties_plain[i])), None)
        if opponent is not None:
            found.append(Clash(place, "recipient_is_opponent", opponent))
        elif twin is not None:
            found.append(Clash(place, "duplicate_recipient", twin))
    return found


class Joining(Model):
    recipients: Annotated[tuple[Applicant, ...], Field(min_length=1)]
    reason: PersonalText
    papers: tuple[Paper, ...] = ()
    recipient_count: Annotated[int, Field(ge=1)] | None = None
    """How many people the case has from now on, where those who join were counted before they were named; else they are added."""

    @field_validator("recipients")
    @classmethod
    def _each_once(cls, people: tuple[Applicant, ...], info: ValidationInfo) -> tuple[Applicant, ...]:
        del info
        return without_duplicates(people)


class AddRecipients(Joining, Command):
    """People join those who asked for aid: undecided, with a check for conflicts to be made again. The case stays where it is."""

    states = OPEN
    roles = frozenset[Role]({"caseworker"})
    emits = ("recipients_added",)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        for n, person in enumerate(self.recipients):
            known_township(facts, person, f"/recipients/{n}")
        named = len(case.present) + len(self.recipients)
        if self.recipient_count is not None and self.recipient_count < named:
            raise Refusal("recipient_count_too_small", status=422, pointer="/recipient_count", least=named)
        count = self.recipient_count or max(case.recipient_count + len(self.recipients), named)
        first = len(case.parties)
        people = tuple(numbered_party(person, first + n) for n, person in enumerate(self.recipients))
        return (RecipientsAdded.model_validate(said(self) | {"recipients": people, "recipient_count": count}),)


class RecipientsAdded(Joining, Event):
    """`recipient_count` is that of the case after it."""

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        first = len(case.parties)
        joined = tuple(Recipient(party_id=first + n, asked=at.version) for n in range(len(self.recipients)))
        return case.but(
            parties=(*case.parties, *self.recipients),
            recipients=(*case.recipients, *joined),
            recipient_count=self.recipient_count or case.recipient_count + len(joined),
            papers=with_papers(case, self.papers),
            **_TO_CHECK,
        )


_TO_CHECK: dict[str, object] = {"conflict_cleared": None, "unchecked_people": True}


def _staying(case: CaseState, party_id: int) -> Recipient:
    """The recipient of that party id, whose application or aid is still open. Raises `Refusal` for anybody else."""
    recipient = next((r for r in case.recipients if r.party_id == party_id), None)
    if recipient is None:
        raise Refusal("unknown_recipient", status=422, pointer="/party_id", party_id=party_id)
    if recipient.status == "released":
        raise Refusal("recipient_left", pointer="/party_id", recipients=(party_id,))
    if recipient.outcome is not None:
        raise Refusal("outcome_already_recorded", pointer="/party_id", recipients=(party_id,))
    if recipient.status not in (*AIDED, "undecided"):
        raise Refusal("already_decided", pointer="/party_id", recipients=(party_id,))
    return recipient


class Release(Model):
    party_id: Annotated[int, Field(ge=0)]
    reason: Literal["settled_apart", "withdrew", "not_eligible", "own_counsel", "died", "other"]
    detail: PersonalText


class ReleaseRecipient(Release, Command):
    """One leaves the group without a decision; with the last who was undecided the case leaves its stage as if all were decided.

    Who is the last one withdraws the application, or the aid is terminated: a case without anybody is none.
    """

    states = OPEN
    to = ("=", "awaiting_assignment", "refused", "in_representation", "closing")
    roles = frozenset[Role]({"caseworker", "lawyer"})
    emits = ("recipient_released",)

    @classmethod
    def leads(cls) -> frozenset[tuple[State | None, str]]:
        """As if all were decided: from the application onward or refused, from the work onward or closing."""
        application = onward("received", "examined")
        edges: set[tuple[State | None, str]] = {(start, end) for start in application for end in ("awaiting_assignment", "refused")}
        edges |= {(start, "closing") for start in OPEN - application}
        edges.add(("lawyer_named", "in_representation"))
        return frozenset(edges)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        in_hand(case, facts)
        _staying(case, self.party_id)
        if not any(r.party_id != self.party_id and _holds_the_case(case, r) for r in case.present):
            raise Refusal("last_recipient", pointer="/party_id", party_id=self.party_id)
        return (RecipientReleased(**said(self)),)


def _holds_the_case(case: CaseState, recipient: Recipient) -> bool:
    """Whether the case has somebody in this one: at the door anybody who asked, later anybody who is helped, may be or was."""
    return case.stage == "application" or recipient.status in (*AIDED, "undecided", "terminated")


class RecipientReleased(Release, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        left = Left(reason=self.reason, left_on=at.effective_on)
        after = _gone(case, self.party_id, left)
        return decided(moved_on(after.but(recipient_count=max(case.recipient_count - 1, len(after.present)))))


def _gone(case: CaseState, party_id: int, left: Left) -> CaseState:
    return case.with_recipients([party_id], status="released", left=left).but(
        representatives=tuple(i for i in case.representatives if i != party_id)
    )


class Succession(Model):
    party_id: Annotated[int, Field(ge=0)]
    by: Applicant
    ground: Ground


class ReplaceRecipient(Succession, Command):
    """Another person takes somebody's place. For an heir and under a guardian it is the same aid; anybody else is decided about anew."""

    states = OPEN
    roles = frozenset[Role]({"caseworker"})
    emits = ("recipient_replaced",)

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        known_township(facts, self.by, "/by")
        _staying(case, self.party_id)
        return (RecipientReplaced(party_id=self.party_id, by=numbered_party(self.by, len(case.parties)), ground=self.ground),)


class RecipientReplaced(Succession, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        successor = len(case.parties)
        old = next((r for r in case.recipients if r.party_id == self.party_id), None)
        new = Recipient(party_id=successor, asked=at.version)
        if old and old.status in AIDED and self.ground in SAME_AID:
            # A mandate ends with whoever gave it (民法典 art. 934): an heir signs anew. A guardian's ward is the same principal.
            new = old.model_copy(update={"party_id": successor} | ({"engaged_on": None} if self.ground == "heir" else {}))
        after = _gone(case, self.party_id, Left(reason=self.ground, left_on=at.effective_on, successor=successor))
        return after.but(parties=(*case.parties, self.by), recipients=(*after.recipients, new), **_TO_CHECK)

"""From inquiry to application in one step: what the consultation knows is carried over, and only what it does not know is added.

One command writes to both: `consultation_converted` here, `application_submitted` there. The body may hold any field of the application;
what it leaves out is what the consultation already says (who, against whom, about what, received where and how).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from domain.command import INNER, Actor, Command, Event, Facts, Refusal, Reserved, Stamp
from domain.consultation.state import RECEIVERS, STATES, ConsultationState, State
from domain.directory import Directory
from domain.stages.application import Oral, SubmitApplication
from domain.stages.common import PartyIds
from domain.values import (
    Applicant,
    CaseStage,
    Cause,
    Channel,
    Code,
    Fen,
    Forum,
    MatterKind,
    Model,
    OwnText,
    Paper,
    Party,
    PersonalText,
    Proxy,
    Text,
)  # fmt: skip


class AddedApplicant(Applicant):
    """What is added to the person who asked; the name only where they had not given one, or it was wrong."""

    name: OwnText | None = None  # pyright: ignore[reportIncompatibleVariableOverride] -- wider; it is merged into one that has a name


class AddedMatter(Model):
    """The matter, whose summary is the question unless another is given."""

    kind: MatterKind | None = None
    cause: Cause | None = None
    forum: Forum | None = None
    stage: CaseStage | None = None
    summary: PersonalText | None = None
    claim_fen: Fen | None = None
    limitation_on: date | None = None


class Added(Model):
    """The application's own fields; none is asked again where the inquiry has it."""

    channel: Channel | None = None
    outlet: Code | None = None
    assisting_agency: Text | None = None
    received_by_centre_on: date | None = None
    form: Literal["written", "oral"] | None = None
    oral: Oral | None = None
    applicant: AddedApplicant | None = None
    co_applicants: tuple[Applicant, ...] = ()
    representatives: PartyIds = ()
    recipient_count: int | None = None
    opponents: tuple[Party, ...] | None = None
    proxy: Proxy | None = None
    matter: AddedMatter | None = None
    papers: tuple[Paper, ...] = ()


class Known(NamedTuple):
    """What an inquiry says of an application, in the clear."""

    person: Party | None
    opponents: tuple[Party, ...]
    summary: Any
    cause: Cause | None
    channel: Channel | None
    outlet: str | None
    people: int = 1


def filled_in(known: Known, added: Added, centre: str, **came_from: UUID) -> dict[str, Any]:
    """The fields of `submit_application`: what the inquiry knows, with what the body adds or says better.

    People keep the subject under which they entered the ledger: the applicant always, an opponent where the name is the same.
    """
    fields: dict[str, Any] = {"centre": centre, "channel": known.channel, "outlet": known.outlet, **came_from}
    if known.people > 1:
        fields["recipient_count"] = known.people
    said = {name: getattr(added, name) for name in Added.model_fields}
    fields |= {name: value for name, value in said.items() if value not in (None, ()) and name not in ("applicant", "matter", "opponents")}
    fields["applicant"] = _given(known.person) | _given(added.applicant)
    subjects = {party.name: party.subject_id for party in known.opponents}
    opponents = known.opponents if added.opponents is None else added.opponents
    fields["opponents"] = [_given(party) | {"subject_id": party.subject_id or subjects.get(party.name)} for party in opponents]
    matter = {"summary": known.summary, "cause": known.cause}
    fields["matter"] = matter | _given(added.matter)
    return fields


def _given(model: Model | None) -> dict[str, Any]:
    """The fields that somebody filled in, as they are: an opened day is a text, which no dump would take for a day."""
    said = model.model_fields_set if model else frozenset[str]()
    return {name: value for name in said if (value := getattr(model, name)) is not None and name != "party_id"}


class ConvertToApplication(Added, Command):
    """Open the case of this consultation. What it was filled in with stands in `carried`, sealed for the new case when it is taken in."""

    stream = "consultation"
    room = "consultation"
    states = frozenset[State](STATES)
    to = ("converted",)
    roles = RECEIVERS
    emits = ("consultation_converted",)

    centre: Code
    reserved: Reserved = ()
    """The id of the case."""
    carried: Annotated[SubmitApplication | None, INNER] = None

    @classmethod
    def open_to(cls, case: ConsultationState, actor: Actor, directory: Directory, on: date) -> bool:
        return case.application is None

    def opens(self) -> int:
        return 1

    def others(self) -> tuple[str, ...]:
        return tuple(map(str, self.reserved))

    def decide(self, case: ConsultationState, facts: Facts) -> tuple[Event, ...]:
        if case.application is not None:
            raise Refusal("already_converted", case_id=case.application)
        return (ConsultationConverted(into=self.reserved[0], centre=self.centre),)

    def spread(self, case: ConsultationState, facts: Facts) -> Mapping[str, Sequence[Event]]:
        if self.carried is None:
            raise Refusal("carried_over_changed")
        case_id = str(self.reserved[0])
        return {case_id: self.carried.decide(facts.others[case_id], facts)}


class ConsultationConverted(Event):
    """`into` is the case the consultation became. A hand-over that was waiting is over: the case has its own owner."""

    into: UUID
    centre: Code

    def apply(self, case: ConsultationState, at: Stamp) -> ConsultationState:
        return case.but(state="converted", application=self.into, handing=None)

"""Commands as the inbox takes them: people named, keys made, personal fields sealed for the case they are to stand in, search terms ready.

A command that opens further cases is sealed for each of them: cipher text is bound to its stream and does not open in another.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from api.carrying import carried_over
from api.correction import seal_correction
from api.people import check_newcomers
from domain.case import CaseState
from domain.command import Command, Refusal
from domain.consultation import ConsultationState
from domain.consultation.convert import ConvertToApplication
from domain.consultation.register import RegisterConsultation
from domain.duty import DutyState
from domain.duty.take_up import TakeUpRequest
from domain.stages.continuation import CarriedOver, ContinueCase, going_on
from domain.stages.correction import CorrectRecord
from domain.stages.notice import ReceiveOrganNotice
from domain.stages.papers import IssueDocument
from domain.stream import StreamState
from domain.values import Party
from ledger import events, marks
from ledger.keys import KeyRing
from ledger.personal import Erased, Sealer, SubjectErased, load_keys, new_subject_key, parties_of, unsealed, with_subjects
from ledger.sql import Connection


@dataclass(slots=True)
class Sealing:
    """Seals the commands of one request for one case, or stream of another `kind` (`case` is None where the first of them opens it)."""

    conn: Connection
    ring: KeyRing
    case_id: str
    case: StreamState | None
    kind: str = "case"
    keys: dict[str, bytes | Erased] = field(default_factory=dict[str, "bytes | Erased"], repr=False)
    people: list[Party] = field(default_factory=list[Party], repr=False)
    """Who is to be found by what they were called here."""
    applicant: UUID | None = None

    async def begin(self) -> None:
        """Load the keys of the people of the case."""
        if self.case is not None:
            self.applicant = self.case.subject
            subjects = {p.subject_id for p in self.case.parties} | {self.applicant}
            self.keys |= await load_keys(self.conn, self.ring.master, [str(subject) for subject in subjects if subject])

    def sealer(self, case_id: str | None = None, applicant: UUID | None = None) -> Sealer:
        name = events.stream_of(case_id) if case_id else events.stream_of(self.case_id, self.kind)
        return Sealer(self.keys, name, applicant or self.applicant)

    async def seal(self, command: Command) -> Command:
        """The command with subjects, ids of the cases it opens and every personal leaf sealed.

        Raises `Problem` 422 for people who may not come into the case, `SubjectErased` where it needs the key of somebody who was erased.
        """
        if isinstance(command, IssueDocument) and isinstance(self.keys.get(str(self.applicant)), Erased):
            raise SubjectErased("a paper to somebody who was erased")
        if opened := command.opens():
            command = command.model_copy(update={"reserved": tuple(sorted(uuid7() for _ in range(opened)))})
        if isinstance(self.case, CaseState):
            check_newcomers(command, self.case, self.keys)
        if isinstance(command, ConvertToApplication | TakeUpRequest) and isinstance(self.case, ConsultationState | DutyState):
            command = carried_over(command, self.case, self.keys)
        command = with_subjects(command, uuid7)
        for person in (newcomers := list(parties_of(command))):
            assert person.subject_id is not None  # noqa: S101 -- given just now
            await self._meet(person.subject_id)
        self.people += newcomers
        if isinstance(command, RegisterConsultation) and command.person is None:
            command = command.model_copy(update={"asker": (nobody := uuid7())})
            await self._meet(nobody)
            self.applicant = nobody
        if self.applicant is None and newcomers:
            self.applicant = newcomers[0].subject_id
        command = self._for_their_cases(command)
        sealed = self.sealer().seal(command)
        if isinstance(sealed, CorrectRecord):
            sealed, corrected = await seal_correction(self.conn, self.case_id, sealed, self.sealer())
            self.people += [corrected] if corrected else []
        return sealed

    def _for_their_cases(self, command: Command) -> Command:
        """The command with what stands in other cases sealed for these."""
        if isinstance(command, ContinueCase) and isinstance(self.case, CaseState):
            return self._carried_over(command, self.case)
        if isinstance(command, ReceiveOrganNotice):
            return self._each_for_their_case(command)
        if isinstance(command, ConvertToApplication | TakeUpRequest) and command.carried:
            carried = self.sealer(str(command.reserved[0]), command.carried.applicant.subject_id).seal(command.carried)
            return command.model_copy(update={"carried": carried})
        return command

    async def _meet(self, subject: UUID) -> None:
        """A key for a subject who has none yet; who stands in the case or inquiry already has theirs."""
        if str(subject) not in self.keys:
            self.keys[str(subject)] = await new_subject_key(self.conn, self.ring.master, subject)

    def _carried_over(self, command: ContinueCase, case: CaseState) -> ContinueCase:
        """The earlier case's people and summary, opened and sealed again for the new case under the same keys.

        Where it goes on for nobody there is nothing to carry: the rules will say so, with what the case allows instead.
        """
        try:
            ids = going_on(case, command)
        except Refusal:
            return command
        stream = events.stream_of(case.case_id)
        people = [unsealed(party, self.keys, stream) for party in case.parties]
        self.people += people
        sealer = self.sealer(str(command.reserved[0]), case.parties[ids[0]].subject_id)
        summary = unsealed(case.matter, self.keys, stream).summary if case.matter else None
        carried = CarriedOver(parties=tuple(people), summary=summary)
        return command.model_copy(update={"carried_over": sealer.seal(carried)})

    def _each_for_their_case(self, command: ReceiveOrganNotice) -> ReceiveOrganNotice:
        """The notice with every person sealed for the case that is opened for them."""
        cases = (self.case_id, *map(str, command.reserved))
        sealed = (self.sealer(case_id, p.party.subject_id).seal(p) for case_id, p in zip(cases, command.persons, strict=True))
        return command.model_copy(update={"persons": tuple(sealed)})

    def terms(self) -> dict[str, Any] | None:
        """What the people named are found by, as the inbox keeps it."""
        return marks.kept(self.ring.search, self.people)


def kept(command: Command) -> dict[str, Any]:
    """The command's JSON for the inbox: without what nobody said, but with a null where one was asked for and given."""
    nulls = {name: None for name, field in type(command).model_fields.items() if field.is_required() and getattr(command, name) is None}
    return nulls | command.model_dump(mode="json", exclude_none=True)

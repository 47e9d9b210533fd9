"""Who comes into a case is held against who is in it before names and numbers are sealed: rules compare nothing they cannot read."""

from api.problem import Problem
from domain.case import CaseState
from domain.command import Command
from domain.stages.people import AddRecipients, ReplaceRecipient, clashes
from domain.values import Party
from ledger import events
from ledger.personal import SubjectKeys, unsealed


def check_newcomers(command: Command, case: CaseState, keys: SubjectKeys) -> None:
    """Raises `Problem` 422 for a new recipient who is in the case already, or is its opponent. `keys` are those of the case's people."""
    match command:
        case AddRecipients():
            joining, place, leaving = command.recipients, "/recipients/{}", None
        case ReplaceRecipient():
            joining, place, leaving = (command.by,), "/by", command.party_id
        case _:
            return
    stream = events.stream_of(case.case_id)
    known = [unsealed(_named(party), keys, stream) for party in case.parties]
    present = [r.party_id for r in case.present if r.party_id != leaving]
    found = clashes(known, joining, recipients=present, opponents=case.opponents)
    if found:
        raise Problem(422, "invalid", errors=[{"pointer": place.format(clash.place), "code": clash.code} for clash in found])


def _named(party: Party) -> Party:
    """Of the party only what it is told by: nothing else is opened."""
    return Party.model_construct(subject_id=party.subject_id, name=party.name, id_number=party.id_number)

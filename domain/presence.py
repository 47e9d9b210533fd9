"""Who is in a case, a consultation or a duty request, and in which role: what people are searched and conflicts are found by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple
from uuid import UUID

from domain.case import CaseState
from domain.stream import StreamState

PartyRole = Literal[
    "applicant", "co_applicant", "accused", "victim", "treatment_respondent", "opponent", "proxy", "guardian", "advised", "duty_helped",
    "other",
]  # fmt: skip
Side = Literal["client", "opponent", "beside", "advised"]
"""Where somebody stands: helped by the centre, against the one helped, beside them, or given advice only."""
SIDE_OF: dict[PartyRole, Side] = {
    "applicant": "client", "co_applicant": "client", "accused": "client", "victim": "client", "treatment_respondent": "client",
    "opponent": "opponent", "proxy": "beside", "guardian": "beside", "other": "beside", "advised": "advised", "duty_helped": "advised",
}  # fmt: skip


class Presence(NamedTuple):
    """A person in a stream. `present` is False for who left it or was replaced."""

    party_id: int
    subject_id: UUID
    role: PartyRole
    present: bool


def presences(state: StreamState) -> tuple[Presence, ...]:
    """Everybody of the stream, by party id."""
    return tuple(_of_case(state) if isinstance(state, CaseState) else _of_inquiry(state))


def _of_case(case: CaseState) -> Iterator[Presence]:
    recipients = {r.party_id: r for r in case.recipients}
    for party_id, party in enumerate(case.parties):
        if party.subject_id is None:
            continue
        recipient = recipients.get(party_id)
        present = recipient is None or recipient.status != "released"
        yield Presence(party_id, party.subject_id, _role(case, party_id, recipient=recipient is not None), present)


def _role(case: CaseState, party_id: int, *, recipient: bool) -> PartyRole:
    if party_id in case.opponents:
        return "opponent"
    if not recipient:
        if party_id == case.proxy_party:
            return "guardian" if case.proxy_relation == "guardian" else "proxy"
        return "other"
    if case.notice is not None:
        return case.notice.role
    by_cause: dict[str | None, PartyRole] = {"criminal_defence": "accused", "victim_representation": "victim"}
    return by_cause.get(case.matter.cause if case.matter else None) or ("applicant" if party_id == 0 else "co_applicant")


def _of_inquiry(state: StreamState) -> Iterator[Presence]:
    """Who asked comes first, where they said who they are; then the opponents they named."""
    asked: PartyRole = "duty_helped" if state.kind == "duty" else "advised"
    anonymous: bool = getattr(state, "anonymous", False)
    for party_id, party in enumerate(state.parties):
        if party.subject_id is not None:
            yield Presence(party_id, party.subject_id, asked if party_id == 0 and not anonymous else "opponent", present=True)

"""What an inquiry knows, opened and filled into the application it becomes; it is sealed again for the case with what the body added."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from api.problem import invalid
from domain.consultation import ConsultationState
from domain.consultation.convert import Added, ConvertToApplication, Known, filled_in
from domain.duty import DutyState
from domain.duty.take_up import TakeUpRequest
from domain.stages.application import SubmitApplication
from ledger.personal import SubjectKeys, unsealed

_NOTHING: Mapping[str, Any] = {name: field.get_default() for name, field in Added.model_fields.items()}


def carried_over[C: ConvertToApplication | TakeUpRequest](command: C, inquiry: ConsultationState | DutyState, keys: SubjectKeys) -> C:
    """The command with the whole application in `carried`, and nothing of it left in its own fields.

    An inquiry that is a case already stays as it is: the rules will say which. Raises `Problem` 422 for what makes no application.
    """
    if inquiry.application is not None:
        return command.model_copy(update=_NOTHING)
    fields = filled_in(known_of(inquiry, keys, command.centre), command, command.centre or inquiry.centre, **_came_from(inquiry))
    try:
        application = SubmitApplication.model_validate(fields)
    except ValidationError as fault:
        raise invalid(fault.errors(include_url=False), fields) from fault
    return command.model_copy(update={**_NOTHING, "carried": application})


def _came_from(inquiry: ConsultationState | DutyState) -> dict[str, UUID]:
    return {f"{'consultation' if isinstance(inquiry, ConsultationState) else 'duty_request'}_id": UUID(inquiry.case_id)}


def known_of(inquiry: ConsultationState | DutyState, keys: SubjectKeys, centre: str | None) -> Known:
    """What the inquiry says of an application at that centre, in the clear. An outlet of another centre is left out."""
    opened = unsealed(inquiry, keys, inquiry.stream)
    outlet = inquiry.outlet if centre in (None, inquiry.centre) else None
    if isinstance(opened, ConsultationState):
        first = 0 if opened.anonymous else 1
        person = None if opened.anonymous else opened.parties[0]
        return Known(person, opened.parties[first:], opened.question, opened.cause, opened.channel, outlet, opened.people)
    at_home = opened.forwarded_to is None
    return Known(opened.parties[0], (), opened.request, None, "duty_office", outlet if at_home else None)

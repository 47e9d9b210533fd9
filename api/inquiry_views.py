"""Consultations and duty requests as returned: as they stand, in a list, after a command. Pure functions, as those of `api.views`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api import views
from domain.consultation import ConsultationState
from domain.directory import Directory
from domain.duty import DutyState
from domain.duty.shifts import Shift
from domain.stream import StreamState
from ledger.events import Recorded

type Json = dict[str, Any]

ID_OF: Mapping[str, str] = {"consultation": "consultation_id", "duty": "duty_request_id"}
"""By the kind of stream, what its id is called."""
_HIDDEN = frozenset({"inquiry_id", "kind", "clocks", "person"})
_OF_THE_OTHER = {"consultation": frozenset({"in_custody", "forwarded_to"}), "duty": frozenset({"handing_to"})}
"""Columns of the list that speak of the other kind."""


def view(state: ConsultationState | DutyState, at: datetime | None = None) -> Json:
    """An inquiry as it stands; its clocks as they stood at `at`. Fields that a command brought keep the command's names."""
    return _consultation(state, at) if isinstance(state, ConsultationState) else _duty(state, at)


def _head(state: ConsultationState | DutyState) -> Json:
    return {
        ID_OF[state.kind]: state.case_id,
        "number": state.number,
        "version": state.version,
        "state": state.state,
        "office": state.office,
        "centre": state.centre,
        "outlet": state.outlet,
        "owner": state.owner,
        "received_at": views.moment(state.received_at),
        "case_id": str(state.application) if state.application else None,
    }


def _tail(state: ConsultationState | DutyState, at: datetime | None) -> Json:
    return {
        "clocks": [views.clock_view(c, at) for c in state.clocks],
        "unknown_limits": [views.plain(u) for u in state.unknown_limits],
        "opened_on": state.opened_on.isoformat() if state.opened_on else None,
        "updated_at": views.moment(state.updated_at),
    }


def _consultation(state: ConsultationState, at: datetime | None) -> Json:
    parties = [views.plain(p) | {"party_id": i} for i, p in enumerate(state.parties)]
    first = 0 if state.anonymous else 1
    return {
        **_head(state),
        "channel": state.channel,
        "person": None if state.anonymous else parties[0],
        "opponents": parties[first:],
        "people": state.people,
        "question": _sealed(state.question),
        "cause": state.cause,
        "referred_by": state.referred_by,
        "letter": views.plain(state.letter) if state.letter else None,
        "handing": views.plain(state.handing) if state.handing else None,
        "given": [views.plain(each) for each in state.given],
        "drafted": [views.plain(each) for each in state.drafted],
        "visits": [views.plain(each) for each in state.visits],
        "closed_how": state.closed_how,
        "closed_on": state.closed_on.isoformat() if state.closed_on else None,
        **_tail(state, at),
    }


def _duty(state: DutyState, at: datetime | None) -> Json:
    return {
        **_head(state),
        "in_custody": state.in_custody,
        "person": views.plain(state.parties[0]) | {"party_id": 0},
        "request": _sealed(state.request),
        "forwarded_to": state.forwarded_to,
        "forwarded_at": views.moment(state.forwarded_at),
        **_tail(state, at),
    }


def _sealed(value: Any) -> Any:
    """A personal text as JSON: sealed, it is opened by the desk under its field's name."""
    return views.plain(value) if hasattr(value, "model_dump") else value


def event(kind: str, inquiry_id: str, recorded: Recorded, directory: Directory) -> Json:
    """An event of an inquiry as returned: like one of a case, under the inquiry's own id."""
    shown = views.event_view(inquiry_id, recorded, directory)
    return {ID_OF[kind] if name == "case_id" else name: value for name, value in shown.items()}


def answer(state: StreamState, recorded: Sequence[Recorded], directory: Directory) -> Json:
    """What a command answers: the inquiry's head, the events just recorded, its clocks as they stood when it was decided."""
    assert isinstance(state, ConsultationState | DutyState)  # noqa: S101 -- cases have answers of their own
    return {
        ID_OF[state.kind]: state.case_id,
        "number": state.number,
        "version": state.version,
        "state": state.state,
        "events": [event(state.kind, state.case_id, r, directory) for r in recorded],
        "clocks": [views.clock_view(c, state.updated_at) for c in state.clocks],
    }


def row(listed: Mapping[str, Any]) -> Json:
    """A list row: like the inquiry, with the person's name alone."""
    kind: str = listed["kind"]
    person: Json = listed["person"] or {}
    hidden = _HIDDEN | _OF_THE_OTHER[kind]
    shown = {name: _plain(name, value) for name, value in listed.items() if name not in hidden}
    return {ID_OF[kind]: str(listed["inquiry_id"]), "name": person.get("name"), **shown}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return views.moment(value)
    return str(value) if name == "case_id" and value else value


def shift(each: Shift, requests: Sequence[Json]) -> Json:
    """A shift of a duty office's log, with what came in while it lasted."""
    return {
        "shift_id": each.shift_id,
        "office": each.office,
        "person": each.person,
        "opened_at": views.moment(each.opened_at),
        "opening_remark": each.opening_remark,
        "closed_at": views.moment(each.closed_at),
        "handed_to": each.handed_to,
        "closing_remark": each.closing_remark,
        "requests": list(requests),
    }

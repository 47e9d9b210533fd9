"""Correcting the record: never an edit. A correction names the event it corrects, what it should have said, and why.

What follows from it for the case is stored with it (`effects`), so the one fold applies it from there on and nothing before
it changes. Decisions are corrected by new decisions only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, NamedTuple, cast

from jsonpointer import JsonPointer, JsonPointerException
from pydantic import BaseModel, Field, ValidationError

from domain.case import CaseState, blank
from domain.command import Command, Event, Facts, Happened, Refusal, Role, Stamp
from domain.lifecycle import ANY
from domain.stream import fold
from domain.values import Model, Party, Personal, PersonalText, Pointer, Sealed, personal_marks

DECISIONS: frozenset[str] = frozenset({
    "aid_granted", "aid_refused", "accepted_first", "aid_terminated", "objection_decided", "replacement_decided", "subsidy_approved",
    "subsidy_paid", "case_archived",
    # What a decision rests on, and who is given the case, is found or named anew by the command that has the checks for it.
    "hardship_assessed", "hardship_check_waived", "conflict_checked", "recusal_declared", "decision_recommended", "lawyer_named",
    "lawyer_released", "caseworker_transferred",
})  # fmt: skip
FIXED: frozenset[str] = frozenset({
    "party_id", "subject_id", "register_number", "case_number", "draws", "owner", "for_recipients", "document_id", "digest", "size",
    "about", "serves", "number", "centre", "unit", "lawyer", "explanation",
    "notice_id", "role", "co_accused", "same_event",
})  # fmt: skip
"""Fields that identify or prove, or say whose the case is; what is wrong with them is no slip of the pen."""
_BOOKKEEPING: frozenset[str] = frozenset({"version", "last_act_version", "updated_at", "lane_days", "acted_by", "clocks"})


type Corrected = Annotated[Sealed | Any, Field(union_mode="left_to_right")]
"""What a field should have said; a personal one sealed."""


class CorrectRecord(Command):
    """`position` is the ledger's. `value` is what the field should have said; a personal one comes sealed for that field."""

    room = "any_stage"
    states = ANY
    roles = frozenset[Role]({"caseworker", "lawyer", "supervisor"})
    emits = ("record_corrected",)
    lane = "margin"
    needs = frozenset({"history"})

    position: int = Field(ge=1)
    field: Pointer
    value: Corrected
    reason: PersonalText

    def decide(self, case: CaseState, facts: Facts) -> tuple[Event, ...]:
        if case.ended and facts.actor.role != "supervisor":
            raise Refusal("role_not_allowed", status=403, command=self.name)
        version = facts.positions.get(self.position)
        target = next((h.event for h in facts.history if h.at.version == version), None)
        if version is None or target is None:
            raise Refusal("unknown_position", status=422, pointer="/position", position=self.position)
        if target.clock or target.type in DECISIONS or isinstance(target, RecordCorrected):
            raise Refusal("decision_not_corrected", event=target.type)
        if FIXED.intersection(self.field.split("/")):
            raise Refusal("field_not_corrected", status=422, pointer="/field", field=self.field)
        if _holds_object(self.value):
            raise Refusal("correction_invalid", status=422, pointer="/value", field=self.field)
        if self.field == "/outlet" and self.value is not None:
            self._outlet_of_centre(case, facts)
        correction = RecordCorrected(
            position=self.position, field=self.field, value=self.value, reason=self.reason, corrects=version, event=target.type
        )
        try:
            stands = as_corrected(facts.history, version, target)
            corrected = correction.amended(stands)
            after = refold(case.case_id, facts.history, correction)
        except (JsonPointerException, LookupError, TypeError, ValidationError) as fault:
            raise Refusal("correction_invalid", status=422, pointer="/value", field=self.field) from fault
        if corrected == stands:
            raise Refusal("nothing_corrected", status=422, pointer="/value", field=self.field)
        if after.state != case.state:
            raise Refusal("correction_changes_course", state=case.state, would_be=after.state)
        return (correction.model_copy(update={"effects": tuple(_effects(case, after))}),)

    def _outlet_of_centre(self, case: CaseState, facts: Facts) -> None:
        above = facts.directory.centre_of(self.value) if isinstance(self.value, str) else None
        if above is None or above.code != case.centre:
            raise Refusal("correction_invalid", status=422, pointer="/value", field=self.field)


def _holds_object(value: Any) -> bool:
    """Objects are corrected field by field, so that no personal field hides in one."""
    if isinstance(value, list | tuple):
        return any(map(_holds_object, cast("Sequence[Any]", value)))
    return isinstance(value, Mapping)


class PersonalTarget(NamedTuple):
    """A personal field a pointer leads to, as `map_personal` names it: the party around it, the field's name, its mark."""

    party: Party | None
    name: str
    mark: Personal


def personal_target(event: Event, pointer: str) -> PersonalTarget | None:
    """Whose key a correction's value belongs under, for whoever seals it; None where the field is not personal or not there."""
    node: Any = event
    party: Party | None = None
    for part in JsonPointer(pointer).parts:
        party = node if isinstance(node, Party) else party
        if isinstance(node, BaseModel):
            if (mark := personal_marks(type(node)).get(part)) is not None:
                return PersonalTarget(party, part, mark)
            node = getattr(node, part, None)
        elif isinstance(node, tuple) and part.isdecimal():
            node = next(islice(cast("tuple[Any, ...]", node), int(part), None), None)
        else:
            return None
    return None


class Effect(Model):
    """One field of the case that the correction changes: where, and what it says from now on (absent: nothing)."""

    path: Pointer
    value: Any = None


class RecordCorrected(Event):
    """`corrects` is the version of the event corrected, `event` its type."""

    lane = "margin"

    position: int
    field: Pointer
    value: Corrected = None
    reason: PersonalText
    corrects: int
    event: str
    effects: tuple[Effect, ...] = ()

    def amended(self, target: Event) -> Event:
        """The event as it should have been. Raises `JsonPointerException` or `ValidationError` where that is no such event."""
        data = target.model_dump(mode="json", exclude_none=True)
        value = self.value.model_dump(mode="json") if isinstance(self.value, Sealed) else self.value
        JsonPointer(self.field).set(data, value)
        return type(target).model_validate(data)

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        if not self.effects:
            return case
        data = case.model_dump(mode="json")
        for effect in self.effects:
            JsonPointer(effect.path).set(data, effect.value)
        return CaseState.model_validate(data)


def as_corrected(history: Sequence[Happened], version: int, event: Event) -> Event:
    """The event of that version with the corrections made of it so far, in their order: the last word about a field is the last one."""
    for happened in history:
        if isinstance(happened.event, RecordCorrected) and happened.event.corrects == version:
            event = happened.event.amended(event)
    return event


def refold(case_id: str, history: Sequence[Happened], correction: RecordCorrected) -> CaseState:
    """The case as it would stand had every corrected event been right from the start, this correction among them."""

    def right(happened: Happened) -> Happened:
        event, version = happened.event, happened.at.version
        if isinstance(event, RecordCorrected):
            return Happened(happened.at, event.model_copy(update={"effects": ()}))
        event = as_corrected(history, version, event)
        return Happened(happened.at, correction.amended(event) if correction.corrects == version else event)

    return fold(map(right, history), blank(case_id))


def business(case: CaseState) -> dict[str, Any]:
    """The case's fields as JSON, without those that only say when and by whom it was last touched."""
    return case.model_dump(mode="json", exclude=set(_BOOKKEEPING))


def _effects(before: CaseState, after: CaseState) -> Iterator[Effect]:
    return _differences("", business(before), business(after))


def _differences(path: str, old: Any, new: Any) -> Iterator[Effect]:
    """Leaf by leaf; lists of unlike length and objects of unlike shape change as a whole."""
    parts = _parts(old), _parts(new)
    if parts[0].keys() == parts[1].keys() and parts[0]:
        for name, value in parts[0].items():
            yield from _differences(f"{path}/{_escaped(name)}", value, parts[1][name])
    elif old != new:
        yield Effect(path=path, value=new)


def _parts(value: Any) -> dict[str, Any]:
    """The members of an object or a list by name or index; none of anything else."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    return {str(index): each for index, each in enumerate(cast("list[Any]", value))} if isinstance(value, list) else {}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")

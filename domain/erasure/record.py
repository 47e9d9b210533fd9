"""What a person's stream says about their data: whether it is restricted, whether erasure is asked for, agreed to, done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, NamedTuple

from domain.command import Actor, Refusal
from domain.erasure.events import (
    Ground,
    PersonShredded,
    RestrictionGround,
    RestrictionLifted,
    RestrictionSet,
    ShredApproved,
    ShredRefused,
    ShredRequested,
)
from domain.registers import RegisterEvent

RequestState = Literal["open", "approved", "refused", "done"]


@dataclass(frozen=True, slots=True)
class Request:
    """The request asked last. `version` is its own in the person's stream, `subjects` the entries it is about."""

    version: int
    ground: Ground
    asked_by: str
    asked_on: date
    subjects: tuple[str, ...]
    state: RequestState = "open"
    decided_by: str | None = None
    decided_on: date | None = None
    refused_for: str | None = None


@dataclass(frozen=True, slots=True)
class Restriction:
    """Since when the data is only kept, and why."""

    ground: RestrictionGround
    since: date
    by: str


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """Where one entry stands. `shredded_on` is the legal day on which the erasure was recorded as complete."""

    restriction: Restriction | None = None
    request: Request | None = None
    shredded_on: date | None = None

    @property
    def under_way(self) -> bool:
        """Whether a request waits to be decided or carried out."""
        return self.request is not None and self.request.state in ("open", "approved")

    def check_request(self) -> None:
        """Refuse a further request while one is under way, or for who is erased. Raises `Refusal` 409."""
        self._check_here()
        if self.under_way:
            raise Refusal("shred_under_way")

    def check_restrict(self) -> None:
        """Raises `Refusal` 409 where it is restricted already, erased, or about to be."""
        self._check_here()
        if self.restriction:
            raise Refusal("person_restricted")
        if self.request and self.request.state == "approved":
            raise Refusal("shred_under_way")

    def check_lift(self) -> None:
        """Raises `Refusal` 409 where nothing is restricted."""
        self._check_here()
        if not self.restriction:
            raise Refusal("person_not_restricted")

    def decidable(self, actor: Actor) -> Request:
        """The request that waits to be decided. Raises `Refusal`: 409 where none does, 403 for who asked (two persons decide it)."""
        self._check_here()
        if self.request is None or self.request.state != "open":
            raise Refusal("no_shred_requested")
        if self.request.asked_by == actor.id:
            raise Refusal("two_persons_required", status=403)
        return self.request

    def _check_here(self) -> None:
        if self.shredded_on:
            raise Refusal("person_erased", at=self.shredded_on)


class Entry(NamedTuple):
    """One event of a person's stream as it is folded: its version, who did it, what."""

    version: int
    actor: str
    event: RegisterEvent


def fold_record(history: Iterable[Entry]) -> ErasureRecord:
    """The record after a history; events of other kinds in the same stream (links) are passed over."""
    record = ErasureRecord()
    for entry in history:
        record = _after(record, entry)
    return record


def _after(record: ErasureRecord, entry: Entry) -> ErasureRecord:
    version, actor, event = entry
    match event:
        case RestrictionSet():
            record = replace(record, restriction=Restriction(event.ground, event.since, actor))
        case RestrictionLifted():
            record = replace(record, restriction=None)
        case ShredRequested():
            asked = Request(version, event.ground, actor, event.since, tuple(str(s) for s in event.subjects))
            record = replace(record, request=asked)
        case ShredApproved():
            record = _decided(record, "approved", actor, event)
        case ShredRefused():
            record = _decided(record, "refused", actor, event)
        case PersonShredded():
            asked = record.request and replace(record.request, state="done")
            record = replace(record, restriction=None, shredded_on=event.since, request=asked)
        case _:
            pass
    return record


def _decided(record: ErasureRecord, state: RequestState, by: str, event: ShredApproved | ShredRefused) -> ErasureRecord:
    if record.request is None:
        return record
    why = event.ground if isinstance(event, ShredRefused) else None
    return replace(record, request=replace(record.request, state=state, decided_by=by, decided_on=event.since, refused_for=why))

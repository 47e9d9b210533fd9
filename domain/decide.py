"""Deciding a command: what holds for all of them stands here, what each of them asks in its stage's room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import NamedTuple

from domain.case import CaseState
from domain.clocks import follow
from domain.command import COMMANDS, Actor, Command, Event, Facts, Happened, Refusal, Series, Stamp
from domain.directory import Directory
from domain.stream import StreamState, evolve, fold


class Decision[S: StreamState](NamedTuple):
    """What a command brings: its events, the clocks' events that follow, and the case after them.

    `others` are what it brings to other cases, in the order of their ids.
    """

    before: S
    events: tuple[Happened, ...]
    case: S
    others: tuple[Decision[CaseState], ...] = ()

    @property
    def cases(self) -> tuple[Decision[S] | Decision[CaseState], ...]:
        """Case by case: the command's own first."""
        return (self._replace(others=()), *self.others)

    def series(self) -> list[Series]:
        """The series its events draw numbers from, in the order in which `numbered` asks for them."""
        return [series for decision in self.cases for happened in decision.events for series in happened.event.series()]

    def numbered(self, draw: Callable[[Series], int], directory: Directory) -> Decision[S]:
        """The decision with every event's numbers drawn (`draw` returns the next of a series) and the cases folded again."""
        if not self.series():
            return self
        events = tuple(_numbered(happened, draw, directory) for happened in self.events)
        others = tuple(other.numbered(draw, directory) for other in self.others)
        return Decision(self.before, events, fold(events, self.before), others)

    def then(self, later: Decision[S]) -> Decision[S]:
        """Both as one; `later` was decided about the cases as this one leaves them."""
        others = {other.before.case_id: other for other in self.others}
        for other in later.others:
            earlier = others.get(other.before.case_id)
            others[other.before.case_id] = earlier.then(other) if earlier else other
        return Decision(self.before, (*self.events, *later.events), later.case, tuple(others[case_id] for case_id in sorted(others)))


def _numbered(happened: Happened, draw: Callable[[Series], int], directory: Directory) -> Happened:
    series = happened.event.series()
    return Happened(happened.at, happened.event.numbered(tuple(map(draw, series)), directory)) if series else happened


def decide[S: StreamState](case: S, command: Command, facts: Facts) -> Decision[S]:
    """Decide a command: allowed state, role, two-person rule, order of legal days, the command's own rules, then the clocks.

    Raises `Refusal`; one of status 409 carries `allowed_commands`. The events of the command come first, in order; those of the clocks
    they start, pause or stop follow.
    """
    try:
        return _decided(case, command, facts)
    except Refusal as refusal:
        if refusal.status == 409:
            # A state may refuse one body of a command that it allows another.
            refused = command.name if refusal.code == "wrong_state" else None
            others = [name for name in allowed_commands(case, facts.actor.role) if name != refused]
            refusal.detail.setdefault("allowed_commands", others)
        raise


def _decided[S: StreamState](case: S, command: Command, facts: Facts) -> Decision[S]:
    kind = type(command)
    if facts.actor.role not in kind.roles:
        raise Refusal("role_not_allowed", status=403, command=kind.name)
    opens = case.state is None and not kind.states
    if kind.stream is not None and (kind.stream != case.kind or not (opens or kind.allowed_in(case))):
        raise Refusal("wrong_state", state=case.state)
    if facts.on_behalf_of is not None and facts.directory.person(facts.on_behalf_of) is None:
        raise Refusal("unknown_person", status=422, pointer="/on_behalf_of", person=facts.on_behalf_of)
    if _walled_off(case, facts) and not kind.behind_walls:
        raise Refusal("recused", status=403)
    _check_deputy(facts)
    if kind.other_than and _same_person(case, kind, facts.directory, {facts.actor.id, facts.on_behalf_of}):
        raise Refusal(kind.same_person_code, event=kind.other_than)
    _check_legal_day(case, kind, facts)

    own = list(command.decide(case, facts))
    if own and command.note:
        own[0] = own[0].model_copy(update={"note": command.note})
    spread = command.spread(case, facts)
    others = tuple(_recorded(facts.others[case_id], spread[case_id], facts) for case_id in sorted(spread))
    return _recorded(case, own, facts)._replace(others=others)


def _recorded[S: StreamState](case: S, events: Sequence[Event], facts: Facts) -> Decision[S]:
    """The events in their envelopes, those of the clocks they touch after them, and the case they lead to."""
    happened: list[Happened] = []

    def record(event: Event) -> None:
        nonlocal after
        at = Stamp(
            version=after.version + 1,
            decided_at=facts.now,
            effective_on=facts.effective_on,
            actor=facts.actor.id,
            role=facts.actor.role,
            office=facts.actor.office,
            command_id=facts.command_id,
            on_behalf_of=facts.on_behalf_of,
        )
        happened.append(Happened(at, event))
        after = evolve(after, happened[-1])

    after = case
    for event in events:
        record(event)
    for cause in tuple(happened):
        for clock_event in follow(case, after, cause, facts):
            record(clock_event)
    return Decision(case, tuple(happened), after)


def _check_deputy(facts: Facts) -> None:
    """Refuse (403) to act for a colleague who is not away on the legal day, or for whom somebody else stands in."""
    actor, person = facts.actor, facts.on_behalf_of
    if person is None or facts.directory.may_stand_in(actor.id, actor.role, actor.office, person, facts.effective_on):
        return
    raise Refusal("not_their_deputy", status=403, pointer="/on_behalf_of", person=person)


def _check_legal_day(case: StreamState, kind: type[Command], facts: Facts) -> None:
    """The legal day is never in the future, never before the case's first day, and never decreases within the command's lane."""
    if facts.effective_on > facts.now.astimezone(facts.rules.zone).date():
        raise Refusal("effective_in_future", status=422, pointer="/effective_on")
    if case.state is not None and "system" not in kind.roles:
        if case.opened_on and facts.effective_on < case.opened_on:
            raise Refusal("effective_before_opening", status=422, pointer="/effective_on", opened_on=case.opened_on)
        last = case.lane_days.get(kind.lane)
        if last and facts.effective_on < last:
            raise Refusal("effective_before_last", last=last)


def _same_person(case: StreamState, kind: type[Command], directory: Directory, codes: AbstractSet[str | None]) -> bool:
    """Whether one of these people did what the command asks another person to have done; single-officer centres are excepted."""
    acted = case.acted_by.get(kind.other_than or "", ())
    return not codes.isdisjoint(acted) and not directory.single_officer(case.centre)


def _walled_off(case: StreamState, facts: Facts) -> bool:
    """Whether the person acting, or acted for, is recused or stands behind a wall of this case, alone or with lawyer or unit."""
    actor = facts.actor
    codes = {actor.id, actor.lawyer, actor.unit, facts.on_behalf_of}
    return not codes.isdisjoint(case.excluded)


def may_issue(case: StreamState, kind: type[Command], actor: Actor, directory: Directory, on: date) -> bool:
    """Whether the command is open to this person, in the role they act in, so far as that can be told before its body is known."""
    return (
        bool(kind.states)
        and kind.stream == case.kind
        and kind.allowed_in(case)
        and kind.open_to(case, actor, directory, on)
        and not (kind.other_than and _same_person(case, kind, directory, {actor.id}))
    )


def allowed_commands(case: StreamState, role: str) -> list[str]:
    """Names of the commands the state allows this role, in the rooms' order."""
    ours = (c for c in COMMANDS.values() if c.stream == case.kind and role in c.roles)
    return [c.name for c in ours if case.state is not None and c.states and not c.behind_walls and c.allowed_in(case)]

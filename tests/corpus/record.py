"""Adds to the corpus what it lacks: `python -m tests.corpus.record`, once an event has a new type or a new version.

The corpus holds, of every type of event at every version of its shape, the bytes of one body as the ledger stores it. A stored body is
never edited and never dropped: ledgers that hold its like are to be read for ever. The bodies come from the stories that the unit tests
tell, the longest of each type, with the personal fields sealed as they are in service.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, get_args
from unittest import mock
from uuid import UUID

import pytest

import domain.stages  # noqa: F401 -- fills the vocabularies
from domain.accounts import (
    AccessTokenIssued,
    AccessTokenRevoked,
    AccountCreated,
    AccountDisabled,
    AccountEnabled,
    AccountUnlocked,
    OidcLinked,
    OidcUnlinked,
    PasswordSet,
    RecoveryCodeUsed,
    SecondFactorEnrolled,
    SecondFactorRemoved,
)
from domain.command import EVENTS, Event
from domain.decide import Decision
from domain.erasure.events import (
    DataExported,
    PersonShredded,
    RestrictionLifted,
    RestrictionSet,
    ShredApproved,
    ShredRefused,
    ShredRequested,
)
from domain.person_links import LinkReason, PeopleLinked, PeopleUnlinked, UnlinkReason
from domain.reassignment import MoveBegun, ReassignmentBegun
from domain.registers import REGISTER_EVENTS, RegisterEvent
from domain.stages.glass import GlassBroken
from domain.status_codes import RenewalReason, StatusCodeRenewed
from domain.values import Party, Personal, Sealed, map_personal
from ledger.events import body_of
from ledger.personal import seal
from ops.home import ROOT

HERE = Path(__file__).parent
SUMS = HERE / "SHA256SUMS"
KEY = bytes(32)
"""Under which the corpus's personal fields are sealed: no secret, nothing in them is anybody's."""
STREAM = "case/01890000-0000-7000-8000-000000000001"
_DAY = date(2026, 3, 10)
_NOON = datetime.combine(_DAY, time(12), UTC)
_WHO: dict[str, Any] = {"since": _DAY, "username": "zhang.san"}
UNTOLD: tuple[Event | RegisterEvent, ...] = (
    AccountCreated(**_WHO, person="P-ZHANG-SAN"),
    PasswordSet(**_WHO, own=True),
    AccountDisabled(**_WHO, reason="离职"),
    AccountEnabled(**_WHO, reason="复职"),
    AccountUnlocked(**_WHO, reason="本人到场核实"),
    SecondFactorEnrolled(**_WHO),
    SecondFactorRemoved(**_WHO, reason="手机遗失"),
    RecoveryCodeUsed(**_WHO, left=7),
    OidcLinked(**_WHO, issuer="https://id.example.cn", subject="s-1"),
    OidcUnlinked(**_WHO, issuer="https://id.example.cn", subject="s-1"),
    AccessTokenIssued(**_WHO, token_id=UUID(int=1), label="统计", scopes=("read",), expires_at=_NOON),
    AccessTokenRevoked(**_WHO, token_id=UUID(int=1)),
    GlassBroken(person="P-ZHANG-SAN", reason="本人承办的案件须交接", until=_NOON),
    PeopleLinked(since=_DAY, kept=UUID(int=1), other=UUID(int=2), reason=get_args(LinkReason)[0]),
    PeopleUnlinked(since=_DAY, kept=UUID(int=1), other=UUID(int=2), reason=get_args(UnlinkReason)[0]),
    StatusCodeRenewed(since=_DAY, case=UUID(int=5), reason=get_args(RenewalReason)[0]),
    RestrictionSet(since=_DAY, subject=UUID(int=1), ground="accuracy_disputed", reason="本人对记录有异议"),
    RestrictionLifted(since=_DAY, subject=UUID(int=1), reason="已核实更正"),
    ShredRequested(since=_DAY, subject=UUID(int=1), ground="person_asked", reason="保管期限届满", subjects=(UUID(int=1), UUID(int=2))),
    ShredApproved(since=_DAY, subject=UUID(int=1), request=3),
    ShredRefused(since=_DAY, subject=UUID(int=1), request=3, ground="need_continues", reason="尚有异议未答复"),
    PersonShredded(since=_DAY, subject=UUID(int=1)),
    DataExported(since=_DAY, subject=UUID(int=1), reason="本人申请查阅", cases=2),
    ReassignmentBegun(
        since=_DAY, batch="B-1", leaver="P-ZHANG-SAN", reason="调离",
        moves=(MoveBegun(case_id=str(UUID(int=3)), kind="transfer", to="P-LI-SI"), MoveBegun(case_id=str(UUID(int=4)), kind="replacement")),
    ),
)  # fmt: skip
"""Events that no unit test tells of."""


def kinds() -> dict[str, type[Event | RegisterEvent]]:
    """Every type of event that the product records, by its name."""
    every: dict[str, type[Event | RegisterEvent]] = {**EVENTS, **REGISTER_EVENTS}
    return {name: kind for name, kind in every.items() if kind.__module__.startswith("domain.") and not kind.__subclasses__()}


def place(kind: str, version: int) -> Path:
    return HERE / f"{kind}.v{version}.json"


class Seen:
    """The longest body of each type that came by."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}

    def take(self, event: Event | RegisterEvent) -> None:
        body = body_of(map_personal(event, _sealed))
        self.bodies[event.type] = max(self.bodies.get(event.type, b""), body, key=len)

    def take_decision(self, decision: Decision[Any]) -> None:
        for each in decision.cases:
            for happened in each.events:
                self.take(happened.event)


def _sealed(party: Party | None, name: str, mark: Personal, leaf: Any) -> Sealed:
    if isinstance(leaf, Sealed):
        return leaf
    subject = (party.subject_id if party is not None and mark.own else None) or UUID(int=1)
    return seal(KEY, subject, STREAM, name, leaf.isoformat() if isinstance(leaf, date) else str(leaf))


def told_by_the_unit_tests(seen: Seen) -> None:
    """Listen to the unit tests' stories. What a test of a refusal makes and nothing records is told, too: it is of the same shape."""
    numbered, made = Decision.numbered, RegisterEvent.__init__

    def decided(self: Decision[Any], *given: Any) -> Decision[Any]:
        decision = numbered(self, *given)
        seen.take_decision(decision)
        return decision

    def registered(self: RegisterEvent, **fields: Any) -> None:
        made(self, **fields)
        if type(self).type in REGISTER_EVENTS and not type(self).__subclasses__():
            seen.take(self)

    with mock.patch.object(Decision, "numbered", decided), mock.patch.object(RegisterEvent, "__init__", registered):
        unit = ROOT / "tests" / "unit"
        if pytest.main(["-q", "-p", "no:cacheprovider", f"--ignore={unit / 'test_corpus.py'}", str(unit)]):
            sys.exit("the unit tests fail: nothing is recorded")


def main() -> None:
    seen = Seen()
    for event in UNTOLD:
        seen.take(event)
    told_by_the_unit_tests(seen)
    lacking = {name: kind.schema_version for name, kind in kinds().items() if not place(name, kind.schema_version).exists()}
    if untold := sorted(lacking.keys() - seen.bodies.keys()):
        sys.exit(f"no unit test tells of {', '.join(untold)}")
    for name, version in sorted(lacking.items()):
        place(name, version).write_bytes(seen.bodies[name])
        with SUMS.open("a", encoding="ascii") as sums:
            sums.write(f"{hashlib.sha256(seen.bodies[name]).hexdigest()}  {place(name, version).name}\n")
    sys.stdout.write(f"{len(lacking)} added\n")


if __name__ == "__main__":
    main()

"""Stored events of every type and every version of its shape are read as events of today."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from domain.command import EVENTS, Event, Stamp
from domain.upcasting import STEPS, NoStep, lifted
from ledger.events import UnknownEventType, recorded
from ledger.sql import Row
from tests.corpus.record import HERE, SUMS, kinds, place

STORED = sorted(HERE.glob("*.json"))


def name_and_version(path: Path) -> tuple[str, int]:
    name, version = path.stem.rsplit(".v", 1)
    return name, int(version)


def within(said: Any, now: Any, lost: list[str], at: str = "") -> list[str]:
    """Places at which what was said once is not said now."""
    if isinstance(said, dict) and isinstance(now, dict):
        for key, value in said.items():
            within(value, now.get(key), lost, f"{at}/{key}")
    elif isinstance(said, list) and isinstance(now, list) and len(said) == len(now):
        for n, (one, other) in enumerate(zip(said, now, strict=True)):
            within(one, other, lost, f"{at}/{n}")
    elif said != now:
        lost.append(at)
    return lost


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_event_is_read_and_nothing_it_said_is_lost(path: Path) -> None:
    name, version = name_and_version(path)
    kind, body = kinds()[name], path.read_bytes()
    today = lifted(name, version, kind.schema_version, body)
    event = kind.model_validate_json(today)
    assert within(json.loads(today), event.model_dump(mode="json", exclude_none=True), []) == []


def test_the_corpus_has_every_type_at_every_version() -> None:
    wanted = {place(name, version) for name, kind in kinds().items() for version in range(1, kind.schema_version + 1)}
    assert wanted == set(STORED), "python -m tests.corpus.record adds what is missing; what is there is never taken away"


def test_nothing_in_the_corpus_was_edited() -> None:
    sums = dict(reversed(line.split("  ")) for line in SUMS.read_text(encoding="ascii").splitlines())
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in STORED} == sums


def test_every_earlier_version_has_the_steps_to_todays() -> None:
    wanted = {(name, version) for name, kind in kinds().items() for version in range(1, kind.schema_version)}
    assert wanted == set(STEPS)


class TestAnEventOfThreeVersions:
    """No type of the product has had a second version yet: the way is shown with one that is no event of the product."""

    STEPS: ClassVar[dict[tuple[str, int], Any]] = {
        ("parcel_sent", 1): lambda body: {**body, "grams": int(body["kilos"]) * 1000, "kilos": None},
        ("parcel_sent", 2): lambda body: {"to": body["to"], "weight": {"grams": body["grams"]}},
    }

    @pytest.mark.parametrize(
        ("version", "body"),
        [(1, {"to": "P", "kilos": "2"}), (2, {"to": "P", "grams": 2000, "kilos": None}), (3, {"to": "P", "weight": {"grams": 2000}})],
    )
    def test_each_is_lifted_step_by_step(self, version: int, body: dict[str, Any]) -> None:
        stored = json.dumps(body).encode()
        assert json.loads(lifted("parcel_sent", version, 3, stored, self.STEPS)) == {"to": "P", "weight": {"grams": 2000}}

    def test_todays_is_given_back_as_it_is_stored(self) -> None:
        assert lifted("parcel_sent", 3, 3, b'{"b":1, "a":2}', self.STEPS) == b'{"b":1, "a":2}'

    def test_a_version_that_nothing_lifts_is_told(self) -> None:
        with pytest.raises(NoStep, match="parcel_sent v2"):
            lifted("parcel_sent", 1, 3, b'{"to": "P", "kilos": "2"}', {("parcel_sent", 1): self.STEPS["parcel_sent", 1]})


def row(kind: str, version: int, body: bytes) -> Row:
    now = datetime(2026, 3, 10, tzinfo=UTC)
    return {
        "ledger": "case", "position": 7, "type": kind, "schema_version": version, "body": body, "version": 1, "decided_at": now,
        "effective_on": date(2026, 3, 10), "actor": "a", "role": "system", "office": "o", "command_id": "c", "on_behalf_of": None,
        "recorded_at": now, "correlation_id": "c", "causation": None, "digest": b"", "chain_hash": b"",
    }  # fmt: skip


class TestTheLedgersOwnReading:
    @pytest.fixture
    def kind(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Event]]:
        """A type at its second version, for as long as the test takes."""
        before = dict(EVENTS)

        class ParcelSent(Event):
            schema_version = 2
            grams: int

            def apply(self, case: Any, at: Stamp) -> Any:  # noqa: ARG002 -- as every event
                return case

        monkeypatch.setitem(STEPS, ("parcel_sent", 1), lambda body: {"grams": body["kilos"] * 1000})
        yield ParcelSent
        EVENTS.pop("parcel_sent")
        assert before == EVENTS

    def test_it_lifts_what_an_earlier_program_wrote(self, kind: type[Event]) -> None:
        assert recorded(row("parcel_sent", 1, b'{"kilos":2}')).event == kind.model_validate({"grams": 2000})
        assert recorded(row("parcel_sent", 2, b'{"grams":5}')).event == kind.model_validate({"grams": 5})

    def test_it_does_not_guess_at_what_a_later_one_wrote(self, kind: type[Event]) -> None:
        with pytest.raises(UnknownEventType, match="parcel_sent v3 at case 7"):
            recorded(row(kind.type, 3, b'{"grams":5}'))

"""Ears wake for what is theirs, and the place in an inbox survives the way to the browser and back."""

from datetime import UTC, datetime, timedelta

import pytest

from api.live import Live
from api.stream import Place
from ledger.live import MESSAGE_NOTICE

NOW = datetime(2026, 11, 25, 4, 0, 0, 123456, tzinfo=UTC)


def row(number: int, seconds: float = 0) -> dict[str, object]:
    return {"id": f"m{number}", "created_at": NOW + timedelta(seconds=seconds)}


def test_a_place_read_back_knows_what_was_told() -> None:
    place = Place(NOW)
    place.note("m1", NOW + timedelta(seconds=1))
    place.note("m2", NOW + timedelta(seconds=2))
    back = Place.read(str(place))
    assert back.upto == NOW + timedelta(seconds=2)
    assert back.fresh([row(1), row(2), row(3)]) == [row(3)]


def test_an_id_stays_short_however_many_came_at_once() -> None:
    place = Place(NOW)
    for number in range(500):
        place.note(f"m{number}", NOW + timedelta(milliseconds=number))
    assert len(str(place)) < 300
    assert Place.read(str(place)).fresh([row(499), row(3)]) == [row(3)]


def test_what_is_long_past_is_forgotten() -> None:
    place = Place(NOW)
    place.note("m1", NOW)
    place.note("m2", NOW + timedelta(minutes=1))
    assert len(place.told) == 1


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-25T04:00:00", "~~"])
def test_what_is_none_of_our_ids_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- whichever way it is wrong
        Place.read(text)


async def test_what_is_announced_while_nobody_waits_is_not_lost() -> None:
    live = Live()
    with live.ear("P-1", ["c1"]) as ear:
        live.heard(MESSAGE_NOTICE, "P-1")
        assert await ear.wait(0)
        assert not await ear.wait(0)
        live.heard(MESSAGE_NOTICE, "P-2")
        assert not await ear.wait(0)


async def test_closing_wakes_everybody() -> None:
    live = Live()
    with live.ear("P-1", ()) as one, live.ear("P-2", ()) as other:
        live.close()
        assert await one.wait(0)
        assert await other.wait(0)


def test_a_place_is_free_again_once_left() -> None:
    live = Live(most_each=1)
    with live.ear("P-1", ()):
        assert live.full("P-1")
    assert not live.full("P-1")

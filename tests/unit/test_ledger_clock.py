"""The ledger's time in a process whose host's clock may be wrong."""

from datetime import UTC, datetime, timedelta

from ledger.clock import LedgerClock

HOST = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Hands:
    """A host's clock and its count of seconds, moved by hand."""

    def __init__(self) -> None:
        self.wall, self.seconds = HOST, 100.0

    def clock(self) -> LedgerClock:
        return LedgerClock(lambda: self.wall, lambda: self.seconds)


def test_before_it_was_told_it_is_the_hosts_time() -> None:
    assert Hands().clock()() == HOST


def test_once_told_it_goes_on_by_counted_seconds_whatever_becomes_of_the_hosts_clock() -> None:
    hands = Hands()
    now = hands.clock()
    told = HOST - timedelta(hours=5)

    now.tell(told)
    hands.seconds += 90
    hands.wall += timedelta(days=3)

    assert now() == told + timedelta(seconds=90)


def test_a_ledger_that_is_put_right_is_followed_back_too() -> None:
    hands = Hands()
    now = hands.clock()

    now.tell(HOST)
    now.tell(HOST - timedelta(hours=1))

    assert now() == HOST - timedelta(hours=1)

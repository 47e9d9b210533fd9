"""Which integrity pledges are verified (抽查): a sample nobody can steer, and anybody with the ledger can draw again.

法律援助法 art. 41 lets an applicant vouch for hardship; the centre verifies a share of such pledges. Each is drawn by the chain hash its
assessment received when it was recorded: nobody knows that hash before, nor can anybody change it afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

_DOMAIN = b"yuanshou-spot-check-v1"
_ALL = 2**256


class Pledge(NamedTuple):
    """An assessment that rests on a pledge: its place in the ledger, its chain hash, its legal day."""

    position: int
    chain_hash: bytes
    on: date


def ticket(month: str, chain_hash: bytes) -> int:
    """The lot of a pledge in a month (`2026-11`): a number below 2**256. The month is of the day it was recorded."""
    return int.from_bytes(hashlib.sha256(_DOMAIN + month.encode("ascii") + chain_hash).digest())


def drawn(pledges: Iterable[Pledge], month: str, percent_on: Callable[[date], int]) -> frozenset[int]:
    """Positions of the pledges drawn: those whose lot lies within the share of their day, at least one where the share is not nought.

    A pledge drawn by its lot stays drawn whatever comes later in the month; only one taken because there was no other may give way.
    """
    lots = [(ticket(month, pledge.chain_hash), pledge, percent_on(pledge.on)) for pledge in pledges]
    found = frozenset(pledge.position for lot, pledge, percent in lots if lot * 100 < percent * _ALL)
    if found:
        return found
    least = min(((lot, pledge.position) for lot, pledge, percent in lots if percent), default=None)
    return frozenset() if least is None else frozenset({least[1]})

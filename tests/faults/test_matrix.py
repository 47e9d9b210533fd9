"""Every named point × every process that may die there: afterwards the case is whole and the key's answer is the same."""

import pytest

from tests.faults.checks import whole
from tests.faults.deeds import (
    Deed,
    Strike,
    accepting,
    being_notified,
    in_peace,
    noting,
    opening,
    reconciling,
    ringing,
    rolling_over,
    saving_a_sheet,
)  # fmt: skip
from tests.faults.harness import VICTIMS, System

DEEDS: tuple[tuple[str, Deed], ...] = (
    ("before_lock", accepting),
    ("after_lock", accepting),
    ("after_decide", accepting),
    ("after_append", accepting),
    ("before_commit", accepting),
    ("before_commit", opening),
    ("after_commit", accepting),
    ("after_commit", noting),
    ("after_append", saving_a_sheet),
    ("after_commit", saving_a_sheet),
    ("before_commit", being_notified),
    ("after_commit", being_notified),
    ("before_ack", noting),
    ("after_ack", accepting),
    ("timer_fired", ringing),
    ("continue_as_new_drained", rolling_over),
    ("reconciler_read", reconciling),
    ("signal_with_start", reconciling),
    ("notifier_sent", ringing),
)


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize(("point", "deed"), DEEDS, ids=[f"{point}-{deed.__name__}" for point, deed in DEEDS])
async def test_whatever_dies_wherever_the_case_is_whole(system: System, point: str, deed: Deed, victim: str) -> None:
    expected = await in_peace(system, deed)

    case_id = await deed(system, Strike(point, victim))

    await whole(system, case_id, expected)

"""Each protection taken out of a real process: the cell of the matrix that it carries fails, and says how.

`without.py` says what each name takes out. The cells stand in `test_matrix.py` too, where they pass with the protection in place.
"""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from tests.faults.checks import armed, gaps, whole
from tests.faults.deeds import Deed, Strike, accepting, in_peace, noting, reconciling, ringing, rolling_over_idle
from tests.faults.harness import Broken, System, Victim, running
from tests.faults.hook import WITHOUT

PATIENCE = 10.0
"""Seconds for what never comes without its protection; what does come is waited for as long as anywhere, on a busy machine too."""


class Case(NamedTuple):
    protection: str
    point: str
    victim: Victim
    deed: Deed
    says: str


CASES = (
    Case("retries", "before_lock", "postgres", accepting, "unanswered"),
    Case("retries", "after_lock", "postgres", accepting, "unanswered"),
    Case("transaction", "after_decide", "worker", accepting, "gap"),
    Case("transaction", "after_append", "worker", accepting, "another answer"),
    Case("numbers_apart", "before_commit", "worker", accepting, "gap"),
    Case("outcome_unread", "after_commit", "worker", noting, "doubled"),
    Case("outcome_apart", "after_commit", "worker", noting, "doubled"),
    Case("outcome_without_plan", "after_commit", "worker", accepting, "unarmed"),
    Case("key", "before_ack", "api", noting, "another answer"),
    Case("key", "after_ack", "api", accepting, "another answer"),
    Case("retries", "timer_fired", "postgres", ringing, "unarmed"),
    Case("alarms_at_start", "continue_as_new_drained", "worker", rolling_over_idle, "unarmed"),
    Case("pending_commands", "reconciler_read", "worker", reconciling, "lost"),
    Case("reconciliation", "reconciler_read", "temporal", reconciling, "lost"),
    Case("start_with_signal", "signal_with_start", "temporal", reconciling, "lost"),
    Case("message_ids", "notifier_sent", "worker", ringing, "doubled"),
)


@pytest.fixture(scope="module")
async def spoiled(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """A system of its own, since its ledger gets spoiled."""
    async with running(tmp_path_factory.mktemp("spoiled")) as started:
        yield started


@pytest.mark.parametrize("case", CASES, ids=[f"{c.protection}-{c.point}" for c in CASES])
async def test_without_its_protection_the_cell_fails(spoiled: System, case: Case) -> None:
    spoiled.gaps = await gaps(spoiled)
    expected = await in_peace(spoiled, case.deed)
    program = "api" if case.protection == "key" else "worker"
    spoiled.again(program, **{WITHOUT: case.protection})
    await spoiled.ready()
    patience = spoiled.patience
    try:
        with pytest.raises(Broken, match=f"^{case.says}"):
            await _carried_out(spoiled, case, expected)
    finally:
        spoiled.patience = patience
        spoiled.revive()
        spoiled.again(program)
        await spoiled.ready()


async def _carried_out(system: System, case: Case, expected: list[str]) -> None:
    """The deed with its fault, then what must hold; whatever never comes is waited for shortly."""
    patience = system.patience
    system.patience = PATIENCE if case.says == "unanswered" else patience
    done = await case.deed(system, Strike(case.point, case.victim))
    system.patience = PATIENCE if case.says in {"unarmed", "lost"} else patience
    await whole(system, done, expected)


async def test_without_rearming_a_lost_temporal_leaves_clocks_unarmed(spoiled: System) -> None:
    case_id = await accepting(spoiled, None)
    spoiled.again("worker", **{WITHOUT: "rearming"})
    await spoiled.ready()
    spoiled.kill("worker")

    await spoiled.forget()
    await spoiled.ready()

    patience, spoiled.patience = spoiled.patience, PATIENCE
    with pytest.raises(Broken, match=r"^unarmed"):
        await armed(spoiled, case_id)
    spoiled.patience = patience
    spoiled.again("worker")
    await spoiled.ready()

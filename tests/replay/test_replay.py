"""A change of the workflow must not break a case that is open: every stored history replays, and so does all that this session ran."""

import asyncio
import base64
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tests.replay.record import KEYS
from workers.app import sandbox
from workers.codec import data_converter
from workflows.case import CaseWorkflow

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def test_there_are_histories_of_every_kind() -> None:
    names = {path.stem.rpartition("-")[0] for path in HISTORIES}

    assert names >= {
        "archived", "refused_then_corrected", "deemed_withdrawn", "lawyer_replaced", "terminated", "found_ineligible",
        "urgent_then_granted", "rolled_over", "alarm",
    }  # fmt: skip


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_the_stored_history_replays(path: Path) -> None:
    history = await asyncio.to_thread(path.read_text, encoding="utf-8")
    keys = {name: base64.b64decode(key) for name, key in KEYS["keys"].items()}
    replayer = Replayer(workflows=[CaseWorkflow], data_converter=data_converter(keys, KEYS["current"]), workflow_runner=sandbox())

    await replayer.replay_workflow(WorkflowHistory.from_json(path.stem, history))

"""Systems for the fault tests. They do not share the other tests' engines: these are killed."""

from collections.abc import AsyncIterator

import pytest

from tests.faults import almanac
from tests.faults.harness import System


@pytest.fixture(scope="session")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """One system for the session; what a test kills it starts again."""
    running = System(tmp_path_factory.mktemp("faults"))
    try:
        await running.start()
        yield running
    finally:
        await running.stop()


@pytest.fixture(scope="session")
async def turned(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """A system whose ledger's clock tests turn (`almanac`); each goes on from where the last one left it."""
    running = System(tmp_path_factory.mktemp("turned"))
    try:
        await running.start(prepare=almanac.install)
        yield running
    finally:
        await running.stop()

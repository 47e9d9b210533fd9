"""Systems for the fault tests. They do not share the other tests' engines: these are killed."""

from collections.abc import AsyncIterator

import pytest

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

"""One whole system for all end-to-end tests of a session."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.system import System, start, stop


@pytest.fixture(scope="session")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """`yuanshou up` with the worked example; it must stop cleanly in the end."""
    running = await start(tmp_path_factory.mktemp("e2e") / "home")
    yield running
    assert await stop(running) == 0

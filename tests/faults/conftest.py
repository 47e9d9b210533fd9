"""Systems for the fault tests. They do not share the other tests' engines: these are killed."""

from collections.abc import AsyncIterator

import pytest

from tests.faults import almanac
from tests.faults.harness import System, running


@pytest.fixture(scope="session")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """One system for the session; what a test kills it starts again."""
    async with running(tmp_path_factory.mktemp("faults")) as started:
        yield started


@pytest.fixture(scope="session")
async def turned(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """A system whose ledger's clock tests turn (`almanac`); each goes on from where the last one left it."""
    async with running(tmp_path_factory.mktemp("turned"), prepare=almanac.install) as started:
        yield started

"""Pages and API over a house, on a port of their own: for what needs a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from api.app import create_app
from ledger import rules
from ops.process import free_port
from tests.integration.desks import Desks
from tests.poll import until
from web.app import with_pages
from web.in_process import InProcess
from workers.serve import Server


@asynccontextmanager
async def served(desks: Desks) -> AsyncIterator[str]:
    """The address; once left, the server is down within seconds, whoever still looks on."""
    port, api = free_port(), create_app(desks.services)
    config = uvicorn.Config(with_pages(api, InProcess(api), rules.current().policy), port=port, log_config=None)
    server = Server(config, desks.services.live)

    async def started() -> bool:
        return server.started

    running = asyncio.create_task(server.serve())
    await until(started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        async with asyncio.timeout(10):
            await running

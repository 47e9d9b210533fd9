"""The HTTP process: pages and API on one address, against one ledger and one Temporal."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from socket import socket
from typing import override

import psycopg
import structlog
import uvicorn
import uvloop
from fastapi import FastAPI
from psycopg_pool import PoolTimeout
from temporalio.client import Client
from temporalio.service import RPCError

from api import envelope
from api.app import create_app
from api.commands import Commands
from api.courier import Courier
from api.live import Live
from api.provider import Provider
from api.services import Services
from ledger import logs, rules
from ledger.clock import LedgerClock
from ledger.directory import DirectoryCache
from ledger.keys import KeyRing
from ledger.settings import Settings
from ledger.store import WORKER, Database
from web.app import with_pages
from web.clock import host_clock
from web.guide import FILE, LOOPBACK, Guidebook
from web.in_process import InProcess
from workers.measuring import keep_measuring
from workers.process import DATABASE_NAME, leave
from workers.shredlist import apply_shred_list
from workers.temporal import connect, runtime

_log = structlog.get_logger(__name__)
_PROBE = timedelta(seconds=2)


async def ready(database: Database, client: Client) -> Mapping[str, bool]:
    """Whether commands can be taken: each engine, and a worker connected to the ledger."""
    return {"database": await _database(database), "temporal": await _temporal(client), "worker": await _worker(database)}


async def _database(database: Database) -> bool:
    try:
        async with asyncio.timeout(_PROBE.total_seconds()), database.transaction(WORKER) as conn:
            await conn.execute("SELECT 1")
    except (psycopg.Error, PoolTimeout, TimeoutError):
        return False
    return True


async def _temporal(client: Client) -> bool:
    try:
        return await client.service_client.check_health(timeout=_PROBE)
    except (RPCError, RuntimeError):
        return False


async def _worker(database: Database) -> bool:
    """A worker is seen by its connection: Temporal goes on listing a dead one's polls for minutes."""
    try:
        async with asyncio.timeout(_PROBE.total_seconds()), database.transaction(WORKER) as conn:
            found = await conn.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = %s LIMIT 1", (DATABASE_NAME,))
            return await found.fetchone() is not None
    except (psycopg.Error, PoolTimeout, TimeoutError):
        return False


async def tell_of_the_wall(database: Database) -> None:
    """Say in the log where PostgreSQL keeps nothing from a session: one role does everything, or no policy holds it."""
    try:
        async with asyncio.timeout(_PROBE.total_seconds()), database.transaction("") as conn:
            row = await (await conn.execute("SELECT current_user = 'app' AND row_security_active('case_list') AS holds")).fetchone()
    except (psycopg.Error, PoolTimeout, TimeoutError) as fault:
        _log.warning("whether the wall of row-level security stands is not known", fault=type(fault).__name__)
        return
    if not (row and row["holds"]):
        _log.warning("there is no wall of row-level security: the policy of the API is the only one", mend="yuanshou doctor")


@asynccontextmanager
async def _ledgers_time(database: Database) -> AsyncGenerator[LedgerClock]:
    """A clock that follows the ledger's while it is open."""
    clock = LedgerClock(host_clock)  # the host's, as long as the database has never answered
    await clock.ask(database)
    keeping = asyncio.create_task(clock.keep(database))
    try:
        yield clock
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


@asynccontextmanager
async def _measured(database: Database) -> AsyncGenerator[None]:
    """Figures are kept while it is open."""
    keeping = asyncio.create_task(keep_measuring(database))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


@asynccontextmanager
async def services(settings: Settings) -> AsyncGenerator[Services]:
    """Everything the API stands on, opened; Temporal may still be away."""
    keys = KeyRing.open(settings.keys)
    client = await connect(settings, keys, using=runtime(), lazy=True)
    directory = DirectoryCache()
    async with (
        Database(settings.database_url, worker=settings.worker_url, size=12, name="yuanshou-api") as database,
        Courier(client, database, answer_from=settings.answer_from) as courier,
        Live().listening(settings.database_url) as live,
        _ledgers_time(database) as now,
        _measured(database),
    ):
        await apply_shred_list(database, settings.shred_list)
        await tell_of_the_wall(database)
        yield Services(
            database=database,
            directory=directory,
            rules=rules.current,
            keys=keys,
            commands=Commands(database, courier, keys, directory),
            now=now,
            ready=lambda: ready(database, client),
            second_factor=settings.second_factor,
            public_url=settings.public_url,
            home=settings.keys.parent,
            sealing=settings.sealing,
            live=live,
            provider=Provider(given.issuer, given.client_id, given.client_secret, given.redirect_uri) if (given := settings.oidc) else None,
        )


def app_of(given: Services, settings: Settings) -> FastAPI:
    """The API with the pages beside it."""
    api = create_app(given)
    guidebook = Guidebook(given.home / FILE, tells_passwords=settings.host in LOOPBACK) if settings.example and given.home else None
    return with_pages(api, InProcess(api), given.rules().policy, now=given.now, oidc=given.provider is not None, guidebook=guidebook)


class Server(uvicorn.Server):
    """Says good-bye to those who look on before it waits for its connections to close: their streams have no end of their own."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    @override
    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self._live.close()
        await super().shutdown(sockets)


async def _main() -> None:
    logs.configure("api")
    settings = Settings.from_environment()
    if settings.metrics_port:
        envelope.serve_metrics(settings.metrics_port)
    async with services(settings) as given:
        app = app_of(given, settings)
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
        server = Server(config, given.live)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, lambda: setattr(server, "should_exit", True))
        await server.serve()
        await app.state.recorder.drain()


def main() -> None:
    """Run the HTTP process to its end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main())
    leave()


if __name__ == "__main__":
    main()

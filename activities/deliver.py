"""The outbox, delivered: each message once a person, whatever restarts; and what leaves the house, channel by channel."""

from collections.abc import Iterable
from datetime import date

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from domain.directory import Directory
from domain.notices import Channel
from ledger import rules
from ledger.directory import DirectoryCache
from ledger.keys import Keys
from ledger.store import WORKER, Database, clock
from notify import digest
from notify.deliver import Desk, deliver_open
from notify.sending import Sender
from workflows import contract
from workflows.faultpoints import reach

_PAGE = 200


class Deliverer:
    """The activity that empties the outbox into people's inboxes, and those that send letters."""

    def __init__(self, database: Database, master: Keys, *, client: Client | None = None, sender: Sender | None = None) -> None:
        """With `client` the channels' own workflows are begun as soon as something is to leave the house; else by their schedules."""
        self._database, self._master, self._client, self._sender = database, master, client, sender
        self._directory = DirectoryCache()

    @activity.defn
    async def deliver(self) -> int:
        """Deliver everything that waits; how many messages left the outbox."""
        directory, today = await self._house()
        desk = Desk(directory, rules.current(), self._master, today)
        total = 0
        while done := await deliver_open(self._database, desk, _PAGE):
            total += done
            reach("notifier_sent")
        if total:
            await self._begin(contract.CHANNELS)
        return total

    @activity.defn
    async def digest(self) -> int:
        """Write the morning's digests; how many people have one."""
        directory, today = await self._house()
        told = await digest.write(self._database, Desk(directory, rules.current(), self._master, today))
        if told:
            await self._begin(["email"])
        return told

    @activity.defn
    async def send(self, channel: Channel) -> int:
        """Send everything of a channel that is due; how many letters were tried."""
        if self._sender is None:
            return 0
        directory, _ = await self._house()
        return await self._sender.send(channel, directory)

    async def _house(self) -> tuple[Directory, date]:
        """The directory, and the day it is by the ledger's clock."""
        async with self._database.transaction(WORKER) as conn:
            return await self._directory.read(conn), (await clock(conn)).astimezone(rules.current().zone).date()

    async def _begin(self, channels: Iterable[Channel]) -> None:
        for channel in channels if self._client else ():
            await self._client.start_workflow(  # pyright: ignore[reportOptionalMemberAccess] -- asked in the line above
                "send", channel, id=f"send/{channel}", task_queue=contract.DUTY_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )  # fmt: skip

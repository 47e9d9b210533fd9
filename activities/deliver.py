"""The outbox, delivered: each message once a person, whatever restarts."""

from temporalio import activity

from ledger import rules
from ledger.directory import DirectoryCache
from ledger.store import WORKER, Database
from notify.deliver import deliver_open
from workflows.faultpoints import reach

_PAGE = 200


class Deliverer:
    """The activity that empties the outbox into people's inboxes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._directory = DirectoryCache()

    @activity.defn
    async def deliver(self) -> int:
        """Deliver everything that waits; how many messages left the outbox."""
        async with self._database.transaction(WORKER) as conn:
            directory = await self._directory.read(conn)
        today = activity.info().started_time.astimezone(rules.current().zone).date()
        total = 0
        while done := await deliver_open(self._database, directory, today, _PAGE):
            total += done
            reach("notifier_sent")
        return total

"""`yuanshou seal`: a run of the sealing by hand, a new signing key, a lost memory taken up again."""

from dataclasses import dataclass
from typing import Any

from ledger.keys import KeyRing
from ledger.note import moment_text
from ledger.settings import Settings
from ledger.store import WORKER, Database, clock
from notify.sealing import Run, Sealing, open_signer
from workers.anchors import anchors_of


@dataclass(frozen=True)
class Asked:
    """`rotate`: sign with a new key from now on; `adopt`: take a checkpoint of our own keys for the signer's lost memory."""

    rotate: bool = False
    adopt: bool = False


async def seal(settings: Settings, asked: Asked) -> dict[str, Any]:
    """Seal now, also heads that have not moved; what came of it, as JSON. Raises `SealRefused` (`two_signers`), `KeyFault`."""
    keys = KeyRing.open(settings.keys)
    async with Database(settings.worker_url, size=2, name="yuanshou-seal") as database:
        if asked.rotate:
            await _rotate(settings, database)
        run = await Sealing(database, settings.keys, settings.sealing, anchors_of(settings, database, keys.master)).run(
            adopt=asked.adopt, at_once=True
        )
    return report(run)


async def _rotate(settings: Settings, database: Database) -> None:
    async with database.transaction(WORKER) as conn:
        now = await clock(conn)
    signer = open_signer(settings.keys, settings.sealing.signer, now)
    async with signer.held():
        signer.keys.rotated(now).save(settings.keys)


def report(run: Run) -> dict[str, Any]:
    """What a run did, ledger by ledger, and what it could not do."""
    return {
        "sealed": [
            {
                "ledger": ledger,
                "size": each.checkpoint.size,
                "root": each.checkpoint.root.hex(),
                "time": moment_text(each.checkpoint.time),
                "note": str(each.note),
            }
            for ledger, each in run.sealed.items()
        ],
        "refused": [{"ledger": ledger, "code": fault.code, **fault.told} for ledger, fault in run.refused.items()],
        "not_anchored": [{"anchor": place, "code": fault.code, **fault.told} for place, fault in run.missed.items()],
    }

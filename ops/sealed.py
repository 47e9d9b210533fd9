"""How the sealing stands, for `yuanshou doctor`: asked of the database and of the signer's folder, changing nothing."""

from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from ledger.anchored import AGES, Age
from ledger.events import LEDGERS
from ledger.note import Checkpoint, Note, NoteFault
from ledger.settings import SealingSettings


def outside(settings: SealingSettings) -> list[str]:
    """Kinds of anchors that were set up outside the installation: those that are counted on."""
    found = {"witness": settings.witness is not None, "email": bool(settings.anchor_emails), "directory": settings.anchors_outside}
    return [kind for kind, is_there in found.items() if is_there]


def ages(dsn: str, kinds: list[str]) -> list[Age]:
    with psycopg.connect(dsn, connect_timeout=3) as connection, connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(AGES.text, AGES.bind({"ledgers": list(LEDGERS), "kinds": kinds}))
        return [Age.of(row) for row in cursor.fetchall()]


def unremembered(dsn: str, folder: Path) -> list[str]:
    """Ledgers whose last checkpoint in the database is greater than what the signer remembers."""
    with psycopg.connect(dsn, connect_timeout=3) as connection:
        stored = connection.execute("SELECT ledger, max(size) FROM checkpoints GROUP BY ledger ORDER BY ledger").fetchall()
    return [f"{ledger} {size}" for ledger, size in stored if _remembered(folder / f"{ledger}.note") < size]


def _remembered(path: Path) -> int:
    try:
        return Checkpoint.parse(Note.parse(path.read_bytes()).text).size
    except (FileNotFoundError, NoteFault):
        return 0

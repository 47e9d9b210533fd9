"""Whether a home's key files are those that its database was written under."""

import json
from pathlib import Path

import psycopg

from ops.process import EngineError

_STRANGERS = "SELECT DISTINCT master_key FROM subject_keys WHERE wrapped IS NOT NULL AND master_key <> ALL(%s) ORDER BY master_key"


def missing_masters(dsn: str, keys: Path) -> list[str]:
    """Ids of the master keys that wrap somebody's key in the database and that the file `master` does not hold.

    Reads only: the first program that needs a key file and finds none makes one, with a key that opens nothing old.
    Raises `psycopg.Error` where the database is away or not migrated.
    """
    file = keys / "master"
    held = list(json.loads(file.read_text(encoding="ascii"))["keys"]) if file.exists() else []
    with psycopg.connect(dsn, connect_timeout=5) as connection:
        return [row[0] for row in connection.execute(_STRANGERS, [held])]


def check(dsn: str, keys: Path) -> None:
    """Raises `EngineError`, saying what to do, where personal data in the database could not be opened."""
    missing = missing_masters(dsn, keys)
    if missing:
        raise EngineError(
            f"{keys / 'master'} does not hold the key{'s' if len(missing) > 1 else ''} {', '.join(missing)} under which this database keeps"
            " personal data: put the key files of this database back before the next start"
        )

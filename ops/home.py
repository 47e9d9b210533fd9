"""Where one installation keeps its things: database, Temporal's file, keys, logs, and what is running now."""

import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
"""The checkout (or the folder the packages are installed in)."""


@dataclass(frozen=True)
class Home:
    """The folder `$YUANSHOU_HOME`; each method creates what it names with the modes that its contents ask for."""

    path: Path

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> "Home":
        """The home that `YUANSHOU_HOME` names, else `./var`."""
        return cls(Path(environment.get("YUANSHOU_HOME") or "var").absolute())

    @property
    def keys(self) -> Path:
        """Secrets, one a file: the folder 0700, its files 0600."""
        return self.path / "keys"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def temporal_file(self) -> Path:
        return self.path / "temporal.db"

    @property
    def run_file(self) -> Path:
        return self.path / "run.json"

    @property
    def lock_file(self) -> Path:
        return self.path / "supervisor.lock"

    @property
    def logins_file(self) -> Path:
        """The worked example's accounts, for who wants to look around."""
        return self.path / "demo-logins.json"

    def create(self) -> None:
        """Make the folders. An existing home keeps its mode, a new one is its user's alone; the keys' folder is closed in any case."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        self.keys.mkdir(mode=0o700, exist_ok=True)
        self.keys.chmod(0o700)

    def secret(self, name: str) -> str:
        """The secret kept as `keys/<name>`; made (256 bits, URL-safe) when it is not there yet, whole or not at all."""
        self.create()
        place = self.keys / name
        if not place.exists():
            file, draft = tempfile.mkstemp(dir=self.keys, prefix=f".{name}.")  # 0600
            with os.fdopen(file, "w", encoding="ascii") as stream:
                stream.write(secrets.token_urlsafe(32))
                stream.flush()
                os.fsync(stream.fileno())
            with suppress(FileExistsError):
                place.hardlink_to(draft)
            Path(draft).unlink()
        return place.read_text(encoding="ascii")

    def running(self) -> dict[str, Any]:
        """What `run.json` says: of the running supervisor, or of the last one; empty before the first start or where it cannot be read."""
        try:
            return dict(json.loads(self.run_file.read_text(encoding="utf-8")))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def write_running(self, run: dict[str, Any]) -> None:
        """Replace `run.json` in one step: a reader sees the old one or the new one."""
        self.create()
        file, name = tempfile.mkstemp(dir=self.path, prefix=".run.", suffix=".json")
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            json.dump(run, stream, indent=1)
        Path(name).replace(self.run_file)


def user_cache() -> Path:
    """What all homes of one user share, engines above all: `$XDG_CACHE_HOME/yuanshou`, else `~/.cache/yuanshou`."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or "")
    return (base if base.is_absolute() else Path.home() / ".cache") / "yuanshou"

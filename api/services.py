"""What the API stands on, put together once at the composition root (`workers/serve.py`) or by a test."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from api.commands import Commands
from api.live import Live
from api.prints import Prints
from api.provider import Provider
from domain.rules import Rules
from ledger.directory import DirectoryCache
from ledger.keys import KeyRing
from ledger.settings import SealingSettings
from ledger.store import Database


@dataclass(frozen=True, slots=True)
class Services:
    """`now` gives the present moment (aware); `ready` says of each engine whether it can be used.

    `second_factor`: whether approvers and administrators must enrol one; `provider` where people may sign in through one.
    """

    database: Database
    directory: DirectoryCache
    rules: Callable[[], Rules]
    keys: KeyRing
    commands: Commands
    now: Callable[[], datetime]
    ready: Callable[[], Awaitable[Mapping[str, bool]]]
    prints: Prints = field(default_factory=Prints)
    second_factor: Literal["required", "optional"] = "optional"
    provider: Provider | None = None
    public_url: str = "http://127.0.0.1:8000"
    """Where people open the pages."""
    home: Path = Path("var")
    """The folder with the keys, what was signed, and the last verification."""
    sealing: SealingSettings = field(default_factory=lambda: SealingSettings(Path("var/signer"), Path("var/anchors")))
    live: Live = field(default_factory=Live)
    """Those who look on; without a line to the ledger unless the composition root opened one."""

    @property
    def keys_folder(self) -> Path:
        return self.home / "keys"

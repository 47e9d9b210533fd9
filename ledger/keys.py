"""The key ring: five files of 256-bit keys outside the database, each with ids so that keys can be rotated.

`master` wraps the data keys of persons, `search` makes search tokens, `inbox` the HMAC of command bodies, `codec` encrypts what
travels through Temporal, `status` makes the codes of the public page. A file is `{"current": id, "keys": {id: base64}}`; new things are
made under `current`, old ones are read under the id that stands beside them.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from ledger.durable import place_file

_SIZE = 32


class KeyFault(Exception):  # noqa: N818 -- a fault of the key ring, told to the operator
    """A key file cannot be understood, or the ring does not hold the key asked for."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one purpose, 32 bytes each, by id. Never shown by `repr`."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    def key(self, key_id: str | None = None) -> bytes:
        """The key of that id, or the current one. Raises `KeyFault` when the ring does not hold it."""
        wanted = self.current if key_id is None else key_id
        if wanted not in self.keys:
            raise KeyFault(f"the key ring holds no key {wanted}")
        return self.keys[wanted]


@dataclass(frozen=True, slots=True)
class KeyRing:
    master: Keys
    search: Keys
    inbox: Keys
    codec: Keys
    status: Keys

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read the five files, making what is absent (0600, whole or not at all, whoever starts at the same time).

        Raises `KeyFault` for a file that is damaged; it is never replaced, since what it encrypted would be lost.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(*(_open(folder / name) for name in ("master", "search", "inbox", "codec", "status")))


def _open(path: Path) -> Keys:
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        _create(path)
        text = path.read_text(encoding="ascii")
    try:
        stored = json.loads(text)
        keys = {str(key_id): base64.b64decode(key, validate=True) for key_id, key in stored["keys"].items()}
        current = str(stored["current"])
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise KeyFault(f"{path.name} is no key file") from fault
    if current not in keys or any(len(key) != _SIZE for key in keys.values()):
        raise KeyFault(f"{path.name} needs keys of {_SIZE} bytes, the current one among them")
    return Keys(current, keys)


def _create(path: Path) -> None:
    """Write a file with one new key beside the place and link it in: of two processes the first wins, none reads half a file."""
    key_id = f"{path.name}-{secrets.token_hex(4)}"
    content = json.dumps({"current": key_id, "keys": {key_id: base64.b64encode(secrets.token_bytes(_SIZE)).decode()}})
    place_file(path, content)


def body_hmac(keys: Keys, canonical: bytes, key_id: str | None = None) -> bytes:
    """HMAC-SHA-256 of a command's canonical body, under the current key or that of an earlier row. Raises `KeyFault`."""
    return hmac.new(keys.key(key_id), canonical, hashlib.sha256).digest()

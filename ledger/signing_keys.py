"""The keys that sign checkpoints: one file outside the database, made once, and the public keys beside it for whoever verifies.

`checkpoint` is `{"installation": hex, "keys": [{"public": base64, "since": RFC 3339, "seed": base64}, …]}`, oldest first; the last one
signs. `checkpoint.vkeys` holds the same keys' public halves (`ledger.note.parse_vkeys`). After a rotation the key before signs beside the
new one for a while, so that whoever knows only that one can follow.
"""

import base64
import json
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import note
from ledger.durable import place_file, replace_file
from ledger.keys import KeyFault
from ledger.note import Dated, Note, Vkey

FILE = "checkpoint"
PUBLIC_FILE = "checkpoint.vkeys"
CROSS_SIGNED = timedelta(days=7)
"""How long the key before signs beside a new one, and at least a ledger's first checkpoint after the rotation."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key and from when it signs; without its private half once it is two rotations old. Never shown by `repr`."""

    public: bytes
    since: datetime
    private: Ed25519PrivateKey | None = field(default=None, repr=False)

    @classmethod
    def new(cls, now: datetime) -> Self:
        private = Ed25519PrivateKey.generate()
        return cls(private.public_key().public_bytes_raw(), now, private)


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """An installation's keys, oldest first; the last one is the current."""

    installation: str
    keys: tuple[SigningKey, ...]

    @property
    def name(self) -> str:
        """The name in signature lines."""
        return f"yuanshou/{self.installation}"

    def origin(self, ledger: str) -> str:
        return f"{self.name}/{ledger}"

    @property
    def public(self) -> list[Dated]:
        """The public keys, oldest first."""
        return [Dated(Vkey(self.name, key.public), key.since) for key in self.keys]

    @property
    def vkeys(self) -> list[Vkey]:
        return [key for key, _ in self.public]

    def sign(self, text: str, at: datetime, before: Note | None) -> Note:
        """The text signed by the current key, and by the one before as long as that is due. `before`: the ledger's last signed note."""
        current, *older = reversed(self.keys)
        signing = [current]
        known = before is None or Vkey(self.name, current.public) in before.signers(self.vkeys)
        signing += [key for key in older[:1] if key.private and (not known or at < current.since + CROSS_SIGNED)]
        return Note(text, tuple(note.sign(text, self.name, key.private) for key in signing if key.private))

    def rotated(self, now: datetime) -> "SigningKeys":
        """With a new current key; only the one before keeps its private half."""
        *older, last = self.keys
        return replace(self, keys=(*(replace(key, private=None) for key in older), last, SigningKey.new(now)))

    @classmethod
    def open(cls, folder: Path, now: datetime, *, signed_before: bool) -> Self:
        """Read the keys, making them where there are none (0600, whole or not at all, whoever starts at the same time).

        Raises `KeyFault` for a file that is damaged, and where it is absent though checkpoints were signed (`signed_before`, or public keys
        that lie there): another key would be another installation.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / FILE
        if not path.exists():
            if signed_before or (folder / PUBLIC_FILE).exists():
                raise KeyFault(f"{path.name} is missing though checkpoints were signed with it: put the file back from where keys are kept")
            place_file(path, _written(cls(secrets.token_hex(8), (SigningKey.new(now),))))
        found = cls._read(path)
        found.publish(folder)
        return found

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The keys, or None where there are none yet. Raises `KeyFault`."""
        try:
            return cls._read(folder / FILE)
        except FileNotFoundError:
            return None

    @classmethod
    def _read(cls, path: Path) -> Self:
        text = path.read_text(encoding="ascii")
        try:
            stored = json.loads(text)
            found = cls(str(stored["installation"]), tuple(_key(each) for each in stored["keys"]))
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise KeyFault(f"{path.name} is no file of signing keys") from fault
        if not found.keys or found.keys[-1].private is None or len(found.installation) != 16:
            raise KeyFault(f"{path.name} needs an installation's id and a key to sign with")
        return found

    def save(self, folder: Path) -> None:
        """Replace the files in one step each, the private one first."""
        replace_file(folder / FILE, _written(self))
        self.publish(folder)

    def publish(self, folder: Path) -> None:
        """Let the public file say what the private one does."""
        text = note.format_vkeys(self.public)
        path = folder / PUBLIC_FILE
        with suppress(FileNotFoundError):
            if path.read_text(encoding="utf-8") == text:
                return
        replace_file(path, text)


def public_keys(folder: Path) -> list[Dated]:
    """The public keys of an installation's folder of keys, oldest first; none where nothing was ever signed. Raises `NoteFault`."""
    try:
        return note.parse_vkeys((folder / PUBLIC_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []


def signed_by(found: Note, keys: Sequence[Vkey], origins: Iterable[str]) -> note.Checkpoint | None:
    """The note's checkpoint where one of the keys signed it and it is of one of the origins; else None."""
    try:
        if not found.signers(keys):
            return None
        checkpoint = note.Checkpoint.parse(found.text)
    except note.NoteFault:
        return None
    return checkpoint if checkpoint.origin in set(origins) else None


def _key(stored: dict[str, Any]) -> SigningKey:
    seed = stored.get("seed")
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed, validate=True)) if seed else None
    public = base64.b64decode(stored["public"], validate=True)
    if private is not None and private.public_key().public_bytes_raw() != public:
        raise ValueError("the two halves of a key do not belong together")
    return SigningKey(public, note.parse_moment(stored["since"]), private)


def _written(keys: SigningKeys) -> str:
    stored = [
        {"public": base64.b64encode(key.public).decode(), "since": note.moment_text(key.since)}
        | ({"seed": base64.b64encode(key.private.private_bytes_raw()).decode()} if key.private else {})
        for key in keys.keys
    ]
    return json.dumps({"installation": keys.installation, "keys": stored}, indent=1)

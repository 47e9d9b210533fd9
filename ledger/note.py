"""Signed notes, checkpoints and cosignatures of C2SP (signed-note, tlog-checkpoint, tlog-cosignature), as `docs/ledger.md` fixes them.

A note is a text and signature lines under it. A checkpoint is the note whose text names a ledger, its size and its root. Nothing here
knows where keys or notes are kept.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger import merkle
from ledger.chain import ALG

ED25519 = 0x01
"""Signature over the note's text."""
COSIGNATURE = 0x04
"""A witness's: over a moment and the note's text."""
_KEY = 32
_SIGNATURE = 64
_DASH = "— "
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_BYTES = 1_000_000
_MOST_SIGNATURES = 100
_FIRST_PRINTED = 0x20


class NoteFault(ValueError):  # noqa: N818 -- told to whoever sent the note
    """A note, a checkpoint or a key is not written as its format demands."""


def key_hash(name: str, alg: int, public: bytes) -> bytes:
    """The four bytes by which a signature line says which key made it."""
    return sha256(name.encode() + b"\n" + bytes([alg]) + public).digest()[:4]


@dataclass(frozen=True, slots=True)
class Vkey:
    """A public key as C2SP writes it: `<name>+<key hash>+<base64 of algorithm and key>`."""

    name: str
    public: bytes
    alg: int = ED25519

    def __post_init__(self) -> None:
        """Raises `NoteFault` for a name or a key that cannot be one."""
        if not _is_name(self.name):
            raise NoteFault("a key's name has no blanks and no +, and is not empty")
        if self.alg not in (ED25519, COSIGNATURE) or len(self.public) != _KEY:
            raise NoteFault("a key is an Ed25519 key of 32 bytes, for notes (1) or for cosignatures (4)")

    @property
    def hash(self) -> bytes:
        return key_hash(self.name, self.alg, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{base64.b64encode(bytes([self.alg]) + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `NoteFault`."""
        name, hashed, key = (*text.strip().split("+", 2), "", "")[:3]
        data = _base64(key, "the key")
        if not data:
            raise NoteFault("a key is written <name>+<hash>+<base64>")
        found = cls(name, data[1:], data[0])
        if found.hash.hex() != hashed:
            raise NoteFault(f"the key's hash is {found.hash.hex()}, not {hashed}")
        return found


class Dated(NamedTuple):
    """A public key, and from when it signs."""

    key: Vkey
    since: datetime


def parse_vkeys(text: str) -> list[Dated]:
    """The lines of a `checkpoint.vkeys`, oldest first: a vkey, a blank, and from when it signs (RFC 3339 UTC). Raises `NoteFault`."""
    found: list[Dated] = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            key, _, since = line.strip().partition(" ")
            found.append(Dated(Vkey.parse(key), parse_moment(since) if since else _EPOCH))
    return found


def format_vkeys(keys: Iterable[Dated]) -> str:
    return "".join(f"{key} {moment_text(since)}\n" for key, since in keys)


class Signature(NamedTuple):
    """A line under a note: who signed, by which key, and the signature's bytes (a cosignature's begin with eight of its moment)."""

    name: str
    key_hash: bytes
    data: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_hash + self.data).decode()}\n"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Raises `NoteFault`."""
        name, blank, data = line.removesuffix("\n").removeprefix(_DASH).partition(" ")
        blob = _base64(data, "a signature")
        if not line.startswith(_DASH) or not blank or not _is_name(name) or len(blob) <= 4:
            raise NoteFault("a signature line is a dash, a name and base64, with a blank between them")
        return cls(name, blob[:4], blob[4:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text (it ends with a line's end) and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...] = ()

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))

    @classmethod
    def parse(cls, note: str | bytes) -> Self:
        """Raises `NoteFault`."""
        try:
            whole = note.decode() if isinstance(note, bytes) else note
        except UnicodeDecodeError as fault:
            raise NoteFault("a note is UTF-8") from fault
        if len(whole) > _MOST_BYTES or any(ord(c) < _FIRST_PRINTED and c != "\n" for c in whole):
            raise NoteFault("a note has no control characters, and is no longer than a million")
        text, gap, below = whole.rpartition("\n\n")
        if not gap or not below.endswith("\n"):
            raise NoteFault("a note is a text, an empty line and lines of signatures")
        lines = below.removesuffix("\n").split("\n")  # not splitlines: it takes other characters for a line's end too
        if len(lines) > _MOST_SIGNATURES:
            raise NoteFault(f"a note has at most {_MOST_SIGNATURES} signatures")
        return cls(text + "\n", tuple(map(Signature.parse, lines)))

    def signed(self, *more: Signature) -> "Note":
        """The note with more signatures; one that it has is not added again."""
        return Note(self.text, (*self.signatures, *(s for s in more if s not in self.signatures)))

    def signers(self, keys: Iterable[Vkey]) -> list[Vkey]:
        """Those of the keys that signed. Raises `NoteFault` where a signature that claims to be of one of them is not: it was altered."""
        found: list[Vkey] = []
        for key in keys:
            lines = [s for s in self.signatures if (s.name, s.key_hash) == (key.name, key.hash)]
            for line in lines:
                if not verified(self.text, line, key):
                    raise NoteFault(f"the signature of {key.name} ({key.hash.hex()}) does not hold")
            if lines:
                found.append(key)
        return found


def sign(text: str, name: str, key: Ed25519PrivateKey) -> Signature:
    """The signature of a log over a note's text."""
    return Signature(name, key_hash(name, ED25519, key.public_key().public_bytes_raw()), key.sign(text.encode()))


def cosign(text: str, name: str, key: Ed25519PrivateKey, at: int) -> Signature:
    """The signature of a witness (cosignature/v1), at a moment in seconds since 1970."""
    hashed = key_hash(name, COSIGNATURE, key.public_key().public_bytes_raw())
    return Signature(name, hashed, at.to_bytes(8) + key.sign(_cosigned(text, at)))


def cosigned_at(signature: Signature) -> datetime:
    """When a witness says that it cosigned. Raises `NoteFault`."""
    if len(signature.data) != 8 + _SIGNATURE:
        raise NoteFault("a cosignature has eight bytes of its moment and 64 of signature")
    try:
        return datetime.fromtimestamp(int.from_bytes(signature.data[:8]), UTC)
    except (OverflowError, ValueError, OSError) as fault:
        raise NoteFault("a cosignature's moment is none") from fault


def verified(text: str, signature: Signature, key: Vkey) -> bool:
    """Whether the key made that signature of that text."""
    if (signature.name, signature.key_hash) != (key.name, key.hash):
        return False
    data, message = signature.data, text.encode()
    if key.alg == COSIGNATURE:
        if len(data) != 8 + _SIGNATURE:
            return False
        message, data = _cosigned(text, int.from_bytes(data[:8])), data[8:]
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(data, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A ledger's head: its origin (`yuanshou/<installation>/<ledger>`), how many events it has, and the root over them."""

    origin: str
    size: int
    root: bytes
    time: datetime
    """By the database's clock, UTC, to the microsecond."""
    alg: str = ALG

    @property
    def text(self) -> str:
        """The note's text, to be signed."""
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\nalg {self.alg}\ntime {moment_text(self.time)}\n"

    @property
    def ledger(self) -> str:
        return self.origin.rpartition("/")[2]

    @classmethod
    def parse(cls, text: str) -> Self:
        """A checkpoint of ours, which has both extension lines and no other. Raises `NoteFault`."""
        head = Head.parse(text)
        match head.extensions:
            case [alg, time] if alg.startswith("alg ") and time.startswith("time "):
                found = cls(head.origin, head.size, head.root, parse_moment(time.removeprefix("time ")), alg.removeprefix("alg "))
            case _:
                raise NoteFault("a checkpoint's extension lines are alg and time")
        if found.text != text:
            raise NoteFault("a checkpoint is written otherwise")
        return found


class Head(NamedTuple):
    """What any C2SP checkpoint says, whoever's it is."""

    origin: str
    size: int
    root: bytes
    extensions: Sequence[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `NoteFault`."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise NoteFault("a checkpoint has at least an origin, a size and a root, each on a line of its own")
        origin, size, root, *extensions = lines[:-1]
        if not (size.isascii() and size.isdecimal()) or str(int(size)) != size or int(size) >= 1 << 63:
            raise NoteFault("a checkpoint's size is a decimal number without leading zeros")
        hashed = _base64(root, "the root")
        if len(hashed) != merkle.HASH:
            raise NoteFault("a checkpoint's root has 32 bytes")
        return cls(origin, int(size), hashed, extensions)


def moment_text(moment: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_moment(text: str) -> datetime:
    """Raises `NoteFault`."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError as fault:
        raise NoteFault("a moment is written 2026-01-31T08:00:00.000000Z") from fault
    if moment_text(moment) != text:
        raise NoteFault("a moment is written with six digits of microseconds")
    return moment


def _base64(text: str, what: str) -> bytes:
    """Standard base64 with padding, and no other spelling of the same bytes. Raises `NoteFault`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise NoteFault(f"{what} is not base64") from fault
    if base64.b64encode(data).decode() != text:
        raise NoteFault(f"{what} is not base64")
    return data


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)

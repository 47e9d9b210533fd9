"""The one form of zip that a court bundle is written in (`docs/proof-format.md`, The archive): stored, dated alike, nothing between.

Sizes and checksums stand in front of what they sum up, so everything is known before the first byte is sent, the answer has a length, and
the same content gives the same bytes. Pure.
"""

import struct
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from zlib import crc32

LIMIT = 0xFFFF_FFFF
"""Bytes of an archive: a larger one needs structures that this form leaves out."""
_VERSION = 20
_MADE_BY = 3 << 8 | _VERSION
_DAY = 0x21
"""1980-01-01, the first that a zip can say."""
_MODE = 0o100644 << 16


class TooLarge(ValueError):  # noqa: N818 -- a plain word
    """The archive would be larger than its form can hold."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: its name (ASCII), its length, what sums it up, and where its bytes come from."""

    name: str
    size: int
    sha256: str
    crc: int
    pieces: Callable[[], AsyncIterator[bytes]]


def entry(name: str, data: bytes) -> Entry:
    """A file that is held as a whole."""

    async def pieces() -> AsyncIterator[bytes]:
        yield data

    return Entry(name, len(data), sha256(data).hexdigest(), crc32(data), pieces)


def length(entries: Sequence[Entry]) -> int:
    """Bytes of the archive. Raises `TooLarge`."""
    total = sum(30 + 46 + 2 * len(e.name) + e.size for e in entries) + 22
    if total > LIMIT:
        raise TooLarge(f"an archive of {total} bytes")
    return total


async def write(entries: Sequence[Entry]) -> AsyncIterator[bytes]:
    """The archive, piece by piece. Raises `ValueError` where an entry's bytes are not those that were summed up."""
    for each in entries:
        yield _local(each)
        crc, size = 0, 0
        async for piece in each.pieces():
            crc, size = crc32(piece, crc), size + len(piece)
            yield piece
        if (crc, size) != (each.crc, each.size):
            raise ValueError(f"{each.name} is no longer what it was")
    directory = b"".join(_directory(entries))
    yield directory
    start = sum(30 + len(e.name) + e.size for e in entries)
    yield struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), start, 0)


def _local(each: Entry) -> bytes:
    name = each.name.encode("ascii")
    return struct.pack("<4s5H3L2H", b"PK\3\4", _VERSION, 0, 0, 0, _DAY, each.crc, each.size, each.size, len(name), 0) + name


def _directory(entries: Sequence[Entry]) -> Iterator[bytes]:
    offset = 0
    for each in entries:
        name = each.name.encode("ascii")
        head = (_MADE_BY, _VERSION, 0, 0, 0, _DAY, each.crc, each.size, each.size, len(name), 0, 0, 0, 0, _MODE, offset)
        yield struct.pack("<4s6H3L5H2L", b"PK\1\2", *head) + name
        offset += 30 + len(name) + each.size

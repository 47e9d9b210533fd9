"""The Merkle tree of RFC 6962 and RFC 9162 over SHA-256: hashes, roots, and proofs made and checked (`docs/ledger.md`, Tree and tiles).

A leaf's input is an event's `chain_hash`; its index is the event's position less one. Nothing here reads a store: whoever makes a proof
asks for a plan, which names whole subtrees, fetches their hashes from tiles, and folds them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

HASH = 32
"""Bytes of a hash."""
HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes in a full tile (C2SP tlog-tiles)."""
EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""


@dataclass(frozen=True, slots=True)
class Node:
    """A whole subtree: the leaves `index << level` up to but not with `(index + 1) << level`."""

    level: int
    index: int


Plan = tuple[tuple[Node, ...], ...]
"""What a proof consists of: for each of its hashes the whole subtrees, from the left, that `fold` makes it of."""


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash over neighbouring whole subtrees of falling size, from the left; the empty tree's root for none."""
    if not hashes:
        return EMPTY_ROOT
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


def whole(hashes: Sequence[bytes]) -> bytes:
    """The root of a whole subtree from the hashes of one of its levels. Raises ValueError unless they are a power of two in number."""
    if not hashes or len(hashes) & (len(hashes) - 1):
        raise ValueError(f"{len(hashes)} hashes are no level of a whole subtree")
    level = list(hashes)
    while len(level) > 1:
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def subtrees(start: int, end: int) -> tuple[Node, ...]:
    """The whole subtrees that the leaves from `start` up to but not with `end` consist of, from the left.

    `start` is a multiple of the greatest power of two that fits into the range, as it is everywhere in RFC 9162.
    """
    found: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append(Node(level, start >> level))
        start += 1 << level
    return tuple(found)


def _split(size: int) -> int:
    """The greatest power of two smaller than `size`: how many leaves the left branch has."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_plan(index: int, size: int) -> Plan:
    """What proves that a leaf stands in the tree of that size (RFC 9162, 2.1.3.1). Raises ValueError where it cannot stand in it."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has none at {index}")
    found: list[tuple[Node, ...]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append(subtrees(middle, end))
            end = middle
        else:
            found.append(subtrees(start, middle))
            start = middle
    return tuple(reversed(found))


def consistency_plan(first: int, second: int) -> Plan:
    """What proves that the tree of `second` leaves begins with that of `first` (RFC 9162, 2.1.4.1). Empty where there is nothing to prove.

    Raises ValueError unless 0 ≤ first ≤ second.
    """
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {second} leaves cannot have grown from one of {first}")
    if first in (0, second):
        return ()
    found: list[tuple[Node, ...]] = []
    start, end, known = 0, second, True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            found.append(subtrees(middle, end))
            end = middle
        else:
            found.append(subtrees(start, middle))
            start, known = middle, False
    if not known:
        found.append(subtrees(start, end))
    return tuple(reversed(found))


def needed(plan: Plan) -> frozenset[Node]:
    return frozenset(node for part in plan for node in part)


def proof(plan: Plan, hashes: Mapping[Node, bytes]) -> list[bytes]:
    """The proof itself, once the hashes of `needed(plan)` are known. Raises KeyError for one that is not."""
    return [fold([hashes[node] for node in part]) for part in plan]


def included(leaf: bytes, index: int, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the leaf hash stands at that index in the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or any(len(part) != HASH for part in path):
        return False
    place, last, found = index, size - 1, leaf
    for part in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(part, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, part)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def consistent(first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the second tree begins with the first (RFC 9162, 2.1.4.2).

    An empty first tree needs no proof but its root; trees of one size are the same or they are not.
    """
    if not 0 <= first <= second or any(len(part) != HASH for part in path):
        return False
    if first == second:
        return not path and first_root == second_root and (first > 0 or first_root == EMPTY_ROOT)
    if first == 0:
        return not path and first_root == EMPTY_ROOT
    parts = list(path) if first & (first - 1) else [first_root, *path]
    if not parts:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = parts[0]
    for part in parts[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(part, old), node_hash(part, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, part)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


class Tile(NamedTuple):
    """A full tile: 256 neighbouring hashes of a level that is a multiple of eight."""

    level: int
    """In tiles: 0 holds leaf hashes, 1 the roots of tiles of level 0."""
    n: int
    hashes: bytes
    root: bytes

    def node(self, node: Node) -> bytes:
        """The hash of a whole subtree in this tile. Raises ValueError for one that is not."""
        return node_in(self.hashes, node, self.level, self.n)


def node_in(hashes: bytes, node: Node, level: int, n: int) -> bytes:
    """The hash of a whole subtree from the hashes of the tile (full or its beginning) of that level and number.

    Raises ValueError where the tile does not hold the subtree.
    """
    up = node.level - level * HEIGHT
    first = ((node.index << up) - n * WIDTH) * HASH if up >= 0 else -1
    end = first + (HASH << up) if up >= 0 else -1
    if not 0 <= up <= HEIGHT or first < 0 or end > len(hashes):
        raise ValueError(f"{node} does not stand in tile {level}/{n}")
    return whole(split(hashes[first:end]))


def split(hashes: bytes) -> list[bytes]:
    """A tile's bytes as hashes."""
    return [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]


class Frontier:
    """A tree that only grows, in constant memory: the whole subtrees of its right edge, and the tiles it fills on the way.

    To go on from a stored tree give its size and the hashes of `subtrees(0, size)`.
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count():
            raise ValueError(f"the edge of {size} leaves has {size.bit_count()} hashes, not {len(hashes)}")
        self.size = size
        self._edge = list(hashes)

    @property
    def edge(self) -> tuple[bytes, ...]:
        """The hashes of `subtrees(0, size)`."""
        return tuple(self._edge)

    def append(self, leaf: bytes) -> None:
        """Grow by one leaf hash."""
        edge, place = self._edge, self.size
        while place & 1:
            leaf = sha256(b"\x01" + edge.pop() + leaf).digest()
            place >>= 1
        edge.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        return fold(self._edge)


class Tiler:
    """Gathers leaf hashes into full tiles, level by level; to go on from a stored tree give its open tiles, lowest first."""

    def __init__(self, size: int = 0, open_tiles: Sequence[bytes] = ()) -> None:
        expected = open_widths(size)
        if [len(part) for part in open_tiles] != [width * HASH for width in expected]:
            raise ValueError(f"{size} leaves have open tiles of {expected} hashes")
        self.size = size
        self._open = [bytearray(part) for part in open_tiles]

    def add(self, leaf: bytes) -> Iterator[Tile]:
        """Grow by one leaf hash; the tiles that became full by it, lowest first."""
        self.size += 1
        level, found = 0, leaf
        while True:
            if level == len(self._open):
                self._open.append(bytearray())
            tile = self._open[level]
            tile += found
            if len(tile) < WIDTH * HASH:
                return
            found = whole(split(bytes(tile)))
            yield Tile(level, (self.size >> (HEIGHT * (level + 1))) - 1, bytes(tile), found)
            tile.clear()
            level += 1

    @property
    def open_tiles(self) -> tuple[bytes, ...]:
        """The beginnings of tiles that are not full yet, lowest first."""
        return tuple(bytes(part) for part in self._open)


def open_widths(size: int) -> list[int]:
    """How many hashes the open tile of each level has, from the lowest up to the highest level that has any."""
    widths: list[int] = []
    while size:
        widths.append(size % WIDTH)
        size //= WIDTH
    return widths

"""The tree over a piece of the ledger: its roots at the sizes that somebody signed, and its tiles against the stored ones.

A piece begins behind a multiple of 65,536 events and holds as many at most, so its tree hangs whole in the ledger's: a root of the ledger
is the fold of the edge before the piece and of the root found here.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256

from ledger.merkle import HASH, WIDTH, Frontier, Tile, fold, whole
from ledger.verify.said import Said, said

PIECE = WIDTH * WIDTH
"""Events of a full piece: a tile of level 1."""


class Trunk:
    """Takes the chain hashes of a piece, tile by tile.

    `sizes` are the sizes of the whole ledger at which a root is wanted, those in the piece; `stored` gives a stored tile's hashes and root
    by level and number, or None; `sealed` is the size up to which full tiles must be stored.
    """

    def __init__(self, first: int, sizes: Iterable[int], stored: Callable[[int, int], tuple[bytes, bytes] | None], sealed: int) -> None:
        self._first, self._stored, self._sealed = first, stored, sealed
        self._wanted = sorted(set(sizes), reverse=True)
        self._tiles = Frontier()
        self._roots_of_tiles: list[bytes] = []
        self._open: tuple[bytes, ...] = ()
        self.upto = first - 1
        """The last position that has its place in the tree."""
        self.roots: dict[int, bytes] = {}
        """By wanted size the fold of what of the tree lies in this piece."""
        self.changed: list[tuple[int, Said]] = []
        """Positions whose hash is not the one in a stored tile, or the last of a tile that is not there; and what is wrong."""

    @property
    def edge(self) -> tuple[bytes, ...]:
        """The hashes of the whole subtrees that the piece consists of, from the left."""
        return (*self._tiles.edge, *self._open)

    def tile(self, chains: list[bytes], upto: int) -> None:
        """Neighbouring chain hashes: a full tile, or the piece's last events."""
        leaves = [sha256(b"\x00" + chained).digest() for chained in chains]
        full = len(leaves) == WIDTH
        if full and not (self._wanted and self._wanted[-1] < upto):
            self._grow(whole(leaves))
        else:
            inner = Frontier()
            for size, leaf in enumerate(leaves, upto - len(leaves) + 1):
                inner.append(leaf)
                if self._wanted and self._wanted[-1] == size and not (full and size == upto):
                    self.roots[self._wanted.pop()] = fold([*self._tiles.edge, *inner.edge])
            if full:
                self._grow(inner.edge[0])
            else:
                self._open = inner.edge
        if full and self._wanted and self._wanted[-1] == upto:
            self.roots[self._wanted.pop()] = fold(self._tiles.edge)
        self.upto = upto
        if full:
            self._compare(Tile(0, upto // WIDTH - 1, b"".join(leaves), self._roots_of_tiles[-1]), upto)
        if len(self._roots_of_tiles) == WIDTH:
            self._compare(Tile(1, upto // PIECE - 1, b"".join(self._roots_of_tiles), self._tiles.edge[0]), upto)

    def _grow(self, root: bytes) -> None:
        self._tiles.append(root)
        self._roots_of_tiles.append(root)

    def _compare(self, own: Tile, upto: int) -> None:
        """Hold a full tile, the last event under which is `upto`, against the stored one."""
        held, name = self._stored(own.level, own.n), f"{own.level}/{own.n}"
        if held is None:
            if upto <= self._sealed:
                self.changed.append((upto, said("tile_missing", tile=name)))
            return
        hashes, root = held
        if hashes != own.hashes:
            width = WIDTH**own.level
            wrong = [at for at in range(WIDTH) if hashes[at * HASH : (at + 1) * HASH] != own.hashes[at * HASH : (at + 1) * HASH]]
            first = upto - WIDTH * width + 1
            self.changed.append((first + wrong[0] * width, said("tile_hashes", tile=name, count=len(wrong), first=wrong[0])))
        elif root != own.root:
            self.changed.append((upto, said("tile_root", tile=name)))

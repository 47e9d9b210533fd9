"""One inclusion proof for many leaves of one tree: the hashes that their paths share are in it once.

The paths are those of RFC 9162; level by level from the leaves up, and on each level from the left, the proof holds the hash of each
neighbour that follows from no leaf given. Where a level has an odd number of hashes the last one stands on the next level unchanged.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from ledger.merkle import Plan, node_hash, subtrees


def shared_plan(indices: Collection[int], size: int) -> Plan:
    """What proves that these leaves stand in the tree of that size; empty for no leaf. Raises ValueError for one that cannot."""
    if not all(0 <= index < size for index in indices):
        raise ValueError(f"a tree of {size} leaves has none beyond its end")
    found = [
        subtrees(index << level, min(index + 1 << level, size))
        for level, places in _levels(indices, size)
        for index in _missing(places, _width(size, level))
    ]
    return tuple(found)


def shared_root(leaves: Mapping[int, bytes], size: int, proof: Sequence[bytes]) -> bytes:
    """The root that follows from the leaf hashes, by index, and the proof. Raises ValueError where they do not fit the size."""
    if not leaves or not all(0 <= index < size for index in leaves):
        raise ValueError(f"a tree of {size} leaves has none of these")
    hashes, left = dict(leaves), iter(proof)
    for level, places in _levels(leaves, size):
        width = _width(size, level)
        for index in _missing(places, width):
            given = next(left, None)
            if given is None:
                raise ValueError("the proof is too short")
            hashes[index] = given
        hashes = {
            up: node_hash(hashes[2 * up], hashes[2 * up + 1]) if 2 * up + 1 < width else hashes[2 * up]
            for up in {place >> 1 for place in places}
        }
    if next(left, None) is not None:
        raise ValueError("the proof is too long")
    return hashes[0]


def _width(size: int, level: int) -> int:
    """How many hashes a level has."""
    return (size + (1 << level) - 1) >> level


def _levels(indices: Collection[int], size: int) -> Iterator[tuple[int, list[int]]]:
    """Each level below the root, with the places on it that follow from the leaves, from the left."""
    places, level = sorted(set(indices)), 0
    while places and _width(size, level) > 1:
        yield level, places
        places = sorted({place >> 1 for place in places})
        level += 1


def _missing(places: Sequence[int], width: int) -> Iterator[int]:
    """The neighbours of the places that follow from none of them, from the left."""
    known = set(places)
    for place in places:
        other = place ^ 1
        if other < width and other not in known:
            yield other

"""The tree against RFC 6962's reference trees, a naive one, and proofs that were tampered with."""

import base64
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.merkle import Frontier, Node, Tiler

LEAVES = [bytes.fromhex(x) for x in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
"""The reference inputs of the Certificate Transparency project."""
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
CONSISTENCY = {
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}


def hashed(count: int) -> list[bytes]:
    return [merkle.leaf_hash(data) for data in LEAVES[:count]]


def naive(hashes: list[bytes]) -> bytes:
    """The tree's hash as RFC 6962 defines it, word for word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01" + naive(hashes[:k]) + naive(hashes[k:])).digest()


def known(plan: merkle.Plan, hashes: list[bytes]) -> dict[Node, bytes]:
    return {node: naive(hashes[node.index << node.level : (node.index + 1) << node.level]) for node in merkle.needed(plan)}


def inclusion(index: int, hashes: list[bytes]) -> list[bytes]:
    plan = merkle.inclusion_plan(index, len(hashes))
    return merkle.proof(plan, known(plan, hashes))


def consistency(first: int, hashes: list[bytes]) -> list[bytes]:
    plan = merkle.consistency_plan(first, len(hashes))
    return merkle.proof(plan, known(plan, hashes))


def flipped(proof: list[bytes]) -> list[list[bytes]]:
    """The proof with one bit of one byte turned, for every byte in it."""
    return [
        [*proof[:i], part[:at] + bytes([part[at] ^ 1]) + part[at + 1 :], *proof[i + 1 :]]
        for i, part in enumerate(proof)
        for at in range(32)
    ]


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root() == merkle.EMPTY_ROOT


@pytest.mark.parametrize(("size", "root"), list(enumerate(ROOTS, start=1)))
def test_roots_are_those_of_the_reference(size: int, root: str) -> None:
    tree = Frontier()
    tree.extend(hashed(size))
    assert tree.root().hex() == root


@pytest.mark.parametrize(("place", "path"), INCLUSION.items())
def test_inclusion_proofs_are_those_of_the_reference(place: tuple[int, int], path: tuple[str, ...]) -> None:
    index, size = place
    assert [part.hex() for part in inclusion(index, hashed(size))] == list(path)


@pytest.mark.parametrize(("sizes", "path"), CONSISTENCY.items())
def test_consistency_proofs_are_those_of_the_reference(sizes: tuple[int, int], path: tuple[str, ...]) -> None:
    first, second = sizes
    assert [part.hex() for part in consistency(first, hashed(second))] == list(path)


@given(st.integers(1, 80), st.data())
def test_every_leaf_is_proven_under_any_size(size: int, data: st.DataObject) -> None:
    hashes = [merkle.leaf_hash(n.to_bytes(2)) for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path, root = inclusion(index, hashes), naive(hashes)
    assert merkle.included(hashes[index], index, size, root, path)
    assert len(path) <= 2 * size.bit_length()
    # Not at another place, not of another size, not another leaf, not with a hash too many or too few.
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index)) if size > 1 else 1
    assert not merkle.included(hashes[index], other, size, root, path)
    assert not merkle.included(merkle.leaf_hash(b"another"), index, size, root, path)
    assert not merkle.included(hashes[index], index, size, root, [*path, bytes(32)])
    assert not path or not merkle.included(hashes[index], index, size, root, path[:-1])
    assert not path or not merkle.included(hashes[index], index, size, root, [*path[:-1], path[-1][:31]])


@given(st.integers(0, 80), st.integers(0, 80))
def test_every_tree_is_proven_to_have_grown_from_each_smaller_one(a: int, b: int) -> None:
    first, second = sorted((a, b))
    hashes = [merkle.leaf_hash(n.to_bytes(2)) for n in range(second)]
    old, new, path = naive(hashes[:first]), naive(hashes), consistency(first, hashes)
    assert merkle.consistent(first, second, old, new, path)
    assert not merkle.consistent(first, second, old, new, [*path, bytes(32)])
    assert not path or not merkle.consistent(first, second, old, new, path[:-1])
    assert not merkle.consistent(second + 1, second, new, new, path)
    assert not merkle.consistent(first, second, bytes(32), new, path)
    if first:
        assert not merkle.consistent(first, second, old, bytes(32), path)


@pytest.mark.parametrize("size", [2, 3, 6, 7, 8])
def test_no_proof_survives_a_flipped_bit(size: int) -> None:
    hashes = hashed(size)
    root = naive(hashes)
    for index in range(size):
        assert not any(merkle.included(hashes[index], index, size, root, bad) for bad in flipped(inclusion(index, hashes)))
    for first in range(1, size):
        old = naive(hashes[:first])
        assert not any(merkle.consistent(first, size, old, root, bad) for bad in flipped(consistency(first, hashes)))


def test_a_proof_fits_sizes_of_its_shape_alone() -> None:
    """Within one shape the size is bound by the note that says size and root together, as RFC 9162 has it."""
    hashes = hashed(8)
    path = inclusion(2, hashes)
    assert [size for size in range(1, 20) if merkle.included(hashes[2], 2, size, naive(hashes), path)] == [5, 6, 7, 8]


def test_a_proof_of_growth_fits_sizes_of_its_shape_alone() -> None:
    hashes = hashed(8)
    path, old, new = consistency(3, hashes), naive(hashes[:3]), naive(hashes)
    assert [size for size in range(3, 70) if merkle.consistent(3, size, old, new, path)] == [5, 6, 7, 8]


def test_what_cannot_be_proven_has_no_plan() -> None:
    for index, size in ((3, 3), (-1, 3), (0, 0)):
        with pytest.raises(ValueError, match="leaves"):
            merkle.inclusion_plan(index, size)
    with pytest.raises(ValueError, match="grown"):
        merkle.consistency_plan(4, 3)


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_tree_that_goes_on_from_its_edge_is_the_same_tree(first: int, more: int) -> None:
    hashes = [merkle.leaf_hash(n.to_bytes(2)) for n in range(first + more)]
    whole, begun = Frontier(), Frontier()
    whole.extend(hashes)
    begun.extend(hashes[:first])
    resumed = Frontier(first, begun.edge)
    resumed.extend(hashes[first:])
    assert resumed.root() == whole.root() == naive(hashes)


def test_tiles_are_full_and_hold_every_subtree() -> None:
    hashes = [merkle.leaf_hash(n.to_bytes(4)) for n in range(256 * 257 + 5)]
    tiler = Tiler()
    tiles = {(tile.level, tile.n): tile for leaf in hashes for tile in tiler.add(leaf)}
    assert sorted(tiles) == [*((0, n) for n in range(257)), (1, 0)]
    assert all(len(tile.hashes) == 256 * 32 for tile in tiles.values())
    assert tiles[0, 3].root == naive(hashes[768:1024])
    assert tiles[1, 0].root == naive(hashes[: 256 * 256])
    assert tiles[1, 0].hashes[32:64] == tiles[0, 1].root
    assert tiles[0, 1].node(Node(3, 33)) == naive(hashes[264:272])
    assert tiles[1, 0].node(Node(10, 1)) == naive(hashes[1024:2048])
    assert [len(part) // 32 for part in tiler.open_tiles] == [5, 1, 1] == merkle.open_widths(len(hashes))
    for node in (Node(3, 0), Node(9, 0)):
        with pytest.raises(ValueError, match="does not stand in tile"):
            tiles[0, 1].node(node)


def test_tiles_go_on_where_they_were_left() -> None:
    hashes = [merkle.leaf_hash(n.to_bytes(4)) for n in range(256 * 3 + 100)]
    whole = Tiler()
    expected = [tile for leaf in hashes for tile in whole.add(leaf)]
    begun = Tiler()
    found = [tile for leaf in hashes[:600] for tile in begun.add(leaf)]
    resumed = Tiler(600, begun.open_tiles)
    found += [tile for leaf in hashes[600:] for tile in resumed.add(leaf)]
    assert found == expected
    assert resumed.open_tiles == whole.open_tiles


def test_an_edge_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="edge"):
        Frontier(3, [bytes(32)])
    with pytest.raises(ValueError, match="open tiles"):
        Tiler(3, [bytes(32)])
    with pytest.raises(ValueError, match="whole subtree"):
        merkle.whole([bytes(32)] * 3)


def test_a_proof_of_a_million_is_short() -> None:
    proof = merkle.inclusion_plan(123_456, 1_000_000)
    assert len(proof) * len(base64.b64encode(bytes(32)) + b'",') <= 1_500

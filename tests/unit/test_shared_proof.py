"""One proof for many leaves: the root of the whole tree follows from it, from the very leaves alone, and it is as short as may be."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.merkle import Node, Plan
from ledger.shared_proof import shared_plan, shared_root


def leaves(size: int) -> list[bytes]:
    return [merkle.leaf_hash(sha256(str(n).encode()).digest()) for n in range(size)]


def made(plan: Plan, tree: list[bytes]) -> list[bytes]:
    hashes = {node: merkle.whole(tree[node.index << node.level : node.index + 1 << node.level]) for node in merkle.needed(plan)}
    return merkle.proof(plan, hashes)


def root(tree: list[bytes]) -> bytes:
    return merkle.fold([merkle.whole(tree[n.index << n.level : n.index + 1 << n.level]) for n in merkle.subtrees(0, len(tree))])


SIZES = st.integers(min_value=1, max_value=300)


@given(SIZES.flatmap(lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), min_size=1, max_size=40))))
def test_the_root_follows_from_any_leaves_and_their_shared_proof(asked: tuple[int, set[int]]) -> None:
    size, chosen = asked
    tree = leaves(size)
    proof = made(shared_plan(chosen, size), tree)
    assert shared_root({n: tree[n] for n in chosen}, size, proof) == root(tree)
    assert len(proof) <= sum(len(merkle.inclusion_plan(n, size)) for n in chosen)


@given(SIZES.flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_for_one_leaf_it_is_the_path_of_the_standard(asked: tuple[int, int]) -> None:
    size, index = asked
    assert shared_plan([index], size) == merkle.inclusion_plan(index, size)


@given(st.integers(2, 64), st.data())
def test_another_leaf_or_another_hash_gives_another_root(size: int, data: st.DataObject) -> None:
    tree, index = leaves(size), data.draw(st.integers(0, size - 1))
    proof = made(shared_plan([index], size), tree)
    assert shared_root({index: tree[index - 1]}, size, proof) != root(tree)
    place = data.draw(st.integers(0, len(proof) - 1))
    altered = [*proof[:place], bytes([proof[place][0] ^ 1]) + proof[place][1:], *proof[place + 1 :]]
    assert shared_root({index: tree[index]}, size, altered) != root(tree)


def test_all_leaves_need_no_proof() -> None:
    assert shared_plan(range(5), 5) == ()
    assert shared_plan([0, 1], 3) == ((Node(0, 2),),)


def test_what_does_not_fit_the_tree_is_refused() -> None:
    tree = leaves(5)
    with pytest.raises(ValueError, match="beyond"):
        shared_plan([5], 5)
    with pytest.raises(ValueError, match="none of these"):
        shared_root({}, 5, [])
    with pytest.raises(ValueError, match="short"):
        shared_root({0: tree[0]}, 5, [])
    with pytest.raises(ValueError, match="long"):
        shared_root({0: tree[0]}, 1, [tree[1]])

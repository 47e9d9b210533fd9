"""The verifier's own Ed25519 against RFC 8032's vectors and a library, and what no signature is."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier import verify

VECTORS = [  # RFC 8032, 7.1: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]  # fmt: skip
KEY, MESSAGE, SIGNATURE = (bytes.fromhex(part) for part in VECTORS[2])


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_standard_pass(key: str, message: str, signature: str) -> None:
    assert verify.signed_by(bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature))


@settings(max_examples=20)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 63), st.integers(1, 255))
def test_a_librarys_signatures_pass_and_changed_ones_do_not(seed: bytes, message: bytes, at: int, by: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert verify.signed_by(public, message, signature)
    assert not verify.signed_by(public, message, signature[:at] + bytes([signature[at] ^ by]) + signature[at + 1 :])
    assert not verify.signed_by(public, message + b"x", signature)


@pytest.mark.parametrize("signature", [b"", SIGNATURE[:-1], SIGNATURE + b"\0", bytes(64)])
def test_what_has_another_length_is_no_signature(signature: bytes) -> None:
    assert not verify.signed_by(KEY, MESSAGE, signature)


def test_a_signature_has_one_form() -> None:
    """Its number may not be written with the group's order added to it: else one could be made into another without the key."""
    s = int.from_bytes(SIGNATURE[32:], "little") + verify.ORDER
    assert not verify.signed_by(KEY, MESSAGE, SIGNATURE[:32] + s.to_bytes(32, "little"))
    # S = ORDER is 0 in another form: with the neutral point for R and the neutral point for a key it would pass otherwise.
    neutral = (1).to_bytes(32, "little")
    assert not verify.signed_by(neutral, b"", neutral + verify.ORDER.to_bytes(32, "little"))
    assert verify.signed_by(neutral, b"", neutral + bytes(32))


def test_bytes_that_are_no_point_are_no_key() -> None:
    beyond = (2**255 - 19).to_bytes(32, "little")  # y = P, which is 0 in another form
    no_root = next(n.to_bytes(32, "little") for n in range(2, 50) if verify.point(n.to_bytes(32, "little")) is None)
    minus_zero = (1 | 1 << 255).to_bytes(32, "little")
    for key in (beyond, no_root, minus_zero, b"", KEY[:-1], KEY + b"\0"):
        assert not verify.signed_by(key, MESSAGE, SIGNATURE)
    assert verify.point(beyond) is None
    assert verify.point(minus_zero) is None


def test_points_have_the_sign_that_was_asked_for() -> None:
    for n in range(2, 40):
        for sign in (0, 1):
            found = verify.point((n | sign << 255).to_bytes(32, "little"))
            if found is not None:
                x, y, z, t = found
                assert (x & 1, y, z, t) == (sign, n, 1, x * y % verify.P)
                assert (y * y - x * x - 1 - verify.D * x * x * y * y) % verify.P == 0

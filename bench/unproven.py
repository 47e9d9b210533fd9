"""The product's HTTP process without what proves and protects: the peer of `bench.proofs`. Its arguments say what is taken out.

`access`: it records no reads. `encryption`: personal values are kept as they are; keys are still made, kept and looked up.
"""

import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.recorder import Recorder
from bench.unrecorded import unrecorded
from ledger import personal
from workers import serve

_PLAIN = b"as it is: "


class Plain:
    """In the place of the cipher: it leaves values as they are, and opens those of other processes as ever."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        del nonce, associated_data
        return _PLAIN + data

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        return data[len(_PLAIN) :] if data.startswith(_PLAIN) else self._cipher.decrypt(nonce, data, associated_data)


if __name__ == "__main__":
    if "access" in sys.argv:
        Recorder.record = unrecorded
    if "encryption" in sys.argv:
        vars(personal)["AESGCM"] = Plain
    serve.main()

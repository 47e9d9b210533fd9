"""The second wall: whatever travels through Temporal is encrypted, though nothing personal should.

AES-256-GCM under the `codec` key; the key's id stands in the payload's metadata, so keys can be rotated while cases are open.
"""

import os
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec

_ENCODING = b"binary/encrypted"
_NONCE = 12


class EncryptionCodec(PayloadCodec):
    """Encrypts every payload under the current key; reads those of earlier keys. `keys` maps ids to 32 bytes."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = current

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._open(payload) for payload in payloads]

    def _seal(self, payload: Payload) -> Payload:
        nonce = os.urandom(_NONCE)
        key_id = self._current.encode()
        box = nonce + self._ciphers[self._current].encrypt(nonce, payload.SerializeToString(), key_id)
        return Payload(metadata={"encoding": _ENCODING, "key-id": key_id}, data=box)

    def _open(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != _ENCODING:
            return payload
        key_id = payload.metadata["key-id"]
        cipher = self._ciphers.get(key_id.decode())
        if cipher is None:
            raise KeyError(f"the key ring holds no codec key {key_id.decode()}")
        inner = Payload()
        inner.ParseFromString(cipher.decrypt(payload.data[:_NONCE], payload.data[_NONCE:], key_id))
        return inner


def data_converter(keys: Mapping[str, bytes], current: str) -> DataConverter:
    """Pydantic's JSON, failures with their messages inside the encrypted part, and the codec over all of it."""
    return DataConverter(
        payload_converter_class=PydanticPayloadConverter,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
        payload_codec=EncryptionCodec(keys, current),
    )

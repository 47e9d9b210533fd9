"""The second wall around what travels through Temporal."""

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter

from workers.codec import EncryptionCodec, data_converter
from workflows.contract import CaseInput

KEYS = {"old": bytes(range(32)), "new": bytes(range(1, 33))}
PAYLOAD = Payload(metadata={"encoding": b"json/plain"}, data='"欧阳"'.encode())


async def test_what_was_encrypted_is_read_back_and_cannot_be_read_without_the_key() -> None:
    codec = EncryptionCodec(KEYS, "new")

    [sealed] = await codec.encode([PAYLOAD])

    assert b"json/plain" not in sealed.SerializeToString()
    assert "欧阳".encode() not in sealed.SerializeToString()
    assert await codec.decode([sealed]) == [PAYLOAD]


async def test_after_a_rotation_the_old_is_still_read_and_the_new_key_is_used() -> None:
    [before] = await EncryptionCodec(KEYS, "old").encode([PAYLOAD])
    rotated = EncryptionCodec(KEYS, "new")

    [after] = await rotated.encode([PAYLOAD])

    assert (before.metadata["key-id"], after.metadata["key-id"]) == (b"old", b"new")
    assert await rotated.decode([before, after]) == [PAYLOAD, PAYLOAD]


async def test_a_key_that_the_ring_does_not_hold_is_named() -> None:
    [sealed] = await EncryptionCodec(KEYS, "new").encode([PAYLOAD])

    with pytest.raises(KeyError, match="new"):
        await EncryptionCodec({"old": KEYS["old"]}, "old").decode([sealed])


async def test_a_changed_byte_does_not_open() -> None:
    codec = EncryptionCodec(KEYS, "new")
    [sealed] = await codec.encode([PAYLOAD])
    sealed.data = sealed.data[:-1] + bytes([sealed.data[-1] ^ 1])

    with pytest.raises(Exception, match=r"^$"):  # InvalidTag says nothing, on purpose
        await codec.decode([sealed])


async def test_the_message_of_a_failure_is_encrypted_too() -> None:
    converter: DataConverter = data_converter(KEYS, "new")
    failure = Failure()

    await converter.encode_failure(RuntimeError("the story of 欧阳"), failure)

    assert "欧阳".encode() not in failure.SerializeToString()
    decoded = await converter.decode_failure(failure)
    assert "欧阳" in str(decoded)


async def test_a_run_of_a_workflow_begins_with_what_was_sent() -> None:
    converter = data_converter(KEYS, "new")
    given = CaseInput("a case", 7)

    assert await converter.decode(await converter.encode([given]), [CaseInput]) == [given]

"""Signed notes and checkpoints as C2SP writes them, and what is none."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger import note
from ledger.merkle import EMPTY_ROOT
from ledger.note import COSIGNATURE, Checkpoint, Dated, Head, Note, NoteFault, Vkey

NAME = "yuanshou/9f86d081884c7d65"
AT = datetime(2026, 11, 24, 2, 0, 0, 42, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
VKEY = Vkey(NAME, KEY.public_key().public_bytes_raw())
WITNESS = Vkey("bureau.example/w1", OTHER.public_key().public_bytes_raw(), COSIGNATURE)
CHECKPOINT = Checkpoint(f"{NAME}/case", 20_852, bytes(range(32)), AT)
# The examples of the specifications, signature and key as they are printed there and in Go's package.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
BEHIND_THE_SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)


def signed() -> Note:
    return Note(CHECKPOINT.text).signed(
        note.sign(CHECKPOINT.text, NAME, KEY), note.cosign(CHECKPOINT.text, WITNESS.name, OTHER, 1_700_000_000)
    )


def test_a_note_signed_by_go_itself_is_verified() -> None:
    assert Note.parse(NEUMANN).signers([Vkey.parse(PETER)]) == [Vkey.parse(PETER)]
    assert str(Vkey.parse(PETER)) == PETER


def test_a_checkpoint_of_the_specification_is_read() -> None:
    found = Note.parse(BEHIND_THE_SOFA)
    head = Head.parse(found.text)
    assert (head.origin, head.size, len(head.root), list(head.extensions)) == ("example.com/behind-the-sofa", 20_852_163, 32, [])
    assert str(found) == BEHIND_THE_SOFA


def test_a_checkpoint_is_written_line_by_line() -> None:
    assert CHECKPOINT.text == (
        "yuanshou/9f86d081884c7d65/case\n20852\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
        "alg sha256-v1\ntime 2026-11-24T02:00:00.000042Z\n"
    )
    assert Checkpoint.parse(CHECKPOINT.text) == CHECKPOINT
    assert CHECKPOINT.ledger == "case"


def test_log_and_witness_both_sign_and_are_told_apart() -> None:
    found = Note.parse(str(signed()).encode())
    assert found == signed()
    assert found.signers([VKEY, WITNESS]) == [VKEY, WITNESS]
    assert found.signers([WITNESS]) == [WITNESS]
    assert found.signers([Vkey(NAME, OTHER.public_key().public_bytes_raw())]) == []
    assert note.cosigned_at(found.signatures[1]) == datetime.fromtimestamp(1_700_000_000, UTC)


def test_one_key_for_two_purposes_has_two_hashes() -> None:
    public = OTHER.public_key().public_bytes_raw()
    assert Vkey("a", public).hash != Vkey("a", public, COSIGNATURE).hash


@given(st.integers(0, len(str(signed()).encode()) - 1), st.integers(1, 255))
def test_no_byte_of_a_note_can_be_changed(at: int, by: int) -> None:
    whole = str(signed()).encode()
    altered = whole[:at] + bytes([whole[at] ^ by]) + whole[at + 1 :]
    try:
        found = Note.parse(altered)
        signers = found.signers([VKEY, WITNESS])
    except NoteFault:
        return
    # A change in one signature line leaves the other one standing over the same text; it never makes a signature of another text.
    assert found.text == CHECKPOINT.text
    assert len(signers) < 2


def test_an_altered_signature_of_a_known_key_spoils_the_note() -> None:
    text, _, below = str(signed()).rpartition("\n\n")
    forged = Note.parse(text.replace("20852", "20853") + "\n\n" + below)
    with pytest.raises(NoteFault, match="does not hold"):
        forged.signers([VKEY])


def test_a_cosignature_holds_for_its_own_moment_alone() -> None:
    (line,) = (s for s in signed().signatures if s.name == WITNESS.name)
    later = line._replace(data=(1_700_000_001).to_bytes(8) + line.data[8:])
    assert note.verified(CHECKPOINT.text, line, WITNESS)
    assert not note.verified(CHECKPOINT.text, later, WITNESS)
    assert not note.verified(CHECKPOINT.text, line._replace(data=line.data[:-1]), WITNESS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a text without signatures\n",
        "text\n\n",
        "text\n\n— a\n",
        "text\n\n- a AAAAAAA=\n",
        "text\n\n— a AAAA\n",
        "text\n\n— a+b AAAAAAA=\n",
        "text\n\n— a AAAAAAA\n",
        "text\n\n— a AAAAAAB=\n",
        "text\n\n— a AAAAAAA=",
        "text\twith a tab\n\n— a AAAAAAA=\n",
        "text\r\n\r\n— a AAAAAAA=\r\n",
        "text\n\n" + "— a AAAAAAA=\n" * 101,
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(NoteFault):
        Note.parse(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(NoteFault, match="UTF-8"):
        Note.parse(b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n")


def test_a_text_may_hold_empty_lines() -> None:
    assert Note.parse("a\n\nb\n\n— a AAAAAAA=\n").text == "a\n\nb\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("20852", "020852"),
        ("20852", "-1"),
        ("20852", "２０"),
        ("20852", str(2**63)),
        ("alg sha256-v1\n", ""),
        ("time ", "Time "),
        ("000042Z", "042Z"),
        ("000042Z", "000042+00:00"),
        ("HRwdHh8=", "HRwdHh9="),
        ("HB0eHx8=", ""),
        ("\ntime", "\nmore\ntime"),
        ("yuanshou/9f86d081884c7d65/case\n", "\n"),
    ],
)
def test_a_checkpoint_has_one_spelling(old: str, new: str) -> None:
    text = CHECKPOINT.text.replace(old, new)
    if text == CHECKPOINT.text:
        text = text.replace("Hh8=", "Hh9=")
    with pytest.raises(NoteFault):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a+b",
        "a+00000000+AAAA",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER[:-4],
        PETER.replace("Peter", "Peter "),
        PETER.replace("+AR", "+CR"),
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteFault):
        Vkey.parse(text)


def test_the_file_of_public_keys_says_since_when_each_signs() -> None:
    keys = [Dated(VKEY, AT), Dated(Vkey(NAME, OTHER.public_key().public_bytes_raw()), AT + timedelta(days=1))]
    text = note.format_vkeys(keys)
    assert text.splitlines()[0] == f"{VKEY} 2026-11-24T02:00:00.000042Z"
    assert note.parse_vkeys(text) == keys
    assert note.parse_vkeys(f"# ours\n\n{VKEY}\n")[0].key == VKEY


def test_an_empty_ledger_has_a_checkpoint_too() -> None:
    empty = Checkpoint(f"{NAME}/access", 0, EMPTY_ROOT, AT)
    assert Checkpoint.parse(empty.text) == empty
    assert base64.b64encode(EMPTY_ROOT).decode() in empty.text

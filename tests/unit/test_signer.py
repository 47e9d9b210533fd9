"""The signer signs what grew from its own memory, and nothing else; its keys outlive a rotation and are never made twice."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger import durable, merkle, signing_keys
from ledger.keys import KeyFault
from ledger.note import Checkpoint, Note, Vkey, parse_vkeys
from ledger.signer import SealRefused, Signer
from ledger.signing_keys import CROSS_SIGNED, SigningKeys
from tests.unit.test_merkle import consistency, naive

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
HASHES = [merkle.leaf_hash(n.to_bytes(2)) for n in range(40)]
OTHERS = [merkle.leaf_hash((n + 1).to_bytes(2)) for n in range(40)]


@pytest.fixture
def keys(tmp_path: Path) -> SigningKeys:
    return SigningKeys.open(tmp_path / "keys", NOW, signed_before=False)


@pytest.fixture
def signer(tmp_path: Path, keys: SigningKeys) -> Signer:
    (tmp_path / "signer").mkdir()
    return Signer(tmp_path / "signer", keys)


def head(signer: Signer, size: int, hashes: list[bytes] = HASHES, at: datetime = NOW) -> Checkpoint:
    return Checkpoint(signer.keys.origin("case"), size, naive(hashes[:size]), at)


def grown(signer: Signer, first: int, second: int, hashes: list[bytes] = HASHES) -> Note:
    return signer.sign(head(signer, second, hashes), consistency(first, hashes[:second]) if first else [])


class TestGrowth:
    def test_a_ledger_that_grew_is_signed_and_remembered(self, signer: Signer) -> None:
        grown(signer, 0, 7)
        signed = grown(signer, 7, 23)
        assert signed.signers(signer.keys.vkeys) == signer.keys.vkeys
        assert signer.remembered("case") == signed
        assert signer.remembered("access") is None

    def test_another_history_is_not_signed(self, signer: Signer) -> None:
        grown(signer, 0, 7)
        with pytest.raises(SealRefused) as refused:
            grown(signer, 7, 23, OTHERS)
        assert (refused.value.code, refused.value.told) == ("inconsistent", {"signed": 7, "ledger_end": 23})

    def test_no_size_is_signed_twice_with_two_roots(self, signer: Signer) -> None:
        first = grown(signer, 0, 7)
        with pytest.raises(SealRefused, match="inconsistent"):
            signer.sign(head(signer, 7, OTHERS), [])
        assert signer.remembered("case") == first

    def test_the_same_head_may_be_signed_again_later(self, signer: Signer) -> None:
        grown(signer, 0, 7)
        later = signer.sign(head(signer, 7, at=NOW + timedelta(hours=1)), [])
        assert Checkpoint.parse(later.text).root == head(signer, 7).root

    def test_a_shorter_ledger_is_not_signed(self, signer: Signer) -> None:
        grown(signer, 0, 23)
        with pytest.raises(SealRefused) as refused:
            signer.sign(head(signer, 7), [])
        assert (refused.value.code, refused.value.told) == ("memory_ahead", {"signed": 23, "ledger_end": 7})

    @pytest.mark.parametrize("spoil", [lambda p: p[:-1], lambda p: [*p, bytes(32)], lambda p: [bytes(32), *p[1:]], lambda _: []])
    def test_growth_must_be_proven(self, signer: Signer, spoil: object) -> None:
        grown(signer, 0, 7)
        with pytest.raises(SealRefused, match="inconsistent"):
            signer.sign(head(signer, 23), spoil(consistency(7, HASHES[:23])))  # type: ignore[operator]


class TestMemory:
    def test_it_is_on_the_disk_before_the_note_is_given_away(self, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        grown(signer, 0, 7)
        monkeypatch.setattr(durable.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            grown(signer, 7, 23)
        monkeypatch.undo()
        assert sorted(path.name for path in (tmp_path / "signer").iterdir()) == ["case.note"]
        assert Checkpoint.parse(grown(signer, 7, 9).text).size == 9

    @pytest.mark.parametrize("spoil", ["", "no note", "20853"])
    def test_one_that_somebody_wrote_is_none(self, signer: Signer, tmp_path: Path, spoil: str) -> None:
        signed = grown(signer, 0, 7)
        path = tmp_path / "signer" / "case.note"
        path.write_text(str(signed).replace("\n7\n", "\n6\n") if spoil == "20853" else spoil, encoding="utf-8")
        with pytest.raises(SealRefused, match="memory_damaged"):
            grown(signer, 7, 23)

    def test_one_of_another_installation_is_none(self, signer: Signer, tmp_path: Path) -> None:
        other = SigningKeys.open(tmp_path / "elsewhere", NOW, signed_before=False)
        text = Checkpoint(other.origin("case"), 3, naive(HASHES[:3]), NOW).text
        (tmp_path / "signer" / "case.note").write_text(str(other.sign(text, NOW, None)), encoding="utf-8")
        with pytest.raises(SealRefused, match="memory_damaged"):
            signer.remembered("case")

    def test_one_of_another_ledger_is_none(self, signer: Signer, tmp_path: Path) -> None:
        grown(signer, 0, 7)
        (tmp_path / "signer" / "case.note").rename(tmp_path / "signer" / "access.note")
        with pytest.raises(SealRefused, match="memory_damaged"):
            signer.remembered("access")

    def test_a_greater_checkpoint_of_ours_is_adopted_and_no_smaller_one(self, signer: Signer) -> None:
        small, great = grown(signer, 0, 7), grown(signer, 7, 23)
        with pytest.raises(SealRefused, match="memory_ahead"):
            signer.adopt(small, "case")
        assert signer.remembered("case") == great

    async def test_a_second_signer_waits_and_then_is_told(self, signer: Signer, tmp_path: Path) -> None:
        second = Signer(tmp_path / "signer", signer.keys)
        async with signer.held():
            with pytest.raises(SealRefused, match="two_signers"):
                async with second.held(patience=0.2):
                    pytest.fail("two signers at once")
        async with second.held(patience=0.2):
            pass


class TestKeys:
    def test_they_are_made_once_and_for_their_user_alone(self, tmp_path: Path) -> None:
        first = SigningKeys.open(tmp_path, NOW, signed_before=False)
        again = SigningKeys.open(tmp_path, NOW + timedelta(days=1), signed_before=True)
        assert again.vkeys == first.vkeys
        assert again.installation == first.installation
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
        assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint", "checkpoint.vkeys"]

    def test_what_lies_beside_says_the_public_halves(self, tmp_path: Path) -> None:
        keys = SigningKeys.open(tmp_path, NOW, signed_before=False)
        text = (tmp_path / "checkpoint.vkeys").read_text(encoding="utf-8")
        assert parse_vkeys(text) == keys.public
        assert json.loads((tmp_path / "checkpoint").read_text(encoding="ascii"))["keys"][0]["seed"] not in text
        assert "seed" not in repr(keys)
        assert "private" not in repr(keys)

    def test_a_key_that_is_gone_is_not_replaced_by_another(self, tmp_path: Path) -> None:
        SigningKeys.open(tmp_path, NOW, signed_before=False)
        (tmp_path / "checkpoint").unlink()
        with pytest.raises(KeyFault, match="missing though"):
            SigningKeys.open(tmp_path, NOW, signed_before=False)
        (tmp_path / "checkpoint.vkeys").unlink()
        with pytest.raises(KeyFault, match="missing though"):
            SigningKeys.open(tmp_path, NOW, signed_before=True)

    @pytest.mark.parametrize("text", ["", "{}", '{"installation": "ab", "keys": []}', '{"installation": "0011223344556677", "keys": [1]}'])
    def test_a_file_that_is_damaged_is_said_to_be(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "checkpoint").write_text(text, encoding="ascii")
        with pytest.raises(KeyFault, match="checkpoint"):
            SigningKeys.open(tmp_path, NOW, signed_before=False)

    def test_halves_of_two_keys_are_no_key(self, tmp_path: Path) -> None:
        SigningKeys.open(tmp_path / "a", NOW, signed_before=False)
        SigningKeys.open(tmp_path / "b", NOW, signed_before=False)
        stored = json.loads((tmp_path / "a" / "checkpoint").read_text(encoding="ascii"))
        stored["keys"][0]["public"] = json.loads((tmp_path / "b" / "checkpoint").read_text(encoding="ascii"))["keys"][0]["public"]
        (tmp_path / "a" / "checkpoint").write_text(json.dumps(stored), encoding="ascii")
        with pytest.raises(KeyFault, match="no file of signing keys"):
            SigningKeys.open(tmp_path / "a", NOW, signed_before=False)


class TestRotation:
    def test_both_keys_sign_for_a_while_then_the_new_one_alone(self, signer: Signer, tmp_path: Path) -> None:
        old = signer.keys.vkeys[0]
        grown(signer, 0, 7)
        signer.keys.rotated(NOW).save(tmp_path / "keys")
        rotated = SigningKeys.read(tmp_path / "keys")
        assert rotated is not None
        after = Signer(tmp_path / "signer", rotated)
        new = rotated.vkeys[1]

        crossed = grown(after, 7, 9)
        assert crossed.signers([old]) == [old]
        assert crossed.signers([new]) == [new]

        later = after.sign(head(after, 11, at=NOW + CROSS_SIGNED), consistency(9, HASHES[:11]))
        assert [later.signers([key]) for key in (old, new)] == [[], [new]]

    def test_the_first_checkpoint_after_it_is_signed_by_both_however_late(self, signer: Signer, tmp_path: Path) -> None:
        old = signer.keys.vkeys[0]
        grown(signer, 0, 7)
        after = Signer(tmp_path / "signer", signer.keys.rotated(NOW))
        crossed = after.sign(head(after, 9, at=NOW + timedelta(days=400)), consistency(7, HASHES[:9]))
        assert len(crossed.signers([old, after.keys.vkeys[1]])) == 2

    def test_only_the_key_before_keeps_its_private_half(self, keys: SigningKeys, tmp_path: Path) -> None:
        keys.rotated(NOW).rotated(NOW + timedelta(days=1)).save(tmp_path)
        stored = json.loads((tmp_path / "checkpoint").read_text(encoding="ascii"))["keys"]
        assert ["seed" in each for each in stored] == [False, True, True]
        assert len(parse_vkeys((tmp_path / "checkpoint.vkeys").read_text(encoding="utf-8"))) == 3

    def test_a_key_that_was_never_ours_signs_nothing_for_us(self, signer: Signer) -> None:
        stranger = SigningKeys(signer.keys.installation, (signing_keys.SigningKey.new(NOW),))
        forged = stranger.sign(head(signer, 7).text, NOW, None)
        assert signer.checkpoint_of(forged, "case") is None
        assert forged.signers([Vkey(signer.keys.name, signer.keys.keys[0].public)]) == []
        with pytest.raises(SealRefused, match="foreign_checkpoint"):
            signer.adopt(forged, "case")

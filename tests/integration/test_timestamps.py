"""Checkpoints stamped by an authority on this machine, judged by `openssl`, by `yuanshou verify`, and in a bundle."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger import stamps
from ledger.note import Checkpoint, Note
from ledger.settings import SettingsFault, TsaSettings
from ledger.verify.findings import Finding
from ledger.verify.stamped import stamped
from notify.anchor import Held
from notify.anchors.directory import Directory
from notify.anchors.timestamp import Timestamp
from notify.sealing import Run, Sealing
from tests.house import House
from tests.integration.desks import Desks
from tests.integration.test_court import verified
from tests.integration.tsa import Authority, authority, holds
from workers.anchors import anchors_of


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("tsa")) as made:
        yield made


async def sealed(house: House, tsa: Authority, root: Path, *, url: str = "") -> Run:
    """The cases' ledger sealed, stamped and put into the house's directory."""
    settings = house.settings.sealing
    stamp = Timestamp(url or tsa.url, stamps.roots_of(root), settings.anchors, outside=False)
    anchors = [stamp, Directory(settings.anchors, settings.anchors_outside)]
    return await Sealing(house.database, house.settings.keys, settings, anchors, ledgers=("case",)).run(adopt=True, at_once=True)


def found(folder: Path, root: Path | None) -> list[Finding]:
    return list(stamped(folder, "case", root))


async def test_a_stamp_holds_for_openssl_and_for_a_verification_and_one_that_was_altered_is_named(
    tsa: Authority, tmp_path: Path, house: House
) -> None:
    await house.submit()
    with authority(tmp_path / "other") as other:
        refused = await sealed(house, other, tsa.root)
        assert [fault.code for fault in refused.missed.values()] == ["tsa_not_believed"]
        note = refused.sealed["case"].note
        assert (house.settings.sealing.anchors / "case" / f"{Checkpoint.parse(note.text).size:020d}.note").is_file(), "the others are asked"
        stamp = Timestamp(tsa.url, stamps.roots_of(tsa.root), tmp_path, outside=False)

        async def no_growth(ledger: str, first: int, second: int) -> list[bytes]:
            raise AssertionError((ledger, first, second))

        await stamp.put([Held("case", note)], no_growth)
        (there,) = stamps.kept(tmp_path, "case")
        assert Note.parse(there.note.read_bytes()) == note
        assert holds(there.note, there.token, tsa.root)
        assert not holds(there.note, there.token, other.root)
        assert found(tmp_path, tsa.root) == []
        (unbelieved,) = found(tmp_path, other.root)
        assert (unbelieved.code, unbelieved.position) == ("stamp_bad", there.size)
    (unchecked,) = found(tmp_path, None)
    assert unchecked.code == "stamps_unchecked"
    there.note.write_bytes(there.note.read_bytes().replace(b"time 20", b"time 19"))
    assert [each.code for each in found(tmp_path, tsa.root)] == ["stamp_bad"]
    there.token.unlink()
    assert [each.code for each in found(tmp_path, tsa.root)] == ["stamp_bad"]


async def test_a_bundle_brings_the_answer_and_is_clean(tsa: Authority, tmp_path: Path, house: House) -> None:
    case_id = await house.accepted()
    assert not (await sealed(house, tsa, tsa.root)).missed
    desks = await Desks.open(house, home=house.settings.keys.parent, sealing=house.settings.sealing)
    auditor = await desks.signed_in("auditor")
    answer = await desks.ask(auditor, "GET", f"/cases/{case_id}/court-bundle", **{"X-Access-Reason": "a court asks"})
    assert answer.status_code == 200, answer.text
    status, said = verified(answer.content, tmp_path, "--key", str(house.settings.keys / "checkpoint.vkeys"))
    assert (status, said["findings"]) == (0, [])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        bundle.extractall(tmp_path)
        (token,) = [name for name in bundle.namelist() if name.startswith("timestamps/")]
        assert b"openssl ts -verify" in bundle.read("README.html")
    assert holds(tmp_path / "anchors" / f"{Path(token).stem}.note", tmp_path / token, tsa.root)


async def test_an_authority_that_is_away_holds_up_nothing_else(tsa: Authority, house: House) -> None:
    await house.submit()
    run = await sealed(house, tsa, tsa.root, url="http://localhost:9/")
    assert {name: fault.code for name, fault in run.missed.items()} == {"timestamp/localhost": "away"}
    assert "case" in run.sealed


async def test_the_environment_sets_it_up_and_says_what_is_missing(
    tsa: Authority, house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = replace(house.settings, sealing=replace(house.settings.sealing, tsa=TsaSettings(tsa.url, tsa.root)))
    assert "timestamp" in {anchor.kind for anchor in anchors_of(settings, house.database, house.keys.master)}
    away = replace(settings, sealing=replace(settings.sealing, tsa=TsaSettings(tsa.url, tmp_path / "none.pem")))
    with pytest.raises(SettingsFault, match="YUANSHOU_TSA_CERT_FILE"):
        anchors_of(away, house.database, house.keys.master)
    monkeypatch.setattr("ledger.stamps.available", lambda: False)
    with pytest.raises(SettingsFault, match="timestamps"):
        anchors_of(settings, house.database, house.keys.master)

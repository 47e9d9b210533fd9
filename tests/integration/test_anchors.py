"""Checkpoints outside the database: files, letters, a witness. And the sealing's whole run over them."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.seal import Sealer
from bench import ledgers
from ledger import merkle, tiles
from ledger.note import Checkpoint, Note, Vkey, cosigned_at, sign
from ledger.settings import SealingSettings
from ledger.signing_keys import SigningKeys, public_keys
from ledger.store import WORKER, Database
from notify.anchor import Anchor, AnchorFault, Growth, Held, Kind
from notify.anchors import directory
from notify.anchors.directory import Directory
from notify.anchors.mail import Mail, Reader
from notify.anchors.witness import Witness as WitnessAnchor
from notify.channels.email import Email
from notify.sealing import Run, Sealing
from notify.witness import Witness
from ops.engines import Engines
from ops.process import free_port
from tests.integration import judge
from tests.integration.own_database import OwnDatabase, own_database
from tests.integration.receivers import mail_server
from tests.unit.test_merkle import consistency, naive
from workers.temporal import runtime
from workflows import contract

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
HASHES = [merkle.leaf_hash(n.to_bytes(2)) for n in range(40)]


@pytest.fixture(scope="module")
def own(engines: Engines) -> Iterator[OwnDatabase]:
    with own_database(engines) as made:
        yield made


@pytest.fixture(scope="module")
async def database(own: OwnDatabase) -> AsyncIterator[Database]:
    async with Database(own.app, worker=own.worker, size=4, name="anchor-test") as opened:
        yield opened


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judge.build(tmp_path_factory.mktemp("c2sp"))


@dataclass
class Installation:
    """A home with its signer and two ledgers in the module's database."""

    own: OwnDatabase
    database: Database
    home: Path
    ledgers: tuple[str, str] = field(default_factory=lambda: (f"a{uuid4().hex[:10]}", f"b{uuid4().hex[:10]}"))

    def sealing(self, *anchors: Anchor) -> Sealing:
        settings = SealingSettings(self.home / "signer", self.home / "anchors")
        return Sealing(self.database, self.home / "keys", settings, anchors, ledgers=self.ledgers)

    def add(self, count: int) -> None:
        for ledger in self.ledgers:
            ledgers.fill(self.own.superuser, count, ledger=ledger)

    @property
    def folder(self) -> Path:
        return self.home / "anchors"

    def files(self, ledger: str) -> list[str]:
        return sorted(str(path.relative_to(self.folder / ledger)) for path in (self.folder / ledger).rglob("*.note"))

    async def rows(self) -> list[tuple[str, int, str]]:
        async with self.database.transaction(WORKER) as conn:
            rows = await (
                await conn.execute(
                    "SELECT ledger, size, kind FROM anchors WHERE ledger = ANY(%s) ORDER BY anchored_at", (list(self.ledgers),)
                )
            ).fetchall()
        return [(row["ledger"], row["size"], row["kind"]) for row in rows]


@pytest.fixture
def installation(own: OwnDatabase, database: Database, tmp_path: Path) -> Installation:
    return Installation(own, database, tmp_path)


async def no_growth(ledger: str, first: int, second: int) -> list[bytes]:
    raise AssertionError((ledger, first, second))


@dataclass
class Hanging:
    """A place that does not answer until it is let go."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    kind: Kind = "email"
    place: str = "a server that hangs"
    outside: bool = True
    each: bool = False
    every: timedelta = timedelta(0)

    async def put(self, notes: Sequence[Held], growth: Growth) -> Sequence[Held]:  # noqa: ARG002 -- it asks for no proof
        self.asked.set()
        await self.let_go.wait()
        return notes


async def test_a_place_that_hangs_holds_up_no_other_sealing(installation: Installation) -> None:
    installation.add(3)
    hanging = Hanging()
    first = asyncio.create_task(installation.sealing(hanging).run())
    await hanging.asked.wait()
    installation.add(4)
    run = await installation.sealing(Directory(installation.folder, outside=False)).run()
    assert {ledger: each.checkpoint.size for ledger, each in run.sealed.items()} == dict.fromkeys(installation.ledgers, 7)
    assert not first.done()
    hanging.let_go.set()
    assert not (await first).missed


class TestDirectory:
    async def test_each_checkpoint_has_a_file_that_holds_its_note(self, installation: Installation) -> None:
        sealing = installation.sealing(Directory(installation.folder, outside=False))
        installation.add(300)
        run = await sealing.run()
        installation.add(10)
        await sealing.run()
        for ledger in installation.ledgers:
            assert installation.files(ledger) == ["00000000000000000300.note", "00000000000000000310.note"]
            assert (installation.folder / ledger / "00000000000000000300.note").read_text("utf-8") == str(run.sealed[ledger].note)
        assert len(await installation.rows()) == 4
        await sealing.run()
        assert len(await installation.rows()) == 4

    async def test_what_was_stored_while_it_was_away_is_brought_later(self, installation: Installation) -> None:
        installation.add(30)
        await installation.sealing().run()
        installation.add(10)
        await installation.sealing().run()
        await installation.sealing(Directory(installation.folder, outside=False)).run()
        assert installation.files(installation.ledgers[0]) == ["00000000000000000030.note", "00000000000000000040.note"]

    async def test_a_head_signed_again_leaves_its_first_file_as_it_is(self, installation: Installation) -> None:
        sealing = installation.sealing(Directory(installation.folder, outside=False))
        installation.add(30)
        first = await sealing.run()
        again = await sealing.run(at_once=True)
        (ledger, _) = installation.ledgers
        name, later = installation.files(ledger)
        assert (installation.folder / ledger / name).read_text("utf-8") == str(first.sealed[ledger].note)
        assert later.startswith("again/00000000000000000030-")
        assert (installation.folder / ledger / later).read_text("utf-8") == str(again.sealed[ledger].note)
        assert Note.parse((installation.folder / ledger / name).read_bytes()) == directory.newest(installation.folder, ledger)

    async def test_another_history_at_the_same_size_is_an_alarm_and_not_overwritten(self, tmp_path: Path) -> None:
        keys = SigningKeys.open(tmp_path / "keys", NOW, signed_before=False)
        anchor = Directory(tmp_path / "anchors", outside=True)

        def note(root: bytes) -> Held:
            text = Checkpoint(keys.origin("case"), 7, root, NOW).text
            return Held("case", keys.sign(text, NOW, None))

        await anchor.put([note(bytes(32))], no_growth)
        with pytest.raises(AnchorFault) as caught:
            await anchor.put([note(b"\1" * 32)], no_growth)
        assert (caught.value.code, caught.value.told) == ("anchor_conflict", {"ledger": "case", "size": 7})
        path = directory.path_of(tmp_path / "anchors", "case", 7)
        assert path.read_text("utf-8") == str(note(bytes(32)).note)
        path.write_text("scribbled over", encoding="utf-8")
        with pytest.raises(AnchorFault, match="anchor_conflict"):
            await anchor.put([note(bytes(32))], no_growth)

    async def test_a_full_disk_leaves_nothing_half_written_and_the_next_run_brings_it(
        self, installation: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        installation.add(30)
        anchor = Directory(installation.folder, outside=True)
        sealing = installation.sealing(anchor)
        fsync = os.fsync
        calls = 0

        def full(at: int) -> None:
            nonlocal calls
            calls += 1
            if "anchors" in Path(f"/proc/self/fd/{at}").readlink().as_posix():
                raise OSError(28, "No space left on device")
            fsync(at)

        monkeypatch.setattr("ledger.durable.os.fsync", full)
        run = await sealing.run()
        monkeypatch.undo()
        assert calls
        assert {place: fault.code for place, fault in run.missed.items()} == {"directory/named": "full"}
        assert await installation.rows() == []
        assert not [path for path in installation.folder.rglob("*") if path.is_file()]
        assert (await sealing.run()).missed == {}
        assert len(await installation.rows()) == 2

    def test_the_newest_file_is_found_among_what_is_none(self, tmp_path: Path) -> None:
        keys = SigningKeys.open(tmp_path / "keys", NOW, signed_before=False)
        folder = tmp_path / "anchors" / "case"
        folder.mkdir(parents=True)
        for size in (7, 900):
            note = keys.sign(Checkpoint(keys.origin("case"), size, bytes(32), NOW).text, NOW, None)
            directory.path_of(tmp_path / "anchors", "case", size).write_text(str(note), encoding="utf-8")
        (folder / f"{901:020d}.note").write_text("no note", encoding="utf-8")
        (folder / "readme.note").write_text("no note", encoding="utf-8")
        found = directory.newest(tmp_path / "anchors", "case")
        assert found is not None
        assert Checkpoint.parse(found.text).size == 900
        assert directory.newest(tmp_path / "anchors", "access") is None

    async def test_what_was_put_there_and_not_recorded_is_recorded_by_the_next_run(self, installation: Installation) -> None:
        def dies(point: str) -> None:
            if point == "seal_anchored":
                raise ZeroDivisionError

        installation.add(30)
        sealing = installation.sealing(Directory(installation.folder, outside=False))
        sealing.point = dies
        with pytest.raises(ZeroDivisionError):
            await sealing.run()
        assert await installation.rows() == []
        run = await installation.sealing(Directory(installation.folder, outside=False)).run()
        assert run.missed == {}
        assert installation.files(installation.ledgers[0]) == ["00000000000000000030.note"]
        assert len(await installation.rows()) == 2


class TestMail:
    async def test_readers_get_the_newest_checkpoints_once_a_day(self, installation: Installation) -> None:
        async def readers() -> Sequence[Reader]:
            return [Reader("auditor@court.example", "en"), Reader("shenji@bureau.example", "zh-CN")]

        installation.add(30)
        async with mail_server() as box:
            sealing = installation.sealing(Mail(Email(f"smtp://127.0.0.1:{box.port}", "aid@office.example"), readers, outside=True))
            run = await sealing.run()
            installation.add(5)
            await sealing.run()
            assert sorted(to for (to, *_), _ in box.letters) == ["auditor@court.example", "shenji@bureau.example"]
            letters = {to: letter for (to, *_), letter in box.letters}
        assert run.missed == {}
        part = next(p for p in letters["auditor@court.example"].walk() if p.get_content_type() == "text/plain")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        text = content.decode().replace("\r\n", "\n")
        assert all(str(each.note) in text for each in run.sealed.values())
        assert [(size, kind) for _, size, kind in await installation.rows()] == [(30, "email"), (30, "email")]

    async def test_a_server_that_is_down_is_tried_again_by_the_next_run(self, installation: Installation) -> None:
        async def readers() -> Sequence[Reader]:
            return [Reader("auditor@court.example", "en")]

        installation.add(30)
        async with mail_server() as box:
            box.answer = "451 later"
            sealing = installation.sealing(Mail(Email(f"smtp://127.0.0.1:{box.port}", "aid@office.example"), readers, outside=True))
            assert {place: fault.code for place, fault in (await sealing.run()).missed.items()} == {"email/auditors": "smtp_451"}
            assert await installation.rows() == []
            box.answer = "250 OK"
            assert (await sealing.run()).missed == {}
            assert len(box.letters) == 1

    async def test_without_a_reader_nothing_is_put_down(self, installation: Installation) -> None:
        async def readers() -> Sequence[Reader]:
            return []

        installation.add(30)
        run = await installation.sealing(Mail(Email("smtp://127.0.0.1:9", "aid@office.example"), readers, outside=False)).run()
        assert run.missed == {}
        assert await installation.rows() == []


@dataclass
class Office:
    """Another office's witness over a log with known leaves."""

    folder: Path
    keys: SigningKeys
    now: int = 1_700_000_000
    watched: list[Vkey] = field(default_factory=list[Vkey])

    @property
    def witness(self) -> Witness:
        key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        self.folder.mkdir(exist_ok=True)
        return Witness(self.folder, "bureau.example/w1", key, self.watched or self.keys.vkeys, lambda: self.now)

    def note(self, size: int, root: bytes | None = None, origin: str | None = None) -> Note:
        checkpoint = Checkpoint(origin or self.keys.origin("case"), size, root or naive(HASHES[:size]), NOW)
        return self.keys.sign(checkpoint.text, NOW, None)

    async def ask(self, old: int, size: int, proof: list[bytes] | None = None, note: Note | None = None) -> tuple[int, str]:
        path = consistency(old, HASHES[:size]) if proof is None else proof
        lines = "".join(f"{base64.b64encode(part).decode()}\n" for part in path)
        answer = await self.witness.add(f"old {old}\n{lines}\n{note or self.note(size)}".encode())
        return answer.status, answer.body


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "witness", SigningKeys.open(tmp_path / "keys", NOW, signed_before=False))


class TestWitness:
    async def test_a_log_that_grows_is_cosigned(self, office: Office) -> None:
        status, line = await office.ask(0, 7)
        assert status == 200
        note = Note.parse(f"{office.note(7).text}\n{line}")
        assert note.signers([office.witness.vkey]) == [office.witness.vkey]
        assert cosigned_at(note.signatures[0]) == datetime.fromtimestamp(office.now, UTC)
        assert (await office.ask(7, 23))[0] == 200
        office.now += 60
        assert (await office.ask(23, 23))[0] == 200  # the same head once more: a fresh moment

    async def test_what_it_cosigned_outlives_a_restart(self, office: Office) -> None:
        await office.ask(0, 7)
        assert await office.ask(0, 23) == (409, "7\n")
        assert await office.ask(5, 23) == (409, "7\n")

    async def test_two_histories_at_one_size_are_not_both_cosigned(self, office: Office) -> None:
        await office.ask(0, 7)
        assert await office.ask(7, 7, [], office.note(7, bytes(32))) == (409, "7\n")
        assert (await office.ask(7, 7))[0] == 200

    async def test_growth_that_is_not_proven_is_refused(self, office: Office) -> None:
        await office.ask(0, 7)
        assert (await office.ask(7, 23, consistency(7, HASHES[:23])[:-1]))[0] == 422
        assert (await office.ask(7, 23, note=office.note(23, bytes(32))))[0] == 422
        assert await office.ask(0, 23) == (409, "7\n")

    @pytest.mark.parametrize(("origin", "status"), [("yuanshou/0011223344556677/case", 404), ("elsewhere.example/case", 404), ("", 400)])
    async def test_only_logs_that_it_knows_are_watched(self, office: Office, origin: str, status: int) -> None:
        text = office.note(7).text.replace(office.keys.origin("case"), origin)
        note = office.keys.sign(text, NOW, None)
        assert (await office.ask(0, 7, note=note))[0] == status

    async def test_a_signature_of_somebody_else_is_forbidden(self, office: Office) -> None:
        stranger = Ed25519PrivateKey.generate()
        text = office.note(7).text
        forged = Note(text, (sign(text, office.keys.name, stranger),))
        assert (await office.ask(0, 7, note=forged))[0] == 403
        claimed = Note(text, (office.note(7).signatures[0]._replace(data=bytes(64)),))
        assert (await office.ask(0, 7, note=claimed))[0] == 403

    async def test_a_rotated_key_is_followed_by_its_cross_signature(self, office: Office) -> None:
        office.watched = office.keys.vkeys
        await office.ask(0, 7)
        office.keys = office.keys.rotated(NOW)
        alone = office.keys.sign(office.note(9).text, NOW + timedelta(days=8), None)
        assert (await office.ask(7, 9, note=alone))[0] == 403
        crossed = office.keys.sign(office.note(9).text, NOW + timedelta(days=1), office.note(7))
        assert len(crossed.signatures) == 2
        assert (await office.ask(7, 9, note=crossed))[0] == 200

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"old 0\n",
            b"old -1\n\nx",
            b"old 00\n\nx",
            b"old 0\n!!\n\nx",
            b"new 0\n\nx",
            b"old 0\n" + b"AAAA\n" * 64 + b"\nx",
            b"old 0\n\nx",
        ],
    )
    async def test_what_is_no_request_is_told_so(self, office: Office, body: bytes) -> None:
        assert (await office.witness.add(body)).status == 400

    async def test_an_old_size_beyond_the_checkpoint_is_told_so(self, office: Office) -> None:
        assert (await office.ask(9, 7, []))[0] == 400

    async def test_the_sealing_takes_its_cosignature_into_the_file(self, installation: Installation, program: Path) -> None:
        installation.add(30)
        await installation.sealing().run()
        keys = [each.key for each in public_keys(installation.home / "keys")]
        office = Office(installation.home / "witness", SigningKeys(keys[0].name, ()), watched=keys)
        anchor = WitnessAnchor("http://witness", office.witness.vkey, httpx.ASGITransport(office.witness.app()))
        sealing = installation.sealing(anchor, Directory(installation.folder, outside=True))
        assert (await sealing.run()).missed == {}
        installation.add(300)
        office.now += 60
        again = WitnessAnchor("http://witness", office.witness.vkey, httpx.ASGITransport(office.witness.app()))
        # A process that starts anew does not know what the witness saw: it is told, and proves from there.
        assert (await installation.sealing(again, Directory(installation.folder, outside=True)).run()).missed == {}

        (ledger, _) = installation.ledgers
        notes = [(installation.folder / ledger / name).read_text("utf-8") for name in installation.files(ledger)]
        answer = judge.judged(program, judge.Question(keys=[str(key) for key in keys], witnesses=[str(office.witness.vkey)], notes=notes))
        hashes = [f"{key.name}+{key.hash.hex()}" for key in (*keys, office.witness.vkey)]
        assert answer == {"Signers": [hashes, hashes], "Faults": []}

    async def test_one_that_saw_more_than_there_is_speaks_against_the_database(self, installation: Installation) -> None:
        installation.add(30)
        run = await installation.sealing().run()
        (ledger, _) = installation.ledgers
        head = run.sealed[ledger].checkpoint
        keys = SigningKeys.open(installation.home / "keys", NOW, signed_before=True)
        greater = keys.sign(Checkpoint(head.origin, 31, bytes(32), NOW).text, NOW, None)
        office = Office(installation.home / "witness", keys)
        assert (await office.ask(0, 31, [], greater))[0] == 200
        anchor = WitnessAnchor("http://witness", office.witness.vkey, httpx.ASGITransport(office.witness.app()))
        fault = (await installation.sealing(anchor).run()).missed["witness/bureau.example/w1"]
        assert (fault.code, fault.told) == ("witness_ahead", {"ledger": ledger, "cosigned": 31, "size": 30})

    async def test_one_that_is_away_keeps_nobody_from_sealing(self, installation: Installation) -> None:
        installation.add(30)
        anchor = WitnessAnchor("http://127.0.0.1:9", Vkey("w", bytes(range(32)), 4))
        run = await installation.sealing(anchor, Directory(installation.folder, outside=True)).run()
        assert {place: fault.code for place, fault in run.missed.items()} == {"witness/w": "away"}
        assert len(run.sealed) == 2
        assert installation.files(installation.ledgers[0]) == ["00000000000000000030.note"]


class TestRun:
    async def test_one_ledger_that_is_refused_holds_up_no_other(self, installation: Installation) -> None:
        installation.add(30)
        sealing = installation.sealing()
        await sealing.run()
        first, second = installation.ledgers
        (installation.home / "signer" / f"{first}.note").unlink()
        installation.add(5)
        run: Run = await sealing.run()
        assert {ledger: fault.code for ledger, fault in run.refused.items()} == {first: "memory_lost"}
        assert run.sealed[second].checkpoint.size == 35

    async def test_files_outside_tell_a_fresh_process_of_a_database_put_back(self, installation: Installation) -> None:
        """Database and home of an earlier day, only the anchors' directory is of today."""
        installation.add(30)
        anchor = Directory(installation.folder, outside=True)
        await installation.sealing(anchor).run()
        (ledger, _) = installation.ledgers
        memory = (installation.home / "signer" / f"{ledger}.note").read_text("utf-8")
        installation.add(5)
        await installation.sealing(anchor).run()
        (installation.home / "signer" / f"{ledger}.note").write_text(memory, encoding="utf-8")
        with psycopg.connect(installation.own.superuser) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("DELETE FROM events WHERE ledger = %s AND position > 30", [ledger])
            connection.execute("DELETE FROM checkpoints WHERE ledger = %s AND size > 30", [ledger])
        run = await installation.sealing(anchor).run()
        assert (run.refused[ledger].code, run.refused[ledger].told) == ("memory_ahead", {"signed": 35, "ledger_end": 30})


async def test_proofs_out_of_the_database_hold_for_go_too(installation: Installation, program: Path) -> None:
    installation.add(1_000)
    run = await installation.sealing().run()
    (ledger, _) = installation.ledgers
    head = run.sealed[ledger].checkpoint
    question = judge.Question(
        keys=[str(each.key) for each in public_keys(installation.home / "keys")], notes=[str(run.sealed[ledger].note)]
    )
    async with installation.database.transaction(WORKER) as conn:
        leaves = await tiles.leaves(conn, ledger, 0, 1_000)
        for position in (1, 256, 257, 999, 1_000):
            proof = await tiles.inclusion(conn, ledger, position, 1_000)
            found = {"Size": 1_000, "Index": position - 1, "Root": head.root, "Leaf": leaves[position - 1], "Proof": proof}
            question.inclusion.append(found)
        for first in (1, 255, 256, 300, 1_000):
            proof = await tiles.consistency(conn, ledger, first, 1_000)
            old = await tiles.root(conn, ledger, first)
            question.consistency.append({"First": first, "Second": 1_000, "FirstRoot": old, "SecondRoot": head.root, "Proof": proof})
    assert judge.judged(program, question)["Faults"] == []

    question.notes[0] = question.notes[0].replace("\n1000\n", "\n1001\n")
    question.inclusion[0]["Index"] = 1
    question.consistency[0]["FirstRoot"] = bytes(32)
    assert [fault.partition(":")[0] for fault in judge.judged(program, question)["Faults"]] == ["note 0", "inclusion 0", "consistency 0"]


class TestDuty:
    async def test_a_run_counts_what_it_signed_and_tells_the_metrics(self, installation: Installation) -> None:
        address = f"127.0.0.1:{free_port()}"
        served = runtime(address)
        duty = ActivityEnvironment()
        duty.metric_meter = served.metric_meter
        installation.add(30)
        activity = Sealer(installation.sealing(Directory(installation.folder, outside=True)))
        assert await duty.run(activity.seal) == 2
        assert await duty.run(activity.seal) == 0

        (ledger, other) = installation.ledgers
        (installation.home / "signer" / f"{ledger}.note").unlink()
        installation.add(5)
        with pytest.raises(ApplicationError) as failed:
            await duty.run(activity.seal)
        assert (failed.value.type, failed.value.non_retryable) == ("memory_lost", True)

        async with httpx.AsyncClient() as client:
            lines = (await client.get(f"http://{address}/metrics")).text.splitlines()
        found = {line.partition("{")[0]: line for line in lines if line.startswith("yuanshou_") and (ledger in line or other in line)}
        assert set(found) == {contract.WAITING_METRIC, contract.ANCHOR_METRIC, contract.REFUSED_METRIC}
        assert 'code="memory_lost"' in found[contract.REFUSED_METRIC]

    async def test_a_key_that_is_gone_is_a_failure_of_its_own(self, installation: Installation) -> None:
        installation.add(30)
        activity = Sealer(installation.sealing())
        await ActivityEnvironment().run(activity.seal)
        (installation.home / "keys" / "checkpoint").unlink()
        with pytest.raises(ApplicationError) as failed:
            await ActivityEnvironment().run(activity.seal)
        assert failed.value.type == "key_missing"

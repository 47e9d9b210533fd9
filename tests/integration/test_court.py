"""The court bundle of a real case, made over HTTP and verified by `python3 -I verify.py` in a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pypdfium2
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api import evidence
from api.documents import bound
from domain.command import Role
from ledger import court
from ledger.archive import write
from ledger.events import stream_of
from ledger.store import WORKER
from notify.anchors.directory import Directory
from notify.sealing import Sealing
from tests.house import House
from tests.integration.desks import Desks, Someone
from tests.integration.test_account_pages import browser_of, enter, hidden

type Json = dict[str, Any]

WHY = "某某人民法院来函调取（2026）第1号"
WATCHED = """
import sys
import socket as _
for name in ("socket", "ssl", "urllib.request", "http.client", "asyncio", "subprocess"):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
exec(compile(open(sys.argv[0], encoding="utf-8").read(), sys.argv[0], "exec"), {"__name__": "__main__", "__file__": sys.argv[0]})
"""
"""Runs a program in which whatever opens a connection or starts a process cannot be imported."""


def verified(raw: bytes, folder: Path, *words: str) -> tuple[int, Json]:
    """The bundle verified by the verifier that it brings, apart from everything of ours; exit status and what it says."""
    bundle = folder / "bundle.zip"
    bundle.write_bytes(raw)
    program = folder / "verify.py"
    with zipfile.ZipFile(io.BytesIO(raw)) as opened:
        program.write_bytes(opened.read("verify.py"))
    command = [sys.executable, "-I", "-S", "-c", WATCHED, str(program), str(bundle), "--json", *words]
    ended = subprocess.run(command, cwd=folder, env={}, capture_output=True, check=False, timeout=60)
    assert not ended.stderr, ended.stderr.decode()
    return ended.returncode, json.loads(ended.stdout)


def files_of(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


@dataclass
class Court:
    house: House
    desks: Desks
    supervisor: Someone
    keys: Path

    async def seal(self) -> None:
        settings = self.house.settings.sealing
        anchors = [Directory(settings.anchors, outside=False)]
        run = await Sealing(self.house.database, self.house.settings.keys, settings, anchors, ledgers=("case",)).run(adopt=True)
        assert not run.refused

    async def ask(self, case_id: str, who: Someone | None = None, reason: str | None = WHY, part: str = "") -> httpx.Response:
        headers = {"X-Access-Reason": quote(reason)} if reason is not None else {}
        return await self.desks.ask(who or self.supervisor, "GET", f"/cases/{case_id}/court-bundle{part}", **headers)

    async def bundle(self, case_id: str) -> bytes:
        answer = await self.ask(case_id)
        assert answer.status_code == 200, answer.text
        return answer.content

    async def attached(self, case_id: str, content: bytes, name: str = "工资条.pdf") -> str:
        """A file attached to the case; its id."""
        clerk = await self.desks.signed_in("caseworker", office=self.house.centre)
        headers = {"Idempotency-Key": f"doc-{uuid4()}", **clerk.headers}
        async with self.desks.client() as client:
            answer = await client.post(f"/cases/{case_id}/documents", files={"file": (name, content, "application/pdf")}, headers=headers)
        assert answer.status_code == 201, answer.text
        document_id: str = answer.json()["document_id"]
        return document_id

    async def erase(self, case_id: str) -> None:
        """Destroy the applicant's key as a shredding does."""
        async with self.house.database.transaction(WORKER) as conn:
            await conn.execute(
                "UPDATE subject_keys SET wrapped = NULL, state = 'shredded', shredded_at = clock_timestamp() WHERE subject_id IN"
                " (SELECT subject_id FROM case_people WHERE case_id = %s)",
                (case_id,),
            )


@pytest.fixture(scope="module")
async def at_court(house: House) -> Court:
    desks = await Desks.open(house, home=house.settings.keys.parent)
    supervisor = await desks.signed_in("supervisor")
    return Court(house, desks, supervisor, house.settings.keys / "checkpoint.vkeys")


async def test_a_case_is_verified_offline_by_the_verifier_it_brings(at_court: Court, tmp_path: Path) -> None:
    case_id = await at_court.house.accepted()
    paper = os.urandom(70_000)
    document_id = await at_court.attached(case_id, paper)
    await at_court.seal()
    answer = await at_court.ask(case_id)
    raw = answer.content
    assert answer.headers["content-length"] == str(len(raw))
    files = files_of(raw)
    assert answer.headers["bundle-manifest"] == sha256(files["manifest.json"]).hexdigest()
    assert files[f"files/{document_id}.pdf"] == paper
    status, said = verified(raw, tmp_path, "--key", str(at_court.keys))
    assert (status, said["findings"]) == (0, [])
    history = await at_court.house.types(case_id)
    assert (said["version"], said["stream"]) == (len(history), stream_of(case_id))
    assert answer.headers["bundle-versions"] == str(len(history))
    assert verified(raw, tmp_path)[0] == 3
    anchor = next(name for name in files if name.startswith("anchors/"))
    (tmp_path / "kept.note").write_bytes(files[anchor])
    assert verified(raw, tmp_path, "--checkpoint", str(tmp_path / "kept.note"))[0] == 0


async def test_its_pages_tell_what_happened_with_names_opened(at_court: Court) -> None:
    case_id = await at_court.house.accepted()
    document_id = await at_court.attached(case_id, b"x", name="张三的工资条.pdf")
    await at_court.seal()
    files = files_of(await at_court.bundle(case_id))
    pages = {name: files[name].decode() for name in ("history.html", "README.html", "art8.html")}
    assert all(word in pages["history.html"] for word in ("欧阳·𠮷某", "申请法律援助", "applied for legal aid", "先行受理", "农民工"))
    assert all(word in pages["README.html"] for word in ("怎样核验", "How to verify", "张三的工资条.pdf", f"files/{document_id}.pdf"))
    assert all(f"（{n}）" in pages["art8.html"] for n in "一二三四")
    for page in pages.values():
        assert "<script" not in page
        assert "http:" not in page.replace("http-equiv", "")
    with pypdfium2.PdfDocument(io.BytesIO(files["history.pdf"])) as opened:
        words = "".join(page.get_textpage().get_text_bounded() for page in opened).replace(" ", "")
    assert "欧阳·𠮷某" in words
    assert "案件办理历史" in words
    assert "欧阳" not in files["events.jsonl"].decode()


async def test_a_repeated_bundle_is_the_same_bytes_until_there_is_another_checkpoint(at_court: Court) -> None:
    case_id = await at_court.house.submit()
    await at_court.seal()
    first = await at_court.bundle(case_id)
    auditor = await at_court.desks.signed_in("auditor")
    assert (await at_court.ask(case_id, auditor)).content == first
    await at_court.house.do("caseworker", "add_note", case_id, text="电话核实", visible_to="all")
    later = await at_court.ask(case_id)
    assert (later.content, later.headers["bundle-later"]) == (first, "1")
    told = (await at_court.ask(case_id, part="/coverage")).json()
    assert (told["versions"], told["later"]) == (int(later.headers["bundle-versions"]), 1)
    await at_court.seal()
    assert await at_court.bundle(case_id) != first


async def test_of_an_erased_person_everything_is_proven_and_nothing_is_told(at_court: Court, tmp_path: Path) -> None:
    case_id = await at_court.house.submit()
    document_id = await at_court.attached(case_id, b"a paper")
    await at_court.seal()
    before = files_of(await at_court.bundle(case_id))
    await at_court.erase(case_id)
    raw = await at_court.bundle(case_id)
    files = files_of(raw)
    assert files["events.jsonl"] == before["events.jsonl"]
    assert f"files/{document_id}.pdf" not in files
    assert not any("欧阳" in files[name].decode() for name in ("history.html", "README.html", "art8.html", "manifest.json"))
    assert "（已删除）" in files["history.html"].decode()
    status, said = verified(raw, tmp_path, "--key", str(at_court.keys))
    assert (status, said["findings"]) == (0, [])
    assert document_id in said["notes"][0]["en"]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE events SET actor = 'P-9' WHERE stream = %s AND version = 2", "chain"),
        ("UPDATE events SET recorded_at = recorded_at - interval '1 day' WHERE stream = %s AND version = 2", "clock"),
        ("UPDATE events SET body = body || ' '::bytea WHERE stream = %s AND version = 2", "digest"),
        ("DELETE FROM events WHERE stream = %s AND version = 1", "density"),
    ],
)
async def test_what_the_databases_administrator_edits_is_found_in_the_bundle(
    at_court: Court, tmp_path: Path, statement: str, kind: str
) -> None:
    case_id = await at_court.house.accepted()
    await at_court.seal()
    rows = await _rows(at_court, case_id)
    bundle = await _with_rows(at_court, case_id, await _edited(at_court, statement, case_id))
    status, said = verified(bundle, tmp_path, "--key", str(at_court.keys))
    assert status == 1
    named = {(f["class"], f["ledger"], f["position"]) for f in said["findings"]}
    assert any(found == kind and ledger == "case" and position in {r["position"] for r in rows} for found, ledger, position in named), named


async def _rows(at_court: Court, case_id: str) -> list[Json]:
    async with at_court.house.owner.transaction(WORKER) as conn:
        found = await conn.execute("SELECT * FROM events WHERE stream = %s ORDER BY version", (stream_of(case_id),))
        return await found.fetchall()


async def _edited(at_court: Court, statement: str, case_id: str) -> list[Json]:
    """The case's rows as they would be after a statement of who owns the database; the transaction is taken back."""
    async with at_court.house.owner.transaction(WORKER) as conn, conn.transaction(force_rollback=True):
        await conn.execute("ALTER TABLE events DISABLE TRIGGER USER")
        await conn.execute(statement.encode(), (stream_of(case_id),))
        found = await conn.execute("SELECT * FROM events WHERE stream = %s ORDER BY version", (stream_of(case_id),))
        return await found.fetchall()


async def _with_rows(at_court: Court, case_id: str, rows: list[Json]) -> bytes:
    """The bundle as it would have been exported from a database with these rows, everything else made to fit."""
    files = files_of(await at_court.bundle(case_id))
    said = json.loads(files.pop("manifest.json"))
    proofs = json.loads(files["proofs.json"])
    kept = {row["position"] for row in rows}
    proofs["inclusion"] = [p for p in proofs["inclusion"] if p["position"] in kept]
    files["events.jsonl"] = court.events(rows)
    files["proofs.json"] = court.chain.canonical(proofs)
    files["history.html"] = "".join(f'<tr data-digest="{bytes(row["digest"]).hex()}">' for row in rows).encode()
    inside = [court.entry(name, data) for name, data in files.items()]
    said |= {"version": len(rows), "files": [{"name": e.name, "size": e.size, "sha256": e.sha256} for e in inside]}
    return b"".join([piece async for piece in write([court.entry("manifest.json", court.chain.canonical(said)), *inside])])


async def test_only_who_answers_for_the_case_may_take_it_out_and_only_for_a_reason(at_court: Court) -> None:
    case_id = await at_court.house.submit()
    await at_court.seal()
    roles: list[tuple[Role, str, int]] = [
        ("approver", at_court.house.centre, 200), ("auditor", "C-CITY", 200), ("supervisor", "C-CITY", 200),
        ("caseworker", at_court.house.centre, 403), ("receptionist", at_court.house.centre, 403), ("system_administrator", "C-CITY", 404),
    ]  # fmt: skip
    for role, office, status in roles:
        who = await at_court.desks.signed_in(role, office=office)
        assert (await at_court.ask(case_id, who)).status_code == status, role
    for reason in (None, "", "   "):
        answer = await at_court.ask(case_id, reason=reason)
        assert (answer.status_code, answer.json()["code"]) == (403, "access_reason_required")
    assert (await at_court.ask(str(uuid4()))).status_code == 404


async def test_who_took_a_case_out_is_recorded_with_the_reason(at_court: Court) -> None:
    case_id = await at_court.house.submit()
    await at_court.seal()
    await at_court.bundle(case_id)
    async with at_court.house.database.transaction(WORKER) as conn:
        asked = await conn.execute(
            "SELECT person, channel, reason, %s = ANY (what) AS out FROM access_reads WHERE %s = ANY (cases)"
            " ORDER BY position DESC LIMIT 1",
            ("court_bundle", case_id),
        )
        row = await asked.fetchone()
    assert row is not None
    assert (row["person"], row["channel"], row["out"]) == (at_court.supervisor.person, "export", True)
    assert row["reason"]
    assert WHY not in row["reason"]


async def test_a_case_that_no_checkpoint_covers_is_refused_until_one_does(at_court: Court) -> None:
    await at_court.seal()
    case_id = await at_court.house.submit()
    answer = await at_court.ask(case_id)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "case_not_sealed_yet", "60")
    await at_court.seal()
    assert (await at_court.ask(case_id)).status_code == 200


async def test_a_file_that_was_exchanged_in_the_database_is_named(at_court: Court, tmp_path: Path) -> None:
    case_id = await at_court.house.submit()
    document_id = await at_court.attached(case_id, b"the paper")
    other = await at_court.attached(case_id, b"another paper")
    await at_court.seal()
    async with at_court.house.owner.transaction(WORKER) as conn:
        await conn.execute(
            "UPDATE files SET content = (SELECT content FROM files WHERE document_id = %s) WHERE document_id = %s", (other, document_id)
        )
    status, said = verified(await at_court.bundle(case_id), tmp_path, "--key", str(at_court.keys))
    assert status == 1
    assert [f["class"] for f in said["findings"]] == ["evidence"]
    assert document_id in said["findings"][0]["detail"]


async def test_a_file_of_100_megabytes_is_read_piece_by_piece(at_court: Court) -> None:
    """Neither measuring nor sending it holds more than some pieces: what comes is a piece at most, and adds up."""
    case_id = await at_court.house.submit()
    document_id = await at_court.attached(case_id, b"small")
    size = 100 * 1024 * 1024 + 17
    key = os.urandom(32)
    async with at_court.house.owner.transaction(WORKER) as conn:
        content = _sealed(key, case_id, UUID(document_id), size)
        await conn.execute("UPDATE files SET content = %s WHERE document_id = %s", (content, document_id))
    del content
    entry = await evidence.measured(at_court.house.database, key, case_id, UUID(document_id), "files/a.bin")
    longest, total, sha = 0, 0, sha256()
    async for piece in entry.pieces():
        longest, total = max(longest, len(piece)), total + len(piece)
        sha.update(piece)
    assert (total, sha.hexdigest(), longest) == (size, entry.sha256, 1 << 20)
    with pytest.raises(evidence.NoSuchFile):
        await evidence.measured(at_court.house.database, os.urandom(32), case_id, UUID(document_id), "files/a.bin")
    async with at_court.house.owner.transaction(WORKER) as conn:
        await conn.execute("DELETE FROM files WHERE document_id = %s", (document_id,))


def _sealed(key: bytes, case_id: str, document_id: UUID, size: int) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, bytes(size), bound(case_id, document_id))


async def test_what_changes_while_it_is_sent_breaks_the_answer_off(at_court: Court) -> None:
    case_id = await at_court.house.submit()
    document_id = UUID(await at_court.attached(case_id, b"the paper"))
    key = os.urandom(32)

    async def put(size: int) -> None:
        content = _sealed(key, case_id, document_id, size)
        async with at_court.house.owner.transaction(WORKER) as conn:
            await conn.execute("UPDATE files SET content = %s WHERE document_id = %s", (content, str(document_id)))

    await put(5)
    entry = await evidence.measured(at_court.house.database, key, case_id, document_id, "files/a.bin")
    await put(6)
    with pytest.raises(ValueError, match="no longer"):
        _ = [piece async for piece in write([entry])]


async def test_pages_offer_the_bundle_to_who_may_take_it_and_ask_for_a_reason(at_court: Court, tmp_path: Path) -> None:
    case_id = await at_court.house.submit()
    await at_court.seal()
    await at_court.house.do("caseworker", "add_note", case_id, text="电话核实", visible_to="all")
    page = f"/cases/{case_id}/court-bundle"
    async with browser_of(at_court.desks) as browser:
        await enter(browser, await at_court.desks.someone("auditor"))
        assert f'href="{page}"' in (await browser.get(f"/cases/{case_id}")).text
        shown = await browser.get(page)
        assert "Another 1 are recorded since" in shown.text
        sent = await browser.post(page, data={"csrf": hidden(shown, "csrf"), "reason": WHY})
        assert sent.headers["content-type"] == "application/zip"
        assert sent.content == await at_court.bundle(case_id)
        assert verified(sent.content, tmp_path, "--key", str(at_court.keys))[0] == 0
        for reason, status in ((" ", 403), ("x" * 501, 422)):
            refused = await browser.post(page, data={"csrf": hidden(shown, "csrf"), "reason": reason})
            assert (refused.status_code, refused.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert (await browser.post(page, data={"csrf": "x", "reason": WHY})).status_code == 403
    async with browser_of(at_court.desks) as browser:
        await enter(browser, await at_court.desks.someone("caseworker", office=at_court.house.centre))
        assert page not in (await browser.get(f"/cases/{case_id}")).text
        assert (await browser.get(page)).status_code == 403

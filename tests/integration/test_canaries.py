"""Nothing of a person can be read outside the product, and nothing at all once they are erased: looked for in all that is on the disk."""

import base64
import subprocess
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ledger import chain
from ledger.store import WORKER
from ops import postgres
from ops.home import Home
from tests.house import House
from tests.integration.canaries import Planted, Scanner, forms, whole_line
from tests.integration.erasing import Erasing, erasing
from tests.integration.test_persons import key
from tests.scenarios import SHANGHAI, scenarios


@pytest.fixture(scope="module")
async def at(house: House, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Erasing]:
    async with erasing(house, tmp_path_factory.mktemp("canaries")) as made:
        yield made


def test_the_scanner_finds_a_word_however_it_is_written() -> None:
    planted = Planted()
    planted.person(own=True)
    planted.text()
    for word in planted.words:
        for name, form in forms(word).items():
            assert word in {found for found, _ in Scanner([word]).found(b"...." + form + b"....")}, name
    word = planted.words[0]
    scanner = Scanner([word])
    for around in ("a", "ab", "abc"):
        assert scanner.found(base64.b64encode(f"{around}{word}{around}".encode())), around
    assert not scanner.found("亓官官亓 qi guan".encode())


async def planted_case(at: Erasing, planted: Planted) -> str:
    """A case with words in every field, its papers drawn and files attached, gone to the archive; its id."""
    today = datetime.now(SHANGHAI).date()
    archived = next(each for each in scenarios(today, at.house.centre) if each.name == "archived")
    do, case_id = at.house.walking(), None
    for step in whole_line(planted, archived, today):
        body = planted.body(step.command, step.body, today)
        case_id = (await do(step.role, step.command, case_id, body))["case_id"]
        if step.command == "place_hold":
            second = next(o for o in at.house.directory.offices() if o.kind == "centre" and o.level == "city").code
            other = at.house.who("supervisor", second)
            await at.house.do(other, "lift_hold", case_id, **planted.body("lift_hold", {"reason": "x"}, today))
        if step.command == "accept_first":
            await _papers(at, planted, case_id)
    assert case_id is not None
    return case_id


async def _papers(at: Erasing, planted: Planted, case_id: str) -> None:
    """A file attached, its content and title words too, and papers issued and drawn."""
    content = f"%PDF-1.4\n{planted.text()}".encode()
    form = {"title": planted.text()}
    path = f"/cases/{case_id}/documents"
    sent = await at.api.ask("caseworker", "POST", path, data=form, files={"file": ("x.pdf", content, "application/pdf")}, headers=key())
    assert sent.status_code == 201, sent.text
    for template in ("receipt", "accept_first_notice"):
        answer = await at.api.ask(
            "caseworker", "POST", f"/cases/{case_id}/commands/issue_document", json={"template": template}, headers=key()
        )
        assert answer.status_code == 200, answer.text
        paper = next(e["data"] for e in answer.json()["events"] if e["type"] == "document_issued")
        assert (await at.api.ask("caseworker", "GET", f"/cases/{case_id}/papers/{paper['document_id']}")).status_code == 200


async def shown(at: Erasing, case_id: str) -> str:
    """All that the interface tells of the case, to who sees most of it."""
    here = f"/cases/{case_id}"
    case = await at.api.get("supervisor", here)
    told: list[Any] = [case]
    for path in (f"{here}/events?limit=200", f"{here}/chain", f"{here}/clocks", f"{here}/documents", f"{here}/papers", f"{here}/conflicts"):
        answer = await at.api.ask("supervisor", "GET", path)
        told.append(answer.text)
    told.append((await at.api.ask("supervisor", "GET", f"{here}/diff", params={"from": 0, "to": case["version"]})).text)
    told += [(await at.api.ask("supervisor", "GET", here, params={"version": v})).text for v in (1, case["version"] // 2)]
    told.append((await at.api.ask("supervisor", "GET", "/cases", params={"q": case["case_number"]})).text)
    told.append((await at.api.ask("supervisor", "GET", "/events", params={"case": case["case_number"]})).text)
    return str(told)


def dumped(house: House) -> bytes:
    """The whole database as pg_dump writes it."""
    cluster = postgres.ensure(Home(house.engines.home))
    program = cluster.engine / "bin" / "pg_dump"
    made = subprocess.run([program, "--inserts", mighty(house)], capture_output=True, check=True)
    return made.stdout


def mighty(house: House) -> str:
    """The superuser's address: nothing is hidden from a dump."""
    home = Home(house.engines.home)
    return house.engines.owner_dsn.replace(f"//owner:{home.secret('postgres-owner')}", f"//postgres:{home.secret('postgres-postgres')}")


async def on_disk(house: House) -> None:
    """Everything that is committed stands in the files."""
    async with await psycopg.AsyncConnection.connect(mighty(house), autocommit=True) as conn:
        await conn.execute("CHECKPOINT")


async def test_nothing_of_a_person_is_readable_before_and_nothing_at_all_after(at: Erasing) -> None:
    planted = Planted()
    case_id = await planted_case(at, planted)
    assert len(planted.own) > 30
    scanner, own, home = Scanner(planted.words), Scanner(planted.own), Path(at.house.engines.home)
    before = await shown(at, case_id)
    missing = [word for word in planted.words if word not in before]
    assert len(missing) < len(planted.words) // 5, "what the interface shows is what is looked for"

    await on_disk(at.house)
    assert scanner.found(dumped(at.house)) == set(), "plaintext in the database"
    assert scanner.found_below(home, but=frozenset({"keys"})) == {}, "plaintext in the engines' files, logs, Temporal's database"

    subject = await at.subject(case_id)
    wrapped = bytes((await at.key_of(subject))["wrapped"])
    async with at.house.database.transaction(WORKER) as conn:
        rows = await (await conn.execute("SELECT token FROM search_tokens WHERE subject_id = %s", (subject,))).fetchall()
    assert len(rows) > 20
    await at.erased(subject)

    after = await shown(at, case_id)
    assert own.found(after.encode()) == set(), "the interface still tells"
    assert any(word in after for word in planted.others), "others of the case stay"
    export = await at.read("approver", f"/persons/{await at.subject(case_id, 1)}/export", "本人申请")
    assert own.found(export.content) == set()
    for q in planted.own:
        assert (await at.api.get("supervisor", "/persons", q=q[:200]))["items"] == []

    async with await psycopg.AsyncConnection.connect(mighty(at.house), autocommit=True) as conn:
        for table in ("subject_keys", "search_tokens", "people", "files"):  # what `yuanshou shred --sweep` does
            await conn.execute(f"VACUUM (FULL) {table}".encode())
        await conn.execute("CHECKPOINT")
    dump = dumped(at.house)
    assert scanner.found(dump) == set()
    assert scanner.found_below(home, but=frozenset({"keys"})) == {}
    data = home / "postgres" / "data"
    assert wrapped.hex().encode() not in dump
    assert not [p for p in (data / "base").rglob("*") if p.is_file() and wrapped in p.read_bytes()], (
        "the wrapped key lies in a table's file"
    )
    assert not [row for row in rows if f"({row['token']}, '{subject}'".encode() in dump]

    async with at.house.database.transaction(WORKER) as conn:
        for stream in (f"case/{case_id}", f"person/{subject}"):
            previous = chain.GENESIS
            for row in await (await conn.execute("SELECT * FROM events WHERE stream = %s ORDER BY version", (stream,))).fetchall():
                assert chain.digest(bytes(row["body"])) == bytes(row["digest"])
                assert (previous := chain.chain_hash(row, previous)) == bytes(row["chain_hash"])

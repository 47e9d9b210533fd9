"""The page's own program verifies what the ledger makes, and finds each thing altered: `history_proof.js` run by Node on many answers."""

import base64
import copy
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import chain, merkle
from ledger.note import Checkpoint, Note, Vkey, moment_text, sign
from ledger.shared_proof import shared_plan

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "web" / "static" / "history_proof.js"
STREAM, OTHER = "case/019a20b6-0000-7000-8000-000000000001", "case/019a20b6-0000-7000-8000-000000000002"
NAME = "yuanshou/0123456789abcdef"
KEY, NEW_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (7, 8))
BEGAN = datetime(2026, 3, 1, 1, 2, 3, 456789, tzinfo=UTC)

type Json = dict[str, Any]


@dataclass
class Ledger:
    """A ledger of two cases whose events alternate, as the event store would hold it."""

    rows: list[Json] = field(default_factory=list[Json])

    @classmethod
    def of(cls, size: int, salt: str = "") -> "Ledger":
        made, last = cls(), dict[str, bytes]()
        for position in range(1, size + 1):
            stream = STREAM if position % 2 else OTHER
            body = chain.canonical({"n": position, "said": f"说明{salt}"})
            row: Json = {
                "alg": chain.ALG, "ledger": "case", "position": position, "stream": stream, "version": (position + 1) // 2,
                "type": "note_added", "schema_version": 1, "recorded_at": BEGAN + timedelta(microseconds=position),
                "decided_at": BEGAN, "effective_on": date(2026, 3, 1), "actor": "P-韩", "on_behalf_of": None, "role": "caseworker",
                "office": "C-CITY", "command_id": f"c{position}", "correlation_id": "corr", "causation": "x" if position % 3 else None,
                "body": body, "digest": chain.digest(body),
            }  # fmt: skip
            row["chain_hash"] = last[stream] = chain.chain_hash(row, last.get(stream, chain.GENESIS))
            made.rows.append(row)
        return made

    def hashes(self, plan: merkle.Plan) -> list[str]:
        leaves = [merkle.leaf_hash(row["chain_hash"]) for row in self.rows]
        known = {node: merkle.whole(leaves[node.index << node.level : node.index + 1 << node.level]) for node in merkle.needed(plan)}
        return [base64.b64encode(each).decode() for each in merkle.proof(plan, known)]

    def root(self, size: int) -> bytes:
        return base64.b64decode(self.hashes((merkle.subtrees(0, size),))[0])

    def note(self, size: int, *keys: Ed25519PrivateKey, name: str = NAME) -> str:
        text = Checkpoint(f"{name}/case", size, self.root(size), BEGAN).text
        return str(Note(text, tuple(sign(text, name, key) for key in keys or (KEY,))))

    def answer(self, size: int | None, *, seen: int | None = None, keys: tuple[Ed25519PrivateKey, ...] = (KEY,), name: str = NAME) -> Json:
        """What `GET /cases/{id}/proof` answers, the checkpoint over `size` events."""
        events = [stored(row) for row in self.rows if row["stream"] == STREAM]
        places = [event["position"] - 1 for event in events if size and event["position"] <= size]
        growth = (
            {"from": seen, "to": size, "proof": self.hashes(merkle.consistency_plan(seen, size))} if seen and size and seen < size else None
        )
        return {
            "case_id": STREAM[5:], "ledger": "case", "stream": STREAM, "events": events, "size": size or 0,
            "proof": self.hashes(shared_plan(places, size)) if size else [], "consistency": growth,
            "checkpoint": self.note(size, *keys, name=name) if size else None, "vkeys": [vkey(key, name) for key in keys],
        }  # fmt: skip


def stored(row: Json) -> Json:
    plain = {name: row[name] for name in chain.CHAINED}
    plain |= {name: moment_text(row[name]) for name in ("recorded_at", "decided_at")}
    plain |= {"effective_on": row["effective_on"].isoformat(), "digest": row["digest"].hex(), "chain_hash": row["chain_hash"].hex()}
    return plain | {"body": base64.b64encode(row["body"]).decode(), "withheld": None}


def vkey(key: Ed25519PrivateKey, name: str = NAME) -> str:
    return str(Vkey(name, key.public_key().public_bytes_raw()))


def known(ledger: Ledger, size: int, key: Ed25519PrivateKey = KEY, name: str = NAME) -> Json:
    """What a browser keeps of a checkpoint."""
    return {"origin": f"{name}/case", "size": size, "root": base64.b64encode(ledger.root(size)).decode(), "keys": [vkey(key, name)]}


@cache
def node() -> str:
    """The Node that the pages' assets are built with."""
    asked = [sys.executable, "-c", "import node; print(node.node_folder() / 'node')"]
    return subprocess.run(asked, cwd=ROOT / "scripts", capture_output=True, text=True, check=True).stdout.strip()


DRIVER = """
if (process.argv[2]) new Function(process.argv[2])();
const program = await import("data:text/javascript;base64," + process.argv[1]);
let said = "";
for await (const part of process.stdin) said += part;
const found = [];
for (const { answer, known, shown } of JSON.parse(said)) {
  try {
    found.push({ state: "whole", ...(await program.verify(answer, known, shown)) });
  } catch (finding) {
    if (!finding.state) throw finding;
    found.push({ ...finding, code: finding.code, state: finding.state, event: finding.event });
  }
}
process.stdout.write(JSON.stringify(found));
"""


def judged(*asked: tuple[Json, Json | None, Json | None], before: str = "") -> list[Json]:
    """What the program says of answers, each with what the browser knew and what the page shows. `before`: what befell the browser."""
    sent = json.dumps([{"answer": answer, "known": held, "shown": shown} for answer, held, shown in asked])
    program = base64.b64encode(PROGRAM.read_bytes()).decode()
    command = [node(), "--input-type=module", "-e", DRIVER, program, before]
    ran = subprocess.run(command, input=sent, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


LEDGER = Ledger.of(21)


def test_a_history_holds_under_every_checkpoint_and_grows_from_every_earlier_one() -> None:
    asked = [(LEDGER.answer(size, seen=seen), known(LEDGER, seen), None) for size in range(1, 22) for seen in range(1, size + 1)]
    found = judged((LEDGER.answer(21), None, None), *asked)
    assert [(each["state"], each.get("code")) for each in found] == [("whole", None)] * len(found)
    assert found[0]["sealed"] == 11
    assert found[0]["first"] is True
    assert found[0]["memory"] == known(LEDGER, 21)
    at_ten = next(each for each, (answer, _, _) in zip(found[1:], asked, strict=True) if answer["size"] == 10)
    assert (at_ten["sealed"], at_ten["newer"]) == (5, 6)


def altered(change: Callable[[Json], None], size: int = 21) -> Json:
    answer = copy.deepcopy(LEDGER.answer(size))
    change(answer)
    return answer


def other_body(answer: Json) -> None:
    answer["events"][3]["body"] = base64.b64encode(b'{"n":7}').decode()


def body_and_digest(answer: Json) -> None:
    other_body(answer)
    answer["events"][3]["digest"] = chain.digest(b'{"n":7}').hex()


def rehashed(answer: Json) -> None:
    """An event altered by who can hash: the chain is made anew, and only the tree tells."""
    again = [row for row in Ledger.of(21, salt="改").rows if row["stream"] == STREAM]
    answer["events"] = [*answer["events"][:3], *(stored(row) for row in again[3:])]
    previous = bytes.fromhex(answer["events"][2]["chain_hash"])
    for event, row in zip(answer["events"][3:], again[3:], strict=True):
        previous = chain.chain_hash(row, previous)
        event["chain_hash"] = previous.hex()


CHANGES: dict[str, tuple[Callable[[Json], None], str, int | None]] = {
    "another body": (other_body, "content", 4),
    "another body and its digest": (body_and_digest, "chain", 4),
    "all hashes made anew": (rehashed, "root", None),
    "an event taken out": (lambda a: a["events"].pop(4), "missing", 5),
    "the first event taken out": (lambda a: a["events"].pop(0), "missing", 1),
    "all events taken out": (lambda a: a["events"].clear(), "missing", None),
    "two events exchanged": (lambda a: a["events"].insert(2, a["events"].pop(3)), "missing", 3),
    "an event of another case": (lambda a: a["events"][2].update(stream=OTHER), "moved", 3),
    "an event renumbered": (lambda a: a["events"][5].update(position=11_000), "chain", 6),
    "an event that nobody can read": (lambda a: a["events"][5].update(body=None, withheld="unreadable"), "content", 6),
    "a hash of the proof": (lambda a: a["proof"].__setitem__(0, base64.b64encode(bytes(32)).decode()), "root", None),
    "a proof too short": (lambda a: a["proof"].pop(), "root", None),
    "a proof too long": (lambda a: a["proof"].append(a["proof"][0]), "root", None),
    "another size": (lambda a: a.update(checkpoint=a["checkpoint"].replace("\n21\n", "\n20\n")), "root", None),
    "another time": (lambda a: a.update(checkpoint=a["checkpoint"].replace("2026-03-01", "2026-03-02")), "signature", None),
    "no signature of ours": (lambda a: a.update(vkeys=[vkey(NEW_KEY)]), "unsigned", None),
    "no signature at all": (lambda a: a.update(checkpoint=a["checkpoint"].partition("—")[0]), "unsigned", None),
    "no note": (lambda a: a.update(checkpoint="nothing"), "note", None),
    "another ledger's note": (lambda a: a.update(checkpoint=a["checkpoint"].replace("/case\n", "/access\n")), "note", None),
}


def test_each_thing_altered_is_found_and_the_event_named() -> None:
    found = judged(*((altered(change), None, None) for change, _, _ in CHANGES.values()))
    said: Json = {}
    for what, each in zip(CHANGES, found, strict=True):
        event: Json = each.get("event") or {}
        said[what] = each["state"], each.get("code"), event.get("version")
    assert said == {what: ("broken", code, version) for what, (_, code, version) in CHANGES.items()}


def test_every_column_is_under_the_hash() -> None:
    columns = [c for c in chain.CHAINED if c not in ("alg", "ledger", "stream", "version", "position")]

    def other(column: str) -> Callable[[Json], None]:
        held = {"schema_version": 2, "digest": "00" * 32, "effective_on": "2026-03-02"}.get(column, "another")
        if column in ("recorded_at", "decided_at"):
            held = LEDGER.answer(21)["events"][4][column][:-2] + "0Z"  # by microseconds
        return lambda answer: answer["events"][4].update({column: held})

    found = judged(*((altered(other(column)), None, None) for column in columns))
    assert {(each["state"], each["event"]["version"]) for each in found} == {("broken", 5)}
    assert {column: each["code"] for column, each in zip(columns, found, strict=True) if each["code"] != "chain"} == {"digest": "content"}


def test_a_ledger_written_anew_is_found_though_it_is_signed_again() -> None:
    anew = Ledger.of(21, salt="另")
    found = judged(
        (anew.answer(21), None, None),
        (anew.answer(21), known(LEDGER, 21), None),
        (anew.answer(21, seen=16), known(LEDGER, 16), None),
        (anew.answer(21, seen=13), known(LEDGER, 13), None),
        (LEDGER.answer(20), known(LEDGER, 21), None),
        (altered(lambda a: a.update(consistency=None)), known(LEDGER, 20), None),
    )
    assert [each.get("code", "whole") for each in found] == ["whole", "rewritten", "rewritten", "rewritten", "shrunk", "rewritten"]


def test_what_only_a_person_can_judge_is_neither_whole_nor_broken() -> None:
    elsewhere = "yuanshou/fedcba9876543210"
    found = judged(
        (LEDGER.answer(21, seen=20, keys=(NEW_KEY,)), known(LEDGER, 20), None),
        (LEDGER.answer(21, seen=20, keys=(KEY, NEW_KEY)), known(LEDGER, 20), None),
        (LEDGER.answer(21, name=elsewhere), known(LEDGER, 20), None),
        (LEDGER.answer(None), None, None),
        (LEDGER.answer(None), known(LEDGER, 20), None),
        (altered(lambda a: a["events"][2].update(alg="sm3-v1")), None, None),
    )
    assert [each.get("code", "whole") for each in found] == ["new_key", "whole", "other_ledger", "no_checkpoint", "checkpoint_gone", "alg"]
    assert {each["state"] for each in found} == {"unsure", "whole"}
    assert found[1]["memory"]["keys"] == [vkey(KEY), vkey(NEW_KEY)]


def test_a_case_newer_than_the_checkpoint_is_not_called_sealed() -> None:
    answer = Ledger.of(21).answer(1)
    answer["events"] = [event for event in answer["events"] if event["version"] == 1]
    late = Ledger.of(21)
    found = judged((answer, None, None), (late.answer(2) | {"checkpoint": late.note(2)}, None, None))
    assert [(each["state"], each["sealed"]) for each in found] == [("whole", 1), ("whole", 1)]
    beside = Ledger([{**row, "stream": OTHER if row["stream"] == STREAM else STREAM} for row in late.rows])
    again, last = list[Json](), chain.GENESIS
    for row in beside.rows:
        if row["stream"] == STREAM:
            row["chain_hash"] = last = chain.chain_hash(row, last)
        again.append(row)
    [found_late] = judged((Ledger(again).answer(1), None, None))
    assert (found_late["state"], found_late["code"], found_late["sealed"], found_late["newer"]) == ("unsure", "unsealed", 0, 10)


def test_what_is_not_shown_is_told_and_what_the_page_shows_is_held_against_the_ledger() -> None:
    answer = altered(lambda a: a["events"][4].update(body=None, withheld="not_shown"))
    head = answer["events"][-1]
    found = judged(
        (answer, None, None),
        (answer, None, {"version": 11, "chain_hash": head["chain_hash"]}),
        (answer, None, {"version": 11, "chain_hash": "00" * 32}),
        (answer, None, {"version": 12, "chain_hash": head["chain_hash"]}),
    )
    assert [each.get("code", "whole") for each in found] == ["whole", "whole", "not_shown", "not_shown"]
    assert found[0]["unseen"] == 1


def test_a_browser_that_cannot_compute_says_so() -> None:
    insecure = "Object.defineProperty(globalThis, 'crypto', { value: {} })"
    old = "crypto.subtle.importKey = () => { throw new DOMException('', 'NotSupportedError') }"
    assert [each["code"] for each in judged((LEDGER.answer(21), None, None), before=insecure)] == ["no_crypto"]
    found = judged((LEDGER.answer(21), None, None), (altered(rehashed), None, None), before=old)
    assert [(each["state"], each["code"]) for each in found] == [("unsure", "no_ed25519"), ("broken", "root")]

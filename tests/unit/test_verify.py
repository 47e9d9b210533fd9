"""The verifier's quick way of hashing rows, the tree over a piece, and what a signed claim is worth: without a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bench import ledgers
from ledger import chain, merkle, note
from ledger.note import Checkpoint, Dated, Note, Vkey
from ledger.verify import rows
from ledger.verify.bodies import NotCanonical, parsed
from ledger.verify.claims import Anchors, Claim, Kept, Trouble, Trusted, clashing, judge
from ledger.verify.findings import CLASSES, NOTES, Finding, placed
from ledger.verify.rows import ORDER, Link
from ledger.verify.trunk import Trunk

_2000 = datetime(2000, 1, 1, tzinfo=UTC)


def wire_of(row: dict[str, Any]) -> bytes:
    """A row as PostgreSQL's binary COPY sends it."""

    def binary(column: str, value: Any) -> bytes:
        match value:
            case bytes():
                return value
            case datetime():
                return ((value - _2000) // timedelta(microseconds=1)).to_bytes(8, signed=True)
            case date():
                return (value - _2000.date()).days.to_bytes(4, signed=True)
            case int():
                return value.to_bytes(8 if column == "position" else 4, signed=True)
            case _:
                return str(value).encode()

    def sent(column: str, value: Any) -> bytes:
        if value is None:
            return (-1).to_bytes(4, signed=True)
        data = binary(column, value)
        return len(data).to_bytes(4) + data

    return len(ORDER).to_bytes(2) + b"".join(sent(column, row[column]) for column in ORDER)


def made(count: int, length: int = 20) -> list[dict[str, Any]]:
    return list(ledgers.rows(count, length=length))


class Heard:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.tiles: list[tuple[int, int]] = []
        self.waiting: list[Link] = []

    def tile(self, chains: list[bytes], upto: int) -> None:
        self.tiles.append((len(chains), upto))

    def links(self, links: list[Link]) -> None:
        self.waiting += links


def walked(events: Sequence[dict[str, Any]], first: int = 1) -> tuple[rows.Walked, Heard]:
    heard = Heard()
    return rows.walk(map(wire_of, events), "case", first, heard), heard


class TestRows:
    def test_untouched_rows_hold_and_come_in_tiles(self) -> None:
        found, heard = walked(made(600))
        assert (found.suspects, found.holes, found.twice, found.back, found.more) == ([], [], [], [], 0)
        assert (found.rows, found.next, list(found.kinds)) == (600, 601, [("note_added", 1)])
        assert heard.tiles == [(256, 256), (256, 512), (88, 600)]
        assert heard.waiting == []

    def test_rows_whose_stream_began_before_wait_for_their_predecessor(self) -> None:
        events = made(600)
        found, heard = walked(events[256:], 257)
        assert found.suspects == []
        by_version = {(row["stream"], row["version"]): row["chain_hash"] for row in events}
        for link in heard.waiting:
            before = by_version[link.stream.decode(), link.version - 1]
            assert rows.linked(link, before)
            assert not rows.linked(link, bytes(32))
        assert {link.position for link in heard.waiting} == {
            row["position"] for row in events[256:] if row["version"] > 1 and by_position(events, row) <= 256
        }

    def test_a_hole_ends_the_tiles_and_is_told(self) -> None:
        events = made(600)
        found, heard = walked([row for row in events if row["position"] not in (300, 301, 400)])
        assert found.holes == [(300, 301), (400, 400)]
        assert heard.tiles == [(256, 256), (43, 299)]

    def test_a_position_that_stands_twice_is_told_and_left_out(self) -> None:
        events = made(300)
        found, heard = walked([*events[:100], events[50], *events[100:]])
        assert (found.twice, found.suspects, heard.tiles[-1]) == ([51], [], (44, 300))

    def test_a_version_that_stands_twice_or_behind_a_later_one_is_told(self) -> None:
        [first, second, third] = made(3, length=3)
        assert first["stream"] == second["stream"] == third["stream"]
        again = {**second, "position": 4}
        again["chain_hash"] = chain.chain_hash(again, first["chain_hash"])
        assert [(s.code, s.position) for s in walked([first, second, third, again])[0].suspects] == [("duplicate", 4)]
        opened = {**first, "position": 4}
        opened["chain_hash"] = chain.chain_hash(opened, chain.GENESIS)
        assert [(s.code, s.position) for s in walked([first, second, third, opened])[0].suspects] == [("duplicate", 4)]

    def test_a_row_recorded_before_the_one_in_front_of_it_is_told(self) -> None:
        events = made(20)
        events[9]["recorded_at"] = events[8]["recorded_at"] - timedelta(microseconds=1)
        assert walked(events)[0].back == [10]

    @given(
        st.fixed_dictionaries({
            "position": st.integers(1, 2**62),
            "version": st.just(1),
            "schema_version": st.integers(-(2**31), 2**31 - 1),
            "recorded_at": st.datetimes(datetime(1, 1, 2), datetime(9999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- the zone is given
            "decided_at": st.datetimes(datetime(1, 1, 2), datetime(9999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
            "effective_on": st.dates(),
            "on_behalf_of": st.none() | st.text(max_size=20),
            "causation": st.none() | st.text(max_size=20),
            **dict.fromkeys(("stream", "actor", "role", "office", "command_id", "correlation_id"), st.text(max_size=20)),
            "type": st.text(max_size=3000),
            "body": st.binary(max_size=50),
        })
    )
    def test_whatever_stands_in_the_columns_is_hashed_as_the_ledger_hashes_it(self, drawn: dict[str, Any]) -> None:
        row = {"alg": chain.ALG, "ledger": "case", **drawn, "digest": chain.digest(drawn["body"])}
        row["chain_hash"] = chain.chain_hash(row, chain.GENESIS)

        found, _ = walked([row], row["position"])

        assert found.suspects == []
        other = {**row, "actor": row["actor"] + "x"}
        assert [s.code for s in walked([other], row["position"])[0].suspects] == ["row_changed"]

    @pytest.mark.parametrize(
        ("column", "value", "code"),
        [
            ("alg", "sha256-v2", "unknown_alg"),
            ("alg", "", "unknown_alg"),
            ("ledger", "access", "row_changed"),
            ("digest", b"", "body_changed"),
            ("digest", bytes(33), "body_changed"),
            ("chain_hash", b"short", "row_changed"),
            ("chain_hash", None, "row_changed"),
            ("body", None, "body_changed"),
            ("version", None, "row_changed"),
            ("stream", None, "row_changed"),
            ("recorded_at", None, "row_changed"),
            ("effective_on", None, "row_changed"),
            ("causation", "somebody", "row_changed"),
            ("office", None, "row_changed"),
        ],
    )
    def test_a_row_that_no_program_of_ours_wrote_is_a_finding(self, column: str, value: Any, code: str) -> None:
        events = made(40, length=4)
        found, heard = walked([{**row, column: value} if row["position"] == 5 else row for row in events])
        assert (code, 5) in {(suspect.code, suspect.position) for suspect in found.suspects}
        assert {suspect.position for suspect in found.suspects} <= {5, *(n for n in range(6, 41) if same_stream(events, 5, n))}
        assert heard.tiles == [(40, 40)]

    def test_it_reads_the_columns_as_they_were(self) -> None:
        row = made(1)[0]
        assert rows.decoded(rows.fields(wire_of(row))) == row

    def test_what_is_kept_of_a_ledger_rewritten_whole_is_bounded(self) -> None:
        found, _ = walked([{**row, "actor": "x"} for row in made(1_500)])
        assert (len(found.suspects), found.more) == (rows.KEPT, 500)


def by_position(events: Sequence[dict[str, Any]], row: dict[str, Any]) -> int:
    """Where a row's predecessor stands."""
    return next(r["position"] for r in events if (r["stream"], r["version"]) == (row["stream"], row["version"] - 1))


def same_stream(events: Sequence[dict[str, Any]], one: int, other: int) -> bool:
    return events[one - 1]["stream"] == events[other - 1]["stream"]


class TestTrunk:
    CHAINS = tuple(merkle.leaf_hash(n.to_bytes(4)) for n in range(1000))

    def grown(self, sizes: Sequence[int], stored: dict[tuple[int, int], tuple[bytes, bytes]], sealed: int = 0) -> Trunk:
        trunk = Trunk(1, sizes, lambda level, n: stored.get((level, n)), sealed)
        for first in range(0, 1000, 256):
            chains = list(self.CHAINS[first : first + 256])
            trunk.tile(chains, first + len(chains))
        return trunk

    def leaves(self) -> list[bytes]:
        return [merkle.leaf_hash(chained) for chained in self.CHAINS]

    def root(self, size: int) -> bytes:
        tree = merkle.Frontier()
        tree.extend(self.leaves()[:size])
        return tree.root()

    def stored(self) -> dict[tuple[int, int], tuple[bytes, bytes]]:
        tiler = merkle.Tiler()
        return {(t.level, t.n): (t.hashes, t.root) for leaf in self.leaves() for t in tiler.add(leaf)}

    def test_roots_are_made_wherever_somebody_signed(self) -> None:
        sizes = [1, 2, 255, 256, 257, 511, 512, 513, 768, 999, 1000]
        trunk = self.grown(sizes, self.stored(), 1000)
        assert trunk.roots == {size: self.root(size) for size in sizes}
        assert merkle.fold(trunk.edge) == self.root(1000)
        assert (trunk.changed, trunk.upto) == ([], 1000)

    @pytest.mark.parametrize("leaf", [0, 255, 256, 700])
    def test_a_leaf_that_differs_from_its_tile_is_told_by_its_position(self, leaf: int) -> None:
        stored = self.stored()
        hashes, root = stored[0, leaf // 256]
        at = leaf % 256 * 32
        stored[0, leaf // 256] = (hashes[:at] + bytes(32) + hashes[at + 32 :], root)
        assert [position for position, _ in self.grown([], stored, 1000).changed] == [leaf + 1]

    def test_a_tile_must_be_there_once_a_checkpoint_covers_it(self) -> None:
        stored = self.stored()
        del stored[0, 1]
        assert self.grown([], stored, 511).changed == []
        assert [position for position, _ in self.grown([], stored, 512).changed] == [512]


class TestClaims:
    OLD, NEW = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
    ROTATED = datetime(2026, 6, 1, tzinfo=UTC)
    NAME = "yuanshou/00112233445566aa"

    def trusted(self) -> Trusted:
        old, new = (Vkey(self.NAME, key.public_key().public_bytes_raw()) for key in (self.OLD, self.NEW))
        return Trusted((Dated(old, self.ROTATED - timedelta(days=100)), Dated(new, self.ROTATED)))

    def judged(self, at: datetime, *keys: Ed25519PrivateKey, origin: str = NAME, size: int = 5, kept: int = 5) -> str | None:
        """The class of what is wrong with a checkpoint."""
        head = Checkpoint(f"{origin}/case", size, bytes(32), at)
        text = str(Note(head.text, tuple(note.sign(head.text, self.NAME, key) for key in keys)))
        verdict = judge(text, Kept("case", "anchor", "an anchor", kept), self.trusted())
        assert (verdict.claim is None) == (verdict.finding is not None)
        return verdict.finding.code if verdict.finding else None

    def test_the_key_in_force_signs(self) -> None:
        before, after = self.ROTATED - timedelta(seconds=1), self.ROTATED
        assert self.judged(before, self.OLD) is None
        assert self.judged(after, self.NEW) is None
        assert self.judged(after, self.OLD, self.NEW) is None
        assert self.judged(self.ROTATED - timedelta(days=200), self.OLD) is None

    def test_another_key_does_not(self) -> None:
        before, after = self.ROTATED - timedelta(seconds=1), self.ROTATED
        assert self.judged(before, self.NEW) == "wrong_key"
        assert self.judged(after, self.OLD) == "wrong_key"
        assert self.judged(after, Ed25519PrivateKey.generate()) == "unknown_key"

    def test_nor_for_another_origin_or_size(self) -> None:
        assert self.judged(self.ROTATED, self.NEW, origin="yuanshou/ffffffffffffffff") == "checkpoint_forged"
        assert self.judged(self.ROTATED, self.NEW, kept=6) == "checkpoint_forged"

    def test_without_any_public_key_nothing_can_be_said(self) -> None:
        with pytest.raises(Trouble, match="no public key"):
            judge("", Kept("case", "anchor", "an anchor"), Trusted())

    def test_claims_of_one_size_with_two_roots_clash(self) -> None:
        now = self.ROTATED
        one, same, other = (Claim(5, bytes([n]) * 32, now, "anchor", str(n)) for n in (1, 1, 2))
        assert clashing([one, same, other, Claim(6, bytes(32), now, "anchor", "")]) == [(one, other)]

    def test_anchors_are_found_by_their_size(self, tmp_path: Path) -> None:
        folder = tmp_path / "case"
        (folder / "again").mkdir(parents=True)
        for size in (5, 12, 300):
            (folder / f"{size:020d}.note").write_text("")
        (folder / "again" / f"{12:020d}-20260131T080000000000Z.note").write_text("")
        (folder / "notes.txt").write_text("")
        (folder / f"{'9' * 20}.note").write_text("")
        anchors = Anchors(tmp_path, "case")
        assert anchors.between(1, 299) == (
            "00000000000000000005.note", "00000000000000000012.note", "again/00000000000000000012-20260131T080000000000Z.note",
        )  # fmt: skip
        assert anchors.between(300, 300) == ("00000000000000000300.note",)
        assert Anchors(tmp_path, "access").between(1, 300) == ()


class TestFindings:
    def test_the_nearest_good_checkpoint_lies_before_the_position(self) -> None:
        good = [10, 20, 30]
        for position, nearest in ((5, None), (10, None), (11, 10), (31, 30), (None, None)):
            assert placed(Finding("row_changed", "", "case", position), good).nearest_good == nearest

    def test_no_code_is_both_tampering_and_worth_a_note(self) -> None:
        assert not CLASSES.keys() & NOTES.keys()


class TestCanonical:
    @pytest.mark.parametrize("body", [b"{}", b'{"a":1,"b":[true,null,"\xe5\xad\x97"]}', b'{"a":{"b":{}}}'])
    def test_what_is_canonical_is_read(self, body: bytes) -> None:
        assert isinstance(parsed(body), dict)

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b" {}", b'{"b":1,"a":1}', b'{"a":1,"a":1}', b'{"a":1.0}', b'{"a":Infinity}', b'{"a":"\\/"}', b"[" * 100_000, b"\xff"],
    )
    def test_anything_else_is_not(self, body: bytes) -> None:
        with pytest.raises(NotCanonical):
            parsed(body)


class TestDocument:
    def test_the_page_names_every_class_and_note_in_the_same_words(self) -> None:
        page = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
        assert all(f"| `{code}` | {words} |" in page for code, words in CLASSES.items())
        assert all(f"`{code}`, {words}" in page for code, words in NOTES.items())

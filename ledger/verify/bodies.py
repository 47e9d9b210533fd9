"""What costs more than hashing: whether bodies are canonical JSON, and whether personal values open at their place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import psycopg
import rfc8785

from ledger.keys import KeyFault, KeyRing, Keys
from ledger.personal import Erased, SealFault, subjects_in, unseal_json, unwrap
from ledger.verify.claims import Trouble
from ledger.verify.findings import Finding
from ledger.verify.rows import COLUMNS, KEPT, Raw
from ledger.verify.said import Said, said

type Asked = psycopg.Connection[tuple[Any, ...]]

_STREAM, _BODY = COLUMNS.index("stream"), COLUMNS.index("body")
_TOGETHER = 500
"""Bodies whose subjects' keys are loaded in one statement."""
_LOAD = "SELECT subject_id::text, master_key, wrapped, shredded_at FROM subject_keys WHERE subject_id::text = ANY(%s)"


class NotCanonical(ValueError):  # noqa: N818 -- a verdict
    """The bytes are no canonical body; says why."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def parsed(body: bytes) -> dict[str, Any]:
    """The object that a canonical body says. Raises `NotCanonical`."""

    def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise NotCanonical(said("member_twice"))
        return found

    def no_float(text: str) -> None:
        raise NotCanonical(said("no_integer", number=text[:40]))

    try:
        found = json.loads(body, object_pairs_hook=no_twins, parse_float=no_float, parse_constant=no_float)
        plain = rfc8785.dumps(found)
    except NotCanonical:
        raise
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as fault:
        raise NotCanonical(said("no_json", fault=type(fault).__name__)) from fault
    if not isinstance(found, dict):
        raise NotCanonical(said("no_object"))
    if plain != body:
        raise NotCanonical(said("other_spelling"))
    return cast("dict[str, Any]", found)


def master_keys(folder: Path) -> Keys:
    """The master keys of a key ring that is there: nothing is made. Raises `Trouble`."""
    try:
        if not (folder / "master").is_file():
            raise Trouble(f"{folder} holds no master key: personal values cannot be opened without the key files of this database")
        return KeyRing.open(folder).master
    except (KeyFault, OSError) as fault:
        raise Trouble(f"the key files in {folder} cannot be read: {fault}") from fault


class Bodies:
    """Looks at the bodies of one piece, one after the other; it holds a few hundred of them at most.

    With `master`, personal values are opened. Raises `Trouble` where a master key that wraps somebody's key is not held.
    """

    def __init__(self, ledger: str, asked: Asked, master: Keys | None, *, canonical: bool) -> None:
        self._ledger, self._asked, self._master, self._canonical = ledger, asked, master, canonical
        self._waiting: list[tuple[int, str, dict[str, Any]]] = []
        self.findings: list[Finding] = []

    def look(self, raw: Raw, position: int) -> None:
        body: bytes = raw[_BODY]
        if not self._canonical and b'"box"' not in body:
            return
        try:
            told = parsed(body)
        except NotCanonical as fault:
            self._found("not_canonical", fault.why, position)
            return
        if self._master is not None and b'"box"' in body:
            self._waiting.append((position, raw[_STREAM].decode(), told))
            if len(self._waiting) >= _TOGETHER:
                self.finish()

    def finish(self) -> None:
        """Open what still waits for its keys."""
        if self._master is None or not self._waiting:
            return
        keys, wrong = opened_keys(self._asked, self._master, set[str]().union(*(subjects_in(told) for _, _, told in self._waiting)))
        for position, stream, told in self._waiting:
            subjects = subjects_in(told)
            if subjects & wrong.keys():
                continue  # the key itself does not open: found where the keys are looked at
            if unknown := subjects - keys.keys():
                self._found("cipher_moved", said("sealed_for_nobody", subject=min(unknown)), position)
                continue
            try:
                unseal_json(told, keys, stream, ledger=self._ledger)
            except SealFault as fault:
                self._found("cipher_moved", said("value_shut", why=str(fault)), position)
        self._waiting.clear()

    def _found(self, code: str, why: Said, position: int) -> None:
        if len(self.findings) < KEPT:
            self.findings.append(Finding(code, why, self._ledger, position))


def opened_keys(asked: Asked, master: Keys, subjects: set[str]) -> tuple[dict[str, bytes | Erased], dict[str, str]]:
    """The data keys of some subjects, and those whose wrapped key does not open, with why.

    Raises `Trouble` for a master key that is not held.
    """
    keys: dict[str, bytes | Erased] = {}
    wrong: dict[str, str] = {}
    for subject, master_id, wrapped, shredded_at in asked.execute(_LOAD, [sorted(subjects)]).fetchall():
        try:
            keys[subject] = Erased(shredded_at) if wrapped is None else unwrap(master, master_id, UUID(subject), bytes(wrapped))
        except KeyFault as fault:
            raise Trouble(f"{fault}: put this database's key files back to open personal values") from fault
        except SealFault as fault:
            wrong[subject] = str(fault)
    return keys, wrong

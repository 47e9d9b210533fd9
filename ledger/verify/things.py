"""What the ledger speaks of and does not hold: evidence files, and the keys of people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.keys import Keys
from ledger.personal import Erased
from ledger.verify.bodies import NotCanonical, opened_keys, parsed
from ledger.verify.claims import Trouble
from ledger.verify.findings import Finding
from ledger.verify.piece import Reader
from ledger.verify.said import said

_NONCE = 12
_LINE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_WHOLE = 36 + 1 + 27
"""Characters of a whole line of the list of erased people."""
_PAGE = 500
_ATTACHED = (
    "SELECT position, stream, body FROM events WHERE ledger = 'case' AND type = 'document_attached' AND position > %s"
    " ORDER BY position LIMIT %s"
)
_KEPT = "SELECT document_id::text, 'case/' || case_id, digest, size FROM files WHERE document_id::text = ANY(%s)"
_FILES = "SELECT document_id::text FROM files WHERE document_id::text > %s ORDER BY document_id::text LIMIT %s"
_FILE = (
    "SELECT f.case_id::text, f.digest, f.size, f.content, c.snapshot -> 'parties' -> 0 ->> 'subject_id'"
    " FROM files f LEFT JOIN cases c ON c.case_id = f.case_id WHERE f.document_id = %s::uuid"
)
_BACK = "SELECT subject_id::text FROM subject_keys WHERE subject_id::text = ANY(%s) AND wrapped IS NOT NULL ORDER BY 1"
_STATED = "SELECT subject_id::text FROM subject_keys WHERE state = 'shredded' AND wrapped IS NOT NULL ORDER BY 1"
_SHREDDED = (
    "SELECT position, split_part(stream, '/', 2) FROM events WHERE ledger = 'case' AND type = 'person_shredded' AND position > %s"
    " ORDER BY position LIMIT %s"
)
_SUBJECTS = "SELECT subject_id::text FROM subject_keys WHERE subject_id::text > %s ORDER BY subject_id::text LIMIT %s"


def files(reader: Reader, master: Keys | None) -> Iterator[Finding]:
    """Evidence files against what the ledger recorded of them, and every file's content against its own digest.

    Content can be looked at with the master keys only; the digest of a paper the centre issued stands in no event.
    """
    after = 0
    while page := reader.ask(_ATTACHED, after, _PAGE):
        after = page[-1][0]
        yield from _attached(reader, page)
    last = ""
    while master is not None and (page := reader.ask(_FILES, last, _PAGE)):
        last = page[-1][0]
        for (document,) in page:
            yield from _content(reader, master, document)


def _attached(reader: Reader, page: list[tuple[Any, ...]]) -> Iterator[Finding]:
    attached: dict[str, tuple[int, str, dict[str, Any]]] = {}
    for position, stream, body in page:
        try:
            told = parsed(bytes(body))
        except NotCanonical as fault:
            yield Finding("not_canonical", fault.why, "case", position)
            continue
        attached[str(told.get("document_id"))] = position, stream, told
    kept = {document: (stream, digest, size) for document, stream, digest, size in reader.ask(_KEPT, list(attached))}
    for document, (position, stream, told) in attached.items():
        place = f"file {document} of {stream}"
        if document not in kept:
            yield Finding("file_missing", said("file_missing", file=document, stream=stream), "case", position, place)
        elif kept[document] != (stream, told.get("digest"), told.get("size")):
            yield Finding("file_changed", said("file_recorded_otherwise", file=document, stream=stream), "case", position, place)


def _content(reader: Reader, master: Keys, document: str) -> Iterator[Finding]:
    [(case_id, digest, size, box, subject)] = reader.ask(_FILE, document)
    place = f"file {document} of case/{case_id}"
    keys, wrong = opened_keys(reader.asked, master, {subject} if subject else set())
    key = keys.get(subject or "")
    if isinstance(key, Erased) or subject in wrong:
        return  # nothing opens any more, or the key itself is found wrong where keys are looked at
    if key is None:
        yield Finding("file_changed", said("file_without_key", file=document, stream=f"case/{case_id}"), place=place)
        return
    box = bytes(box)
    try:
        content = AESGCM(key).decrypt(box[:_NONCE], box[_NONCE:], f"yuanshou-file-v1\0case/{case_id}\0{document}".encode())
    except (InvalidTag, ValueError):
        yield Finding("file_changed", said("file_shut", file=document, stream=f"case/{case_id}"), place=place)
        return
    if (sha256(content).hexdigest(), len(content)) != (digest, size):
        yield Finding("file_changed", said("file_other_content", file=document, stream=f"case/{case_id}"), place=place)


def keys_back(reader: Reader, listed: Path) -> Iterator[Finding]:
    """Keys of people who were erased, by the list outside the database or by the ledger, that are there again.

    Raises `Trouble` where the list cannot be read.
    """
    found: dict[str, Finding] = {}

    def back(query: str, subjects: list[str], why: str, position: int | None = None) -> None:
        for (subject,) in reader.ask(cast("Any", query), *([subjects] if subjects else [])):
            found.setdefault(subject, Finding("key_back", said(why), "case", position, f"person {subject}"))

    back(_STATED, [], "erased_by_mark")
    for subjects in _pages(listed):
        back(_BACK, subjects, "erased_by_list")
    after = 0
    while page := reader.ask(_SHREDDED, after, _PAGE):
        after = page[-1][0]
        for position, subject in page:
            back(_BACK, [subject], "erased_by_ledger", position)
    yield from found.values()


def _pages(listed: Path) -> Iterator[list[str]]:
    """Subject ids of the list of erased people, some at a time; none where there is no list.

    A line is `<subject id> <RFC 3339>`; what a crash left of one was never acted upon and is passed over.
    """
    page: list[str] = []
    try:
        with listed.open(encoding="ascii") as lines:
            for n, line in enumerate(lines, start=1):
                whole = _LINE.fullmatch(line.rstrip("\n"))
                if whole:
                    page.append(whole[1])
                elif len(line) > _WHOLE:
                    raise Trouble(f"line {n} of the list of erased people {listed} is none of ours: put the file back from its copy")
                if len(page) == _PAGE:
                    yield page
                    page = []
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as fault:
        raise Trouble(f"the list of erased people {listed} cannot be read: {fault}") from fault
    if page:
        yield page


def keys_changed(reader: Reader, master: Keys) -> Iterator[Finding]:
    """Wrapped keys that do not open as their person's. Raises `Trouble` for a master key that is not held."""
    last = ""
    while page := reader.ask(_SUBJECTS, last, _PAGE):
        last = page[-1][0]
        _, wrong = opened_keys(reader.asked, master, {subject for (subject,) in page})
        for subject, why in sorted(wrong.items()):
            yield Finding("key_changed", said("key_shut", subject=subject, why=why), place=f"person {subject}")

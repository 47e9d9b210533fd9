"""Personal data at rest: every person has a data key; what is personal is sealed under it before it is stored anywhere.

AES-256-GCM with a fresh nonce of 12 bytes. The associated data binds a sealed value to its ledger, stream and field, so that
cipher text moved elsewhere does not open; a data key is wrapped by a master key and bound to its subject. Destroying the
wrapped key erases the person from every copy while digests and chains stay valid.
"""

import base64
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel

from domain.values import Party, Personal, Sealed, map_personal
from ledger.keys import Keys
from ledger.schema import subject_keys
from ledger.sql import Connection, Statement

LEDGER = "case"
_NONCE = 12
_VALUE = "yuanshou-value-v1"
_WRAP = "yuanshou-subject-key-v1"
_OWN = "yuanshou-secret-v1"


class SealFault(Exception):  # noqa: N818 -- a fault of the data or of the caller, never an answer
    """A value does not open under its subject's key at this place, or there is no key to seal it under."""


@dataclass(frozen=True, slots=True)
class Erased:
    """Stands where a subject's key was: shredded at that moment."""

    at: datetime


type SubjectKeys = Mapping[str, bytes | Erased]
"""Data keys by subject id (canonical text of the UUID)."""


def _bound(*parts: str) -> bytes:
    """The parts as associated data: each with its length before it, so that no two lists of parts look the same."""
    encoded = (part.encode() for part in parts)
    return b"".join(len(part).to_bytes(8) + part for part in encoded)


def _encrypt(key: bytes, text: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text, bound)


def _decrypt(key: bytes, box: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(box[:_NONCE], box[_NONCE:], bound)
    except (InvalidTag, ValueError) as fault:
        raise SealFault("the value does not open under this key at this place") from fault


def seal(key: bytes, subject: UUID, stream: str, field: str, text: str, *, ledger: str = LEDGER) -> Sealed:
    """Encrypt one text for one place. Two seals of the same text never look alike."""
    box = _encrypt(key, text.encode(), _bound(_VALUE, ledger, stream, field))
    return Sealed(subject=subject, box=base64.urlsafe_b64encode(box).decode())


def open_sealed(key: bytes, sealed: Sealed, stream: str, field: str, *, ledger: str = LEDGER) -> str:
    """The text. Raises `SealFault` for another key, stream, field or ledger, or a changed byte."""
    try:
        box = base64.b64decode(sealed.box, altchars=b"-_", validate=True)
    except ValueError as fault:
        raise SealFault("the box is no base64url") from fault
    return _decrypt(key, box, _bound(_VALUE, ledger, stream, field)).decode()


def wrap(master: Keys, subject: UUID, key: bytes) -> bytes:
    """A data key under the current master key."""
    return _encrypt(master.key(), key, _bound(_WRAP, str(subject)))


def unwrap(master: Keys, master_id: str, subject: UUID, wrapped: bytes) -> bytes:
    """Raises `SealFault` when the wrapped key was changed or is another subject's, `KeyFault` for an unknown master key."""
    return _decrypt(master.key(master_id), wrapped, _bound(_WRAP, str(subject)))


def wrap_secret(master: Keys, place: str, secret: bytes) -> bytes:
    """A secret of the product's own (of a second factor, of a sign-in under way) under the current master key, bound to its place."""
    return master.current.encode() + b"\0" + _encrypt(master.key(), secret, _bound(_OWN, place))


def unwrap_secret(master: Keys, place: str, box: bytes) -> bytes:
    """Raises `SealFault` when the box was changed or belongs elsewhere, `KeyFault` where its master key is not held."""
    key_id, _, sealed = box.partition(b"\0")
    return _decrypt(master.key(key_id.decode("ascii", "replace")), sealed, _bound(_OWN, place))


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals whole commands and events for one stream: a party's own fields under its key, other text under the applicant's."""

    keys: SubjectKeys
    stream: str
    applicant: UUID | None
    ledger: str = LEDGER

    def seal[M: BaseModel](self, model: M) -> M:
        """The same value with every personal leaf sealed; what is sealed already stays.

        Raises `SealFault` when a party has no subject, or a subject no live key.
        """
        return map_personal(model, self._leaf)

    def _leaf(self, party: Party | None, field: str, mark: Personal, value: str | date | Sealed) -> Sealed:
        if isinstance(value, Sealed):
            return value
        subject = party.subject_id if mark.own and party is not None else self.applicant
        if subject is None:
            raise SealFault(f"{field} belongs to nobody who has a key")
        key = self.keys.get(str(subject))
        if not isinstance(key, bytes):
            raise SealFault(f"the subject of {field} has no live key")
        text = value.isoformat() if isinstance(value, date) else value
        return seal(key, subject, self.stream, field, text, ledger=self.ledger)


def parties_of(model: BaseModel) -> Iterator[Party]:
    """Every party in a command or event, in the order of its fields."""
    if isinstance(model, Party):
        yield model
    for name in type(model).model_fields:
        for value in _items(getattr(model, name)):
            if isinstance(value, BaseModel):
                yield from parties_of(value)


def _items(value: object) -> Iterable[object]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


def with_subjects[M: BaseModel](model: M, new_id: Callable[[], UUID]) -> M:
    """The same command with a subject id for every party that has none yet."""

    def walk(value: object) -> object:
        if isinstance(value, tuple):
            return tuple(walk(item) for item in cast("tuple[object, ...]", value))
        return with_subjects(value, new_id) if isinstance(value, BaseModel) else value

    changes: dict[str, object] = {name: walk(getattr(model, name)) for name in type(model).model_fields}
    if isinstance(model, Party) and model.subject_id is None:
        changes["subject_id"] = new_id()
    return model.model_copy(update={name: value for name, value in changes.items() if value is not getattr(model, name)})


def sealed_in(data: object) -> Counter[str]:
    """How many sealed values there are in JSON, by subject id."""
    found = Counter[str]()
    _count_sealed(data, found)
    return found


def _count_sealed(data: object, found: Counter[str]) -> None:
    if isinstance(data, dict):
        fields = cast("dict[str, object]", data)
        if _is_sealed(fields):
            found[str(fields["subject"])] += 1
            return
        for value in fields.values():
            _count_sealed(value, found)
    elif isinstance(data, list):
        for item in cast("list[object]", data):
            _count_sealed(item, found)


def subjects_in(data: object) -> set[str]:
    """Subject ids of every sealed value in JSON, to load their keys in one go."""
    return set(sealed_in(data))


def _is_sealed(data: Mapping[str, object]) -> bool:
    return len(data) == 2 and "subject" in data and "box" in data


def _sealed_for(fields: Mapping[str, object], name: str) -> str:
    """The field a member was sealed for: its own name, or the one a correction's pointer (`field`, `path`) ends with."""
    pointer = fields.get("field", fields.get("path")) if name == "value" else None
    if not isinstance(pointer, str):
        return name
    return next((step for step in reversed(pointer.split("/")) if step and not step.isdecimal()), name)


def unseal_json(data: Any, keys: SubjectKeys, stream: str, field: str = "", *, ledger: str = LEDGER) -> Any:
    """JSON for display: each `{"subject", "box"}` becomes its text, or `{"erased": true, "at": …}` once its key is shredded.

    The field a value was sealed for is the nearest key above it (items of a list inherit the list's). `field` names that
    of a value that stands alone. Raises `SealFault` for a value that does not open or whose key was not given.
    """
    if isinstance(data, list):
        return [unseal_json(item, keys, stream, field, ledger=ledger) for item in cast("list[Any]", data)]
    if not isinstance(data, dict):
        return data
    fields = cast("dict[str, Any]", data)
    if not _is_sealed(fields):
        return {name: unseal_json(value, keys, stream, _sealed_for(fields, name), ledger=ledger) for name, value in fields.items()}
    key = keys.get(str(fields["subject"]))
    if key is None:
        raise SealFault(f"no key was given for the subject of {field}")
    if isinstance(key, Erased):
        return {"erased": True, "at": key.at.isoformat()}
    return open_sealed(key, Sealed.model_validate(fields), stream, field, ledger=ledger)


def unsealed[M: BaseModel](model: M, keys: SubjectKeys, stream: str, *, ledger: str = LEDGER) -> M:
    """The same value with every sealed leaf opened, to be sealed again elsewhere; what is erased stays as it is.

    Days come out as texts. Raises `SealFault` for a value that does not open or whose key was not given.
    """

    def leaf(party: Party | None, field: str, mark: Personal, value: Any) -> Any:
        del party, mark
        if not isinstance(value, Sealed):
            return value
        key = keys.get(str(value.subject))
        if key is None:
            raise SealFault(f"no key was given for the subject of {field}")
        return value if isinstance(key, Erased) else open_sealed(key, value, stream, field, ledger=ledger)

    return map_personal(model, leaf)


_INSERT = Statement(
    sa.insert(subject_keys).values({c: sa.bindparam(c, type_=subject_keys.c[c].type) for c in ("subject_id", "master_key", "wrapped")})
)
_LOAD = Statement(
    sa.select(subject_keys.c.subject_id, subject_keys.c.master_key, subject_keys.c.wrapped, subject_keys.c.shredded_at).where(
        subject_keys.c.subject_id == sa.any_(sa.bindparam("ids", type_=sa.ARRAY(subject_keys.c.subject_id.type)))
    )
)


async def new_subject_key(conn: Connection, master: Keys, subject: UUID) -> bytes:
    """Mint and store a person's data key. Raises `psycopg.errors.UniqueViolation` when the subject has or had one."""
    key = os.urandom(32)
    await _INSERT.run(conn, subject_id=str(subject), master_key=master.current, wrapped=wrap(master, subject, key))
    return key


async def load_keys(conn: Connection, master: Keys, subjects: Iterable[str]) -> dict[str, bytes | Erased]:
    """The data keys of some subjects in one statement; a subject that never had a key is left out.

    They are for one request: nothing keeps them longer, so a shredded key is gone with the next request.
    Raises `SealFault` for a wrapped key that was tampered with, `KeyFault` for an unknown master key.
    """
    wanted = sorted(set(subjects))
    if not wanted:
        return {}
    rows = await (await _LOAD.run(conn, ids=wanted)).fetchall()
    return {
        str(row["subject_id"]): Erased(row["shredded_at"])
        if row["wrapped"] is None
        else unwrap(master, row["master_key"], UUID(str(row["subject_id"])), bytes(row["wrapped"]))
        for row in rows
    }

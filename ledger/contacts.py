"""How people want to be told, and the programs and bots of offices: addresses and keys encrypted under a master key."""

import json
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_bytes
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from domain.notices import Wishes
from ledger.keys import Keys
from ledger.personal import unwrap_secret, wrap_secret
from ledger.schema import contacts, endpoints
from ledger.sql import Connection, Row, Statement, fetch_all

_OF = Statement(sa.select(contacts).where(contacts.c.person == sa.any_(sa.bindparam("people", type_=sa.ARRAY(sa.Text)))))
_values: dict[str, Any] = {name: sa.bindparam(name, type_=contacts.c[name].type) for name in ("person", "wishes")}
_WISH = Statement(
    insert(contacts)
    .values(_values)
    .on_conflict_do_update(index_elements=["person"], set_={"wishes": _values["wishes"], "changed_at": sa.func.clock_timestamp()})
)
_ACTIVE = Statement(sa.select(endpoints).where(endpoints.c.active, endpoints.c.removed_at.is_(None)))
_BY_ID = Statement(sa.select(endpoints).where(endpoints.c.endpoint_id == sa.bindparam("id"), endpoints.c.removed_at.is_(None)))
_MAKE = Statement(
    insert(endpoints).values(
        {
            name: sa.bindparam(name, type_=endpoints.c[name].type)
            for name in ("endpoint_id", "channel", "office", "label", "address", "secrets", "kinds", "made_by")
        }
    )
)
_KEYS = Statement(
    sa.update(endpoints)
    .where(endpoints.c.endpoint_id == sa.bindparam("id"), endpoints.c.removed_at.is_(None))
    .values(secrets=sa.bindparam("sealed", type_=sa.LargeBinary))
)
_SWITCH = Statement(
    sa.update(endpoints)
    .where(endpoints.c.endpoint_id == sa.bindparam("id"), endpoints.c.removed_at.is_(None))
    .values(active=sa.bindparam("on", type_=sa.Boolean))
    .returning(endpoints.c.endpoint_id)
)
_REMOVE = Statement(
    sa.update(endpoints)
    .where(endpoints.c.endpoint_id == sa.bindparam("id"), endpoints.c.removed_at.is_(None))
    .values(active=False, removed_at=sa.func.clock_timestamp())
    .returning(endpoints.c.endpoint_id)
)
KEPT_KEYS = 2
"""Signing keys of a webhook in use at once: after a rotation receivers may check by either."""

type EndpointChannel = Literal["webhook", "bot"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A program or bot with what is needed to reach it."""

    endpoint_id: str
    channel: EndpointChannel
    office: str
    kinds: frozenset[str]
    address: str
    secrets: tuple[str, ...]


def _person(person: str) -> str:
    return f"contacts/{person}"


def _endpoint(endpoint_id: str) -> str:
    return f"endpoints/{endpoint_id}"


async def wishes_of(conn: Connection, people: Collection[str], master: Keys) -> dict[str, Wishes]:
    """The wishes of those who said any."""
    rows = await (await _OF.run(conn, people=sorted(people))).fetchall()
    return {row["person"]: Wishes.model_validate_json(unwrap_secret(master, _person(row["person"]), bytes(row["wishes"]))) for row in rows}


async def wish(conn: Connection, person: str, wishes: Wishes, master: Keys) -> None:
    await _WISH.run(conn, person=person, wishes=wrap_secret(master, _person(person), wishes.model_dump_json().encode()))


def new_secret() -> str:
    """A signing key as receivers take it (Standard Webhooks)."""
    return f"whsec_{b64encode(token_bytes(32)).decode()}"


async def make(  # noqa: PLR0917 -- what an endpoint is
    conn: Connection, endpoint_id: str, channel: EndpointChannel, office: str, label: str, address: str, kinds: Sequence[str], by: str,
    master: Keys,
) -> str | None:  # fmt: skip
    """Enter a program or bot; the signing key of a webhook, which is told this once."""
    secret = new_secret() if channel == "webhook" else None
    await _MAKE.run(
        conn, endpoint_id=endpoint_id, channel=channel, office=office, label=label, kinds=list(kinds), made_by=by,
        address=wrap_secret(master, _endpoint(endpoint_id), address.encode()),
        secrets=_sealed(endpoint_id, (secret,), master) if secret else None,
    )  # fmt: skip
    return secret


def _sealed(endpoint_id: str, secrets: Sequence[str], master: Keys) -> bytes:
    return wrap_secret(master, _endpoint(endpoint_id), json.dumps(list(secrets)).encode())


def opened(row: Row, master: Keys) -> Endpoint:
    """An endpoint's row with its address and keys in the clear."""
    place = _endpoint(str(row["endpoint_id"]))
    secrets = json.loads(unwrap_secret(master, place, bytes(row["secrets"]))) if row["secrets"] else ()
    return Endpoint(
        str(row["endpoint_id"]), row["channel"], row["office"], frozenset(row["kinds"]),
        unwrap_secret(master, place, bytes(row["address"])).decode(), tuple(secrets),
    )  # fmt: skip


async def active(conn: Connection) -> list[Row]:
    return await (await _ACTIVE.run(conn)).fetchall()


async def row_of(conn: Connection, endpoint_id: str) -> Row | None:
    return await (await _BY_ID.run(conn, id=endpoint_id)).fetchone()


async def listed(conn: Connection) -> list[Row]:
    return await fetch_all(conn, sa.select(endpoints).where(endpoints.c.removed_at.is_(None)).order_by(endpoints.c.created_at))


async def rotate(conn: Connection, row: Row, master: Keys) -> str:
    """A new signing key for a webhook; the one before it is used beside it until the next rotation."""
    fresh = new_secret()
    known = opened(row, master).secrets
    await _KEYS.run(conn, id=row["endpoint_id"], sealed=_sealed(str(row["endpoint_id"]), (fresh, *known)[:KEPT_KEYS], master))
    return fresh


async def switch(conn: Connection, endpoint_id: str, *, on: bool) -> bool:
    """Let an endpoint be told, or pause it; whether there is such a one."""
    return await (await _SWITCH.run(conn, id=endpoint_id, on=on)).fetchone() is not None


async def remove(conn: Connection, endpoint_id: str) -> bool:
    return await (await _REMOVE.run(conn, id=endpoint_id)).fetchone() is not None


def shown(row: Row) -> Mapping[str, Any]:
    """What may be told of an endpoint: not its keys."""
    return {
        "endpoint_id": str(row["endpoint_id"]), "channel": row["channel"], "office": row["office"], "label": row["label"],
        "kinds": list(row["kinds"]), "active": row["active"], "made_by": row["made_by"],
    }  # fmt: skip

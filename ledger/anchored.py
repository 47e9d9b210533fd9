"""What was anchored where and when, and how old that is: for the sealing itself, for alarms, and for whoever verifies."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from uuid_utils.compat import uuid7

from ledger.note import Checkpoint, Note
from ledger.schema import anchors, checkpoints, events
from ledger.sql import Connection, Row, Statement

_INSERT = Statement(
    sa.insert(anchors).values(
        {name: sa.bindparam(name, type_=anchors.c[name].type) for name in ("anchor_id", "ledger", "size", "kind", "place", "receipt")}
    )
)
_LAST = Statement(
    sa.select(anchors)
    .ext(pg.distinct_on(anchors.c.ledger))
    .where(anchors.c.kind == sa.bindparam("kind"), anchors.c.place == sa.bindparam("place"))
    .order_by(anchors.c.ledger, anchors.c.anchored_at.desc())
)
_AFTER = Statement(
    sa.select(checkpoints)
    .where(checkpoints.c.ledger == sa.bindparam("ledger"), checkpoints.c.size > sa.bindparam("after", type_=sa.BigInteger))
    .order_by(checkpoints.c.size)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_SEALED = (
    sa.select(
        checkpoints.c.ledger,
        sa.func.max(checkpoints.c.size).label("size"),
        sa.func.min(checkpoints.c.signed_at).label("first_at"),
    )
    .group_by(checkpoints.c.ledger)
    .subquery("sealed")
)
_BEGUN = (
    sa.select(events.c.ledger, sa.func.max(events.c.position).label("position"))
    .where(events.c.ledger == sa.any_(sa.bindparam("ledgers", type_=sa.ARRAY(sa.Text))))
    .group_by(events.c.ledger)
    .subquery("begun")
)
_OUTSIDE = (
    sa.select(anchors.c.ledger, sa.func.max(anchors.c.anchored_at).label("at"))
    .where(anchors.c.kind == sa.any_(sa.bindparam("kinds", type_=sa.ARRAY(sa.Text))))
    .group_by(anchors.c.ledger)
    .subquery("outside")
)
AGES = Statement(
    sa.select(
        _BEGUN.c.ledger,
        _BEGUN.c.position,
        sa.func.coalesce(_SEALED.c.size, 0).label("size"),
        sa.select(events.c.recorded_at)
        .where(events.c.ledger == _BEGUN.c.ledger, events.c.position == sa.func.coalesce(_SEALED.c.size, 0) + 1)
        .scalar_subquery()
        .label("waiting_since"),
        sa.func.coalesce(_OUTSIDE.c.at, _SEALED.c.first_at).label("anchored_at"),
        sa.func.clock_timestamp().label("now"),
    )
    .select_from(_BEGUN.outerjoin(_SEALED, _SEALED.c.ledger == _BEGUN.c.ledger).outerjoin(_OUTSIDE, _OUTSIDE.c.ledger == _BEGUN.c.ledger))
    .order_by(_BEGUN.c.ledger)
)
"""Of each ledger that has events; `kinds` are those of the anchors outside. Also run by `yuanshou doctor`, which is not asynchronous."""


@dataclass(frozen=True, slots=True)
class Age:
    """How a ledger stands: `waiting`, how long its first event without a checkpoint has been there (None: all are under one); `anchored`,
    how long ago a checkpoint was put outside, or the first one signed where none ever was (None: there is no checkpoint).
    """

    ledger: str
    position: int
    size: int
    waiting: timedelta | None
    anchored: timedelta | None

    @classmethod
    def of(cls, row: Row) -> "Age":
        def since(moment: datetime | None) -> timedelta | None:
            return None if moment is None else max(row["now"] - moment, timedelta(0))

        return cls(row["ledger"], row["position"], row["size"], since(row["waiting_since"]), since(row["anchored_at"]))


async def ages(conn: Connection, ledgers: tuple[str, ...], kinds: list[str]) -> list[Age]:
    return [Age.of(row) for row in await (await AGES.run(conn, ledgers=list(ledgers), kinds=kinds)).fetchall()]


async def last(conn: Connection, kind: str, place: str) -> dict[str, Row]:
    """By ledger the row of what was put last at that place."""
    return {row["ledger"]: row for row in await (await _LAST.run(conn, kind=kind, place=place)).fetchall()}


async def stored_after(conn: Connection, ledger: str, size: int, most: int) -> list[Note]:
    """The notes of stored checkpoints greater than that size, smallest first."""
    return [Note.parse(row["note"]) for row in await (await _AFTER.run(conn, ledger=ledger, after=size, most=most)).fetchall()]


async def put_down(conn: Connection, kind: str, place: str, ledger: str, receipt: Note) -> None:
    """Record that a ledger's checkpoint was put somewhere."""
    size = Checkpoint.parse(receipt.text).size
    await _INSERT.run(conn, anchor_id=str(uuid7()), ledger=ledger, size=size, kind=kind, place=place, receipt=str(receipt))

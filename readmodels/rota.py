"""An office's rota out of the ledger, and who is on duty at a moment."""

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from domain.rota import Rota, RotaKind, RotaPublished, folded, local
from ledger import registers
from ledger.events import OF_CASES
from ledger.schema import events
from ledger.sql import Connection, Statement

ZONE = ZoneInfo("Asia/Shanghai")


async def rota_of(conn: Connection, office: str) -> Rota:
    """The rota as it stands; empty where none was ever published."""
    return folded(office, [r.event for r in await registers.history(conn, f"rota/{office}")])


async def rota_on(conn: Connection, office: str, moment: datetime, rota: RotaKind = "duty") -> tuple[str, ...]:
    """Codes of the people on duty at the office at a moment (aware), in the order their shifts began; empty where nobody is."""
    held = (await rota_of(conn, office)).on(local(moment, ZONE))
    return tuple(shift.person for kind, shift in held if kind == rota)


_PUBLISHED = Statement(sa.select(events.c.stream).where(OF_CASES, events.c.type == RotaPublished.type).distinct().order_by(events.c.stream))


async def offices_with_rota(conn: Connection) -> list[str]:
    """Codes of the offices that ever published one."""
    return [str(row["stream"]).removeprefix("rota/") for row in await (await _PUBLISHED.run(conn)).fetchall()]

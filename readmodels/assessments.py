"""The assessments of hardship that stand in their cases, read from the ledger page by page in constant memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from domain.access import Scope
from domain.stages.decision import HardshipAssessed
from ledger.events import OF_CASES, Recorded, recorded
from ledger.schema import case_list, cases, events
from ledger.sql import Connection, Row, fetch_all
from readmodels.scope import within

_PAGE = 200
"""Assessments read at a time."""
_STREAM = sa.func.concat("case/", sa.cast(case_list.c.case_id, sa.Text))


@dataclass(frozen=True, slots=True)
class AssessmentQuery:
    """Which assessments: `from_on` and `to_on` bound the legal day, `from_at` and `to_at` the moment recorded (the second excluded).

    `after` is the ledger position to go on after; `pledged` leaves those that rest on an integrity pledge.
    """

    centre: str | None = None
    from_on: date | None = None
    to_on: date | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    after: int = 0
    pledged: bool = False


class Standing(NamedTuple):
    """An assessment that still counts for somebody of its case, and the case's row of the list."""

    recorded: Recorded
    event: HardshipAssessed
    row: Row
    statuses: tuple[str, ...]
    """Of those it counts for: undecided, granted, refused, …"""
    verifications: tuple[dict[str, Any], ...]
    """Of the case, asked for after it."""

    @property
    def centre(self) -> str:
        return self.row["centre"]


async def standing(conn: Connection, scope: Scope | None, query: AssessmentQuery) -> AsyncIterator[Standing]:
    """The assessments within a scope, in the order recorded; without a scope those of every case, for who counts and shows nothing.

    An assessment that a later one replaced for everybody it spoke of is left out.
    """
    while page := await fetch_all(conn, _page(scope, query)):
        for row in page:
            if found := _standing(row):
                yield found
        query = replace(query, after=page[-1]["position"])


def _page(scope: Scope | None, query: AssessmentQuery) -> sa.Select[Any]:
    wanted: list[sa.ColumnElement[bool] | None] = [
        OF_CASES,
        events.c.type == HardshipAssessed.type,
        events.c.position > query.after,
        within(scope) if scope is not None else None,
        case_list.c.centre == query.centre if query.centre else None,
        events.c.effective_on >= query.from_on if query.from_on else None,
        events.c.effective_on <= query.to_on if query.to_on else None,
        events.c.recorded_at >= query.from_at if query.from_at else None,
        events.c.recorded_at < query.to_at if query.to_at else None,
        sa.func.convert_from(events.c.body, "UTF8").contains('"proof":"integrity_pledge"') if query.pledged else None,
    ]
    shown = [
        c.label(f"case_{c.name}" if c.name != "case_id" else "case_id")
        for c in case_list.c
        if c.name not in ("clocks", "applicant", "due_at", "due_limit")
    ]
    return (
        sa.select(
            events, *shown,
            cases.c.snapshot["recipients"].label("recipients"), cases.c.snapshot["verifications"].label("verifications"),
        )
        .join_from(events, case_list, events.c.stream == _STREAM)
        .join(cases, cases.c.case_id == case_list.c.case_id)
        .where(*(w for w in wanted if w is not None))
        .order_by(events.c.position)
        .limit(_PAGE)
    )  # fmt: skip


def _standing(row: Row) -> Standing | None:
    version = row["version"]
    people = cast("list[dict[str, Any]]", row["recipients"] or [])
    held = ((r["status"], cast("dict[str, Any]", r.get("hardship") or {})) for r in people)
    statuses = tuple(status for status, hardship in held if hardship.get("version") == version)
    if not statuses:
        return None
    found = recorded(row)
    if not isinstance(found.event, HardshipAssessed):
        raise TypeError(found.event.type)
    asked = cast("list[dict[str, Any]]", row["verifications"] or [])
    listed = {name.removeprefix("case_") if name != "case_id" else name: value for name, value in row.items() if name.startswith("case_")}
    return Standing(found, found.event, listed, statuses, tuple(v for v in asked if v["version"] > version))

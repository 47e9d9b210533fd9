"""The read models, each once: its table, what the ledger decides of it, and how the rows of a stream are made.

A model's rows about a stream follow from that stream's events alone. An inline model is written in the transaction that appends them, so
that nobody reads a list that is behind its case; a following one is written afterwards, by position (`following.py`). Both are made anew
from the same `rows` (`rebuild.py`), and compared with them.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from domain.case import CaseState
from domain.consultation import ConsultationState
from domain.duty import DutyState
from ledger import schema
from ledger.sql import Connection
from readmodels import (
    case_facts,
    case_list,
    case_offices,
    clock_list,
    glass,
    handlings,
    inquiries,
    people,
    snapshots,
    stage_days,
)
from readmodels.course import Change, Course

CASES = frozenset({CaseState.kind})
INQUIRIES = frozenset({ConsultationState.kind, DutyState.kind})


class ReadModel(NamedTuple):
    """A table made from the events of streams. Its first key column is the stream's id."""

    table: sa.Table
    kinds: frozenset[str]
    """Of the streams it tells of."""
    rows: Callable[[Course], list[dict[str, Any]]]
    """Every row about a stream, of exactly the columns `columns`."""
    keep: Callable[[Connection, Change], Awaitable[None]] | None = None
    """Writes what one append changed, in its transaction; None for a model that follows."""
    kept: tuple[str, ...] = ()
    """Columns beside the key that the ledger decides; none named: all of them."""

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def follows(self) -> bool:
        return self.keep is None

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.table.primary_key.columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """What is compared and made anew, the key first."""
        others = self.kept or tuple(column.name for column in self.table.columns if not column.primary_key)
        return (*self.key, *others)

    @property
    def kind_column(self) -> str | None:
        """Where a row says of which kind its stream is; None where all are of one kind."""
        return "kind" if len(self.kinds) > 1 else None


MODELS: Mapping[str, ReadModel] = {
    model.name: model
    for model in (
        ReadModel(schema.case_list, CASES, case_list.rows, case_list.keep),
        ReadModel(schema.inquiries, INQUIRIES, inquiries.rows, inquiries.keep),
        ReadModel(schema.clock_list, CASES | INQUIRIES, clock_list.rows, clock_list.keep),
        ReadModel(schema.handlings, CASES, handlings.rows, handlings.keep),
        ReadModel(schema.cases, CASES | INQUIRIES, snapshots.rows, snapshots.keep, ("kind", *snapshots.KEPT)),
        ReadModel(schema.case_people, CASES | INQUIRIES, people.rows, people.keep),
        ReadModel(schema.broken_glass, CASES, glass.rows, glass.keep),
        ReadModel(schema.stage_days, CASES, stage_days.rows),
        ReadModel(schema.case_offices, CASES, case_offices.rows),
        ReadModel(schema.case_facts, CASES, case_facts.rows),
    )
}
INLINE = tuple(model for model in MODELS.values() if model.keep is not None)
FOLLOWING = tuple(model for model in MODELS.values() if model.follows)

NOT_REBUILT: Mapping[str, str] = {
    "cases.armed_version, cases.changed_at": "what Temporal has been told of, and when a row was last written: no event says so."
    " A row made anew starts at version 0, so that its workflow is woken.",
    "claims": "cases taken from the queue and not acted on: they run out by themselves, and taking one is no event.",
    "people, search_tokens": "keyed hashes of names and numbers, made where these could be read and gone with the shred of their person."
    " Who is linked with whom stands in the register of persons.",
    "subject_keys": "keys are secrets, not facts; a destroyed one must never come back.",
    "outbox, messages, deliveries": "what was already said to people: made anew it would be said twice.",
    "inbox, deeds": "commands as they were received, with their answers, refusals too: evidence beside the ledger, not made from it.",
    "number_series": "the last number given in each series: a number drawn is drawn for good.",
    "files": "evidence itself; the ledger holds its digest.",
    "replans, replan_cases": "work in hand after a change of calendar or rules; what it moved stands in the ledger.",
    "fact_counts": "case_facts counted: triggers of that table keep it, in the same transaction, whoever writes.",
    "wall_offices, wall_people, wall_grants": "made from the directory by `yuanshou migrate`, compared by `yuanshou doctor`.",
}
"""What stands beside the ledger and is not made from it, with the reason."""


async def keep(conn: Connection, change: Change) -> None:
    """Write the inline models, in the transaction that appends the events."""
    kind = change.after.kind
    for model in INLINE:
        if kind in model.kinds and model.keep is not None:
            await model.keep(conn, change)

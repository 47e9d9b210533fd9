"""The caller's scope as a WHERE over the case list, so that a list never shows what a case's page denies."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from domain.access import Reach, Scope
from ledger.schema import case_list


def within(scope: Scope) -> sa.ColumnElement[bool]:
    """Rows of `case_list` inside the scope and behind none of its walls."""
    reached = sa.true() if scope.everything else sa.or_(sa.false(), *map(_reached, scope.reaches))
    if not scope.excluded:
        return reached
    return sa.and_(reached, sa.not_(case_list.c.excluded.overlap(_texts(scope.excluded))))


def _reached(reach: Reach) -> sa.ColumnElement[bool]:
    if reach.column == "keepers":  # of inquiries alone
        return sa.false()
    if reach.column == "lawyer":
        found: sa.ColumnElement[bool] = case_list.c.lawyers.overlap(_texts(reach.values))
    else:
        found = case_list.c[reach.column].in_(sorted(reach.values))
    return found if reach.states is None else sa.and_(found, case_list.c.state.in_(sorted(reach.states)))


def _texts(values: frozenset[str]) -> sa.ColumnElement[Any]:
    return sa.cast(sa.literal(sorted(values), ARRAY(sa.Text)), ARRAY(sa.Text))

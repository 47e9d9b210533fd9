"""The caller's scope as a WHERE over the case list, so that a list never shows what a case's page denies."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from domain.access import Reach, Scope
from ledger.schema import case_list, clock_list

_OF_A_CLOCK = {"centre": clock_list.c.centre, "outlet": clock_list.c.outlet, "unit": clock_list.c.unit_code, "owner": clock_list.c.owner}
"""Where a clock's case stands, as its row repeats it."""


def clocks_within(scope: Scope) -> sa.ColumnElement[bool]:
    """Rows of `clock_list` that may be those of cases inside the scope; all of them where a reach goes by what no clock's row repeats.

    It stands beside `within`, never for it: of a city's clocks it lets the database look at a county's alone.
    """
    if scope.everything or any(reach.column not in _OF_A_CLOCK for reach in scope.reaches):
        return sa.true()
    return sa.or_(sa.false(), *(_OF_A_CLOCK[reach.column].in_(sorted(reach.values)) for reach in scope.reaches))


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

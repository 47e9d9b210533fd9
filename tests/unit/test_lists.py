"""A row of a list shows nothing that the case's own page withholds."""

from typing import Any, cast

import pytest

from api.desk import Desk
from api.list_reading import case_row
from readmodels.case_list import rows_for
from tests.unit.test_access import DIRECTORY, signed_in
from tests.unit.world import ACCEPTED, given


class At:
    """What a row needs of a desk."""

    def __init__(self, username: str) -> None:
        self.principal, self.directory = signed_in(username), DIRECTORY


def row(username: str) -> dict[str, Any]:
    case = given(*ACCEPTED).state.but(state="subsidy_approved")
    return case_row(cast("Desk", At(username)), rows_for(case))


def test_a_finance_officers_rows_hold_nothing_of_the_applicant_the_matter_and_the_lane() -> None:
    shown = row("fang.hui")
    assert shown["withheld"] == ["applicant", "categories", "cause", "kind", "lane"]
    assert not {"applicant", "categories", "cause", "kind", "lane"} & shown.keys()
    assert shown["case_number"]


@pytest.mark.parametrize("username", ["li.guangming", "lin.xiaomei", "gao.yuan"])
def test_who_may_see_the_case_sees_its_row(username: str) -> None:
    shown = row(username)
    assert (shown["categories"], shown["kind"], shown["cause"], shown["lane"]) == (["migrant_worker"], "civil", "wages", "papers_owed")
    assert "withheld" not in shown

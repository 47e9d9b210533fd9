"""Which offices acted on each case, each once. It follows the ledger; who asks looks besides at the events that it has not come to."""

from typing import Any

from domain.case import CaseState
from readmodels.course import Course


def rows(course: Course) -> list[dict[str, Any]]:
    """One row for each office, with the version of its first event."""
    case = course[-1].after
    first: dict[str, int] = {}
    for change in course:
        for happened in change.events:
            first.setdefault(happened.at.office, happened.at.version)
    if not isinstance(case, CaseState):
        return []
    return [{"case_id": case.case_id, "office": office, "version": version} for office, version in first.items()]

"""The people of a case as its page shows them: everybody with what they are in it, the foremost beside it, and what to see at a glance."""

from typing import Any

from web.backend import Json, items, part
from web.page import Visit

SHOWN_PEOPLE = 3
"""Of each side."""
GUARDED = frozenset({"domestic_violence_victim"})
"""Groups that do not stand at the head of a page for whoever looks over a shoulder; `web.care` says them where they are asked for."""


def people(visit: Visit, case: Json) -> list[Json]:
    """Everybody of the case with what they are in it."""
    representatives = set[int](case.get("representatives") or [])
    rows: list[tuple[str, Any]] = [("pages.applicant", case.get("applicant"))]
    rows += [("pages.co_applicant", p) for p in items(case, "co_applicants")]
    if case.get("proxy"):
        rows.append(("pages.proxy", case["proxy"].get("party")))
    rows += [("pages.opponent", p) for p in items(case, "opponents")]
    named: list[Json] = []
    for role, party in rows:
        if party:
            roles = [visit.t(role)] + ([visit.t("pages.representative")] if party.get("party_id") in representatives else [])
            side = role.rpartition(".")[2].removeprefix("co_")
            named.append({**party, "role": visit.t("words.comma").join(roles), "side": side})
    return named


def foremost(parties: list[Json]) -> tuple[list[Json], int]:
    """Whom the page shows beside the case, a group by its first people and all sides by somebody; and how many it leaves to the list."""
    shown: list[Json] = []
    for side in ("applicant", "proxy", "opponent"):
        shown += [p for p in parties if p["side"] == side][:SHOWN_PEOPLE]
    return shown, len(parties) - len(shown)


def tags(visit: Visit, case: Json) -> list[str]:
    """What a reader should see at a glance."""
    groups = list[str](part(case, "applicant").get("categories") or [])
    found = [visit.word("categories", code) for code in groups if code not in GUARDED]
    count = int(case.get("recipient_count") or 1)
    if count > 1:
        found.append(visit.t("pages.group", count=count))
    if case.get("channel"):
        found.append(visit.word("channel", case["channel"]))
    return found

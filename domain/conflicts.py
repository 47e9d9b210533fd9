"""Conflicts of interest: what it means that somebody of this case stands in another one (律师法 art. 39).

Pure: whoever holds the records says who was found and how; here it is judged. A centre may help both sides in different matters over the
years; what it may not do is give this side's case to whoever acts for the other. So a hit bars the lawyers of the other case, and their
unit too where both sides of it stand here with their places exchanged: that is the same dispute.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from domain.presence import SIDE_OF, PartyRole, Side
from domain.values import Code, Model, Text

MatchedBy = Literal["number", "linked", "name", "look_alike"]
"""The identity number; linked as one person by a colleague; the whole name; the name with variant or mistaken characters as one."""
SURE: frozenset[MatchedBy] = frozenset({"number", "linked"})
Severity = Literal["bars", "warns", "informs"]
Why = Literal[
    "client_is_opponent_there", "opponent_is_client_there", "client_was_opponent_there", "opponent_was_client_there",
    "opponent_was_advised", "client_has_other_case", "client_was_advised", "opponent_again", "proxy_is_opponent_there",
    "client_stood_beside", "opponent_stood_beside",
]  # fmt: skip

_SEVERITIES: tuple[Severity, ...] = ("bars", "warns", "informs")
_MATCHES: tuple[MatchedBy, ...] = ("number", "linked", "name", "look_alike")


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody of this case found in another stream. `lawyers` and `unit` are those of the other case."""

    party_id: int
    role_here: PartyRole
    case_id: str
    kind: str
    role_there: PartyRole
    matched_by: MatchedBy
    open: bool
    centre: str
    number: str | None = None
    lawyers: tuple[str, ...] = ()
    unit: str | None = None


class ConflictHit(Model):
    """One of this case's people in another case, consultation or duty request: where, in which role, how told, what it means.

    `barred` are the codes of the lawyers and units there that may not have this case. Nothing personal stands in it.
    """

    party_id: int
    role_here: PartyRole
    case_id: UUID
    kind: Literal["case", "consultation", "duty"] = "case"
    number: Text | None = None
    centre: Code
    open: bool
    role_there: PartyRole
    matched_by: MatchedBy
    why: Why
    severity: Severity
    barred: tuple[Code, ...] = ()


class ConflictFindings(Model):
    """What a check found. `people_searched` counts the entries it was held against; past `unlisted` more bear one of the names."""

    hits: tuple[ConflictHit, ...] = ()
    people_searched: int = 0
    unlisted: int = 0

    @property
    def barring(self) -> tuple[ConflictHit, ...]:
        return tuple(hit for hit in self.hits if hit.severity == "bars")


_EXCHANGED: dict[tuple[Side, Side], tuple[Why, Why]] = {
    ("client", "opponent"): ("client_is_opponent_there", "client_was_opponent_there"),
    ("opponent", "client"): ("opponent_is_client_there", "opponent_was_client_there"),
}
"""By the sides here and there: why while the other case is open, which bars, and once it has ended, which warns."""
_ALWAYS: dict[tuple[Side, Side], tuple[Why, Severity]] = {
    ("opponent", "advised"): ("opponent_was_advised", "warns"),
    ("client", "client"): ("client_has_other_case", "informs"),
    ("client", "advised"): ("client_was_advised", "informs"),
    ("opponent", "opponent"): ("opponent_again", "informs"),
    ("beside", "opponent"): ("proxy_is_opponent_there", "warns"),
    ("opponent", "beside"): ("opponent_stood_beside", "warns"),
    ("client", "beside"): ("client_stood_beside", "informs"),
}


def judge(matches: Iterable[Match]) -> tuple[ConflictHit, ...]:
    """The hits, the gravest first; of several ways in which one person was told in one case the surest counts.

    A name alone bars nothing, since thousands share one: what would bar warns, what would warn informs, the rest is left out.
    """
    surest: dict[tuple[int, str, PartyRole], Match] = {}
    for match in sorted(matches, key=lambda m: _MATCHES.index(m.matched_by)):
        surest.setdefault((match.party_id, match.case_id, match.role_there), match)
    disputes = _same_disputes(surest.values())
    hits = [hit for match in surest.values() if (hit := _hit(match, same_dispute=match.case_id in disputes))]
    return tuple(sorted(hits, key=lambda h: (_SEVERITIES.index(h.severity), not h.open, h.party_id, str(h.case_id))))


def _same_disputes(matches: Iterable[Match]) -> frozenset[str]:
    """Cases in which both sides of this one stand with their places exchanged."""
    pairs = {(match.case_id, SIDE_OF[match.role_here], SIDE_OF[match.role_there]) for match in matches}
    swapped = {case_id for case_id, here, there in pairs if (here, there) == ("client", "opponent")}
    return frozenset(case_id for case_id, here, there in pairs if case_id in swapped and (here, there) == ("opponent", "client"))


def _hit(match: Match, *, same_dispute: bool) -> ConflictHit | None:
    sides = SIDE_OF[match.role_here], SIDE_OF[match.role_there]
    severity: Severity
    if sides in _EXCHANGED:
        why, severity = _EXCHANGED[sides][not match.open], "bars" if match.open else "warns"
    elif sides in _ALWAYS:
        why, severity = _ALWAYS[sides]
    else:
        return None
    if match.matched_by not in SURE:
        at = _SEVERITIES.index(severity) + 1
        if at == len(_SEVERITIES):
            return None
        severity = _SEVERITIES[at]
    units = (match.unit,) if match.unit and same_dispute else ()
    return ConflictHit(
        party_id=match.party_id,
        role_here=match.role_here,
        case_id=UUID(match.case_id),
        kind=match.kind,  # pyright: ignore[reportArgumentType] -- checked by the model
        number=match.number,
        centre=match.centre,
        open=match.open,
        role_there=match.role_there,
        matched_by=match.matched_by,
        why=why,
        severity=severity,
        barred=(*match.lawyers, *units) if sides in _EXCHANGED and match.matched_by in SURE else (),
    )

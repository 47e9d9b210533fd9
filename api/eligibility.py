"""What is worked out about an application and recorded nowhere: hardship line by line, limitations, competent centres, grounds."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field

import texts
from api import views
from api.desk import Desk
from api.problem import Problem
from api.typed import typed
from domain.command import Refusal
from domain.directory import Directory
from domain.eligibility import calculate
from domain.eligibility.explanation import Explained, explain
from domain.eligibility.limitation import GROUND, Ending, Limitation, Obstacle, Step, ending
from domain.eligibility.policy import Policy
from domain.eligibility.standards import standing
from domain.eligibility.venue import venue
from domain.stages.decision import AssessHardship
from domain.values import Code, Forum, MatterKind, Model, Text

type Json = dict[str, Any]


class ObstacleSaid(Model):
    """What kept the person from claiming, from a day to the day it was gone."""

    from_: date = Field(alias="from")
    to: date


class LimitationQuestion(Model):
    """Which limitation, from which day, and what interrupted or suspended it. `on` is the day it is seen from, today where absent."""

    limitation: Code
    start: date | None = None
    since: date | None = None
    interrupted: Annotated[tuple[date, ...], Field(max_length=50)] = ()
    obstacles: Annotated[tuple[ObstacleSaid, ...], Field(max_length=50)] = ()
    still_running: bool = False
    on: date | None = None


class VenueQuestion(Model):
    """What is applied for, and where the organ and the cause of it are: counties by code or as people name them."""

    kind: MatterKind | None = None
    forum: Forum | None = None
    organ_county: Text | None = None
    event_county: Text | None = None
    centre: Code | None = None


def policy_of(desk: Desk, directory: Directory | None = None) -> Policy:
    """The policy in force with what the directory (of the moment, unless one is given) holds of standards."""
    return standing(desk.services.rules().policy, directory or desk.directory)


def hardship(desk: Desk, body: Json) -> Json:
    """The sum that `assess_hardship` would record, under the standard of `effective_on`, recorded nowhere, and how it came about.

    Raises `Problem` 422 with pointers, `Refusal` 422.
    """
    asked = typed(AssessHardship, body)
    on = asked.effective_on or desk.today
    if on > desk.today:
        raise Refusal("effective_in_future", status=422, pointer="/effective_on")
    found = calculate(
        policy_of(desk),
        on=on,
        household=asked.household,
        county=asked.county,
        residence=asked.residence,
        property_fen=asked.property_fen,
        opponent_in_household=asked.opponent_in_household,
    ).as_json()
    return found | explained(desk.lang, views.plain(asked) | found, county_names(desk.lang, desk.directory))


def county_names(lang: texts.Lang, directory: Directory) -> dict[str, str]:
    """What counties are called, by their codes: as their centres are, without the word for a centre."""
    suffix = texts.text(lang, "pages.centre_suffix")
    centres = [office for office in directory.offices() if office.kind == "centre"]
    return {c.county: (c.name if lang == "zh-CN" else c.name_en or c.name).removesuffix(suffix).strip() for c in reversed(centres)}


def explained(lang: texts.Lang, assessed: Mapping[str, Any], counties: Mapping[str, str]) -> Json:
    """How an assessment came about: who was left out, the sum, the formula in numbers, and each step as a sentence.

    `counties` are their names by their codes (`county_names`).
    """
    found = explain(assessed)
    return {
        "left_out": [dict(line) for line in found.left_out],
        "sum_fen": found.sum_fen,
        "people": len(found.counted),
        "margin_fen": found.margin_fen,
        "formula": found.formula,
        "explanation": sentences(lang, found, counties),
    }


def sentences(lang: texts.Lang, found: Explained, counties: Mapping[str, str]) -> list[str]:
    told = [(step.name, {**step.values}) for step in found.told]
    for _, values in told:
        if values.get("county"):
            values["county"] = counties.get(values["county"], values["county"])
    return [texts.text(lang, f"eligibility.{name}", **values) for name, values in told]


def limitation(desk: Desk, body: Json) -> Json:
    """When a right is lost, how that was counted, and under seven days the offer to accept the case first.

    Raises `Problem` 422 with pointers, `Refusal` 422.
    """
    asked = typed(LimitationQuestion, body)
    on = asked.on or desk.today
    rules = desk.services.rules()
    if asked.limitation not in rules.limitations.rows:
        raise Refusal("unknown_limitation", status=422, pointer="/limitation", limitation=asked.limitation)
    row = rules.limitations.on(asked.limitation, asked.start or on)
    if row is None:
        first = rules.limitations.rows[asked.limitation][-1].from_
        raise Refusal("limitation_not_known_then", status=422, pointer="/start", limitation=asked.limitation, known_from=first)
    found = ending(
        row,
        rules.calendar,
        today=on,
        start=asked.start,
        since=asked.since,
        interrupted=asked.interrupted,
        obstacles=tuple(Obstacle(o.from_, o.to) for o in asked.obstacles),
        still_running=asked.still_running,
    )
    return _limitation_row(desk.lang, row) | {
        "ends_on": found.ends_on.isoformat() if found.ends_on else None,
        "days_left": found.days_left,
        "provisional": found.provisional,
        "explanation": [_step(desk.lang, step) for step in found.steps],
        "offer": _offer(found),
    }


def _limitation_row(lang: texts.Lang, row: Limitation) -> Json:
    return {
        "limitation": row.id,
        "name": texts.text(lang, f"eligibility.limitation.{row.id}"),
        "n": row.period.n,
        "unit": row.period.unit,
        "start": row.period.start,
        "source": row.source,
        "confirmed": row.confirmed,
    }


def _step(lang: texts.Lang, step: Step) -> str:
    said = dict(step.values)
    for name in ("start", "unit", "waits_for"):
        if name in said:
            said[name] = texts.text(lang, f"eligibility.{name}.{said[name]}")
    return texts.text(lang, f"eligibility.limitation_{step.name}", **said)


def _offer(found: Ending) -> Json | None:
    if not found.urgent or found.ends_on is None:
        return None
    body = {"basis": "urgent_art_44", "ground": GROUND, "papers_owed": [{"kind": "id_copy"}]}
    return {"command": "accept_first", "body": body, "matter": {"limitation_on": found.ends_on.isoformat()}}


def limitations(desk: Desk) -> Json:
    """The limitations the calculator knows today, each with its source and whether it was confirmed."""
    known = desk.services.rules().limitations
    rows = [row for name in known.rows if (row := known.on(name, desk.today))]
    more = ({"interruption": row.interruption, "suspension": row.suspension is not None, "running": row.running} for row in rows)
    return {"items": [_limitation_row(desk.lang, row) | flags for row, flags in zip(rows, more, strict=True)], "next_cursor": None}


def competent(desk: Desk, body: Json) -> Json:
    """The centres to apply to with the reason, and for a centre that is none of them the referral.

    Raises `Problem` 422 with pointers, `Refusal` 422.
    """
    asked = typed(VenueQuestion, body)
    found = venue(
        desk.directory, kind=asked.kind, forum=asked.forum, organ_county=asked.organ_county, event_county=asked.event_county,
        centre=asked.centre,
    )  # fmt: skip
    called = county_names(desk.lang, desk.directory)
    centres = [
        {
            "centre": each.centre.code,
            "name": each.centre.name if desk.lang == "zh-CN" else each.centre.name_en,
            "phone": each.centre.phone,
            "reason": each.reason,
            "told": texts.text(desk.lang, f"eligibility.venue_{each.reason}", county=called.get(each.county, each.county)),
        }
        for each in found.competent
    ]
    elsewhere = [{"county": place.county, "reason": place.reason} for place in found.elsewhere]
    return {
        "litigation": found.litigation,
        "competent": centres,
        "elsewhere": elsewhere,
        "here": found.here,
        "offer": _referral(desk.lang, centres, elsewhere) if found.here is False else None,
    }


def _referral(lang: texts.Lang, centres: list[Json], elsewhere: list[Json]) -> Json:
    names = [str(c["name"]) for c in centres] or [str(e["county"]) for e in elsewhere]
    reason = texts.text(lang, "eligibility.venue_referral", places=names)
    return {"command": "refer_elsewhere", "body": {"to": names[0], "reason": reason}}


def grounds(desk: Desk) -> Json:
    """Why no means check is made, with its article and the papers that prove it; and why a case is accepted first, with what is owed."""
    policy = policy_of(desk)
    waivers = [
        {
            "kind": "waiver", "ground": code, "name": texts.value(desk.lang, "ground", code), "basis": w.basis,
            "legal_basis": texts.text(desk.lang, f"eligibility.basis.{w.basis}"), "papers": list(w.proof),
        }
        for code, w in policy.waivers.items()
    ]  # fmt: skip
    first = [
        {
            "kind": "accept_first", "ground": code, "name": texts.value(desk.lang, "ground", code), "basis": g.basis,
            "legal_basis": texts.text(desk.lang, f"eligibility.basis.{g.basis}"), "papers": list(g.owed),
        }
        for code, g in policy.grounds.items()
    ]  # fmt: skip
    return {"items": [*waivers, *first], "next_cursor": None}


def roles_needed(desk: Desk, *roles: str) -> None:
    """Raises `Problem` 403 unless the caller holds one of the roles today."""
    if not desk.has_role(*roles):
        raise Problem(403, "forbidden")

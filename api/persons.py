"""The people of the cases: found, compared with whoever is being taken down, linked as one person and told apart again.

Nobody learns of a person outside their own cases, with one exception: that a number just typed is known at other centres, and how often.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from api import views
from api.desk import Desk
from api.person_shapes import Asked
from api.problem import Problem
from domain.access import Scope
from domain.identity_facts import facts_of
from domain.reads import What
from domain.stages.correction import RecordCorrected
from domain.values import Applicant, Party, Sealed
from ledger.events import stream_of
from ledger.names import Alike, alike, shape
from ledger.personal import load_keys, subjects_in, unsealed
from ledger.schema import case_people, people
from ledger.schema import events as ledger_events
from ledger.sql import Row, fetch_all
from ledger.tokens import fits, normal, readings, token, tokens_for_query
from readmodels import person_search as search
from readmodels.paging import case_id

type Json = dict[str, Any]

_WHOLE = frozenset({"id_number", "phone"})
"""Kinds of terms that name one person, or a few, and come first."""
_TAIL = 4
_MOST_ALIKE = 20
"""Entries offered as the person being taken down."""
_MOST_OPENED = 60
"""Entries of one name, or of one sound, that are opened to be compared: the newest."""


@dataclass
class _Person:
    """One person as the caller sees them: the entries of their own cases, opened."""

    subject_id: str
    rows: list[Row] = field(default_factory=list[Row])
    parties: list[Party] = field(default_factory=list[Party])

    @property
    def named(self) -> list[Party]:
        """Entries whose names can still be read."""
        return [party for party in self.parties if isinstance(party.name, str)]


def _text(value: object) -> str | None:
    """What a field says; None where it is absent or erased."""
    return None if value is None or isinstance(value, Sealed) else str(value)


async def _opened(desk: Desk, subjects: Sequence[str], scope: Scope) -> dict[str, _Person]:
    """The persons these subjects stand for, in the order of the subjects, with every entry the caller may see of them."""
    person_of, rows = await search.known(desk.conn, subjects, scope)
    keys = await load_keys(desk.conn, desk.services.keys.master, set[str]().union(*(subjects_in(row["party"]) for row in rows)))
    found = {person_of[subject]: _Person(person_of[subject]) for subject in subjects}
    for row in rows:
        person = found[person_of[str(row["subject_id"])]]
        stream = stream_of(str(row["case_id"]), row["kind"])
        person.rows.append(row)
        person.parties.append(unsealed(Applicant.model_validate(row["party"]), keys, stream))
    return {subject: person for subject, person in found.items() if person.rows}


async def find(desk: Desk, q: str, cursor: str | None, limit: int) -> Json:
    """People by a name (characters, pinyin, initials), a whole ID number, a phone or its end; whole numbers first, then the newest."""
    scope = desk.scope.showing("applicant")
    try:
        after = case_id(cursor) if cursor else None
    except ValueError as fault:
        raise Problem(422, "invalid", errors=[{"parameter": "cursor", "in": "query", "code": "invalid_value"}]) from fault
    tokens = tokens_for_query(desk.services.keys.search, q)
    whole = [found for kind, found in tokens if kind in _WHOLE]
    others = [found for kind, found in tokens if kind not in _WHOLE]
    first = [] if after else (await search.bearers(desk.conn, whole, scope, limit=limit)).subjects
    then = await search.bearers(desk.conn, others, scope, after=after, limit=limit)
    subjects = list(dict.fromkeys([*first, *then.subjects]))
    shown = [each for person in (await _opened(desk, subjects, scope)).values() if (each := await _found(desk, person, q, after))]
    _read(desk, "persons", shown)
    return {"items": shown, "next_cursor": then.subjects[-1] if then.more else None}


async def _found(desk: Desk, person: _Person, q: str, after: str | None) -> Json | None:
    """The person as an answer; None where a token fitted by chance, or where the person stood on an earlier page already."""
    bearing = [(row, party) for row, party in zip(person.rows, person.parties, strict=True) if party in person.named and fits(q, party)]
    matched = fits(q, *(party for _, party in bearing))
    if not matched and not await _corrected(desk, person.rows):
        return None
    newest = max((str(row["subject_id"]) for row, _ in bearing), default="")
    if after and newest >= after:
        return None
    return _shown(person) | {"matched": list(matched) or ["earlier_entry"]}


async def _corrected(desk: Desk, rows: Iterable[Row]) -> bool:
    """Whether an entry was corrected since: it is found by what it said before, too."""
    names = [stream_of(str(row["case_id"]), row["kind"]) for row in rows]
    told = (
        sa.select(ledger_events.c.position).where(ledger_events.c.stream.in_(names), ledger_events.c.type == RecordCorrected.type).limit(1)
    )
    return bool(await fetch_all(desk.conn, told))


def _shown(person: _Person) -> Json:
    newest = person.parties[0]
    names = list(dict.fromkeys(str(party.name) for party in person.named))
    number, phone = _text(newest.id_number), _text(newest.phone)
    return {
        "subject_id": person.subject_id,
        "name": names[0] if names else None,
        "other_names": names[1:],
        "id_kind": newest.id_kind,
        "id_tail": number[-_TAIL:] if number else None,
        "birth_date": _text(newest.birth_date) or _born(number),
        "phone_tail": phone[-_TAIL:] if phone else None,
        "linked": sorted({str(row["subject_id"]) for row in person.rows} - {person.subject_id}),
        "entries": [_entry(row) for row in person.rows],
    }


def _born(number: str | None) -> str | None:
    """The birthday that a resident's number says."""
    born = facts_of(number, date.max).birth_date if number else None
    return born.isoformat() if born else None


def _entry(row: Row) -> Json:
    names = ("party_id", "kind", "role", "present", "number", "state", "centre", "cause")
    ids = {"subject_id": str(row["subject_id"]), "case_id": str(row["case_id"])}
    return ids | {name: row[name] for name in names} | {"opened_on": row["opened_on"].isoformat() if row["opened_on"] else None}


def _read(desk: Desk, what: What, shown: Sequence[Json]) -> None:
    """Say whom the caller is shown; who was only opened to be compared is not."""
    if shown:
        entries = [entry for each in shown for entry in each["entries"]]
        subjects, cases = [entry["subject_id"] for entry in entries], [entry["case_id"] for entry in entries]
        desk.access.opened(what, subjects=subjects, cases=cases, count=len(entries), channel="search")


def identity(desk: Desk, number: str) -> Json:
    """What a resident's number says. Nothing is looked up and nothing is kept."""
    facts = facts_of(number, desk.now.astimezone(views.ZONE).date())._asdict()
    return facts | {"valid": facts["fault"] is None, "birth_date": facts["birth_date"].isoformat() if facts["birth_date"] else None}


async def duplicates(desk: Desk, asked: Asked) -> Json:
    """Who in the caller's cases may be the person being taken down, the surest first, and why; `elsewhere` counts other centres' cases."""
    scope = desk.scope.showing("applicant")
    numbered = await _numbered(desk, normal(asked.id_number or ""))
    subjects = dict.fromkeys([*numbered, *await _alike(desk, asked, scope)])
    opened = await _opened(desk, list(subjects), scope)
    items = [each for person in opened.values() if (each := _compared(person, asked))]
    items.sort(key=lambda item: item["rank"])
    seen = {str(row["case_id"]) for person in opened.values() for row in person.rows}
    elsewhere = set(await _cases_of(desk, numbered)) - seen
    shown = [{name: value for name, value in item.items() if name != "rank"} for item in items[:_MOST_ALIKE]]
    _read(desk, "duplicates", shown)
    return {"items": shown, "elsewhere": len(elsewhere)}


async def _numbered(desk: Desk, number: str) -> list[str]:
    """Subjects that bear the number, under any key of the ring, whoever may see them; newest first."""
    if not number:
        return []
    tokens = [token(key, "id_number", number) for key in desk.services.keys.search.keys.values()]
    found = sa.select(people.c.subject_id).where(people.c.id_token.in_(tokens)).order_by(people.c.subject_id.desc())
    return [str(row["subject_id"]) for row in await fetch_all(desk.conn, found)]


async def _alike(desk: Desk, asked: Asked, scope: Scope) -> list[str]:
    """Visible subjects that share the phone, or whose name is the same, looks alike or sounds alike."""
    ring = desk.services.keys.search
    found: list[str] = []
    if asked.phone:
        phones = [t for kind, t in tokens_for_query(ring, asked.phone) if kind == "phone"]
        found += (await search.bearers(desk.conn, phones, scope, limit=_MOST_ALIKE)).subjects
    if asked.name:
        spoken = {"".join(syllables) for syllables in readings(normal(asked.name))}
        terms = [("whole_name", normal(asked.name)), ("shape", shape(asked.name)), *(("pinyin", said) for said in sorted(spoken))]
        for each in (token(key, kind, text) for key in ring.keys.values() for kind, text in terms):
            found += (await search.bearers(desk.conn, [each], scope, limit=_MOST_OPENED)).subjects
    return found


_ORDER: tuple[str, ...] = ("number", "name", "variant", "look_alike", "phone", "sound")


def _compared(person: _Person, asked: Asked) -> Json | None:
    """The person with the reasons why it may be the one asked about; None where two numbers or two birthdays tell them apart."""
    ours, reasons = normal(asked.id_number or ""), set[str]()
    theirs = {normal(number) for party in person.parties if (number := _text(party.id_number))}
    born = {day for party in person.parties if (day := _text(party.birth_date) or _born(_text(party.id_number)))}
    asked_born = asked.birth_date.isoformat() if asked.birth_date else _born(asked.id_number)
    if ours and ours in theirs:
        reasons.add("number")
    names: set[Alike] = {how for party in person.named if asked.name and (how := alike(asked.name, str(party.name)))}
    reasons |= {next(how for how in ("name", "variant", "look_alike", "sound") if how in names)} if names else set()
    if asked.phone and fits(asked.phone, *(p for p in person.named if _text(p.phone))):
        reasons.add("phone")
    if not reasons:
        return None
    same_day = bool(asked_born and asked_born in born)
    reasons |= {"birth_date"} if same_day else set()
    other_number = bool(ours and theirs and ours not in theirs)
    if "number" not in reasons and "phone" not in reasons and not same_day and (other_number or (asked_born and born)):
        return None
    reasons |= {"other_number"} if other_number else set()
    rank = next(n for n, reason in enumerate(_ORDER) if reason in reasons) - (0.5 if same_day or "phone" in reasons else 0)
    return _shown(person) | {"reasons": sorted(reasons), "rank": rank}


async def _cases_of(desk: Desk, subjects: Sequence[str]) -> list[str]:
    """Ids of all that these subjects are in, whoever may see it."""
    if not subjects:
        return []
    found = sa.select(case_people.c.case_id).distinct().where(case_people.c.subject_id.in_(list(subjects)))
    async with desk.in_own_name() as conn:
        return [str(row["case_id"]) for row in await fetch_all(conn, found)]

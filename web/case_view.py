"""A case as its page shows it: stage bar, clocks that run down, timeline in sentences. Pure functions of the contract's JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, Literal, cast, get_args

import texts
from api.list_reading import SOON
from domain.command import EVENTS
from domain.lifecycle import STAGES
from texts.speak import ZONE, Gone, moment, say_date, say_short_date, say_weekday
from web import clock
from web.backend import Json, items, part
from web.bidi import isolated
from web.correction import said_of
from web.page import Visit

Urgency = Literal["missed", "due_today", "soon", "waiting", "later"]
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)
"""As the interface says of a case in somebody's queue, in the order of the work."""
LIVE = frozenset({"running", "paused", "missed"})
CLOCK_EVENTS = ("clock_", "deadline_warned", "deadline_escalated")
KEY_EVENTS = frozenset(
    {
        "application_submitted", "organ_notice_received", "organ_notified", "accepted_first",
        "acceptance_set_aside", "aid_granted", "aid_refused", "unit_assigned", "engagement_signed",
        "hearing_recorded", "replacement_decided", "aid_terminated", "aid_continued", "outcome_recorded", "closing_file_accepted",
        "subsidy_paid", "case_archived", "objection_decided", "found_ineligible", "application_deemed_withdrawn", "deadline_missed",
    }
)  # fmt: skip
"""What a reader looks for first: decisions and turns of the case."""


CLOSE = timedelta(hours=48)
"""So near to its end a limit is told by hours and minutes as well."""


@dataclass(frozen=True, slots=True)
class ClockLine:
    id: str
    limit: str
    left: str
    close: str
    """Hours and minutes, where few are left."""
    due_at: str
    """The moment to count down to (RFC 3339); empty for what does not run."""
    by_hours: bool
    urgency: Urgency
    counted: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the timeline."""

    version: int
    time: str
    sentence: str
    by: str
    """Who, for whom, and when it was entered where that was another day."""
    person: str
    note: str
    key: bool
    late: bool
    type: str


@dataclass(frozen=True, slots=True)
class Day:
    on: str
    title: str
    """The day as its heading says it: with the year where it is not this one."""
    entries: tuple[Entry, ...]
    clocks: tuple[Entry, ...]


def now() -> datetime:
    """The moment against which the pages say how long is left."""
    return clock.read().astimezone(ZONE)


def live_clocks(clocks: Sequence[Json]) -> list[Json]:
    """The limits still to be met, nearest first."""
    live = [c for c in clocks if c["state"] in LIVE and not c.get("ended_on")]
    return sorted(live, key=lambda c: (c["state"] == "paused", moment(c["due_at"])))


def urgency(due: str, due_at: str | None, state: str, at: datetime) -> Urgency:
    """How near a due day (or moment) is, by the moment it falls due where that is known. Paused limits wait."""
    if state == "paused":
        return "waiting"
    falls_due = moment(due_at) if due_at else moment(due) if "T" in due else None
    left = (due_day(due) - at.date()).days
    if state == "missed" or left < 0 or (falls_due is not None and falls_due < at):
        return "missed"
    if left == 0:
        return "due_today"
    return "soon" if (falls_due - at < SOON if falls_due else left <= SOON.days) else "later"


def due_day(due: str) -> date:
    return moment(due).date() if "T" in due else date.fromisoformat(due)


def left(visit: Visit, due: str, state: str, at: datetime) -> str:
    """How long is left, in words."""
    days = (due_day(due) - at.date()).days
    if state == "paused":
        return visit.t("pages.paused")
    if days < 0:
        return visit.t("pages.days_late", days=-days)
    if _hour_matters(due) and moment(due) > at and days == 0:
        return visit.t("pages.hours_left", hours=int((moment(due) - at).total_seconds() // 3600))
    near = {0: "pages.due_today", 1: "pages.due_tomorrow"}
    return visit.t(near[days]) if days in near else visit.t("pages.days_left", days=days)


def _hour_matters(due: str) -> bool:
    """A limit of days ends with its last day; only one of hours is told by the hour."""
    return "T" in due and moment(due).time() < time(23, 59)


def clock_line(visit: Visit, clock: Json, at: datetime) -> ClockLine:
    """A limit with what is left and how its date was counted."""
    values = {"started": clock["started"], "due": clock["due"], "n": clock.get("n")}
    notes = [visit.t(f"pages.counted_{why}", days=held) for why, held in _counting(clock).items()]
    if not clock.get("confirmed", True):
        notes.append(visit.t("pages.unconfirmed"))
    running = clock["state"] != "paused"
    return ClockLine(
        id=str(clock.get("id") or ""),
        limit=visit.t(f"limits.{clock['limit']}"),
        left=left(visit, clock["due"], clock["state"], at),
        close=close(visit, clock, at) if running else "",
        due_at=str(clock.get("due_at") or "") if running else "",
        by_hours=_hour_matters(clock["due"]),
        urgency=urgency(clock["due"], clock.get("due_at"), clock["state"], at),
        counted=visit.t(f"pages.counted_{clock['unit'] if clock.get('n') else 'date'}", **values),
        notes=tuple(notes),
    )


def close(visit: Visit, clock: Json, at: datetime) -> str:
    """Hours and minutes to the moment a limit falls due, where that is near; empty where it is far or past."""
    rest = moment(clock["due_at"]) - at if clock.get("due_at") else timedelta()
    if not timedelta() < rest <= CLOSE:
        return ""
    minutes = int(rest.total_seconds() // 60)
    return visit.t("timeline.close", hours=minutes // 60, minutes=f"{minutes % 60:02}")


def _counting(clock: Json) -> dict[str, int]:
    """What moved a due date: days of pause not counted, a last day off that rolled on, a year whose days off are not announced."""
    counted = part(clock, "counted")
    spans = items(counted, "days")
    found = {
        "rolled": sum(1 for span in spans if span["reason"] == "rolled"),
        "paused": sum(int(span.get("days") or 0) for span in spans if span["reason"] == "paused"),
        "provisional": int(bool(counted.get("provisional"))),
    }
    return {why: days for why, days in found.items() if days}


def stage_bar(visit: Visit, case: Json, events: Sequence[Json]) -> list[Json]:
    """The four stages: done, now or later, each with the state or the day it was left."""
    reached = [e for e in events if e["type"] in KEY_EVENTS]
    at = STAGES.index(case["stage"])
    if case["stage"] == "ended" and case["state"] != "archived":
        at = 0
    bar: list[Json] = []
    ends = {
        "application": ("aid_granted", "accepted_first", "organ_notice_received"),
        "assignment": ("engagement_signed", "organ_notified"),
        "representation": ("outcome_recorded", "aid_terminated"),
    }
    for index, stage in enumerate(STAGES[:4]):
        mark = "done" if index < at else "now" if index == at else "later"
        last = next((e for e in reversed(reached) if e["type"] in ends.get(stage, ("case_archived",))), None)
        words = _standing(visit, case) if mark == "now" else ""
        if mark == "done" and last:
            words = f"{_near_day(visit, last['effective_on'], now().date().isoformat())} {visit.t('event_names.' + last['type'])}"
        if stage == "representation" and mark != "done" and (hearing := _next_hearing(case)):
            words = " · ".join(filter(None, [words, visit.t("timeline.next_hearing", at=hearing["at"], forum=hearing.get("forum"))]))
        bar.append({"name": visit.t(f"stages.{stage}"), "mark": mark, "words": words})
    return bar


def _standing(visit: Visit, case: Json) -> str:
    """How the case stands, and with whom once somebody handles it."""
    lawyer = part(case, "assignment").get("lawyer")
    named = visit.names.get(str(lawyer), "") if lawyer and case["stage"] in ("assignment", "representation") else ""
    return " · ".join(filter(None, [named, visit.t(f"states.{case['state']}")]))


def _next_hearing(case: Json) -> Json | None:
    announced = (h for h in items(part(case, "representation"), "hearings") if h.get("at") and not h.get("held_on"))
    coming = [h for h in announced if moment(h["at"]) >= now()]
    return min(coming, key=lambda h: moment(h["at"]), default=None)


@dataclass(frozen=True, slots=True)
class Whose:
    """Of whom a case's own page tells: its applicant as who acts, and as whose the case is."""

    who: str
    whose: str


def sentence(visit: Visit, event: Json, of: Whose | None = None) -> str:
    """What happened, in one sentence; only its name where the rest is not for the visitor.

    On a case's own page the great turns are told `of` its applicant.
    """
    kind = event["type"]
    if event.get("unreadable"):
        name = visit.t(f"event_names.{kind}") if kind in EVENTS else str(kind)
        return visit.t("audit.event_unreadable", name=name, position=event["position"])
    if "data" not in event:
        return visit.t("pages.event_withheld", type=kind)
    said = said_of(visit, event["data"]) if kind == "record_corrected" else event["data"]
    told = isolated(said)
    own = f"timeline.{kind}"
    if of is None or not texts.has(visit.lang, own):
        return visit.t(f"events.{kind}", **told)
    by = _near_day(visit, said.get("due_on"), event["effective_on"])
    return visit.t(own, **{**told, "who": of.who, "whose": of.whose, "by": by})


def _near_day(visit: Visit, day: Any, around: str) -> str:
    """A day as it is said in a sentence of another: the year only where it is another year."""
    if not isinstance(day, str) or not day:
        return ""
    return (say_short_date if day[:4] == around[:4] else say_date)(visit.lang, day)


def entry(visit: Visit, event: Json, of: Whose | None = None) -> Entry:
    decided = moment(event["decided_at"])
    same_day = decided.date().isoformat() == event["effective_on"]
    actor = event["actor"]
    person = actor.get("name") or (visit.t("roles.system") if actor["role"] == "system" else actor["id"])
    by = f"{person}（{visit.t('roles.' + actor['role'])}）" if visit.lang == "zh-CN" else f"{person} ({visit.t('roles.' + actor['role'])})"
    parts = ["" if actor["role"] == "system" else by]
    if event.get("on_behalf_of"):
        parts.append(visit.t("pages.on_behalf_of", name=visit.names.get(event["on_behalf_of"], event["on_behalf_of"])))
    return Entry(
        version=event["version"],
        time=decided.strftime("%H:%M") if same_day else "",
        sentence=sentence(visit, event, of),
        by=" · ".join(filter(None, [*parts, "" if same_day else visit.t("pages.recorded_late", at=event["decided_at"])])),
        person=" · ".join(filter(None, parts)),
        note=str(part(event, "data").get("note") or ""),
        key=event["type"] in KEY_EVENTS,
        late=event["type"] == "deadline_missed",
        type=event["type"],
    )


def timeline(visit: Visit, events: Sequence[Json], of: Whose | None = None) -> list[Day]:
    """The history by legal day, newest first; the clocks' own entries of a day stand folded at its end."""
    newest = sorted(events, key=lambda e: (e["effective_on"], e["version"]), reverse=True)
    days: list[Day] = []
    for on, of_day in groupby(newest, key=lambda e: e["effective_on"]):
        entries = [entry(visit, e, of) for e in of_day]
        ours = tuple(e for e in entries if not e.type.startswith(CLOCK_EVENTS))
        days.append(Day(on, day_title(visit, on), ours, tuple(e for e in entries if e.type.startswith(CLOCK_EVENTS))))
    return days


def day_title(visit: Visit, on: str) -> str:
    this_year = on[:4] == str(now().year)
    return say_weekday(visit.lang, on) if this_year else visit.t("timeline.day_of_a_year", on=on, year=on[:4])


def whose(visit: Visit, case: Json) -> Whose | None:
    """Whose case it is, in short; None where the name is not for the visitor."""
    name = part(case, "applicant").get("name")
    if not isinstance(name, str) or isinstance(name, Gone) or not name:
        return None
    said = isolated(name)
    if (case.get("recipient_count") or 1) > 1:
        return Whose(visit.t("timeline.and_others", name=said), visit.t("timeline.and_others_whose", name=said))
    return Whose(said, visit.t("timeline.whose", name=said))


def title(visit: Visit, case: Json) -> str:
    """Who against whom: a group by its first person and number."""
    withheld = visit.t("words.withheld")
    name = isolated(str(part(case, "applicant").get("name") or withheld))
    count = case.get("recipient_count") or 1
    who = visit.t("pages.et_al", name=name, count=count) if count > 1 else name
    opponents = [isolated(str(o.get("name") or withheld)) for o in items(case, "opponents")]
    return f"{who} {visit.t('pages.against')} {visit.t('words.comma').join(opponents)}" if opponents else who


def who(visit: Visit, case: Json) -> str:
    """Whose case it is: the applicant's name, of several with how many they are."""
    applicant: Any = case.get("applicant")
    held = cast("Json", applicant).get("name") if isinstance(applicant, dict) else applicant
    name, count = str(held or visit.t("words.withheld")), int(case.get("recipient_count") or 1)
    return visit.t("pages.et_al", name=name, count=count) if count > 1 else name


def number(case: Mapping[str, Any]) -> str:
    """The case number, the register number until there is one."""
    return str(case.get("case_number") or case.get("register_number") or case["case_id"])


def hardship_lines(events: Sequence[Json]) -> Json | None:
    """The data of the latest assessment, whose lines are the sum."""
    return next((e["data"] for e in reversed(events) if e["type"] == "hardship_assessed" and "data" in e), None)

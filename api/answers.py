"""Example answers, made as the API makes its own: the case that the example commands tell, decided by the rules and shown by the views.

Nothing of it is recorded. The people are a few of the worked example's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import count
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

import texts
from api import directory as directories
from api import eligibility, imports, limits, list_reading, reference, standards, views
from api.desk import Desk
from api.documents import attachment
from api.examples import ASKING, EXAMPLES
from api.schemas import body_schema
from domain.access import Principal
from domain.case import CaseState, Issued, blank
from domain.command import COMMANDS, Actor, Facts, Happened, Role
from domain.decide import Decision, decide
from domain.directory import (
    Directory,
    DirectoryEvent,
    Grant,
    Lawyer,
    LawyerRegistered,
    Office,
    OfficeOpened,
    Person,
    PersonRegistered,
    TariffSet,
    Unit,
    UnitRegistered,
)
from domain.rules import Rules
from ledger import chain
from ledger.events import Recorded, body_of
from readmodels.case_list import rows_for

type Json = dict[str, Any]

CASE_ID = "01a20b63-8040-7a3e-9b55-1c0d2e3f4a5b"
_SECOND_CASE = "01a20b63-8041-7c12-8d40-2e1f3a4b5c6d"
NOW = datetime(2026, 11, 24, 10, 30, tzinfo=views.ZONE)
_SINCE = date(2010, 1, 1)
_FIRST_POSITION = 1207
_PDF = b"%PDF-1.7\n"


def _office(code: str, name: str, name_en: str, kind: Literal["bureau", "centre"], level: Literal["city", "county"], **more: Any) -> Office:
    short = "市" if level == "city" else "定城"
    return Office(code=code, name=name, name_en=name_en, short=short, kind=kind, level=level, **more)


def _person(code: str, name: str, role: Role, **more: Any) -> PersonRegistered:
    grant = Grant(since=_SINCE, role=role, office="C-ADX")
    return PersonRegistered(since=_SINCE, person=Person(code=code, name=name, office="C-ADX", grants=(grant,), **more))


def directory_events() -> tuple[DirectoryEvent, ...]:
    """What the example's directory says of the centre and the people who act in the example case."""
    city = _office("B-CITY", "陇安市司法局", "Long'an City Justice Bureau", "bureau", "city", county="CITY")
    bureau = _office("B-ADX", "安定县司法局", "Anding County Justice Bureau", "bureau", "county", county="ADX", parent="B-CITY")
    centre = _office(
        "C-ADX", "安定县法律援助中心", "Anding County Legal Aid Centre", "centre", "county", county="ADX", parent="B-ADX", bureau="B-ADX",
        phone="12348", address="安定县公共法律服务中心一楼",
    )  # fmt: skip
    lawyer = Lawyer(
        code="L-MA-ZHIQIANG", name="马志强", unit="U-DINGCHENG", person="P-MA-ZHIQIANG", gender="male", languages=("zh", "bo"),
        specialities=("wages", "work_injury", "criminal_defence"), practising_since=date(2008, 7, 1), criminal_since=date(2011, 7, 1),
        max_load=300, quality="good",
    )  # fmt: skip
    instrument = "陇安市法律援助补贴标准（示例）"
    return (
        *(OfficeOpened(since=_SINCE, office=office) for office in (city, bureau, centre)),
        UnitRegistered(since=_SINCE, unit=Unit(code="U-DINGCHENG", name="定城律师事务所", kind="firm", office="C-ADX")),
        _person("P-BAI-LING", "白玲", "receptionist"),
        _person("P-JIA-FENGQIN", "贾凤琴", "caseworker"),
        _person("P-XUE-YONGSHENG", "薛永生", "approver"),
        _person("P-MA-ZHIQIANG", "马志强", "lawyer", lawyer="L-MA-ZHIQIANG", unit="U-DINGCHENG"),
        LawyerRegistered(since=_SINCE, lawyer=lawyer),
        TariffSet(since=_SINCE, code="flat_civil", amount_fen=150_000, instrument=instrument),
        TariffSet(since=_SINCE, code="flat_criminal", amount_fen=180_000, instrument=instrument),
    )


class _Step(NamedTuple):
    person: str
    role: Role
    command: str


_STORY = (
    _Step("P-BAI-LING", "receptionist", "submit_application"),
    _Step("P-JIA-FENGQIN", "caseworker", "declare_conflict_check"),
    _Step("P-XUE-YONGSHENG", "approver", "accept_first"),
    _Step("P-JIA-FENGQIN", "caseworker", "record_lawyer_choice"),
    _Step("P-XUE-YONGSHENG", "approver", "assign_unit"),
    _Step("P-JIA-FENGQIN", "caseworker", "attach_document"),
)


class Chapter(NamedTuple):
    """One command of the story: the case after it and what was recorded."""

    case: CaseState
    recorded: tuple[Recorded, ...]


_PAPER = "01a20b63-8040-7a11-8c33-52b7e0d9f146"


def recorded_of(decision: Decision[Any], n: int, history: Sequence[Recorded]) -> list[Recorded]:
    """The events of the story's n-th command as the ledger would hold them after that history."""
    recorded: list[Recorded] = []
    for at, event in decision.events:
        before = (recorded or history)[-1].chain_hash if recorded or history else chain.GENESIS
        digest = chain.digest(body_of(event))
        recorded.append(
            Recorded(
                position=_FIRST_POSITION + at.version,
                recorded_at=NOW,
                correlation_id=f"01a20b63-8040-7000-9000-{n:012d}",
                causation=f"case/{decision.case.case_id}/{decision.events[0].at.version}" if event.clock and recorded else None,
                digest=digest,
                chain_hash=chain.digest(digest + before),
                at=at,
                event=event,
            )
        )
    return recorded


@dataclass(frozen=True)
class Answers:
    """The example answers under the rules in force."""

    rules: Rules

    @cached_property
    def directory(self) -> Directory:
        return Directory.fold(directory_events())

    @cached_property
    def story(self) -> Mapping[str, Chapter]:
        """What each command of the story brought, by the command's name."""
        case, told = blank(CASE_ID), dict[str, Chapter]()
        history: list[Recorded] = []
        for n, step in enumerate(_STORY, start=1):
            body = EXAMPLES.get(step.command, self.attachment)
            facts = self._facts(step, n, [r.happened for r in history])
            decision = decide(case, COMMANDS[step.command].model_validate(body), facts).numbered(lambda _: 318, self.directory)
            recorded = recorded_of(decision, n, history)
            case = decision.case
            history.extend(recorded)
            told[step.command] = Chapter(case, tuple(recorded))
        return told

    def _facts(self, step: _Step, n: int, history: Sequence[Happened] = (), **more: Any) -> Facts:
        return Facts(
            now=NOW,
            effective_on=NOW.date(),
            actor=Actor(step.person, step.role, "C-ADX"),
            directory=self.directory,
            rules=self.rules,
            command_id=f"01a20b63-8040-7000-8000-{n:012d}",
            history=history,
            **more,
        )

    def notice(self) -> Json:
        """What an organ's notice was answered with."""
        kind = COMMANDS["receive_organ_notice"]
        command = kind.model_validate({**EXAMPLES[kind.name], "reserved": [_SECOND_CASE]})
        facts = self._facts(_Step("P-JIA-FENGQIN", "caseworker", kind.name), len(_STORY) + 1, others={_SECOND_CASE: blank(_SECOND_CASE)})
        numbers = count(2 * 318)
        decision = decide(blank(CASE_ID), command, facts).numbered(lambda _: next(numbers) // 2, self.directory)
        cases = [views.case_answer(each.case, recorded_of(each, len(_STORY) + 1, []), self.directory) for each in decision.cases]
        return {"notice_id": facts.command_id, "cases": cases}

    @cached_property
    def attachment(self) -> Json:
        return attachment("工资清单.pdf", "application/pdf", _PDF)

    @property
    def case(self) -> CaseState:
        return self.story[_STORY[-1].command].case

    @cached_property
    def desk(self) -> Desk:
        """The desk of the example's caseworker, for what is answered without a database."""
        services = cast("Any", _Services(lambda: self.rules))
        return Desk(services, cast("Any", None), self.principal, self.directory, NOW, "zh-CN")

    @property
    def principal(self) -> Principal:
        return Principal("jia.fengqin", "P-JIA-FENGQIN", (("caseworker", "C-ADX"),))

    def answered(self, command: str) -> Json:
        """What a command of the story was answered with."""
        case, recorded = self.story[command]
        return views.case_answer(case, recorded, self.directory)

    def attached(self) -> Json:
        return self.answered("attach_document") | self.attachment | {"document_id": self.case_view()["documents"][0]["document_id"]}

    def case_view(self) -> Json:
        return views.case_view(self.case, NOW)

    def papers(self) -> Json:
        carried = self.story["accept_first"].recorded[0].at
        about = {"version": carried.version, "type": "accepted_first", "effective_on": carried.effective_on.isoformat()}
        paper = Issued(
            document_id=UUID(_PAPER), number=f"{self.case.case_number}-1", template="accept_first_notice", about=carried.version,
            issued_on=carried.effective_on, version=self.case.version,
        )  # fmt: skip
        said = {"template": paper.template, "title": texts.text("en", f"templates.{paper.template}")}
        return {
            "case_id": CASE_ID,
            "version": self.case.version,
            "issuable": [said | {"template_version": paper.template_version, "about": [about], "each": False}],
            "issued": [views.plain(paper) | said | {"readable": True}],
        }

    def chapter(self) -> Json:
        return views.chapter(self.case, asked=True)

    def events(self) -> list[Json]:
        return [views.event_view(CASE_ID, r, self.directory) for chapter in self.story.values() for r in chapter.recorded]

    def event_of_case(self) -> Json:
        return self.events()[-1] | {"register_number": self.case.register_number, "case_number": self.case.case_number}

    def offices(self) -> list[Json]:
        return reference.offices(self.desk).part(None, 200)["items"]

    def people(self) -> list[Json]:
        return reference.people(self.desk).part(None, 200)["items"]

    def tariffs(self) -> list[Json]:
        return reference.tariffs(self.desk).part(None, 200)["items"]

    def diff(self) -> Json:
        before, after = (self.story[name].case for name in ("submit_application", "declare_conflict_check"))
        changed = list(views.changes(views.case_view(before), views.case_view(after)))
        return {"case_id": CASE_ID, "from": before.version, "to": after.version, "changes": changed}

    def allowed(self) -> Json:
        name = "confirm_owed_papers"
        return {"name": name, "label": texts.text("zh-CN", f"commands.{name}"), "schema": body_schema(name)}

    def row(self) -> Json:
        """The case's row, as lists show it."""
        return list_reading.case_row(self.desk, rows_for(self.case))

    def deadline(self) -> Json:
        row = rows_for(self.case)
        clock = next(c for c in row["clocks"] if c["limit"] == "supply_owed_papers")
        return self.row() | {"case_state": row["state"], **clock, "due": clock["due_on"]}

    def directory_entry(self) -> Json:
        return directories.shown("offices", self.directory.office_of["C-ADX"], NOW.date()) | {
            "history": [
                {
                    "change": "office_opened",
                    "since": "2010-01-01",
                    "recorded_at": "2026-11-20T09:00:00+08:00",
                    "actor": "P-ADMIN",
                    "actor_name": "许凯",
                    "data": {"office": views.plain(self.directory.office_of["C-ADX"])},
                }
            ]
        }

    def directory_changed(self) -> Json:
        asked = ASKING["change_directory"]
        return {"kind": "calendar", "change": asked["change"], "code": "2026-12-04", "since": asked["since"], "left_open": {}}

    def import_report(self) -> Json:
        fault = {"row": 17, "column": "上级机构", "code": "unknown_code", "values": {"named": "C-NONE"}}
        counts = {"rows": 240, "new": 3, "changed": 1, "unchanged": 235, "faulty": 1, "more_faults": 0}
        about = {"import_id": CASE_ID, "kind": "offices", "file": "机构.xlsx", "since": "2026-12-01", "accepted_at": None}
        return imports.told({**about, **counts, "faults": [fault]}, "zh-CN")

    def import_accepted(self) -> Json:
        nothing_wrong: Json = {"faulty": 0, "faults": [], "accepted_at": "2026-11-24T10:00:00+08:00"}
        return self.import_report() | nothing_wrong

    def message(self) -> Json:
        clock = next(c for c in self.case.clocks if c.limit == "supply_owed_papers")
        return {
            "clock": clock.id,
            "limit": clock.limit,
            "due_on": clock.due_on.isoformat(),
            "id": f"{CASE_ID}/{clock.id}/{clock.plan_version}/1/P-JIA-FENGQIN",
            "case_id": CASE_ID,
            "register_number": self.case.register_number,
            "case_number": self.case.case_number,
            "kind": "deadline_warned",
            "settled": False,
            "at": "2026-12-21T09:00:00+08:00",
            "read": False,
            "read_at": None,
        }

    def me(self) -> Json:
        return {
            "id": "P-JIA-FENGQIN",
            "name": "贾凤琴",
            "username": "jia.fengqin",
            "language": "zh-CN",
            "role": "caseworker",
            "office": "C-ADX",
            "roles": [{"role": "caseworker", "office": "C-ADX", "office_name": "安定县法律援助中心"}],
            "lawyer": None,
            "unit": None,
            "directory": "7250-2026-11-24",
            "unread": 1,
        }

    def lawyer(self) -> Json:
        found = self.directory.lawyers(NOW.date())[0]
        return views.plain(found) | {"unit_name": "定城律师事务所", "load": 3, "available": True}

    def due(self) -> Json:
        return limits.due(self.desk, limit="examine_application", start=NOW.date(), kind=None)

    def day(self) -> Json:
        return limits.day(self.desk, on=NOW.date(), office="C-ADX", command="submit_application", field="received_by_centre_on")

    def limits_in_force(self) -> list[Json]:
        return limits.in_force(self.desk, None, None).part(None, 200)["items"]

    def hardship(self) -> Json:
        return eligibility.hardship(self.desk, dict(EXAMPLES["assess_hardship"]))

    def limitations(self) -> list[Json]:
        return eligibility.limitations(self.desk)["items"]

    def limitation(self) -> Json:
        return eligibility.limitation(self.desk, ASKING["limitation"])

    def venue(self) -> Json:
        return eligibility.competent(self.desk, ASKING["competent_centres"])

    def grounds(self) -> list[Json]:
        return eligibility.grounds(self.desk)["items"]

    def standards(self) -> list[Json]:
        return standards.in_force(self.desk, None)["items"]

    @staticmethod
    def _counts() -> Json:
        by_centre = [{"centre": "C-ADX", "changed": 1}]
        return {"looked_at": 420, "changed": 1, "would_be_in": 1, "would_be_out": 0, "without_standard": 0, "by_centre": by_centre}

    def standards_set(self) -> Json:
        nothing: Json = self._counts() | {"looked_at": 0, "changed": 0, "would_be_in": 0, "by_centre": []}
        return {"since": ASKING["set_standards"]["since"], "recorded": ["dibao_line_set"], "backdated": False, "affected": nothing}

    def _assessed(self) -> Json:
        return {"case_id": CASE_ID, "register_number": self.case.register_number, "version": 3, "effective_on": "2026-11-24"}

    def rehearsal(self) -> Json:
        item = self._assessed() | {
            "case_number": None, "centre": "C-ADX", "state": "refused", "statuses": ["refused"],
            "recorded": {"in_hardship": False, "per_person_fen": 140_000, "threshold_fen": 138_000},
            "would_be": {"in_hardship": True, "per_person_fen": 140_000, "threshold_fen": 146_000},
        }  # fmt: skip
        return {"items": [item], "next_cursor": None, "counts": self._counts(), "shown": True}

    def spot_checks(self) -> Json:
        item = self._assessed() | {
            "state": "examined", "position": _FIRST_POSITION, "chain_hash": "0" * 64, "household": 1, "per_person_fen": 60_000,
            "threshold_fen": 138_000, "in_hardship": True, "verification": "open",
        }  # fmt: skip
        return {"centre": "C-ADX", "month": "2026-11", "percent": 10, "pledges": 8, "items": [item], "next_cursor": None}

    def rerun(self) -> Json:
        found = self.hardship()
        kept = {name: found[name] for name in ("in_hardship", "per_person_fen", "threshold_fen", "explanation")}
        again = {"same_sum": True, "same_outcome": True, "result": kept}
        item = {
            "version": 3, "type": "hardship_assessed", "effective_on": "2026-11-24", "recorded_at": views.moment(NOW),
            "for_recipients": [0], "recorded": kept, "then": again, "now": again,
        }  # fmt: skip
        return {"case_id": CASE_ID, "version": 4, "type": "decision_recommended", "items": [item]}


@dataclass(frozen=True)
class _Services:
    rules: Callable[[], Rules]

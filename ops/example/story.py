"""A case's story, told command by command: bodies made from the facts, and on each a note saying where its day comes from."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, Literal, NamedTuple, Self

import domain.stages  # noqa: F401  # pyright: ignore[reportUnusedImport] -- fills the vocabularies
from domain.command import COMMANDS
from domain.directory import Directory
from ledger import rules
from ops.example import filled
from ops.example.directory import directory_events, people_accounts
from ops.example.facts import Fact
from ops.example.said import Said, filled_in, plain
from ops.example.script import Scenario, Set, Step

Basis = Literal["stated", "inferred", "year_inferred", "relative", "undated", "earlier", "filled"]
COURT, BOARD = "基层人民法院", "劳动人事争议仲裁委员会"


class Team(NamedTuple):
    """Who of one centre the stories are played by, by the names they sign in with."""

    centre: str
    county: str
    desk: str
    caseworker: str
    approver: str
    finance: str
    supervisor: str
    bureau: str


CITY = Team("C-CITY", "CITY", "lin.xiaomei", "li.guangming", "chen.weidong", "fang.hui", "gao.yuan", "su.min")
CITY_TOO = Team("C-CITY", "CITY", "lin.xiaomei", "he.jing", "qi.lan", "fang.hui", "gao.yuan", "su.min")
ANDING = Team("C-ADX", "ADX", "bai.ling", "jia.fengqin", "xue.yongsheng", "pan.ying", "yan.shuhua", "lei.ming")
ANDING_TOO = ANDING._replace(caseworker="lu.ping")
YUNTAI = Team("C-YTX", "YTX", "meng.xia", "cui.haibo", "zeng.qiang", "yao.lan", "tian.zhong", "long.fei")

_FORMS = {
    "litigation": "litigation", "arbitration": "arbitration", "mediation": "non_litigation", "non_litigation": "non_litigation",
    "investigation": "defence",
}  # fmt: skip
_CHECKLIST = ("closing_report", "engagement", "work_record", "outcome_paper")


@cache
def directory() -> Directory:
    """The example's directory as it will stand once it is entered."""
    return Directory.fold(directory_events())


@cache
def handler(username: str) -> tuple[str, str]:
    """The codes of a lawyer and of the unit, by the name the lawyer signs in with."""
    code = next(a.person for a in people_accounts() if a.username == username)
    person = directory().person_of[code]
    if person.lawyer is None or person.unit is None:
        raise LookupError(username)
    return person.lawyer, person.unit


def workday(day: date) -> date:
    """The day itself, or the last working day before it: what was filled in should not have happened on a day off."""
    calendar = rules.current().calendar
    return day if calendar.is_workday(day) else calendar.previous_workday(day)


def later(day: date, n: int) -> date:
    """`n` days later, or the next working day after that."""
    return rules.current().calendar.roll(day + timedelta(days=n))


class Story:
    """One case being told. `on` are legal days; a filled day before the one told last is moved to that one."""

    def __init__(self, set_: Set, fact: Fact, team: Team, weeks: int | None = None) -> None:
        self.set: Set = set_
        self.fact = fact if weeks is None else fact.moved(weeks)
        self.team = team
        self.weeks = weeks
        self.lawyer = ""
        self.on = date.min
        self.case = 0
        """Which of the story's cases is being told."""
        self._steps: list[Step] = []
        self._lanes: dict[str, date] = {}

    def scenario(self) -> Scenario:
        return Scenario(self.set, self.fact.id, tuple(self._steps), self.weeks)

    def do(self, who: str, command: str, on: date, basis: Basis = "filled", **body: Any) -> Self:
        """Tell one command. Raises `ValueError` where a printed day lies before one told already."""
        lane = COMMANDS[command].lane
        opened = next((step.on for step in self._steps if step.case == self.case), on)
        last = self._lanes.get(lane, opened)
        if on < last and basis == "stated":
            raise ValueError(f"{self.fact.id} {command}: {on} is printed, and {last} was told already")
        self.on = self._lanes[lane] = max(on, last)
        said = {name: value for name, value in body.items() if value is not None}
        filled = tuple(filled_in(said)) if basis != "filled" else ("",)
        if basis not in ("stated", "filled"):
            filled = (*filled, "/effective_on")
        step = Step(who, command, plain(said) | {"note": self._note(basis, filled)}, self.on, case=self.case, filled=filled)
        self._steps.append(step)
        return self

    def _note(self, basis: Basis, filled: tuple[str, ...]) -> str:
        """Where the legal day comes from, and what else of the body the record does not say."""
        case, moved = f"公开案例 {self.fact.id}", "" if self.weeks is None else f"，整体移动 {self.weeks} 周（moved）"
        note = {
            "stated": f"{case} 载明此日{moved}",
            "inferred": f"补录：{case} 称当日办理，日期为推定（filled）",
            "year_inferred": f"补录：{case} 载此日期，年份为推定（filled）",
            "relative": f"补录：{case} 未直接写明日期，由报道推算（filled）",
            "undated": f"补录：{case} 载此步，确切日期为补录（filled）",
            "earlier": f"补录：{case} 载明援助之前的这一步，录入日为补录（filled）{moved}",
            "filled": f"补录：{case} 未载此步，日期与内容为补录（filled）",
        }[basis]
        named = "、".join(pointer for pointer in filled if pointer not in ("", "/effective_on"))
        return f"{note}；其中补录（filled）：{named}" if named else note

    def submitted(
        self, on: date, basis: Basis = "filled", *, who: str | None = None, limitation_on: date | None = None, **more: Any
    ) -> Self:
        fact, kind = self.fact, self.fact.matter
        applicant: dict[str, Any] = {
            "name": fact.name if fact.name_filled else Said(fact.name),
            "id_kind": "resident_id",
            "id_number": filled.id_number(fact, on),
            "phone": filled.phone(fact),
            "birth_date": filled.birth_date(fact, on).isoformat(),
            "categories": Said(list(fact.categories)),
            "county": self.team.county,
            "residence": "rural",
        }
        matter = {
            "kind": Said(kind.kind),
            "cause": Said(kind.cause),
            "forum": Said(kind.forum),
            "stage": Said(kind.stage),
            "summary": Said(f"{fact.facts}{more.pop('also', '')}（公开案例 {fact.id}；姓名以外的身份信息为补录 filled）"),
            "claim_fen": self._amount(fact.amounts.claimed_fen),
            "limitation_on": limitation_on and limitation_on.isoformat(),
        }
        group = [{"name": name, "categories": list(fact.categories)} for name in filled.CO_APPLICANTS[: fact.recipients - 1]]
        body = {
            "centre": self.team.centre,
            "channel": Said(fact.channel) if fact.channel else "walk_in",
            "applicant": applicant | more.pop("applicant", {}),
            "co_applicants": group or None,
            "representatives": [0] if fact.recipients > 2 else None,
            "recipient_count": Said(fact.recipients),
            "opponents": [{"name": fact.opponent}] if fact.opponent else None,
            "matter": {name: value for name, value in matter.items() if value is not None},
        }
        return self.do(who or self.team.desk, "submit_application", on, basis, **(body | more))

    def examined(
        self, on: date, basis: Basis = "filled", *, decision: str = "grant", incomes: tuple[int, int, int] = (180_000, 60_000, 0)
    ) -> Self:
        """The check of hardship, or why there is none; the conflict check; the examiner's opinion. `incomes` in fen a month."""
        who, ground = self.team.caseworker, _waiver(self.fact)
        if ground and decision == "grant":
            self.do(who, "waive_hardship_check", on, basis, ground=ground)
        else:
            lines = zip(("self", "spouse", "child"), incomes, strict=True)
            household = [{"relation": relation, "income_fen_per_month": fen} for relation, fen in lines]
            body = {"household": household, "county": self.team.county, "residence": "rural", "proof": "integrity_pledge"}
            self.do(who, "assess_hardship", on, basis, **body)
        unprinted = _unprinted(basis)
        self.do(who, "declare_conflict_check", on, unprinted, cleared=True)
        opinion = "符合法律援助条件，建议给予援助" if decision == "grant" else "家庭人均收入高于经济困难标准，建议不予援助"
        return self.do(who, "recommend_decision", on, unprinted, decision=decision, opinion=opinion)

    def granted(self, on: date, basis: Basis = "filled") -> Self:
        kind = self.fact.matter
        return self.do(
            self.team.approver, "grant_aid", on, basis, forms=[_FORMS[kind.forum]], stages=[kind.stage], reasons="符合法律援助条件"
        )

    def accepted_first(
        self, on: date, ground: str, owed: tuple[str, ...], due_on: date, basis: Basis = "filled", *, who: str | None = None
    ) -> Self:
        body = {"ground": ground, "papers_owed": filled.papers(*owed), "due_on": due_on.isoformat()}
        return self.do(who or self.team.approver, "accept_first", on, basis, **body)

    def owed_supplied(self, on: date, *kinds: str) -> Self:
        return self.do(self.team.desk, "supply_owed_papers", on, papers=filled.papers(*kinds))

    def owed_confirmed(self, on: date) -> Self:
        return self.do(self.team.caseworker, "confirm_owed_papers", on)

    def assigned(self, on: date, lawyer: str, basis: Basis = "filled", *, choices: tuple[str, ...] = ()) -> Self:
        """The recipient's wish, the unit and the lawyer who leads."""
        code, unit = handler(lawyer)
        self.lawyer = lawyer
        wish: Mapping[str, Any] = {"choices": list(choices)} if choices else {"no_wish_told": True}
        self.do(self.team.caseworker, "record_lawyer_choice", on, _unprinted(basis), **wish)
        return self.do(self.team.approver, "assign_unit", on, basis, unit=unit, lawyer=code)

    def engaged(self, on: date, basis: Basis = "filled", signed_by: str = "recipient") -> Self:
        """The engagement, on the last day for it where `on` would be too late."""
        assigned = self._steps[-1].on
        if basis == "filled" and rules.current().limit("sign_engagement", assigned):
            on = min(on, rules.current().due("sign_engagement", assigned).due_on)
        authority = "special" if self.fact.recipients > 1 else "general"
        body = {"signed_on": on.isoformat(), "signed_by": signed_by, "authority": authority, "method": "signature"}
        return self.do(self.lawyer, "sign_engagement", on, basis, **body)

    def met(self, on: date, kind: str = "client_meeting") -> Self:
        return self.do(self.lawyer, "record_meeting", on, kind=kind, held_on=on.isoformat(), summary="会见受援人，核对事实和证据")

    def procedure(
        self, on: date, basis: Basis, kind: str, body: str, *, who: str | None = None, held_on: date | None = None, **more: Any
    ) -> Self:
        """A step before a court or authority; by the lawyer, or by `who`. `held_on` where it lies before its entry."""
        stage = more.pop("stage", self.fact.matter.stage)
        day = (held_on or on).isoformat()
        told: dict[str, Any] = {"kind": kind, "stage": stage, "body": body, "before_aid": more.pop("before_aid", None)}
        if basis != "filled":
            told = {name: value and Said(value) for name, value in told.items()}
        told["held_on"] = Said(day) if basis in ("stated", "earlier") else day
        return self.do(who or self.lawyer, "record_procedure", on, basis, **told, **more)

    def before(self, on: date, step: str, kind: str, body: str, **more: Any) -> Self:
        """A printed step from before the aid, entered by the caseworker on the day `on`."""
        return self.procedure(on, "earlier", kind, body, who=self.team.caseworker, held_on=self.fact.day(step), before_aid=True, **more)

    def heard(self, on: date, basis: Basis = "filled", result: str = "开庭审理") -> Self:
        day = Said(on.isoformat()) if basis == "stated" else on.isoformat()
        return self.do(self.lawyer, "record_hearing", on, basis, held_on=day, result=Said(result))

    def ended(self, on: date, basis: Basis, result: str, closing_event: str, summary: str) -> Self:
        money = {"awarded_fen": self._amount(self.fact.amounts.agreed_fen), "recovered_fen": self._amount(self.fact.amounts.paid_fen)}
        day = Said(on.isoformat()) if basis == "stated" else on.isoformat()
        body = {"result": Said(result), "closing_event": Said(closing_event), "closed_on": day, "summary": Said(summary), **money}
        return self.do(self.lawyer, "record_outcome", on, basis, **body)

    def _amount(self, fen: int | None) -> Any:
        """An amount the record says; one that it gives as "about" stands as an exact one, and so is marked as filled."""
        return fen if fen is None or self.fact.amounts.approximate else Said(fen)

    def reported(self, on: date) -> Self:
        return self.do(self.lawyer, "submit_closing_report", on, report="案件办结，材料齐备，申请结案", papers=filled.papers(*_CHECKLIST))

    def file_accepted(self, on: date, grade: str = "good") -> Self:
        return self.do(self.team.caseworker, "accept_closing_file", on, grade=grade)

    def subsidy_approved(self, on: date) -> Self:
        """By the flat tariff; nothing to the centre's own staff."""
        tariff = "flat_criminal" if self.fact.matter.kind == "criminal" else "flat_civil"
        unit = directory().unit_of[handler(self.lawyer)[1]]
        set_by = directory().tariff(tariff, on)
        amount = 0 if unit.kind == "centre" or set_by is None else set_by.amount_fen
        return self.do(self.team.approver, "approve_subsidy", on, amount_fen=amount, tariff=tariff)

    def paid(self, on: date) -> Self:
        voucher = f"{self.team.county}-{on.year}-{self.fact.id}"
        return self.do(self.team.finance, "pay_subsidy", on, paid_on=on.isoformat(), voucher=voucher)

    def archived(self, on: date) -> Self:
        number = f"{self.team.county}-{on.year}-{self.fact.id}"
        return self.do(self.team.caseworker, "archive_case", on, volume=f"{on.year}年援助卷", archive_number=number)

    def closed(self, ended: date) -> Self:
        """From the closing report to the archive, at the pace of an ordinary office."""
        self.reported(later(ended, 8)).file_accepted(later(ended, 15)).subsidy_approved(later(ended, 20))
        return self.paid(later(ended, 27)).archived(later(ended, 34))


def _unprinted(basis: Basis) -> Basis:
    """The basis of what must have come with a step, and is printed nowhere."""
    return "filled" if basis == "stated" else basis


def _waiver(fact: Fact) -> str | None:
    """Why no check of hardship is made of these people, by the local policy's codes; None where one is made."""
    groups, cause = set(fact.categories), fact.matter.cause
    if "domestic_violence_victim" in groups:
        return "abuse_abandonment_domestic_violence"
    if "migrant_worker" in groups and cause in ("wages", "work_injury"):
        return "migrant_worker_pay_or_work_injury"
    if "dibao_recipient" in groups:
        return "social_relief_recipient"
    return "no_fixed_livelihood_minor_elderly_disabled" if groups & {"minor", "elderly", "disabled"} else None

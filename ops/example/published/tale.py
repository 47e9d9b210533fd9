"""A published record told in commands, step by step of its timeline, with what it lacks filled in and marked.

Which command carries which step of a record stands in `CARRIERS`. A printed day is the legal day of that command, or, for what lies
before the aid or ahead of its entry, the date its body bears; an inferred day keeps the order and is marked; what has no date is told on a
filled day. A scenario that leaves a step neither told, mentioned in a text nor listed as left out cannot be made.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Self

from domain.command import COMMANDS
from ops.example import filled
from ops.example.facts import Dated, Fact, facts
from ops.example.said import Said
from ops.example.script import LeftOut, Scenario
from ops.example.story import Basis, Story, Team, handler, later

CARRIERS: Mapping[str, tuple[str, ...]] = {
    "inquiry": ("submit_application",),
    "application": ("submit_application",),
    "acceptance": ("issue_receipt", "accept_first"),
    "grant": ("grant_aid", "accept_first"),
    "assignment": ("assign_unit",),
    "engagement": ("sign_engagement",),
    "first_meeting": ("record_meeting", "record_contact_attempt"),
    "notice": ("receive_organ_notice",),
    "home_visit": ("record_home_visit",),
    "prior": ("record_procedure",),
    "other": ("record_procedure", "report_progress"),
    "event": ("record_procedure",),
    "filing_arbitration": ("record_procedure",),
    "filing_court": ("record_procedure",),
    "ruling": ("record_procedure",),
    "judgment_1": ("record_procedure",),
    "judgment_2": ("record_procedure",),
    "mediation": ("record_procedure", "record_outcome"),
    "hearing": ("schedule_hearing", "record_hearing"),
    "enforcement": ("record_procedure",),
    "payment": ("record_procedure",),
    "payment_due": ("record_procedure", "record_outcome"),
    "termination": ("terminate_aid",),
    "reapplication": ("continue_case",),
    "thanks": ("add_note",),
}
"""Step of a record -> commands that may carry it."""


def basis_of(entry: Dated) -> Basis:
    """What is said of the legal day of the command that carries the step."""
    if entry.legal_day:
        return "stated"
    if entry.day is None:
        return "undated"
    return entry.basis if entry.basis in ("year_inferred", "relative") else "inferred"


class Tale(Story):
    """One record being told. `on` is the pen: the day on which the next step without a day of its own falls."""

    def __init__(self, case: str, team: Team, opened: date | None = None) -> None:
        """`opened`: where the pen begins, for a record that prints no day to begin with."""
        fact: Fact = facts()[case]
        super().__init__("published", fact, team)
        self._told: tuple[int, ...] = ()
        self._mentioned: tuple[int, ...] = ()
        self._left_out: list[LeftOut] = []
        self.on = opened or date.min

    def scenario(self) -> Scenario:
        """Raises `ValueError` where a step of the record is neither told nor mentioned nor left out, or is told twice in one case."""
        if self._told or self._mentioned:
            raise ValueError(f"{self.fact.id}: no command carried {self._told or self._mentioned}")
        told = [(step.case, seq) for step in self._steps for seq in step.tells]
        if len(told) != len(set(told)):
            raise ValueError(f"{self.fact.id}: told twice in one case")
        placed = {seq for _, seq in told} | {seq for step in self._steps for seq in step.mentions}
        placed |= {each.seq for each in self._left_out if each.seq}
        if missing := {entry.seq for entry in self.fact.timeline} - placed:
            raise ValueError(f"{self.fact.id}: nothing is said of the steps {sorted(missing)}")
        return Scenario("published", self.fact.id, tuple(self._steps), left_out=tuple(self._left_out))

    # -- the pen

    def after(self, days: int) -> Self:
        """Move the pen, to the next working day after so many days."""
        self.on = later(self.on, days)
        return self

    def pen(self, on: date) -> Self:
        """Move the pen to a filled day."""
        self.on = max(on, self.on)
        return self

    def tell(self, *seqs: int, mention: tuple[int, ...] = ()) -> Self:
        """The next command that can carry these steps does; what is mentioned goes into its text.

        A day the first of them bears, printed or inferred, becomes the pen's.
        """
        self._told, self._mentioned = seqs, mention
        if seqs and self.fact.entry(seqs[0]).step not in _AHEAD and (day := self.fact.entry(seqs[0]).day):
            self.on = day
        return self

    def left_out(self, what: str, seq: int | None = None) -> Self:
        """Say which fact of the record found no place."""
        self._left_out.append(LeftOut(what, seq))
        return self

    def do(self, who: str, command: str, on: date, basis: Basis = "filled", **body: Any) -> Self:
        carried = tuple(seq for seq in self._told if command in CARRIERS[self.fact.entry(seq).step])
        if carried and basis == "filled":
            basis = basis_of(self.fact.entry(carried[0]))
        if command == "waive_hardship_check" and self.fact.means in ("waived", "passed_by_status"):
            basis, body["ground"] = "undated", Said(body["ground"])
        super().do(who, command, on, basis, **body)
        self._told = tuple(seq for seq in self._told if seq not in carried)
        mentions = () if self._told else self._mentioned
        self._steps[-1] = replace(self._steps[-1], tells=carried, mentions=mentions)
        self._mentioned = self._mentioned if self._told else ()
        return self

    def _carried(self) -> tuple[Dated, Basis]:
        entry = self.fact.entry(self._told[0])
        return entry, basis_of(entry)

    # -- the steps

    def opened(self, who: str | None = None, mention: tuple[int, ...] = (), **more: Any) -> Self:
        """The application. What is mentioned with it (the accident, the wages owed since) goes into the summary with its date."""
        self._mentioned = (*self._mentioned, *mention)
        said = "；".join(f"{entry.at or ''}{entry.what or _WORDS.get(entry.step, '')}" for entry in map(self.fact.entry, self._mentioned))
        also = f"另载：{said}。" if said else ""
        basis = basis_of(self.fact.entry(self._told[0])) if self._told else "filled"
        return self.submitted(self.on, basis, who=who, also=also, **more)

    def received(self, *kinds: str) -> Self:
        """The receipt for the papers: what a record calls acceptance (受理)."""
        return self.do(self.team.desk, "issue_receipt", self.on, papers=filled.papers(*(kinds or ("id_copy",))))

    def looked_into(self, **more: Any) -> Self:
        """The examination: hardship or its waiver, conflicts, the examiner's opinion."""
        return self.examined(self.on, **more)

    def decided(self, *stages: str, forms: tuple[str, ...] = ("litigation",)) -> Self:
        """The grant; the stages are said where the caller names them, else those of the matter."""
        if not stages:
            return self.granted(self.on)
        basis: Basis = "filled" if self._told else "undated"
        body = {"forms": list(forms), "stages": Said(list(stages)), "reasons": "符合法律援助条件"}
        return self.do(self.team.approver, "grant_aid", self.on, basis, **body)

    def given_to(self, lead: str, *others: str, choices: tuple[str, ...] = (), chosen: bool = False) -> Self:
        """The assignment, with as many handlers as the record counts. `chosen`: the record says that the recipient named the lawyer."""
        code, unit = handler(lead)
        self.lawyer = lead
        told, self._told = self._told, ()
        wish: dict[str, Any] = {"choices": Said([code]) if chosen else list(choices)} if chosen or choices else {"no_wish_told": True}
        if chosen:
            self.do(self.team.caseworker, "record_lawyer_choice", self.on, "undated", **wish)
        else:
            self.do(self.team.caseworker, "record_lawyer_choice", self.on, **wish)
        self._told = told
        lawyers = [{"lawyer": handler(name)[0], "lead": name == lead} for name in (lead, *others)] if others else None
        return self.do(self.team.approver, "assign_unit", self.on, unit=unit, lawyer=None if others else code, lawyers=lawyers)

    def given_to_unit(self, unit: str) -> Self:
        """The assignment where the record tells of no handler."""
        return self.do(self.team.approver, "assign_unit", self.on, unit=unit)

    def signed(self, signed_by: str = "recipient", authority: str | None = None) -> Self:
        """The engagement on the pen's day. `authority` is said where it is given."""
        day = self.on.isoformat()
        said: dict[str, Any] = {"authority": Said(authority)} if authority else {"authority": "general"}
        return self.do(self.lawyer, "sign_engagement", self.on, signed_on=day, signed_by=signed_by, method="signature", **said)

    def talked(self, kind: str = "client_meeting", summary: str = "会见受援人，核对事实和证据") -> Self:
        """A meeting on the pen's day."""
        return self.do(self.lawyer, "record_meeting", self.on, kind=kind, held_on=self.on.isoformat(), summary=summary)

    def visited(self, summary: str, *, who: str | None = None) -> Self:
        entry, basis = self._carried()
        day: Any = Said(self.on.isoformat()) if entry.legal_day else self.on.isoformat()
        return self.do(who or self.team.desk, "record_home_visit", self.on, basis, held_on=day, summary=Said(summary))

    def before_aid(self, seq: int, kind: str, body: str, stage: str, held_on: date | None = None, **more: Any) -> Self:
        """A step from before the aid; entered on the pen's day, its own date stands in `held_on`."""
        entry, pen = self.fact.entry(seq), self.on
        self._told = (seq,)
        basis: Basis = "earlier" if entry.legal_day else "undated"
        held = entry.day or held_on or self._within(entry)
        self.procedure(pen, basis, kind, body, who=self.team.caseworker, held_on=held, before_aid=True, stage=stage, **more)
        return self

    def _within(self, entry: Dated) -> date:
        """A filled day for what is known by the month or not at all, before the pen."""
        if entry.at is None:
            return self.on
        return date.fromisoformat((entry.at + "-15")[:10] if entry.precision == "month" else f"{entry.at}-06-15")

    def step(self, kind: str, body: str, *, stage: str | None = None, who: str | None = None, **more: Any) -> Self:
        """A step before a court or authority on the pen's day: told, or filled where nothing is being told."""
        basis: Basis = self._carried()[1] if self._told else "filled"
        return self.procedure(self.on, basis, kind, body, who=who, stage=stage or self.fact.matter.stage, **more)

    def known(self, kind: str, body: str, *, stage: str | None = None, **more: Any) -> Self:
        """A step the record tells outside its timeline (the forums it went through), without a date."""
        return self.procedure(self.on, "undated", kind, body, stage=stage or self.fact.matter.stage, **more)

    def reported_progress(self, summary: str, basis: Basis = "undated") -> Self:
        return self.do(self.lawyer, "report_progress", self.on, basis, summary=Said(summary))

    def came_out(self, result: str, closing_event: str | None, summary: str, *, closed_on: date | None = None, **more: Any) -> Self:
        """The outcome: what the record says of it, on a printed day where what ended the matter has one."""
        basis: Basis = basis_of(self.fact.entry(self._told[0])) if self._told else "undated"
        if closed_on == self.on and closed_on in (entry.legal_day for entry in self.fact.timeline):
            basis = "stated"
        money = {"awarded_fen": self._amount(self.fact.amounts.agreed_fen), "recovered_fen": self._amount(self.fact.amounts.paid_fen)}
        day = (closed_on or self.on).isoformat()
        body: dict[str, Any] = {"result": Said(result), "summary": Said(summary), "closed_on": day, "closing_event": closing_event}
        if basis == "stated":
            body |= {"closed_on": Said(day), "closing_event": Said(closing_event)}
        return self.do(self.lawyer, "record_outcome", self.on, basis, **body, **money, **more)

    def due(self, result: str, closing_event: str, summary: str) -> Self:
        """The outcome with the day by which the other side is to pay, which is the step being told."""
        entry = self.fact.entry(self._told[0])
        day = Said(entry.at) if entry.legal_day else entry.at
        money = {"awarded_fen": self._amount(self.fact.amounts.agreed_fen), "payment_due_on": day, "closed_on": self.on.isoformat()}
        said = {"result": Said(result), "summary": Said(summary), "closing_event": closing_event}
        return self.do(self.lawyer, "record_outcome", self.on, "undated", **said, **money)

    def hearing_set(self, forum: str, on: date) -> Self:
        """A hearing set for the day being told, which the body bears; that it was held the record does not say. The hour is filled in."""
        self.do(self.team.caseworker, "schedule_hearing", self.on, "undated", forum=Said(forum), at=f"{on}T09:00:00+08:00")
        return self

    def looked_into_for(self, *people: int) -> Self:
        """The examination of those who joined later, by their party ids."""
        ids, who = list(people), self.team.caseworker
        self.do(who, "waive_hardship_check", self.on, ground="migrant_worker_pay_or_work_injury", for_recipients=ids)
        self.do(who, "declare_conflict_check", self.on, cleared=True)
        return self.do(who, "recommend_decision", self.on, decision="grant", opinion="符合法律援助条件，建议给予援助", for_recipients=ids)

    def granted_to(self, *people: int) -> Self:
        """The grant for those who joined later."""
        return self.do(self.team.approver, "grant_aid", self.on, reasons="符合法律援助条件", for_recipients=list(people))

    def means_checked(self) -> Self:
        """The examination where the record says that the means were looked at: incomes are filled in, the result is not."""
        household = [{"relation": "self", "income_fen_per_month": 60_000}, {"relation": "spouse", "income_fen_per_month": 0}]
        body = {"household": household, "county": self.team.county, "residence": "rural", "proof": "documents"}
        self.do(self.team.caseworker, "assess_hardship", self.on, "undated", **body)
        self.do(self.team.caseworker, "declare_conflict_check", self.on, cleared=True)
        return self.do(self.team.caseworker, "recommend_decision", self.on, decision="grant", opinion="符合经济困难标准，建议给予援助")

    def ruled(self, court: str, *, held_on: str, received_on: str) -> Self:
        """The ruling of a printed day that reached the recipient on a day of which the year was inferred."""
        body = {"kind": Said("ruling"), "stage": Said("trial"), "body": Said(court), "held_on": Said(held_on), "received_on": received_on}
        return self.do(self.lawyer, "record_procedure", self.on, "year_inferred", **body)

    def settled_file(self, who: str) -> Self:
        """From a settlement without an assignment to the archive: another caseworker files it, and nobody is paid."""
        self.after(8)
        body: dict[str, Any] = {"report": "指派前和解，材料齐备", "papers": filled.papers("closing_report", "outcome_paper")}
        self.do(who, "submit_closing_report", self.on, **body).file_accepted(later(self.on, 7))
        self.do(self.team.approver, "approve_subsidy", later(self.on, 5), amount_fen=0, tariff="flat_criminal")
        self.paid(later(self.on, 7)).archived(later(self.on, 7))
        return self

    def called_back(self, on: date, detail: str) -> Self:
        return self.do(self.team.caseworker, "record_callback", on, "undated", detail=Said(detail))

    def next_case(self) -> Self:
        """Go on with the case that was opened last."""
        self.case = max(step.case for step in self._steps) + 1
        self._lanes = {}
        return self

    def on_case(self, n: int) -> Self:
        """Go on with the story's `n`-th case."""
        self.case = n
        self._lanes = {}
        for step in self._steps:
            if step.case == n:
                lane = COMMANDS[step.command].lane
                self._lanes[lane] = max(step.on, self._lanes.get(lane, step.on))
        return self

    def part_file(self) -> Self:
        """From a termination to the archive."""
        kinds = ("closing_report", "engagement", "work_record")
        self.do(self.lawyer, "submit_closing_report", self.on, report="受援人要求终止，已办部分材料齐备", papers=filled.papers(*kinds))
        self.file_accepted(later(self.on, 7)).subsidy_approved(later(self.on, 5))
        self.paid(later(self.on, 7)).archived(later(self.on, 7))
        return self

    def noted(self, text: str) -> Self:
        """What the recipient did or said afterwards: thanks, a banner. The centre did not call back, so it is a note."""
        entry, basis = self._carried()
        del entry
        return self.do(self.team.caseworker, "add_note", self.on, basis, text=Said(text))

    def wound_up(self) -> Self:
        """From the outcome to the archive: filled in everywhere, since no source prints a day of closure."""
        self.closed(self.on)
        return self


_AHEAD = ("payment_due", "hearing")
"""Steps whose day lies ahead of the day on which they are entered."""
_WORDS = {"event": "事发", "inquiry": "来访", "prior": "此前"}

"""The case subsidy (办案补贴, 法律援助法 art. 52): a dated tariff, payees that sum up, two persons, paid by the finance officer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.case import CaseState
from domain.command import Command, Event, Facts, Refusal, Stamp
from domain.stages.common import known_lawyer, known_person, not_in_future, said
from domain.stages.handling import carried
from domain.values import Code, Fen, Model, Payee, Text


class SubsidyFields(Model):
    amount_fen: Fen
    tariff: Code
    payees: tuple[Payee, ...] = ()
    """The lead lawyer with the unit when absent."""
    reviewed_by: Code | None = None
    """Officer of the bureau who approved as the second, where the directory asks for one."""
    published_on: date | None = None


class SubsidyApproved(SubsidyFields, Event):
    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        approved = carried(SubsidyFields, self) | {"subsidy_fen": self.amount_fen}
        closure = case.closure.model_copy(update=approved)
        return case.but(state="subsidy_approved", closure=closure)


class ApproveSubsidy(SubsidyFields, Command):
    room = "closure"
    states = frozenset({"file_accepted"})
    to = ("subsidy_approved",)
    roles = frozenset({"approver"})
    emits = ("subsidy_approved",)
    other_than = "closing_file_accepted"

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        tariff = facts.directory.tariff(self.tariff, facts.effective_on)
        if tariff is None:
            raise Refusal("unknown_tariff", status=422, pointer="/tariff", tariff=self.tariff)
        if self.amount_fen > tariff.amount_fen:
            raise Refusal("over_tariff", pointer="/amount_fen", amount_fen=self.amount_fen, tariff_fen=tariff.amount_fen)
        payees = self.payees or self._lead(case)
        total = sum(payee.amount_fen for payee in payees)
        if total != self.amount_fen:
            raise Refusal("payees_do_not_sum", pointer="/payees", sum_fen=total, amount_fen=self.amount_fen)
        payees = tuple(self._payable(index, payee, case, facts) for index, payee in enumerate(payees))
        self._second_approval(case, facts)
        not_in_future(facts, self.published_on, "/published_on")
        return [SubsidyApproved.model_validate(said(self) | {"payees": payees})]

    def _lead(self, case: CaseState) -> tuple[Payee, ...]:
        held = case.assignment
        if held is None and self.amount_fen:
            raise Refusal("payees_missing", status=422, pointer="/payees")
        return (Payee(unit=held.unit, lawyer=held.lead, amount_fen=self.amount_fen),) if held else ()

    @staticmethod
    def _payable(index: int, payee: Payee, case: CaseState, facts: Facts) -> Payee:
        """The payee with its unit: the lawyer's, else the one assigned, where none is said.

        Refuses payees the directory does not know, and money to lawyers on public pay or the centre's own staff.
        """
        pointer = f"/payees/{index}"
        known_lawyer(facts, payee.lawyer, f"{pointer}/lawyer")
        lawyer = facts.directory.lawyer(payee.lawyer)
        assigned = case.assignment.unit if case.assignment else None
        unit = facts.directory.unit(payee.unit or (lawyer.unit if lawyer else assigned))
        if unit is None:
            raise Refusal("unknown_unit", status=422, pointer=f"{pointer}/unit", unit=payee.unit)
        if lawyer is not None and lawyer.unit != unit.code:
            raise Refusal("lawyer_not_of_unit", status=422, pointer=f"{pointer}/lawyer", lawyer=lawyer.code, unit=unit.code)
        handlers = case.assignment.lawyers if case.assignment and assigned == unit.code else ()
        paid = [lawyer] if lawyer else [facts.directory.lawyer(handler.lawyer) for handler in handlers]
        on_public_pay = unit.kind == "centre" or (bool(paid) and all(x is not None and x.public_pay for x in paid))
        if on_public_pay and payee.amount_fen:
            raise Refusal("public_pay_excluded", pointer=pointer, payee=payee.lawyer or unit.code)
        return payee.model_copy(update={"unit": unit.code})

    def _second_approval(self, case: CaseState, facts: Facts) -> None:
        office = facts.directory.office(case.centre)
        reviewer = facts.directory.person(self.reviewed_by)
        known_person(facts, self.reviewed_by, "/reviewed_by")
        if office is None or not office.second_approval:
            return
        held = reviewer.roles_on(facts.effective_on) if reviewer and reviewer.code != facts.actor.id else ()
        if ("bureau_officer", office.bureau) not in held:
            raise Refusal("second_approval_missing", pointer="/reviewed_by", bureau=office.bureau)


class SubsidyPaid(Event):
    paid_on: date
    voucher: Text

    def apply(self, case: CaseState, at: Stamp) -> CaseState:
        del at
        closure = case.closure.model_copy(update={"paid_on": self.paid_on, "voucher": self.voucher})
        return case.but(state="subsidy_paid", closure=closure)


class PaySubsidy(Command):
    room = "closure"
    states = frozenset({"subsidy_approved"})
    to = ("subsidy_paid",)
    roles = frozenset({"finance_officer"})
    emits = ("subsidy_paid",)
    other_than = "subsidy_approved"

    paid_on: date
    voucher: Text

    def decide(self, case: CaseState, facts: Facts) -> Sequence[Event]:
        del case
        not_in_future(facts, self.paid_on, "/paid_on")
        return [SubsidyPaid(paid_on=self.paid_on, voucher=self.voucher)]

"""Records of criminal cases: on the notice of an organ, or on the application of kin."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from ops.example.published.family import parent
from ops.example.published.tale import Tale
from ops.example.said import Said
from ops.example.story import CITY, handler


def criminal() -> Iterator[Tale]:
    yield _remanded()
    yield _two_who_cannot_hear()

    tale = Tale("PC084", CITY, date(2017, 12, 4)).tell(1).opened(proxy=parent("龙老汉"))
    owed: dict[str, Any] = {
        "ground": Said("non_essential_paper_missing"),
        "papers_owed": Said([{"kind": "hardship_proof"}]),
        "due_on": "2018-01-05",
    }
    tale.tell(2).do(CITY.approver, "accept_first", tale.on, **owed)
    yield tale.left_out("that the paper is to come from another province, but as text")

    yield _victim()

    tale = Tale("PC087", CITY, date(2019, 6, 10)).tell(3, mention=(2,)).opened(proxy=parent("华某某"))
    wall: dict[str, Any] = {"lawyer": handler("liu.haifeng")[0], "why": Said("中心此前已为嫌疑人提供过法律帮助")}
    tale.do(CITY.caseworker, "declare_conflict_check", tale.on, "undated", cleared=Said(False), walled=[wall])
    settled: dict[str, Any] = {"settled_on": "2019-06-24", "summary": Said("中心促成赔偿谅解，数额在摘录之外")}
    tale.pen(date(2019, 6, 24)).do(CITY.caseworker, "settle_without_assignment", tale.on, "undated", **settled)
    tale.settled_file("he.jing")
    tale.left_out("a month (December 2018) that the record gives without saying what happened", 1)
    yield tale.left_out("whether aid was granted before the settlement (not seen): it is told as settled by the centre without a handler")


def _noticed(tale: Tale, organ: str, ground: Any, persons: list[dict[str, Any]], *, at: str, stage: str) -> Tale:
    number = f"（{tale.on.year}）补录第{int(tale.fact.id[2:])}号"
    body: dict[str, Any] = {"centre": tale.team.centre, "organ": Said(organ), "notice_number": number, "received_at": at, "ground": ground}
    return tale.do(tale.team.desk, "receive_organ_notice", tale.on, **body, persons=persons, stage=Said(stage))


def _told_the_organ(tale: Tale, organ: str) -> Tale:
    body: dict[str, Any] = {"organ": organ, "lawyers": [handler(tale.lawyer)[0]], "served_on": tale.on.isoformat()}
    return tale.do(tale.team.caseworker, "notify_organ", tale.on, **body)


def _remanded() -> Tale:
    """Defence in a retrial: the charge is withdrawn, the civil claim beside it dismissed."""
    court = "人民法院"
    tale = Tale("PC079", CITY, date(2021, 3, 1)).tell(3)
    person = {"party": {"name": Said(tale.fact.name)}, "role": Said("accused")}
    _noticed(tale, court, "full_coverage", [person], at="2021-03-01T09:00:00+08:00", stage="trial")
    tale.before_aid(1, "judgment", court, "trial", held_on=date(2020, 10, 12), amount_fen=Said(979_226))
    tale.before_aid(2, "ruling", "中级人民法院", "second_instance", held_on=date(2021, 1, 18))
    tale.after(1).tell(4).given_to("liu.haifeng")
    _told_the_organ(tale.after(1), court).after(2).talked("file_reading", "阅卷").after(2).talked("client_meeting", "会见受援人")
    tale.tell(5, 6).pen(date(2021, 4, 29)).ruled(court, held_on="2021-04-28", received_on="2021-04-29")
    tale.came_out("withdrawn", "case_withdrawn", "准许检察院撤回起诉，同时驳回附带民事起诉", closed_on=date(2021, 4, 29)).wound_up()
    tale.left_out("that the accused is elderly: a notice names no groups").left_out(
        "the sentence of the first judgment: a step has an amount only"
    )
    return tale.left_out("the panel of specialists the lawyer is of")


def _two_who_cannot_hear() -> Tale:
    """One notice, two accused, a case and a lawyer for each."""
    court, police = "人民法院", "公安机关（当场抓获）"
    tale = Tale("PC081", CITY, date(2015, 3, 16))
    persons = [{"party": {"name": name}, "role": Said("accused")} for name in (tale.fact.name, "甘某某")]
    _noticed(tale, court, Said("disability"), persons, at="2015-03-16T09:00:00+08:00", stage="trial")
    for n, lawyer in enumerate(("liu.haifeng", "zhou.yaqin")):
        tale.on_case(n).on = date(2015, 3, 16)
        tale.before_aid(1, "other", police, "investigation").before_aid(2, "other", "人民检察院（提起公诉）", "prosecution")
        tale.after(1).tell(3).given_to(lawyer)
        _told_the_organ(tale.after(1), court).after(3).talked("custody_visit", "会见被告人").after(30).tell(4)
        tale.do(lawyer, "record_hearing", tale.on, held_on=tale.on.isoformat(), result=Said("手语老师到庭"))
        tale.after(14).came_out("sentence", "judgment_received", "一审从轻，刑期在摘录之外").wound_up()
    return tale.left_out("the interpreter at the hearing, but as text")


def _victim() -> Tale:
    """The procuratorate asks for a lawyer for a child; her telephone does not answer, and her father's consent is needed."""
    organ = "人民检察院"
    tale = Tale("PC085", CITY, date(2020, 7, 16)).tell(2)
    person = {"party": {"name": tale.fact.name}, "role": Said("victim"), "guardian": {"name": "柯某某"}}
    _noticed(tale, organ, Said("victim_minor"), [person], at="2020-07-16T15:00:00+08:00", stage="investigation")
    tale.after(1).tell(3).given_to("zhou.yaqin")
    missed: dict[str, Any] = {
        "means": Said("通知书所载电话"),
        "tried_on": tale.on.isoformat(),
        "reached": Said(False),
        "detail": Said("无法接通"),
    }
    tale.do("zhou.yaqin", "record_contact_attempt", tale.on, "undated", **missed).tell(4)
    reached: dict[str, Any] = {
        "means": Said("亲属号码"),
        "tried_on": tale.on.isoformat(),
        "reached": Said(True),
        "detail": Said("受指派当晚电话联系；本人已离开本地"),
    }
    tale.do("zhou.yaqin", "record_contact_attempt", tale.on, **reached)
    tale.left_out("the founding of the one-stop office, which is no step of the case", 1)
    return tale.left_out("that the father must consent before the child can engage the lawyer: consent is recorded once it is given")

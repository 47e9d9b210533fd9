"""Records of maintenance, of children and of violence at home."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from ops.example.published.tale import Tale
from ops.example.published.work import GREEN
from ops.example.said import Said
from ops.example.story import ANDING, CITY_TOO, COURT, YUNTAI

MONTHLY = "payments by the month: amounts are sums"
TOGETHER = "that a relative or neighbour came along, but as text"


def parent(name: str) -> dict[str, Any]:
    return {"party": {"name": name}, "relation": Said("parent")}


def elderly() -> Iterator[Tale]:
    yield _ended_and_came_back()

    tale = Tale("PC041", ANDING, date(2021, 11, 22)).tell(4, mention=(1, 2)).opened().before_aid(3, "filed", COURT, "first_instance")
    owed = [{"kind": "id_copy"}, {"kind": "hardship_proof"}]
    ground: dict[str, Any] = {
        "ground": "other_by_rule",
        "papers_owed": owed,
        "due_on": "2021-12-06",
        "detail": Said("开庭前值班人员电话报中心主任初评"),
    }
    tale.do(ANDING.approver, "accept_first", tale.on, "undated", **ground)
    tale.given_to("ji.xiulan")
    tale.tell(5).hearing_set(COURT, date(2021, 11, 25))
    tale.left_out(MONTHLY).left_out(TOGETHER)
    yield tale.left_out("that acceptance first is only probable: it is told, and marked as filled")

    tale = Tale("PC043", YUNTAI, date(2018, 7, 9)).opened(applicant={"mobility_impaired": Said(True)}).tell(1).received("id_copy")
    tale.after(1).looked_into().after(1).decided().after(1).given_to("shan.wenbo").after(1)
    tale.tell(2).visited("中心主任与律师同去", who="cui.haibo").signed().talked().after(14).known("filed", COURT)
    tale.after(60).came_out("won", "judgment_received", "认定形成扶养关系，两名子女各每月200元").wound_up()
    yield tale.left_out(MONTHLY).left_out("the son as representative in court beside the lawyer").left_out("a court without a lift")

    tale = Tale("PC045", YUNTAI, date(2021, 7, 5))
    tale.tell(1).opened("gu.xiang", outlet="W-YTX-BAISHA", proxy={"party": {"name": "史某某"}, "relation": Said("child")})
    tale.after(2).tell(2).received("id_copy", "household_register").looked_into().decided().tell(3).given_to("shan.wenbo")
    yield tale.tell(4).visited("下午上门办手续，律师同行", who="gu.xiang").tell(5).talked()

    tale = Tale("PC047", ANDING, date(2023, 3, 14)).tell(3, mention=(1,)).opened().tell(2).visited("到社会福利中心，现场办理")
    tale.looked_into().after(1).decided().after(1).tell(4).given_to("ma.zhiqiang", "ouyang.jing").after(2).signed().talked()
    tale.after(14).known("filed", COURT).after(25).tell(5).step("mediation_paper", COURT)
    tale.came_out("mediated", "mediation_paper", "法院主持调解，五子女轮流照料，每人十天").wound_up()
    tale.left_out(GREEN).left_out("what was agreed instead of money, but as text")
    yield tale.left_out("that two of those who owe maintenance asked first")

    tale = Tale("PC049", YUNTAI, date(2025, 5, 12)).tell(3, mention=(1,)).opened().tell(2).visited("两次上门，当场申请、受理、指派")
    tale.received("id_copy", "disability_certificate").looked_into().decided().given_to_unit("U-YUNTAI")
    yield tale.left_out("the first of the two visits, before there was an application").left_out(TOGETHER)

    tale = Tale("PC051", ANDING, date(2022, 1, 10)).tell(1).opened(applicant={"mobility_impaired": Said(True)}).received("id_copy")
    tale.looked_into().decided().given_to("ma.zhiqiang").after(1).signed().talked().after(7).known("filed", COURT)
    tale.after(14).tell(2).step("mediation_paper", COURT)
    tale.came_out("mediated", "mediation_paper", "法院调解，以协助申请廉租房并照料代替给钱").wound_up()
    yield tale.left_out(GREEN).left_out("what was agreed instead of money, but as text")


def _ended_and_came_back() -> Tale:
    """The old couple end the aid when the eldest son promises to care for them, and ask again five months later."""
    tale = Tale("PC040", ANDING, date(2024, 9, 9)).tell(1).opened(ANDING.caseworker).tell(2).visited("中心上门受理")
    tale.looked_into().decided().tell(3).given_to("chen.siyuan").after(2).signed().talked().after(7).tell(4).step("filed", COURT)
    report: dict[str, Any] = {"ground": Said("recipient_request"), "detail": Said("长子口头承诺后，老人要求终止援助")}
    tale.after(14).do(tale.lawyer, "report_termination_ground", tale.on, "undated", **report)
    ended: dict[str, Any] = {"ground": Said("recipient_request"), "reasons": Said("长子口头承诺后，受援人要求终止援助")}
    tale.after(2).tell(5).do(tale.team.approver, "terminate_aid", tale.on, **ended)
    tale.after(8).part_file().pen(date(2025, 2, 17)).tell(6)
    again: dict[str, Any] = {"relation": Said("reapplication"), "stage": Said("first_instance")}
    tale.do(tale.team.caseworker, "continue_case", tale.on, **again).next_case()
    tale.after(1).looked_into().after(1).decided().after(1).given_to("chen.siyuan").after(2).signed().talked()
    tale.after(14).known("other", COURT).reported_progress("变更诉讼请求为托养")
    tale.left_out("a change of the claims as a step of its own, but as text")
    return tale.left_out("whether the same lawyer went on (not seen): the lawyer of the second case is filled in")


def children() -> Iterator[Tale]:
    tale = Tale("PC052", CITY_TOO).tell(1, 4).opened(proxy=parent("孟某")).looked_into().decided().tell(2).given_to("li.xiaoyan")
    tale.tell(3).visited("下午五人上门，现场办手续").tell(5).signed("guardian").tell(6).talked()
    tale.left_out(GREEN).left_out("that the lawyer was assigned before the form was signed: within a day the application comes first")
    yield tale.left_out("the five people of the visit: it names visitors only where it was scheduled")

    tale = Tale("PC053", CITY_TOO, date(2025, 6, 9)).tell(1).opened(proxy=parent("林某")).received("id_copy").looked_into()
    tale.decided("enforcement").tell(2).given_to("li.xiaoyan").after(2).signed("guardian").talked()
    tale.after(7).tell(3).step("enforcement_applied", COURT).after(45)
    yield (
        tale.came_out("rights_established", "performance_began", "执行到位，金额未见")
        .wound_up()
        .left_out("the judgment of years ago that is enforced: no date, but as text")
    )

    tale = Tale("PC059", CITY_TOO).tell(2, mention=(1,)).opened(proxy=parent("郑某")).looked_into().decided()
    tale.tell(3).given_to("li.xiaoyan").after(3).signed("guardian").talked().after(30).known("filed", COURT)
    tale.pen(date(2020, 10, 20)).came_out("won", None, "成功索赔，金额在摘录之外").wound_up()
    yield tale.left_out("that the family's other members are disabled, but as text")


def violence() -> Iterator[Tale]:
    tale = Tale("PC061", CITY_TOO).tell(4, mention=(2,)).opened().before_aid(1, "other", "公安机关（家庭暴力告诫书）", "protection_order")
    tale.before_aid(3, "ruling", COURT, "protection_order").looked_into().tell(5).decided()
    tale.tell(6).given_to("li.xiaoyan").tell(7).talked().after(1).signed()
    tale.after(9).known("filed", COURT).tell(8).step("other", "人民检察院（支持起诉）")
    tale.tell(9).step("mediation_paper", COURT)
    tale.came_out("mediated", "mediation_paper", "法院调解离婚", closed_on=date(2023, 7, 3)).wound_up()
    tale.left_out("the other three written warnings: no dates").left_out("that two sources disguise the same person differently")
    yield tale.left_out("the lawyer's earlier work on the protection order, which was no aid of this centre")

    tale = Tale("PC063", ANDING).tell(1).opened().after(1).looked_into().after(1).decided().tell(2).given_to("ouyang.jing")
    tale.after(1).signed().tell(3).talked().after(8).known("filed", COURT)
    tale.after(30).do(tale.lawyer, "record_hearing", tale.on, "undated", held_on=tale.on.isoformat(), result=Said("开庭，庭后调解"))
    tale.tell(4).step("mediation_paper", COURT)
    tale.came_out("mediated", "mediation_paper", "庭后调解", closed_on=date(2022, 9, 13))
    tale.called_back(date(2022, 10, 14), "多次回访履行情况").tell(5).noted("受援人赠送锦旗").wound_up()
    yield tale.left_out(GREEN).left_out(TOGETHER)

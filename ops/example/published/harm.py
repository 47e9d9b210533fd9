"""Records of accidents, of harm to persons and of treatment that went wrong."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from ops.example.published.tale import Tale
from ops.example.said import Said
from ops.example.story import ANDING, CITY, COURT, YUNTAI


def harm() -> Iterator[Tale]:
    yield _papers_later()
    yield _twice_aided()

    tale = Tale("PC069", YUNTAI, date(2022, 9, 22)).opened(mention=(1,)).tell(2).visited("上午上门，律师随行")
    tale.tell(3).received("id_copy", "medical_record").looked_into().decided("first_instance")
    yield tale.tell(4).given_to("qiu.haiyan")

    tale = Tale("PC071", YUNTAI).tell(2, mention=(1,)).opened().tell(3).received("id_copy", "relief_certificate").looked_into().decided()
    yield tale.tell(4).given_to_unit("U-YUNTAI").left_out("the sub-district office that came along, but as text")

    tale = Tale("PC073", CITY).tell(2, mention=(1,)).opened().looked_into().after(2).decided().after(1).given_to("bao.sheng")
    tale.after(2).signed().talked().after(7).known("filed", "人民检察院", stage="special_procedure")
    tale.after(30).tell(3).step("other", "人民检察院（批准司法救助）", stage="special_procedure")
    tale.came_out("rights_established", "other", "获批司法救助，金额未载").wound_up()
    yield tale.left_out("a decision on judicial relief as a kind of step: it is entered as another step")

    proxy = {"party": {"name": "侯某某"}, "relation": "other_relative"}
    tale = Tale("PC075", YUNTAI, date(2010, 9, 13)).tell(4, mention=(1, 2, 3)).opened(proxy=proxy).after(2).looked_into()
    tale.after(1).decided().after(1).given_to("shan.wenbo").after(2).signed("kin").talked().after(14).tell(5).step("filed", COURT)
    tale.after(90).known("appraisal", "医疗损害鉴定机构").after(90).known("appraisal", "医疗损害鉴定机构").after(60)
    tale.came_out("won", "judgment_received", "鉴定一波三折后终有结果").wound_up()
    yield tale.left_out("the year 2009, to which the record is put: the made-up directory begins in 2010").left_out("how many appraisals")

    tale = Tale("PC077", ANDING, date(2025, 7, 1)).tell(3, mention=(1,)).opened().before_aid(2, "filed", COURT, "first_instance")
    checked: dict[str, Any] = {"kind": "data_sharing", "agency": "残疾人联合会", "subject": Said("核查四级残疾与经济困难")}
    tale.after(1).do(tale.team.caseworker, "request_verification", tale.on, "undated", **checked)
    answer: dict[str, Any] = {"result": Said("confirmed"), "detail": Said("四级残疾与经济困难属实")}
    tale.do(tale.team.caseworker, "record_verification", tale.on, "undated", **answer)
    tale.means_checked().decided().after(1).tell(4).given_to("ji.xiulan").after(1).signed(authority="general").talked()
    tale.after(30).known("mediation_paper", COURT)
    yield (
        tale.came_out("mediated", "mediation_paper", "调解获赔，数额在摘录之外")
        .wound_up()
        .left_out("the fine of 300 yuan for the other side, but as text")
    )


def _papers_later() -> Tale:
    """Accepted while a paper was missing, and assigned at once; the decision came with the paper."""
    opponents = [{"name": name} for name in ("甲责任人", "乙责任人", "甲保险公司", "乙保险公司")]
    tale = Tale("PC065", ANDING).tell(2, mention=(1,)).opened(opponents=opponents).tell(3)
    owed: dict[str, Any] = {
        "ground": Said("non_essential_paper_missing"),
        "papers_owed": [{"kind": "hardship_proof"}],
        "due_on": "2021-01-20",
    }
    tale.do(ANDING.approver, "accept_first", tale.on, **owed).tell(4).given_to("gu.changshun").after(2).signed().talked()
    tale.after(12).do(ANDING.desk, "supply_owed_papers", tale.on, "undated", papers=[{"kind": "hardship_proof"}])
    tale.after(1).do(ANDING.caseworker, "confirm_owed_papers", tale.on).after(1).looked_into().after(1).decided("first_instance")
    tale.after(14).known("filed", COURT)
    return tale.left_out("the village grid worker who sent them, but as the channel").left_out("medical costs of 40256.23 yuan: no claim")


def _twice_aided() -> Tale:
    """Two grants for one person: the accident and the special procedures beside it, then the costs that came later."""
    proxy = {"party": {"name": "倪某某"}, "relation": "guardian"}
    tale = (
        Tale("PC067", CITY, date(2021, 6, 7))
        .opened(mention=(1,), proxy=proxy)
        .looked_into()
        .after(1)
        .decided("special_procedure", "first_instance")
    )
    team = ("zhang.jianguo", "wang.min", "li.xiaoyan", "pei.yuan")
    tale.after(1).tell(2).given_to(*team).after(2).signed("guardian").talked()
    tale.after(14).tell(3).step("filed", COURT, stage="special_procedure").known("filed", COURT, stage="first_instance")
    tale.after(120).came_out("other", "judgment_received", "第一阶段诉讼；认定无民事行为能力与指定监护同期办理").wound_up().after(7).tell(4)
    again: dict[str, Any] = {"relation": Said("reapplication"), "stage": Said("first_instance")}
    tale.do(tale.team.caseworker, "continue_case", tale.on, **again).next_case()
    tale.after(1).looked_into().after(1).decided("first_instance", "second_instance").after(1).given_to(*team)
    tale.after(1).signed("guardian").talked().after(7).known("filed", COURT).pen(date(2022, 5, 9))
    tale.known("filed", COURT, stage="second_instance").pen(date(2022, 8, 10)).tell(5).step("judgment", COURT, stage="second_instance")
    tale.came_out("won", "judgment_received", "后续费用诉讼，二审改判增加").wound_up()
    return tale.left_out("that the firm's own count of months contradicts its dates")

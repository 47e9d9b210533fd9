"""The desk's cases from representation to the archive."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from ops.example.filled import papers
from ops.example.moved import Today
from ops.example.story import ANDING, ANDING_TOO, BOARD, CITY, CITY_TOO, COURT, YUNTAI, Story, handler, workday


def handled(now: Today) -> Iterator[Story]:
    yield from _in_representation(now)
    yield from _in_doubt(now)
    yield from _closing(now)


def _after(day: date, n: int) -> date:
    return workday(day + timedelta(days=n))


def _taken_up(story: Story, opened: date, lawyer: str, signed_by: str = "recipient", **more: Any) -> Story:
    """From an application without a printed day to the first meeting, at an ordinary pace."""
    story.submitted(opened, **more).examined(_after(opened, 2)).granted(_after(opened, 3)).assigned(_after(opened, 4), lawyer)
    return story.engaged(_after(opened, 6), signed_by=signed_by).met(_after(opened, 6))


def _in_representation(now: Today) -> Iterator[Story]:
    story = now.moved("PC003", CITY, "filing_arbitration", back=2)
    opened, filed = story.fact.day("application"), story.fact.day("filing_arbitration")
    story.submitted(opened, "stated").examined(_after(opened, 2)).granted(_after(opened, 3)).assigned(_after(opened, 4), "wang.min")
    story.engaged(_after(opened, 6)).met(_after(opened, 6)).procedure(filed, "stated", "filed", BOARD)
    yield story.do("wang.min", "schedule_hearing", filed, forum=BOARD, at=f"{now.ahead(9)}T09:00:00+08:00")

    story = now.filled("PC027", CITY, now.ago(20)).submitted(now.ago(20), who=CITY.caseworker)
    story.accepted_first(now.ago(20), "laid_off_worker", ("id_copy", "laid_off_certificate"), now.day)
    story.assigned(now.ago(19), "wang.min").engaged(now.ago(16), signed_by="representatives").met(now.ago(16))
    yield story.owed_supplied(now.ago(5), "id_copy").procedure(now.ago(3), "filled", "filed", BOARD, stage="arbitration")

    story = now.moved("PC061", CITY_TOO, "other", back=2, nth=1)
    opened, supported = story.fact.day("application"), story.fact.day("other", 1)
    story.submitted(opened, "stated", applicant={"safe_contact": {"phone": "12900000061", "never": "不得拨打家中固定电话"}})
    story.before(opened, "other", "other", "基层人民法院（人身安全保护令）", stage="protection_order").examined(opened, "inferred")
    story.granted(opened, "inferred").assigned(opened, "li.xiaoyan", "inferred", choices=(handler("li.xiaoyan")[0],))
    story.engaged(_after(opened, 2)).met(_after(opened, 2)).procedure(_after(opened, 9), "filled", "filed", COURT)
    story.procedure(supported, "stated", "other", "人民检察院（支持起诉）")
    yield story.do("li.xiaoyan", "schedule_hearing", supported, forum=COURT, at=f"{now.ahead(4)}T14:30:00+08:00")

    proxy = {"party": {"name": "倪某某"}, "relation": "guardian"}
    story = now.filled("PC067", YUNTAI, now.ago(11))
    _taken_up(story, now.ago(11), "qiu.haiyan", "guardian", proxy=proxy, limitation_on=now.tomorrow)
    yield story.do("qiu.haiyan", "report_progress", now.ago(1), summary="认定行为能力的特别程序与侵权诉讼同时准备，时效将届满")

    story = now.filled("PC052", CITY_TOO, now.ago(3))
    day = now.ago(3)
    story.submitted(day, "inferred", who=CITY_TOO.desk, proxy={"party": {"name": "孟某"}, "relation": "parent"})
    story.examined(day, "inferred").granted(day, "inferred").assigned(day, "li.xiaoyan", "inferred")
    yield story.engaged(day, "inferred", "guardian").met(day)

    story = now.filled("PC071", YUNTAI, now.ago(13)).submitted(now.ago(13), who="mao.qin", outlet="DS-YTX-WOMEN")
    story.accepted_first(now.ago(13), "dibao_recipient", ("id_copy", "relief_certificate"), now.ahead(10))
    story.assigned(now.ago(12), "qiu.haiyan").engaged(now.ago(10)).met(now.ago(10))
    yield story.owed_supplied(now.ago(6), "id_copy", "relief_certificate").owed_confirmed(now.ago(5))


def _in_doubt(now: Today) -> Iterator[Story]:
    """The lawyer is to be replaced; the aid may end."""
    story = now.filled("PC045", YUNTAI, now.ago(28))
    _taken_up(story, now.ago(28), "shan.wenbo", who="gu.xiang", outlet="W-YTX-BAISHA")
    yield story.do("shan.wenbo", "request_replacement", now.ago(1), by="unit", cause="absence", reasons="承办律师将离岗进修，无法继续办理")

    story = _taken_up(now.filled("PC040", ANDING, now.ago(26)), now.ago(26), "chen.siyuan", who=ANDING.caseworker)
    detail = "长子口头承诺赡养，老人要求终止援助"
    yield story.do("chen.siyuan", "report_termination_ground", now.ago(1), ground="recipient_request", detail=detail)

    story = now.filled("PC084", CITY, now.ago(13)).submitted(now.ago(13), proxy={"party": {"name": "龙某某"}, "relation": "parent"})
    story.accepted_first(now.ago(13), "non_essential_paper_missing", ("hardship_proof",), now.ahead(5))
    story.assigned(now.ago(12), "liu.haifeng").engaged(now.ago(10), signed_by="kin").met(now.ago(9), "custody_visit")
    story.owed_supplied(now.ago(4), "hardship_proof").owed_confirmed(now.ago(3))
    yield story.do(CITY.caseworker, "find_ineligible", now.ago(1), reasons="补交的证明显示家庭人均收入高于经济困难标准")


def _closing(now: Today) -> Iterator[Story]:
    story = now.moved("PC017", ANDING_TOO, "payment", back=2, nth=1)
    opened, first, second = story.fact.day("application"), story.fact.day("payment"), story.fact.day("payment", 1)
    story.submitted(opened, "stated").examined(opened, "inferred").granted(opened, "inferred").assigned(opened, "ma.zhiqiang", "inferred")
    story.engaged(opened, "inferred", "representatives").met(opened)
    story.ended(first, "filled", "settled", "settlement_signed", "和解，分期付款")
    story.procedure(first, "stated", "payment_received", "付款人")
    yield story.procedure(second, "stated", "payment_received", "付款人")

    story = _ended(
        _taken_up(now.filled("PC047", ANDING, now.ago(70)), now.ago(70), "chen.siyuan"), now.ago(22), "mediated", "mediation_paper"
    )
    missing = papers("outcome_paper")
    yield story.reported(now.ago(12)).do(ANDING.caseworker, "return_closing_file", now.ago(3), missing=missing, reason="卷内缺少调解书")

    story = _taken_up(now.filled("PC039", YUNTAI, now.ago(80)), now.ago(80), "shan.wenbo", "representatives", who=YUNTAI.caseworker)
    yield _ended(story, now.ago(30), "won", "judgment_received").reported(now.ago(16)).file_accepted(now.ago(2))

    story = _mediated(now.moved("PC029", CITY, "mediation", back=26), "zhang.jianguo", "representatives")
    yield story.reported(now.ago(16)).file_accepted(now.ago(8)).subsidy_approved(now.ago(2))

    story = _mediated(now.moved("PC063", ANDING, "mediation", back=38), "chen.siyuan", "recipient")
    story.reported(now.ago(30)).file_accepted(now.ago(20), "excellent").subsidy_approved(now.ago(10)).paid(now.ago(2))
    yield story.do(ANDING.caseworker, "record_callback", now.ago(1), satisfaction=5, detail="回访履行情况良好")

    story = _mediated(now.moved("PC001", ANDING, "mediation", back=36), "ma.zhiqiang", "recipient")
    story.do(ANDING.caseworker, "record_callback", story.fact.day("thanks"), "stated", satisfaction=5, detail="受援人送来锦旗")
    yield story.reported(now.ago(28)).file_accepted(now.ago(20)).subsidy_approved(now.ago(12)).paid(now.ago(6)).archived(now.ago(2))


def _ended(story: Story, on: date, result: str, closing_event: str) -> Story:
    return story.ended(on, "filled", result, closing_event, "结果见公开报道，日期为补录（filled）")


def _mediated(story: Story, lawyer: str, signed_by: str) -> Story:
    """From the printed application to the printed mediation."""
    opened, mediated = story.fact.day("application"), story.fact.day("mediation")
    story.submitted(opened, "stated").examined(_after(opened, 1)).granted(_after(opened, 1)).assigned(_after(opened, 2), lawyer)
    story.engaged(_after(opened, 4), signed_by=signed_by).met(_after(opened, 4))
    return story.ended(mediated, "stated", "mediated", "mediation_paper", "调解结案")

"""The archive: published cases run with the legal days their sources print, and on to the archive with days that were filled in.

No source prints a day of closure, and some were published before the end: where no result was seen the outcome is `other` and says so.
"""

from collections.abc import Iterator
from datetime import date

from ops.example.facts import Fact, facts
from ops.example.filled import papers
from ops.example.script import Scenario
from ops.example.story import ANDING, ANDING_TOO, BOARD, CITY, CITY_TOO, COURT, YUNTAI, Story, Team, later

_UNSEEN = "报道未载结果；结果为补录（filled）"


def archive() -> tuple[Scenario, ...]:
    """The set's cases; the same whenever they are made."""
    return tuple(story.scenario() for story in _stories())


def _stories() -> Iterator[Story]:
    yield _injured_hand()
    yield _waiting_far_away()
    yield _platform_rider()
    yield _paid_by_instalments()
    yield _seventy_one_at_once()
    yield _five_by_proxy()
    yield _only_an_iou()
    yield _lawyer_of_their_choice()
    yield _before_the_hearing()
    yield _child_at_kindergarten()
    yield _protected_then_divorced()
    yield _divorce_with_call_backs()
    yield _papers_later()
    yield _home_in_the_mountains()


def _told(fact: str, team: Team) -> tuple[Story, Fact]:
    return Story("archive", facts()[fact], team), facts()[fact]


def _injured_hand() -> Story:
    story, fact = _told("PC001", ANDING)
    opened, mediated = fact.day("application"), fact.day("mediation")
    story.submitted(opened, "stated").before(opened, "prior", "recognition_decided", "人力资源和社会保障局", stage="arbitration")
    story.examined(opened, "inferred").granted(opened, "inferred").assigned(opened, "ma.zhiqiang", "inferred")
    story.engaged(later(opened, 1)).met(later(opened, 1)).procedure(later(opened, 5), "filled", "filed", BOARD)
    story.procedure(mediated, "stated", "mediation_paper", BOARD, received_on=mediated.isoformat())
    story.ended(mediated, "stated", "mediated", "mediation_paper", "仲裁阶段调解，当场送达调解书").closed(mediated)
    return story.do(ANDING.caseworker, "record_callback", fact.day("thanks"), "stated", satisfaction=5, detail="受援人送来锦旗")


def _waiting_far_away() -> Story:
    story, fact = _told("PC003", CITY)
    opened, filed = fact.day("application"), fact.day("filing_arbitration")
    story.submitted(opened, "stated").examined(later(opened, 3)).granted(later(opened, 6)).assigned(later(opened, 7), "wang.min")
    story.engaged(later(opened, 9)).met(later(opened, 9)).procedure(filed, "stated", "filed", BOARD)
    ended = date(2020, 3, 25)
    story.ended(ended, "filled", "other", "performance_began", "异地候审期间拿到赔偿；到账日为补录（filled）").closed(ended)
    return story.do(CITY.caseworker, "record_callback", date(2020, 4, 1), "inferred", satisfaction=5, detail="受援人来电致谢，款已收到")


def _platform_rider() -> Story:
    story, fact = _told("PC007", CITY)
    opened, granted, assigned = fact.day("application"), fact.day("grant"), fact.day("assignment")
    story.submitted(opened, "stated")
    story.before(opened, "filing_arbitration", "filed", BOARD, stage="arbitration")
    story.before(opened, "filing_arbitration", "not_accepted", BOARD, stage="arbitration")
    story.examined(granted, "stated").granted(granted, "stated").assigned(assigned, "zhang.jianguo", "stated")
    story.engaged(later(assigned, 3)).met(later(assigned, 3)).procedure(later(assigned, 14), "filled", "filed", COURT)
    ended = date(2024, 1, 15)
    return story.ended(ended, "filled", "other", "judgment_received", _UNSEEN).closed(ended)


def _paid_by_instalments() -> Story:
    story, fact = _told("PC017", ANDING_TOO)
    opened, first, second = fact.day("application"), fact.day("payment"), fact.day("payment", 1)
    story.submitted(opened, "stated").examined(opened, "inferred").granted(opened, "inferred")
    story.assigned(opened, "ma.zhiqiang", "inferred").engaged(opened, "inferred", "representatives").met(opened)
    story.ended(first, "filled", "settled", "settlement_signed", "和解，分期付款；和解日为补录（filled）")
    story.procedure(first, "stated", "payment_received", "付款人")
    story.procedure(second, "stated", "payment_received", "付款人")
    return story.closed(second)


def _seventy_one_at_once() -> Story:
    story, fact = _told("PC023", YUNTAI)
    opened = fact.day("inquiry")
    story.submitted(opened, "inferred").examined(opened, "inferred").granted(opened, "inferred")
    story.assigned(opened, "shan.wenbo", "inferred").engaged(later(opened, 1), signed_by="representatives").met(later(opened, 1))
    ended = date(2019, 5, 20)
    return story.ended(ended, "filled", "other", "other", _UNSEEN).closed(ended)


def _five_by_proxy() -> Story:
    story, fact = _told("PC029", CITY)
    opened, mediated = fact.day("application"), fact.day("mediation")
    story.submitted(opened, "stated").examined(opened, "inferred").granted(opened, "inferred").assigned(opened, "zhang.jianguo", "inferred")
    story.engaged(later(opened, 1), signed_by="representatives").met(later(opened, 1))
    story.procedure(later(opened, 9), "filled", "filed", COURT)
    return story.ended(mediated, "stated", "mediated", "mediation_paper", "诉前调解，五人特别授权，不到场").closed(mediated)


def _only_an_iou() -> Story:
    story, fact = _told("PC033", YUNTAI)
    opened, ended = date(2024, 9, 10), date(2025, 2, 25)
    story.submitted(opened).examined(later(opened, 2)).granted(later(opened, 3)).assigned(later(opened, 4), "shan.wenbo")
    story.engaged(later(opened, 6)).met(later(opened, 6)).procedure(later(opened, 30), "filled", "filed", COURT)
    story.ended(ended, "filled", "mediated", "mediation_paper", "网上调解，减额付清；日期为补录（filled）")
    story.procedure(date(2025, 3, 12), "filled", "payment_received", "付款人", amount_fen=fact.amounts.paid_fen).closed(date(2025, 3, 12))
    return story.do(YUNTAI.caseworker, "record_callback", fact.day("thanks"), "stated", satisfaction=5, detail="受援人邮寄锦旗")


def _lawyer_of_their_choice() -> Story:
    story, fact = _told("PC037", CITY_TOO)
    opened, agreed = date(2011, 4, 11), fact.day("mediation")
    story.submitted(opened).examined(later(opened, 2)).granted(later(opened, 3))
    story.assigned(later(opened, 4), "bao.sheng", choices=("L-BAO-SHENG",)).engaged(later(opened, 7), signed_by="representatives")
    story.met(later(opened, 7)).do("bao.sheng", "report_progress", later(opened, 90), summary="跨省调取用工和结算证据")
    return story.ended(agreed, "stated", "settled", "settlement_signed", "与公司达成协议，约定付清期限").closed(agreed)


def _before_the_hearing() -> Story:
    story, fact = _told("PC041", ANDING)
    opened, hearing = date(2021, 11, 22), fact.day("hearing")
    story.submitted(opened).before(opened, "filing_court", "filed", COURT)
    story.accepted_first(opened, "other_by_rule", ("id_copy", "hardship_proof"), date(2021, 12, 6))
    story.assigned(opened, "ouyang.jing").engaged(later(opened, 1)).met(later(opened, 1))
    story.do("ouyang.jing", "schedule_hearing", later(opened, 1), forum=COURT, at=f"{hearing}T09:00:00+08:00")
    story.heard(hearing, "stated").owed_supplied(later(hearing, 5), "id_copy", "hardship_proof").owed_confirmed(later(hearing, 6))
    story.examined(later(hearing, 6)).granted(later(hearing, 7))
    ended = date(2021, 12, 24)
    return story.ended(ended, "filled", "other", "judgment_received", _UNSEEN).closed(ended)


def _child_at_kindergarten() -> Story:
    story, fact = _told("PC059", CITY_TOO)
    opened = fact.day("application")
    story.submitted(opened, "stated", proxy={"party": {"name": "郑某"}, "relation": "parent"}).examined(opened, "inferred")
    story.granted(opened, "inferred").assigned(opened, "li.xiaoyan", "inferred").engaged(later(opened, 3), signed_by="guardian")
    story.met(later(opened, 3)).procedure(later(opened, 40), "filled", "filed", COURT)
    ended = date(2020, 10, 20)
    story.procedure(ended, "filled", "judgment", COURT, received_on=ended.isoformat())
    return story.ended(ended, "filled", "won", "judgment_received", "判决获赔，金额未见；日期为补录（filled）").closed(ended)


def _protected_then_divorced() -> Story:
    story, fact = _told("PC061", CITY_TOO)
    opened, supported, mediated = fact.day("application"), fact.day("other", 1), fact.day("mediation")
    story.submitted(opened, "stated", applicant={"safe_contact": {"phone": "12900000061", "never": "不得拨打家中固定电话"}})
    story.before(opened, "other", "other", "基层人民法院（人身安全保护令）", stage="protection_order").examined(opened, "inferred")
    story.granted(opened, "inferred").assigned(opened, "li.xiaoyan", "inferred", choices=("L-LI-XIAOYAN",))
    story.engaged(later(opened, 1)).met(later(opened, 1)).procedure(later(opened, 10), "filled", "filed", COURT)
    story.procedure(supported, "stated", "other", "人民检察院（支持起诉）")
    return story.ended(mediated, "stated", "mediated", "mediation_paper", "法院调解离婚").closed(mediated)


def _divorce_with_call_backs() -> Story:
    story, fact = _told("PC063", ANDING)
    opened, mediated = fact.day("application"), fact.day("mediation")
    story.submitted(opened, "stated").examined(later(opened, 1)).granted(later(opened, 2)).assigned(later(opened, 2), "ouyang.jing")
    story.engaged(later(opened, 3)).met(later(opened, 3)).procedure(later(opened, 10), "filled", "filed", COURT)
    story.heard(mediated, "inferred", "庭后调解").ended(mediated, "stated", "mediated", "mediation_paper", "庭后调解").closed(mediated)
    return story.do(
        ANDING.caseworker, "record_callback", fact.day("thanks"), "stated", satisfaction=5, detail="受援人赠送锦旗，多次回访履行情况"
    )


def _papers_later() -> Story:
    story, fact = _told("PC065", YUNTAI)
    opened = fact.day("application")
    story.submitted(opened, "stated", outlet="W-YTX-BAISHA", who="gu.xiang")
    story.accepted_first(opened, "non_essential_paper_missing", ("hardship_proof",), date(2021, 1, 20), "inferred")
    story.assigned(opened, "qiu.haiyan", "inferred").engaged(later(opened, 2)).met(later(opened, 2))
    story.owed_supplied(later(opened, 14), "hardship_proof").owed_confirmed(later(opened, 15))
    story.examined(later(opened, 16)).granted(later(opened, 17)).procedure(later(opened, 30), "filled", "filed", COURT)
    ended = date(2021, 6, 15)
    return story.ended(ended, "filled", "other", "judgment_received", _UNSEEN).closed(ended)


def _home_in_the_mountains() -> Story:
    story, fact = _told("PC069", YUNTAI)
    visited = fact.day("home_visit")
    story.submitted(visited, "inferred", form="oral", oral={"taken_by": "P-MENG-XIA", "read_aloud": True, "proof": "fingerprint"})
    story.do(
        YUNTAI.desk,
        "record_home_visit",
        visited,
        "stated",
        held_on=visited.isoformat(),
        summary="律师随行上门，当场办理手续",
        proof="fingerprint",
    )
    story.do(YUNTAI.desk, "issue_receipt", visited, "inferred", papers=papers("id_copy", "medical_record")).examined(visited, "inferred")
    story.granted(visited, "inferred").assigned(visited, "qiu.haiyan", "inferred").engaged(later(visited, 1)).met(later(visited, 1))
    story.procedure(later(visited, 14), "filled", "filed", COURT)
    ended = date(2023, 3, 20)
    return story.ended(ended, "filled", "other", "judgment_received", _UNSEEN).closed(ended)

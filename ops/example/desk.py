"""The desk: published facts moved by whole weeks, so that every state of a case can be seen at work today.

Up to the assignment here; what is handled and closed stands in `desk_handled`. Endings that no source prints (a refusal, a
withdrawal, a referral) are filled in like every other missing step and say so in their notes.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from ops.example.desk_handled import handled
from ops.example.filled import papers
from ops.example.moved import Today
from ops.example.script import Scenario, Told
from ops.example.story import ANDING, ANDING_TOO, BOARD, CITY, CITY_TOO, COURT, YUNTAI, Story, handler, workday


def desk(today: date) -> tuple[Scenario, ...]:
    """The set's cases as of `today` (Asia/Shanghai); the same whenever they are made for the same day."""
    now = Today(today)
    return tuple(story.scenario() for story in (*_asked(now), *_ended(now), *_to_be_assigned(now), *handled(now)))


def _noted(story: Story, now: Today, text: str) -> Story:
    return story.do(story.team.caseworker, "add_note", now.ago(1), text=text)


def _asked(now: Today) -> Iterator[Story]:
    """Received, papers or verification awaited, examined."""
    story = now.filled("PC049", YUNTAI, now.ago(2)).submitted(now.ago(2), who="gu.xiang", outlet="W-YTX-BAISHA")
    second = f"{now.ahead(3)}T10:00:00+08:00"
    yield story.do("gu.xiang", "schedule_home_visit", now.ago(1), at=second, address="白沙镇（补录）", ground="disabled")

    start = now.missed("examine_application")
    story = (
        now.filled("PC013", CITY, start).submitted(start).do(CITY.desk, "issue_receipt", start, papers=papers("id_copy", "work_evidence"))
    )
    yield _noted(story, now, "审查期限已过，请尽快提出意见")

    story = now.filled("PC077", CITY, now.ago(6)).submitted(now.ago(6), who="zhao.wenxiu", outlet="DS-CITY-UNION", channel="outlet")
    asked = papers("disability_certificate", "medical_record")
    yield story.do(CITY.caseworker, "require_supplement", now.ago(5), papers=asked, by=now.tomorrow.isoformat())

    story = (
        now.filled("PC005", YUNTAI, now.ago(13))
        .submitted(now.ago(13))
        .before(now.ago(13), "prior", "recognition_decided", "人力资源和社会保障局")
    )
    story.do(YUNTAI.caseworker, "require_supplement", now.ago(12), papers=papers("work_evidence"), by=now.ahead(-3).isoformat())
    yield _noted(story, now, "已电话联系本人，称材料尚在原单位")

    story = now.filled("PC009", CITY_TOO, now.ago(4)).submitted(now.ago(4), who="luo.zhengping", outlet="DL-CITY-COURT")
    subject = "请核查登记地的个体工商户登记经过"
    yield story.do("he.jing", "request_verification", now.ago(3), kind="other_agency", agency="登记地法律援助中心", subject=subject)

    start = now.soon("examine_application")
    yield now.filled("PC051", ANDING, start).submitted(start, who=ANDING.caseworker).examined(max(start, now.ago(1)))


def _refused(story: Story, asked: date, decided: date, served: date) -> Story:
    """Refused for want of hardship, and the paper served."""
    team = story.team
    story.submitted(asked, proxy={"party": {"name": f"{story.fact.name[0]}某某"}, "relation": "child"})
    story.examined(decided, decision="refuse", incomes=(900_000, 750_000, 0))
    story.do(team.approver, "refuse_aid", decided, grounds=["not_in_hardship"], reasons="家庭人均收入高于经济困难标准")
    about = Told("aid_refused", "version")
    story.do(team.caseworker, "issue_document", decided, template="refusal_notice", about=about)
    paper = Told("document_issued", "document_id")
    return story.do(
        team.desk,
        "serve_document",
        served,
        document_id=paper,
        about=about,
        to="申请人家属",
        means="in_person",
        served_on=served.isoformat(),
    )


def _ended(now: Today) -> Iterator[Story]:
    """Refused, withdrawn, deemed withdrawn, referred."""
    yield _refused(now.filled("PC075", CITY, now.ago(9)), now.ago(9), now.ago(5), now.ago(3))

    story = _refused(now.filled("PC015", ANDING_TOO, now.ago(16)), now.ago(16), now.ago(12), now.ago(9))
    reasons = "收入证明只是雇用期间的，现已停工，请重新审查"
    yield story.do(ANDING.desk, "file_objection", now.ago(1), reasons=reasons, received_on=now.ago(1).isoformat())

    story = now.filled("PC087", ANDING, now.ago(5)).submitted(now.ago(5), proxy={"party": {"name": "华某某"}, "relation": "parent"})
    wall = {"lawyer": handler("ma.zhiqiang")[0], "why": "曾为本案嫌疑人提供法律帮助"}
    story.do(ANDING.caseworker, "declare_conflict_check", now.ago(4), cleared=False, walled=[wall])
    yield story.do(ANDING.desk, "withdraw_application", now.ago(2), reason="双方已达成赔偿谅解，申请人撤回申请")

    by = now.ago(2) - timedelta(days=1)
    asked = workday(by - timedelta(days=8))
    story = now.filled("PC035", YUNTAI, asked).submitted(asked)
    story.do(YUNTAI.caseworker, "require_supplement", asked, papers=papers("work_evidence"), by=by.isoformat())
    yield story.do(YUNTAI.approver, "deem_withdrawn", now.ago(2), reason="逾期未补充材料，视为撤回申请")

    story = now.filled("PC033", CITY, now.ago(3)).submitted(now.ago(3), who="ding.yi", outlet="F-CITY-ZHENGHE")
    yield story.do(CITY.caseworker, "refer_elsewhere", now.ago(1), to="欠款发生地法律援助中心", reason="本中心无管辖，已告知并移送材料")


def _to_be_assigned(now: Today) -> Iterator[Story]:
    """Accepted first or granted, and waiting for a unit; assigned to a unit; a lawyer named."""
    start = now.soon("assign_unit")
    story = now.filled("PC031", ANDING, start).submitted(start, who="kang.bao", outlet="W-ADX-NGY")
    yield story.accepted_first(start, "migrant_worker", ("id_copy", "work_evidence"), now.ahead(9))

    story = now.moved("PC023", CITY, "inquiry", back=0)
    opened = story.fact.day("inquiry")
    story.submitted(opened, "inferred", who="luo.zhengping", outlet="DL-CITY-COURT", channel="duty_office")
    yield story.accepted_first(opened, "migrant_worker", ("id_copy", "work_evidence"), now.ahead(12), "inferred", who="luo.zhengping")

    start = now.missed("assign_unit")
    story = now.filled("PC073", YUNTAI, start).submitted(workday(start - timedelta(days=4))).examined(start).granted(start)
    yield _noted(story, now, "指派期限已过，请尽快指派")

    story = now.moved("PC041", CITY_TOO, "hearing", back=-7).submitted(now.day, who="he.jing")
    story.before(now.day, "filing_court", "filed", COURT)
    yield story.accepted_first(now.day, "other_by_rule", ("id_copy", "household_register"), now.ahead(14))

    story = now.filled("PC021", YUNTAI, now.ago(4)).submitted(now.ago(4), who=YUNTAI.caseworker)
    story.accepted_first(now.ago(4), "migrant_worker", ("id_copy", "work_evidence"), now.ahead(6)).owed_supplied(now.ago(2), "id_copy")
    yield story.do(YUNTAI.approver, "assign_unit", now.ago(2), unit="U-YUNTAI")

    story = now.moved("PC065", ANDING, "application", back=0)
    opened = story.fact.day("application")
    story.submitted(opened, "stated", who="shi.laifu", outlet="V-ADX-LIUJIAWAN")
    story.accepted_first(opened, "non_essential_paper_missing", ("hardship_proof",), now.tomorrow, "inferred")
    yield story.assigned(opened, "ma.zhiqiang", "inferred").met(opened)

    story = now.moved("PC007", CITY, "assignment", back=0)
    granted, assigned = story.fact.day("grant"), story.fact.day("assignment")
    opened = story.fact.day("application")
    story.submitted(opened, "stated").before(opened, "filing_arbitration", "not_accepted", BOARD, stage="arbitration")
    yield story.examined(granted, "stated").granted(granted, "stated").assigned(assigned, "zhang.jianguo", "stated")

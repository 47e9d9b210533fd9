"""Records of injuries at work and of unpaid wages."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from ops.example.published.tale import Tale
from ops.example.said import Said
from ops.example.story import ANDING, BOARD, CITY, COURT, YUNTAI

LABOUR = "人力资源和社会保障局"
GREEN = "the 'green channel' (press wording; nothing of the product's is called so)"
APPROXIMATE = "that amounts are given as 'about': they stand as exact ones, and are marked as filled"


def injuries() -> Iterator[Tale]:
    tale = Tale("PC001", ANDING).tell(4, mention=(1, 2)).opened()
    tale.before_aid(3, "recognition_decided", LABOUR, "arbitration").looked_into().decided()
    tale.tell(5).given_to("gu.changshun", "ji.xiulan").after(1).signed().talked()
    tale.after(3).tell(6).step("filed", BOARD)
    tale.tell(7).step("mediation_paper", BOARD, received_on=Said("2021-03-16"))
    tale.came_out("mediated", "mediation_paper", "仲裁阶段调解，当场送达调解书", closed_on=date(2021, 3, 16))
    yield tale.tell(8).noted("受援人送来锦旗").wound_up()

    tale = Tale("PC003", CITY).tell(3, mention=(1, 2)).opened().after(3).looked_into().after(3).decided()
    tale.after(1).given_to("wang.min").after(3).signed().talked()
    tale.tell(4).step("filed", BOARD).after(30).reported_progress("受援人返乡后异地等待开庭")
    tale.after(30).came_out("other", "performance_began", "疫情期间异地候审，拿到赔偿约9万元；给付方式报道未载")
    tale.tell(5).noted("受援人来电致谢，称款已收到").wound_up()
    yield tale.left_out(GREEN).left_out(APPROXIMATE)

    tale = Tale("PC005", CITY, date(2021, 5, 10)).tell(4, mention=(1,)).opened()
    tale.before_aid(2, "recognition_decided", LABOUR, "arbitration").before_aid(3, "appraisal", "劳动能力鉴定委员会", "arbitration")
    tale.after(2).looked_into().after(1).decided().after(1).given_to("wang.min").after(2).signed().talked()
    tale.after(14).known("filed", BOARD).after(45).tell(5).step("mediation_paper", BOARD)
    tale.tell(6).due("mediated", "mediation_paper", "仲裁庭调解：自愿解除劳动关系，一次性支付").wound_up()
    yield tale.left_out("that a centre one level up took the case in and a county's board heard it")

    yield _platform_rider()

    tale = Tale("PC009", CITY, date(2021, 6, 7)).tell(2, mention=(1,))
    tale.opened("luo.zhengping", outlet="DL-CITY-COURT").looked_into().after(2).decided()
    tale.after(1).given_to("zhang.jianguo").after(1).signed().talked()
    tale.after(20).known("filed", BOARD, stage="arbitration").known("recognition_decided", LABOUR, stage="arbitration")
    tale.known("filed", COURT, stage="first_instance").after(60)
    tale.came_out("other", "performance_began", "交通事故赔偿与工伤赔偿两条线均已获赔，金额未见").wound_up()
    tale.left_out("two claims side by side: a case has one cause").left_out("that the duty lawyer who received them became the handler")
    yield tale.left_out("the mother who came along, and the help needed to communicate, but as text")

    tale = Tale("PC013", CITY, date(2019, 3, 11)).tell(2, mention=(1,)).opened().after(2).looked_into().after(1).decided()
    tale.after(1).given_to("wang.min").after(2).signed().talked().after(7).known("filed", BOARD)
    tale.after(30).tell(3).step("mediation_paper", BOARD)
    yield tale.came_out("mediated", "mediation_paper", "仲裁庭调解").wound_up()

    tale = Tale("PC015", ANDING, date(2013, 9, 9)).tell(3, mention=(1,)).opened()
    tale.before_aid(2, "other", "职业病诊断机构", "arbitration").after(2).looked_into(incomes=(60_000, 0, 0)).after(1).decided()
    tale.after(1).given_to("ma.zhiqiang").after(2).signed().talked().after(7).tell(4).step("filed", BOARD)
    tale.after(30).reported_progress("庭中申请追加被申请人；一名合伙人已故")
    tale.after(60).known("recognition_decided", LABOUR)
    tale.left_out("an opponent added during the procedure, and one who has died, but as text")
    yield tale.left_out("that two sources name different agencies")


def _platform_rider() -> Tale:
    tale = Tale("PC007", CITY).tell(9, mention=(1,)).opened()
    tale.before_aid(2, "filed", LABOUR, "arbitration").before_aid(3, "recognition_decided", LABOUR, "arbitration")
    tale.before_aid(4, "appraisal", "劳动能力鉴定委员会", "arbitration")
    tale.before_aid(5, "payment_received", "外卖平台", "arbitration", amount_fen=Said(865_333))
    tale.before_aid(6, "payment_received", "社会保险经办机构", "arbitration", amount_fen=Said(4_272_100))
    tale.before_aid(7, "filed", BOARD, "arbitration").before_aid(8, "not_accepted", BOARD, "arbitration")
    tale.pen(date(2023, 8, 10)).means_checked().tell(10).decided().tell(11).given_to("zhang.jianguo").after(3).signed().talked()
    tale.after(11).known("filed", COURT)
    tale.left_out("that the platform, not the rider, asked for the recognition, but as the record of a step")
    return tale.left_out("a stage for the recognition of an injury: it is entered under that of the arbitration")


def wages() -> Iterator[Tale]:
    tale = Tale("PC017", ANDING).tell(2, mention=(1,)).opened().tell(3).received("id_copy", "work_evidence").looked_into().decided()
    tale.tell(4).given_to("ma.zhiqiang").tell(5).signed("representatives").talked()
    tale.tell(7).step("payment_received", "某专业合作社").tell(8).step("payment_received", "某专业合作社").after(1).tell(6)
    agreed = date(2023, 2, 14)
    tale.came_out("settled", "settlement_signed", "和解，分期；余款约定次年年底前付清", closed_on=agreed, payment_due_on="2024-12-31")
    tale.wound_up()
    yield tale.left_out("the amount of each of the two payments (only their sum is published), and the balance as a claim of its own")

    tale = Tale("PC021", CITY).tell(2, 1).opened().tell(3).received("id_copy", "work_evidence").looked_into().decided()
    tale.tell(4).given_to("bao.sheng").after(2).signed("representatives").tell(5).reported_progress("到乡镇法庭集中办公")
    yield tale.after(4).tell(6).step("filed", COURT).left_out(APPROXIMATE).left_out("the centre's deputy director as the leader of a team")

    tale = Tale("PC023", YUNTAI).tell(1).opened().tell(2).received("id_copy", "work_evidence").looked_into().decided()
    tale.tell(3).given_to("shan.wenbo", "qiu.haiyan").left_out(GREEN)
    yield tale.left_out("the work station's staff among the handlers: only lawyers of the panel are")

    yield _bankrupt()

    tale = Tale("PC029", CITY).tell(2, mention=(1,)).opened().looked_into().decided().tell(3).given_to("zhang.jianguo")
    tale.after(1).signed("representatives", "special").talked().after(8).tell(4).step("filed", COURT)
    tale.tell(5).step("mediation_paper", COURT)
    yield tale.came_out("mediated", "mediation_paper", "诉前调解，五人不到场，全权委托律师", closed_on=date(2022, 2, 8)).wound_up()

    yield _four_batches()

    tale = Tale("PC033", YUNTAI, date(2024, 9, 10)).tell(3, mention=(1, 2)).opened().after(2).looked_into().after(1).decided()
    tale.after(1).given_to("shan.wenbo").after(2).signed().talked().after(30).tell(4).step("filed", COURT)
    tale.pen(date(2025, 2, 25)).tell(5).step("mediation_paper", COURT)
    tale.pen(date(2025, 3, 12)).tell(6).step("payment_received", "付款人")
    tale.came_out("mediated", "mediation_paper", "网上调解，减额认可，已到账", closed_on=date(2025, 2, 25)).wound_up()
    tale.tell(7).noted("受援人邮寄锦旗")
    yield tale.left_out("that nobody knew who the defendant was: an opponent has a name, or none")

    tale = Tale("PC035", CITY, date(2024, 5, 20)).tell(2, mention=(1,)).opened().received("id_copy").looked_into().decided()
    tale.given_to("zhang.jianguo").talked().after(2).signed("representatives").after(20).known("filed", COURT)
    tale.pen(date(2025, 10, 13)).known("enforcement_applied", COURT, stage="enforcement")
    tale.pen(date(2026, 1, 16)).tell(3).step("payment_received", "总包方", stage="enforcement")
    tale.came_out("other", "performance_began", "近两年一援到底，领到工资，金额未见").wound_up()
    yield tale.left_out(GREEN).left_out("how the claim turned from the subcontractor to the contractor (outside the excerpt)")

    tale = Tale("PC037", CITY, date(2011, 4, 11)).tell(1, mention=(2,)).opened().after(2).looked_into().after(1).decided()
    tale.after(1).given_to("bao.sheng", chosen=True).after(3).signed("representatives").talked()
    tale.after(90).reported_progress("跨省取证六个月")
    tale.tell(3, mention=(4,)).came_out("settled", "settlement_signed", "与公司达成协议；2012-04约定付清期限").wound_up()
    tale.left_out("a term for payment known by the month only, but as text")
    yield tale.left_out(APPROXIMATE).left_out("that only some of the people came and named the lawyer")

    tale = Tale("PC039", YUNTAI, date(2019, 9, 16)).tell(2).opened("gu.xiang", outlet="W-YTX-BAISHA")
    tale.tell(1).visited("律师到任第8天起三次下乡，第三次补齐申请手续并办授权").looked_into().after(1).decided()
    tale.after(1).given_to("shan.wenbo").after(1).signed("representatives", "special").talked().after(14).known("filed", COURT)
    tale.after(60).came_out("won", "judgment_received", "胜诉；立案签收文书由律师代为").wound_up()
    tale.left_out("the first two visits, before there was an application").left_out("a volunteer lawyer: handlers are of a unit")
    yield tale


def _joining(tale: Tale, *names: str) -> list[dict[str, Any]]:
    return [{"name": name, "categories": Said(list(tale.fact.categories))} for name in names]


def _bankrupt() -> Tale:
    """More than a hundred people ask, and grow to 209 while the work goes on."""
    tale = Tale("PC027", CITY, date(2020, 12, 7)).tell(3, mention=(1,)).opened(recipient_count=100)
    tale.before_aid(2, "filed", COURT, "bankruptcy").tell(4).received("id_copy", "laid_off_certificate").looked_into()
    tale.decided("arbitration", "bankruptcy", forms=("arbitration", "litigation"))
    tale.tell(5).given_to("wang.min", "zhang.jianguo").after(3).signed("representatives").talked()
    tale.after(30).do(
        tale.team.caseworker, "add_recipients", tale.on, "undated", recipients=_joining(tale, "卫某"), reason="办理中增至209人，远程签授权",
        recipient_count=Said(209),
    )  # fmt: skip
    tale.after(1).looked_into_for(4).after(1).granted_to(4).after(2).signed("representatives")
    tale.after(30).known("filed", BOARD, stage="arbitration")
    tale.pen(date(2024, 3, 15)).tell(6).step("payment_received", "破产管理人", stage="bankruptcy")
    tale.came_out("rights_established", "performance_began", "历时三年，破产程序中受偿，约200名领取").wound_up()
    tale.left_out(GREEN).left_out(APPROXIMATE).left_out("how many asked at first ('more than 100'): the count is filled in as 100")
    return tale.left_out("the 200 who were paid out of 209: a payment names people, or everybody, never a number")


def _four_batches() -> Tale:
    """211 people in four batches: each batch joins, is examined and granted by itself."""
    tale = Tale("PC031", ANDING, date(2020, 3, 9)).opened("kang.bao", mention=(1,), outlet="W-ADX-NGY", recipient_count=53)
    tale.after(2).looked_into().after(1).decided("first_instance", "enforcement")
    for n, (name, count) in enumerate((("何某", 106), ("吕某", 159), ("施某", 211)), start=4):
        tale.after(7).do(
            tale.team.caseworker, "add_recipients", tale.on, "undated", recipients=_joining(tale, name), reason="下一批务工者",
            recipient_count=Said(count) if count == tale.fact.recipients else count,
        )  # fmt: skip
        tale.after(1).looked_into_for(n)
        if count == tale.fact.recipients:
            tale.tell(2)
        tale.granted_to(n)
    tale.after(1).given_to("gu.changshun").after(2).signed("representatives").talked().after(14).known("filed", COURT)
    tale.after(90).tell(3).step("judgment", COURT, amount_fen=tale.fact.amounts.agreed_fen)
    tale.after(60).tell(4).step("enforcement_applied", COURT, stage="enforcement")
    tale.after(60).known("payment_received", "紫菜养殖企业", stage="enforcement", amount_fen=tale.fact.amounts.paid_fen)
    tale.left_out("the 175 who were paid first: a payment names people, or everybody, never a number")
    return tale.left_out(APPROXIMATE).left_out("how many people each of the four batches had")

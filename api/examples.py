"""One example body for every command, and for signing in; a test holds each against its model and the worked example's directory.

The first of them tell the case of `api.answers`, from which the example answers are made.
"""

from collections.abc import Mapping
from typing import Any

TOKEN_REQUEST: Mapping[str, Any] = {"username": "bai.ling", "password": "correct horse battery staple"}

_PAPERS = [{"kind": "id_copy", "copies": 1}]
_HANDED_IN = [{"kind": "closing_report"}, {"kind": "engagement"}, {"kind": "work_record"}, {"kind": "outcome_paper"}]
_A_DOCUMENT = "01a20b63-8040-8f3a-9c21-6b0f4e5a7d18"

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    # application
    "submit_application": {
        "centre": "C-ADX",
        "channel": "walk_in",
        "applicant": {
            "name": "李卫国",
            "phone": "13800002345",
            "categories": ["migrant_worker"],
            "residence": "rural",
            "claim_fen": 4860000,
        },
        "opponents": [{"name": "定城宏远建筑有限公司"}],
        "matter": {"kind": "civil", "cause": "wages", "forum": "arbitration", "stage": "arbitration", "summary": "拖欠工资六个月"},
        "papers": _PAPERS,
    },
    "receive_organ_notice": {
        "centre": "C-ADX",
        "organ": "安定县人民法院",
        "notice_number": "（2026）甘1102刑初88号通知",
        "docket": "（2026）甘1102刑初88号",
        "received_at": "2026-11-24T09:30:00+08:00",
        "ground": "full_coverage",
        "persons": [
            {"party": {"name": "赵强"}, "role": "accused", "in_custody": True},
            {"party": {"name": "孙伟"}, "role": "accused", "in_custody": False},
        ],
        "stage": "trial",
        "hearing_at": "2026-12-20T09:00:00+08:00",
    },
    "issue_receipt": {"papers": _PAPERS},
    "refer_elsewhere": {"to": "云台县法律援助中心", "reason": "用人单位在云台县，由该县办理。"},
    "withdraw_application": {"reason": "申请人已与对方和解。"},
    "deem_withdrawn": {"reason": "逾期未补充材料，经催告仍未提交。"},
    "require_supplement": {"papers": [{"kind": "work_evidence"}], "by": "2026-12-10"},
    "supply_papers": {"papers": [{"kind": "work_evidence"}], "complete": True},
    "request_verification": {"kind": "other_agency", "agency": "安定县民政局", "subject": "核查低保情况。"},
    "record_verification": {"result": "confirmed", "detail": "民政局复函：情况属实。"},
    "assess_hardship": {
        "household": [{"relation": "self", "income_fen_per_month": 60000, "self_only": True}],
        "county": "ADX",
        "residence": "rural",
        "proof": "integrity_pledge",
    },
    "waive_hardship_check": {"ground": "migrant_worker_pay_or_work_injury", "proof": _PAPERS},
    "declare_conflict_check": {"cleared": True},
    "break_glass": {"reason": "承办律师突发疾病，明日开庭，须即刻核对开庭通知。"},
    "declare_recusal": {"person": "P-LU-PING", "ground": "kin", "detail": "与对方负责人系近亲属。"},
    "recommend_decision": {"decision": "grant", "opinion": "符合条件，建议给予法律援助。"},
    "ask_extension": {"clock": "supply_papers/5", "due_on": "2026-12-11", "reason": "申请人的收入证明须由外地单位出具。"},
    "approve_extension": {"clock": "supply_papers/5", "reason": "情况属实。"},
    "refuse_extension": {"clock": "supply_papers/5", "reason": "材料可以在本地补齐。"},
    "return_recommendation": {"reason": "请补充家庭收入的证明后再提意见。"},
    "grant_aid": {"forms": ["arbitration"], "stages": ["arbitration"], "reasons": "经济困难，事项属于援助范围。"},
    "refuse_aid": {"grounds": ["not_in_hardship"], "reasons": "人均收入高于标准。"},
    "file_objection": {"reasons": "家庭收入已有变化，请求重新审查。", "received_on": "2026-12-02"},
    "decide_objection": {"result": "corrected", "reasons": "新提交的材料表明符合经济困难标准，责令给予援助。"},
    # consultations and duty requests
    "register_consultation": {
        "office": "C-ADX",
        "channel": "walk_in",
        "person": {"name": "李卫国", "phone": "13800002345", "categories": ["migrant_worker"], "residence": "rural"},
        "opponents": [{"name": "定城宏远建筑有限公司"}],
        "question": "工地拖欠六个月工资，已经多次讨要，怎么办？",
        "cause": "wages",
        "received_at": "2026-11-24T09:10:00+08:00",
    },
    "hand_over_inquiry": {"to": "P-LU-PING", "reason": "同一工地的案件由陆平办理。"},
    "accept_hand_over": {},
    "return_hand_over": {"reason": "本人已回避同一工地的案件，请交贾凤琴。"},
    "give_advice": {"advice": "可以先向劳动监察投诉，也可以直接申请劳动仲裁；时效一年，自离开工地之日起算。"},
    "draft_document": {"title": "劳动仲裁申请书"},
    "convert_to_application": {"centre": "C-ADX", "matter": {"kind": "civil", "stage": "arbitration"}, "papers": _PAPERS},
    "close_consultation": {"how": "advised"},
    "receive_duty_request": {
        "office": "C-ADX",
        "person": {"name": "赵强"},
        "in_custody": True,
        "received_at": "2026-11-24T10:00:00+08:00",
        "request": "被羁押，申请法律援助律师为其辩护。",
    },
    "forward_request": {"centre": "C-ADX", "forwarded_at": "2026-11-24T11:30:00+08:00"},
    "take_up_request": {"matter": {"kind": "criminal", "cause": "criminal_defence", "stage": "investigation"}},
    # people of the case
    "add_recipients": {
        "recipients": [{"name": "赵志强", "categories": ["migrant_worker"], "residence": "rural", "claim_fen": 1250000}],
        "reason": "同一工地的工友，一并申请。",
    },
    "release_recipient": {"party_id": 2, "reason": "settled_apart", "detail": "已与单位自行和解。"},
    "replace_recipient": {"party_id": 2, "by": {"name": "赵小军", "residence": "rural"}, "ground": "heir"},
    # accept first
    "accept_first": {
        "basis": "local_policy",
        "ground": "migrant_worker",
        "papers_owed": [{"kind": "id_copy"}, {"kind": "work_evidence"}],
        "due_on": "2026-12-24",
    },
    "confirm_acceptance": {"agrees": True},
    "supply_owed_papers": {"papers": [{"kind": "id_copy"}]},
    "extend_owed_papers": {"due_on": "2027-01-08", "reason": "申请人在外地务工，来不及返回。"},
    "waive_owed_papers": {"papers": [{"kind": "work_evidence"}], "reason": "用人单位已注销，无法取得；其他证据足以证明。"},
    "confirm_owed_papers": {},
    "find_ineligible": {"reasons": "补交的材料表明不属于援助范围。"},
    # assignment
    "record_lawyer_choice": {"choices": ["L-MA-ZHIQIANG"]},
    "assign_unit": {"unit": "U-DINGCHENG", "lawyer": "L-MA-ZHIQIANG"},
    "decline_assignment": {"reason": "本所近期无可派律师。"},
    "name_lawyer": {"lawyer": "L-MA-ZHIQIANG"},
    "sign_engagement": {"signed_on": "2026-11-24", "signed_by": "recipient", "authority": "special", "method": "signature"},
    "add_co_counsel": {"lawyer": "L-MA-ZHIQIANG", "reason": "案情复杂，卷宗较多。"},
    "notify_organ": {
        "organ": "安定县人民法院",
        "lawyers": ["L-MA-ZHIQIANG"],
        "served_on": "2026-11-24",
        "means": "发函",
    },
    # representation
    "record_contact_attempt": {"means": "电话", "tried_on": "2026-11-24", "reached": False, "detail": "无人接听。"},
    "record_meeting": {"kind": "client_meeting", "held_on": "2026-11-24", "summary": "核对工资清单。"},
    "record_consent": {"consents": True, "by": "self"},
    "record_procedure": {
        "kind": "accepted",
        "stage": "arbitration",
        "body": "安定县劳动人事争议仲裁委员会",
        "docket": "安劳人仲案〔2026〕第88号",
        "held_on": "2026-12-01",
    },
    "report_progress": {"summary": "仲裁委已受理，等待开庭通知。"},
    "report_major_matter": {"kind": "mass_incident", "summary": "同一工地另有三十余人讨薪。"},
    "schedule_hearing": {"forum": "安定县劳动人事争议仲裁委员会", "at": "2026-12-15T09:00:00+08:00"},
    "record_hearing": {"held_on": "2026-12-15", "result": "当庭调解。"},
    "record_outcome": {"result": "mediated", "closing_event": "mediation_paper", "closed_on": "2026-12-16", "recovered_fen": 4860000},
    "request_replacement": {"by": "recipient", "cause": "absence", "reasons": "律师长期无法联系。"},
    "decide_replacement": {"granted": True, "reasons": "情况属实，同意更换。", "handover": [{"kind": "engagement"}]},
    "report_termination_ground": {"ground": "recipient_request", "detail": "受援人书面要求终止援助。"},
    "terminate_aid": {"ground": "recipient_request", "reasons": "受援人书面要求终止援助。"},
    "continue_aid": {"reasons": "受援人撤回终止请求，继续援助。"},
    # closure
    "submit_closing_report": {"report": "调解结案，款项已付清。", "papers": _HANDED_IN},
    "return_closing_file": {"missing": [{"kind": "work_record"}], "reason": "缺会见笔录。"},
    "accept_closing_file": {"grade": "good"},
    "record_callback": {"satisfaction": 5, "detail": "受援人表示满意。"},
    "score_peer_review": {"scores": {"preparation": 28, "hearing": 35, "file": 27}, "grade": "excellent"},
    "approve_subsidy": {"amount_fen": 150000, "tariff": "flat_civil"},
    "pay_subsidy": {"paid_on": "2026-12-20", "voucher": "2026-0318"},
    "archive_case": {"volume": "2026-民-12", "archive_number": "0318"},
    "settle_without_assignment": {"settled_on": "2026-11-24", "summary": "上门走访时单位当场付清。", "agreed_fen": 1200000},
    "decline_remedy": {"told_on": "2026-12-16", "reason": "受援人对裁决没有异议，不起诉。"},
    "continue_case": {"relation": "enforcement", "stage": "enforcement", "lawyer_wish": "same"},
    # any stage
    "propose_commands": {"commands": [{"command": "assign_unit", "body": {"unit": "U-DINGCHENG", "lawyer": "L-MA-ZHIQIANG"}}]},
    "accept_proposal": {"proposal": 4},
    "return_proposal": {"proposal": 4, "reason": "请先核对用人单位名称。"},
    "transfer_centre": {"to": "C-CITY", "reason": "用人单位在市区，由市中心办理更便利。", "agreed_by": "P-CHEN-WEIDONG"},
    "add_note": {"text": "已电话告知申请人。", "visible_to": "all"},
    "issue_document": {"template": "accept_first_notice", "language": "zh-CN", "about": 3, "template_version": 1},
    "serve_document": {"document_id": _A_DOCUMENT, "about": 3, "to": "李卫国", "means": "in_person", "served_on": "2026-11-25"},
    "schedule_home_visit": {
        "at": "2026-11-26T14:30:00+08:00",
        "address": "内官营镇柳家湾村12号",
        "ground": "mobility_impaired_elderly",
        "visitors": ["P-JIA-FENGQIN", "P-KANG-BAO"],
    },
    "record_home_visit": {
        "held_on": "2026-11-26",
        "summary": "上门核对身份，代为收取材料。",
        "proof": "fingerprint",
        "read_aloud_by": "P-KANG-BAO",
        "travel_minutes": 55,
    },
    "transfer_caseworker": {"to": "P-LU-PING", "reason": "原经办人休假。"},
    "place_hold": {"reason": "涉及信访，暂缓归档。"},
    "lift_hold": {"reason": "信访事项已办结。"},
    "link_case": {"case_id": "01a20b63-8040-7c11-8a02-3f6b9d2e4c70", "relation": "same_batch"},
    "correct_record": {"position": 1, "field": "/applicant/phone", "value": "13800002354", "reason": "登记时误填。"},
}

BUNDLES: Mapping[str, Mapping[str, Any]] = {
    "open_bundle": {
        "commands": [
            {"command": "submit_application", "body": EXAMPLES["submit_application"]},
            {"command": "issue_receipt", "body": EXAMPLES["issue_receipt"]},
            {"command": "record_lawyer_choice", "body": EXAMPLES["record_lawyer_choice"]},
        ]
    },
    "issue_bundle": {
        "commands": [
            {"command": "accept_first", "body": EXAMPLES["accept_first"]},
            {"command": "assign_unit", "body": EXAMPLES["assign_unit"]},
        ]
    },
}
"""Several commands that are recorded together or not at all."""

ASKING: Mapping[str, dict[str, Any]] = {
    "limitation": {"limitation": "labour_arbitration", "start": "2025-11-28", "interrupted": []},
    "competent_centres": {"kind": "civil", "forum": "arbitration", "organ_county": "ADX", "event_county": "安定县", "centre": "C-ADX"},
    "rehearsal": {
        "lines": [{"county": "*", "urban_fen": 86000, "rural_fen": 63000}],
        "from": "2026-01-01",
        "to": "2026-11-24",
    },
    "change_directory": {
        "change": "calendar_day_set",
        "since": "2026-11-24",
        "data": {"day": "2026-12-04", "kept": "off", "name": "暴雪停办", "office": "C-ADX", "source": "县人民政府通知"},
    },
    "set_standards": {
        "since": "2027-01-01",
        "instrument": "陇安市民政局关于调整2027年城乡低保标准的通知（示例）",
        "lines": [{"county": "*", "urban_fen": 86000, "rural_fen": 63000}],
    },
}
"""Bodies of what is asked or entered and is no command of a case."""

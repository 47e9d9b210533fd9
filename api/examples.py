"""One example body for the commands that newcomers try first; a test holds each against its command's model."""

from collections.abc import Mapping
from typing import Any

_PAPERS = [{"kind": "id_copy", "copies": 1}]

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
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
    "issue_receipt": {"papers": _PAPERS},
    "require_supplement": {"papers": [{"kind": "work_evidence"}], "by": "2026-12-10"},
    "supply_papers": {"papers": [{"kind": "work_evidence"}], "complete": True},
    "assess_hardship": {
        "household": [{"relation": "self", "income_fen_per_month": 150000, "self_only": True}],
        "county": "ADX",
        "residence": "rural",
        "proof": "integrity_pledge",
    },
    "declare_conflict_check": {"cleared": True},
    "recommend_decision": {"decision": "grant", "opinion": "符合条件，建议给予法律援助。"},
    "grant_aid": {"forms": ["arbitration"], "stages": ["arbitration"], "reasons": "经济困难，事项属于援助范围。"},
    "refuse_aid": {"grounds": ["not_in_hardship"], "reasons": "人均收入高于标准。"},
    "accept_first": {
        "basis": "local_policy",
        "ground": "migrant_worker",
        "papers_owed": [{"kind": "id_copy"}, {"kind": "work_evidence"}],
        "due_on": "2026-12-24",
    },
    "supply_owed_papers": {"papers": [{"kind": "id_copy"}]},
    "confirm_owed_papers": {},
    "record_lawyer_choice": {"choices": ["L-MA-ZHIQIANG"]},
    "assign_unit": {"unit": "U-DINGCHENG", "lawyer": "L-MA-ZHIQIANG"},
    "name_lawyer": {"lawyer": "L-MA-ZHIQIANG"},
    "sign_engagement": {"signed_on": "2026-11-24", "authority": "special", "method": "signature"},
    "record_meeting": {"kind": "client_meeting", "held_on": "2026-11-24", "summary": "核对工资清单。"},
    "schedule_hearing": {"forum": "劳动人事争议仲裁委员会", "at": "2026-12-15T09:00:00+08:00"},
    "record_hearing": {"held_on": "2026-12-15", "result": "当庭调解。"},
    "record_outcome": {"result": "mediated", "closing_event": "mediation_paper", "closed_on": "2026-12-16", "recovered_fen": 4860000},
    "submit_closing_report": {"report": "调解结案，款项已付清。", "papers": [{"kind": "closing_report"}]},
    "accept_closing_file": {"grade": "good"},
    "approve_subsidy": {"amount_fen": 150000, "tariff": "flat_civil"},
    "pay_subsidy": {"paid_on": "2026-12-20", "voucher": "2026-0318"},
    "archive_case": {"volume": "2026-民-12", "archive_number": "0318"},
    "add_note": {"text": "已电话告知申请人。"},
}

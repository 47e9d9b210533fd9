"""What a form asks and no source prints: identity numbers, telephones, birth dates. Made from the record's number, so always the same.

None of it can be somebody's: no county bears the code 629900, and no mobile number begins with 129.
"""

from datetime import date

from domain.identity import check_character
from ops.example.facts import Fact

_COUNTY = "629900"
_AGES = {"minor": 9, "elderly": 72}
_GROWN_UP = 42


def birth_date(fact: Fact, on: date) -> date:
    """A birthday that fits the record's age, else its group of people, on the day of the application."""
    age = fact.age or next((_AGES[c] for c in fact.categories if c in _AGES), _GROWN_UP)
    return date(on.year - age - (fact.age is not None and (on.month, on.day) < (5, 12)), 5, 12)


def id_number(fact: Fact, on: date) -> str:
    """A number of the right form with its right check character."""
    first_17 = f"{_COUNTY}{birth_date(fact, on):%Y%m%d}{int(fact.id[2:]):03}"
    return first_17 + check_character(first_17)


def phone(fact: Fact) -> str:
    return f"129{int(fact.id[2:]):08}"


CO_APPLICANTS = ("秦某", "尤某")
"""The first others of a group; the rest is counted, not named."""

TITLES = {
    "id_copy": "身份证复印件",
    "work_evidence": "务工证明（考勤、欠条等）",
    "relief_certificate": "低保证明",
    "laid_off_certificate": "下岗失业证明",
    "hardship_proof": "经济困难证明",
    "medical_record": "病历与费用清单",
    "disability_certificate": "残疾人证",
    "household_register": "户口簿复印件",
    "closing_report": "结案报告",
    "engagement": "委托代理协议",
    "work_record": "办案工作记录",
    "outcome_paper": "结案文书",
}


def papers(*kinds: str) -> list[dict[str, str]]:
    """Papers as a body lists them."""
    return [{"kind": kind, "title": TITLES[kind]} for kind in kinds]

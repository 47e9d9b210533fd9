"""Every paper once: cases told in commands, and the papers they could be given, as content and as pictures."""

import io
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pypdfium2

from documents.content import CASE_FIELDS, Asked, Carried, content
from documents.printer import pdf
from domain.stages.accept_first import AcceptFirst
from domain.stages.application import IssueReceipt
from domain.stages.objection import DecideObjection, FileObjection
from domain.stages.papers import DocumentIssued, IssueDocument
from domain.stages.replacement import DecideReplacement, RequestReplacement
from domain.stages.supplement import RequireSupplement
from domain.values import Applicant, Paper, Party
from tests.unit.test_application import REFUSED, TERMINATED
from tests.unit.world import AIDED, DIRECTORY, ENGAGED, LAWYER_NAMED, TODAY, Case, given, papers, submit
from texts import Lang

RARE = "𠮷䶮𫖯𡈼"
"""Of extension B, extension A, 通用规范汉字表 beyond the first plane, extension B again."""
LONG = "兰" * 200
DIGEST = "0123456789abcdef" * 4

KNOWN = Applicant(
    name=f"王{RARE}", categories=("migrant_worker",), county="CITY", residence="rural", subject_id=UUID(int=1), id_kind="resident_id",
    id_number="11010519491231002X", phone="13800002345", address="定城市安定区内官营镇柳家湾村12号",
)  # fmt: skip
APPLIED = submit(applicant=KNOWN, opponents=(Party(name="定城宏远建筑有限公司", subject_id=UUID(int=3)),))
RECEIVED = (
    Paper(kind="id_copy", copies=2, original=False),
    Paper(kind="work_evidence", original=True),
    Paper(kind="other", title="工友证言"),
)


def _told(*story: Any) -> tuple[Any, ...]:
    return tuple(APPLIED if index == 0 else step for index, step in enumerate(story))


STORIES: dict[str, tuple[Any, ...]] = {
    "receipt": (APPLIED, IssueReceipt(papers=RECEIVED)),
    "supplement_notice": (
        APPLIED,
        RequireSupplement(papers=RECEIVED[1:], explanations=("请说明工资约定的方式。",), by=TODAY + timedelta(days=15)),
    ),
    "grant_decision": _told(*AIDED),
    "refusal_notice": _told(*REFUSED),
    "accept_first_notice": (APPLIED, ("approver", AcceptFirst(ground="migrant_worker", papers_owed=papers("id_copy", "work_evidence")))),
    "assignment_notice": _told(*AIDED, *LAWYER_NAMED),
    "assignment_letter": _told(*AIDED, *LAWYER_NAMED),
    "proof_of_service": (*_told(*REFUSED), IssueDocument(template="refusal_notice")),
    "power_of_attorney": _told(*AIDED, *ENGAGED),
    "replacement_notice": (
        *_told(*AIDED, *ENGAGED),
        RequestReplacement(by="recipient", cause="absence", reasons="长期无法联系"),
        DecideReplacement(granted=True, reasons="情况属实。", handover=papers("engagement", "work_record")),
    ),
    "termination_decision": _told(*TERMINATED),
    "objection_decision": (
        *_told(*REFUSED),
        FileObjection(reasons="家庭收入已有变化"),
        ("bureau_officer", DecideObjection(result="corrected", reasons="新提交的材料表明符合经济困难标准。")),
    ),
}
"""By template: what happened in a case that gets the paper."""


def issued(template: str, *, language: Lang = "zh-CN", story: Iterable[Any] | None = None, **more: Any) -> Case:
    """A case of the template's story with the paper issued last."""
    return given(*(story or STORIES[template]), IssueDocument(template=template, language=language, **more))


def asked(case: Case, **changes: Any) -> Asked:
    """What the paper issued last in the case is made of."""
    last = case.history[-1]
    paper = last.event
    assert isinstance(paper, DocumentIssued)
    carried = next(h for h in case.history if h.at.version == paper.about)
    served = next((i for i in case.state.issued if i.version == paper.about), None)
    about: dict[str, Any] = {
        "template": paper.template,
        "version": paper.template_version,
        "lang": paper.language,
        "case": case.state.model_dump(mode="json", exclude_none=True, include=set(CASE_FIELDS)),
        "carried": Carried(carried.event.type, carried.at.effective_on, carried.event.model_dump(mode="json", exclude_none=True)),
        "directory": DIRECTORY,
        "on": last.at.effective_on,
        "number": paper.number,
        "digest": DIGEST,
        "for_recipients": paper.for_recipients,
        "served": served.model_dump(mode="json", exclude_none=True) if served else {},
    }
    return Asked(**(about | changes))


def text_of(document: bytes) -> str:
    """The words of a PDF, its pages one after another, without line ends."""
    with pypdfium2.PdfDocument(io.BytesIO(document)) as opened:
        pages = [page.get_textpage().get_text_bounded() for page in opened]
    return "".join(pages).replace("\r\n", "").replace("\n", "")


def drawn(template: str, language: Lang = "zh-CN", **changes: Any) -> bytes:
    return pdf(content(asked(issued(template, language=language), **changes)))

"""How long a paper takes to draw, and three hundred powers of attorney in one PDF.

`python -m bench.papers`. In this process, without the ledger: a paper's content and its PDF, as the API draws them in a thread. The first
paper pays for reading the typefaces and is told by itself.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bench.figures import Judged, Report, ms, percentile
from documents import printer
from documents.content import Asked, Carried, content
from domain.directory import Directory
from ledger import rules
from ops.example.directory import directory_events

TIMES = 30
PEOPLE = 300
PAPER_SECONDS, MANY_SECONDS = 0.3, 10.0
_DAY = date(2026, 3, 10)
_EVENTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "receipt": ("materials_receipt_issued", {"papers": [{"kind": "id_copy"}, {"kind": "work_evidence"}]}),
    "grant_decision": ("aid_granted", {"forms": ["arbitration"], "stages": ["arbitration"], "reasons": "符合条件。"}),
    "assignment_letter": ("lawyer_named", {}),
    "power_of_attorney": ("lawyer_named", {}),
}


def asked(template: str, directory: Directory, *, people: int = 1, first: int = 0) -> Asked:
    """A paper of a wage case of that many workers; `first` makes their names others than before, so that nothing is drawn from memory."""
    kind, data = _EVENTS[template]
    parties = [
        {"name": f"农民工𠮷{first + n}", "id_number": f"11010519491231{n:04d}", "phone": f"139{n:08d}", "address": "柳家湾村12号"}
        for n in range(people)
    ]
    case: dict[str, Any] = {
        "centre": "C-CITY", "owner": "P-LI-GUANGMING", "case_number": "市援民字〔2026〕第1号", "register_number": "市援登字〔2026〕第1号",
        "opened_on": _DAY.isoformat(), "parties": [*parties, {"name": "定城宏远建筑有限公司"}],
        "recipients": [{"party_id": n} for n in range(people)], "opponents": [people], "matter": {"kind": "civil", "cause": "wages"},
        "forms_of_aid": ["arbitration"], "stages_granted": ["arbitration"],
        "assignment": {"unit": "U-ZHENGHE", "lawyers": [{"lawyer": "L-WANG-MIN"}]},
    }  # fmt: skip
    return Asked(
        template=template, version=1, lang="zh-CN", case=case, carried=Carried(kind, _DAY, dict(data)), directory=directory, on=_DAY,
        number="市援民字〔2026〕第1号-1", digest="0123456789abcdef" * 4, for_recipients=tuple(range(people)),
    )  # fmt: skip


def _seconds(paper: Asked) -> float:
    began = time.perf_counter()
    printer.pdf(content(paper))
    return time.perf_counter() - began


def run() -> Report:
    """Every template of the list, and the group's powers of attorney."""
    rules.current()
    directory = Directory.fold(directory_events())
    rows: list[Sequence[str]] = []
    first = _seconds(asked("receipt", directory))
    judged = [Judged(first, PAPER_SECONDS, "at_most", "s")]
    rows.append(("the first paper of a process", "1", ms(first), ms(first), *judged[0].cells()[1:]))
    for template in _EVENTS:
        took = [_seconds(asked(template, directory, first=1000 * n)) for n in range(1, TIMES + 1)]
        held = Judged(percentile(took, 0.95), PAPER_SECONDS, "at_most", "s")
        judged.append(held)
        rows.append((template, str(TIMES), ms(percentile(took, 0.5)), ms(percentile(took, 0.95)), *held.cells()[1:]))
    many = [_seconds(asked("power_of_attorney", directory, people=PEOPLE, first=100_000 * n)) for n in range(1, 4)]
    held = Judged(max(many), MANY_SECONDS, "at_most", "s")
    judged.append(held)
    rows.append((f"{PEOPLE} powers of attorney in one PDF", "3", ms(percentile(many, 0.5), 0), ms(max(many), 0), *held.cells()[1:]))
    return Report(
        "Papers",
        "python -m bench.papers",
        f"Content and PDF of a paper in one process; a group of {PEOPLE} has a page for each of its people.",
        (("paper", "times", "p50", "p95", "budget", ""), rows),
        all(each.kept for each in judged),
    )


if __name__ == "__main__":
    report = run()
    print(report.text())
    sys.exit(0 if report.kept else 1)

"""Which papers a centre may issue, by which version of their template, and what each may carry: `templates.yaml`, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a paper's template, in force from `from_` until a later row of the same code begins."""

    code: str
    version: int
    from_: date
    about: tuple[str, ...]
    """Types of events it may carry, the foremost first."""
    several: Literal["ask", "latest"] = "ask"
    each: bool = False
    """One page for each recipient."""
    serves: bool = False
    """It is drawn for a paper that was issued before."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Templates:
    """Every version by code, the newest first."""

    rows: Mapping[str, Sequence[Template]]

    def on(self, code: str, day: date) -> Template | None:
        """The version in force on a legal day; None for a code that is unknown or not yet in force."""
        return next((row for row in self.rows.get(code, ()) if row.from_ <= day), None)

    def of(self, code: str, version: int) -> Template | None:
        """That very version, whether in force or not: what an issued paper was drawn from."""
        return next((row for row in self.rows.get(code, ()) if row.version == version), None)


def read_templates(data: Mapping[str, Any]) -> Templates:
    """The rows of the parsed file. Raises `KeyError` or `TypeError` where they cannot be read, `ValueError` where two share a version."""
    found: dict[str, list[Template]] = {}
    for raw in data["templates"]:
        row = dict(raw)
        template = Template(code=row.pop("template"), from_=row.pop("from"), about=tuple(row.pop("about")), **row)
        found.setdefault(template.code, []).append(template)
    for code, rows in found.items():
        rows.sort(key=lambda t: (t.from_, t.version), reverse=True)
        if len({t.version for t in rows}) != len(rows):
            raise ValueError(f"{code} has two templates of one version")
    return Templates(found)

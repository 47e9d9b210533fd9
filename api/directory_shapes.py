"""The shapes of what the directory's routes answer, for the OpenAPI document."""

from datetime import date
from typing import Any

from pydantic import AwareDatetime, Field

from api.case_shapes import Shape
from api.directory import DirectoryKind
from domain.directory.sheets import ImportKind


class DirectoryChange(Shape):
    """One change of an entry, as it was recorded."""

    change: str
    since: date = Field(description="The legal day it holds from.")
    recorded_at: AwareDatetime
    actor: str
    actor_name: str | None
    data: dict[str, Any]


class DirectoryEntry(Shape):
    """An entry as it held on the day asked."""

    kind: DirectoryKind
    code: str
    name: str
    entry: dict[str, Any] = Field(description="The entry with all its fields, which are those of its kind.")
    history: list[DirectoryChange] | None = Field(default=None, description="For those who watch over the directory.")


class DirectoryChanged(Shape):
    """A change was recorded."""

    kind: DirectoryKind
    change: str
    code: str
    since: date
    left_open: dict[str, int] = Field(description="What an end leaves to be handed over: cases, inquiries, people.")


class Concerned(Shape):
    cases: int = Field(description="Open cases that a change would concern.")


class OpenDuties(Shape):
    cases_owned: int
    cases_handled: int
    inquiries: int


class ImportFault(Shape):
    row: int = Field(description="As people see it at the row's left.")
    column: str | None
    code: str
    values: dict[str, str]
    detail: str = Field(description="What is wrong and what to do.")


class ImportReport(Shape):
    """What a table would change (or, once `accepted_at` is there, changed)."""

    import_id: str
    kind: ImportKind
    file: str
    since: date
    rows: int
    new: int
    changed: int
    unchanged: int
    faulty: int
    faults: list[ImportFault]
    more_faults: int = Field(description="Faults beyond those listed.")
    accepted_at: AwareDatetime | None

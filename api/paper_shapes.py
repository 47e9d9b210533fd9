"""The answers about the centre's papers."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.case_shapes import Shape
from domain.case import Issued
from domain.values import Code


class Carriable(Shape):
    """An event of the case that a paper could carry."""

    version: int
    type: str
    effective_on: date


class Issuable(Shape):
    """A paper that the caller could issue now."""

    template: Code
    title: str
    template_version: int = Field(description="To be sent with `issue_document`, so that a template changed since the preview is noticed.")
    about: list[Carriable] = Field(description="What it could carry; where the command names none, the first is meant, or it must be said.")
    each: bool = Field(description="It has a page for each recipient.")


class IssuedPaper(Issued):
    """A paper that was issued."""

    title: str
    readable: bool = Field(description="The caller may fetch it: they see the event that it carries.")


class CasePapers(Shape):
    """The papers of a case."""

    case_id: UUID
    version: int
    issuable: list[Issuable]
    issued: list[IssuedPaper] = Field(description="The newest first.")


class PaperProgress(Shape):
    """How far an issued paper is drawn."""

    state: Literal["drawing", "ready"]
    pages: int = Field(description="Pages it has at least.")
    seconds: int = Field(description="Since drawing began.")

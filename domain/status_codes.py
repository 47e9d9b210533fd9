"""A case's code for the public page made anew: streams `status/<case id>`. How many there are is what the code is made from."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from domain.registers import RegisterEvent

RenewalReason = Literal["leaked", "lost", "safety", "asked"]
"""Somebody else knows it; the slip was lost; the applicant must not be followed; the applicant asked."""


class StatusCodeRenewed(RegisterEvent):
    """From now on every earlier code of the case is worthless."""

    case: UUID
    reason: RenewalReason

    @property
    def stream(self) -> str:
        return f"status/{self.case}"

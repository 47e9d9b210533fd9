"""Two entries found to be one person, and that undone: streams `person/<subject>`. Keys and events of either stay as they are."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from domain.registers import RegisterEvent

LinkReason = Literal["same_number", "number_corrected", "name_corrected", "name_changed", "confirmed_in_person"]
UnlinkReason = Literal["different_people", "linked_by_mistake", "person_asked"]


class _OfAPerson(RegisterEvent):
    kept: UUID
    """Who stands for both."""
    other: UUID

    @property
    def stream(self) -> str:
        return f"person/{self.other}"


class PeopleLinked(_OfAPerson):
    """From now on both are searched, and held against others, as one."""

    reason: LinkReason


class PeopleUnlinked(_OfAPerson):
    """They are two again."""

    reason: UnlinkReason

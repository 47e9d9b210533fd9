"""Events of registers: streams that are no case and have no workflow (the directory, accounts, rotas, who is who), each dated.

A register's event is recorded by the very transaction that was asked for it; nothing waits, nothing rings.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from datetime import date
from typing import Any, ClassVar

from domain.values import Model

REGISTER_EVENTS: dict[str, type[RegisterEvent]] = {}
"""By type, to read a stored event back."""


class RegisterEvent(Model):
    """What happened to a register. `since` is the legal day it holds from."""

    type: ClassVar[str]
    schema_version: ClassVar[int] = 1

    since: date

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.type = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        REGISTER_EVENTS[cls.type] = cls

    @property
    @abstractmethod
    def stream(self) -> str:
        """The stream it stands in, such as `directory/offices` or `account/<username>`."""

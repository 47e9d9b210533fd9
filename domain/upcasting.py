"""Events of an earlier shape, read as those of today: the stored bytes stay, what is read from them is lifted on the way.

An event's class names the version its shape is at (`schema_version`). Whoever gives it another shape raises that number and says here
how a body of the version before becomes one of the next; a body is lifted step by step until it is of today's shape.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

type Body = dict[str, Any]
type Step = Callable[[Body], Body]
"""From a body of one version to one of the next: total, deterministic, without looking at anything else."""

STEPS: dict[tuple[str, int], Step] = {}
"""By type and the version it lifts from. A body of version n and type t needs every step from (t, n) on: a test asks for them all.

A step sees personal fields sealed, as they are stored: it may move a box to where the same field stands today, never under another name,
since its name is part of what it is sealed with (`docs/ledger.md`).
"""


class NoStep(Exception):  # noqa: N818 -- the field's word
    """A stored body is of a version that nothing lifts to today's."""

    def __init__(self, kind: str, version: int) -> None:
        super().__init__(f"nothing lifts {kind} v{version}")
        self.kind, self.version = kind, version


def lifted(kind: str, version: int, today: int, body: bytes, steps: Mapping[tuple[str, int], Step] = STEPS) -> bytes:
    """The body, as JSON of today's version; unchanged where it is of that. Raises `NoStep`."""
    if version == today:
        return body
    lifting: Body = json.loads(body)
    for each in range(version, today):
        if (step := steps.get((kind, each))) is None:
            raise NoStep(kind, each)
        lifting = step(lifting)
    return json.dumps(lifting, ensure_ascii=False).encode()

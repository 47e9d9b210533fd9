"""Unmistakable values planted in every personal field of a case that goes its whole way, and where they are looked for afterwards."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pypinyin import lazy_pinyin

from domain.command import COMMANDS
from domain.values import Party, Personal, Sealed, map_personal
from tests.scenarios import OTHER_LAWYER, Scenario, Step

_RARE = "龘靐齉麤爨灪龖厵滟虪籱饢驫鱻麣龗"
"""Characters that no other test's name is made of; sixteen, so that a number is written with them."""


_STEMS = ("金丝雀龘靐", "亓官", "qiguan", "KANARIE", "170173986", "171482653", "龗州市麤爨路", "不得拨打虪")
"""One of them stands in every word that is planted: looked for first, since a hundred megabytes are gone through for each."""


def rare(n: int) -> str:
    """A name of four characters that stands nowhere else."""
    return "亓官" + "".join(_RARE[int(digit, 16)] for digit in f"{n:02x}")


@dataclass
class Planted:
    """What was planted: words under the applicant's key, and words under the keys of others in the case."""

    own: list[str] = field(default_factory=list[str])
    others: list[str] = field(default_factory=list[str])
    _count: int = 0

    @property
    def words(self) -> list[str]:
        return [*self.own, *self.others]

    def text(self) -> str:
        """A free text; such text stands under the applicant's key."""
        self._count += 1
        word = f"金丝雀龘靐{self._count:03d}𠮷Kanarie{self._count:03d}"
        self.own.append(word)
        return word

    def person(self, *, own: bool, **more: Any) -> dict[str, Any]:
        """Somebody with every field that a person may have."""
        self._count += 1
        n = self._count
        said = {
            "name": rare(n), "id_kind": "other", "id_number": f"KANARIE{n:03d}X8675309", "phone": f"170173986{n:02d}",
            "address": f"龗州市麤爨路{n}号籱苑", "birth_date": f"19{n + 10:02d}-11-23",
            "safe_contact": {"phone": f"171482653{n:02d}", "never": f"不得拨打虪{n:03d}座机"},
        }  # fmt: skip
        contact: dict[str, str] = said["safe_contact"]  # pyright: ignore[reportAssignmentType]
        words = [*(str(said[name]) for name in ("name", "id_number", "phone", "address")), *contact.values()]
        (self.own if own else self.others).extend(words)
        return said | more

    def body(self, command: str, body: Mapping[str, Any], today: date) -> dict[str, Any]:
        """The command's body with a word of its own in every free text that may speak of people, and in the notes beside it."""
        model = COMMANDS[command]
        said = dict(body) | {name: "x" for name in ("note", "detail") if name in model.model_fields and name not in body}

        def plant(party: Party | None, name: str, mark: Personal, value: Any) -> Any:
            if mark.own or party is not None or isinstance(value, Sealed) or name == "body":
                return value
            return self.text()

        planted = map_personal(model.model_validate(said, context={"today": today}), plant)
        return planted.model_dump(mode="json", exclude_none=True, by_alias=True, exclude_unset=True)


def whole_line(planted: Planted, archived: Scenario, today: date) -> Iterator[Step]:
    """The line from the door to the archive, with everything beside it in which people are spoken of."""
    for step in archived.steps:
        body = dict(step.body)
        if step.command == "submit_application":
            body |= {
                "applicant": planted.person(own=True, categories=["migrant_worker"]),
                "co_applicants": [planted.person(own=False)],
                "recipient_count": 2,
                "opponents": [planted.person(own=False)],
                "proxy": {"party": planted.person(own=False), "relation": "other_relative"},
            }
        yield Step(step.role, step.command, body)
        if step.command == "submit_application":
            yield from _beside(today)
        if step.command == "schedule_hearing":
            yield Step("lawyer", "report_progress", {"summary": "x"})


def _beside(today: date) -> Iterator[Step]:
    at = f"{(today + timedelta(days=2)).isoformat()}T09:30:00+08:00"
    day = today.isoformat()
    yield Step("caseworker", "add_note", {"text": "x", "visible_to": "all"})
    yield Step("caseworker", "schedule_home_visit", {"at": at, "address": "x"})
    yield Step("caseworker", "record_home_visit", {"held_on": day, "summary": "x", "interpreter": "x"})
    yield Step("supervisor", "place_hold", {"reason": "x"})
    yield Step("caseworker", "request_verification", {"kind": "inquiry", "agency": "民政局", "subject": "x"})
    yield Step("caseworker", "record_verification", {"result": "confirmed", "detail": "x"})
    yield Step("caseworker", "declare_conflict_check", {"cleared": True, "walled": [{"lawyer": OTHER_LAWYER, "why": "x"}]})
    household = [{"name": "x", "relation": "self", "income_fen_per_month": 60000}]
    yield Step("caseworker", "assess_hardship", {"household": household, "county": "ADX", "residence": "rural"})
    yield Step("caseworker", "propose_commands", {"commands": [{"command": "add_note", "body": {"text": "x"}}], "reason": "x"})


def forms(word: str) -> dict[str, bytes]:
    """How a word may stand somewhere: its bytes by encoding, by what encoded it."""
    utf8 = word.encode()
    found = {"utf-8": utf8, "utf-16-le": word.encode("utf-16-le"), "utf-16-be": word.encode("utf-16-be"), "gb18030": word.encode("gb18030")}
    found |= {"hex": utf8.hex().encode(), "HEX": utf8.hex().upper().encode()}
    found["json"] = _escaped(word)
    found["percent"] = "".join(f"%{b:02X}" if b > 127 else chr(b) for b in utf8).encode()
    for shift in range(3):  # base64 of whatever the word stands in: of the part that does not depend on what is around it
        inner = base64.b64encode(b"\0" * shift + utf8)
        found[f"base64+{shift}"] = inner[-(-shift * 4 // 3) : (shift + len(utf8)) * 4 // 3]
    spoken = "".join(lazy_pinyin(word)) if re.fullmatch(r"[\u4e00-\u9fff]{4,8}", word) else ""
    if len(spoken) >= 10:
        found["pinyin"] = spoken.encode()
    return found


def _escaped(word: str) -> bytes:
    units = word.encode("utf-16-be")
    codes = (int.from_bytes(units[i : i + 2]) for i in range(0, len(units), 2))
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes).encode()


class Scanner:
    """Finds any form of any of the words in bytes."""

    def __init__(self, words: Iterable[str]) -> None:
        self.meant = {form: (word, name) for word in words for name, form in forms(word).items()}
        self._stems = {form for stem in _STEMS for form in forms(stem).values()}

    def found(self, content: bytes) -> set[tuple[str, str]]:
        """The words found, each with the form it was found in."""
        if not any(stem in content for stem in self._stems):
            return set()
        return {meant for form, meant in self.meant.items() if form in content}

    def found_below(self, *folders: Path, but: frozenset[str] = frozenset()) -> dict[str, set[tuple[str, str]]]:
        """The same of every file below, by path; `but` are names of folders passed over."""
        hits: dict[str, set[tuple[str, str]]] = {}
        for folder in folders:
            for path in folder.rglob("*"):
                if path.is_file() and not path.is_symlink() and not but & set(path.relative_to(folder).parts):
                    try:
                        content = path.read_bytes()
                    except FileNotFoundError:  # the engine took it away meanwhile
                        continue
                    if found := self.found(content):
                        hits[str(path)] = found
        return hits

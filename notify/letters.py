"""The words of what leaves the house, in both languages. Nothing personal: numbers, limits, dates, offices, and a link."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import texts
from texts import Lang


@dataclass(frozen=True, slots=True)
class Words:
    """`short` is for an SMS or a bot: one sentence."""

    subject: str
    text: str
    short: str


def words(lang: Lang, kind: str, data: Mapping[str, Any], *, number: str | None, office: str | None, link: str) -> Words:
    """A message in words. `number` is the case's or register's, `office` the centre's name."""
    said = {**data, "number": number or texts.text(lang, "letters.without_number"), "office": office or "", "link": link}

    def text(part: str) -> str:
        return texts.text(lang, f"letters.{kind}.{part}", **said)

    lines = [text("text"), *([texts.text(lang, "letters.late")] if data.get("late") else []), texts.text(lang, "letters.closing", **said)]
    return Words(text("subject"), "\n\n".join(lines), text("short"))

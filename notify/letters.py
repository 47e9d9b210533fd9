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
    """A message about a case in words. `number` is the case's or register's, `office` the centre's name."""
    said = {**data, "number": number or texts.text(lang, "letters.without_number"), "office": office or "", "link": link}

    def text(part: str) -> str:
        return texts.text(lang, f"letters.{kind}.{part}", **said)

    lines = [text("text"), *([texts.text(lang, "letters.late")] if data.get("late") else []), texts.text(lang, "letters.closing", **said)]
    return Words(text("subject"), "\n\n".join(lines), text("short"))


def digest_words(lang: Lang, data: Mapping[str, Any], *, names: Mapping[str, str], link: str) -> Words:
    """The morning's digest in words, for e-mail alone. `names` of its offices and of whom the reader stands in for, by code."""
    lines = [texts.text(lang, "letters.digest_text", day=data["day"])]
    if data.get("instead_of"):
        lines.append(texts.text(lang, "deadlines.instead_of", person=data["instead_of"], names=names))
    if data.get("own"):
        lines.append(texts.text(lang, "deadlines.digest_own", **data["own"]))
    lines += [
        texts.text(lang, "letters.digest_office", name=names[each["office"]], counts=texts.text(lang, "deadlines.digest_office", **each))
        for each in data["offices"]
    ]
    subject = texts.text(lang, "deadlines.digest", day=data["day"])
    return Words(subject, "\n".join(lines) + "\n\n" + texts.text(lang, "letters.closing", link=link), "")

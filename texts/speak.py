"""How a value reads in a sentence: dates, money, papers, codes; and the small grammar of the catalogues (see the package's docstring)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal

ZONE = ZoneInfo("Asia/Shanghai")


class Gone(str):
    """Words that stand where a value is no longer there to be read, and are said as they are, even where a day was expected."""

    __slots__ = ()


_PART = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_CONDITION = re.compile(r"^([a-z_.]+)([?!])")
_PLACE = re.compile(r"\{([a-z_.]+)(?::([a-z_]+))?\}")
_LATIN_TO = 0x2E7F
"""Up to which a character is as wide as a letter."""
_ABSENT: tuple[Any, ...] = (None, "", [], (), {})
_LOCALE = {"zh-CN": Locale.parse("zh_CN"), "en": Locale.parse("en_GB")}
"""Parsed once: by name, every amount of a long table would search all locales there are."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The sentences of one language, for codes that stand in other sentences."""

    sentences: Mapping[str, str]

    def word(self, *keys: str, otherwise: str) -> str:
        return next((self.sentences[key] for key in keys if key in self.sentences), otherwise)


def places(sentence: str) -> set[str]:
    """The names of the values a sentence speaks of (the first step of each), conditions included."""
    conditions = [c.group(1) for part in _PART.findall(sentence) if (c := _CONDITION.match(part))]
    return {name.split(".")[0] for name in [*(m.group(1) for m in _PLACE.finditer(sentence)), *conditions]}


def speak(lang: str, sentence: str, values: Mapping[str, Any], lookup: Lookup) -> str:
    """`sentence` with its values, its optional parts kept or dropped."""
    reader = _Reader(lang, values.get("names") or {}, lookup)

    def part(found: re.Match[str]) -> str:
        inner = found.group(1)
        if condition := _CONDITION.match(inner):
            held = _walk(values, condition.group(1))
            if (held is None or not held) if condition.group(2) == "?" else held is not False:
                return ""
            inner = inner[condition.end() :]
        if any(_walk(values, place.group(1)) in _ABSENT for place in _PLACE.finditer(inner)):
            return ""
        return inner

    def put(found: re.Match[str]) -> str:
        name, spec = found.group(1), found.group(2) or "plain"
        held = _walk(values, name)
        if held in _ABSENT:
            return lookup.word("words.withheld", otherwise="—")
        return reader.read(name.rpartition(".")[2], spec, held)

    return _PLACE.sub(put, _PART.sub(part, sentence))


def _walk(values: Mapping[str, Any], path: str) -> Any:
    held: Any = values
    for step in path.split("."):
        held = cast("Mapping[str, Any]", held).get(step) if isinstance(held, Mapping) else None
    return held


@dataclass(frozen=True, slots=True)
class _Reader:
    """How values read in one language, with the directory's names at hand."""

    lang: str
    names: Mapping[str, str]
    lookup: Lookup

    def read(self, field: str, spec: str, held: Any) -> str:
        """A value of a field as the place's spec wants it."""
        if isinstance(held, Gone):
            return str(held)
        if isinstance(held, bool):
            return self.lookup.word(f"words.{'yes' if held else 'no'}", otherwise=str(held))
        if spec == "count":
            return str(len(held))
        if isinstance(held, list | tuple):
            parts = [self.read(field, spec, item) for item in cast("Sequence[Any]", held)]
            return self.lookup.word("words.comma", otherwise=", ").join(parts)
        if spec == "papers":
            return paper(self.lang, held, self.lookup)
        return _READERS[spec](self.lang, held) if spec in _READERS else self._code(field, spec, held)

    def _code(self, field: str, spec: str, held: Any) -> str:
        if isinstance(held, Mapping):
            inner = cast("Mapping[str, Any]", held)
            return str(inner.get("name") or inner.get("title") or inner.get("kind") or "")
        words = str(held)
        if spec == "name":
            return self.names.get(words, words)
        if spec == "v":
            return self.lookup.word(f"values.{field}.{words}", f"values.{words}", otherwise=words)
        return self.lookup.word(f"{spec}.{words.partition('/')[0]}", otherwise=words)


def paper(lang: str, held: Any, lookup: Lookup) -> str:
    """A paper by its title or its kind, with the number of copies."""
    if not isinstance(held, Mapping):
        return lookup.word(f"papers.{held}", otherwise=str(held))
    given = cast("Mapping[str, Any]", held)
    kind = str(given.get("kind") or "")
    title = str(given.get("title") or "")
    if lang == "en" and kind != "other" and not re.search("[A-Za-z]", title):
        title = ""  # its kind can be said in English, the title as typed in Chinese cannot
    named = title or lookup.word(f"papers.{kind}", otherwise=str(given.get("title") or kind))
    copies = given.get("copies")
    if not copies or copies == 1:
        return named
    return f"{named} {copies} 份" if lang == "zh-CN" else f"{named} (×{copies})"


def _day(held: Any) -> date:
    if isinstance(held, datetime):
        return held.astimezone(ZONE).date()
    return held if isinstance(held, date) else date.fromisoformat(str(held)[:10])


def moment(held: Any) -> datetime:
    """A moment in Asia/Shanghai from a datetime or its RFC 3339 text."""
    return (held if isinstance(held, datetime) else datetime.fromisoformat(str(held))).astimezone(ZONE)


def say_date(lang: str, held: Any) -> str:
    return (
        str(held)
        if isinstance(held, Gone)
        else format_date(_day(held), "y年M月d日" if lang == "zh-CN" else "d MMM y", locale=_LOCALE[lang])
    )


def say_short_date(lang: str, held: Any) -> str:
    return str(held) if isinstance(held, Gone) else format_date(_day(held), "M月d日" if lang == "zh-CN" else "d MMM", locale=_LOCALE[lang])


def say_month(lang: str, month: str) -> str:
    """`2026-01` as 2026年1月 or Jan 2026."""
    return format_date(date.fromisoformat(f"{month}-01"), "y年M月" if lang == "zh-CN" else "MMM y", locale=_LOCALE[lang])


def say_weekday(lang: str, held: Any) -> str:
    return format_date(_day(held), "M月d日 EEEE" if lang == "zh-CN" else "EEEE d MMMM", locale=_LOCALE[lang])


def say_moment(lang: str, held: Any) -> str:
    return format_datetime(moment(held), "y年M月d日 HH:mm" if lang == "zh-CN" else "d MMM y HH:mm", locale=_LOCALE[lang])


def say_time(lang: str, held: Any) -> str:
    return format_time(moment(held), "HH:mm", locale=_LOCALE[lang], tzinfo=ZONE)


def columns(text: str) -> int:
    """How wide a text stands, in Latin letters: a Chinese character is as wide as two."""
    return sum(2 if ord(letter) > _LATIN_TO else 1 for letter in text)


def say_fen(lang: str, held: Any) -> str:
    """Fen as yuan with two places: 48600000 -> 486,000.00."""
    return format_decimal(int(held) / 100, "#,##0.00", locale=_LOCALE[lang])


_READERS: dict[str, Callable[[str, Any], str]] = {
    "date": say_date,
    "short_date": say_short_date,
    "weekday": say_weekday,
    "moment": say_moment,
    "time": say_time,
    "fen": say_fen,
}

"""Every text is asked for, every text asked for is there, and each language speaks its own."""

import re
from functools import cache
from pathlib import Path

import pytest

import texts
from domain.command import COMMANDS, EVENTS
from domain.directory import DirectoryEvent
from domain.values import Model
from texts import LANGUAGES, Lang
from web.routes import router

ROOT = Path(__file__).parents[2]
CODE = (
    "activities",
    "api",
    "documents",
    "domain",
    "ledger",
    "notify",
    "ops",
    "readmodels",
    "texts",
    "verifier",
    "web",
    "workers",
    "workflows",
)
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
WIDE = re.compile(r"[，。；：、？！（）《》〔〕]")
PLACES = re.compile(r"\{[^}]*\}|\[\[\w*[?!]?|\]\]")
NAMES_OF_LANGUAGES = {"notices.language_zh-CN", "notices.language_en", "pages.other_language"}
EXAMPLES = {"status.number_hint"}
"""Texts that show a number of the country as it is written."""
FORMATS = {"history.export_xes", "history.export_ocel2", "history.export_ocel2-sqlite", "history.export_csv", "pages.file_size"}
KINDS_OF_PAPER = {"papers.application_form", "papers.hardship_statement"}
"""Codes that whoever registers a paper may write, though no rule asks for such a one."""


@cache
def source() -> str:
    files = [file for folder in CODE for ending in ("py", "html", "typ") for file in (ROOT / folder).rglob(f"*.{ending}")]
    rules = (*(ROOT / "domain" / "rules_data").glob("*.yaml"), *(ROOT / "ops" / "example").glob("*.yaml"))
    return "\n".join(file.read_text(encoding="utf-8") for file in (*files, *rules))


def subclasses(kind: type[Model]) -> set[type[Model]]:
    return {kind}.union(*(subclasses(each) for each in kind.__subclasses__()))


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@cache
def words() -> frozenset[str]:
    """What a key may end in where its beginning is joined to a code: the code's own words and those that follow from its classes."""
    assert router.routes  # with the pages all commands and events are there
    derived = {*COMMANDS, *EVENTS, *(snake(kind.__name__) for kind in subclasses(DirectoryEvent))}
    found = {*re.findall(r"[A-Za-z0-9_]+", source()), *derived}
    return frozenset(found | {piece for word in found for piece in word.split("_")})


@cache
def begun() -> frozenset[str]:
    """Codes of which the code writes the beginning: `f"not_a_{reading}"`."""
    return frozenset(re.findall(r"""f['"]([a-z]+(?:_[a-z]+)*_)\{""", source()))


def known(code: str) -> bool:
    return code in words() or any(code.startswith(part) and code.removeprefix(part) in words() for part in begun())


@cache
def asked_for() -> frozenset[str]:
    return frozenset(re.findall(r"""['"]([a-z_]+\.[A-Za-z0-9_.-]+)['"]""", source()))


@cache
def beginnings() -> frozenset[str]:
    """Beginnings of keys that something is joined to: `'desk.' ~ name` in a template, `f"desk.{name}"` in code."""
    joined = re.findall(r"""['"]([a-z_]+\.[A-Za-z0-9_.-]*)['"]\s*[~+]|f['"]([a-z_]+\.[A-Za-z0-9_.-]*)\{""", source())
    return frozenset(one or other for one, other in joined)


@cache
def shapes() -> tuple[re.Pattern[str], ...]:
    """Keys that are joined of several codes: `f"figures.{fact}_{key}"`."""
    written = re.findall(r"""f['"]([a-z]+\.[^'"\s]*\{[^'"\s]*\}[^'"\s]*)['"]""", source())
    return tuple(re.compile(re.sub(r"\\\{.*?\\\}", "([A-Za-z0-9_-]+)", re.escape(each))) for each in written)


def used(key: str) -> bool:
    if key in asked_for() | KINDS_OF_PAPER:
        return True
    joined = [re.split(r"[_-]", "_".join(found.groups())) for shape in shapes() if (found := shape.fullmatch(key))]
    if any(words().issuperset(pieces) for pieces in joined):
        return True
    rests = [key.removeprefix(beginning) for beginning in beginnings() if key.startswith(beginning)]
    return any(all(known(piece) for piece in re.split(r"[.-]", rest)) for rest in rests) or any(
        beginning.endswith("_") and all(piece in words() for piece in re.split(r"[._-]", key.removeprefix(beginning)))
        for beginning in beginnings()
        if key.startswith(beginning)
    )


def test_no_text_is_kept_that_nothing_asks_for() -> None:
    assert [key for key in texts.catalogue("zh-CN") if not used(key)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_that_is_asked_for_by_its_whole_key_is_there(lang: Lang) -> None:
    subjects = {file.stem for file in (ROOT / "texts" / lang).glob("*.yaml")}
    templates = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "web" / "templates").glob("*.html"))
    pages = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "web").glob("*.py"))
    whole = set(re.findall(r"""\bt\(\s*['"]([a-z_]+\.[A-Za-z0-9_.-]+)['"]\s*[,)]""", templates + pages))
    assert {key for key in whole if key.partition(".")[0] in subjects and not texts.has(lang, key)} == set()
    assert {key for key in whole if key.partition(".")[0] not in subjects} == set()


def test_no_chinese_text_is_left_untranslated_and_no_english_one_either() -> None:
    chinese = {key: PLACES.sub("", sentence) for key, sentence in texts.catalogue("zh-CN").items()}
    english = {key: PLACES.sub("", sentence) for key, sentence in texts.catalogue("en").items()}
    known = NAMES_OF_LANGUAGES | FORMATS | EXAMPLES
    assert [key for key, sentence in english.items() if key not in known and HAN.search(sentence)] == []
    assert [
        key for key, sentence in chinese.items() if key not in known and re.search(r"[A-Za-z]", sentence) and not HAN.search(sentence)
    ] == []
    assert [key for key, sentence in chinese.items() if key not in known and re.search(r"\w", sentence) and english[key] == sentence] == []


def test_english_is_punctuated_in_english() -> None:
    sentences = {key: PLACES.sub("", sentence) for key, sentence in texts.catalogue("en").items()}
    assert [key for key, sentence in sentences.items() if key not in EXAMPLES and WIDE.search(sentence)] == []

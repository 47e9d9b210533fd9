"""The catalogues hold a sentence for everything the product can say, in both languages alike."""

import importlib
import pkgutil
import re
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

import domain.stages
import texts
from domain.command import COMMANDS, EVENTS, Event, Role
from domain.lifecycle import LANES, STAGES, STATES
from domain.stream import Clock
from texts import LANGUAGES, Lang
from texts.speak import Lookup, places, speak
from web.fields import Field, fields_of

ROOT = Path(__file__).parents[2]
for module in pkgutil.iter_modules(domain.stages.__path__):
    importlib.import_module(f"domain.stages.{module.name}")

languages = pytest.mark.parametrize("lang", LANGUAGES)


def missing(lang: Lang, keys: set[str]) -> set[str]:
    return {key for key in keys if not texts.has(lang, key)}


def names(kind: type[Event]) -> set[str]:
    return {info.serialization_alias or name for name, info in kind.model_fields.items()}


def dated(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "domain" / "rules_data" / f"{name}.yaml").read_text(encoding="utf-8"))


def fields(tree: tuple[Field, ...]) -> list[Field]:
    return [f for each in tree for f in (each, *fields(each.fields))]


@languages
def test_no_key_stands_twice(lang: Lang) -> None:
    """Of two the later one would be read, and the other place would say something else."""
    twice = {
        f"{file.stem}: {key}"
        for file in (ROOT / "texts" / lang).glob("*.yaml")
        for key, often in Counter(re.findall(r"^([\w.-]+):", file.read_text(encoding="utf-8"), re.MULTILINE)).items()
        if often > 1
    }
    assert twice == set()


def test_both_languages_hold_the_same_keys() -> None:
    assert set(texts.catalogue("zh-CN")) == set(texts.catalogue("en"))


def test_both_languages_speak_of_the_same_values() -> None:
    chinese, english = texts.catalogue("zh-CN"), texts.catalogue("en")
    assert {key for key in chinese if places(chinese[key]) != places(english[key])} == set()


@languages
def test_every_command_has_a_label_and_a_help(lang: Lang) -> None:
    assert missing(lang, {f"commands.{name}{part}" for name in COMMANDS for part in ("", ".help")}) == set()


@languages
def test_every_field_of_every_command_has_a_label(lang: Lang) -> None:
    def unlabelled(name: str, path: str) -> bool:
        try:
            return not texts.label(lang, name, path)
        except texts.MissingText:
            return True

    assert {f"{name}.{f.path}" for name, kind in COMMANDS.items() for f in fields(fields_of(kind)) if unlabelled(name, f.path)} == set()


@languages
def test_every_choice_of_every_field_has_a_word(lang: Lang) -> None:
    def wordless(name: str, field: str, code: str) -> bool:
        try:
            return not texts.value(lang, field, code, name)
        except texts.MissingText:
            return True

    assert {
        f"{name}.{f.name}.{code}"
        for name, kind in COMMANDS.items()
        for f in fields(fields_of(kind))
        for code in f.options
        if wordless(name, f.name, code)
    } == set()


@languages
def test_every_event_has_a_name_and_a_sentence(lang: Lang) -> None:
    assert missing(lang, {f"{part}.{name}" for name in EVENTS for part in ("events", "event_names")}) == set()


@languages
def test_an_events_sentence_speaks_only_of_what_the_event_holds(lang: Lang) -> None:
    strange = {
        name: places(texts.catalogue(lang)[f"events.{name}"]) - names(kind)
        for name, kind in EVENTS.items()
        if texts.has(lang, f"events.{name}")
    }
    assert {name: found for name, found in strange.items() if found} == {}


@languages
def test_every_state_stage_lane_role_and_limit_has_a_word(lang: Lang) -> None:
    keys = {
        *(f"states.{s}" for s in STATES), *(f"stages.{s}" for s in STAGES), *(f"lanes.{s}" for s in LANES),
        *(f"roles.{r}" for r in get_args(Role)), *(f"clocks.{s}" for s in get_args(Clock.model_fields["state"].annotation)),
        *(f"limits.{row['id']}" for row in dated("time-limits")["limits"]),
    }  # fmt: skip
    assert missing(lang, keys) == set()


@languages
def test_every_ground_and_paper_of_the_policy_has_a_word(lang: Lang) -> None:
    policy = dated("policy")
    grounds = {**policy["accept_first_grounds"], **policy["waivers"]}
    papers = {paper for g in grounds.values() for paper in [*g.get("owed", []), *g.get("proof", [])]} | set(
        policy["closing_checklist"]["default"]
    )
    assert (
        missing(
            lang,
            {
                *(f"values.{code}" for code in grounds),
                *(f"papers.{kind}" for kind in papers),
                *(f"tariffs.{code}" for code in policy["tariffs"]),
            },
        )
        == set()
    )


def scanned(pattern: str, *folders: str) -> set[str]:
    sources = [file.read_text(encoding="utf-8") for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return {code for source in sources for code in re.findall(pattern, source)}


@languages
def test_every_refusal_has_a_title_and_a_sentence(lang: Lang) -> None:
    codes = scanned(r'Refusal\(\s*"([a-z_0-9]+)"', "domain", "activities", "ledger") | {kind.same_person_code for kind in COMMANDS.values()}
    assert missing(lang, {f"problems.{code}{part}" for code in codes for part in ("", ".title")}) == set()


@languages
def test_every_problem_of_the_http_layer_has_a_title_and_a_sentence(lang: Lang) -> None:
    codes = scanned(r'Problem\(\s*\d{3},\s*"([a-z_0-9]+)"', "api", "web") | scanned(
        r'(?:retry|not_found)\((?:\d{3}, )?"([a-z_0-9]+)"', "api", "web"
    )
    assert missing(lang, {f"problems.{code}{part}" for code in codes for part in ("", ".title")}) == set()


@languages
def test_every_fault_of_a_field_has_a_sentence(lang: Lang) -> None:
    ours = scanned(r'PydanticCustomError\(\s*"([a-z_0-9]+)"', "domain") | scanned(r'"(not_(?:an|a|pairs)_?[a-z]*)"', "web")
    assert missing(lang, {f"faults.{code}" for code in ours}) == set()


@languages
def test_every_text_a_page_asks_for_exists(lang: Lang) -> None:
    wanted = scanned(r'"((?:pages|words|problems)\.[a-z_]+)"', "web")
    templates = [file.read_text(encoding="utf-8") for file in (ROOT / "web" / "templates").glob("*.html")]
    wanted |= {key for source in templates for key in re.findall(r"""['"]((?:pages|words)\.[a-z_]+)['"]""", source)}
    assert missing(lang, {key for key in wanted if not key.endswith("_")}) == set()


def test_a_missing_text_is_an_error() -> None:
    with pytest.raises(texts.MissingText):
        texts.text("en", "pages.nowhere")


def say(sentence: str, **values: object) -> str:
    return speak("zh-CN", sentence, values, Lookup(texts.catalogue("zh-CN")))


def test_an_optional_part_is_dropped_when_its_value_is_absent() -> None:
    assert say("到期[[，欠{papers:papers}]]。") == "到期。"
    assert say("到期[[，欠{papers:papers}]]。", papers=[{"kind": "id_copy", "copies": 26}]) == "到期，欠身份证复印件 26 份。"


def test_a_conditional_part_stands_only_where_its_value_is_so() -> None:
    assert say("[[granted?同意]][[granted!不同意]]", granted=True) == "同意"
    assert say("[[granted?同意]][[granted!不同意]]", granted=False) == "不同意"
    assert say("[[granted?同意]][[granted!不同意]]") == ""


def test_a_withheld_value_reads_as_withheld() -> None:
    assert say("{applicant.name}申请") == "（略）申请"


def test_money_dates_and_codes_read_as_people_say_them() -> None:
    assert (
        say("{a:fen} {d:date} {unit:name}", a=48600000, d="2026-11-16", unit="u1", names={"u1": "某律师事务所"})
        == "486,000.00 2026年11月16日 某律师事务所"
    )


@pytest.mark.parametrize(
    ("header", "lang"), [("en-GB,en;q=0.9", "en"), ("fr,zh;q=0.5,en;q=0.4", "zh-CN"), ("fr", "zh-CN"), (None, "zh-CN"), ("en;q=x", "zh-CN")]
)
def test_the_callers_language_is_the_most_wished_of_ours(header: str | None, lang: Lang) -> None:
    assert texts.preferred(header) == lang

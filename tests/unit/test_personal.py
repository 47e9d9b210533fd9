"""Key files, sealed values and what opens them again."""

import base64
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values import Applicant, Matter, Model, Party, PersonalText, Proxy, SafeContact, Sealed
from ledger.keys import KeyFault, KeyRing, Keys, body_hmac
from ledger.personal import (
    Erased,
    Sealer,
    SealFault,
    open_sealed,
    parties_of,
    seal,
    subjects_in,
    unseal_json,
    unwrap,
    with_subjects,
    wrap,
)

ONE, OTHER = UUID(int=1), UUID(int=2)
KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
STREAM = "case/0197"


class Application(Model):
    """A command's shape: people, their matter, free text."""

    applicant: Applicant
    proxy: Proxy | None = None
    opponents: tuple[Party, ...] = ()
    matter: Matter | None = None
    explanations: tuple[PersonalText, ...] = ()


APPLICATION = Application(
    applicant=Applicant(
        subject_id=ONE, name="𠮷田·某", phone="13900001234", birth_date=date(1990, 1, 1), county="ADX",
        safe_contact=SafeContact(phone="13900005678", never="家里座机"),
    ),
    opponents=(Party(subject_id=OTHER, name="某建筑公司"),),
    matter=Matter(summary="拖欠工资"),
    explanations=("没有合同", "有工友作证"),
)  # fmt: skip


def test_key_files_are_made_once_for_their_owner_only(tmp_path: Path) -> None:
    first = KeyRing.open(tmp_path / "keys")
    assert KeyRing.open(tmp_path / "keys") == first
    assert {p.name for p in (tmp_path / "keys").iterdir()} == {"master", "search", "inbox", "codec", "status"}
    assert {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "keys").iterdir()} == {0o600}
    assert len({k for keys in (first.master, first.search, first.inbox, first.codec, first.status) for k in keys.keys.values()}) == 5


def test_processes_that_start_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(KeyRing.open, [tmp_path / "keys"] * 8))
    assert all(ring == rings[0] for ring in rings)


def test_after_a_rotation_the_new_key_is_used_and_the_old_one_still_read(tmp_path: Path) -> None:
    before = KeyRing.open(tmp_path).master
    wrapped = wrap(before, ONE, KEY)
    stored = json.loads((tmp_path / "master").read_text())
    stored["keys"]["next"] = base64.b64encode(os.urandom(32)).decode()
    (tmp_path / "master").write_text(json.dumps({**stored, "current": "next"}))
    after = KeyRing.open(tmp_path).master
    assert after.current == "next"
    assert unwrap(after, before.current, ONE, wrapped) == KEY
    with pytest.raises(SealFault):
        unwrap(after, after.current, ONE, wrapped)


SHORT = '{"current": "a", "keys": {"a": "c2hvcnQ="}}'
NO_BASE64 = '{"current": "a", "keys": {"a": "?"}}'


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"current": "a", "keys": {}}', SHORT, NO_BASE64])
def test_a_damaged_key_file_is_named_and_never_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "search").write_text(content)
    with pytest.raises(KeyFault, match="search"):
        KeyRing.open(tmp_path)
    assert (tmp_path / "search").read_text() == content


def test_a_key_never_shows_in_a_log() -> None:
    assert KEY.hex() not in repr(Keys("a", {"a": KEY}))
    assert repr(KEY) not in repr(Keys("a", {"a": KEY}))


def test_a_bodys_hmac_can_be_asked_under_the_key_of_an_earlier_row() -> None:
    keys = Keys("new", {"old": KEY, "new": OTHER_KEY})
    assert body_hmac(keys, b"{}") == body_hmac(keys, b"{}", "new") != body_hmac(keys, b"{}", "old")
    with pytest.raises(KeyFault):
        body_hmac(keys, b"{}", "lost")


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_what_is_sealed_opens_where_it_was_sealed(text: str, stream: str, field: str) -> None:
    assert open_sealed(KEY, seal(KEY, ONE, stream, field, text), stream, field) == text


@given(*[st.tuples(st.text(max_size=3), st.text(max_size=3), st.text(max_size=3))] * 2)
def test_it_opens_nowhere_else(here: tuple[str, str, str], there: tuple[str, str, str]) -> None:
    sealed = seal(KEY, ONE, here[0], here[1], "王某", ledger=here[2])
    if here == there:
        assert open_sealed(KEY, sealed, there[0], there[1], ledger=there[2]) == "王某"
    else:
        with pytest.raises(SealFault):
            open_sealed(KEY, sealed, there[0], there[1], ledger=there[2])


def test_parts_of_the_place_cannot_be_shifted_into_each_other() -> None:
    with pytest.raises(SealFault):
        open_sealed(KEY, seal(KEY, ONE, "case/1", "name", "王某"), "case/1n", "ame")


@pytest.mark.parametrize("at", [0, 12, -1])
def test_a_changed_byte_is_found(at: int) -> None:
    box = bytearray(base64.urlsafe_b64decode(seal(KEY, ONE, STREAM, "name", "王某").box))
    box[at] ^= 1
    with pytest.raises(SealFault):
        open_sealed(KEY, Sealed(subject=ONE, box=base64.urlsafe_b64encode(box).decode()), STREAM, "name")


@pytest.mark.parametrize("box", ["", "AAAA", "??", "王"])
def test_a_box_that_is_none_is_a_fault_of_its_own(box: str) -> None:
    with pytest.raises(SealFault):
        open_sealed(KEY, Sealed(subject=ONE, box=box), STREAM, "name")


def test_the_same_name_sealed_twice_does_not_look_alike() -> None:
    assert seal(KEY, ONE, STREAM, "name", "王某") != seal(KEY, ONE, STREAM, "name", "王某")


def test_a_wrapped_key_serves_its_own_subject_only() -> None:
    master = Keys("a", {"a": OTHER_KEY})
    assert unwrap(master, "a", ONE, wrap(master, ONE, KEY)) == KEY
    with pytest.raises(SealFault):
        unwrap(master, "a", OTHER, wrap(master, ONE, KEY))


def sealed_application() -> Application:
    return Sealer({str(ONE): KEY, str(OTHER): OTHER_KEY}, STREAM, ONE).seal(APPLICATION)


def test_a_partys_own_fields_are_under_its_key_all_other_text_under_the_applicants() -> None:
    sealed = sealed_application().model_dump(mode="json")
    subject = {
        "name": sealed["applicant"]["name"]["subject"],
        "safe": sealed["applicant"]["safe_contact"]["never"]["subject"],
        "opponent": sealed["opponents"][0]["name"]["subject"],
        "summary": sealed["matter"]["summary"]["subject"],
        "explanation": sealed["explanations"][1]["subject"],
    }
    assert subject == {"name": str(ONE), "safe": str(ONE), "opponent": str(OTHER), "summary": str(ONE), "explanation": str(ONE)}
    assert sealed["applicant"]["county"] == "ADX"


class Witness(Party):
    """A party with text about somebody's case."""

    statement: PersonalText


def test_free_text_is_the_applicants_also_where_it_stands_within_another_party() -> None:
    witness = Witness(subject_id=OTHER, name="工友某", statement="看见了欠条")
    sealed = Sealer({str(ONE): KEY, str(OTHER): OTHER_KEY}, STREAM, ONE).seal(witness).model_dump(mode="json")
    assert (sealed["name"]["subject"], sealed["statement"]["subject"]) == (str(OTHER), str(ONE))


def test_nothing_personal_is_readable_once_sealed() -> None:
    stored = sealed_application().model_dump_json()
    for text in ("𠮷田", "1390000", "1990", "座机", "建筑", "工资", "合同", "工友"):
        assert text not in stored


def test_for_display_the_sealed_reads_as_it_was_typed() -> None:
    keys = {str(ONE): KEY, str(OTHER): OTHER_KEY}
    stored = sealed_application().model_dump(mode="json")
    assert subjects_in(stored) == set(keys)
    assert unseal_json(stored, keys, STREAM) == APPLICATION.model_dump(mode="json")
    assert Application.model_validate(unseal_json(stored, keys, STREAM)) == APPLICATION


def test_what_is_sealed_already_is_carried_as_it_is() -> None:
    sealed = sealed_application()
    assert Sealer({str(ONE): KEY, str(OTHER): OTHER_KEY}, STREAM, ONE).seal(sealed) == sealed


def test_an_erased_person_reads_as_erased_and_the_others_stay() -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    keys: dict[str, bytes | Erased] = {str(ONE): Erased(at), str(OTHER): OTHER_KEY}
    shown = unseal_json(sealed_application().model_dump(mode="json"), keys, STREAM)
    assert shown["applicant"]["name"] == {"erased": True, "at": "2026-03-01T09:00:00+00:00"}
    assert shown["explanations"] == [shown["applicant"]["name"]] * 2
    assert shown["opponents"][0]["name"] == "某建筑公司"


def test_a_value_that_stands_alone_is_opened_by_its_fields_name() -> None:
    alone = seal(KEY, ONE, STREAM, "name", "王某").model_dump(mode="json")
    assert unseal_json(alone, {str(ONE): KEY}, STREAM, "name") == "王某"


def test_a_value_whose_key_was_not_given_is_a_fault_not_a_blank() -> None:
    with pytest.raises(SealFault):
        unseal_json(sealed_application().model_dump(mode="json"), {str(ONE): KEY}, STREAM)


@pytest.mark.parametrize("keys", [{}, {str(ONE): KEY}, {str(ONE): KEY, str(OTHER): Erased(datetime(2026, 1, 1, tzinfo=UTC))}])
def test_nothing_is_stored_open_for_want_of_a_key(keys: dict[str, bytes | Erased]) -> None:
    with pytest.raises(SealFault):
        Sealer(keys, STREAM, ONE).seal(APPLICATION)


def test_text_without_an_applicant_has_no_key() -> None:
    with pytest.raises(SealFault):
        Sealer({str(ONE): KEY}, STREAM, None).seal(Matter(summary="某事"))


def test_every_party_that_has_no_subject_yet_is_given_one() -> None:
    newcomers = iter([UUID(int=7), UUID(int=8)])
    typed = Application(
        applicant=Applicant(name="王某"),
        proxy=Proxy(party=Party(name="王父"), relation="parent"),
        opponents=(Party(name="某公司", subject_id=OTHER),),
    )
    given_ids = with_subjects(typed, lambda: next(newcomers))
    assert [(p.name, p.subject_id) for p in parties_of(given_ids)] == [("王某", UUID(int=7)), ("王父", UUID(int=8)), ("某公司", OTHER)]
    assert with_subjects(given_ids, lambda: pytest.fail("nobody is new")) == given_ids


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(JSON)
def test_json_without_anything_sealed_comes_back_as_it_is(data: Any) -> None:
    assert unseal_json(data, {}, STREAM) == data
    assert subjects_in(data) == set()

"""What people are found by, and that a token tells nothing without its key."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values import Party, SafeContact, Sealed
from ledger.keys import Keys
from ledger.tokens import normal, terms_of, terms_of_query, tokens_for, tokens_for_query

KEYS = Keys("k1", {"k1": bytes(range(32))})


def finds(query: str, party: Party) -> bool:
    return bool(set(tokens_for_query(KEYS, query)) & set(tokens_for(KEYS, party)))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("王敏", "王敏"),
        ("敏", "王敏"),
        ("阳某", "欧阳某某"),
        ("欧 阳", "欧阳某某"),
        ("𠮷", "𠮷田正"),
        ("𠮷田", "𠮷 田 正"),
        ("tianzheng", "𠮷田正"),
        ("买买提艾力", "买买提·艾力"),
        ("买买提•艾力", "买买提·艾力"),
        ("艾力", "买买提·艾力"),
        ("karim", "Abdul KARIM"),
        ("Abdul k", "Abdul Karim"),
        ("建筑劳务", "内蒙古某建筑劳务有限公司"),
        ("内蒙古某建筑劳务", "内蒙古某建筑劳务有限公司"),
        ("内蒙古某建筑劳务有限公司第三分公司驻安定县项目经理部工程处", "内蒙古某建筑劳务有限公司第三分公司驻安定县项目经理部工程处"),
        ("wangmin", "王敏"),
        ("Wang Min", "王敏"),
        ("wangm", "王敏"),
        ("wm", "王敏"),
        ("oymm", "欧阳某某"),
        ("shan wenbo", "单文博"),
        ("qhy", "仇海燕"),
        ("zengqiang", "曾强"),
        ("lvbu", "吕布"),
        ("lubu", "吕布"),
        ("lübu", "吕布"),
        ("ﾏﾘｱ", "マリア"),
    ],
)
def test_a_name_is_found_by_its_parts_its_sound_and_its_initials(query: str, name: str) -> None:
    assert finds(query, Party(name=name))


@pytest.mark.parametrize(
    ("query", "name"), [("李", "王敏"), ("敏王", "王敏"), ("in", "王敏"), ("ming", "王敏"), ("𠮷", "吉田"), ("w", "王敏")]
)  # fmt: skip
def test_a_name_is_not_found_by_what_it_is_not(query: str, name: str) -> None:
    assert not finds(query, Party(name=name))


@pytest.mark.parametrize("query", ["13900001234", "139 0000 1234", "+86 139-0000-1234", "１３９００００１２３４", "1234"])
def test_a_phone_is_found_whole_or_by_its_last_four(query: str) -> None:
    assert finds(query, Party(name="王敏", phone="+86 139 0000 1234"))


@pytest.mark.parametrize("query", ["234", "01234", "1390000", "0000"])
def test_a_phone_is_not_found_by_any_other_part(query: str) -> None:
    assert not finds(query, Party(name="王敏", phone="13900001234"))


def test_the_safe_number_of_a_person_in_danger_finds_them_too() -> None:
    assert finds("5678", Party(name="王敏", phone="13900001234", safe_contact=SafeContact(phone="13900005678")))


def test_an_identity_number_is_found_whole_only() -> None:
    party = Party(name="王敏", id_kind="passport", id_number="E1234567X")
    assert finds("e12 34567x", party)
    assert not finds("E1234567", party)


@pytest.mark.parametrize("query", ["", " ", "·", "\u200b"])
def test_nothing_typed_looks_for_nothing(query: str) -> None:
    assert tokens_for_query(KEYS, query) == []


@given(st.text(min_size=1, max_size=40).map(str.strip).filter(lambda name: normal(name) != ""))
def test_every_name_is_found_as_it_was_typed_and_without_its_spaces(name: str) -> None:
    party = Party(name=name)
    assert finds(name, party)
    assert finds(normal(name), party)


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normal(normal(text)) == normal(text)


def test_a_long_name_brings_a_bounded_number_of_terms() -> None:
    assert len(terms_of(Party(name="乐" * 200))) < 120
    assert len(terms_of(Party(name="单乐行曾"))) < 120


def test_terms_and_their_kinds_come_once() -> None:
    terms = terms_of(Party(name="某某某某", phone="13900001234", safe_contact=SafeContact(phone="13900001234")))
    assert len(set(terms)) == len(terms)
    assert len(set(terms_of_query("1234"))) == len(terms_of_query("1234"))


def test_a_token_tells_nothing_without_its_key() -> None:
    other = Keys("k2", {"k2": bytes(range(1, 33))})
    assert not set(tokens_for(KEYS, Party(name="王敏"))) & set(tokens_for(other, Party(name="王敏")))
    assert all(-(2**63) <= token < 2**63 for _, token in tokens_for(KEYS, Party(name="王敏")))


def test_the_same_text_of_two_kinds_gives_two_tokens() -> None:
    tokens = dict((kind, token) for kind, token in tokens_for_query(KEYS, "wangmin"))  # noqa: C402 -- says which is which
    assert len(set(tokens.values())) == len(tokens) >= 3


def test_what_was_written_before_a_rotation_is_still_found() -> None:
    rotated = Keys("k2", {**KEYS.keys, "k2": bytes(range(1, 33))})
    assert set(tokens_for_query(rotated, "wm")) & set(tokens_for(KEYS, Party(name="王敏")))
    assert set(tokens_for_query(rotated, "wm")) & set(tokens_for(rotated, Party(name="王敏")))


def test_terms_are_made_before_sealing_or_not_at_all() -> None:
    with pytest.raises(TypeError):
        terms_of(Party(name=Sealed(subject=UUID(int=1), box="x")))

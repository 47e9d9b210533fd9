"""The code of the public page: hard to guess, easy to type, worthless once renewed; and numbers as people write them."""

from math import log2

import pytest

from ledger import throttle
from ledger.keys import Keys
from ledger.status_codes import ALPHABET, GROUP, LENGTH, code_of, fits, mark_of, written

KEYS = Keys("a", {"a": bytes(range(32))})
CASE, OTHER = "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"
NUMBER = "定城援民字〔2026〕第318号"


def test_a_code_has_forty_bits_and_no_sign_that_is_taken_for_another() -> None:
    assert LENGTH * log2(len(ALPHABET)) >= 40
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert not set(ALPHABET) & set("0O1IL2Z5S8BUV")


def test_a_code_is_the_same_each_time_and_grouped() -> None:
    code = code_of(KEYS, CASE, 0)
    assert code == code_of(KEYS, CASE, 0)
    assert [len(group) for group in code.split("-")] == [GROUP] * (LENGTH // GROUP)
    assert set(code) <= {*ALPHABET, "-"}


def test_every_case_every_renewal_and_every_key_has_a_code_of_its_own() -> None:
    other_key = Keys("b", {"b": bytes(32)})
    codes = [code_of(KEYS, CASE, 0), code_of(KEYS, CASE, 1), code_of(KEYS, OTHER, 0), code_of(other_key, CASE, 0)]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("typed", ["{}", " {} ", "{} \t", "（{}）", "{}。"])
def test_a_code_fits_however_it_was_typed(typed: str) -> None:
    code = code_of(KEYS, CASE, 0)
    full_width = code.translate({ord(c): ord(c) + 0xFEE0 for c in code})
    for said in (code, code.lower(), code.replace("-", ""), code.replace("-", " "), full_width):
        assert fits(KEYS, CASE, 0, typed.format(said)), said


@pytest.mark.parametrize("typed", ["", "-", "7KQ", "名" * 9, "A" * 40])
def test_what_is_no_code_fits_nothing(typed: str) -> None:
    assert not fits(KEYS, CASE, 0, typed)


def test_a_renewed_code_and_that_of_another_case_fit_no_more() -> None:
    assert not fits(KEYS, CASE, 1, code_of(KEYS, CASE, 0))
    assert not fits(KEYS, OTHER, 0, code_of(KEYS, CASE, 0))


def test_after_a_rotation_codes_printed_before_still_fit_and_new_ones_are_the_new_keys() -> None:
    rotated = Keys("b", {"a": bytes(range(32)), "b": bytes(32)})
    assert fits(rotated, CASE, 0, code_of(KEYS, CASE, 0))
    assert code_of(rotated, CASE, 0) != code_of(KEYS, CASE, 0)
    assert fits(rotated, CASE, 0, code_of(rotated, CASE, 0))


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER, f" {NUMBER} ", "定城 援民字 〔2026〕 第 318 号", "定城援民字（２０２６）第３１８号", "定城援民字[2026]第318号",
        "定城援民字【2026】第0318号", "定城援民字2026第318号", "定城援民字2026-318", "定城援民字2026年第318号", "定城援民〔2026〕318",
        "定城援民字〔2026〕第318号-2",
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_was_typed(typed: str) -> None:
    assert written(typed)[0] == NUMBER


def test_a_register_number_is_one_too() -> None:
    assert written("市援登字(2026)第7号")[0] == "市援登字〔2026〕第7号"


def test_what_is_no_number_stays_what_it_is_and_lower_case_is_tried_in_capitals() -> None:
    assert written("ab-7") == ("ab-7", "AB-7")
    assert written("") == ("",)


def test_a_number_is_counted_under_a_mark_that_does_not_tell_it() -> None:
    mark = mark_of(KEYS, written("定城援民字2026-318"))
    assert mark == mark_of(KEYS, written(NUMBER))
    assert mark != mark_of(KEYS, written("定城援民字2026-319"))
    assert set(mark) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.1.2.3", "10.1.2.3"), ("::ffff:10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"), (None, "here"), ("testclient", "testclient"),
    ],
)  # fmt: skip
def test_looks_are_counted_by_what_one_person_has(address: str | None, counted: str) -> None:
    assert throttle.network_of(address) == counted

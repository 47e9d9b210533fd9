"""What a resident's number says, however it is typed; how two names are alike; the marks by which entries are told to be one person."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identity import check_character, valid_id_number
from domain.identity_facts import facts_of
from domain.values import Party, Sealed
from ledger import marks
from ledger.keys import Keys
from ledger.names import alike, shape

KEYS = Keys("k1", {"k1": bytes(range(32))})
TODAY = date(2026, 3, 10)
WOMAN = "11010519491231002X"


class TestNumber:
    @pytest.mark.parametrize("typed", [WOMAN, "11010519491231002x", "１１０１０５１９４９１２３１００２Ｘ", " 110105 19491231 002X "])
    def test_it_is_kept_one_way_however_it_is_typed(self, typed: str) -> None:
        assert valid_id_number("resident_id", typed) == WOMAN
        assert Party(name="某", id_number=typed).id_number == WOMAN
        assert facts_of(typed, TODAY).number == WOMAN

    def test_another_document_is_left_as_it_is(self) -> None:
        assert valid_id_number("passport", "e12 345") == "e12 345"

    def test_it_says_birthday_sex_county_and_age(self) -> None:
        facts = facts_of(WOMAN, TODAY)
        assert facts[1:] == (None, "110105", date(1949, 12, 31), "female", 76, None)
        assert facts_of(WOMAN, date(2026, 12, 31)).age == 77
        assert facts_of("150102198001010" + "77" + check_character("15010219800101077"), TODAY).sex == "male"

    @pytest.mark.parametrize(
        ("typed", "fault"),
        [
            ("1101051949123100", "length"),
            ("01010519491231002X", "digits"),
            ("11010519491X31002X", "digits"),
            ("110105194913310021", "date"),
            ("110105194902300021", "date"),
            ("110105194912310020", "check_digit"),
        ],
    )
    def test_what_is_wrong_with_it_is_told(self, typed: str, fault: str) -> None:
        facts = facts_of(typed, TODAY)
        assert (facts.fault, facts.birth_date, facts.sex) == (fault, None, None)
        assert facts.expected == ("X" if fault == "check_digit" else None)

    def test_nobody_is_born_tomorrow(self) -> None:
        first = "11010520260311002"
        assert facts_of(first + check_character(first), TODAY).fault == "born_in_future"
        assert facts_of(first + check_character(first), date(2026, 3, 11)).age == 0

    @given(st.text(max_size=30))
    def test_no_text_is_a_fault_of_the_program(self, text: str) -> None:
        facts = facts_of(text, TODAY)
        assert (facts.birth_date is None) == (facts.fault is not None)


class TestNames:
    @pytest.mark.parametrize(
        ("one", "other", "how"),
        [
            ("王敏", "王 敏", "name"),
            ("买买提·艾力", "买买提•艾力", "name"),
            ("張偉", "张伟", "variant"),
            ("GARCIA, José", "Jose Garcia", "variant"),
            ("Oksana Kovalenko", "KOVALENKO OKSANA", "variant"),
            ("𠮷田正", "吉田正", "look_alike"),
            ("张㐂", "张喜", "look_alike"),
            ("侯小波", "候小波", "look_alike"),
            ("王敏", "王闽", "sound"),
            ("单文博", "山文博", "sound"),
            ("扎西", "札西", "sound"),
            ("张伟", "李伟", None),
            ("张伟", "张伟明", None),
            ("Maria Rossi", "Mario Rossi", None),
            ("", "", None),
            ("·", "王", None),
        ],
    )
    def test_the_nearest_likeness_is_told_from_either_side(self, one: str, other: str, how: str | None) -> None:
        assert alike(one, other) == alike(other, one) == how

    @given(st.text(max_size=20))
    def test_the_shape_of_a_shape_is_itself(self, name: str) -> None:
        assert shape(shape(name)) == shape(name)


class TestMarks:
    def test_equal_people_bear_equal_marks(self) -> None:
        one = marks.marks_of(KEYS.key(), Party(name="侯 小波", id_number="11010519491231002x"))
        other = marks.marks_of(KEYS.key(), Party(name="候小波", id_kind="resident_id", id_number=WOMAN))
        assert (one.number, one.shape) == (other.number, other.shape)
        assert one.name != other.name
        assert marks.marks_of(KEYS.key(), Party(name="侯小波")) == (None, one.name, one.shape)

    def test_a_name_and_its_shape_bear_different_marks(self) -> None:
        found = marks.marks_of(KEYS.key(), Party(name="王敏"))
        assert found.name != found.shape

    def test_they_come_back_from_the_inbox_as_they_went_in(self) -> None:
        subject = UUID(int=7)
        first = Party(name="王敏", id_number=WOMAN, subject_id=subject)
        corrected = Party.model_construct(None, name="", subject_id=subject, id_number="E1")
        held = marks.read(marks.kept(KEYS, [first, corrected]))[str(subject)]
        assert held.marks.name == marks.marks_of(KEYS.key(), first).name
        assert held.marks.number == marks.marks_of(KEYS.key(), corrected).number, "what was said later goes before"
        assert {held.marks.name, held.marks.shape} <= set(held.terms)
        assert marks.kept(KEYS, []) is None
        assert marks.read(None) == {}

    def test_they_are_made_before_sealing_or_not_at_all(self) -> None:
        with pytest.raises(TypeError):
            marks.marks_of(KEYS.key(), Party(name=Sealed(subject=UUID(int=1), box="x")))

"""People pasted from a spreadsheet: what is read, and every way in which a sheet can be wrong, told by row and column."""

import re
from pathlib import Path
from typing import get_args

import pytest

import texts
import web.paste as paste_module
from domain.identity import check_character
from web.paste import Fault, Known, Pasted, against, letters, read

CATEGORIES = {"农民工": "migrant_worker", "残疾人": "disabled", "migrant worker": "migrant_worker", "elderly": "elderly"}
LI, WANG = "11010519491231002X", "110105194912310038"
HEADING = "姓名\t身份证号\t电话\t金额\t类别"


def number(serial: int) -> str:
    first = f"110105198001{1 + serial % 28:02}{serial % 1000:03}"
    return first + check_character(first)


def paste(*rows: str, blanks_meant: bool = False) -> Pasted:
    return read("\n".join(rows), CATEGORIES, blanks_meant=blanks_meant)


def told(pasted: Pasted) -> list[tuple[int, str, str]]:
    return [(f.row, f.column, f.code) for f in pasted.faults]


def the(pasted: Pasted) -> Fault:
    assert len(pasted.faults) == 1, pasted.faults
    return pasted.faults[0]


def test_a_sheet_with_its_heading_is_read_whole() -> None:
    found = paste(HEADING, f"李某\t{LI}\t13900001234\t4,860.50\t农民工、残疾人", "王某\t无\t-\t300\t农民工")
    assert found.faults == ()
    assert found.bodies == [
        {
            "name": "李某", "id_kind": "resident_id", "id_number": LI, "phone": "13900001234", "claim_fen": 486050,
            "categories": ["migrant_worker", "disabled"],
        },
        {"name": "王某", "claim_fen": 30000, "categories": ["migrant_worker"]},
    ]  # fmt: skip


def test_an_english_heading_in_another_order_is_read_too() -> None:
    found = paste("No.,Phone Number,Name,Amount (yuan),ID No.,Category", f'1,13900001234,Li,"4,860.50",{LI},Migrant Worker')
    assert found.faults == ()
    assert found.bodies[0]["claim_fen"] == 486050
    assert found.bodies[0]["categories"] == ["migrant_worker"]
    assert [column for column, _ in found.columns] == ["phone", "name", "amount", "id_number", "categories"]


def test_without_a_heading_the_order_is_name_number_phone_amount_category() -> None:
    assert paste(f"李某\t{LI}\t13900001234\t486\t农民工").bodies[0]["claim_fen"] == 48600


def test_a_list_of_names_alone_is_enough() -> None:
    assert [b["name"] for b in paste("李某", "王某", "").bodies] == ["李某", "王某"]


@pytest.mark.parametrize("separator", [",", "，", ";", "；", "、"])
def test_lines_typed_with_any_separator_are_read(separator: str) -> None:
    assert paste(separator.join(("李某", LI, "13900001234"))).bodies[0]["phone"] == "13900001234"


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("486", 48600), ("486.5", 48650), ("4,860.50", 486050), ("１２３４．５", 123450), ("48,600元", 4860000), ("￥486.00", 48600),
        ("¥ 486", 48600), ("1.25万元", 1250000), ("486.10圆整", 48610), ("0", 0), ("４，８６０", 486000),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(typed: str, fen: int) -> None:
    assert paste("姓名\t金额", f"李某\t{typed}").bodies[0]["claim_fen"] == fen


@pytest.mark.parametrize("typed", ["12,34", "1.234,50", "4.8E+4", "约5000", "1e5", "486.505", "-20", "5000/6000", "1.2345678万", "NaN"])
def test_an_amount_that_can_be_read_two_ways_is_not_guessed(typed: str) -> None:
    fault = the(paste("姓名\t金额", f"李某\t{typed}"))
    assert (fault.row, fault.column, fault.code) == (2, "金额", "amount_unread")


def test_a_heading_in_ten_thousands_counts_for_every_row() -> None:
    assert paste("姓名\t金额（万元）", "李某\t1.2").bodies[0]["claim_fen"] == 1_200_000


def test_full_width_digits_and_a_small_x_are_the_number_they_mean() -> None:
    full = "".join(chr(ord(c) + 0xFEE0) for c in LI[:17]) + "x"
    assert paste("姓名\t身份证号", f"李某\t {full[:6]} {full[6:]}").bodies[0]["id_number"] == LI


def test_the_apostrophe_that_keeps_a_number_as_text_is_no_part_of_it() -> None:
    assert paste("姓名\t身份证号\t电话", f"李某\t'{LI}\t'13900001234").faults == ()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("110105194912310021", "id_check_digit"), ("1.10105E+17", "cut_by_spreadsheet"), ("11010519491231002", "id_length"),
        ("110105491231002", "id_length"), ("身份证", "id_unread"), ("110105199902310026", "id_check_digit"),
    ],
)  # fmt: skip
def test_a_wrong_identity_number_is_told(typed: str, code: str) -> None:
    fault = the(paste("姓名\t身份证号", f"李某\t{typed}"))
    assert (fault.row, fault.column, fault.code, fault.at) == (2, "身份证号", code, "id_number")


def test_a_passport_passes() -> None:
    assert paste("姓名\t证件号码", "李某\tE12345678").bodies == [{"name": "李某", "id_number": "E12345678"}]


@pytest.mark.parametrize("typed", ["139", "1390000123", "13900001234/13800001234", "13900001234.0", "问李某"])
def test_a_phone_that_is_none_is_told(typed: str) -> None:
    assert the(paste("姓名\t电话", f"李某\t{typed}")).code == "phone_unread"


@pytest.mark.parametrize("typed", ["13900001234", "010-1234567", "+8613900001234", "139 0000 1234", "(0932)8212345", "12348"])
def test_a_phone_is_read_as_people_write_it(typed: str) -> None:
    assert paste("姓名\t电话", f"李某\t{typed}").faults == ()


def test_a_phone_cut_by_the_spreadsheet_is_told() -> None:
    assert the(paste("姓名\t电话", "李某\t1.39E+10")).code == "cut_by_spreadsheet"


def test_an_empty_cell_beside_filled_ones_may_be_a_merged_one_and_is_told() -> None:
    found = paste(HEADING, f"李某\t{LI}\t13900001234\t9000\t农民工", f"王某\t{WANG}\t13900001235\t\t农民工")
    assert told(found) == [(3, "金额", "cell_empty")]


def test_empty_cells_are_taken_as_empty_once_somebody_says_so_but_never_a_name() -> None:
    found = paste("姓名\t金额", "李某\t900", "王某\t", "\t800", blanks_meant=True)
    assert told(found) == [(4, "姓名", "name_empty")]


def test_a_column_that_is_empty_throughout_is_no_fault() -> None:
    assert paste("姓名\t电话\t金额", "李某\t\t900", "王某\t\t800").faults == ()


def test_a_name_left_empty_by_a_merged_cell_is_told() -> None:
    assert told(paste(HEADING, f"李某\t{LI}\t13900001234\t900\t农民工", "\t无\t13900001235\t800\t农民工")) == [(3, "姓名", "name_empty")]


def test_a_row_with_too_few_or_too_many_cells_is_told_and_none_of_it_taken() -> None:
    found = paste("姓名,电话,金额", "李某,13900001234,900", "王某,13900001235", "赵某,13900001236,1,234.50")
    assert told(found) == [(3, "", "ragged"), (4, "", "ragged")]
    assert found.faults[1].values == {"found": 4, "expected": 3}
    assert len(found.people) == 1


def test_cells_beyond_the_heading_that_are_empty_do_no_harm() -> None:
    assert paste("姓名\t电话\t\t", "李某\t13900001234\t\t").faults == ()


def test_something_under_no_heading_is_told() -> None:
    assert the(paste("姓名\t电话", "李某\t13900001234\t班组长")).code == "ragged"


def test_the_same_identity_number_twice_names_the_other_row() -> None:
    fault = the(paste("姓名\t身份证号", f"李某\t{LI}", f"王某\t{WANG}", f"李小某\t{LI.lower()}"))
    assert (fault.row, fault.code, fault.values) == (4, "twice_in_paste", {"other": 2})


def test_two_people_may_share_a_name() -> None:
    assert paste("姓名\t身份证号", f"李某\t{LI}", f"李某\t{WANG}").faults == ()


def test_a_total_a_title_and_a_repeated_heading_are_no_people() -> None:
    found = paste("某公司欠薪名单\t\t", "序号\t姓名\t金额", "1\t李某\t900", "序号\t姓名\t金额", "2\t王某\t800", "合计\t\t1700")
    assert told(found) == [(4, "", "heading_again"), (6, "", "total_row")]
    assert [p.row for p in found.people] == [3, 5]


def test_a_cell_with_a_line_break_stays_one_cell_and_rows_keep_their_numbers() -> None:
    found = read('姓名\t住址\t金额\r\n"欧阳\n某某"\t"内官营镇\r\n柳家湾村"\t900\r\n\r\n王某\t"他说""在"""\t八百', CATEGORIES)
    assert found.bodies[0] == {"name": "欧阳某某", "address": "内官营镇柳家湾村", "claim_fen": 90000}
    assert told(found) == [(4, "金额", "amount_unread")]
    assert found.bodies[1]["address"] == '他说"在"'


def test_a_quotation_that_is_not_closed_swallows_nobody_unseen() -> None:
    assert the(paste("姓名\t住址", '李某\t"内官营镇', "王某\t白沙镇")).code == "quote_open"


def test_the_byte_order_mark_of_a_csv_is_no_part_of_the_heading() -> None:
    assert read("\ufeff姓名,电话\n李某,13900001234", CATEGORIES).faults == ()


def test_padding_within_a_chinese_name_goes_and_other_names_stay_as_typed() -> None:
    assert [b["name"] for b in paste("姓名", "张　三", "阿依古丽·买买提", "𠮷 田", "John Smith").bodies] == [
        "张三", "阿依古丽·买买提", "𠮷田", "John Smith",
    ]  # fmt: skip


def test_columns_the_product_does_not_take_are_named() -> None:
    assert paste("姓名\t性别\t备注", "李某\t男\t班组长").left_out == ("性别", "备注")


def test_a_word_that_is_no_category_is_told() -> None:
    fault = the(paste("姓名\t类别", "李某\t农民工、包工头"))
    assert (fault.code, fault.values) == ("unknown_category", {"value": "包工头"})


def test_two_columns_of_one_kind_are_told() -> None:
    assert the(paste("姓名\t电话\t手机号", "李某\t1\t2")).code == "column_twice"


@pytest.mark.parametrize("rows", [("1\t李某\t900", "2\t王某\t800"), ("甲\t乙\t丙\t丁\t戊\t己",)])
def test_columns_that_nothing_names_are_asked_for(rows: tuple[str, ...]) -> None:
    assert the(paste(*rows)).code == "no_heading"


def test_digits_in_a_name_say_that_columns_have_run_together() -> None:
    assert the(paste("李某 13900001234")).code == "digits_in_name"


def test_too_many_rows_are_told_at_once() -> None:
    assert the(paste(*["李某"] * 1200)).code == "too_many_rows"


def test_nothing_pasted_is_nobody() -> None:
    assert paste("", "  \t ").people == ()


def test_who_is_in_the_case_already_is_told_by_number_and_the_opponent_by_name_too() -> None:
    known = [Known("recipient", "李某", LI.lower()), Known("opponent", "孙老板"), Known("opponent", "周老板", WANG)]
    rows = ("李某某\t" + LI, "孙 老板\t无", f"赵某\t{WANG}", f"周老板\t{number(7)}", "李某\t无")
    found = against(paste("姓名\t身份证号", *rows), known)
    assert [(f.row, f.code, f.column) for f in found.faults] == [
        (2, "in_case_already", "身份证号"), (3, "is_opponent", "姓名"), (4, "is_opponent", "身份证号"),
    ]  # fmt: skip


def test_three_hundred_rows_are_read_each_as_itself() -> None:
    rows = [f"工人{'甲乙丙丁戊己庚辛壬癸'[i % 10]}\t{number(i)}\t139{i:08}\t{i}.50\t农民工" for i in range(300)]
    found = paste(HEADING, *rows)
    assert found.faults == ()
    assert len({b["id_number"] for b in found.bodies}) == 300


def test_columns_are_named_as_the_spreadsheet_names_them() -> None:
    assert [letters(i) for i in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]
    assert the(paste(f"李某\t{LI[:17]}9")).column == "B"


@pytest.mark.parametrize("lang", texts.LANGUAGES)
def test_every_fault_of_a_paste_has_a_sentence(lang: texts.Lang) -> None:
    source = Path(paste_module.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r'"([a-z]+(?:_[a-z]+)+|ragged)"', source))
    codes -= {*get_args(paste_module.Column), "id_kind", "resident_id", "claim_fen", "ten_thousand"}
    assert {code for code in codes if not texts.has(lang, f"paste.{code}")} == set()

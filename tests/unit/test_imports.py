"""Tables for the directory: how they are read, what each row would change, and every fault with the row and column it stands in."""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

import texts
from api.imports import sentence, template, words
from api.sheet_reading import SheetFault, SheetRow, rows_of
from domain.directory import Directory, OfficeOpened, PersonChanged, PersonRegistered
from domain.directory.imports import Judge, Verdict
from domain.directory.sheets import SHEETS, Fault, ImportKind, columns_of
from tests.unit.world import DIRECTORY

SINCE = date(2026, 4, 1)
HEADER = "编码,名称,类别,上级机构,县区\n"


def csv_of(text: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(text.encode(encoding))


def book_of(rows: Iterable[Sequence[Any]], merge: str | None = None) -> io.BytesIO:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(list(row))
    if merge:
        sheet.merge_cells(merge)
    file = io.BytesIO()
    book.save(file)
    return file


def judged(kind: ImportKind, file: io.BytesIO, directory: Directory = DIRECTORY) -> list[Verdict]:
    header, *rows = rows_of(file)
    columns, faults = columns_of(kind, header.cells, header.number)
    assert faults == []
    judge = Judge(kind, directory, columns, since=SINCE, words=words())
    return [judge.judge(row.number, row.cells) for row in rows]


def faults(kind: ImportKind, text: str) -> list[tuple[int, str | None, str]]:
    return [(f.row, f.column, f.code) for verdict in judged(kind, csv_of(text)) for f in verdict.faults]


class TestReading:
    TEXT = "编码,名称\nW-1,内官镇工作站\n"
    ROWS = (SheetRow(1, ["编码", "名称"]), SheetRow(2, ["W-1", "内官镇工作站"]))

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
    def test_the_encodings_that_spreadsheets_write_are_told_apart(self, encoding: str) -> None:
        assert [*rows_of(csv_of(self.TEXT, encoding))] == [*self.ROWS]

    @pytest.mark.parametrize("delimiter", [";", "\t", "，"])
    def test_and_so_are_the_separators(self, delimiter: str) -> None:
        assert [*rows_of(csv_of(self.TEXT.replace(",", delimiter)))] == [*self.ROWS]

    def test_a_gbk_character_late_in_a_long_file_is_still_gbk(self) -> None:
        text = "编码,名称\n" + "".join(f"W-{n},station\n" for n in range(20_000)) + "W-X,镇\n"
        assert [*rows_of(csv_of(text, "gbk"))][-1].cells == ["W-X", "镇"]

    def test_a_quoted_cell_may_hold_separators_and_lines_and_rows_keep_their_numbers(self) -> None:
        found = [*rows_of(csv_of('a,b\n"x,\ny",2\n\n,\nz,3\n'))]
        assert [(r.number, r.cells) for r in found] == [(1, ["a", "b"]), (2, ["x,\ny", "2"]), (6, ["z", "3"])]

    def test_the_file_stays_open_for_its_owner(self) -> None:
        file = csv_of(self.TEXT)
        assert [*rows_of(file)] == [*rows_of(file)]

    @pytest.mark.parametrize(
        ("content", "code"),
        [(b"\xd0\xcf\x11\xe0rest", "old_excel"), (b"PK\x03\x04 no zip", "not_a_sheet"), (b"a,\x00b", "not_a_sheet"),
         (b"\xff\xff\x80\x80", "encoding_unknown"), (b'a,b\n"never closed,1\n', "unreadable_line")],
    )  # fmt: skip
    def test_what_is_no_table_is_refused_with_the_reason(self, content: bytes, code: str) -> None:
        with pytest.raises(SheetFault) as met:
            list(rows_of(io.BytesIO(content)))
        assert met.value.code == code
        assert all(texts.has(lang, f"problems.{code}") for lang in texts.LANGUAGES)

    def test_a_workbook_is_read_as_it_would_be_typed(self) -> None:
        found = [*rows_of(book_of([["编码", "分钟", "日期", "是"], ["W-1", 35.0, date(2026, 3, 2), True]]))]
        assert found[1].cells == ["W-1", "35", "2026-03-02", "yes"]

    def test_merged_cells_and_formulas_are_faults_of_every_row_they_touch(self) -> None:
        found = [*rows_of(book_of([["编码", "名称"], ["W-1", "甲"], ["W-2", None], ["W-3", "=A1"]], merge="B2:B3"))]
        assert [(r.number, [(f.column, f.code) for f in r.faults]) for r in found] == [
            (1, []), (2, [(1, "merged_cell")]), (3, [(1, "merged_cell")]), (4, [(1, "formula")]),
        ]  # fmt: skip


class TestHeader:
    def test_names_may_be_chinese_english_or_the_fields_own(self) -> None:
        for header in (["编码", "金额（元）"], ["code", "Amount (yuan)"], ["CODE", "amount_fen"], ["代码 *", "补贴金额"]):
            columns, wrong = columns_of("tariffs", header, 1)
            assert wrong == []
            assert [c and c.field for c in columns] == ["code", "amount_fen"]

    def test_unknown_double_and_missing_columns_are_said(self) -> None:
        _, wrong = columns_of("people", ["编码", "代码", "绰号", "姓名"], 1)
        assert [(f.column, f.code) for f in wrong] == [("代码", "column_twice"), ("绰号", "unknown_column"), ("机构", "column_missing")]

    @pytest.mark.parametrize("lang", texts.LANGUAGES)
    @pytest.mark.parametrize("kind", list(SHEETS))
    def test_the_empty_table_is_one_that_is_taken(self, kind: ImportKind, lang: texts.Lang) -> None:
        header = next(rows_of(io.BytesIO(template(kind, lang).encode())))
        assert columns_of(kind, header.cells, 1)[1] == []


class TestRows:
    def test_a_new_office_learns_from_its_parent_who_set_it_up(self) -> None:
        (verdict,) = judged("offices", csv_of(HEADER + "W-ADX-NEW,新站,乡镇工作站,C-ADX,ADX\n"))
        assert verdict.state == "new"
        assert isinstance(verdict.event, OfficeOpened)
        office = verdict.event.office
        assert (office.bureau, office.level, office.kind, verdict.event.since) == ("B-ADX", "county", "work_station", SINCE)

    def test_the_same_table_again_changes_nothing(self) -> None:
        text = HEADER + "W-ADX-NEW,新站,乡镇工作站,C-ADX,ADX\n"
        known = Directory.fold([v.event for v in judged("offices", csv_of(text)) if v.event], DIRECTORY)
        assert [(v.state, v.event) for v in judged("offices", csv_of(text), known)] == [("unchanged", None)]

    def test_a_row_may_name_what_stands_above_it_and_not_what_comes_below(self) -> None:
        centre, outlet = "C-NEW,新中心,centre,B-ADX,ADX\n", "W-NEW,新站,work_station,C-NEW,ADX\n"
        assert [v.state for v in judged("offices", csv_of(HEADER + centre + outlet))] == ["new", "new"]
        assert faults("offices", HEADER + outlet + centre) == [(2, "上级机构", "unknown_code")]

    def test_people_are_given_no_roles_and_keep_those_they_have(self) -> None:
        new, moved = judged("people", csv_of("编码,姓名,机构\nP-NEW,新人,C-ADX\nP-LU-PING,陆平,C-CITY\n"))
        assert isinstance(new.event, PersonRegistered)
        assert new.event.person.grants == ()
        assert isinstance(moved.event, PersonChanged)
        after = Directory.fold([moved.event], DIRECTORY)
        assert after.person_of["P-LU-PING"].grants == DIRECTORY.person_of["P-LU-PING"].grants
        assert after.person_of["P-LU-PING"].office == "C-CITY"

    def test_a_lawyers_suspension_and_leave_are_no_difference(self) -> None:
        row = "L-SUN-LI,孙立,U-LONGYUAN,P-SUN-LI,男,土地（房屋）纠纷、继承,2009-07-01,20,合格\n"
        header = "编码,姓名,承办单位,人员编码,性别,专长,执业日期,最多在办,质量等级\n"
        causes = "、".join(texts.value("zh-CN", "cause", c) for c in DIRECTORY.lawyer_of["L-SUN-LI"].specialities)
        (verdict,) = judged("lawyers", csv_of(header + row.replace("土地（房屋）纠纷、继承", causes)))
        assert verdict == Verdict("unchanged")

    def test_a_tariff_is_given_in_yuan_and_dated_by_its_row(self) -> None:
        (verdict,) = judged("tariffs", csv_of('编码,金额（元）,生效日期\nflat_civil,"1,650.50",2026年5月1日\n'))
        assert verdict.state == "changed"
        assert verdict.event is not None
        assert verdict.event.model_dump() | {"instrument": None} == {
            "since": date(2026, 5, 1), "code": "flat_civil", "amount_fen": 165_050, "instrument": None,
        }  # fmt: skip

    def test_a_townships_minutes_name_offices(self) -> None:
        (verdict,) = judged("townships", csv_of("编码,名称,县区,城乡,路程\nT-1,新镇,ADX,农村,C-ADX:45；W-ADX-NGY：12\n"))
        assert verdict.event is not None
        assert Directory.fold([verdict.event], DIRECTORY).travel("T-1", "W-ADX-NGY") == 12

    @pytest.mark.parametrize(
        ("kind", "text", "found"),
        [
            ("offices", HEADER + "W-1,甲,work_station,C-ADX,ADX\nW-1,乙,work_station,C-ADX,ADX\n", [(3, "编码", "duplicate_row")]),
            ("offices", HEADER + "W-1,,work_station,C-ADX,ADX\n", [(2, "名称", "required")]),
            ("offices", HEADER + "W-1,甲,茶馆,C-ADX,ADX\n", [(2, "类别", "not_a_word")]),
            ("offices", HEADER + "坏 码,甲,work_station,C-ADX,ADX\n", [(2, "编码", "value_not_allowed")]),
            ("offices", HEADER + "W-1,甲,work_station,C-ADX,ADX,多\n", [(2, None, "more_cells_than_columns")]),
            ("offices", HEADER + "C-ADX,甲,centre,W-ADX-NGY,ADX\n", [(2, "编码", "above_itself")]),
            ("people", "编码,姓名,机构,生效日期\nP-1,甲,C-9,2026-02-30\n", [(2, "生效日期", "not_a_day")]),
            ("people", "编码,姓名,机构\nP-1,甲,C-9\n", [(2, "机构", "unknown_code")]),
            ("tariffs", "编码,金额\nx,12.345\ny,many\n", [(2, "金额（元）", "not_a_yuan"), (3, "金额（元）", "not_a_yuan")]),
            ("townships", "编码,名称,县区,城乡,路程\nT-1,甲,ADX,农村,C-ADX\n", [(2, "路程", "not_a_minutes")]),
            ("lawyers", "编码,姓名,承办单位,性别,执业日期,熟悉未成年人案件\nL-1,甲,U-ZHENGHE,男,2009/7/1,也许\n",
             [(2, "熟悉未成年人案件", "not_a_yes")]),
        ],
    )  # fmt: skip
    def test_each_fault_names_its_row_and_column(self, kind: ImportKind, text: str, found: list[tuple[int, str | None, str]]) -> None:
        assert faults(kind, text) == found

    def test_every_fault_has_a_sentence_in_both_languages(self) -> None:
        values = {"named": "X", "first": "2"}
        codes = [*(k.removeprefix("imports.") for k in texts.catalogue("en") if k.startswith("imports."))]
        assert len(codes) > 15
        for lang in texts.LANGUAGES:
            assert all("{" not in sentence(lang, code, values) for code in codes)

    def test_a_faulty_row_leaves_nothing_behind_for_the_rows_below(self) -> None:
        verdicts = judged("offices", csv_of(HEADER + "C-NEW,,centre,B-ADX,ADX\nW-NEW,新站,work_station,C-NEW,ADX\n"))
        assert [v.state for v in verdicts] == ["faulty", "faulty"]
        assert verdicts[1].faults == (Fault(3, "上级机构", "unknown_code", {"named": "C-NEW"}),)

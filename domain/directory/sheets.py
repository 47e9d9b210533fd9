"""What a table of the directory looks like: its columns by their Chinese and English names, and how a cell is read.

A cell that cannot be read gives a fault with the column it stands in; a row is taken whole or not at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple

ImportKind = Literal["offices", "people", "units", "lawyers", "townships", "tariffs"]
Reading = Literal["text", "word", "words", "yes", "number", "day", "minutes", "yuan"]

Words = Mapping[str, Mapping[str, str]]
"""By field: what people write in a cell → the code it means. Codes themselves are always taken."""


class Fault(NamedTuple):
    """What is wrong with a row, or (without `column`) with the row as a whole. `code` is stable; `values` fill its sentence."""

    row: int
    column: str | None
    code: str
    values: Mapping[str, str] = {}


class Column(NamedTuple):
    """`names` are what its header may be, the one that is said to people first in each language."""

    field: str
    zh: str
    en: str
    required: bool = False
    reading: Reading = "text"
    also: tuple[str, ...] = ()

    def means(self, header: str) -> bool:
        return header in {plain(name) for name in (self.field, self.zh, self.en, *self.also)}


_CODE = Column("code", "编码", "code", required=True, also=("代码", "编号"))
_NAME = Column("name", "名称", "name", required=True, also=("机构名称", "姓名", "单位名称"))
_SINCE = Column("since", "生效日期", "since", reading="day", also=("起始日期", "生效日"))
SHEETS: Mapping[ImportKind, tuple[Column, ...]] = {
    "offices": (
        _CODE, _NAME, Column("name_en", "英文名称", "English name"), Column("short", "简称", "short name"),
        Column("kind", "类别", "kind", required=True, reading="word", also=("机构类别", "类型")),
        Column("parent", "上级机构", "parent", also=("所属中心", "上级")), Column("bureau", "设立机关", "established by", also=("司法局",)),
        Column("level", "级别", "level", reading="word"), Column("county", "县区", "county", required=True, also=("区县",)),
        Column("township", "乡镇", "township", also=("乡镇（街道）",)), Column("minutes", "路程分钟", "minutes", reading="number"),
        Column("phone", "电话", "phone", also=("联系电话",)),
        Column("address", "地址", "address", also=("办公地址",)), Column("single_officer", "单人办公", "single officer", reading="yes"),
        Column("second_approval", "补贴二次审批", "second approval", reading="yes"), _SINCE,
    ),
    "people": (
        _CODE, _NAME, Column("office", "机构", "office", required=True, also=("所在机构", "机构编码")),
        Column("unit", "承办单位", "unit"), Column("lawyer", "律师编码", "lawyer"), _SINCE,
    ),
    "units": (
        _CODE, _NAME, Column("kind", "类别", "kind", required=True, reading="word", also=("单位类别", "类型")),
        Column("office", "中心", "centre", required=True, also=("所属中心", "机构")), Column("outlet", "受理点", "outlet"),
        Column("township", "乡镇", "township", also=("乡镇（街道）",)), _SINCE,
    ),
    "lawyers": (
        _CODE, _NAME, Column("unit", "承办单位", "unit", required=True), Column("person", "人员编码", "person"),
        Column("gender", "性别", "gender", required=True, reading="word"), Column("languages", "语言", "languages", reading="words"),
        Column("specialities", "专长", "specialities", reading="words"),
        Column("practising_since", "执业日期", "practising since", required=True, reading="day", also=("首次执业日期",)),
        Column("criminal_since", "刑事执业日期", "criminal practice since", reading="day"),
        Column("minors", "熟悉未成年人案件", "minors", reading="yes"), Column("public_pay", "领取财政工资", "public pay", reading="yes"),
        Column("max_load", "最多在办", "max load", reading="number"), Column("quality", "质量等级", "quality", reading="word"), _SINCE,
    ),
    "townships": (
        _CODE, _NAME, Column("name_en", "英文名称", "English name"), Column("county", "县区", "county", required=True, also=("区县",)),
        Column("residence", "城乡", "residence", required=True, reading="word", also=("类型",)),
        Column("minutes", "路程", "minutes", reading="minutes", also=("路程分钟",)), _SINCE,
    ),
    "tariffs": (
        _CODE, Column("amount_fen", "金额（元）", "amount (yuan)", required=True, reading="yuan", also=("金额", "补贴金额", "amount")),
        Column("instrument", "依据", "instrument", also=("依据文件",)), _SINCE,
    ),
}  # fmt: skip


class Unreadable(Exception):  # noqa: N818 -- a signal between functions of this file
    """A cell that cannot be read as what its column holds."""


def plain(text: str) -> str:
    """A header or word as it is compared: full-width forms, spaces and case make no difference."""
    return re.sub(r"[\s_*:]+", "", unicodedata.normalize("NFKC", text)).casefold()


def columns_of(kind: ImportKind, header: Sequence[str], row: int) -> tuple[list[Column | None], list[Fault]]:
    """The columns as the header names them (None for an empty name), and what is wrong with it."""
    found: list[Column | None] = []
    faults: list[Fault] = []
    for name in header:
        column = next((c for c in SHEETS[kind] if c.means(plain(name))), None)
        if column is None and name.strip():
            faults.append(Fault(row, name.strip()[:60], "unknown_column"))
        elif column is not None and column in found:
            faults.append(Fault(row, name.strip(), "column_twice"))
        found.append(column)
    faults += [Fault(row, c.zh, "column_missing", {"named": f"{c.zh} ({c.en})"}) for c in SHEETS[kind] if c.required and c not in found]
    return found, faults


def read_row(columns: Sequence[Column | None], cells: Sequence[str], row: int, words: Words) -> tuple[dict[str, Any], list[Fault]]:
    """A row's fields as they were said (empty cells are absent), and what cannot be read."""
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for column, cell in zip(columns, cells, strict=False):
        text = cell.strip()
        if column is None or not text:
            continue
        try:
            found[column.field] = _READERS[column.reading](text, words.get(column.field, {}))
        except Unreadable:
            faults.append(Fault(row, column.zh, f"not_a_{column.reading}"))
    given = {c.field for c in columns if c is not None and c.field in found} | {f.column for f in faults}
    faults += [Fault(row, c.zh, "required") for c in columns if c is not None and c.required and not given & {c.field, c.zh}]
    extra = [cell for cell in cells[len(columns) :] if cell.strip()]
    return found, [*faults, *([Fault(row, None, "more_cells_than_columns")] if extra else [])]


def _text(cell: str, _: Mapping[str, str]) -> str:
    return cell


def _word(cell: str, words: Mapping[str, str]) -> str:
    said = words.get(plain(cell), cell)
    if words and said not in words.values():
        raise Unreadable
    return said


def _words(cell: str, words: Mapping[str, str]) -> list[str]:
    """Words with any separator between them; a word may itself hold one, so the longest that is known is taken."""
    parts = [part.strip() for part in re.split(r"([、,，;；/\n])", cell) if part.strip()]
    found: list[str] = []
    while parts:
        ends = [n for n in range(len(parts), 0, -2) if plain("".join(parts[:n])) in words] or [1]
        found.append(_word("".join(parts[: ends[0]]), words))
        parts = parts[ends[0] + 1 :]
    return list(dict.fromkeys(found))


def _yes(cell: str, _: Mapping[str, str]) -> bool:
    said = plain(cell)
    if said in {"是", "有", "yes", "y", "true", "1", "√", "✓"}:
        return True
    if said in {"否", "无", "no", "n", "false", "0", "-"}:
        return False
    raise Unreadable


def _number(cell: str, _: Mapping[str, str]) -> int:
    said = plain(cell)
    if not re.fullmatch(r"\d{1,9}", said):
        raise Unreadable
    return int(said)


def _day(cell: str, _: Mapping[str, str]) -> date:
    """2026-3-2, 2026/3/2, 2026.3.2, 2026年3月2日, 20260302."""
    said = plain(cell)
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:00:00(?::00)?)?", said) or re.fullmatch(
        r"(\d{4})(\d\d)(\d\d)", said
    )
    if found is None:
        raise Unreadable
    try:
        return date(*map(int, found.groups()))
    except ValueError as fault:
        raise Unreadable from fault


def _minutes(cell: str, _: Mapping[str, str]) -> dict[str, int]:
    """`C-ADX: 45; W-ADX-01: 12`."""
    found: dict[str, int] = {}
    for part in re.split(r"[;；、,，\n]+", unicodedata.normalize("NFKC", cell)):
        if not part.strip():
            continue
        said = re.fullmatch(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*[:=]\s*(\d{1,4})\s*", part)
        if said is None or said[1] in found:
            raise Unreadable
        found[said[1]] = int(said[2])
    return found


def _yuan(cell: str, _: Mapping[str, str]) -> int:
    """Yuan with at most two decimals, as fen."""
    said = unicodedata.normalize("NFKC", cell).strip().replace(",", "").removeprefix("¥").removesuffix("元").strip()
    try:
        fen = Decimal(said) * 100
    except InvalidOperation as fault:
        raise Unreadable from fault
    if not fen.is_finite() or fen != fen.to_integral_value() or fen < 0:
        raise Unreadable
    return int(fen)


_READERS: Mapping[Reading, Callable[[str, Mapping[str, str]], Any]] = {
    "text": _text, "word": _word, "words": _words, "yes": _yes, "number": _number, "day": _day, "minutes": _minutes, "yuan": _yuan,
}  # fmt: skip

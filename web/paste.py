"""People pasted from a spreadsheet (Excel, WPS, a CSV): read cell by cell, and never guessed at.

A cell that cannot be read, that is empty beside filled ones (as merged cells come out) or that contradicts another is a fault with its
row and column as the spreadsheet numbers them; nothing is saved until there is none. Pure functions of the pasted text.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from domain.identity import check_resident_id

type Json = dict[str, Any]
Column = Literal["name", "id_number", "phone", "amount", "categories", "address", "serial"]

MOST_ROWS = 1000
"""People of one paste."""
ORDER: tuple[Column, ...] = ("name", "id_number", "phone", "amount", "categories")
"""The columns where no heading says what they are."""
NOTHING = frozenset({"无", "没有", "-", "—", "——", "/", "none", "n/a", "nil"})
"""What says that a cell is empty on purpose."""
_HEADINGS: tuple[tuple[Column, str], ...] = (
    ("serial", r"序号|编号|no\.?|#|s/n|number"),
    ("name", r"(申请人|受援人|农民工|工人|员工|职工)?(姓名|名字)|(full)?name|worker|applicant"),
    ("id_number", r"(居民)?身份证(件)?(号|号码)?|(身份)?证件(号|号码)|公民身份号码|id|id(card)?(no\.?|number)|identity(number|no\.?)?"),
    ("phone", r"(联系|手机)?电话(号|号码)?|手机(号|号码)?|联系方式|phone(number|no\.?)?|mobile(phone)?|tel\.?|telephone"),
    ("amount", r"(欠薪|拖欠|欠付|请求|主张|涉案)?(工资)?(金额|数额|总额)|(欠薪|拖欠工资|欠付工资|工资|标的额?)(数)?"),
    ("amount", r"amount(owed|due|claimed)?|wages(owed|due)?|claim"),
    ("categories", r"(人员|人群|身份|受援人)?类别|人群|categor(y|ies)|groups?"),
    ("address", r"(家庭|联系)?(住址|地址)|address"),
)  # fmt: skip
_TOTALS = re.compile(r"合\s*计|总\s*计|小\s*计|共\s*计|total|subtotal|sum", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"\d(\.\d+)?e\+?\d+", re.IGNORECASE)
_AMOUNT = re.compile(r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,13}(?:\.\d+)?)(?P<ten_thousand>万?)")
_SEPARATORS = (",", "，", ";", "；", "、")
_BETWEEN_CATEGORIES = re.compile(r"[、,，;；/|]")
_IDEOGRAPHS = r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_TITLE_ROWS = 5
"""So many rows above the heading may hold one cell: a title."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: in which row and column of what was pasted (`row` from 1, 0 for all of it), and values for its sentence."""

    row: int
    column: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    at: Column | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One row: the cells as they were pasted, by column, and the body of an applicant that they make."""

    row: int
    cells: Mapping[Column, str]
    body: Json


@dataclass(frozen=True, slots=True)
class Pasted:
    """A paste as it was read. `columns` are what was found, in their order, by the words above them (their letters without a heading).

    `left_out` are headings of columns that the product does not take over.
    """

    people: tuple[Person, ...] = ()
    faults: tuple[Fault, ...] = ()
    columns: tuple[tuple[Column, str], ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def bodies(self) -> list[Json]:
        return [dict(person.body) for person in self.people]

    def faults_of(self, row: int) -> list[Fault]:
        return [fault for fault in self.faults if fault.row == row]

    def but(self, more: Iterable[Fault]) -> "Pasted":
        """With further faults, in the order of the rows."""
        return replace(self, faults=tuple(sorted((*self.faults, *more), key=lambda fault: fault.row)))


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody of the case whom a row may be: `role` is recipient or opponent."""

    role: Literal["recipient", "opponent"]
    name: str
    id_number: str = ""


def read(text: str, categories: Mapping[str, str], *, blanks_meant: bool = False) -> Pasted:
    """The people of a paste. `categories` maps words, in any language, to codes.

    `blanks_meant`: somebody looked at the empty cells and says that there is nothing to fill in; a name is never empty.
    """
    try:
        rows = list(_rows(text))
    except csv.Error:
        return Pasted(faults=(Fault(0, "", "quote_open"),))
    filled = [(number, cells) for number, cells in rows if any(cells)]
    if not filled:
        return Pasted()
    if len(filled) > MOST_ROWS + 1:
        return Pasted(faults=(Fault(0, "", "too_many_rows", {"most": MOST_ROWS, "found": len(filled)}),))
    sheet = _Sheet.of(filled)
    if isinstance(sheet, Fault):
        return Pasted(faults=(sheet,))
    people, faults = sheet.people(categories, blanks_meant=blanks_meant)
    columns: tuple[tuple[Column, str], ...] = tuple(
        (column, sheet.called(index)) for index, column in sheet.columns.items() if column != "serial"
    )
    found = Pasted(tuple(people), tuple(faults), columns, sheet.left_out)
    return found.but(_twice(people, sheet))


def against(pasted: Pasted, known: Sequence[Known]) -> Pasted:
    """The paste with a fault for each row that is somebody of the case already, or the opponent."""
    by_number: dict[str, Known] = {_number(k.id_number): k for k in known if k.id_number}
    opponents = {_plain(k.name): k for k in known if k.role == "opponent" and k.name}
    called = dict(pasted.columns)
    more: list[Fault] = []
    for person in pasted.people:
        number = str(person.body.get("id_number") or "")
        same = by_number.get(_number(number)) if number else None
        namesake = opponents.get(_plain(str(person.body["name"])))
        other = namesake if namesake and not (number and namesake.id_number) else None
        found = same or other
        if found:
            at: Column = "id_number" if same else "name"
            code = "is_opponent" if found.role == "opponent" else "in_case_already"
            more.append(Fault(person.row, called.get(at, ""), code, {"name": found.name}, at))
    return pasted.but(more)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split()).replace("·", "")


def _number(number: str) -> str:
    return "".join(unicodedata.normalize("NFKC", number).split()).upper()


def _twice(people: Iterable[Person], sheet: "_Sheet") -> Iterator[Fault]:
    first: dict[str, int] = {}
    for person in people:
        number = str(person.body.get("id_number") or "")
        if number and number in first:
            yield Fault(person.row, sheet.heading_of("id_number"), "twice_in_paste", {"other": first[number]}, "id_number")
        elif number:
            first[number] = person.row


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row as typed, numbered from 1. Raises `csv.Error` where a quotation is not closed."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = csv.reader(io.StringIO(plain, newline=""), delimiter=_separator(plain), strict=True)
    for number, cells in enumerate(lines, 1):
        yield number, [_tidy(cell) for cell in cells]


def _separator(text: str) -> str:
    """A tab where there is one, as spreadsheets copy; else the sign that the first filled line holds most of."""
    if "\t" in text:
        return "\t"
    first = next((line for line in text.split("\n") if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", first)
    return max(_SEPARATORS, key=outside.count)


def _tidy(cell: str) -> str:
    """The cell without the space around it; between Chinese characters space only pads (张　三)."""
    once = " ".join(cell.replace("\u00a0", " ").split())
    return re.sub(rf"(?<={_IDEOGRAPHS}) (?={_IDEOGRAPHS})", "", once)


def _half_width(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell)


def _column_of(heading: str) -> Column | None:
    words = re.sub(r"\(.*?\)|[\s:*_]", "", _half_width(heading)).casefold()
    return next((column for column, pattern in _HEADINGS if re.fullmatch(pattern, words)), None)


def letters(index: int) -> str:
    """The spreadsheet's letters of a column: 0 is A, 26 is AA."""
    return (letters(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What was pasted, once it is known which column is which."""

    columns: Mapping[int, Column]
    headings: Sequence[str]
    """Empty where there is no heading."""
    width: int
    rows: Sequence[tuple[int, list[str]]]

    @classmethod
    def of(cls, filled: Sequence[tuple[int, list[str]]]) -> "_Sheet | Fault":
        """The sheet with its heading, or the fault for which nothing of it can be read."""
        at = _heading(filled)
        if at is None:
            return cls._without_heading(filled)
        number, headings = filled[at]
        width = max(i for i, words in enumerate(headings) if words) + 1
        columns: dict[int, Column] = {}
        for index, words in enumerate(headings[:width]):
            column = _column_of(words)
            if column is not None and column in columns.values():
                return Fault(number, words, "column_twice", {"other": next(headings[i] for i, c in columns.items() if c == column)})
            if column is not None:
                columns[index] = column
        return cls(columns, headings, width, filled[at + 1 :])

    @classmethod
    def _without_heading(cls, filled: Sequence[tuple[int, list[str]]]) -> "_Sheet | Fault":
        width = len(_trimmed(filled[0][1]))
        if width > len(ORDER) or (width > 1 and all(cells[0].isdigit() for _, cells in filled)):
            return Fault(filled[0][0], "", "no_heading")
        return cls(dict(enumerate(ORDER[:width])), (), width, filled)

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(words for i, words in enumerate(self.headings[: self.width]) if words and i not in self.columns)

    def called(self, index: int) -> str:
        return self.headings[index] if self.headings else letters(index)

    def heading_of(self, column: Column) -> str:
        return next((self.called(index) for index, held in self.columns.items() if held == column), "")

    def people(self, categories: Mapping[str, str], *, blanks_meant: bool) -> tuple[list[Person], list[Fault]]:
        spoken = {_plain(word): code for word, code in categories.items()}
        used: set[Column] = {c for i, c in self.columns.items() if any(len(cells) > i and cells[i] for _, cells in self.rows)}
        people: list[Person] = []
        faults: list[Fault] = []
        for number, cells in self.rows:
            whole = self._whole_row(number, cells)
            if whole:
                faults.append(whole)
                continue
            held: dict[Column, str] = {c: cells[i] if i < len(cells) else "" for i, c in self.columns.items() if c != "serial"}
            row = _Row(number, held, spoken, self)
            people.append(Person(number, held, row.body(used, blanks_meant=blanks_meant)))
            faults += row.faults
        return people, faults

    def _whole_row(self, number: int, cells: list[str]) -> Fault | None:
        """What is wrong with a row so that none of its cells can be trusted."""
        names = [cells[i] for i, column in self.columns.items() if column in ("name", "serial") and i < len(cells)]
        if any(_TOTALS.fullmatch(name) for name in names):
            return Fault(number, "", "total_row")
        if self.headings and _trimmed(cells) == _trimmed(list(self.headings)):
            return Fault(number, "", "heading_again")
        found = len(_trimmed(cells))
        if found > self.width or len(cells) < self.width:
            return Fault(number, "", "ragged", {"found": found, "expected": self.width})
        return None


def _trimmed(cells: list[str]) -> list[str]:
    """The cells without the empty ones at the end."""
    return cells[: max((i for i, cell in enumerate(cells) if cell), default=-1) + 1]


def _heading(filled: Sequence[tuple[int, list[str]]]) -> int | None:
    """Which of the filled rows holds the heading: the first that names a column of names; only titles of one cell stand above it."""
    for at, (_, cells) in enumerate(filled[: _TITLE_ROWS + 1]):
        if any(_column_of(cell) == "name" for cell in cells if cell):
            return at
        if sum(bool(cell) for cell in cells) > 1:
            return None
    return None


@dataclass(slots=True)
class _Row:
    """Reads the cells of one row."""

    number: int
    cells: Mapping[Column, str]
    categories: Mapping[str, str]
    sheet: _Sheet
    faults: list[Fault] = field(default_factory=list[Fault])

    def fault(self, at: Column, code: str, **values: Any) -> None:
        self.faults.append(Fault(self.number, self.sheet.heading_of(at), code, values, at))

    def body(self, used: set[Column], *, blanks_meant: bool) -> Json:
        """What the row says of a person, so far as it can be read."""
        body: Json = {"name": self.cells.get("name", "")}
        if not body["name"] or body["name"].casefold() in NOTHING:
            self.fault("name", "name_empty")
        elif re.search(r"\d", _half_width(body["name"])):
            self.fault("name", "digits_in_name", value=body["name"])
        for column in ("id_number", "phone", "amount", "categories", "address"):
            cell = self.cells.get(column, "")
            if not cell and column in used and not blanks_meant:
                self.fault(column, "cell_empty")
            elif cell and cell.casefold() not in NOTHING:
                body |= self._read(column, cell)
        return body

    def _read(self, column: Column, cell: str) -> Json:
        readers = {"id_number": self._id, "phone": self._phone, "amount": self._amount, "categories": self._categories}
        return readers[column](cell) if column in readers else {column: cell}

    def _id(self, cell: str) -> Json:
        text = _number(cell).lstrip("'‘’`")
        if _SCIENTIFIC.fullmatch(text):
            self.fault("id_number", "cut_by_spreadsheet", value=cell)
        elif re.fullmatch(r"\d{17}[\dX]", text):
            try:
                check_resident_id(text)
            except ValueError:
                self.fault("id_number", "id_check_digit", value=text)
            return {"id_kind": "resident_id", "id_number": text}
        elif re.fullmatch(r"\d+X?", text):
            self.fault("id_number", "id_length", value=text, found=len(text))
        elif not re.fullmatch(r"[A-Z0-9()/-]{4,40}", text):
            self.fault("id_number", "id_unread", value=cell)
        return {"id_number": text}

    def _phone(self, cell: str) -> Json:
        text = re.sub(r"[\s()]", "", _half_width(cell)).lstrip("'‘’`")
        if _SCIENTIFIC.fullmatch(text):
            self.fault("phone", "cut_by_spreadsheet", value=cell)
        elif not re.fullmatch(r"\+?\d[\d-]{3,19}", text) or (re.fullmatch(r"1[3-9]\d*", text) and len(text) != 11):
            self.fault("phone", "phone_unread", value=cell)
        return {"phone": text}

    def _amount(self, cell: str) -> Json:
        text = re.sub(r"[\s¥$]|rmb|cny|[元圆整]", "", _half_width(cell), flags=re.IGNORECASE)
        found = _AMOUNT.fullmatch(text)
        if found is None:
            self.fault("amount", "amount_unread", value=cell)
            return {}
        many = found["ten_thousand"] or "万" in self.sheet.heading_of("amount")
        fen = Decimal(found["digits"].replace(",", "")) * (1_000_000 if many else 100)
        if fen != fen.to_integral_value():
            self.fault("amount", "amount_unread", value=cell)
            return {}
        return {"claim_fen": int(fen)}

    def _categories(self, cell: str) -> Json:
        codes: list[str] = []
        for word in filter(None, map(str.strip, _BETWEEN_CATEGORIES.split(cell))):
            code = self.categories.get(_plain(word))
            if code is None:
                self.fault("categories", "unknown_category", value=word)
            else:
                codes.append(code)
        return {"categories": list(dict.fromkeys(codes))}

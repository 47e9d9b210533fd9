"""Tables as people send them: CSV in UTF-8, UTF-16 or GBK, XLSX. Read row by row; nothing is kept of what was read.

A table that could be read wrongly is refused rather than guessed at: merged cells, formulas and errors are faults of their rows.
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import BinaryIO, NamedTuple

import openpyxl
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

_CHUNK = 64 * 1024
_LONGEST_CELL = 10_000
_UNPACKED = 400 * 1024 * 1024
"""Bytes an XLSX may unpack to: twenty thousand rows take some ten million."""
_MOST_COLUMNS = 200
_DELIMITERS = (",", ";", "\t", "，", "；")


class SheetFault(Exception):  # noqa: N818 -- an answer to whoever sent the file
    """The file is no table that can be read; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CellFault(NamedTuple):
    """A cell that says nothing certain. `column` counts from 0."""

    column: int
    code: str


class SheetRow(NamedTuple):
    """A row that is not empty. `number` is the one people see at its left, from 1."""

    number: int
    cells: list[str]
    faults: Sequence[CellFault] = ()


def rows_of(file: BinaryIO) -> Iterator[SheetRow]:
    """The rows of a table. Raises `SheetFault`, also on the way: `not_a_sheet`, `old_excel`, `encoding_unknown`, `unreadable_line`."""
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    if magic == b"\xd0\xcf\x11\xe0":
        raise SheetFault("old_excel")
    return _xlsx(file) if magic[:2] == b"PK" else _csv(file)


def _encoding(file: BinaryIO) -> str:
    """By its mark, else the first that reads the whole file: UTF-8 is hardly ever read by mistake, GB18030 nearly always."""
    start = file.read(3)
    file.seek(0)
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if start.startswith(mark):
            return name
    for name in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(name)()
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        finally:
            file.seek(0)
        return name
    raise SheetFault("encoding_unknown")


def _csv(file: BinaryIO) -> Iterator[SheetRow]:
    text = io.TextIOWrapper(file, encoding=_encoding(file), newline="")
    try:
        head = text.read(_CHUNK)
        if "\0" in head:
            raise SheetFault("not_a_sheet")
        text.seek(0)
        first = next((line for line in head.splitlines() if line.strip()), "")
        delimiter = max(_DELIMITERS, key=first.count)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        before = 0
        for cells in reader:
            number, before = before + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield SheetRow(number, [cell[:_LONGEST_CELL] for cell in cells[:_MOST_COLUMNS]])
    except (csv.Error, UnicodeDecodeError) as fault:
        raise SheetFault("unreadable_line") from fault
    finally:
        text.detach()  # the file is its owner's to close


def _xlsx(file: BinaryIO) -> Iterator[SheetRow]:
    """The first sheet of a workbook."""
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(part.file_size for part in packed.infolist()) > _UNPACKED:
                raise SheetFault("not_a_sheet")
        book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as fault:
        raise SheetFault("not_a_sheet") from fault
    try:
        sheet = book.worksheets[0]
        # openpyxl tells of merged cells only where it reads all at once, so they are looked for in the part itself.
        merged = _merged(file, str(getattr(sheet, "_worksheet_path")))  # noqa: B009 -- it has no public name
        sheet.reset_dimensions()  # what a file says of its size is often wrong
        for number, whole in enumerate(sheet.iter_rows(), start=1):
            row = whole[:_MOST_COLUMNS]
            faults = [CellFault(place, code) for place, cell in enumerate(row) if (code := _suspicious(cell))]
            faults += [CellFault(first, "merged_cell") for first in merged.get(number, ())]
            cells = [_shown(cell.value) for cell in row]
            if faults or any(cells):
                yield SheetRow(number, cells, faults)
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError) as fault:
        raise SheetFault("not_a_sheet") from fault
    finally:
        book.close()


def _suspicious(cell: object) -> str | None:
    kind = getattr(cell, "data_type", None)
    return {"f": "formula", "e": "cell_error"}.get(str(kind))


def _shown(value: object) -> str:
    """A cell's value as it would be typed."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value)[:_LONGEST_CELL].strip()


def _merged(file: BinaryIO, path: str) -> dict[int, list[int]]:
    """First columns of merged ranges by each row they cover; read in pieces, for a sheet may be large."""
    found: dict[int, list[int]] = {}
    with zipfile.ZipFile(file) as packed, packed.open(path.lstrip("/")) as part:
        rest = b""
        while chunk := part.read(_CHUNK):
            text = rest + chunk
            matches = [*re.finditer(rb'<mergeCell\b[^>]*\bref="([A-Z]+\d+:[A-Z]+\d+)"', text)]
            for match in matches:
                left, top, _, bottom = range_boundaries(match[1].decode())
                for row in range(int(top or 1), int(bottom or 1) + 1):
                    found.setdefault(row, []).append(int(left or 1) - 1)
            end = matches[-1].end() if matches else 0
            rest = text[max(end, len(text) - 200) :]
    return found

"""A list as a table that spreadsheets open."""

import csv
import io
from collections.abc import Iterable, Sequence

from fastapi import Response

from web.page import HEADERS


def as_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The rows as CSV, in UTF-8 with the mark by which spreadsheets know it; `name` is the file's, without its ending."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(head)
    table.writerows([_inert(cell) for cell in row] for row in rows)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _inert(cell: object) -> object:
    """A text as a spreadsheet shows it: one that it would work out as a formula stands behind an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

"""Several papers as one PDF, for one run of the printer."""

import io
from collections.abc import Iterable

from pypdf import PdfWriter


def print_run(papers: Iterable[bytes]) -> bytes:
    """The papers' pages one after another, each paper with a bookmark of its place in the run. The papers themselves are not changed."""
    writer = PdfWriter()
    for place, paper in enumerate(papers, start=1):
        writer.append(io.BytesIO(paper), outline_item=str(place), import_outline=False)
    out = io.BytesIO()
    writer.write(out)
    writer.close()
    return out.getvalue()

"""From a paper's data to its PDF: Typst in this process, without files but the templates and the typefaces.

Personal data reaches Typst as an input in memory. Typst lets go of the interpreter while it draws, so a thread that waits for it does not
hold up others. The same data gives the same bytes: the PDF's date is the paper's own.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock, local
from typing import Any

import typst

from documents.qr import page_svg, svg
from documents.typefaces import FAMILIES, FontsMissing, paths

TEMPLATES = Path(__file__).parent / "templates"
_HELD = local()
_FONTS = Lock()


class NoSuchTemplate(LookupError):  # noqa: N818 -- the field's word
    """No file holds that version of the template."""


def template_file(template: str, version: int) -> Path:
    """The file of a template's version. Raises `NoSuchTemplate`."""
    if not known(template, version):
        raise NoSuchTemplate(f"{template} v{version}")
    return TEMPLATES / template / f"v{version}.typ"


def known(template: str, version: int) -> bool:
    """Whether there is a file of that version."""
    return (TEMPLATES / template / f"v{version}.typ").is_file()


def pdf(data: Mapping[str, Any]) -> bytes:
    """The paper as PDF. `data` is what `content` gives. Raises `NoSuchTemplate`, and `typst.TypstError` where a template is at fault."""
    stamp = datetime.combine(date.fromisoformat(data["on"]), time(), UTC)
    return _compile(data, format="pdf", timestamp=stamp)[0]


def pictures(data: Mapping[str, Any], *, ppi: int = 72) -> list[bytes]:
    """The paper's pages as PNG."""
    return _compile(data, format="png", ppi=ppi)


def _compile(data: Mapping[str, Any], **how: Any) -> list[bytes]:
    source = template_file(str(data["template"]), int(data["version"]))
    inputs = {"data": json.dumps(data, ensure_ascii=False), "qr": svg(data), "page_qr": page_svg(data)}
    made: bytes | list[bytes] | None = _compiler().compile(input=source, sys_inputs=inputs, **how)
    if made is None:
        raise RuntimeError("typst gave nothing")  # its contract says so of a call with `output` only
    return made if isinstance(made, list) else [made]


def _compiler() -> typst.Compiler:
    """This thread's compiler; the typefaces are read once a process."""
    if not hasattr(_HELD, "compiler"):
        with _FONTS:
            fonts = _fonts()
        _HELD.compiler = typst.Compiler(root=TEMPLATES, font_paths=fonts, ignore_system_fonts=True)
    return _HELD.compiler


@cache
def _fonts() -> typst.Fonts:
    """The typefaces. Raises `FontsMissing` where one is not found: Typst alone would print a paper without a word on it."""
    folders = sorted({str(path.parent) for path in paths()})
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[*folders])
    if missing := set(FAMILIES) - set(fonts.families()):
        raise FontsMissing(f"no typeface of the family {', '.join(sorted(missing))} in {', '.join(folders)}")
    return fonts

"""The papers' typefaces, brought by the product itself: a centre's network is closed and its machines have what they have.

Noto Serif SC 2.003 (思源宋体, SIL OFL 1.1; in the wheel `pylopdf-fonts-zh-cn`) sets the papers. Its regular weight has the Han of the
first plane, extension A (䶮) and the characters of 通用规范汉字表 beyond (𫖯). HanaMinB (花園明朝, free to copy; joined by
`scripts/fonts.py` out of the npm package `hanamin`) has extensions B to F for the rest (𠮷, 𡈼): the one typeface of that reach whose
licence allows bundling and that a package registry holds. Fonts of the machine are never looked at: a paper must look, and hash, the same
on every machine.
"""

import json
from bisect import bisect_right
from functools import cache
from importlib.resources import files
from pathlib import Path

RARE = Path(__file__).parent / "fonts" / "HanaMinB.ttf"
COVERAGE = RARE.with_name("coverage.json")
"""What the typefaces have together, found when the font was made: reading it from them would cost the first paper a third of a second."""
FAMILIES = ("Noto Serif SC", "HanaMinB")
"""As the templates name them."""
_SPACES = frozenset("\n\t \u00a0\u3000\u200b")


class FontsMissing(RuntimeError):  # noqa: N818 -- said to whoever runs the program
    """The font of rare characters was not made: `make assets`."""


@cache
def paths() -> tuple[Path, ...]:
    """The font files, the papers' own first. Raises `FontsMissing`."""
    if not RARE.exists():
        raise FontsMissing(f"{RARE} is missing; `make assets` makes it")
    return (Path(str(files("pylopdf_fonts_zh_cn"))) / "NotoSerifSC-Regular.otf", RARE)


@cache
def _spans() -> tuple[list[int], list[int]]:
    """Firsts and lasts of the spans of code points that some typeface has a glyph for. Raises `FontsMissing`."""
    if not COVERAGE.exists():
        raise FontsMissing(f"{COVERAGE} is missing; `make assets` makes it")
    spans: list[list[int]] = json.loads(COVERAGE.read_text(encoding="ascii"))
    return [first for first, _ in spans], [last for _, last in spans]


def uncovered(text: str) -> list[str]:
    """The characters of a text that no typeface has a glyph for, each once, in order."""
    firsts, lasts = _spans()

    def has(character: str) -> bool:
        place = bisect_right(firsts, ord(character)) - 1
        return place >= 0 and ord(character) <= lasts[place]

    return [c for c in dict.fromkeys(text) if c not in _SPACES and not has(c)]

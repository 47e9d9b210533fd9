"""Make `documents/fonts/HanaMinB.ttf`: the rare characters (CJK extensions B to F) that names hold and the papers' own typeface has not;
and `coverage.json` beside it, which says what the typefaces have together.

The package `hanamin` carries the font cut into some sixty WOFF2 slices for browsers. Typst takes one file a style, so the slices are
unpacked (wawoff2) and joined again. Runs inside `.venv` (fontTools); `scripts/node.py` calls it.
"""

import json
import tempfile
from importlib.resources import files
from pathlib import Path

from bootstrap import ROOT, call, digest, say

FOLDER = ROOT / "documents" / "fonts"
FONT = FOLDER / "HanaMinB.ttf"
COVERAGE = FOLDER / "coverage.json"
STAMP = FOLDER / "made_of"
SLICES = "HanaMinB.CJK-Unified-Ideographs-Extension-*.woff2"
FAMILY = "HanaMinB"
_FIRST_RARE = 0x20000
"""Below it stands the Basic Multilingual Plane, which the papers' own typeface has."""
_NAMES = {
    "copyright": "Created by GlyphWiki. (http://glyphwiki.org/)",
    "familyName": FAMILY,
    "styleName": "Regular",
    "psName": FAMILY,
    "version": "2017-09-04",
    "licenseDescription": (
        "This font is a free software. Unlimited permission is granted to use, copy, and distribute it, with or without modification, "
        "either commercially and noncommercially. THIS FONT IS PROVIDED 'AS IS' WITHOUT WARRANTY."
    ),
}


def made_of() -> str:
    """What the font was made from: the locked packages and these scripts."""
    here = Path(__file__)
    return digest(ROOT / "package-lock.json", ROOT / "requirements.txt", here, here.with_name("woff2.cjs"))


def stale() -> bool:
    """Whether the font is missing, or was made of something else."""
    return not (FONT.exists() and COVERAGE.exists() and STAMP.exists() and STAMP.read_text(encoding="ascii") == made_of())


def make(node: Path, modules: Path) -> None:
    """The font out of the packages in `modules`, by the Node given. Raises `Stuck` where a slice cannot be unpacked."""
    slices = sorted((modules / "hanamin").glob(SLICES))
    say(f"joining the font of rare characters out of {len(slices)} slices")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        call(
            [node, Path(__file__).with_name("woff2.cjs"), scratch, *slices],
            "the font's slices could not be unpacked",
            env=None,
        )
        ready = Path(scratch) / FONT.name
        _join(sorted(Path(scratch).glob("*.ttf")), ready)
        ready.replace(FONT)
    COVERAGE.write_text(json.dumps(_coverage()), encoding="ascii")
    STAMP.write_text(made_of(), encoding="ascii")


def _coverage() -> list[list[int]]:
    """The spans of code points that some typeface has a glyph for: first and last of each, in order."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415

    covered: set[int] = set()
    for path in (Path(str(files("pylopdf_fonts_zh_cn"))) / "NotoSerifSC-Regular.otf", FONT):
        with TTFont(path, lazy=True) as font:
            covered |= font.getBestCmap().keys()
    spans: list[list[int]] = []
    for code in sorted(covered):
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return spans


def _join(parts: list[Path], target: Path) -> None:
    """One font of the parts' glyphs. Outlines are taken over as bytes: nothing is drawn anew."""
    from fontTools.fontBuilder import FontBuilder  # noqa: PLC0415 -- installed with the requirements, not for every verb of node.py
    from fontTools.ttLib import TTFont, newTable  # noqa: PLC0415

    characters: dict[int, str] = {}
    outlines = {}
    metrics = {}
    first = None
    for part in parts:
        font = TTFont(part, lazy=True)
        if first is None:
            first = font
            outlines[".notdef"], metrics[".notdef"] = font["glyf"].glyphs[".notdef"], font["hmtx"][".notdef"]
        for code, name in font.getBestCmap().items():
            if code >= _FIRST_RARE and code not in characters:
                glyph = font["glyf"].glyphs[name]
                if glyph.isComposite():
                    raise ValueError(f"{part.name}: U+{code:X} is made of other glyphs, which this joining does not carry over")
                new = f"u{code:X}"
                characters[code], outlines[new], metrics[new] = new, glyph, font["hmtx"][name]
    if first is None:
        raise ValueError("no slices to join")
    builder = FontBuilder(first["head"].unitsPerEm, isTTF=True)
    builder.font.recalcBBoxes = False
    builder.setupGlyphOrder(list(outlines))
    builder.setupCharacterMap(characters)
    builder.font["loca"], builder.font["glyf"] = newTable("loca"), newTable("glyf")
    builder.font["glyf"].glyphs, builder.font["glyf"].glyphOrder = outlines, list(outlines)
    for table in ("fpgm", "prep", "cvt "):
        builder.font[table] = first[table]  # the outlines' instructions call what stands here
    builder.setupHorizontalMetrics(metrics)
    ascent, descent = first["hhea"].ascent, first["hhea"].descent
    builder.setupHorizontalHeader(ascent=ascent, descent=descent)
    builder.setupNameTable(_NAMES)
    builder.setupOS2(sTypoAscender=ascent, sTypoDescender=descent, usWinAscent=ascent, usWinDescent=-descent)
    builder.setupPost(keepGlyphNames=False)
    head, limits, known = builder.font["head"], builder.font["maxp"], first["maxp"]
    head.created = head.modified = 0  # the same bytes whenever it is made
    head.xMin, head.yMin, head.xMax, head.yMax = (getattr(first["head"], name) for name in ("xMin", "yMin", "xMax", "yMax"))
    builder.font.recalcTimestamp = False
    for name, value in vars(known).items():
        if name.startswith("max"):
            setattr(limits, name, value)
    builder.save(target)

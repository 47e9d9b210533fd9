"""The code by which a paper is held against the ledger: its number and the digest of the event that issued it.

`YS1:<number>:<digest>`; the digest is SHA-256 in hex of the document_issued event's body as the ledger holds it (`docs/ledger.md`).
"""

import io
from collections.abc import Mapping
from typing import Any

import segno

SCHEME = "YS1"
SHORT = 16
"""Hex digits of the digest that are printed beside the code."""


def text(number: str, digest: str) -> str:
    return f"{SCHEME}:{number}:{digest}"


def svg(data: Mapping[str, Any]) -> str:
    """The QR code of a paper's data as SVG; empty for a preview, which has no number. Error correction M: 15% may be stained."""
    if not data.get("number") or not data.get("digest"):
        return ""
    return _drawn(text(data["number"], data["digest"]))


def page_svg(data: Mapping[str, Any]) -> str:
    """The QR code of the public page's address, and of nothing else; empty where the paper names none."""
    return _drawn(str(data["status_page"])) if data.get("status_page") else ""


def _drawn(said: str) -> str:
    out = io.BytesIO()
    segno.make(said, error="m", micro=False, encoding="utf-8").save(out, kind="svg", border=2, xmldecl=False, svgns=True)
    return out.getvalue().decode()

"""What goes over the line: compressed where it can be read so, and never a second time while it stays the same."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from ledger import rules
from ops.home import ROOT
from tests.unit.pages_backend import InMemory
from tests.unit.test_pages import backend, enter, hidden  # noqa: F401 -- a fixture
from web.app import with_pages
from web.assets import STATIC, asset, squeezed


@pytest.fixture
async def browser(backend: InMemory) -> AsyncIterator[httpx.AsyncClient]:  # noqa: F811 -- the fixture
    app = with_pages(FastAPI(), backend, rules.current().policy)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_a_file_that_is_named_by_its_digest_is_never_asked_for_again(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(asset("yuanshou.css"))
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = await browser.get("/static/yuanshou.css", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "no-cache"
    assert (await browser.get("/static/yuanshou.css?v=0123456789abcdef")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip;q=0", "gzip; q=0.0, br"])
async def test_who_reads_no_gzip_is_sent_none(browser: httpx.AsyncClient, accepted: str) -> None:
    for address in ("/sign-in", asset("yuanshou.css")):
        answer = await browser.get(address, headers={"Accept-Encoding": accepted})
        assert "content-encoding" not in answer.headers, address
        assert answer.headers["vary"] == "Accept-Encoding"
    packed = await browser.get(asset("yuanshou.css"))
    assert answer.headers["etag"] != packed.headers["etag"]
    assert answer.content == packed.content


async def test_every_file_that_a_page_loads_is_named_by_its_digest(browser: httpx.AsyncClient) -> None:
    await enter(browser, "li.guangming")
    page = (await browser.get("/")).text
    loaded = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(loaded) >= 6
    for address in loaded:
        assert (await browser.get(address)).headers["cache-control"].endswith("immutable"), address


async def test_a_forms_token_is_written_otherwise_each_time_and_holds_each_time(browser: httpx.AsyncClient) -> None:
    await enter(browser, "li.guangming")
    first, second = [hidden(await browser.get("/"), "csrf") for _ in range(2)]
    assert first != second
    for token in (first[:-1] + ("0" if first[-1] != "0" else "1"), "", "zz", "00", "é"):
        assert (await browser.post("/sign-out", data={"csrf": token})).status_code == 403, token
    assert (await browser.post("/sign-out", data={"csrf": first})).status_code == 303


def test_the_length_of_a_compressed_page_is_blurred() -> None:
    page = "<p>页面</p>".encode() * 100
    packed = [squeezed(page) for _ in range(40)]
    assert len({len(each) for each in packed}) > 10
    assert all(gzip.decompress(each) == page for each in packed)


@pytest.mark.parametrize("sheet", [STATIC / "yuanshou.css", ROOT / "documents" / "court_pages" / "page.css"], ids=lambda sheet: sheet.name)
def test_a_style_sheet_closes_what_it_opens(sheet: Path) -> None:
    """What asks how the screen is stands by itself: behind a block left open it would hold on some screens only, and nobody was told."""
    depth = 0
    for number, line in enumerate(re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL).split("\n"), 1):
        assert depth == 0 or not line.startswith("@media"), f"line {number} stands within another block"
        depth += line.count("{") - line.count("}")
        assert depth >= 0, f"line {number} closes what nothing opened"
    assert depth == 0

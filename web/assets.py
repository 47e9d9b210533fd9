"""Small over the line, and once: pages and static files go out compressed, and a browser keeps a file until it says something else.

Pages compress themselves as they are drawn, static files when they are first asked for. A middleware around the application would also
hold the event stream and every download in its hands; gzip alone, since what else browsers read (brotli, zstd) needs a library for a
tenth of the bytes.
"""

import gzip
import hashlib
import io
import mimetypes
import os
import re
import secrets
import string
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, override

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
KEPT = "public, max-age=31536000, immutable"
"""For an address that names the content's digest: it never says anything else."""
ASKED_AGAIN = "no-cache"
"""For any other: kept, but the house is asked each time whether it still holds."""
_TEXT = re.compile(r"text/|(?:application|image)/(?:javascript|json|svg\+xml)")
_REFUSED = re.compile(r"\bgzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)")
_PAGE_LEVEL, _FILE_LEVEL = 5, 9
_SMALL = 1024
"""Bytes below which nothing is gained."""
_PADDING = 100


class _File(NamedTuple):
    digest: str
    content: bytes
    compressed: bytes | None


@lru_cache(maxsize=200)
def _read(path: str, changed_ns: int) -> _File:
    """A static file; `changed_ns` is when it last changed, so that an edited one is read anew."""
    del changed_ns
    content = Path(path).read_bytes()
    media_type = mimetypes.guess_type(path)[0] or ""
    squeezed = gzip.compress(content, _FILE_LEVEL, mtime=0) if _TEXT.match(media_type) and len(content) >= _SMALL else None
    return _File(hashlib.sha256(content).hexdigest()[:16], content, squeezed)


def asset(name: str) -> str:
    """The address under which a page loads a static file: with its digest, so that a changed file has another."""
    path = STATIC / name
    return f"/static/{name}?v={_read(str(path), path.stat().st_mtime_ns).digest}"


def reads_gzip(headers: Headers) -> bool:
    """Whether the other side reads gzip."""
    accepted = headers.get("accept-encoding", "").lower()
    return "gzip" in accepted and not _REFUSED.search(accepted)


def squeezed(page: bytes) -> bytes:
    """A page compressed; its length is blurred by a name of random length, so that it tells less of what stands in it (BREACH)."""
    out = io.BytesIO()
    name = "".join(secrets.choice(string.ascii_lowercase) for _ in range(1 + secrets.randbelow(_PADDING)))
    with gzip.GzipFile(name, "wb", _PAGE_LEVEL, out, mtime=0) as stream:
        stream.write(page)
    return out.getvalue()


class Assets(StaticFiles):
    """The static files, compressed once, each kept by the browser for as long as its address names it."""

    @override
    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        file = _read(str(full_path), stat_result.st_mtime_ns)
        asked = Headers(scope=scope)
        small = file.compressed is not None and reads_gzip(asked)
        content = file.compressed if small and file.compressed is not None else file.content
        headers = {
            "ETag": f'"{file.digest}{"-gzip" if small else ""}"',
            "Cache-Control": KEPT if QueryParams(scope["query_string"]).get("v") == file.digest else ASKED_AGAIN,
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            **({"Content-Encoding": "gzip"} if small else {}),
        }
        response = Response(content, status_code, headers, mimetypes.guess_type(str(full_path))[0] or "application/octet-stream")
        return NotModifiedResponse(response.headers) if self.is_not_modified(response.headers, asked) else response

"""Around all that a browser loads: headers that keep foreign code, frames and guessed types away, on pages, files and refusals alike."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.page import HEADERS

SAFE = {name: value for name, value in HEADERS.items() if name != "Cache-Control"}
"""What every answer carries, whoever made it; how long it is kept is for each to say."""
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}


class SafeHeaders:
    """An ASGI middleware that adds what an answer lacks. The interface (`api_prefix`) answers programs and has headers of its own."""

    def __init__(self, app: ASGIApp, api_prefix: str) -> None:
        self.app, self.api_prefix = app, api_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self.api_prefix):
            await self.app(scope, receive, send)
            return
        added = SAFE | (HTTPS_ONLY if scope["scheme"] == "https" else {})

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, marked)

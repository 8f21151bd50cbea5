"""What Streamlit's page leaves out: ? for help, for its shortcuts are letters and digits; sheets in the page's theme.

The page gets scripts of our own: one presses a button that is there and follows the theme, one says what Streamlit's
widgets say in the desk's language (``dashboard.borrowed``).
"""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.borrowed import PLACE as BORROWED
from dashboard.signin_pages import language_of

SCRIPT = Path(__file__).resolve().parent / "static" / "keys.js"
PLACE = "/desk/keys.js"
_END, _LANGUAGE = b"</head>", b'<html lang="en">'
_TAGS = "".join(f'<script src="{place}" defer></script>' for place in (PLACE, BORROWED)).encode()


async def script(request: Request) -> Response:
    """The script."""
    return FileResponse(SCRIPT, media_type="text/javascript")


ROUTE = Route(PLACE, script)


class Keys:
    """ASGI middleware: Streamlit's page asks for our scripts too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; pages below /desk are ours already."""
        if scope["type"] != "http" or scope["path"].startswith("/desk/"):
            await self.app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        page = _Page(send, language_of(Request(scope)))
        wants_page = any(name == b"accept" and b"text/html" in value for name, value in plain)
        await self.app({**scope, "headers": plain} if wants_page else scope, receive, page.send)


class _Page:
    """Holds a page of HTML back until it is whole; everything else goes through."""

    def __init__(self, send: Send, language: str) -> None:
        self._send, self._body, self._language = send, b"", language
        self._begin: Message | None = None

    async def send(self, message: Message) -> None:
        """One piece of the answer."""
        if message["type"] == "http.response.start" and _is_whole_page(message):
            self._begin = message
        elif message["type"] == "http.response.body" and self._begin:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._begin)
        else:
            await self._send(message)

    async def _finish(self, begin: Message) -> None:
        body = self._body.replace(_END, _TAGS + _END, 1).replace(_LANGUAGE, _own(self._language), 1)
        headers = MutableHeaders(scope=begin)
        headers["content-length"] = str(len(body))
        for name in ("etag", "last-modified"):  # they speak of the page without our script
            if name in headers:
                del headers[name]
        await self._send(begin)
        await self._send({"type": "http.response.body", "body": body})


def _own(language: str) -> bytes:
    """The page's own word on its language, for readers aloud; who chooses another one later, the script tells."""
    return f'<html lang="{language}">'.encode()


def _is_whole_page(begin: Message) -> bool:
    headers = MutableHeaders(scope=begin)
    page = headers.get("content-type", "").startswith("text/html")
    return page and begin["status"] == 200 and "content-encoding" not in headers

"""The desk as an ASGI application that talks to nobody but its own reader.

Streamlit's pages get headers that allow only ourselves: no remote script, picture, font or frame, whatever a post
contains. Settings that never change stand in ``.streamlit/config.toml`` beside ``app.py``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
import uvicorn
from markupsafe import Markup
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from dashboard import borrowed
from dashboard.keys import ROUTE, Keys
from dashboard.paths import PAGES, local_path
from dashboard.signin_gate import Gate
from dashboard.signin_pages import SignIn, language_of
from dashboard.turns import Turns
from dashboard.words import Words
from pipeline.errors import ChengqingError
from pipeline.paths import DataDir

HERE = Path(__file__).resolve().parent
THEMES = ("light", "dark", "system")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def inline_scripts() -> list[str]:
    """CSP hashes of the inline scripts in Streamlit's own page, so that no other inline script may run."""
    index = Path(st.__file__).parent / "static" / "index.html"
    bodies = re.findall(r"<script>(.*?)</script>", index.read_text(encoding="utf-8"), re.DOTALL)
    digests = [hashlib.sha256(body.encode()).digest() for body in bodies]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def content_security_policy() -> str:
    """Only ourselves. Inline styles are Streamlit's way of styling; they can load nothing from elsewhere."""
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *inline_scripts()]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def headers() -> dict[str, str]:
    """What every response carries."""
    return {
        "Content-Security-Policy": content_security_policy(),
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }


def host_asked(scope: Scope) -> str | None:
    """The name in the Host header, without its port."""
    try:
        return urlsplit("//" + Headers(scope=scope).get("host", "")).hostname
    except ValueError:
        return None


class Guard:
    """ASGI middleware: answers only to ``hosts`` (against DNS rebinding), adds ``headers()`` to every response."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self.app, self.hosts, self.added = app, frozenset(hosts), headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the headers where its response begins."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), self.added, scope)
            await send(message)

        if scope["type"] == "http" and host_asked(scope) not in self.hosts:
            words = Words(language_of(Request(scope)))
            refusal = PlainTextResponse(words("account.other_host"), status_code=400)
            await refusal(scope, receive, with_headers)
            return
        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def _add(there: MutableHeaders, added: dict[str, str], scope: Scope) -> None:
    """Ours win over Streamlit's; pages of our own below /desk may carry policies that fit them better."""
    own = {}
    if scope["path"].startswith("/desk/"):
        own = {name: there[name] for name in ("content-security-policy", "referrer-policy") if name in there}
    there.update(added)
    there.update(own)
    if scope["scheme"] == "https":
        there["strict-transport-security"] = "max-age=31536000"


async def theme(request: Request) -> Response:
    """A page that stores the chosen theme in the browser and goes back."""
    wanted = request.query_params.get("to", "system")
    page = Markup(
        '<!doctype html><meta charset="utf-8"><title>澄清</title>'
        '<body data-theme="{theme}" data-pages=\'{pages}\' data-back="{back}">'
        '<script src="/desk/theme.js"></script>'
    ).format(
        theme=wanted if wanted in THEMES else "system",
        pages=json.dumps(PAGES),
        back=local_path(request.query_params.get("back")),
    )
    return HTMLResponse(page)


async def theme_script(request: Request) -> Response:
    """The script of that page."""
    return FileResponse(HERE / "static" / "theme.js", media_type="text/javascript")


def on_error(error: Exception) -> bool:
    """Say in the reader's language what was refused where a page could not, or that something unforeseen happened:
    Streamlit has put the details in the log."""
    from dashboard.desk import language  # late: its caches belong to the running Streamlit
    from dashboard.refusals import Refusal, refusal, show_refusal
    from dashboard.words import Words

    words = Words(language())
    title = words("error.title")
    if isinstance(error, ChengqingError):
        show_refusal(words, refusal(error, words), title=title, hint=words("error.hint"))
    else:
        show_refusal(words, Refusal(words("error.unexpected")), title=title, hint=type(error).__name__)
    return True


def application(hosts: Sequence[str] = LOOPBACK, *, open_to_all: bool = True) -> st.App:
    """The desk with its headers and its own routes, answering to ``hosts`` only.

    ``open_to_all``: while no account exists, whoever reaches the desk works alone on it; for loopback only.
    """
    data = DataDir.from_environment()
    pages = SignIn(data, samples=open_to_all)
    app = st.App(
        HERE / "app.py",
        routes=[
            Route("/desk/theme", theme),
            Route("/desk/theme.js", theme_script),
            ROUTE,
            borrowed.ROUTE,
            *pages.routes(),
        ],
        middleware=[
            Middleware(Guard, hosts=hosts),
            Middleware(Gate, data=data, always=not open_to_all),
            Middleware(Turns),
            Middleware(Keys),
        ],
        on_script_error=on_error,
    )
    config.set_option("server.allowedHosts", list(hosts))  # websockets are checked by Streamlit
    return app


def _warm() -> None:
    """Load what the first search needs while nobody waits: the dictionaries of the matching form."""
    from pipeline.normalize import match_form

    match_form("澄清")


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the desk listens, under which names it answers, and with which certificate."""

    host: str
    port: int
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None

    @property
    def local(self) -> bool:
        """Whether only this machine reaches the desk."""
        return self.host in LOOPBACK and not self.names


def serve(where: Listening) -> None:
    """Serve until interrupted."""
    hosts = tuple(dict.fromkeys((*LOOPBACK, where.host, *where.names)))
    threading.Thread(target=_warm, daemon=True).start()
    settings = uvicorn.Config(
        application(hosts, open_to_all=where.local),
        host=where.host,
        port=where.port,
        ssl_certfile=where.certificate,
        ssl_keyfile=where.key,
        access_log=False,
        log_level="warning",
        ws_ping_interval=20,
    )
    uvicorn.Server(settings).run()

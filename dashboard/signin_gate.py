"""Nothing of the desk is served to whoever has not signed in: pages, files, uploads and websockets alike."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.signin import COOKIE, needed
from dashboard.signin_pages import language_of
from dashboard.words import Words
from pipeline.accounts import Accounts
from pipeline.errors import StoreError
from pipeline.paths import DataDir
from pipeline.secrets import hashed_token

OPEN = (
    "/desk/signin",
    "/desk/oidc/start",
    "/desk/oidc/callback",
    "/desk/oidc/leave",
    "/desk/account.css",
    "/desk/account.js",
    "/desk/icon.png",
    "/_stcore/health",
)
"""What answers before sign-in: the sign-in page with what it needs, and the sign of life for a monitor."""
REMEMBER_SECONDS = 2.0
"""How long an answer of the table is used again: a page sends many requests at once."""
GRACE_SECONDS = 10.0
"""A websocket whose session ended is closed after this; until then the page itself says that it ended."""
MOST_REMEMBERED = 1_000
POLICY_VIOLATION = 1008


@dataclass(slots=True)
class _Known:
    until: float
    stands: bool
    ended: float = 0.0


class Gate:
    """ASGI middleware: asks the accounts on every request, and on every message of a websocket."""

    def __init__(self, app: ASGIApp, data: DataDir, always: bool = False) -> None:
        self.app, self.data, self.latched = app, data, always
        self._known: dict[str, _Known] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is open or signed in; lead the rest to the sign-in page, or refuse it."""
        if scope["type"] not in {"http", "websocket"} or _is_open(scope) or not await self._guarded():
            await self.app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        token = asked.cookies.get(COOKIE)
        if not (await self._session(token, anew=_is_page(asked))).stands:
            await _refuse(scope, receive, send)
        elif scope["type"] == "websocket":
            line = _Line(receive, send)
            await self.app(scope, self._watched(token, line), line.send)
        else:
            await self.app(scope, receive, send)

    async def _guarded(self) -> bool:
        """Whether one has to sign in; once seen, taking the files away opens nothing."""
        if not self.latched:
            self.latched = await run_in_threadpool(needed, self.data)
        return self.latched

    async def _session(self, token: str | None, *, anew: bool = False) -> _Known:
        """What is known of a session; ``anew`` asks the table: a page that opens right after sign-out must not."""
        if not token:
            return _Known(0.0, False)
        key, now = hashed_token(token), time.monotonic()
        known = self._known.get(key)
        if known and now < known.until and not anew:
            return known
        stands = await run_in_threadpool(self._stands, token)
        ended = 0.0 if stands else (known.ended if known and known.ended else now)
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = _Known(now + REMEMBER_SECONDS, stands, ended)
        return self._known[key]

    def _stands(self, token: str) -> bool:
        try:
            return Accounts(self.data.accounts, read_only=True).person_of(token) is not None
        except StoreError:  # without its table nobody is known
            return False

    def _watched(self, token: str | None, line: _Line) -> Receive:
        """What the browser sends, until some seconds after its session has ended: then the line is closed."""

        async def watched() -> Message:
            message = await line.receive()
            known = await self._session(token)
            if known.stands or time.monotonic() - known.ended < GRACE_SECONDS:
                return message
            return await line.close()

        return watched


class _Line:
    """A websocket that can be closed from between; what the application still says then goes nowhere."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive, self._send, self.closed = receive, send, False

    async def send(self, message: Message) -> None:
        """Pass on what the application says."""
        if not self.closed:
            await self._send(message)

    async def close(self) -> Message:
        """Close, and give what tells the application so."""
        self.closed = True
        await self._send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}


def _is_page(asked: HTTPConnection) -> bool:
    """Whether a person opens a page, not a page its parts."""
    return asked.scope["type"] == "http" and "text/html" in asked.headers.get("accept", "")


def _is_open(scope: Scope) -> bool:
    path = str(scope["path"])
    return scope["type"] == "http" and path in OPEN


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Lead a reader to the sign-in page; say no to everything else."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return
    request = Request(scope)
    words = Words(language_of(request))
    response: Response = PlainTextResponse(words("account.first"), status_code=401)
    if scope["method"] == "GET" and "text/html" in request.headers.get("accept", ""):
        back = scope["path"] + (f"?{request.url.query}" if request.url.query else "")
        response = RedirectResponse(f"/desk/signin?{urlencode({'back': back})}", status_code=303)
    await response(scope, receive, send)

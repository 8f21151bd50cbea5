"""The way to the coalition's identity provider and back: two pages beside the form, none of Streamlit's."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.paths import local_path
from dashboard.words import LANGUAGES
from pipeline.errors import NotAllowed, ProviderFailed, SignInRefused, UsageError
from pipeline.oidc.accounts import ProvidedAccounts
from pipeline.oidc.settings import CALLBACK, Claims, Provider, load_provider
from pipeline.paths import DataDir
from pipeline.secrets import hashed_token, new_token

if TYPE_CHECKING:
    from pipeline.oidc.flow import Flow, Leaving

LOG = logging.getLogger(__name__)
START, LEAVE = "/desk/oidc/start", "/desk/oidc/leave"
SIGN_IN = "/desk/signin"
COOKIE = "chengqing_leaving"
"""Ties the answer to the browser that asked; it names nobody."""
AWAY_SECONDS = 10 * 60
MOST_AWAY = 1_000
MAX_CODE_CHARS = 2_048

Refuse = Callable[..., Response]
"""The sign-in page with what went wrong: request, where to go back, key of the sentence, status."""
Enter = Callable[[Request, str, str], Response]
"""What sets the session cookie and leads on."""


@dataclass(frozen=True, slots=True)
class _Away:
    """Somebody who is at the provider now."""

    leaving: Leaving
    browser: str
    back: str
    language: str
    until: float


class ProviderSignIn:
    """Routes of the way there and back. Who is away is remembered in memory: after a restart they begin anew."""

    def __init__(self, data: DataDir, refuse: Refuse, enter: Enter) -> None:
        self.data, self._refuse, self._enter = data, refuse, enter
        self._flow: Flow | None = None
        self._away: dict[str, _Away] = {}

    def routes(self) -> list[BaseRoute]:
        """There, back, and out; without a provider they say that there is none."""
        pages = {START: self.start, CALLBACK: self.answered, LEAVE: self.leave}
        return [Route(path, page, methods=["GET"]) for path, page in pages.items()]

    def provider(self) -> Provider | None:
        """The provider as its file says now; a file that cannot be used is for the log and for ``chengqing doctor``."""
        try:
            return load_provider(self.data)
        except UsageError as error:
            LOG.warning("no sign-in by the provider: %s", error)
            return None

    async def start(self, request: Request) -> Response:
        """Send the browser to the provider."""
        back = local_path(request.query_params.get("back"))
        return await self._guarded(request, back, self._there(request, back))

    async def answered(self, request: Request) -> Response:
        """What the provider sends back: checked once, then a session of our own."""
        away = self._returned(request)
        if away is None:
            return self._refuse(request, "/", "account.provider_stale", HTTPStatus.BAD_REQUEST)
        if "error" in request.query_params:
            return self._refuse(request, away.back, "account.provider_refused", HTTPStatus.FORBIDDEN)
        return await self._guarded(request, away.back, self._in(request, away))

    async def leave(self, request: Request) -> Response:
        """End the session at the provider too; our own ended when its owner signed out here."""
        return await self._guarded(request, "/", self._out())

    async def _out(self) -> Response:
        address = await self._current().leave_address(SIGN_IN)
        return RedirectResponse(address or SIGN_IN, status_code=303, headers={"Cache-Control": "no-store"})

    async def _guarded(self, request: Request, back: str, work: Awaitable[Response]) -> Response:
        """What cannot go on comes back to the form with a sentence; the details stay in the log."""
        try:
            return await work
        except ProviderFailed as error:
            LOG.warning("sign-in by the provider: %s", error)
            return self._refuse(request, back, "account.provider_failed", HTTPStatus.BAD_GATEWAY)
        except (NotAllowed, SignInRefused) as error:
            LOG.info("sign-in by the provider: %s", error)
            return self._refuse(request, back, "account.provider_unknown", HTTPStatus.FORBIDDEN)

    async def _there(self, request: Request, back: str) -> Response:
        from pipeline.oidc.flow import leaving

        one, browser, language = leaving(), new_token(), request.query_params.get("lang", "")
        address = await self._current().address(one)
        self._sweep()
        until = time.monotonic() + AWAY_SECONDS
        self._away[hashed_token(one.state)] = _Away(
            one, hashed_token(browser), back, language if language in LANGUAGES else "", until
        )
        response = RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
        secure = request.url.scheme == "https"
        # lax: the provider's answer comes from another site, as a page that is opened
        response.set_cookie(
            COOKIE,
            browser,
            max_age=AWAY_SECONDS,
            path="/desk/oidc",
            httponly=True,
            samesite="lax",
            secure=secure,
        )
        return response

    async def _in(self, request: Request, away: _Away) -> Response:
        code, issuer = request.query_params.get("code", "")[:MAX_CODE_CHARS], request.query_params.get("iss")
        flow = self._current()
        claims = await flow.claims(code, away.leaving, issuer)
        token = await to_thread.run_sync(self._session, flow.provider, claims)
        back = away.back
        if away.language:
            back += f"{'&' if '?' in back else '?'}lang={away.language}"
        response = self._enter(request, token, back)
        response.delete_cookie(COOKIE, path="/desk/oidc")
        return response

    def _session(self, provider: Provider, claims: Claims) -> str:
        return ProvidedAccounts(self.data.accounts).enter(provider, claims)

    def _returned(self, request: Request) -> _Away | None:
        """Who comes back: each state once, in the browser that left with it, and not after ten minutes."""
        self._sweep()
        away = self._away.pop(hashed_token(request.query_params.get("state", "")), None)
        browser = request.cookies.get(COOKIE)
        return away if away and browser and hashed_token(browser) == away.browser else None

    def _sweep(self) -> None:
        now = time.monotonic()
        self._away = {state: away for state, away in self._away.items() if away.until > now}
        while len(self._away) >= MOST_AWAY:
            del self._away[next(iter(self._away))]

    def _current(self) -> Flow:
        """The protocol with the provider that the file names now; raises ``ProviderFailed`` when it names none."""
        from pipeline.oidc.flow import Flow

        provider = self.provider()
        if provider is None:
            raise ProviderFailed("this desk has no identity provider: write oidc.toml")
        if self._flow is None or self._flow.provider != provider:
            self._flow = Flow(provider)
        return self._flow

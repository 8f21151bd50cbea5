"""Pages outside Streamlit: sign in, and the warning before a link leads away. No script is needed to use them."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.escape import host_of, web_address
from dashboard.paths import local_path
from dashboard.render import render
from dashboard.signin import COOKIE
from dashboard.signin_provider import LEAVE, START, ProviderSignIn
from dashboard.words import LANGUAGES, Words, nearest_language
from pipeline.accounts import IDLE_SECONDS, OPEN_SECONDS, Accounts
from pipeline.accounts_samples import sample_password
from pipeline.errors import SignInRefused
from pipeline.paths import DataDir

HERE = Path(__file__).resolve().parent
MAX_FORM_BYTES = 8_192
HASHERS = 2
"""Password checks at once: each takes 32 MiB and a core for a third of a second."""
OWN_NAMES = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文"}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def language_of(request: Request) -> str:
    """Asked for in the address, else what the browser prefers."""
    asked = request.query_params.get("lang", "")
    accepted = request.headers.get("accept-language", "").split(",")[0].split(";")[0].strip()
    return asked if asked in LANGUAGES else nearest_language(accepted)


def answer(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401
    """A page of ours that nobody caches or frames. A form that no referrer comes with has no origin either, so the
    sign-in page tells its own host, and only that, where it comes from."""
    words = Words(language_of(request))
    body = render(template, words=words, languages=OWN_NAMES, **values)
    added = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    if template == "signin":
        added["Referrer-Policy"] = "same-origin"
    return HTMLResponse(str(body), status_code=status, headers=added)


def onward(request: Request, token: str, back: str) -> Response:
    """Set the cookie and go on. The page leads on by itself instead of a redirect: a strict cookie is not sent where
    the chain of redirects began on another site."""
    response = answer(request, "onward", back=local_path(_in_language(request, back)))
    response.set_cookie(
        COOKIE,
        token,
        max_age=OPEN_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


def _in_language(request: Request, back: str) -> str:
    """``back``, saying which language was chosen here when it is not the browser's own."""
    chosen, asked = language_of(request), Request({**request.scope, "query_string": b""})
    if chosen == language_of(asked):
        return back
    return f"{back}{'&' if '?' in back else '?'}lang={chosen}"


def from_here(request: Request) -> bool:
    """Whether a form was sent by our own page: browsers say so in headers that no page can set."""
    told = request.headers.get("sec-fetch-site")
    origin = urlsplit(request.headers.get("origin", "")).netloc
    same = origin == request.headers.get("host", "")
    return same and told in {None, "same-origin"}


class SignIn:
    """The sign-in page and what it leads to."""

    def __init__(self, data: DataDir, *, samples: bool = False) -> None:
        self.data, self.samples = data, samples
        self._hashing: CapacityLimiter | None = None
        self._provider = ProviderSignIn(data, self.form, onward)

    def routes(self) -> list[BaseRoute]:
        """Everything below /desk that needs no Streamlit."""
        return [
            Route("/desk/signin", self.page, methods=["GET"]),
            Route("/desk/signin", self.enter, methods=["POST"]),
            Route("/desk/leave", leave, methods=["GET"]),
            *self._provider.routes(),
            *(Route(f"/desk/{name}", _file(name)) for name in ("account.css", "account.js", "icon.png")),
        ]

    async def page(self, request: Request) -> Response:
        """The form; whoever is signed in already goes on."""
        back = request.query_params.get("back", "/")
        if request.headers.get("sec-fetch-site") == "cross-site":
            return answer(request, "onward", back=local_path(back))
        if await to_thread.run_sync(self._signed_in, request.cookies.get(COOKIE)):
            return RedirectResponse(local_path(back), status_code=303)
        return self.form(request, back)

    def form(
        self, request: Request, back: str, key: str = "", status: int = 200, **told: object
    ) -> HTMLResponse:
        """The page with what went wrong, if anything."""
        problem = Words(language_of(request))(key, **told) if key else ""
        provider = self._provider.provider()
        return answer(
            request,
            "signin",
            status=status,
            back=local_path(back),
            problem=problem,
            provider=provider.name if provider else "",
            start=START,
            leave=LEAVE,
            samples=self._samples(),
            password=sample_password(self.data) or "",
            idle=IDLE_SECONDS // 60,
            hours=OPEN_SECONDS // 3600,
        )

    async def enter(self, request: Request) -> Response:
        """Check name and password; wrong ones come back to the form with the time to wait."""
        told = await _form(request)
        back = told.get("back", "/")
        if not from_here(request):
            return self.form(request, "/", "account.forged", HTTPStatus.FORBIDDEN)
        self._hashing = self._hashing or CapacityLimiter(HASHERS)
        try:
            token = await to_thread.run_sync(
                self._token,
                told.get("name", ""),
                told.get("password", ""),
                request.client.host if request.client else "",
                limiter=self._hashing,
            )
        except SignInRefused as refused:
            if refused.wait:
                status = HTTPStatus.TOO_MANY_REQUESTS
                page = self.form(request, back, "account.wait", status, seconds=refused.wait)
                page.headers["Retry-After"] = str(refused.wait)
                return page
            return self.form(request, back, "account.refused", HTTPStatus.FORBIDDEN)
        return onward(request, token, back)

    def _token(self, name: str, password: str, address: str) -> str:
        return Accounts(self.data.accounts).sign_in(name, password, address)

    def _signed_in(self, token: str | None) -> bool:
        return bool(token) and Accounts(self.data.accounts, read_only=True).person_of(token) is not None

    def _samples(self) -> list[dict[str, str]]:
        if not self.samples or sample_password(self.data) is None:
            return []
        everybody = Accounts(self.data.accounts, read_only=True).everybody()
        people = (account.person for account in everybody if account.sample and not account.disabled)
        return [
            {"id": p.user_id, "name": p.name, "role": p.role.value, "partner": p.partner or ""}
            for p in people
        ]


async def leave(request: Request) -> Response:
    """Says where a link leads, and leads there only when the reader clicks."""
    asked = request.query_params.get("to", "")
    address = web_address(asked)
    host = host_of(address) if address else ""
    spelled = urlsplit(address).netloc if address else ""
    status = HTTPStatus.OK if address else HTTPStatus.BAD_REQUEST
    return answer(
        request,
        "leave",
        status=status,
        address=address,
        asked=asked[:200],
        host=host,
        alike=host != spelled.lower(),
    )


async def _form(request: Request) -> dict[str, str]:
    """Fields of a small form; what is larger than any of ours is not read to its end."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM_BYTES:
            return {}
    return {
        name: values[0]
        for name, values in parse_qs(body.decode("utf-8", "replace"), max_num_fields=10).items()
    }


def _file(name: str) -> Any:  # noqa: ANN401  an endpoint
    types = {"css": "text/css", "js": "text/javascript", "png": "image/png"}

    async def send(request: Request) -> Response:
        return FileResponse(HERE / "static" / name, media_type=types[name.rpartition(".")[2]])

    return send

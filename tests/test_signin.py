"""Sign-in in front of the desk: forms, cookies, the gate on every path and websocket, the warning before links."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard import signin_gate
from dashboard.paths import local_path
from dashboard.serve import Guard
from dashboard.signin import COOKIE
from dashboard.signin_gate import Gate
from dashboard.signin_pages import MAX_FORM_BYTES, SignIn
from hostile import ADDRESSES, TEXTS, storable
from pipeline import secrets
from pipeline.accounts import FREE_FAILURES, FREE_FROM_ADDRESS, Accounts
from pipeline.accounts_samples import make_samples
from pipeline.paths import DataDir
from pipeline.people import AccountRole, Person

PASSWORD = "quiet harbor lanterns"
HOST = "http://127.0.0.1:8501"
PAGE = {"accept": "text/html", "origin": HOST, "sec-fetch-site": "same-origin"}


async def secret(request: Request) -> PlainTextResponse:
    return PlainTextResponse("the desk")


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(f"heard {await socket.receive_text()}")
    except WebSocketDisconnect:
        pass


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COST", 2**6)
    monkeypatch.setattr(secrets, "LANES", 1)
    monkeypatch.setattr(signin_gate, "REMEMBER_SECONDS", 0.0)


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    return DataDir(tmp_path)


@pytest.fixture
def accounts(data: DataDir) -> Accounts:
    made = Accounts(data.accounts)
    made.add(Person("mei", "Mei", AccountRole.MONITOR), by="test", password=PASSWORD)
    return made


def behind(data: DataDir, *, always: bool = False, samples: bool = True) -> Starlette:
    """What stands in for Streamlit, behind the real gate, the real guard and the real pages."""
    return Starlette(
        routes=[
            *SignIn(data, samples=samples).routes(),
            WebSocketRoute("/_stcore/stream", stream),
            Route("/{path:path}", secret, methods=["GET", "PUT", "POST"]),
        ],
        middleware=[
            Middleware(Guard, hosts=("127.0.0.1",)),
            Middleware(Gate, data=data, always=always),
        ],
    )


@pytest.fixture
def client(data: DataDir, accounts: Accounts) -> Iterator[TestClient]:
    with TestClient(behind(data), base_url=HOST, follow_redirects=False) as made:
        yield made


def enter(client: TestClient, password: str = PASSWORD, **more: str) -> object:
    form = {"name": "mei", "password": password, "back": "/claim?claim=c1", **more}
    return client.post("/desk/signin", data=form, headers=PAGE)


@pytest.mark.parametrize("path", ["/", "/claim?claim=c1", "/health", "/desk/nothing"])
def test_a_page_leads_to_the_sign_in_page_and_back(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/desk/signin?back=%2F")
    assert "the desk" not in answer.text
    form = client.get(answer.headers["location"]).text
    back = re.search(r'name="back" value="([^"]*)"', form)
    assert back and back[1] == local_path(path) and not back[1].startswith("//")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/static/js/index.js"),
        ("GET", "/_stcore/host-config"),
        ("PUT", "/_stcore/upload_file/x/y"),
        ("GET", "/media/secret.csv"),
        ("GET", "/desk/leave?to=https://example.org/"),
        ("GET", "/desk/../claim"),
        ("GET", "/desk/signin/../../claim"),
        ("GET", "/DESK/SIGNIN"),
        ("POST", "/"),
    ],
)
def test_nothing_else_answers_before_sign_in(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 401 and "the desk" not in answer.text


@pytest.mark.parametrize(
    ("language", "told"), [("zh-CN,zh;q=0.9", "请先登录"), ("zh-TW", "請先登入"), ("fr", "Sign in first")]
)
def test_the_refusal_is_in_the_readers_language(client: TestClient, language: str, told: str) -> None:
    assert told in client.get("/media/secret.csv", headers={"Accept-Language": language}).text


def test_a_websocket_needs_the_session(client: TestClient, accounts: Accounts) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
        pass
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/_stcore/stream", headers={"cookie": f"{COOKIE}=guess"}),
    ):
        pass
    token = accounts.open_session("mei", how="test")
    with client.websocket_connect("/_stcore/stream", headers={"cookie": f"{COOKIE}={token}"}) as socket:
        socket.send_text("one")
        assert socket.receive_text() == "heard one"


def test_a_websocket_ends_with_its_session(
    client: TestClient, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signin_gate, "GRACE_SECONDS", 0.0)
    token = accounts.open_session("mei", how="test")
    with client.websocket_connect("/_stcore/stream", headers={"cookie": f"{COOKIE}={token}"}) as socket:
        socket.send_text("one")
        assert socket.receive_text() == "heard one"
        accounts.disable("mei", by="test")
        socket.send_text("two")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


def test_the_right_password_sets_a_cookie_that_scripts_and_other_sites_cannot_use(client: TestClient) -> None:
    answer = enter(client)
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert re.match(rf"{COOKIE}=[\w-]{{43}};", cookie)
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie
    assert "Secure" not in cookie, "plain HTTP on loopback; with TLS it is secure"
    assert 'content="0;url=/claim?claim=c1"' in answer.text
    assert client.get("/claim").text == "the desk"
    assert client.get("/desk/signin").status_code == 303, "who is signed in goes on"


def test_with_tls_the_cookie_is_secure(data: DataDir, accounts: Accounts) -> None:
    secure = "https://127.0.0.1:8501"
    with TestClient(behind(data), base_url=secure) as client:
        told = client.post(
            "/desk/signin", data={"name": "mei", "password": PASSWORD}, headers={**PAGE, "origin": secure}
        )
        assert "Secure" in told.headers["set-cookie"]
        assert told.headers["strict-transport-security"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
        {"origin": HOST, "sec-fetch-site": "cross-site"},
        {"origin": "http://127.0.0.1:9999", "sec-fetch-site": "same-site"},
        {},
    ],
)
def test_a_form_from_elsewhere_signs_nobody_in(client: TestClient, headers: dict[str, str]) -> None:
    form = {"name": "mei", "password": PASSWORD}
    answer = client.post("/desk/signin", data=form, headers=headers)
    assert answer.status_code == 403 and "set-cookie" not in answer.headers


def test_wrong_guesses_are_told_nothing_and_then_wait(client: TestClient) -> None:
    wrong = [enter(client, "wrong", name=name) for name in ("mei", "nobody")]
    texts = {re.sub(r"value=\"[^\"]*\"", "", answer.text) for answer in wrong}
    assert len(texts) == 1 and {answer.status_code for answer in wrong} == {403}
    answers = [enter(client, "wrong") for _ in range(FREE_FAILURES)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) in {1, 2}
    assert "Wait" in answers[-1].text and "set-cookie" not in answers[-1].headers


def test_a_huge_or_broken_form_costs_nothing(client: TestClient) -> None:
    for body in (b"name=mei&password=" + b"x" * (MAX_FORM_BYTES * 20), b"\xff\xfe&&==%zz", b""):
        answer = client.post("/desk/signin", content=body, headers=PAGE)
        assert answer.status_code == 403


def test_guesses_at_many_names_from_one_address_are_held_up(data: DataDir, accounts: Accounts) -> None:
    with TestClient(behind(data), base_url=HOST, client=("203.0.113.7", 4_000)) as client:
        told = [enter(client, name=f"name-{number}").status_code for number in range(FREE_FROM_ADDRESS + 1)]
    assert told[:-1] == [403] * FREE_FROM_ADDRESS and told[-1] == 429


@pytest.mark.parametrize("text", [*TEXTS[:-1], *ADDRESSES])
def test_hostile_names_and_ways_back_do_nothing(client: TestClient, text: str) -> None:
    told = storable(text)[:2_000]
    answer = client.get(f"/desk/signin?lang={quote(told)}&back={quote(told)}")
    assert answer.status_code == 200
    for href in re.findall(r'(?:href|action|src|value|content)="([^"]*)"', answer.text):
        assert not re.match(r"\s*(?:javascript|data|vbscript|//|https?:)", href, re.IGNORECASE), href
    assert len(re.findall(r"<script", answer.text)) == 1, "our own"
    assert "<img" not in answer.text and "onerror" not in re.sub(r'"[^"]*"', "", answer.text)
    refused = enter(client, told[:100], name=told[:60])
    assert refused.status_code in {403, 429} and "<img" not in refused.text


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_warning_before_a_hostile_link(client: TestClient, accounts: Accounts, address: str) -> None:
    client.cookies.set(COOKIE, accounts.open_session("mei", how="test"))
    answer = client.get("/desk/leave", params={"to": storable(address)})
    links = re.findall(r'<a class="go" href="([^"]*)"', answer.text)
    if address.startswith("https://е"):
        assert answer.status_code == 200 and "xn--" in answer.text and 'role="alert"' in answer.text
    else:
        assert answer.status_code == 400 and links == []


def test_the_warning_shows_the_real_host_and_goes_nowhere_by_itself(
    client: TestClient, accounts: Accounts
) -> None:
    client.cookies.set(COOKIE, accounts.open_session("mei", how="test"))
    answer = client.get("/desk/leave", params={"to": "https://Example.org:8443/a?b=1&c=2"})
    assert answer.status_code == 200 and "location" not in answer.headers
    assert "refresh" not in answer.text
    assert '<dd class="host">example.org:8443</dd>' in answer.text
    link = re.search(r'<a class="go" href="([^"]*)" rel="([^"]*)"', answer.text)
    assert link and link[1] == "https://Example.org:8443/a?b=1&amp;c=2"
    assert set(link[2].split()) == {"noreferrer", "noopener", "nofollow"}
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("en-US", "Sign in"),
        ("zh-CN,zh;q=0.9", "登录"),
        ("zh-TW", "登入"),
        ("fr", "Sign in"),
        ("*", "Sign in"),
    ],
)
def test_the_page_speaks_the_browsers_language(client: TestClient, asked: str, page: str) -> None:
    answer = client.get("/desk/signin", headers={"accept-language": asked})
    assert f"<h1>{page}</h1>" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store" and answer.headers["x-frame-options"] == "DENY"


def test_a_link_from_another_site_is_followed_with_the_cookie(client: TestClient, accounts: Accounts) -> None:
    """A strict cookie is not sent with it: the page of our own that leads on has it again."""
    answer = client.get("/desk/signin?back=/claim%3Fclaim%3Dc1", headers={"sec-fetch-site": "cross-site"})
    assert 'content="0;url=/claim?claim=c1"' in answer.text


def test_sample_accounts_show_only_where_only_this_machine_looks(data: DataDir) -> None:
    password, _ = make_samples(data)
    with TestClient(behind(data), base_url=HOST) as client:
        assert password in client.get("/desk/signin").text
    with TestClient(behind(data, always=True, samples=False), base_url=HOST) as client:
        assert password not in client.get("/desk/signin").text


def test_without_accounts_one_person_works_alone_until_there_is_one(data: DataDir) -> None:
    with TestClient(behind(data), base_url=HOST, follow_redirects=False) as client:
        assert client.get("/").text == "the desk"
        Accounts(data.accounts).add(Person("mei", "Mei", AccountRole.VIEWER), by="test", password=PASSWORD)
        assert client.get("/", headers={"accept": "text/html"}).status_code == 303
        for path in data.accounts.parent.glob("accounts*"):
            path.unlink()
        assert client.get("/").status_code == 401, "taking the file away opens nothing"
    with TestClient(behind(DataDir(data.root / "other"), always=True), base_url=HOST) as client:
        assert client.get("/").status_code == 401, "beyond loopback nothing is ever open"


def test_the_gate_asks_the_table_at_most_every_two_seconds(
    data: DataDir, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signin_gate, "REMEMBER_SECONDS", 60.0)
    asked: list[str] = []
    real: Callable[[Gate, str], bool] = Gate._stands

    def counted(self: Gate, token: str) -> bool:
        asked.append(token)
        return real(self, token)

    monkeypatch.setattr(Gate, "_stands", counted)
    gate = Gate(secret, data)  # type: ignore[arg-type]
    token = accounts.open_session("mei", how="test")

    async def many() -> None:
        for _ in range(50):
            assert (await gate._session(token)).stands
        for number in range(1_500):
            await gate._session(f"guess {number}")

    with ThreadPoolExecutor(1) as thread:  # the browser tests' driver keeps a loop running on this one
        thread.submit(asyncio.run, many()).result()
    assert asked.count(token) == 1
    assert len(gate._known) <= signin_gate.MOST_REMEMBERED, "guesses do not fill the memory"

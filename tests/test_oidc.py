"""Sign-in by an identity provider: a real one started here, and one that lies (which cannot be had for real)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from click.testing import CliRunner
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.testclient import TestClient

from dashboard import signin_provider
from dashboard.signin import COOKIE
from pipeline.accounts import OPEN_SECONDS, Accounts
from pipeline.cli import cli
from pipeline.errors import NotAllowed, ProviderFailed, SignInRefused, UsageError
from pipeline.oidc.accounts import ProvidedAccounts
from pipeline.oidc.flow import Flow, Leaving
from pipeline.oidc.settings import Grant, Provider, load_provider
from pipeline.paths import DataDir
from pipeline.people import AccountRole, Person
from test_signin import HOST, PAGE, behind

with warnings.catch_warnings():  # the provider's own: it uses parts of authlib that will go
    warnings.simplefilter("ignore")
    provider_mock = pytest.importorskip("oidc_provider_mock", reason="pip install oidc-provider-mock")
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

MEI = {
    "email": "mei@partner-a.example",
    "email_verified": True,
    "name": "Mei 陈",
    "preferred_username": "Mei.Chen",
    "groups": ["staff", "desk-monitors"],
}
GRANTS = """
[[grants]]
value = "desk-leads"
role = "lead"
partner = "partner-a"

[[grants]]
value = "desk-monitors"
role = "monitor"
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider on this machine; who is known there is told per test."""
    with provider_mock.run_server_in_thread(require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


def known(issuer: str, subject: str, claims: dict[str, Any]) -> None:
    httpx.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()


def settings(data: DataDir, issuer: str, more: str = GRANTS, address: str = HOST) -> None:
    data.root.mkdir(parents=True, exist_ok=True)
    head = f'issuer = "{issuer}"\nclient_id = "chengqing"\naddress = "{address}"\nname = "Coalition <b>"\n'
    (data.root / "oidc.toml").write_text(head + more, encoding="utf-8")
    kept = data.root / "secrets.toml"
    kept.touch(mode=0o600)
    kept.write_text('oidc_client_secret = "from the file"\n', encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path, issuer: str) -> DataDir:
    made = DataDir(tmp_path)
    settings(made, issuer)
    return made


@pytest.fixture
def client(data: DataDir) -> Iterator[TestClient]:
    with TestClient(behind(data), base_url=HOST, follow_redirects=False) as made:
        yield made


def leave(client: TestClient, back: str = "/claim?claim=c1") -> str:
    answer = client.get("/desk/oidc/start", params={"back": back, "lang": "zh-Hans"})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def consent(address: str, subject: str) -> str:
    """What a person does at the provider; gives path and query of where it sends the browser."""
    answer = httpx.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    sent = urlsplit(answer.headers["location"])
    assert f"{sent.scheme}://{sent.netloc}" == HOST
    return f"{sent.path}?{sent.query}"


def through(client: TestClient, subject: str) -> Any:
    return client.get(consent(leave(client), subject))


def test_somebody_with_a_grant_gets_in_and_goes_where_they_wanted(
    client: TestClient, data: DataDir, issuer: str
) -> None:
    known(issuer, "mei-1", MEI)
    assert client.get("/", headers=PAGE).status_code == 303, (
        "with a provider everybody signs in from the start"
    )
    form = client.get("/desk/signin?back=/health").text
    assert "Sign in with Coalition &lt;b&gt;" in form and "back=/health" in form
    answer = through(client, "mei-1")
    assert answer.status_code == 200 and 'content="0;url=/claim?claim=c1&amp;lang=zh-Hans"' in answer.text
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(COOKIE))
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert client.get("/").text == "the desk"
    account = Accounts(data.accounts, read_only=True).account("mei-chen")
    assert (account.person.name, account.person.role) == ("Mei 陈", AccountRole.MONITOR)
    assert account.email == "mei@partner-a.example" and not account.has_password
    told = [(event.kind, event.payload.get("how")) for event in Accounts(data.accounts).events("")]
    assert told == [("signed_in", "oidc"), ("identity_bound", None), ("account_added", None)]


def test_the_way_there_carries_state_nonce_and_a_challenge_and_no_secret(client: TestClient) -> None:
    asked, again = (dict(parse_qsl(urlsplit(leave(client)).query)) for _ in range(2))
    assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{HOST}/desk/oidc/callback"
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) >= 43 and asked[name] != again[name]
    assert "secret" not in json.dumps(asked) and "verifier" not in json.dumps(asked)


def test_a_role_follows_the_provider_at_each_sign_in(client: TestClient, data: DataDir, issuer: str) -> None:
    known(issuer, "lok-1", MEI | {"preferred_username": "lok", "email": "lok@x.example"})
    through(client, "lok-1")
    first = client.cookies[COOKIE]
    known(issuer, "lok-1", MEI | {"groups": ["desk-leads"]})
    through(client, "lok-1")
    accounts = Accounts(data.accounts)
    person = accounts.account("lok").person
    assert (person.role, person.partner) == (AccountRole.LEAD, "partner-a")
    assert accounts.person_of(first) is None, "sessions of the old role ended"
    known(issuer, "lok-1", MEI | {"groups": []})
    answer = through(client, "lok-1")
    assert answer.status_code == 403 and "nobody has given you a place" in answer.text


def test_an_unknown_person_is_refused_in_clear_words(client: TestClient, data: DataDir, issuer: str) -> None:
    known(issuer, "stranger", MEI | {"groups": ["choir"]})
    for language, words in (
        ("en", "nobody has given you"),
        ("zh-CN", "还没有人给您"),
        ("zh-TW", "還沒有人給您"),
    ):
        address = consent(leave(client), "stranger")
        answer = client.get(address, headers={"accept-language": language})
        assert answer.status_code == 403 and words in answer.text
        assert COOKIE not in "".join(answer.headers.get_list("set-cookie"))
    assert Accounts(data.accounts).everybody() == []


def test_who_turns_back_at_the_provider_comes_back_to_the_form(client: TestClient) -> None:
    answer = httpx.post(leave(client), data={"action": "deny"})
    sent = urlsplit(answer.headers["location"])
    state = parse_qs(sent.query).get("state", [""])[0]
    query = (
        sent.query if state else f"{sent.query}&state={parse_qs(urlsplit(leave(client)).query)['state'][0]}"
    )
    back = client.get(f"{sent.path}?{query}")
    assert back.status_code == 403 and "did not let you in" in back.text


def test_an_answer_counts_once_in_the_browser_that_asked_and_not_for_ever(
    client: TestClient, data: DataDir, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(issuer, "mei-1", MEI)
    address = consent(leave(client), "mei-1")
    with TestClient(client.app, base_url=HOST, follow_redirects=False) as other:
        assert other.get(address).status_code == 400, "another browser: somebody's answer is not mine"
    assert client.get(address).status_code == 400, "and it is used up"
    address = consent(leave(client), "mei-1")
    assert client.get(address).status_code == 200
    assert client.get(address).status_code == 400, "a second time"
    address = consent(leave(client), "mei-1")
    real = time.monotonic
    monkeypatch.setattr(signin_provider.time, "monotonic", lambda: real() + signin_provider.AWAY_SECONDS + 1)
    late = client.get(address)
    assert late.status_code == 400 and "Begin again" in late.text
    for query in ("", "?state=guess&code=x", "?error=access_denied", "?state=" + "x" * 5_000):
        assert client.get(f"/desk/oidc/callback{query}").status_code == 400


def test_many_who_never_come_back_do_not_fill_the_memory(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signin_provider, "MOST_AWAY", 5)
    app = behind(data)
    with TestClient(app, base_url=HOST, follow_redirects=False) as client:
        for _ in range(12):
            leave(client)
        away = next(
            route.endpoint.__self__._away for route in app.routes if route.path == signin_provider.START
        )
    assert len(away) == 5


def test_the_session_ends_at_sign_out_and_by_time(client: TestClient, data: DataDir, issuer: str) -> None:
    known(issuer, "mei-1", MEI)
    through(client, "mei-1")
    token = client.cookies[COOKIE]
    late = Accounts(data.accounts, clock=lambda: time.time() + OPEN_SECONDS + 1)
    assert Accounts(data.accounts).person_of(token) is not None and late.person_of(token) is None
    Accounts(data.accounts).sign_out(token)
    assert client.get("/", headers={"accept": "text/html"}).status_code == 303
    answer = client.get("/desk/oidc/leave")
    there = urlsplit(answer.headers["location"])
    assert answer.status_code == 303 and there.path == "/oauth2/end_session"
    assert parse_qs(there.query)["post_logout_redirect_uri"] == [f"{HOST}/desk/signin"]


def test_a_disabled_account_stays_out(client: TestClient, data: DataDir, issuer: str) -> None:
    known(issuer, "ana-1", MEI | {"preferred_username": "ana", "email": "ana@x.example"})
    through(client, "ana-1")
    Accounts(data.accounts).disable("ana", by="test")
    assert through(client, "ana-1").status_code == 403


def test_an_account_made_by_hand_is_found_by_its_verified_address_once(data: DataDir, issuer: str) -> None:
    settings(data, issuer, "")
    provider = load_provider(data)
    assert provider is not None and provider.grants == ()
    accounts = ProvidedAccounts(data.accounts)
    accounts.add(Person("wei", "Wei", AccountRole.REVIEWER, "partner-b"), by="test", email="wei@b.example")
    loose = {"sub": "w-0", "email": "wei@b.example"}
    for claims in (loose, loose | {"email_verified": "true"}, {"sub": "w-0"}):
        with pytest.raises(NotAllowed):
            accounts.enter(provider, claims)
    sure = loose | {"sub": "w-1", "email": "Wei@B.example", "email_verified": True}
    person = accounts.person_of(accounts.enter(provider, sure))
    assert person == Person("wei", "Wei", AccountRole.REVIEWER, "partner-b")
    with pytest.raises(NotAllowed):
        accounts.enter(provider, sure | {"sub": "w-2"})
    assert accounts.person_of(accounts.enter(provider, {"sub": "w-1"})) == person, (
        "known by the id from now on"
    )
    accounts.disable("wei", by="test")
    with pytest.raises(SignInRefused):
        accounts.enter(provider, {"sub": "w-1"})


def test_two_people_of_one_name_are_two_accounts(data: DataDir, issuer: str) -> None:
    accounts, provider = ProvidedAccounts(data.accounts), load_provider(data)
    assert provider is not None
    for subject in ("a", "b", "c"):
        accounts.enter(
            provider, MEI | {"sub": subject, "preferred_username": "陈 <script>", "name": "x\u202e" * 90}
        )
    people = [account.person for account in accounts.everybody()]
    assert [person.user_id for person in people] == ["script", "script-2", "script-3"]
    assert all(len(person.name) <= 60 and "\u202e" not in person.name for person in people)


# -- a provider that lies ------------------------------------------------------------------------------------------

ISSUER = "https://id.example.org"
PROVIDER = Provider(
    ISSUER, "chengqing", HOST, "x", secret="a+b c and more of it", grants=(Grant("g", AccountRole.VIEWER),)
)
KEY = RSAKey.generate_key(2048, parameters={"kid": "k1"})
OTHER_KEY = RSAKey.generate_key(2048, parameters={"kid": "k1"})
ONE = Leaving("state", "nonce", "verifier")
Answer = Callable[[httpx.Request], httpx.Response]


def lying(
    metadata: dict[str, Any] | None = None,
    claims: dict[str, Any] | None = None,
    key: Any = KEY,
    header: dict[str, str] | None = None,
    more: dict[str, Any] | None = None,
    seen: list[httpx.Request] | None = None,
) -> Flow:
    """A flow whose provider answers so; everything that is not told is as it should be."""
    now = int(time.time())
    said = {"iss": ISSUER, "aud": "chengqing", "sub": "s", "exp": now + 60, "iat": now, "nonce": "nonce"}
    said = {name: value for name, value in (said | (claims or {})).items() if value is not None}
    published = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/in",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/keys",
        "userinfo_endpoint": f"{ISSUER}/who",
    } | (metadata or {})

    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        token = jwt.encode(header or {"alg": "RS256", "kid": "k1"}, said, key, algorithms=["RS256", "HS256"])
        pages = {
            "/.well-known/openid-configuration": published,
            "/keys": {"keys": [KEY.as_dict(private=False)]},
            "/token": {"access_token": "a", "token_type": "Bearer", "id_token": token},
            "/who": {"sub": "s", "groups": ["g"], "iss": "https://evil.example"} | (more or {}),
        }
        return httpx.Response(200, json=pages[request.url.path])

    return Flow(PROVIDER, lambda: httpx.AsyncClient(transport=httpx.MockTransport(answer)))


def asked(flow: Flow, issuer: str | None = None) -> Any:
    """The claims; on a thread of its own, for the browser's driver may hold this one's loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, flow.claims("code", ONE, issuer)).result()


def test_what_holds_is_believed_and_the_verifier_fits_the_challenge() -> None:
    seen: list[httpx.Request] = []
    flow = lying(seen=seen)
    claims = asked(flow, ISSUER)
    assert claims["sub"] == "s" and claims["groups"] == ["g"] and claims["iss"] == ISSUER
    token = next(request for request in seen if request.url.path == "/token")
    form = dict(parse_qsl(token.content.decode()))
    assert form["code_verifier"] == "verifier" and form["redirect_uri"] == f"{HOST}/desk/oidc/callback"
    assert base64.b64decode(token.headers["authorization"].split()[1]) == b"chengqing:a%2Bb+c+and+more+of+it"
    assert "a+b" not in token.content.decode()
    with ThreadPoolExecutor(1) as thread:
        address = thread.submit(asyncio.run, flow.address(ONE)).result()
    challenge = dict(parse_qsl(urlsplit(address).query))["code_challenge"]
    assert base64.urlsafe_b64decode(challenge + "=") == hashlib.sha256(b"verifier").digest()


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"claims": {"nonce": "another"}}, id="another nonce"),
        pytest.param({"claims": {"nonce": None}}, id="no nonce"),
        pytest.param({"claims": {"iss": "https://evil.example"}}, id="another issuer"),
        pytest.param({"claims": {"aud": "another-client"}}, id="another audience"),
        pytest.param({"claims": {"aud": ["chengqing", "b"], "azp": "b"}}, id="meant for one of two others"),
        pytest.param({"claims": {"exp": 1}}, id="over"),
        pytest.param({"claims": {"exp": None}}, id="without end"),
        pytest.param({"claims": {"sub": ""}}, id="without a name"),
        pytest.param({"claims": {"iat": int(time.time()) + 4_000}}, id="from the future"),
        pytest.param({"key": OTHER_KEY}, id="another key"),
        pytest.param(
            {"key": OctKey.import_key("a+b c and more of it"), "header": {"alg": "HS256", "kid": "k1"}},
            id="signed with a password",
        ),
        pytest.param({"more": {"sub": "somebody else"}}, id="two people"),
        pytest.param({"metadata": {"issuer": "https://evil.example"}}, id="metadata of another issuer"),
        pytest.param(
            {"metadata": {"token_endpoint": "http://id.example.org/token"}}, id="token endpoint without TLS"
        ),
        pytest.param({"metadata": {"jwks_uri": "file:///etc/passwd"}}, id="keys from a file"),
        pytest.param({"metadata": {"code_challenge_methods_supported": ["plain"]}}, id="weak challenge only"),
        pytest.param({"metadata": {"padding": "x" * 300_000}}, id="metadata too long"),
        pytest.param(
            {"metadata": {"id_token_signing_alg_values_supported": ["none", "HS256"]}},
            id="unsigned or by password only",
        ),
    ],
)
def test_a_lie_is_not_believed(lie: dict[str, Any]) -> None:
    with pytest.raises(ProviderFailed):
        asked(lying(**lie))


def test_an_answer_in_another_providers_name_is_not_believed() -> None:
    with pytest.raises(ProviderFailed, match=r"evil\.example"):
        asked(lying(), "https://evil.example")


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_provider_that_moves_or_fails_is_an_error(status: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json={}, headers={"location": "https://evil.example/"})

    flow = Flow(PROVIDER, lambda: httpx.AsyncClient(transport=httpx.MockTransport(answer)))
    with pytest.raises(ProviderFailed):
        asked(flow)


def test_a_provider_that_is_away_is_told_so_and_the_form_stays(data: DataDir) -> None:
    settings(data, "http://localhost:9")
    with TestClient(behind(data), base_url=HOST, follow_redirects=False) as client:
        answer = client.get("/desk/oidc/start")
        assert (
            answer.status_code == 502
            and "does not answer" in answer.text
            and 'name="password"' in answer.text
        )
        assert "localhost:9" not in answer.text, "details are for the log"


# -- settings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('issuer = "http://id.example.org"', "https"),
        ('issuer = "https://u:p@id.example.org"', "without user"),
        ('address = "desk.example.org"', "https"),
        ('client_id = ""', "client_id"),
        ('scopes = ["email"]', "openid"),
        ('colour = "red"', "colour"),
        ('[[grants]]\nvalue = "x"\nrole = "king"', "king"),
        ('[[grants]]\nvalue = "x"\nrole = "reviewer"', "partner"),
        ('[[grants]]\nvalue = "x"\nrole = "lead"\npartner = "../x"', "partner"),
        ('[grants]\nvalue = "x"', "[[grants]]"),
        ("issuer = [", "mend"),
    ],
)
def test_settings_that_cannot_be_used_are_named(data: DataDir, line: str, told: str) -> None:
    name = line.split(" =")[0]
    usual = {"issuer": ISSUER, "client_id": "c", "address": HOST}
    lines = [f'{key} = "{value}"' for key, value in usual.items() if key != name]
    (data.root / "oidc.toml").write_text("\n".join([*lines, line]), encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load_provider(data)
    assert told in str(refused.value) and "oidc.toml" in str(refused.value)
    with TestClient(behind(data), base_url=HOST) as client:
        assert client.get("/").status_code == 401, "a broken file opens nothing"
        assert client.get("/desk/signin").status_code == 200


def test_the_secret_comes_from_the_desks_secrets(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = load_provider(data)
    assert provider is not None and provider.secret == "from the file"
    monkeypatch.setenv("CHENGQING_OIDC_CLIENT_SECRET", "hush")
    provider = load_provider(data)
    assert provider is not None and provider.secret == "hush"


def test_the_command_checks_the_provider_and_makes_accounts_without_password(
    data: DataDir, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(data.root))
    monkeypatch.setenv("CHENGQING_OIDC_CLIENT_SECRET", "hush")
    with ThreadPoolExecutor(1) as thread:
        told = thread.submit(CliRunner().invoke, cli, ["user", "provider", "--json"]).result()
    row = json.loads(told.output)[0]
    assert row["redirect address"] == f"{HOST}/desk/oidc/callback" and "hush" not in told.output
    assert "groups desk-leads: lead for partner-a" in row["grants"]
    made = CliRunner().invoke(cli, ["user", "add", "wei", "--email", "wei@b.example", "--no-password"])
    assert made.exit_code == 0, made.output
    account = Accounts(data.accounts).account("wei")
    assert account.email == "wei@b.example" and not account.has_password
    refused = CliRunner().invoke(cli, ["user", "add", "lok", "--no-password"])
    assert isinstance(refused.exception, UsageError) and "--email" in str(refused.exception)
    (data.root / "oidc.toml").unlink()
    assert isinstance(CliRunner().invoke(cli, ["user", "provider"]).exception, UsageError)

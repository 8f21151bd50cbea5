"""OpenID Connect with one provider: discovery, the way there, and what it says of whoever comes back.

Authorization code flow with PKCE (RFC 7636), state and nonce; checks as OpenID Connect Core 1.0 section 3.1.3.7,
OpenID Connect Discovery 1.0 section 4.3 and RFC 9207 (the ``iss`` of the answer) ask for them. Signatures are
verified by joserfc.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from pipeline.errors import ProviderFailed
from pipeline.oidc.settings import Claims, Provider, safe_address

TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 256 * 1024
METADATA_SECONDS = 60 * 60
LEEWAY_SECONDS = 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that only the provider has; none, and none that our own secret could make."""

Client = Callable[[], httpx.AsyncClient]


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody on the way to the provider: what must come back, and what is told only to the provider."""

    state: str
    nonce: str
    verifier: str


def leaving() -> Leaving:
    """New random values for one sign-in."""
    return Leaving(*(secrets.token_urlsafe(32) for _ in range(3)))


def usual_client() -> httpx.AsyncClient:
    """Follows no redirect, so that nobody can move the provider elsewhere."""
    return httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False)


class Flow:
    """Talks to one provider; what it publishes about itself is asked for once an hour."""

    def __init__(self, provider: Provider, client: Client = usual_client) -> None:
        self.provider, self._client = provider, client
        self._metadata: dict[str, Any] = {}
        self._asked = 0.0

    async def metadata(self) -> Mapping[str, Any]:
        """The provider's discovery document, checked; raises ``ProviderFailed``."""
        if self._metadata and time.monotonic() - self._asked < METADATA_SECONDS:
            return self._metadata
        told = await self._ask("GET", f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != self.provider.issuer:
            raise ProviderFailed(
                f"{self.provider.issuer}: calls itself {told.get('issuer')!r}; mend issuer in oidc.toml"
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not safe_address(str(told.get(name, ""))):
                raise ProviderFailed(f"{self.provider.issuer}: {name} {told.get(name)!r} is no https address")
        methods = told.get("code_challenge_methods_supported")
        if methods is not None and "S256" not in methods:
            raise ProviderFailed(f"{self.provider.issuer}: offers PKCE without S256")
        self._metadata, self._asked = told, time.monotonic()
        return told

    async def address(self, one: Leaving) -> str:
        """Where the browser goes to sign in."""
        metadata = await self.metadata()
        challenge = hashlib.sha256(one.verifier.encode("ascii")).digest()
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self.provider.callback,
            "scope": " ".join(self.provider.scopes),
            "state": one.state,
            "nonce": one.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).decode("ascii").rstrip("="),
            "code_challenge_method": "S256",
        }
        return _with(metadata["authorization_endpoint"], asked)

    async def leave_address(self, back: str) -> str | None:
        """Where the browser goes to end the session at the provider too; None when it offers no such place."""
        ending = str((await self.metadata()).get("end_session_endpoint") or "")
        asked = {
            "client_id": self.provider.client_id,
            "post_logout_redirect_uri": f"{self.provider.address}{back}",
        }
        return _with(ending, asked) if safe_address(ending) else None

    async def claims(self, code: str, one: Leaving, issuer: str | None = None) -> Claims:
        """What the provider says of whoever came back with ``code``; raises ``ProviderFailed`` when it does not hold.

        ``issuer`` is the ``iss`` of the answer, where the provider sends one.
        """
        if issuer is not None and issuer != self.provider.issuer:
            raise ProviderFailed(f"an answer of {issuer[:200]!r} came in the name of {self.provider.issuer}")
        metadata = await self.metadata()
        tokens = await self._tokens(metadata, code, one)
        claims = await self._verified(metadata, str(tokens.get("id_token", "")), one.nonce)
        return claims | await self._more(metadata, tokens, claims)

    async def _tokens(self, metadata: Mapping[str, Any], code: str, one: Leaving) -> dict[str, Any]:
        told = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.provider.callback,
            "code_verifier": one.verifier,
            "client_id": self.provider.client_id,
        }
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        secret = self.provider.secret
        if secret and "client_secret_basic" in methods:
            basic = httpx.BasicAuth(_quoted(told.pop("client_id")), _quoted(secret))
            return await self._ask("POST", metadata["token_endpoint"], data=told, auth=basic)
        return await self._ask(
            "POST", metadata["token_endpoint"], data=told | ({"client_secret": secret} if secret else {})
        )

    async def _verified(self, metadata: Mapping[str, Any], token: str, nonce: str) -> dict[str, Any]:
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        allowed = [name for name in ALGORITHMS if name in offered]
        if not allowed:  # an empty list would mean the library's own choice, keys that we share among them
            raise ProviderFailed(
                f"{self.provider.issuer}: signs by {offered}, none of {', '.join(ALGORITHMS)}"
            )
        keys = await self._ask("GET", metadata["jwks_uri"])
        rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.provider.client_id},
            sub={"essential": True, "allow_blank": False},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            registry = JWSRegistry(algorithms=allowed, strict_check_header=False)
            read = jwt.decode(token, KeySet.import_key_set(keys), registry=registry)  # type: ignore[arg-type]
            rules.validate(read.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderFailed(f"{self.provider.issuer}: its token does not hold: {error}") from error
        if read.claims.get("azp", self.provider.client_id) != self.provider.client_id:
            raise ProviderFailed(f"{self.provider.issuer}: the token was made for another client")
        return read.claims

    async def _more(
        self, metadata: Mapping[str, Any], tokens: Mapping[str, Any], claims: Claims
    ) -> dict[str, Any]:
        """What the token leaves out and the provider tells when asked; what is signed is never replaced."""
        place, access = str(metadata.get("userinfo_endpoint") or ""), tokens.get("access_token")
        if {"email", self.provider.claim} <= claims.keys() or not safe_address(place) or not access:
            return {}
        told = await self._ask("GET", place, headers={"Authorization": f"Bearer {access}"})
        if told.get("sub") != claims["sub"]:
            raise ProviderFailed(f"{self.provider.issuer}: tells about somebody else than it signed for")
        return {name: value for name, value in told.items() if name not in claims}

    async def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  options of httpx
        """A small JSON object from the provider."""
        try:
            async with self._client() as client, client.stream(method, url, **more) as answer:
                body = b""
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > MAX_ANSWER_BYTES:
                        raise ProviderFailed(f"{url}: answers with more than {MAX_ANSWER_BYTES:,} bytes")
                answer.raise_for_status()
            told = json.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderFailed(f"{url}: {type(error).__name__} {error}") from error
        if answer.is_redirect or not isinstance(told, dict):
            raise ProviderFailed(f"{url}: answers with something else than a JSON object")
        return told


def _with(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _quoted(text: str) -> str:
    """As RFC 6749 section 2.3.1 wants names and secrets before they go into the Basic header."""
    return urlencode({"": text})[1:]

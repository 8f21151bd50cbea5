"""The identity provider of a desk: ``<data>/oidc.toml``. Its client secret stands with the desk's other secrets.

issuer = "https://id.example.org/realms/coalition"
client_id = "chengqing"
address = "https://desk.example.org"        # the desk's own, as browsers reach it
name = "Coalition account"                  # what the button says
claim = "groups"                            # which claim the grants below look at

[[grants]]                                  # the first that fits; without any, accounts are made by hand
value = "desk-leads"
role = "lead"
partner = "partner-a"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.addresses import is_loopback
from pipeline.desk_secrets import SecretStore
from pipeline.errors import UsageError
from pipeline.paths import DataDir, checked_name
from pipeline.people import AccountRole
from pipeline.toml_files import read_toml

SECRET = "oidc_client_secret"  # noqa: S105  the name under which it is kept
CALLBACK = "/desk/oidc/callback"
USUAL_SCOPES = ("openid", "email", "profile")
MAX_NAME_CHARS = 60

Claims = Mapping[str, Any]
"""What the provider says of a person, signed by it."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Whoever has ``value`` in the claim gets this role, for this partner."""

    value: str
    role: AccountRole
    partner: str | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """One identity provider, as the coalition's staff set it up."""

    issuer: str
    client_id: str
    address: str
    name: str
    secret: str | None = None
    """None for a public client, which PKCE alone protects."""
    claim: str = "groups"
    scopes: tuple[str, ...] = USUAL_SCOPES
    grants: tuple[Grant, ...] = ()

    @property
    def callback(self) -> str:
        """The redirect address to register with the provider."""
        return f"{self.address}{CALLBACK}"

    def granted(self, claims: Claims) -> Grant | None:
        """The first grant that fits what the provider says of somebody."""
        told = claims.get(self.claim)
        values = {told} if isinstance(told, str) else {v for v in told or () if isinstance(v, str)}
        return next((grant for grant in self.grants if grant.value in values), None)


def provider_file(data: DataDir) -> Path:
    """Where the settings stand."""
    return data.root / "oidc.toml"


def load_provider(data: DataDir) -> Provider | None:
    """The desk's provider, None when it has none; raises ``UsageError`` with what is wrong in which line of thought."""
    path = provider_file(data)
    if not path.exists():
        return None
    told = read_toml(path)
    _only(path, told, {"issuer", "client_id", "address", "name", "claim", "scopes", "grants"})
    grants = told.get("grants", [])
    if not isinstance(grants, list):
        raise UsageError(f"{path}: grants are tables: write [[grants]]")
    return Provider(
        issuer=_address(path, "issuer", told),
        client_id=_text(path, "client_id", told),
        address=_address(path, "address", told),
        name=_text(path, "name", {"name": "OpenID Connect", **told})[:MAX_NAME_CHARS],
        secret=SecretStore(data).get(SECRET),
        claim=_text(path, "claim", {"claim": "groups", **told}),
        scopes=_scopes(path, told.get("scopes", list(USUAL_SCOPES))),
        grants=tuple(_grant(path, each) for each in grants),
    )


def safe_address(url: str) -> bool:
    """Whether tokens may be sent there: https, or http on this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)))


def _address(path: Path, name: str, told: Mapping[str, Any]) -> str:
    url = _text(path, name, told)
    parts = urlsplit(url)
    if not safe_address(url) or parts.query or parts.fragment or parts.username:
        raise UsageError(
            f"{path}: {name} is an https:// address without user, query or fragment, not {url!r}"
        )
    return url if name == "issuer" else url.rstrip("/")


def _text(path: Path, name: str, told: Mapping[str, Any]) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value.strip() or any(ord(c) < 32 for c in value):
        raise UsageError(f'{path}: {name} is missing; write {name} = "..."')
    return value.strip()


def _scopes(path: Path, told: object) -> tuple[str, ...]:
    if not isinstance(told, list) or "openid" not in told or not all(isinstance(s, str) for s in told):
        raise UsageError(f'{path}: scopes is a list of names with "openid" among them')
    return tuple(told)


def _grant(path: Path, told: object) -> Grant:
    if not isinstance(told, dict):
        raise UsageError(f"{path}: grants are tables: write [[grants]]")
    _only(path, told, {"value", "role", "partner"})
    roles = [role.value for role in AccountRole]
    role, partner = told.get("role"), told.get("partner")
    if role not in roles:
        raise UsageError(f"{path}: grant of role {role!r}; there are: {', '.join(roles)}")
    if role == AccountRole.REVIEWER and not partner:
        raise UsageError(f'{path}: a reviewer answers for a partner: add partner = "ID" to the grant')
    try:
        named = checked_name(_text(path, "partner", told), "partner") if partner is not None else None
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    return Grant(_text(path, "value", told), AccountRole(role), named)


def _only(path: Path, told: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(told) - known):
        raise UsageError(
            f"{path}: {', '.join(unknown)} means nothing here; there are: {', '.join(sorted(known))}"
        )

"""Deletion that a person asks for: by author or by address, in every incident, with copies that others reposted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow.compute as pc

from pipeline.errors import UnknownName
from pipeline.paths import DataDir
from pipeline.retention.rows import observed
from pipeline.suppression import Suppression, bare_address

PLATFORM_HELP = "weibo, mastodon, bluesky, telegram, forum …"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for: authors by key, addresses in clear. Neither is written anywhere in clear."""

    authors: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    needles: frozenset[str] = frozenset()
    """What to look for in kept rows that could not be read."""


@dataclass(frozen=True, slots=True)
class Found:
    """Posts that a request reaches, by incident, and the suppression list that holds them from now on."""

    posts: dict[str, frozenset[str]]
    addresses: frozenset[str]
    listed: Suppression


def authors_of(data: DataDir, incidents: Iterable[str], url: str) -> frozenset[str]:
    """Keys of the authors of the posts at ``url``; raises ``UnknownName`` when no such post is held."""
    wanted, found = bare_address(url), set()
    for incident in incidents:
        for table in observed(data, incident):
            for address, author in zip(
                table.column("url").to_pylist(), table.column("author_key").to_pylist(), strict=True
            ):
                if address and author and bare_address(address) == wanted:
                    found.add(str(author))
    if not found:
        raise UnknownName("no post with this address and a known author is held here")
    return frozenset(found)


def find(data: DataDir, incidents: Iterable[str], request: Request, listed: Suppression) -> Found:
    """Posts by these authors or at these addresses, and reposts of them, and reposts of those."""
    reached: dict[str, frozenset[str]] = {}
    addresses: set[str] = set(request.addresses)
    listed = listed.with_(request.authors, request.addresses)
    for incident in incidents:
        known: set[str] = set()
        while True:
            grown, more = _hit(data, incident, listed)
            addresses |= more
            listed = listed.with_(posts=grown - known)
            if grown == known:
                break
            known = grown
        if known:
            reached[incident] = frozenset(known)
    return Found(reached, frozenset(addresses), listed.with_(reviewed=addresses))


def _hit(data: DataDir, incident: str, listed: Suppression) -> tuple[set[str], set[str]]:
    posts: set[str] = set()
    addresses: set[str] = set()
    for table in observed(data, incident):
        rows = table.filter(listed.hits(table))
        posts |= set(rows.column("post_id").to_pylist())
        addresses |= set(pc.drop_null(rows.column("url")).to_pylist())
    return posts, addresses

"""Whom and what this desk must not collect again: keyed hashes only, so that the list tells nobody who asked.

An author stands in it by the key that posts carry, an address and a post by a hash with the desk's own key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import StoreError
from pipeline.files import replacing
from pipeline.identity import Identity
from pipeline.paths import DataDir

REVIEWED = "claimreview"
"""Platform that reviews of claims belong to; their author is the publisher, by site or by name."""


def bare_address(url: str) -> str:
    """An address without what varies between links to one page: scheme, ``www.``, case of the host, last slash."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # a bracket that closes nothing: compare it as it stands
        return url.strip()
    host = (parts.hostname or "").removeprefix("www.")
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{host}{parts.path.rstrip('/')}{query}{fragment}"


@dataclass(frozen=True)
class Suppression:
    """The list, and the desk's identity that its hashes need."""

    identity: Identity
    authors: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    reviewed: frozenset[str] = frozenset()
    """Addresses of the authors' posts: no review of them comes back. Others' posts may stand at the same address."""

    @classmethod
    def of_desk(cls, data: DataDir) -> Suppression | None:
        """The desk's list; ``None`` where nobody has asked yet. Raises ``StoreError`` when it cannot be read."""
        path = suppression_file(data)
        if not path.exists():
            return None
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            lists = {name: frozenset(map(str, told[name])) for name in ("authors", "addresses", "posts")}
            lists["reviewed"] = frozenset(map(str, told.get("reviewed", ())))
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"{path}: not a suppression list ({error}); restore it from the backup, for without it deleted "
                "posts would come back"
            ) from error
        return cls(Identity.of_desk(data), **lists)

    def with_(
        self,
        authors: Iterable[str] = (),
        addresses: Iterable[str] = (),
        posts: Iterable[str] = (),
        reviewed: Iterable[str] = (),
    ) -> Suppression:
        """This list with more in it; all but ``authors`` are given in clear and kept as hashes."""
        return replace(
            self,
            authors=self.authors | set(authors),
            addresses=self.addresses | self._marks(addresses),
            reviewed=self.reviewed | self._marks(reviewed),
            posts=self.posts | {self.identity.mark("post", post) for post in posts},
        )

    def hits(self, table: pa.Table) -> pa.ChunkedArray:
        """Per row of ``table`` (``OBSERVATIONS``), whether it must not be kept; a repost of such a post neither."""
        by_author = pc.is_in(
            table.column("author_key"), value_set=pa.array(sorted(self.authors), pa.string())
        )
        by_address = self._marked(table.column("url"), "address", self.addresses)
        by_post = self._marked(table.column("post_id"), "post", self.posts)
        by_repost = self._marked(table.column("repost_of"), "post", self.posts)
        return pc.or_(pc.or_(by_author, by_address), pc.or_(by_post, by_repost))

    def holds_review(self, url: str | None, publisher: str | None) -> bool:
        """Whether somebody asked that a review be gone: of what stands at ``url``, or by its ``publisher``."""
        by_author = publisher is not None and self.identity.author(REVIEWED, publisher) in self.authors
        return by_author or (url is not None and bool(self._marks([url]) & (self.addresses | self.reviewed)))

    def _marks(self, addresses: Iterable[str]) -> set[str]:
        return {self.identity.mark("address", bare_address(url)) for url in addresses}

    def _marked(self, column: pa.ChunkedArray, kind: str, listed: frozenset[str]) -> pa.ChunkedArray:
        if not listed:
            return pa.chunked_array([pa.array([False] * len(column), pa.bool_())])
        bare = bare_address if kind == "address" else str
        found = [
            value is not None and self.identity.mark(kind, bare(value)) in listed
            for value in column.to_pylist()
        ]
        return pa.chunked_array([pa.array(found, pa.bool_())])

    def without(self, table: pa.Table) -> tuple[pa.Table, int]:
        """``table`` without what is suppressed, and how many rows those were."""
        kept = table.filter(pc.invert(self.hits(table)))
        return kept, table.num_rows - kept.num_rows

    def save(self, data: DataDir) -> None:
        """Keep the list, in one step, for its owner alone."""
        lists = {name: sorted(getattr(self, name)) for name in ("authors", "addresses", "posts", "reviewed")}
        with replacing(suppression_file(data)) as temporary:
            temporary.touch(mode=0o600)
            temporary.write_text(json.dumps(lists, indent=1) + "\n", encoding="utf-8")


def suppression_file(data: DataDir) -> Path:
    """Where the list lies: with the ledger, for it must be backed up like it."""
    return data.ledger.parent / "suppression.json"

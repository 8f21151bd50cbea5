"""What a running crawl keeps: posts in parts, and beside them the list of addresses still to read.

Parts and list are written together, list last. After a kill at any moment the next run takes away parts that the list
does not know, reads their pages again, and goes on: nothing lost, nothing twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crawlers.items import Fetch, Page, Stop
from crawlers.reviews import keep_verdicts
from pipeline.errors import CrawlError, StoreError
from pipeline.files import write_text
from pipeline.paths import DataDir, checked_name
from pipeline.raw import CrawlSummary, RawWriter, finished_crawls, new_crawl_id, unfinished_crawls
from pipeline.records import Post

STATE = "state.json"
OVERLAP = timedelta(hours=24)
"""How far before the newest post that we hold a chain is read again: counts change."""
_WRITE_ROWS = 5_000
_WATCHED = ("published_at", "author_key", "url")


@contextmanager
def source_lock(data: DataDir, incident: str, source: str) -> Iterator[None]:
    """Hold a source of an incident for this process. Raises ``StoreError`` where another one has it."""
    folder = data.raw(incident) / checked_name(source, "source")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(
                f"{source}: another process is reading it for {incident}; wait until it ends"
            ) from error
        yield


def previous_crawls(data: DataDir, incident: str, source: str) -> list[dict[str, Any]]:
    """Summaries of a source's finished crawls, oldest first, each with its ``folder``."""
    return [
        {**crawl.summary, "folder": crawl.folder}
        for crawl in finished_crawls(data, incident)
        if crawl.folder.parent.name == source
    ]


def marks_of(crawls: list[dict[str, Any]]) -> dict[str, datetime]:
    """Per chain, the newest publication time up to which earlier crawls read without a gap."""
    marks: dict[str, datetime] = {}
    for crawl in crawls:
        for chain, shown in (crawl.get("extra") or {}).get("marks", {}).items():
            moment = datetime.fromisoformat(shown)
            marks[chain] = max(moment, marks.get(chain, moment))
    return marks


def validators_of(crawls: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Per address (hashed: it may hold a key), the validators of its last good answer (ETag, Last-Modified)."""
    found: dict[str, dict[str, str]] = {}
    for crawl in crawls:
        found |= (crawl.get("extra") or {}).get("validators", {})
    return found


class CrawlStore:
    """The output and the memory of one crawl of one source."""

    def __init__(
        self,
        data: DataDir,
        incident: str,
        summary: CrawlSummary,
        fetches: list[Fetch],
        plan: str,
        every: float = 20.0,
    ) -> None:
        self.window: tuple[datetime | None, datetime | None] = (None, None)
        self.words: tuple[str, ...] = ()
        """Where given, only posts that hold one of these words are kept."""
        self.broken: set[str] = set()
        """Chains in which an address could not be read: their marks stay where they are."""
        self.plan, self.every = plan, every
        self.folder = data.raw(incident) / summary.source / summary.crawl_id
        self.frontier: dict[str, Fetch] = {fetch.url: fetch for fetch in fetches}
        self.done: set[str] = set()
        self.newest: dict[str, str] = {}
        self.ended: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.validators: dict[str, dict[str, str]] = {}
        self._pending: list[Post] = []
        self.resumed = (self.folder / STATE).exists()
        if self.resumed:
            self._restore(summary)
        self.writer = RawWriter(data, incident, summary)
        self.summary = summary
        self.seen: set[str] = self._stored_ids()
        summary.posts = len(self.seen)
        self._saved_at = time.monotonic()
        self.save()

    def _restore(self, summary: CrawlSummary) -> None:
        """Take up the state on disk; undo what was written after it."""
        state = read_state(self.folder)
        for part in sorted(self.folder.glob("part-*.parquet"))[state["parts"] :]:
            part.unlink()
        rejects = self.folder / "rejects.jsonl"
        if rejects.exists():
            os.truncate(rejects, min(state["reject_bytes"], rejects.stat().st_size))
        self.frontier = {f["url"]: Fetch(**f) for f in state["frontier"]}
        self.done, self.ended, self.broken = set(state["done"]), set(state["ended"]), set(state["broken"])
        self.newest, self.validators = state["newest"], state["validators"]
        self.counts = Counter(state["counts"])
        summary.started_at = datetime.fromisoformat(state["started_at"])
        for name in ("pages", "rejects", "refusals", "bytes"):
            setattr(summary, name, state[name])

    def _stored_ids(self) -> set[str]:
        parts = sorted(self.folder.glob("part-*.parquet"))
        return {i for part in parts for i in pq.read_table(part, columns=["post_id"]).column(0).to_pylist()}

    def fresh(self, fetches: list[Fetch]) -> list[Fetch]:
        """Those that this crawl neither read nor has before it, each once."""
        unknown = {f.url: f for f in fetches if f.url not in self.done and f.url not in self.frontier}
        return list(unknown.values())

    def add(self, page: Page) -> int:
        """Store a page and strike its address off the list; returns how many posts were kept."""
        kept = [post for post in page.reading.posts if self._keep(post)]
        whole = [post for post in map(self._completed, page.reading.fuller) if post is not None]
        self._pending += [*kept, *whole]
        keep_verdicts(self.folder, kept)
        if len(self._pending) >= _WRITE_ROWS:
            self._write()
        for reject in page.reading.rejects:
            self.writer.reject(None, reject.reason, reject.raw)
        self.summary.pages += 1
        self.summary.bytes += page.size
        self.counts["items"] += page.reading.items
        self.counts["unread"] += len(page.reading.rejects)
        self.counts["gone"] += page.reading.gone
        self._note_newest(page)
        self.strike(page.fetch, page.reading.follow)
        return len(kept)

    def _write(self) -> None:
        """Hand over what is pending: columns are cheaper made of thousands of posts than of a page's fifty."""
        pending, self._pending = self._pending, []
        if pending:
            self.writer.write(pending)

    def strike(self, fetch: Fetch, follow: list[Fetch] | None = None) -> None:
        """An address is dealt with; ``follow`` takes its place. Saves when it is time to."""
        self.frontier.pop(fetch.url, None)
        self.done.add(fetch.url)
        self.frontier |= {one.url: one for one in follow or []}
        if time.monotonic() - self._saved_at >= self.every:
            self.save()

    def _keep(self, post: Post) -> bool:
        start, end = self.window
        at = post.published_at
        if post.post_id in self.seen:
            self.counts["repeated"] += 1
            return False
        if at is not None and ((start and at < start) or (end and at > end)):
            self.counts["outside_window"] += 1
            return False
        if self.words and not self._speaks_of(post):
            self.counts["unmatched"] += 1
            return False
        self.seen.add(post.post_id)
        for name in _WATCHED:
            if getattr(post, name) is None:
                self.counts[f"missing_{name}"] += 1
        return True

    def _completed(self, post: Post) -> Post | None:
        """A post whose whole text came after its beginning; the later of two observations is the one that counts."""
        later = replace(
            post, collected_at=max(datetime.now(UTC), post.collected_at + timedelta(microseconds=1))
        )
        if post.post_id not in self.seen:  # its beginning did not hold any of the words
            return later if self._keep(later) else None
        self.counts["completed"] += 1
        return later

    def _speaks_of(self, post: Post) -> bool:
        text = folded(f"{post.title or ''} {post.text}")
        return any(word in text for word in self.words)

    def _note_newest(self, page: Page) -> None:
        chain = page.fetch.chain
        times = [post.published_at for post in page.reading.posts if post.published_at]
        if times:
            newest = min(
                max(times), datetime.now(UTC)
            )  # a post dated years ahead must not hide what comes before
            self.newest[chain] = max(self.newest.get(chain, ""), newest.isoformat())
        self.ended |= set(page.reading.ended)

    def save(self) -> None:
        """Put posts and list on disk, in this order."""
        self._write()
        self.writer.flush()
        rejects = self.folder / "rejects.jsonl"
        state = {
            "plan": self.plan,
            "parts": len(list(self.folder.glob("part-*.parquet"))),
            "reject_bytes": rejects.stat().st_size if rejects.exists() else 0,
            "frontier": [fetch.to_json() for fetch in self.frontier.values()],
            "done": sorted(self.done),
            "ended": sorted(self.ended),
            "broken": sorted(self.broken),
            "newest": self.newest,
            "validators": self.validators,
            "counts": dict(self.counts),
            "started_at": self.summary.started_at.isoformat(),
            **{name: getattr(self.summary, name) for name in ("pages", "rejects", "refusals", "bytes")},
        }
        write_text(self.folder / STATE, json.dumps(state, ensure_ascii=False))
        self._saved_at = time.monotonic()

    def finish(self, why: Stop, detail: str | None, earlier: list[dict[str, Any]]) -> CrawlSummary:
        """Write the manifest: from now on the crawl counts. Marks move only for chains read to their end."""
        self._write()
        self.writer.flush()
        complete = self.ended - self.broken if why == "finished" else set()
        self.summary.extra = {
            **self.summary.extra,
            **{name: number for name, number in sorted(self.counts.items()) if number},
            "new": self._new(earlier),
            "marks": {c: at for c, at in sorted(self.newest.items()) if c in complete and self._whole(c)},
            "validators": self.validators if why in {"finished", "not modified"} else {},
            "resumed": self.resumed,
        }
        done = self.writer.finish(why, detail)
        (self.folder / STATE).unlink(missing_ok=True)
        return done

    def _whole(self, chain: str) -> bool:
        """Whether nothing of the chain is left to read."""
        return not any(fetch.chain == chain for fetch in self.frontier.values())

    def _new(self, earlier: list[dict[str, Any]]) -> int:
        """Posts that no earlier crawl of this source saw."""
        parts = [p for crawl in earlier for p in sorted(Path(crawl["folder"]).glob("part-*.parquet"))]
        if not parts:
            return len(self.seen)
        known = pa.chunked_array(
            [c for p in parts for c in pq.read_table(p, columns=["post_id"]).column(0).chunks]
        )
        ours = pa.array(sorted(self.seen), type=pa.string())
        return len(ours) - (pc.sum(pc.is_in(ours, value_set=known.unique())).as_py() or 0)


def read_state(folder: Path) -> dict[str, Any]:
    """The saved list of a stopped crawl. Raises ``CrawlError``."""
    try:
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CrawlError(
            f"{folder}: cannot be resumed ({error}); move the folder away to start anew"
        ) from error
    return dict(state)


def short_key(*parts: Any) -> str:  # noqa: ANN401  anything that JSON holds
    """A short hash: of an address that may hold a key of its own, or of what a crawl sets out to do."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def crawl_to_continue(data: DataDir, incident: str, source: str, plan: str) -> str | None:
    """Id of a stopped crawl with the same plan.

    One with another plan is closed as it stands, so that its posts count; a folder without posts is taken away.
    """
    found = None
    for folder in unfinished_crawls(data, incident):
        if folder.parent.name != source or not folder.name.endswith("-crawl"):
            continue
        if (folder / STATE).exists() and read_state(folder)["plan"] == plan:
            found = folder.name
        elif any(folder.glob("part-*.parquet")):
            summary = new_summary(source, "unknown", folder.name)
            RawWriter(data, incident, summary).finish("stopped", "its plan changed before it could go on")
        else:
            shutil.rmtree(folder)
    return found


def folded(text: str) -> str:
    """For finding words: width and letters' case aside."""
    return unicodedata.normalize("NFKC", text).casefold()


def new_summary(source: str, collector: str, crawl_id: str | None) -> CrawlSummary:
    """A summary for a new crawl, or for one that goes on."""
    now = datetime.now(UTC)
    return CrawlSummary(crawl_id or new_crawl_id(now, "crawl"), source, collector, now)


def summary_json(summary: CrawlSummary) -> dict[str, Any]:
    """A summary as JSON values, with its seconds."""
    end = summary.finished_at or datetime.now(UTC)
    shown = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(summary).items()}
    return {**shown, "seconds": round((end - summary.started_at).total_seconds(), 2)}

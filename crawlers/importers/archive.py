"""Web archives (WARC and WACZ): pages of known families by their own parsers, others as title and text."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from crawlers.families import family_named
from crawlers.families.base import load_html
from crawlers.importers.columns import Stamp
from crawlers.importers.ids import id_of_address
from crawlers.importers.pages import kind_of_page, page_text
from crawlers.importers.reading import Options, Reading
from crawlers.importers.rows import Problem
from crawlers.importers.streams import MAX_RATIO, Bounded, DamagedInput, Source, open_packed, open_source
from crawlers.items import Answer, Context, Fetch, PageChanged, zone_of
from crawlers.items import Reading as Read
from crawlers.times import parse_time
from pipeline.errors import UsageError
from pipeline.paths import checked_name
from pipeline.raw import observations
from pipeline.records import Post, Precision

MAX_RECORDS = 1_000_000
MAX_BODY = 15_000_000
"""Bytes of one page, unpacked; a larger one is refused, as a crawl would."""
MAX_MEMBERS = 1_000
"""Archives inside one WACZ."""
_FREE = 200_000_000
_BATCH_POSTS = 1_000
_WARC = re.compile(r"(?:archive/)?[^/]+\.warc(?:\.gz)?")
_EARLY = datetime(1990, 1, 1, tzinfo=UTC)
_DAMAGED = (DamagedInput, ArchiveLoadFailed, zlib.error, EOFError, ValueError, zipfile.BadZipFile, OSError)


def is_archive(path: Path) -> bool:
    """Whether a file is a WARC (by its first unpacked bytes) or a zip file that holds some."""
    source = open_packed(path)
    try:
        magic = source.packed.read(8)
        if magic.startswith(b"PK\x03\x04"):
            return bool(_members(source, path, probe=True))
    finally:
        source.close()
    if magic[:2] != b"\x1f\x8b":
        return magic.startswith(b"WARC/")
    unpacked = open_source(path)
    try:
        return unpacked.stream.read(5) == b"WARC/"
    except UsageError:
        return False
    finally:
        unpacked.close()


def plan_archive(path: Path, options: Options) -> Reading:
    """How an archive will be read."""
    zone = zone_of(options.timezone)

    def parts(stamp: Stamp) -> ArchiveParts:
        return ArchiveParts(path, stamp, zone)

    name = checked_name(options.source or "web-archive", "source")
    return Reading(path, "archive", "web-archive", name, parts, recognized=True, opened=open_packed)


def _members(source: Source, path: Path, *, probe: bool = False) -> list[zipfile.ZipInfo]:
    """The archives in a WACZ. Raises ``UsageError``, unless it is only a probe."""
    try:
        with zipfile.ZipFile(source.packed) as packed:
            found = [one for one in packed.infolist() if _WARC.fullmatch(one.filename)]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        if probe:
            return []
        raise UsageError(f"{path}: damaged zip file ({error}); fetch it again") from error
    if len(found) > MAX_MEMBERS and not probe:
        raise UsageError(f"{path}: {len(found):,} archives inside, more than {MAX_MEMBERS:,}")
    return found


@dataclass(frozen=True, slots=True)
class _Page:
    """A response of an archive."""

    number: int
    answer: Answer
    seen_at: datetime


class ArchiveParts:
    """The pages of an archive as tables of the raw layer."""

    def __init__(self, path: Path, stamp: Stamp, zone: tzinfo | None) -> None:
        self._path, self._stamp, self._zone = path, stamp, zone
        self._skipped: Counter[str] = Counter()
        self._families: Counter[str] = Counter()
        self._seen: set[str] = set()
        self._number = 0

    def counted(self) -> dict[str, Any]:
        """What was passed over, by reason, and which parsers read how many posts."""
        return {"skipped": dict(self._skipped), "read_by": dict(self._families)}

    def tables(self, source: Source) -> Iterator[tuple[pa.Table, list[Problem]]]:
        """Posts of some pages at a time."""
        posts: list[Post] = []
        problems: list[Problem] = []
        for found in self._pages(source):
            if isinstance(found, Problem):
                problems.append(found)
            else:
                posts += self._fresh(self._read(found, problems), found, problems)
            if len(posts) + len(problems) >= _BATCH_POSTS:
                yield observations(posts), problems
                posts, problems = [], []
        yield observations(posts), problems

    def _fresh(self, posts: list[Post], page: _Page, problems: list[Problem]) -> list[Post]:
        kept = []
        for post in posts:
            if post.post_id in self._seen:
                problems.append(Problem(page.number, "repeats a post of an earlier record", page.answer.url))
            else:
                self._seen.add(post.post_id)
                kept.append(post)
        return kept

    def _pages(self, source: Source) -> Iterator[_Page | Problem]:
        source.packed.seek(0)
        if source.packed.read(4) != b"PK\x03\x04":
            source.packed.seek(0)
            yield from self._records(source.stream, _FREE + source.size * MAX_RATIO)
            return
        with zipfile.ZipFile(source.packed) as packed:
            for member in _members(source, self._path):
                limit = _FREE + member.compress_size * MAX_RATIO
                try:
                    with packed.open(member) as stream:
                        yield from self._records(Bounded(cast(BinaryIO, stream), limit, self._path), limit)
                except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error) as error:
                    yield Problem(self._number, f"{member.filename}: damaged or locked: {error}", "")

    def _records(self, stream: Bounded, limit: int) -> Iterator[_Page | Problem]:
        records = iter(ArchiveIterator(_unpacked(stream, limit, self._path)))
        while True:
            self._number += 1
            if self._number > MAX_RECORDS:
                raise UsageError(f"{self._path}: more than {MAX_RECORDS:,} records; split it")
            try:
                record = next(records)
                found = self._page(record)
            except StopIteration:
                return
            except _DAMAGED as error:
                yield Problem(self._number, f"damaged, nothing after it was read: {str(error)[:160]}", "")
                return
            if isinstance(found, str):
                self._skipped[found] += 1
            else:
                yield found

    def _page(self, record: Any) -> _Page | Problem | str:  # noqa: ANN401  warcio has no types
        """A response that may hold posts, a problem, or why the record is passed over."""
        if record.rec_type != "response" or record.http_headers is None:
            return f"a {record.rec_type} record"
        status = str(record.http_headers.get_statuscode())
        kind = (record.http_headers.get_header("content-type") or "").lower()
        if status != "200":
            return f"answered {status if status.isdigit() else 'oddly'}"
        if not any(one in kind for one in ("html", "json", "xml")):
            return "not a page"
        url = str(record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
        if not url.startswith(("http://", "https://")):
            return "not on the web"
        body = record.content_stream().read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            return Problem(self._number, f"a page of more than {MAX_BODY:,} bytes", url)
        seen, _ = parse_time(record.rec_headers.get_header("WARC-Date"), self._stamp.now, UTC)
        headers = {name.lower(): value for name, value in record.http_headers.headers}
        return _Page(self._number, Answer(url, 200, headers, body), seen or self._stamp.now)

    def _read(self, page: _Page, problems: list[Problem]) -> list[Post]:
        known = kind_of_page(page.answer)
        context = self._context(page)
        if known is not None and known.kind == "threads":
            self._skipped["a list of threads"] += 1
            return []
        if known is not None:
            read = self._by_family(known.family, known.fetch(page.answer.url), page, context)
            if isinstance(read, Read):
                problems += [Problem(page.number, one.reason, page.answer.url) for one in read.rejects]
                self._families[known.family] += len(read.posts)
                return read.posts
            if read is not None:
                problems.append(Problem(page.number, read, page.answer.url))
                return []
        return self._by_text(page, context, problems)

    def _by_family(self, name: str, fetch: Fetch, page: _Page, context: Context) -> Read | str | None:
        """What a family's parser read, why the page is a refusal, or ``None`` where the page is not its own."""
        family = family_named(name)
        if refusal := family.is_refusal(page.answer):
            return f"a refusal, not a page: {refusal}"
        try:
            return family.read(page.answer, fetch, context)
        except (PageChanged, KeyError, TypeError, ValueError, AttributeError):
            return None

    def _by_text(self, page: _Page, context: Context, problems: list[Problem]) -> list[Post]:
        if "html" not in page.answer.headers.get("content-type", ""):
            self._skipped["data of an unknown kind"] += 1
            return []
        try:
            title, text = page_text(load_html(page.answer))
        except PageChanged as error:
            problems.append(Problem(page.number, str(error), page.answer.url))
            return []
        if not text and not title:
            problems.append(Problem(page.number, "a page without text", page.answer.url))
            return []
        self._families["text"] += 1
        native = id_of_address(page.answer.url)
        post = context.post(
            "web",
            native,
            text or title or "",
            title=title,
            url=page.answer.url,
            published_precision=Precision.UNKNOWN,
        )
        return [post]

    def _context(self, page: _Page) -> Context:
        stamp = self._stamp
        host = page.answer.url.split("/")[2].lower().removeprefix("www.")
        return Context(
            source=stamp.source,
            site=host,
            crawl_id=stamp.crawl_id,
            collector=stamp.collector,
            now=page.seen_at,
            start=_EARLY,
            author_key=stamp.author,
            zone=self._zone,
        )


def _unpacked(stream: Bounded, limit: int, path: Path) -> BinaryIO:
    """A WARC without its gzip, at most ``limit`` bytes of it: warcio would unpack without end."""
    buffered = io.BufferedReader(stream, 1 << 16)
    if buffered.peek(2)[:2] != b"\x1f\x8b":
        return buffered
    inner = gzip.GzipFile(fileobj=buffered)
    # No buffer around it: one would lose what stands before a damaged place.
    return cast(BinaryIO, Bounded(cast(BinaryIO, inner), limit, path))

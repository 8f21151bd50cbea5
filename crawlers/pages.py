"""Saved pages: what was asked, what came back, and the posts that a person approved, one folder each.

``request.json`` (family, address, status, headers, the parser's context), ``body.<kind>`` (bytes as they came) and
``posts.json`` (what must be read in them). One test runs every folder under ``tests/pages``.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from crawlers.blot import Blotter
from crawlers.families import family_named
from crawlers.families.base import Family
from crawlers.identity import Identity
from crawlers.items import Answer, Context, Fetch, PageChanged, zone_of
from crawlers.net.redact import Redactor
from crawlers.text import decoded
from pipeline.records import Post, Precision

_TEST_KEY = "a key for saved pages, known to all"
_KEPT_HEADERS = ("content-type", "x-wp-totalpages", "cf-mitigated", "location", "retry-after")
_KINDS = {"json": "json", "xml": "xml", "rss": "xml", "html": "html"}


def save_case(
    folder: Path,
    family: Family,
    fetch: Fetch,
    answer: Answer,
    context: Context,
    redact: Redactor | None = None,
) -> Path:
    """Write one answer as a case under ``folder``; returns the case's folder.

    Secrets are left out, authors become pseudonyms (``crawlers.blot``); read it all the same before you commit it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    case = _free(folder, f"{context.source}-{fetch.kind}")
    case.mkdir()
    redact = redact or Redactor()
    kind = next((v for k, v in _KINDS.items() if k in answer.headers.get("content-type", "")), "txt")
    _write(case / "request.json", _request(family, fetch, answer, context, redact))
    (case / f"body.{kind}").write_bytes(_blotted(family, fetch, answer, context, redact))
    _write(case / "posts.json", read_case(case))
    return case


def _free(folder: Path, name: str) -> Path:
    numbered = (folder / f"{name}-{number:02}" for number in count(1))
    return next(case for case in numbered if not case.exists())


def case_told(case: Path) -> str:
    """What was read in a case, in a few words."""
    found = json.loads((case / "posts.json").read_text(encoding="utf-8"))
    for name in ("refusal", "changed"):
        if name in found:
            return f"{name}: {found[name]}"
    return (
        "the end of the list"
        if "end" in found
        else f"{len(found['posts'])} posts in {found['items']} entries"
    )


def _request(
    family: Family, fetch: Fetch, answer: Answer, context: Context, redact: Redactor
) -> dict[str, Any]:
    return {
        "family": family.name,
        "fetch": {**fetch.to_json(), "url": redact.text(fetch.url), "carry": _without_key(fetch.carry)},
        "url": redact.text(answer.url),
        "status": answer.status,
        "headers": {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers},
        "now": context.now.isoformat(),
        "start": context.start.isoformat(),
        "site": context.site,
        "source": context.source,
        "timezone": str(context.zone) if context.zone else "",
        "params": dict(context.params),
        "queries": list(context.queries),
    }


def _without_key(carry: dict[str, Any]) -> dict[str, Any]:
    """A page's carried author is a key of this desk, which nobody else should hold."""
    return {name: None if name == "author_key" else value for name, value in carry.items()}


def _blotted(family: Family, fetch: Fetch, answer: Answer, context: Context, redact: Redactor) -> bytes:
    """The body without its authors, in its own encoding; one that is no text of a page is kept as it is."""
    blotter = Blotter(context.author_key, redact)
    if answer.status == 200 and family.is_refusal(answer) is None:
        with suppress(PageChanged):
            family.read(answer, fetch, replace(context, author_key=blotter.author))
    text, name = decoded(answer.body, answer.headers.get("content-type", ""))
    return blotter.text(text).encode(name, "replace")


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")


def read_case(case: Path) -> dict[str, Any]:
    """Run a case's family on its body; the result in the form of ``posts.json``, without what every post shares."""
    request = json.loads((case / "request.json").read_text(encoding="utf-8"))
    body = next(case.glob("body.*")).read_bytes()
    answer = Answer(request["url"], request["status"], request["headers"], body)
    family, fetch = family_named(request["family"]), Fetch(**request["fetch"])
    context = _context(request)
    if family.is_end(answer, fetch):
        return {"end": True}
    if refusal := family.is_refusal(answer):
        return {"refusal": refusal}
    try:
        reading = family.read(answer, fetch, context)
    except PageChanged as error:
        return {"changed": str(error)}
    fuller = {"fuller": [_shown(post) for post in reading.fuller]} if reading.fuller else {}
    return {
        "items": reading.items,
        "posts": [_shown(post) for post in reading.posts],
        **fuller,
        "rejects": [reject.reason for reject in reading.rejects],
        "follow": [one.url for one in reading.follow],
        "ended": list(reading.ended),
        "gone": reading.gone,
    }


def _context(request: dict[str, Any]) -> Context:
    return Context(
        source=request["source"],
        site=request["site"],
        crawl_id="case",
        collector="case",
        now=datetime.fromisoformat(request["now"]),
        start=datetime.fromisoformat(request["start"]),
        author_key=Identity(_TEST_KEY).author,
        params=request.get("params", {}),
        queries=tuple(request.get("queries", ())),
        zone=zone_of(request.get("timezone")),
    )


_SHARED = {"source", "platform", "collected_at", "crawl_id", "collector", "review"}


def _shown(post: Post) -> dict[str, Any]:
    """A post without what is empty or shared by the whole page."""
    values = {
        k: v for k, v in asdict(post).items() if k not in _SHARED and v not in (None, (), Precision.EXACT)
    }
    return {
        k: v.isoformat() if isinstance(v, datetime) else list(v) if isinstance(v, tuple) else v
        for k, v in values.items()
    }

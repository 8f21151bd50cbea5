"""Every saved page under ``tests/pages`` is read as a person approved it; one folder, one case."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawlers.families import FAMILIES
from crawlers.families.mastodon import parse
from crawlers.identity import Identity
from crawlers.items import Context
from crawlers.pages import read_case
from pipeline.paths import CHECKOUT

PAGES = Path(__file__).parent / "pages"
CASES = sorted(path.parent for path in PAGES.glob("*/*/request.json"))
RECORDED = CHECKOUT.parent / "shared" / "fixtures" / "mastodon" / "test_entity_status.yaml"


@pytest.mark.parametrize("case", CASES, ids=[f"{c.parent.name}-{c.name}" for c in CASES])
def test_page_is_read_as_approved(case: Path) -> None:
    approved = json.loads((case / "posts.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(read_case(case), default=str)) == approved


def test_every_family_has_pages_a_refusal_and_a_changed_page() -> None:
    for name in FAMILIES:
        approved = [
            json.loads((c / "posts.json").read_text(encoding="utf-8")) for c in CASES if c.parent.name == name
        ]
        assert any(one.get("posts") for one in approved), f"{name}: no page with posts"
        assert any("refusal" in one for one in approved) or name == "feed", f"{name}: no refusal"
        assert any("changed" in one or one.get("gone") for one in approved) or name == "wordpress", name


def test_no_saved_page_shows_an_author_in_what_was_read() -> None:
    handles = {"editor_wong", "老王", "小李", "路人甲", "li@other.example", "wu@site.example"}
    for case in CASES:
        for post in json.loads((case / "posts.json").read_text(encoding="utf-8")).get("posts", []):
            kept = {k: v for k, v in post.items() if k not in {"text", "title", "url", "links"}}
            assert not [h for h in handles if h in json.dumps(kept, ensure_ascii=False)], case


def _context(now: datetime) -> Context:
    return Context("x", "mastodon.social", "c", "t", now, now, Identity("k" * 20).author)


def test_recorded_statuses_of_a_real_server_are_read() -> None:
    if not RECORDED.exists():
        pytest.skip("recorded Mastodon responses are not on this machine")
    yaml = pytest.importorskip("yaml")
    recorded = yaml.safe_load(RECORDED.read_text(encoding="utf-8"))["interactions"]
    statuses = [json.loads(one["response"]["body"]["string"]) for one in recorded]
    found = [one for one in statuses if isinstance(one, dict) and "content" in one]
    reading = parse(found, _context(datetime(2026, 4, 11, tzinfo=UTC)))
    assert found and len(reading.posts) >= len(found) and not reading.rejects
    first = next(p for p in reading.posts if p.post_id == "mastodon:icosahedron.website/110446222386355655")
    assert first.text.startswith("@halcy you're a doo-doo head") and "<" not in first.text
    assert first.title == "test post for mastodon.py stuff" and first.likes == 1 and first.replies == 0
    assert first.published_at == datetime(2023, 5, 28, 12, 6, 50, tzinfo=UTC)
    assert first.author_key and "halcy" not in first.author_key

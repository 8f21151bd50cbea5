"""One reader per kind of site software."""

from __future__ import annotations

from crawlers.families.base import Family
from crawlers.families.blogger import Blogger
from crawlers.families.bluesky import Bluesky
from crawlers.families.claimreview import ClaimReview
from crawlers.families.discuz import Discuz
from crawlers.families.feed import Feed
from crawlers.families.googlefactcheck import GoogleFactCheck
from crawlers.families.mastodon import Mastodon
from crawlers.families.misago import Misago
from crawlers.families.onepoint3acres import OnePoint3Acres
from crawlers.families.reddit import Reddit
from crawlers.families.sixpark import SixPark
from crawlers.families.telegram import Telegram
from crawlers.families.weibo import Weibo
from crawlers.families.wenxuecity import Wenxuecity
from crawlers.families.wordpress import WordPress
from crawlers.families.youtube import YouTube
from pipeline.errors import UnknownName

_ALL: tuple[type[Family], ...] = (
    Blogger,
    Bluesky,
    ClaimReview,
    Discuz,
    Feed,
    GoogleFactCheck,
    Mastodon,
    Misago,
    OnePoint3Acres,
    Reddit,
    SixPark,
    Telegram,
    Weibo,
    Wenxuecity,
    WordPress,
    YouTube,
)
FAMILIES: dict[str, type[Family]] = {cls.name: cls for cls in _ALL}


def family_named(name: str) -> Family:
    """The family called ``name``; ``UnknownName`` lists those there are."""
    if name not in FAMILIES:
        raise UnknownName(f"no family {name!r}; there are: {', '.join(sorted(FAMILIES))}")
    return FAMILIES[name]()

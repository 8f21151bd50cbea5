"""Tweets as X's own pages get them: wrapped in notices, passed on in part, now and then without their author."""

from __future__ import annotations

from crawlers.importers.formats.base import Whole
from crawlers.importers.mapping import Mapping
from crawlers.importers.shapes import Row
from crawlers.importers.values import Reader, Values, at

COLLECTED = {"collected_at": ("timestamp_collected",)}


def _tweet_at(*paths: str) -> tuple[str, ...]:
    """Where a row holds them: a notice about its visibility may be wrapped around a tweet."""
    return tuple(f"data.{wrap}{path}" for wrap in ("", "tweet.") for path in paths)


_ORIGINAL_AT = [f"legacy.retweeted_status_result.result.{wrap}" for wrap in ("", "tweet.")]
_TEXT_AT = ("note_tweet.note_tweet_results.result.text", "legacy.full_text")
_QUOTED_AT = "quoted_status_result.result"
TWITTER = Mapping(
    "zeeschuimer-twitter",
    {
        "id": _tweet_at("rest_id", "legacy.id_str"),
        "text": _tweet_at(*_TEXT_AT),
        "published_at": _tweet_at("legacy.created_at"),
        "author": _tweet_at("core.user_results.result.rest_id", "legacy.user_id_str"),
        "likes": _tweet_at("legacy.favorite_count"),
        "replies": _tweet_at("legacy.reply_count"),
        "reposts": _tweet_at("legacy.retweet_count"),
        "views": _tweet_at("views.count"),
        "thread_id": _tweet_at("legacy.conversation_id_str"),
        "parent_id": _tweet_at("legacy.in_reply_to_status_id_str"),
        "quoted_id": _tweet_at(
            f"{_QUOTED_AT}.tweet.rest_id", f"{_QUOTED_AT}.rest_id", "legacy.quoted_status_id_str"
        ),
        "repost_of": _tweet_at(
            *(f"{at}{name}" for at in _ORIGINAL_AT for name in ("rest_id", "legacy.id_str"))
        ),
        "links": _tweet_at("legacy.entities.urls[].expanded_url"),
        "media": _tweet_at(
            "legacy.extended_entities.media[].media_url_https", "legacy.entities.media[].media_url_https"
        ),
        **COLLECTED,
    },
    "twitter",
    url="https://x.com/i/status/{id}",
)
_PASSED_ON_AT = _tweet_at(*(f"{at}{name}" for at in _ORIGINAL_AT for name in _TEXT_AT))
_PICTURES_AT = _tweet_at(
    "legacy.extended_entities.media[].expanded_url", "legacy.entities.media[].expanded_url"
)
TWEET_READS = _PASSED_ON_AT
"""What ``tweet_fields`` looks at besides the mapping's paths."""


def tweet_fields(reader: Reader, whole: Whole) -> dict[str, Values]:
    """What paths alone do not say of tweets."""
    columns = TWITTER.columns
    texts, authors, origins = (reader.filled(columns[name]) for name in ("text", "author", "repost_of"))
    made = {"author": _posters(authors, whole), "repost_of": origins, "text": texts}
    if origins.count(None) < len(origins):
        made |= _passed_on(reader, texts, origins)
    made["text"] = [  # the site escapes these three, and nothing else
        t.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        if type(t) is str and "&" in t
        else t
        for t in made["text"]
    ]
    return made


def _passed_on(reader: Reader, texts: Values, origins: Values) -> dict[str, Values]:
    """The whole words of what is passed on; its counts and what it quotes are not those of who passes it on."""
    theirs = reader.filled(_PASSED_ON_AT)
    made = {"text": [t if origin else own for t, own, origin in zip(theirs, texts, origins, strict=True)]}
    for name in ("likes", "replies", "reposts", "views", "quoted_id"):
        found = reader.filled(TWITTER.columns[name])
        made[name] = [None if origin else own for own, origin in zip(found, origins, strict=True)]
    return made


def _posters(authors: Values, whole: Whole) -> Values:
    """Where a tweet lacks its author, the address of its own picture still names them."""
    if None not in authors:
        return authors
    return [_poster(whole(place)) if author is None else author for place, author in enumerate(authors)]


def _poster(row: Row) -> str | None:
    pictures = [url for path in _PICTURES_AT for url in at(row, path) or () if url]
    parts = str(pictures[0]).split("/") if pictures else []
    return parts[3].lower() if len(parts) > 4 and parts[4] == "status" else None


def data_of(row: Row) -> Row:
    """What a row holds of its post."""
    data = row.get("data")
    return data if isinstance(data, dict) else {}


def tweet_why(row: Row) -> str | None:
    """Why a row without text is none."""
    data = data_of(row)
    tweet = data["tweet"] if type(data.get("tweet")) is dict else data
    shown = type(tweet.get("legacy")) is dict
    return None if shown else "a tweet that was not shown (deleted, withheld or an advertisement)"

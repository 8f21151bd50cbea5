"""PDF letters and image cards, set by Typst: Chinese line breaking and fonts, text passed as data, never as markup."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from pipeline.correction.document import Part
from pipeline.errors import DraftError
from pipeline.release.notice import Notice
from pipeline.release.text import signature, withdrawal

_HERE = Path(__file__).with_name("templates")
_FONTS = {
    "zh-Hans": ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC"),
    "zh-Hant": ("Noto Sans CJK TC", "Source Han Sans TC", "PingFang TC"),
    "yue-Hant": ("Noto Sans CJK HK", "Source Han Sans HC", "PingFang HK"),
    "en": ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC"),
}
_LOCALE = {"zh-Hans": ("zh", "cn"), "zh-Hant": ("zh", "tw"), "yue-Hant": ("zh", "hk"), "en": ("en", "us")}
CARDS = {"square": (1080, 1080), "tall": (1080, 1920)}
"""Pixels of the image cards: a post, and a story."""


def letter(notice: Notice) -> bytes:
    """The statement as PDF on the signers' letterhead; ``DraftError`` when this machine has no Chinese font."""
    values = _frame(notice) | {
        "sentences": [{"part": s.part.value, "text": s.text, "cites": list(s.cites)} for s in notice.body],
        "circulates": notice.word("circulates"),
        "follows": f"{notice.word('follows')} {notice.follows}" if notice.follows else None,
        "rating": f"{notice.word('rating')}{notice.word('colon')}{notice.rating}" if notice.rating else None,
        "sources_word": notice.word("sources"),
        "sources": [f"{source.title} {source.url}".strip() for source in notice.sources],
        "signature": signature(notice).split("\n"),
        "footer": [
            " · ".join(x for x in (p.name(notice.language), p.address, p.contact, p.web) if x)
            for p in notice.signers
        ],
        "released": f"{notice.word('released')} {notice.released_on} · {notice.release_id} · {notice.digest[:16]}",
    }
    return _compiled("letter.typ", values, "pdf", notice)


def card(notice: Notice, shape: str) -> bytes:
    """An image card as PNG, ``square`` or ``tall``: title, facts and what to do; never the rumor itself."""
    width, height = CARDS[shape]
    names = ("、" if notice.language != "en" else ", ").join(p.name(notice.language) for p in notice.signers)
    values = _frame(notice) | {
        "width": width,
        "height": height,
        "facts": [s.text for s in notice.of(Part.KNOWN, Part.KNOWN_AGAIN)],
        "actions": [s.text for s in notice.of(Part.ACTION)],
        "contacts": [s.text for s in notice.of(Part.CONTACT)],
        "foot": f"{names} · {notice.released_on}",
    }
    return _compiled("card.typ", values, "png", notice)


def _frame(notice: Notice) -> dict[str, Any]:
    lang, region = _LOCALE[notice.language]
    return {
        "title": notice.title,
        "heading": notice.heading,
        "lang": lang,
        "region": region,
        "fonts": [font for font in _FONTS[notice.language] if font in families()],
        "withdrawn": withdrawal(notice) if notice.withdrawn_because else None,
    }


@cache
def families() -> frozenset[str]:
    """Chinese fonts of this machine; ``DraftError`` when it has none."""
    known = set(typst.Fonts().families())
    found = frozenset(font for fonts in _FONTS.values() for font in fonts if font in known)
    if not found:
        raise DraftError(
            "this machine has no Chinese font: apt-get install fonts-noto-cjk, then export again",
            code="no_fonts",
        )
    return found


def _compiled(template: str, values: dict[str, Any], form: Literal["pdf", "png"], notice: Notice) -> bytes:
    try:
        made = typst.compile(
            str(_HERE / template),
            format=form,
            root=str(_HERE),
            timestamp=datetime.fromisoformat(notice.released_on).replace(tzinfo=UTC),
            ppi=72.0,
            sys_inputs={"notice": json.dumps(values, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise DraftError(
            f"{template}: the text could not be set ({error})", code="release_not_set"
        ) from error
    if not isinstance(made, bytes):
        raise DraftError(f"{template}: the text fills more than one card", code="card_full")
    return made

"""Streamlit's own words: what we translate is what it says, and the script that does it stands on nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard import borrowed
from dashboard.keys import Keys
from dashboard.words import sentences

COMPOSED = {"borrowed.options", "borrowed.option", "borrowed.most_chosen", "borrowed.choose_date_in"}
"""Sentences that Streamlit's libraries put together from pieces; the browser test reads one of them."""


def test_streamlit_still_says_each_sentence_that_we_translate() -> None:
    """An update of Streamlit that words something else would bring its English back without a sound."""
    files = (Path(streamlit.__file__).parent / "static" / "static" / "js").glob("*.js")
    said = "\n".join(path.read_text(encoding="utf-8") for path in files)
    gone = {
        key: text
        for key, text in sentences("en").items()
        if key.startswith(borrowed.FAMILY) and key not in COMPOSED
        for piece in re.split(r"\{\w+\}", text)
        if piece.strip() not in said
    }
    assert gone == {}


def client() -> TestClient:
    async def page(request: Request) -> Response:
        return HTMLResponse('<!doctype html><html lang="en"><head></head><body></body></html>')

    return TestClient(Starlette(routes=[borrowed.ROUTE, Route("/", page)], middleware=[Middleware(Keys)]))


def test_the_script_carries_both_languages_and_writes_no_markup() -> None:
    answer = client().get(borrowed.PLACE)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert '["Choose date", "选择日期"]' in answer.text and '["Choose date", "選擇日期"]' in answer.text
    assert "innerHTML" not in answer.text and "http" not in answer.text and "eval" not in answer.text


def test_a_longer_sentence_is_looked_for_before_one_that_begins_like_it() -> None:
    for said in borrowed.pairs().values():
        lengths = [len(theirs) for theirs, _ in said]
        assert lengths == sorted(lengths, reverse=True) and len(said) > 40


def test_the_page_tells_its_language_before_anything_is_drawn() -> None:
    def language(**asked: str) -> str:
        headers = {"accept": "text/html", "accept-language": asked.get("accepts", "en-US,en;q=0.9")}
        text = client().get(f"/?lang={asked.get('lang', '')}", headers=headers).text
        assert borrowed.PLACE in text
        return text.partition('<html lang="')[2].partition('"')[0]

    assert language() == "en"
    assert language(accepts="zh-TW,zh;q=0.8") == "zh-Hant"
    assert language(accepts="zh-TW", lang="zh-Hans") == "zh-Hans"
    assert language(lang='"><script>') == "en"

"""Streamlit's own words in the desk's language: what its widgets say has no setting, so a script of ours says it.

``strings/en/borrowed.toml`` holds Streamlit's sentences letter by letter, with blanks; the other languages say the
same. The script changes texts and labels of widgets only, never what a page of ours or a stranger wrote.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.words import LANGUAGES, sentences

PLACE = "/desk/borrowed.js"
SCRIPT = Path(__file__).resolve().parent / "static" / "borrowed.js"
FAMILY = "borrowed."


@cache
def pairs() -> dict[str, list[tuple[str, str]]]:
    """For each language but English, what Streamlit says and what the desk says; the longest first."""
    english = {key: text for key, text in sentences("en").items() if key.startswith(FAMILY)}
    longest = sorted(english, key=lambda key: len(english[key]), reverse=True)
    return {
        language: [(english[key], sentences(language)[key]) for key in longest]
        for language in LANGUAGES
        if language != "en"
    }


async def script(request: Request) -> Response:
    """The sentences, then what puts them in place."""
    said = f"const SAID = {json.dumps(pairs(), ensure_ascii=False)};\n"
    return Response(said + SCRIPT.read_text(encoding="utf-8"), media_type="text/javascript")


ROUTE = Route(PLACE, script)

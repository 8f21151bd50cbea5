"""The hook for a language model on the coalition's own machine: it may propose a sentence, and a person decides.

Off unless ``CHENGQING_MACHINE_URL`` names an OpenAI-compatible endpoint on this machine. Only the sentence, its part
and the quotes of its sources are sent: no post, no author, no name of a colleague.
"""

from __future__ import annotations

import ipaddress
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.correction.document import FACTUAL, Document, Doubt, Line, propose
from pipeline.errors import DraftError

MAX_ANSWER_BYTES = 200_000
SECONDS = 60.0
_NAMES = {
    "en": "English",
    "zh-Hans": "Simplified Chinese",
    "zh-Hant": "Traditional Chinese",
    "yue-Hant": "Cantonese in Traditional characters",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the endpoint is and which model it serves."""

    url: str
    model: str

    @classmethod
    def from_environment(cls) -> Machine | None:
        """None while the hook is off; ``DraftError`` when it leads off this machine."""
        url = os.environ.get("CHENGQING_MACHINE_URL", "").rstrip("/")
        if not url:
            return None
        if not _is_here(url):
            raise DraftError(
                "CHENGQING_MACHINE_URL leads off this machine: drafts stay here; use http://127.0.0.1:PORT/v1",
                code="machine_elsewhere",
            )
        return cls(url, os.environ.get("CHENGQING_MACHINE_MODEL", "local"))


def _is_here(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.scheme == "http" and parts.hostname == "localhost"


def translate(machine: Machine, document: Document, line_id: str, source: str, target: str) -> Document:
    """``document`` with the line's text in ``target`` proposed by the machine, marked as its words."""
    text = document.line(line_id).texts.get(source, "")
    if not text:
        raise DraftError(
            f"line {line_id} has no text in {source} yet: write one first",
            code="machine_no_text",
            language=source,
        )
    order = (
        f"Translate this sentence of a public statement into {_NAMES[target]}. Keep every number, date, name and "
        "phone number. Answer with the translation only."
    )
    return propose(document, line_id, target, _asked(machine, order, text), Doubt.MACHINE)


def compose(machine: Machine, document: Document, line_id: str, language: str) -> Document:
    """``document`` with a sentence of fact proposed from the quotes of the line's sources; refused without any."""
    line = document.line(line_id)
    quotes = _quotes(document, line)
    if line.part not in FACTUAL or not quotes:
        raise DraftError(
            f"line {line_id} has no source with a quote: the machine writes nothing without evidence",
            code="machine_no_source",
        )
    order = (
        f"Write one plain sentence in {_NAMES[language]} that says only what these quotes say. No opinion, no names of "
        "private persons. Answer with the sentence only."
    )
    return propose(document, line_id, language, _asked(machine, order, "\n".join(quotes)), Doubt.MACHINE)


def _quotes(document: Document, line: Line) -> list[str]:
    return [source.quote for source in document.sources if source.source_id in line.sources and source.quote]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead off this machine."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _asked(machine: Machine, order: str, text: str) -> str:
    body = {
        "model": machine.model,
        "temperature": 0,
        "messages": [{"role": "system", "content": order}, {"role": "user", "content": text}],
    }
    request = urllib.request.Request(  # noqa: S310  loopback over http, checked when the address was read
        f"{machine.url}/chat/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    try:
        with opener.open(request, timeout=SECONDS) as response:
            told = json.loads(response.read(MAX_ANSWER_BYTES))
        answer = str(told["choices"][0]["message"]["content"]).strip()
    except (
        urllib.error.URLError,
        TimeoutError,
        json.JSONDecodeError,
        KeyError,
        IndexError,
        TypeError,
    ) as error:
        raise DraftError(
            f"the machine at {machine.url} gave no usable answer ({error}); write it yourself",
            code="machine_failed",
        ) from error
    if not answer:
        raise DraftError(
            f"the machine at {machine.url} answered with nothing; write it yourself", code="machine_failed"
        )
    return answer

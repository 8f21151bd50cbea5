"""HTML from templates: every value is escaped on its way in; ``st.html`` cleans it once more in the browser."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import streamlit as st
from markupsafe import Markup

from dashboard.escape import host_of, leaving, marked, plain, web_address
from dashboard.words import Words
from pipeline.mask import personal

HERE = Path(__file__).resolve().parent
STYLE = HERE / "static" / "desk.css"


def _finalize(value: object) -> object:
    if value is None:
        return ""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        auto_reload=False,  # templates change with the code; asking the disk each time costs a tenth of a run
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "marked": _strangers,
        "noted": marked,
        "web_address": web_address,
        "host_of": host_of,
        "leaving": leaving,
    }
    return environment


@jinja2.pass_context
def _strangers(context: jinja2.runtime.Context, text: str) -> Markup:
    """What a stranger wrote: escaped, hidden characters made visible, personal data hidden unless ``reveal`` is set.

    ``noted`` is the filter for what people of the desk wrote themselves.
    """
    if context.get("reveal"):
        return marked(text)
    return hidden(text, context["words"])


def hidden(text: str, words: Words) -> Markup:
    """``text`` for the page with each stretch of personal data replaced by what kind it is."""
    pieces, at = [], 0
    for span in personal(text):
        told = words("mask.hidden", kind=words.of("mask", span.kind.value))
        chip = Markup('<span class="masked">{}</span>').format(told)
        pieces += [marked(text[at : span.start]), chip]
        at = span.end
    return Markup("").join([*pieces, marked(text[at:])])


def render(name: str, **values: Any) -> Markup:  # noqa: ANN401  templates take any value
    """The template ``templates/<name>.html`` with ``values``; strings are escaped, never trusted."""
    return Markup(_environment().get_template(f"{name}.html").render(**values))  # noqa: S704  autoescaped


def show(name: str, **values: Any) -> None:  # noqa: ANN401
    """Put a rendered template on the page."""
    st.html(str(render(name, **values)))


def picture(svg: str, label: str) -> None:
    """Put a drawing on the page as an image, in which nothing can act and from which nothing is loaded."""
    show("picture", image=base64.b64encode(svg.encode("utf-8", "replace")).decode(), label=label)


@cache
def style(language: str) -> str:
    """The desk's style sheet; the language decides which Chinese forms come first in the font list, and is
    told to the script that says Streamlit's own words."""
    first = _FONTS.get(language, _FONTS["zh-Hans"])
    own = f":root {{ --cjk: {first}; --desk-language: {language}; }}"
    return f"<style>{own}\n{STYLE.read_text(encoding='utf-8')}</style>"


_FONTS = {
    "zh-Hans": "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC'",
    "zh-Hant": "'PingFang TC', 'Microsoft JhengHei', 'Noto Sans CJK TC', 'Noto Sans TC'",
}

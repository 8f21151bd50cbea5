"""A statement as one HTML page that loads nothing: for a web server, a mail, or a printer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from pipeline.release.claimreview import claim_review, for_page
from pipeline.release.notice import Notice
from pipeline.release.text import signature, withdrawal


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def html(notices: Sequence[Notice], address: str = "") -> str:
    """One page with the statement in each language of ``notices``, and its ClaimReview for machines."""
    reviews = [Markup(for_page(claim_review(n, address))) for n in notices]  # noqa: S704  <, > and & are escaped in it
    template = _environment().get_template("statement.html")
    return template.render(shown=notices, reviews=reviews, signature=signature, withdrawal=withdrawal)

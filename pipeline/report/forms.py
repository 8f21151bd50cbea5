"""A report's forms: one HTML page that loads nothing, a PDF, and CSV for whoever reckons further."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import typst
from markupsafe import Markup

from pipeline.errors import UsageError
from pipeline.escape import for_csv
from pipeline.release.typeset import families
from pipeline.report.figures import Figures
from pipeline.report.sheet import Sheet, label

_HERE = Path(__file__).with_name("templates")
_FONTS = {
    "en": ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC"),
    "zh-Hans": ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC"),
    "zh-Hant": ("Noto Sans CJK TC", "Source Han Sans TC", "PingFang TC"),
}
_LOCALE = {"en": ("en", "us"), "zh-Hans": ("zh", "cn"), "zh-Hant": ("zh", "tw")}
_CLAIM_COLUMNS = (
    "incident",
    "claim_id",
    "first_at",
    "collected_at",
    "detected_at",
    "triaged_at",
    "corrected_at",
    "rank",
    "status",
    "rating",
    "post_count",
    "enquiries",
    "crawled",
    "tipped",
)


def files(figures: Figures, sheets: Sequence[Sheet]) -> dict[str, bytes]:
    """Every form by file name: HTML, PDF and CSV in each language, and the claims by number, without their words."""
    made = {"claims.csv": claims_csv(figures)}
    for one in sheets:
        made |= {
            f"report.{one.language}.html": html(one).encode(),
            f"report.{one.language}.pdf": pdf(one),
            f"figures.{one.language}.csv": figures_csv(figures, one.language),
        }
    return made


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def html(one: Sheet) -> str:
    """The report as one page."""
    return _environment().get_template("report.html").render(sheet=one, drawn=_drawn)


def _drawn(chart: str) -> Markup:
    return Markup(chart)  # noqa: S704  made by pipeline.report.charts, which escapes every word


def pdf(one: Sheet) -> bytes:
    """The report as PDF; ``DraftError`` when this machine has no Chinese font."""
    known = families()
    lang, region = _LOCALE[one.language]
    told: dict[str, Any] = {
        "title": one.title,
        "subjects": one.subjects,
        "facts": one.facts,
        "short_title": one.short_title,
        "short": one.short,
        "headings": one.headings,
        "sections": [asdict(section) for section in one.sections],
        "lang": lang,
        "region": region,
        "fonts": [font for font in _FONTS[one.language] if font in known],
    }
    try:
        made = typst.compile(
            str(_HERE / "report.typ"),
            format="pdf",
            root=str(_HERE),
            timestamp=one.made_at.replace(microsecond=0),
            sys_inputs={"report": json.dumps(told, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise UsageError(f"report.typ: the report could not be set ({error})") from error
    if not isinstance(made, bytes):
        raise UsageError("report.typ: the report came in more than one file")
    return made


def figures_csv(figures: Figures, language: str) -> bytes:
    """One line per figure: its stable key, its words, and plain numbers; an unknown number is empty."""
    rows: list[list[object]] = [["section", "key", "about", "label", "value", "low", "high", "n", "unit"]]
    for one in figures.figures:
        numbers = (one.estimate.value, one.estimate.low, one.estimate.high, one.estimate.n)
        rows.append([one.section, one.key, one.about, label(one, language), *numbers, one.unit])
    return _csv(rows)


def claims_csv(figures: Figures) -> bytes:
    """One line per claim: when each thing happened to it. No words of it, for those are a stranger's.

    Claims of too few authors are left out (``left_out``), and the first post's time is told to the hour: with the exact
    one it is found on its platform.
    """
    rows: list[list[object]] = [list(_CLAIM_COLUMNS)]
    for claim in figures.claims:
        if (claim["authors"] or 0) < figures.smallest_group:
            continue
        hour = claim["first_at"] and claim["first_at"].replace(minute=0, second=0, microsecond=0)
        values = [hour if name == "first_at" else claim[name] for name in _CLAIM_COLUMNS]
        rows.append([value.isoformat() if hasattr(value, "isoformat") else value for value in values])
    return _csv(rows)


def left_out(figures: Figures) -> int:
    """How many claims of too few authors ``claims.csv`` does not list."""
    return sum((claim["authors"] or 0) < figures.smallest_group for claim in figures.claims)


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([[for_csv(value) for value in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")  # spreadsheets take UTF-8 for something else without the mark

"""A report in one language: sections of labeled lines, ready for HTML, PDF and CSV alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.report import charts
from pipeline.report.figures import Figure, Figures
from pipeline.report.statistics import Estimate
from pipeline.toml_files import words_of

LANGUAGES = ("en", "zh-Hans", "zh-Hant")
SECTIONS = ("claims", "speed", "reach", "enquiries", "honesty", "spread", "work", "blind")


@dataclass(frozen=True, slots=True)
class Line:
    """One figure in words."""

    label: str
    value: str
    interval: str
    rests_on: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a sentence that says what the figures mean and what not, lines, and charts as SVG with captions."""

    title: str
    about: str
    lines: tuple[Line, ...]
    charts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole report in one language."""

    language: str
    title: str
    subjects: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    short_title: str
    short: tuple[str, ...]
    """The whole in a few sentences."""
    headings: tuple[str, str, str, str]
    sections: tuple[Section, ...]
    made_at: datetime


def words(language: str) -> Mapping[str, str]:
    """Words of one language; ``UsageError`` when the report has none."""
    return words_of(Path(__file__).with_name("words.toml"), language)


def label(figure: Figure, language: str) -> str:
    """What a figure is called; a platform or script has its word, everything else its own name."""
    known = words(language)
    about = known.get(f"{figure.key}_{figure.about}", figure.about)
    return known[figure.key].replace("{about}", about)


def sheet(figures: Figures, subjects: tuple[str, ...], language: str, made_at: datetime) -> Sheet:
    """Put figures into words; ``subjects`` are titles of the incidents in this language."""
    known = words(language)
    headings = (known["figure"], known["value"], known["interval"], known["rests_on"])
    sections = tuple(_section(name, figures, language) for name in SECTIONS)
    return Sheet(
        language,
        known["title"],
        subjects,
        _facts(figures, known, made_at),
        known["short"],
        _short(figures, known),
        headings,
        sections,
        made_at,
    )


def _facts(figures: Figures, known: Mapping[str, str], made_at: datetime) -> tuple[tuple[str, str], ...]:
    start, end = figures.start, figures.end
    period = known["all_time"]
    if start or end:
        since = _day(start) if start else known["all_time"]
        period = f"{since} {known['until']} {_day(end) if end else known['open_end']}"
    as_of = f"{figures.as_of:%Y-%m-%d %H:%M}Z" if figures.as_of else known["unknown"]
    return ((known["period"], period), (known["as_of"], as_of), (known["made"], _day(made_at)))


def _short(figures: Figures, known: Mapping[str, str]) -> tuple[str, ...]:
    """What the figures come to, and plainly what cannot be said."""
    plain = [figure for figure in figures.figures if not figure.about]
    values = {figure.key: shown(figure.estimate.value, figure.unit, known) for figure in plain}
    known_keys = {figure.key for figure in plain if figure.estimate.value is not None}
    ratio = next(figure.estimate for figure in plain if figure.key == "ratio")
    keys = [
        "short_seen",
        *(["short_detected"] if "first_to_detected" in known_keys else []),
        *(["short_corrected"] if "first_to_corrected" in known_keys else []),
        _reach_key(ratio),
        "short_missed" if "estimated_total" in known_keys else "short_missed_unknown",
    ]
    return tuple(known[key].format(**values) for key in keys)


def _reach_key(ratio: Estimate) -> str:
    if ratio.value is None or ratio.low is None or ratio.high is None:
        return "short_reach_unknown"
    if ratio.low <= 1 <= ratio.high:
        return "short_reach_unclear"
    return "short_reach_less" if ratio.high < 1 else "short_reach_more"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _section(name: str, figures: Figures, language: str) -> Section:
    known = words(language)
    lines = tuple(_in_words(figure, language) for figure in figures.of(name))
    return Section(known[f"section_{name}"], known[f"about_{name}"], lines, _charts(name, figures, language))


def _in_words(figure: Figure, language: str) -> Line:
    estimate, known = figure.estimate, words(language)
    value = shown(estimate.value, figure.unit, known)
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        interval = f"{shown(estimate.low, figure.unit, known)} – {shown(estimate.high, figure.unit, known)}"
    elif figure.unit == "ratio" and estimate.value is not None:
        interval = known["no_interval"]
    return Line(label(figure, language), value, interval, f"{estimate.n:,}" if estimate.n else "")


def shown(value: float | None, unit: str, known: Mapping[str, str]) -> str:
    """A value as people read it; unknown is said, never 0."""
    if value is None:
        return known["unknown"]
    if unit == "share":
        return f"{value:.0%}"
    if unit == "ratio":
        return f"{value:.2f}"
    return _span(value, known) if unit == "minutes" else f"{value:,.0f}"


def _span(minutes: float, known: Mapping[str, str]) -> str:
    if abs(minutes) < 120:
        return f"{minutes:,.0f} {known['minutes']}"
    if abs(minutes) < 72 * 60:
        return f"{minutes / 60:,.1f} {known['hours']}"
    return f"{minutes / 1440:,.1f} {known['days']}"


def _charts(name: str, figures: Figures, language: str) -> tuple[tuple[str, str], ...]:
    known = words(language)
    made: list[tuple[str, str]] = []
    if name == "claims":
        made.append((known["chart_hours"], charts.timeline(figures.hours, known["chart_hours"])))
    if name == "spread":
        for key, caption in (("platform", known["chart_platforms"]), ("script", known["chart_scripts"])):
            rows = [
                (label(f, language), int(f.estimate.value or 0)) for f in figures.of(name) if f.key == key
            ]
            made.append((caption, charts.bars(rows, caption) if rows else ""))
    if name == "reach" and figures.around:
        names = (known["line_corrected"], known["line_similar"])
        made.append((known["chart_around"], charts.around(figures.around, names, known["chart_around"])))
    if name == "honesty":
        dots = [dot for key in ("confirmed", "answered") if (dot := _dot(figures, key, language))]
        made.append(
            (known["chart_intervals"], charts.intervals(dots, known["chart_intervals"]) if dots else "")
        )
    return tuple((caption, chart) for caption, chart in made if chart)


def _dot(figures: Figures, key: str, language: str) -> tuple[str, float, float, float] | None:
    figure = figures.get(key)
    estimate = figure.estimate if figure else Estimate(None)
    if figure is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return None
    return words(language)[f"dot_{key}"], estimate.value, estimate.low, estimate.high

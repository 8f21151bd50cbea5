"""Respond, prepare, or watch and say nothing: advice from thresholds that everybody can see; people decide."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path

from pipeline.errors import DraftError
from pipeline.paths import CHECKOUT
from pipeline.toml_files import read_toml

FILE = CHECKOUT / "data" / "advice.toml"


class Advice(StrEnum):
    """What the thresholds suggest."""

    RESPOND = "respond"
    PREPARE = "prepare"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is known of a claim's spread. Unknown harm is None and counts as neither high nor low."""

    posts: int
    recent_posts: int
    previous_posts: int
    platforms: int
    engagement: int
    corrections: int
    harm: int | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers of ``data/advice.toml``."""

    reach_posts: float
    reach_engagement: float
    growth_times: float
    growth_posts: float
    exposure_platforms: float
    harm_high: float
    answered_share: float


@dataclass(frozen=True, slots=True)
class Advised:
    """The advice and its reasons, each a key of the desk's words with its values."""

    advice: Advice
    reasons: tuple[tuple[str, dict[str, str]], ...]


def thresholds(path: Path = FILE) -> Thresholds:
    """The thresholds of the file; ``DraftError`` names what is missing or no number."""
    told = read_toml(path, DraftError, "mend the file, or restore it from the repository")
    values: dict[str, float] = {}
    for name in (field.name for field in fields(Thresholds)):
        table, key = name.split("_")
        value = told.get(table, {}).get(key)
        if type(value) not in (int, float) or value < 0:
            raise DraftError(
                f"{path}: [{table}] {key} wants a number from 0, it has {value!r}",
                code="settings_file",
                file=path.name,
            )
        values[name] = float(value)
    return Thresholds(**values)


def advise(seen: Exposure, limits: Thresholds) -> Advised:
    """Return the advice for a claim.

    Wide or fast spread with high harm, or wide spread that left its place: respond. One of them alone: prepare.
    None, or so much correction that ours adds little: watch.
    """
    carrying = seen.posts - seen.corrections
    share = seen.corrections / seen.posts if seen.posts else 0.0
    wide = carrying >= limits.reach_posts or seen.engagement >= limits.reach_engagement
    fast = seen.recent_posts >= limits.growth_posts and (
        seen.recent_posts >= limits.growth_times * max(seen.previous_posts, 1)
    )
    crossed = seen.platforms >= limits.exposure_platforms
    harmful = seen.harm is not None and seen.harm >= limits.harm_high
    answered = share >= limits.answered_share
    reasons = [
        ("reach_wide" if wide else "reach_small", _reach(seen, carrying, limits)),
        ("growth_fast" if fast else "growth_slow", _growth(seen, limits)),
        (
            "exposure_crossed" if crossed else "exposure_one",
            {"platforms": str(seen.platforms), "from_": f"{limits.exposure_platforms:g}"},
        ),
        (_harm_key(seen.harm, harmful), {"harm": str(seen.harm or 0), "from_": f"{limits.harm_high:g}"}),
        (
            "answered_much" if answered else "answered_little",
            {"share": f"{share:.0%}", "from_": f"{limits.answered_share:.0%}"},
        ),
    ]
    if answered and not harmful:
        advice = Advice.WATCH
    elif (harmful and (wide or fast)) or (wide and crossed and not answered):
        advice = Advice.RESPOND
    else:
        advice = Advice.PREPARE if wide or fast or harmful else Advice.WATCH
    return Advised(advice, tuple(reasons))


def _reach(seen: Exposure, carrying: int, limits: Thresholds) -> dict[str, str]:
    return {
        "posts": str(carrying),
        "engagement": f"{seen.engagement:,}",
        "posts_from": f"{limits.reach_posts:g}",
        "engagement_from": f"{limits.reach_engagement:,g}",
    }


def _growth(seen: Exposure, limits: Thresholds) -> dict[str, str]:
    return {
        "now": str(seen.recent_posts),
        "before": str(seen.previous_posts),
        "posts_from": f"{limits.growth_posts:g}",
        "times_from": f"{limits.growth_times:g}",
    }


def _harm_key(harm: int | None, harmful: bool) -> str:
    if harm is None:
        return "harm_unknown"
    return "harm_high" if harmful else "harm_low"

"""Read the hand-written material of a sample incident: stories, chatter, authors, moves."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from crawlers.samples.moves import dice
from pipeline.errors import UsageError
from pipeline.toml_files import read_toml

REGISTERS = ("hans", "hant", "yue", "en")
Phrases = dict[str, list[str]]
Slots = dict[str, list[str]]


@dataclass(frozen=True)
class Claim:
    """One assertion: when it lives (hours after opening), how often it is said, its wordings and its figures."""

    id: str
    role: str
    start: float
    peak: float
    end: float
    posts: int
    phrases: Phrases
    slots: Slots
    sites: dict[str, float]


@dataclass(frozen=True)
class Family:
    """Claims that grew out of one story, with the questions and corrections it drew."""

    id: str
    role: str
    about: str
    claims: list[Claim]


@dataclass(frozen=True)
class Article:
    """A long hand-written piece for the WordPress site or the feed."""

    site: str
    hour: float
    author: str
    title: str
    text: str
    family: str | None
    claim: str | None
    role: str


@dataclass(frozen=True)
class Material:
    """All that a person wrote for one incident."""

    seed: str
    opened_at: str
    window_hours: float
    families: list[Family]
    articles: list[Article]
    slots: dict[str, Slots]
    talk: dict[str, Phrases]
    talk_plan: dict[str, dict[str, Any]]
    moves: dict[str, Any]
    authors: dict[str, Any]
    sites: dict[str, Any]
    echoes: dict[str, int] = field(default_factory=dict)


def load(folder: Path) -> Material:
    """Read ``material/*.toml`` of an incident. Raises UsageError with the file's name when one does not fit."""
    plan = read_toml(folder / "plan.toml")
    families = [
        _family(raw, path)
        for path in sorted(folder.glob("stories-*.toml"))
        for raw in read_toml(path)["families"]
    ]
    talk = read_toml(folder / "talk.toml")
    articles = [Article(**_article(raw)) for raw in read_toml(folder / "articles.toml")["articles"]]
    return Material(
        seed=plan["seed"],
        opened_at=plan["opened_at"],
        window_hours=plan["window_hours"],
        families=families,
        articles=articles,
        slots=plan["slots"],
        talk=talk,
        talk_plan=plan["talk"],
        moves=read_toml(folder / "moves.toml"),
        authors={"pools": _pools(read_toml(folder / "authors.toml"), plan["seed"])},
        sites=read_toml(folder / "sites.toml"),
        echoes=plan["echoes"],
    )


def read_sites(folder: Path) -> dict[str, Any]:
    """Read the sites' invented names and channels."""
    return read_toml(folder / "sites.toml")


def _pools(parts: dict[str, Any], seed: str) -> dict[str, dict[str, list[str]]]:
    """Put handles together: for each site and register a list, most talkative first."""
    pools: dict[str, dict[str, list[str]]] = {"telegram": parts["telegram"]}
    taken: set[str] = set()
    for site, size in parts["size"].items():
        rng = dice(seed, "authors", site)
        pools[site] = {"spam": parts["spam"][site]}
        for register in REGISTERS:
            names = [name for name in _names(parts, site, register, rng) if name not in taken]
            pools[site][register] = names[:size]
            taken.update(names[:size])
    return pools


def _names(parts: dict[str, Any], site: str, register: str, rng: random.Random) -> list[str]:
    ascii_only = site == "mastodon" or register == "en"
    table = parts["ascii" if ascii_only and register != "en" else register]
    names = [first + ("_" * ascii_only) + second for first in table["first"] for second in table["second"]]
    rng.shuffle(names)
    return [f"{name}{rng.randint(2, 99)}" if ascii_only else name for name in names]


def _article(raw: dict[str, Any]) -> dict[str, Any]:
    return {"family": None, "claim": None, **raw, "text": raw["text"].strip()}


def _family(raw: dict[str, Any], path: Path) -> Family:
    try:
        first = raw["claims"][0]["id"]
        claims = [_claim(one, raw["role"], raw) for one in raw["claims"]]
        starts = {claim.id: claim.start for claim in claims}
        for role, key in (("enquiry", "enquiries"), ("correction", "corrections")):
            for one in raw.get(key, []):
                claims += _by_claim(_claim({"id": first, **one}, role, raw), starts)
        return Family(raw["id"], raw["role"], raw["about"], claims)
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path.name}: family {raw.get('id', '?')} lacks or misspells {error}"
        raise UsageError(message) from error


def _by_claim(about: Claim, starts: dict[str, float]) -> list[Claim]:
    """Part questions or corrections by the claim they name (``"r04c| ..."``; the first claim without a name).

    Nobody asks about a claim, or corrects it, before it is there.
    """
    total = sum(len(texts) for texts in about.phrases.values())
    parts = []
    for name, start in starts.items():
        mine = {register: _named(texts, name, about.id) for register, texts in about.phrases.items()}
        mine = {register: texts for register, texts in mine.items() if texts}
        share = sum(len(texts) for texts in mine.values()) / total
        begin = max(about.start, start + 0.5)
        if not mine or begin >= about.end:
            continue
        parts.append(
            replace(
                about,
                id=f"{name}-correction" if about.role == "correction" else name,
                start=begin,
                peak=max(about.peak, min(begin + 3, about.end)),
                posts=max(1, round(about.posts * share)),
                phrases=mine,
            )
        )
    return parts


def _named(texts: list[str], name: str, first: str) -> list[str]:
    tagged = [text.partition("| ") for text in texts]
    return [body if mark else head for head, mark, body in tagged if (head if mark else first) == name]


def _claim(one: dict[str, Any], role: str, raw: dict[str, Any]) -> Claim:
    own = {register: list(one.get(register, [])) for register in REGISTERS}
    for other in raw["claims"]:
        if other["id"] == one.get("like"):  # the same frame with other figures
            own = {register: own[register] + list(other.get(register, [])) for register in REGISTERS}
    slots = {
        name: [value] if isinstance(value, str) else list(value)
        for name, value in one.get("slots", {}).items()
    }
    return Claim(
        id=one["id"],
        role=role,
        start=float(one["start"]),
        peak=float(one["peak"]),
        end=float(one["end"]),
        posts=int(one["posts"]),
        phrases={register: texts for register, texts in own.items() if texts},
        slots=slots,
        sites=dict(one.get("sites", raw["sites"])),
    )

"""Decide who says what when: a list of utterances without ids, threads or counts."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crawlers.samples.material import Article, Claim, Material
from crawlers.samples.moves import Deck, dice, dress, fill, retell
from crawlers.samples.records import parse_time

_UTC_TO_PACIFIC = -7  # the window lies in daylight saving time
_SHORT_SITE_LIMIT = 480  # a Mastodon post holds 500 characters


@dataclass(frozen=True)
class Utterance:
    """Something said on one site at one moment; ``kind`` says how it hangs together with others."""

    at: datetime
    site: str
    register: str
    role: str
    family: str | None
    claim: str | None
    core: str
    text: str
    kind: str  # own | reply | reaction | echo | article
    author: str | None = None
    title: str | None = None


def plan(material: Material) -> list[Utterance]:
    """Return every utterance of the incident, oldest first; the same material gives the same list."""
    said = _claims(material) + _articles(material) + _talk(material) + _echoes(material)
    return sorted(said, key=lambda one: (one.at, one.site, one.core))


def _claims(material: Material) -> list[Utterance]:
    said: list[Utterance] = []
    for family in material.families:
        for number, claim in enumerate(family.claims):
            rng = dice(material.seed, claim.id, claim.role, str(number))
            said += _one_claim(material, family.id, claim, rng)
    return said


def _one_claim(material: Material, family: str, claim: Claim, rng: random.Random) -> list[Utterance]:
    decks = {register: Deck(texts, rng) for register, texts in claim.phrases.items()}
    said: list[Utterance] = []
    for hour in sorted(_moment(claim.start, claim.peak, claim.end, rng) for _ in range(claim.posts)):
        first = not said
        site = _site(claim, hour if not first else claim.start, material, rng)
        register = _register(site, list(decks), material, rng)
        core = fill(decks[register].deal(), [claim.slots, material.slots[register]], register, rng)
        if site == "mastodon" and len(core) > _SHORT_SITE_LIMIT:
            site = "forum"
        at = _clock(material, claim.start if first else hour)
        kind = "reply" if rng.random() < material.moves["reply"][claim.role] else "own"
        text = core if first else _passed_on(core, register, site, claim.role, rng, material.moves)
        text = _tagged(text, site, kind, rng, material.moves)
        said.append(Utterance(at, site, register, claim.role, family, claim.id, core, text, kind))
    return said


def _passed_on(
    text: str, register: str, site: str, role: str, rng: random.Random, moves: dict[str, Any]
) -> str:
    if role in moves["begins"] and rng.random() < 0.45:
        text = str(rng.choice(moves["begins"][role][register])) + text
    if role in moves["retold"]:
        text = retell(text, register, rng, moves)
    return dress(text, register, site, role, rng, moves) if rng.random() < moves["dressed"][role] else text


def _tagged(text: str, site: str, kind: str, rng: random.Random, moves: dict[str, Any]) -> str:
    wanted = site == "mastodon" and kind == "own" and rng.random() < moves["tagged"]
    return text + str(rng.choice(moves["tags"])) if wanted else text


def _moment(start: float, peak: float, end: float, rng: random.Random) -> float:
    """Draw an hour between start and end, thickest at the peak and thin in San Francisco's night."""
    for _ in range(6):
        hour = rng.triangular(start, end, peak)
        local = (hour + 5.67 + _UTC_TO_PACIFIC) % 24
        if not 1.5 <= local <= 6.5 or hour < 8 or rng.random() < 0.25:
            return hour
    return hour


def _clock(material: Material, hour: float) -> datetime:
    hour = min(max(hour, 0.0), material.window_hours - 0.002)
    return parse_time(material.opened_at) + timedelta(seconds=round(hour * 3600))


def _site(claim: Claim, hour: float, material: Material, rng: random.Random) -> str:
    reached = [site for site, delay in claim.sites.items() if hour - claim.start >= delay]
    sites = reached or [min(claim.sites, key=lambda site: claim.sites[site])]
    weights = [material.sites["volume"][site] for site in sites]
    return rng.choices(sites, weights)[0]


def _register(site: str, known: list[str], material: Material, rng: random.Random) -> str:
    weights = [material.sites["registers"][site][register] for register in known]
    return rng.choices(known, weights)[0] if sum(weights) else rng.choice(known)


def _articles(material: Material) -> list[Utterance]:
    return [_article(material, one) for one in material.articles]


def _article(material: Material, one: Article) -> Utterance:
    return Utterance(
        at=_clock(material, one.hour),
        site=one.site,
        register="",
        role=one.role,
        family=one.family,
        claim=one.claim,
        core=one.text,
        text=one.text,
        kind="article",
        author=one.author,
        title=one.title,
    )


def _talk(material: Material) -> list[Utterance]:
    """Chatter, short reactions and spam: texts that belong to no story."""
    said: list[Utterance] = []
    for name, how in material.talk_plan.items():
        rng = dice(material.seed, "talk", name)
        decks = {
            register: Deck(texts, rng) for register, texts in material.talk[how.get("texts", name)].items()
        }
        for _ in range(how["posts"]):
            hour = _moment(how["start"], how["peak"], how["end"], rng)
            site = rng.choices(how["sites"], [material.sites["volume"][site] for site in how["sites"]])[0]
            register = _register(site, list(decks), material, rng)
            core = fill(decks[register].deal(), [material.slots[register]], register, rng)
            text = _chatted(core, register, site, how, rng, material.moves)
            kind = rng.choices(list(how["kinds"]), list(how["kinds"].values()))[0]
            said.append(
                Utterance(_clock(material, hour), site, register, how["role"], None, None, core, text, kind)
            )
    return said


def _chatted(
    core: str, register: str, site: str, how: dict[str, Any], rng: random.Random, moves: dict[str, Any]
) -> str:
    """Give small talk an opening or an end of its own; Telegram channels print it as a reader's letter."""
    if how["role"] != "chatter" or not how.get("vary", False):
        return core
    text = retell(core, register, rng, moves)
    if rng.random() < 0.35:
        text = str(rng.choice(moves["opening"][register])) + text
    if rng.random() < 0.35:
        text += str(rng.choice(moves["ending"][register]))
    return str(rng.choice(moves["letter"][register])) + text if site == "telegram" else text


def _echoes(material: Material) -> list[Utterance]:
    """Boosts on Mastodon and forwards between Telegram channels; what they repeat is chosen while weaving."""
    said: list[Utterance] = []
    for site, count in material.echoes.items():
        rng = dice(material.seed, "echo", site)
        for _ in range(count):
            at = _clock(material, _moment(1.5, 14.0, material.window_hours, rng))
            said.append(Utterance(at, site, "", "chatter", None, None, "", "", "echo"))
    return said

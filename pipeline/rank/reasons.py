"""Why a claim stands where it does, in sentences: which ones hold, and how each language says them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.toml_files import words_of

Said = tuple[str, dict[str, Any]]
"""A key of ``words.toml`` and its values; ``n`` chooses between one and other."""

LANGUAGES = ("en", "zh-Hans", "zh-Hant")
_FEW = 3
_MANY_COPIES = 0.5
_Name = Callable[[str, str], str]


def reasons(row: Mapping[str, Any]) -> list[Said]:
    """The sentences that hold for a row of ``ranked_claims``, the most telling first; unknown values say nothing."""
    found = (
        _verdict(row),
        _asked(row),
        _jumped(row),
        _moves(row),
        _one_voice(row),
        _copied(row),
        _harm(row),
        _answered(row),
    )
    return [said for said in found if said]


def sentence(language: str, said: Said, name: _Name | None = None) -> str:
    """One reason in words; ``name(kind, code)`` gives the word for a platform or a kind of harm."""
    key, values = said
    forms = _words(language)
    text = forms.get(f"{key}.one") if values.get("n") == 1 else None
    shown = {k: _shown(language, k, v, name or _plain(language)) for k, v in values.items()}
    return (text or forms[f"{key}.other"]).format(**shown)


def explain(language: str, row: Mapping[str, Any], name: _Name | None = None, most: int = 4) -> str:
    """The first ``most`` reasons as one line."""
    said = [sentence(language, one, name) for one in reasons(row)[:most]]
    if language == "en":
        return "; ".join(said)[:1].upper() + "; ".join(said)[1:] + "." if said else ""
    return "；".join(said) + "。" if said else ""


def _verdict(row: Mapping[str, Any]) -> Said | None:
    """Of rows of the saved question top_claims: what people confirmed rests on words that were changed, or gone."""
    return next(((name, {}) for name in ("verdict_changed", "review_gone") if row.get(name)), None)


def _asked(row: Mapping[str, Any]) -> Said | None:
    if row.get("recent_enquirers"):
        return "asked_recent", {"n": row["recent_enquirers"]}
    return ("asked", {"n": row["enquirers"]}) if row.get("enquirers") else None


def _jumped(row: Mapping[str, Any]) -> Said | None:
    count = int(row.get("jump") or 0)
    if not count or not row.get("origin"):
        return None
    return "jumped", {"n": count, "origin": row["origin"], "to": list(row.get("jumped_to") or [])}


def _moves(row: Mapping[str, Any]) -> Said | None:
    recent, previous = row.get("recent_voices"), row.get("previous_voices")
    if recent is None or previous is None:
        return None
    if recent >= _FEW and recent == row.get("voices"):
        return "new", {"n": recent}
    if recent > previous and recent >= _FEW:
        return "grows", {"n": recent, "previous": previous}
    return ("fades", {"n": recent, "previous": previous}) if previous >= _FEW and recent < previous else None


def _one_voice(row: Mapping[str, Any]) -> Said | None:
    posts = (row.get("recent_posts") or 0) + (row.get("previous_posts") or 0)
    return ("one_voice", {"n": posts}) if row.get("voices") == 1 and posts >= _FEW else None


def _copied(row: Mapping[str, Any]) -> Said | None:
    share = row.get("copy_share")
    many = share is not None and share >= _MANY_COPIES and (row.get("voices") or 0) >= _FEW
    return ("copied", {"percent": share}) if many else None


def _harm(row: Mapping[str, Any]) -> Said | None:
    if row.get("harm_assessed"):
        return "harm_assessed", {"percent": row["harm"]}
    kinds = [kind for kind in row.get("harms") or [] if kind != "action"]
    return ("harm", {"kinds": kinds}) if kinds else None


def _answered(row: Mapping[str, Any]) -> Said | None:
    count = row.get("correctors")
    if count:
        return "answered", {"n": count}
    return ("unanswered", {}) if count == 0 and (row.get("voices") or 0) >= _FEW else None


def _shown(language: str, key: str, value: object, name: _Name) -> str:
    joint = ", " if language == "en" else "、"
    if key == "origin":
        return name("platform", str(value))
    if isinstance(value, list):
        return joint.join(name("harm" if key == "kinds" else "platform", str(one)) for one in value)
    return f"{value:.0%}" if isinstance(value, float) else f"{value:,}"


def word_of(language: str, kind: str, code: str) -> str:
    """The word for a kind of harm; a code without one is shown as it is."""
    return _words(language).get(f"{kind}.{code}", code)


def _plain(language: str) -> _Name:
    return lambda kind, code: word_of(language, kind, code)


@cache
def _words(language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for family, sentences in words_of(Path(__file__).with_name("words.toml"), language).items():
        found |= {f"{family}.{form}": words for form, words in sentences.items()}
    return found

"""Every word exists in every language, and every word that a page asks for exists."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from dashboard.render import HERE
from dashboard.widgets.posts import SHOWN
from dashboard.widgets.reasons import COMPONENTS
from dashboard.words import LANGUAGES, Words, nearest_language, sentences
from pipeline.alerts.config import NUMBERS
from pipeline.coalition import LANGUAGES as LANGUAGES_OF_STATEMENTS
from pipeline.correction.advice import Advice
from pipeline.correction.consensus import Answer, Phase
from pipeline.correction.document import Doubt, Part
from pipeline.correction.lockstep import REGIONS
from pipeline.ledger.outreach import STANCES
from pipeline.mask import Kind
from pipeline.moments.decided import Said
from pipeline.people import AccountRole
from pipeline.protocol.directory import KINDS
from pipeline.records import Rating, Role, RulingKind, Status
from pipeline.runs import LeftOut
from pipeline.stages import STAGE_NAMES
from pipeline.text.disguise import GAINS
from pipeline.text.spellings import known
from refusals_support import codes

FAMILIES = {
    "refused": codes(),
    "evidence_field": ["url", "archive_url", "quote"],
    "status": [s.value for s in Status],
    "rating": ["unrated", *(r.value for r in Rating)],
    "role": [r.value for r in Role],
    "history": [k.value for k in RulingKind],
    "joined": ["exact", "similar", "reply", "repost", "ruling", "alone"],
    "tree_by": ["platform", "script"],
    "folding": [*GAINS, *set(known()[0].reasons.values()), "approved alias"],
    "stage": list(STAGE_NAMES),
    "left_out": [why.value for why in LeftOut],
    "match": ["confirm", "reject"],
    "known": ["confirm", "reject"],
    "script": ["hans", "hant", "yue", "en", "mixed", "other", "none"],
    "script_short": ["hans", "hant", "yue", "en", "mixed", "other", "none"],
    "turn": ["running", "done", "partly", "failed", "stopped", "interrupted"],
    "alert_kind": list(NUMBERS),
    "run": ["running", "done", "partial", "replayed", "failed", "stopped", "reused", "abandoned"],
    "reason": list(COMPONENTS),
    "reason_says": list(COMPONENTS),
    "show": ["all", *filter(None, SHOWN), "newest", "oldest"],
    "month": [str(m) for m in range(1, 13)],
    "account_role": [r.value for r in AccountRole],
    "mask": [k.value for k in Kind],
    "speech": list(LANGUAGES_OF_STATEMENTS),
    "region": list(REGIONS),
    "part": [p.value for p in Part],
    "answer": [a.value for a in Answer],
    "phase": [p.value for p in Phase],
    "moment_said": [*(p.value for p in Phase), *(said.value for said in Said)],
    "phase_short": [p.value for p in Phase],
    "advice": [a.value for a in Advice],
    "doubt": [doubt.value for doubt in Doubt],
    "point": [
        *(
            "no_title",
            "no_known",
            "told_twice",
            "two_titles",
            "no_rating",
            "no_text",
            "no_source",
            "bright_line",
        ),
        *(f"doubt_{doubt.value}" for doubt in Doubt),
        *(f"differs_{kind}" for kind in ("date", "clock", "phone", "number", "name")),
    ],
    "known_trust": ["own", "trusted", "shown"],
    "known_from": ["import", "crawl", "release"],
    "task_state": ["done", "late", "open"],
    "contact": list(KINDS),
    "stance": list(STANCES),
    "desk": ["claims", "corrections", "protocol", "health", "incidents", "light", "dark", "system"],
}

_ASKED = re.compile(r"words(?:\.count)?\(\s*[\"']([a-z_.]+)[\"']")
_CHOSEN = re.compile(r"words\(\s*\"([a-z_.]+)\" if .*? else \"([a-z_.]+)\"")


def sources() -> str:
    files = [*HERE.rglob("*.py"), *HERE.rglob("*.html")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_blanks(language: str) -> None:
    ours, english = sentences(language), sentences("en")
    assert set(ours) == set(english)
    for key, text in ours.items():
        assert text.strip(), key
        assert blanks(text) == blanks(english[key]), key


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_word_that_a_page_asks_for_exists() -> None:
    text = sources()
    asked = set(_ASKED.findall(text)) | {key for pair in _CHOSEN.findall(text) for key in pair}
    known = set(sentences("en"))
    missing = {
        key for key in asked if not key.endswith(".") and key not in known and f"{key}.one" not in known
    }
    assert len(asked) > 100, "the pattern no longer finds the calls"
    assert not missing


def test_no_word_is_left_over() -> None:
    text = sources().replace("'", '"')
    composed = (
        "time.a",
        "history.set_",
        "desk.",
        "list.",
        "claim.older",
        "claim.newer",
        "post.",
        "decide.",
        "platform.",
        "stopped.",
        "lane.",
        "when.",
        "look.",
        "moves.",
        "moved.",
        "keys.",
        "mutation.",
        "assess.level_",
        "added.",
        "advice.",
        "moment.",
        "borrowed.",
        "why.",
    )
    left = []
    for key in sentences("en"):
        family, _, name = key.partition(".")
        asked = re.sub(r"\.(one|other)$", "", key)
        if f'"{asked}"' not in text and not key.startswith(composed) and name not in FAMILIES.get(family, []):
            left.append(key)
    assert set(left) <= {"reason_says.other", "reason_says.burst_below"}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_code_has_its_word(family: str) -> None:
    for language in LANGUAGES:
        known = sentences(language)
        missing = [name for name in FAMILIES[family] if f"{family}.{name}" not in known]
        assert not missing, (language, family, missing)


def test_chinese_is_chinese_and_each_form_is_its_own() -> None:
    hans, hant = sentences("zh-Hans"), sentences("zh-Hant")
    han = re.compile("[\u4e00-\u9fff]")
    latin = {"post.link", "borrowed.month_value"}
    brands = ("platform.", "script_short.")
    for key, text in hans.items():
        if not key.startswith(brands) and key not in latin and not blanks(text) and re.search(r"\w", text):
            assert han.search(text), key
    assert not set("这为说发时间条"[:6]) & set("".join(hant.values()))
    assert not set("這為說發時間"[:5]) & set("".join(hans.values()))


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("en-US", "en"),
        ("zh-CN", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant"),
        ("yue", "zh-Hant"),
        ("fr", "en"),
        (None, "en"),
    ],
)
def test_the_browser_decides_the_language(locale: str | None, language: str) -> None:
    assert nearest_language(locale) == language


def test_a_missing_word_is_an_error_not_english() -> None:
    with pytest.raises(KeyError):
        Words("zh-Hans")("no.such_key")
    assert Words("en").of("platform", "a-site-we-never-heard-of") == "a-site-we-never-heard-of"
    assert Words("en").count("posts", 1) == "1 post"
    assert Words("en").count("posts", 1234) == "1,234 posts"

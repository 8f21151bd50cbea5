"""How characters are built: the parts of a split character, and characters that differ in one part only."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from pipeline.paths import CHECKOUT

_WIDE = {
    "亻": "人",
    "氵": "水",
    "扌": "手",
    "讠": "言",
    "钅": "金",
    "饣": "食",
    "忄": "心",
    "犭": "犬",
    "纟": "糸",
    "艹": "草",
    "辶": "走",
    "刂": "刀",
}
"""Parts that are no characters of their own, and the characters that stand in for them."""
_SETS = (
    "己已巳",
    "日曰",
    "末未",
    "土士",
    "千干于",
    "人入八",
    "免兔",
    "微徽",
    "戊戌戍",
    "天夭",
    "贝见",
    "大犬太",
    "王玉主",
    "今令",
    "侯候",
    "治冶",
    "洒酒",
    "析折",
    "拔拨",
    "兵乒乓",
    "晴睛",
    "毫豪",
    "梁粱",
    "崇祟",
    "班斑",
    "暴爆",
)
"""Look-alikes whose parts do not show it; common knowledge of any schoolbook."""


def parts_of(char: str) -> tuple[str, ...]:
    """Return the ways to write ``char`` as two characters side by side: 枪 is 木仓."""
    ways = set(_decompositions().get(char, ()))
    ways |= {_WIDE[way[0]] + way[1] for way in ways if way[0] in _WIDE}
    return tuple(sorted(ways))


def look_alikes(char: str) -> frozenset[str]:
    """Return characters that share a part of ``char`` and differ in the other: 抢 for 枪."""
    found = {other for known in _SETS if char in known for other in known}
    for way in _decompositions().get(char, ()):
        found |= _by_last_part()[way[1]]
    return frozenset(found - {char})


@cache
def _decompositions() -> dict[str, list[str]]:
    lines = (CHECKOUT / "data" / "lexicon" / "parts.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {char: ways.split(" ") for char, ways in rows}


@cache
def _by_last_part() -> dict[str, set[str]]:
    chars: dict[str, set[str]] = defaultdict(set)
    for char, ways in _decompositions().items():
        for way in ways:
            chars[way[1]].add(char)
    return chars

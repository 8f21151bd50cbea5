"""One script for matching: Simplified, whatever the region and its phrases.

OpenCC's own tables are used. A line in Traditional goes through Hong Kong's and Taiwan's variants and Taiwan's
phrases (計程車 is 出租车); a line in Simplified only loses the odd Traditional character: run over mainland text,
the phrase tables make nonsense (档案 becomes 文件 and then 文档, 哈萨克斯坦 grows a second 斯坦).
"""

from __future__ import annotations

from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
from opencc import OpenCC

_TRADITIONAL = ("hk2t", "tw2sp")
_CJK = range(0x3400, 0xA000)
_KEPT = ("埠", "獅子山", "檔案", "簡報", "執行", "建立", "區域", "智慧", "影片")
"""Left out of Taiwan's phrases, which mean something else outside of computing: 華埠 is Chinatown, not a port of a
router; 獅子山 is a hill in Hong Kong before it is Sierra Leone."""
_HIDDEN = 0xE000
PHRASED = "哩坏沈甦瞭藉衹覆"
"""Characters that OpenCC turns into Simplified in phrases only (英哩 is 英里); a test reads them off its table."""


def to_matching_script(sheet: str) -> str:
    """Return the sheet in Simplified; Traditional lines also with mainland words."""
    lines = sheet.split("\n")
    rows = [row for row, traditional in enumerate(is_traditional(lines)) if traditional]
    if rows:
        folded = _fold_traditional("\n".join(lines[row] for row in rows)).split("\n")
        for row, line in zip(rows, folded, strict=True):
            lines[row] = line
    simplified: str = converter("t2s").convert("\n".join(lines))
    return simplified


def is_traditional(lines: list[str]) -> list[bool]:
    """Say for each line whether it holds more Traditional-only than Simplified-only characters."""
    column = pa.array(lines, pa.large_string())
    traditional = pc.count_substring_regex(column, f"[{traditional_only()}]")
    simplified = pc.count_substring_regex(column, f"[{simplified_only()}]")
    found: list[bool] = pc.greater(traditional, simplified).to_pylist()
    return found


def _fold_traditional(sheet: str) -> str:
    for index, kept in enumerate(_KEPT):
        sheet = sheet.replace(kept, chr(_HIDDEN + index))
    for name in _TRADITIONAL:
        sheet = converter(name).convert(sheet)
    for index, kept in enumerate(_KEPT):
        sheet = sheet.replace(chr(_HIDDEN + index), kept)
    return sheet


@cache
def converter(name: str) -> OpenCC:
    """Return OpenCC's converter of this name; loading its tables takes a while, so once."""
    return OpenCC(name)


@cache
def traditional_only() -> str:
    """Characters that Simplified does not write, as one string."""
    plain = "\n".join(map(chr, _CJK))
    folded = converter("t2s").convert(plain)
    return "".join(c for c, f in zip(plain.split("\n"), folded.split("\n"), strict=True) if c != f)


@cache
def simplified_only() -> str:
    """Characters that Traditional does not write, as one string."""
    plain = "\n".join(map(chr, _CJK))
    folded = converter("s2t").convert(plain)
    shared = set(traditional_only())
    pairs = zip(plain.split("\n"), folded.split("\n"), strict=True)
    return "".join(c for c, f in pairs if c != f and c not in shared)

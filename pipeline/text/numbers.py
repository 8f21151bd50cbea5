"""One notation for numbers: 三十五, ３５, 卅五 and 35 are the same words for matching; so are 1.76万 and 17600."""

from __future__ import annotations

import re
from decimal import Decimal

_DIGITS = dict(zip("零〇一二三四五六七八九", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_DIGITS |= {"两": 2, "兩": 2, "壹": 1, "贰": 2, "貳": 2, "叁": 3, "參": 3, "肆": 4, "伍": 5, "陆": 6, "陸": 6}
_DIGITS |= {"柒": 7, "捌": 8, "玖": 9}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
_MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
_SCORES = {"廿": "二十", "卅": "三十", "卌": "四十"}
_CHARS = "".join([*_DIGITS, *_UNITS, *_MYRIADS, *_SCORES])
_MEASURES = (
    "人|名|岁|歲|年|月|日|号|號|天|周|点|點|时|小时|分钟|秒|元|块|塊|美元|刀|次|起|家|座|台|辆|輛|架|艘|条|條|只|隻|头|枪|槍|级|級|楼|樓|层|層|届|米"
    "|公里|吨|斤|岁|死|伤|傷|倍|成|位|个|個|国|省|市|州"
)
NUMERALS = _CHARS
AFTER_NUMERAL = _CHARS + "".join(measure[0] for measure in _MEASURES.split("|")) + "多余餘几"
"""What follows a numeral wherever one is read, a lone one or the first of several."""
_RUN = re.compile(
    rf"百分之[{_CHARS}]{{1,9}}|(?<!\d)[{_CHARS}]{{2,16}}(?!\d)|[二三四五六七八九十两兩廿卅卌](?=(?:多|余|餘|几)?(?:{_MEASURES}))"
    r"|一(?=[人名死伤傷岁歲])|一(?=月(?:份|初|中旬|底|[\d一二三十]))|(?<=月)一(?=[日号號])"
)
_MIXED_PART = r"(\d{1,9}(?:\.\d{1,4})?)(?:([百佰千仟])(?![克米瓦度货貨事分])([万萬亿億]?)|([万萬亿億]))"
_MIXED = re.compile(
    rf"(?<![\d.])(?:{re.sub(r'[(](?![?])', '(?:', _MIXED_PART)}){{1,5}}"
    rf"(?:\d(?![\d.%]|(?:{_MEASURES}|多|余|餘|几)))?(?![\d万萬亿億百佰千仟])"
)
"""5百万, 3千5百, 2万5千, 2万5; where more digits follow, nobody knows what is meant."""
_MIXED_PARTS = re.compile(rf"{_MIXED_PART}|(\d)")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3}){1,5}(?![\d,])")
_DATE = re.compile(r"(?<![\d./-])((?:19|20)\d\d)([-/.])(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?![\d./-])")
_CLOCK = re.compile(r"(?<![\d:.])([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?![\d:])")
_LARGEST = 16
_POINT = re.compile(
    r"([零一二三四五六七八九十两兩]{1,4})点([零〇一二三四五六七八九]{1,4})(?=[万萬亿億倍%成元度级級米]|公里|个百分点|個百分點)"
)
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
_MONTH = (
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|t(?:ember)?|tember|ober|ember)?\.?"
)
_DAY_NUMBER = r"(0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:,? ((?:19|20)\d\d))?(?![a-z\d:])"
_MONTH_FIRST = re.compile(rf"\b{_MONTH} {_DAY_NUMBER}{_YEAR}")
_DAY_FIRST = re.compile(rf"(?<![\w.:/-]){_DAY_NUMBER} (?:of )?{_MONTH}(?![a-z]){_YEAR}")
_SLASHED = re.compile(r"(?<![\w./-])(0?[1-9]|1[0-2])/(1[3-9]|2\d|3[01])(?![a-z\d./%-])")
"""Month and day as America writes them; 3/4 could be a share or the third of April, and stays."""
_DAY = re.compile(r"(?<=月)(\d{1,2})[号號]")
_HOUR = re.compile(r"(?<!\d)(\d{1,2})[时時](?=\d{1,2}分)")
_MONEY = re.compile(r"(?<![a-z])(us|hk|nt)?([$¥]) ?(\d+(?:\.\d+)?[万萬亿億千]?)")
_CURRENCIES = {"us": "美元", "hk": "港元", "nt": "新台币"}
_KILO = re.compile(r"(?<=\d) ?(km|kg)\b")
_LEADING_ZERO = re.compile(r"(?<![\d.])0(?=[1-9][月日点])")


def to_digits(sheet: str) -> str:
    """Return the sheet with Chinese, mixed and grouped numbers, dates and clock times as plain digits."""
    sheet = _GROUPED.sub(lambda found: found[0].replace(",", ""), sheet)
    sheet = _DATE.sub(lambda found: f"{found[1]}年{int(found[3])}月{int(found[4])}日", sheet)
    sheet = _SLASHED.sub(lambda found: f"{int(found[1])}月{found[2]}日", sheet)
    sheet = _MONTH_FIRST.sub(lambda found: _as_date(found[1], found[2], found[3]), sheet)
    sheet = _DAY_FIRST.sub(lambda found: _as_date(found[2], found[1], found[3]), sheet)
    sheet = _CLOCK.sub(lambda found: f"{int(found[1])}点{found[2]}分", sheet)
    sheet = _POINT.sub(lambda found: f"{_value(found[1]) or found[1]}.{_figures(found[2])}", sheet)
    sheet = _RUN.sub(_read_run, sheet)
    sheet = _MONEY.sub(_read_money, sheet)
    sheet = _MIXED.sub(_read_mixed, sheet)
    sheet = _DAY.sub(r"\1日", _HOUR.sub(r"\1点", sheet))
    sheet = _KILO.sub(lambda found: "公里" if found[1] == "km" else "公斤", sheet)
    return _LEADING_ZERO.sub("", sheet)


def _as_date(month: str, day: str, year: str | None) -> str:
    return f"{f'{year}年' if year else ''}{_MONTHS.index(month) // 3 + 1}月{int(day)}日"


def _figures(run: str) -> str:
    return "".join(str(_DIGITS[char]) for char in run)


def _read_money(found: re.Match[str]) -> str:
    plain = "美元" if found[2] == "$" else "元"
    return f"{found[3]}{_CURRENCIES.get(found[1] or '', plain)}"


def _read_run(found: re.Match[str]) -> str:
    run = found[0]
    if run.startswith("百分之"):
        share = _value(run[3:])
        return run if share is None else f"{share}%"
    value = _value(run)
    return run if value is None else value


def _value(run: str) -> str | None:
    """Return the number that these characters write, or None where they write none (千万, 万一, 一一, 两三)."""
    for char, long in _SCORES.items():
        run = run.replace(char, long)
    if all(char in _DIGITS for char in run):
        return None if len(run) == 2 and _DIGITS[run[1]] - _DIGITS[run[0]] in {0, 1} else _figures(run)
    if (
        not any(char in _DIGITS or char in "十拾" for char in run)
        or run[0] in _MYRIADS
        or run[0] in "百千佰仟"
    ):
        return None
    total = _positional(run)
    return None if total is None else str(total)


def _positional(run: str) -> int | None:
    """Read units from left to right; None where they stand in no order that writes a number (十万百)."""
    total = section = digit = 0
    last_unit, last_myriad, pending = 10_000, 10**12, False
    for char in run:
        if char in _DIGITS:
            if pending and _DIGITS[char] and digit:
                return None
            digit, pending = _DIGITS[char], True
        elif char in _UNITS:
            if _UNITS[char] >= last_unit:
                return None
            section += (digit or 1) * _UNITS[char]
            last_unit, digit, pending = _UNITS[char], 0, False
        else:
            if _MYRIADS[char] >= last_myriad or not section + digit:
                return None
            total += (section + digit) * _MYRIADS[char]
            last_myriad, last_unit, section, digit, pending = _MYRIADS[char], 10_000, 0, 0, False
    return total + section + _tail(digit, last_unit, last_myriad, section, run)


def _tail(digit: int, last_unit: int, last_myriad: int, section: int, run: str) -> int:
    """Return the last digit's worth: 二百五 is 250, 三万五 is 35,000, 二十五 is 25, 二百零五 is 205."""
    if not digit or (len(run) > 1 and run[-2] in "零〇"):
        return digit
    if section and last_unit < 10_000:
        return digit * max(last_unit // 10, 1)
    if not section and last_myriad < 10**12:
        return digit * (last_myriad // 10)
    return digit


def _read_mixed(found: re.Match[str]) -> str:
    value = _mixed_value(found[0])
    if value is None:
        return found[0]
    whole = value.to_integral_value()
    text = str(int(whole)) if value == whole else str(value.normalize())
    return text if len(text) <= _LARGEST else found[0]


def _mixed_value(run: str) -> Decimal | None:
    """Read digits with units from left to right; None where the units stand in no order that writes a number."""
    total = section = Decimal(0)
    last_unit, last_myriad, tail = 10_000, 10**12, 0
    for figures, small, myriad, alone, digit in _MIXED_PARTS.findall(run):
        if digit:
            return total + section + int(digit) * tail // 10
        unit, large = _UNITS.get(small, 1), _MYRIADS.get(myriad or alone, 1)
        if unit >= last_unit or large >= last_myriad:
            return None
        section += Decimal(figures) * unit
        last_unit, tail = unit, unit * large
        if large > 1:
            total += section * large
            section, last_unit, last_myriad = Decimal(0), 10_000, large
    return total + section

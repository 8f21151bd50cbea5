"""Personal data that posts spell out: found by form, so that a desk can hide it until somebody has a reason to look.

What is public stays: hotlines (911, 12345), toll-free and service numbers (1-800, 400), dates, prices, counts, and
whatever stands inside a web address. Of names only what its form gives away: a handle after an @ (posts of others are
quoted with it; an organization's stays) and what follows a label such as 姓名 or 联系人 and begins with a surname. A
name in running text is not found. Sources of the forms: GB 11643
(citizen number with its check digit), ISO/IEC 7812 (card numbers, Luhn), the North American Numbering Plan (area and
exchange codes begin with 2–9, N11 and N00 are no area codes), Taiwan's and Hong Kong's identity cards with their check
digits, USCIS A-Numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What was hidden."""

    EMAIL = "email"
    ID = "id"
    CARD = "card"
    PHONE = "phone"
    WECHAT = "wechat"
    PLATE = "plate"
    ADDRESS = "address"
    HANDLE = "handle"
    NAME = "name"


@dataclass(frozen=True, slots=True, order=True)
class Personal:
    """A stretch of a text, ``text[start:end]``, that leads to a private person."""

    start: int
    end: int
    kind: Kind


Check = Callable[[str], bool]
_BEFORE = r"(?<![A-Za-z0-9_.,$¥￥€£#@/=])"
_AFTER = r"(?![A-Za-z0-9_@]|[.,][0-9]|\s?(?:元|块|塊|万|萬|亿|億|%|％|人|名|次|票|美元|美金|港币|港幣|dollars|USD|RMB))"
_SEP = r"[\s.\-‐-―·]?"
_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Full-width forms to ASCII, character by character, so that places in the text stay."""
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'，。！？、）】」]{1,2000}", re.IGNORECASE)
_HAN = "一-鿿㐀-䶿"
_PREPOSITION = "在住是到于於的往去回址从從搬来來家我他她你您们們和与與及"


def _digits(text: str) -> str:
    """ASCII digits and letters of ``text``; full-width ones count."""
    return re.sub(r"[^0-9A-Z]", "", text.translate(_WIDTH).upper())


def _citizen(text: str) -> bool:
    """GB 11643: a possible birthday and a right check digit."""
    told = _digits(text)
    try:
        date(int(told[6:10]), int(told[10:12]), int(told[12:14]))
    except ValueError:
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(told[:17], weights, strict=True))
    return "10X98765432"[total % 11] == told[17]


def _luhn(text: str) -> bool:
    told = _digits(text)
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(told)))
    return 13 <= len(told) <= 19 and len(set(told)) > 1 and sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def _taiwan(text: str) -> bool:
    told = _digits(text)
    letter = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(told[0]) + 10
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    figures = [letter // 10, letter % 10, *(int(d) for d in told[1:])]
    return sum(f * w for f, w in zip(figures, weights, strict=True)) % 10 == 0


def _north_american(text: str) -> bool:
    """A subscriber's number: no toll-free code, no service code."""
    told = _digits(text)[-10:]
    area, exchange = told[:3], told[3:6]
    public = area[1:] in {"00", "11"} or (area[0] == "8" and area[1] == area[2])
    return not public and exchange[1:] != "11" and len(set(told)) > 2


def _abroad(text: str) -> bool:
    told = _digits(text)
    return 9 <= len(told) <= 15 and not told.startswith(
        ("1800", "1888", "1877", "1866", "1855", "1844", "1833")
    )


_ORGANIZATIONS = re.compile(
    r"官方|官博|新闻|新聞|[日晚早周时時]报|[日晚早時]報|周刊|週刊|电视|電視|电台|電台|广播|廣播|通讯|通訊|新华|新華|央视|央視|公安|警|消防"
    r"|法院|检察|政府|市府|发布|發[佈布]|[局厅廳委署]$|大学|大學|中学|小学|小學|学校|學校|医院|醫院|公司|银行|銀行|协会|協會|基金|联盟|聯盟|中心"
    r"|[网網报報台社会會]$|客服|辟谣|闢謠|频道|頻道|news|official|police|sfpd|sffd|sfgov|fire|gov|dept|times|daily|tv$|radio|city|county|school"
    r"|univ|bank|health|press|media|channel|bot$",
    re.IGNORECASE,
)


def _private(text: str) -> bool:
    """A handle that no organization would have."""
    return not _ORGANIZATIONS.search(text)


def _always(text: str) -> bool:
    return True


def _form(
    kind: Kind, pattern: str, check: Check = _always, flags: int = 0
) -> tuple[Kind, re.Pattern[str], Check]:
    return kind, re.compile(pattern, flags), check


_CHAT = (
    r"(?:微信|薇信|威信|V信|加\s?[vV]|\b[vV][xX]|\b[wW][xX]"
    r"|WeChat|QQ|扣扣|企鹅|企鵝|LINE|WhatsApp|Telegram|電報|电报)"
)
_ROOM = r"\s?[A-Z]?[0-9]{1,5}\s?(?:号|號|栋|棟|座|幢|单元|單元|楼|樓|层|層|室|房|户|戶)"
_NAME = rf"[{_HAN}]{{0,8}}?"
_STREET = (
    r"(?:Street|St|Avenue|Ave|Boulevard|Blvd|Road|Rd|Lane|Ln|Drive|Dr"
    r"|Court|Ct|Place|Pl|Way|Terrace|Ter|Alley|Aly)"
)

_SURNAMES = (
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何林罗羅高郑鄭梁谢謝宋唐许許韩韓邓鄧冯馮曹彭曾肖萧蕭田董潘袁蔡蒋蔣余于杜叶葉程魏苏蘇吕呂丁任卢盧"
    "姚沈钟鍾姜崔谭譚陆陸范汪廖石金韦韋贾賈夏付傅方邹鄒熊白孟秦邱侯江尹薛闫閻雷龙龍史陶贺賀毛郝顾顧龚龔邵万萬覃武钱錢戴严嚴莫孔向常汤湯温溫康施牛樊葛邢安"
    "齐齊伍庄莊殷欧歐甘关關司翁霍阮麦麥"
)
"""The most frequent in the mainland's register (Ministry of Public Security, report on names of 2020) and those of Hong
Kong and Taiwan, in both scripts."""
_LABELS = (
    r"姓名|名字|联系人|聯繫人|聯絡人|联络人|收款人|开户名|開戶名|户名|戶名|户主|戶主"
    r"|失踪者|失蹤者|走失者|寻人启事|尋人啟事|死者|伤者|傷者"
)

_FORMS = (
    _form(
        Kind.EMAIL,
        r"[A-Za-z0-9][\w.+-]{0,63}\s?[@＠]\s?(?:[A-Za-z0-9-]{1,63}[.．]){1,4}[A-Za-z]{2,24}",
        flags=re.ASCII,
    ),
    _form(
        Kind.ID,
        rf"{_BEFORE}[0-9]{{6}}\s?(?:1[89]|20)[0-9]{{6}}\s?[0-9]{{3}}[0-9XxＸｘ](?![A-Za-z0-9])",
        _citizen,
    ),
    _form(
        Kind.ID,
        r"(?:身份证|身份證|证件|證件|护照|護照|passport)\s?(?:号码?|號碼?|no\.?|number)?\s?[:：#是为為]?\s?(?P<it>[A-Z]?[0-9]{7,17}[0-9Xx])(?![0-9])",
        flags=re.IGNORECASE,
    ),
    _form(
        Kind.ID, rf"{_BEFORE}(?!000|666|9[0-9][0-9])[0-9]{{3}}-(?!00)[0-9]{{2}}-(?!0000)[0-9]{{4}}(?![0-9-])"
    ),
    _form(Kind.ID, r"(?<![A-Za-z0-9])A[-#＃]?\s?[0-9]{3}[-\s]?[0-9]{3}[-\s]?[0-9]{3}(?![A-Za-z0-9])"),
    _form(Kind.ID, r"(?<![A-Za-z0-9])[A-Z]{1,2}[0-9]{6}\s?[(（][0-9A][)）]"),
    _form(Kind.ID, r"(?<![A-Za-z0-9])[A-Z][12][0-9]{8}(?![A-Za-z0-9])", _taiwan),
    _form(
        Kind.CARD,
        rf"{_BEFORE}[3-6][0-9]{{3}}(?:[\s-]?[0-9]{{4}}){{2,3}}[\s-]?[0-9]{{1,7}}(?![A-Za-z0-9])",
        _luhn,
    ),
    _form(
        Kind.PHONE,
        rf"{_BEFORE}(?:[(（]?(?:\+|00)?86[)）]?{_SEP})?1[3-9][0-9](?:{_SEP}[0-9]{{4}}){{2}}{_AFTER}",
    ),
    _form(Kind.PHONE, rf"{_BEFORE}1[3-9][0-9]{_SEP}[0-9]{{3}}{_SEP}[0-9]{{5}}{_AFTER}"),
    _form(Kind.PHONE, rf"{_BEFORE}[(（]?0(?:10|2[0-9]|[3-9][0-9]{{2}})[)）]?[\s-]?[2-8][0-9]{{6,7}}{_AFTER}"),
    _form(
        Kind.PHONE,
        rf"{_BEFORE}(?:\+?1{_SEP})?[(（]?[2-9][0-9]{{2}}[)）]?{_SEP}\s?[2-9][0-9]{{2}}{_SEP}[0-9]{{4}}{_AFTER}",
        _north_american,
    ),
    _form(Kind.PHONE, rf"{_BEFORE}09[0-9]{{2}}{_SEP}[0-9]{{3}}{_SEP}[0-9]{{3}}{_AFTER}"),
    _form(
        Kind.PHONE, rf"(?<![\w+])[+＋][0-9]{{1,3}}(?:[\s.-]?[(（]?[0-9]{{1,4}}[)）]?){{2,5}}{_AFTER}", _abroad
    ),
    _form(
        Kind.PHONE,
        rf"(?:电话|電話|手机|手機|致电|致電|tel|phone|call|whatsapp)\s?(?:号码?|號碼?|no\.?)?\s?[:：是]?\s?(?P<it>[2-9][0-9]{{3}}[\s-]?[0-9]{{4}}){_AFTER}",
        flags=re.IGNORECASE,
    ),
    _form(
        Kind.WECHAT,
        rf"{_CHAT}\s?(?:号码?|號碼?|ID|id|账号|帳號)?\s?[:：是为為]\s?(?P<it>[A-Za-z0-9][-_A-Za-z0-9]{{4,19}})(?![-_A-Za-z0-9.])",
        flags=re.IGNORECASE,
    ),
    _form(
        Kind.WECHAT,
        rf"{_CHAT}\s?(?:号码?|號碼?|ID|id|账号|帳號)?\s?(?P<it>(?=[-_A-Za-z0-9]*[0-9_])[A-Za-z0-9][-_A-Za-z0-9]{{4,19}})(?![-_A-Za-z0-9.])",
    ),
    _form(
        Kind.PLATE,
        r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•\s]?(?=[A-Z0-9]*[0-9])[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])",
    ),
    _form(
        Kind.ADDRESS,
        rf"(?:(?![{_PREPOSITION}])[{_HAN}]){{1,6}}(?:大道|大街|胡同|[路街道巷弄里段])\s?[0-9]{{1,5}}(?:[-－之][0-9]{{1,4}})?\s?[号號弄](?:{_NAME}{_ROOM}){{0,5}}",
    ),
    _form(
        Kind.ADDRESS,
        r"[0-9]{1,4}\s?(?:栋|棟|幢|座|号楼|號樓)\s?(?:[0-9]{1,3}\s?(?:单元|單元))?\s?[0-9]{1,5}\s?(?:室|房|户|戶|号|號)",
    ),
    _form(
        Kind.ADDRESS,
        rf"{_BEFORE}[0-9]{{1,6}}(?:-[0-9]{{1,4}})?\s(?:[NSEW]\.?\s)?(?:[A-Z0-9][\w'’.-]{{0,20}}\s){{1,4}}{_STREET}\b\.?(?:,?\s?(?:#|Apt\.?|Unit|Suite|Ste\.?|Rm\.?|Room)\s?[A-Za-z0-9-]{{1,6}})?",
    ),
    _form(Kind.HANDLE, rf"(?<![A-Za-z0-9_.])[@＠](?P<it>[A-Za-z0-9_{_HAN}][-·\w]{{1,29}})", _private),
    _form(Kind.NAME, rf"(?:{_LABELS})\s?[:：]\s?(?P<it>[{_SURNAMES}][{_HAN}]{{1,3}})(?![{_HAN}])"),
    _form(Kind.NAME, rf"[我他她]叫做?(?P<it>[{_SURNAMES}][{_HAN}]{{1,2}})(?![{_HAN}])"),
    _form(
        Kind.NAME,
        r"\b(?:[Nn]ame|[Cc]ontact|[Zz]elle|[Vv]enmo|[Mm]issing)\s?[:：]\s?(?P<it>[A-Z][a-z]{1,20}(?:\s[A-Z][a-z'-]{1,20}){1,2})",
    ),
)
"""The earlier form wins where two meet. Every repetition is bounded: hostile text costs linear time."""

_HINT = re.compile(
    r"[0-9@＠:：叫]|微信|薇信|威信|V信|[vVwW][xX]|wechat|qq|line|whatsapp|telegram|电报|電報", re.IGNORECASE
)


def personal(text: str, keep: Collection[str] = ()) -> tuple[Personal, ...]:
    """Stretches that lead to private persons, in order, none overlapping another.

    ``keep`` are numbers and addresses that are public by decision (a partner's office line): compared without
    spaces, hyphens and case.
    """
    text = text.translate(_WIDTH)
    if not _HINT.search(text):
        return ()
    taken: list[tuple[int, int]] = [found.span() for found in _URL.finditer(text)]
    public = {_digits(each) for each in keep}
    found: list[Personal] = []
    for span in _candidates(text):
        free = all(span.end <= start or end <= span.start for start, end in taken)
        if free and _digits(text[span.start : span.end]) not in public:
            taken.append((span.start, span.end))
            found.append(span)
    return tuple(sorted(found))


def hide(text: str, say: Callable[[Kind], str], keep: Collection[str] = ()) -> tuple[str, int]:
    """``text`` with each stretch of personal data replaced by what ``say`` calls its kind, and how many there were."""
    found = personal(text, keep)
    return "".join(_pieces(text, found, say)), len(found)


def _candidates(text: str) -> Iterable[Personal]:
    for kind, pattern, check in _FORMS:
        for found in pattern.finditer(text):
            name = "it" if "it" in pattern.groupindex else 0
            if check(found[name]):
                yield Personal(*found.span(name), kind)


def _pieces(text: str, found: Iterable[Personal], say: Callable[[Kind], str]) -> Iterable[str]:
    at = 0
    for span in found:
        yield text[at : span.start]
        yield say(span.kind)
        at = span.end
    yield text[at:]

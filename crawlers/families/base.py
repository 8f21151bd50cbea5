"""What a family is: the reader of one kind of site software. Sites are data (cards, parameters) or small subclasses."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser

from crawlers.items import Answer, Context, Fetch, PageChanged, Reading, Reject
from crawlers.jsons import decode_json
from crawlers.text import MAX_DEPTH, decode, is_too_deep
from pipeline.errors import UsageError
from pipeline.records import Post

T = TypeVar("T")
_REFUSING = frozenset({401, 402, 403, 407, 429, 432, 451, 503})
_CHALLENGE = re.compile(
    r"(?i)just a moment\.\.\.|checking your browser|enable javascript and cookies|attention required|"
    r"captcha|安全验证|安全驗證|访问验证|訪問驗證|人机验证|人機驗證|滑动验证|滑動驗證"
)
_THROTTLE = re.compile(
    r"(?i)too many requests|rate limit|(?:访问|訪問|请求|請求|操作|刷新)(?:过于|過於|太)(?:频繁|頻繁)"
)
_TITLE = re.compile(r"(?is)<title[^>]*>(.{0,400}?)</title>")
_TITLE_PARTS = re.compile(r"\s+[-–—]\s*|\s*[|_·»«‹›]\s*")
_LOGIN = re.compile(
    r"(?i)(?:(?:用户|用戶|会员|會員|账号|帳號|统一|統一|请先?|請先?|您?需要先?)?(?:登录|登錄|登入|登陆)(?:页面?|頁面?|账号|帳號)?"
    r"|(?:please )?(?:log|sign)[ -]?in(?: (?:to|or|with) .*)?)"
)
_LOGIN_PATH = re.compile(r"(?i)/(?:wp-login\.php|member\.php|(?:v\d/)?(?:log-?in|sign-?in|sign_in))/?$")
_HEAD = 6_000


class Family(ABC):
    """Reads one kind of site software. Instances hold no state between answers."""

    name: ClassVar[str]
    version: ClassVar[str] = "1"
    conditional: ClassVar[bool] = False
    """Whether answers carry validators worth sending back (ETag, Last-Modified)."""
    params: ClassVar[frozenset[str]] = frozenset()
    """Parameters that this family understands besides the common ones."""
    needs_decision: ClassVar[bool] = False
    """Whether a person must have decided about robots.txt, on the card, before it may be switched on."""

    @abstractmethod
    def start(self, url: str, context: Context) -> list[Fetch]:
        """Where a crawl begins."""

    @abstractmethod
    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """Posts, rejects and further addresses of one answer. Raises ``PageChanged`` where nothing fits."""

    def is_refusal(self, answer: Answer) -> str | None:
        """Why this answer is a refusal (challenge, login, throttle), ``None`` when it is not."""
        return refusal_of(answer)

    def is_end(self, answer: Answer, fetch: Fetch) -> bool:
        """Whether an error answer only says that the list has no further page."""
        return False

    def secret_headers(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """Headers made of the card's secrets; they go to the source's own origin and nowhere else."""
        return {}

    def secret_query(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """Query values made of the card's secrets, for sites that take no header; added late, for the same origin."""
        return {}

    def login(self, url: str, secrets: Mapping[str, str]) -> tuple[str, dict[str, Any]] | None:
        """Address and JSON body of a login that must come first; ``None`` where none is needed."""
        return None

    def session_headers(self, answer: Answer) -> dict[str, str]:
        """Headers of the session that a login answered with; empty where it did not."""
        return {}


def refusal_of(answer: Answer) -> str | None:
    """Refusals that look alike everywhere: statuses and challenge pages, which often come as 200."""
    if answer.status in _REFUSING:
        return f"answered {answer.status}"
    if "challenge" in answer.headers.get("cf-mitigated", ""):
        return "challenge page"
    if _LOGIN_PATH.search(urlsplit(answer.url).path):  # sent there from an address that held posts
        return "login page"
    kind = answer.headers.get("content-type", "")
    if "html" in kind and len(answer.body) < 60_000:
        return _refusing_page(decode(answer.body[:_HEAD], kind))
    return None


def _refusing_page(head: str) -> str | None:
    """What the head of a page is, where that is no page to read; a title that only speaks of logins is none."""
    found = _TITLE.search(head)
    title = found[1].strip() if found else ""
    if "cf-chl-" in head or "challenge-platform" in head or _CHALLENGE.search(title):
        return "challenge page"
    if _THROTTLE.search(title):
        return "soft throttle"
    return "login page" if any(_LOGIN.fullmatch(part) for part in _TITLE_PARTS.split(title)) else None


def read_each(
    entries: Iterable[T],
    read: Callable[[T], Post | list[Post] | None],
    reading: Reading,
    show: Callable[[T], str],
) -> None:
    """Read entry by entry into ``reading``; one that cannot be read is a reject and costs no other."""
    for entry in entries:
        reading.items += 1
        try:
            found = read(entry)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
            reading.rejects.append(Reject(f"{type(error).__name__}: {error}", show(entry)))
            continue
        if isinstance(found, list):
            reading.posts.extend(found)
        elif found is not None:
            reading.posts.append(found)


def load_html(answer: Answer) -> LexborHTMLParser:
    """The body as a parsed page; raises ``PageChanged`` where its nesting would choke the parser."""
    text = answer.text
    if is_too_deep(text):
        raise PageChanged(f"{answer.url}: tags nested more than {MAX_DEPTH:,} deep")
    return LexborHTMLParser(text)


def load_json(answer: Answer, expected: type[T]) -> T:
    """The body as JSON of the expected kind; raises ``PageChanged``."""
    try:
        value = decode_json(answer.body)
    except (ValueError, RecursionError) as error:
        raise PageChanged(f"{answer.url}: not JSON ({str(error)[:80]})") from error
    if not isinstance(value, expected):
        raise PageChanged(
            f"{answer.url}: a JSON {type(value).__name__} where a {expected.__name__} was expected"
        )
    return value


def show_json(value: object) -> str:
    """An entry for the rejects file."""
    return json.dumps(value, ensure_ascii=False, default=str)


def with_query(url: str, **values: object) -> str:
    """``url`` with these query values set; ``None`` takes one away."""
    parts = urlsplit(url)
    kept = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k not in values]
    given = [(k, str(v)) for k, v in values.items() if v is not None]
    return urlunsplit(parts._replace(query=urlencode(kept + given), fragment=""))


def query_value(url: str, name: str) -> str | None:
    """One value of an address's query."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)).get(name)


def same_site(url: str, base: str) -> str | None:
    """``url`` made absolute against ``base`` when both are on one host, else ``None``."""
    try:
        joined = urljoin(base, url)
        return joined if urlsplit(joined).netloc == urlsplit(base).netloc else None
    except ValueError:
        return None


def count_param(params: Any, name: str, default: int, top: int) -> int:  # noqa: ANN401  a parameter is of any type
    """A positive whole number among a source's parameters. Raises ``UsageError``."""
    value = params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= top:
        raise UsageError(f"source parameter {name} = {value!r}: write a whole number from 1 to {top}")
    return value

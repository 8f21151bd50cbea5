"""Native ids out of cells and addresses, and which of them a file has shown before."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

PLATFORMS = {
    "weibo.com": "weibo",
    "weibo.cn": "weibo",
    "sina weibo": "weibo",
    "新浪微博": "weibo",
    "微博": "weibo",
    "x.com": "twitter",
    "twitter.com": "twitter",
    "x": "twitter",
    "twitter": "twitter",
    "threads.net": "threads",
    "threads.com": "threads",
    "tiktok.com": "tiktok",
    "douyin.com": "douyin",
    "抖音": "douyin",
    "xiaohongshu.com": "xiaohongshu",
    "rednote": "xiaohongshu",
    "小红书": "xiaohongshu",
    "instagram.com": "instagram",
    "facebook.com": "facebook",
    "facebook public": "facebook",
    "fb.com": "facebook",
    "t.me": "telegram",
    "bsky.app": "bluesky",
    "youtube.com": "youtube",
    "youtu.be": "youtube",
    "reddit.com": "reddit",
    "zhihu.com": "zhihu",
    "bilibili.com": "bilibili",
    "mp.weixin.qq.com": "wechat",
    "微信": "wechat",
    "tieba.baidu.com": "tieba",
}
"""Hosts and names that tools write, as the platforms of our post ids."""

_NATIVE = {
    "twitter": re.compile(r"/status(?:es)?/(\d+)"),
    "threads": re.compile(r"/(?:post|t)/([\w-]+)"),
    "tiktok": re.compile(r"/video/(\d+)"),
    "douyin": re.compile(r"/(?:video|note)/(\d+)"),
    "xiaohongshu": re.compile(r"/(?:explore|discovery/item)/(\w+)"),
    "instagram": re.compile(r"/(?:p|reel|tv)/([\w-]+)"),
    "telegram": re.compile(r"^/(?:s/)?(\w{4,64}/\d+)"),
    "reddit": re.compile(r"/comments/(\w+)"),
    "bilibili": re.compile(r"/video/(\w+)"),
    "weibo": re.compile(r"/(?:detail|status|\d+)/(\w+)"),
    "facebook": re.compile(r"/(?:posts|videos|permalink)/(?:[^/]*/)?([\w.-]+)/?$"),
}
_PLAIN = "^[0-9A-Za-z_-]+$"
_PLAIN_TYPES = {str, type(None)}
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_FORMULA = re.compile(r'="([^"]*)"')


def platform_of(shown: object) -> str | None:
    """The platform that an address or a tool's name stands for; ``None`` where it is none of ours."""
    if not isinstance(shown, str) or not shown:
        return None
    name = shown.strip().lower()
    if "/" in name or "." in name:
        name = _host(name)
        while name and name not in PLATFORMS and name.count(".") > 1:
            name = name.partition(".")[2]
    return PLATFORMS.get(name) or (name if name in PLATFORMS.values() else None)


def _host(address: str) -> str:
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
    except ValueError:
        return ""
    return (parts.hostname or "").removeprefix("www.").removeprefix("m.")


def id_of_address(url: str) -> str:
    """A post's own id where its address shows it, else a hash of the address without what only tracks readers."""
    platform = platform_of(url)
    try:
        parts = urlsplit(url)
    except ValueError:
        return _hashed(url)
    if platform == "youtube":
        found = parse_qs(parts.query).get("v") or [parts.path.rpartition("/")[2]]
        return found[0] or _hashed(url)
    shown = _NATIVE[platform].search(parts.path) if platform in _NATIVE else None
    if shown:
        if platform == "weibo":
            return weibo_number(shown[1])
        return f"t3_{shown[1]}" if platform == "reddit" else shown[1]
    kept = "&".join(one for one in parts.query.split("&") if one and not one.startswith("utm_"))
    return _hashed(f"{parts.netloc}{parts.path.rstrip('/')}?{kept}")


_BASE62 = {c: n for n, c in enumerate("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")}


def weibo_number(shown: str) -> str:
    """Weibo's number of a post from the short form in its address: four characters stand for seven digits."""
    if shown.isdigit() or len(shown) > 12 or not shown or not all(c in _BASE62 for c in shown):
        return shown
    number = ""
    while shown:
        shown, part = shown[:-4], shown[-4:]
        value = 0
        for c in part:
            value = value * 62 + _BASE62[c]
        number = (str(value).rjust(7, "0") if shown else str(value)) + number
    return number


_NAMELESS = {
    "twitter": "https://x.com/i/status/{}",
    "threads": "https://www.threads.com/t/{}",
    "tiktok": "https://www.tiktok.com/@_/video/{}",
    "weibo": "https://m.weibo.cn/detail/{}",
}


def without_name(url: str) -> str:
    """A post's address without its author's name, on the platforms that answer to one."""
    form = _NAMELESS.get(platform_of(url) or "")
    found = id_of_address(url) if form else ""
    return form.format(found) if form and not found.startswith("url-") else url


def _hashed(text: str) -> str:
    return "url-" + hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def as_id(value: object) -> str | None:
    """A cell as an id: numbers whole, spreadsheet guards (``="…"``) and blanks off, addresses by their own id."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else None
    text = str(value).strip(" \t\r\n'\ufeff") if isinstance(value, str | int) else ""
    if text.startswith("="):
        guarded = _FORMULA.fullmatch(text)
        text = guarded[1] if guarded else text
    if text.startswith(("http://", "https://")):
        return id_of_address(text)
    return text.replace("\0", "") or None


def as_ids(values: list[Any]) -> list[str | None]:
    """A column of cells as ids."""
    return [v if type(v) is str and v.isalnum() else as_id(v) for v in values]


def plain_ids(values: list[Any]) -> pa.Array | None:
    """A column of cells that are nothing but plain ids; ``None`` where one has to be looked at."""
    if not set(map(type, values)) <= _PLAIN_TYPES:
        return None
    try:
        column = pa.array(values, pa.string())
    except UnicodeEncodeError:
        return None
    return column if pc.all(pc.match_substring_regex(column, _PLAIN)).as_py() else None


def is_rounded(identifier: str) -> bool:
    """Whether a spreadsheet made a number of an id and rounded it."""
    return "+" in identifier and _ROUNDED.fullmatch(identifier) is not None


class SeenIds:
    """Which ids a file has shown, as 64-bit hashes in sorted runs: eight bytes an id, so a million cost little."""

    def __init__(self) -> None:
        self._runs: list[npt.NDArray[np.int64]] = []

    def add(self, hashes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Take in a batch; true where an id shows for the first time."""
        run = np.sort(hashes)
        if not (run[1:] == run[:-1]).any() and not self._known(run).any():
            self._keep(run)
            return np.ones(len(hashes), dtype=bool)
        ordered, place = np.unique(hashes, return_index=True)
        known = self._known(ordered)
        new = np.zeros(len(hashes), dtype=bool)
        new[place[~known]] = True
        self._keep(ordered[~known])
        return new

    def _known(self, ordered: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        known = np.zeros(len(ordered), dtype=bool)
        for run in self._runs:
            spots = np.minimum(np.searchsorted(run, ordered), len(run) - 1)
            known |= run[spots] == ordered
        return known

    def _keep(self, run: npt.NDArray[np.int64]) -> None:
        """Add a run; runs of like size are merged, so there are few."""
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        if len(run):
            self._runs.append(run)

"""Statements as text: plain for WeChat, short for SMS, Markdown, and a mail for the mailing list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from pipeline.correction.document import Part
from pipeline.release.notice import Notice

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&:@$^=\"'%,;/?])")


@dataclass(frozen=True, slots=True)
class Short:
    """A short message and how many text messages a phone company makes of it."""

    text: str
    segments: int


def plain(notice: Notice) -> str:
    """The whole statement as plain text: for WeChat, a web form, a phone call."""
    out = [f"【{notice.heading}】", notice.title, ""]
    if notice.withdrawn_because:
        out = [withdrawal(notice), "", *out]
    if notice.follows:
        out += [f"{notice.word('follows')} {notice.follows}", ""]
    for sentence in notice.body:
        if sentence.part is Part.CIRCULATES:
            out.append(notice.word("circulates"))
        marks = "".join(f"[{n}]" for n in sentence.cites)
        out.append(f"{sentence.text}{' ' if marks else ''}{marks}")
    if notice.rating:
        out += ["", f"{notice.word('rating')}{notice.word('colon')}{notice.rating}"]
    if notice.sources:
        out += ["", notice.word("sources")]
        out += [
            f"[{n}] {source.title} {source.url}".replace("  ", " ")
            for n, source in enumerate(notice.sources, 1)
        ]
    return "\n".join([*out, "", signature(notice), notice.released_on]) + "\n"


def signature(notice: Notice) -> str:
    """Who stands under it, in one line."""
    names = "、" if notice.language != "en" else ", "
    line = f"{notice.word('signed')}{notice.word('colon')}{names.join(p.name(notice.language) for p in notice.signers)}"
    return f"{line}\n{notice.word('alone')}" if notice.alone else line


def withdrawal(notice: Notice) -> str:
    """Says that the statement was taken back, when and why."""
    return f"{notice.word('withdrawn')} {notice.withdrawn_on}{notice.word('colon')}{notice.withdrawn_because}"


def short(notice: Notice, link: str = "") -> Short:
    """Fact, first step and first contact: what fits on a phone. Only consented sentences, none cut."""
    wanted = [*notice.of(Part.KNOWN)[:1], *notice.of(Part.ACTION)[:1], *notice.of(Part.CONTACT)[:1]]
    text = "\n".join([notice.heading, *(s.text for s in wanted), *([link] if link else [])])
    return Short(text, _segments(text))


def _segments(text: str) -> int:
    """Messages after 3GPP TS 23.038 and 23.040: 160 or 70 characters alone, 153 or 67 each when there are several."""
    if set(text) <= _GSM:
        single, each, length = 160, 153, len(text)
    else:
        single, each, length = 70, 67, len(text.encode("utf-16-le")) // 2
    return 1 if length <= single else -(-length // each)


def escaped(text: str) -> str:
    """``text`` so that Markdown shows it as it is: no link, picture, heading or HTML comes of it."""
    return _MARKS.sub(r"\\\1", text)


def markdown(notice: Notice) -> str:
    """The statement as CommonMark."""
    out = [f"# {escaped(notice.title)}"]
    if notice.withdrawn_because:
        out.insert(0, f"**{escaped(withdrawal(notice))}**")
    if notice.follows:
        out.append(escaped(f"{notice.word('follows')} {notice.follows}"))
    for sentence in notice.body:
        marks = "".join(f" \\[{n}\\]" for n in sentence.cites)
        text = f"{escaped(sentence.text)}{marks}"
        if sentence.part is Part.CIRCULATES:
            text = f"> {escaped(notice.word('circulates'))}\n>\n> {text}"
        out.append(text)
    if notice.rating:
        out.append(f"**{notice.word('rating')}**{notice.word('colon')}{notice.rating}")
    if notice.sources:
        listed = [
            f"{n}. {escaped(s.title or s.url)} <{_link(s.url)}>" for n, s in enumerate(notice.sources, 1)
        ]
        out += [f"## {notice.word('sources')}", "\n".join(listed)]
    out.append(
        "  \n".join(map(escaped, [notice.heading, *signature(notice).split("\n"), notice.released_on]))
    )
    return "\n\n".join(out) + "\n"


def _link(url: str) -> str:
    """``url`` for an autolink: whatever would end it is percent-encoded."""
    return re.sub(r"[<>\s\\]", lambda found: f"%{ord(found[0]):02X}", url)


def mail(notice: Notice, html: str) -> bytes:
    """A message for the mailing list, with plain text and HTML; receivers are for the list server to add."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = notice.title
    message["Content-Language"] = notice.language
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain(notice))
    message.add_alternative(html, subtype="html")
    message.set_boundary(f"=={notice.digest[:24]}==")
    return message.as_bytes()

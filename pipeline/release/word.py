"""A statement as a Word file on the signers' letterhead, with the fonts and languages that Chinese needs."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from pipeline.correction.document import Part
from pipeline.release.notice import Notice
from pipeline.release.text import signature, withdrawal

_FONT = {
    "zh-Hans": "Noto Sans CJK SC",
    "zh-Hant": "Noto Sans CJK TC",
    "yue-Hant": "Noto Sans CJK HK",
    "en": "Noto Sans CJK SC",
}
_TAG = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "yue-Hant": "zh-HK", "en": "en-US"}
_SOFT = RGBColor(0x5C, 0x66, 0x70)


def word(notice: Notice) -> bytes:
    """Return the bytes of a DOCX file; equal notices give equal text, the archive's dates aside."""
    document = docx.Document()
    _fonts(document, notice.language)
    _letterhead(document, notice)
    if notice.withdrawn_because:
        document.add_paragraph().add_run(withdrawal(notice)).bold = True
    document.add_heading(notice.title, level=1)
    if notice.follows:
        _soft(document.add_paragraph(), f"{notice.word('follows')} {notice.follows}")
    for sentence in notice.body:
        if sentence.part is Part.CIRCULATES:
            _soft(document.add_paragraph(), notice.word("circulates"))
        paragraph = document.add_paragraph(style="Quote" if sentence.part is Part.CIRCULATES else None)
        paragraph.add_run(sentence.text).bold = sentence.part is Part.ACTION
        for number in sentence.cites:
            paragraph.add_run(f" [{number}]").font.superscript = True
    if notice.rating:
        document.add_paragraph(f"{notice.word('rating')}{notice.word('colon')}{notice.rating}")
    if notice.sources:
        _soft(document.add_paragraph(), notice.word("sources"))
        for number, source in enumerate(notice.sources, 1):
            document.add_paragraph(f"[{number}] {source.title} {source.url}")
    _soft(document.add_paragraph(), f"{signature(notice)}\n{notice.word('released')} {notice.released_on}")
    moment = datetime.fromisoformat(notice.released_on)
    document.core_properties.title = notice.title
    document.core_properties.author = notice.heading
    document.core_properties.created = document.core_properties.modified = moment
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _fonts(document: Any, language: str) -> None:  # noqa: ANN401  python-docx's own types are partial
    for name in ("Normal", "Heading 1", "Quote"):
        style = document.styles[name]
        style.font.name = "Noto Sans"
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for slot in ("w:eastAsia", "w:ascii", "w:hAnsi"):
            fonts.set(qn(slot), _FONT[language])
        for slot in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme"):
            fonts.attrib.pop(qn(slot), None)
        style.font.italic = False  # Chinese has no italics: slanted characters only look broken
        style.font.color.rgb = RGBColor(0x1B, 0x1F, 0x24)
    document.styles["Normal"].font.size = Pt(11.5)
    lang = document.styles.element.find(f".//{qn('w:lang')}")
    if lang is not None:
        lang.set(qn("w:val"), _TAG[language] if language == "en" else "en-US")
        lang.set(qn("w:eastAsia"), _TAG[language])


def _letterhead(document: Any, notice: Notice) -> None:  # noqa: ANN401
    header = document.sections[0].header.paragraphs[0]
    header.add_run(notice.heading).bold = True
    footer = document.sections[0].footer.paragraphs[0]
    lines = [
        " · ".join(x for x in (p.name(notice.language), p.address, p.contact, p.web) if x)
        for p in notice.signers
    ]
    footer.add_run("\n".join(lines)).font.size = Pt(8)


def _soft(paragraph: Any, text: str) -> None:  # noqa: ANN401
    run = paragraph.add_run(text)
    run.font.size, run.font.color.rgb = Pt(9.5), _SOFT

"""What every export shows of a release in one language: consented sentences, signers, sources, what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.coalition import Coalition, Partner
from pipeline.correction.document import Document, Part, Source
from pipeline.errors import DraftError
from pipeline.ledger.statements import Release
from pipeline.toml_files import words_of

_WORDS = Path(__file__).with_name("words.toml")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One consented sentence, and the numbers of the sources that it stands on."""

    part: Part
    text: str
    cites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """One release in one language. ``sentences`` hold the consented texts, unchanged, in their order."""

    release_id: str
    language: str
    title: str
    sentences: tuple[Sentence, ...]
    rating: str | None
    """Word of the rating in this language."""
    rating_code: str | None
    sources: tuple[Source, ...]
    heading: str
    """Name on the letterhead: the coalition's, or the partner's that speaks alone."""
    signers: tuple[Partner, ...]
    alone: bool
    released_on: str
    """Date, ISO 8601."""
    digest: str
    withdrawn_because: str | None
    withdrawn_on: str | None
    follows: str | None

    def word(self, key: str) -> str:
        """A word around the statement in its language."""
        return words(self.language)[key]

    def of(self, *parts: Part) -> tuple[Sentence, ...]:
        """Sentences of these parts."""
        return tuple(s for s in self.sentences if s.part in parts)

    @property
    def body(self) -> tuple[Sentence, ...]:
        """Every sentence but the title."""
        return tuple(s for s in self.sentences if s.part is not Part.TITLE)


def words(language: str) -> Mapping[str, str]:
    """Words of one language."""
    return words_of(_WORDS, language)


def notice(release: Release, coalition: Coalition, language: str, earlier: Release | None = None) -> Notice:
    """Return what an export shows; ``earlier`` is the release that this one corrects.

    Raises ``DraftError`` when the statement has no text in ``language``.
    """
    document = release.document
    if not document.title(language):
        raise DraftError(
            f"{release.release_id} has no text in {language}; it has {', '.join(document.languages)}",
            code="release_no_text",
            language=language,
        )
    signers = _signers(release, coalition)
    return Notice(
        release.release_id,
        language,
        document.title(language),
        tuple(_sentences(document, language)),
        _rating(document, language),
        document.rating,
        document.sources,
        signers[0].name(language) if release.as_partner else coalition.name(language),
        tuple(signers),
        release.as_partner is not None,
        release.told_at.date().isoformat(),
        release.digest,
        release.withdrawn_because,
        release.withdrawn_at.date().isoformat() if release.withdrawn_at else None,
        _follows(release, earlier, language),
    )


def _signers(release: Release, coalition: Coalition) -> Sequence[Partner]:
    """Who stands under it. A partner that has left the file since still does, by its id."""
    known = {partner.id: partner for partner in coalition.partners}
    ids = (release.as_partner,) if release.as_partner else release.signers
    return [known.get(name) or Partner(name, {"en": name}) for name in ids]


def _sentences(document: Document, language: str) -> list[Sentence]:
    number = {source.source_id: n for n, source in enumerate(document.sources, 1)}
    return [
        Sentence(line.part, text, tuple(number[name] for name in line.sources if name in number))
        for line in document.lines
        if (text := line.texts.get(language))
    ]


def _rating(document: Document, language: str) -> str | None:
    """The rating's word: the coalition's own as it was when chosen, else ours, else its code."""
    if document.rating is None:
        return None
    near = document.rating_names.get({"yue-Hant": "zh-Hant"}.get(language, language))
    return near or words(language).get(document.rating, document.rating)


def _follows(release: Release, earlier: Release | None, language: str) -> str | None:
    """How the corrected release is named: its title and date where it is at hand, else its id."""
    if earlier is None or earlier.release_id != release.follows:
        return release.follows
    title = earlier.document.title(language) or earlier.document.title(earlier.document.languages[0])
    return f"{title} ({earlier.told_at.date().isoformat()}, {earlier.release_id})"

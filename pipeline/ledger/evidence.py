"""What a rating rests on: an address with a quote, and kept copies with their hash and time.

Files lie beside the ledger under their SHA-256 and are never changed; what a file is, its first bytes say.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.files import replacing
from pipeline.ledger.items import Items
from pipeline.ledger.store import Event

MAX_FILE_BYTES = 10_000_000
MAX_TEXT_CHARS = 5_000
MAX_URL_CHARS = 2_000
MAX_FILE_NAME_CHARS = 120

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"%PDF-", "pdf"),
    (b"WARC/1.", "warc"),
    (b"PK\x03\x04", "wacz"),
)
TYPES = ("png", "jpg", "webp", "pdf", "mhtml", "warc", "wacz", "txt")
"""What may be uploaded; each is told by its content, not by its name."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece: where it was seen, what it says, and a kept copy when there is one."""

    event_id: int
    claim_id: str
    author: str
    added_at: datetime
    url: str
    quote: str
    archive_url: str
    sha256: str | None
    file_name: str
    file_type: str
    file_bytes: int | None


class EvidenceBook(Items):
    """Reads and appends evidence."""

    KIND = "evidence"

    @property
    def folder(self) -> Path:
        """Where the kept copies lie; to be backed up with the ledger."""
        return self.path.parent / "evidence"

    def add(
        self,
        incident: str,
        claim_id: str,
        *,
        author: str,
        url: str = "",
        quote: str = "",
        archive_url: str = "",
        file: tuple[str, bytes] | None = None,
    ) -> int:
        """Append a piece of evidence and return its number; ``file`` is a name and its bytes.

        Raises ``StoreError`` when nothing is given, something is too long, or the file is of another kind.
        """
        told = {"url": url.strip(), "quote": quote.strip(), "archive_url": archive_url.strip()}
        if not any(told.values()) and file is None:
            raise StoreError("evidence needs an address, a quote or a file", code="evidence_empty")
        longest = {"url": MAX_URL_CHARS, "archive_url": MAX_URL_CHARS, "quote": MAX_TEXT_CHARS}
        for name, most in longest.items():
            if len(told[name]) > most:
                raise StoreError(
                    f"{name} of {len(told[name])} characters: evidence keeps at most {most}",
                    code="evidence_long",
                    field=name,
                    given=len(told[name]),
                    most=most,
                )
        kept = self._keep(*file) if file else {}
        return self.put(incident, claim_id, {**told, **kept}, actor=author)

    def _keep(self, name: str, body: bytes) -> dict[str, str | int]:
        """Store the bytes under their hash; the same file twice is stored once."""
        if len(body) > MAX_FILE_BYTES:
            raise StoreError(
                f"{name}: {len(body):,} bytes; evidence keeps at most {MAX_FILE_BYTES:,}",
                code="file_large",
                name=name[:MAX_FILE_NAME_CHARS],
                given=len(body),
                most=MAX_FILE_BYTES,
            )
        kind = file_type(body)
        if kind is None:
            raise StoreError(
                f"{name}: not a {', '.join(TYPES)} file by its content",
                code="file_kind",
                name=name[:MAX_FILE_NAME_CHARS],
                kinds=TYPES,
            )
        digest = hashlib.sha256(body).hexdigest()
        place = self.folder / digest[:2] / digest
        if not place.exists():
            with replacing(place) as temporary:
                temporary.write_bytes(body)
        return {
            "sha256": digest,
            "file_name": Path(name).name[:MAX_FILE_NAME_CHARS],
            "file_type": kind,
            "file_bytes": len(body),
        }

    def of(self, incident: str, claim_id: str) -> list[Evidence]:
        """A claim's evidence that stands, oldest first."""
        return [_evidence(event) for event in self.standing(incident, claim_id)]

    def body(self, piece: Evidence) -> bytes:
        """The kept copy; raises ``StoreError`` when it is gone or was changed."""
        place = self.folder / (piece.sha256 or "")[:2] / (piece.sha256 or "")
        try:
            body = place.read_bytes()
        except OSError as error:
            raise StoreError(
                f"{place}: {error.strerror}; restore it from the backup", code="copy_gone"
            ) from error
        if hashlib.sha256(body).hexdigest() != piece.sha256:
            raise StoreError(
                f"{place}: no longer what was stored; restore it from the backup", code="copy_changed"
            )
        return body


def file_type(body: bytes) -> str | None:
    """What a file is by its first bytes, one of ``TYPES``; None for everything else."""
    for signature, kind in _SIGNATURES:
        if body.startswith(signature):
            return kind
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    if (
        body[:2_000].lower().startswith((b"from: <saved by", b"mime-version:"))
        and b"multipart/related" in body[:4_000]
    ):
        return "mhtml"
    return "txt" if _is_text(body) else None


def _is_text(body: bytes) -> bool:
    """UTF-8 without control characters, and no page that a browser would run."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    start = text[:4_000].lstrip("\ufeff \t\r\n").lower()
    return bool(text) and not start.startswith("<") and not any(c < " " and c not in "\t\r\n" for c in text)


def _evidence(event: Event) -> Evidence:
    told = event.payload
    return Evidence(
        event.event_id,
        event.claim_id or "",
        event.actor,
        event.decided_at,
        str(told.get("url", "")),
        str(told.get("quote", "")),
        str(told.get("archive_url", "")),
        told.get("sha256"),
        str(told.get("file_name", "")),
        str(told.get("file_type", "")),
        told.get("file_bytes"),
    )

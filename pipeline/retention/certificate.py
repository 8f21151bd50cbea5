"""The certificate of a purge: what was deleted, by hash and count, what stays and why. It names no person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import StoreError
from pipeline.files import write_text
from pipeline.ledger.store import Store
from pipeline.paths import DataDir
from pipeline.retention.library import LIBRARY
from pipeline.retention.rows import Cut

OUT_OF_REACH = (
    "backups and copies that people took away",
    "files under data/exports and reports that were handed out",
    "words of the person that other people quoted, answered or copied in posts of their own",
    "addresses and quotes that people wrote into the ledger as evidence or notes: it is append-only",
)
"""What no purge of this desk deletes; every certificate says so."""


class Purges(Store):
    """Purges are events of their incident."""

    def record(self, incident: str, told: Mapping[str, Any], *, actor: str, moment: datetime) -> int:
        """Append that a purge was done, with the hash of its certificate."""
        with self.writing() as connection:
            return self.append(connection, "purge", {**told, "incident": incident}, actor, moment)


def folder(data: DataDir) -> Path:
    """Where certificates lie: beside the ledger."""
    return data.ledger.parent / "certificates"


def certify(
    data: DataDir,
    *,
    rule: str,
    code: str,
    cuts: Mapping[str, Sequence[Cut]],
    counts: Mapping[str, Mapping[str, int]],
    kept: Mapping[str, Mapping[str, int]],
    subjects: Sequence[str],
    actor: str,
) -> Path:
    """Write the certificate and record it in the ledger of each incident; returns its file.

    ``cuts``, ``counts`` and ``kept`` are by incident; ``subjects`` are keyed hashes of the posts that went.
    """
    moment = datetime.now(UTC)
    told = {
        "what": "certificate of deletion",
        "rule": rule,
        "purged_at": moment.isoformat(),
        "purged_by": actor,
        "confirmed_with": code,
        "counts": {name: dict(values) for name, values in counts.items()},
        "files": {name: [asdict(one) for one in made] for name, made in cuts.items()},
        "posts": {"count": len(subjects), "sha256_of_sorted_keyed_hashes": digest(subjects)},
        "kept": {name: dict(values) for name, values in kept.items()},
        "out_of_reach": list(OUT_OF_REACH),
    }
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    path = folder(data) / f"{moment:%Y%m%dT%H%M%S%f}Z.json"
    write_text(path, text)
    summary = {"rule": rule, "certificate": path.name, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    ledger = Purges(data.ledger)
    for incident in counts:
        ledger.record(incident, {**summary, "counts": dict(counts[incident])}, actor=actor, moment=moment)
    return path


def digest(values: Sequence[str]) -> str:
    """SHA-256 over sorted lines: equal sets, equal digests."""
    return hashlib.sha256("\n".join(sorted(values)).encode()).hexdigest()


def certificates(data: DataDir) -> list[dict[str, Any]]:
    """Every certificate, oldest first, with ``genuine``: whether the ledger recorded exactly these bytes."""
    recorded: dict[str, str] = {}
    ledger = Store(data.ledger, read_only=True)
    for name in (*sorted(path.stem for path in data.incidents.glob("*.toml")), LIBRARY):
        for event in ledger.events(name):
            if event.kind == "purge":
                recorded[str(event.payload["certificate"])] = str(event.payload["sha256"])
    return [_read(path, recorded) for path in sorted(folder(data).glob("*.json"))]


def _read(path: Path, recorded: Mapping[str, str]) -> dict[str, Any]:
    body = path.read_bytes()
    try:
        told: dict[str, Any] = json.loads(body)
    except ValueError as error:
        raise StoreError(f"{path}: not a certificate ({error}); restore it from the backup") from error
    return {"file": path.name, "genuine": recorded.get(path.name) == hashlib.sha256(body).hexdigest(), **told}

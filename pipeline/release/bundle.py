"""All forms of a release in one folder or archive, with their hashes; and the public pages of many releases."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.coalition import Coalition
from pipeline.errors import UsageError
from pipeline.files import replacing
from pipeline.ledger.statements import Release
from pipeline.release.claimreview import atom, claim_review
from pipeline.release.notice import Notice, notice, words
from pipeline.release.page import html
from pipeline.release.text import mail, markdown, plain, short
from pipeline.release.typeset import CARDS, card, letter
from pipeline.release.word import word

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every entry of the archive, so that equal releases give equal archives."""


def notices(release: Release, coalition: Coalition, earlier: Release | None = None) -> list[Notice]:
    """The release in each language that it has; ``earlier`` is the one that it corrects."""
    document = release.document
    spoken = [language for language in document.languages if document.title(language)]
    return [notice(release, coalition, language, earlier) for language in spoken]


def files(
    release: Release, coalition: Coalition, address: str = "", earlier: Release | None = None
) -> dict[str, bytes]:
    """Return every form of a release by file name: four languages, nine forms each, one ClaimReview per language."""
    checked_address(address)
    made: dict[str, bytes] = {}
    shown = notices(release, coalition, earlier)
    for one in shown:
        page = html([one], address)
        made |= {
            f"{one.language}.txt": plain(one).encode(),
            f"{one.language}.sms.txt": short(one, address).text.encode(),
            f"{one.language}.md": markdown(one).encode(),
            f"{one.language}.html": page.encode(),
            f"{one.language}.eml": mail(one, page),
            f"{one.language}.docx": word(one),
            f"{one.language}.pdf": letter(one),
            f"{one.language}.claimreview.json": _json(claim_review(one, address)),
        }
        made |= {f"{one.language}.{shape}.png": card(one, shape) for shape in CARDS}
    made["index.html"] = html(shown, address).encode()
    made["consented.json"] = release.content.encode()
    sums = [f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in sorted(made.items())]
    return {**made, "SHA256SUMS": "".join(sums).encode()}


def archive(made: Mapping[str, bytes], folder: str) -> bytes:
    """``made`` as the bytes of a ZIP file with one folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, body in sorted(made.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", _EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            target.writestr(entry, body)
    return out.getvalue()


def site(releases: Sequence[Release], coalition: Coalition, address: str) -> dict[str, bytes]:
    """Public pages: one folder per release, a feed per language, and a list. Withdrawn releases stay, marked."""
    checked_address(address)
    made: dict[str, bytes] = {}
    by_id = {release.release_id: release for release in releases}
    for release in releases:
        where = f"{address}{release.release_id}/"
        made[f"{release.release_id}/index.html"] = html(
            notices(release, coalition, by_id.get(release.follows or "")), where
        ).encode()
    languages = dict.fromkeys(language for r in releases for language in r.document.languages)
    for language in languages:
        told = [
            (r, notice(r, coalition, language, by_id.get(r.follows or "")))
            for r in releases
            if r.document.title(language)
        ]
        title = f"{coalition.name(language)} · {words(language)['feed']}"
        made[f"feed.{language}.xml"] = atom(told, address=address, title=title, language=language)
    return made


def checked_address(address: str) -> None:
    """Refuse an address that is none: it goes into links and feeds."""
    if address and not (address.startswith("https://") and address.endswith("/") and " " not in address):
        raise UsageError(f"address {address[:80]!r}: write it as https://…/ with a slash at its end")


def write(folder: Path, made: Mapping[str, bytes]) -> None:
    """Put ``made`` under ``folder``, each file in one step."""
    for name, body in made.items():
        with replacing(folder / name) as temporary:
            temporary.write_bytes(body)


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

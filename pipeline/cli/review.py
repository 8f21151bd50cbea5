"""``chengqing review``: the library of published claim reviews."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.errors import UnknownName
from pipeline.incident import list_incidents
from pipeline.ledger.known import gone, outdated
from pipeline.paths import DataDir
from pipeline.reviews import KnownReview, ReviewLibrary, load_trust
from pipeline.reviews.reading import read_reviews
from pipeline.reviews.trust import Standing

_SHOWN_REJECTS = 5


@click.group()
def review() -> None:
    """Published reviews that claims are matched with: imported, crawled, and the coalition's own releases.

    Whom the coalition trusts stands in reviews.toml of the data folder; nobody is trusted by default.
    """


@review.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def import_(file: Path, as_json: bool) -> None:
    """Bring in reviews: ClaimReview JSON-LD, JSON lines, or CSV with a column claim.

    \b
    Columns: claim, rating, title, publisher, site, url, language, date; all but claim may be absent.
    Example:
      chengqing review import factchecks.jsonl
    """
    read = read_reviews(file)
    added = ReviewLibrary(DataDir.from_environment()).add(read)
    told = {"read": len(read.reviews), "new": added, "rejected": len(read.rejects), "sha256": read.sha256}
    if as_json:
        show_json(told)
        return
    click.echo(
        f"{added:,} new of {len(read.reviews):,} reviews; {len(read.rejects):,} rows could not be read"
    )
    for number, reason in read.rejects[:_SHOWN_REJECTS]:
        click.echo(f"  row {number}: {reason}", err=True)


@review.command("list")
@click.option("--publisher", "site", help="Only this site's.")
@click.option("--from", "provenance", type=click.Choice(["import", "crawl", "release"]), help="Only these.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many."
)
@json_option
def list_(site: str | None, provenance: str | None, limit: int, as_json: bool) -> None:
    """Show the library, the newest first, with where each review came from.

    Changed for: claims that people confirmed it for when its publisher's verdict was another. Reviews that people
    confirmed and that have left the library since come last, with why and for which claims.
    """
    data = DataDir.from_environment()
    trust = load_trust(data)
    library = ReviewLibrary(data).reviews()
    found = [
        one
        for one in library
        if (not site or one.site == site) and (not provenance or one.provenance == provenance)
    ]
    found.sort(key=lambda one: (-(one.reviewed_at.timestamp() if one.reviewed_at else 0), one.review_id))
    changed = _changed_for(data, found)
    left = [] if site or provenance else _left(data, {one.review_id for one in library})
    if as_json:
        listed = [asdict(one) | {"changed_for": changed.get(one.review_id, [])} for one in found[:limit]]
        show_json([*listed, *left])
        return
    rows = [
        {
            "review": one.review_id,
            "claim": one.claim,
            "rating": one.rating,
            "publisher": one.publisher or one.site,
            "published": one.reviewed_at,
            "from": one.provenance,
            "standing": "own" if one.provenance == "release" else trust.standing(one.site).value,
            "changed for": " ".join(changed.get(one.review_id, [])) or None,
        }
        for one in found[:limit]
    ]
    show_rows(rows, title=f"{len(found):,} reviews", cut="claim")
    if left:
        shown = [one | {"confirmed_for": " ".join(one["confirmed_for"])} for one in left]
        show_rows(shown, title=f"{len(left):,} confirmed reviews that left the library", cut="claim")


@review.command()
@click.argument("review_id")
@json_option
def show(review_id: str, as_json: bool) -> None:
    """Show one review with everything that is known of it."""
    found = _review(review_id)
    if as_json:
        show_json(asdict(found))
        return
    show_rows([{"field": name, "value": value} for name, value in asdict(found).items() if value is not None])


@review.command()
@click.argument("review_id")
@click.option("--because", default="", help="Why, for those who come after.")
@click.option("--by", "actor", default="", help="Who removes it.")
@click.option("--undo", is_flag=True, help="Take a removal back.")
def remove(review_id: str, because: str, actor: str, undo: bool) -> None:
    """Suggest a review no more, from the next run on. What people said about it stays, and the desk says it is gone.

    \b
    Examples:
      chengqing review remove import-0f3c9a --because "taken back by its publisher" --by mei
      chengqing review remove import-0f3c9a --undo
    """
    library = ReviewLibrary(DataDir.from_environment())
    if undo:
        library.restore(review_id)
    else:
        library.remove(review_id, by=actor, because=because)
    click.echo(f"{review_id} {'is suggested again' if undo else 'is suggested no more'} from the next run on")


def _changed_for(data: DataDir, reviews: Sequence[KnownReview]) -> dict[str, list[str]]:
    return outdated(data.ledger, _incidents(data), {one.review_id: one.rating for one in reviews})


def _left(data: DataDir, present: Collection[str]) -> list[dict[str, Any]]:
    """Reviews that claims were confirmed by and that the library holds no more, as they were shown then."""
    trust, removed = load_trust(data), ReviewLibrary(data).removed()
    found = []
    for review_id, words in sorted(gone(data.ledger, _incidents(data), present).items()):
        seen = words[-1][1].review
        if told := removed.get(review_id):
            by, because = told.get("by"), told.get("because")
            why = "removed" + (f" by {by}" if by else "") + (f": {because}" if because else "")
        elif trust.standing(seen.get("site")) is Standing.HIDDEN:
            why = f"{seen['site']} is hidden in reviews.toml"
        else:
            why = "its source has it no more"
        kept = {name: seen.get(name) for name in ("claim", "rating", "publisher")}
        claims = [claim for claim, _ in words]
        found.append({"review_id": review_id, **kept, "left": why, "confirmed_for": claims})
    return found


def _incidents(data: DataDir) -> list[str]:
    return [incident.id for incident in list_incidents(data, lambda problem: None)]


def _review(review_id: str) -> KnownReview:
    for one in ReviewLibrary(DataDir.from_environment()).reviews():
        if one.review_id == review_id:
            return one
    raise UnknownName(f"no review {review_id!r}; chengqing review list shows them")

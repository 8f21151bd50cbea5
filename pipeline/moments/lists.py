"""The list as the desk showed it at a moment, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import tables as t
from pipeline.duck import connect_published, run_statement
from pipeline.errors import UsageError
from pipeline.folding import NOTHING, Pending, Place, fold, ruled_posts
from pipeline.identity import Identity
from pipeline.ledger import Ledger
from pipeline.moments.decided import SHOWN, Decided, decided_at
from pipeline.moments.keep import Lists, ShownList, claims_of
from pipeline.paths import DataDir
from pipeline.records import Status
from pipeline.schema import STRINGS, UTC_TIME
from pipeline.statements import statement

TEXT_CHARS = 10_000
"""As much of an exemplar as a run takes over."""

_DECIDED = pa.schema(
    [
        *((name, pa.string()) for name in ("claim_id", "status", "rating", "assignee", "note", "decided_by")),
        ("decided_at", UTC_TIME),
        ("statement", pa.string()),
        ("set_aside", pa.string()),
        ("notes", pa.int64()),
        ("lead", pa.string()),
        ("merged", STRINGS),
        ("split", pa.int64()),
    ]
)
_COMPARED = ["claim_id", "rank", "status", "rating", "assignee", "statement", "set_aside"]
_TOLD = {
    "rank": "rank",
    "score": "score",
    "claim_id": "claim_id",
    "posts": "post_count",
    "authors": "author_count",
    "platforms": "platform_names",
    "scripts": "scripts",
    "recent": "recent_posts",
    "asks": "enquiry_share",
    "first_at": "first_at",
    "last_at": "last_at",
}
_NOT_TOLD = {*_TOLD, *_TOLD.values(), *(n for n in t.SHOWN_LIST.schema.names if n.startswith("exemplar_"))}
_BECAME = pa.schema([("claim_id", pa.string()), ("now_id", pa.string())])


@dataclass(frozen=True, slots=True)
class ListAt:
    """One incident's list at one moment."""

    incident: str
    moment: datetime
    shown: ShownList | None
    """The list that was shown; None before the first one."""
    noted: Mapping[str, str]
    """What was noted with it."""
    rows: pa.Table
    """``SHOWN_LIST`` of every claim with a row of its own, best first, and beside it where people had put the claim:
    status, rating, assignee, note, decided_at, decided_by, statement, set_aside (the reason), notes, merged, split."""
    decided: Decided
    folded: Pending
    merges_known: bool
    """False when merges that waited for a run cannot be laid over this list any more, for its files are gone."""

    @property
    def run_id(self) -> str:
        """The run that made the list; empty when nothing was shown."""
        return self.noted.get("run_id", "")

    @property
    def as_of(self) -> datetime | None:
        """The moment that its ranking speaks about."""
        told = self.noted.get("as_of")
        return datetime.fromisoformat(told) if told else None


@dataclass(frozen=True, slots=True)
class Steps:
    """The nearest moments at which the list changed, before and after; None when there is none."""

    earlier_list: datetime | None = None
    later_list: datetime | None = None
    earlier_decision: datetime | None = None
    later_decision: datetime | None = None


def checked(moment: datetime, now: datetime | None = None) -> datetime:
    """``moment`` in UTC; raises ``UsageError`` for one that lies ahead."""
    present = now or datetime.now(UTC)
    if moment > present:
        raise UsageError(
            f"{moment:%Y-%m-%d %H:%M:%S}Z lies ahead: it is {present:%Y-%m-%d %H:%M:%S}Z now",
            code="moment_ahead",
            moment=moment,
            now=present,
        )
    return moment.astimezone(UTC)


def list_at(data: DataDir, incident: str, moment: datetime) -> ListAt:
    """The list of ``incident`` as it stood at ``moment`` (with a zone); what happened in that instant counts.

    It has no rows before the first list was shown and while nothing is published. Raises ``UsageError`` for a moment
    that lies ahead.
    """
    moment = checked(moment)
    shown, table, noted = _read(data, incident, moment)
    decided = decided_at(data.ledger, incident, moment)
    posts = ruled_posts(decided.rulings)
    places = _places(data, incident, shown, noted, posts) if shown and posts else {}
    folded = fold(decided.rulings, _ranked(places, table)) if places else NOTHING
    rows = run_statement("moments/list_at", {"shown": table, "decided": _decided(decided, folded)})
    return ListAt(incident, moment, shown, noted, rows, decided, folded, places is not None)


def _read(
    data: DataDir, incident: str, moment: datetime
) -> tuple[ShownList | None, pa.Table, Mapping[str, str]]:
    lists = Lists(data, incident)
    shown = lists.at(moment)
    if shown is None:
        return None, t.SHOWN_LIST.schema.empty_table(), {}
    try:
        return shown, *shown.read()
    except FileNotFoundError:  # it was named by its moment since we looked
        shown = lists.at(moment)
        if shown is None:
            raise
        return shown, *shown.read()


def _places(
    data: DataDir, incident: str, shown: ShownList, noted: Mapping[str, str], posts: list[str]
) -> dict[str, str] | None:
    """The claim that each of ``posts`` belonged to in the list; None when nobody knows any more."""
    made_of = data.lake(incident) / noted.get("claim_posts", "")
    if shown.places.exists():
        mark = Identity.of_desk(data).mark
        kept = {row["post_mark"]: row["claim_id"] for row in pq.read_table(shown.places).to_pylist()}
        return {post: kept[key] for post in posts if (key := mark("post", post)) in kept}
    return claims_of(made_of, posts) if made_of.is_file() else None


def _ranked(claims: Mapping[str, str], table: pa.Table) -> dict[str, Place]:
    ranks = dict(zip(table.column("claim_id").to_pylist(), table.column("rank").to_pylist(), strict=True))
    return {post: Place(ranks[claim], claim) for post, claim in claims.items() if claim in ranks}


def _decided(decided: Decided, folded: Pending) -> pa.Table:
    """One row per claim that people had something to say on."""
    said = (
        *(decided.triage, decided.notes, decided.statements, decided.set_aside),
        *(folded.lead_of, folded.merged, folded.split),
    )
    rows = []
    for claim in sorted({claim for each in said for claim in each}):
        triage = decided.triage.get(claim)
        row: dict[str, Any] = {
            "claim_id": claim,
            "status": triage.status.value if triage else Status.NEW.value,
            "statement": decided.statements.get(claim),
            "set_aside": decided.set_aside.get(claim),
            "notes": decided.notes.get(claim),
            "lead": folded.lead_of.get(claim),
            "merged": list(folded.merged.get(claim, ())),
            "split": folded.split.get(claim),
        }
        if triage:
            row |= {"rating": triage.rating, "assignee": triage.assignee, "note": triage.note}
            row |= {"decided_at": triage.updated_at, "decided_by": triage.updated_by}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=_DECIDED)


def changes(data: DataDir, then: ListAt, now: ListAt) -> pa.Table:
    """One row per claim of either list: claim_id, then_rank, now_rank, then_status, now_status, the flags entered,
    left_list, moved and decided, and became, the claim that one which left is part of now."""
    inputs = {
        "earlier": then.rows.select(_COMPARED),
        "later": now.rows.select(_COMPARED),
        "became": _became(data, now),
    }
    return run_statement("moments/changes", inputs)


def _became(data: DataDir, now: ListAt) -> pa.Table:
    link = data.published(now.incident)
    told = dict(now.folded.lead_of)
    if link.exists():
        connection = connect_published(link)
        try:
            found = connection.execute(statement("moments/aliases")).fetchall()
        finally:
            connection.close()
        told = {claim: told.get(became, became) for claim, became in found} | told
    rows = [{"claim_id": claim, "now_id": became} for claim, became in told.items()]
    return pa.Table.from_pylist(rows, schema=_BECAME)


def texts(data: DataDir, incident: str, rows: Sequence[dict[str, Any]]) -> list[str | None]:
    """For each of these rows of a list, the text that it showed; None when it is held no more."""
    link = data.published(incident)
    posts = [row["exemplar_post_id"] for row in rows if row["exemplar_post_id"]]
    if not posts or not link.exists():
        return [None] * len(rows)
    connection = connect_published(link)
    try:
        values = {"posts": posts, "most": TEXT_CHARS}
        found = connection.execute(statement("moments/texts"), values).fetchall()
    finally:
        connection.close()
    held = {(post, crawl, seen): text for post, crawl, seen, text in found}
    keys = ("exemplar_post_id", "exemplar_crawl_id", "exemplar_collected_at")
    return [held.get(tuple(row[key] for key in keys)) for row in rows]


def told(data: DataDir, incident: str, moment: datetime, most: int) -> list[dict[str, Any]]:
    """The first ``most`` rows of the list at ``moment`` in the columns of the saved question top_claims and beside
    them rating, statement, set_aside, notes, merged, and where each claim is now: now_rank, now_status, became."""
    then = list_at(data, incident, moment)
    moved = changes(data, then, list_at(data, incident, datetime.now(UTC))).slice(0, most)
    rows = then.rows.slice(0, most).to_pylist()
    said = texts(data, incident, rows)
    return [
        {new: row[old] for new, old in _TOLD.items()}
        | {name: row[name] for name in row if name not in _NOT_TOLD}
        | {name: change[name] for name in ("now_rank", "now_status", "became")}
        | {"claim": text}
        for row, change, text in zip(rows, moved.to_pylist(), said, strict=False)
    ]


def steps(data: DataDir, incident: str, moment: datetime) -> Steps:
    """Where the time machine can go from ``moment``: the lists and decisions just before it and after it."""
    events = Ledger(data.ledger, read_only=True).events(incident)
    lists = [one.shown_at for one in Lists(data, incident).shown()]
    decisions = [event.decided_at for event in events if event.kind in SHOWN]
    return Steps(*_around(lists, moment), *_around(decisions, moment))


def _around(moments: Sequence[datetime], moment: datetime) -> tuple[datetime | None, datetime | None]:
    """The last of ``moments`` before ``moment`` and the first after it."""
    before = [one for one in moments if one < moment]
    after = [one for one in moments if one > moment]
    return max(before, default=None), min(after, default=None)


def first_shown(data: DataDir, incident: str) -> datetime | None:
    """When the first list that is kept was shown."""
    return next((one.shown_at for one in Lists(data, incident).shown()), None)

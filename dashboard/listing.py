"""Which claims a view of the list shows, in which order, and what stands before and after one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from dashboard import queries
from dashboard.address import ME, NOBODY, PAGE_ROWS, TIMES, ListView
from dashboard.desk import Desk
from dashboard.pending import pending
from pipeline.records import Status, Triage


def passing(desk: Desk, file: str, view: ListView) -> tuple[str, ...]:
    """Ids that pass the filters which the warehouse answers, best first, without claims that await their merging."""
    as_of = queries.overview(file).as_of
    since = as_of - TIMES[view.time] if view.time and as_of else None
    times: dict[str, datetime | None] = {"active_since": None, "new_since": None}
    if since:
        times["active_since" if view.time.startswith("active") else "new_since"] = since
    ids = queries.chosen(file, view.platform, view.script, view.place, view.text, **times)
    folded = pending(desk, file).folded
    return _unfolded(ids, folded) if folded else ids


@lru_cache(maxsize=32)
def _unfolded(ids: tuple[str, ...], folded: frozenset[str]) -> tuple[str, ...]:
    return tuple(claim for claim in ids if claim not in folded)


def narrowed(desk: Desk, file: str, view: ListView) -> tuple[str, ...]:
    """Ids of the claims that pass every filter, best first. Status and owner come live from the ledger."""
    ids = passing(desk, file, view)
    if not view.status and not view.who:
        return ids
    decided = desk.decided()
    fits = {claim for claim, triage in decided.items() if _stands(desk, triage, view)}
    if not _stands(desk, None, view):
        return tuple(claim for claim in ids if claim in fits)
    fits_not = decided.keys() - fits
    return tuple(claim for claim in ids if claim not in fits_not)


def _stands(desk: Desk, triage: Triage | None, view: ListView) -> bool:
    status = triage.status.value if triage else Status.NEW.value
    if view.status and status != view.status:
        return False
    owner = (triage.assignee if triage else None) or ""
    wanted = {ME: desk.actor or "\0", NOBODY: ""}.get(view.who, view.who)
    return not view.who or owner == wanted


def lane_counts(desk: Desk, file: str, view: ListView) -> Mapping[str, int]:
    """How many claims each lane has under the other filters; the empty lane is all of them.

    Costs what was decided, not what there is: it is asked every few seconds for every list that is open.
    """
    plain = replace(view, status="")
    there = members(passing(desk, file, plain))
    touched = [triage for claim, triage in desk.decided().items() if claim in there]
    counts = Counter(triage.status.value for triage in touched if _stands(desk, triage, plain))
    if _stands(desk, None, plain):
        counts[Status.NEW.value] += len(there) - len(touched)
    return {"": counts.total()} | {status.value: counts[status.value] for status in Status}


@lru_cache(maxsize=32)
def members(ids: tuple[str, ...]) -> frozenset[str]:
    """The same ids for looking up."""
    return frozenset(ids)


def page_of(view: ListView, ids: tuple[str, ...]) -> tuple[ListView, tuple[str, ...]]:
    """The page that the view asks for, or the last one there is."""
    view = replace(view, page=max(1, min(view.page, -(-len(ids) // PAGE_ROWS))))
    return view, ids[(view.page - 1) * PAGE_ROWS : view.page * PAGE_ROWS]


def neighbours(ids: tuple[str, ...], claim_id: str) -> tuple[str | None, str | None]:
    """The claims before and after ``claim_id`` in the list; a claim that left the list is followed by its first."""
    if claim_id not in ids:
        return None, ids[0] if ids else None
    place = ids.index(claim_id)
    return ids[place - 1] if place else None, ids[place + 1] if place + 1 < len(ids) else None

"""Which claims a view of the list shows, in which order, and what stands before and after one of them."""

from __future__ import annotations

from dataclasses import replace

from dashboard import queries
from dashboard.address import PAGE_ROWS, ListView
from dashboard.desk import Desk
from pipeline.records import Status


def narrowed(desk: Desk, file: str, view: ListView) -> tuple[str, ...]:
    """Ids of the claims that pass every filter, best first. Status comes live from the ledger."""
    ids = queries.chosen(file, view.platform, view.script, view.text)
    if not view.status:
        return ids
    decided = desk.status_counts()
    return tuple(claim for claim in ids if decided.get(claim, Status.NEW.value) == view.status)


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

"""The outreach log as a file: whom the coalition met or briefed, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from pipeline.escape import for_csv
from pipeline.ledger.outreach import Contacted

COLUMNS = ("entry", "on", "whom", "stance", "about", "outcome", "by", "told_at", "corrects")


def row_of(one: Contacted) -> dict[str, object]:
    """One entry by ``COLUMNS``; ``corrects`` is the number of the wording before, unknown (None) for a first one."""
    values = (one.event_id, one.on.isoformat(), one.whom, one.stance, one.about, one.outcome, one.actor)
    return dict(zip(COLUMNS, (*values, one.told_at.isoformat(), one.corrects or None), strict=True))


def as_csv(found: Iterable[Contacted]) -> str:
    """The entries as CSV with a head; cells that a spreadsheet would run as a formula are disarmed."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([for_csv(value) for value in row_of(one).values()] for one in found)
    return out.getvalue()

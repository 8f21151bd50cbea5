"""Where claims stood on the lists that people had before them: on the list of now, worked claims have sunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pyarrow.compute as pc

from pipeline.moments.keep import Lists, ShownList
from pipeline.paths import DataDir

TOP = 20
"""How far down the list the honesty meter reads."""

Rows = list[dict[str, Any]]


class Places:
    """Ranks on every list that an incident showed."""

    def __init__(self, data: DataDir, incident: str, aliases: Mapping[str, str]) -> None:
        self._shown, self._aliases = Lists(data, incident).shown(), aliases
        self._read: dict[int, dict[str, int]] = {}

    def _ranks(self, one: ShownList) -> dict[str, int]:
        if one.number not in self._read:
            table = one.read()[0]
            pairs = zip(table["claim_id"].to_pylist(), table["rank"].to_pylist(), strict=True)
            self._read[one.number] = dict(pairs)
        return self._read[one.number]

    def at(self, claim_id: str, moment: datetime) -> int | None:
        """The claim's rank, under the id that it had then, on the list of that moment; ``None`` without such a list."""
        one = next((one for one in reversed(self._shown) if one.shown_at <= moment), None)
        return self._ranks(one).get(claim_id) if one else None

    def ever_top(self) -> set[str]:
        """Claims, by the ids of now, that were among the first ``TOP`` of any list."""
        found: set[str] = set()
        for one in self._shown:
            table = one.read()[0]
            found.update(table.filter(pc.less_equal(table["rank"], TOP))["claim_id"].to_pylist())
        return {self._aliases.get(name, name) for name in found}


def placed(rows: Iterable[Mapping[str, Any]], places: Places) -> Rows:
    """Rows of claims with ``judged_rank``, when people first decided, and ``was_top``: was it ever among the first.

    Where the list of that moment was not kept, the rank of now stands in for it.
    """
    top = places.ever_top()
    made = []
    for row in rows:
        now = row["rank"]
        then = places.at(row["triaged_as"], row["triaged_at"]) if row["triaged_at"] else None
        was_top = row["claim_id"] in top or (now is not None and now <= TOP)
        made.append({**row, "judged_rank": then if then is not None else now, "was_top": was_top})
    return made

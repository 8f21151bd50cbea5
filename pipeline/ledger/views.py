"""Saved views of the list: a name for a set of filters, each person's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import StoreError
from pipeline.ledger.items import Items

MAX_NAME_CHARS = 60
MAX_VIEWS = 50
MAX_PARAM_CHARS = 200


@dataclass(frozen=True, slots=True)
class View:
    """One saved view: what it is called and what stands in its address."""

    event_id: int
    owner: str
    name: str
    params: dict[str, str]


class Views(Items):
    """Reads and appends saved views."""

    KIND = "view"

    def save(self, incident: str, owner: str, name: str, params: Mapping[str, str]) -> None:
        """Keep a view; one of the same name is replaced. Raises ``StoreError`` when it cannot be kept."""
        name = " ".join(name.split())
        mine = self.of(incident, owner)
        if not name or len(name) > MAX_NAME_CHARS or len(mine) >= MAX_VIEWS:
            raise StoreError(
                f"a view needs a name of 1 to {MAX_NAME_CHARS} characters; at most {MAX_VIEWS} views",
                code="view_needs",
                name_most=MAX_NAME_CHARS,
                most=MAX_VIEWS,
            )
        if any(len(value) > MAX_PARAM_CHARS for value in params.values()):
            raise StoreError("a filter of this view is too long to keep", code="view_long")
        for view in mine:
            if view.name == name:
                self.take_back(incident, view.event_id, actor=owner)
        self.put(incident, None, {"name": name, "params": dict(params)}, actor=owner)

    def of(self, incident: str, owner: str) -> list[View]:
        """The views that ``owner`` keeps, in the order saved."""
        return [
            View(event.event_id, event.actor, str(event.payload["name"]), dict(event.payload["params"]))
            for event in self.standing(incident)
            if event.actor == owner
        ]

"""Harm and reach of a claim as a person assessed them by the rubric; never the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline.errors import StoreError
from pipeline.ledger.items import Items
from pipeline.rubric import Rubric

MAX_REASON_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Assessment:
    """One person's answers: levels by question. ``event_id`` is the version that the next one must have seen."""

    event_id: int
    claim_id: str
    actor: str
    assessed_at: datetime
    levels: dict[str, int]
    reason: str


class Assessments(Items):
    """Reads and appends assessments; the last that stands is the claim's."""

    KIND = "assessment"

    def assess(
        self,
        incident: str,
        claim_id: str,
        levels: Mapping[str, int],
        *,
        rubric: Rubric,
        actor: str,
        reason: str = "",
        seen: int = 0,
    ) -> int:
        """Store answers; ``seen`` is the assessment that the person saw (0: none).

        Raises ``StaleVersion`` when somebody else was faster, ``StoreError`` when an answer is not in the rubric.
        """
        wrong = [name for name, level in levels.items() if not rubric.allows(name, level)]
        if wrong or not levels or len(reason) > MAX_REASON_CHARS:
            raise StoreError(
                f"an assessment needs answers of the rubric ({', '.join(wrong) or 'none given'}) "
                f"and a reason of at most {MAX_REASON_CHARS} characters",
                code="assessment_needs",
                most=MAX_REASON_CHARS,
            )
        values = {"levels": dict(levels), "reason": reason.strip(), "rubric": rubric.version}
        return self.put(incident, claim_id, values, actor=actor, seen=seen)

    def of(self, incident: str, claim_id: str) -> Assessment | None:
        """How the claim is assessed now."""
        return self.all(incident, claim_id).get(claim_id)

    def all(self, incident: str, claim_id: str | None = None) -> dict[str, Assessment]:
        """The assessment that stands for each claim."""
        return {
            event.claim_id or "": Assessment(
                event.event_id,
                event.claim_id or "",
                event.actor,
                event.decided_at,
                {name: int(level) for name, level in event.payload["levels"].items()},
                str(event.payload["reason"]),
            )
            for event in self.standing(incident, claim_id)
        }

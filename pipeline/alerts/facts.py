"""What the rules find in an incident now. Looking twice finds the same keys, so nothing is raised twice."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pipeline.alerts.book import Alert, AlertBook, Raised
from pipeline.alerts.config import Rule
from pipeline.correction.consensus import Phase, reminders_due
from pipeline.escape import for_terminal
from pipeline.incident import Incident
from pipeline.ledger.statements import Statements
from pipeline.mask import personal
from pipeline.paths import DataDir
from pipeline.questions import ask
from pipeline.raw import GOOD_ENDS, Crawl, finished_crawls
from pipeline.statements import statement
from pipeline.worker.book import WorkerBook, worker_file

MAX_CLAIM_CHARS = 80
"""Of a stranger's post, no more than this leaves the desk."""
_NEVER = 10**9
Rules = Mapping[str, list[Rule]]


def excerpt(text: str) -> str:
    """The beginning of a post on one line, without personal data; nobody's commands, nobody's line breaks."""
    pieces, at = [], 0
    for span in personal(text):
        pieces += [text[at : span.start], "…"]
        at = span.end
    flat = " ".join(for_terminal("".join([*pieces, text[at:]])).split())
    return flat if len(flat) <= MAX_CLAIM_CHARS else flat[: MAX_CLAIM_CHARS - 1] + "…"


class Look:
    """One look at one incident."""

    def __init__(
        self, data: DataDir, incident: Incident, rules: Iterable[Rule], book: AlertBook, now: datetime
    ) -> None:
        self.data, self.incident, self.book, self.now = data, incident, book, now
        self.rules: dict[str, list[Rule]] = {}
        for rule in rules:
            self.rules.setdefault(rule.kind, []).append(rule)
        self.raised = Raised()

    def claims(self) -> None:
        """Rank, growth and harm of the published list, and new wordings of claims that people took up."""
        if not self.data.published(self.incident.id).exists():
            return
        least = {
            "top": max((r.numbers["top"] for r in self.rules.get("rank", ())), default=0),
            "growth": min((math.log(r.numbers["times"]) for r in self._growing()), default=_NEVER),
            "harm": min((r.numbers["weight"] for r in self.rules.get("harm", ())), default=_NEVER),
        }
        rows = ask(self.data, self.incident.id, statement("alerts/claims"), least)
        for row in rows:
            self._claim(row)
        if "variant" in self.rules:
            self._variants()

    def _growing(self) -> list[Rule]:
        return [rule for rule in self.rules.get("growth", ()) if rule.numbers["times"] > 0]

    def _claim(self, row: Mapping[str, Any]) -> None:
        told = {"claim_id": row["claim_id"], "claim": excerpt(row["text"] or ""), "rank": row["rank"]}
        for rule in self.rules.get("rank", ()):
            if row["rank"] <= rule.numbers["top"]:
                self._raise(rule, row["claim_id"], told | {"top": int(rule.numbers["top"])})
        for rule in self._growing():
            recent, growth = row["recent_voices"] or 0, row["growth"]
            enough = growth is not None and growth >= math.log(rule.numbers["times"])
            if enough and recent >= rule.numbers["voices"]:
                more = {"recent": recent, "previous": row["previous_voices"] or 0}
                day = f"{row['as_of']:%Y-%m-%d}"  # of the list: one that stands still is not news every day
                self._raise(rule, f"{row['claim_id']}/{day}", told | more)
        for rule in self.rules.get("harm", ()):
            if row["harm"] is not None and row["harm"] >= rule.numbers["weight"]:
                self._raise(rule, row["claim_id"], told)

    def _variants(self) -> None:
        """Wordings that a claim did not have at the last look; the first look at a claim only remembers them."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in ask(self.data, self.incident.id, statement("alerts/variants"), {}):
            found.setdefault(row["claim_id"], []).append(row)
        for claim_id, rows in found.items():
            scope = f"variant/{claim_id}"
            known = self.book.known(self.incident.id, scope)
            fresh = [row["variant_key"] for row in rows if row["variant_key"] not in known]
            self.raised.seen += [(self.incident.id, scope, key) for key in fresh]
            if known and fresh:
                told = {"claim_id": claim_id, "claim": excerpt(rows[0]["text"] or ""), "n": len(fresh)}
                for rule in self.rules["variant"]:
                    self._raise(rule, f"{claim_id}/{min(fresh)}", told | {"rank": rows[0]["rank"]})

    def crawls(self) -> None:
        """Sources whose last crawl went wrong, or that have brought nothing new for long."""
        if not {"crawl", "silent"} & set(self.rules):
            return
        by_source: dict[str, list[Crawl]] = {use.name: [] for use in self.incident.sources}
        for crawl in finished_crawls(self.data, self.incident.id):
            if crawl.folder.parent.name in by_source:
                by_source[crawl.folder.parent.name].append(crawl)
        for source, crawls in by_source.items():
            crawls.sort(key=lambda crawl: crawl.folder.name)
            self._failed(source, crawls)
            self._silent(source, crawls)

    def _failed(self, source: str, crawls: list[Crawl]) -> None:
        """One alert from the first bad crawl after a good one until the next good one."""
        good = [crawl.folder.name for crawl in crawls if _is_good(crawl)]
        if not crawls or _is_good(crawls[-1]):
            return
        why = str(crawls[-1].summary.get("stopped_because"))
        if why == "stopped":  # by us
            return
        told = {"source": source, "why": why}
        for rule in self.rules.get("crawl", ()):
            self._raise(rule, f"{source}/{good[-1] if good else 'never'}", told)

    def _silent(self, source: str, crawls: list[Crawl]) -> None:
        fresh = [crawl for crawl in crawls if _brought(crawl)]
        if not fresh:
            return
        since = datetime.fromisoformat(str(fresh[-1].summary["finished_at"]))
        for rule in self.rules.get("silent", ()):
            hours = (self.now - since) / timedelta(hours=1)
            if hours >= rule.numbers["hours"]:
                told = {"source": source, "hours": int(hours)}
                self._raise(rule, f"{source}/{fresh[-1].folder.name}", told)

    def statements(self) -> None:
        """Partners who have not answered, each time a reminder of the rule falls due; only the latest is told."""
        if "statement" not in self.rules:
            return
        ledger = Statements(self.data.ledger, read_only=True)
        for held in ledger.statements(self.incident.id):
            if held.voided_at is not None or ledger.releases(statement_id=held.statement_id):
                continue
            standing = ledger.standing(held, self.now)
            due = reminders_due(held.rule, held.deadline_at, held.circulated_at, self.now)
            if standing.phase is not Phase.OPEN or not due:
                continue
            left = max(int((held.deadline_at - self.now) / timedelta(minutes=1)), 0)
            told = {"statement": held.statement_id, "minutes": left}
            for partner in standing.waiting:
                for rule in self.rules["statement"]:
                    key = f"{held.statement_id}/{partner}/{due[-1]}"
                    self._raise(rule, key, told | {"partner": partner}, partner)

    def runs(self) -> None:
        """Turns that failed several times in a row; one alert until one goes well."""
        if "run" not in self.rules:
            return
        turns = WorkerBook(worker_file(self.data), read_only=True).turns(self.incident.id, most=200)
        ended = [turn for turn in turns if turn.status not in ("running", "stopped", "interrupted")]
        failed = next((n for n, turn in enumerate(ended) if turn.status != "failed"), len(ended))
        last_good = ended[failed].turn_id if failed < len(ended) else 0
        for rule in self.rules["run"]:
            if failed and failed >= rule.numbers["failures"]:
                self._raise(rule, f"after-{last_good}", {"n": failed})

    def _raise(self, rule: Rule, what: str, told: Mapping[str, Any], partner: str | None = None) -> None:
        key = f"{self.incident.id}/{rule.name}/{what}"
        alert = Alert(key, self.incident.id, rule.kind, rule.name, rule.urgent, told, self.now, partner)
        self.raised.alerts.append(alert)


def _is_good(crawl: Crawl) -> bool:
    return crawl.summary.get("stopped_because") in GOOD_ENDS and not crawl.summary.get("refusals")


def _brought(crawl: Crawl) -> bool:
    """Whether a crawl had anything new; one that does not count that, any post."""
    fresh = (crawl.summary.get("extra") or {}).get("new")
    return bool(crawl.summary.get("posts") if fresh is None else fresh)


def looks(look: Look) -> tuple[Callable[[], None], ...]:
    """Every kind of look, the cheap ones first."""
    return look.statements, look.runs, look.crawls, look.claims

"""Plans and purges: what would go, told first with a code; the same code lets exactly that go."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.alerts.book import AlertBook, alert_file
from pipeline.errors import StoreError, UsageError
from pipeline.files import locked, write_text
from pipeline.identity import Identity
from pipeline.incident import find_incident
from pipeline.ledger import Ledger
from pipeline.ledger.statements import Statements
from pipeline.paths import DataDir
from pipeline.report.keep import keep_report
from pipeline.retention.certificate import certify
from pipeline.retention.derived import blind_memory, drop, rebuild, warehouses
from pipeline.retention.library import (
    LIBRARY,
    count_imported,
    cut_imported,
    cut_sidecars,
    echoes,
    of_crawls,
    suppressed,
)
from pipeline.retention.rows import Cut, Hits, count_hits, cut, cut_rejects, observed, parts, remove
from pipeline.retention.subject import Found, Request, find
from pipeline.runs import run_lock
from pipeline.schema import UTC_TIME
from pipeline.suppression import Suppression

CODE_CHARS = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge would delete. ``code`` changes when any of it does; nothing goes without it."""

    rule: str
    """In words, without a person's name or address."""
    counts: Mapping[str, Mapping[str, int]]
    """Per incident: observations, posts, files."""
    cutoff: datetime | None = None
    found: Found | None = field(default=None, repr=False)
    needles: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def code(self) -> str:
        """Eight characters that stand for exactly this plan."""
        told = [self.rule, {name: dict(count) for name, count in self.counts.items()}]
        if self.found:
            told.append({name: sorted(posts) for name, posts in self.found.posts.items()})
        text = json.dumps(told, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:CODE_CHARS]

    def check(self, code: str) -> None:
        """Raise ``UsageError`` when ``code`` belongs to another plan."""
        if code != self.code:
            raise UsageError(
                f"{code} is not the code of this purge: what would go has changed since; look at it again"
            )


def plan_incident(data: DataDir, incident: str) -> Plan:
    """Everything collected for a closed incident; raises ``UsageError`` while it is open."""
    if not find_incident(data, incident).closed_at:
        raise UsageError(
            f"{incident} is open: close it first with: chengqing incident close {incident}; "
            f"or delete only what is old: chengqing purge age {incident} --days 30"
        )
    return Plan(f"all posts of the closed incident {incident}", {incident: _whole(data, incident)})


def plan_age(data: DataDir, incident: str, days: int, now: datetime | None = None) -> Plan:
    """Observations collected more than ``days`` before ``now``; an incident may be open."""
    find_incident(data, incident)
    if days < 1:
        raise UsageError("--days starts at 1")
    cutoff = (now or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0)
    cutoff -= timedelta(days=days)
    rows = count_hits(data, incident, _older(cutoff))
    rule = f"observations of {incident} collected before {cutoff:%Y-%m-%d} UTC ({days} days)"
    return Plan(rule, {incident: {"observations": rows}}, cutoff=cutoff)


def plan_subject(data: DataDir, incidents: Sequence[str], request: Request, rule: str) -> Plan:
    """Posts that a person asked to have deleted, wherever they are held."""
    listed = Suppression.of_desk(data) or Suppression(Identity.of_desk(data))
    found = find(data, incidents, request, listed)
    counts = {
        name: {"observations": count_hits(data, name, found.listed.hits), "posts": len(posts)}
        for name, posts in found.posts.items()
    }
    theirs = suppressed(found.listed)
    if reviews := count_imported(data, theirs):
        counts[LIBRARY] = {"reviews": reviews}
    counts |= {name: {"reviews": rows} for name, rows in echoes(data, theirs, but=counts).items()}
    counts |= {name: {"unfinished": 1} for name in _unfinished(data) if name not in counts}
    return Plan(rule, counts, found=found, needles=request.needles | found.addresses)


def _older(cutoff: datetime) -> Hits:
    moment = pa.scalar(cutoff, UTC_TIME)

    def hits(table: pa.Table) -> pa.ChunkedArray:
        return pc.less(table.column("collected_at"), moment)

    return hits


def _whole(data: DataDir, incident: str) -> dict[str, int]:
    rows = sum(pq.read_metadata(part).num_rows for part in parts(data, incident))
    return {"observations": rows, "files": len(_raw_files(data, incident)) + len(warehouses(data, incident))}


def _raw_files(data: DataDir, incident: str) -> list[Path]:
    return [p for p in sorted(data.raw(incident).rglob("*")) if p.is_file() and p.name != ".lock"]


def kept(data: DataDir, incident: str) -> dict[str, int]:
    """What stays of an incident, counted."""
    ledger, rooms = Ledger(data.ledger, read_only=True), Statements(data.ledger, read_only=True)
    events = ledger.events(incident)
    return {
        "events": len(events),
        "decided_claims": len(ledger.triage(incident)),
        "statements": len(rooms.statements(incident)),
        "releases": len(rooms.releases(incident)),
        "pieces_of_evidence": sum(event.kind == "evidence" for event in events),
    }


@contextlib.contextmanager
def _alone(data: DataDir, incident: str) -> Iterator[None]:
    """Hold off runs and crawls while rows go; raises ``StoreError`` where one is at work."""
    folders = [folder for folder in sorted(data.raw(incident).glob("*")) if folder.is_dir()]
    with contextlib.ExitStack() as stack:
        for path in [run_lock(data, incident), *(folder / ".lock" for folder in folders)]:
            if not stack.enter_context(locked(path, wait=False)):
                raise StoreError(
                    f"{incident}: a run or crawl is at work ({path.parent.name}); wait until it ends"
                )
        yield


def purge(data: DataDir, plan: Plan, *, code: str, actor: str) -> Path:
    """Delete what ``plan`` names and return the file of its certificate.

    After a kill, plan and purge again: the second finishes what the first began, and its certificate has the rest.
    """
    plan.check(code)
    if plan.found:
        plan.found.listed.save(data)  # first: from now on no crawl brings them back
    cuts: dict[str, list[Cut]] = {}
    if plan.found and LIBRARY in plan.counts:  # before anything is made again from it
        cuts[LIBRARY] = cut_imported(data, suppressed(plan.found.listed))
    for incident in plan.counts:
        if incident not in cuts:
            cuts |= _purge_one(data, incident, plan)
    posts = [post for held in plan.found.posts.values() for post in held] if plan.found else []
    identity = Identity.of_desk(data)
    return certify(
        data,
        rule=plan.rule,
        code=code,
        cuts=cuts,
        counts={name: _totals(made) for name, made in cuts.items()},
        kept={name: kept(data, name) for name in cuts},
        subjects=[identity.mark("post", post) for post in posts],
        actor=actor,
    )


def _totals(made: Sequence[Cut]) -> dict[str, int]:
    return {
        "files_deleted": sum(one.sha256_after is None for one in made),
        "files_rewritten": sum(one.sha256_after is not None for one in made),
        "observations": sum(one.rows for one in made if "/part-" in one.file),
        "reviews": sum(one.rows for one in made if one.file.startswith("reviews/")),
        "vectors": sum(one.rows for one in made if "/vectors/" in one.file),
        "unreadable_rows": sum(one.rows for one in made if one.file.endswith("rejects.jsonl")),
    }


def _quiet_alerts(data: DataDir, incident: str) -> None:
    """Alerts quote the beginning of a claim: the quotes go, and the feeds are written anew by the worker."""
    if alert_file(data).exists():
        AlertBook(alert_file(data)).forget(incident)
    for feed in (data.root / "alerts").glob("*.atom"):
        feed.unlink()


def _purge_one(data: DataDir, incident: str, plan: Plan) -> dict[str, list[Cut]]:
    """What went of an incident, and of others that had taken reviews over from it."""
    _quiet_alerts(data, incident)
    if plan.cutoff is None and plan.found is None:
        return _purge_whole(data, incident)
    hits = plan.found.listed.hits if plan.found else _older(plan.cutoff or datetime.min.replace(tzinfo=UTC))
    _note(data, {*_unfinished(data), incident})
    with _alone(data, incident):
        going = _going(data, incident, hits)
        blind_memory(data, incident, going)
        made = [*cut_sidecars(data, incident, going), *cut(data, incident, hits)]
        made += cut_rejects(data, incident, plan.needles)
    return {incident: [*made, *_made_again(data, incident)]}


def _purge_whole(data: DataDir, incident: str) -> dict[str, list[Cut]]:
    keep_report(data, incident)
    others = list(echoes(data, of_crawls(data, incident), but=[incident]))
    with _alone(data, incident):
        blind_memory(data, incident, None)
        _note(data, {*_unfinished(data), *others})
        cuts = {incident: [*_drop_raw(data, incident), *drop(data, incident)]}
    return cuts | {other: _made_again(data, other) for other in others}


def _made_again(data: DataDir, incident: str) -> list[Cut]:
    made = rebuild(data, incident)
    _note(data, {*_unfinished(data)} - {incident})
    return made


def _note(data: DataDir, incidents: set[str]) -> None:
    """Remember in which incidents rows may be gone from the raw layer and not yet from what was made of them."""
    write_text(data.ledger.parent / "purging.json", json.dumps(sorted(incidents)) + "\n")


def _unfinished(data: DataDir) -> list[str]:
    path = data.ledger.parent / "purging.json"
    return [str(name) for name in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def _going(data: DataDir, incident: str, hits: Hits) -> frozenset[str]:
    """Posts of which no observation will be left."""
    goes: set[str] = set()
    stays: set[str] = set()
    for table in observed(data, incident):
        names, gone = table.column("post_id").to_pylist(), hits(table).to_pylist()
        for name, hit in zip(names, gone, strict=True):
            (goes if hit else stays).add(name)
    return frozenset(goes - stays)


def _drop_raw(data: DataDir, incident: str) -> list[Cut]:
    made = []
    for file in _raw_files(data, incident):
        is_part = file.suffix == ".parquet" and file.name.startswith("part-")
        made.append(remove(data, file, pq.read_metadata(file).num_rows if is_part else 0))
    for folder in sorted(data.raw(incident).rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return made


def due(data: DataDir, incidents: Sequence[str], days: int, now: datetime | None = None) -> list[str]:
    """Incidents closed more than ``days`` ago of which posts are still held."""
    limit = (now or datetime.now(UTC)) - timedelta(days=days)
    closed = {name: find_incident(data, name).closed_at for name in incidents}
    return [name for name, when in closed.items() if when and when < limit and held(data, name)]


def held(data: DataDir, incident: str) -> bool:
    """Whether posts of an incident are still held."""
    return bool(parts(data, incident) or warehouses(data, incident))

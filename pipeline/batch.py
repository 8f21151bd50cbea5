"""A run: the stages in order, each reused when nothing that decides its result has changed, then publishing.

Files are named by a key over inputs, parameters and versions, and appear whole by rename, so a stopped run
goes on where it stopped and the same input gives the same files, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline import tables as t
from pipeline.claims import Previous
from pipeline.errors import ChengqingError, StageError, StoreError, UnknownName, UsageError
from pipeline.files import locked, write_parquet
from pipeline.incident import Incident
from pipeline.ledger import Ledger
from pipeline.ledger.assessments import Assessments
from pipeline.moments.keep import Lists
from pipeline.numbered import joined
from pipeline.paths import DataDir
from pipeline.progress import bar
from pipeline.rank.learned import load_rank_config
from pipeline.raw import crawls_table, finished_crawls
from pipeline.rubric import load_rubric
from pipeline.runs import WAREHOUSE, Run, RunRegistry, StageRun, run_lock
from pipeline.stages import PUBLISH, STAGE_NAMES, STAGES, Context, Stage, as_of
from pipeline.versions import code_digest
from pipeline.warehouse import KEPT_VERSIONS, Contents, decided_tables, publish, recorded_tables

Told = Callable[[StageRun], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller wants of a run."""

    first: str | None = None
    """Recompute from this stage on, even where a result stands."""
    only: str | None = None
    """Recompute this stage alone, on the files of the published run; nothing is published."""
    as_of: datetime | None = None
    """Rank what was known at this moment, and publish that beside the list of now; ids are not touched."""
    encoder: str | None = None
    """Name, hub id or path of an encoder; the shipped one without."""

    @property
    def outcome(self) -> str:
        """How a run that went well is recorded: only a done one is what people see as now."""
        return "partial" if self.only else "replayed" if self.as_of else "done"

    def forces(self, stage: str) -> bool:
        """Whether ``stage`` must be computed anew."""
        if self.only:
            return stage == self.only
        return self.first is not None and STAGE_NAMES.index(stage) >= STAGE_NAMES.index(self.first)


def run_incident(
    data: DataDir, incident: Incident, wish: Wish | None = None, told: Told | None = None
) -> Run:
    """Run the stages of ``incident`` and publish; ``told`` hears of each stage as it ends.

    One run per incident at a time: raises ``StageError`` when another process has it. A failed or killed
    run leaves the published warehouse as it was.
    """
    wish = wish or Wish()
    for name in (wish.first, wish.only):
        if name and name not in STAGE_NAMES:
            raise UnknownName(f"no stage {name!r}; there are: {', '.join(STAGE_NAMES)}")
    if wish.only == PUBLISH:
        raise UsageError(f"to publish alone: chengqing publish {incident.id}")
    with locked(run_lock(data, incident.id), wait=False) as mine:
        if not mine:
            raise StageError(f"incident {incident.id}: another run is at work; wait for it")
        registry = RunRegistry(data.runs)
        registry.mark_abandoned(incident.id, data.published(incident.id))
        _remove_leftovers(data.lake(incident.id))
        return _Batch(data, incident, wish, registry, told or (lambda stage: None)).run()


class _Batch:
    """One run while it lasts."""

    def __init__(
        self, data: DataDir, incident: Incident, wish: Wish, registry: RunRegistry, told: Told
    ) -> None:
        self.data, self.incident, self.wish, self.registry, self.told = data, incident, wish, registry, told
        self.lake, self.lists = data.lake(incident.id), Lists(data, incident.id)
        self.context = _context(data, incident, wish)
        self.keys: dict[str, str] = {}
        self._held: dict[str, pa.Table] = {}
        self.rejects_of = _rejects_by_key(registry.runs(incident.id))

    def run(self) -> Run:
        """All stages, or the one asked for, inside a recorded run."""
        self.run_id = self.registry.start(self.incident.id, pid=os.getpid())
        try:
            self._stages()
        except KeyboardInterrupt:
            self.registry.finish(
                self.run_id, "stopped", "stopped by a person; the next run goes on where it stopped"
            )
            raise
        except BaseException as error:  # recorded, then raised on: nothing is swallowed
            named = str(error) if isinstance(error, ChengqingError) else f"{type(error).__name__}: {error}"
            self.registry.finish(self.run_id, "failed", named)
            raise
        self.registry.finish(self.run_id, self.wish.outcome)
        runs = self.registry.runs(self.incident.id)
        if self.wish.outcome == "done":
            gone = _unused(self.lake, runs)
            self.lists.seal(gone)
            for file in gone:
                file.unlink()
        return self._this(runs)

    def _this(self, runs: list[Run]) -> Run:
        return next(run for run in runs if run.run_id == self.run_id)

    def _stages(self) -> None:
        if self.wish.only:
            self._on_what_stands(self.wish.only)
            return
        for position, stage in enumerate(STAGES):
            self._stage(position, stage)
        self._publish(len(STAGES))

    def _on_what_stands(self, only: str) -> None:
        """Compute one stage anew from the files of the published run."""
        standing = self.registry.published(self.incident.id, self.data.published(self.incident.id))
        if standing is None:
            raise StageError(
                f"there is nothing to compute {only} alone on; first: chengqing run {self.incident.id}"
            )
        self.keys = {stage.stage: stage.stage_key for stage in standing.stages}
        for position, stage in enumerate(STAGES):
            if stage.name == only:
                self._stage(position, stage)

    def _stage(self, position: int, stage: Stage) -> None:
        key = self._key(stage)
        files = {table.name: self._file(table, key) for table in stage.writes}
        record = StageRun(stage.name, "running", key)
        if files and all(file.exists() for file in files.values()) and not self.wish.forces(stage.name):
            record.status, record.rows_out = "reused", _rows(files.values())
            record.rejects = self.rejects_of.get(key, {})
        else:
            self.registry.put_stage(self.run_id, position, record)
            self._compute(stage, record, files)
        record.files = {name: str(file.relative_to(self.lake)) for name, file in files.items()}
        if stage.name == "encode":
            record.files = {t.VECTORS.name: str(self.context.vectors.folder.relative_to(self.lake))}
            encoder = self.context.encoder
            self.registry.describe(self.run_id, encoder=f"{encoder.name} {encoder.revision}")
        self.registry.put_stage(self.run_id, position, record)
        self._let_go(position)
        self.told(record)

    def _compute(self, stage: Stage, record: StageRun, files: dict[str, Path]) -> None:
        started = time.perf_counter()
        inputs = {table.name: self._table(table) for table in stage.reads}
        with bar(stage.name) as tick:
            outcome = stage.run(self.context, inputs, tick)
        for name, file in files.items():
            write_parquet(file, outcome.tables[name])
        self._held |= outcome.tables
        record.status = "done"
        record.rows_in = sum(table.num_rows for table in inputs.values())
        record.rows_out = outcome.added + sum(table.num_rows for table in outcome.tables.values())
        record.rejects = outcome.rejects
        record.seconds, record.peak_mb = round(time.perf_counter() - started, 3), _peak_mb()

    def _table(self, table: t.Table) -> pa.Table:
        """A table of this run, read once: memory is cheaper than reading a million posts at every stage."""
        if table.name not in self._held:
            maker = next(stage for stage in STAGES if table in stage.writes)
            file = self._file(table, self.keys[maker.name])
            self._held[table.name] = pq.read_table(file, schema=table.schema)
        return self._held[table.name]

    def _let_go(self, position: int) -> None:
        """Forget tables that no later stage reads; publishing reads posts and what is remembered of claims."""
        later = {t.POSTS, t.CLAIM_MEMORY}.union(*(stage.reads for stage in STAGES[position + 1 :]))
        self._held = {table.name: self._held[table.name] for table in later if table.name in self._held}

    def _file(self, table: t.Table, key: str) -> Path:
        return self.lake / table.name / f"{key}.parquet"

    def _key(self, stage: Stage) -> str:
        """Hash over code, parameters, and the keys of the stages that make what this one reads."""
        makers = sorted({s.name for s in STAGES for table in stage.reads if table in s.writes})
        told = [stage.name, code_digest(), stage.parameters(self.context), [self.keys[m] for m in makers]]
        text = json.dumps(told, ensure_ascii=False, sort_keys=True)
        self.keys[stage.name] = hashlib.blake2b(
            text.encode("utf-8", "surrogatepass"), digest_size=12
        ).hexdigest()
        return self.keys[stage.name]

    def _publish(self, position: int) -> None:
        started = time.perf_counter()
        self.registry.describe(self.run_id, as_of=as_of(self.context, self._table(t.POSTS)))
        record = StageRun(PUBLISH, "running", "", rows_out=len(t.PUBLISHED))
        settle: Callable[[], None] = (lambda: None) if self.wish.as_of else self.lists.settle

        def contents() -> Contents:
            settle()
            return _contents(self.data, self.incident.id, self._this(self.registry.runs(self.incident.id)))

        def announce(name: str) -> None:
            record.files = {WAREHOUSE: name}
            if not self.wish.as_of:  # ids and the list are kept before anybody sees them
                write_parquet(self.data.memory(self.incident.id), self._table(t.CLAIM_MEMORY))
                self._keep_list(name)
            self.registry.put_stage(self.run_id, position, record)

        publish(self.data.published(self.incident.id, self.wish.as_of), contents, announce, settle)
        record.status = "done"
        record.seconds, record.peak_mb = round(time.perf_counter() - started, 3), _peak_mb()
        self.registry.put_stage(self.run_id, position, record)
        self.told(record)

    def _keep_list(self, warehouse: str) -> None:
        run = self._this(self.registry.runs(self.incident.id))
        as_of = run.as_of.isoformat() if run.as_of else ""
        files = _files(self.data, self.incident.id, run)
        self.lists.wait(warehouse, files, run_id=run.run_id, as_of=as_of)


def republish(data: DataDir, incident: str) -> Path:
    """Publish the run that is shown now again, with the decisions of now; takes well under a second.

    Raises ``StoreError`` when nothing has been published yet or a file of that run is gone.
    """
    registry = RunRegistry(data.runs)
    link = data.published(incident)
    shown: list[Run] = []

    def contents() -> Contents:
        Lists(data, incident).settle()
        run = registry.published(incident, link)
        if run is None:
            raise StoreError(f"incident {incident}: nothing is published yet; run: chengqing run {incident}")
        shown.append(run)
        return _contents(data, incident, run)

    def announce(name: str) -> None:
        stage = next(stage for stage in shown[0].stages if stage.stage == PUBLISH)
        stage.files = {WAREHOUSE: name}
        registry.put_stage(shown[0].run_id, len(STAGES), stage)

    return publish(link, contents, announce)


def _rejects_by_key(runs: list[Run]) -> dict[str, dict[str, int]]:
    """What each stage left out when its result was computed: a reused result left out the same."""
    return {s.stage_key: s.rejects for run in runs for s in run.stages if s.status == "done"}


def _remove_leftovers(lake: Path) -> None:
    """Temporary files of killed runs; call while holding the run lock."""
    for path in lake.rglob(".*.tmp"):
        path.unlink()


def _files(data: DataDir, incident: str, run: Run) -> dict[str, Path]:
    """Lake files (a folder for vectors) of a run, by table."""
    lake = data.lake(incident)
    return {
        name: lake / file
        for stage in run.stages
        if stage.stage != PUBLISH
        for name, file in stage.files.items()
    }


def _contents(data: DataDir, incident: str, run: Run) -> Contents:
    files = _files(data, incident, run)
    gone = [str(file) for file in files.values() if not file.exists()]
    if gone:
        raise StoreError(
            f"{', '.join(gone)}: gone from the lake; make it again with: chengqing run {incident}"
        )
    crawls = finished_crawls(data, incident)
    vectors = sorted(files.pop(t.VECTORS.name).glob("*.parquet"))
    listed: dict[str, list[Path]] = {name: [file] for name, file in files.items()}
    listed[t.VECTORS.name] = vectors
    listed[t.OBSERVATIONS.name] = [file for crawl in crawls for file in crawl.files]
    tables = recorded_tables(_as_published(RunRegistry(data.runs).runs(incident), run), crawls_table(crawls))
    tables |= decided_tables(Ledger(data.ledger, read_only=True), incident)
    return Contents(listed, tables, _width(vectors))


def _as_published(runs: list[Run], publishing: Run) -> list[Run]:
    """The run that publishes cannot have ended yet; in what it publishes, it has."""
    for run in runs:
        if run.run_id == publishing.run_id and run.status == "running":
            run.status, run.finished_at = "done", datetime.now(UTC)
    return runs


def _width(vectors: list[Path]) -> int:
    """Dimensions of stored vectors; 1 when there are none."""
    for file in vectors:
        first = pq.ParquetFile(file).iter_batches(batch_size=1, columns=["vector"])
        for batch in first:
            return len(batch.column(0)[0])
    return 1


def _unused(lake: Path, runs: list[Run]) -> list[Path]:
    """Lake files that none of the last published runs uses; vectors are a cache and stay."""
    kept = {
        file
        for run in [r for r in runs if r.status in ("done", "replayed")][-KEPT_VERSIONS:]
        for stage in run.stages
        for file in stage.files.values()
    }
    files = [file for table in t.DERIVED for file in (lake / table.name).glob("*.parquet")]
    return [file for file in files if str(file.relative_to(lake)) not in kept]


def _context(data: DataDir, incident: Incident, wish: Wish) -> Context:
    ledger = Ledger(data.ledger, read_only=True)
    memory, rulings = data.memory(incident.id), ledger.rulings(incident.id)
    kept = {"memory": pq.read_table(memory, schema=t.CLAIM_MEMORY.schema)} if memory.exists() else {}
    previous = Previous(triage=ledger.triage(incident.id), rulings=rulings, **kept)
    return Context(
        data=data,
        incident_id=incident.id,
        crawls=finished_crawls(data, incident.id),
        rulings=rulings,
        previous=previous,
        previous_digest=_digest(previous),
        aliases=incident.aliases,
        user_words=incident.user_words,
        window_end=incident.end,
        assessed=_assessed(data, incident.id, wish.as_of),
        as_of_wanted=wish.as_of,
        encoder_name=wish.encoder,
        rank_config=load_rank_config(data),
    )


def _assessed(data: DataDir, incident: str, as_of: datetime | None) -> dict[str, float]:
    """Harm of claims as people assessed it by then, as a share of the most that the rubric allows."""
    standing, rubric = Assessments(data.ledger, read_only=True).all(incident), load_rubric(data)
    totals = {
        claim: rubric.total("harm", one.levels)
        for claim, one in standing.items()
        if as_of is None or one.assessed_at <= as_of
    }
    return {claim: total[0] / total[1] for claim, total in totals.items() if total and total[1]}


def _digest(previous: Previous) -> str:
    """Equal digests hand down equal ids: over (post, claim, decided), not over whole files."""
    rows = previous.posts()
    if previous.has_anchors:  # else it is what we remembered, sorted
        rows = rows.sort_by([("claim_id", "ascending"), ("post_id", "ascending")])
    digest = hashlib.blake2b(digest_size=12)
    for name in ("claim_id", "post_id"):
        lengths = pc.binary_length(rows.column(name)).to_numpy()
        digest.update(lengths.astype(np.int64).tobytes())
        digest.update(joined(rows.column(name)).as_buffer())
    digest.update(rows.column("decided").to_numpy().tobytes())
    return digest.hexdigest()


def _rows(files: Iterable[Path]) -> int:
    return sum(pq.read_metadata(file).num_rows for file in files)


def _peak_mb() -> float:
    """Largest resident memory of this process so far, in MB (Linux counts kilobytes)."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)

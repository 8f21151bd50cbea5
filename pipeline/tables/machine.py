"""What the machine says of its own work."""

from __future__ import annotations

from pipeline.schema import Table
from pipeline.schema import count_column as _count
from pipeline.schema import key_column as _key
from pipeline.schema import number_column as _number
from pipeline.schema import text_column as _text
from pipeline.schema import time_column as _time

CRAWLS = Table(
    "crawls",
    "one row per crawl or import: what it saw and why it stopped.",
    (
        _key("crawl_id", "the crawl"),
        _key("source", "source card"),
        _key("collector", "spider or importer with its version"),
        _time("started_at", "start (UTC)"),
        _time("finished_at", "end (UTC)"),
        _count("pages", "responses read"),
        _count("posts", "observations stored"),
        _count("rejects", "rows or items that could not be read, each kept with its reason"),
        _count("refusals", "responses that refused us"),
        _count("bytes", "bytes received"),
        _key("stopped_because", "why it ended: finished, refused, limit, error …"),
        _text("detail", "the first error or refusal, in words"),
    ),
)

RUNS = Table(
    "runs",
    "one row per batch run of the incident, newest last, as of publishing.",
    (
        _key("run_id", "the run"),
        _key("status", "running, done, failed or stopped"),
        _time("started_at", "start (UTC)"),
        _time("finished_at", "end (UTC)"),
        _time("as_of", "the moment its ranking speaks about"),
        _text("code_version", "version and commit of the code"),
        _text("encoder", "encoder and revision"),
        _text("lexicon", "hash of the lexicon"),
        _text("error", "why it failed, in words"),
    ),
)

STAGE_RUNS = Table(
    "stage_runs",
    "one row per stage of a run.",
    (
        _key("run_id", "the run"),
        _key("stage", "the stage"),
        _key("status", "done, reused, failed or running"),
        _key("stage_key", "hash of its inputs, parameters and version: equal keys, equal results"),
        _count("rows_in", "rows read"),
        _count("rows_out", "rows written"),
        _text("rejects", "what was left out and why, as JSON counts"),
        _number("seconds", "wall seconds"),
        _number("peak_mb", "peak resident memory of the process so far, in MB"),
    ),
)

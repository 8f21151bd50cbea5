"""``chengqing import``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from pipeline.errors import MappingError
from pipeline.incident import find_incident
from pipeline.paths import DataDir
from pipeline.progress import bar


@click.command("import", short_help="Read posts from files that you already hold.")
@click.argument("incident")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--source", "source_name", metavar="NAME", help="Name in the raw layer; default from the file.")
@click.option(
    "--map", "pairs", multiple=True, metavar="FIELD=COLUMN", help="Which column is which; may be repeated."
)
@click.option(
    "--mapping", "mapping_file", type=click.Path(exists=True, path_type=Path), help="A saved mapping (TOML)."
)
@click.option(
    "--save-mapping", type=click.Path(dir_okay=False, path_type=Path), help="Save the mapping that was used."
)
@click.option("--platform", metavar="NAME", help="weibo, wechat …; part of every post's id.")
@click.option("--timezone", metavar="ZONE", help="Zone of times that name none, such as Asia/Shanghai.")
@click.option("--encoding", metavar="NAME", help="utf-8, gb18030, big5hkscs or utf-16; default: found out.")
@click.option("--dry-run", is_flag=True, help="Show five mapped rows and store nothing.")
@click.option("--again", is_flag=True, help="Read a file that is already in.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def import_posts(
    incident: str,
    files: tuple[Path, ...],
    mapping_file: Path | None,
    pairs: tuple[str, ...],
    **given: Any,  # noqa: ANN401  click's options
) -> None:
    """Read posts from FILES into INCIDENT: JSON lines, CSV or TSV, gzipped or not.

    Known formats (CED posts and reposts, claim groups, Zeeschuimer) are recognized from the file. For plain tables the
    columns are guessed from their names; look at --dry-run first. Rows that cannot be read go to rejects.jsonl with
    their number and the reason; nothing else is lost.

    \b
    Examples:
      chengqing import sf-harbor-lane-fire posts.csv --dry-run
      chengqing import sf-harbor-lane-fire 微博.csv --map text=微博正文 --save-mapping weibo.toml
      chengqing import sf-harbor-lane-fire more.csv --mapping weibo.toml
      chengqing import weibo-2012 ced/posts.jsonl.gz ced/reposts.jsonl.gz
    """
    from crawlers.importers.mapping import parse_pairs, read_mapping
    from crawlers.importers.run import Options, plan_reading

    data = DataDir.from_environment()
    found = find_incident(data, incident)
    options = Options(
        source=given["source_name"],
        columns=parse_pairs(pairs) or None,
        mapping=read_mapping(mapping_file) if mapping_file else None,
        platform=given["platform"],
        timezone=given["timezone"],
        encoding=given["encoding"],
    )
    readings = [plan_reading(path, options) for path in files]
    if given["dry_run"]:
        _dry_run(readings, data, as_json=given["as_json"])
    else:
        _import_all(readings, data, found.id, again=given["again"], as_json=given["as_json"])
    if given["save_mapping"]:
        _save(given["save_mapping"], readings)


def _save(path: Path, readings: list[Any]) -> None:
    from pipeline.files import write_text

    if len({reading.mapping.to_toml() for reading in readings}) > 1:
        raise MappingError("--save-mapping: the files have different mappings; give one file")
    write_text(path, readings[0].mapping.to_toml())
    click.echo(f"mapping saved: {path}", err=True)


def _dry_run(readings: list[Any], data: DataDir, *, as_json: bool) -> None:
    from crawlers.importers.run import preview
    from crawlers.source_cli import print_posts

    shown: list[dict[str, Any]] = []
    for reading in readings:
        posts, problems = preview(reading, data)
        if as_json:
            bad = [asdict(problem) for problem in problems[:20]]
            shown.append({"file": str(reading.path), "posts": posts, "problems": bad, **_how(reading)})
            continue
        click.echo(f"{reading.path}: {reading.kind}, mapping {reading.mapping.name}, source {reading.source}")
        for field, columns in reading.mapping.columns.items():
            click.echo(f"  {field:13} ← {' | '.join(columns)}")
        print_posts(posts)
        for problem in problems[:5]:
            click.echo(f"row {problem.row}: {problem.reason}")
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=1, default=str))


def _how(reading: Any) -> dict[str, Any]:  # noqa: ANN401  loaded late
    return {"kind": reading.kind, "source": reading.source, "columns": reading.mapping.columns}


def _import_all(readings: list[Any], data: DataDir, incident: str, *, again: bool, as_json: bool) -> None:
    from crawlers.importers.run import import_file
    from crawlers.store import summary_json

    summaries: list[dict[str, Any]] = []
    for reading in readings:
        with bar(f"reading {reading.path.name}", "bytes") as tick:
            summary = import_file(reading, data, incident, again=again, tick=tick)
        summaries.append({"file": str(reading.path), **summary_json(summary)})
    if as_json:
        click.echo(json.dumps(summaries, ensure_ascii=False, indent=1, default=str))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("file", "source", "posts", "rejects", "repeated", "seconds"):
        table.add_column(title, justify="left" if title in {"file", "source"} else "right")
    for one in summaries:
        numbers = (one["posts"], one["rejects"], one["extra"]["repeated"], one["seconds"])
        table.add_row(Path(one["file"]).name, one["source"], *(f"{n:,}" for n in numbers))
    Console().print(table)
    for one in summaries:
        if one["rejects"]:
            folder = data.raw(incident) / one["source"] / one["crawl_id"]
            click.echo(f"rows that could not be used, with reasons: {folder / 'rejects.jsonl'}", err=True)

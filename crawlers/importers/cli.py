"""``chengqing import``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pipeline.cli.output import Row, show_json, show_rows
from pipeline.errors import MappingError, UsageError
from pipeline.escape import for_terminal
from pipeline.incident import find_incident
from pipeline.paths import DataDir
from pipeline.progress import bar


@click.command("import", short_help="Read posts from files that you already hold, or enter a tip.")
@click.argument("incident")
@click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
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
@click.option(
    "--tip", "channel", metavar="CHANNEL", help="One message that a member passed on by wechat, phone …"
)
@click.option("--consent", metavar="HOW", help="With --tip: how the member agreed, without their name.")
@click.option("--received-at", metavar="TIME", help="With --tip: when it came; default: now.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def import_posts(
    incident: str,
    files: tuple[Path, ...],
    mapping_file: Path | None,
    pairs: tuple[str, ...],
    **given: Any,  # noqa: ANN401  click's options
) -> None:
    """Read posts from FILES into INCIDENT: JSON lines, JSON, CSV or TSV (gzipped or not), WARC and WACZ.

    Known formats are recognized from the file: Zeeschuimer, MediaCrawler, the common Weibo tools, 4CAT, Telegram
    Desktop (public channels and groups), Junkipedia, Meltwater, Brandwatch, CrowdTangle, YouTube Data Tools, web
    archives, CED. For plain tables the columns are guessed from their names; look at --dry-run first. Rows that cannot
    be read go to rejects.jsonl with their number and the reason; nothing else is lost.

    With --tip, the one file (or standard input) is a message that somebody passed on. The lines in which messengers
    name its sender are taken off; look at --dry-run for names inside the words.

    \b
    Examples:
      chengqing import sf-harbor-lane-fire posts.csv --dry-run
      chengqing import sf-harbor-lane-fire 微博.csv --map text=微博正文 --save-mapping weibo.toml
      chengqing import sf-harbor-lane-fire more.csv --mapping weibo.toml
      chengqing import weibo-2012 ced/posts.jsonl.gz ced/reposts.jsonl.gz
      chengqing import sf-harbor-lane-fire message.txt --tip wechat --consent "asked by phone"
    """
    data = DataDir.from_environment()
    found = find_incident(data, incident)
    if given["channel"] is not None:
        _tip(files, data, found.id, given)
        return
    if not files or given["consent"] or given["received_at"]:
        raise UsageError("name one or more files to import" if not files else "--consent belongs to --tip")
    readings = _plans(files, mapping_file, pairs, given)
    if given["dry_run"]:
        _dry_run(readings, data, as_json=given["as_json"])
    else:
        _import_all(readings, data, found.id, again=given["again"], as_json=given["as_json"])
    if given["save_mapping"]:
        _save(given["save_mapping"], readings)


def _plans(
    files: tuple[Path, ...], mapping_file: Path | None, pairs: tuple[str, ...], given: dict[str, Any]
) -> list[Any]:
    from crawlers.importers.mapping import parse_pairs, read_mapping
    from crawlers.importers.plan import plan_reading
    from crawlers.importers.reading import Options

    if any(str(path) == "-" for path in files):
        raise UsageError("standard input holds no file that could be read twice; save it and give its name")
    options = Options(
        source=given["source_name"],
        columns=parse_pairs(pairs) or None,
        mapping=read_mapping(mapping_file) if mapping_file else None,
        platform=given["platform"],
        timezone=given["timezone"],
        encoding=given["encoding"],
    )
    return [plan_reading(path, options) for path in files]


def _tip(files: tuple[Path, ...], data: DataDir, incident: str, given: dict[str, Any]) -> None:
    from crawlers.importers.tip import MAX_TIP, make_tip, store_tip
    from crawlers.show import print_posts

    if len(files) > 1:
        raise UsageError(
            "a tip is one message: give one text file, or none and the message on standard input"
        )
    path = str(files[0]) if files else "-"
    try:
        with click.open_file(path, encoding="utf-8") as stream:
            text = stream.read(2 * MAX_TIP)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text ({error.reason}); save it as UTF-8") from error
    channel, received_at, consent = given["channel"], given["received_at"], given["consent"] or ""
    post = make_tip(text, channel, received_at, data)
    if not given["dry_run"]:
        summary = store_tip(text, channel, received_at, consent, data, incident)
        post = make_tip(text, channel, received_at, data, summary.crawl_id)
    if given["as_json"]:
        show_json(asdict(post))
    else:
        print_posts([asdict(post)])


def _save(path: Path, readings: list[Any]) -> None:
    from pipeline.files import write_text

    mappings = {reading.mapping.to_toml() if reading.mapping else "" for reading in readings}
    if len(mappings) > 1 or "" in mappings:
        raise MappingError("--save-mapping: the files have different mappings, or none; give one table")
    write_text(path, mappings.pop())
    click.echo(f"mapping saved: {path}", err=True)


def _dry_run(readings: list[Any], data: DataDir, *, as_json: bool) -> None:
    from crawlers.importers.run import preview
    from crawlers.show import print_posts

    shown: list[dict[str, Any]] = []
    for reading in readings:
        posts, problems = preview(reading, data)
        columns = reading.mapping.columns if reading.mapping else {}
        if as_json:
            bad = [asdict(problem) for problem in problems[:20]]
            how = {
                "kind": reading.kind,
                "mapping": reading.name,
                "source": reading.source,
                "columns": columns,
            }
            shown.append({"file": str(reading.path), "posts": posts, "problems": bad, **how})
            continue
        click.echo(f"{reading.path}: {reading.kind}, mapping {reading.name}, source {reading.source}")
        for field, paths in columns.items():
            click.echo(for_terminal(f"  {field:13} ← {' | '.join(paths)}"))
        print_posts(posts)
        for problem in problems[:5]:
            click.echo(for_terminal(f"row {problem.row}: {problem.reason}"))
    if as_json:
        show_json(shown)


def _import_all(readings: list[Any], data: DataDir, incident: str, *, again: bool, as_json: bool) -> None:
    from crawlers.importers.run import import_file
    from crawlers.store import summary_json

    summaries: list[dict[str, Any]] = []
    for reading in readings:
        with bar(f"reading {reading.path.name}", "bytes") as tick:
            summary = import_file(reading, data, incident, again=again, tick=tick)
        summaries.append({"file": str(reading.path), **summary_json(summary)})
    if as_json:
        show_json(summaries)
        return
    show_rows([_row(one) for one in summaries], cut="file")
    for one in summaries:
        if one["rejects"]:
            folder = data.raw(incident) / one["source"] / one["crawl_id"]
            click.echo(f"rows that could not be used, with reasons: {folder / 'rejects.jsonl'}", err=True)
        if unread := one["extra"].get("unread_times"):
            click.echo(f"{Path(one['file']).name}: {unread:,} times could not be read: unknown", err=True)


def _row(one: dict[str, Any]) -> Row:
    return {
        "file": Path(one["file"]).name,
        "posts": one["posts"],
        "rejects": one["rejects"],
        "seconds": one["seconds"],
        "format": one["extra"]["mapping"],
        "source": one["source"],
    }

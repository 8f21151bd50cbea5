"""``chengqing demo``: the whole main job on the sample incident, on this machine alone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import click

from pipeline.accounts import Accounts
from pipeline.accounts_samples import has_samples, make_samples
from pipeline.correction.brightlines import BrightLine
from pipeline.errors import StageError
from pipeline.incident import load_incident
from pipeline.ledger.drafts import Drafts, Hand
from pipeline.paths import CHECKOUT, DataDir
from pipeline.raw import finished_crawls
from pipeline.toml_files import read_toml

SAMPLE = "sf-harbor-lane-fire"
FILE = CHECKOUT / "data" / "samples" / SAMPLE / f"{SAMPLE}.toml"
COALITION = CHECKOUT / "data" / "samples" / "coalition.toml"
BRIGHT_LINES = CHECKOUT / "data" / "samples" / "bright-lines.toml"
DIRECTORY = CHECKOUT / "data" / "samples" / "directory.toml"
SERVER_START_SECONDS = 30


def chengqing(*arguments: str) -> None:
    """Run one command as a user would; what it prints is shown."""
    click.echo(f"\n$ chengqing {' '.join(arguments)}")
    done = subprocess.run([sys.executable, "-m", "pipeline.cli", *arguments], check=False)
    if done.returncode:
        raise StageError(f"chengqing {arguments[0]} ended with {done.returncode}; see what it said above")


@contextlib.contextmanager
def sample_server() -> Iterator[str]:
    """Serve the five sample sites on a free port of 127.0.0.1 while the block runs; gives their address."""
    command = [sys.executable, "-m", "crawlers.samples.server", "--incident", SAMPLE, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise StageError("the sample server did not start; run: python -m crawlers.samples.server")
            yield str(json.loads(line)["base"])
        finally:
            process.terminate()
            process.wait(SERVER_START_SECONDS)


def _is_crawled(data: DataDir) -> bool:
    """Whether every source of the sample has a crawl that ended well."""
    wanted = {use.name for use in load_incident(FILE).sources}
    crawled = {
        str(crawl.summary["source"])
        for crawl in finished_crawls(data, SAMPLE)
        if crawl.summary["stopped_because"] == "finished"
    }
    return wanted <= crawled


def _accounts(data: DataDir) -> None:
    """Sample accounts and contacts on this machine, unless somebody keeps accounts of their own here."""
    if not data.coalition.exists():
        shutil.copyfile(COALITION, data.coalition)
    if data.accounts.exists() and Accounts(data.accounts, read_only=True).exist() and not has_samples(data):
        return
    if not (directory := data.root / "directory.toml").exists():
        shutil.copyfile(DIRECTORY, directory)
    password, people = make_samples(data)
    click.echo("sample accounts, for this machine only; the sign-in page lists them too:")
    for person in people:
        click.echo(f"  {person.user_id:<20} {person.role.value:<9} {person.partner or ''}")
    click.echo(f"  password of all: {password}")


def _bright_lines(data: DataDir) -> None:
    """The sample partners' bright lines, unless somebody has drawn any."""
    room = Drafts(data.ledger)
    if room.bright_lines() or not has_samples(data):
        return
    for row in read_toml(BRIGHT_LINES)["lines"]:
        terms = {language: tuple(words) for language, words in row.pop("terms").items()}
        room.draw(BrightLine("", terms=terms, **row), Hand(f"sample-{row['partner']}", row["partner"]))


@click.command()
@click.option("--serve/--no-serve", default=True, show_default=True, help="End by serving the dashboard.")
@click.option("--port", default=8501, show_default=True, help="Port of the dashboard.")
@click.option("--fresh", is_flag=True, help="Crawl again, even where the crawls stand.")
def demo(serve: bool, port: int, fresh: bool) -> None:
    """Open the sample incident, crawl its five sites, run the pipeline, and show the desk.

    Everything happens on 127.0.0.1; a second call reuses what stands.
    """
    started = time.monotonic()
    data = DataDir.from_environment()
    chengqing("incident", "open", str(FILE), "--replace")
    if fresh or not _is_crawled(data):
        with sample_server() as base:
            chengqing("crawl", SAMPLE, "--allow-loopback", "--base", f"sample={base}")
    else:
        click.echo("the crawls stand; --fresh reads the sites again")
    chengqing("run", SAMPLE)
    chengqing("rank", SAMPLE, "-n", "12")
    click.echo(f"ready in {time.monotonic() - started:.0f} s")
    _accounts(data)
    _bright_lines(data)
    if serve:
        command = [sys.executable, "-m", "pipeline.cli", "dashboard", "--port", str(port)]
        os.execv(sys.executable, command)  # noqa: S606  the dashboard takes this process over

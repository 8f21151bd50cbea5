"""The files for those who run the worker for good: a unit that systemd takes, an image that has what the code reads."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import click
import pytest

from pipeline.cli import cli
from pipeline.cli.worker import PORT
from pipeline.paths import CHECKOUT
from pipeline.worker.turn import GRACE_SECONDS

UNIT = CHECKOUT / ".github" / "deploy" / "chengqing-worker.service"
IMAGE = CHECKOUT / ".github" / "deploy" / "Containerfile"
ONLY_TO_READ = {"README.md", "DICTIONARY.md", "notebooks/analyst.ipynb"}
"""Files of ``data/`` that are for people: the code does without them."""


def unit() -> RawConfigParser:
    read = RawConfigParser(strict=False, inline_comment_prefixes=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names keep their capitals
    read.read_string(UNIT.read_text(encoding="utf-8"))
    return read


def copied() -> set[str]:
    """Sources of every COPY of the image."""
    lines = re.findall(r"^COPY (.+)$", IMAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {source for line in lines for source in line.split()[:-1]}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """Only the program is another one: /opt/chengqing is not here."""
    text = UNIT.read_text(encoding="utf-8").replace("/opt/chengqing/.venv/bin/chengqing", sys.executable)
    (tmp_path / UNIT.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / UNIT.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_unit_and_image_start_a_command_that_exists() -> None:
    told = shlex.split(unit()["Service"]["ExecStart"])
    image = re.findall(r"^CMD \[(.+)\]$", IMAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [Path(told[0]).name, *told[1:]] == shlex.split(image[0].replace(",", " "))
    assert isinstance(cli.get_command(click.Context(cli), told[1]), click.Command)
    assert f"127.0.0.1:{PORT}/healthz" in IMAGE.read_text(encoding="utf-8")


def test_the_worker_gets_the_time_that_its_children_have_to_stop() -> None:
    stop = re.search(r"--stop-timeout (\d+)", IMAGE.read_text(encoding="utf-8"))
    assert stop and min(int(unit()["Service"]["TimeoutStopSec"]), int(stop[1])) > GRACE_SECONDS


def test_the_image_has_everything_that_the_code_reads() -> None:
    listed = subprocess.run(
        ["git", "-C", str(CHECKOUT), "ls-files", "data"], capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("no git checkout")
    files = {line.removeprefix("data/") for line in listed.stdout.splitlines()} - ONLY_TO_READ
    assert files
    missing = {f for f in files if not {f"data/{f}", f"data/{f.split('/')[0]}"} & copied()}
    assert missing == set()
    assert all((CHECKOUT / source).exists() for source in copied())
    assert {"crawlers", "pipeline", "models", "dashboard"} <= copied()

"""The command line: help that helps, exit codes that mean something, text that cannot command a terminal."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from conftest import SAMPLE, make_incident
from pipeline.bench import Metric, bench_names, load_bench, report
from pipeline.cli import cli
from pipeline.cli.output import cell, show_rows
from pipeline.errors import ChengqingError, UnknownName
from pipeline.escape import for_csv, for_terminal
from pipeline.paths import CHECKOUT, DataDir

COMMANDS = sorted(cli.list_commands(click.Context(cli)))


def chengqing(data: DataDir, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CHENGQING_DATA": str(data.root)}
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, input=text, timeout=120
    )


def leaves(command: click.Command, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command that does something, with the words that call it."""
    if not isinstance(command, click.Group):
        return [(path, command)]
    context = click.Context(command)
    found = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [leaf for name, sub in found if sub is not None for leaf in leaves(sub, (*path, name))]


LEAVES = leaves(cli, ())


def test_all_promised_commands_are_there() -> None:
    promised = {
        "incident",
        "import",
        "crawl",
        "run",
        "rank",
        "sql",
        "dashboard",
        "doctor",
        "bench",
        "demo",
        "completion",
    }
    assert promised <= set(COMMANDS)
    incident = {path[1] for path, _ in LEAVES if path[0] == "incident"}
    assert incident >= {"new", "open", "list", "close"}


@pytest.mark.parametrize("path", [path for path, _ in LEAVES], ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    command = dict(LEAVES)[path]
    assert command.help, path
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.name}"


def test_every_command_stands_in_the_readme() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    missing = [name for name in COMMANDS if f"chengqing {name}" not in readme]
    assert missing == []


def test_every_command_has_a_summary_in_the_overview(data: DataDir) -> None:
    out = chengqing(data, "--help").stdout
    for name in COMMANDS:
        line = next(line for line in out.splitlines() if line.startswith(f"  {name} ") or line == f"  {name}")
        assert len(line.split()) > 2, name


def test_help_imports_no_heavy_library(data: DataDir) -> None:
    code = (
        "import sys; sys.argv = ['chengqing', '--help']\n"
        "from pipeline.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('torch', 'duckdb', 'scrapy', 'streamlit', 'pyarrow') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run", "nowhere"), 2, "no incident 'nowhere'"),
        (("run", "../etc"), 2, "lower-case"),
        (("run", "empty"), 4, "chengqing crawl empty"),
        (("rank", "empty"), 5, "nothing is published yet"),
        (("run", "empty", "--from", "rank", "--only", "rank"), 2, "choose one"),
        (("run", "empty", "--as-of", "yesterday"), 2, "write it as"),
        (("run", "empty", "--as-of", "2026-03-13T06:00:00"), 2, "no time zone"),
        (("sql", "empty"), 2, "either a query or --question"),
        (("sql", "empty", "-q", "nothing"), 2, "no saved question"),
        (("bench", "nothing"), 2, "no bench"),
        (("bench", "crawl", "--size", "5000"), 2, "has one size"),
        (("incident", "open", "nowhere.toml"), 2, "no such file"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_errors_say_what_and_end_with_their_code(
    data: DataDir, arguments: tuple[str, ...], code: int, words: str
) -> None:
    make_incident(data, "empty")
    done = chengqing(data, *arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_incident_from_new_to_closed(data: DataDir) -> None:
    title = 'A "fire"\nin \\ town'
    assert chengqing(data, "incident", "new", "fire", "--title", title, "--watch", "p").returncode == 0
    assert chengqing(data, "incident", "new", "fire", "--title", title, "--watch", "p").returncode == 2
    assert chengqing(data, "incident", "close", "fire").returncode == 0
    assert json.loads(chengqing(data, "incident", "list", "--json").stdout)[0]["state"] == "closed"
    assert chengqing(data, "incident", "close", "fire").returncode == 2
    assert chengqing(data, "incident", "open", "fire").returncode == 0
    rows = json.loads(chengqing(data, "incident", "list", "--json").stdout)
    assert [(row["id"], row["title"], row["state"]) for row in rows] == [
        ("fire", 'A "fire" in \\ town', "open")
    ]


def test_an_incident_file_from_elsewhere_is_copied_in(data: DataDir, tmp_path: Path) -> None:
    source = CHECKOUT / "data" / "samples" / SAMPLE / f"{SAMPLE}.toml"
    assert chengqing(data, "incident", "open", str(source)).returncode == 0
    assert data.incident_file(SAMPLE).exists()


def test_the_list_reads_well_and_as_json(sample_template: DataDir) -> None:
    rows = json.loads(chengqing(sample_template, "rank", SAMPLE, "-n", "3", "--json").stdout)
    assert [row["rank"] for row in rows] == [1, 2, 3]
    shown = chengqing(sample_template, "rank", SAMPLE, "-n", "3").stdout
    assert all(row["claim_id"] in shown for row in rows)
    why = chengqing(sample_template, "rank", SAMPLE, "-n", "3", "--why").stdout
    assert why.splitlines()[2].strip().startswith(f"{rows[0]['score']:.3f} = ")
    assert "enquiry" in why


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_narrow_terminal_keeps_the_claim_and_names_what_it_leaves_out(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    columns = ("rank", "claim_id", "posts", "sites", "recent", "asks", "first", "claim")
    show_rows(
        [dict.fromkeys(columns, 12345) | {"claim_id": "c-kagr4gzy", "claim": "海港巷的郵筒 <b>" * 9}],
        columns,
        cut="claim",
    )
    shown = capsys.readouterr().out
    assert "c-kagr4gzy" in shown and "海港巷的郵筒" in shown
    table, _, left_out = shown.partition("left out on this narrow terminal:")
    for name in columns:
        assert (name.replace("_", " ") in table) != (name in left_out), name


def test_queries_come_out_in_three_forms(sample_template: DataDir) -> None:
    query = "select platform, count(*) as posts from posts group by all order by all"
    as_json = json.loads(chengqing(sample_template, "sql", SAMPLE, query, "-f", "json").stdout)
    as_csv = list(
        csv.DictReader(
            io.StringIO(chengqing(sample_template, "sql", SAMPLE, "-", "-f", "csv", text=query).stdout)
        )
    )
    assert [row["platform"] for row in as_json] == [row["platform"] for row in as_csv]
    assert [str(row["posts"]) for row in as_json] == [row["posts"] for row in as_csv]
    saved = chengqing(sample_template, "sql", SAMPLE, "-q", "top_claims", "-p", "most=2", "-f", "json")
    assert len(json.loads(saved.stdout)) == 2


def test_doctor_finds_nothing_wrong_in_a_sound_place(sample_template: DataDir) -> None:
    done = chengqing(sample_template, "doctor", "--json")
    findings = json.loads(done.stdout)
    assert [finding for finding in findings if finding["state"] == "wrong"] == []
    assert done.returncode == 0
    assert {"python", "encoder", "disk", "clock", "secrets", "import models"} <= {
        f["check"] for f in findings
    }


def test_doctor_sees_an_open_secrets_file_and_a_broken_incident(data: DataDir) -> None:
    data.incidents.mkdir(parents=True)
    (data.incidents / "broken.toml").write_text("id =")
    secrets = data.root / "secrets.toml"
    secrets.write_text("author_key = 'x'")
    secrets.chmod(0o644)
    done = chengqing(data, "doctor", "--json")
    wrong = {
        finding["check"]: finding["detail"]
        for finding in json.loads(done.stdout)
        if finding["state"] == "wrong"
    }
    assert done.returncode == 1
    assert "chmod 600" in wrong["secrets"]
    assert "broken.toml" in wrong["incident file"]


def test_the_encoder_is_shown_and_tuning_without_rulings_says_what_it_needs(
    sample_template: DataDir, tmp_path: Path
) -> None:
    shown = json.loads(chengqing(sample_template, "model", "show", "--json").stdout)
    assert shown["encoder"] == "chengqing-static-1"
    assert (CHECKOUT / shown["card"]).exists()
    refused = chengqing(sample_template, "model", "tune", "--out", str(tmp_path / "tuned"))
    assert refused.returncode == 6
    assert "incident" in refused.stderr
    assert not (tmp_path / "tuned").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_command(data: DataDir, shell: str) -> None:
    assert "_CHENGQING_COMPLETE" in chengqing(data, "completion", shell).stdout


def test_text_of_strangers_cannot_command_a_terminal() -> None:
    hostile = "\x1b[2Jgone\x07 \u202eevil\u200b\x9b31m\ud800\r\nnext"
    shown = for_terminal(hostile)
    assert shown == "<U+001B>[2Jgone<U+0007> <U+202E>evil<U+200B><U+009B>31m<U+D800> next"
    assert cell([hostile, None, 3]) == f"{shown}, –, 3"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_cells_never_become_formulas(start: str) -> None:
    assert for_csv(start + "cmd()") == "'" + start + "cmd()"
    assert for_csv(-1.5) == -1.5


def test_bench_reports_have_the_promised_form() -> None:
    metric = Metric("a.b", 2.0, 1.0, "peer", "s", goal=3.0, higher_is_better=False)
    told = report("store", Path("data"), [metric, Metric("c", None)])
    assert set(told) == {"bench", "version", "commit", "cores", "data", "metrics"}
    metrics = told["metrics"]
    assert isinstance(metrics, list)
    assert set(metrics[0]) == {"name", "ours", "peer", "peer_name", "unit", "goal", "met"}
    assert [m["met"] for m in metrics] == [True, None]


@pytest.mark.parametrize("name", bench_names())
def test_every_bench_loads(name: str) -> None:
    assert callable(load_bench(name).run)


def test_an_unknown_bench_names_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="store"):
        load_bench("nothing")


def test_handed_down_commands_are_entry_points_of_ours() -> None:
    for point in entry_points(group="chengqing.commands"):
        assert point.value.split(".")[0] in {"crawlers", "dashboard"}


def test_exit_codes_in_the_help_are_those_of_the_error_tree() -> None:
    def below(kind: type[ChengqingError]) -> set[int]:
        return {kind.exit_code} | {code for sub in kind.__subclasses__() for code in below(sub)}

    assert below(ChengqingError) == {1, 2, 3, 4, 5, 6}

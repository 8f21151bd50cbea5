"""``chengqing model``: what encodes the posts, and how it learns from the desk."""

from __future__ import annotations

from pathlib import Path

import click

from models.errors import ModelError
from models.registry import default_entry, read_registry
from pipeline.chosen_encoder import chosen_encoder
from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.incident import list_incidents
from pipeline.paths import DataDir


@click.group()
def model() -> None:
    """Show the encoder, and tune it from people's rulings."""


@model.command("show")
@click.option("--encoder", help="A registered name, a path, or a hub id; what the desk uses without.")
@json_option
def show(encoder: str | None, as_json: bool) -> None:
    """Load an encoder, verify its files, and say what it is.

    Which one the desk uses stands in data/encoder.toml (an example: data/samples/encoder.toml); without that file it
    is the one that ships.

    \b
    Examples:
      chengqing model show
      chengqing model show --encoder BAAI/bge-m3@5617a9f61b028005a4858fdac845db406aefb181
    """
    found = chosen_encoder(DataDir.from_environment(), encoder)
    row: dict[str, object] = {
        "encoder": found.name,
        "revision": found.revision,
        "dimensions": found.dimensions,
        "card": f"models/cards/{found.name}.md" if found.name in read_registry() else None,
    }
    if as_json:
        show_json(row)
    else:
        show_rows([row])


@model.command("tune")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="New folder for the model."
)
@json_option
def tune(out: Path, as_json: bool) -> None:
    """Learn from every confirmed and rejected match of all incidents, if that helps.

    Each incident is left out in turn and ranked by what the others taught; the new model is written only when those
    left out are ranked better. Rulings are read as last published: chengqing publish INCIDENT. To use it from then on,
    name its folder in data/encoder.toml.

    \b
    Example:
      chengqing model tune --out data/models/ours && chengqing run harbor-fire --encoder data/models/ours
    """
    from models.tune import judgments
    from models.tune import tune as learn

    shipped = default_entry(read_registry())
    if shipped is None:
        raise ModelError("no model is shipped with this checkout: restore models/registry.toml")
    report = learn(shipped.folder, judgments(ruled_pairs(DataDir.from_environment())), out)
    rows: list[dict[str, object]] = [
        {"incident left out": s.incident, "rulings": s.rulings, "before": s.before, "after": s.after}
        for s in report.scores
    ]
    if as_json:
        show_json(
            {"accepted": report.accepted, "reason": report.reason, "folder": report.folder, "scores": rows}
        )
        return
    show_rows(rows, title="area under the ROC curve")
    click.echo(f"written to {report.folder}" if report.accepted else f"nothing written: {report.reason}")


def ruled_pairs(data: DataDir) -> dict[str, list[object]]:
    """Columns text_a, text_b, confirmed and incident of every ruling that was published."""
    from pipeline.questions import ask, question

    text = question("ruled_pairs").text
    columns: dict[str, list[object]] = {"text_a": [], "text_b": [], "confirmed": [], "incident": []}
    for incident in list_incidents(data, lambda problem: None):
        if data.published(incident.id).exists():
            for row in ask(data, incident.id, text, {}):
                for name in ("text_a", "text_b", "confirmed"):
                    columns[name].append(row[name])
                columns["incident"].append(incident.id)
    return columns

"""``chengqing release``: released statements, their files, and the public pages."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.output import show_rows
from pipeline.coalition import load_coalition
from pipeline.errors import UnknownName
from pipeline.ledger.statements import Release, Statements
from pipeline.paths import DataDir


@click.group()
def release() -> None:
    """List released statements, write their files, make the public pages."""


def _released(data: DataDir, incident: str | None = None, release_id: str | None = None) -> list[Release]:
    return Statements(data.ledger, read_only=True).releases(incident, release_id=release_id)


@release.command("list")
@click.argument("incident", required=False)
def list_(incident: str | None) -> None:
    """Show what was released, withdrawn statements too."""
    rows = [
        {
            "release": r.release_id,
            "title": r.document.title("en") or r.document.title(r.document.languages[0]),
            "released": f"{r.told_at:%Y-%m-%d %H:%M}Z",
            "signed": ", ".join(r.signers),
            "withdrawn": r.withdrawn_because or "",
        }
        for r in _released(DataDir.from_environment(), incident)
    ]
    show_rows(rows)


@release.command()
@click.argument("release_id")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="Folder to write into.")
@click.option("--address", default="", help="Public address of the statement, https://…/, for links in it.")
def export(release_id: str, folder: Path, address: str) -> None:
    """Write every form of one release: text, SMS, Markdown, HTML, mail, Word, PDF, image cards, ClaimReview.

    \b
    Example:
      chengqing release export r-1a2b3c4d --to statement --address https://example.org/s/1/
    """
    from pipeline.release import bundle

    data = DataDir.from_environment()
    found = _released(data, release_id=release_id)
    if not found:
        raise UnknownName(f"no release {release_id!r}; chengqing release list shows them")
    earlier = _released(data, release_id=found[0].follows) if found[0].follows else []
    made = bundle.files(found[0], load_coalition(data), address, earlier[0] if earlier else None)
    bundle.write(folder, made)
    click.echo(f"{len(made)} files in {folder}; SHA256SUMS names each")


@release.command()
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), required=True, help="Folder of the web site."
)
@click.option("--address", required=True, help="Its public address, https://…/.")
@click.option("--incident", help="Only this incident's releases.")
def site(folder: Path, address: str, incident: str | None) -> None:
    """Write the public pages: one per statement, and an Atom feed per language. Nothing in them loads anything.

    \b
    Example:
      chengqing release site --to public --address https://corrections.example.org/
    """
    from pipeline.release import bundle

    data = DataDir.from_environment()
    made = bundle.site(_released(data, incident), load_coalition(data), address)
    bundle.write(folder, made)
    click.echo(f"{len(made)} files in {folder}")

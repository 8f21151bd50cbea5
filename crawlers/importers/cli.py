"""``chengqing import``."""

from __future__ import annotations

import click


@click.command("import", short_help="Read posts from a file.")
def import_posts() -> None:
    """To be written."""

"""``chengqing completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      chengqing completion bash >> ~/.bashrc
      chengqing completion zsh > ~/.zfunc/_chengqing
    """
    from pipeline.cli import cli

    maker = get_completion_class(shell)
    if maker is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(maker(cli, {}, "chengqing", "_CHENGQING_COMPLETE").source())

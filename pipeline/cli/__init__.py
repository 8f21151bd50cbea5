"""The ``chengqing`` command. Subcommands load when they are called, so that ``--help`` answers at once."""

from __future__ import annotations

import importlib
import logging
import sys
from importlib.metadata import entry_points

import click

from pipeline.errors import ChengqingError
from pipeline.escape import for_terminal

_OWN = {
    "alerts": "pipeline.cli.alerts:alerts",
    "bench": "pipeline.cli.bench:bench",
    "completion": "pipeline.cli.completion:completion",
    "doctor": "pipeline.cli.doctor:doctor",
    "export": "pipeline.cli.export:export",
    "incident": "pipeline.cli.incidents:incident",
    "model": "pipeline.cli.model:model",
    "protocol": "pipeline.cli.protocol:protocol",
    "publish": "pipeline.cli.run:publish",
    "purge": "pipeline.cli.purge:purge",
    "rank": "pipeline.cli.rank:rank",
    "release": "pipeline.cli.release:release",
    "report": "pipeline.cli.report:report",
    "review": "pipeline.cli.review:review",
    "run": "pipeline.cli.run:run",
    "sql": "pipeline.cli.query:sql",
    "user": "pipeline.cli.user:user",
    "worker": "pipeline.cli.worker:worker",
}

_SUMMARY = {
    "alerts": "What was raised, who is told, what did not leave.",
    "bench": "Measure on data, beside peers in the same run.",
    "completion": "Print the completion script of a shell.",
    "crawl": "Collect posts from an incident's sources.",
    "dashboard": "Serve the desk on this machine.",
    "demo": "Open, crawl, run and show the sample incident.",
    "doctor": "Check this installation and its data.",
    "export": "Write what a partner's analysts may have.",
    "import": "Bring in posts from a file.",
    "incident": "Make, open, list and close incidents.",
    "model": "Show the encoder, and tune it from people's rulings.",
    "protocol": "The checklist of an incident, and who has the watch.",
    "publish": "Publish the last run again with the decisions of now.",
    "purge": "Delete collected posts: told first, certified afterwards.",
    "rank": "Show the ranked claims of an incident.",
    "release": "Write the files and pages of released statements.",
    "report": "What the work was good for: HTML, PDF and CSV, three languages.",
    "review": "Published reviews that claims are matched with.",
    "run": "Run the pipeline on an incident and publish.",
    "source": "Sources: what they are and how their crawls went.",
    "sql": "Query the published warehouse, read-only.",
    "user": "Accounts of the desk: add, list, disable, roles.",
    "worker": "Crawl and run every open incident on its cadence.",
}


class _LazyGroup(click.Group):
    """Knows every subcommand by name and summary; imports one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Own commands and those that upper layers hand down."""
        return sorted({*_OWN, *_handed_down()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command; ``None`` when there is none of this name."""
        target = _OWN.get(cmd_name) or _handed_down().get(cmd_name)
        if target is None:
            return None
        module, _, name = target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from their summaries, importing nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _SUMMARY.get(name, "")) for name in self.list_commands(ctx)])


def _handed_down() -> dict[str, str]:
    """Commands of the layers above, as entry points: this layer may not import them."""
    return {point.name: point.value for point in entry_points(group="chengqing.commands")}


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done · 1 other error · 2 wrong command or file · 3 a source refused · "
    "4 a stage failed · 5 store · 6 model.",
)
@click.version_option(package_name="chengqing")
@click.option("-v", "--verbose", count=True, help="Say more (-vv: debug).")
def cli(verbose: int) -> None:
    """Chengqing 澄清: from public posts to ranked claims that people answer together.

    \b
    An incident from start to end:
      chengqing incident new harbor-fire --title "Fire on Harbor Lane" --watch partner-a
      chengqing crawl harbor-fire
      chengqing run harbor-fire
      chengqing rank harbor-fire
      chengqing dashboard
    """
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(
        level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr
    )


def main() -> None:
    """Run the command line; errors of ours end with one message and their own exit code."""
    try:
        cli(standalone_mode=False)
    except ChengqingError as error:
        click.echo(
            "\n".join(f"chengqing: {for_terminal(line)}" for line in str(error).splitlines()), err=True
        )
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        click.echo("chengqing: stopped; what was finished is kept", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)

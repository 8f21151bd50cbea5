"""``chengqing dashboard``: serve the desk on this machine."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import click

from pipeline.accounts_samples import has_samples
from pipeline.errors import UsageError
from pipeline.paths import DataDir

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
START_SECONDS = 20.0


@click.command()
@click.option(
    "--port", default=8501, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="HOST",
    help="Name it answers to behind a proxy; may be repeated.",
)
@click.option("--certificate", type=_FILE, help="TLS certificate, PEM; with --key.")
@click.option("--key", type=_FILE, help="Its private key, PEM.")
@click.option(
    "--plain-http", is_flag=True, help="Beyond this machine without TLS: passwords can be read on the way."
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def dashboard(
    port: int,
    host: str,
    names: tuple[str, ...],
    certificate: Path | None,
    key: Path | None,
    plain_http: bool,
    no_browser: bool,
) -> None:
    """Serve the desk and print its address.

    On this machine, one person works alone until the first account is made (chengqing user add). Beyond it, accounts
    and TLS are needed, here or at a proxy (--name desk.example.org on 127.0.0.1).

    \b
    Examples:
      chengqing dashboard
      chengqing dashboard --port 0 --no-browser
      chengqing dashboard --name desk.example.org
      chengqing dashboard --host 0.0.0.0 --name desk.example.org --certificate desk.pem --key desk.key
    """
    if bool(certificate) != bool(key):
        raise UsageError("--certificate and --key belong together")
    check_reach(DataDir.from_environment(), host, names, safe=bool(certificate) or plain_http)
    port = port or free_port(host)
    check_port(host, port)
    scheme = "https" if certificate else "http"
    address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/"
    threading.Thread(target=announce, args=(host, port, address, not no_browser), daemon=True).start()
    from dashboard.serve import Listening, serve

    serve(Listening(host, port, names, certificate, key))


def check_reach(data: DataDir, host: str, names: Sequence[str], *, safe: bool) -> None:
    """Raise ``UsageError`` when others could reach a desk that lets everybody in, or read what they type."""
    from dashboard.signin import needed  # late: Streamlit takes seconds to load

    if is_loopback(host) and not names:
        return
    if not needed(data):
        raise UsageError(
            f"--host {host}: others would reach a desk without sign-in; make an account first "
            "(chengqing user add NAME --role lead) or name an identity provider (chengqing user provider --help), or "
            "listen on 127.0.0.1 without --name"
        )
    if has_samples(data):
        raise UsageError(
            f"--host {host}: the sample accounts of make demo are for this machine only; serve another data folder "
            "(CHENGQING_DATA), or disable them: chengqing user disable NAME"
        )
    if not is_loopback(host) and not safe:
        raise UsageError(
            f"--host {host}: without TLS passwords could be read on the way; give --certificate and --key, or listen "
            "on 127.0.0.1 behind a proxy with --name, or add --plain-http"
        )


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine only."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def free_port(host: str) -> int:
    """A port that nobody uses now."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def check_port(host: str, port: int) -> None:
    """Raise ``UsageError`` when somebody listens there already."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"port {port} on {host} cannot be used ({error.strerror}): is a desk running there? use --port 0"
            ) from error


def announce(host: str, port: int, address: str, browse: bool) -> None:
    """Print the address once it answers, and open a browser when asked."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            click.echo(f"Chengqing 澄清: {address}  (stop with Ctrl+C)")
            if browse:
                webbrowser.open(address)
            return
        time.sleep(0.1)

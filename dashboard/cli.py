"""``chengqing dashboard``: serve the desk on this machine."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
import webbrowser

import click

from pipeline.errors import UsageError

START_SECONDS = 20.0


@click.command()
@click.option(
    "--port", default=8501, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--without-sign-in",
    is_flag=True,
    help="Needed to listen beyond this machine: whoever reaches the address can read and decide.",
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def dashboard(port: int, host: str, without_sign_in: bool, no_browser: bool) -> None:
    """Serve the desk and print its address.

    \b
    Examples:
      chengqing dashboard
      chengqing dashboard --port 0 --no-browser
    """
    if not is_loopback(host) and not without_sign_in:
        raise UsageError(
            f"--host {host}: the desk has no sign-in yet, so everybody who reaches this address could decide; "
            "use 127.0.0.1 behind a tunnel (ssh -L), or add --without-sign-in"
        )
    port = port or free_port(host)
    check_port(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    threading.Thread(target=announce, args=(host, port, address, not no_browser), daemon=True).start()
    from dashboard.serve import serve

    serve(host, port)


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

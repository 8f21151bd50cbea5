"""Real servers, started by the tests: on 127.0.0.1 only, in folders of their own, stopped by their own process id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pipeline.paths import CHECKOUT

HERE = Path(__file__).parent
INSTALLED = Path(os.environ.get("CHENGQING_SERVERS") or CHECKOUT / ".servers")
"""Where ``install.sh`` puts what no package of Debian holds."""
_LISTEN = "0A"
_LOCAL = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


def need(*programs: str | Path) -> None:
    """Skip unless every program is here."""
    absent = [str(p) for p in programs if not (p.exists() if isinstance(p, Path) else shutil.which(p))]
    if absent:
        inside = [
            p.relative_to(INSTALLED).parts[0]
            for p in programs
            if isinstance(p, Path) and INSTALLED in p.parents
        ]
        part = f" {inside[0]}" if inside else ""
        pytest.skip(
            f"not installed: {', '.join(absent)}; tests/servers/install.sh{part} installs it (Debian, root)"
        )


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server_folder(owner: str | None = None) -> Iterator[Path]:
    """A folder under the system's temporary one, which another user may enter; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="chengqing-server-"))
    folder.chmod(0o755)
    if owner and os.getuid() == 0:
        shutil.chown(folder, owner, owner)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """One program; ``kill`` and ``start`` again as often as a test wants."""

    def __init__(
        self,
        command: list[str],
        log: Path,
        *,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.command, self.log, self.cwd = command, log, cwd
        self.env = {**os.environ, **(env or {})}
        self.user = user if os.getuid() == 0 else None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Start it; return once it is ready and listens nowhere but on this machine."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.cwd,
                env=self.env,
                user=self.user,
                group=self.user,
                start_new_session=True,
            )
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                text = self.log.read_text(encoding="utf-8", errors="replace")[-2_000:]
                self.kill()
                raise RuntimeError(f"{self.command[0]} did not come up: {text}")
            time.sleep(0.05)
        assert_local(self.process.pid)

    def kill(self, with_signal: int = signal.SIGKILL) -> None:
        """End the program and its children at once: they are one process group, which we made."""
        process, self.process = self.process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, with_signal)
            process.wait(timeout=30)


def family_of(pid: int) -> set[int]:
    """A process and its descendants."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(
                int(stat.parent.name)
            )
        except OSError:
            continue
    found, waiting = set(), [pid]
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting += parents.get(one, [])
    return found


def listening(pid: int) -> set[str]:
    """Addresses (hex, as the kernel writes them) on which a process or one of its descendants listens."""
    sockets = set()
    for one in family_of(pid):
        for handle in Path(f"/proc/{one}/fd").glob("*"):
            try:
                target = str(handle.readlink())
            except OSError:
                continue
            if target.startswith("socket:["):
                sockets.add(target[8:-1])
    rows = [
        row.split()
        for name in ("tcp", "tcp6")
        for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return {row[1].partition(":")[0] for row in rows if row[3] == _LISTEN and row[9] in sockets}


def assert_local(pid: int) -> None:
    """No test server may be reachable from outside."""
    elsewhere = listening(pid) - _LOCAL
    assert not elsewhere, f"process {pid} listens on {sorted(elsewhere)}, not only on this machine"


def answers(url: str) -> Callable[[], bool]:
    """Whether an address answers by HTTP, whatever it says."""

    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=20):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    return ask


def run(command: list[str], *, user: str | None = None, **more: object) -> str:
    """Run to its end; what it wrote. Raises with its words where it failed."""
    who = user if os.getuid() == 0 else None
    done = subprocess.run(  # type: ignore[call-overload]
        command, capture_output=True, text=True, check=False, user=who, group=who, **more
    )
    if done.returncode:
        raise RuntimeError(
            f"{command[0]} ended with {done.returncode}: {done.stdout[-800:]}{done.stderr[-1500:]}"
        )
    return str(done.stdout)

"""PostgreSQL (Debian's) in a folder of its own: on a socket there, and on 127.0.0.1 only where a port is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers.started import Server, need, run


@contextmanager
def postgres(folder: Path, port: int | None = None) -> Iterator[None]:
    """A running server with the database and role ``postgres`` that everybody who reaches it may use."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    need(found[-1] if found else "initdb")
    programs, files = found[-1].parent, folder / "db"
    init = [
        str(programs / "initdb"),
        "-D",
        str(files),
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "-N",
    ]
    run([*init, "--auth=trust"], user="postgres", cwd=folder)
    command = [str(programs / "postgres"), "-D", str(files), "-k", str(folder), "-c", "fsync=off"]
    command += ["-c", f"listen_addresses={'127.0.0.1' if port else ''}", "-c", f"port={port or 5432}"]
    server = Server(command, folder / "db.log", cwd=folder, user="postgres")
    ready = [str(programs / "pg_isready"), "-h", str(folder), "-p", str(port or 5432), "-q"]
    try:
        server.start(lambda: _succeeds(ready))
        yield
    finally:
        server.kill()


def _succeeds(command: list[str]) -> bool:
    try:
        run(command)
    except RuntimeError:
        return False
    return True

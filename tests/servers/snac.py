"""snac, a real server that speaks the Mastodon API (MIT; Debian backports)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers.started import Server, answers, free_port, need, run, server_folder


class Snac(Server):
    """A server with two users."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder / "snac"
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(["snac", "httpd", str(self.folder)], folder / "log")
        asked = f"127.0.0.1\n{self.port}\n127.0.0.1:{self.port}\n\nadmin@example.invalid\n"
        run(["snac", "init", str(self.folder)], input=asked)
        settings = self.folder / "server.json"
        values = json.loads(settings.read_text(encoding="utf-8")) | {"protocol": "http"}
        settings.write_text(json.dumps(values), encoding="utf-8")
        for user in ("wang", "chen"):
            run(["snac", "adduser", str(self.folder), user])

    def note(self, user: str, text: str) -> None:
        """A public post."""
        run(["snac", "note", str(self.folder), user, text])

    def up(self) -> None:
        self.start(answers(f"{self.url}/api/v1/instance"))


@contextmanager
def snac(notes: list[tuple[str, str]]) -> Iterator[Snac]:
    """A running server with these posts."""
    need("snac")
    with server_folder() as folder:
        server = Snac(folder)
        for user, text in notes:
            server.note(user, text)
        try:
            server.up()
            yield server
        finally:
            server.kill()

"""WordPress on MariaDB (both Debian's), served by PHP itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from servers.started import HERE, Server, answers, free_port, need, run, server_folder

CODE = Path("/usr/share/wordpress")
OWN = HERE / "wordpress"


class WordPress(Server):
    """A site at ``url``; its articles' numbers are in ``ids``, in the order in which they were given."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url, self.root, self.ids = f"http://127.0.0.1:{port}", folder / "site", []
        shutil.copytree(CODE, self.root, ignore=shutil.ignore_patterns(".htaccess", "wp-config.php"))
        shutil.copy(OWN / "wp-config.php", self.root)
        given = {
            "WP_SOCKET": str(folder / "sock"),
            "WP_HOME_URL": self.url,
            "WP_ROOT": str(self.root),
            "PHP_CLI_SERVER_WORKERS": "3",
        }
        command = ["php", "-d", "memory_limit=256M", "-S", f"127.0.0.1:{port}", "-t", str(self.root)]
        super().__init__([*command, str(OWN / "router.php")], folder / "web.log", env=given)
        self.ids: list[int] = []

    def seed(self, posts: list[dict[str, Any]]) -> None:
        """Install the site with these posts (title, content, date in UTC, comments that each answer the one before)."""
        shown = run(["php", str(OWN / "seed.php")], input=json.dumps(posts), env=self.env)
        self.ids = json.loads(shown[shown.rindex("[") :])

    def up(self) -> None:
        self.start(answers(f"{self.url}/wp-json/"))


def _database(folder: Path) -> Server:
    """MariaDB that listens on a socket in ``folder`` and on no address at all."""
    files, user = folder / "db", "mysql"
    common = ["--no-defaults", f"--datadir={files}"]
    run(
        [
            "mariadb-install-db",
            *common,
            f"--user={user}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        cwd=folder,
    )
    command = [
        "mariadbd",
        *common,
        "--skip-networking",
        f"--socket={folder / 'sock'}",
        "--innodb-buffer-pool-size=64M",
    ]
    return Server(command, folder / "db.log", user=user)


@contextmanager
def wordpress(posts: list[dict[str, Any]]) -> Iterator[WordPress]:
    """A running site with these posts."""
    need("php", "mariadbd", "mariadb-install-db", CODE)
    with server_folder("mysql") as folder:
        database = _database(folder)
        site = WordPress(folder)
        try:
            database.start((folder / "sock").exists)
            run(
                [
                    "mariadb",
                    "--no-defaults",
                    f"--socket={folder / 'sock'}",
                    "-uroot",
                    "-e",
                    "create database wordpress",
                ]
            )
            site.seed(posts)
            site.up()
            yield site
        finally:
            site.kill()
            database.kill()

"""``/healthz`` and the Atom feeds of alerts, on this machine's loopback only."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from pipeline.worker.book import WorkerBook, worker_file
from pipeline.worker.loop import Worker

LATE_SECONDS = 120.0
"""A worker that has not looked at its incidents for so long is stuck."""

_OURS = ("127.0.0.1", "localhost", "[::1]")


def health(worker: Worker) -> dict[str, Any]:
    """The worker's state: ``ok``, ``degraded`` (an incident fails, or a problem stands) or ``late``."""
    book = WorkerBook(worker_file(worker.data), read_only=True)
    schedules = book.schedules()
    silent = time.monotonic() - worker.ticked
    bad = worker.problem or any(row.failures for row in schedules.values())
    status = "late" if silent > LATE_SECONDS else "degraded" if bad else "ok"
    last = {row.incident: row.status for row in reversed(book.turns(most=200))}
    incidents = [
        {
            "incident": name,
            "at_work": name in worker.turns,
            "paused": row.paused_by is not None,
            "failures": row.failures,
            "last_turn": last.get(name),
        }
        for name, row in schedules.items()
    ]
    return {
        "status": status,
        "silent_seconds": round(silent, 1),
        "problem": worker.problem,
        "incidents": incidents,
    }


class _Handler(BaseHTTPRequestHandler):
    worker: ClassVar[Worker]
    timeout = 10

    def do_GET(self) -> None:
        """Answer for this machine's own names only, so that no web page can ask through a person's browser."""
        host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if host not in _OURS:
            self._say(403, "text/plain", b"only on this machine\n")
        elif self.path == "/healthz":
            told = health(self.worker)
            body = json.dumps(told, ensure_ascii=False).encode() + b"\n"
            self._say(503 if told["status"] == "late" else 200, "application/json", body)
        else:
            self._feed()

    def _feed(self) -> None:
        folder = self.worker.data.root / "alerts"
        found = {f"/alerts/{path.name}": path for path in folder.glob("*.atom")}.get(self.path)
        if found is None:
            self._say(404, "text/plain", b"there are /healthz and /alerts/<language>.atom\n")
        else:
            self._say(200, "application/atom+xml; charset=utf-8", found.read_bytes())

    def _say(self, code: int, kind: str, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """No line per question."""


@contextmanager
def answering(worker: Worker, port: int) -> Iterator[int]:
    """Answer on 127.0.0.1 while the block runs; ``port`` 0 takes a free one. Gives the port."""
    handler = type("Handler", (_Handler,), {"worker": worker})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()

"""After a decision the warehouse is published again for analysts; in a process of its own, not too often."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field

from pipeline.paths import DataDir
from pipeline.runs import RunRegistry

WAIT_SECONDS = 8.0
"""Decisions that come within this time are published together."""
LONGEST_SECONDS = 600
TIMED_OUT = 124


@dataclass(slots=True)
class Republisher:
    """Starts ``chengqing publish`` a moment after it was asked to; one at a time per incident."""

    wait: float = WAIT_SECONDS
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: dict[str, bool] = field(default_factory=dict)
    """Incidents with a publishing ahead or at work; whether something was decided since it began."""

    def ask(self, data: DataDir, incident: str) -> bool:
        """Publish soon. False when nothing was ever run here, so that there is nothing to publish again."""
        if (
            not data.runs.exists()
            or RunRegistry(data.runs).published(incident, data.published(incident)) is None
        ):
            return False
        key = f"{data.root}|{incident}"
        with self._lock:
            at_work = key in self._asked
            self._asked[key] = at_work
        if not at_work:
            threading.Thread(target=self._work, args=(data, incident, key), daemon=True).start()
        return True

    def _work(self, data: DataDir, incident: str, key: str) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self.wait)
            with self._lock:
                self._asked[key] = False
            publish(data, incident)
            with self._lock:
                if not self._asked[key]:
                    del self._asked[key]
                    return


def publish(data: DataDir, incident: str) -> int:
    """Publish in a child process and return its exit code; what goes wrong stands in the log."""
    command = [sys.executable, "-m", "pipeline.cli", "publish", incident]
    environment = os.environ | {"CHENGQING_DATA": str(data.root)}
    try:
        return subprocess.run(
            command, env=environment, check=False, stdout=subprocess.DEVNULL, timeout=LONGEST_SECONDS
        ).returncode
    except subprocess.TimeoutExpired:
        return TIMED_OUT


REPUBLISHER = Republisher()
"""The one of this server."""

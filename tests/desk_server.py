"""The desk as a process of its own, for tests and benches that visit it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path


def serve(root: Path, stack: ExitStack) -> str:
    """Start the desk on a free port and return its address; it ends with the stack."""
    command = [sys.executable, "-m", "pipeline.cli", "dashboard", "--port", "0", "--no-browser"]
    environment = os.environ | {
        "CHENGQING_DATA": str(root),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    stack.callback(process.stdout.close)
    stack.callback(process.wait, 20)
    stack.callback(process.terminate)
    told = []
    for line in process.stdout:
        told.append(line)
        address = next((word for word in line.split() if word.startswith("http://")), None)
        if address:
            return address.rstrip("/")
    raise AssertionError("the desk did not start:\n" + "".join(told))

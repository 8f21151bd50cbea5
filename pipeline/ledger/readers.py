"""Connections that only read, kept open between questions.

Opening a ledger means reading its schema anew: the fifty questions of a page spent a fifth of its time on that.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

MOST_IDLE = 8
"""Kept per file; one more than this is closed when it comes back."""
MOST_FILES = 32


@dataclass(slots=True)
class Reader:
    """A connection with what is known of its file."""

    connection: sqlite3.Connection
    file: tuple[int, int]
    """Device and number of the file that was opened: a file put in its place is another one."""
    complete: set[tuple[str, ...]] = field(default_factory=set)
    """Schemas whose tables were seen there; tables never go away."""


class Readers:
    """Idle readers by file; safe to use from every thread, and not shared with a forked child."""

    def __init__(self) -> None:
        self._lock, self._idle, self._process = threading.Lock(), dict[Path, list[Reader]](), os.getpid()

    @contextlib.contextmanager
    def borrowed(self, path: Path, opened: Callable[[], sqlite3.Connection]) -> Iterator[Reader]:
        """A reader of ``path`` for this thread alone; ``opened`` makes one where none is idle. One that failed is
        closed. Raises ``FileNotFoundError`` when there is no file."""
        reader = self._take(path, _identity(path)) or Reader(opened(), _identity(path))
        try:
            yield reader
        except BaseException:
            reader.connection.close()
            raise
        self._give(path, reader)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            for readers in self._idle.values():
                _close(readers)
            self._idle.clear()

    def _take(self, path: Path, file: tuple[int, int]) -> Reader | None:
        with self._lock:
            if (
                self._process != os.getpid()
            ):  # SQLite's connections do not survive a fork; nor may they be closed
                self._idle, self._process = {}, os.getpid()
            readers = self._idle.get(path, [])
            _close([reader for reader in readers if reader.file != file])
            readers[:] = [reader for reader in readers if reader.file == file]
            return readers.pop() if readers else None

    def _give(self, path: Path, reader: Reader) -> None:
        with self._lock:
            if path not in self._idle and len(self._idle) >= MOST_FILES:
                _close(self._idle.pop(next(iter(self._idle))))
            readers = self._idle.setdefault(path, [])
            if len(readers) < MOST_IDLE:
                readers.append(reader)
            else:
                reader.connection.close()


def _identity(path: Path) -> tuple[int, int]:
    told = path.stat()
    return told.st_dev, told.st_ino


def _close(readers: list[Reader]) -> None:
    for reader in readers:
        reader.connection.close()


READERS = Readers()
"""The ones of this process."""
atexit.register(READERS.close)

"""The worker: one process that crawls and runs every open incident on the cadence of its phase.

``cadence`` says when (pure), ``book`` remembers across restarts, ``turn`` runs the children, ``loop`` ties them. The
``Worker`` itself is imported from ``loop``: it needs the whole pipeline, and the desk that shows the book does not.
"""

from pipeline.worker.book import Beat, Schedule, TurnRow, WorkerBook, worker_file
from pipeline.worker.cadence import Cadence, Phase, load_cadence

__all__ = [
    "Beat",
    "Cadence",
    "Phase",
    "Schedule",
    "TurnRow",
    "WorkerBook",
    "load_cadence",
    "worker_file",
]

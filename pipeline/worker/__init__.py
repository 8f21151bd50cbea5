"""The worker: one process that crawls and runs every open incident on the cadence of its phase.

``cadence`` says when (pure), ``book`` remembers across restarts, ``turn`` runs the children, ``loop`` ties them.
"""

from pipeline.worker.book import Beat, Schedule, TurnRow, WorkerBook, worker_file
from pipeline.worker.cadence import Cadence, Phase, load_cadence
from pipeline.worker.loop import Worker

__all__ = [
    "Beat",
    "Cadence",
    "Phase",
    "Schedule",
    "TurnRow",
    "Worker",
    "WorkerBook",
    "load_cadence",
    "worker_file",
]

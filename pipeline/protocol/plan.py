"""The protocol file: phases, tasks, who does them and by when. A file, not code; every problem is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.paths import CHECKOUT, DataDir, checked_name
from pipeline.toml_files import read_toml

LANGUAGES = ("en", "zh-Hans", "zh-Hant")
SHIPPED = CHECKOUT / "data" / "samples" / "protocol.toml"
ON_WATCH = "watch"
"""As ``lead`` of a task: the partner that has the watch."""
ROLES = ("monitor", "lead", "reviewer", "admin")
MOST_TASKS = 200
HOURS_PER_CLAIM = 1.5
"""What looking into one claim takes, unless the coalition says otherwise: an assumption, shown with every plan."""
_TASK_KEYS = {"id", "name", "role", "due", "lead"}


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. ``due``: minutes after the incident was opened."""

    id: str
    names: Mapping[str, str]
    role: str
    due: int
    lead: str = ON_WATCH

    def due_at(self, opened_at: datetime) -> datetime:
        """When it is due in an incident."""
        return opened_at + timedelta(minutes=self.due)


@dataclass(frozen=True, slots=True)
class PhaseOfWork:
    """Tasks that belong together, in their order."""

    id: str
    names: Mapping[str, str]
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Protocol:
    """All phases, in their order."""

    phases: tuple[PhaseOfWork, ...]
    hours_per_claim: float = HOURS_PER_CLAIM

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Every task, in its order."""
        return tuple(task for phase in self.phases for task in phase.tasks)


def load_protocol(data: DataDir) -> Protocol:
    """The coalition's own file ``data/protocol.toml``, else the sample. Raises ``UsageError`` with every problem."""
    own = data.root / "protocol.toml"
    return read_protocol(own if own.exists() else SHIPPED)


def read_protocol(path: Path) -> Protocol:
    """Read and check a protocol file."""
    told = read_toml(path, mend="data/samples/protocol.toml is an example")
    problems: list[str] = []
    rows = told.get("phases")
    phases = tuple(_phase(row, problems) for row in rows) if isinstance(rows, list) and rows else ()
    if not phases:
        problems.append("there is no [[phases]]")
    made = Protocol(phases, _hours(told.get("hours_per_claim", HOURS_PER_CLAIM), problems))
    for kind, ids in (("phase", [p.id for p in phases]), ("task", [t.id for t in made.tasks])):
        problems += [
            f"{kind} id {one!r} is used twice" for one in sorted({i for i in ids if ids.count(i) > 1})
        ]
    if len(made.tasks) > MOST_TASKS:
        problems.append(f"{len(made.tasks)} tasks: at most {MOST_TASKS}")
    if problems:
        raise UsageError("\n".join(f"{path}: {problem}" for problem in problems))
    return made


def _hours(value: object, problems: list[str]) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0.1 <= value <= 100:
        return float(value)
    problems.append(f"hours_per_claim is {value!r}: write hours from 0.1, such as hours_per_claim = 1.5")
    return HOURS_PER_CLAIM


def _phase(row: Any, problems: list[str]) -> PhaseOfWork:  # noqa: ANN401  TOML values are of any type until checked
    row = row if isinstance(row, dict) else {}
    phase_id = _id(row, "phase", problems)
    tasks = row.get("tasks")
    if not isinstance(tasks, list) or not tasks:
        problems.append(f"phase {phase_id}: no [[phases.tasks]] below it")
        tasks = []
    return PhaseOfWork(
        phase_id, _names(row, f"phase {phase_id}", problems), tuple(_task(t, problems) for t in tasks)
    )


def _task(row: Any, problems: list[str]) -> Task:  # noqa: ANN401
    row = row if isinstance(row, dict) else {}
    task_id = _id(row, "task", problems)
    if unknown := sorted(set(row) - _TASK_KEYS):
        problems.append(
            f"task {task_id}: knows no {', '.join(unknown)}; it knows {', '.join(sorted(_TASK_KEYS))}"
        )
    role, due = row.get("role", "monitor"), row.get("due")
    if role not in ROLES:
        problems.append(f"task {task_id}: role {role!r}; write one of {', '.join(ROLES)}")
    if type(due) is not int or due < 0:
        problems.append(f"task {task_id}: due is missing: write minutes after the opening, due = 60")
    names = _names(row, f"task {task_id}", problems)
    return Task(task_id, names, str(role), due if type(due) is int else 0, str(row.get("lead", ON_WATCH)))


def _id(row: Mapping[str, Any], what: str, problems: list[str]) -> str:
    try:
        return checked_name(str(row.get("id", "")), f"{what} id")
    except UsageError as error:
        problems.append(str(error))
        return "?"


def _names(row: Mapping[str, Any], whose: str, problems: list[str]) -> dict[str, str]:
    names = row.get("name")
    if not isinstance(names, dict) or any(
        not str(names.get(language) or "").strip() for language in LANGUAGES
    ):
        problems.append(f'{whose}: needs name = {{ en = "…", zh-Hans = "…", zh-Hant = "…" }}')
        return dict.fromkeys(LANGUAGES, "?")
    return {language: str(names[language]) for language in LANGUAGES}

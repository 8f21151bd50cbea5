"""How the desk feels with 100,000 claims: the first page's queries, and ten people at once on a real server.

The ten are signed in and hold websockets as browsers do (``tests/desk_visitor.py``): each opens the list, then a
claim, takes it, watches it, with a few seconds of thought in between, while every page asks for news by itself. An
action is measured from the message sent to the page being whole again; what the browser then needs to draw is not in
it. Server and people share the machine's cores.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from desk_server import serve
from desk_visitor import Visitor
from desk_world import AS_OF, INCIDENT, build_world, claim_name
from pipeline.accounts import Accounts
from pipeline.bench import Metric
from pipeline.ledger import Ledger
from pipeline.paths import DataDir
from pipeline.people import AccountRole, Person
from pipeline.records import Status

CLAIMS = 100_000
REPEATS = 15
PEOPLE, ROUNDS = 10, 5
THINKING = (2.0, 8.0)
"""Seconds between two actions of one person: quick work, a claim found, read and decided every twenty seconds."""
NEWS = 5
"""How often one acts while nine look at the same claim."""


def run(data: Path, progress: Callable[[str], None]) -> list[Metric]:
    """Measure on a synthetic warehouse; ``data`` is not read."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        progress(f"publishing {CLAIMS:,} claims")
        world = build_world(Path(folder), claims=CLAIMS)
        metrics = _queries(world.root, progress)
        tokens = sign_in(world, PEOPLE)
        base = serve(world.root, stack)
        acts, news, counts = asyncio.run(_people(base, tokens, world.ledger, progress))
        done = len(Ledger(world.ledger).events(INCIDENT))
        expected = 2 * PEOPLE * ROUNDS + 2 * NEWS
        if done < expected:
            raise AssertionError(
                f"{done} events in the ledger, {expected} decisions made: something was lost"
            )
    return [
        *metrics,
        *(m for name, waits in acts.items() for m in _metrics(name, waits, 300)),
        *_metrics("news", news, 3_000),
        *_metrics("counts", counts, 3_000),
    ]


def sign_in(world: DataDir, people: int) -> list[str]:
    """That many monitors, signed in: their session tokens."""
    accounts = Accounts(world.accounts)
    for number in range(people):
        person = Person(f"person-{number}", f"Person {number}", AccountRole.MONITOR)
        accounts.add(person, by="bench", email=f"p{number}@partner.example")
    return [accounts.open_session(f"person-{number}", how="bench") for number in range(people)]


def _milliseconds(action: Callable[[], object], times: int = REPEATS) -> list[float]:
    waits = []
    for _ in range(times):
        begun = time.perf_counter()
        action()
        waits.append(1000 * (time.perf_counter() - begun))
    return waits


def _metrics(name: str, waits: list[float], goal: float) -> list[Metric]:
    p95 = quantiles(waits, n=20)[-1]
    return [
        Metric(f"desk.{name}_p50_ms", median(waits), unit="ms", higher_is_better=False),
        Metric(f"desk.{name}_p95_ms", p95, unit="ms", goal=goal, higher_is_better=False),
    ]


def _queries(root: Path, progress: Callable[[str], None]) -> list[Metric]:
    from dashboard import queries
    from pipeline.paths import DataDir

    progress("queries of the first page, without any cache")
    file = queries.published_file(DataDir(root), INCIDENT) or ""

    def first_page() -> None:
        ids = queries.chosen.__wrapped__(file, "", "", "")[:25]
        queries.cards.__wrapped__(file, ids)
        queries.hours.__wrapped__(file, ids, AS_OF)

    def search() -> None:
        queries.chosen.__wrapped__(file, "", "", "停水")

    first_page()
    search()
    return [
        *_metrics("first_page_query", _milliseconds(first_page), 100),
        *_metrics("search_query", _milliseconds(search), 300),
    ]


async def _people(
    base: str, tokens: list[str], ledger: Path, progress: Callable[[str], None]
) -> tuple[dict[str, list[float]], list[float], list[float]]:
    """What ten people waited for each kind of action, and how long the others waited to see it, and to see the
    lanes of their lists count it."""
    waits: dict[str, list[float]] = {"list": [], "claim": [], "action": []}
    async with _all(base, tokens) as people:
        for person in people:  # first visits compile and warm caches, one after the other
            await person.open("", f"incident={INCIDENT}")
        progress(f"{len(people)} people work at once")
        await asyncio.gather(*(_work(person, number, waits) for number, person in enumerate(people)))
        progress("one acts, nine look")
        news = await _news(people)
        progress("one acts, nine look at lists that do not show the claim")
        return waits, news, await _counts(people, ledger)


def _all(base: str, tokens: list[str]) -> _Everybody:
    return _Everybody([Visitor(base, token) for token in tokens])


class _Everybody:
    """All visitors, connected while the block runs."""

    def __init__(self, people: list[Visitor]) -> None:
        self.people = people

    async def __aenter__(self) -> list[Visitor]:
        return [await person.__aenter__() for person in self.people]

    async def __aexit__(self, *told: object) -> None:
        for person in self.people:
            await person.__aexit__(None, None, None)


async def _work(person: Visitor, number: int, waits: dict[str, list[float]]) -> None:
    """Open the list, a claim, take it, watch it; again."""
    chance = random.Random(number)
    for turn in range(ROUNDS):
        place = number * ROUNDS + turn
        claim = f"incident={INCIDENT}&claim={claim_name(place)}"
        steps = (
            ("list", lambda place=place: person.open("", f"incident={INCIDENT}&page={1 + place % 40}")),
            ("claim", lambda claim=claim: person.open("claim", claim)),
            ("action", lambda: person.click("quick_take")),
            ("action", lambda: person.click("quick_watch")),
        )
        for name, step in steps:
            await asyncio.sleep(chance.uniform(*THINKING))
            waits[name].append(await step())


async def _news(people: list[Visitor]) -> list[float]:
    """Milliseconds from an action until the nine others see it on their own pages."""
    waits: list[float] = []
    for turn in range(NEWS):
        claim = claim_name(1_000 + turn)
        await asyncio.gather(*(p.open("claim", f"incident={INCIDENT}&claim={claim}") for p in people))
        await asyncio.sleep(1.0)
        for other in people[1:]:
            other.html.clear()
        seen = [asyncio.create_task(other.sees("lane-watching")) for other in people[1:]]
        await people[0].click("quick_watch")
        waits += await asyncio.gather(*seen)
    return waits


async def _counts(people: list[Visitor], ledger: Path) -> list[float]:
    """Milliseconds from an action until the lanes of nine other lists count it, none of which shows the claim."""
    waits: list[float] = []
    await asyncio.gather(*(p.open("", f"incident={INCIDENT}&page=100") for p in people[1:]))
    for turn in range(NEWS):
        await people[0].open("claim", f"incident={INCIDENT}&claim={claim_name(2_000 + turn)}")
        watched = sum(row.status is Status.WATCHING for row in Ledger(ledger).triage(INCIDENT).values())
        seen = [asyncio.create_task(other.sees(f"Watching {watched + 1} |")) for other in people[1:]]
        await people[0].click("quick_watch")
        waits += await asyncio.gather(*seen)
    return waits

"""No press is lost: what a page sends right after one waits until the desk has carried it out."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard import turns
from desk_server import serve
from desk_visitor import Visitor
from desk_world import INCIDENT, add_account, build_world, claim_name, session_of
from pipeline.ledger import Ledger
from pipeline.people import AccountRole


def apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Run ``work`` on a thread of its own: the browser tests' driver keeps a loop running on this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


PRESSES = 8


def test_a_press_followed_at_once_by_a_link_is_in_the_ledger(tmp_path: Path) -> None:
    world = build_world(tmp_path, claims=30)
    add_account(world, AccountRole.MONITOR, "mei")

    async def work(base: str) -> None:
        async with Visitor(base, session_of(world, "mei")) as mei:
            for number in range(PRESSES):
                await mei.open("claim", f"incident={INCIDENT}&claim={claim_name(number)}")
                await mei.click_and_leave("quick_watch", "", f"incident={INCIDENT}")

    with ExitStack() as stack:
        apart(work(serve(world.root, stack)))
    watched = [event.claim_id for event in Ledger(world.ledger).events(INCIDENT)]
    assert sorted(watched) == [claim_name(number) for number in range(PRESSES)], "each once"


def run(pressed: bool = False, part: str = "") -> Message:
    """A message of the page that asks for a run."""
    told = BackMsg()
    told.rerun_script.fragment_id = part
    if pressed:
        widget = told.rerun_script.widget_states.widgets.add()
        widget.id, widget.trigger_value = "w", True
    return {"type": "websocket.receive", "bytes": told.SerializeToString()}


def said(finished: int | None = None) -> Message:
    """A message of the desk: a run begins, or ends in this way."""
    told = ForwardMsg()
    if finished is None:
        told.new_session.name = "desk"
    else:
        told.script_finished = finished  # type: ignore[assignment]
    return {"type": "websocket.send", "bytes": told.SerializeToString()}


BEGUN, DONE = said(), said(ForwardMsg.FINISHED_SUCCESSFULLY)
CUT, PART_DONE = (
    said(ForwardMsg.FINISHED_EARLY_FOR_RERUN),
    said(ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY),
)
GONE: Message = {"type": "websocket.disconnect", "code": 1001}


def heard_after(messages: Sequence[Message], answers: Sequence[Message]) -> tuple[bool, bool]:
    """Whether the second message is heard before the last of ``answers`` was given, and after it."""

    async def play() -> tuple[bool, bool]:
        left = list(messages)
        sent: list[Message] = []

        async def receive() -> Message:
            return left.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        line = turns.Line(receive, send)
        await line.receive()
        second = asyncio.create_task(line.receive())
        for answer in answers[:-1]:
            await asyncio.sleep(0)
            await line.send(answer)
        await asyncio.sleep(0.01)
        before = second.done()
        await line.send(answers[-1])
        await asyncio.sleep(0.01)
        after = second.done()
        second.cancel()
        return before, after

    return apart(play())


@pytest.mark.parametrize(
    ("messages", "answers", "heard"),
    [
        ([run(True), run()], [BEGUN, DONE], (False, True)),
        ([run(True), run(True)], [BEGUN, CUT, BEGUN, DONE], (False, True)),
        ([run(True), GONE], [BEGUN, DONE], (False, True)),
        ([run(True), run()], [DONE, BEGUN, DONE], (False, True)),
        ([run(True, "sheet"), run()], [BEGUN, PART_DONE], (False, True)),
        ([run(True), run()], [BEGUN, CUT], (False, False)),
        ([run(), run()], [BEGUN, DONE], (True, True)),
        ([run(part="look"), run(True)], [BEGUN, PART_DONE], (True, True)),
        ([run(part="look"), run(True, "sheet")], [BEGUN, PART_DONE], (False, True)),
    ],
    ids=[
        "link after press",
        "press after a press that runs twice",
        "tab closed after press",
        "the end of an earlier run is no answer",
        "press in a dialog",
        "a run cut short is no answer",
        "a link may overtake a link",
        "a press overtakes a look for news",
        "a press in a dialog waits for the look",
    ],
)
def test_whose_turn_it_is(messages: list[Message], answers: list[Message], heard: tuple[bool, bool]) -> None:
    assert heard_after(messages, answers) == heard


def test_an_unanswered_press_holds_nothing_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_PRESS", 0.05)

    async def play() -> Message:
        left = [run(True), GONE]

        async def receive() -> Message:
            return left.pop(0)

        async def send(message: Message) -> None:
            raise AssertionError(message)

        line = turns.Line(receive, send)
        await line.receive()
        return await asyncio.wait_for(line.receive(), 1)

    assert apart(play()) == GONE


def test_nonsense_is_passed_on() -> None:
    assert turns.asked({"type": "websocket.receive", "bytes": b"\xff\xff"}) == turns.Asked()
    assert turns.asked({"type": "websocket.receive", "text": "?"}) == turns.Asked()

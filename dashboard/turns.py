"""A press is carried out to its end before the same page's next message is heard.

Streamlit drops a run, and with it a button pressed or a form sent, when the page asks for another run before the first
has come to it: a key pressed and a link followed at once lost the key. What is heard after a press waits here until the
press has been answered; so does the news that the tab was closed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from enum import Enum

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

LONGEST_PRESS = 20.0
"""Seconds after which the next message is passed on although a press was not answered: it went nowhere."""
LONGEST_LOOK = 1.0
"""The same for a look for news; only what is sent from a dialog waits for it, for a rerun would close the dialog."""

LOG = logging.getLogger(__name__)
TRIGGERS = ("trigger_value", "string_trigger_value", "chat_input_value", "json_trigger_value")


class Run(Enum):
    """What was asked for last and is not answered yet."""

    NONE = "nothing"
    LOOK = "look for news"
    PRESS = "press"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message of the page asks for."""

    press: bool = False
    part: bool = False
    """A part of the page only: a dialog, or the look for news."""


def asked(message: Message) -> Asked:
    """Read a message of the page; what is no request to run asks for nothing."""
    body = message.get("bytes")
    if message["type"] != "websocket.receive" or not body:
        return Asked()
    told = BackMsg()
    try:
        told.ParseFromString(body)
    except DecodeError:  # Streamlit refuses it, and closes the line
        return Asked()
    if told.WhichOneof("type") != "rerun_script":
        return Asked()
    state = told.rerun_script
    pressed = any(w.WhichOneof("value") in TRIGGERS for w in state.widget_states.widgets)
    return Asked(pressed, bool(state.fragment_id))


class Turns:
    """ASGI middleware over the websockets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; a websocket through a ``Line``."""
        if scope["type"] == "websocket":
            line = Line(receive, send)
            receive, send = line.receive, line.send
        await self.app(scope, receive, send)


class Line:
    """One page's websocket."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._run, self._begun, self._started, self._closed = Run.NONE, 0.0, False, False
        self._answered = asyncio.Event()

    async def receive(self) -> Message:
        """The page's next message, once it is its turn."""
        message = await self._receive()
        self._closed = self._closed or message["type"] == "websocket.disconnect"
        wants = asked(message)
        if self._run is Run.PRESS or (self._run is Run.LOOK and wants.press and wants.part):
            await self._wait()
        if wants.press or (wants.part and self._run is Run.NONE):
            self._run, self._started = Run.PRESS if wants.press else Run.LOOK, False
            self._begun = time.monotonic()
            self._answered.clear()
        return message

    async def send(self, message: Message) -> None:
        """Pass on what the desk says; to a closed tab it goes nowhere, but the press is carried out."""
        if self._run is not Run.NONE and message["type"] == "websocket.send":
            self._follow(message)
        if not self._closed:
            await self._send(message)

    async def _wait(self) -> None:
        longest = LONGEST_PRESS if self._run is Run.PRESS else LONGEST_LOOK
        left = self._begun + longest - time.monotonic()
        try:
            await asyncio.wait_for(self._answered.wait(), max(0.0, left))
        except TimeoutError:
            LOG.warning("a %s was not answered within %s s", self._run.value, longest)
        self._run = Run.NONE

    def _follow(self, message: Message) -> None:
        """The answer is a run that began after the request and came to its end; a run cut short is begun anew."""
        told = ForwardMsg()
        told.ParseFromString(message.get("bytes") or b"")
        kind = told.WhichOneof("type")
        if kind == "new_session":
            self._started = True
        elif kind == "script_finished" and self._started and not cut_short(told):
            self._run = Run.NONE
            self._answered.set()


def cut_short(told: ForwardMsg) -> bool:
    """Whether a run ended only to begin anew."""
    return told.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN

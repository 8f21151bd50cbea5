"""A session on the desk without a browser: the websocket and messages of Streamlit's own page, nothing drawn.

It keeps what a page keeps: the widgets' ids, the page's HTML, and the timers of fragments that run by themselves.
"""

from __future__ import annotations

import asyncio
import time
from types import TracebackType

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from dashboard.signin import COOKIE

TIMEOUT = 60.0


class Visitor:
    """One tab. ``base`` is the desk's address; ``token`` a session's, None for a desk without accounts."""

    def __init__(self, base: str, token: str | None = None) -> None:
        self.base, self.token = base, token
        self.buttons: set[str] = set()
        self.html: list[str] = []
        self.query, self.page = "", ""
        self.runs = 0
        self._line: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._finished = asyncio.Semaphore(0)
        self._begun = False
        self._changed = asyncio.Condition()
        self.errors: list[str] = []

    async def __aenter__(self) -> Visitor:
        cookies = [("Cookie", f"{COOKIE}={self.token}")] if self.token else []
        address = self.base.replace("http://", "ws://") + "/_stcore/stream"
        self._line = await connect(
            address, origin=self.base, additional_headers=cookies, subprotocols=["streamlit"], max_size=None
        )
        self._reader = asyncio.create_task(self._read(self._line))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in (*self._timers.values(), self._reader):
            if task:
                task.cancel()
        if self._line:
            await self._line.close()

    async def open(self, page: str, query: str) -> float:
        """Go to a page; milliseconds until it is whole."""
        self.page, self.query = page, query
        self._stop_timers(list(self._timers))
        self.buttons.clear()
        self.html.clear()
        return await self._run(None)

    async def click(self, key: str) -> float:
        """Press the button with this key; milliseconds until the page is whole again."""
        found = next((each for each in self.buttons if each.endswith(f"-{key}")), None)
        if found is None:
            raise AssertionError(f"no button {key}; there are {sorted(self.buttons)}")
        self.html.clear()
        return await self._run(found)

    async def click_and_leave(self, key: str, page: str, query: str) -> None:
        """Press the button, and go to a page before the desk can have answered; ends when that page is whole."""
        pressed = next(each for each in self.buttons if each.endswith(f"-{key}"))
        self._stop_timers(list(self._timers))
        self._begun, self._finished = False, asyncio.Semaphore(0)
        await self._send(pressed)
        self.page, self.query = page, query
        await self._send()
        async with asyncio.timeout(TIMEOUT):
            await self._finished.acquire()
            await self._finished.acquire()

    async def sees(self, text: str) -> float:
        """Milliseconds until the page's HTML or choices contain ``text``, without doing anything."""
        begun = time.perf_counter()
        async with self._changed:
            await asyncio.wait_for(
                self._changed.wait_for(lambda: any(text in body for body in self.html)), TIMEOUT
            )
        return 1000 * (time.perf_counter() - begun)

    async def _run(self, pressed: str | None) -> float:
        self._begun, self._finished = False, asyncio.Semaphore(0)
        begun = time.perf_counter()
        await self._send(pressed)
        await asyncio.wait_for(self._finished.acquire(), TIMEOUT)
        if self.errors:
            raise AssertionError(self.errors[0])
        return 1000 * (time.perf_counter() - begun)

    async def _send(self, pressed: str | None = None, fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name, state.fragment_id = self.query, self.page, fragment
        state.is_auto_rerun = bool(fragment)
        if pressed:
            widget = state.widget_states.widgets.add()
            widget.id, widget.trigger_value = pressed, True
        if self._line:
            await self._line.send(message.SerializeToString())

    async def _read(self, line: ClientConnection) -> None:
        async for data in line:
            message = ForwardMsg()
            message.ParseFromString(data if isinstance(data, bytes) else data.encode())
            kind = message.WhichOneof("type")
            if kind == "auto_rerun":
                self._every(message.auto_rerun.interval, message.auto_rerun.fragment_id)
            elif kind == "stop_auto_rerun":
                self._stop_timers(list(message.stop_auto_rerun.fragment_ids))
            elif kind == "new_session":
                self._begun = True
                self.runs += 1
            elif kind == "delta":
                await self._drawn(message)
            elif kind == "script_finished":
                self._ended(message)

    def _ended(self, message: ForwardMsg) -> None:
        if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY and self._begun:
            self._finished.release()  # what began before the request is no answer to it
        elif message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.errors.append("the page does not compile")
            self._finished.release()

    async def _drawn(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "button":
            self.buttons.add(element.button.id)
        elif kind == "exception":
            self.errors.append(element.exception.message)
        elif kind in {"html", "button_group"}:
            options = " | ".join(option.content for option in element.button_group.options)
            self.html.append(element.html.body if kind == "html" else options)
            async with self._changed:
                self._changed.notify_all()

    async def _repeat(self, wait: float, fragment: str) -> None:
        while True:
            await asyncio.sleep(wait)
            await self._send(fragment=fragment)

    def _every(self, wait: float, fragment: str) -> None:
        if fragment not in self._timers:
            self._timers[fragment] = asyncio.create_task(self._repeat(wait, fragment))

    def _stop_timers(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if task := self._timers.pop(fragment, None):
                task.cancel()

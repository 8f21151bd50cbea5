"""Files that are one JSON document: arrays, objects that hold one, and Telegram Desktop's exports. Read as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ijson

from crawlers.importers.formats.telegram import CHAT
from crawlers.importers.rejects import shown_row
from crawlers.importers.rows import BATCH_ROWS, FIRST_ROWS, Batch, Problem
from crawlers.importers.shapes import Row
from crawlers.importers.streams import MAX_ROW, Source, open_source
from pipeline.errors import UsageError

PUBLIC = {"public_channel", "public_supergroup"}
"""The kinds of Telegram chats that anyone can read; everything else is somebody's private conversation."""
_MOST_EVENTS = 200_000
_MOST_DEPTH = 100
Event = tuple[str, str, Any]


def shape_of(source: Source) -> str:
    """Which list of a document holds its rows: ``item``, ``data.item``, ``messages.item`` or ``chats.list.item``.

    Raises ``UsageError`` for a document that holds none, or that is no JSON.
    """
    known = {"item", "data.item", "messages.item", "chats.list.item", "posts.item", "items.item"}
    try:
        for place, (prefix, event, _) in enumerate(ijson.parse(source.stream, use_float=True)):
            if event == "start_map" and prefix in known:
                return str(prefix)
            if place > _MOST_EVENTS or prefix.count(".") > _MOST_DEPTH:
                break
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise UsageError(f"{source.path}: not JSON ({str(error)[:120]})") from error
    raise UsageError(
        f"{source.path}: no row that can be read; is it the right file? Rows are objects in a list"
    )


def document_batches(source: Source, prefix: str) -> Iterator[Batch]:
    """Objects of the list at ``prefix``. Where the document breaks off, the rest is one problem."""
    batch, number, most = Batch(), 0, FIRST_ROWS
    items = _items(source, prefix)
    while True:
        number += 1
        try:
            value = next(items)
        except StopIteration:
            break
        except (ijson.JSONError, UnicodeDecodeError) as error:
            reason = f"the document breaks off here, nothing after it was read: {str(error)[:120]}"
            batch.problems.append(Problem(number, reason, ""))
            break
        _take(value, number, batch)
        if len(batch.rows) >= most or len(batch.problems) >= BATCH_ROWS:
            yield batch
            batch, most = Batch(), BATCH_ROWS
    yield batch


def _take(value: Any, number: int, batch: Batch) -> None:  # noqa: ANN401  JSON
    if isinstance(value, str):
        batch.problems.append(Problem(number, value, ""))
    elif isinstance(value, dict):
        batch.numbers.append(number)
        batch.rows.append(value)
    else:
        reason = f"a JSON {type(value).__name__}, not an object"
        batch.problems.append(Problem(number, reason, shown_row({"value": value})))


def _items(source: Source, prefix: str) -> Iterator[Any]:
    """Values of the list, each of bounded depth and size; a string says why one was left out."""
    depth, size, builder, why = 0, 0, ijson.ObjectBuilder(), ""
    for place, event, value in ijson.parse(source.stream, use_float=True):
        if depth == 0 and place != prefix:
            continue
        depth += event in {"start_map", "start_array"}
        depth -= event in {"end_map", "end_array"}
        size += len(value) if isinstance(value, str) else 8
        if depth > _MOST_DEPTH or size > MAX_ROW:
            why = (
                f"nested more than {_MOST_DEPTH} deep" if depth > _MOST_DEPTH else f"longer than {MAX_ROW:,}"
            )
        if not why:
            builder.event(event, value)
        if depth == 0:
            yield why or builder.value
            size, builder, why = 0, ijson.ObjectBuilder(), ""


class TelegramExport:
    """Batches of the messages of an export's public chats; private ones are counted and never read."""

    def __init__(self, several: bool) -> None:
        self.several = several
        """Whether the export holds many chats (``chats.list``) or one."""

    def __call__(self, source: Source) -> Iterator[Batch]:
        """Messages, each with its chat's id and kind."""
        batch, number, most = Batch(), 0, FIRST_ROWS
        try:
            for found in self._messages(source):
                number += 1
                if isinstance(found, str):
                    batch.problems.append(Problem(number, found, ""))
                else:
                    batch.numbers.append(number)
                    batch.rows.append(found)
                if len(batch.rows) >= most:
                    yield batch
                    batch, most = Batch(), BATCH_ROWS
        except (ijson.JSONError, UnicodeDecodeError) as error:
            reason = f"the document breaks off here, nothing after it was read: {str(error)[:120]}"
            batch.problems.append(Problem(number + 1, reason, ""))
        yield batch

    def _messages(self, source: Source) -> Iterator[Row | str]:
        root = "chats.list.item" if self.several else ""
        inside = f"{root}.messages.item".lstrip(".")
        chat: Row = {}
        size, depth, builder, why = 0, 0, ijson.ObjectBuilder(), ""
        for place, event, value in ijson.parse(source.stream, use_float=True):
            if place == root and event == "start_map":
                chat = {}
            elif depth == 0 and place in {f"{root}.id".lstrip("."), f"{root}.type".lstrip(".")}:
                chat[place.rpartition(".")[2]] = value
            elif place == f"{root}.messages".lstrip(".") and event == "start_array" and _is_private(chat):
                yield f"a private chat ({chat.get('type', 'of unknown kind')}): none of it was read"
            if (depth == 0 and place != inside) or _is_private(chat):
                continue
            depth += (event in {"start_map", "start_array"}) - (event in {"end_map", "end_array"})
            size += len(value) if isinstance(value, str) else 8
            why = why or (
                "a message past the limits of size and depth" if depth > _MOST_DEPTH or size > MAX_ROW else ""
            )
            if not why:
                builder.event(event, value)
            if depth == 0:
                yield why or _with_chat(builder.value, chat)
                size, builder, why = 0, ijson.ObjectBuilder(), ""


def _is_private(chat: Row) -> bool:
    return chat.get("type") not in PUBLIC or "id" not in chat


def _with_chat(message: Any, chat: Row) -> Row | str:  # noqa: ANN401  JSON
    if not isinstance(message, dict):
        return f"a JSON {type(message).__name__}, not a message"
    message[CHAT] = chat
    return message


def refuse_private(export: TelegramExport, source: Source) -> None:
    """Raises ``UsageError`` where an export holds no public chat at all."""
    copy = open_source(source.path)
    try:
        for batch in export(copy):
            if batch.rows:
                return
    finally:
        copy.close()
    raise UsageError(
        f"{source.path}: a private chat, which the desk does not read; export a public channel or group. "
        "A member may pass on a single message: chengqing import INCIDENT --tip"
    )

"""What it costs to keep a row of the audit log, beside the raw write of the same bytes."""

from __future__ import annotations

import os
import tempfile
from copy import copy
from pathlib import Path
from typing import Any

from .child import clock
from .harness import Bench, Reading, Row

ROWS = 20_000
SYNCED = 300


def _events(count: int) -> list[Any]:
    """Return what a chat with a gated tool emits, over and over."""
    from convagent import Action, approve
    from convagent.events import (
        DecidedEvent,
        ExecutedFunctionEvent,
        ExecuteFunctionEvent,
        InputReplyEvent,
        InputRequestEvent,
        ModelCallFinished,
        RulingEvent,
        TextEvent,
        ToolCallEvent,
        stamp,
    )
    from convagent.human import HumanReply, HumanRequest

    arguments = {"amount": 120, "order": "A-1001", "note": "the customer asks for the whole amount, as agreed"}
    action = Action("tool", "bot", "refund", arguments, "bot", "run", 3, 0, "call_1", risk="high")
    call: Any = {"id": "call_1", "type": "function", "function": {"name": "refund", "arguments": str(arguments)}}
    request = HumanRequest(
        "run:1", "May bot call refund?", "bot", moment="decision", decisions=("approve", "reject"), to=("clerk",),
        action=action, preview="amount 120\norder A-1001", because="amount > 100",
    )  # fmt: skip
    said: Any = {"content": "I have looked into order A-1001; the refund will be with you in a few days. " * 3}
    talk = {"sender": "bot", "recipient": "customer", "side": 1}
    one = [
        TextEvent(message=said, **talk),
        ModelCallFinished(model="gpt-4o-mini", seconds=0.8, finish_reason="tool_calls"),
        ToolCallEvent(message={"role": "assistant", "content": None, "tool_calls": [call]}, inner=True, **talk),
        RulingEvent(action=action, ruling="ask", reason="amount > 100"),
        InputRequestEvent(request=request, seat=None),
        InputReplyEvent(reply=HumanReply("run:1", "approve", "ada", "terminal", decision=approve), seconds=3.5),
        DecidedEvent(action=action, decision=approve, by=("ada",)),
        ExecuteFunctionEvent(func_name="refund", call_id="call_1", arguments=arguments, recipient="bot"),
        ExecutedFunctionEvent(
            func_name="refund", call_id="call_1", arguments=arguments, result="refunded 120", is_exec_success=True
        ),
    ]
    events = [copy(one[i % len(one)]) for i in range(count)]
    for seq, event in enumerate(events, 1):
        stamp(event, "0b9e43a4-93b1-4d5c-9d3f-6f7c9b7f2a10", seq, 1763725.5 + seq)
    return events


def _log(folder: str, count: int, fsync: bool) -> tuple[Reading, bytes]:
    from convagent.audit import AuditLog

    path, events = Path(folder) / "log", _events(count)
    with AuditLog(path, fsync=fsync) as log:
        log(events[0])
        with clock() as took:
            for event in events[1:]:
                log(event)
    kept = path.read_bytes()
    if (rows := kept.count(b"\n")) != count:
        raise AssertionError(f"{count} events, and {rows} rows")
    return {"wall": took.wall / (count - 1) * 1e6, "cpu": took.cpu / (count - 1) * 1e6}, kept


def ours(rows: int, fsync: bool) -> Reading:
    """Keep rows in an audit log; us a row."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        return _log(folder, rows, fsync)[0]


def bare(rows: int, fsync: bool) -> Reading:
    """Write the same bytes, a line a write, to an open file that is flushed; us a row."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        lines = _log(folder, rows, False)[1].decode().splitlines(keepends=True)
        with open(Path(folder) / "bare", "a", encoding="ascii") as file, clock() as took:
            for line in lines:
                file.write(line)
                file.flush()
                if fsync:
                    os.fsync(file.fileno())
    return {"wall": took.wall / len(lines) * 1e6, "cpu": took.cpu / len(lines) * 1e6}


def dumped(rows: int) -> Reading:
    """Write the events as plain JSON to an open file that is flushed, with no hash, lock or redaction; us a row."""
    import json
    from dataclasses import asdict

    events = _events(rows)
    with (
        tempfile.TemporaryDirectory(dir=".") as folder,
        open(Path(folder) / "bare", "a", encoding="ascii") as file,
        clock() as took,
    ):
        for event in events:
            file.write(json.dumps({"type": event.type, **asdict(event)}, default=str) + "\n")
            file.flush()
    return {"wall": took.wall / rows * 1e6, "cpu": took.cpu / rows * 1e6}


def measure(bench: Bench) -> None:
    rows, synced = (ROWS // 10, SYNCED // 3) if bench.quick else (ROWS, SYNCED)
    took = bench.medians({
        "synced": lambda: bench.run("audit", "ours", rows=synced, fsync=True),
        "bare synced": lambda: bench.run("audit", "bare", rows=synced, fsync=True),
        "flushed": lambda: bench.run("audit", "ours", rows=rows, fsync=False),
        "bare flushed": lambda: bench.run("audit", "bare", rows=rows, fsync=False),
        "dumped": lambda: bench.run("audit", "dumped", rows=rows),
    })  # fmt: skip
    for what, side, base in (
        ("audit row on the disk (fsync), beside the bare write of it", "synced", "bare synced"),
        ("audit row flushed, beside the bare write of it", "flushed", "bare flushed"),
        ("audit row flushed, beside json.dumps(asdict()) of it", "flushed", "dumped"),
    ):
        mine = took[side]
        bench.add(Row(what, mine["wall"], "us", 1.3, bare=took[base]["wall"], cpu=mine["cpu"], of="bare"))

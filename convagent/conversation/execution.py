"""The part of a turn that runs tools: the calls of one reply are read, judged, run and reported, in order.

What a call is, and how it is read and told, stands in `calls`; what rules and people say of it in `judging`; how it is
run in `attempts`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from ..errors import NobodyReachable, ToolArgumentsError
from ..messages import Message, ToolCall
from ..runtime import strand
from ..tools.arguments import parse_arguments
from ..tools.invoke import ToolOutcome
from ..tools.result import to_text
from .attempts import execute
from .calls import Call, Execution, announce, function_of, is_concurrent, read_call, report, result_message
from .context import RunContext, Stopped
from .judging import is_judged, judge, judge_unknown


async def run_tools(run: RunContext, calls: Sequence[ToolCall], how: Execution) -> list[Message]:
    """Execute the tool calls of one reply and return their results as messages, in order.

    Calls are read and judged in order; then those of parallel tools run together. A call that waits
    for a person holds up none that need nobody.
    """
    round = run.next_round()
    if how.own is not None:
        return [await _own_way(run, position, call, how, how.own) for position, call in enumerate(calls)]
    found = [await read_call(run, position, call, how, round) for position, call in enumerate(calls)]
    if len(found) > 1 and sum(is_concurrent(run, call.tool) for call in found if call.tool is not None) > 1:
        outcomes = await _Together(run, found, how).outcomes()
    else:
        outcomes: list[ToolOutcome] = []
        base = run.enter_strand(strand.get())
        for call in found:  # in place: each coroutine on the way is held while a person is waited for
            run.enter_strand(f"{base}{call.strand}")
            outcomes.append(await _carry_out(run, call, how, await judge(run, call, how)))
        run.enter_strand(base)
    if how.heard is not None:
        for position, outcome in enumerate(outcomes):
            if outcome.signal is not None:
                how.heard(position, outcome.signal)
    return [await result_message(call, outcome, how) for call, outcome in zip(calls, outcomes, strict=True)]


async def run_tool(run: RunContext, call: ToolCall, how: Execution) -> ToolOutcome:
    """Execute one call and return its outcome."""
    found = await read_call(run, 0, call, how)
    return await _carry_out(run, found, how, await judge(run, found, how))


async def _carry_out(run: RunContext, call: Call, how: Execution, note: str) -> ToolOutcome:
    announce(run, call, how)
    outcome = await execute(run, call, how)
    if note:
        outcome = replace(outcome, content=outcome.content + note)
    report(run, call, outcome, how)
    return outcome


class _Together:
    """The calls of one reply, side by side where their tools may be; the others in order meanwhile."""

    def __init__(self, run: RunContext, calls: Sequence[Call], how: Execution) -> None:
        self._run, self._calls, self._how = run, calls, how
        self._base = strand.get()
        self._begun: set[int] = set()
        self._outcomes: list[ToolOutcome | None] = [None] * len(calls)
        self._judged = [is_judged(run, call.tool, how) for call in calls]

    async def outcomes(self) -> list[ToolOutcome]:
        """Run them all, and return their outcomes in order.

        Raises:
            Stopped: a person ended the run; what was begun has come to its end.
            NobodyReachable: so did what was begun beside the call that nobody can decide about.
        """
        run, calls = self._run, self._calls
        for call, judged in zip(calls, self._judged, strict=True):
            if not judged:
                announce(run, call, self._how)
        concurrent = {i: None for i, call in enumerate(calls) if call.tool is None or is_concurrent(run, call.tool)}
        tasks = {i: asyncio.ensure_future(self._do(i)) for i in concurrent}
        try:
            for i in range(len(calls)):
                if i not in tasks:
                    await self._do(i)
            run.enter_strand(self._base)
            await asyncio.gather(*tasks.values())
        except (Stopped, NobodyReachable):
            await self._let_end(tasks)
            raise
        finally:
            # Any other failure is one of an interrupted program: what else runs is not waited for.
            for task in tasks.values():
                task.cancel()
        self._report()
        return cast("list[ToolOutcome]", self._outcomes)

    async def _do(self, i: int) -> None:
        run, call, note = self._run, self._calls[i], ""
        run.enter_strand(f"{self._base}{call.strand}")
        if self._judged[i]:
            note = await judge(run, call, self._how)
            announce(run, call, self._how)
        self._begun.add(i)
        outcome = await execute(run, call, self._how)
        self._outcomes[i] = replace(outcome, content=outcome.content + note) if note else outcome

    async def _let_end(self, tasks: Mapping[int, asyncio.Future[None]]) -> None:
        """Record the results of what is begun, which is not broken off unless it is forced; then the run ends."""
        for i, task in tasks.items():
            if i not in self._begun:
                task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        self._report()

    def _report(self) -> None:
        for call, outcome in zip(self._calls, self._outcomes, strict=True):
            if outcome is not None:
                report(self._run, call, outcome, self._how)


async def _own_way(
    run: RunContext, position: int, call: ToolCall, how: Execution, execute_function: Callable[..., Any]
) -> Message:
    """Let an overridden `execute_function` do it, after the same judgement. It may know functions we don't."""
    function = await function_of(call, how)
    name, call_id = function.get("name") or "", call.get("id")
    try:
        arguments = parse_arguments(function.get("arguments"))
    except ToolArgumentsError:
        arguments = {}  # the override reads them itself
    found, note = Call(call_id, name, how.tools.get(name), arguments, position), ""
    if is_judged(run, found.tool, how):
        note = await (judge if found.tool is not None else judge_unknown)(run, found, how)
        if note:
            function = {**function, "arguments": to_text(found.arguments)}
    outcome = found.refused
    if outcome is None:
        done, told = await run.call(execute_function, function, call_id=call_id)
        text = str(told.get("content") or "") + note
        outcome = ToolOutcome(name, call_id, found.arguments or {}, text, bool(done), None, 0.0)
    elif found.not_run:
        report(run, found, outcome, how)
    return await result_message(call, outcome, how)

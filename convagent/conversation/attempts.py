"""Running a tool call: once, as a step of its turn, and again as long as the policies on failures say so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from .._sync import in_worker
from ..action import Action
from ..errors import ToolArgumentsError
from ..events import ProgressEvent
from ..runtime import InDoubt, Interrupted, Steer
from ..tools.context import ToolContext
from ..tools.invoke import ToolOutcome, invoke
from ..tools.result import to_text
from .calls import Call, Execution, announce, is_concurrent, report
from .context import RunContext
from .failing import IN_DOUBT, failure, is_about_failures, is_in_doubt, on_failure
from .sharing import as_they_are, take_over, with_changes
from .showing import failed_call
from .verdict import Again, Instead

if TYPE_CHECKING:
    from ..tools.tool import Tool


async def execute(run: RunContext, call: Call, how: Execution) -> ToolOutcome:
    """Run a call, and again as long as the policies on failures say so."""
    tool = call.tool
    if call.refused is not None or tool is None:
        return cast("ToolOutcome", call.refused)
    outcome, attempts = await _attempt(run, call, how, tool, 0), 1
    policies = (*how.policies, *tool.rules.approval)
    while outcome.failure is not None:
        if not is_in_doubt(outcome.failure) and not is_about_failures(run, policies):
            return outcome
        report(run, call, outcome, how)  # who is asked about it knows of it
        action = Action(
            "error", how.proposer, call.name, call.arguments or {}, how.executor, run.run_id, run.turn, call.position,
            call.id or "", failure=outcome.failure, attempts=attempts, risk=tool.rules.risk, asked_by=how.asked_by,
        )  # fmt: skip
        verdict = await on_failure(run, action, policies, failed_call(action, tool))
        if isinstance(verdict, Instead):
            return call.told(to_text(verdict.value), ok=True)
        if not isinstance(verdict, Again):
            return outcome
        announce(run, call, how)
        outcome, attempts = await _attempt(run, call, how, tool, attempts), attempts + 1
    return outcome


async def _attempt(run: RunContext, call: Call, how: Execution, tool: Tool, number: int) -> ToolOutcome:
    """Run a call once, as a step: what it returned before, when this turn was entered, is not run again."""
    key = call.key
    context = _context(run, call, how, key) if tool.binder.context is not None else None
    once = partial(_invoked, run, call, how, tool, context)
    call.reported = False
    try:
        numbered, by = f"{key}/{number}" if number else key, _STOP if how.ended_by_stop else _FORCE
        outcome = await run.runtime.breakable(run.step, by, numbered, once, tool.effect, ToolOutcome)
        take_over(how.variables, outcome)
        if context is not None:
            await run.runtime.breathe()  # what it told last of its progress comes before its result
        return outcome
    except Interrupted:
        outcome = call.told(f"Error: {call.name} was broken off; whether it was done is not known")
        report(run, call, outcome, how)
        if tool.rules.cleanup is not None:
            await run.call(tool.rules.cleanup, call.arguments or {})
        await run.checkpoint()  # raises: it was stopped
        return outcome
    except InDoubt:
        return replace(call.told(f"Error: whether {call.name} was done is not known"), failure=IN_DOUBT)


_FORCE: tuple[Steer, ...] = ("force",)
"""A tool in flight is broken off by nothing less, unless who runs it says so."""
_STOP: tuple[Steer, ...] = ("stop",)


async def _invoked(
    run: RunContext, call: Call, how: Execution, tool: Tool, context: ToolContext | None
) -> ToolOutcome:  # fmt: skip
    """Call the function of a tool where it belongs; what its failure means is part of the outcome."""
    timer, shared = run.runtime.now, how.variables
    in_place = run.call if tool.is_async or not is_concurrent(run, tool) else _in_worker
    before = as_they_are(shared, tool.binder.variables and run.runtime.keeps)
    outcome = await invoke(
        tool, call.arguments or {}, call_id=call.id, context=context, call=in_place, timer=timer, variables=shared
    )
    outcome = with_changes(outcome, shared, before)
    if outcome.error is None or isinstance(outcome.error, ToolArgumentsError):
        return outcome
    text = outcome.content.removeprefix("Error: ")
    return replace(outcome, failure=failure(outcome.error, tool.effect, text))


async def _in_worker(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return await in_worker(fn, args, kwargs)


def _context(run: RunContext, call: Call, how: Execution, key: str) -> ToolContext:
    tell = partial(_progress, asyncio.get_running_loop(), run, how.executor, call.name)
    return ToolContext(
        run.run_id, how.executor, call.id or "", f"{run.run_id}/{run.turn}/{key}", call.by, call.form, tell
    )


def _progress(
    loop: asyncio.AbstractEventLoop, run: RunContext, agent: str, tool: str, done: float, total: float | None, note: str
) -> None:
    event = ProgressEvent(tool=tool, done=done, total=total, note=note, agent=agent)
    loop.call_soon_threadsafe(run.runtime.emit, event)

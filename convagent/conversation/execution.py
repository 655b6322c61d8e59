"""The part of a turn that runs tools: read, judged, run, reported, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from .._sync import in_worker
from ..action import Action, Confidence, Policy
from ..errors import NobodyReachable, RunBlocked, ToolArgumentsError
from ..events import ExecutedFunctionEvent, ExecuteFunctionEvent, ProgressEvent, ToolNotRunEvent
from ..messages import Message, ToolCall
from ..runtime import InDoubt, Interrupted, Steer, strand
from ..tools.arguments import parse_arguments
from ..tools.context import ToolContext
from ..tools.invoke import ToolOutcome, invoke, not_found, unreadable
from ..tools.result import to_text
from .context import RunContext, Stopped
from .failing import IN_DOUBT, failure, is_about_failures, is_in_doubt, on_failure
from .sharing import Variables, as_they_are, take_over, with_changes
from .showing import failed_call, subject_of
from .verdict import Again, Go, Instead, Refused, Revise, Subject, Verdict

if TYPE_CHECKING:
    from ..tools.tool import Tool


@dataclass(slots=True)
class Execution:
    """Who runs the tools of a reply, for whom, and by which rules."""

    proposer: str
    """The agent whose reply holds the calls: the actions are its own."""
    executor: str
    tools: Mapping[str, Tool]
    policies: Sequence[Policy] = ()
    before: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]] | None = None
    """Rewrites a function call before it is read."""
    after: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]] | None = None
    """Rewrites a result before it is reported."""
    own: Callable[..., Any] | None = None
    """The executor's own way to execute a call: an overridden `execute_function`."""
    confidence: Confidence | None = None
    """How sure the proposer's model was of this reply."""
    variables: Variables | None = None
    """The context variables, for tools that take or set them."""
    heard: Callable[[int, dict[str, Any]], None] | None = None
    """Told what results say besides their text, by position, also where they are not new; see `ToolOutcome.signal`."""


async def run_tools(run: RunContext, calls: Sequence[ToolCall], how: Execution) -> list[Message]:
    """Execute the tool calls of one reply and return their results as messages, in order.

    Calls are read and judged in order; then those of parallel tools run together. A call that waits
    for a person holds up none that need nobody.
    """
    round = run.next_round()
    if how.own is not None:
        return [await _own_way(run, position, call, how, how.own) for position, call in enumerate(calls)]
    prepared = [await _prepare(run, position, call, how, round) for position, call in enumerate(calls)]
    if len(prepared) > 1 and sum(_is_concurrent(run, p.tool) for p in prepared if p.tool is not None) > 1:
        outcomes = await _run_together(run, prepared, how)
    else:
        outcomes: list[ToolOutcome] = []
        base = run.enter_strand(strand.get())
        for p in prepared:  # in place: each coroutine on the way is held while a person is waited for
            run.enter_strand(f"{base}{_strand(p.round, p.position)}")
            outcomes.append(await _carry_out(run, p, how, await _judge(run, p, how)))
        run.enter_strand(base)
    if how.heard is not None:
        for position, outcome in enumerate(outcomes):
            if outcome.signal is not None:
                how.heard(position, outcome.signal)
    return [await _result(call, outcome, how) for call, outcome in zip(calls, outcomes, strict=True)]


async def run_tool(run: RunContext, call: ToolCall, how: Execution) -> ToolOutcome:
    """Execute one call and return its outcome."""
    p = await _prepare(run, 0, call, how)
    return await _carry_out(run, p, how, await _judge(run, p, how))


# ---------------------------------------------------------------- reading


@dataclass(slots=True)
class _Prepared:
    call_id: str | None
    name: str
    tool: Tool | None
    arguments: dict[str, Any] | None
    position: int
    round: str = ""
    """Which round of calls of its turn it is in, counted; empty: the first."""
    refused: ToolOutcome | None = None
    form: Any = None
    """What the person who approved it filled in."""
    by: str = ""
    """Who approved it."""
    not_run: str = ""
    """Why it is not run, though it could be: what rules or people said instead."""
    reported: bool = False
    """Whether its last attempt was reported already."""


async def _prepare(run: RunContext, position: int, call: ToolCall, how: Execution, round: str = "") -> _Prepared:
    function = cast(dict[str, Any], call.get("function") or {})
    call_id = call.get("id")
    if how.before is not None:
        function = await how.before(function)
    name = function.get("name") or ""
    tool = how.tools.get(name)
    prepared = _Prepared(call_id, name, tool, None, position, round)
    if tool is None:
        _refuse_begun(run, _strand(round, position), name, how.executor)
        prepared.refused = not_found(name, call_id)
        return prepared
    try:
        prepared.arguments = parse_arguments(function.get("arguments"))
    except ToolArgumentsError as error:
        prepared.refused = unreadable(name, call_id, error)
    return prepared


def refuse_gone(run: RunContext, calls: Sequence[ToolCall], agent: str) -> None:
    """Raise `RunBlocked` if a call was begun before this run went on, by a tool that the agent has no more."""
    for position, call in enumerate(calls):
        name = (call.get("function") or {}).get("name") or ""
        _refuse_begun(run, _strand(run.round_to_come(), position), name, agent)


def _strand(round: str, position: int) -> str:
    """Return what a call's stretch of the turn is called: no later round answers from what an earlier one did."""
    return f"{round.replace('.', ':')}{position}."


def _refuse_begun(run: RunContext, part: str, name: str, agent: str) -> None:
    if run.runtime.begun(f"{strand.get()}{part}"):
        raise RunBlocked(f"tool {name!r} of agent {agent!r} was called before this run went on, and is gone")


def _is_concurrent(run: RunContext, tool: Tool) -> bool:
    # A tool registered the classic way runs on the caller's thread in a synchronous chat, one after
    # another, unless it opted in: scripts hold thread-bound connections and GUIs there.
    return tool.parallel or (tool.classic and not run.is_sync)


# ---------------------------------------------------------------- judging


def _is_judged(run: RunContext, tool: Tool | None, how: Execution) -> bool:
    if tool is not None and tool.rules.asks:
        return False
    return bool(run.policies or how.policies or (tool is not None and tool.rules.approval))


async def _judge(run: RunContext, p: _Prepared, how: Execution) -> str:
    """Have a call judged; return what its result is to be told besides. A refusal becomes its outcome."""
    tool = p.tool
    done = run.runtime.settled(f"{run.agent_name}/tool/{p.round}{p.position}/{p.name}")
    if tool is None or p.refused is not None or done or not _is_judged(run, tool, how):
        return ""
    try:
        complete = tool.binder.complete(p.arguments or {})
    except ToolArgumentsError as error:
        p.refused = _told(p, str(error), error=error)
        return ""
    action = _action(run, p, complete, how, tool.rules.risk)
    return _take(p, await run.decide(action, (*how.policies, *tool.rules.approval), subject_of(run, tool)))


def _take(p: _Prepared, verdict: Verdict) -> str:
    """Act upon a verdict; return a note for the model."""
    match verdict:
        case Go():
            p.form, p.by = verdict.form, verdict.by
            if not verdict.edited:
                return ""
            p.arguments = {**(p.arguments or {}), **verdict.edited}
            return _EDITED.format(by=verdict.edited_by or "A person", arguments=to_text(verdict.edited))
        case Refused(reason, by):
            p.not_run = f"not allowed{f' by {by}' if by else ''}{f': {reason}' if reason else ''}"
            p.refused = _told(p, f"Error: {p.name} was {p.not_run}")
        case Instead(value, by):
            p.not_run = f"answered in its place by {by or 'a person'}"
            p.refused = _told(p, to_text(value), ok=True)
        case Revise(text, by):
            p.not_run = f"sent back by {by or 'a person'}: {text}"
            p.refused = _told(p, f"Error: {p.name} was not done; a person asks for this first: {text}")
        case Again():
            p.not_run = "it is to be proposed again"
            p.refused = _told(p, f"Error: {p.name} was not done")
    return ""


_EDITED = "\n\n[{by} changed the arguments of this call before it was made: {arguments}. Do not repeat your own call.]"


def _told(p: _Prepared, text: str, *, ok: bool = False, error: BaseException | None = None) -> ToolOutcome:
    return ToolOutcome(p.name, p.call_id, p.arguments or {}, text, ok, error, 0.0)


def _action(run: RunContext, p: _Prepared, arguments: dict[str, Any], how: Execution, risk: str = "") -> Action:
    return Action(
        kind="tool",
        agent=how.proposer,
        name=p.name,
        arguments=arguments,
        executor=how.executor,
        run_id=run.run_id,
        turn=run.turn,
        position=p.position,
        call_id=p.call_id or "",
        confidence=how.confidence,
        risk=risk,
    )


async def _own_way(
    run: RunContext, position: int, call: ToolCall, how: Execution, execute: Callable[..., Any]
) -> Message:
    """Let an overridden `execute_function` do it, after the same judgement. It may know functions we don't."""
    function = cast(dict[str, Any], call.get("function") or {})
    if how.before is not None:
        function = await how.before(function)
    name, call_id = function.get("name") or "", call.get("id")
    try:
        arguments = parse_arguments(function.get("arguments"))
    except ToolArgumentsError:
        arguments = {}  # the override reads them itself
    p = _Prepared(call_id, name, how.tools.get(name), arguments, position)
    note = ""
    if _is_judged(run, p.tool, how):
        if p.tool is not None:
            note = await _judge(run, p, how)
        else:
            action = _action(run, p, arguments, how)
            note = _take(p, await run.decide(action, how.policies, Subject(to_text(arguments))))
        if note:
            function = {**function, "arguments": to_text(p.arguments)}
    outcome = p.refused
    if outcome is None:
        done, told = await run.call(execute, function, call_id=call_id)
        text = str(told.get("content") or "") + note
        outcome = ToolOutcome(name, call_id, p.arguments or {}, text, bool(done), None, 0.0)
    elif p.not_run:
        _report(run, p, outcome, how)
    return await _result(call, outcome, how)


# ---------------------------------------------------------------- running


async def _carry_out(run: RunContext, p: _Prepared, how: Execution, note: str) -> ToolOutcome:
    _announce(run, p, how)
    outcome = await _execute(run, p, how)
    if note:
        outcome = replace(outcome, content=outcome.content + note)
    _report(run, p, outcome, how)
    return outcome


async def _run_together(run: RunContext, prepared: list[_Prepared], how: Execution) -> list[ToolOutcome]:
    waiting = [_is_judged(run, p.tool, how) for p in prepared]
    for p, judged in zip(prepared, waiting, strict=True):
        if not judged:
            _announce(run, p, how)
    outcomes: list[ToolOutcome | None] = [None] * len(prepared)
    begun: set[int] = set()

    base = strand.get()

    async def into(i: int) -> None:
        p, note = prepared[i], ""
        run.enter_strand(f"{base}{_strand(p.round, p.position)}")
        if waiting[i]:
            note = await _judge(run, p, how)
            _announce(run, p, how)
        begun.add(i)
        outcome = await _execute(run, p, how)
        outcomes[i] = replace(outcome, content=outcome.content + note) if note else outcome

    concurrent = {i: None for i, p in enumerate(prepared) if p.tool is None or _is_concurrent(run, p.tool)}
    tasks = [asyncio.ensure_future(into(i)) for i in concurrent]
    try:
        for i in range(len(prepared)):
            if i not in concurrent:
                await into(i)
        run.enter_strand(base)
        await asyncio.gather(*tasks)
    except (Stopped, NobodyReachable):
        # What is begun is not broken off, unless it is forced: its result is recorded, then the run ends.
        for i, task in zip(concurrent, tasks, strict=True):
            if i not in begun:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for p, outcome in zip(prepared, outcomes, strict=True):
            if outcome is not None:
                _report(run, p, outcome, how)
        raise
    finally:
        # Any other failure is one of an interrupted program: what else runs is not waited for.
        for task in tasks:
            task.cancel()
    done = cast("list[ToolOutcome]", outcomes)
    for p, outcome in zip(prepared, done, strict=True):
        _report(run, p, outcome, how)
    return done


def _announce(run: RunContext, p: _Prepared, how: Execution) -> None:
    if p.refused is None:
        run.runtime.emit(
            ExecuteFunctionEvent(
                func_name=p.name,
                call_id=p.call_id,
                arguments=p.arguments or {},
                recipient=how.executor,
                agent=how.executor,
            )
        )


async def _execute(run: RunContext, p: _Prepared, how: Execution) -> ToolOutcome:
    """Run a call, and again as long as the policies on failures say so."""
    tool = p.tool
    if p.refused is not None or tool is None:
        return cast("ToolOutcome", p.refused)
    outcome, attempts = await _attempt(run, p, how, tool, 0), 1
    policies = (*how.policies, *tool.rules.approval)
    while outcome.failure is not None:
        if not is_in_doubt(outcome.failure) and not is_about_failures(run, policies):
            return outcome
        _report(run, p, outcome, how)  # who is asked about it knows of it
        action = Action(
            "error", how.proposer, p.name, p.arguments or {}, how.executor, run.run_id, run.turn, p.position,
            p.call_id or "", failure=outcome.failure, attempts=attempts, risk=tool.rules.risk,
        )  # fmt: skip
        verdict = await on_failure(run, action, policies, failed_call(action, tool))
        if isinstance(verdict, Instead):
            return _told(p, to_text(verdict.value), ok=True)
        if not isinstance(verdict, Again):
            return outcome
        _announce(run, p, how)
        outcome, attempts = await _attempt(run, p, how, tool, attempts), attempts + 1
    return outcome


async def _attempt(run: RunContext, p: _Prepared, how: Execution, tool: Tool, number: int) -> ToolOutcome:
    key = f"tool/{p.round}{p.position}/{p.name}"
    context = None
    if tool.binder.context is not None:
        tell = partial(_progress, asyncio.get_running_loop(), run, how.executor, p.name)
        context = ToolContext(
            run.run_id, how.executor, p.call_id or "", f"{run.run_id}/{run.turn}/{key}", p.by, p.form, tell
        )
    call = run.call if tool.is_async or not _is_concurrent(run, tool) else _in_worker

    async def once() -> ToolOutcome:
        given, timer = p.arguments or {}, run.runtime.now
        shared = how.variables
        before = as_they_are(shared, tool.binder.variables and run.runtime.keeps)
        outcome = await invoke(
            tool, given, call_id=p.call_id, context=context, call=call, timer=timer, variables=shared
        )
        outcome = with_changes(outcome, shared, before)
        if outcome.error is None or isinstance(outcome.error, ToolArgumentsError):
            return outcome
        text = outcome.content.removeprefix("Error: ")
        return replace(outcome, failure=failure(outcome.error, tool.effect, text))

    p.reported = False
    try:
        numbered = f"{key}/{number}" if number else key
        outcome = await run.runtime.breakable(run.step, _FORCE, numbered, once, tool.effect, ToolOutcome)
        take_over(how.variables, outcome)
        if context is not None:
            await run.runtime.breathe()  # what it told last of its progress comes before its result
        return outcome
    except Interrupted:
        outcome = _told(p, f"Error: {p.name} was broken off; whether it was done is not known")
        _report(run, p, outcome, how)
        if tool.rules.cleanup is not None:
            await run.call(tool.rules.cleanup, p.arguments or {})
        await run.checkpoint()  # raises: it was stopped
        return outcome
    except InDoubt:
        return replace(_told(p, f"Error: whether {p.name} was done is not known"), failure=IN_DOUBT)


_FORCE: tuple[Steer, ...] = ("force",)
"""A tool in flight is broken off by nothing less."""


def _progress(
    loop: asyncio.AbstractEventLoop, run: RunContext, agent: str, tool: str, done: float, total: float | None, note: str
) -> None:
    event = ProgressEvent(tool=tool, done=done, total=total, note=note, agent=agent)
    loop.call_soon_threadsafe(run.runtime.emit, event)


async def _in_worker(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return await in_worker(fn, args, kwargs)


# ---------------------------------------------------------------- reporting


def _report(run: RunContext, p: _Prepared, outcome: ToolOutcome, how: Execution) -> None:
    """Tell how a call ended, once: that it ran, that it could not, or that it was not to be run."""
    if p.reported:
        return
    p.reported = True
    if p.not_run:
        name, call_id, who = outcome.name, outcome.call_id, how.executor
        event = ToolNotRunEvent(func_name=name, call_id=call_id, reason=p.not_run, recipient=who, agent=who)
        run.runtime.emit(event)
        return
    run.runtime.emit(
        ExecutedFunctionEvent(
            func_name=outcome.name,
            call_id=outcome.call_id,
            arguments=outcome.arguments,
            result=outcome.content,
            is_exec_success=outcome.ok,
            recipient=how.executor,
            agent=how.executor,
            seconds=outcome.seconds,
        )
    )


async def _result(call: ToolCall, outcome: ToolOutcome, how: Execution) -> Message:
    content = outcome.content
    if how.after is not None:
        returned = await how.after({"name": outcome.name, "role": "function", "content": content})
        content = str(returned.get("content") or "")
    call_id = call.get("id")
    if call_id is None:
        return {"role": "tool", "content": content}
    return {"tool_call_id": call_id, "role": "tool", "content": content}


def joined(results: Sequence[Message]) -> Message:
    """Put the results of one reply's calls into one message."""
    text = "\n\n".join(str(r.get("content") or "") for r in results)
    return {"role": "tool", "tool_responses": list(results), "content": text}

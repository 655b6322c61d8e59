"""The parts of a turn that touch the world: asking a model, running tools."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from .._sync import in_worker
from ..action import Action, Deny, Policy
from ..errors import ModelError, ToolArgumentsError
from ..events import (
    Event,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    ModelCallFinished,
    ModelCallStarted,
    ModelFallbackEvent,
    StreamEvent,
    StreamResetEvent,
)
from ..messages import Message, ToolCall
from ..models.base import ModelClient, ModelNotice, ModelReply, ModelRequest, StreamVoided, TextDelta
from ..runtime import Interrupted
from ..tools.arguments import parse_arguments
from ..tools.context import ToolContext

if TYPE_CHECKING:
    from ..tools.invoke import ToolOutcome
    from ..tools.tool import Tool
    from .context import RunContext


MakeRequest = Callable[[], Awaitable[ModelRequest | None]]
"""Makes a request from the conversation as it is now; None: it is not to be sent."""


async def ask_model(
    run: RunContext, client: ModelClient, make: MakeRequest, *, agent: str, to: str, silent: bool
) -> ModelReply | None:
    """Ask a model, telling observers that it runs, what it streams and how long it took.

    A call that somebody outside interrupts is cancelled, and made anew when they are done: what
    they said meanwhile is in the new request.

    Raises:
        ModelError: the model failed for good. The history is untouched.
    """
    while (request := await make()) is not None:
        try:
            return await _ask_once(run, client, request, agent, to, silent)
        except Interrupted:
            await run.checkpoint()
    return None


async def _ask_once(
    run: RunContext, client: ModelClient, request: ModelRequest, agent: str, to: str, silent: bool
) -> ModelReply:
    emit, now = run.runtime.emit, run.runtime.now
    # An object with slots and partials instead of closures: thousands of calls may wait at once.
    notices = _Notices(emit, agent, to, silent)
    call = partial(client.complete, request, notices)
    emit(ModelCallStarted(model=client.label, agent=agent))
    began = now()
    try:
        reply = await run.runtime.breakable(partial(run.step, f"model/{request.turn}", call))
    except BaseException as error:
        text = str(error) if isinstance(error, (ModelError, Interrupted)) else type(error).__name__
        emit(ModelCallFinished(model=client.label, seconds=now() - began, error=text, agent=agent))
        if notices.streaming and isinstance(error, Interrupted):
            emit(StreamResetEvent(reason=text, sender=agent, recipient=to, silent=silent, agent=agent))
        raise
    emit(
        ModelCallFinished(
            model=reply.model or client.label,
            seconds=now() - began,
            usage=reply.usage,
            cached=reply.cached,
            finish_reason=reply.finish_reason,
            agent=agent,
        )
    )
    return reply


@dataclass(slots=True)
class _Notices:
    """Tells observers what a client notices while it answers."""

    emit: Callable[[Event], None]
    agent: str
    to: str
    silent: bool
    streaming: bool = False
    """Whether text was shown that is not void."""

    def __call__(self, notice: ModelNotice) -> None:
        agent, to, silent = self.agent, self.to, self.silent
        if isinstance(notice, TextDelta):
            self.streaming = True
            event: Event = StreamEvent(text=notice.text, sender=agent, recipient=to, silent=silent, agent=agent)
        elif isinstance(notice, StreamVoided):
            self.streaming = False
            event = StreamResetEvent(reason=notice.reason, sender=agent, recipient=to, silent=silent, agent=agent)
        else:
            error = str(notice.error)
            event = ModelFallbackEvent(model=notice.model, endpoint=notice.endpoint, error=error, agent=agent)
        self.emit(event)


@dataclass(frozen=True, slots=True)
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


async def run_tools(run: RunContext, calls: Sequence[ToolCall], how: Execution) -> list[Message]:
    """Execute the tool calls of one reply and return their results as messages, in order.

    Calls are read and judged in order; then those of parallel tools run together.
    """
    if how.own is not None:
        return [await _own_way(run, position, call, how, how.own) for position, call in enumerate(calls)]
    prepared = [await _prepare(run, position, call, how) for position, call in enumerate(calls)]
    together = sum(_is_concurrent(run, p.tool) for p in prepared if p.tool is not None) > 1
    outcomes: list[ToolOutcome]
    if together:
        outcomes = await _run_together(run, prepared, how)
    else:
        outcomes = []
        for p in prepared:
            outcomes.append(await _one(run, p, how))
    return [await _result(call, outcome, how) for call, outcome in zip(calls, outcomes, strict=True)]


async def run_tool(run: RunContext, call: ToolCall, how: Execution) -> ToolOutcome:
    """Execute one call and return its outcome."""
    return await _one(run, await _prepare(run, 0, call, how), how)


async def _one(run: RunContext, p: _Prepared, how: Execution) -> ToolOutcome:
    _announce(run, p, how)
    outcome = await _execute(run, p, how)
    _report(run, outcome, how)
    return outcome


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
    outcome = _judged(run, position, name, arguments, call_id, how)
    if outcome is None:
        from ..tools.invoke import ToolOutcome

        done, told = await run.call(execute, function, call_id=call_id)
        outcome = ToolOutcome(name, call_id, arguments, str(told.get("content") or ""), bool(done), None, 0.0)
    return await _result(call, outcome, how)


def _judged(
    run: RunContext, position: int, name: str, arguments: dict[str, Any], call_id: str | None, how: Execution
) -> ToolOutcome | None:
    """Return what the model is told of a call that is not allowed; None: it is."""
    if not run.policies and not how.policies:
        return None
    action = Action(
        "tool", how.proposer, name, arguments, how.executor, run.run_id, run.turn, position, call_id or ""
    )  # fmt: skip
    ruling = run.gate(action, how.policies)
    if not isinstance(ruling, Deny):
        return None
    from ..tools.invoke import ToolOutcome

    text = f"Error: {name} was not allowed: {ruling.reason}"
    return ToolOutcome(name, call_id, arguments, text, False, None, 0.0)


@dataclass(slots=True)
class _Prepared:
    call_id: str | None
    name: str
    tool: Tool | None
    arguments: dict[str, Any] | None
    position: int
    refused: ToolOutcome | None = None


async def _prepare(run: RunContext, position: int, call: ToolCall, how: Execution) -> _Prepared:
    function = cast(dict[str, Any], call.get("function") or {})
    call_id = call.get("id")
    if how.before is not None:
        function = await how.before(function)
    name = function.get("name") or ""
    tool = how.tools.get(name)
    prepared = _Prepared(call_id, name, tool, None, position)
    if tool is None:
        from ..tools.invoke import not_found

        prepared.refused = not_found(name, call_id)
        return prepared
    try:
        prepared.arguments = parse_arguments(function.get("arguments"))
    except ToolArgumentsError as error:
        from ..tools.invoke import unreadable

        prepared.refused = unreadable(name, call_id, error)
        return prepared
    prepared.refused = _judged(run, position, name, prepared.arguments, call_id, how)
    if prepared.refused is not None:
        prepared.tool = None
    return prepared


def _is_concurrent(run: RunContext, tool: Tool) -> bool:
    # A tool registered the classic way runs on the caller's thread in a synchronous chat, one after
    # another, unless it opted in: scripts hold thread-bound connections and GUIs there.
    return tool.parallel or (tool.classic and not run.is_sync)


async def _run_together(run: RunContext, prepared: list[_Prepared], how: Execution) -> list[ToolOutcome]:
    for p in prepared:
        _announce(run, p, how)
    outcomes: list[ToolOutcome | BaseException | None] = [None] * len(prepared)

    async def into(i: int) -> None:
        outcomes[i] = await _execute(run, prepared[i], how)

    concurrent = [i for i, p in enumerate(prepared) if p.tool is None or _is_concurrent(run, p.tool)]
    tasks = [asyncio.ensure_future(into(i)) for i in concurrent]
    try:
        for i in range(len(prepared)):
            if i not in concurrent:
                await into(i)
        await asyncio.gather(*tasks)
    finally:
        # A failure is one of an interrupted program: what else runs is not waited for.
        for task in tasks:
            task.cancel()
    done = cast("list[ToolOutcome]", outcomes)
    for outcome in done:
        _report(run, outcome, how)
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
    from ..tools.invoke import invoke

    tool = p.tool
    if p.refused is not None or tool is None:
        return cast("ToolOutcome", p.refused)
    key = f"tool/{p.position}/{p.name}"
    context = ToolContext(run.run_id, how.executor, p.call_id or "", f"{run.run_id}/{run.turn}/{key}")
    call = run.call if tool.is_async or not _is_concurrent(run, tool) else _in_worker
    once = partial(
        invoke, tool, p.arguments or {}, call_id=p.call_id, context=context, call=call, timer=run.runtime.now
    )
    return await run.step(key, once, tool.effect)


async def _in_worker(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return await in_worker(fn, args, kwargs)


def _report(run: RunContext, outcome: ToolOutcome, how: Execution) -> None:
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
    texts = [str(r.get("content") or "") for r in results]
    return {"role": "tool", "tool_responses": list(results), "content": "\n\n".join(texts)}

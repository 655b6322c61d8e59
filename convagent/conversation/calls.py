"""A tool call on its way from a reply to its result: what was read of it, what became of it, and how that is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ..action import Action, Confidence, Policy
from ..errors import RunBlocked, ToolArgumentsError
from ..events import Event, ExecutedFunctionEvent, ExecuteFunctionEvent, ToolNotRunEvent
from ..messages import Message, ToolCall
from ..runtime import strand
from ..tools.arguments import parse_arguments
from ..tools.invoke import ToolOutcome, not_found, unreadable
from .context import RunContext
from .sharing import Variables

if TYPE_CHECKING:
    from ..tools.tool import Tool

Told = ExecuteFunctionEvent | ExecutedFunctionEvent


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
    asked_by: str = ""
    """The person who typed the calls; they cannot approve them."""
    ended_by_stop: bool = False
    """Whether any stop of the run breaks off what runs, and not only one that is forced."""
    as_told: Callable[[Told, ToolOutcome | None], Event] | None = None
    """Makes the event that tells of a call, before it and after it, of the one that would tell of a tool's."""


@dataclass(slots=True)
class Call:
    """One call of a reply, as it was read, and what was found out about it since."""

    id: str | None
    name: str
    tool: Tool | None
    """None: the executor has none of this name."""
    arguments: dict[str, Any] | None
    position: int
    round: str = ""
    """Which round of calls of its turn it is in, counted; empty: the first."""
    refused: ToolOutcome | None = None
    """Its outcome, if it is not to be run: it could not be read, or rules or people said so."""
    form: Any = None
    """What the person who approved it filled in."""
    by: str = ""
    """Who approved it."""
    not_run: str = ""
    """Why it is not run, though it could be: what rules or people said instead."""
    reported: bool = False
    """Whether its last attempt was reported already."""

    @property
    def key(self) -> str:
        """What its step is called in the turn of its executor."""
        return f"tool/{self.round}{self.position}/{self.name}"

    @property
    def strand(self) -> str:
        """What its stretch of the turn is called."""
        return _strand(self.round, self.position)

    def told(self, text: str, *, ok: bool = False, error: BaseException | None = None) -> ToolOutcome:
        """Return an outcome of which the model is told this, where the tool itself did not return one."""
        return ToolOutcome(self.name, self.id, self.arguments or {}, text, ok, error, 0.0)

    def action(self, run: RunContext, how: Execution, arguments: dict[str, Any], risk: str = "") -> Action:
        """Return what is about to happen, to be judged."""
        return Action(
            kind="tool",
            agent=how.proposer,
            name=self.name,
            arguments=arguments,
            executor=how.executor,
            run_id=run.run_id,
            turn=run.turn,
            position=self.position,
            call_id=self.id or "",
            confidence=how.confidence,
            risk=risk,
            asked_by=how.asked_by,
        )


# ---------------------------------------------------------------- reading


async def read_call(run: RunContext, position: int, call: ToolCall, how: Execution, round: str = "") -> Call:
    """Read one call of a reply. One of a tool that is not there, or with unreadable arguments, is refused.

    Raises:
        RunBlocked: it was begun before this run went on, by a tool that is gone.
    """
    function = await function_of(call, how)
    name = function.get("name") or ""
    found = Call(call.get("id"), name, how.tools.get(name), None, position, round)
    if found.tool is None:
        _refuse_begun(run, found.strand, name, how.executor)
        found.refused = not_found(name, found.id)
        return found
    try:
        found.arguments = parse_arguments(function.get("arguments"))
    except ToolArgumentsError as error:
        found.refused = unreadable(name, found.id, error)
    return found


async def function_of(call: ToolCall, how: Execution) -> dict[str, Any]:
    """Return the name and the arguments of a call, as the executor's hooks leave them."""
    function = cast(dict[str, Any], call.get("function") or {})
    return function if how.before is None else await how.before(function)


def refuse_gone(run: RunContext, calls: Sequence[ToolCall], agent: str) -> None:
    """Raise `RunBlocked` if a call was begun before this run went on, by a tool that the agent has no more."""
    for position, call in enumerate(calls):
        name = (call.get("function") or {}).get("name") or ""
        _refuse_begun(run, _strand(run.round_to_come(), position), name, agent)


def _refuse_begun(run: RunContext, part: str, name: str, agent: str) -> None:
    if run.runtime.begun(f"{strand.get()}{part}"):
        raise RunBlocked(f"tool {name!r} of agent {agent!r} was called before this run went on, and is gone")


def _strand(round: str, position: int) -> str:
    # With the round: no later one answers from what an earlier one did.
    return f"{round.replace('.', ':')}{position}."


def is_concurrent(run: RunContext, tool: Tool) -> bool:
    """Return whether a tool may run beside others of the same reply."""
    # A tool registered the classic way runs on the caller's thread in a synchronous chat, one after
    # another, unless it opted in: scripts hold thread-bound connections and GUIs there.
    return tool.parallel or (tool.classic and not run.is_sync)


# ---------------------------------------------------------------- telling


def announce(run: RunContext, call: Call, how: Execution) -> None:
    """Tell that a call is about to be run."""
    if call.refused is None:
        who, given = how.executor, call.arguments or {}
        event = ExecuteFunctionEvent(
            func_name=call.name, call_id=call.id, arguments=given, recipient=who, agent=who
        )  # fmt: skip
        run.runtime.emit(event if how.as_told is None else how.as_told(event, None))


def report(run: RunContext, call: Call, outcome: ToolOutcome, how: Execution) -> None:
    """Tell how a call ended, once: that it ran, that it could not, or that it was not to be run."""
    if call.reported:
        return
    call.reported = True
    if call.not_run:
        name, call_id, who = outcome.name, outcome.call_id, how.executor
        event = ToolNotRunEvent(func_name=name, call_id=call_id, reason=call.not_run, recipient=who, agent=who)
        run.runtime.emit(event)
        return
    ended = ExecutedFunctionEvent(
        func_name=outcome.name,
        call_id=outcome.call_id,
        arguments=outcome.arguments,
        result=outcome.content,
        is_exec_success=outcome.ok,
        recipient=how.executor,
        agent=how.executor,
        seconds=outcome.seconds,
    )
    run.runtime.emit(ended if how.as_told is None else how.as_told(ended, outcome))


async def result_message(call: ToolCall, outcome: ToolOutcome, how: Execution) -> Message:
    """Return the message that tells the model how a call ended, as the executor's hooks leave it."""
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

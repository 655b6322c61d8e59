"""The four reply functions every agent starts with: the person, functions, tools, the model.

Each has the classic's signature and place in the chain, and can be replaced or removed like
any other. They return `(True, reply)` when the turn is decided, `(False, None)` when not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from ..agent import Agent, Pass, Transfer
from ..conversation.calls import Execution, joined, refuse_gone
from ..conversation.context import RunContext
from ..conversation.execution import run_tools
from ..conversation.turn import ask_model
from ..errors import ConfigError
from ..events import TerminationAndHumanReplyNoInputEvent, ToolNotRunEvent, UsingAutoReplyEvent
from ..messages import FunctionCall, Message, ToolCall
from ..models.base import ModelClient, ModelReply, ModelRequest
from ..oversight.input_mode import NO_INPUT, AutoReply, End, Prompt, Say, after_answer, before_reply
from .gating import PersonsMessage
from .handing import handed_over

if TYPE_CHECKING:
    from ..tools.tool import Tool
    from .conversable import ConversableAgent

Outcome = tuple[bool, Message | Transfer | Pass | str | None]
PASS: Outcome = (False, None)
END: Outcome = (True, None)


# ---------------------------------------------------------------- the person


async def human_reply(
    agent: ConversableAgent, run: RunContext, messages: Sequence[Message], sender: Agent | None, config: Any = None
) -> Outcome:
    """Prompt the person where the input mode says so, and end the chat where it or they say so."""
    if not messages:
        return PASS
    message = messages[-1]
    state = run.state
    side = state.side(agent)
    mode = agent.human_input_mode
    limit = agent.max_consecutive_auto_reply(cast(Any, sender))
    at_limit = mode != "ALWAYS" and state.auto_replies[side] >= limit and _is_limited(agent, run)
    # The condition is the user's code and may expect text: it is asked only where it matters.
    terminating = mode != "ALWAYS" and not (mode == "NEVER" and at_limit) and agent.is_termination(message)
    other = "the sender" if sender is None else sender.name
    step = before_reply(mode, agent.name, other, at_limit, terminating)
    if isinstance(step, Prompt):
        try:
            answer = await agent.ask_person(run, step.text, step.moment, other)
        except EOFError:
            run.terminate("End of input", agent.name, other, how="stopped")
            return END
        if not answer:
            terminating = terminating or (mode == "ALWAYS" and agent.is_termination(message))
            run.emit(
                TerminationAndHumanReplyNoInputEvent(
                    no_human_input_msg=NO_INPUT, sender=other, recipient=agent.name, agent=agent.name
                )
            )
        step = after_answer(agent.name, step, answer, terminating)
    match step:
        case End(reason, how):
            state.auto_replies[side] = 0
            run.terminate(reason, agent.name, other, how=how)
            return END
        case Say(text):
            state.auto_replies[side] = 0
            _tell_not_run(agent, run, message)
            return True, _human_message(text, message)
        case AutoReply():
            if limit == 0:
                state.auto_replies[side] = 0
                return True, _human_message("", message)
            state.auto_replies[side] += 1
            if mode != "NEVER":
                run.emit(
                    UsingAutoReplyEvent(human_input_mode=mode, sender=other, recipient=agent.name, agent=agent.name)
                )
            return PASS


def _is_limited(agent: ConversableAgent, run: RunContext) -> bool:
    """Return whether its replies are counted: not where nobody gave a number, and the chat has an end of its own."""
    return agent.has_limit or not cast("ConversableAgent", run.state.recipient).ends_by_itself


def _tell_not_run(agent: ConversableAgent, run: RunContext, message: Message) -> None:
    """Tell of the calls that a message proposes that they are not run, because a person typed something instead."""
    for name, call_id in _calls(message):
        why = "text was typed instead"
        run.emit(ToolNotRunEvent(func_name=name, call_id=call_id, reason=why, recipient=agent.name, agent=agent.name))


def _human_message(text: str, answered: Message) -> Message:
    """Return a person's message; calls that it answers instead of running them are marked interrupted."""
    reply = cast(Message, PersonsMessage(role="user", content=text))
    results: list[Message] = []
    call = answered.get("function_call")
    if call:
        results.append({"role": "function", "name": call.get("name", ""), "content": INTERRUPTED})
    for tool_call in answered.get("tool_calls") or ():
        results.append({"role": "tool", "tool_call_id": tool_call.get("id", ""), "content": INTERRUPTED})
    if results:
        reply["tool_responses"] = results
    return reply


def _calls(message: Message) -> Iterator[tuple[str, str | None]]:
    """Give name and id of every call that a message proposes."""
    if call := message.get("function_call"):
        yield call.get("name", ""), None
    for tool_call in message.get("tool_calls") or ():
        yield (tool_call.get("function") or {}).get("name", ""), tool_call.get("id")


INTERRUPTED = "USER INTERRUPTED"


# ---------------------------------------------------------------- tools of the other agent's reply


async def tool_reply(
    agent: ConversableAgent, run: RunContext, messages: Sequence[Message], sender: Agent | None, config: Any = None
) -> Outcome:
    """Execute the tool calls of the last message with the functions registered for execution."""
    calls = messages[-1].get("tool_calls") if messages else None
    if not calls:
        return PASS
    own = agent.overrides.find(agent, "execute_function", run)
    results = await run_tools(run, calls, execution(agent, run, sender, agent.executable, own))
    return True, joined(results)


async def function_reply(
    agent: ConversableAgent, run: RunContext, messages: Sequence[Message], sender: Agent | None, config: Any = None
) -> Outcome:
    """Execute a function call in the older form."""
    call = messages[-1].get("function_call") if messages else None
    if not call:
        return PASS
    wrapped: ToolCall = {"type": "function", "function": call}
    own = agent.overrides.find(agent, "execute_function", run)
    results = await run_tools(run, [wrapped], execution(agent, run, sender, agent.executable, own))
    return True, {"name": call.get("name", ""), "role": "function", "content": str(results[0].get("content") or "")}


def execution(
    agent: ConversableAgent, run: RunContext, proposer: Agent | None, tools: Any, own: Callable[..., Any] | None = None
) -> Execution:
    """Return how an agent runs the calls that another one, or its own model, proposed."""
    lists, through = agent.hooks.lists, agent.hooks.through
    policies = agent.policies
    if proposer is not None and proposer is not agent:
        policies = (*policies, *getattr(proposer, "policies", ()))
    return Execution(
        proposer=proposer.name if proposer is not None else agent.name,
        executor=agent.name,
        tools=tools,
        own=own,
        policies=policies,
        confidence=run.sure.get(proposer or agent),
        variables=agent.context_variables,
        before=(lambda call: through(run, "safeguard_tool_inputs", call)) if lists["safeguard_tool_inputs"] else None,
        after=(lambda told: through(run, "safeguard_tool_outputs", told)) if lists["safeguard_tool_outputs"] else None,
    )


# ---------------------------------------------------------------- the model


async def model_reply(
    agent: ConversableAgent, run: RunContext, messages: Sequence[Message], sender: Agent | None, config: Any = None,
    **options: Any,
) -> Outcome:  # fmt: skip
    """Ask the agent's model; run its own tools inside the turn until it has something to say."""
    # Asking the protocol costs 15 us: most agents give their model function no configuration.
    client = config if config is not None and isinstance(config, ModelClient) else agent.client
    if client is None:
        return PASS
    client = by_cache(run, client)
    to = sender if sender is not None else run.state.other(agent)
    rounds = 0
    history = cast(list[Message], messages)
    while True:
        if agent.sources:
            await run.runtime.working(agent.sources.refresh(agent))
        own: Mapping[str, Tool] = {**agent.own_tools, **run.lent.tools} if run.lent.tools else agent.own_tools
        make = partial(_request, agent, run, history, options, to)
        reply = await ask_model(
            run, client, make, agent=agent.name, to=to.name, silent=run.silent, policies=agent.policies
        )
        if reply is None:
            return True, {"content": "LLM call blocked by safeguard", "role": "assistant"}
        message = _taken(agent, run, reply)
        if agent.confidence is not None:
            from .confidence import measure

            await measure(agent, run, to, reply, client, make)
        calls = message.get("tool_calls")
        how = _how(agent, run, calls, own) if calls else None
        if how is None:
            refuse_gone(run, calls or (), agent.name)
            _refuse_older_form(agent, run, message)
            return await _said(agent, run, message)
        if rounds >= agent.max_consecutive_auto_reply():
            run.terminate("Maximum number of consecutive tool rounds reached", agent.name, to.name, how="limit")
            return END
        rounds += 1
        same_view = history is run.state.thread.view(agent)
        del make, reply  # a tool may wait for a person for days, and thousands at once
        run.add_inner(message, agent, to)
        signals = dict[int, dict[str, Any]]()
        how.heard = signals.__setitem__
        told = await run_tools(run, calls or (), how)
        transfer = await handed_over(run, agent, signals, told) if signals else None
        results = joined(told)
        run.add_inner(results, agent, to)
        if transfer is not None:
            return True, transfer
        history = run.state.thread.view(agent) if same_view else [*history, message, results]


def _taken(agent: ConversableAgent, run: RunContext, reply: ModelReply) -> Message:
    """Count what a model's reply cost, keep its validated object, and return its message."""
    agent.usage.add(reply)
    if reply.parsed is not None:
        run.parsed = reply.parsed
    return _normalised(reply.message)


def by_cache(run: RunContext, client: ModelClient) -> ModelClient:
    """Return a model that answers from the run's disk cache, where the run has one."""
    if run.cache is None:
        return client
    from ..models.cache import Cached

    return Cached(client, run.cache)


async def _request(
    agent: ConversableAgent, run: RunContext, history: list[Message], options: Any, to: Agent, turn: int
) -> ModelRequest | None:
    wire = run.wire(agent, agent.system_in(run), history, agent.context)
    if agent.hooks.lists["safeguard_llm_inputs"]:
        wire = await agent.hooks.through(run, "safeguard_llm_inputs", [cast(Message, dict(m)) for m in wire])
        if wire is None:
            return None
    if agent.confidence is not None:
        from .confidence import parameters

        options = {**options, **parameters(agent, run, to)}
    lent: list[Tool] = [*getattr(to, "lent_tools", ()), *run.lent.tools.values(), *run.lent.offers]
    return ModelRequest(
        messages=cast(list[Message], wire),
        tools=[*agent.tool_schemas, *(tool.schema for tool in lent)] if lent else agent.tool_schemas,
        options={**agent.request_options, **options} if agent.request_options else options,
        response_format=agent.response_format,
        stream=agent.streams,
        agent=agent.name,
        turn=turn,
    )


def _how(
    agent: ConversableAgent, run: RunContext, calls: Sequence[ToolCall], own: Mapping[str, Tool]
) -> Execution | None:
    """Return how the calls of a reply are run inside its turn; None: somebody executes them in a turn of their own.

    Raises:
        ConfigError: nobody here executes what it was registered to propose.
    """
    names = [(call.get("function") or {}).get("name") or "" for call in calls]
    others = [name for name in names if name not in own]
    find = run.lent.executor
    if find is None:
        return execution(agent, run, agent, own) if len(others) < len(names) else None
    executor = cast("ConversableAgent | None", find(others)) if others else None
    if executor is not None:
        override = executor.overrides.find(executor, "execute_function", run)
        how = execution(executor, run, agent, {**executor.executable, **own}, override)
        return how if others == names else replace(how, executor=agent.name, own=None)
    missing = [name for name in others if name in agent.llm_tools]
    if missing:
        raise ConfigError(
            f"agent {agent.name!r} calls {missing[0]}, and nobody here executes it; let a member do so by "
            f"register_for_execution(), or give it to {agent.name!r} by tools=[...]"
        )
    return execution(agent, run, agent, own)  # of what nobody knows, its model is told so


def _refuse_older_form(agent: ConversableAgent, run: RunContext, message: Message) -> None:
    """Refuse a call that nobody would answer: in a team the next one to speak is whoever is next.

    Raises:
        ConfigError: it was registered in the older form, and the agent speaks in a team.
    """
    name = (message.get("function_call") or {}).get("name") or ""
    if run.lent.executor is not None and name in agent.as_functions:
        raise ConfigError(
            f"agent {agent.name!r} calls {name} in the older form, which nobody executes in a team; register it "
            "without api_style='function', or give it by tools=[...]"
        )


async def _said(agent: ConversableAgent, run: RunContext, message: Message) -> Outcome:
    calls = message.get("tool_calls") or message.get("function_call")
    reply: Any = message if calls else message.get("content")
    if agent.hooks.lists["safeguard_llm_outputs"]:
        reply = await agent.hooks.through(run, "safeguard_llm_outputs", reply)
    if reply is None:
        run.sure.pop(agent, None)  # what is said instead is not the model's
        return PASS
    return True, reply


_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")


def _normalised(message: Message) -> Message:
    """Return a model's message with names that endpoints accept: models invent others."""
    call = message.get("function_call")
    calls = message.get("tool_calls")
    if not call and not calls:
        return message
    message = message.copy()
    if call:
        message["function_call"] = _renamed(call)
    if calls:
        message["tool_calls"] = [_clean(c) for c in calls]
    return message


def _clean(call: ToolCall) -> ToolCall:
    kept = cast(ToolCall, {k: v for k, v in call.items() if v is not None})
    kept["function"] = _renamed(call.get("function") or {})
    return kept


def _renamed(call: FunctionCall) -> FunctionCall:
    return {**call, "name": _NOT_IN_NAMES.sub("_", call.get("name") or "")[:64]}


def said_nothing(reply: Message | str | None) -> bool:
    """Return whether a reply is empty: no text, no call, no result."""
    if not reply:
        return True
    return isinstance(reply, dict) and not any(
        reply.get(key) for key in ("content", "tool_calls", "function_call", "tool_responses")
    )

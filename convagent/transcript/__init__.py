"""Events as the text of the classic transcript, to the character. Pure: nothing is decided by the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from shlex import quote
from typing import Any, Literal, cast

from .._screen import colour_wanted, is_tty, screen
from .._screen import visible as visible
from ..events import (
    ClearConversableAgentHistoryEvent,
    ControlEvent,
    Event,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    FunctionCallEvent,
    FunctionResponseEvent,
    MessageEvent,
    ModelFallbackEvent,
    ModelRetryEvent,
    PostCarryoverProcessingEvent,
    PrintEvent,
    RunLeftEvent,
    RunStarted,
    TerminationAndHumanReplyNoInputEvent,
    TerminationEvent,
    ToolCallEvent,
    ToolResponseEvent,
    UsageSummaryEvent,
    UsingAutoReplyEvent,
)
from ..messages import content_text, resolve_content
from .code import CODE
from .decisions import FACTS, command_to_answer
from .groups import GROUPS
from .handoffs import HANDOFFS
from .teams import TEAMS

Colour = Literal["", "yellow", "red", "magenta", "green", "blue", "dim"]
Span = tuple[str, Colour]
"""A piece of text and the colour it has where there are colours."""

RULE = "\n" + "-" * 80 + "\n"


def render(event: Event, colour: bool = False, *, escape: bool = False) -> str:
    """Return the text of an event, with its last line end; empty if it has no place in the transcript.

    Args:
        event: what happened.
        colour: whether to colour it as the classic does.
        escape: whether to make control characters visible. Text of models and tools could
            otherwise move the cursor of a terminal and hide what a person is to judge.
    """
    spans = spans_of(event)
    if escape:
        spans = ((visible(text), paint) for text, paint in spans)
    if not colour:
        return "".join(text for text, _ in spans)
    return "".join(painted(text, paint) for text, paint in spans)


def write(event: Event, f: Callable[..., Any] | None = None) -> None:
    """Write the text of an event through a function that is called as `print` is.

    Without one it goes to the standard output of this moment, coloured if that is a
    terminal. A function of the user is called once an event, with plain text: what it
    writes to need not understand colour codes.
    """
    if f is None or f is print:
        out = sys.stdout
        screen.write(out, render(event, colour_wanted(out), escape=is_tty(out)))
    elif isinstance(event, PrintEvent):
        f(*(_printed(x) for x in event.objects), sep=event.sep, end=event.end, flush=True)
    else:
        hand_over(render(event), f)


def hand_over(text: str, f: Callable[..., Any]) -> None:
    """Give text to a function that is called as `print` is, which adds the last line end itself."""
    if text.endswith("\n"):
        f(text[:-1], flush=True)
    elif text:
        f(text, end="", flush=True)


def header(sender: str, recipient: str) -> Iterator[Span]:
    """Give the line that says who speaks to whom, and the blank line below it."""
    yield sender, "yellow"
    yield f" (to {recipient}):\n\n", ""


def painted(text: str, paint: Colour | str) -> str:
    """Return text in a colour, as codes for a terminal."""
    return f"\x1b[{_CODES[paint]}m{text}\x1b[0m" if paint else text


_CODES: Mapping[str, int] = {"dim": 2, "red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35}

# ---------------------------------------------------------------- each event


def spans_of(event: Event) -> Iterator[Span]:
    """Give the pieces of an event's text; none if it has no place in the transcript."""
    for cls in type(event).__mro__:
        if cls in _SPANS:
            return _SPANS[cls](event)
    return iter(())


def _message(event: MessageEvent, body: Callable[[MessageEvent], Iterator[Span]]) -> Iterator[Span]:
    if event.silent:
        return
    yield from header(event.sender, event.recipient)
    yield from body(event)


def _text(event: MessageEvent) -> Iterator[Span]:
    yield from _content(event)
    yield RULE, ""


def _content(event: MessageEvent) -> Iterator[Span]:
    content = resolve_content(event.message)
    if content is not None:
        yield content_text(content) + "\n", ""


def _tool_calls(event: MessageEvent) -> Iterator[Span]:
    yield from _content(event)
    for call in event.message.get("tool_calls") or []:
        function = call.get("function") or {}
        name = function.get("name") or "(No function name found)"
        title = f"***** Suggested tool call ({call.get('id') or 'No tool call id found'}): {name} *****"
        yield from _banner(title, "Arguments: \n" + str(function.get("arguments") or "(No arguments found)"))
    yield RULE, ""


def _function_call(event: MessageEvent) -> Iterator[Span]:
    yield from _content(event)
    function = event.message.get("function_call") or {}
    title = f"***** Suggested function call: {function.get('name') or '(No function name found)'} *****"
    yield from _banner(title, "Arguments: \n" + str(function.get("arguments") or "(No arguments found)"))
    yield RULE, ""


def _tool_responses(event: MessageEvent) -> Iterator[Span]:
    # A result inside an agent's own turn is a message of its own, without the list.
    for response in event.message.get("tool_responses") or [event.message]:
        where = f"{response.get('role') or 'tool'} ({response.get('tool_call_id') or 'No id found'})"
        yield from _banner(f"***** Response from calling {where} *****", content_text(response.get("content")))
        yield RULE, ""


def _function_response(event: MessageEvent) -> Iterator[Span]:
    where = f"{event.message.get('role') or 'function'} ({event.message.get('name') or 'No id found'})"
    yield from _banner(f"***** Response from calling {where} *****", content_text(resolve_content(event.message)))
    yield RULE, ""


def _banner(title: str, body: str) -> Iterator[Span]:
    yield title, "green"
    yield f"\n{body}\n", ""
    yield "*" * len(title), "green"
    yield "\n", ""


def _line(text: str, paint: Colour) -> Iterator[Span]:
    yield text, paint
    yield "\n", ""


def _run_started(event: RunStarted) -> Iterator[Span]:
    for note in () if event.silent else event.notes:
        yield from _line(_bracketed(note), "dim")


def _termination(event: TerminationEvent) -> Iterator[Span]:
    if not event.silent:
        yield from _line(f"\n>>>>>>>> TERMINATING RUN ({event.run_id}): {event.termination_reason}", "red")


def _no_input(event: TerminationAndHumanReplyNoInputEvent) -> Iterator[Span]:
    return _line(f"\n>>>>>>>> {event.no_human_input_msg}", "red")


def _auto_reply(event: UsingAutoReplyEvent) -> Iterator[Span]:
    return _line("\n>>>>>>>> USING AUTO REPLY...", "red")


def _execute(event: ExecuteFunctionEvent) -> Iterator[Span]:
    return _line(f"\n>>>>>>>> EXECUTING FUNCTION {event.func_name}{_call(event)}", "magenta")


def _executed(event: ExecutedFunctionEvent) -> Iterator[Span]:
    return _line(f"\n>>>>>>>> EXECUTED FUNCTION {event.func_name}{_call(event)}\nOutput:\n{event.result}", "magenta")


def _call(event: ExecuteFunctionEvent | ExecutedFunctionEvent) -> str:
    arguments = event.arguments if event.arguments is None else dict(event.arguments)
    return f"...\nCall ID: {event.call_id}\nInput arguments: {arguments}"


def _new_chat(event: PostCarryoverProcessingEvent) -> Iterator[Span]:
    stars = "\n" + "*" * 80
    yield from _line(stars, "blue")
    yield from _line("Starting a new chat....", "blue")
    if event.verbose:
        yield from _line("Event:\n" + _opening(event.message), "blue")
        yield from _line("Carryover:\n" + _carried(event.carryover), "blue")
    yield from _line(stars, "blue")


def _opening(message: object) -> str:
    if isinstance(message, str):
        return message
    if callable(message):
        return f"Callable: {getattr(message, '__name__', type(message).__name__)}"
    if isinstance(message, Mapping):
        return f"Dict: {dict(cast(Mapping[str, Any], message))}"
    return "None" if message is None else ""


def _carried(carryover: object) -> str:
    if isinstance(carryover, (list, tuple)):
        return "\n".join(_carried_item(x) for x in cast(list[object], carryover))
    return str(carryover)


def _carried_item(item: object) -> str:
    if isinstance(item, Mapping) and "content" in item:
        return str(cast(Mapping[str, Any], item)["content"])
    return str(cast(object, item))


def _history_cleared(event: ClearConversableAgentHistoryEvent) -> Iterator[Span]:
    text = f"Preserving one more event for {event.agent} to not divide history between tool call and tool response.\n"
    for _ in range(event.no_events_preserved):
        yield text, ""


def _print(event: PrintEvent) -> Iterator[Span]:
    yield event.sep.join(_printed(x) for x in event.objects) + event.end, ""


def _printed(value: object) -> str:
    """Return a printed object as the classic sends it: strings as they are, else JSON where there is one."""
    if isinstance(value, str):
        return value
    dump = getattr(value, "model_dump_json", None)
    if callable(dump) and not isinstance(value, type):
        return str(dump())
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return str(value)


def _retry(event: ModelRetryEvent) -> Iterator[Span]:
    if event.seconds < 1:  # over before it is read
        return
    waiting = f"{event.reason}, waiting {event.seconds:.0f} s before attempt {event.attempt + 1}"
    yield from _line(f"[{_asked(event)}: {waiting}]", "dim")


def _asked(event: ModelRetryEvent | ModelFallbackEvent) -> str:
    return f"model {event.model!r}" + (f" at {event.endpoint}" if event.endpoint else "")


def _fallback(event: ModelFallbackEvent) -> Iterator[Span]:
    where = _asked(event)
    reason = " ".join(event.error.split())
    if not reason.startswith(where):  # the errors of ours name the model themselves
        reason = f"{where}: {reason}"
    return _line(f"[{reason}; trying the next configured model]", "dim")


def _control(event: ControlEvent) -> Iterator[Span]:
    what = _STEERED.get(event.action, event.action) + (f" by {event.by}" if event.by else "")
    return _line(f"[{what}: {event.text}]" if event.text else f"[{what}]", "dim")


def _left(event: RunLeftEvent) -> Iterator[Span]:
    """Say how a run is answered and gone on with whose program ends."""
    yield from _line(f"[run {event.run_id} is kept in {event.journal}; nothing of it is lost]", "dim")
    for request in event.requests:
        yield from _line(f"[to answer it:     {command_to_answer(request, event.journal)}]", "dim")
    resume = f"convagent resume {event.run_id} MODULE:AGENTS --journal {quote(event.journal)}"
    yield from _line(f"[to go on with it: {resume}]", "dim")


_STEERED = {"interrupt": "interrupted", "resume": "resumed", "say": "told", "stop": "stopped"}


def _fact(event: Event) -> Iterator[Span]:
    said = FACTS[type(event)](event)
    if said:
        yield from _line(f"[{said}]", "dim")


def _bracketed(note: str) -> str:
    return note if note.startswith("[") else f"[{note}]"


# ---------------------------------------------------------------- what models cost


def _usage(event: UsageSummaryEvent) -> Iterator[Span]:
    """Give the summary of an agent (`event.agent`) or of a client (empty).

    `total=None` says there is no model at all, `total={}` that it was never asked.
    """
    if event.agent and event.total is None:
        yield f"No cost incurred from agent '{event.agent}'.\n", ""
        return
    if event.agent:
        yield f"Agent '{event.agent}':\n", ""
    if not event.total:
        yield 'No usage summary. Please call "create" first.\n', ""
        return
    rule = "-" * 100 + "\n"
    yield rule, ""
    if event.mode != "total":
        yield from _costs(event.actual, "excluding")
    if event.mode == "both":
        yield "\n", ""
    if event.mode == "both" and event.actual == event.total:
        yield "All completions are non-cached: the total cost with cached completions is the same as actual cost.\n", ""
    elif event.mode != "actual":
        yield from _costs(event.total, "including")
    yield rule, ""


def _costs(summary: Mapping[str, Any] | None, word: str) -> Iterator[Span]:
    # The total stands among the models: {"total_cost": ..., "gpt-4o": {"cost": ..., ...}}
    models = {
        name: cast(Mapping[str, Any], used) for name, used in (summary or {}).items() if isinstance(used, Mapping)
    }
    if not summary or not models:
        yield "No actual cost incurred (all completions are using cache).\n", ""
        return
    yield f"Usage summary {word} cached usage: \n", ""
    yield f"Total cost: {_dollars(summary.get('total_cost'))}\n", ""
    for name, used in models.items():
        tokens = ", ".join(f"{key}: {used.get(key, 0)}" for key in _TOKENS)
        yield f"* Model '{name}': cost: {_dollars(used.get('cost'))}, {tokens}\n", ""


_TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")


def _dollars(cost: Any) -> float:
    return round(float(cost or 0.0), 5)


_SPANS: dict[type, Callable[[Any], Iterator[Span]]] = {
    RunStarted: _run_started,
    MessageEvent: lambda event: _message(event, _text),
    ToolCallEvent: lambda event: _message(event, _tool_calls),
    ToolResponseEvent: lambda event: _message(event, _tool_responses),
    FunctionCallEvent: lambda event: _message(event, _function_call),
    FunctionResponseEvent: lambda event: _message(event, _function_response),
    TerminationEvent: _termination,
    TerminationAndHumanReplyNoInputEvent: _no_input,
    UsingAutoReplyEvent: _auto_reply,
    ExecuteFunctionEvent: _execute,
    ExecutedFunctionEvent: _executed,
    PostCarryoverProcessingEvent: _new_chat,
    ClearConversableAgentHistoryEvent: _history_cleared,
    PrintEvent: _print,
    ModelFallbackEvent: _fallback,
    ModelRetryEvent: _retry,
    ControlEvent: _control,
    RunLeftEvent: _left,
    UsageSummaryEvent: _usage,
    **dict.fromkeys(FACTS, _fact),
    **GROUPS,
    **HANDOFFS,
    **TEAMS,
    **CODE,
}

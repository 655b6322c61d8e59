"""A conversation as a page shows it: who said what, which tools were called, what was decided."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from ...events import (
    ControlEvent,
    DecidedEvent,
    ErrorEvent,
    EscalatedEvent,
    Event,
    ExecutedFunctionEvent,
    GrantEvent,
    InputReplyEvent,
    InputRequestEvent,
    MessageEvent,
    RulingEvent,
    RunCompletionEvent,
    RunStarted,
    TerminationEvent,
    ToolNotRunEvent,
)
from ...human import Decision
from ...redaction import masked, scrubbed
from .shown import LONGEST, secrets_of, text_of


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that happened, as it is shown."""

    seq: int
    at: float
    who: str
    kind: Literal["message", "call", "result", "person", "note", "error"]
    text: str
    to: str = ""
    title: str = ""
    type: str = ""
    """The type of the event."""
    run: str = ""


def conversation(events: Sequence[Event]) -> list[Said]:
    """Return what was said and done in a run, secrets hidden.

    What tools returned is in a message once their turn is over; of the turn in flight it is shown by itself.
    """
    last = max((n for n, event in enumerate(events) if isinstance(event, MessageEvent)), default=-1)
    in_flight = {id(event) for event in events[last + 1 :]}

    def tell(event: Event) -> Iterable[Said]:
        if isinstance(event, ExecutedFunctionEvent) and id(event) in in_flight:
            return [_said(event, event.agent, "result", event.result, title=f"result of {event.func_name}")]
        return _spoken(event)

    return _told(events, tell)


def record(events: Sequence[Event]) -> list[Said]:
    """Return every event in a line of its own, secrets hidden."""
    return _told(events, _noted)


def _told(events: Sequence[Event], tell: Callable[[Event], Iterable[Said]]) -> list[Said]:
    secrets = hidden_in(events)
    found: list[Said] = []
    for event in events:
        for one in tell(event):
            found.append(one if not secrets else _scrubbed(one, secrets))
    return found


def _scrubbed(said: Said, secrets: Iterable[str]) -> Said:
    return replace(said, text=scrubbed(said.text, secrets), title=scrubbed(said.title, secrets))


def hidden_in(events: Iterable[Event]) -> set[str]:
    """Return the texts that nobody is to read: arguments, forms and answers marked as secret."""
    found: list[str] = []
    asked: dict[str, InputRequestEvent] = {}
    tools: dict[str, Mapping[str, Any]] = {}
    for event in events:
        if isinstance(event, RunStarted):
            tools |= event.hides
        elif isinstance(event, MessageEvent):
            found += _called_with(event, tools)
        elif isinstance(event, InputRequestEvent):
            asked[event.request.id] = event
            found += secrets_of(event.request)
        elif isinstance(event, InputReplyEvent) and event.reply.request_id in asked:
            found += _typed_secrets(event, asked[event.reply.request_id])
    return {text for text in found if text not in ("", "True", "False")}


def _called_with(event: MessageEvent, tools: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the secrets with which a model called tools; all that it gave, where that cannot be read."""
    found: list[str] = []
    for call in _calls(event):
        schema, given = tools.get(str(call.get("name"))), call.get("arguments")
        if schema is None:
            continue
        try:
            masked(schema, json.loads(given) if isinstance(given, str) else given, found)
        except (ValueError, RecursionError):
            found.append(str(given))
    return found


def _typed_secrets(event: InputReplyEvent, asked: InputRequestEvent) -> list[str]:
    request, reply, found = asked.request, event.reply, list[str]()
    if request.password and reply.text:
        found.append(reply.text)
    decision = reply.decision
    if decision is not None and request.schema is not None and decision.arguments:
        masked(request.schema, decision.arguments, found)
    if decision is not None and request.form is not None and decision.value is not None:
        masked(request.form, decision.value, found)
    return found


# ---------------------------------------------------------------- as a conversation


def _spoken(event: Event) -> Iterable[Said]:
    match event:
        case MessageEvent():
            yield from _message(event)
        case InputRequestEvent():
            yield _said(event, event.request.agent or "agent", "person", event.request.prompt, title="asks")
        case InputReplyEvent() if not event.reply.end_of_input:
            yield _said(event, event.reply.by or "a person", "person", _answer(event), title="answers")
        case EscalatedEvent():
            yield _said(event, "", "note", f"Not answered where it stood ({event.why}); then {event.to}.")
        case GrantEvent():
            yield _said(event, event.grant.by, "note", f"{event.grant.by} allowed it for later ones, too.")
        case ToolNotRunEvent():
            yield _said(event, "", "note", f"{event.func_name} was not run: {event.reason}")
        case ControlEvent():
            text = f"{event.by or 'Somebody'}: {event.action}" + (f": {event.text}" if event.text else "")
            yield _said(event, event.by, "note", text)
        case TerminationEvent():
            yield _said(event, "", "note", event.termination_reason)
        case ErrorEvent():
            yield _said(event, "", "error", f"{type(event.error).__name__}: {event.error}")
        case _:
            pass


def _message(event: MessageEvent) -> Iterable[Said]:
    message: Any = event.message
    who, text = event.by or event.sender, event.text
    if message.get("role") in ("tool", "function"):
        yield _said(event, who, "result", text, title="result")
        return
    if text.strip():
        yield _said(event, who, "person" if event.by else "message", text, to=event.recipient)
    for call in _calls(event):
        yield _said(event, who, "call", _arguments(call.get("arguments")), title=str(call.get("name", "")))


def _calls(event: MessageEvent) -> list[Any]:
    message: Any = event.message
    calls: list[Any] = [call.get("function") or {} for call in message.get("tool_calls") or ()]
    return calls or ([message["function_call"]] if message.get("function_call") else [])


def _arguments(text: Any) -> str:
    try:
        found: Any = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return text_of(text)
    if not isinstance(found, dict):
        return text_of(found)
    return "\n".join(f"{name}: {text_of(value)}" for name, value in cast("dict[str, Any]", found).items())


def _answer(event: InputReplyEvent) -> str:
    reply = event.reply
    if reply.decision is not None:
        return decision_text(reply.decision)
    return reply.text or "(an empty answer)"


def decision_text(decision: Decision) -> str:
    """Return a decision in one line."""
    if decision.verb == "edit":
        return "edit: " + ", ".join(f"{name} = {text_of(value)}" for name, value in decision.arguments.items())
    if decision.value is not None:
        return f"{decision.verb}: {text_of(decision.value)}"
    return str(decision) + (f" (always: {decision.always})" if decision.always else "")


# ---------------------------------------------------------------- as a record


def _noted(event: Event) -> Iterable[Said]:
    who = event.agent or getattr(event, "sender", "")
    yield _said(event, who, "error" if isinstance(event, ErrorEvent) else "note", _summary(event))


def _summary(event: Event) -> str:
    match event:
        case RulingEvent():
            return f"{event.ruling} {event.action.kind} {event.action.name}" + (
                f": {event.reason}" * bool(event.reason)
            )
        case DecidedEvent():
            by = ", ".join(event.by) or ("a grant" if event.grants else "time")
            return f"{event.action.kind} {event.action.name}: {decision_text(event.decision)} (by {by})"
        case ExecutedFunctionEvent():
            return f"{event.func_name} {'ran' if event.is_exec_success else 'failed'}: {event.result}"
        case InputReplyEvent():
            who = f"{event.reply.by or 'a person'} by {event.reply.channel or 'a channel'}"
            how = f", known by {event.reply.authenticated}" if event.reply.authenticated else ""
            return f"{_answer(event)} ({who}{how})"
        case RunStarted():
            return ", ".join(event.agents)
        case RunCompletionEvent():
            return event.reason or event.summary
        case _:
            return "; ".join(f"{one.title + ' ' if one.title else ''}{one.text}" for one in _spoken(event))


def _said(event: Event, who: str, kind: Any, text: str, *, to: str = "", title: str = "") -> Said:
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text) - LONGEST} more characters)"
    return Said(event.seq, event.at, who, kind, shown, to, title, event.type, event.run_id)

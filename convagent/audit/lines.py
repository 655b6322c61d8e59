"""A row as a line that a person reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .._screen import visible
from ..action import Action
from ..duration import spoken
from ..errors import ConfigError
from ..events import (
    AnswerRefusedEvent,
    ChannelFailedEvent,
    ControlEvent,
    DecidedEvent,
    ErrorEvent,
    EscalatedEvent,
    Event,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    GrantEvent,
    GrantRevokedEvent,
    InputReplyEvent,
    InputRequestEvent,
    MessageEvent,
    ReviewedEvent,
    RulingEvent,
    RunCompletionEvent,
    RunStarted,
    TerminationEvent,
)
from ..human import Decision
from ..serde import Record, write_body
from .rows import Path, Row, rows_of
from .tables import moment

WIDTH = 240
"""How many characters of a text are shown."""


def show(path: Path, *, run: str = "", person: str = "") -> Iterator[str]:
    """Return the rows of a log as lines.

    Args:
        path: the file.
        run: only of runs whose id begins so.
        person: only what this person did, or what was asked of them by name.

    Raises:
        AuditError: the file cannot be read, or a line of it is no row.
    """
    # What a journal keeps besides, to go on with a run, says nothing that events do not say.
    return (line(row) for row in chosen(path, run=run, person=person) if row.body.get("type") != "step")


def chosen(path: Path, *, run: str = "", person: str = "") -> Iterator[Row]:
    """Return the rows of runs whose id begins so, and that are about this person; see `show`."""
    for row in rows_of(path):
        if row.run.startswith(run) and (not person or person in people_of(event_of(row))):
            yield row


def line(row: Row) -> str:
    """Return a row as one line: when, which run and row, what kind, and what happened."""
    return visible(
        f"{moment(row.time)}  {row.run[:8]}  {row.seq:>4}  {kind_of(row):<18} {said(event_of(row))}"
    ).rstrip()


def event_of(row: Row) -> Event | None:
    """Return the event of a row; None: it was erased. What cannot be read as one is shown as it is."""
    try:
        return row.event
    except ConfigError:
        return Record(kind=str(row.body.get("type")), body={**row.body})


def kind_of(row: Row) -> str:
    """Return the type of a row's event."""
    return "(erased)" if row.erased else str(row.body.get("type"))


def people_of(event: Event | None) -> tuple[str, ...]:
    """Return who did something in an event, or was asked by name."""
    match event:
        case InputReplyEvent():
            return (event.reply.by, *(vote.by for vote in event.reply.votes))
        case DecidedEvent():
            return event.by
        case InputRequestEvent() | EscalatedEvent():
            return (*event.request.to, *event.request.given)
        case GrantEvent():
            return (event.grant.by,)
        case AnswerRefusedEvent() | GrantRevokedEvent() | ControlEvent() | MessageEvent() | ReviewedEvent():
            return (event.by,)
        case _:
            return ()


def answer_of(event: Event | None) -> tuple[str, str, str, float | None]:
    """Return of an answer who gave it, through which channel, how they were authenticated, and after how long."""
    match event:
        case InputReplyEvent():
            reply = event.reply
            return reply.by, reply.channel, reply.authenticated, event.seconds
        case AnswerRefusedEvent():
            return event.by, event.channel, "", None
        case DecidedEvent():
            return ", ".join(event.by), "", "", None
        case GrantEvent():
            return event.grant.by, "", "", None
        case GrantRevokedEvent() | ControlEvent() | MessageEvent() | ReviewedEvent():
            return event.by, "", "", None
        case _:
            return "", "", "", None


def said(event: Event | None) -> str:
    """Say what happened, in one line."""
    if event is None:
        return ""
    say = next((_SAYING[kind] for kind in type(event).__mro__ if kind in _SAYING), None)
    text = say(event) if say is not None else _rest(event)
    # Half of a surrogate pair, which JSON can hold, can be written nowhere.
    return _short(text.replace("\n", " ").encode("utf-8", "backslashreplace").decode())


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."


def _rest(event: Event) -> str:
    own = {name: value for name, value in json.loads(write_body(event)).items() if name not in ("v", "type", "agent")}
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in own.items())


def _decision(decision: Decision) -> str:
    match decision.verb:
        case "edit":
            return f"edit {', '.join(f'{name}={value!r}' for name, value in decision.arguments.items())}"
        case "respond":
            return f"respond {decision.value!r}"
        case _:
            parts = [decision.verb, repr(decision.text) if decision.text else ""]
            parts.append(f"with {decision.value!r}" if decision.value is not None else "")
            parts.append(f"(always: {decision.always})" if decision.always else "")
            return " ".join(part for part in parts if part)


def _action(action: Action) -> str:
    arguments = ", ".join(f"{name}={value!r}" for name, value in action.arguments.items())
    return f"{action.agent}: {action.kind} {action.name}({arguments})"


def _ruled(e: RulingEvent) -> str:
    return f"{e.ruling}: {_action(e.action)}{f' because {e.reason}' if e.reason else ''}"


def _asked(e: InputRequestEvent) -> str:
    request = e.request
    to = " or ".join(request.to) or "anybody"
    limit = f" within {spoken(request.within)}" if request.within is not None else ""
    about = f" [{_action(request.action)}]" if request.action is not None else ""
    because = f" because {request.because}" if request.because else ""
    return f"to {to}{limit}: {request.prompt}{about}{because}"


def _answered(e: InputReplyEvent) -> str:
    reply = e.reply
    who = reply.by or "(nobody named)"
    how = ", ".join(part for part in (reply.channel, reply.authenticated) if part)
    what = "end of input" if reply.end_of_input else _decision(reply.decision) if reply.decision else repr(reply.text)
    took = spoken(round(e.seconds, 1) if e.seconds < 60 else e.seconds)
    return f"{who}{f' ({how})' if how else ''}: {what} after {took}{'' if e.settled else ', and more must'}"


def _decided(e: DecidedEvent) -> str:
    by = ", ".join(e.by) or (f"grant {', '.join(e.grants)}" if e.grants else "nobody in time")
    return f"{_decision(e.decision)} by {by}: {_action(e.action)}"


def _escalated(e: EscalatedEvent) -> str:
    return f"{e.why}; {e.to}: {e.request.prompt}"


def _refused(e: AnswerRefusedEvent) -> str:
    return f"{e.by or '(nobody named)'} ({e.channel}): {e.status}: {e.problem}"


def _called(e: ExecuteFunctionEvent | ExecutedFunctionEvent) -> str:
    arguments = ", ".join(f"{name}={value!r}" for name, value in (e.arguments or {}).items())
    result = "" if isinstance(e, ExecuteFunctionEvent) else f" -> {'' if e.is_exec_success else 'failed: '}{e.result}"
    return f"{e.func_name}({arguments}){result}"


def _message(e: MessageEvent) -> str:
    calls = ", ".join(str((call.get("function") or {}).get("name")) for call in e.message.get("tool_calls") or ())
    by = f" (said by {e.by})" if e.by else ""
    return f"{e.sender} to {e.recipient}{by}: {e.text}{f' [calls {calls}]' if calls else ''}"


_SAYING: Mapping[type[Event], Callable[[Any], str]] = {
    AnswerRefusedEvent: _refused,
    ChannelFailedEvent: lambda e: f"{e.channel}: {e.error}",
    ControlEvent: lambda e: f"{e.action}{f' by {e.by}' if e.by else ''}{f': {e.text}' if e.text else ''}",
    DecidedEvent: _decided,
    ErrorEvent: lambda e: repr(e.error),
    EscalatedEvent: _escalated,
    ExecuteFunctionEvent: _called,
    ExecutedFunctionEvent: _called,
    GrantEvent: lambda e: (
        f"always by {e.grant.by}: {e.grant.agent} may call {e.grant.name} "
        f"({e.grant.because or 'with exactly these arguments'})"
    ),
    GrantRevokedEvent: lambda e: f"{e.grant_id}{f' by {e.by}' if e.by else ''}: {e.why}",
    InputReplyEvent: _answered,
    InputRequestEvent: _asked,
    MessageEvent: _message,
    ReviewedEvent: lambda e: (
        f"round {e.round}: {e.verdict} by {e.by or 'nobody'}{f': {e.reason}' if e.reason else ''}: {e.draft}"
    ),
    RulingEvent: _ruled,
    RunCompletionEvent: lambda e: f"{e.reason or 'done'}: {e.summary}",
    RunStarted: lambda e: f"{' and '.join(e.agents)}{''.join(f'; {note}' for note in e.notes)}",
    TerminationEvent: lambda e: e.termination_reason,
}

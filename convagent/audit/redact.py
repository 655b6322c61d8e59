"""What a log does not take down: secrets, by schema and by pattern. Hidden before anything is hashed.

By schema: what a tool's parameters, a form, or a request's schema mark with ``"x-secret": true``, or as
pydantic's `SecretStr`, and what was typed where nothing is shown. A value that was hidden so is looked
for in everything else that its run says. By pattern: keys, tokens and card numbers, wherever they stand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast, get_args

from ..action import KINDS, Action
from ..events import (
    AnswerRefusedEvent,
    DecidedEvent,
    ErrorEvent,
    EscalatedEvent,
    Event,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    GrantEvent,
    InputReplyEvent,
    InputRequestEvent,
    MessageEvent,
    RulingEvent,
    RunCompletionEvent,
    RunStarted,
)
from ..human import VERBS, Decision, HumanReply, HumanRequest, Moment
from ..messages import Message
from ..models.masking import MASK
from ..redaction import masked, redacted, scrubbed
from ..serde import encode, write_body
from .patterns import PATTERNS, Pattern, Patterns

Schema = Mapping[str, Any]
_WORDS = frozenset((*VERBS, *KINDS, *get_args(Moment)))


@dataclass(slots=True)
class _Run:
    """What is known of a run and the runs inside it."""

    tools: dict[str, Callable[[str], Schema | None]] = field(default_factory=dict[str, Any])
    """How to find the schema of a tool's arguments, for each run."""
    secrets: set[str] = field(default_factory=set[str])
    """What was hidden, to be looked for elsewhere."""
    requests: dict[str, HumanRequest] = field(default_factory=dict[str, HumanRequest])
    """The questions whose answers may hold secrets."""


class Redactor:
    """Turns events into the bodies of rows, without their secrets.

    Args:
        patterns: what is hidden by pattern.

    Raises:
        ConfigError: a pattern is none.
    """

    def __init__(self, patterns: Iterable[Pattern] = PATTERNS) -> None:
        self._patterns = Patterns(patterns)
        self._runs: dict[str, _Run] = {}
        self._marked: dict[int, tuple[Schema, bool]] = {}
        self._hiding: Mapping[type[Event], Callable[[Any, _Run], Event]] = {
            **dict.fromkeys((MessageEvent, *MessageEvent.__subclasses__()), self._message),
            AnswerRefusedEvent: self._refused,
            DecidedEvent: self._decided,
            EscalatedEvent: self._asked,
            ExecuteFunctionEvent: self._executes,
            ExecutedFunctionEvent: self._executes,
            GrantEvent: self._granted,
            InputReplyEvent: self._answered,
            InputRequestEvent: self._asked,
            RulingEvent: self._ruled,
            RunCompletionEvent: self._completed,
            RunStarted: self._started,
        }

    def body(self, event: Event) -> str:
        """Return an event as the JSON of a row's body."""
        root = event.run_id.partition("/")[0]
        run = self._runs.get(root)
        if run is None:
            run = self._runs[root] = _Run()
        hide = self._hiding.get(type(event))
        shown = event if hide is None else hide(event, run)
        text = write_body(shown)
        if run.secrets or self._patterns.suspects(text):
            text = encode({**self._scrubbed(json.loads(text), run, root), "type": event.type})
        if isinstance(event, (RunCompletionEvent, ErrorEvent)) and event.run_id == root:
            del self._runs[root]
        return text

    def _scrubbed(self, value: Any, run: _Run, root: str) -> Any:
        """Return a value with its secrets hidden in every text."""
        if isinstance(value, str):
            if value in _WORDS or (root and value.startswith(root)):  # ours, whatever somebody's secret is
                return value
            return self._patterns.hide(scrubbed(value, run.secrets) if run.secrets else value)
        if isinstance(value, dict):
            items = cast("dict[str, Any]", value).items()
            return {self._patterns.hide(k): self._scrubbed(v, run, root) for k, v in items}
        if isinstance(value, list):
            return [self._scrubbed(item, run, root) for item in cast("list[Any]", value)]
        if type(value) is int and self._patterns.hide(str(value)) != str(value):
            return MASK
        return value

    # ------------------------------------------------------------ by schema

    def _masked(self, schema: Schema | None, value: Any, run: _Run) -> Any:
        """Return a value without what its schema marks, and remember that."""
        if schema is None or not self._has_secrets(schema):
            return value
        found: list[str] = []
        masked(schema, value, found)  # the values themselves: as JSON a SecretStr is hidden already
        shown = masked(schema, json.loads(encode(value)), found)
        run.secrets.update(text for text in found if text not in (MASK, "True", "False"))
        return shown

    def _has_secrets(self, schema: Schema) -> bool:
        known = self._marked.get(id(schema))
        if known is None or known[0] is not schema:
            text = encode(schema)
            known = self._marked[id(schema)] = (schema, '"x-secret"' in text or '"password"' in text)
        return known[1]

    def _of_tool(self, name: str, event: Event, run: _Run) -> Schema | None:
        find = run.tools.get(event.run_id)
        return find(name) if find is not None else None

    def _action(self, action: Action, event: Event, run: _Run) -> Action:
        schema = self._of_tool(action.name, event, run) if action.kind in ("tool", "error") else None
        shown = self._masked(schema, action.arguments, run)
        return action if shown is action.arguments else replace(action, arguments=shown)

    def _request(self, request: HumanRequest, event: Event, run: _Run) -> HumanRequest:
        asks = (request.schema, request.form)
        if request.password or any(schema is not None and self._has_secrets(schema) for schema in asks):
            run.requests[request.id] = request
        if request.action is None:
            return request
        self._masked(request.schema, request.action.arguments, run)
        shown = redacted(request)
        action = self._action(cast("Action", shown.action), event, run)
        return shown if action is shown.action else replace(shown, action=action)

    def _reply(self, reply: HumanReply, run: _Run) -> HumanReply:
        request = run.requests.get(reply.request_id)
        if request is None:
            return reply
        if request.password and reply.text:
            run.secrets.add(reply.text)
            reply = replace(reply, text=MASK)
        decision = reply.decision
        if decision is not None:
            reply = replace(reply, decision=self._decision(decision, request.schema, request.form, run))
        return replace(reply, votes=tuple(self._reply(vote, run) for vote in reply.votes))

    def _decision(self, decision: Decision, schema: Schema | None, form: Schema | None, run: _Run) -> Decision:
        arguments, value = self._masked(schema, decision.arguments, run), self._masked(form, decision.value, run)
        unchanged = arguments is decision.arguments and value is decision.value
        return decision if unchanged else replace(decision, arguments=arguments, value=value)

    # ------------------------------------------------------------ event by event

    def _started(self, event: RunStarted, run: _Run) -> Event:
        run.tools[event.run_id] = event.parameters_of
        return event

    def _message(self, event: MessageEvent, run: _Run) -> Event:
        message = event.message
        calls = [call.get("function") for call in message.get("tool_calls") or ()]
        calls.append(message.get("function_call"))
        if not any(call and self._marks(str(call.get("name") or ""), event, run) for call in calls):
            return event
        shown = cast("Message", json.loads(encode(message)))
        for call in (*(call.get("function") for call in shown.get("tool_calls") or ()), shown.get("function_call")):
            if call:
                schema = self._of_tool(str(call.get("name") or ""), event, run)
                call["arguments"] = self._masked_text(schema, call.get("arguments"), run)
        return replace(event, message=shown)

    def _marks(self, name: str, event: Event, run: _Run) -> bool:
        schema = self._of_tool(name, event, run)
        return schema is not None and self._has_secrets(schema)

    def _masked_text(self, schema: Schema | None, arguments: Any, run: _Run) -> Any:
        """Hide what a schema marks in arguments as a model writes them; all of them, if they cannot be read."""
        if schema is None or not self._has_secrets(schema):
            return arguments
        try:
            read = json.loads(arguments) if isinstance(arguments, str) else arguments
        except (ValueError, RecursionError):
            return MASK
        return json.dumps(self._masked(schema, read, run))

    def _ruled(self, event: RulingEvent, run: _Run) -> Event:
        action = self._action(event.action, event, run)
        return event if action is event.action else replace(event, action=action)

    def _decided(self, event: DecidedEvent, run: _Run) -> Event:
        schema = self._of_tool(event.action.name, event, run)
        decision, action = self._decision(event.decision, schema, None, run), self._action(event.action, event, run)
        unchanged = decision is event.decision and action is event.action
        return event if unchanged else replace(event, action=action, decision=decision)

    def _asked(self, event: InputRequestEvent | EscalatedEvent, run: _Run) -> Event:
        request = self._request(event.request, event, run)
        return event if request is event.request else replace(event, request=request)

    def _answered(self, event: InputReplyEvent, run: _Run) -> Event:
        reply = self._reply(event.reply, run)
        return event if reply is event.reply else replace(event, reply=reply)

    def _refused(self, event: AnswerRefusedEvent, run: _Run) -> Event:
        # What was wrong with an answer quotes it, and an answer that could not be read cannot be masked.
        unsafe = event.request_id in run.requests
        return replace(event, problem="(not shown: it may hold a secret)") if unsafe else event

    def _granted(self, event: GrantEvent, run: _Run) -> Event:
        schema, grant = self._of_tool(event.grant.name, event, run), event.grant
        return replace(event, grant=replace(grant, arguments=self._masked(schema, grant.arguments, run)))

    def _executes(self, event: Any, run: _Run) -> Event:
        schema = self._of_tool(event.func_name, event, run)
        shown = self._masked(schema, event.arguments, run)
        return event if shown is event.arguments else replace(event, arguments=shown)

    def _completed(self, event: RunCompletionEvent, run: _Run) -> Event:
        return replace(event, history=())  # each of its messages has a row of its own

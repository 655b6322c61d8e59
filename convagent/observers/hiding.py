"""What a console does not show: what a tool's schema marks as secret, wherever its run says it from then on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from ..events import (
    ErrorEvent,
    Event,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    MessageEvent,
    RunCompletionEvent,
    RunStarted,
)
from ..models.masking import MASK
from ..redaction import marks, masked, scrubbed

_SchemaOf = Callable[[str], Mapping[str, Any] | None]


class Hiding:
    """Remembers the tools of runs, and the secrets that were said there."""

    __slots__ = ("_secrets", "_tools")

    def __init__(self) -> None:
        self._tools: dict[str, _SchemaOf] = {}
        """How to find the schema of a tool's arguments, for each run."""
        self._secrets: dict[str, set[str]] = {}
        """What was hidden, for each outermost run."""

    def shown(self, event: Event) -> Event:
        """Return an event as it may be shown; the same object where it has no secrets."""
        if isinstance(event, RunStarted):
            if event.schemas is not None:
                self._tools[event.run_id] = event.schemas
        elif isinstance(event, (ExecuteFunctionEvent, ExecutedFunctionEvent)):
            arguments = self._masked(event, event.func_name, event.arguments)
            return event if arguments is event.arguments else replace(event, arguments=arguments)
        elif isinstance(event, MessageEvent):
            return self._message(event)
        elif isinstance(event, (RunCompletionEvent, ErrorEvent)):
            self.forget(event.run_id)
        return event

    def forget(self, run_id: str) -> None:
        """Remember nothing more of a run."""
        self._tools.pop(run_id, None)
        self._secrets.pop(run_id, None)

    def text(self, event: Event, text: str) -> str:
        """Return the text of an event without what was hidden in its run."""
        secrets = self._secrets.get(_root(event)) if self._secrets else None
        return scrubbed(text, secrets) if secrets else text

    def _message(self, event: MessageEvent) -> MessageEvent:
        if not (event.message.get("tool_calls") or event.message.get("function_call")):
            return event
        message = deepcopy(event.message)
        calls = [call.get("function") for call in message.get("tool_calls") or ()]
        changed = False
        for call in (*calls, message.get("function_call")):
            given = (call or {}).get("arguments")
            arguments = self._masked(event, str((call or {}).get("name") or ""), given)
            if call and arguments is not given:
                call["arguments"], changed = arguments, True
        return replace(event, message=message) if changed else event

    def _masked(self, event: Event, tool: str, arguments: Any) -> Any:
        """Return arguments without what is secret of them: the same object where nothing is."""
        find = self._tools.get(event.run_id)
        schema = find(tool) if find is not None and arguments else None
        if schema is None:
            return arguments
        found: list[str] = []
        if not isinstance(arguments, str):
            shown = masked(schema, arguments, found)
        else:
            try:
                shown = json.dumps(masked(schema, json.loads(arguments), found), ensure_ascii=False)
            except (ValueError, RecursionError):
                return MASK if marks(schema) else arguments
        if not found:
            return arguments
        self._secrets.setdefault(_root(event), set()).update(t for t in found if t not in (MASK, "True", "False"))
        return shown


def _root(event: Event) -> str:
    return event.run_id.partition("/")[0]

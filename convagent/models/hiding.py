"""Stop offering tools that were used, for models that otherwise call them forever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from ..messages import ToolCall
from .base import ModelClient, ModelReply, ModelRequest, Notify, gives_logprobs, ignore


class HidesTools:
    """Ask a client without tools once they have run.

    Args:
        client: who is asked.
        when: `if_any_run`: after the first tool result; `if_all_run`: after each tool has had a result.
    """

    def __init__(self, client: ModelClient, when: Literal["if_any_run", "if_all_run"]) -> None:
        self._client = client
        self._when = when

    @property
    def label(self) -> str:
        """What the client is called."""
        return self._client.label

    @property
    def offline_note(self) -> str:
        """The note of the client."""
        return self._client.offline_note

    @property
    def gives_logprobs(self) -> bool | None:
        """What is known of the client."""
        return gives_logprobs(self._client)

    async def complete(self, request: ModelRequest, notify: Notify = ignore) -> ModelReply:
        """Answer a request, without its tools if they have run."""
        if request.tools and self._have_run(request):
            options = {k: v for k, v in request.options.items() if k not in ("tool_choice", "parallel_tool_calls")}
            request = replace(request, tools=(), options=options)
        return await self._client.complete(request, notify)

    def _have_run(self, request: ModelRequest) -> bool:
        results = {m["tool_call_id"] for m in request.messages if "tool_call_id" in m}
        if self._when == "if_any_run":
            return bool(results)
        calls = [call for m in request.messages for call in cast(list[ToolCall], m.get("tool_calls") or ())]
        called = {_name(call) for call in calls if call.get("id", "") in results}
        return {_name(tool) for tool in request.tools} <= called

    def __repr__(self) -> str:
        return f"HidesTools({self._client!r}, {self._when!r})"


def _name(item: Mapping[str, Any] | ToolCall) -> str:
    return cast(Mapping[str, Any], item).get("function", {}).get("name", "")

"""The server's side of chat completions: requests checked, replies and streams written. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from ..messages import Message, content_text
from ..models.base import Logprobs
from ..models.scripted import without_logprobs

_ROLES = frozenset(("system", "developer", "user", "assistant", "tool", "function"))
_PIECES = re.compile(r"\s*\S+\s*|\s+")


def status_text(code: int, headers: Mapping[str, str]) -> str:
    """Return what the real service says with a status."""
    if code == 401:
        key = headers.get("authorization", "").removeprefix("Bearer ") or headers.get("api-key", "")
        return f"Incorrect API key provided: {key[:8]}{'*' * 8}{key[-4:]}. You can find your API key elsewhere."
    if code == 429:
        return "Rate limit reached for requests"
    return f"The server answered {code} because the test asked for it"


def checked(data: bytes) -> dict[str, Any]:
    """Parse a chat-completions request as strictly as the real service does.

    Raises:
        ValueError: it is not one; the text is what the client is told.
    """
    try:
        found = json.loads(data, parse_constant=_no_constant)
    except ValueError as error:
        raise ValueError(f"We could not parse the JSON body of your request: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("The JSON body of your request is not an object")
    body = cast(dict[str, Any], found)
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise ValueError("you must provide a model parameter")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ValueError("Invalid type for 'messages': expected a non-empty array of objects")
    for i, message in enumerate(cast(list[Any], messages)):
        if not isinstance(message, dict) or cast(dict[str, Any], message).get("role") not in _ROLES:
            raise ValueError(f"Invalid value: 'messages[{i}].role' must be one of {', '.join(sorted(_ROLES))}")
    if "stream_options" in body and not body.get("stream"):
        raise ValueError("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _usage(message: Message, body: Mapping[str, Any]) -> dict[str, int]:
    """Count words as tokens."""
    asked = sum(len(content_text(m.get("content")).split()) for m in body["messages"])
    told = len(content_text(message.get("content")).split()) + len(str(message.get("tool_calls", "")).split())
    return {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told}


def _finish(message: Message) -> str:
    return "tool_calls" if message.get("tool_calls") else "stop"


def completion(number: int, message: Message, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole completion."""
    message, logprobs = without_logprobs(message)
    told = _logprobs(logprobs, body)
    choice = {"index": 0, "message": message, "finish_reason": _finish(message), "logprobs": told}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [choice],
        "usage": _usage(message, body),
    }


def _logprobs(given: Logprobs | None, body: Mapping[str, Any]) -> dict[str, Any] | None:
    if given is None or not body.get("logprobs"):
        return None
    return {"content": [_token(token, value) for token, value in given], "refusal": None}


def _token(token: str, value: float) -> dict[str, Any]:
    raw = token.encode("utf-8", "surrogateescape")
    text = raw.decode("utf-8", "replace")  # as the real service shows a part of a character
    return {"token": text, "logprob": value, "bytes": list(raw), "top_logprobs": []}


def chunks(number: int, message: Message, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Cut a message into the pieces a streaming server sends."""
    message, given = without_logprobs(message)
    logprobs = _logprobs(given, body)
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 0, "model": body["model"]}
    options = cast(Mapping[str, Any], body.get("stream_options") or {})
    include_usage = options.get("include_usage")
    # While usage is included, every chunk but the last carries a null usage.
    tail: dict[str, Any] = {"usage": None} if include_usage else {}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "" if message.get("content") else None}]
    deltas += [{"content": piece} for piece in _PIECES.findall(content_text(message.get("content")))]
    for i, call in enumerate(message.get("tool_calls") or ()):
        function = call.get("function") or {}
        text = function.get("arguments") or ""
        first = {"name": function.get("name"), "arguments": ""}
        deltas.append({"tool_calls": [{"index": i, "id": call.get("id"), "type": "function", "function": first}]})
        for start in range(0, len(text), 8):
            piece = {"index": i, "function": {"arguments": text[start : start + 8]}}
            deltas.append({"tool_calls": [piece]})
    choices: list[dict[str, Any]] = [{"index": 0, "delta": d, "finish_reason": None} for d in deltas]
    if logprobs is not None:
        # Token by token: the chunks of text carry them in turn, the last one what is left.
        texts = [c for c in choices if "content" in c["delta"]]
        for position, token in enumerate(logprobs["content"]):
            choice = texts[min(position + 1, len(texts) - 1)]
            choice.setdefault("logprobs", {"content": [], "refusal": None})["content"].append(token)
    chunks = [{**head, "choices": [choice], **tail} for choice in choices]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": _finish(message)}], **tail})
    if include_usage:
        chunks.append({**head, "choices": [], "usage": _usage(message, body)})
    return chunks

"""The chat-completions wire form: bodies out, completions and streams in. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ..errors import BadModelReply, ConfigError, ModelError, ModelRateLimited, ModelServerError
from ..messages import Message, ToolCall, Usage
from . import price, structured
from .base import Logprobs, ModelReply, ModelRequest
from .entry import Entry

_NOT_IN_BODY = frozenset(("extra_body", "extra_headers", "extra_query", "timeout", "max_retries", "stream"))

Options = Mapping[str, Any]
"""Parameters of a call."""


def options_of(entry: Entry, request: ModelRequest) -> Options:
    """Join the entry's options with those of the call, which win."""
    return {**entry.options, **request.options} if request.options else entry.options


def streams(entry: Entry, request: ModelRequest) -> bool:
    """Say whether the answer is to be streamed."""
    return request.stream or entry.stream


def body_of(entry: Entry, request: ModelRequest, *, include_usage: bool = True) -> dict[str, Any]:
    """Return the JSON body of a request; what only the client reads is left out."""
    options = options_of(entry, request)
    body: dict[str, Any] = {"model": entry.model, "messages": as_list(request.messages)}
    body.update((k, v) for k, v in options.items() if k not in _NOT_IN_BODY and v is not None)
    if request.tools:
        body["tools"] = as_list(request.tools)
    response_format = format_of(entry, request)
    if response_format is not None:
        body["response_format"] = structured.wire(response_format)
    if streams(entry, request):
        body["stream"] = True
        if include_usage:
            body.setdefault("stream_options", {"include_usage": True})
    extra = options.get("extra_body")
    if extra:
        body.update(extra)
    return body


def format_of(entry: Entry, request: ModelRequest) -> Any:
    """Return the response format that holds for a request, or None."""
    return request.response_format if request.response_format is not None else entry.response_format


def as_list(items: Sequence[Any]) -> Any:
    """Return a sequence as something JSON can write, without a copy where none is needed."""
    return items if isinstance(items, (list, tuple)) else list(items)


def encode(body: Mapping[str, Any], model: str) -> bytes:
    """Write a body as JSON, at once: the messages may grow while the request is on its way.

    Raises:
        ConfigError: a value is not JSON; the text says which.
    """
    try:
        text = _ENCODE(body)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the request to model {model!r} is not JSON: {error} (in {_culprit(body)})") from None
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Half a character (a lone surrogate, from text cut in the middle) has no UTF-8: it becomes U+FFFD.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def _culprit(body: Mapping[str, Any]) -> str:
    for key, value in body.items():
        items = cast(Sequence[Any], value) if key in ("messages", "tools") else None
        for place, part in [(key, value)] if items is None else [(f"{key}[{i}]", p) for i, p in enumerate(items)]:
            try:
                json.dumps(part, allow_nan=False)
            except (TypeError, ValueError):
                return place
    return "the body"


class Reader:
    """Read completions of one request; every complaint names its model and endpoint."""

    __slots__ = ("_endpoint", "_entry", "_format")

    def __init__(self, entry: Entry, endpoint: str, response_format: Any) -> None:
        self._entry = entry
        self._endpoint = endpoint
        self._format = response_format

    def completion(self, data: bytes | str) -> ModelReply:
        """Read a whole completion.

        Raises:
            BadModelReply: it is not JSON, or not a completion with a usable choice.
        """
        try:
            found = json.loads(data)
        except ValueError:
            raise self.bad(f"the answer is not JSON: {_excerpt(data)}; is base_url right?") from None
        return self.reply(found)

    def reply(self, found: Any) -> ModelReply:
        """Read a parsed completion."""
        if not isinstance(found, dict):
            raise self.bad(f"the answer is not a completion: {_excerpt(cast(object, found))}")
        whole = cast(dict[str, Any], found)
        if "choices" not in whole and whole.get("error"):
            raise self.error_in_body(whole["error"])
        choices = whole.get("choices")
        if not isinstance(choices, list) or not choices:
            raise self.bad(f"the answer has no choices: {_excerpt(whole)}")
        choice = _object(cast(list[Any], choices)[0])
        message = _object(choice.get("message"))
        if not message:
            raise self.bad(f"the first choice has no message: {_excerpt(whole)}")
        logprobs = read_logprobs(choice.get("logprobs"))
        return self.made(message, choice.get("finish_reason"), whole.get("usage"), whole, logprobs)

    def made(
        self,
        raw: Mapping[str, Any],
        finish_reason: object,
        usage: object,
        envelope: Mapping[str, Any],
        logprobs: Logprobs | None = None,
    ) -> ModelReply:
        """Make the reply of a message that was read or merged."""
        finish = finish_reason if isinstance(finish_reason, str) else ""
        message = self._message(raw, finish)
        name = envelope.get("model")
        model = name if isinstance(name, str) and name else self._entry.model
        parsed = None
        if self._format is not None and "tool_calls" not in message:
            text = message.get("content")
            parsed = structured.parse(
                self._format, text if isinstance(text, str) else "", model=model, endpoint=self._endpoint
            )
        told = self._usage(usage, model)
        return ModelReply(message, told, model, self._endpoint, finish, parsed, logprobs=logprobs)

    def bad(self, text: str) -> BadModelReply:
        """Return the error for an unusable answer."""
        return BadModelReply(text, model=self._entry.model, endpoint=self._endpoint)

    def error_in_body(self, error: Any) -> ModelError:
        """Return the error for one that came with status 200, as some servers send it in mid-stream."""
        found = cast(Mapping[str, Any], error) if isinstance(error, Mapping) else {"message": error}
        code = str(found.get("code") or found.get("type") or "")
        kind = ModelRateLimited if "rate_limit" in code or code == "429" else ModelServerError
        text = f"the server reported an error: {found.get('message') or found}"
        return kind(text, model=self._entry.model, endpoint=self._endpoint)

    def _message(self, raw: Mapping[str, Any], finish: str) -> Message:
        content = raw.get("content")
        if content is None:
            content = raw.get("refusal")
        message: Message = {"role": "assistant", "content": content}
        calls = raw.get("tool_calls")
        if calls:
            message["tool_calls"] = [self._call(call) for call in calls]
        elif raw.get("function_call"):
            message["function_call"] = raw["function_call"]
        elif content is None:
            if finish in ("length", "content_filter"):
                hint = "; raise max_tokens" if finish == "length" else ""
                raise self.bad(f"the answer is empty, with finish_reason {finish!r}{hint}")
            message["content"] = ""
        return message

    def _call(self, call: Any) -> ToolCall:
        function = _object(_object(call).get("function"))
        if not function:
            raise self.bad(f"a tool call has no function: {_excerpt(call)}")
        arguments = function.get("arguments")
        if not isinstance(arguments, str):
            # Some servers send the object instead of its text, or nothing for a call without arguments.
            arguments = json.dumps(arguments or {}, ensure_ascii=False)
        return {
            "id": call.get("id") or "",
            "type": "function",
            "function": {"name": function.get("name") or "", "arguments": arguments or "{}"},
        }

    def _usage(self, usage: object, model: str) -> Usage:
        if not isinstance(usage, dict):
            return Usage()
        counts = cast(dict[str, Any], usage)
        asked = counts.get("prompt_tokens") or 0
        told = counts.get("completion_tokens") or 0
        return Usage(asked, told, price.entry_cost(self._entry, model, asked, told))


class Merge:
    """Put the chunks of a stream together."""

    __slots__ = (
        "_calls", "_function", "_pieces", "_refusal", "_tokens", "done", "envelope", "finish_reason", "usage",
    )  # fmt: skip

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._function: dict[str, str] | None = None
        self.finish_reason: str | None = None
        self._tokens: list[Any] = []
        self.usage: Any = None
        self.envelope: Mapping[str, Any] = {}
        self.done = False
        """Whether the server said that nothing follows."""

    @property
    def shown(self) -> int:
        """How many characters of text came so far."""
        return sum(map(len, self._pieces))

    @property
    def logprobs(self) -> Logprobs | None:
        """The log-probabilities of the text so far; None: there are none to go by."""
        return read_logprobs({"content": self._tokens})

    def add(self, chunk: Mapping[str, Any]) -> str:
        """Take a chunk in; return its text, which may be empty."""
        usage = chunk.get("usage")
        if usage:
            self.usage = usage
        if not self.envelope:
            self.envelope = chunk
        choices = chunk.get("choices")
        if not choices:
            return ""
        choice = choices[0]
        if choice.get("finish_reason"):
            self.finish_reason = choice["finish_reason"]
        if choice.get("logprobs"):
            self._tokens += choice["logprobs"].get("content") or ()
        delta = choice.get("delta")
        if not delta:
            return ""
        if delta.get("tool_calls"):
            self._add_calls(delta["tool_calls"])
        if delta.get("function_call"):
            self._add_function(delta["function_call"])
        if delta.get("refusal"):
            self._refusal.append(delta["refusal"])
        text = delta.get("content")
        if text:
            self._pieces.append(text)
            return text
        return ""

    def message(self) -> dict[str, Any]:
        """Return the message so far, in the shape of a completion's."""
        text = "".join(self._pieces or self._refusal)
        made: dict[str, Any] = {"content": text or (None if self._calls or self._function else "")}
        if self._calls:
            made["tool_calls"] = [self._calls[i] for i in sorted(self._calls)]
        if self._function:
            made["function_call"] = self._function
        return made

    def _add_calls(self, deltas: Sequence[Mapping[str, Any]]) -> None:
        for delta in deltas:
            function: Mapping[str, Any] = delta.get("function") or {}
            call_id = delta.get("id")
            position = delta.get("index")
            if position is None:
                position = self._position(call_id)
            call = self._calls.get(position)
            if call is not None and call_id and call["id"] and call_id != call["id"]:
                # Some servers give every call the index 0: then the id decides.
                position = self._position(call_id)
                call = self._calls.get(position)
            if call is None:
                call = self._calls[position] = {"id": "", "function": {"name": "", "arguments": ""}}
            if call_id:
                call["id"] = call_id
            if function.get("name"):
                call["function"]["name"] = function["name"]
            arguments = function.get("arguments")
            if arguments:
                call["function"]["arguments"] += arguments if isinstance(arguments, str) else json.dumps(arguments)

    def _position(self, call_id: object) -> int:
        """Find where a delta without an index belongs: to its id, else to a new call, else to the last."""
        for position, call in self._calls.items():
            if call_id and call["id"] == call_id:
                return position
        last = max(self._calls, default=-1)
        return last + 1 if call_id or last < 0 else last

    def _add_function(self, delta: Mapping[str, Any]) -> None:
        if self._function is None:
            self._function = {"name": "", "arguments": ""}
        self._function["name"] += delta.get("name") or ""
        self._function["arguments"] += delta.get("arguments") or ""


class StreamEnded(Exception):
    """A stream ended before the reply did."""


class Lines:
    """Cut server-sent events into the texts of their data fields."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes in; return the data fields that are complete.

        Chat completions put one JSON text on one data line, so lines need no joining.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [line[5:].strip() for line in lines if line.startswith(b"data:")]


def read_logprobs(found: object) -> Logprobs | None:
    """Read the `logprobs` of a choice: its tokens and their log-probabilities; None: there are none to go by."""
    listed: object = _object(found).get("content")
    if not isinstance(listed, list) or not listed:
        return None
    read: list[tuple[str, float]] = []
    for item in cast(list[Any], listed):
        token = _object(item)
        value = token.get("logprob")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None  # a part alone would say something else
        read.append((_token_text(token), float(value)))
    return tuple(read)


def _token_text(token: Mapping[str, Any]) -> str:
    # A token may be a part of a character: then only its bytes say which.
    raw = token.get("bytes")
    if isinstance(raw, list):
        try:
            return bytes(cast(list[int], raw)).decode("utf-8", "surrogateescape")
        except (TypeError, ValueError):
            pass
    return str(token.get("token") or "")


def _object(value: object) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _excerpt(value: object) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return repr(text if len(text) <= 200 else text[:200] + "...")

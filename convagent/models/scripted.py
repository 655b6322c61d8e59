"""A model that answers from a script, for tests and demonstrations."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from inspect import isawaitable
from typing import Any, TypeGuard, cast

from ..errors import ConfigError, ModelError
from ..messages import Message, ToolCall, Usage, content_text
from .base import Logprobs, ModelReply, ModelRequest, Notify, TextDelta, ignore

Answer = str | Message | Mapping[str, Any] | Sequence[Mapping[str, Any]] | BaseException | type[BaseException]
"""One reply: text, a message, a list of tool calls (``{"name": ..., "arguments": {...}}``), or what to raise."""
ScriptItem = Answer | Callable[[ModelRequest], Answer | Awaitable[Answer]]


class ScriptedModel:
    """Answer the first request of a run with the first item, the second with the second.

    The position comes from the run (`ModelRequest.turn`), not from this object, so one script
    serves any number of runs, at once or one after the other, and a replayed run gets the same
    replies. An item is a text, a list of tool calls, a whole message, an exception, or a function
    of the request (sync or async) that returns any of these. A message may have ``logprobs``, which
    a request gets that asks for them: one number for every word, or pairs of token and number.

    Args:
        script: the items.
        name: what headers and errors call it.
        repeat_last: go on with the last item when the script is used up.
        cycle: begin again when the script is used up.
        record: keep what was sent, for `requests`.

    Raises:
        ConfigError: the script is not a sequence, is empty, or has an item of another kind.
    """

    def __init__(
        self,
        script: Sequence[ScriptItem],
        *,
        name: str = "scripted",
        repeat_last: bool = False,
        cycle: bool = False,
        record: bool = True,
    ) -> None:
        if isinstance(script, (str, bytes, Mapping)) or not isinstance(cast(object, script), Sequence):
            raise ConfigError(f"ScriptedModel({script!r}): expected a list of replies, got a {type(script).__name__}")
        if not script:
            raise ConfigError("ScriptedModel([]): expected at least one reply")
        if repeat_last and cycle:
            raise ConfigError("ScriptedModel(repeat_last=True, cycle=True): choose one of the two")
        self._script = tuple(script)
        for i, item in enumerate(self._script):
            _check(item, i)
        self._name = name
        self._repeat_last = repeat_last
        self._cycle = cycle
        self._sent: list[tuple[ModelRequest, int]] | None = [] if record else None
        self._counts: dict[int, tuple[Sequence[Message], int, int]] = {}

    @property
    def label(self) -> str:
        """The name given at construction."""
        return self._name

    @property
    def offline_note(self) -> str:
        """The sentence for the header of every run that uses it."""
        return "scripted replies, no language model"

    @property
    def gives_logprobs(self) -> bool | None:
        """Whether a reply of the script has log-probabilities; None: a function makes replies."""
        if any(isinstance(item, Mapping) and "logprobs" in item for item in self._script):
            return True
        return None if any(callable(item) and not isinstance(item, type) for item in self._script) else False

    @property
    def requests(self) -> list[ModelRequest]:
        """What it was sent, each with the messages as they were at that moment."""
        if self._sent is None:
            raise ConfigError(f"{self._name!r} was made with record=False and has kept no requests")
        return [replace(sent, messages=list(sent.messages[:count])) for sent, count in self._sent]

    def __repr__(self) -> str:
        return f"ScriptedModel({len(self._script)} replies, name={self._name!r})"

    def __deepcopy__(self, memo: object) -> ScriptedModel:
        # A configuration may be copied; what was sent is looked for here.
        return self

    async def complete(self, request: ModelRequest, notify: Notify = ignore) -> ModelReply:
        """Answer with the item at the request's position in its run.

        Raises:
            ModelError: the script is used up.
        """
        if self._sent is not None:
            self._sent.append((request, len(request.messages)))
        item = self._script[request.turn] if request.turn < len(self._script) else self._beyond(request)
        if not isinstance(item, str):
            if callable(item) and not isinstance(item, type):
                made = item(request)
                item = await made if isawaitable(made) else made
            item = as_answer(item, request.turn)
        message: Message = {"role": "assistant", "content": item} if isinstance(item, str) else item
        if request.stream or request.response_format is not None or "logprobs" in message:
            return deliver(request, message, notify, name=self._name, usage=self._usage(request, message))
        finish = "tool_calls" if "tool_calls" in message else "stop"
        return ModelReply(message, self._usage(request, message), self._name, "", finish)

    def _beyond(self, request: ModelRequest) -> ScriptItem:
        count = len(self._script)
        if self._repeat_last:
            return self._script[-1]
        if self._cycle:
            return self._script[request.turn % count]
        who = f" by {request.agent!r}" if request.agent else ""
        replies = "reply" if count == 1 else "replies"
        raise ModelError(
            f"the script has {count} {replies} and was asked{who} for reply number {request.turn + 1}; "
            "add one, or pass repeat_last=True or cycle=True",
            model=self._name,
        )

    def _usage(self, request: ModelRequest, message: Message) -> Usage:
        """Count words. Only what was appended to a list since its last request is counted anew."""
        messages = request.messages
        count = len(messages)
        known, counted, words = self._counts.get(id(messages), _NOTHING)
        if known is not messages or counted > count:
            counted = words = 0
            if len(self._counts) >= _LISTS_REMEMBERED:
                self._counts.clear()
        while counted < count:
            words += _words(messages[counted])
            counted += 1
        self._counts[id(messages)] = (messages, count, words)
        return Usage(words, _words(message))


_PIECES = re.compile(r"\s*\S+\s*|\s+")
_LISTS_REMEMBERED = 16
_NOTHING: tuple[Sequence[Message] | None, int, int] = (None, 0, 0)


def as_answer(item: object, turn: int = 0) -> Message:
    """Read what a script or a rule returned as an assistant message, or raise it.

    Raises:
        ConfigError: it is none of text, message, tool calls, exception.
        BaseException: the exception that the item is.
    """
    if isinstance(item, str):
        return {"role": "assistant", "content": item}
    if isinstance(item, type) and issubclass(item, BaseException):
        raise item()
    if isinstance(item, BaseException):
        # One item may be raised in many runs: a kept traceback would grow and hold their frames.
        raise item.with_traceback(None)
    if isinstance(item, Mapping):
        found = cast(Mapping[str, Any], item)
        if _is_call(found):
            return _calling([found], turn)
        if found.keys() & _BODY_KEYS:
            return _message(found, turn)
    elif isinstance(item, Sequence) and not isinstance(item, (bytes, bytearray)):
        calls = cast(Sequence[Mapping[str, Any]], item)
        if calls and all(isinstance(cast(object, c), Mapping) and _is_call(c) for c in calls):
            return _calling(calls, turn)
    raise ConfigError(
        f"reply {item!r} is not one of: a text, a message dict with 'content' or 'tool_calls', "
        "a list of tool calls {'name': ..., 'arguments': {...}}, an exception, a function of the request"
    )


_BODY_KEYS = frozenset(("content", "tool_calls", "function_call"))


def _message(given: Mapping[str, Any], turn: int) -> Message:
    message = cast(Message, {"role": "assistant", "content": None, **given})
    calls = given.get("tool_calls")
    if calls:
        message["tool_calls"] = [_tool_call(c, turn, i) for i, c in enumerate(calls)]
    if "logprobs" in given:
        cast(dict[str, Any], message)["logprobs"] = _logprobs(given["logprobs"], message)
    return message


def deliver(
    request: ModelRequest, message: Message, notify: Notify, *, name: str, usage: Usage | None = None
) -> ModelReply:
    """Make the reply of a message, streamed word by word and validated where the request says so."""
    message, logprobs = without_logprobs(message)
    if not request.options.get("logprobs"):
        logprobs = None
    text = content_text(message.get("content"))
    if request.stream:
        for piece in _PIECES.findall(text):
            notify(TextDelta(piece))
    calls = message.get("tool_calls")
    parsed = None
    if request.response_format is not None and not calls:
        from . import structured

        parsed = structured.parse(request.response_format, text, model=name)
    finish = "tool_calls" if calls else "stop"
    return ModelReply(message, usage or Usage(), name, "", finish, parsed, logprobs=logprobs)


def without_logprobs(message: Message) -> tuple[Message, Logprobs | None]:
    """Take the log-probabilities out of a message that `as_answer` read; a real one has them beside it."""
    if "logprobs" not in message:
        return message, None
    fields: dict[str, Any] = dict(message)
    found: Logprobs = fields.pop("logprobs")
    return cast(Message, fields), found


def _logprobs(given: object, message: Message) -> Logprobs:
    """Read the log-probabilities of a scripted message: one number for every word, or pairs."""
    if _is_logprob(given):
        text = content_text(message.get("content")) or str(message.get("tool_calls"))
        return tuple((piece, float(given)) for piece in _PIECES.findall(text))
    if isinstance(given, Sequence) and not isinstance(given, str):
        pairs = [tuple(cast(Sequence[Any], p)) for p in cast(Sequence[object], given) if isinstance(p, (tuple, list))]
        good = [(p[0], float(p[1])) for p in pairs if len(p) == 2 and isinstance(p[0], str) and _is_logprob(p[1])]
        if good and len(good) == len(cast(Sequence[object], given)):
            return tuple(good)
    raise ConfigError(
        f"logprobs={given!r}: expected a number such as -0.1 for every word, or pairs such as [('yes', -0.1)]"
    )


def _is_logprob(value: object) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _check(item: object, position: int) -> None:
    """Refuse at construction what would fail in the middle of a run."""
    if callable(item) or isinstance(item, (str, BaseException)):
        return
    try:
        as_answer(item)
    except ConfigError as error:
        raise ConfigError(f"item {position} of the script: {error}") from None


def _is_call(found: Mapping[str, Any]) -> bool:
    return "function" in found or ("name" in found and not found.keys() & _BODY_KEYS)


def _calling(calls: Sequence[Mapping[str, Any]], turn: int) -> Message:
    made = [_tool_call(c, turn, i) for i, c in enumerate(calls)]
    return {"role": "assistant", "content": None, "tool_calls": made}


def _tool_call(call: Mapping[str, Any], turn: int, position: int) -> ToolCall:
    function = cast(Mapping[str, Any], call.get("function", call))
    arguments = function.get("arguments", {})
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {
        "id": call.get("id", f"call_{turn}_{position}"),
        "type": "function",
        "function": {"name": function["name"], "arguments": text},
    }


def _words(message: Message) -> int:
    content = message.get("content")
    text = content if isinstance(content, str) else content_text(content)
    if "tool_calls" in message:
        text = f"{text} {message['tool_calls']}"
    return text.count(" ") + 1 if text else 0

"""Mirror of `autogen.agentchat.contrib.capabilities.transforms`."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from .....errors import ConfigError
from .....models.config_files import filter_config
from .....models.tokens import count_for, encoding_for
from ....absent import no_more

__all__ = ["MessageHistoryLimiter", "MessageTokenLimiter", "MessageTransform", "TextMessageContentName"]

Messages = list[dict[str, Any]]
_COUNTED_AS = "gpt-3.5-turbo-0613"


class MessageTransform(Protocol):
    """Rewrites messages."""

    def apply_transform(self, messages: Messages) -> Messages:
        """Return the messages as a reply is to be made from them."""
        ...

    def get_logs(self, pre_transform_messages: Messages, post_transform_messages: Messages) -> tuple[str, bool]:
        """Return what it did, in a sentence, and whether it did anything."""
        ...


class MessageHistoryLimiter:
    """Leaves the last messages only."""

    def __init__(
        self,
        max_messages: int | None = None,
        keep_first_message: bool = False,
        exclude_names: list[str] | None = None,
    ) -> None:
        """Make the transform.

        Args:
            max_messages: how many; None: all.
            keep_first_message: whether the first one is always among them.
            exclude_names: whose messages are left out in any case.

        Raises:
            ConfigError: `max_messages` is less than 1.
        """
        if max_messages is not None and max_messages < 1:
            raise ConfigError(f"max_messages={max_messages}: expected None, or 1 or more")
        self._max, self._keep_first = max_messages, keep_first_message
        self._excluded = frozenset(exclude_names or ())

    def apply_transform(self, messages: Messages) -> Messages:
        """Return the last messages; results of tools whose calls are left out are left out, too."""
        kept = [m for m in messages if m.get("name") not in self._excluded] if self._excluded else messages
        if self._max is None or len(kept) <= self._max:
            return kept
        first = kept[:1] if self._keep_first else []
        count = self._max - len(first)
        last = kept[len(kept) - count :]
        return [*first, *(last[1:] if last and last[0].get("role") == "tool" else last)]

    def get_logs(self, pre_transform_messages: Messages, post_transform_messages: Messages) -> tuple[str, bool]:
        """Say how many messages were left out."""
        before, after = len(pre_transform_messages), len(post_transform_messages)
        if after >= before:
            return "No messages were removed.", False
        return f"Removed {before - after} messages. Number of messages reduced from {before} to {after}.", True


class MessageTokenLimiter:
    """Cuts each message, and all of them together, to so many tokens; it needs tiktoken."""

    def __init__(
        self,
        max_tokens_per_message: int | None = None,
        max_tokens: int | None = None,
        min_tokens: int | None = None,
        model: str = _COUNTED_AS,
        filter_dict: dict[str, Any] | None = None,
        exclude_filter: bool = True,
    ) -> None:
        """Make the transform.

        Args:
            max_tokens_per_message: tokens of each message at most; None: any number.
            max_tokens: tokens of all together at most; None: any number.
            min_tokens: how many there must be before anything is cut.
            model: the model by whose tokens texts are cut.
            filter_dict: fields and values of messages that are to be left alone, or cut; see `exclude_filter`.
            exclude_filter: whether what meets the filter is left alone; else nothing but that is cut.

        Raises:
            ConfigError: a number is below 0, or `min_tokens` is more than `max_tokens`.
            MissingExtra: tiktoken is not installed.
        """
        for name, number in (("max_tokens_per_message", max_tokens_per_message), ("max_tokens", max_tokens)):
            if number is not None and number < 0:
                raise ConfigError(f"{name}={number}: expected None, or 0 or more")
        if min_tokens is not None and not 0 <= min_tokens <= (sys.maxsize if max_tokens is None else max_tokens):
            raise ConfigError(f"min_tokens={min_tokens}: expected None, or from 0 to max_tokens")
        self._each = max_tokens_per_message
        self._all = sys.maxsize if max_tokens is None else max_tokens
        self._least = min_tokens or 0
        self._encoding: Any = encoding_for(model)
        self._applies = _filter(filter_dict, exclude_filter)

    def apply_transform(self, messages: Messages) -> Messages:
        """Return the messages, cut; from the end, until there is no room left."""
        if self._least and sum(_count(m["content"]) for m in messages if "content" in m) < self._least:
            return messages
        kept: Messages = []
        used = 0
        for message in reversed(copy.deepcopy(messages)):
            content = message.get("content")
            kept.insert(0, message)
            if not isinstance(content, (str, list)):
                continue
            if self._applies(message):
                room = self._all - used
                if room < (_count(content) if self._each is None else self._each):
                    message["content"] = self._cut(content, max(room, 0))
                    break
                if self._each is not None:
                    message["content"] = self._cut(content, self._each)
            used += _count(message["content"])
        return kept

    def get_logs(self, pre_transform_messages: Messages, post_transform_messages: Messages) -> tuple[str, bool]:
        """Say how many tokens were cut off."""
        before, after = (
            sum(_count(m["content"]) for m in messages if "content" in m)
            for messages in (pre_transform_messages, post_transform_messages)
        )
        if after >= before:
            return "No tokens were truncated.", False
        return f"Truncated {before - after} tokens. Number of tokens reduced from {before} to {after}", True

    def _cut(self, content: Any, tokens: int) -> Any:
        if isinstance(content, str):
            return self._encoding.decode(self._encoding.encode(content, disallowed_special=())[:tokens])
        parts = cast("list[dict[str, Any]]", content)
        return [{"type": "text", "text": self._cut(p["text"], tokens)} if p["type"] == "text" else p for p in parts]


class TextMessageContentName:
    """Writes the name of whoever said a message into its text."""

    def __init__(
        self,
        position: str = "start",
        format_string: str = "{name}:\n",
        deduplicate: bool = True,
        filter_dict: dict[str, Any] | None = None,
        exclude_filter: bool = True,
    ) -> None:
        """Make the transform.

        Args:
            position: ``start`` or ``end`` of the text.
            format_string: what is written, with ``{name}`` for the name.
            deduplicate: whether it is left out where it stands there already.
            filter_dict: fields and values of messages that are to be left alone, or named; see `exclude_filter`.
            exclude_filter: whether what meets the filter is left alone; else nothing but that is named.

        Raises:
            ConfigError: the position is neither, or there is no ``{name}``.
        """
        if position not in ("start", "end"):
            raise ConfigError(f"position={position!r}: expected 'start' or 'end'")
        if "{name}" not in format_string:
            raise ConfigError(f"format_string={format_string!r} has no {{name}} in it")
        self._at_start, self._form, self._once = position == "start", format_string, deduplicate
        self._applies = _filter(filter_dict, exclude_filter)
        self._changed = 0

    def apply_transform(self, messages: Messages) -> Messages:
        """Return the messages with names in their texts."""
        self._changed = 0
        return [self._named(message) for message in copy.deepcopy(messages)]

    def get_logs(self, pre_transform_messages: Messages, post_transform_messages: Messages) -> tuple[str, bool]:
        """Say how many messages were changed."""
        if not self._changed:
            return "No messages changed to incorporate name.", False
        return f"{self._changed} message(s) changed to incorporate name.", True

    def _named(self, message: dict[str, Any]) -> dict[str, Any]:
        content, name = message.get("content"), message.get("name")
        if not isinstance(content, str) or not content or not name or not self._applies(message):
            return message
        said = self._form.format(name=name)
        there = content.startswith(said) if self._at_start else content.endswith(said)
        if there and self._once:
            return message
        self._changed += 1
        return {**message, "content": f"{said}{content}" if self._at_start else f"{content}{said}"}


def _filter(wanted: dict[str, Any] | None, exclude: bool) -> Callable[[dict[str, Any]], bool]:
    return (lambda message: bool(filter_config([message], wanted, exclude))) if wanted else lambda message: True


def _count(content: Any) -> int:
    if isinstance(content, str):
        return count_for(_COUNTED_AS)(content)
    parts = cast("Sequence[Any]", content if isinstance(content, list) else ())
    return sum(_count(part if isinstance(part, str) else part.get("text", "")) for part in parts)


__getattr__ = no_more(__name__)

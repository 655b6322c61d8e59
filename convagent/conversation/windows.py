"""Context that fits: what of a conversation a model is sent, as values that are joined.

    context=LastMessages(50) & LastTokens(8_000, keep_first=True)

A window is a frozen value. The stored history is never edited; a request has what the window leaves of it. The system
message is always sent, and so is the last message. A call of tools and its results are sent together or not at all,
because endpoints refuse one without the other. ``a & b`` leaves what both leave.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn, cast

from ..errors import ConfigError
from ..messages import Message, content_text
from ..models.tokens import Count, count_for, estimate

EACH = 4
"""Tokens that a message takes besides its text."""
PICTURE = 1_000
"""Tokens that a picture, or any other part that is no text, counts as."""


class Window:
    """What of a conversation a model is sent; ``a & b`` leaves what both leave."""

    __slots__ = ()

    example: ClassVar[str] = "20"
    """What it is called with, for instance."""

    def fit(self, messages: Sequence[Message]) -> list[Message]:
        """Return what of messages in wire form, the system message first, a model is sent: a function of them alone."""
        return self.begin().fit(messages)

    def begin(self) -> Fitting:
        """Return what fits messages that grow, without looking at all of them again."""
        return Fitting(self)

    def leaves_out(self, message: Message) -> bool:
        """Return whether a message is never sent, wherever it stands."""
        return False

    def keeps_first(self) -> bool:
        """Return whether the first message is always sent."""
        return bool(getattr(self, "keep_first", False))

    def start(self, fitting: Fitting, first: int) -> int:
        """Return the position of the first message that fits, of those that are not left out.

        Args:
            fitting: the messages, and what is known of them.
            first: how many at the beginning are sent in any case.
        """
        return first

    def parts(self) -> tuple[Window, ...]:
        """Return the windows that this one is made of: itself, where it is not joined."""
        return (self,)

    def __and__(self, other: Any) -> Window:
        return Joined((*self.parts(), *as_window(other).parts()))

    def __or__(self, other: Any) -> NoReturn:
        raise ConfigError(f"{self} | {other}: windows are joined by &, which leaves what both leave")

    def __bool__(self) -> NoReturn:
        raise ConfigError(f"the window {self} has no truth value: `and` would drop a part of it; join windows by &")


@dataclass(frozen=True, slots=True)
class LastMessages(Window):
    """The last so many messages, fewer where a call and its results would be torn apart.

    Args:
        n: messages as they are sent: each result of a tool is one. The system message is not counted.
        keep_first: whether the first message, often the task, is one of them.
    """

    n: int
    keep_first: bool = False

    def __post_init__(self) -> None:
        _check_count(self, self.n, "messages")

    def start(self, fitting: Fitting, first: int) -> int:
        """Count from the end."""
        count = len(fitting.kept)
        return max(first, count - max(self.n - first, 0))

    def __str__(self) -> str:
        return f"LastMessages({self.n}{', keep_first=True' if self.keep_first else ''})"


@dataclass(frozen=True, slots=True)
class LastTokens(Window):
    """The last messages that together are so many tokens at most. Nothing is cut in two; the last one is always sent.

    Args:
        n: tokens of messages. The system message and the schemas of tools come on top.
        count: a function of a text that returns its tokens, or the name of an OpenAI model whose tokens are counted by
            tiktoken, which has to be installed; None: an estimate, one for four ASCII characters and one for each other
            character. Each message is four more, each picture 1,000.
        keep_first: whether the first message, often the task, is one of them.
    """

    n: int
    count: Count | str | None = None
    keep_first: bool = False

    def __post_init__(self) -> None:
        _check_count(self, self.n, "tokens")
        if self.count is not None and not isinstance(self.count, str) and not callable(cast(object, self.count)):
            raise ConfigError(
                f"LastTokens(count={self.count!r}): expected a function of a text that returns its tokens, the name "
                "of an OpenAI model, or None for an estimate"
            )
        if isinstance(self.count, str):
            count_for(self.count)  # not only when the first message is there

    def start(self, fitting: Fitting, first: int) -> int:
        """Count from the end, by sums that are kept."""
        counted = count_for(self.count) if isinstance(self.count, str) else self.count or estimate
        sums = fitting.sums(counted)
        budget = max(self.n - sums[first], 0)
        return bisect_left(sums, sums[-1] - budget, lo=first)

    def __str__(self) -> str:
        count = "" if self.count is None else f", count={getattr(self.count, '__qualname__', repr(self.count))}"
        return f"LastTokens({self.n}{count}{', keep_first=True' if self.keep_first else ''})"


class Without(Window):
    """All messages but those of some agents, or those that a function of a message says.

    Args:
        *who: agents, their names, or functions of a message in wire form that return whether to leave it out. They are
            asked once about a message.
    """

    __slots__ = ("_functions", "_names", "who")

    example = "'critic'"

    def __init__(self, *who: Any) -> None:
        if not who:
            raise ConfigError("Without() leaves nothing out; name an agent, or give a function of a message")
        for one in who:
            if isinstance(one, (type, Window)) or not (isinstance(one, str) or hasattr(one, "name") or callable(one)):
                raise ConfigError(f"Without({one!r}): expected an agent, its name, or a function of a message")
        self.who = tuple(getattr(one, "name", one) for one in who)
        self._names = frozenset(one for one in self.who if isinstance(one, str))
        self._functions = tuple(one for one in self.who if not isinstance(one, str))

    def leaves_out(self, message: Message) -> bool:
        """Look whose it is, and ask the functions."""
        return message.get("name") in self._names or any(fn(message) for fn in self._functions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Without) and other.who == self.who

    def __hash__(self) -> int:
        return hash(self.who)

    def __repr__(self) -> str:
        return f"Without({', '.join(getattr(one, '__qualname__', repr(one)) for one in self.who)})"


@dataclass(frozen=True, slots=True)
class Joined(Window):
    """What several windows leave, all of them."""

    windows: tuple[Window, ...]

    def leaves_out(self, message: Message) -> bool:
        """Ask each of them."""
        return any(window.leaves_out(message) for window in self.windows)

    def keeps_first(self) -> bool:
        """Return whether one of them keeps it."""
        return any(window.keeps_first() for window in self.windows)

    def start(self, fitting: Fitting, first: int) -> int:
        """Take the shortest."""
        return max(window.start(fitting, first) for window in self.windows)

    def parts(self) -> tuple[Window, ...]:
        """Return what it is made of."""
        return self.windows

    def __str__(self) -> str:
        return " & ".join(map(str, self.windows))


# ---------------------------------------------------------------- what is known of messages that grow


class Fitting:
    """Messages that only grow, and what of them fits: each one is looked at once, and a request costs what it holds."""

    __slots__ = ("_begins", "_calls", "_last", "_read", "_results", "_sums", "kept", "window")

    def __init__(self, window: Window) -> None:
        self.window = window
        self.kept: list[Message] = []
        """Those that are not left out, without the system message."""
        self._begins: list[int] = []
        """By message: where that begins which is sent as a whole, a call and its results."""
        self._sums: dict[Count, list[int]] = {}
        """By what counts: tokens of all messages before each position."""
        self._last: list[Message] = []
        """The last message, left out or not, with the call and the results that it belongs to."""
        self._read = 1
        self._calls: int | None = None
        """Where the last call stands whose results are coming in; None: it is left out."""
        self._results = 0
        """How many of its results are still to come."""

    def fit(self, messages: Sequence[Message]) -> list[Message]:
        """Return what fits of messages, the system message first. They are those of the last time, and more."""
        for position in range(self._read, len(messages)):
            self._take(messages[position])
        self._read = max(len(messages), 1)
        head, kept = list(messages[:1]), self.kept
        if not kept:  # endpoints want a message
            return [*head, *self._last]
        first = self._end_of_first() if self.window.keeps_first() else 0
        start = self._whole(self.window.start(self, first))
        return [*head, *kept] if start <= first else [*head, *kept[:first], *kept[start:]]

    def sums(self, count: Count) -> list[int]:
        """Return the tokens of all messages before each position, and of all."""
        sums = self._sums.setdefault(count, [0])
        for position in range(len(sums) - 1, len(self.kept)):
            sums.append(sums[-1] + tokens_of(self.kept[position], count))
        return sums

    def _take(self, message: Message) -> None:
        calls = message.get("tool_calls")
        if self._results and not calls and not message.get("function_call"):
            self._last.append(message)
        else:
            self._last = [message]
        if message.get("role") in ("tool", "function"):
            self._take_result(message)
            return
        left_out = self.window.leaves_out(message)
        if calls or message.get("function_call"):
            self._results = len(calls) if calls else 1
            self._calls = None if left_out else len(self.kept)
        if not left_out:
            self._begins.append(len(self.kept))
            self.kept.append(message)

    def _take_result(self, message: Message) -> None:
        if self._results:
            self._results -= 1
            if self._calls is None:
                return
            begin = self._calls
            for position in range(begin, len(self.kept)):  # what a person said in between belongs to it, too
                self._begins[position] = begin
            self._begins.append(begin)
        elif self.window.leaves_out(message):
            return
        else:
            self._begins.append(len(self.kept))
        self.kept.append(message)

    def _end_of_first(self) -> int:
        end = 1
        while end < len(self.kept) and self._begins[end] == 0:
            end += 1
        return end

    def _whole(self, start: int) -> int:
        """Return where to begin so that nothing is torn apart, and the last message is sent."""
        count = len(self.kept)
        while start < count and self._begins[start] != start:
            start += 1
        return start if start < count else self._begins[-1]


def tokens_of(message: Message, count: Count) -> int:
    """Return the tokens of a message: of its text and its calls, and some for the message itself."""
    content: Any = message.get("content")
    texts = [message.get("name") or ""]
    pictures = 0
    if isinstance(content, list):
        parts = [cast("Mapping[str, Any]", part) for part in cast("list[Any]", content) if isinstance(part, Mapping)]
        pictures = sum("text" not in part for part in parts)
        texts += [str(part["text"]) for part in parts if "text" in part]
    else:
        texts.append(content_text(content))
    call = message.get("function_call")
    for function in (*(c.get("function") for c in message.get("tool_calls") or ()), call):
        if function:
            texts += [function.get("name") or "", function.get("arguments") or ""]
    found: Any = count("\n".join(filter(None, texts)))
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise ConfigError(f"count={count!r} returned {found!r}; expected a number of tokens, 0 or more")
    return found + EACH + PICTURE * pictures


# ---------------------------------------------------------------- reading


def as_window(value: Any) -> Window:
    """Read what `context=` takes.

    Raises:
        ConfigError: it is no window.
    """
    if isinstance(value, Window):
        return value
    if isinstance(value, type) and issubclass(value, Window):
        raise ConfigError(f"context={value.__name__}: call it, as in {value.__name__}({value.example})")
    kind = type(cast(object, value)).__name__
    raise ConfigError(
        f"context={value!r} is a {kind}; expected LastMessages(20), LastTokens(4_000), Without('critic'), or several "
        "joined by &"
    )


def _check_count(window: Window, n: Any, what: str) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ConfigError(f"{type(window).__name__}({n!r}): expected a whole number of {what}, 1 or more")

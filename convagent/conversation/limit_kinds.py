"""What can be limited: what is counted, what is spent, what is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..duration import Duration, seconds, spoken
from ..errors import ConfigError
from ..messages import Message, content_text
from .limits import Limit, Progress

# ---------------------------------------------------------------- what is counted


@dataclass(frozen=True, slots=True)
class MaxTurns(Limit):
    """So many turns: of two, messages of the initiator, each with what was replied to it; of a group, those of members.

    Where the initiator comes back to the group (`max_turns=`, a desk that a person talks with), it is round trips, too.
    """

    example = "MaxTurns(10)"

    n: int

    def __post_init__(self) -> None:
        _check_count(self, self.n, "turns")

    def amount(self, run: Progress) -> str | None:
        """Count turns."""
        return _counted(run.turns, "turn") if run.turns >= self.n else None

    def __str__(self) -> str:
        return f"MaxTurns({self.n})"


@dataclass(frozen=True, slots=True)
class MaxRounds(Limit):
    """So often somebody is given the word, whoever opens included: of a group what `max_round` counts."""

    example = "MaxRounds(30)"

    n: int

    def __post_init__(self) -> None:
        _check_count(self, self.n, "rounds")

    def amount(self, run: Progress) -> str | None:
        """Count how often somebody was given the word."""
        return _counted(run.rounds, "round") if run.rounds >= self.n else None

    def __str__(self) -> str:
        return f"MaxRounds({self.n})"


@dataclass(frozen=True, slots=True)
class MaxMessages(Limit):
    """So many messages, the opening and what people say from outside included; calls inside a turn are none."""

    example = "MaxMessages(40)"

    n: int

    def __post_init__(self) -> None:
        _check_count(self, self.n, "messages")

    def amount(self, run: Progress) -> str | None:
        """Count messages."""
        return _counted(run.messages, "message") if run.messages >= self.n else None

    def __str__(self) -> str:
        return f"MaxMessages({self.n})"


# ---------------------------------------------------------------- what is spent


@dataclass(frozen=True, slots=True)
class MaxTokens(Limit):
    """So many tokens of models, as they report them: in all, of prompts, of completions; whichever comes first."""

    example = "MaxTokens(50_000)"
    spends = True

    total: int | None = None
    prompt: int | None = None
    completion: int | None = None

    def __post_init__(self) -> None:
        given = [n for n in (self.total, self.prompt, self.completion) if n is not None]
        if not given:
            raise ConfigError("MaxTokens() limits nothing; write MaxTokens(50_000), or prompt= or completion=")
        for n in given:
            _check_count(self, n, "tokens")

    def amount(self, run: Progress) -> str | None:
        """Count tokens."""
        prompt, completion = run.prompt_tokens, run.completion_tokens
        for most, used, what in (
            (self.total, prompt + completion, "token"),
            (self.prompt, prompt, "prompt token"),
            (self.completion, completion, "completion token"),
        ):
            if most is not None and used >= most:
                return _counted(used, what)
        return None

    def __str__(self) -> str:
        named = {"prompt": self.prompt, "completion": self.completion}
        given = [] if self.total is None else [str(self.total)]
        return f"MaxTokens({', '.join([*given, *(f'{k}={n}' for k, n in named.items() if n is not None)])})"


@dataclass(frozen=True, slots=True)
class MaxCost(Limit):
    """So many US dollars for models whose prices are known."""

    example = "MaxCost(0.5)"
    spends = True

    dollars: float

    def __post_init__(self) -> None:
        given: Any = self.dollars
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < float("inf"):
            raise ConfigError(f"MaxCost({given!r}): expected US dollars, a number above 0 such as 0.5")

    def amount(self, run: Progress) -> str | None:
        """Count dollars."""
        return f"${run.cost:,.4f}" if run.cost >= self.dollars else None

    def __str__(self) -> str:
        return f"MaxCost({self.dollars:g})"


@dataclass(frozen=True, slots=True)
class MaxTime(Limit):
    """So long since the run began, whoever it waited for, and in however many processes it was."""

    example = "MaxTime('10m')"
    spends = True
    timed = True

    within: Duration
    """Kept as seconds."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "within", seconds(self.within, "MaxTime"))

    def amount(self, run: Progress) -> str | None:
        """Look how long ago the run began."""
        return spoken(round(run.seconds, 1)) if run.seconds >= cast(float, self.within) else None

    def __str__(self) -> str:
        return f"MaxTime({spoken(cast(float, self.within))!r})"


# ---------------------------------------------------------------- what is said


@dataclass(frozen=True, slots=True)
class TextSaid(Limit):
    """Somebody says a text, alone or within a message. The opening does not count: it is the task.

    Args:
        text: as it is written, capitals included.
        by: who has to say it, an agent or its name; None: anybody.
    """

    example = "TextSaid('DONE')"

    text: str
    by: Any = None

    def __post_init__(self) -> None:
        text: Any = self.text
        if not isinstance(text, str) or not text:
            raise ConfigError(f"TextSaid({text!r}): expected a text that somebody says, such as 'DONE'")
        name = getattr(self.by, "name", self.by)
        if name is not None and (not isinstance(name, str) or not name):
            raise ConfigError(f"TextSaid({text!r}, by={self.by!r}): expected an agent, or its name")
        object.__setattr__(self, "by", name)

    def amount(self, run: Progress) -> str | None:
        """Read the last message."""
        if run.said is None or (self.by is not None and run.speaker != self.by):
            return None
        if self.text not in content_text(run.said.get("content")):
            return None
        return "" if self.by is not None else f"by {run.speaker}"

    def __str__(self) -> str:
        return f"TextSaid({self.text!r}{'' if self.by is None else f', by={self.by!r}'})"


@dataclass(frozen=True, slots=True)
class Until(Limit):
    """A function of the messages so far returns true. It is asked after each message, and is to be quick.

    Args:
        fn: a plain function of the list of messages, the opening first: those of `ChatResult.chat_history`, and of a
            group those of `GroupChat.messages`. It reads the list, and changes nothing in it.
    """

    example = "Until(function of the messages)"

    fn: Callable[[Sequence[Message]], Any]

    def __post_init__(self) -> None:
        if not callable(self.fn) or isinstance(self.fn, (type, Limit)):
            raise ConfigError(f"Until({self.fn!r}): expected a function of the messages, which returns true or false")

    def amount(self, run: Progress) -> str | None:
        """Ask the function."""
        messages = run.history()
        if not messages:
            return None
        found = self.fn(messages)
        if hasattr(found, "__await__"):
            if hasattr(found, "close"):
                found.close()
            raise ConfigError(f"{self} is async; a limit does no I/O, so it is a plain function")
        return "" if found else None

    def __str__(self) -> str:
        return f"Until({getattr(self.fn, '__qualname__', repr(self.fn))})"


def _check_count(limit: Limit, n: Any, what: str) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ConfigError(f"{type(limit).__name__}({n!r}): expected a whole number of {what}, 1 or more")


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"

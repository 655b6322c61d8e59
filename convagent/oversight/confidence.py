"""How sure a model is of its reply, from 0 to 1: what ``confidence=`` of an agent takes.

    ConversableAgent("bot", llm_config=..., confidence=vote(3), oversight=below(0.8, ask("expert")))

A source is a value that prints itself. It measures replies that are there; who asks for more of
them, and when, is the agent's matter. What cannot be measured is unknown, which counts as low.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..action import Kind, canonical
from ..errors import ConfigError
from ..messages import Message, ToolCall, content_text
from ..models.base import ModelReply
from .guards import At, Below, When
from .policy import Function, Policy
from .predicate import Both, Compare, Either, Not, Predicate, Ref, named, parts
from .router import Oversight
from .tokens import of_field, spells


class NotMeasured(Exception):
    """How sure the model is cannot be said; the text says why."""


class Source:
    """A way to measure how sure a model is of its reply."""

    __slots__ = ()

    samples: int = 0
    """How many more answers to the same request it needs."""
    options: Mapping[str, Any] = {}
    """Parameters that its request needs."""

    def check(self, reply: ModelReply) -> None:
        """Refuse a reply that it could not measure, before anything is paid for.

        Raises:
            NotMeasured: the text says why.
        """

    def measure(self, replies: Sequence[ModelReply]) -> Any:
        """Return a number from 0 to 1; the first reply is the one that counts, the others are samples.

        Raises:
            NotMeasured: the text says why.
        """
        raise NotImplementedError


# ---------------------------------------------------------------- the words


def logprobs(name: str | None = None) -> Logprobs:
    """Measure by the model's own token probabilities: the geometric mean over the answer.

    Args:
        name: a field of a structured answer whose value alone counts; ``a.b`` for one inside another.

    Raises:
        ConfigError: it is no name of a field.
    """
    return Logprobs(None if name is None else _name("logprobs", name))


def vote(n: int = 3, key: Callable[[Message], Any] | None = None, *, temperature: float | None = None) -> Vote:
    """Measure by asking again: the share of n answers that agree with the one that counts.

    They agree on tools and arguments, or on what `key` makes of the message. Free text never agrees
    with itself word by word: give a key, or let the model answer in a structure.

    Args:
        n: answers in all, the one that counts included; each further one is a call of the model.
        key: takes of a message what has to agree, such as a label; None: it has none.
        temperature: for the further answers; needed where the model's own is 0, which repeats itself.

    Raises:
        ConfigError: an argument cannot work.
    """
    if isinstance(n, bool) or not isinstance(cast(object, n), int) or n < 2:
        raise ConfigError(f"vote({n!r}): expected a number of answers in all, from 2")
    if key is not None and not callable(key):
        raise ConfigError(f"vote({n}, key={key!r}): expected a function of the message")
    if temperature is not None and (isinstance(temperature, bool) or not 0 < temperature <= 2):
        raise ConfigError(f"temperature={temperature!r}: expected a number above 0, at most 2")
    return Vote(n, key, temperature)


def field(name: str) -> Field:
    """Measure by what the model says of itself: a number from 0 to 1 in a structured answer, or in a call.

    Raises:
        ConfigError: it is no name of a field.
    """
    return Field(_name("field", name))


def as_source(value: object) -> Source | None:
    """Read what ``confidence=`` takes: a source, a function of the `ModelReply`, or None.

    Raises:
        ConfigError: it is none of these.
    """
    if value is None or isinstance(value, Source):
        return value
    if value in (logprobs, field, vote):
        example = {logprobs: "logprobs()", field: "field('confidence')", vote: "vote(3)"}[cast(Any, value)]
        raise ConfigError(f"confidence={getattr(value, '__name__', value)}: call it, such as {example}")
    if callable(value) and not isinstance(value, type):
        return Own(value)
    raise ConfigError(
        f"confidence={value!r}: expected logprobs(), vote(3), field('confidence'), or a function of the ModelReply"
    )


def _name(word: str, name: object) -> str:
    if not isinstance(name, str) or not all(name.split(".")):
        raise ConfigError(f"{word}({name!r}): expected the name of a field, such as 'label', or 'answer.label'")
    return name


# ---------------------------------------------------------------- the sources


@dataclass(frozen=True, slots=True)
class Logprobs(Source):
    """The geometric mean of the token probabilities of an answer, or of one field of it."""

    name: str | None = None

    @property
    def options(self) -> Mapping[str, Any]:  # type: ignore[override]
        """Ask for them."""
        return {"logprobs": True}

    def measure(self, replies: Sequence[ModelReply]) -> float:
        """Return the mean of the reply's tokens, or of those of the field."""
        reply = replies[0]
        tokens = reply.logprobs
        if not tokens:
            raise NotMeasured("the model gave no log-probabilities")
        text = content_text(reply.message.get("content"))
        if self.name is not None:
            tokens = of_field(tokens, text, self.name)
            if not tokens:
                raise NotMeasured(f"no tokens spell the value of a field {self.name!r}")
        elif reply.message.get("tool_calls") and spells(tokens, text):
            raise NotMeasured("the model gave log-probabilities of what it said, not of its call")
        mean = math.fsum(value for _, value in tokens) / len(tokens)
        return 1.0 if 0 < mean < 1e-6 else math.exp(min(mean, 1.0))  # rounding, which is no surprise

    def __str__(self) -> str:
        return f"logprobs({'' if self.name is None else repr(self.name)})"


@dataclass(frozen=True, slots=True)
class Vote(Source):
    """The share of several answers that agree with the one that counts."""

    n: int
    key: Callable[[Message], Any] | None = None
    temperature: float | None = None

    @property
    def samples(self) -> int:  # type: ignore[override]
        """One is there already."""
        return self.n - 1

    def check(self, reply: ModelReply) -> None:
        """Refuse free text."""
        self._ballot(reply)

    def measure(self, replies: Sequence[ModelReply]) -> float:
        """Return the share that agrees with the first."""
        first = self._ballot(replies[0])
        return sum(self._agrees(reply, first) for reply in replies) / len(replies)

    def _agrees(self, reply: ModelReply, first: str) -> bool:
        try:
            return self._ballot(reply) == first
        except NotMeasured:  # words, where the other is a call
            return False

    def _ballot(self, reply: ModelReply) -> str:
        """Return what has to agree, as text that is the same for equal values."""
        message = reply.message
        if self.key is not None:
            found = self.key(message)
            if found is None:
                raise NotMeasured(f"{named(self.key)} found nothing to vote on")
            if hasattr(found, "__await__"):
                if hasattr(found, "close"):
                    found.close()
                raise NotMeasured(f"{named(self.key)} is async; expected a plain function of the message")
            return canonical(_same(found))
        calls = _calls(message)
        if calls:
            return canonical([[name, _same(arguments)] for name, arguments in calls])
        if reply.parsed is None:
            raise NotMeasured("free text cannot be voted on; give vote(n, key=...) what has to agree")
        return canonical(_same(reply.parsed))

    def __str__(self) -> str:
        given = [str(self.n)]
        given += [f"key={named(self.key)}"] if self.key is not None else []
        given += [f"temperature={self.temperature:g}"] if self.temperature is not None else []
        return f"vote({', '.join(given)})"


@dataclass(frozen=True, slots=True)
class Field(Source):
    """What the model says of itself, in a field of a structured answer or of its calls."""

    name: str

    def measure(self, replies: Sequence[ModelReply]) -> Any:
        """Return the value of the field; of several calls the lowest."""
        reply = replies[0]
        calls = _calls(reply.message)
        if not calls:
            if reply.parsed is None:
                raise NotMeasured("free text has no fields; give the model a response_format")
            return _inside(reply.parsed, self.name)
        return min(certain(_inside(arguments, self.name)) for _, arguments in calls)

    def __str__(self) -> str:
        return f"field({self.name!r})"


@dataclass(frozen=True, slots=True)
class Own(Source):
    """A function of the user, of the whole reply. It may be async, and is called by the agent."""

    fn: Callable[[ModelReply], Any]

    def measure(self, replies: Sequence[ModelReply]) -> Any:
        """Call it."""
        return self.fn(replies[0])

    def __str__(self) -> str:
        return named(self.fn)


def certain(value: object) -> float:
    """Return a measured value if it is a number from 0 to 1.

    Raises:
        NotMeasured: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise NotMeasured(f"{value!r} is not a number from 0 to 1")
    return float(value)


# ---------------------------------------------------------------- what is in a reply


def _calls(message: Message) -> list[tuple[str, Any]]:
    """Return names and arguments of the calls of a message.

    Raises:
        NotMeasured: arguments that cannot be read.
    """
    old: Any = message.get("function_call")
    found: list[ToolCall] = [*(message.get("tool_calls") or ()), *([{"function": old}] if old else ())]
    return [_call(cast("Mapping[str, Any]", call.get("function") or {})) for call in found]


def _call(function: Mapping[str, Any]) -> tuple[str, Any]:
    name = str(function.get("name") or "")
    try:
        return name, json.loads(function.get("arguments") or "{}")
    except ValueError:
        raise NotMeasured(f"the arguments of {name} cannot be read") from None


def _same(value: Any) -> Any:
    """Return a value in which equal numbers are the same: models write 5 and 5.0 alike."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(k): _same(v) for k, v in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_same(v) for v in cast("list[Any]", value)]
    return value


def _inside(value: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(value, Mapping) and name in value:
            value = cast("Mapping[str, Any]", value)[name]
        elif not isinstance(value, Mapping) and hasattr(value, name):
            value = getattr(value, name)
        else:
            raise NotMeasured(f"the answer has no field {path!r}")
    return value


# ---------------------------------------------------------------- who wants to know


def asks_confidence(policy: object, kind: Kind, every_kind: bool = False) -> bool:
    """Return whether a policy may want to know how sure the model is, of an action of a kind.

    A plain function may look at anything, so it is taken to.
    """
    if not isinstance(policy, Policy):
        return kind == "tool"
    match policy:
        case At():
            return policy.kind == kind and asks_confidence(policy.policy, kind, True)
        case Below():
            return kind in ("tool", "reply")
        case Function():
            return every_kind or kind == "tool"
        case When() if _reads(policy.condition):
            return every_kind or kind == "tool" or policy.policy.about(kind)
        case Oversight() if any(_reads(condition) for condition, _ in policy.rules):
            return every_kind or policy.about(kind)
        case _:
            return any(asks_confidence(part, kind, every_kind) for part in policy.parts())


def _reads(condition: Predicate) -> bool:
    match condition:
        case Both() | Either():
            return _reads(condition.left) or _reads(condition.right)
        case Not():
            return _reads(condition.inner)
        case Compare():
            both = (condition.ref, condition.value)
            return any(isinstance(ref, Ref) and parts(ref) == ("its", ("confidence",)) for ref in both)
        case _:
            return True

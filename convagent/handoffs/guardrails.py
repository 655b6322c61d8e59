"""Checks of what an agent hears and says, and to whom it is handed over where they find something."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..errors import ConfigError, UsageError
from ..messages import content_text
from .targets import TransitionTarget


@dataclass
class GuardrailResult:
    """What a guardrail found."""

    activated: bool
    guardrail: Guardrail
    justification: str = "No justification provided"

    @property
    def reply(self) -> str:
        """What is said in the place of the agent's reply."""
        return f"{self.guardrail.activation_message}\nJustification: {self.justification}"

    @staticmethod
    def parse(text: str, guardrail: Guardrail) -> GuardrailResult:
        """Read what a model found: a JSON object with ``activated`` and ``justification``.

        Raises:
            ConfigError: it is none.
        """
        try:
            found: Any = json.loads(text)
        except json.JSONDecodeError:
            found = None
        if not isinstance(found, dict) or not isinstance(cast("dict[str, Any]", found).get("activated"), bool):
            raise ConfigError(f"guardrail {guardrail.name!r}: its model said {text!r}; expected JSON with 'activated'")
        said = cast("Mapping[str, Any]", found)
        why = str(said.get("justification", "No justification provided"))
        return GuardrailResult(said["activated"], guardrail, why)

    def __str__(self) -> str:
        return f"Guardrail Result: {self.activated}\nJustification: {self.justification}"


class Guardrail(ABC):
    """A check of messages. Subclass it, and override `check`, to check in your own way.

    Args:
        name: what it is called.
        condition: what it looks for.
        target: to whom it is handed over where it finds that.
        activation_message: what is then said in the place of the agent's reply.
    """

    def __init__(
        self, name: str, condition: str, target: TransitionTarget, activation_message: str | None = None
    ) -> None:
        given: Any = target
        if not isinstance(given, TransitionTarget):
            raise ConfigError(f"guardrail {name!r}: target={given!r} is a {type(given).__name__}; expected a target")
        self.name, self.condition, self.target = name, condition, target
        self.activation_message = activation_message or f"Guardrail '{name}' has been activated."

    @abstractmethod
    def check(self, context: str | list[dict[str, Any]]) -> GuardrailResult:
        """Return what it finds in a reply, or in the messages that an agent is about to reply to."""


class RegexGuardrail(Guardrail):
    """Finds a regular expression."""

    def __init__(
        self, name: str, condition: str, target: TransitionTarget, activation_message: str | None = None
    ) -> None:
        super().__init__(name, condition, target, activation_message)
        try:
            self.regex = re.compile(condition)
        except re.error as error:
            raise ConfigError(f"guardrail {name!r}: {condition!r} is no regular expression: {error}") from None

    def check(self, context: Any) -> GuardrailResult:
        """Return what it finds."""
        for text in texts_of(context):
            if match := self.regex.search(text):
                return GuardrailResult(True, self, f"Match found -> {match[0]}")
        return GuardrailResult(False, self, "No match found in the context.")


class LLMGuardrail(Guardrail):
    """Asks a model whether a condition is met; it replies with JSON. The run asks it, as any other model."""

    def __init__(
        self, name: str, condition: str, target: TransitionTarget, llm_config: Any,
        activation_message: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, condition, target, activation_message)
        if not llm_config:
            raise ConfigError(f"guardrail {name!r} asks a model; give it an llm_config")
        self.llm_config = llm_config
        # The classic's text, to the character: requests to models stay what they were.
        self.check_prompt = (
            "You are a guardrail that checks if a condition is met in the conversation you are given.\n"
            f"You will activate the guardrail only if the condition is met.\n\n**Condition: {condition}**"
        )

    def messages(self, context: Any) -> list[dict[str, Any]]:
        """Return what its model is asked."""
        head = {"role": "system", "content": self.check_prompt}
        if isinstance(context, list):
            return [head, *cast("list[dict[str, Any]]", context)]
        return [head, *({"role": "user", "content": text} for text in texts_of(context))]

    def check(self, context: Any) -> GuardrailResult:
        """Refuse: the model is asked by the run."""
        raise UsageError(f"guardrail {self.name!r} asks a model, which a group pattern does when its agent speaks")


CHECK_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": "GuardrailCheckResult",
    "properties": {
        "activated": {"type": "boolean", "title": "Activated"},
        "justification": {"type": "string", "title": "Justification", "default": "No justification provided"},
    },
    "required": ["activated"],
}
"""What the model of an `LLMGuardrail` replies with."""


def texts_of(context: Any) -> list[str]:
    """Return the texts of a reply, or of messages.

    Raises:
        ConfigError: it is neither.
    """
    if isinstance(context, str):
        return [context]
    if isinstance(context, Mapping):
        return [content_text(cast("Mapping[str, Any]", context).get("content"))]
    if isinstance(context, list):
        return [content_text(message.get("content")) for message in cast("list[Mapping[str, Any]]", context)]
    raise ConfigError(f"a guardrail checks text or messages, not {context!r}")

"""What the model of a `Magentic` team sends, for scripts and rules.

ScriptedModel([task_ledger(["coder writes it"]), progress_ledger("coder", "Write it."), task_done(), "Here it is."])
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from ..errors import UsageError
from ..messages import content_text
from ..patterns import ledgers

Texts = str | Sequence[str]


def task_ledger(plan: Texts, *, given: Texts = (), look_up: Texts = (), derive: Texts = (), guesses: Texts = ()) -> str:
    """Return a task ledger: the steps of a plan, and what is known."""
    facts = {"given": given, "look_up": look_up, "derive": derive, "guesses": guesses}
    return json.dumps({**{name: _listed(texts) for name, texts in facts.items()}, "plan": _listed(plan)})


def progress_ledger(
    speaker: str, instruction: str, *, progressing: bool = True, looping: bool = False, reason: str = ""
) -> str:
    """Return a progress ledger by which somebody is told to do something."""
    return json.dumps({
        "reason": reason, "satisfied": False, "looping": looping, "progressing": progressing, "speaker": speaker,
        "instruction": instruction,
    })  # fmt: skip


def task_done(reason: str = "") -> str:
    """Return a progress ledger by which the task is done; the final answer is asked for next."""
    return json.dumps({"reason": reason, "satisfied": True, "looping": False, "progressing": True})


def asked_for(messages: Sequence[Any]) -> Literal["task ledger", "progress ledger", "final answer"]:
    """Return what an orchestrator asks for by these messages, for the rules of a `RuleModel`.

    Raises:
        UsageError: it is none of them.
    """
    for message in reversed(messages):
        text = content_text(message.get("content"))
        if text.startswith(ledgers.TASK):
            return "task ledger"
        if text.startswith(ledgers.PROGRESS):
            return "progress ledger"
        if text.startswith(ledgers.ANSWER):
            return "final answer"
    raise UsageError("these messages are not those of an orchestrator; asked_for() is for the model of a Magentic team")


def _listed(texts: Texts) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)

"""Subclass an agent: ask the person in your own words, and answer some messages without the model.

A tutor asks for sums. Typing a sum such as 7 * 6 is answered by code; everything else by the model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from _common import arguments, run, start

from convagent import ConversableAgent

ANSWERS = ("  7 * 6 ", "why is the sky blue?", "q")


class Pupil(ConversableAgent):
    """Asks with a short prompt, and tidies what was typed."""

    def get_human_input(self, prompt: str, **kwargs: Any) -> str:
        """Ask the person; `prompt` is what would be asked otherwise."""
        # super() goes the usual way to the person: the terminal, a script, or whatever runs this agent.
        text = super().get_human_input("your question (q to leave): ", **kwargs).strip()
        return "exit" if text.lower() in ("q", "quit", "bye") else text


class Tutor(ConversableAgent):
    """Calculates by code: a model may be wrong about numbers."""

    def generate_reply(self, messages: Any = None, sender: Any = None, exclude: Any = ()) -> Any:
        """Answer sums here and leave the rest to the model."""
        said = str(messages[-1].get("content") or "") if messages else ""
        if match := re.fullmatch(r"\s*(\d{1,9})\s*([-+*])\s*(\d{1,9})\s*", said):
            a, b = int(match[1]), int(match[3])
            result = {"+": a + b, "-": a - b, "*": a * b}[match[2]]
            return f"{a} {match[2]} {b} = {result} (calculated)"
        return super().generate_reply(messages, sender, exclude)  # the model, as usual


def tutor_by_rules(messages: Sequence[Any]) -> str:
    """Answer in the model's place."""
    return f"Good question: {messages[-1]['content']!r}. I am a set of rules and only know sums, such as 7 * 6."


def main() -> int:
    setup = start(arguments(__doc__), tutor_by_rules, ANSWERS)
    tutor = Tutor("tutor", system_message="You are a patient tutor. Two sentences at most.", llm_config=setup.model)
    pupil = Pupil("pupil", human_input_mode="ALWAYS", llm_config=False)
    result = pupil.initiate_chat(tutor, message="Hello! What can you do?", observers=setup.people)
    print(f"typed: {result.human_input}")
    return 0


if __name__ == "__main__":
    run(main)

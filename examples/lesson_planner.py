"""Plan a lesson with a planner that takes your feedback and revises.

The person starts, reads the plan, says what to change, and ends with `exit`. `--save plan.md`
keeps the last plan. Without a model configured the planner is a set of offline rules, which
understand: shorter, longer, 30 minutes, ages 7 to 8, grade 2, add a quiz, a game, an experiment
or homework, no quiz, more about the Moon, less about Mars, change the topic to rivers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _common import arguments, output, run, start, write
from _lesson_rules import plan_by_rules

from convagent import ConversableAgent
from convagent.messages import content_text

OPENING = "Please plan a lesson about the solar system for my fourth-grade class."
ANSWERS = ("Good, but shorter, and more about the Moon", "Add a quiz", "exit")

INSTRUCTIONS = """\
You plan lessons together with a teacher. Unless the teacher says otherwise, the class is in fourth grade.
Answer with the whole plan as Markdown: a title (#), then ## Objectives with three to five of them, then
## Script with minutes, what the teacher says and what the pupils do. When the teacher gives feedback, say in
one line what you changed, then give the whole revised plan."""


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--message", default=OPENING, metavar="TEXT", help="what you ask for first")
    parser.add_argument("--save", metavar="FILE", type=output(), help="write the last plan to this Markdown file")
    setup = start(parser, plan_by_rules, ANSWERS)

    planner = ConversableAgent("lesson_planner", system_message=INSTRUCTIONS, llm_config=setup.model)
    # ALWAYS: the person answers every message of the planner. This agent needs no model.
    human = ConversableAgent("human", human_input_mode="ALWAYS", llm_config=False)

    try:
        human.initiate_chat(planner, message=setup.options.message, observers=setup.people)
    finally:
        if setup.options.save:  # whatever ended the chat, the work is not lost
            save(human.chat_messages[planner], setup.options.save)
    return 0


def save(history: Sequence[Any], target: Path) -> None:
    """Write the last plan of a history; in the human's history the planner's messages have role "user"."""
    said = [content_text(m.get("content")) for m in history if m.get("role") == "user"]
    plans = [text[text.index("# ") :] for text in said if text.startswith("# ") or "\n# " in text]
    if plans:
        write(target, plans[-1].rstrip() + "\n")
    print(f"the last plan is in {target}" if plans else "there is no plan to save")


if __name__ == "__main__":
    run(main)

"""Write a product text: one writes, you check, until you approve or three drafts are used up.

Offline the writer understands: shorter, longer, no exclamation, and: mention the warranty.
Try: revise shorter, approve, edit content="my own text", reject, stop. Praise is no approval.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from _common import arguments, at_least, run, start

from convagent import ConversableAgent, review

TASK = "Write a short product text for a pen that never leaks."
ANSWERS = ("looks good to me", "revise shorter, no exclamation", "revise mention the warranty", "approve")
SENTENCES = (
    "Meet the pen that never leaks!",
    "Write on planes, on mountains and in the rain!",
    "Its steel tip glides over every paper.",
)


def writer_by_rules(messages: Sequence[Any]) -> str:
    """Answer in the model's place: apply every wish of the checker so far to the first draft."""
    wishes = [str(m["content"]) for m in messages if m.get("role") == "user"][1:]
    sentences: list[str] = list(SENTENCES)
    for wish in wishes:
        if "short" in wish:
            sentences = sentences[: max(1, len(sentences) - 1)]
        if "long" in wish:
            sentences.append("And it fits into every pocket.")
        if "exclamation" in wish:
            sentences = [sentence.replace("!", ".") for sentence in sentences]
        for thing in re.findall(r"mention (?:the )?(\w+)", wish):
            sentences.append(f"Ask about the {thing}.")
    return " ".join(sentences)


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--task", default=TASK, help="what is to be written")
    parser.add_argument("--rounds", metavar="N", type=at_least(1), default=3, help="how many drafts are judged (3)")
    setup = start(parser, writer_by_rules, ANSWERS)
    writer = ConversableAgent(
        "writer",
        system_message="You write product texts. Answer with the text alone, and follow what the editor says.",
        llm_config=setup.model,
        human_input_mode="NEVER",
    )
    # The checker may also be an agent: its verdict is a structure that it fills in, never read out of prose.
    with setup.console() as people:
        result = review(writer, "editor", rounds=setup.options.rounds).run(setup.options.task, channels=people)
    if result.approved:
        print(f"APPROVED by {result.by} after {result.rounds} draft(s): {result.content}")
    else:
        print(f"NOT APPROVED ({result.reason}); the last of {result.rounds} draft(s): {result.draft}")
    return 0


if __name__ == "__main__":
    run(main)

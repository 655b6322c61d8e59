"""A text goes through three hands, research, draft, edit, and you approve the draft before it is edited.

Offline the writer understands: shorter, no exclamation, and: mention the bell.
Try: revise shorter, approve, edit content="my own draft", reject off topic, stop. Enter approves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from _common import arguments, run, start
from _teams import by_agent, said, task, wishes

from convagent import AssistantAgent, Sequential, ask, its, when

TASK = "Write a short post about the bicycle."
ANSWERS = ("nice", "revise shorter, no exclamation", "approve")
FACTS = {
    "bicycle": ("was patented in 1818", "needs a fifth of the energy of walking", "carries most of Utrecht to work"),
    "tea": ("is drunk more than anything but water", "came to Europe in 1610", "is best below the boil"),
}


def researcher_by_rules(messages: Sequence[Any]) -> str:
    topic = next((topic for topic in FACTS if topic in task(messages).lower()), "")
    facts = FACTS.get(topic, ("is not in the offline notes", "deserves a reader who checks it"))
    return "\n".join(f"- The {topic or 'subject'} {fact}." for fact in facts)


def writer_by_rules(messages: Sequence[Any]) -> str:
    """Make sentences of the notes, as people who sent a draft back want them."""
    sentences = [line.removeprefix("- ").replace(".", "!") for line in said(messages, "researcher")[-1].splitlines()]
    wanted = wishes(messages)
    if "short" in wanted:
        sentences = sentences[:2]
    sentences += [f"And do not forget the {thing}!" for thing in re.findall(r"mention (?:the )?(\w+)", wanted)]
    text = " ".join(sentences)
    return text.replace("!", ".") if "exclamation" in wanted else text


def editor_by_rules(messages: Sequence[Any]) -> str:
    draft = said(messages, "writer")[-1]
    title = draft.split(".")[0].split("!")[0]
    return f"# {title}\n\n{draft}\n\n({len(draft.split())} words)"


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--task", default=TASK, help="what is to be written")
    rules = by_agent(researcher=researcher_by_rules, writer=writer_by_rules, editor=editor_by_rules)
    setup = start(parser, rules, ANSWERS)
    stages = [
        AssistantAgent(name, instructions, setup.model)
        for name, instructions in (
            ("researcher", "List three facts on the subject, a line each. Leave out what you are not sure of."),
            ("writer", "Write a post from the researcher's facts. Answer with the text alone."),
            ("editor", "Correct the writer's text and give it a title. Answer with title and text alone."),
        )
    ]
    # Each one reads what those before it said. What the writer says waits for you before the editor reads it.
    pipeline = Sequential(stages, review_between=when(its.agent == "writer", ask("chief")))
    with setup.console() as people:
        response = pipeline.run(message=setup.options.task, channels=people)
        response.process()
    print(f"{'NOT PUBLISHED' if response.last_speaker != 'editor' else 'PUBLISHED'} ({response.result.reason})")
    return 0


if __name__ == "__main__":
    run(main)

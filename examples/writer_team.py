"""A team inside a pipeline: two writers work in turn, and what one of them buys deep inside waits for you.

For the pipeline the team is one agent, "writers", and what is asked inside it is a question like any other. Try:
approve, edit price=60, reject too dear; or Ctrl-C, and: mention the sea. Up to 50 euros nobody is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from _common import arguments, at_least, run, start
from _teams import by_agent, said, task

from convagent import AssistantAgent, RoundRobin, Sequential, arg, ask, tool, when

TASK = "A page on lighthouses"
PRICE = 80
ANSWERS = ("sure", "edit price=60", "approve")
bought: list[str] = []


@tool(approval=when(arg.price > 50, ask("chief")))
def buy_picture(subject: str, price: float) -> str:
    """Buy a picture for a page."""
    bought.append(f"{subject} for {price:.2f}")
    return f"picture of {subject}, {price:.2f}"


def planner_by_rules(messages: Sequence[Any]) -> str:
    subject = task(messages).lower().rpartition(" on ")[2]
    return f"Subject: {subject}\nSay what {subject} are for, and who keeps them."


def drafter_by_rules(messages: Sequence[Any]) -> Any:
    """Write, buy a picture once, and improve what the critic found."""
    subject = "".join(text.partition("Subject: ")[2].splitlines()[0] for text in _told(messages) if "Subject: " in text)
    results = [str(m.get("content")).splitlines()[0] for m in messages if m.get("role") == "tool"]
    if not results:
        return [{"name": "buy_picture", "arguments": {"subject": subject, "price": PRICE}}]
    picture = f"[{results[-1]}]" if results[-1].startswith("picture") else "[no picture]"
    critique = said(messages, "critic")
    more = " Somebody keeps them by night." if critique and "keeps" in critique[-1] else ""
    for thing in re.findall(r"mention (?:the )?(\w+)", " ".join(_told(messages))):
        more += f" And there is the {thing}."
    return f"{picture} {subject.capitalize()} show ships the way.{more}"


def critic_by_rules(messages: Sequence[Any]) -> str:
    draft = said(messages, "drafter")[-1]
    return draft if "keeps" in draft else "It does not say who keeps them."


def publisher_by_rules(messages: Sequence[Any]) -> str:
    return f"PAGE: {said(messages, 'writers')[-1]}"


def _told(messages: Sequence[Any]) -> list[str]:
    return [str(m["content"]) for m in messages if m.get("role") == "user"]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--task", default=TASK, help="what is to be written")
    parser.add_argument("--rounds", metavar="N", type=at_least(1), default=2, help="how often the writers speak (2)")
    rules = by_agent(
        planner=planner_by_rules,
        drafter=drafter_by_rules,
        critic=critic_by_rules,
        publisher=publisher_by_rules,
    )
    setup = start(parser, rules, ANSWERS)
    options, model = setup.options, setup.model
    drafter = AssistantAgent(
        "drafter", "Write the page. Buy one picture for it, once. Improve it as the critic says.", model,
        tools=[buy_picture],
    )  # fmt: skip
    critic = AssistantAgent("critic", "Say what is missing in the draft; if nothing is, repeat the draft.", model)
    # A team is an agent: it takes a seat in another one, to any depth.
    writers = RoundRobin([drafter, critic], rounds=options.rounds, name="writers")
    planner = AssistantAgent("planner", "Say in two lines what the page is to tell.", model)
    publisher = AssistantAgent("publisher", "Repeat what the writers wrote, ready to be published.", model)
    try:
        with setup.console() as people:
            response = Sequential([planner, writers, publisher]).run(message=options.task, channels=people)
            response.process()
    finally:
        print(f"bought: {', '.join(bought) or 'nothing'}")
    return 0


if __name__ == "__main__":
    run(main)

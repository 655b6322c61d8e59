"""Three analysts work on one question at the same time, and you review what is made of their findings.

None of them reads the others. Offline they look for figures: people, revenue, growth in %, lawsuits, a year.
Try: revise shorter, revise by risk, approve, edit content="my own words", reject too early.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from _common import arguments, run, start
from _teams import by_agent, task

from convagent import AssistantAgent, Concurrent, ask

TASK = (
    "Shall we buy Penwell, a maker of pens? 40 people, a revenue of 6 million, growing by 3 % a year, 2 open lawsuits, "
    "software of 1998."
)
ANSWERS = ("looks fine", "revise shorter", "approve")
ANALYSTS = {
    "market": "You judge market and growth. Answer in one or two sentences, and begin with BUY, WAIT or NO.",
    "legal": "You judge legal risks. Answer in one or two sentences, and begin with BUY, WAIT or NO.",
    "technology": "You judge technology. Answer in one or two sentences, and begin with BUY, WAIT or NO.",
}


def figure(messages: Sequence[Any], pattern: str) -> float | None:
    found = re.search(pattern, task(messages))
    return float(found[1]) if found else None


def market_by_rules(messages: Sequence[Any]) -> str:
    growth = figure(messages, r"(-?\d+(?:\.\d+)?) ?%")
    if growth is None:
        return "WAIT. Without the growth of its revenue there is no price."
    return f"{'BUY' if growth >= 5 else 'WAIT'}. {growth:g} % a year is {'healthy' if growth >= 5 else 'slow'}."


def legal_by_rules(messages: Sequence[Any]) -> str:
    lawsuits = figure(messages, r"(\d+) (?:open )?lawsuits?")
    return f"NO. {lawsuits:g} lawsuits are open; settle them first." if lawsuits else "BUY. No lawsuit is open."


def technology_by_rules(messages: Sequence[Any]) -> str:
    year = figure(messages, r"\b((?:19|20)\d\d)\b")
    old = year is not None and year < 2015
    return f"WAIT. Software of {year:.0f} has to be replaced." if old else "BUY. Nothing has to be replaced soon."


def editor_by_rules(messages: Sequence[Any]) -> str:
    """Make one advice of the findings: the most cautious one leads."""
    text = str(messages[-1]["content"])
    found = re.findall(rf"^({'|'.join(ANALYSTS)}):\n(BUY|WAIT|NO)\. (.*)", text, re.MULTILINE)
    advice = next((word for word in ("NO", "WAIT", "BUY") if any(word == verdict for _, verdict, _ in found)), "WAIT")
    wish = text.rpartition("Write it again:")[2].lower() if "Write it again:" in text else ""
    if "risk" in wish:
        found.sort(key=lambda one: ("NO", "WAIT", "BUY").index(one[1]))
    if "short" in wish:
        return f"{advice}: {', '.join(f'{who} says {verdict}' for who, verdict, _ in found)}."
    return "\n".join([f"Advice: {advice}", *(f"- {who}: {verdict}. {why}" for who, verdict, why in found)])


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--task", default=TASK, help="what is to be judged")
    rules = by_agent(
        market=market_by_rules, legal=legal_by_rules, technology=technology_by_rules, editor=editor_by_rules
    )
    setup = start(parser, rules, ANSWERS)
    analysts = [AssistantAgent(name, text, setup.model) for name, text in ANALYSTS.items()]
    editor = AssistantAgent("editor", "Make one advice of the findings: NO, WAIT or BUY, and why.", setup.model)
    # What the editor makes of it waits for you; sent back, it goes to the editor with your wish, not to the analysts.
    board = Concurrent(analysts, merge=editor, review=ask("chief"), name="board")
    with setup.console() as people:
        response = board.run(message=setup.options.task, channels=people)
        response.process()
    print(
        f"ADVICE:\n{response.summary}" if response.last_speaker == "board" else f"NO ADVICE: {response.result.reason}"
    )
    return 0


if __name__ == "__main__":
    run(main)

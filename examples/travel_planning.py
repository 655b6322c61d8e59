"""A trip planned by a group whose next speaker a model chooses; you are the traveller.

A classic group chat: GroupChat, GroupChatManager, speaker_selection_method="auto". When it is your turn, type what
you want instead (offline: cheaper, 2 days, no museums), or exit when you like the plan.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from _common import arguments, run, start
from _teams import by_agent, said

from convagent import AssistantAgent, GroupChat, GroupChatManager, UserProxyAgent

TRIP = "Three days in Lisbon in May, please: food, the sea, and museums."
ANSWERS = ("cheaper, and no museums", "exit")
PLACES = {
    "museums": ("the tile museum", 12),
    "food": ("a dinner in Alfama", 45),
    "sea": ("the coast at Cascais", 6),
    "food again": ("the market hall", 20),
}
ORDER = ("guide", "accountant", "traveller")


def wanted(messages: Sequence[Any]) -> str:
    return " ".join(said(messages, "traveller")).lower()


def guide_by_rules(messages: Sequence[Any]) -> str:
    """Answer in the model's place: a place a day, of what the traveller wants by now."""
    text = wanted(messages)
    places = [(name, place) for name, (place, _) in PLACES.items() if name.split()[0] in text]
    places = [(name, place) for name, place in places if f"no {name}" not in text]
    if "cheap" in text:
        places = [(name, place) for name, place in places if PLACES[name][1] < 40]
    days = max([int(n) for n in re.findall(r"(\d) days?", text)[-1:]] or [3])
    return "\n".join(f"Day {number}: {place}" for number, (_, place) in enumerate(places[:days], 1))


def accountant_by_rules(messages: Sequence[Any]) -> str:
    plan = said(messages, "guide")[-1]
    prices = {place: price for place, price in PLACES.values() if place in plan}
    return f"That is {sum(prices.values())} euros: {', '.join(f'{place} {price}' for place, price in prices.items())}."


def chooser_by_rules(messages: Sequence[Any]) -> str:
    """Name who speaks next: the one after whoever spoke last."""
    last = next((str(m.get("name")) for m in reversed(messages) if m.get("name") in ORDER), "traveller")
    return ORDER[(ORDER.index(last) + 1) % len(ORDER)]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--trip", default=TRIP, help="what you want")
    rules = by_agent(guide=guide_by_rules, accountant=accountant_by_rules, chat_manager=chooser_by_rules)
    setup = start(parser, rules, ANSWERS)
    traveller = UserProxyAgent("traveller", description="says what they want, and whether they like a plan")
    guide = AssistantAgent(
        "guide", "You know the place. Propose one thing a day, a line each.", setup.model, description="proposes a plan"
    )
    accountant = AssistantAgent(
        "accountant", "Add up what the guide's plan costs, in one sentence.", setup.model,
        description="says what a plan costs, right after it was proposed",
    )  # fmt: skip
    group = GroupChat([traveller, guide, accountant], max_round=12, speaker_selection_method="auto")
    manager = GroupChatManager(group, llm_config=setup.model)
    with setup.console() as people:
        result = traveller.initiate_chat(manager, message=setup.options.trip, channels=people)
    plans = said(result.chat_history, "guide")
    print(f"THE PLAN ({result.reason}):\n{plans[-1] if plans else 'none'}")
    return 0


if __name__ == "__main__":
    run(main)

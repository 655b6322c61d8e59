"""Two sides and a moderator debate, and you have a seat among them.

When it is your turn, type what you want to say; Enter passes, exit ends the debate. Somebody in the audience calls
something in between, which whoever speaks next has heard. Offline both sides know: cost, risk, time, people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from _common import arguments, at_least, run, start
from _teams import by_agent, said, task

from convagent import AssistantAgent, ConsoleEventProcessor, Human, RoundRobin, RunResponse
from convagent.events import Event, TextEvent

QUESTION = "Should we rewrite our billing system?"
CALL = "And what about the cost?"
ANSWERS = ("", "Who of our people would do it, and in what time?")
POINTS = {
    # A word that somebody says: what is for it, and what is against it.
    "cost": ("every change to the old one costs us twice", "the new one costs a year before it earns anything"),
    "risk": ("the old one fails every month", "the new one fails in ways that nobody knows yet"),
    "time": ("what takes a year now will take two later", "customers do not wait for a year"),
    "people": ("good people leave old code", "those who know the rules are two, and busy"),
}
GENERAL = (
    ("the old one stands in our way", "the old one works"),
    ("we would learn what we really need", "we would forget what we once knew"),
    ("others have done it", "others have failed"),
)


def side_by_rules(side: int, own: str, messages: Sequence[Any]) -> str:
    """Answer in the model's place: what somebody asked last first, then the next general point."""
    mine = sum(m.get("role") == "assistant" for m in messages)
    others = [(str(m.get("name")), str(m["content"])) for m in messages if m.get("role") == "user"]
    since = next((i for i, m in enumerate(reversed(messages)) if m.get("role") == "assistant"), len(messages))
    for who, text in reversed(others[1:][-since:] if since else []):
        if who in SEATS:
            continue
        words = [word for word in POINTS if word in text.lower()]
        if words:
            return f"To {who}: {', and '.join(POINTS[word][side] for word in words)}."
    return f"{own}: {GENERAL[mine % len(GENERAL)][side]}."


def moderator_by_rules(messages: Sequence[Any]) -> str:
    """Sum up: who spoke how often, and what was asked from outside the two sides."""
    counts = {name: len(said(messages, name)) for name in SEATS[:2]}
    asked = [m for m in messages if m.get("role") == "user" and m.get("name") not in SEATS][1:]
    questions = "; ".join(f"{m.get('name')} said {str(m['content'])!r}" for m in asked)
    return f"On {task(messages)!r}: {counts['for_it']} for, {counts['against_it']} against. {questions}".strip()


SEATS = ("for_it", "against_it", "moderator")


class Hall(ConsoleEventProcessor):
    """The console, and an audience that calls something once."""

    def __init__(self, call: str) -> None:
        super().__init__()
        self._call = call
        self.debate: RunResponse | None = None

    def process_event(self, event: Event) -> None:
        """Show an event, and ask where it is a question."""
        if self.debate is not None and self._call and isinstance(event, TextEvent) and event.sender == "against_it":
            # From any thread, or by another program through the inbox: the next speaker has heard it.
            self.debate.say(self._call, by="audience")
            self._call = ""
        super().process_event(event)


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--question", default=QUESTION, help="what is debated")
    parser.add_argument("--rounds", metavar="N", type=at_least(1), default=2, help="how often each one speaks (2)")
    parser.add_argument("--call", metavar="TEXT", default=CALL, help="what the audience calls; empty: nothing")
    rules = by_agent(
        for_it=lambda messages: side_by_rules(0, "I am for it", messages),
        against_it=lambda messages: side_by_rules(1, "I am against it", messages),
        moderator=moderator_by_rules,
    )
    setup = start(parser, rules, ANSWERS)
    options = setup.options
    instructions = (
        "You argue for it. Answer what was said last, in one or two sentences.",
        "You argue against it. Answer what was said last, in one or two sentences.",
        "You moderate. Sum up this round in two sentences, whatever the guest and the audience said included.",
    )
    for_it, against_it, moderator = (
        AssistantAgent(name, text, setup.model) for name, text in zip(SEATS, instructions, strict=True)
    )
    guest = Human("guest")  # anybody at the terminal; Human("ada") where people= says who ada is
    debate = RoundRobin([for_it, against_it, guest, moderator], rounds=options.rounds, name="debate")
    with setup.console() as people:
        hall = Hall(options.call)
        hall.debate = debate.run(message=options.question, channels=people)
        hall.debate.process(hall)
    print(f"DEBATE OVER ({hall.debate.result.reason})")
    return 0


if __name__ == "__main__":
    run(main)

"""Support that escalates by itself: with its reason, the context and what it would do.

First level is asked by the model; a credit above 20 is for first level by a rule, which nobody can talk the
model out of, and goes on to second level where first level is silent. At a terminal you are both, and the
time is real (--within 30s); otherwise people are scripted and their time is simulated, and shown so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from _common import Setup, arguments, run, start

from convagent import ConsoleEventProcessor, ConversableAgent, approve, arg, ask, deny, escalate, tool, when
from convagent.channels import Terminal
from convagent.events import Event, InputRequestEvent
from convagent.observers.card import card
from convagent.testing import Fake, after, silent

MESSAGE = "The shelf came broken for the second time. I want 40 back, or you will hear from my lawyer."
INSTRUCTIONS = (
    "You are the first contact of a shop. Escalate what is angry, legal or about money, once, and do what you are "
    "told: money is given by the tool credit. Then answer the customer in one sentence."
)
credited: list[str] = []


def tools(within: str) -> list[Any]:
    levels = ask("first_level", within=within) >> ask("second_level", within=within) >> deny("nobody decided in time")

    @tool(approval=when(arg.amount > 20, levels))
    def credit(amount: float) -> str:
        """Give money back to the customer of this chat."""
        credited.append(f"{amount:.2f}")
        return f"{amount:.2f} credited"

    # A tool like any other for the model; its three texts (reason, context, suggested_action) reach a person.
    return [escalate(to="first_level", within=within, otherwise="Nobody is at first level; offer to call back"), credit]


def contact_by_rules(messages: Sequence[Any]) -> Any:
    """Answer in the model's place: escalate, give what is granted, report."""
    said = str(next(m["content"] for m in messages if m.get("role") == "user"))
    results = [str(m["content"]) for m in messages if m.get("role") == "tool"]
    wanted = re.search(r"\b(\d+(?:\.\d+)?)\b", said)
    if not results:
        case = {
            "reason": "the customer mentions a lawyer" if "lawyer" in said.lower() else "I may not decide about money",
            "context": f"The customer wrote: {said}",
            "suggested_action": f"credit {wanted[1]}" if wanted else "call the customer",
        }
        return [{"name": "escalate", "arguments": case}]
    granted = re.search(r"\bcredit (\d+(?:\.\d+)?)", results[0])
    if len(results) == 1 and granted:
        return [{"name": "credit", "arguments": {"amount": float(granted[1])}}]
    return f"Here is what we did about your case: {results[-1]}"


class Shown(ConsoleEventProcessor):
    """The console, which also shows the questions that scripted people are asked."""

    def process_event(self, event: Event) -> None:
        """Show an event."""
        super().process_event(event)
        if isinstance(event, InputRequestEvent) and event.seat is None and event.request.decisions:
            print(card(event.request), end="")


def people(setup: Setup, given: bool) -> dict[str, Any]:
    """Say who answers: you, given answers, or the built-in people, whose hours pass at once."""
    if setup.script is None:
        return {"channels": [Terminal()]}
    print("[scripted people, named fake, and simulated time: the waits below pass at once]")
    if given:  # one an answer, whoever is asked; a blank one lets the time pass
        answers = [text if text.strip() else silent for text in setup.script]
        return {"people": Fake(script=[*answers, silent], roles={"script": ["first_level", "second_level"]})}
    return {
        "people": Fake(first_level=["credit 40, and say that we are sorry", silent], second_level=after("25m", approve))
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--message", default=MESSAGE, help="what the customer writes")
    parser.add_argument("--within", metavar="TIME", default="", help="how long each level has (30s, simulated: 1h)")
    setup = start(parser, contact_by_rules)
    options = setup.options
    contact = ConversableAgent(
        "contact",
        system_message=INSTRUCTIONS,
        llm_config=setup.model,
        tools=tools(options.within or ("30s" if setup.script is None else "1h")),
    )
    customer = ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")
    given = options.answer is not None or options.answers is not None
    try:
        customer.run(contact, message=options.message, max_turns=1, **people(setup, given)).process(Shown())
    finally:
        print(f"credited: {', '.join(credited) or 'nothing'}")
    return 0


if __name__ == "__main__":
    run(main)

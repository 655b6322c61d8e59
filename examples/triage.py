"""A desk that hands a customer over to whoever can help, and you decide where each handoff goes.

The model wants to hand over; you approve, or send it elsewhere: edit to=technician. Rejected, the first contact goes on
itself. Offline it looks for one word only, so it is wrong as soon as a message is about two things.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from _common import arguments, run, start
from _teams import by_agent, task

from convagent import AssistantAgent, ConversableAgent, Handoff, ask, at, tool

MESSAGE = "Since I was charged twice, the app does not start any more."
ANSWERS = ("technician", 'edit to=technician reason="it does not start"', "approve")
restarted: list[str] = []


@tool(effect="idempotent")
def restart_account(customer: str) -> str:
    """Restart the account of a customer on our side."""
    restarted.append(customer)
    return "restarted"


@tool(effect="read")
def charges(customer: str) -> str:
    """Look up what a customer was charged."""
    return "12.00 on 3 May; 12.00 on 3 May"


def triage_by_rules(messages: Sequence[Any]) -> Any:
    """Hand over by the first word that fits; what a handoff that was not wanted says is the last message."""
    last = str(messages[-1].get("content"))
    if last.startswith("Not handed over"):
        first = last.partition("asks for this first: ")[2]
        return f"Before I hand you over: {first}" if first else "Somebody will write to you today."
    text = task(messages).lower()
    for name, words in (("billing", ("charge", "invoice", "money")), ("technician", ("start", "error", "crash"))):
        word = next((word for word in words if word in text), "")
        if word:
            return [{"name": f"transfer_to_{name}", "arguments": {"reason": f"the customer writes of {word!r}"}}]
    return "What is it about: your invoice, or the app?"


def billing_by_rules(messages: Sequence[Any]) -> Any:
    if messages[-1].get("role") != "tool":
        return [{"name": "charges", "arguments": {"customer": "customer"}}]
    twice = len(set(str(messages[-1]["content"]).split("; "))) == 1
    return "You were charged twice; the second one comes back within two days." if twice else "All charges are right."


def technician_by_rules(messages: Sequence[Any]) -> Any:
    if messages[-1].get("role") != "tool":
        return [{"name": "restart_account", "arguments": {"customer": "customer"}}]
    return "I have restarted your account; please open the app again."


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--message", default=MESSAGE, help="what the customer writes")
    setup = start(
        parser, by_agent(triage=triage_by_rules, billing=billing_by_rules, technician=technician_by_rules), ANSWERS
    )

    def agent(name: str, instructions: str, description: str, *tools: Any) -> AssistantAgent:
        return AssistantAgent(name, instructions, setup.model, description=description, tools=tools)

    desk = Handoff(
        [
            agent("triage", "Find out what the customer needs, and hand over.", "first contact"),
            agent("billing", "Solve what is about money, in one or two sentences.", "charges, invoices", charges),
            agent("technician", "Solve what does not work, in one or two sentences.", "the app", restart_account),
        ],
        # For their models a handoff is a tool; for you an action with the argument `to`, which an edit changes.
        oversight=at("handoff", ask("supervisor")),
        name="desk",
    )
    customer = ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")
    with setup.console() as people:
        result = customer.initiate_chat(desk, message=setup.options.message, max_turns=1, channels=people)
    answered = result.last_speaker != customer.name
    print(f"{result.last_speaker} ANSWERED: {result.summary}" if answered else f"NO ANSWER: {result.reason}")
    print(f"restarted: {', '.join(restarted) or 'nobody'}")
    return 0


if __name__ == "__main__":
    run(main)

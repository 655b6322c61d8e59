"""Pay refunds back: up to 100 without a question, above only if a clerk says so.

Offline the desk understands "250 to Bob". Enter decides nothing. Try: approve, edit amount=80,
reject no receipt, respond a voucher was sent, always, stop.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from _common import arguments, run, start

from convagent import ConversableAgent, arg, ask, tool, when

REQUEST = "Please pay 40 to Ada for the cup, and 250 to Bob for the chair."
ANSWERS = ("", "yes please", "edit amount=lots", "edit amount=80")
paid: list[str] = []


# The rule stands at the tool: whoever calls it, in whichever chat, is under it.
@tool(
    approval=when(arg.amount > 100, ask("clerk")),
    preview=lambda a: f"{a['amount']:.2f} would be paid back to {a['customer']}",
)
def refund(customer: str, amount: float) -> str:
    """Pay money back to a customer."""
    paid.append(f"{amount:.2f} to {customer}")
    return f"{amount:.2f} paid back to {customer}"


def desk_by_rules(messages: Sequence[Any]) -> Any:
    """Answer in the model's place: a call for each amount in the customer's message, then what came of them."""
    results = [m["content"] for m in messages if m.get("role") == "tool"]
    if results:
        return "\n".join(f"- {result}" for result in results)
    wanted = re.findall(r"(\d+(?:\.\d+)?) to (\w+)", str(messages[-1]["content"]))
    calls = [{"name": "refund", "arguments": {"customer": who, "amount": float(amount)}} for amount, who in wanted]
    return calls or "I found no refund in your message; write it as: 250 to Bob."


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--request", default=REQUEST, help="what the customer writes")
    setup = start(parser, desk_by_rules, ANSWERS)
    desk = ConversableAgent(
        "refund_desk",
        system_message="You pay refunds with the tool refund, one call a refund, and report what came of each.",
        llm_config=setup.model,
        tools=[refund],
    )
    customer = ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")
    try:
        with setup.console() as people:  # you at the terminal, or the script
            customer.initiate_chat(desk, message=setup.options.request, max_turns=1, channels=people)
    finally:
        print(f"paid: {', '.join(paid) or 'nothing'}")
    return 0


if __name__ == "__main__":
    run(main)

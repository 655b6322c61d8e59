"""Pay out money: above 10,000 two different people of finance must approve.

You are one of them; the other one, Grace, is played by a rule of three lines. Nobody counts twice, and
who changes a payout has made it and cannot approve it. Try: approve, edit amount=9000, reject, stop.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from _common import arguments, run, start

from convagent import ConversableAgent, Decision, HumanRequest, approve, arg, ask, reject, tool, when
from convagent.channels import CallableChannel

REQUEST = "Pay 2400 to Staples and 18000 to Initech."
ANSWERS = ("ok", "approve")
paid: list[str] = []


@tool(approval=when(arg.amount > 10_000, ask("finance", need=2)), risk="high", impact=lambda a: f"-{a['amount']:.2f}")
def pay_out(payee: str, amount: float) -> str:
    """Pay money to somebody."""
    paid.append(f"{amount:.2f} to {payee}")
    return f"{amount:.2f} paid to {payee}"


def grace(request: HumanRequest) -> Decision | None:
    """Answer as the colleague: the same request reaches her, and each answer names it by its id."""
    amount = request.action.arguments["amount"] if request.action else 0
    return approve if amount <= 50_000 else reject("more than 50,000 needs the board")


def treasury_by_rules(messages: Sequence[Any]) -> Any:
    """Answer in the model's place: a call for each payment that is asked for, then what came of them."""
    results = [m["content"] for m in messages if m.get("role") == "tool"]
    if results:
        return "\n".join(f"- {result}" for result in results)
    wanted = re.findall(r"(\d+(?:\.\d+)?) to (\w+)", str(messages[-1]["content"]))
    calls = [{"name": "pay_out", "arguments": {"payee": who, "amount": float(amount)}} for amount, who in wanted]
    return calls or "I found no payment in your message; write it as: 18000 to Initech."


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--request", default=REQUEST, help="what is to be paid")
    setup = start(parser, treasury_by_rules, ANSWERS)
    treasury = ConversableAgent(
        "treasury",
        system_message="You pay by the tool pay_out, one call a payment, and report what came of each.",
        llm_config=setup.model,
        tools=[pay_out],
    )
    buyer = ConversableAgent("buyer", llm_config=False, human_input_mode="NEVER")
    colleague = CallableChannel(grace, person="grace", roles=["finance"], name="rule that plays grace")
    try:
        with setup.console() as people:
            buyer.initiate_chat(treasury, message=setup.options.request, max_turns=1, channels=[colleague, *people])
    finally:
        print(f"paid: {', '.join(paid) or 'nothing'}")
    return 0


if __name__ == "__main__":
    run(main)

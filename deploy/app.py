"""A team to begin with: a desk that pays refunds, and asks a clerk above 100. Put your own in its place.

`convagent worker app:team` moves its runs on; `python app.py Ada 250` begins one: the desk is asked to pay Ada 250.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from convagent import ConversableAgent, RuleModel, ToolContext, arg, ask, enqueue, tool, when


@tool(approval=when(arg.amount > 100, ask("clerk")))
def refund(customer: str, amount: float, ctx: ToolContext) -> str:
    """Pay money back."""
    time.sleep(float(os.environ.get("BANK_SECONDS", "0")))  # a bank takes its time
    with open(os.environ.get("LEDGER", "paid.txt"), "a", encoding="utf-8") as ledger:
        ledger.write(f"{amount:g} to {customer} {ctx.idempotency_key}\n")
    return f"{amount:g} paid to {customer}"


def rules(messages: list[dict[str, Any]]) -> Any:
    """Stand in for a model: pay what was asked for, then say so."""
    last = messages[-1]
    if last.get("role") == "tool":
        return last["content"]
    customer, amount = last["content"].rsplit(" ", 1)
    return [{"name": "refund", "arguments": {"customer": customer, "amount": float(amount)}}]


def team() -> list[ConversableAgent]:
    """Return the agents; each run gets its own."""
    desk = ConversableAgent("desk", llm_config=RuleModel(rules), tools=[refund], human_input_mode="NEVER")
    return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


def begin(customer: str, amount: str) -> str:
    """Keep a run for a worker, as a web request would; return its id."""
    desk, other = team()
    where = os.environ["CONVAGENT_JOURNAL"]
    return enqueue(where, other, desk, message=f"{customer} {amount}", max_turns=1, lane=customer)


if __name__ == "__main__":
    print(begin(*sys.argv[1:]))

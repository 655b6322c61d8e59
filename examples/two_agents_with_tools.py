"""Two agents and two tools: one the assistant calls itself, one it proposes and the other agent executes.

Prices and stock are made up. The chat ends by itself; nobody is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from _common import arguments, run, start

from convagent import ConversableAgent, register_function, tool

PRICES = {"notebook": 2.5, "globe": 39.0, "chalk": 1.2}
orders: list[str] = []


# An agent that is given a tool runs it inside its own turn. The schema comes from the annotations.
@tool(effect="read")
def price(article: Annotated[str, "notebook, globe or chalk"]) -> float:
    """Return the price of one piece in dollars."""
    return PRICES[article]


# A plain function, registered as in classic scripts: the assistant proposes it, the shop executes it.
def order(article: Annotated[str, "what to order"], pieces: Annotated[int, "how many"]) -> dict[str, Any]:
    """Order articles."""
    orders.append(f"{pieces} x {article}")
    return {"ordered": article, "pieces": pieces, "number": len(orders)}


def assistant_by_rules(messages: Sequence[Any]) -> Any:
    """Answer in the model's place: ask both prices, then order, then report."""
    results = [m for m in messages if m.get("role") == "tool"]
    if not results:
        return [{"name": "price", "arguments": {"article": article}} for article in ("notebook", "globe")]
    if len(results) == 2:
        return [{"name": "order", "arguments": {"article": "notebook", "pieces": "24"}}]
    notebook, globe = (float(m["content"]) for m in results[:2])
    return f"24 notebooks are ordered for ${24 * notebook:.2f}; a globe would be ${globe:.2f}. TERMINATE"


def main() -> int:
    setup = start(arguments(__doc__), assistant_by_rules)
    assistant = ConversableAgent(
        "assistant",
        system_message="You buy for a school. Use the tools. Say TERMINATE at the end of your last message.",
        llm_config=setup.model,
        tools=[price],
    )
    shop = ConversableAgent(
        "shop",
        llm_config=False,
        human_input_mode="NEVER",
        is_termination_msg=lambda message: "TERMINATE" in (message.get("content") or ""),
    )
    register_function(order, caller=assistant, executor=shop, description="Order articles.")

    question = "What do notebooks and a globe cost? Order 24 notebooks."
    result = shop.initiate_chat(assistant, message=question, observers=setup.people)
    print(f"orders: {orders}\nsummary: {result.summary}")
    return 0


if __name__ == "__main__":
    run(main)

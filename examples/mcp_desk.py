"""Answer a customer with the tools of an MCP server: it reads by itself, and cancels if a clerk says so.

The server is started here and ends with this program. Offline the desk understands "order 17" and "cancel order 21".
Enter decides nothing. Try: approve, edit reason=late, reject it is packed already, respond ask me tomorrow, stop.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _common import arguments, run, start

from convagent import ConversableAgent, MCPServer, ask
from convagent.events import ExecutedFunctionEvent

REQUEST = "Where is order 17? And order 99? And please cancel order 21, I found it cheaper."
ANSWERS = ("", "yes please", "edit reason=price")


def desk_by_rules(messages: Sequence[Any]) -> Any:
    """Answer in the model's place: a call for each order in the customer's message, then what came of them."""
    results = [m["content"] for m in messages if m.get("role") == "tool"]
    if results:
        return "\n".join(f"- {result}" for result in results)
    asked, _, cancelled = str(messages[-1]["content"]).partition("cancel")
    calls: list[dict[str, Any]] = [_call("order_status", order=order) for order in re.findall(r"order (\d+)", asked)]
    calls += [_call("cancel_order", order=o, reason="found cheaper") for o in re.findall(r"order (\d+)", cancelled)]
    return calls or "I found no order in your message; write it as: order 17."


def _call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--request", default=REQUEST, help="what the customer writes")
    setup = start(parser, desk_by_rules, ANSWERS)
    orders = MCPServer.stdio(sys.executable, str(Path(__file__).with_name("_mcp_orders.py")), name="orders")
    # Two of its tools, whatever else it may list one day; the rule for one of them is ours, not the server's.
    tools = orders.tools(only=["order_status", "cancel_order"], approval={"cancel_order": ask("clerk")})
    desk = ConversableAgent(
        "order_desk",
        system_message="You look orders up and cancel them with your tools, and report what came of each.",
        llm_config=setup.model,
        tools=[tools],
    )
    customer = ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")
    cancelled: list[str] = []

    def note(event: Any) -> None:
        if isinstance(event, ExecutedFunctionEvent) and event.func_name == "cancel_order" and event.is_exec_success:
            cancelled.append(event.arguments["order"])

    try:
        with orders, setup.console() as people:  # you at the terminal, or the script
            request = setup.options.request
            customer.initiate_chat(desk, message=request, max_turns=1, channels=people, observers=[note])
    finally:
        print(f"cancelled: {', '.join(cancelled) or 'nothing'}")
    return 0


if __name__ == "__main__":
    run(main)

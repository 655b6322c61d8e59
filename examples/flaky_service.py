"""Ask a service that fails: three attempts with growing pauses, then a person decides.

Only what may be tried again is: time-outs, lost connections, 429, 5xx. When the attempts are used up,
try: retry (once more), respond 1.08 (you enter the value), reject, stop.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from _common import arguments, at_least, run, start

from convagent import ConversableAgent, ask, exponential, failing, retry, tool

ANSWERS = ("", "try again", "retry")
failures = 0
began: list[float] = []


# `effect="read"`: doing it twice does no harm. Of an unsafe tool the first failure goes to a person at once,
# because nobody knows whether the thing was done.
@tool(effect="read", approval=retry(3, backoff=exponential("200ms")) | failing(3, ask("oncall")))
def exchange_rate(source: str, target: str) -> float:
    """Return what one unit of a currency costs in another."""
    began.append(time.monotonic())
    if len(began) <= failures:
        raise TimeoutError(f"attempt {len(began)}: the rate service did not answer")
    return 1.0832


def trader_by_rules(messages: Sequence[Any]) -> Any:
    """Answer in the model's place: ask for the rate, then report it."""
    results = [m["content"] for m in messages if m.get("role") == "tool"]
    if not results:
        return [{"name": "exchange_rate", "arguments": {"source": "EUR", "target": "USD"}}]
    try:
        return f"250 EUR are {250 * float(results[0]):.2f} USD."
    except ValueError:
        return f"I cannot say what 250 EUR are: {results[0]}"


def main() -> int:
    global failures
    parser = arguments(__doc__)
    parser.add_argument("--fails", metavar="N", type=at_least(0), default=3, help="how often the service fails (3)")
    setup = start(parser, trader_by_rules, ANSWERS)
    failures = setup.options.fails
    trader = ConversableAgent(
        "trader",
        system_message="Convert amounts by the tool exchange_rate. If there is no rate, say so; never guess one.",
        llm_config=setup.model,
        tools=[exchange_rate],
    )
    customer = ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")
    try:
        with setup.console() as people:
            customer.initiate_chat(trader, message="How many USD are 250 EUR?", max_turns=1, channels=people)
    finally:
        print(f"attempts began at: {', '.join(f'{at - began[0]:.1f} s' for at in began)}")
    return 0


if __name__ == "__main__":
    run(main)

"""Try a policy on decisions that people made before: asks saved, rejections it would have missed, minutes.

The supplied log holds 24 refunds, decided under the rule "ask above 50" by simulated clerks on a simulated
clock. --record FILE has them decided anew, so that you see how such a log comes about. No model is asked.

  policy_backtest --limit 120
  policy_backtest --log audit.jsonl --tool refund
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, cast

from _common import amount, arguments, output, run, start

from convagent import (
    Action,
    ConversableAgent,
    HumanRequest,
    ScriptedModel,
    approve,
    arg,
    ask,
    edit,
    explain,
    its,
    reject,
    sample,
    tool,
    when,
)
from convagent.audit import AuditLog, backtest, verify
from convagent.testing import Fake, after

LOG = Path(__file__).parent / "data" / "decisions.jsonl"


@tool(approval=when(arg.amount > 50, ask("clerk")))
def refund(customer: str, amount: float, receipt: bool) -> str:
    """Pay money back."""
    return f"{amount:.2f} paid back to {customer}"


def clerk(request: HumanRequest) -> Any:
    """Decide as a careful clerk: no receipt, no money; a large sum is cut; longer thought for more."""
    given = cast("Action", request.action).arguments
    minutes = f"{1 + round(given['amount'] / 100)}m"
    if not given["receipt"] and given["amount"] > 80:
        return after(minutes, reject("no receipt"))
    if given["amount"] > 400:
        return after(minutes, edit(amount=400))
    return after(minutes, approve)


def record(path: Path) -> None:
    """Have 24 refunds decided, and keep all of it in an audit log."""
    chance = random.Random(24)
    asked = [
        {"customer": f"customer {n}", "amount": float(chance.choice((20, 45, 60, 75, 90, 140, 250, 480))),
         "receipt": chance.random() < 0.7}
        for n in range(1, 25)
    ]  # fmt: skip
    calls = [{"name": "refund", "arguments": arguments} for arguments in asked]
    model = ScriptedModel([*([call] for call in calls), "All are decided."])
    desk = ConversableAgent("refund_desk", llm_config=model, tools=[refund], human_input_mode="NEVER")
    shop = ConversableAgent("shop", llm_config=False, human_input_mode="NEVER")
    with AuditLog(path) as log:
        for _ in shop.run(
            desk, message="Decide on the refunds.", max_turns=1, people=Fake(clerk=clerk), observers=[log]
        ):
            pass  # nothing is shown
    print(f"recorded: {len(calls)} refunds in {path}, decided by simulated people on a simulated clock")


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--log", metavar="FILE", default=str(LOG), help="an audit log; default: the supplied one")
    parser.add_argument("--tool", default="refund", help="the tool that the policies are about (refund)")
    parser.add_argument("--limit", type=amount, metavar="N", default=120, help="ask above this amount instead (120)")
    parser.add_argument("--record", metavar="FILE", type=output(".jsonl"), help="make a log like the supplied one")
    options = start(parser, str).options
    if options.record:
        record(options.record)
        return 0

    limit = float(options.limit)
    policies = {
        f"ask above {limit:g}": when(arg.amount > limit, ask("clerk")),
        f"ask above {limit:g}, or without receipt above 80": when(
            (arg.amount > limit) | ((arg.receipt == False) & (arg.amount > 80)),  # noqa: E712 - a condition, not a truth value
            ask("clerk"),
        ),
        "a sample of a quarter": sample(0.25, ask("clerk")),
    }
    print(verify(options.log))
    for name, policy in policies.items():
        print(f"\n=== {name}\n{explain(policy)}\n")
        print(backtest(when(its.name == options.tool, policy), options.log))
    return 0


if __name__ == "__main__":
    run(main)

"""Settle an insurance claim: an adjuster fills in a form, and only a valid one is an approval.

The form is a pydantic model. What does not fit is said, and asked again. Try: approve,
approve cause=water payout=9000 receipts=yes, then with payout=1200 receipts=true; reject, stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from _common import arguments, run, start
from pydantic import BaseModel, Field

from convagent import ConversableAgent, ToolContext, ask, tool

CLAIM = "Claim 4711: a pipe burst in my kitchen. The floor and two cupboards are ruined, I want 1500."
ANSWERS = (
    "approve",
    "approve cause=water payout=9000 receipts=true",
    'approve cause=water payout=1200 receipts=true note="the cupboards were old"',
)


class Assessment(BaseModel):
    """What an adjuster has to find out."""

    cause: Literal["water", "fire", "theft", "other"]
    payout: float = Field(ge=0, le=5000, description="at most what the policy covers")
    receipts: bool = Field(description="whether receipts were shown")
    note: str = ""


@tool(approval=ask("adjuster", form=Assessment))
def settle_claim(ctx: ToolContext, claim: str, asked_for: float) -> str:
    """Settle a claim by what an adjuster found out."""
    found = Assessment.model_validate(ctx.form)  # filled in by the person, never by the model
    kept = "" if found.receipts else ", held back until receipts are shown"
    return f"claim {claim}: {found.payout:.2f} of {asked_for:.2f} for {found.cause} damage{kept}; by {ctx.approved_by}"


def insurer_by_rules(messages: Sequence[Any]) -> Any:
    """Answer in the model's place: hand the claim in, then report."""
    results = [m["content"] for m in messages if m.get("role") == "tool"]
    if results:
        return f"Your claim was handled: {results[0]}"
    return [{"name": "settle_claim", "arguments": {"claim": "4711", "asked_for": 1500.0}}]


def main() -> int:
    setup = start(arguments(__doc__), insurer_by_rules, ANSWERS)
    insurer = ConversableAgent(
        "insurer",
        system_message="You take claims. Settle each by the tool settle_claim and report what came of it.",
        llm_config=setup.model,
        tools=[settle_claim],
    )
    customer = ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")
    with setup.console() as people:
        customer.initiate_chat(insurer, message=CLAIM, max_turns=1, channels=people)
    return 0


if __name__ == "__main__":
    run(main)

"""Several people: who is left, once one has approved and another one cannot answer any more."""

from __future__ import annotations

import pytest

from convagent import ConversableAgent, NobodyReachable, ScriptedModel, ask, tool
from convagent.channels import ScriptedChannel

paid: list[int] = []


@tool(approval=ask("finance", need=2))
def pay(amount: int) -> str:
    """Pay."""
    paid.append(amount)
    return "paid"


def test_run_ends_when_only_who_has_approved_already_is_left() -> None:
    """Ada has approved, Bob's channel ends: a question that only Ada could still answer does not wait for ever."""
    call = {"name": "pay", "arguments": {"amount": 5}}
    bot = ConversableAgent("bot", llm_config=ScriptedModel([[call], "done"]), tools=[pay], human_input_mode="NEVER")
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    ada = ScriptedChannel("approve", person="ada", roles=["finance"], name="ada")
    bob = ScriptedChannel(EOFError, person="bob", roles=["finance"], name="bob")
    with pytest.raises(NobodyReachable, match="needs 2 of finance"):
        user.initiate_chat(bot, message="pay", max_turns=1, silent=True, channels=[ada, bob])
    assert paid == []

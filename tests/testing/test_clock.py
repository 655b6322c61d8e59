"""The clock that jumps: while everybody waits, inside a tool, too."""

from __future__ import annotations

import asyncio

from convagent import ChatResult, ConversableAgent, ScriptedModel, approve, ask, deny, tool
from convagent.testing import Fake, after, silent


@tool(approval=ask("clerk", within="3d") >> ask("boss", within="1d") >> deny("late"))
def refund(amount: int) -> str:
    """Refund."""
    return "refunded"


async def _inner() -> ChatResult:
    call = {"name": "refund", "arguments": {"amount": 5}}
    bot = ConversableAgent(
        "inner", llm_config=ScriptedModel([[call], "done"]), tools=[refund], human_input_mode="NEVER"
    )
    user = ConversableAgent("asker", llm_config=False, human_input_mode="NEVER")
    return await user.a_initiate_chat(bot, message="refund", max_turns=1, silent=True)


@tool
async def both() -> str:
    """Hold two chats at once."""
    results = await asyncio.gather(_inner(), _inner())
    return ", ".join(str(result.summary) for result in results)


def test_days_pass_at_once_when_chats_side_by_side_in_a_tool_wait_for_people() -> None:
    """The tool that holds them does nothing meanwhile, however many of them wait."""
    call = {"name": "both", "arguments": {}}
    bot = ConversableAgent("bot", llm_config=ScriptedModel([[call], "done"]), tools=[both], human_input_mode="NEVER")
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    people = Fake(clerk=silent, boss=after("5h", approve))
    began = people.clock.now()
    user.initiate_chat(bot, message="go", max_turns=1, silent=True, people=people)
    assert bot.chat_messages[user][2]["content"] == "done, done"
    assert people.clock.now() - began == (3 * 24 + 5) * 3600

"""A system message that changes belongs to the run in which it changed."""

from __future__ import annotations

import asyncio
from typing import Any

from convagent import ConversableAgent, ScriptedModel, UpdateSystemMessage


def test_updated_system_message_belongs_to_the_run_when_an_agent_serves_two() -> None:
    """Both update before either asks; each request has its own."""

    async def main() -> list[tuple[Any, Any]]:
        both = asyncio.Barrier(2)

        async def wait_for_the_other(messages: list[Any]) -> list[Any]:
            await both.wait()
            return messages

        model = ScriptedModel(["yes", "yes"])
        bot = ConversableAgent(
            "bot",
            llm_config=model,
            human_input_mode="NEVER",
            update_agent_state_before_reply=UpdateSystemMessage(
                lambda agent, messages: f"on {messages[-1]['content']}"
            ),
        )
        bot.register_hook("process_all_messages_before_reply", wait_for_the_other)
        users = [ConversableAgent(name, human_input_mode="NEVER") for name in ("ada", "bob")]
        chats = [u.a_initiate_chat(bot, message=u.name, max_turns=1, silent=True) for u in users]
        await asyncio.gather(*chats)
        return sorted((r.messages[0].get("content"), r.messages[-1].get("content")) for r in model.requests)

    assert asyncio.run(main()) == [("on ada", "ada"), ("on bob", "bob")]


def test_updated_system_message_is_read_in_the_hook_and_after_the_chat() -> None:
    """A classic script reads `agent.system_message` at both places."""
    read: list[Any] = []
    bot = ConversableAgent(
        "bot",
        "first",
        llm_config=ScriptedModel(["one", "two"]),
        human_input_mode="NEVER",
        update_agent_state_before_reply=[
            UpdateSystemMessage("It is {time}."),
            lambda agent, messages: read.append(agent.system_message),
        ],
        context_variables={"time": "late"},
    )
    ada = ConversableAgent("ada", human_input_mode="NEVER")
    assert bot.system_message == "first"
    ada.initiate_chat(bot, message="Hello.", max_turns=1, silent=True)
    bot.context_variables["time"] = "early"
    ada.initiate_chat(bot, message="Hello.", max_turns=1, silent=True)
    assert read == ["It is late.", "It is early."]
    assert bot.system_message == "It is early."


def test_system_message_set_between_chats_holds_for_the_next() -> None:
    """What a run set does not outlive it where the script sets another."""
    model = ScriptedModel(["one", "two"])
    bot = ConversableAgent("bot", llm_config=model, human_input_mode="NEVER")
    ada = ConversableAgent("ada", human_input_mode="NEVER")
    bot.register_hook("process_message_before_send", lambda sender, message, recipient, silent: _rename(bot, message))
    ada.initiate_chat(bot, message="Hello.", max_turns=1, silent=True)
    assert bot.system_message == "by a hook"
    bot.update_system_message("by the script")
    ada.initiate_chat(bot, message="Hello.", max_turns=1, silent=True)
    assert model.requests[1].messages[0] == {"role": "system", "content": "by the script"}


def _rename(agent: ConversableAgent, message: Any) -> Any:
    agent.update_system_message("by a hook")
    return message

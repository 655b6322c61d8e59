"""A chat inside a chat of the same two agents, and a chat of one."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import ConfigError, ConversableAgent


def contents(messages: list[Any]) -> list[Any]:
    return [m["content"] for m in messages]


def test_histories_are_those_of_the_outer_chat_when_a_nested_one_had_the_same_agents() -> None:
    """The nested chat has a history of its own, and the outer one goes on where it was."""
    ada = ConversableAgent("ada", human_input_mode="NEVER", default_auto_reply="I am ada.")
    bob = ConversableAgent("bob", human_input_mode="NEVER", default_auto_reply="I am bob.")
    asked: list[bool] = []

    def once(sender: Any) -> bool:
        asked.append(True)
        return len(asked) == 1

    bob.register_nested_chats([{"recipient": ada, "message": "psst", "max_turns": 1}], trigger=once)
    result = ada.initiate_chat(bob, message="Hello.", max_turns=2, silent=True)
    said = ["Hello.", "I am ada.", "I am ada.", "I am bob."]
    assert contents(result.chat_history) == said
    assert contents(ada.chat_messages[bob]) == said
    assert contents(bob.chat_messages[ada]) == said

    more = ada.initiate_chat(bob, message="And?", max_turns=1, silent=True, clear_history=False)
    assert contents(more.chat_history) == [*said, "And?", "I am bob."]


def test_agent_is_refused_when_it_is_to_chat_with_itself() -> None:
    """Both sides of such a history would be the same."""
    ada = ConversableAgent("ada", human_input_mode="NEVER")
    with pytest.raises(ConfigError, match="agent 'ada' cannot chat with itself"):
        ada.initiate_chat(ada, message="Hello.")

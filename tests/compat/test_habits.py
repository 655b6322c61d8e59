"""Habits of scripts for the classic that its documentation does not name, and that have to go on working."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from convagent import ConfigError, ConversableAgent, GroupChat, GroupChatManager


def member(name: str) -> ConversableAgent:
    return ConversableAgent(name, llm_config=False, human_input_mode="NEVER", default_auto_reply=f"I am {name}.")


@dataclass
class WithReferee(GroupChat):
    referee: Any = None
    calls: list[str] = field(default_factory=lambda: ["made"])

    def __post_init__(self) -> None:
        super().__post_init__()
        self.calls.append("checked")

    def select_speaker(self, last_speaker: Any, selector: Any) -> Any:
        return self.agents[0] if last_speaker is self.referee else self.referee


def test_subclass_of_a_group_may_be_a_dataclass() -> None:
    """It takes the group's arguments and its own, and its `__post_init__` is called."""
    ada, bob, cy = (member(name) for name in ("ada", "bob", "cy"))
    group = WithReferee(agents=[ada, bob, cy], messages=[], max_round=4, referee=cy)
    ada.initiate_chat(GroupChatManager(groupchat=group, llm_config=False), message="Begin.", silent=True)
    assert [m.get("name") for m in group.messages] == ["ada", "cy", "ada", "cy"]
    assert group.calls == ["made", "checked"]


def test_dataclass_of_a_group_is_checked_as_a_group_is() -> None:
    """What a group refuses is refused there, too."""
    with pytest.raises(ConfigError, match="max_round=0"):
        WithReferee(agents=[member("ada")], max_round=0)

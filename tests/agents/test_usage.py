"""What an agent's models cost, as the agent tells it."""

from __future__ import annotations

import pytest

from convagent import ConfigError, ConversableAgent, ScriptedModel


def test_mode_of_the_usage_summary_is_checked() -> None:
    """A misspelt mode is an error that suggests the right one."""
    bot = ConversableAgent("bot", llm_config=ScriptedModel(["hi"]))
    with pytest.raises(ConfigError, match="mode='totla' is not one of actual, total, both; did you mean total"):
        bot.print_usage_summary("totla")

"""Forms: an approval is what the form asks for, and nothing else stands in for it."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import ConfigError, ConversableAgent, NobodyReachable, ScriptedModel, ToolContext, ask, edit, tool
from convagent.testing import Fake


def _settle(policy: Any, people: Fake) -> list[Any]:
    """Return what the tool was given by the form, call by call."""
    filled: list[Any] = []

    @tool(approval=policy)
    def settle(ctx: ToolContext, amount: int) -> str:
        """Settle a claim."""
        filled.append(ctx.form)
        return "settled"

    call = {"name": "settle", "arguments": {"amount": 5}}
    bot = ConversableAgent("bot", llm_config=ScriptedModel([[call], "done"]), tools=[settle], human_input_mode="NEVER")
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    user.initiate_chat(bot, message="settle it", max_turns=1, silent=True, people=people)
    return filled


@pytest.mark.parametrize("form", [["low", "high"], {"type": "object", "properties": {"risk": {"type": "string"}}}])
def test_edit_is_no_decision_where_a_form_is_asked_for(form: Any) -> None:
    """Who changed the call would not have filled in the form, so they reject it and say what is wrong."""
    people = Fake(clerk=[edit(amount=1)])
    assert _settle(ask("clerk", within="1h", form=form), people) == []
    assert people.receipts[0].status == "invalid"
    assert "edit is not possible here" in people.receipts[0].problem


def test_form_that_is_no_schema_is_refused_where_it_is_written() -> None:
    """Nobody could ever fill it in."""
    with pytest.raises(ConfigError, match="is not a valid JSON Schema at type"):
        ask("clerk", form={"type": "number of euros"})


def test_editor_of_another_question_does_not_fill_in_the_form() -> None:
    """An edit counts for the ask that it answers; the form stands, and its editor may not be the one to fill it in."""
    policy = ask("clerk", within="1h", form=["low", "high"]) & ask("boss", within="1h")
    both = Fake(roles={"boss": ["clerk"]}, boss=edit(amount=1), clerk=["nothing yet", "low"])
    assert _settle(policy, both) == ["low"]
    with pytest.raises(NobodyReachable):
        _settle(policy, Fake(roles={"boss": ["clerk"]}, boss=edit(amount=1)))

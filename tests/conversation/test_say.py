"""What a person says from outside: theirs in every history, and nobody's turn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from convagent import ConversableAgent, ModelRequest, ScriptedModel
from convagent.errors import UsageError
from convagent.events import TextEvent
from convagent.testing import capture_events


def test_message_is_the_persons_when_it_is_said_from_outside() -> None:
    """Both agents see it as a user's under the person's name; it uses up no round trip."""

    async def hold() -> tuple[list[tuple[str, str]], ScriptedModel, ScriptedModel]:
        def first(request: ModelRequest) -> str:
            response.say("use the EU account")
            return "one"

        mine, theirs = ScriptedModel(["two"]), ScriptedModel([first, "three"])
        ada = ConversableAgent("ada", llm_config=mine, human_input_mode="NEVER")
        bob = ConversableAgent("bob", llm_config=theirs, human_input_mode="NEVER")
        seen = capture_events(TextEvent)
        response = await ada.a_run(bob, message="go", max_turns=2, silent=True, observers=[seen])
        await response.process()
        return [(event.sender, event.text) for event in seen.of(TextEvent)], mine, theirs

    said, mine, theirs = asyncio.run(hold())
    assert said == [
        ("ada", "go"),
        ("bob", "one"),
        ("person", "use the EU account"),
        ("ada", "two"),
        ("bob", "three"),
    ]
    theirs_word = {"content": "use the EU account", "role": "user", "name": "person"}
    assert theirs_word in list(mine.requests[-1].messages)
    assert theirs_word in list(theirs.requests[-1].messages)


@pytest.mark.parametrize("text", ["", "  ", 5, None])
def test_what_is_no_message_is_refused_where_it_is_said(text: Any) -> None:
    """In a history it would break the next call of a model, far from whoever said it."""
    ada = ConversableAgent("ada", llm_config=False, human_input_mode="NEVER")
    bob = ConversableAgent("bob", llm_config=ScriptedModel(["one"]), human_input_mode="NEVER")
    response = ada.run(bob, message="go", max_turns=1, silent=True)
    with pytest.raises(UsageError, match="expected what the agents are told"):
        response.say(text)
    response.process()
    assert [message["content"] for message in response.messages] == ["go", "one"]

"""Secrets: a tool gets the value, and nobody else does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from convagent import ConfigError, ConversableAgent, ScriptedModel, ToolError, ask, failing, reject, secret, tool
from convagent.channels.payload import request_as_json
from convagent.redaction import redacted
from convagent.testing import Fake

VALUE = "sk-live-12345678"


def play(made: Any, people: Fake | None = None) -> tuple[str, str, list[Any]]:
    """Let a model call a tool once; return what it was told, everything that was told of it, and the schema sent."""
    seen: list[str] = []
    model = ScriptedModel([[{"name": made.name, "arguments": {"amount": 5}}], "done"])
    bot = ConversableAgent("bot", llm_config=model, tools=[made], human_input_mode="NEVER")
    me = ConversableAgent("me", llm_config=False, human_input_mode="NEVER")
    me.initiate_chat(
        bot, message="pay", max_turns=1, silent=True, people=people, observers=[lambda e: seen.append(repr(e))]
    )
    return str(bot.chat_messages[me][2]["content"]), "\n".join(seen), list(model.requests[0].tools)


@pytest.fixture(autouse=True)
def value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAY_KEY", VALUE)


def test_tool_gets_the_value_and_nobody_else_sees_it() -> None:
    """Not the model, not the person who approves, not an event."""
    used: list[str] = []

    @tool(approval=ask("clerk"))
    def pay(amount: int, key: str = secret("PAY_KEY")) -> str:
        """Pay."""
        used.append(key)
        return f"paid {amount} with {key}"

    people = Fake(clerk="approve")
    result, seen, schemas = play(pay, people)
    assert used == [VALUE]
    assert result == "paid 5 with [secret PAY_KEY]"
    assert VALUE not in seen
    assert list(schemas[0]["function"]["parameters"]["properties"]) == ["amount"]
    assert people.asked[0].preview == "amount  5"


def test_value_is_blacked_out_when_the_tool_raises() -> None:
    """An error text that quotes it reaches neither the model nor the person who is asked what now."""

    @tool(approval=failing(1, ask("oncall")))
    def pay(amount: int, key: str = secret("PAY_KEY")) -> str:
        """Pay."""
        raise ToolError(f"401 for {key}")

    people = Fake(oncall=reject())
    result, seen, _ = play(pay, people)
    assert result == "Error: 401 for [secret PAY_KEY]"
    assert people.asked[0].because == "ToolError: 401 for [secret PAY_KEY], at the first attempt"
    assert VALUE not in seen


def test_marked_argument_is_hidden_when_its_call_failed() -> None:
    """Whoever is asked what now reads neither the argument nor the error that quotes it, where it is shown or sent."""

    def pay(amount: int, account: str) -> str:
        raise ToolError(f"no account {account}")

    schema = {"type": "object", "properties": {"amount": {}, "account": {"type": "string", "x-secret": True}}}
    people = Fake(oncall=reject())
    model = ScriptedModel([[{"name": "pay", "arguments": {"amount": 5, "account": "DE89-370"}}], "done"])
    made = tool(pay, parameters=schema, approval=failing(1, ask("oncall")))
    bot = ConversableAgent("bot", llm_config=model, tools=[made], human_input_mode="NEVER")
    me = ConversableAgent("me", llm_config=False, human_input_mode="NEVER")
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=people)
    (asked,) = people.asked
    shown = redacted(asked)
    assert "DE89-370" in asked.because
    assert "DE89-370" not in shown.because + shown.preview + shown.prompt + repr(shown.action)
    assert "DE89-370" not in json.dumps(request_as_json(asked))


def test_missing_secret_is_named_when_the_tool_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text says which variable to set; the tool is not run."""
    monkeypatch.delenv("PAY_KEY")

    @tool
    def pay(amount: int, key: str = secret("PAY_KEY")) -> str:
        """Pay."""
        raise AssertionError("not to be run")

    result, _, _ = play(pay)
    assert result == "Error: the secret 'PAY_KEY' is not set here; set the environment variable PAY_KEY"


def test_model_cannot_give_the_parameter() -> None:
    """It is not an argument that a model knows, whatever it tries."""

    @tool
    def pay(amount: int, key: str = secret("PAY_KEY")) -> str:
        """Pay."""
        return "paid"

    with pytest.raises(ToolError, match="argument 'key' is not known"):
        pay.binder.validate({"amount": 5, "key": "mine"})


@pytest.mark.parametrize("name", ["", "PAY-KEY", 5])
def test_name_of_a_secret_is_checked(name: Any) -> None:
    """A name that no environment variable has is refused where it is written."""
    with pytest.raises(ConfigError, match="expected the name of an environment variable"):
        secret(name)


def test_name_alone_is_shown() -> None:
    """The value is looked up at the call only."""
    assert repr(secret("PAY_KEY")) == "secret('PAY_KEY')"

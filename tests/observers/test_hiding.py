"""What a schema marks as secret is on no console: not in calls, results, messages, nor where somebody decides."""

from __future__ import annotations

import asyncio
import builtins
import io
from typing import Annotated, Any

import pytest
from pydantic import Field, SecretStr

from convagent import ConversableAgent, Printer, ScriptedModel, approve, ask, register_function, tool
from convagent.agents.durable import advance
from convagent.engine import Worker
from convagent.testing import Fake
from tests.durable.conftest import file as file
from tests.durable.places import SQLitePlace
from tests.durable.teams import Desk, begin, call, decide

SECRET = "tulip-and-granite"
Marked = Annotated[str, Field(json_schema_extra={"x-secret": True})]


def pay(amount: int, password: Marked) -> str:
    """Pay an invoice."""
    return f"paid {amount} with {password}"


def wire(amount: int, password: SecretStr) -> str:
    """Pay an invoice."""
    return f"paid {amount} with {password.get_secret_value()}"


def made(fn: Any, **rules: Any) -> tuple[ConversableAgent, ConversableAgent]:
    """Return a user, and an agent that pays with a secret and then says it."""
    call = {"name": fn.__name__, "arguments": {"amount": 5, "password": SECRET}}
    model = ScriptedModel([[call], f"It was {SECRET}."])
    bot = ConversableAgent("bot", llm_config=model, tools=[tool(fn, **rules)], human_input_mode="NEVER")
    return ConversableAgent("user", llm_config=False, human_input_mode="NEVER"), bot


@pytest.mark.parametrize("fn", [pay, wire])
def test_secret_argument_is_not_shown_when_a_tool_is_called(fn: Any) -> None:
    """The call, its execution, its result and what is said of it: asterisks, and the rest as it was."""
    user, bot = made(fn)
    out = io.StringIO()
    user.initiate_chat(bot, message="go", max_turns=1, observers=[Printer(out)])
    assert SECRET not in out.getvalue()
    assert 'Arguments: \n{"amount": 5, "password": "**********"}' in out.getvalue()
    assert "Input arguments: {'amount': 5, 'password': '**********'}" in out.getvalue()
    assert "paid 5 with **********" in out.getvalue()
    assert "It was **********." in out.getvalue()


def test_secret_is_not_shown_in_any_process_that_goes_on_with_a_turn(file: SQLitePlace) -> None:
    """Two questions in one turn, each answered when the process had ended: the third one has a printer, too."""
    script = [[call("refund", customer=name, amount=250)] for name in ("Bob", "Ada")]
    desk = Desk(script=(*script, [call("pay", amount=5, password=SECRET)], f"It was {SECRET}."), tools=[tool(pay)])
    journal, out = file.open(), io.StringIO()
    begin(journal, desk.agents)

    async def segment(claim: Any) -> None:
        await advance(journal, claim, desk.agents, [Printer(out)])

    for _ in range(2):
        asyncio.run(Worker(journal, segment, {"desk", "customer"}).work(once=True))
        decide(journal, approve)
    asyncio.run(Worker(journal, segment, {"desk", "customer"}).work(once=True))
    assert "paid 5 with **********" in out.getvalue()
    assert SECRET not in out.getvalue()


def test_secret_argument_is_not_shown_when_another_agent_executes(capsys: pytest.CaptureFixture[str]) -> None:
    """Nor by the console of whoever holds the chat, in the classic way of tools."""
    call = {"name": "pay", "arguments": {"amount": 5, "password": SECRET}}
    bot = ConversableAgent("bot", llm_config=ScriptedModel([[call], "TERMINATE"]), human_input_mode="NEVER")
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    register_function(pay, caller=bot, executor=user, description="Pay.")
    user.initiate_chat(bot, message="go", max_turns=2)
    out = capsys.readouterr().out
    assert SECRET not in out
    assert out.count("**********") >= 3


def test_secret_argument_is_not_shown_when_a_person_decides(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is decided about is shown without it, and done with it."""
    seen: list[str] = []

    def spy(amount: int, password: Marked) -> str:
        """Pay an invoice."""
        seen.append(password)
        return "paid"

    monkeypatch.setattr(builtins, "input", lambda prompt: "approve")
    user, bot = made(spy, approval=ask())
    user.initiate_chat(bot, message="go", max_turns=1)
    out = capsys.readouterr().out
    assert "  password  **********\n" in out
    assert SECRET not in out
    assert seen == [SECRET]


def test_arguments_that_cannot_be_read_are_not_shown_when_the_tool_has_secrets() -> None:
    """Nobody can say what of them is secret."""
    call = {"name": "pay", "arguments": '{"password": "' + SECRET}
    model = ScriptedModel([[call], "done"])
    bot = ConversableAgent("bot", llm_config=model, tools=[tool(pay)], human_input_mode="NEVER")
    user, out = ConversableAgent("user", llm_config=False, human_input_mode="NEVER"), io.StringIO()
    user.initiate_chat(bot, message="go", max_turns=1, observers=[Printer(out)])
    assert "Arguments: \n**********\n" in out.getvalue()


def test_text_is_as_it_was_when_no_schema_marks_anything() -> None:
    """A value that is like a secret elsewhere is none here."""

    def note(password: str) -> str:
        """Note."""
        return password

    call = {"name": "note", "arguments": {"password": SECRET}}
    bot = ConversableAgent(
        "bot", llm_config=ScriptedModel([[call], "done"]), tools=[tool(note, approval=ask("clerk"))],
        human_input_mode="NEVER",
    )  # fmt: skip
    user, out = ConversableAgent("user", llm_config=False, human_input_mode="NEVER"), io.StringIO()
    user.initiate_chat(bot, message="go", max_turns=1, observers=[Printer(out)], people=Fake(clerk=approve))
    assert out.getvalue().count(SECRET) == 5

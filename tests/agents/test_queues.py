"""A chat of a queue has the people, channels and journal that it names, as a chat by itself has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convagent import ConversableAgent, ScriptedModel, ask, initiate_chats, tool
from convagent.channels import ScriptedChannel
from convagent.journal import SQLiteJournal


@tool(approval=ask("clerk"))
def pay(amount: float) -> str:
    """Pay."""
    return f"paid {amount}"


def chat(**given: Any) -> dict[str, Any]:
    call = [{"name": "pay", "arguments": {"amount": 5.0}}]
    bot = ConversableAgent("bot", llm_config=ScriptedModel([call, "done"]), tools=[pay], human_input_mode="NEVER")
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    return {"sender": user, "recipient": bot, "message": "pay", "max_turns": 1, "silent": True, **given}


def test_people_and_channels_of_a_chat_are_asked_when_it_is_one_of_a_queue(tmp_path: Path) -> None:
    """The person whom the chat names answers over its channel; who decided is kept in its journal."""
    ada = ScriptedChannel("approve", person="ada", roles=["clerk"], name="mail")
    path = tmp_path / "runs.db"
    (result,) = initiate_chats([chat(people={"ada": ["clerk"]}, channels=[ada], journal=str(path))])
    assert result.summary == "done"
    with SQLiteJournal(path) as journal:
        (kept,) = journal.runs()
        assert kept.status == "done"
        replies = [row.body["reply"] for row in journal.load(kept.id).rows if row.body["type"] == "input_reply"]
    assert {(reply["by"], reply["channel"]) for reply in replies} == {("ada", "mail")}

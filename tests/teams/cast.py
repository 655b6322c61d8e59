"""What the tests of teams share: agents that say what is written down, and what they had read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from convagent import ChatResult, ConversableAgent, ScriptedModel
from convagent.messages import content_text


def member(name: str, *script: Any, **given: Any) -> ConversableAgent:
    """Return an agent whose model says these things; by default its name."""
    model = ScriptedModel(list(script) or [f"I am {name}."], repeat_last=True)
    return ConversableAgent(name, llm_config=model, human_input_mode="NEVER", **given)


def members(*names: str) -> list[ConversableAgent]:
    return [member(name) for name in names]


def hearing(name: str, heard: list[str], says: str = "") -> ConversableAgent:
    """Return an agent that notes the last thing that its model reads."""

    def reply(request: Any) -> str:
        heard.append(content_text(request.messages[-1].get("content")))
        return says or f"I am {name}."

    return member(name, reply)


def done(team: Any, message: str = "Begin.", **given: Any) -> ChatResult:
    """Let a team work on a task, without showing anything."""
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    return user.initiate_chat(team, message=message, **{"silent": True, "observers": [], **given})


def said(result: ChatResult) -> list[str]:
    """Return what was said after the task, as ``name: text``."""
    return [f"{m.get('name')}: {content_text(m.get('content'))}" for m in result.chat_history[1:]]


def names(events: Iterable[Any]) -> list[str]:
    return [event.agent for event in events]

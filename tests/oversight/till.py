"""What the tests of the gate share: a tool with a side effect that counts, and agents that call it."""

from __future__ import annotations

from typing import Any

from convagent import ConversableAgent, ScriptedModel, Tool, tool

Call = dict[str, Any]


class Till:
    """A tool with a side effect that counts."""

    def __init__(self, approval: Any = None, **more: Any) -> None:
        self.paid: list[float] = []

        def pay(amount: float) -> str:
            self.paid.append(amount)
            return f"paid {amount}"

        self.pay: Tool = tool(pay, description="Pay.", approval=approval, **more)


def bot_for(tools: list[Tool], calls: list[Any], **more: Any) -> ConversableAgent:
    """Return an agent whose model says these things in turn."""
    return ConversableAgent("bot", llm_config=ScriptedModel(calls), tools=tools, human_input_mode="NEVER", **more)


def user() -> ConversableAgent:
    """Return an agent that asks for things."""
    return ConversableAgent("user", llm_config=False, human_input_mode="NEVER")


def pay(amount: Any, **more: Any) -> Call:
    """Return a call of the till's tool."""
    return {"name": "pay", "arguments": {"amount": amount}, **more}


def told(bot: ConversableAgent, me: ConversableAgent) -> str:
    """Return what the model was told of its calls."""
    return "\n".join(str(m.get("content")) for m in bot.chat_messages[me] if m.get("role") == "tool")

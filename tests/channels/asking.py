"""What the tests of channels ask: a question that stands in a run, until it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from convagent import ConversableAgent
from convagent.action import Action
from convagent.human import HumanReply, HumanRequest
from convagent.oversight.words import ask
from convagent.runs.local import LocalRuntime
from convagent.testing import CapturedEvents, ScriptedModel, capture_events
from convagent.tools.tool import tool

VERBS: Any = ("approve", "edit", "reject", "respond", "stop")


def request(id: str = "run:1", **more: Any) -> HumanRequest:
    """Return a request for a decision about a refund."""
    values: dict[str, Any] = {
        "prompt": "May bot call refund?",
        "agent": "bot",
        "moment": "decision",
        "decisions": VERBS,
        "action": Action("tool", "bot", "refund", {"amount": 120}, run_id="run"),
        "preview": "amount  120",
        "because": "amount > 100",
        **more,
    }
    return HumanRequest(id, **values)


class Standing:
    """Questions that stand in a run, which has these channels."""

    def __init__(self, *channels: Any) -> None:
        self.events: CapturedEvents = capture_events()
        self.runtime = LocalRuntime(None, [self.events], run_id="run", channels=channels)
        self.tasks: list[asyncio.Task[HumanReply | None]] = []

    async def put(self, *requests: HumanRequest) -> None:
        """Ask, and go on once the channels have been told."""
        self.tasks += [asyncio.create_task(self.runtime.wait(one)) for one in requests]
        await asyncio.sleep(0)

    async def reply(self, number: int = 0) -> HumanReply | None:
        """Wait for the reply to a question; None: its time is up."""
        return await asyncio.wait_for(self.tasks[number], 20)

    async def withdraw(self) -> None:
        """Let nobody wait any more."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def ask_one(channels: Sequence[Any], asked: HumanRequest | None = None) -> tuple[HumanReply | None, CapturedEvents]:
    """Ask one question and return its reply and the events."""

    async def main() -> tuple[HumanReply | None, CapturedEvents]:
        standing = Standing(*channels)
        await standing.put(asked or request())
        return await standing.reply(), standing.events

    return asyncio.run(main())


async def until(true: Callable[[], Any]) -> None:
    """Wait until something holds; fail if it does not within a time that is long for any machine."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what it waits for may happen in another thread or process
            await asyncio.sleep(0.002)


@tool(approval=ask("clerk"))
def refund(amount: int) -> str:
    """Pay money back."""
    return f"refunded {amount}"


def desk() -> tuple[ConversableAgent, ConversableAgent]:
    """Return a customer, and an agent that refunds 120 when a clerk lets it."""
    script = [[{"name": "refund", "arguments": {"amount": 120}}], lambda r: str(r.messages[-1]["content"])]
    bot = ConversableAgent("bot", llm_config=ScriptedModel(script), tools=[refund], human_input_mode="NEVER")
    return ConversableAgent("customer", llm_config=False, human_input_mode="NEVER"), bot

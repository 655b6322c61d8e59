"""A desk that pays refunds, and what its tools did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from convagent import ConversableAgent, Tool, arg, ask, tool, when
from convagent.agents.durable import advance, enqueue
from convagent.engine import Worker
from convagent.journal import Inbox
from convagent.journal.base import Journal, StoredRequest
from convagent.testing import ScriptedModel

ASKING = when(arg.amount > 100, ask("clerk"))
Agents = Callable[[], Sequence[ConversableAgent]]


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


TWO = ([call("refund", customer="Ada", amount=40), call("refund", customer="Bob", amount=250)], "Both are done.")


@dataclass
class Desk:
    """Makes the same team for each process of a test; what was done outlives them, as money that was paid does."""

    script: Sequence[Any] = TWO
    policy: Any = ASKING
    effect: Any = "unsafe"
    paid: list[tuple[str, float]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    """Which of its requests the model was asked, in order."""
    tools: list[Tool] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)
    """More arguments of the desk."""

    def agents(self) -> list[ConversableAgent]:
        def refund(customer: str, amount: float) -> str:
            self.paid.append((customer, amount))
            return f"{amount:g} paid to {customer}"

        pay = tool(refund, approval=self.policy, effect=self.effect)
        model = Noting(self.script, self.asked)
        desk = ConversableAgent("desk", llm_config=model, tools=[pay, *self.tools], **self.given)
        return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


class Noting(ScriptedModel):
    """Notes which request it is asked."""

    def __init__(self, script: Sequence[Any], asked: list[int]) -> None:
        super().__init__(list(script))
        self._asked = asked

    async def complete(self, request: Any, notify: Any = None) -> Any:
        self._asked.append(request.turn)
        return await super().complete(request, notify)


def begin(journal: Journal, agents: Agents, run: str = "run", message: str = "pay", **given: Any) -> str:
    desk, customer = agents()[:2]
    return enqueue(journal, customer, desk, message=message, run_id=run, **{"max_turns": 1, **given})


def work(
    journal: Journal, agents: Agents, knows: Iterable[str] = (), slots: int = 100, channels: Sequence[Any] = ()
) -> None:
    """Move every run on until none can go on by itself, as a worker does that is started and ends."""
    names = set(knows) or {a.name for a in agents()}

    async def moved() -> None:
        worker = Worker(journal, lambda claim: advance(journal, claim, agents, channels=channels), names, slots)
        await worker.work(once=True)

    asyncio.run(moved())


def pending(journal: Journal) -> StoredRequest:
    """Return the one request that is open."""
    found = Inbox(journal).pending()
    assert len(found) == 1
    return found[0]


def decide(journal: Journal, decision: Any, by: str = "ann", request: str = "") -> str:
    return Inbox(journal).decide(request or pending(journal).id, decision, by=by).status


def status(journal: Journal, run: str = "run") -> str:
    return journal.load(run).info.status

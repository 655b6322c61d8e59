"""What the tests of the audit log look at: chats about refunds, and events made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from convagent import Action, ConversableAgent, Decision, arg, ask, when
from convagent.audit import AuditLog
from convagent.audit.rows import Row, rows_of
from convagent.events import (
    ControlEvent,
    DecidedEvent,
    Event,
    InputReplyEvent,
    InputRequestEvent,
    RulingEvent,
    stamp,
)
from convagent.human import HumanReply, HumanRequest, approve
from convagent.testing import ScriptedModel
from convagent.tools.tool import Tool, tool


@tool(approval=when(arg.amount > 100, ask("clerk", within="10m") >> ask("manager")))
def refund(amount: int, order: str = "A1") -> str:
    """Pay money back."""
    return f"refunded {amount} for {order}"


def chat(
    *observers: Callable[[Event], Any],
    calls: Sequence[dict[str, Any]] = ({"amount": 120},),
    tools: Sequence[Tool] = (refund,),
    message: str = "I want my money back",
    says: str = "done",
    **more: Any,
) -> Any:
    """Hold a chat in which a bot calls its first tool with each of these arguments, and then says something."""
    script: list[Any] = [[{"name": tools[0].name, "arguments": one}] for one in calls]
    bot = ConversableAgent("bot", llm_config=ScriptedModel([*script, says]), tools=[*tools], human_input_mode="NEVER")
    customer = ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")
    return customer.initiate_chat(bot, message=message, max_turns=1, silent=True, observers=observers, **more)


def keep(path: Path, **more: Any) -> Any:
    """Hold a chat with a log; see `chat`."""
    with AuditLog(path) as log:
        return chat(log, **more)


def events(run: str, *texts: str, first: int = 1) -> list[Event]:
    """Return events of a run, one a text, a second apart."""
    made: list[Event] = []
    for seq, text in enumerate(texts, first):
        event = ControlEvent(action="say", text=text, by="ada")
        stamp(event, run, seq, 1700000000.0 + seq)
        made.append(event)
    return made


def write_log(path: Path, *told: Sequence[Event]) -> None:
    """Write events to a log."""
    with AuditLog(path) as log:
        for some in told:
            for event in some:
                log(event)


def rows(path: Path) -> list[Row]:
    """Return the rows of a log."""
    return list(rows_of(path))


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a log as plain JSON."""
    return [json.loads(line) for line in path.read_text().splitlines()]


class Record:
    """Events of decided actions, made by hand, on a clock of its own."""

    def __init__(self, run: str = "run") -> None:
        self.run = run
        self.events: list[Event] = []
        self.at = 1700000000.0
        self._turn = 0

    def add(self, event: Event) -> None:
        """Let something happen."""
        stamp(event, self.run, len(self.events) + 1, self.at)
        self.events.append(event)

    def allowed(self, amount: int) -> None:
        """Let a refund happen without anybody being asked."""
        self._turn += 1
        self.add(RulingEvent(action=self._action(amount), ruling="allow"))

    def asked(
        self,
        amount: int,
        decision: Decision = approve,
        *,
        by: str = "ada",
        after: float = 60.0,
        to: tuple[str, ...] = ("clerk",),
        because: str = "amount > 100",
        **more: Any,
    ) -> None:
        """Let a person decide about a refund, after so many seconds."""
        self._turn += 1
        confidence, preview = more.get("confidence"), more.get("preview", "")
        action = self._action(amount, confidence)
        request = HumanRequest(
            f"{self.run}:{self._turn}", "May bot call refund?", "bot", moment="decision", action=action,
            decisions=("approve", "edit", "reject"), to=to, because=because, preview=preview,
        )  # fmt: skip
        self.add(RulingEvent(action=action, ruling="ask", reason=because))
        self.add(InputRequestEvent(request=request))
        self.at += after
        self.add(InputReplyEvent(reply=HumanReply(request.id, by=by, decision=decision), seconds=after))
        self.add(DecidedEvent(action=action, decision=decision, by=(by,)))

    def _action(self, amount: int, confidence: Any = None) -> Action:
        return Action(
            "tool", "bot", "refund", {"amount": amount}, run_id=self.run, turn=self._turn, confidence=confidence
        )

"""Runs to be drawn, and events whose every text is markup."""

from __future__ import annotations

from typing import Any

from convagent import ConversableAgent, RunResponse, ScriptedModel, approve, arg, ask, edit, tool, when
from convagent.action import Action
from convagent.events import (
    AnswerRefusedEvent,
    ControlEvent,
    DecidedEvent,
    ErrorEvent,
    EscalatedEvent,
    Event,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    GroupChatRunChatEvent,
    HandoffEvent,
    InputReplyEvent,
    InputRequestEvent,
    MergedEvent,
    ModelCallFinished,
    PlanEvent,
    RunCompletionEvent,
    RunStarted,
    TerminationEvent,
    TextEvent,
    ToolNotRunEvent,
    stamp,
)
from convagent.human import HumanReply, HumanRequest
from convagent.messages import Usage
from convagent.serde import Record, RecordedError
from convagent.testing import Fake, after, silent

NEVER: Any = "NEVER"


def agent(name: str, script: list[Any] | None = None, **more: Any) -> ConversableAgent:
    """Return an agent that says what is written for it."""
    model: Any = False if script is None else ScriptedModel(script)
    return ConversableAgent(name, llm_config=model, human_input_mode=NEVER, **more)


@tool(approval=when(arg.amount > 100, ask("clerk", within="10m") >> ask("manager")))
def refund(amount: int) -> str:
    """Pay money back."""
    return f"refunded {amount}"


def approval(**more: Any) -> RunResponse:
    """Begin a run with a refund that a clerk leaves to the manager, who changes it."""
    support = agent(
        "support", [[{"name": "refund", "arguments": {"amount": 900}}], "It is on its way."], tools=[refund]
    )
    people = Fake(clerk=silent, manager=after("5m", edit(amount=90)))
    return agent("customer").run(support, message="My money!", max_turns=1, people=people, **more)


def nested(**more: Any) -> RunResponse:
    """Begin a run inside which another one asks a person."""

    @tool(approval=ask("chief"))
    def publish(title: str) -> str:
        """Publish."""
        return f"{title} is online"

    script = ["A draft.", [{"name": "publish", "arguments": {"title": "The Moon"}}], "Published."]
    writer, critic, editor = (
        agent("writer", script, tools=[publish]),
        agent("critic", ["Shorter!"]),
        agent("editor", ["never said"]),
    )
    reader = agent("reader")
    chat = {"recipient": writer, "sender": critic, "message": "Write.", "max_turns": 2, "summary_method": "last_msg"}
    editor.register_nested_chats([chat], trigger=reader)
    people = Fake(chief=after("3h", approve))
    return reader.run(editor, message="Something about the Moon", max_turns=1, people=people, **more)


def told(*events: Event, run: str = "run-1", every: float = 1.0) -> list[Event]:
    """Return events as a run told them, one after another."""
    for seq, event in enumerate(events, 1):
        stamp(event, run, seq, 1_700_000_000.0 + every * (seq - 1))
    return list(events)


def text(sender: str, recipient: str, words: str, **more: Any) -> TextEvent:
    """Return a message as an event."""
    return TextEvent(message={"role": "user", "content": words}, sender=sender, recipient=recipient, **more)


def hostile(words: str) -> list[Event]:
    """Return events, those of a run inside another among them, whose every text is the same."""
    action = Action("tool", words, words, {words: words}, risk=words)
    request = HumanRequest(words, words, words, to=(words,), decisions=("approve",), action=action, preview=words,
                           because=words, within=60.0, otherwise=words)  # fmt: skip
    usage = Usage(10, 5, 0.01)
    outer = told(
        RunStarted(agents=(words, f"{words} 2"), notes=(words,)),
        text(words, f"{words} 2", words),
        ModelCallFinished(model=words, seconds=1.0, usage=usage, agent=words),
        ModelCallFinished(model=f"{words}!", seconds=1.0, usage=usage, agent=words, error=words),
        ExecuteFunctionEvent(func_name=words, call_id=words, arguments={words: words}, agent=words),
        ExecutedFunctionEvent(
            func_name=words, call_id=words, arguments={words: words}, result=words, is_exec_success=False, agent=words
        ),
        ToolNotRunEvent(func_name=words, call_id=words, reason=words, agent=words),
        InputRequestEvent(request=request, agent=words),
        EscalatedEvent(request=request, why=words, to=words, agent=words),
        AnswerRefusedEvent(request_id=words, status=words, problem=words, by=words, channel=words),
        InputRequestEvent(request=request, agent=words),
        InputReplyEvent(reply=HumanReply(words, words, by=words, channel=words, authenticated=words), agent=words),
        DecidedEvent(action=action, decision=approve),
        GroupChatRunChatEvent(speaker=words, agent=words),
        HandoffEvent(source=words, target=f"{words} 2", reason=words, by=words),
        PlanEvent(facts=words, plan=words, by=words),
        MergedEvent(sources=(words,), text=words, failed=(words,), by=words),
        ControlEvent(action="stop", text=words, by=words),
        Record(kind=words, body={"v": 9, words: words}),
        TerminationEvent(termination_reason=words, sender=words),
        ErrorEvent(error=RecordedError(words, words)),
    )
    inner = told(RunStarted(agents=(words, words)), text(words, words, words), run=f"run-1/{words.replace('/', '|')}")
    completion = RunCompletionEvent(history=(), summary=words, cost={}, last_speaker=words, reason=words)
    return [*outer, *inner, *told(completion, run=inner[0].run_id)]

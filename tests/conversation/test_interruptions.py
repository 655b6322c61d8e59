"""What may be typed when a run was interrupted, and what a conversation makes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from convagent import ConversableAgent, tool
from convagent.errors import RunCancelled
from convagent.events import ControlEvent, InputRequestEvent
from convagent.models.scripted import ScriptedModel

Quiet: dict[str, Any] = {"human_input_mode": "NEVER", "silent": True}


def interrupted(typed: str | None, **more: Any) -> tuple[Any, list[tuple[str, str]]]:
    """Hold a chat that is interrupted at its first question; return its result and what was done from outside."""
    asking = ConversableAgent("asking", llm_config=False, human_input_mode="ALWAYS", silent=True)
    bot = ConversableAgent("bot", llm_config=ScriptedModel(["one", "two"]), **Quiet)
    controls: list[tuple[str, str]] = []
    response = asking.run(bot, message="go", **more)
    first = True
    for event in response.events:
        if isinstance(event, ControlEvent):
            controls.append((event.action, event.text))
        if not isinstance(event, InputRequestEvent):
            continue
        if event.request.moment == "interrupt":
            event.end_input() if typed is None else event.respond(typed)
        elif first:
            first = False
            event.interrupt()
        else:
            event.respond("exit")
    return response.result, controls


@pytest.mark.parametrize(
    ("typed", "done"),
    [
        ("", ("resume", "")),
        ("  ", ("resume", "")),
        ("resume", ("resume", "")),
        ("Continue", ("resume", "")),
        ("stop", ("stop", "Stopped by a person")),
        (" Stop ", ("stop", "Stopped by a person")),
        ("quit", ("stop", "Stopped by a person")),
        ("say stop", ("say", "stop")),
        ("say stop the car", ("say", "stop the car")),
        ("hello", ("say", "hello")),
        ("say", ("say", "say")),
        (None, ("stop", "End of input")),
    ],
)
def test_words_mean_what_they_say_when_typed_at_an_interruption(typed: str | None, done: tuple[str, str]) -> None:
    """Enter and resume go on, stop ends, the end of input ends, anything else is said instead of an answer."""
    result, controls = interrupted(typed)
    assert controls[:2] == [("interrupt", ""), done]
    said = [m["content"] for m in result.chat_history]
    assert said == (["go", "one", done[1], "two"] if done[0] == "say" else ["go", "one"])
    assert result.reason == (done[1] if done[0] == "stop" else "User requested to end the conversation")


def test_no_turn_is_used_up_when_something_is_said() -> None:
    """What a person adds from outside takes no round trip away."""
    bot = ConversableAgent("bot", llm_config=ScriptedModel(["one", "two", "three"]), **Quiet)
    other = ConversableAgent("other", llm_config=False, default_auto_reply="more", **Quiet)

    async def hold() -> Any:
        response = await other.a_run(bot, message="go", max_turns=3)
        response.say("aside")
        async for _ in response:
            pass
        return await response.result

    said = [m["content"] for m in asyncio.run(hold()).chat_history]
    assert said == ["go", "aside", "one", "more", "two", "more", "three"]


def test_run_goes_on_when_something_inside_a_tool_was_cancelled() -> None:
    """A tool whose own task was cancelled failed; that is told to the model and cancels no run."""

    @tool
    async def work() -> str:
        """Work."""
        task = asyncio.ensure_future(asyncio.sleep(60))
        asyncio.get_running_loop().call_soon(task.cancel)
        await task
        return "not reached"

    bot = ConversableAgent(
        "bot", llm_config=ScriptedModel([[{"name": "work", "arguments": {}}], "end"]), tools=[work], **Quiet
    )
    other = ConversableAgent("other", llm_config=False, **Quiet)
    assert other.initiate_chat(bot, message="go", max_turns=1).summary == "end"
    results = [m["content"] for m in bot.chat_messages[other] if m["role"] == "tool"]
    assert results == ["Error: work was cancelled from inside, though nobody cancelled the run"]


def test_run_is_cancelled_when_its_caller_is_cancelled_in_a_tool() -> None:
    """A caller's own cancellation passes through a tool that waits."""

    async def hold() -> None:
        entered = asyncio.Event()

        @tool
        async def work() -> str:
            """Work."""
            entered.set()
            await asyncio.get_running_loop().create_future()
            return "not reached"

        bot = ConversableAgent(
            "bot", llm_config=ScriptedModel([[{"name": "work", "arguments": {}}], "end"]), tools=[work], **Quiet
        )
        other = ConversableAgent("other", llm_config=False, **Quiet)
        events: list[Any] = []
        task = asyncio.ensure_future(other.a_initiate_chat(bot, message="go", observers=[events.append]))
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert isinstance(events[-1].error, RunCancelled)

    asyncio.run(hold())


def test_later_chats_of_a_queue_are_told_when_an_earlier_run_is_cancelled() -> None:
    """In sequential_run, a run cancelled at once does not leave the ones behind it waiting for ever."""
    asking = ConversableAgent("asking", llm_config=False, human_input_mode="ALWAYS", silent=True)
    bots = [ConversableAgent(f"bot{n}", llm_config=ScriptedModel(["one"]), **Quiet) for n in range(2)]
    first, second = asking.sequential_run([{"recipient": bot, "message": "go"} for bot in bots])
    first.cancel()
    for response in (first, second):
        with pytest.raises(RunCancelled):
            list(response.events)

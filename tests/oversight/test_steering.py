"""Continuous oversight: pausing, saying, stopping and watching a run from outside."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from convagent import ConversableAgent, RuleModel, ScriptedModel, ToolContext, tool
from convagent.events import ControlEvent, Event, ExecutedFunctionEvent, ProgressEvent, TextEvent
from tests.oversight.till import bot_for, user


def texts(events: list[Event]) -> list[str]:
    return [e.text for e in events if isinstance(e, TextEvent)]


def test_run_waits_while_it_is_paused_and_hears_what_was_said_when_it_goes_on() -> None:
    """Nothing is said between pause and unpause; what a person said meanwhile is in the next request."""
    model = ScriptedModel(["one", "two", "three"])
    events: list[Event] = []

    async def play() -> None:
        bot, me = ConversableAgent("bot", llm_config=model, human_input_mode="NEVER"), user()
        run = await me.a_run(bot, message="count", max_turns=2, silent=True)
        async for event in run:
            events.append(event)
            if isinstance(event, TextEvent) and event.text == "one":
                run.pause("ada")
            if isinstance(event, ControlEvent) and event.action == "pause":
                run.say("in French")
                run.unpause("ada")

    asyncio.run(play())
    assert [(e.action, e.by) for e in events if isinstance(e, ControlEvent)] == [
        ("pause", "ada"), ("unpause", "ada"), ("say", ""),
    ]  # fmt: skip
    said = [m["content"] for m in model.requests[1].messages]
    assert "in French" in said


def test_paused_run_ends_when_it_is_stopped() -> None:
    """A pause is no trap: stop reaches it."""

    async def play() -> str:
        run = await user().a_run(bot_for([], ["one", "two"]), message="count", max_turns=2, silent=True)
        async for event in run:
            if isinstance(event, TextEvent) and event.text == "one":
                run.pause()
            if isinstance(event, ControlEvent) and event.action == "pause":
                run.stop("enough")
        return (await run.result).reason

    assert asyncio.run(play()) == "enough"


def test_tool_in_flight_is_recorded_before_a_stop() -> None:
    """A stop does not leave a tool half done: its result is recorded, then the run ends."""
    going, may_end = threading.Event(), threading.Event()

    @tool
    def copy(files: int) -> str:
        """Copy."""
        going.set()
        assert may_end.wait(10)
        return f"copied {files}"

    bot, me, events = bot_for([copy], [[{"name": "copy", "arguments": {"files": 3}}], "done"]), user(), list[Event]()
    run = me.run(bot, message="go", max_turns=1, silent=True, observers=[events.append])

    def supervise() -> None:
        assert going.wait(10)
        run.stop("enough")
        may_end.set()

    thread = threading.Thread(target=supervise)
    thread.start()
    run.process()
    thread.join()
    assert [e.result for e in events if isinstance(e, ExecutedFunctionEvent)] == ["copied 3"]
    assert run.result.reason == "enough"
    assert "done" not in texts(events)


def test_forced_stop_breaks_a_tool_off_and_cleans_up() -> None:
    """`stop(force=True)` leaves the tool in doubt, says so, and calls its `cleanup`."""
    cleaned: list[dict[str, Any]] = []
    started = asyncio.Event()

    @tool(cleanup=cleaned.append)
    async def copy(files: int) -> str:
        """Copy for ever."""
        started.set()
        await asyncio.get_running_loop().create_future()
        return "never"

    async def play() -> tuple[str, list[str]]:
        bot, me = bot_for([copy], [[{"name": "copy", "arguments": {"files": 3}}], "done"]), user()
        results: list[str] = []
        run = await me.a_run(bot, message="go", max_turns=1, silent=True)

        async def supervise() -> None:
            await started.wait()
            run.stop("the disk is on fire", force=True)

        supervisor = asyncio.ensure_future(supervise())
        async for event in run:
            if isinstance(event, ExecutedFunctionEvent):
                results.append(event.result)
        await supervisor
        return (await run.result).reason, results

    reason, results = asyncio.run(play())
    assert reason == "the disk is on fire"
    assert results == ["Error: copy was broken off; whether it was done is not known"]
    assert cleaned == [{"files": 3}]


def test_monitor_sees_progress_and_stops_the_run() -> None:
    """A watcher of the events may steer the run that it watches."""

    @tool
    async def migrate(tables: int, ctx: ToolContext) -> str:
        """Migrate."""
        for done in range(tables):
            ctx.progress(done, tables, f"table {done}")
            await asyncio.sleep(0)
        return "migrated"

    async def play() -> tuple[str, list[tuple[float, float | None, str]]]:
        bot, me = bot_for([migrate], [[{"name": "migrate", "arguments": {"tables": 5}}], "done", "more"]), user()
        seen: list[tuple[float, float | None, str]] = []
        run = await me.a_run(bot, message="go", max_turns=2, silent=True)
        async for event in run.events:
            if isinstance(event, ProgressEvent):
                seen.append((event.done, event.total, event.note))
                if event.done == 3:
                    run.stop("table 3 is not to be touched")
        return (await run.result).reason, seen

    reason, seen = asyncio.run(play())
    assert reason == "table 3 is not to be touched"
    assert seen[:4] == [(n, 5, f"table {n}") for n in range(4)]


def test_pause_is_met_before_the_next_model_call_when_a_tool_was_in_flight() -> None:
    """The tool ends and its result is kept; nothing is proposed before the run goes on."""
    called: list[str] = []

    @tool(effect="idempotent")
    async def work(ctx: ToolContext) -> str:
        """Work."""
        ctx.progress(1, 2)
        await asyncio.sleep(0.02)
        called.append("work")
        return "worked"

    def rules(messages: Any) -> Any:
        return "done" if len(called) == 3 else [{"name": "work", "arguments": {}}]

    bot = ConversableAgent("bot", llm_config=RuleModel(rules), tools=[work], human_input_mode="NEVER")

    async def watch() -> int:
        at_pause = 0
        response = await user().a_run(bot, message="go", max_turns=1, silent=True)
        async for event in response.events:
            if event.type == "progress" and not called:
                response.pause()
            if event.type == "control" and event.action == "pause":
                await asyncio.sleep(0.1)
                at_pause = len(called)
                response.unpause()
        return at_pause

    assert asyncio.run(watch()) == 1
    assert called == ["work"] * 3

"""How a run is consumed: once, twice, half, never; by a loop, by a processor; and what its values are then."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

from convagent import ConversableAgent
from convagent.errors import ModelError, RunCancelled
from convagent.events import ErrorEvent, InputRequestEvent, RunCompletionEvent, TextEvent
from convagent.models.scripted import ScriptedModel

Quiet: dict[str, Any] = {"human_input_mode": "NEVER"}


def asking() -> ConversableAgent:
    """Return an agent that asks its person at every message."""
    return ConversableAgent("asking", llm_config=False, human_input_mode="ALWAYS")


def model(*items: Any) -> ConversableAgent:
    """Return an agent whose model says these things."""
    return ConversableAgent("model", llm_config=ScriptedModel(list(items or ["one", "two", "three"])), **Quiet)


def silent_pair(*items: Any) -> tuple[ConversableAgent, ConversableAgent]:
    """Return two agents that ask nobody."""
    return ConversableAgent("other", llm_config=False, **Quiet), model(*items)


def types(events: Any) -> list[str]:
    """Return the kinds of events."""
    return [event.type for event in events]


class Answering:
    """A processor that answers questions from a list."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.seen: list[Any] = []

    def process_event(self, event: Any) -> None:
        """Answer a question."""
        self.seen.append(event)
        if event.type == "input_request":
            event.content.respond(self.answers.pop(0))


# ---------------------------------------------------------------- twice, half, never


def test_events_end_at_once_when_consumed_twice() -> None:
    """A second loop, and process() after it, find nothing left; the values stay."""
    other, agent = silent_pair()
    response = other.run(agent, message="go", max_turns=1)
    assert types(response.events)[-1] == "run_completion"
    assert list(response.events) == []
    assert list(response) == []
    response.process()
    assert response.summary == "one"
    assert response.result.summary == "one"


def test_nothing_happens_when_processed_twice() -> None:
    """A second process() returns at once, also with another processor."""
    other, agent = silent_pair()
    response = other.run(agent, message="go", max_turns=1)
    response.process(Answering())
    second = Answering()
    response.process(second)
    assert second.seen == []


def test_second_loop_goes_on_when_the_first_was_left() -> None:
    """A loop left in the middle can be taken up again, and process() finishes it."""
    other, agent = silent_pair()
    response = other.run(agent, message="go", max_turns=2)
    first = types(_until(response.events, "text"))
    second = types(_until(response.events, "text"))
    rest = Answering()
    response.process(rest)
    assert first[-1] == second[-1] == "text"
    assert types(rest.seen)[-1] == "run_completion"
    seqs = [*range(1, len(first) + len(second) + len(rest.seen) + 1)]
    assert [e.seq for e in rest.seen] == seqs[len(first) + len(second) :]


def _until(events: Any, kind: str) -> list[Any]:
    found: list[Any] = []
    for event in events:
        found.append(event)
        if event.type == kind:
            break
    return found


def test_two_threads_share_the_events_when_both_consume() -> None:
    """Two loops in two threads get every event once between them, and both end."""
    other, agent = silent_pair(*[str(n) for n in range(40)])
    response = other.run(agent, message="go", max_turns=40)
    seen: list[int] = []

    def consume() -> None:
        seen.extend(event.seq for event in response.events)

    threads = [threading.Thread(target=consume) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive()
    assert sorted(seen) == list(range(1, len(seen) + 1))


def test_run_goes_on_when_its_response_was_dropped() -> None:
    """A run that nobody holds any more comes to its end by itself; questions meet the end of input; no thread stays."""
    before = threading.enumerate()  # of other tests of this process
    ended = threading.Event()
    reasons: list[str] = []
    plain: list[str] = []

    class Plain(ConversableAgent):
        def generate_reply(self, messages: Any = None, sender: Any = None, exclude: Any = ()) -> Any:
            plain.append("called")
            return super().generate_reply(messages, sender)

    def observer(event: Any) -> None:
        if isinstance(event, RunCompletionEvent):
            reasons.append(event.reason)
            ended.set()

    agent = Plain("plain", llm_config=ScriptedModel(["one"]), **Quiet)
    response = asking().run(agent, message="go", observers=[observer])
    del response
    gc.collect()
    assert ended.wait(20)
    assert reasons == ["End of input"]
    assert plain == ["called"]
    for thread in threading.enumerate():
        if thread in before or thread.name in ("convagent-loop", "convagent-worker"):
            continue
        if thread.name.startswith("convagent-"):
            thread.join(timeout=20)
            assert not thread.is_alive()


def test_run_is_not_collected_when_the_collector_runs() -> None:
    """Nothing but the event loop holds a run that waits; it survives gc.collect() and can be answered."""
    gc.collect()
    gc.freeze()  # only what the run makes is looked at, again and again
    response = asking().run(model(), message="go")
    for event in response.events:
        gc.collect()
        if isinstance(event, InputRequestEvent):
            gc.collect()
            event.respond("exit")
    assert response.result.reason == "User requested to end the conversation"


def test_async_run_is_not_collected_when_the_collector_runs() -> None:
    """The same in the caller's loop, also for a run whose response was dropped."""
    reasons: list[str] = []

    async def hold() -> None:
        ended = asyncio.Event()
        questions: list[Any] = []

        def observer(event: Any) -> None:
            if isinstance(event, InputRequestEvent):
                questions.append(event)
                ended.set()
            if isinstance(event, RunCompletionEvent):
                reasons.append(event.reason)
                ended.set()

        await asking().a_run(model(), message="go", observers=[observer])
        await ended.wait()
        ended.clear()
        gc.collect()
        questions[0].respond("exit")
        await ended.wait()

    asyncio.run(hold())
    assert reasons == ["User requested to end the conversation"]


# ---------------------------------------------------------------- questions


def test_answer_counts_when_given_inside_the_loop() -> None:
    """A bare loop over the events answers questions by respond()."""
    response = asking().run(model(), message="go")
    answers = ["again", "exit"]
    for event in response.events:
        if event.type == "input_request":
            event.content.respond(answers.pop(0))
    assert [m["content"] for m in response.messages] == ["go", "one", "again", "two"]
    assert response.result.human_input == ["again", "exit"]


def test_answer_counts_when_given_in_another_thread() -> None:
    """An answer handed in by another thread goes on with the run that a loop waits for."""
    response = asking().run(model(), message="go")
    for event in response.events:
        if isinstance(event, InputRequestEvent):
            threading.Thread(target=event.respond, args=("exit",)).start()
    assert response.result.reason == "User requested to end the conversation"


def test_first_answer_counts_when_two_are_given() -> None:
    """A second answer, and one after the end of the run, change nothing and raise nothing."""
    response = asking().run(model(), message="go")
    event = None
    for event in response.events:
        if isinstance(event, InputRequestEvent):
            asked = event
            assert not asked.answered
            event.respond("exit")
            assert asked.answered
            event.respond("again")
    asked.respond("late")
    asked.end_input()
    assert response.result.human_input == ["exit"]


def test_question_is_asked_inside_an_override_when_a_loop_consumes() -> None:
    """A plain get_human_input with super() asks through the very loop that iterates."""

    class Mine(ConversableAgent):
        def get_human_input(self, prompt: str, *, iostream: Any = None) -> str:
            return super().get_human_input("mine: " + prompt[:8])

    response = Mine("mine", llm_config=False, human_input_mode="ALWAYS").run(model(), message="go")
    prompts: list[str] = []
    for event in response.events:
        if isinstance(event, InputRequestEvent):
            prompts.append(event.prompt)
            event.respond("exit")
    assert prompts == ["mine: Replying"]


def test_open_questions_are_listed_when_a_run_waits() -> None:
    """`waiting` shows the open question, of a chat inside the run, too, and is empty after the answer."""
    inner, outer_model = asking(), model([{"name": "work", "arguments": {}}], "finished")
    outer = ConversableAgent("outer", llm_config=False, **Quiet)

    def work() -> str:
        return inner.initiate_chat(model(), message="inner").summary

    outer_model.register_for_llm(name="work", description="Work.")(work)
    outer.register_for_execution(name="work")(work)
    response = outer.run(outer_model, message="go", max_turns=2)
    waiting: list[Any] = []
    for event in response.events:
        if isinstance(event, InputRequestEvent):
            waiting.append(response.waiting)
            event.respond("exit")
    assert [[r.agent for r in found] for found in waiting] == [["asking"]]
    assert response.waiting == []


# ---------------------------------------------------------------- ends


def test_cancelled_run_says_so_when_another_thread_cancels() -> None:
    """cancel() from another thread: process() raises RunCancelled, the last event says it, history is kept."""
    sender, agent = asking(), model()
    response = sender.run(agent, message="go")
    seen: list[Any] = []

    class Cancelling:
        def process_event(self, event: Any) -> None:
            seen.append(event)
            if event.type == "input_request":
                threading.Thread(target=response.cancel).start()

    with pytest.raises(RunCancelled):
        response.process(Cancelling())
    assert isinstance(seen[-1], ErrorEvent)
    assert isinstance(seen[-1].error, RunCancelled)
    assert [m["content"] for m in sender.chat_messages[agent]] == ["go", "one"]
    with pytest.raises(RunCancelled):
        _ = response.result
    assert list(response.events) == []


def test_cancelled_run_says_so_when_a_loop_consumes() -> None:
    """The loop gets the ErrorEvent as last event, then RunCancelled, once; cancelling twice changes nothing."""
    response = asking().run(model(), message="go")
    seen: list[Any] = []

    def consume() -> None:
        for event in response.events:
            seen.append(event)
            if event.type == "input_request":
                response.cancel()
                response.cancel()

    with pytest.raises(RunCancelled):
        consume()
    assert seen[-1].type == "error"
    assert list(response.events) == []
    response.process()


def test_cancelled_run_says_so_when_it_waits_in_a_plain_override() -> None:
    """A plain function that waits in super() is set free by cancel()."""

    class Mine(ConversableAgent):
        def get_human_input(self, prompt: str, **more: Any) -> str:
            return super().get_human_input(prompt)

    response = Mine("mine", llm_config=False, human_input_mode="ALWAYS").run(model(), message="go")

    class Cancelling:
        def process_event(self, event: Any) -> None:
            if event.type == "input_request":
                threading.Thread(target=response.cancel).start()

    with pytest.raises(RunCancelled):
        response.process(Cancelling())


def test_cancelled_run_says_so_when_cancelled_at_once() -> None:
    """A run that is cancelled before anything was consumed says so, also in the caller's loop."""

    class Watching:
        def process_event(self, event: Any) -> None:
            pass

    response = asking().run(model(), message="go")
    response.cancel()
    with pytest.raises(RunCancelled):
        response.process(Watching())

    async def hold() -> None:
        response = await asking().a_run(model(), message="go")
        response.cancel()
        with pytest.raises(RunCancelled):
            await response.process(Watching())
        assert [event async for event in response] == []

    asyncio.run(hold())


def test_history_is_kept_when_a_model_fails() -> None:
    """What a model raises reaches the caller; the last event is the error; what was said stays, and the next works."""
    failure = ModelError("it broke", model="m", endpoint="e")
    sender, agent = silent_pair("one", failure, "three")
    response = sender.run(agent, message="go", max_turns=5)
    seen: list[Any] = []

    def consume() -> None:
        for event in response.events:
            seen.append(event)

    with pytest.raises(ModelError) as raised:
        consume()
    assert raised.value is failure
    assert isinstance(seen[-1], ErrorEvent)
    assert seen[-1].error is failure
    assert [m["content"] for m in sender.chat_messages[agent]][:2] == ["go", "one"]
    with pytest.raises(ModelError):
        _ = response.result
    again = sender.initiate_chat(agent, message="more", clear_history=False, max_turns=1, silent=True)
    assert again.chat_history[-1]["content"] == "one"


def test_values_are_empty_before_and_there_after() -> None:
    """Values appear as the events are consumed; before there are none, and asking is no error."""
    sender, agent = silent_pair()
    response = sender.run(agent, message="go", max_turns=1)
    assert (response.messages, response.summary, response.cost, response.last_speaker) == ([], None, None, None)
    assert response.context_variables is None
    response.process(Answering())
    assert [m["content"] for m in response.messages] == ["go", "one"]
    assert response.summary == "one"
    assert response.last_speaker == "model"
    assert set(response.cost) == {"usage_including_cached_inference", "usage_excluding_cached_inference"}
    assert response.uuid == str(response.result.chat_id)


def test_async_values_are_empty_before_and_there_after() -> None:
    """The same in the caller's loop; looking at `result` without awaiting it is no fault."""

    async def hold() -> None:
        sender, agent = silent_pair()
        response = await sender.a_run(agent, message="go", max_turns=1)
        assert await response.messages == []
        assert await response.summary is None
        _ = response.result
        await response.process(Answering())
        assert [m["content"] for m in await response.messages] == ["go", "one"]
        assert await response.summary == "one"
        assert (await response.result).summary == "one"
        assert [event async for event in response] == []
        await response.process()

    asyncio.run(hold())


# ---------------------------------------------------------------- processors and observers


@pytest.mark.parametrize("asynchronous", [False, True])
def test_processor_is_served_when_plain_or_async(asynchronous: bool) -> None:
    """An async response takes processors whose process_event is plain or async."""

    class Plain(Answering):
        pass

    class Async(Answering):
        async def process_event(self, event: Any) -> None:  # type: ignore[override]
            self.seen.append(event)
            if event.type == "input_request":
                await event.content.respond(self.answers.pop(0))

    async def hold() -> Any:
        processor = (Async if asynchronous else Plain)("more", "exit")
        response = await asking().a_run(model(), message="go")
        await response.process(processor)
        return processor, await response.result

    processor, result = asyncio.run(hold())
    assert result.human_input == ["more", "exit"]
    assert types(processor.seen)[-1] == "run_completion"


def test_run_ends_with_its_error_when_a_processor_raises() -> None:
    """What process_event raises reaches the caller of process(); the run is cancelled, and the next one works."""

    class Broken:
        def process_event(self, event: Any) -> None:
            raise ZeroDivisionError("mine")

    sender, agent = silent_pair()
    response = sender.run(agent, message="go", max_turns=1)
    with pytest.raises(ZeroDivisionError):
        response.process(Broken())
    assert sender.initiate_chat(agent, message="go", max_turns=1, silent=True).summary == "one"

    async def hold() -> None:
        response = await sender.a_run(agent, message="go", max_turns=1)
        with pytest.raises(ZeroDivisionError):
            await response.process(Broken())

    asyncio.run(hold())


@pytest.mark.parametrize("when", ["run_started", "text", "model_call_started", "run_completion", "error", "everything"])
def test_run_ends_with_its_error_when_an_observer_raises(when: str) -> None:
    """An observer that raises ends the run with that error, and the other observers and the caller are told."""
    failure = ZeroDivisionError("mine")
    told: list[Any] = []

    def broken(event: Any) -> None:
        if when in (event.type, "everything"):
            raise failure

    items: list[Any] = [ModelError("no", model="m")] if when == "error" else ["one"]
    sender, agent = silent_pair(*items)
    expected: type[BaseException] = ModelError if when == "error" else ZeroDivisionError
    for asynchronous in (False, True):
        more: dict[str, Any] = {"message": "go", "max_turns": 1, "silent": True}
        more["observers"] = [told.append, broken]

        def chat(asynchronous: bool = asynchronous, more: dict[str, Any] = more) -> None:
            if asynchronous:
                asyncio.run(sender.a_initiate_chat(agent, **more))
            else:
                sender.initiate_chat(agent, **more)

        with pytest.raises(expected):
            chat()
        assert isinstance(told[-1], ErrorEvent)


def test_only_chosen_events_are_seen_when_filtered() -> None:
    """run_iter and a_run_iter yield the chosen kinds, and every question."""
    response = asking().run_iter(model(), yield_on=[TextEvent], message="go")
    seen: list[str] = []
    for event in response:
        seen.append(event.type)
        if isinstance(event, InputRequestEvent):
            event.respond("exit")
    assert seen == ["text", "text", "input_request"]

    async def hold() -> list[str]:
        found: list[str] = []
        async for event in asking().a_run_iter(model(), yield_on=[TextEvent], message="go"):
            found.append(event.type)
            if isinstance(event, InputRequestEvent):
                event.respond("exit")
        return found

    assert asyncio.run(hold()) == seen


def test_no_recursion_when_a_chat_is_long() -> None:
    """A chat of 10,000 messages works in both kinds of chat, below any limit of the stack."""
    turns = 5000
    sender = ConversableAgent("sender", llm_config=ScriptedModel(["a"], repeat_last=True), **Quiet)
    agent = ConversableAgent("agent", llm_config=ScriptedModel(["b"], repeat_last=True), **Quiet)
    for chosen in (sender, agent):
        chosen.update_max_consecutive_auto_reply(10**6)
    more: dict[str, Any] = {"message": "go", "max_turns": turns, "silent": True}
    assert len(sender.initiate_chat(agent, **more).chat_history) == 2 * turns
    assert len(asyncio.run(sender.a_initiate_chat(agent, **more)).chat_history) == 2 * turns


def test_cost_has_the_classics_attributes_when_a_run_has_ended() -> None:
    """`run.cost.usage_including_cached_inference.total_cost` and the keys of the dict both work."""
    model = ScriptedModel([{"role": "assistant", "content": "hello"}])
    bot = ConversableAgent("bot", llm_config=model, human_input_mode="NEVER")
    me = ConversableAgent("me", llm_config=False, human_input_mode="NEVER")
    run = me.run(bot, message="hi", max_turns=1, silent=True)
    run.process()
    cost = run.cost
    assert cost is not None
    assert cost["usage_excluding_cached_inference"].get("total_cost", 0.0) == 0.0
    assert cost.usage_including_cached_inference.total_cost == 0.0
    assert set(cost.usage_including_cached_inference.models) == set(cost["usage_including_cached_inference"]) - {
        "total_cost"
    }
    with pytest.raises(AttributeError, match="usage_including_cached_inference"):
        _ = cost.total

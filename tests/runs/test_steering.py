"""Interrupting, telling and stopping a run from outside, at whatever moment."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from convagent import ConversableAgent, tool
from convagent.events import ControlEvent, InputRequestEvent, MessageEvent, StreamEvent, StreamResetEvent
from convagent.models.base import ModelReply, ModelRequest, Notify, TextDelta
from convagent.models.scripted import ScriptedModel

Quiet: dict[str, Any] = {"human_input_mode": "NEVER", "silent": True}
call = {"name": "work", "arguments": {}}


class SlowModel:
    """Answers the first request never, later ones at once; says when it is asked, and if it was cancelled."""

    label, offline_note, endpoint = "slow", "", ""

    def __init__(self, asked: Callable[[], None], *, pieces: bool = False) -> None:
        self.asked, self.pieces = asked, pieces
        self.requests: list[list[str]] = []
        self.cancelled = 0

    async def complete(self, request: ModelRequest, notify: Notify = lambda notice: None) -> ModelReply:
        """Wait for ever, once."""
        self.requests.append([str(m.get("content")) for m in request.messages])
        if len(self.requests) == 1:
            if self.pieces:
                notify(TextDelta("hal"))
            self.asked()
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        return ModelReply({"role": "assistant", "content": f"answer {len(self.requests)}"})

    async def aclose(self) -> None:
        """Nothing to close."""


def other() -> ConversableAgent:
    """Return an agent without model."""
    return ConversableAgent("other", llm_config=False, **Quiet)


class Person:
    """A processor that answers questions by moment, and remembers all events."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.seen: list[Any] = []

    def process_event(self, event: Any) -> None:
        """Answer, or do what stands in the place of an answer."""
        self.seen.append(event)
        if isinstance(event, InputRequestEvent):
            answer = self.answers[event.request.moment].pop(0)
            if callable(answer):
                threading.Thread(target=answer).start()
            else:
                event.respond(answer)

    @property
    def controls(self) -> list[tuple[str, str]]:
        """What was done from outside."""
        return [(e.action, e.text) for e in self.seen if isinstance(e, ControlEvent)]

    @property
    def said(self) -> list[str]:
        """All messages."""
        return [e.message["content"] for e in self.seen if isinstance(e, MessageEvent)]


def consume(kind: str, sender: Any, recipient: Any, person: Person, started: Callable[[Any], None], **more: Any) -> Any:
    """Start a run of one of three kinds, hand out the response, consume it, return its result."""
    if kind == "async":

        async def hold() -> Any:
            response = await sender.a_run(recipient, message="go", **more)
            started(response)
            await response.process(person)
            return await response.result

        return asyncio.run(hold())
    response = sender.run(recipient, message="go", **more)
    started(response)
    if kind == "loop":
        for event in response.events:
            person.process_event(event)
    else:
        response.process(person)
    return response.result


kinds = pytest.mark.parametrize("kind", ["sync", "loop", "async"])


class Handle:
    """Gets the response when the run starts, and calls its methods from another thread."""

    def __init__(self) -> None:
        self.response: Any = None
        self._ready = threading.Event()

    def __call__(self, response: Any) -> None:
        """Take the response."""
        self.response = response
        self._ready.set()

    def later(self, *steps: tuple[str, str]) -> Callable[[], None]:
        """Return a function that makes these calls, one after another, once there is a response."""

        def do() -> None:
            assert self._ready.wait(20)
            for name, text in steps:
                getattr(self.response, name)(*([text] if text else []))

        return do

    def aside(self, *steps: tuple[str, str]) -> Callable[[], None]:
        """The same in a thread of its own."""
        return lambda: threading.Thread(target=self.later(*steps)).start()


# ---------------------------------------------------------------- during a model call


@kinds
def test_model_is_asked_again_when_a_call_was_interrupted_and_resumed(kind: str) -> None:
    """interrupt() cancels the call and asks at once; Enter asks the model again."""
    handle = Handle()
    slow = SlowModel(handle.aside(("interrupt", "")))
    person = Person(interrupt=[""])
    result = consume(kind, other(), _agent(slow), person, handle, max_turns=1)
    assert slow.cancelled == 1
    assert result.summary == "answer 2"
    assert person.controls == [("interrupt", ""), ("resume", "")]


def _agent(model: Any, **more: Any) -> ConversableAgent:
    return ConversableAgent("agent", llm_config=model, **{**Quiet, **more})


@kinds
def test_model_reads_what_was_typed_when_a_call_was_interrupted(kind: str) -> None:
    """Text typed at the interruption is a message, and the model is asked again with it."""
    handle = Handle()
    slow = SlowModel(handle.aside(("interrupt", "")))
    person = Person(interrupt=["use the EU account"])
    result = consume(kind, other(), _agent(slow), person, handle, max_turns=1)
    assert slow.requests[1][-2:] == ["go", "use the EU account"]
    assert [m["content"] for m in result.chat_history] == ["go", "use the EU account", "answer 2"]


@kinds
def test_model_reads_what_was_said_when_a_call_is_under_way(kind: str) -> None:
    """say() cancels the call, adds the message, asks the model again, and asks nobody."""
    handle = Handle()
    slow = SlowModel(handle.aside(("say", "use the EU account")))
    person = Person()
    consume(kind, other(), _agent(slow), person, handle, max_turns=1)
    assert slow.requests[1][-1] == "use the EU account"
    assert person.controls == [("say", "use the EU account")]


@kinds
def test_run_ends_with_the_reason_when_stopped_in_a_call(kind: str) -> None:
    """stop() cancels the call and ends the run, with its result so far."""
    handle = Handle()
    slow = SlowModel(handle.aside(("stop", "enough")))
    person = Person()
    result = consume(kind, other(), _agent(slow), person, handle)
    assert (slow.cancelled, result.reason) == (1, "enough")
    assert [m["content"] for m in result.chat_history] == ["go"]
    assert person.controls == [("stop", "enough")]


@kinds
def test_stop_is_stronger_when_several_things_were_asked(kind: str) -> None:
    """Of several messages in a row the stop wins, and nobody is asked how to go on."""
    handle = Handle()
    slow = SlowModel(handle.later(("interrupt", ""), ("say", "more"), ("interrupt", ""), ("stop", "enough")))
    person = Person()
    assert consume(kind, other(), _agent(slow), person, handle).reason == "enough"


@kinds
def test_interruption_is_one_when_it_comes_twice(kind: str) -> None:
    """Two interruptions before the first is met ask once; what is said meanwhile is added too."""
    handle = Handle()
    slow = SlowModel(handle.later(("interrupt", ""), ("interrupt", ""), ("say", "more")))
    person = Person(interrupt=[""])
    consume(kind, other(), _agent(slow), person, handle, max_turns=1)
    assert person.controls == [("interrupt", ""), ("resume", ""), ("say", "more")]
    assert slow.requests[1][-1] == "more"


def test_streamed_text_is_void_when_its_call_was_interrupted() -> None:
    """What was streamed of a cancelled reply is declared void."""
    handle = Handle()
    slow = SlowModel(handle.aside(("say", "more")), pieces=True)
    person = Person()
    consume("sync", other(), _agent(slow), person, handle, max_turns=1)
    shown = [e for e in person.seen if isinstance(e, (StreamEvent, StreamResetEvent))]
    assert [e.type for e in shown] == ["stream", "stream_reset"]
    assert shown[1].reason == "interrupted"


# ---------------------------------------------------------------- during a question


def asking(**more: Any) -> ConversableAgent:
    """Return an agent that asks its person at every message."""
    return ConversableAgent("asking", llm_config=False, human_input_mode="ALWAYS", silent=True, **more)


class Overriding(ConversableAgent):
    """Asks through an override that calls super()."""

    def get_human_input(self, prompt: str, **more: Any) -> str:
        """Ask as always."""
        return super().get_human_input(prompt, **more)


askers = pytest.mark.parametrize("asker", [ConversableAgent, Overriding], ids=["builtin", "override"])


def _asker(asker: type[ConversableAgent]) -> ConversableAgent:
    return asker("asking", llm_config=False, human_input_mode="ALWAYS", silent=True)


@kinds
@askers
def test_question_stands_again_when_it_was_interrupted_and_resumed(kind: str, asker: type[ConversableAgent]) -> None:
    """An interruption at a question asks how to go on; after Enter the question stands again."""
    handle = Handle()
    person = Person(turn=[handle.later(("interrupt", "")), "exit"], interrupt=[""])
    result = consume(kind, _asker(asker), _agent(ScriptedModel(["one"])), person, handle)
    asked = [e.request.moment for e in person.seen if isinstance(e, InputRequestEvent)]
    assert asked == ["turn", "interrupt", "turn"]
    assert result.human_input[0] == "exit"
    assert result.reason == "User requested to end the conversation"


@kinds
@askers
def test_run_ends_when_stopped_at_a_question(kind: str, asker: type[ConversableAgent]) -> None:
    """stop() ends a run that waits for a person, and nobody needs to answer any more."""
    handle = Handle()
    person = Person(turn=[handle.later(("stop", "enough"))])
    result = consume(kind, _asker(asker), _agent(ScriptedModel(["one"])), person, handle)
    assert result.reason == "enough"
    assert [e.answered for e in person.seen if isinstance(e, InputRequestEvent)] == [True]


@kinds
def test_question_stays_when_something_is_said_meanwhile(kind: str) -> None:
    """say() at a question does not take the question away: it is added once that is answered."""
    handle = Handle()
    box: list[Any] = []

    def say_and_answer() -> None:
        handle.later(("say", "more"))()
        box[0].respond("mine")

    class Keeping(Person):
        def process_event(self, event: Any) -> None:
            if isinstance(event, InputRequestEvent):
                box[:] = [event]
            super().process_event(event)

    person = Keeping(turn=[say_and_answer, "exit"])
    result = consume(kind, asking(), _agent(ScriptedModel(["one", "two"])), person, handle)
    assert [m["content"] for m in result.chat_history] == ["go", "one", "mine", "more", "two"]


@kinds
def test_run_ends_when_stopped_at_the_question_how_to_go_on(kind: str) -> None:
    """stop() also ends a run that asks how to go on after an interruption."""
    handle = Handle()
    slow = SlowModel(handle.aside(("interrupt", "")))
    person = Person(interrupt=[handle.later(("stop", "enough"))])
    assert consume(kind, other(), _agent(slow), person, handle).reason == "enough"


@kinds
@pytest.mark.parametrize(("typed", "reason"), [("stop", "Stopped by a person"), ("EXIT", "Stopped by a person")])
def test_run_ends_when_stop_is_typed_at_the_interruption(kind: str, typed: str, reason: str) -> None:
    """The word stop at the interruption ends the run with that reason."""
    handle = Handle()
    slow = SlowModel(handle.aside(("interrupt", "")))
    person = Person(interrupt=[typed])
    result = consume(kind, other(), _agent(slow), person, handle)
    assert result.reason == reason
    assert person.controls[0] == ("interrupt", "")
    assert ("stop", reason) in person.controls


@kinds
def test_answer_is_kept_when_the_interruption_comes_in_the_same_moment(kind: str) -> None:
    """An answer given just before an interruption counts: the question is not asked twice."""
    handle = Handle()
    box: list[Any] = []

    def both() -> None:
        box[0].respond("exit")
        handle.later(("interrupt", ""))()

    class Keeping(Person):
        def process_event(self, event: Any) -> None:
            if isinstance(event, InputRequestEvent):
                box[:] = [event]
            super().process_event(event)

    person = Keeping(turn=[both], interrupt=[""])
    result = consume(kind, asking(), _agent(ScriptedModel(["one"])), person, handle)
    assert result.human_input == ["exit"]
    assert result.reason == "User requested to end the conversation"


# ---------------------------------------------------------------- during a tool, between turns, before the start


def _with_tool(work: Any, own: bool, *more: Any) -> tuple[ConversableAgent, ConversableAgent]:
    if own:
        return other(), _agent(ScriptedModel([[call], *more, "finished"]), tools=[tool(work)])
    agent, executor = _agent(ScriptedModel([[call], *more, "finished"])), other()
    agent.register_for_llm(name="work", description="Work.")(work)
    executor.register_for_execution(name="work")(work)
    return executor, agent


@kinds
@pytest.mark.parametrize("own", [False, True], ids=["classic", "own"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["plain", "async"])
def test_tool_finishes_and_is_recorded_when_the_run_is_stopped(kind: str, own: bool, asynchronous: bool) -> None:
    """stop() during a tool: the tool finishes, its result is in the history, then the run stops."""
    handle = Handle()

    def plain() -> str:
        """Work."""
        handle.later(("stop", "enough"))()
        return "recorded"

    async def awaiting() -> str:
        """Work."""
        handle.later(("stop", "enough"))()
        for _ in range(5):
            await asyncio.sleep(0)
        return "recorded"

    work = awaiting if asynchronous else plain
    work.__name__ = "work"
    sender, agent = _with_tool(work, own)
    result = consume(kind, sender, agent, Person(), handle)
    histories = [*sender.chat_messages[agent], *agent.chat_messages[sender]]
    assert "recorded" in [m.get("content") for m in histories if m.get("role") == "tool"]
    assert result.reason == "enough"


@kinds
def test_person_is_asked_after_the_tool_when_interrupted_in_it(kind: str) -> None:
    """interrupt() during a tool asks when the tool has finished; typed text comes after its result."""
    handle = Handle()

    def work() -> str:
        """Work."""
        handle.later(("interrupt", ""))()
        return "recorded"

    sender, agent = _with_tool(work, False)
    person = Person(interrupt=["more"])
    result = consume(kind, sender, agent, person, handle, max_turns=2)
    assert [m["content"] for m in result.chat_history][-3:] == ["recorded", "more", "finished"]


@kinds
def test_run_ends_when_stopped_in_a_chat_inside_a_tool(kind: str) -> None:
    """A stop while a chat inside a tool waits for a person ends that chat, then the run around it."""
    handle = Handle()
    person = Person(turn=[handle.later(("stop", "enough"))])

    def work() -> str:
        """Work."""
        return asking().initiate_chat(_agent(ScriptedModel(["inner"])), message="inner").reason

    sender, agent = _with_tool(work, False)
    result = consume(kind, sender, agent, person, handle)
    assert result.reason == "enough"
    assert "enough" in [m.get("content") for m in result.chat_history]


@kinds
def test_question_of_an_inner_chat_stands_again_when_interrupted(kind: str) -> None:
    """An interruption while a chat inside a tool asks is met there, and its question stands again."""
    handle = Handle()
    person = Person(turn=[handle.later(("interrupt", "")), "exit"], interrupt=[""])

    def work() -> str:
        """Work."""
        return asking().initiate_chat(_agent(ScriptedModel(["inner"])), message="inner").reason

    sender, agent = _with_tool(work, False)
    consume(kind, sender, agent, person, handle, max_turns=2)
    asked = [e.request.moment for e in person.seen if isinstance(e, InputRequestEvent)]
    assert asked == ["turn", "interrupt", "turn"]


@kinds
def test_stop_typed_inside_ends_the_whole_run_when_an_inner_chat_was_interrupted(kind: str) -> None:
    """The word stop, typed at an interruption that an inner chat met, ends the run that was interrupted."""
    handle = Handle()
    person = Person(turn=[handle.later(("interrupt", ""))], interrupt=["stop"])

    def work() -> str:
        """Work."""
        return asking().initiate_chat(_agent(ScriptedModel(["inner"])), message="inner").reason

    sender, agent = _with_tool(work, False)
    result = consume(kind, sender, agent, person, handle)
    assert result.reason == "Stopped by a person"


def test_every_question_is_answerable_when_two_tools_ask_and_one_is_interrupted() -> None:
    """Two questions of concurrent tools stand; an interruption asks once, and both stand again."""
    handle = Handle()
    first = asking()

    @tool
    async def left() -> str:
        """Ask."""
        return await first.a_get_human_input("left?")

    @tool
    async def right() -> str:
        """Ask."""
        return await first.a_get_human_input("right?")

    agent = _agent(ScriptedModel([[{"name": "left", "arguments": {}}, {"name": "right", "arguments": {}}], "finished"]),
                   tools=[left, right])  # fmt: skip
    events: list[Any] = []
    asked: list[str] = []
    interrupted = False

    class Patient:
        def process_event(self, event: Any) -> None:
            nonlocal interrupted
            events.append(event)
            if not isinstance(event, InputRequestEvent):
                return
            asked.append(event.prompt[:6])
            if event.request.moment == "interrupt":
                event.respond("")
            elif interrupted:
                event.respond("yes " + event.prompt[:4])
            elif asked == ["left?", "right?"]:
                interrupted = True
                handle.later(("interrupt", ""))()

    result = consume("sync", other(), agent, Patient(), handle, max_turns=1)  # type: ignore[arg-type]
    assert asked[:2] == ["left?", "right?"]
    assert sorted(asked[2:]) == ["Interr", "left?", "right?"]
    assert result.summary == "finished"


def test_opening_comes_first_when_something_is_said_before_the_start() -> None:
    """say() before the first step of a run: the opening message is sent, then what was said."""

    def started(response: Any) -> None:
        response.say("and more")

    result = consume("async", other(), _agent(ScriptedModel(["one"])), Person(), started, max_turns=1)
    assert [m["content"] for m in result.chat_history] == ["go", "and more", "one"]


@kinds
def test_opening_comes_first_when_something_is_said_while_it_is_made(kind: str) -> None:
    """say() while a function makes the opening message: that is sent, then what was said."""
    handle = Handle()

    def opening(sender: Any, recipient: Any, context: Any) -> str:
        handle.later(("say", "and more"))()
        return "go"

    sender, agent = other(), _agent(ScriptedModel(["one"]))
    person = Person()
    if kind == "async":

        async def hold() -> Any:
            response = await sender.a_run(agent, message=opening, max_turns=1)
            handle(response)
            await response.process(person)
            return await response.result

        result = asyncio.run(hold())
    else:
        response = sender.run(agent, message=opening, max_turns=1)
        handle(response)
        response.process(person)
        result = response.result
    assert [m["content"] for m in result.chat_history] == ["go", "and more", "one"]


def test_run_ends_when_stopped_before_the_start() -> None:
    """stop() before the first step of a run ends it before anything is said."""
    result = consume("async", other(), _agent(ScriptedModel(["one"])), Person(), lambda r: r.stop("never mind"))
    assert result.reason == "never mind"
    assert result.chat_history == []


@kinds
def test_nothing_happens_when_steered_after_the_end(kind: str) -> None:
    """A run that is over takes no notice, and says nothing."""
    handle = Handle()
    result = consume(kind, other(), _agent(ScriptedModel(["one"])), Person(), handle, max_turns=1)
    handle.later(("interrupt", ""), ("say", "x"), ("stop", ""))()
    assert handle.response.waiting == []
    assert result.summary == "one"


@kinds
def test_steering_is_met_when_nothing_is_ever_awaited(kind: str) -> None:
    """A chat of agents that never wait for anything can be stopped."""
    handle = Handle()
    turns = 0

    def answer(request: Any) -> str:
        nonlocal turns
        turns += 1
        if turns == 20:
            handle.aside(("stop", "enough"))()
        return f"number {turns}"

    one = _agent(ScriptedModel([answer], repeat_last=True), max_consecutive_auto_reply=10**9)
    two = ConversableAgent("two", llm_config=False, default_auto_reply="more", **Quiet)
    two.update_max_consecutive_auto_reply(10**9)
    assert consume(kind, two, one, Person(), handle).reason == "enough"


@pytest.mark.parametrize("first", ["interrupt", "cancel"])
def test_cancellation_of_the_caller_counts_when_it_comes_with_an_interruption(first: str) -> None:
    """A caller who cancels its task is obeyed, also in the very moment of an interruption, before or after it."""

    async def hold() -> None:
        loop = asyncio.get_running_loop()
        task: asyncio.Task[Any] | None = None
        response: Any = None

        def asked() -> None:
            calls = [response.interrupt, lambda: loop.call_soon(response.cancel)]
            for call in calls if first == "interrupt" else reversed(calls):
                call()

        slow = SlowModel(asked)
        response = await other().a_run(_agent(slow), message="go")

        async def consume() -> None:
            await response.process(Person(interrupt=[lambda: None]))

        task = asyncio.ensure_future(consume())
        done, _ = await asyncio.wait([task], timeout=20)
        assert done == {task}
        assert type(task.exception()).__name__ == "RunCancelled"

    asyncio.run(hold())


def test_time_limit_around_a_chat_works_when_it_was_interrupted_before() -> None:
    """After an interruption, asyncio.timeout around and inside the chat still works: nothing is left over."""
    handle = Handle()

    async def work() -> str:
        """Wait for ever, within a limit."""
        try:
            async with asyncio.timeout(0.01):
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            return "timed out"
        return "not reached"

    class Then(SlowModel):
        async def complete(self, request: ModelRequest, notify: Notify = lambda notice: None) -> ModelReply:
            reply = await super().complete(request, notify)
            if len(self.requests) == 2:
                return ModelReply({"role": "assistant", "content": None, "tool_calls": [
                    {"id": "1", "type": "function", "function": {"name": "work", "arguments": "{}"}}]})  # fmt: skip
            return reply

    slow = Then(handle.aside(("interrupt", "")))
    agent = _agent(slow, tools=[tool(work)])
    result = consume("async", other(), agent, Person(interrupt=[""]), handle, max_turns=1)
    assert "timed out" in [m.get("content") for m in agent.chat_messages[next(iter(agent.chat_messages))]]
    assert result.summary == "answer 3"


def test_model_that_swallows_cancellations_does_no_harm_when_interrupted() -> None:
    """A model that answers although it was cancelled: its answer counts, and the run goes on to meet the rest."""
    handle = Handle()

    class Stubborn(SlowModel):
        async def complete(self, request: ModelRequest, notify: Notify = lambda notice: None) -> ModelReply:
            try:
                return await super().complete(request, notify)
            except asyncio.CancelledError:
                return ModelReply({"role": "assistant", "content": "anyway"})

    slow = Stubborn(handle.aside(("interrupt", "")))
    person = Person(interrupt=[""])
    result = consume("async", other(), _agent(slow), person, handle, max_turns=1)
    assert result.summary == "anyway"


def test_result_is_whole_when_stopped_while_it_is_summed_up() -> None:
    """stop() during the reflection ends it; the result has its history and no summary."""
    handle = Handle()
    slow = SlowModel(handle.aside(("stop", "enough")))
    sender = ConversableAgent("sender", llm_config=slow, **Quiet)
    recipient = ConversableAgent("recipient", llm_config=False, default_auto_reply="fine", **Quiet)
    result = consume("sync", sender, recipient, Person(), handle, max_turns=1, summary_method="reflection_with_llm")
    assert [m["content"] for m in result.chat_history] == ["go", "fine"]
    assert result.summary == ""

"""KeyboardInterrupt and SystemExit, wherever user code raises them, reach the caller as themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from convagent import ConversableAgent, tool
from convagent.events import ErrorEvent, InputRequestEvent
from convagent.models.scripted import ScriptedModel

Quiet: dict[str, Any] = {"silent": True, "human_input_mode": "NEVER"}
call = {"name": "work", "arguments": {}}
Pair = tuple[ConversableAgent, ConversableAgent]


def _tool(work: Any, **own: Any) -> Pair:
    model = ConversableAgent("model", llm_config=ScriptedModel([[call], "finished"]), **Quiet)
    other = ConversableAgent("other", llm_config=False, **Quiet)
    model.register_for_llm(name="work", description="Work.")(work)
    other.register_for_execution(name="work")(work)
    return other, model


def plain_tool(error: BaseException) -> Pair:
    def work() -> str:
        raise error

    return _tool(work)


def async_tool(error: BaseException) -> Pair:
    async def work() -> str:
        raise error

    return _tool(work)


def own_tools(error: BaseException) -> Pair:
    @tool
    def work() -> str:
        """Work in a worker thread."""
        raise error

    @tool
    async def more() -> str:
        """Work beside it."""
        await asyncio.sleep(0)
        return "more"

    calls = [call, {"name": "more", "arguments": {}}]
    model = ConversableAgent("model", llm_config=ScriptedModel([calls, "x"]), tools=[work, more], **Quiet)
    return ConversableAgent("other", llm_config=False, **Quiet), model


def get_human_input(error: BaseException) -> Pair:
    class Asking(ConversableAgent):
        def get_human_input(self, prompt: str) -> str:
            raise error

    model = ConversableAgent("model", llm_config=ScriptedModel(["hello"]), **Quiet)
    return Asking("asking", llm_config=False, silent=True, human_input_mode="ALWAYS"), model


def a_get_human_input(error: BaseException) -> Pair:
    class Asking(ConversableAgent):
        async def a_get_human_input(self, prompt: str, **more: Any) -> str:
            raise error

    model = ConversableAgent("model", llm_config=ScriptedModel(["hello"]), **Quiet)
    return Asking("asking", llm_config=False, silent=True, human_input_mode="ALWAYS"), model


def reply_function(error: BaseException) -> Pair:
    def reply(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, Any]:
        raise error

    model = ConversableAgent("model", llm_config=ScriptedModel(["hello"]), **Quiet)
    model.register_reply([ConversableAgent, None], reply)
    return ConversableAgent("other", llm_config=False, **Quiet), model


def async_reply_function(error: BaseException) -> Pair:
    async def reply(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, Any]:
        raise error

    model = ConversableAgent("model", llm_config=ScriptedModel(["hello"]), **Quiet)
    model.register_reply([ConversableAgent, None], reply)
    return ConversableAgent("other", llm_config=False, **Quiet), model


def super_call(error: BaseException) -> Pair:
    """An override waits in super() for a reply function that raises."""
    other, model = reply_function(error)

    class Mine(ConversableAgent):
        def generate_reply(self, messages: Any = None, sender: Any = None, exclude: Any = ()) -> Any:
            return super().generate_reply(messages, sender)

    mine = Mine("mine", llm_config=ScriptedModel(["hello"]), **Quiet)
    mine.replies = model.replies
    return other, mine


def inner_chat(error: BaseException) -> Pair:
    """A chat inside a plain tool has a tool that raises."""
    outer, model = plain_tool(error)

    def work() -> str:
        return outer.initiate_chat(model, message="inner").summary

    return _tool(work)


def model_function(error: BaseException) -> Pair:
    """The model itself raises: a function of a scripted one."""

    def answer(request: Any) -> str:
        raise error

    model = ConversableAgent("model", llm_config=ScriptedModel([answer]), **Quiet)
    return ConversableAgent("other", llm_config=False, **Quiet), model


places = pytest.mark.parametrize(
    "place",
    [
        plain_tool, async_tool, own_tools, get_human_input, a_get_human_input, reply_function,
        async_reply_function, super_call, inner_chat, model_function,
    ],
)  # fmt: skip
errors = pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])


def sync_chat(sender: ConversableAgent, recipient: ConversableAgent, **more: Any) -> Any:
    return sender.initiate_chat(recipient, message="go", silent=True, **more)


def async_chat(sender: ConversableAgent, recipient: ConversableAgent, **more: Any) -> Any:
    return asyncio.run(sender.a_initiate_chat(recipient, message="go", silent=True, **more))


def sync_run(sender: ConversableAgent, recipient: ConversableAgent, **more: Any) -> Any:
    response = sender.run(recipient, message="go", silent=True, **more)
    response.process()
    return response.result


def iterated_run(sender: ConversableAgent, recipient: ConversableAgent, **more: Any) -> Any:
    response = sender.run(recipient, message="go", silent=True, **more)
    for _ in response.events:
        pass
    return response.result


def async_run(sender: ConversableAgent, recipient: ConversableAgent, **more: Any) -> Any:
    async def hold() -> Any:
        response = await sender.a_run(recipient, message="go", silent=True, **more)
        await response.process()
        return await response.result

    return asyncio.run(hold())


@places
@errors
@pytest.mark.parametrize("chat", [sync_chat, async_chat, sync_run, iterated_run, async_run])
def test_interrupted_program_is_the_callers_when_user_code_raises(
    place: Callable[[BaseException], Pair], kind: type[BaseException], chat: Callable[..., Any]
) -> None:
    """The very object reaches the caller, the last event says so, and the next chat works."""
    error = kind("mine")
    events: list[Any] = []
    with pytest.raises(kind) as raised:
        chat(*place(error), observers=[events.append])
    assert raised.value is error
    assert isinstance(events[-1], ErrorEvent)
    assert events[-1].error is error
    model = ConversableAgent("model", llm_config=ScriptedModel(["fine"]), **Quiet)
    other = ConversableAgent("other", llm_config=False, **Quiet)
    assert chat(other, model, max_turns=1).summary == "fine"


@errors
def test_interrupted_program_is_the_callers_when_the_processor_raises(kind: type[BaseException]) -> None:
    """What a processor raises ends the run and reaches the caller of process(), and the next chat works."""
    error = kind("mine")

    class Processor:
        def process_event(self, event: Any) -> None:
            if isinstance(event, InputRequestEvent):
                raise error

    asking = ConversableAgent("asking", llm_config=False, silent=True, human_input_mode="ALWAYS")
    model = ConversableAgent("model", llm_config=ScriptedModel(["fine"]), **Quiet)
    response = asking.run(model, message="go")
    with pytest.raises(kind):
        response.process(Processor())
    other = ConversableAgent("other", llm_config=False, **Quiet)
    assert sync_chat(other, model, max_turns=1).summary == "fine"


@errors
@pytest.mark.parametrize("chat", [sync_chat, async_chat, sync_run, async_run])
def test_interrupted_program_is_the_callers_when_an_observer_raises(
    kind: type[BaseException], chat: Callable[..., Any]
) -> None:
    """SystemExit in an observer ends the run with it."""
    error = kind("mine")

    def observer(event: Any) -> None:
        if event.type == "text":
            raise error

    model = ConversableAgent("model", llm_config=ScriptedModel(["fine"]), **Quiet)
    other = ConversableAgent("other", llm_config=False, **Quiet)
    with pytest.raises(kind) as raised:
        chat(other, model, max_turns=1, observers=[observer])
    assert raised.value is error
    assert chat(other, model, max_turns=1).summary == "fine"

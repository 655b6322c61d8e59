"""Where plain functions of the user run, and how they get back into the conversation."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from convagent import ConversableAgent, tool
from convagent.errors import RunCancelled, UsageError
from convagent.models.scripted import ScriptedModel

Quiet: dict[str, Any] = {"silent": True, "human_input_mode": "NEVER"}
call = {"name": "work", "arguments": {}}


def caller(*items: Any, **more: Any) -> ConversableAgent:
    """Return an agent whose model says these things."""
    return ConversableAgent("caller", llm_config=ScriptedModel(list(items)), **{**Quiet, **more})


def executor(work: Callable[..., Any], of: ConversableAgent) -> ConversableAgent:
    """Return an agent that executes `work` when the other's model calls it."""
    other = ConversableAgent("executor", llm_config=False, **Quiet)
    of.register_for_llm(name="work", description="Work.")(work)
    other.register_for_execution(name="work")(work)
    return other


def results(history: list[Any]) -> list[str]:
    """Return what tools answered."""
    return [m["content"] for m in history if m.get("role") == "tool"]


# ---------------------------------------------------------------- threads


def test_plain_functions_run_in_the_calling_thread_when_the_chat_is_synchronous() -> None:
    """A classic tool, an override, a reply function, a hook, a condition and a message function run in the caller."""
    threads: dict[str, int] = {}

    def note(what: str) -> None:
        threads[what] = threading.get_ident()

    def work() -> str:
        note("tool")
        return "done"

    class Mine(ConversableAgent):
        def generate_reply(self, messages: Any = None, sender: Any = None, exclude: Any = ()) -> Any:
            note("override")
            return super().generate_reply(messages, sender)

        def send(self, *args: Any, **kwargs: Any) -> None:
            note("send")
            super().send(*args, **kwargs)

        def receive(self, *args: Any, **kwargs: Any) -> None:
            note("receive")
            super().receive(*args, **kwargs)

    def reply(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, Any]:
        note("reply function")
        return False, None

    def hook(messages: list[Any]) -> list[Any]:
        note("hook")
        return messages

    def opening(sender: Any, recipient: Any, context: Any) -> str:
        note("message")
        return "go"

    def summary(sender: Any, recipient: Any, args: Any) -> str:
        note("summary")
        return "fine"

    model = caller([call], "finished")
    other = Mine("other", llm_config=False, **Quiet)
    model.register_for_llm(name="work", description="Work.")(work)
    other.register_for_execution(name="work")(work)
    other.register_reply([ConversableAgent, None], reply)
    other.register_hook("process_all_messages_before_reply", hook)
    result = other.initiate_chat(model, message=opening, max_turns=2, summary_method=summary)
    assert result.summary == "fine"
    wanted = {"tool", "override", "send", "receive", "reply function", "hook", "message", "summary"}
    assert threads == dict.fromkeys(wanted, threading.get_ident())


def test_thread_bound_connection_works_when_a_classic_tool_uses_it() -> None:
    """A sqlite3 connection that the caller opened works in a classic tool, by initiate_chat and by process."""
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (x)")

    def work() -> str:
        connection.execute("insert into t values (1)")
        return str(connection.execute("select count(*) from t").fetchone()[0])

    model = caller([call], "finished")
    result = executor(work, model).initiate_chat(model, message="go", max_turns=2)
    assert "1" in results(result.chat_history)
    model = caller([call], "finished")
    response = executor(work, model).run(model, message="go", max_turns=2, silent=True)
    response.process()
    assert "2" in results(response.messages)
    connection.close()


def test_plain_tools_run_at_once_in_workers_when_they_are_ours() -> None:
    """Two @tool tools of one reply wait for each other and both finish, outside the calling thread."""
    together = threading.Barrier(2, timeout=20)
    threads: list[int] = []

    @tool
    def left() -> str:
        """Wait for the other."""
        threads.append(threading.get_ident())
        together.wait()
        return "left"

    @tool
    def right() -> str:
        """Wait for the other."""
        threads.append(threading.get_ident())
        together.wait()
        return "right"

    calls = [{"name": "left", "arguments": {}}, {"name": "right", "arguments": {}}]
    agent = caller(calls, "both", tools=[left, right])
    other = ConversableAgent("other", llm_config=False, **Quiet)
    result = other.initiate_chat(agent, message="go", max_turns=1)
    assert result.chat_history[-1]["content"] == "both"
    assert threading.get_ident() not in threads
    assert len(set(threads)) == 2


def test_plain_functions_share_one_other_thread_when_a_run_is_iterated() -> None:
    """With a bare loop over the events, plain functions run in one thread that is not the loop's."""
    threads: list[int] = []

    def work() -> str:
        threads.append(threading.get_ident())
        return "done"

    model = caller([call], [call], "finished")
    for _ in executor(work, model).run(model, message="go", max_turns=3).events:
        pass
    assert len(threads) == 2
    assert len(set(threads)) == 1
    assert threading.get_ident() not in threads


def test_two_threads_hold_chats_at_once_when_they_share_agents_and_portal() -> None:
    """Each thread's plain tools run in that thread, while the other's chat is under way."""
    together = threading.Barrier(2, timeout=20)
    mine: dict[int, list[int]] = {}

    def work() -> str:
        together.wait()
        mine.setdefault(threading.get_ident(), []).append(1)
        return "done"

    def chat() -> None:
        model = caller([call], "finished")
        executor(work, model).initiate_chat(model, message="go", max_turns=2)

    threads = [threading.Thread(target=chat) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert set(mine) == {thread.ident for thread in threads}


# ---------------------------------------------------------------- context


variable: ContextVar[str] = ContextVar("variable", default="nothing")


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_context_of_the_caller_is_seen_when_tools_and_overrides_run(asynchronous: bool) -> None:
    """A context variable that the caller set is seen in a classic tool, in ours, in an async one, in an override."""
    seen: list[str] = []

    def work() -> str:
        seen.append("work " + variable.get())
        return "x"

    @tool
    def plain() -> str:
        """Look."""
        seen.append("plain " + variable.get())
        return "x"

    @tool
    async def waiting() -> str:
        """Look."""
        seen.append("waiting " + variable.get())
        return "x"

    class Mine(ConversableAgent):
        def generate_reply(self, messages: Any = None, sender: Any = None, exclude: Any = ()) -> Any:
            seen.append("override " + variable.get())
            return super().generate_reply(messages, sender)

    calls = [{"name": "plain", "arguments": {}}, {"name": "waiting", "arguments": {}}]
    model = caller(calls, [call], "finished", tools=[plain, waiting])
    other = Mine("other", llm_config=False, **Quiet)
    model.register_for_llm(name="work", description="Work.")(work)
    other.register_for_execution(name="work")(work)
    token = variable.set("mine")
    try:
        if asynchronous:
            asyncio.run(other.a_initiate_chat(model, message="go", max_turns=2))
        else:
            other.initiate_chat(model, message="go", max_turns=2)
    finally:
        variable.reset(token)
    assert set(seen) == {"work mine", "plain mine", "waiting mine", "override mine"}


# ---------------------------------------------------------------- back into the conversation


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_overrides_reach_the_core_when_nested_three_deep(asynchronous: bool) -> None:
    """Three classes that each override and call super() get the model's reply through all of them."""

    class One(ConversableAgent):
        def generate_reply(self, messages: Any = None, sender: Any = None, exclude: Any = ()) -> Any:
            return f"one({super().generate_reply(messages, sender)})"

    class Two(One):
        def generate_reply(self, messages: Any = None, sender: Any = None, exclude: Any = ()) -> Any:
            return f"two({super().generate_reply(messages, sender)})"

    class Three(Two):
        def generate_reply(self, messages: Any = None, sender: Any = None, exclude: Any = ()) -> Any:
            return f"three({super().generate_reply(messages, sender)})"

    agent = Three("agent", llm_config=ScriptedModel(["hello"]), **Quiet)
    other = ConversableAgent("other", llm_config=False, **Quiet)
    if asynchronous:
        result = asyncio.run(other.a_initiate_chat(agent, message="go", max_turns=1))
    else:
        result = other.initiate_chat(agent, message="go", max_turns=1)
    assert result.chat_history[-1]["content"] == "three(two(one(hello)))"


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_chat_is_a_child_when_a_plain_tool_holds_it(asynchronous: bool) -> None:
    """A chat held inside a plain tool is a child run: its events are in the parent's stream, its result the tool's."""
    inner_model = caller("inner answer")
    inner = ConversableAgent("inner", llm_config=False, **Quiet)

    def work() -> str:
        return inner.initiate_chat(inner_model, message="inner question", max_turns=1).summary

    events: list[Any] = []
    model = caller([call], "finished")
    outer = executor(work, model)
    arguments: dict[str, Any] = {"message": "go", "max_turns": 2, "observers": [events.append]}
    if asynchronous:
        result = asyncio.run(outer.a_initiate_chat(model, **arguments))
    else:
        result = outer.initiate_chat(model, **arguments)
    assert "inner answer" in results(result.chat_history)
    started = [e for e in events if e.type == "run_started"]
    assert [e.parent for e in started] == ["", started[0].run_id]
    assert started[1].run_id.startswith(started[0].run_id + "/")
    assert [e.type for e in events].count("run_completion") == 2


def test_run_is_consumed_where_it_was_started_when_a_plain_tool_starts_one() -> None:
    """A run started inside a plain tool gives its events to that tool; an observer of the outer one sees both."""
    inner_model = caller("inner answer")
    inner = ConversableAgent("inner", llm_config=False, **Quiet)
    types: list[str] = []

    def work() -> str:
        response = inner.run(inner_model, message="inner question", max_turns=1)
        types.extend(event.type for event in response.events)
        return str(response.summary)

    events: list[Any] = []
    model = caller([call], "finished")
    result = executor(work, model).initiate_chat(model, message="go", max_turns=2, observers=[events.append])
    assert "inner answer" in results(result.chat_history)
    assert types[0] == "run_started"
    assert types[-1] == "run_completion"
    assert [e.type for e in events].count("run_completion") == 2


@pytest.mark.parametrize("name", ["initiate_chat", "run", "generate_reply", "send", "initiate_chats"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_refusal_names_the_twin_when_an_async_tool_would_wait_for_itself(name: str, asynchronous: bool) -> None:
    """A synchronous call inside an async tool is a UsageError naming its twin, told to the model, never a deadlock."""
    inner_model = caller("inner answer")
    inner = ConversableAgent("inner", llm_config=False, **Quiet)
    calls: dict[str, Callable[[], Any]] = {
        "initiate_chat": lambda: inner.initiate_chat(inner_model, message="x"),
        "run": lambda: inner.run(inner_model, message="x"),
        "generate_reply": lambda: inner_model.generate_reply([{"role": "user", "content": "x"}]),
        "send": lambda: inner.send("x", inner_model),
        "initiate_chats": lambda: inner.initiate_chats([{"recipient": inner_model, "message": "x"}]),
    }
    raised: list[BaseException] = []

    async def work() -> str:
        try:
            calls[name]()
        except UsageError as error:
            raised.append(error)
            raise
        return "not refused"

    model = caller([call], "finished")
    outer = executor(work, model)
    if asynchronous:
        result = asyncio.run(outer.a_initiate_chat(model, message="go", max_turns=2))
    else:
        result = outer.initiate_chat(model, message="go", max_turns=2)
    assert f"a_{name}(" in str(raised[0])
    assert f"a_{name}(" in results(result.chat_history)[0]


def test_chat_is_a_child_when_an_async_tool_awaits_the_twin() -> None:
    """`await a_initiate_chat()` in an async tool of a synchronous chat works."""
    inner_model = caller("inner answer")
    inner = ConversableAgent("inner", llm_config=False, **Quiet)

    async def work() -> str:
        return (await inner.a_initiate_chat(inner_model, message="inner question", max_turns=1)).summary

    model = caller([call], "finished")
    result = executor(work, model).initiate_chat(model, message="go", max_turns=2)
    assert "inner answer" in results(result.chat_history)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_chat_works_when_a_plain_tool_runs_a_loop_of_its_own(asynchronous: bool, capsys: Any) -> None:
    """`asyncio.run(a_initiate_chat())` inside a plain tool, with plain functions in that chat, does not deadlock."""

    def inner_work() -> str:
        return "inner result"

    inner_model = ConversableAgent("inner_model", llm_config=ScriptedModel([[call], "inner answer"]), **Quiet)
    inner = executor(inner_work, inner_model)

    def work() -> str:
        return asyncio.run(inner.a_initiate_chat(inner_model, message="inner question", max_turns=2)).summary

    model = caller([call], "finished")
    outer = executor(work, model)
    if asynchronous:
        result = asyncio.run(outer.a_initiate_chat(model, message="go", max_turns=2))
    else:
        result = outer.initiate_chat(model, message="go", max_turns=2)
    assert "inner answer" in results(result.chat_history)


def test_chat_works_when_a_thread_inherits_the_context_of_an_async_tool() -> None:
    """`asyncio.to_thread(initiate_chat)` in an async tool holds its chat, and does not take the caller's work."""
    inner_model = caller("inner answer")
    inner = ConversableAgent("inner", llm_config=False, **Quiet)

    def hold() -> str:
        return inner.initiate_chat(inner_model, message="inner question", max_turns=1).summary

    async def work() -> str:
        done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()
        from contextvars import copy_context

        context = copy_context()
        threading.Thread(
            target=lambda: loop.call_soon_threadsafe(done.set_result, context.run(hold)), daemon=True
        ).start()
        return await done

    model = caller([call], "finished")
    result = executor(work, model).initiate_chat(model, message="go", max_turns=2)
    assert "inner answer" in results(result.chat_history)


# ---------------------------------------------------------------- running loops


def test_plain_chat_works_when_called_inside_a_running_loop() -> None:
    """In a notebook, whose loop runs, `initiate_chat` in a cell works and its functions run in that thread."""
    threads: list[int] = []

    def work() -> str:
        threads.append(threading.get_ident())
        return "done"

    async def cell() -> Any:
        model = caller([call], "finished")
        return executor(work, model).initiate_chat(model, message="go", max_turns=2)

    assert results(asyncio.run(cell()).chat_history) == ["done"]
    assert threads == [threading.get_ident()]


def test_runs_are_consumed_when_started_in_one_loop_after_another() -> None:
    """`a_run` works in a fresh loop each time, with the same agents."""
    model = ConversableAgent("model", llm_config=ScriptedModel(["one"]), **Quiet)
    other = ConversableAgent("other", llm_config=False, **Quiet)

    async def once() -> str:
        response = await other.a_run(model, message="go", max_turns=1)
        types = [event.type async for event in response]
        assert types[-1] == "run_completion"
        return await response.summary

    assert [asyncio.run(once()) for _ in range(3)] == ["one"] * 3


def test_override_is_told_when_its_loop_has_ended() -> None:
    """A plain override that is still at work when its loop is closed gets RunCancelled, and does not wait for ever."""
    entered, closed, told = threading.Event(), threading.Event(), threading.Event()

    class Mine(ConversableAgent):
        def generate_reply(self, messages: Any = None, sender: Any = None, exclude: Any = ()) -> Any:
            entered.set()
            assert closed.wait(20)
            try:
                return super().generate_reply(messages, sender)
            except RunCancelled:
                told.set()
                raise

    async def hold() -> None:
        mine = Mine("mine", llm_config=ScriptedModel(["hello"]), **Quiet)
        chat = ConversableAgent("other", llm_config=False, **Quiet).a_initiate_chat(mine, message="go")
        task = asyncio.ensure_future(chat)
        assert await asyncio.to_thread(entered.wait, 20)
        task.cancel()

    asyncio.run(hold())
    closed.set()
    assert told.wait(20)

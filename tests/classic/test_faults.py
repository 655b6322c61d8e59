"""The faults of the classic that are not carried over: one test each, by its number in the migration guide.

Not here, because they are not of this surface: 21-23, 26 and 27 (groups), 28-30 (configuration, in
tests/models), 31 (schemas, in tests/tools).
"""

from __future__ import annotations

import asyncio
import io
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from convagent import ConfigError, ConversableAgent, RunCancelled, ScriptedModel, UserProxyAgent
from convagent.events import InputReplyEvent, InputRequestEvent, TerminationEvent


def bot(*replies: Any, **given: Any) -> ConversableAgent:
    return ConversableAgent("bot", llm_config=ScriptedModel(list(replies)), human_input_mode="NEVER", **given)


def user(**given: Any) -> ConversableAgent:
    return ConversableAgent("user", **{"human_input_mode": "NEVER", "llm_config": False, **given})


@pytest.mark.parametrize("asynchronous", [False, True])
def test_fault_1_run_asks_every_time_when_user_input_is_true(asynchronous: bool) -> None:
    """A second run with user_input=True asks as the first one did."""
    agent = bot("one", "two")
    asked: list[str] = []

    def answer(event: Any) -> None:
        if isinstance(event, InputRequestEvent):
            asked.append(event.prompt)
            event.content.respond("exit")

    async def play() -> None:
        response = await agent.a_run(message="hello", user_input=True, silent=True)
        async for event in response.events:
            answer(event)

    for _ in range(2):
        if asynchronous:
            asyncio.run(play())
        else:
            for event in agent.run(message="hello", user_input=True, silent=True):
                answer(event)
    assert len(asked) == 2


def test_fault_1_a_run_that_asks_nobody_may_follow_one_that_asked() -> None:
    """What one run said of user_input is not remembered by the next."""
    agent = bot("TERMINATE")
    for event in agent.run(message="hello", user_input=True, silent=True):
        if isinstance(event, InputRequestEvent):
            event.respond("exit")
    kinds = [event.type for event in agent.run(message="hello", user_input=False, silent=True)]
    assert "input_request" not in kinds
    assert agent.tools == []


@pytest.mark.parametrize("asynchronous", [False, True])
def test_fault_2_get_human_input_needs_no_iostream(asynchronous: bool) -> None:
    """An override that takes only the prompt works, in sync and async chats."""

    class Asking(ConversableAgent):
        def get_human_input(self, prompt: str) -> str:  # type: ignore[override]
            return "exit"

    me = Asking("user", human_input_mode="ALWAYS", llm_config=False)
    chat = {"message": "hello", "silent": True}
    result = asyncio.run(me.a_initiate_chat(bot("hi"), **chat)) if asynchronous else me.initiate_chat(bot("hi"), **chat)
    assert result.human_input == ["exit"]


def test_fault_3_a_misspelt_mode_is_an_error_that_suggests_the_right_one() -> None:
    """The nearest mode is named, at construction and at assignment."""
    with pytest.raises(ConfigError, match=r"human_input_mode='ALWAY' is not one of .*did you mean ALWAYS"):
        user(human_input_mode="ALWAY")
    with pytest.raises(ConfigError, match="did you mean NEVER"):
        user().human_input_mode = "NEVERS"  # type: ignore[assignment]


@pytest.mark.parametrize("asynchronous", [False, True])
def test_fault_4_the_human_input_hook_acts_in_every_chat(asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """safeguard_human_inputs rewrites what a person typed, in sync and async chats, and in the events too."""
    answers = ["my secret", "exit"]
    monkeypatch.setattr("builtins.input", lambda prompt="": answers.pop(0))
    me = user(human_input_mode="ALWAYS")
    me.register_hook("safeguard_human_inputs", lambda text: text.replace("secret", "***"))
    told: list[str] = []

    def note(event: Any) -> None:
        if isinstance(event, InputReplyEvent):
            told.append(event.reply.text)

    chat: dict[str, Any] = {"message": "hello", "silent": True, "observers": [note]}
    other = bot("one", "two")
    result = asyncio.run(me.a_initiate_chat(other, **chat)) if asynchronous else me.initiate_chat(other, **chat)
    assert [m["content"] for m in result.chat_history][2] == "my ***"
    assert result.human_input == told == ["my ***", "exit"]


def test_fault_5_answers_of_an_override_are_recorded() -> None:
    """They are in ChatResult.human_input, and an event tells them."""

    class Asking(ConversableAgent):
        def get_human_input(self, prompt: str, *, iostream: Any = None, choices: Any = ()) -> str:
            return answers.pop(0)

    answers = ["words", "exit"]
    told: list[str] = []

    def note(event: Any) -> None:
        if isinstance(event, InputReplyEvent):
            told.append(event.reply.text)

    me = Asking("user", human_input_mode="ALWAYS", llm_config=False)
    result = me.initiate_chat(bot("one", "two"), message="hello", silent=True, observers=[note])
    assert result.human_input == told == ["words", "exit"]


def test_fault_6_a_question_has_an_id_and_structure() -> None:
    """Questions of a run have ids of their own, and say who asks, about whom and why."""
    requests = []
    for event in user(human_input_mode="ALWAYS").run(bot("one", "two"), message="hello", silent=True):
        if isinstance(event, InputRequestEvent):
            requests.append(event.request)
            event.respond("exit" if len(requests) == 2 else "words")
    assert len({r.id for r in requests}) == 2
    assert [(r.agent, r.about, r.moment, r.choices) for r in requests] == [("user", "bot", "turn", ("exit",))] * 2


def test_fault_7_a_user_proxy_runs_no_code_unless_asked_for(tmp_path: Path) -> None:
    """A code block is a message like any other, until `code_execution_config` says how to run it."""
    proxy = UserProxyAgent("user", human_input_mode="NEVER", max_consecutive_auto_reply=1)
    result = proxy.initiate_chat(bot("```python\nraise SystemExit\n```", "x"), message="hello", silent=True)
    assert [m["content"] for m in result.chat_history][2:] == ["", "x"]
    asked = UserProxyAgent(
        "user", human_input_mode="NEVER", code_execution_config={"use_docker": False, "work_dir": tmp_path}
    )
    result = asked.initiate_chat(bot("```python\nprint(6 * 7)\n```", "x"), message="hello", max_turns=2, silent=True)
    assert result.chat_history[2]["content"] == "exitcode: 0 (execution succeeded)\nCode output: \n42\n"


@pytest.mark.parametrize("stop", [SystemExit(3), KeyboardInterrupt()])
def test_fault_8_a_tool_that_exits_ends_the_program_and_not_the_loop(stop: BaseException) -> None:
    """SystemExit and KeyboardInterrupt of a tool reach the caller as themselves; later chats work."""

    def leave() -> None:
        raise stop

    me = user(function_map={"leave": leave})
    with pytest.raises(type(stop)):
        me.initiate_chat(bot([{"name": "leave", "arguments": {}}], "x"), message="go", silent=True)
    assert me.initiate_chat(bot("fine"), message="go", max_turns=1, silent=True).summary == "fine"


def test_fault_9_events_can_be_consumed_twice() -> None:
    """The second loop ends at once, and the result is there."""
    response = user().run(bot("one"), message="hello", max_turns=1, silent=True)
    assert [e.type for e in response.events][-1] == "run_completion"
    assert list(response.events) == []
    assert response.result.summary == "one"


def test_fault_10_abandoned_runs_leave_no_thread() -> None:
    """Runs that nobody consumes wait on the one portal thread."""
    user().initiate_chat(bot("warm up"), message="hello", max_turns=1, silent=True)
    before = threading.active_count()
    left = [user(human_input_mode="ALWAYS").run(bot("one"), message="hello", silent=True) for _ in range(20)]
    assert threading.active_count() <= before
    for response in left:
        response.cancel()


def test_fault_11_the_task_of_a_run_is_not_garbage_collected() -> None:
    """A run whose response was dropped goes on to its end."""
    import gc

    done: list[str] = []

    async def play() -> None:
        gc.collect()
        gc.freeze()  # only what the run makes is looked at, again and again
        agent = bot("one")
        agent.register_hook("process_last_received_message", lambda text: text)
        await user().a_run(agent, message="hello", max_turns=1, silent=True, observers=[lambda e: done.append(e.type)])
        while "run_completion" not in done:
            gc.collect()
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(play(), 20))


def test_fault_12_state_is_as_before_when_a_chat_raises() -> None:
    """After a failed chat the agents talk again, with what was said kept and no count left over."""
    failing = [True]

    def maybe(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, str]:
        if failing:
            raise LookupError("on purpose")
        return True, "fine"

    agent, me = bot("x"), user()
    agent.register_reply([ConversableAgent], maybe)
    with pytest.raises(LookupError, match="on purpose"):
        me.initiate_chat(agent, message="hello", silent=True)
    assert [m["content"] for m in me.chat_messages[agent]] == ["hello"]
    failing.clear()
    result = me.initiate_chat(agent, message="again", max_turns=1, silent=True, clear_history=False)
    assert [m["content"] for m in result.chat_history] == ["hello", "again", "fine"]


def test_fault_13_the_last_speaker_is_who_spoke_last() -> None:
    """Each chat of a sequential run names its own."""
    me = user()
    queue = [{"recipient": bot(str(i)), "message": "go", "max_turns": 1, "silent": True} for i in range(2)]
    responses = me.sequential_run(queue)
    for response in responses:
        list(response.events)
    assert [r.last_speaker for r in responses] == ["bot", "bot"]


def test_fault_14_five_thousand_messages_do_not_recurse() -> None:
    """A chat without max_turns goes on beyond the interpreter's recursion limit."""
    ann = user(default_auto_reply="ping", max_consecutive_auto_reply=2500)
    bob = ConversableAgent(
        "bob", human_input_mode="NEVER", llm_config=False, default_auto_reply="pong", max_consecutive_auto_reply=9999
    )
    result = ann.initiate_chat(bob, message="hello", silent=True)
    assert len(result.chat_history) > 2 * sys.getrecursionlimit()


def test_fault_15_async_chats_keep_the_recipients_limit() -> None:
    """Under max_turns the recipient's limit ends sync and async chats alike."""

    def play(asynchronous: bool) -> list[Any]:
        me, agent = user(default_auto_reply="more"), bot("one", "two", "three", max_consecutive_auto_reply=1)
        chat: dict[str, Any] = {"message": "hello", "max_turns": 3, "silent": True}
        run = asyncio.run(me.a_initiate_chat(agent, **chat)) if asynchronous else me.initiate_chat(agent, **chat)
        return [m["content"] for m in run.chat_history]

    assert play(True) == play(False)


def test_fault_15_calls_without_an_id_work_in_both_kinds_of_chat() -> None:
    """A call whose id is None is answered by a result without an id."""
    message = {"content": None, "tool_calls": [{"id": None, "type": "function", "function": {"name": "now"}}]}

    def play(asynchronous: bool) -> list[Any]:
        me = user(function_map={"now": lambda: "noon"})
        agent = bot(message, "done")
        chat: dict[str, Any] = {"message": "hello", "max_turns": 2, "silent": True}
        run = asyncio.run(me.a_initiate_chat(agent, **chat)) if asynchronous else me.initiate_chat(agent, **chat)
        return run.chat_history

    assert play(True) == play(False)
    assert play(True)[2]["tool_responses"] == [{"role": "tool", "content": "noon"}]


def test_fault_16_summary_args_are_not_written_to() -> None:
    """A dict given for the summary is what it was, and what a function does to its own is its own."""
    given: dict[str, Any] = {"a": 1}

    def spoil(sender: Any, recipient: Any, args: dict[str, Any]) -> str:
        args["spoilt"] = True
        return "x"

    user().initiate_chat(
        bot("one"), message="hello", max_turns=1, silent=True, summary_method=spoil, summary_args=given
    )
    assert given == {"a": 1}


def test_fault_17_safeguards_on_model_input_and_output_act() -> None:
    """What they return is what the model gets and what the agent says."""
    model = ScriptedModel(["the code is 4711"])
    agent = ConversableAgent("bot", llm_config=model, human_input_mode="NEVER")
    agent.register_hook(
        "safeguard_llm_inputs", lambda ms: [{**m, "content": m["content"].replace("Ada", "A.")} for m in ms]
    )
    agent.register_hook("safeguard_llm_outputs", lambda reply: reply.replace("4711", "****"))
    result = user().initiate_chat(agent, message="Ada asks", max_turns=1, silent=True)
    assert model.requests[0].messages[-1]["content"] == "A. asks"
    assert result.summary == "the code is ****"
    assert result.chat_history[0]["content"] == "Ada asks"


def test_fault_18_hooks_see_copies() -> None:
    """What a hook does to its list reaches the turn only; `context` stays in the history."""

    def spoil(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        messages[-1]["content"] = "changed"
        return messages

    model = ScriptedModel(["one"])
    agent = ConversableAgent("bot", llm_config=model, human_input_mode="NEVER")
    agent.register_hook("process_all_messages_before_reply", spoil)
    me = user()
    me.initiate_chat(agent, message={"content": "hello", "context": {"a": 1}}, max_turns=1, silent=True)
    assert model.requests[0].messages[-1]["content"] == "changed"
    assert "context" not in model.requests[0].messages[-1]
    stored = agent.chat_messages[me][0]
    assert (stored["content"], stored["context"]) == ("hello", {"a": 1})


def test_fault_19_content_may_be_a_function_of_its_context() -> None:
    """The model gets its text, the transcript shows it."""
    model = ScriptedModel(["one"])
    agent = ConversableAgent("bot", llm_config=model, human_input_mode="NEVER")
    message = {"content": lambda context: f"use {context['tool']}", "context": {"tool": "the hammer"}}
    user().initiate_chat(agent, message=message, max_turns=1, silent=True)
    assert model.requests[0].messages[-1]["content"] == "use the hammer"


@pytest.mark.parametrize("turns", [0, -1, True, 1.5, "2"])
def test_fault_20_bad_max_turns_are_an_error_that_says_so(turns: Any) -> None:
    """Nothing starts with a number of turns that means nothing."""
    with pytest.raises(ConfigError, match="max_turns"):
        user().initiate_chat(bot("one"), message="hello", max_turns=turns)


def test_fault_24_a_client_is_kept_when_a_tool_is_registered() -> None:
    """Registering tools makes no new client."""
    from convagent.testing import OpenAIServer

    with OpenAIServer(["one"]) as server:
        agent = ConversableAgent("bot", llm_config=server.llm_config())
        first = agent.client
        agent.register_for_llm(name="nothing", description="nothing")(lambda: None)
        assert agent.client is first


def test_fault_25_output_goes_to_the_standard_output_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream put in its place later gets what is said later."""
    user().initiate_chat(bot("one"), message="hello", max_turns=1)
    later = io.StringIO()
    monkeypatch.setattr(sys, "stdout", later)
    user().initiate_chat(bot("two"), message="hello", max_turns=1)
    assert "bot (to user):\n\ntwo\n" in later.getvalue()


def test_fault_32_results_of_tools_are_json() -> None:
    """A dict reaches the model as JSON, a string as it is."""
    agent = bot([{"name": "look", "arguments": {}}], "done")
    me = user(function_map={"look": lambda: {"found": [1, None, "ü"]}})
    result = me.initiate_chat(agent, message="go", max_turns=2, silent=True)
    assert result.chat_history[2]["content"] == '{"found":[1,null,"ü"]}'


@pytest.mark.parametrize("asynchronous", [False, True])
def test_fault_33_two_agents_with_nothing_to_say_stop(asynchronous: bool) -> None:
    """They do not exchange empty messages until the limit."""
    reasons: list[str] = []

    def note(event: Any) -> None:
        if isinstance(event, TerminationEvent):
            reasons.append(event.termination_reason)

    ann, bob = user(), ConversableAgent("bob", human_input_mode="NEVER", llm_config=False)
    chat: dict[str, Any] = {"message": "hello", "silent": True, "observers": [note]}
    result = asyncio.run(ann.a_initiate_chat(bob, **chat)) if asynchronous else ann.initiate_chat(bob, **chat)
    assert [m["content"] for m in result.chat_history] == ["hello", ""]
    assert reasons == [result.reason] == ["No reply generated"]


# ---------------------------------------------------------------- more that was decided with them


def test_an_async_reply_function_runs_in_a_synchronous_chat() -> None:
    """The classic refuses it; here both kinds of chat run both kinds of function."""

    async def reply(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, str]:
        await asyncio.sleep(0)
        return True, "from async"

    agent = bot("x")
    agent.register_reply([ConversableAgent], reply)
    assert user().initiate_chat(agent, message="hello", max_turns=1, silent=True).summary == "from async"


def test_a_cancelled_run_says_so() -> None:
    """Its result is an error that says that it was cancelled; what was said is kept."""
    me, agent = user(human_input_mode="ALWAYS"), bot("one")
    response = me.run(agent, message="hello", silent=True)
    for event in response.events:
        if isinstance(event, InputRequestEvent):
            break
    response.cancel()
    with pytest.raises(RunCancelled):
        _ = response.result
    assert [m["content"] for m in me.chat_messages[agent]] == ["hello", "one"]


def test_both_of_a_pair_may_be_overridden_with_super() -> None:
    """`super()` of the plain method does not meet the async override of the same subclass."""

    class Both(ConversableAgent):
        def generate_reply(self, *args: Any, **kwargs: Any) -> Any:
            return f"plain {super().generate_reply(*args, **kwargs)}"

        async def a_generate_reply(self, *args: Any, **kwargs: Any) -> Any:
            return f"async {await super().a_generate_reply(*args, **kwargs)}"

    agent = Both("bot", llm_config=ScriptedModel(["x"], repeat_last=True), human_input_mode="NEVER")
    assert user().initiate_chat(agent, message="hello", max_turns=1, silent=True).summary == "plain x"
    result = asyncio.run(user().a_initiate_chat(agent, message="hello", max_turns=1, silent=True))
    assert result.summary == "async x"


@pytest.mark.parametrize("kind", ["plain in async", "async in sync"])
def test_an_override_of_the_other_kind_is_used(kind: str) -> None:
    """A subclass overrides one of a pair, and both kinds of chat use it, in the caller's thread if it is plain."""
    threads: list[int] = []

    class Plain(ConversableAgent):
        def generate_reply(self, messages: Any = None, sender: Any = None, **kwargs: Any) -> Any:
            threads.append(threading.get_ident())
            return f"mine: {super().generate_reply(messages, sender, **kwargs)}"

    class Async(ConversableAgent):
        async def a_generate_reply(self, messages: Any = None, sender: Any = None, **kwargs: Any) -> Any:
            return f"mine: {await super().a_generate_reply(messages, sender, **kwargs)}"

    given: dict[str, Any] = {"llm_config": ScriptedModel(["x"], repeat_last=True), "human_input_mode": "NEVER"}
    chat: dict[str, Any] = {"message": "hello", "max_turns": 1, "silent": True}
    if kind == "plain in async":
        result = asyncio.run(user().a_initiate_chat(Plain("bot", **given), **chat))
    else:
        result = user().initiate_chat(Async("bot", **given), **chat)
    assert result.summary == "mine: x"
    user().initiate_chat(Plain("bot", **given), **chat)
    assert threads[-1] == threading.get_ident()


def test_reflection_is_refused_before_the_chat_when_nobody_has_a_model() -> None:
    """The mistake is told before the chat is held."""
    me, other = user(), ConversableAgent("other", human_input_mode="NEVER", llm_config=False)
    with pytest.raises(ConfigError, match=r"reflection_with_llm.*neither 'user' nor 'other' has one"):
        me.initiate_chat(other, message="hello", summary_method="reflection_with_llm")
    assert other.chat_messages[me] == []


def test_tools_of_a_run_are_lent_for_that_run_only() -> None:
    """They are offered to the model in their run and not in the next one."""
    model = ScriptedModel([[{"name": "now", "arguments": {}}], "it is noon", "later"])
    agent = ConversableAgent("bot", llm_config=model, human_input_mode="NEVER")

    def now() -> str:
        """Tell the time."""
        return "noon"

    assert agent.run(message="time?", tools=[now], max_turns=2, silent=True).result.summary == "it is noon"
    agent.run(message="time?", max_turns=1, silent=True).process()
    assert [len(r.tools) for r in model.requests] == [1, 1, 0]
    assert agent.tools == []

"""What events and the terminal say of what people decided, and of the models that a queue of chats uses."""

from __future__ import annotations

import asyncio
import io
import sys
from typing import Any

import pytest

from convagent import (
    ConversableAgent,
    Printer,
    ToolContext,
    approve,
    ask,
    deny,
    failing,
    reject,
    respond,
    tool,
    try_again,
)
from convagent.events import ExecutedFunctionEvent, InputReplyEvent, InputRequestEvent, ToolNotRunEvent
from convagent.models.scripted import ScriptedModel
from convagent.testing import CapturedEvents, Fake, People, capture_events

Quiet: dict[str, Any] = {"human_input_mode": "NEVER"}
NOTE = "[bot: scripted replies, no language model]\n"


def _bot(*items: Any) -> ConversableAgent:
    return ConversableAgent("bot", llm_config=ScriptedModel(list(items or ["one"]), repeat_last=True), **Quiet)


def test_reply_event_names_its_request_when_a_person_answers() -> None:
    """Every answer names the request it answers."""
    asking = ConversableAgent("asking", llm_config=False, human_input_mode="ALWAYS")
    events = capture_events()
    asking.initiate_chat(_bot("one", "two"), message="go", silent=True, observers=[events, People("more", "exit")])
    requests = [e.request.id for e in events if isinstance(e, InputRequestEvent)]
    replies = [e.request_id for e in events if isinstance(e, InputReplyEvent)]
    assert len(requests) == 2
    assert replies == requests


def test_reply_event_names_no_request_when_an_override_answers() -> None:
    """An override that asks by itself was sent no request."""

    class Own(ConversableAgent):
        def get_human_input(self, prompt: str) -> str:
            return "exit"

    own = Own("own", llm_config=False, human_input_mode="ALWAYS")
    events = capture_events()
    own.initiate_chat(_bot(), message="go", silent=True, observers=[events])
    assert [e.request_id for e in events if isinstance(e, InputReplyEvent)] == [""]


def _asks_for_tools() -> tuple[ConversableAgent, ConversableAgent]:
    calls = [{"name": "pay", "arguments": {}, "id": "a"}, {"name": "ship", "arguments": {}, "id": "b"}]
    return ConversableAgent("asking", llm_config=False, human_input_mode="ALWAYS"), _bot(calls, "fine")


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_event_says_so_when_a_text_is_typed_instead_of_running_a_call(asynchronous: bool) -> None:
    """Each call that a person's text took the place of is told, before that text."""
    asking, bot = _asks_for_tools()
    events = capture_events()
    more: dict[str, Any] = {"message": "go", "silent": True, "observers": [events, People("not today", "exit")]}
    if asynchronous:
        asyncio.run(asking.a_initiate_chat(bot, **more))
    else:
        asking.initiate_chat(bot, **more)
    told = [(e.func_name, e.call_id, e.reason) for e in events if isinstance(e, ToolNotRunEvent)]
    assert told == [("pay", "a", "text was typed instead"), ("ship", "b", "text was typed instead")]
    kinds = [e.type for e in events]
    assert kinds[kinds.index("tool_not_run") + 2] == "text"


def test_no_event_says_so_when_the_call_is_run_or_the_chat_ends() -> None:
    """Enter runs the call, `exit` ends the chat: neither is a text in its place."""
    for answers in (["", "exit"], ["exit"]):
        asking, bot = _asks_for_tools()
        for name in ("pay", "ship"):
            asking.register_for_execution(name=name)(lambda: "done")
        events = capture_events()
        asking.initiate_chat(bot, message="go", silent=True, observers=[events, People(*answers)])
        assert not [e for e in events if isinstance(e, ToolNotRunEvent)]


def test_pipe_holds_the_classic_transcript_when_a_call_was_not_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Files and pipes are the classic's to the character: nothing says it there."""
    asking, bot = _asks_for_tools()
    asking.initiate_chat(bot, message="go", observers=[People("not today", "exit")])
    assert "not run" not in capsys.readouterr().out


def test_header_note_is_shown_once_when_chats_are_nested(capsys: pytest.CaptureFixture[str]) -> None:
    """A chat inside a chat repeats no header; a model that is new there is named."""
    outer, bot = ConversableAgent("outer", llm_config=False, **Quiet), _bot()
    expert = ConversableAgent("expert", llm_config=ScriptedModel(["deep"], repeat_last=True), **Quiet)
    bot.register_nested_chats(
        [{"recipient": expert, "max_turns": 1, "clear_history": False},
         {"recipient": expert, "message": "again", "max_turns": 1, "clear_history": False}],
        trigger=outer, position=0,
    )  # fmt: skip
    outer.initiate_chat(bot, message="go", max_turns=2)
    shown = capsys.readouterr().out
    assert shown.count(NOTE) == 1
    assert shown.count("[expert: scripted replies, no language model]") == 1


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_header_note_is_shown_once_when_chats_are_queued(
    asynchronous: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """A queue of chats has its header once; the next queue has it again."""
    outer, bot = ConversableAgent("outer", llm_config=False, **Quiet), _bot()
    for _ in range(2):
        queue = [
            {"recipient": bot, "message": "go", "max_turns": 1, "clear_history": False, "chat_id": i} for i in (1, 2)
        ]
        if asynchronous:
            asyncio.run(outer.a_initiate_chats(queue))
        else:
            outer.initiate_chats(queue)
        assert capsys.readouterr().out.count(NOTE) == 1


def test_header_note_stands_in_every_run_when_one_printer_is_told_of_many() -> None:
    """A log of many runs says of each which of its agents has no language model."""
    import io

    from convagent import Printer

    log = io.StringIO()
    printer = Printer(log)
    for _ in range(2):
        outer = ConversableAgent("outer", llm_config=False, **Quiet)
        outer.initiate_chat(_bot(), message="go", max_turns=1, observers=[printer])
    assert log.getvalue().count(NOTE) == 2


if sys.platform != "win32":
    from tests.channels.pty_session import Session

    SETUP = """
from convagent import ConversableAgent
from convagent.models.scripted import ScriptedModel
user = ConversableAgent("user", llm_config=False, human_input_mode="ALWAYS")
"""
    PROMPT = "to end the conversation:"

    def test_terminal_says_so_when_a_call_was_not_run() -> None:
        """At a terminal a line says that the call was not run, before the text that took its place."""
        chat = """
bot = ConversableAgent("bot", llm_config=ScriptedModel([[{"name": "pay", "arguments": {}}], "two"]),
    human_input_mode="NEVER")
user.initiate_chat(bot, message="go")
"""
        with Session(SETUP + chat) as tty:
            tty.wait_for(PROMPT)
            tty.send("not today\r")
            tty.wait_for("[pay was not run: text was typed instead]\nuser (to bot):\n\nnot today\n")
            tty.wait_for(PROMPT)
            tty.send("exit\r")
            assert tty.finish() == 0

    QUEUE = """
bots = [ConversableAgent(n, llm_config=ScriptedModel(["one", "two"]), human_input_mode="NEVER") for n in ("ann", "ben")]
results = user.initiate_chats([{"recipient": bot, "message": "go"} for bot in bots])
print("REASONS", [r.reason for r in results], flush=True)
"""

    def test_queue_asks_how_to_go_on_when_ctrl_c_is_pressed() -> None:
        """In a queue of chats the first Ctrl-C asks, as in a chat, and Enter goes on."""
        with Session(SETUP + QUEUE) as tty:
            tty.wait_for(PROMPT)
            tty.send("\x03")
            tty.wait_for("Interrupted. Press enter")
            tty.send("\r")
            for _ in range(2):
                tty.wait_for(PROMPT)
                tty.send("exit\r")
            ended = "'User requested to end the conversation'"
            tty.wait_for(f"REASONS [{ended}, {ended}]")
            assert tty.finish() == 0

    def test_queue_ends_when_stop_is_typed_after_ctrl_c() -> None:
        """The word stop ends the whole queue: no later chat asks anybody anything."""
        with Session(SETUP + QUEUE) as tty:
            tty.wait_for(PROMPT)
            tty.send("\x03")
            tty.wait_for("Interrupted. Press enter")
            tty.send("stop\r")
            tty.wait_for("REASONS ['Stopped by a person', 'Stopped by a person']")
            assert tty.finish() == 0
        assert tty.text.count("ben (to user)") == 0


# ---------------------------------------------------------------- tool calls before a gate


def _gated(answer: Any, policy: Any = None, *observers: Any) -> tuple[CapturedEvents, Any]:
    """Hold a chat in which a payment is proposed and a clerk says this; return its events and the tool's message."""

    @tool(approval=ask("clerk") if policy is None else policy)
    def pay(amount: int) -> str:
        """Pay."""
        return f"paid {amount}"

    model = ScriptedModel([[{"name": "pay", "arguments": {"amount": 5}, "id": "a"}], "done"])
    bot = ConversableAgent("bot", llm_config=model, tools=[pay], **Quiet)
    user, events = ConversableAgent("user", llm_config=False, **Quiet), capture_events()
    people = Fake(clerk=answer)
    for _ in user.run(bot, message="go", max_turns=1, observers=[events, *observers], people=people):
        pass
    return events, bot.chat_messages[user][2]["content"]


@pytest.mark.parametrize(
    ("answer", "policy", "reason", "told"),
    [
        (reject("no"), None, "not allowed by clerk: no", "Error: pay was not allowed by clerk: no"),
        (respond("done by hand"), None, "answered in its place by clerk", "done by hand"),
        (approve, deny("never"), "not allowed: never", "Error: pay was not allowed: never"),
    ],
    ids=["rejected", "answered", "denied"],
)
def test_call_is_recorded_as_not_run_when_it_was_refused(answer: Any, policy: Any, reason: str, told: str) -> None:
    """A record of an executed call is one of a call that ran."""
    events, message = _gated(answer, policy)
    not_run = events.only(ToolNotRunEvent)
    assert (not_run.func_name, not_run.call_id, not_run.reason) == ("pay", "a", reason)
    assert not {"execute_function", "executed_function"} & set(events.types)
    assert message == told


def test_overridden_execution_is_recorded_as_not_run_when_it_was_refused() -> None:
    """An agent with an execution of its own tells the same."""

    class Own(ConversableAgent):
        def execute_function(self, func_call: Any, call_id: Any = None, verbose: bool = False) -> Any:
            raise AssertionError("not to be run")

    own, events = Own("own", llm_config=False, **Quiet), capture_events()
    own.register_for_execution(name="pay")(lambda: "paid")
    bot = _bot([{"name": "pay", "arguments": {}, "id": "a"}], "done")
    own.initiate_chat(bot, message="go", max_turns=2, silent=True, observers=[events], oversight=deny("never"))
    assert events.only(ToolNotRunEvent).reason == "not allowed: never"


class _Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_terminal_says_that_a_call_was_not_run_when_it_was_refused() -> None:
    """One line, and none of an execution."""
    out = _Tty()
    _gated(reject("no"), None, Printer(out, colour=False))
    assert "[pay was not run: not allowed by clerk: no]\n" in out.getvalue()
    assert "EXECUT" not in out.getvalue()


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        ([try_again, reject("enough")], ["executed_function", "input_request"] * 2),
        (respond("by hand"), ["executed_function", "input_request"]),
    ],
    ids=["tried again", "answered"],
)
def test_failed_attempt_is_recorded_before_anybody_is_asked_about_it(answer: Any, ends: list[str]) -> None:
    """Who reads the question knows what failed; and each attempt is recorded once."""

    @tool(approval=failing(1, ask("oncall")))
    def fetch() -> str:
        """Fetch."""
        raise ValueError("broken")

    bot = ConversableAgent(
        "bot", llm_config=ScriptedModel([[{"name": "fetch", "arguments": {}}], "done"]), tools=[fetch], **Quiet
    )
    user, events = ConversableAgent("user", llm_config=False, **Quiet), capture_events()
    user.initiate_chat(
        bot, message="go", max_turns=1, silent=True, observers=[events], people=Fake(oncall=answer)
    )  # fmt: skip
    assert [t for t in events.types if t in ("executed_function", "input_request")] == ends
    assert not [e for e in events.of(ExecutedFunctionEvent) if e.is_exec_success]


def test_last_progress_comes_before_the_result_when_an_async_tool_tells_it() -> None:
    """The result is the last that is heard of a call."""

    @tool
    async def copy(ctx: ToolContext) -> str:
        """Copy."""
        ctx.progress(1, 2)
        ctx.progress(2, 2)
        return "copied"

    bot = ConversableAgent(
        "bot", llm_config=ScriptedModel([[{"name": "copy", "arguments": {}}], "done"]), tools=[copy], **Quiet
    )
    user, told = ConversableAgent("user", llm_config=False, **Quiet), list[str]()
    user.initiate_chat(bot, message="go", max_turns=1, silent=True, observers=[lambda e: told.append(e.type)])
    kinds = ("execute_function", "progress", "executed_function")
    assert [t for t in told if t in kinds] == [kinds[0], kinds[1], kinds[1], kinds[2]]

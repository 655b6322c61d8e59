"""What a traceback shows: the caller's own lines and the error, and not the machinery between them."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable
from operator import methodcaller
from pathlib import Path
from typing import Any

import pytest

from convagent import ConversableAgent
from convagent.errors import ModelAuthError
from convagent.models.scripted import ScriptedModel
from convagent.testing import faults
from convagent.testing.openai_server import OpenAIServer

HERE = Path(__file__).name
Quiet: dict[str, Any] = {"human_input_mode": "NEVER", "silent": True}


def initiate_chat(user: ConversableAgent, bot: ConversableAgent) -> None:
    user.initiate_chat(bot, message="go")


def initiate_chats(user: ConversableAgent, bot: ConversableAgent) -> None:
    user.initiate_chats([{"recipient": bot, "message": "go", "silent": True}])


def process(user: ConversableAgent, bot: ConversableAgent) -> None:
    user.run(bot, message="go").process()


def iterate(user: ConversableAgent, bot: ConversableAgent) -> None:
    list(user.run(bot, message="go"))


def a_initiate_chat(user: ConversableAgent, bot: ConversableAgent) -> None:
    async def main() -> None:
        await user.a_initiate_chat(bot, message="go")

    asyncio.run(main())


def a_process(user: ConversableAgent, bot: ConversableAgent) -> None:
    async def main() -> None:
        await (await user.a_run(bot, message="go")).process()

    asyncio.run(main())


def a_iterate(user: ConversableAgent, bot: ConversableAgent) -> None:
    async def main() -> None:
        async for _ in await user.a_run(bot, message="go"):
            pass

    asyncio.run(main())


ways = pytest.mark.parametrize(
    "way", [initiate_chat, initiate_chats, process, iterate, a_initiate_chat, a_process, a_iterate]
)
Way = Callable[[ConversableAgent, ConversableAgent], None]


def user() -> ConversableAgent:
    return ConversableAgent("user", llm_config=False, **Quiet)


def lines(error: BaseException) -> list[str]:
    """Return the lines of code that a traceback shows, without those of the standard library."""
    library = (str(Path(asyncio.__file__).parent), str(Path(traceback.__file__).parent / "contextlib.py"))
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(f.filename).name}: {f.line}" for f in frames if not f.filename.startswith(library)]


@ways
def test_traceback_ends_in_the_callers_line_when_a_model_fails(way: Way) -> None:
    """A refused key shows who started the chat, and nothing of ours."""
    with OpenAIServer([faults.status(401)]) as server:
        bot = ConversableAgent("bot", llm_config=server.llm_config(max_retries=0), **Quiet)
        with pytest.raises(ModelAuthError) as raised:
            way(user(), bot)
    shown = lines(raised.value)
    assert {line.partition(":")[0] for line in shown} == {HERE}, shown
    assert raised.value.__context__ is None


@ways
def test_traceback_shows_the_function_when_user_code_fails(way: Way) -> None:
    """The line that started the chat comes first, the line of the user's function that failed last."""

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise ValueError("mine")

    bot = ConversableAgent("bot", llm_config=False, **Quiet)
    bot.register_reply([ConversableAgent, None], broken)
    with pytest.raises(ValueError, match="mine") as raised:
        way(user(), bot)
    shown = lines(raised.value)
    assert {line.partition(":")[0] for line in shown} == {HERE}, shown
    assert shown[-1] == f'{HERE}: raise ValueError("mine")'


@ways
def test_traceback_is_whole_when_the_fault_may_be_ours(way: Way) -> None:
    """An error that was raised neither on purpose nor in the user's code keeps every frame."""
    bot = ConversableAgent("bot", llm_config=False, is_termination_msg=methodcaller("no_such_method"), **Quiet)
    with pytest.raises(AttributeError) as raised:
        way(user(), bot)
    assert lines(raised.value)[-1].startswith("core.py: ")


@ways
def test_traceback_is_whole_when_the_environment_says_so(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """CONVAGENT_FULL_TRACEBACK=1 keeps every frame."""
    monkeypatch.setenv("CONVAGENT_FULL_TRACEBACK", "1")
    bot = ConversableAgent("bot", llm_config=ScriptedModel([ModelAuthError("no")]), **Quiet)
    with pytest.raises(ModelAuthError) as raised:
        way(user(), bot)
    assert lines(raised.value)[-1].startswith("scripted.py: ")


if sys.platform != "win32":
    from tests.channels.pty_session import Session

    SETUP = """
from convagent import ConversableAgent
from convagent.models.scripted import ScriptedModel
import asyncio
bot = ConversableAgent("bot", llm_config=ScriptedModel(["one", "two"]), human_input_mode="NEVER")
user = ConversableAgent("user", llm_config=False, human_input_mode="ALWAYS")
"""

    @pytest.mark.parametrize(
        "chat",
        [
            "user.initiate_chat(bot, message='go')",
            "user.run(bot, message='go').process()",
            "user.initiate_chats([{'recipient': bot, 'message': 'go'}])",
            "asyncio.run(user.a_initiate_chat(bot, message='go'))",
        ],
        ids=["initiate_chat", "process", "initiate_chats", "a_initiate_chat"],
    )
    def test_one_short_traceback_is_shown_when_ctrl_c_is_pressed_twice(chat: str) -> None:
        """The second Ctrl-C shows one KeyboardInterrupt and the person's own line, nothing of ours."""
        with Session(SETUP + chat) as tty:
            tty.wait_for("to end the conversation:")
            tty.send("\x03")
            tty.wait_for("Interrupted. Press enter")
            tty.send("\x03")
            tty.wait_for("Traceback")
            assert tty.finish() != 0
        shown = tty.text[tty.text.index("Traceback") :]
        assert shown.count("Traceback") == 1, shown
        assert 'File "<string>"' in shown
        assert "convagent" not in shown, shown
        assert shown.rstrip().endswith("KeyboardInterrupt"), shown

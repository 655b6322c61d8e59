"""A function that answers: it holds up nobody, and when it fails the question stands on the others."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from convagent.channels import CallableChannel
from convagent.errors import NobodyReachable
from convagent.events import ChannelFailedEvent, InputReplyEvent
from convagent.human import Decision, HumanReply, HumanRequest, approve, reject
from tests.channels.asking import Standing, ask_one, desk, request, until


def _both(answer: Any) -> list[Any]:
    """Return a plain and an async function that answer so, or raise it."""

    def plain(asked: HumanRequest) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def waiting(asked: HumanRequest) -> Any:
        await asyncio.sleep(0)
        return plain(asked)

    return [plain, waiting, lambda asked: waiting(asked)]


@pytest.mark.parametrize("kind", [0, 1, 2], ids=["plain", "async", "returns a coroutine"])
@pytest.mark.parametrize(
    ("answer", "decision"),
    [("approve", approve), ("reject too much", reject("too much")), (reject("no"), reject("no"))],
    ids=["word", "words", "Decision"],
)
def test_callable_answers_when_asked(kind: int, answer: Any, decision: Decision) -> None:
    """What it returns is read as if typed, or taken as the decision; the seat says who it was."""
    channel = CallableChannel(_both(answer)[kind], person="ada", roles="clerk", name="desk")
    reply, _ = ask_one([channel], request(to=("clerk",)))
    assert reply is not None
    assert (reply.decision, reply.by, reply.roles, reply.channel) == (decision, "ada", ("clerk",), "desk")


def test_callable_answers_a_text_when_a_text_is_asked_for() -> None:
    """A classic prompt gets the text as it is."""
    reply, _ = ask_one([CallableChannel(lambda asked: "  hello ")], HumanRequest("run:1", "Say: ", "bot"))
    assert reply is not None
    assert (reply.text, reply.decision) == ("  hello ", None)


def test_plain_function_does_not_hold_up_the_loop() -> None:
    """While it blocks, the loop goes on: here the loop itself is what lets it end."""
    let_go = threading.Event()
    threads: list[int] = []

    def blocking(asked: HumanRequest) -> str:
        threads.append(threading.get_ident())
        return "approve" if let_go.wait(20) else "reject"

    async def main() -> None:
        standing = Standing(CallableChannel(blocking))
        await standing.put(request())
        await until(lambda: threads)
        let_go.set()
        reply = await standing.reply()
        assert reply is not None
        assert reply.decision == approve
        assert threads != [threading.get_ident()]

    asyncio.run(main())


@pytest.mark.parametrize("kind", [0, 1, 2], ids=["plain", "async", "returns a coroutine"])
def test_question_stands_on_the_others_when_a_function_raises(kind: int) -> None:
    """The failure is an event that names channel and error, and the next channel's answer counts."""
    failed = threading.Event()

    def second(asked: HumanRequest) -> str:
        return "approve" if failed.wait(20) else "reject"

    def note(event: Any) -> None:
        if isinstance(event, ChannelFailedEvent):
            failed.set()

    broken = CallableChannel(_both(OSError("no line"))[kind], name="broken")
    reply, events = ask_one([broken, CallableChannel(second, name="second"), note])
    assert reply is not None
    assert (reply.decision, reply.channel) == (approve, "second")
    event = events.only(ChannelFailedEvent)
    assert (event.channel, event.error, event.request_id) == ("broken", "OSError: no line", "run:1")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("yes please", "its answer does not count: 'yes please' is not a decision; expected one of"),
        ("", "its answer does not count: a blank line is not a decision"),
        (True, "the function returned bool; expected a text, a Decision, or None"),
    ],
)
def test_answer_that_does_not_count_is_a_failure_when_it_is_a_functions(answer: Any, expected: str) -> None:
    """Nobody asks a function twice, and nothing is read into its answer: nobody was reached."""
    reply, events = ask_one([CallableChannel(_both(answer)[0], name="bot")])
    assert reply is not None
    assert reply.end_of_input
    assert events.only(ChannelFailedEvent).error.startswith(expected)


def test_question_stands_when_a_function_returns_none() -> None:
    """None is silence: it approves nothing, and another answer counts."""

    async def main() -> None:
        asked: list[str] = []
        standing = Standing(CallableChannel(lambda one: asked.append(one.id)))
        await standing.put(request(within=30.0, deadline=standing.runtime.now() + 30))
        await until(lambda: asked)
        await asyncio.sleep(0)
        assert [one.id for one in standing.runtime.waiting] == ["run:1"]
        assert standing.events.of(ChannelFailedEvent) == []
        await standing.withdraw()

    asyncio.run(main())


def test_function_is_not_asked_when_the_request_is_for_others() -> None:
    """A request goes to who has the role."""
    asked: list[str] = []
    clerk = CallableChannel(lambda one: asked.append("clerk"), person="ada", roles=["clerk"], name="clerk")
    manager = CallableChannel(lambda one: "approve", person="bob", roles=["manager"], name="manager")
    reply, _ = ask_one([clerk, manager], request(to=("manager",)))
    assert reply is not None
    assert reply.by == "bob"
    assert asked == []


def test_function_is_not_asked_when_it_is_answered_already() -> None:
    """A channel that is told later leaves it."""
    asked: list[str] = []
    first = lambda event: event.respond(approve) if event.type == "input_request" else None  # noqa: E731
    ask_one([first, CallableChannel(lambda one: asked.append("second"))])
    assert asked == []


@pytest.mark.parametrize("how", ["answered", "expired", "withdrawn"])
def test_async_function_is_cancelled_when_its_answer_is_of_no_use(how: str) -> None:
    """Somebody else answered, the time is up, or nobody waits any more: it learns that by its cancellation."""
    learned: list[str] = []

    async def slow(asked: HumanRequest) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            learned.append("cancelled")
            raise
        raise AssertionError

    async def main() -> None:
        standing = Standing(CallableChannel(slow, name="slow"))
        soon = standing.runtime.now() + 0.5
        await standing.put(request(deadline=soon) if how == "expired" else request())
        await asyncio.sleep(0)
        if how == "answered":
            standing.runtime.answer(HumanReply("run:1", "approve", by="bob"))
        if how == "withdrawn":
            await standing.withdraw()
        await until(lambda: learned)
        assert standing.events.of(ChannelFailedEvent) == []

    asyncio.run(main())
    assert learned == ["cancelled"]


def test_question_stands_on_the_others_when_a_function_cancels_itself() -> None:
    """A cancellation that nobody asked for is a failure of the channel."""
    _, events = ask_one([CallableChannel(_both(asyncio.CancelledError())[1], name="odd")])
    assert events.only(ChannelFailedEvent).error == "the function was cancelled"


@pytest.mark.parametrize("kind", [0, 1], ids=["plain", "async"])
def test_program_ends_when_a_function_exits(kind: int) -> None:
    """`sys.exit()` in it leaves the chat, as anywhere in a program, and the loop serves the next one."""
    customer, bot = desk()
    leaving = CallableChannel(_both(SystemExit(3))[kind])
    with pytest.raises(SystemExit) as exit:
        customer.initiate_chat(bot, message="120, please", max_turns=1, channels=[leaving])
    assert exit.value.code == 3
    staying = CallableChannel(lambda asked: "approve")
    result = customer.initiate_chat(bot, message="120, please", max_turns=1, channels=[staying])
    assert result.summary == "refunded 120"


@pytest.mark.parametrize("answer", ["approve", "reject not today"])
def test_function_decides_a_tool_call_in_a_chat(answer: str) -> None:
    """In a whole chat, sync and async, the tool runs or does not."""
    for kind in (0, 1):
        customer, bot = desk()
        channel = CallableChannel(_both(answer)[kind], person="ada", roles=["clerk"])
        result = customer.initiate_chat(bot, message="120, please", max_turns=1, channels=[channel])
        later = asyncio.run(customer.a_initiate_chat(bot, message="120, please", max_turns=1, channels=[channel]))
        for one in (result, later):
            assert ("refunded" in one.summary) == (answer == "approve")


def test_chat_ends_when_the_only_function_fails() -> None:
    """Nobody is reached: that is its own outcome, and the tool does not run."""
    customer, bot = desk()
    broken = CallableChannel(_both(OSError("no line"))[0])
    with pytest.raises(NobodyReachable):
        customer.initiate_chat(bot, message="120, please", max_turns=1, channels=[broken])


def test_answer_is_of_no_use_when_a_plain_function_takes_too_long() -> None:
    """What it returns after the deadline approves nothing; nobody waits for its thread."""
    let_go = threading.Event()

    def slow(asked: HumanRequest) -> str:
        let_go.wait(20)
        return "approve"

    async def main() -> None:
        standing = Standing(CallableChannel(slow))
        await standing.put(request(deadline=standing.runtime.now() + 0.05))
        assert await standing.reply() is None
        let_go.set()
        assert standing.events.of(InputReplyEvent) == []

    asyncio.run(main())

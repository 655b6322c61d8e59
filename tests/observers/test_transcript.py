"""The transcript is the classic's, to the character."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from convagent.events import (
    ClearConversableAgentHistoryEvent,
    ControlEvent,
    ErrorEvent,
    Event,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    FunctionCallEvent,
    GroupChatRunChatEvent,
    InputRequestEvent,
    ModelCallFinished,
    ModelCallStarted,
    ModelFallbackEvent,
    ModelRetryEvent,
    PostCarryoverProcessingEvent,
    PrintEvent,
    RunCompletionEvent,
    RunStarted,
    StreamEvent,
    TerminationAndHumanReplyNoInputEvent,
    TerminationEvent,
    TextEvent,
    ToolResponseEvent,
    UsageSummaryEvent,
    UsingAutoReplyEvent,
    message_event_class,
)
from convagent.human import HumanRequest
from convagent.transcript import render
from tests.observers.classic_texts import CLASSIC

RUN = "12345678-1234-5678-1234-567812345678"
IMAGE = {"type": "image_url", "image_url": {"url": "http://x/y.png"}}
USED: dict[str, Any] = {
    "total_cost": 0.0123456789,
    "gpt-4o": {"cost": 0.0123456789, "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
}
USED_TWO: dict[str, Any] = {
    "total_cost": 0,
    "m": {"cost": 0, "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    "n": {"cost": 1.5, "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


def said(content: Any, **more: Any) -> Event:
    message: Any = {"content": content, **more}
    return message_event_class(message)(run_id=RUN, message=message, sender="ada", recipient="bot")


def call(name: str, arguments: str, id: str = "call_1") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def chat(message: Any = None, carryover: Any = "", verbose: bool = True) -> Event:
    return PostCarryoverProcessingEvent(
        message=message, carryover=carryover, verbose=verbose, sender="ada", recipient="bot"
    )


EVENTS: dict[str, Event] = {
    "text": said("Hello\nworld", role="user"),
    "text_empty": said(""),
    "text_none": said(None),
    "text_parts": said([{"type": "text", "text": "What is "}, IMAGE, {"type": "text", "text": "?"}]),
    "tool_call": said(None, tool_calls=[call("add", '{"a": 1}')]),
    "tool_calls_two": said("Let me see", tool_calls=[call("add", "{}"), call("", "", id="")]),
    "tool_call_empty_content": said("", tool_calls=[call("f", "{}", id="c")]),
    "tool_response": said(
        "3\n\n4",
        role="tool",
        tool_responses=[
            {"role": "tool", "tool_call_id": "call_1", "content": "3"},
            {"role": "tool", "tool_call_id": "", "content": "4"},
        ],
    ),
    "function_call": said("", function_call={"name": "add", "arguments": '{"a": 1}'}),
    "function_call_bare": FunctionCallEvent(
        message={"content": None, "function_call": {"name": "", "arguments": ""}}, sender="ada", recipient="bot"
    ),
    "function_response": said("3", role="function", name="add"),
    "function_response_noname": said("3", role="function"),
    "execute": ExecuteFunctionEvent(func_name="add", call_id="call_1", arguments={"a": 1, "b": "x"}),
    "execute_none": ExecuteFunctionEvent(func_name="add", call_id=None, arguments={}),
    "executed": ExecutedFunctionEvent(
        func_name="add", call_id="call_1", arguments={"a": 1}, result="3", is_exec_success=True
    ),
    "executed_none": ExecutedFunctionEvent(
        func_name="add", call_id=None, arguments=None, result="Error: x", is_exec_success=False
    ),
    "auto": UsingAutoReplyEvent(human_input_mode="ALWAYS"),
    "noinput": TerminationAndHumanReplyNoInputEvent(no_human_input_msg="NO HUMAN INPUT RECEIVED."),
    "termination": TerminationEvent(run_id=RUN, termination_reason="No reply generated"),
    "carry": chat("hi", ["x", "y"], verbose=False),
    "carry_verbose": chat("hi", ["x", {"content": "y"}, {"k": 1}, 5]),
    "carry_dict": chat({"content": "hi"}, "c"),
    "carry_callable": chat(len),
    "carry_none": chat(),
    "speaker": GroupChatRunChatEvent(speaker="bot"),
    "cleared": ClearConversableAgentHistoryEvent(agent="bot", no_events_preserved=2),
    "cleared0": ClearConversableAgentHistoryEvent(agent="bot"),
    "nocost": UsageSummaryEvent(agent="bot", mode="both"),
    "usage_none": UsageSummaryEvent(mode="both", total={}),
    "usage_same": UsageSummaryEvent(mode="both", actual=USED, total=USED),
    "usage_cached": UsageSummaryEvent(mode="both", total=USED),
    "usage_differ": UsageSummaryEvent(mode="both", actual=USED, total=USED_TWO),
    "usage_total": UsageSummaryEvent(mode="total", actual=USED, total=USED_TWO),
    "usage_actual": UsageSummaryEvent(mode="actual", actual=USED, total=USED_TWO),
    "usage_actual_none": UsageSummaryEvent(mode="actual", total=USED_TWO),
    "print": PrintEvent(objects=("a", 1, {"x": [1, None]}, None, True, 3.5), sep="-", end="!\n"),
    "print_set": PrintEvent(objects=({1},)),
    "error": ErrorEvent(error=ValueError("x")),
    "completion": RunCompletionEvent(history=[], summary="s", cost={}, last_speaker="ada"),
    "input": InputRequestEvent(request=HumanRequest("r:1", "?", "ada")),
}


@pytest.mark.parametrize("name", EVENTS)
def test_text_is_the_classics_when_rendered(name: str) -> None:
    """Every event that the classic has is written as ag2 0.14.0 writes it, plain and coloured."""
    plain, coloured = CLASSIC[name]
    assert render(EVENTS[name]) == plain
    assert render(EVENTS[name], colour=True) == coloured


def test_agent_is_named_when_its_usage_is_printed() -> None:
    """An agent's usage summary starts with the agent, as the classic's pair of events does."""
    event = UsageSummaryEvent(agent="bot", mode="total", actual=USED, total=USED)
    assert render(event) == CLASSIC["usage_agent"][0] + render(UsageSummaryEvent(mode="total", actual=USED, total=USED))


@pytest.mark.parametrize("name", sorted(set(EVENTS) - {"print"}))
def test_print_gives_a_function_the_text_in_one_call_when_asked(name: str) -> None:
    """`event.print(f)` calls f as print is called, once, with plain text."""
    out = io.StringIO()
    calls: list[tuple[Any, ...]] = []

    def f(*objects: Any, **options: Any) -> None:
        calls.append(objects)
        print(*objects, file=out, **options)

    EVENTS[name].print(f)
    assert out.getvalue() == CLASSIC[name][0]
    assert len(calls) == bool(CLASSIC[name][0])


def test_print_event_keeps_its_separator_and_end_when_printed_through_a_function() -> None:
    """A function of the user gets the objects, the separator and the end of a printed line."""
    seen: list[Any] = []
    PrintEvent(objects=("a", 1), sep="-", end="!").print(lambda *objects, **options: seen.append((objects, options)))
    assert seen == [(("a", "1"), {"sep": "-", "end": "!", "flush": True})]


def test_standard_output_is_the_current_one_when_printing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is bound to the `sys.stdout` of the first use."""
    first, second = io.StringIO(), io.StringIO()
    for out in (first, second):
        monkeypatch.setattr(sys, "stdout", out)
        EVENTS["auto"].print()
    assert first.getvalue() == second.getvalue() == CLASSIC["auto"][0]


def test_nothing_fails_when_there_is_no_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without a console prints nowhere, as `print` does."""
    monkeypatch.setattr(sys, "stdout", None)
    EVENTS["text"].print()


@pytest.mark.parametrize(
    "event",
    [
        TextEvent(message={"content": "psst"}, sender="ada", recipient="bot", silent=True),
        GroupChatRunChatEvent(speaker="bot", silent=True),
        RunStarted(agents=("ada", "bot")),
        StreamEvent(text="Hel", sender="ada", recipient="bot"),
        ModelCallStarted(model="m"),
        ModelCallFinished(model="m", seconds=3.0),
        Event(),
    ],
    ids=lambda event: event.type,
)
def test_nothing_is_written_when_an_event_has_no_place(event: Event) -> None:
    """Silent messages and events that the classic transcript lacks leave no trace in it."""
    assert render(event) == ""


def test_each_note_is_a_line_when_a_run_starts() -> None:
    """Who reads a transcript sees at its top whether a model was asked at all."""
    event = RunStarted(agents=("planner",), notes=("planner: offline rules, no language model", "[b: scripted]"))
    assert render(event) == "[planner: offline rules, no language model]\n[b: scripted]\n"


def test_fallback_names_entry_and_reason_when_an_entry_fails() -> None:
    """One line says which model failed and why, and that the next is tried; the name is not said twice."""
    said = "[model 'gpt-4o' at https://a.example: 429 slow down; trying the next configured model]\n"
    where = {"model": "gpt-4o", "endpoint": "https://a.example"}
    assert render(ModelFallbackEvent(error="429\n  slow down", **where)) == said
    assert render(ModelFallbackEvent(error="model 'gpt-4o' at https://a.example: 429 slow down", **where)) == said


def test_wait_is_a_line_when_it_is_long_enough_to_be_read() -> None:
    """A wait of a second or more says who is waited for, why and how long."""

    def wait(seconds: float) -> ModelRetryEvent:
        where = {"model": "gpt-4o", "endpoint": "https://a.example"}
        return ModelRetryEvent(attempt=2, seconds=seconds, reason="rate-limited", error="429 slow down", **where)

    said = "[model 'gpt-4o' at https://a.example: rate-limited, waiting 12 s before attempt 3]\n"
    assert render(wait(12.3)) == said
    assert render(wait(0.5)) == ""


def test_steering_is_a_line_when_somebody_steers() -> None:
    """A run that was steered from outside says so, by whom and what."""
    assert render(ControlEvent(action="interrupt", by="ada")) == "[interrupted by ada]\n"
    assert render(ControlEvent(action="stop", text="too slow")) == "[stopped: too slow]\n"


def test_single_tool_result_is_shown_when_a_message_has_no_list() -> None:
    """A result inside an agent's own turn is a message of its own and looks like the classic's."""
    event = ToolResponseEvent(
        message={"role": "tool", "tool_call_id": "c", "content": "3"}, sender="bot", recipient="bot", inner=True
    )
    assert render(event).startswith("bot (to bot):\n\n***** Response from calling tool (c) *****\n3\n***")


def test_control_characters_are_spelled_out_when_escaped() -> None:
    """Text of a model cannot clear the screen, overwrite a line or reverse it; colours of ours stay."""
    event = TextEvent(message={"content": "a\x1b[2Jb\r\nc\td\u202ee\x9b1m"}, sender="ev\x1bil", recipient="bot")
    text = render(event, colour=True, escape=True)
    assert text.startswith("\x1b[33mev^[il\x1b[0m (to bot):\n\na^[[2Jb\nc\td<U+202E>e<U+009B>1m\n")


def test_event_of_a_user_looks_like_its_base_when_derived() -> None:
    """A subclass of an event is written as the event it is derived from."""

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Mine(TextEvent):
        type: ClassVar[str] = "mine"

    assert render(Mine(message={"content": "hi"}, sender="ada", recipient="bot")) == render(said("hi"))

"""Scripted models: what an item may be, whose position counts, what is recorded."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest

from convagent.errors import ConfigError, ModelError, ModelRateLimited
from convagent.messages import Message, Usage
from convagent.models.base import ModelClient, ModelNotice, ModelReply, ModelRequest, TextDelta
from convagent.models.scripted import ScriptedModel


def ask(model: ModelClient, turn: int = 0, **more: Any) -> ModelReply:
    request = ModelRequest([{"role": "user", "content": "one two three"}], turn=turn, **more)
    return asyncio.run(model.complete(request))


def test_items_answer_by_the_position_in_the_run() -> None:
    """Two runs that share a script get the same replies, in any order."""
    model = ScriptedModel(["first", "second"])
    assert [ask(model, turn).message.get("content") for turn in (0, 0, 1, 1, 0)] == [
        "first", "first", "second", "second", "first",
    ]  # fmt: skip


def test_tool_calls_become_a_message_with_ids_made_of_turn_and_position() -> None:
    """Calls without an id get one that is the same in every run; given ids stay."""
    model = ScriptedModel(["text", [{"name": "f", "arguments": {"x": 1}}, {"name": "g", "id": "mine"}]])
    reply = ask(model, 1)
    assert reply.message == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "call_1_0", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}},
            {"id": "mine", "type": "function", "function": {"name": "g", "arguments": "{}"}},
        ],
    }
    assert reply.finish_reason == "tool_calls"


def test_a_message_is_delivered_as_it_is_and_its_calls_completed() -> None:
    """A dict with content or tool_calls is a whole message; arguments may be broken JSON on purpose."""
    calls = [{"name": "f", "arguments": "{broken"}]
    model = ScriptedModel([{"content": "both", "tool_calls": calls}])
    (call,) = ask(model).message.get("tool_calls") or []
    assert call.get("function") == {"name": "f", "arguments": "{broken"}


def test_exceptions_are_raised_each_time() -> None:
    """An exception, or its class, is raised where it stands in the script."""
    model = ScriptedModel([ModelRateLimited("slow down"), ValueError])
    for _ in range(2):
        with pytest.raises(ModelRateLimited, match="slow down"):
            ask(model, 0)
    with pytest.raises(ValueError, match=r"^$"):
        ask(model, 1)


def test_functions_get_the_request_and_may_be_async() -> None:
    """A function of the request returns any kind of item."""

    def plain(request: ModelRequest) -> str:
        return f"{request.agent} said {request.messages[-1].get('content')}"

    async def later(request: ModelRequest) -> list[dict[str, Any]]:
        await asyncio.sleep(0)
        return [{"name": "f"}]

    model = ScriptedModel([plain, later])
    assert ask(model, 0, agent="ada").message.get("content") == "ada said one two three"
    assert ask(model, 1).finish_reason == "tool_calls"


def test_a_used_up_script_says_so_and_how_to_go_on() -> None:
    """One request too many is a ModelError that names agent, count and the two ways out."""
    with pytest.raises(ModelError, match=r"has 1 reply and was asked by 'ada' for reply number 2.*repeat_last"):
        ask(ScriptedModel(["only"]), 1, agent="ada")
    assert ask(ScriptedModel(["a", "b"], repeat_last=True), 9).message.get("content") == "b"
    assert ask(ScriptedModel(["a", "b"], cycle=True), 4).message.get("content") == "a"


def test_requests_are_kept_as_they_were_when_the_list_grows() -> None:
    """What was sent is a snapshot, though the conversation goes on appending to its list."""
    model = ScriptedModel(["a", "b"])
    messages: list[Message] = [{"role": "user", "content": "1"}]

    async def go() -> None:
        await model.complete(ModelRequest(messages, turn=0, options={"temperature": 1}))
        messages.append({"role": "user", "content": "2"})
        await model.complete(ModelRequest(messages, turn=1))
        messages.append({"role": "user", "content": "3"})

    asyncio.run(go())
    assert [[m.get("content") for m in r.messages] for r in model.requests] == [["1"], ["1", "2"]]
    assert model.requests[0].options == {"temperature": 1}
    assert copy.deepcopy(model).requests == model.requests


def test_nothing_is_kept_when_recording_is_off() -> None:
    """record=False keeps nothing and says so when asked."""
    model = ScriptedModel(["a"], record=False)
    ask(model)
    with pytest.raises(ConfigError, match="record=False"):
        _ = model.requests


def test_text_streams_word_by_word_when_asked() -> None:
    """The pieces joined are the text."""
    told: list[ModelNotice] = []
    model = ScriptedModel([" two  words\n"])
    request = ModelRequest([], stream=True)
    asyncio.run(model.complete(request, told.append))
    assert told == [TextDelta(" two  "), TextDelta("words\n")]


def test_usage_counts_words_also_when_the_list_grows() -> None:
    """Prompt and completion tokens are words, whether a list is new or was counted before."""
    model = ScriptedModel(["four words of reply"], repeat_last=True)
    messages: list[Message] = [{"role": "user", "content": "one two"}]

    async def go() -> list[Usage]:
        found = [(await model.complete(ModelRequest(messages))).usage]
        messages.append({"role": "user", "content": "three"})
        return [*found, (await model.complete(ModelRequest(messages))).usage]

    assert asyncio.run(go()) == [Usage(2, 4), Usage(3, 4)]


@pytest.mark.parametrize(
    ("script", "words"),
    [([], "at least one"), ("text", "expected a list"), ([3], "item 0"), ([{"x": 1}], "item 0"), ([[]], "item 0")],
)
def test_a_script_that_cannot_work_is_refused_at_construction(script: Any, words: str) -> None:
    """Bad scripts fail when they are written, not in the middle of a run."""
    with pytest.raises(ConfigError, match=words):
        ScriptedModel(script)


def test_it_says_that_no_model_is_asked() -> None:
    """The note for the header."""
    model = ScriptedModel(["a"], name="actor")
    assert (model.label, model.offline_note) == ("actor", "scripted replies, no language model")
    assert isinstance(model, ModelClient)

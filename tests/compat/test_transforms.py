"""The classic's message transforms: the model is sent what `ag2==0.14.0` sends it, but for the rows of the table."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from convagent import ConfigError, ConversableAgent, MissingExtra, ScriptedModel
from convagent.compat import NotAvailable
from convagent.compat.agentchat.contrib.capabilities.transform_messages import TransformMessages
from convagent.compat.agentchat.contrib.capabilities.transforms import (
    MessageHistoryLimiter,
    MessageTokenLimiter,
    TextMessageContentName,
)
from convagent.models import tokens


class Words:
    """An encoding whose tokens are words."""

    def __init__(self) -> None:
        self.known: list[str] = []

    def encode(self, text: str, disallowed_special: Any = "all") -> list[int]:
        found = re.findall(r"\s*\S+", text)
        self.known += [word for word in found if word not in self.known]
        return [self.known.index(word) for word in found]

    def decode(self, encoded: list[int]) -> str:
        return "".join(self.known[i] for i in encoded)


@pytest.fixture
def tiktoken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand for the package, whose encodings come from the network."""
    module: Any = ModuleType("tiktoken")
    module.encoding_for_model = lambda name, words=Words(): words  # noqa: B008
    monkeypatch.setitem(sys.modules, "tiktoken", module)
    for made in (tokens.count_for, tokens.encoding_for):
        made.cache_clear()
    yield
    for made in (tokens.count_for, tokens.encoding_for):
        made.cache_clear()


def said(*texts: str, name: str = "ada") -> list[dict[str, Any]]:
    return [{"role": "user", "name": name, "content": text} for text in texts]


CALL: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": {"name": "f"}}]}
RESULT: dict[str, Any] = {"role": "tool", "content": "r", "tool_responses": [{"role": "tool", "content": "r"}]}


def texts(messages: list[dict[str, Any]]) -> list[Any]:
    return ["call" if m["content"] is None else m["content"] for m in messages]


@pytest.mark.parametrize(
    ("limiter", "left"),
    [
        (MessageHistoryLimiter(), ["one", "two", "call", "r", "five"]),
        (MessageHistoryLimiter(5), ["one", "two", "call", "r", "five"]),
        (MessageHistoryLimiter(3), ["call", "r", "five"]),
        (MessageHistoryLimiter(2), ["five"]),
        (MessageHistoryLimiter(1), ["five"]),
        (MessageHistoryLimiter(3, keep_first_message=True), ["one", "five"]),
        (MessageHistoryLimiter(4, keep_first_message=True), ["one", "call", "r", "five"]),
        (MessageHistoryLimiter(1, keep_first_message=True), ["one"]),
        (MessageHistoryLimiter(2, exclude_names=["ada"]), ["call", "r"]),
    ],
)
def test_history_is_limited(limiter: MessageHistoryLimiter, left: list[str]) -> None:
    """A result whose call is left out is left out, too."""
    assert texts(limiter.apply_transform([*said("one", "two"), CALL, RESULT, *said("five")])) == left


@pytest.mark.usefixtures("tiktoken")
@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"max_tokens_per_message": 2}, ["a b", "d", "e f"]),
        ({"max_tokens_per_message": 2, "max_tokens": 4}, ["a", "d", "e f"]),
        ({"max_tokens_per_message": 3, "max_tokens": 5}, ["d", "e f g"]),
        ({"max_tokens_per_message": 2, "max_tokens": 4, "min_tokens": 4}, ["a", "d", "e f"]),
        ({"max_tokens_per_message": 0, "min_tokens": 9, "max_tokens": 9}, ["a b c", "d", "e f g h"]),
        ({"max_tokens_per_message": 1, "filter_dict": {"name": ["bob"]}}, ["a", "d", "e"]),
        ({"max_tokens_per_message": 1, "filter_dict": {"name": ["ada"]}}, ["a b c", "d", "e f g h"]),
        ({"max_tokens_per_message": 1, "filter_dict": {"name": ["ada"]}, "exclude_filter": False}, ["a", "d", "e"]),
        ({"max_tokens": 6}, ["a", "d", "e f g h"]),  # the classic sends the last message alone
    ],
    ids=str,
)
def test_tokens_are_limited(given: dict[str, Any], left: list[str]) -> None:
    """From the end, each message cut to its limit, the last one that has room cut to what is left."""
    messages = said("a b c", "d", "e f g h")
    assert texts(MessageTokenLimiter(**given).apply_transform(messages)) == left
    assert messages == said("a b c", "d", "e f g h")


@pytest.mark.usefixtures("tiktoken")
def test_pictures_and_calls_are_left_alone() -> None:
    """Only texts are cut."""
    picture = {"type": "image_url", "image_url": {"url": "x"}}
    message = {"role": "user", "content": [{"type": "text", "text": "a b c"}, picture]}
    cut = MessageTokenLimiter(1).apply_transform([CALL, message])
    assert cut == [CALL, {"role": "user", "content": [{"type": "text", "text": "a"}, picture]}]


def test_names_are_written_into_texts() -> None:
    """Once, where they do not stand already."""
    twice = TextMessageContentName(format_string="{name}: ")
    assert texts(twice.apply_transform([*said("hi"), CALL])) == ["ada: hi", "call"]
    assert texts(twice.apply_transform(twice.apply_transform(said("hi")))) == ["ada: hi"]
    end = TextMessageContentName("end", " -{name}", deduplicate=False)
    assert texts(end.apply_transform(end.apply_transform(said("hi")))) == ["hi -ada -ada"]
    assert end.get_logs([], []) == ("1 message(s) changed to incorporate name.", True)


@pytest.mark.usefixtures("tiktoken")
def test_agent_is_sent_what_the_transforms_leave(capsys: pytest.CaptureFixture[str]) -> None:
    """As the classic sends it; the history is whole, and what was done is printed."""
    bob = ConversableAgent(
        "bob", "S", llm_config=ScriptedModel([f"reply number {i} is rather long" for i in range(1, 6)]),
        human_input_mode="NEVER",
    )  # fmt: skip
    ada = ConversableAgent("ada", human_input_mode="NEVER", default_auto_reply="go on please now")
    limiters = [MessageHistoryLimiter(3, keep_first_message=True), MessageTokenLimiter(4, 30)]
    TransformMessages(transforms=limiters).add_to_agent(bob)
    result = ada.initiate_chat(bob, message="the task of today is this one", max_turns=5, silent=True)
    requests = [[m["content"] for m in r.messages] for r in bob.client.requests]  # type: ignore[union-attr]
    assert requests == [
        ["S", "the task of today"],
        *[["S", "the task of today", f"reply number {i} is", "go on please now"] for i in range(1, 5)],
    ]
    assert len(result.chat_history) == 10
    printed = capsys.readouterr().out
    assert "Removed 2 messages. Number of messages reduced from 5 to 3.\n" in printed
    assert "Truncated 3 tokens. Number of tokens reduced from 7 to 4\n" in printed


def test_quiet_transforms_print_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """`verbose=False`; a transform of one's own needs no base class."""

    class Shout:
        def apply_transform(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [{**m, "content": m["content"].upper()} for m in messages]

        def get_logs(self, before: Any, after: Any) -> tuple[str, bool]:
            return "louder", True

    model = ScriptedModel(["ok"])
    bob = ConversableAgent("bob", llm_config=model, human_input_mode="NEVER")
    TransformMessages(transforms=[Shout()], verbose=False).add_to_agent(bob)
    bob.generate_reply(messages=[{"role": "user", "content": "hi"}])
    assert model.requests[0].messages[-1]["content"] == "HI"
    assert "louder" not in capsys.readouterr().out


def test_missing_tiktoken_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the transform is made, with what to install."""
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    tokens.encoding_for.cache_clear()
    with pytest.raises(MissingExtra, match=r"convagent\[tokens\]"):
        MessageTokenLimiter(max_tokens=10)


@pytest.mark.usefixtures("tiktoken")
@pytest.mark.parametrize(
    "wrong",
    [
        lambda: MessageHistoryLimiter(0),
        lambda: MessageTokenLimiter(-1),
        lambda: MessageTokenLimiter(max_tokens=5, min_tokens=6),
        lambda: TextMessageContentName("middle"),
        lambda: TextMessageContentName(format_string="said: "),
    ],
)
def test_what_cannot_work_is_refused(wrong: Any) -> None:
    """A `ConfigError` is a `ValueError`, which the classic raises."""
    with pytest.raises(ConfigError) as caught:
        wrong()
    assert isinstance(caught.value, ValueError)


def test_compression_says_what_to_do_instead() -> None:
    """It needs a model of its own."""
    with pytest.raises(NotAvailable, match=r"context=LastTokens\(8_000\)"):
        exec("from convagent.compat.agentchat.contrib.capabilities.transforms import TextMessageCompressor")

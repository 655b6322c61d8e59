"""What of a conversation a model is sent: a function of the messages, that never looks at all of them again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convagent import (
    ConfigError,
    ConversableAgent,
    GroupChat,
    GroupChatManager,
    LastMessages,
    LastTokens,
    MissingExtra,
    ScriptedModel,
    UpdateSystemMessage,
    Window,
    Without,
    tool,
    view_of,
)
from convagent.conversation.windows import tokens_of
from convagent.models.tokens import estimate

HEAD: Any = {"role": "system", "content": "Be brief."}


def user(text: str, name: str = "ada") -> Any:
    return {"role": "user", "content": text, "name": name}


def calling(*ids: str, name: str = "bob") -> Any:
    calls = [{"id": i, "type": "function", "function": {"name": "look", "arguments": "{}"}} for i in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls, "name": name}


def result(call: str, text: str = "seen") -> Any:
    return {"role": "tool", "tool_call_id": call, "content": text}


def words(text: str) -> int:
    return len(text.split())


def texts(messages: Sequence[Any]) -> list[Any]:
    return [m.get("tool_call_id") or m["content"] or "call" for m in messages[1:]]


FIVE = [HEAD, user("task"), user("two"), user("three"), user("four"), user("five")]
CALLS = [HEAD, user("task"), calling("a", "b"), result("a"), result("b"), user("four"), calling("c"), result("c")]


@pytest.mark.parametrize(
    ("window", "messages", "left"),
    [
        (LastMessages(2), FIVE, ["four", "five"]),
        (LastMessages(9), FIVE, ["task", "two", "three", "four", "five"]),
        (LastMessages(2, keep_first=True), FIVE, ["task", "five"]),
        (LastMessages(1, keep_first=True), FIVE, ["task", "five"]),
        (LastTokens(10, count=words), FIVE, ["five"]),
        (LastTokens(12, count=words), FIVE, ["four", "five"]),
        (LastTokens(12, count=words, keep_first=True), FIVE, ["task", "five"]),
        (LastTokens(1, count=words), FIVE, ["five"]),
        (LastMessages(4) & LastTokens(12, count=words), FIVE, ["four", "five"]),
        (LastMessages(2, keep_first=True) & LastTokens(99, count=words), FIVE, ["task", "five"]),
        # A call goes with its results, or not at all.
        (LastMessages(3), CALLS, ["four", "call", "c"]),
        (LastMessages(4), CALLS, ["four", "call", "c"]),
        (LastMessages(5), CALLS, ["four", "call", "c"]),
        (LastMessages(6), CALLS, ["call", "a", "b", "four", "call", "c"]),
        (LastMessages(1), CALLS, ["call", "c"]),
        (LastMessages(1), CALLS[:5], ["call", "a", "b"]),
        (LastMessages(3, keep_first=True), CALLS, ["task", "call", "c"]),
        (LastMessages(4, keep_first=True), [HEAD, *CALLS[2:]], ["call", "a", "b", "call", "c"]),
        (Without("bob"), CALLS, ["task", "four"]),
        (Without(lambda m: m["role"] == "user"), CALLS, ["call", "a", "b", "call", "c"]),
        (Without("cy") & LastMessages(2), [*FIVE, user("six", "cy")], ["four", "five"]),
        (Without("ada"), FIVE, ["five"]),
        (Without("bob"), [HEAD, *CALLS[2:5]], ["call", "a", "b"]),
        (LastMessages(3), [HEAD], []),
    ],
    ids=str,
)
def test_what_fits(window: Window, messages: Sequence[Any], left: list[str]) -> None:
    """The system message comes first, the last message is always there, and nothing is torn apart."""
    before = [dict(m) for m in messages]
    fitting = window.fit(messages)
    assert (fitting[0], texts(fitting)) == (HEAD, left)
    assert list(messages) == before


def test_word_of_a_person_between_call_and_result_goes_with_them() -> None:
    """It stands where endpoints would refuse a cut."""
    messages = [HEAD, user("task"), calling("a"), user("hurry"), result("a"), user("well?")]
    assert texts(LastMessages(2).fit(messages)) == ["well?"]
    assert texts(LastMessages(4).fit(messages)) == ["call", "hurry", "a", "well?"]


@st.composite
def conversations(draw: Any) -> list[Any]:
    messages: list[Any] = [HEAD]
    for number in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(("text", "call", "said between", "old")))
        if kind == "text":
            messages.append(user("word " * draw(st.integers(1, 6)), draw(st.sampled_from(("ada", "cy")))))
        elif kind == "old":
            call = {"name": "look", "arguments": "{}"}
            messages += [{"role": "assistant", "content": None, "function_call": call}]
            messages += [{"role": "function", "name": "look", "content": "seen"}]
        else:
            ids = [f"{number}{i}" for i in range(draw(st.integers(1, 3)))]
            messages.append(calling(*ids, name=draw(st.sampled_from(("bob", "cy")))))
            messages += [user("hm")] if kind == "said between" else []
            messages += [result(i) for i in ids]
    return messages


windows = st.lists(
    st.one_of(
        st.builds(LastMessages, st.integers(1, 9), st.booleans()),
        st.builds(LastTokens, st.integers(1, 60), st.just(words), st.booleans()),
        st.just(Without("cy")),
    ),
    min_size=1,
    max_size=3,
)


def joined(parts: Sequence[Window]) -> Window:
    first, *others = parts
    for other in others:
        first = first & other
    return first


@given(conversations(), windows, st.lists(st.integers(1, 40), max_size=4))
def test_what_fits_is_the_same_however_the_messages_came(
    messages: list[Any], parts: list[Window], looks: list[int]
) -> None:
    """Looked at again and again while they grow, or once at the end: the request is the same."""
    window = joined(parts)
    growing = window.begin()
    for look in sorted(looks):
        if look <= len(messages):
            growing.fit(messages[:look])
    assert growing.fit(messages) == window.fit(messages)


@given(conversations(), windows)
def test_no_call_is_torn_from_its_results(messages: list[Any], parts: list[Window]) -> None:
    """Every result that is sent has its call before it, every call has all its results, in the order of the history."""
    sent = joined(parts).fit(messages)
    positions = [next(i for i, m in enumerate(messages) if m is one) for one in sent]
    assert positions == sorted(set(positions))
    asked = [c["id"] for m in sent for c in m.get("tool_calls") or ()]
    assert asked == [m["tool_call_id"] for m in sent if m["role"] == "tool"]
    assert sum("function_call" in m for m in sent) == sum(m["role"] == "function" for m in sent)


@given(conversations(), st.integers(1, 9), st.integers(1, 60))
def test_what_fits_keeps_to_its_limits(messages: list[Any], most: int, tokens: int) -> None:
    """Unless the last message with what belongs to it alone is more."""
    last = LastMessages(1).fit(messages)
    sent = LastMessages(most).fit(messages)
    assert len(sent) - 1 <= most or sent == last
    sent = LastTokens(tokens, words).fit(messages)
    assert sum(tokens_of(m, words) for m in sent[1:]) <= tokens or sent == last


# ---------------------------------------------------------------- tokens


def test_estimate_is_what_the_docs_say() -> None:
    """One for four ASCII characters, one for each other."""
    assert [estimate(t) for t in ("", "abcd", "abcde", "日本語", "für")] == [0, 1, 2, 3, 2]


def test_message_is_counted_with_its_calls_and_pictures() -> None:
    """Four for itself; names and arguments of calls count, and a picture a thousand."""
    assert tokens_of(user("one two"), words) == 3 + 4
    assert tokens_of(calling("a"), words) == 3 + 4
    parts: Any = {"role": "user", "content": [{"type": "text", "text": "a b"}, {"type": "image_url", "image_url": {}}]}
    assert tokens_of(parts, words) == 2 + 4 + 1_000


def test_each_message_is_counted_once() -> None:
    """However often something is asked about a conversation that grows."""
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return 1

    fitting = LastTokens(20, count).begin()
    for end in range(1, len(FIVE) + 1):
        fitting.fit(FIVE[:end])
    assert len(counted) == 5


def test_model_is_counted_by_tiktoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """By name of the model; for one that tiktoken does not know, as most of them are."""
    from convagent.models import tokens

    class Encoding:
        def encode(self, text: str, disallowed_special: Any = "all") -> list[int]:
            assert disallowed_special == ()
            return list(range(len(text.split("-"))))

    def encoding_for_model(name: str) -> Encoding:
        if name != "gpt-4o":
            raise KeyError(name)
        return Encoding()

    module: Any = ModuleType("tiktoken")
    module.encoding_for_model, module.get_encoding = encoding_for_model, lambda name: Encoding()
    monkeypatch.setitem(sys.modules, "tiktoken", module)
    for name in ("gpt-4o", "unknown"):
        tokens.count_for.cache_clear()
        tokens.encoding_for.cache_clear()
        assert tokens.count_for(name)("a-b-c") == 3
    assert texts(LastTokens(10, count="gpt-4o").fit([HEAD, user("a-b-c-d"), user("e-f-g-h", "")])) == ["e-f-g-h"]
    tokens.count_for.cache_clear()
    tokens.encoding_for.cache_clear()


def test_missing_tiktoken_is_said_when_the_window_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at the first message, in the middle of a run."""
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    with pytest.raises(MissingExtra, match=r"pip install 'convagent\[tokens\]'"):
        LastTokens(10, count="gpt-no-such-name")


@pytest.mark.parametrize("value", [-1, 2.5, None, True], ids=str)
def test_count_that_is_no_number_is_refused(value: Any) -> None:
    """A function that returns a list of tokens, say."""
    with pytest.raises(ConfigError, match="expected a number of tokens"):
        LastTokens(10, count=lambda text: value).fit(FIVE)


# ---------------------------------------------------------------- in a conversation


def bot(window: Any, replies: int = 9, **given: Any) -> ConversableAgent:
    model = ScriptedModel([f"reply {i}" for i in range(replies)])
    return ConversableAgent("bob", "Be brief.", llm_config=model, human_input_mode="NEVER", context=window, **given)


def ada() -> ConversableAgent:
    return ConversableAgent("ada", human_input_mode="NEVER", default_auto_reply="more")


def sent(agent: ConversableAgent) -> list[list[Any]]:
    return [texts(request.messages) for request in agent.client.requests]  # type: ignore[union-attr]


def test_model_is_sent_what_fits_and_history_is_whole() -> None:
    """Nothing is taken out of what agents remember, nor of the result."""
    bob, me = bot(LastMessages(3, keep_first=True)), ada()
    result = me.initiate_chat(bob, message="task", max_turns=4, silent=True)
    assert sent(bob) == [
        ["task"], ["task", "reply 0", "more"], ["task", "reply 1", "more"], ["task", "reply 2", "more"],
    ]  # fmt: skip
    assert all(request.messages[0]["content"] == "Be brief." for request in bob.client.requests)  # type: ignore[union-attr]
    assert len(result.chat_history) == len(bob.chat_messages[me]) == 8


def test_tool_rounds_of_a_turn_are_fitted_too() -> None:
    """Each request of a turn has the window as it is then."""

    @tool
    def look(page: int) -> str:
        """Look."""
        return f"page {page}"

    script: Any = [[{"name": "look", "arguments": {"page": i}}] for i in range(3)]
    model = ScriptedModel([*script, "read"])
    bob = ConversableAgent("bob", llm_config=model, tools=[look], human_input_mode="NEVER", context=LastMessages(2))
    ada().initiate_chat(bob, message="task", max_turns=1, silent=True)
    assert [[m["role"] for m in r.messages[1:]] for r in model.requests] == [["user"], *[["assistant", "tool"]] * 3]
    assert [r.messages[-1]["content"] for r in model.requests[1:]] == ["page 0", "page 1", "page 2"]


def test_changed_system_message_is_sent_with_what_fits() -> None:
    """It is no part of the window, and known messages are not looked at again."""
    numbers = iter(range(9))
    update = UpdateSystemMessage(lambda agent, messages: f"number {next(numbers)}")
    bob = bot(LastTokens(16), update_agent_state_before_reply=update)
    ada().initiate_chat(bob, message="task", max_turns=3, silent=True)
    heads = [request.messages[0]["content"] for request in bob.client.requests]  # type: ignore[union-attr]
    assert heads == ["number 0", "number 1", "number 2"]
    assert sent(bob)[-1] == ["reply 1", "more"]


def test_hooks_see_the_history_and_the_model_what_fits_of_what_they_return() -> None:
    """A hook may rewrite the messages first; a safeguard sees what is sent."""
    seen: list[int] = []
    guarded: list[int] = []
    bob = bot(LastMessages(2))

    def rewrite(messages: list[Any]) -> list[Any]:
        seen.append(len(messages))
        return [*messages, {"role": "user", "content": "and briefly"}]

    def guard(messages: list[Any]) -> list[Any]:
        guarded.append(len(messages))
        return messages

    bob.register_hook("process_all_messages_before_reply", rewrite)
    bob.register_hook("safeguard_llm_inputs", guard)
    ada().initiate_chat(bob, message="task", max_turns=3, silent=True)
    assert (seen, guarded) == ([1, 3, 5], [3, 3, 3])
    assert sent(bob)[-1] == ["more", "and briefly"]


def test_member_of_a_group_has_a_window_of_its_own() -> None:
    """The others are sent everything."""
    members = [bot(LastMessages(2)), ada(), ConversableAgent("cy", human_input_mode="NEVER", default_auto_reply="cy")]
    group = GroupChat(members, max_round=7, speaker_selection_method="round_robin")
    members[0].initiate_chat(GroupChatManager(group, silent=True), message="task", silent=True)
    assert sent(members[0]) == [["more", "cy"], ["more", "cy"]]
    assert len(group.messages) == 7


def test_reply_outside_a_chat_is_fitted() -> None:
    """`generate_reply(messages=...)` sends what fits of them."""
    bob = bot(LastMessages(1))
    bob.generate_reply(messages=[{"role": "user", "content": t} for t in ("one", "two")])
    assert sent(bob) == [["two"]]


def test_windows_print_as_they_are_written() -> None:
    """So a trace of a configuration can be read."""
    window = LastMessages(50, keep_first=True) & LastTokens(8_000) & LastTokens(9, count=words) & Without("cy", ada())
    assert str(window) == (
        "LastMessages(50, keep_first=True) & LastTokens(8000) & LastTokens(9, count=words) & Without('cy', 'ada')"
    )


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda: LastMessages(0), r"LastMessages\(0\): expected a whole number of messages, 1 or more"),
        (lambda: LastTokens(1.5), r"LastTokens\(1.5\)"),  # type: ignore[arg-type]
        (lambda: LastTokens(9, count=3), r"count=3\): expected a function"),  # type: ignore[arg-type]
        (lambda: Without(), r"Without\(\) leaves nothing out"),
        (lambda: Without(3), r"Without\(3\): expected an agent"),
        (lambda: LastMessages(2) | LastTokens(9), "windows are joined by &"),
        (lambda: LastMessages(2) and LastTokens(9), "has no truth value"),
        (lambda: LastMessages(2) & 3, "context=3 is a int; expected LastMessages"),
        (lambda: bot(20), "context=20 is a int; expected LastMessages"),
        (lambda: bot(LastMessages), r"call it, as in LastMessages\(20\)"),
        (lambda: bot({"topic": "x"}), "is a dict; expected LastMessages"),
    ],
)
def test_what_cannot_be_a_window_is_refused(wrong: Callable[[], Any], text: str) -> None:
    """At once, and by name."""
    with pytest.raises(ConfigError, match=text):
        wrong()


# ---------------------------------------------------------------- each one's view


def test_view_is_a_function_of_what_was_said() -> None:
    """What one agent's history holds can be had from the other's, and is the same."""
    me, bob = ada(), bot(None)
    result = me.initiate_chat(bob, message="task", max_turns=2, silent=True)
    assert view_of(result.chat_history, bob) == bob.chat_messages[me]
    assert view_of(bob.chat_messages[me], "ada") == result.chat_history
    assert [m["role"] for m in view_of(result.chat_history, "somebody else")] == ["user"] * 4


def test_views_of_a_group_are_functions_of_its_messages() -> None:
    """Each member's history is the group's messages, seen from its seat."""
    members = [ConversableAgent(n, human_input_mode="NEVER", default_auto_reply=f"{n} speaks") for n in ("a", "b", "c")]
    group = GroupChat(members, max_round=6, speaker_selection_method="round_robin")
    manager = GroupChatManager(group, silent=True)
    members[0].initiate_chat(manager, message="task", silent=True)
    for member in members:
        assert view_of(group.messages, member) == member.chat_messages[manager]

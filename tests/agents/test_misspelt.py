"""What is misspelt, or was the classic's only, is told what was meant."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from convagent import (
    AssistantAgent,
    ConfigError,
    ConvagentError,
    ConversableAgent,
    UserProxyAgent,
    approve,
    ask,
    ask_human,
    deny,
    escalate,
    reject,
    retry,
    tool,
    when,
)
from convagent.errors import ArgumentError, NoSuchAttribute


class Planner(ConversableAgent):
    """A subclass that passes on what it does not know."""

    def __init__(self, name: str, mood: str = "calm", **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.mood = mood


def agents() -> tuple[ConversableAgent, ConversableAgent]:
    ada = ConversableAgent("ada", human_input_mode="NEVER")
    return ada, ConversableAgent("bob", human_input_mode="NEVER", default_auto_reply="Hello.")


# ---------------------------------------------------------------- constructors


@pytest.mark.parametrize("kind", [ConversableAgent, AssistantAgent, UserProxyAgent, Planner])
def test_constructor_suggests_the_keyword_when_one_is_misspelt(kind: Any) -> None:
    """The error names the class that was called, and is a TypeError as the built-in one."""
    with pytest.raises(ArgumentError) as raised:
        kind("ada", sytem_messages="x", description="d")
    text = f"{kind.__name__}(): unexpected keyword 'sytem_messages'; did you mean 'system_message'?"
    assert str(raised.value) == text
    assert isinstance(raised.value, TypeError)
    assert isinstance(raised.value, ConfigError)


def test_constructor_suggests_a_keyword_of_the_subclass() -> None:
    """What a subclass takes itself is among the words that may be meant."""
    with pytest.raises(ArgumentError, match=r"^Planner\(\): unexpected keyword 'mod'; did you mean 'mood'\?$"):
        Planner("ada", mod="gay")


def test_constructor_says_what_to_do_when_a_keyword_was_the_classics() -> None:
    """`client_cache=` is no typing error."""
    with pytest.raises(ArgumentError, match="keyword 'client_cache': the cache of a chat is given by initiate_chat"):
        UserProxyAgent("ada", client_cache=None)


@pytest.mark.parametrize(
    ("args", "given", "text"),
    [
        ((), {}, "ConversableAgent() missing 1 required positional argument: 'name'"),
        (("ada",), {"name": "bob"}, "ConversableAgent() got multiple values for argument 'name'"),
    ],
)
def test_constructor_names_the_public_class_when_it_is_called_wrongly(
    args: tuple[Any, ...], given: dict[str, Any], text: str
) -> None:
    """No name of an internal class is in the text."""
    with pytest.raises(ArgumentError) as raised:
        ConversableAgent(*args, **given)
    assert str(raised.value) == text


def test_type_error_of_a_users_function_stays_what_it_is() -> None:
    """Only a call that does not fit is explained; what fails inside the constructor is not."""

    class Sour:
        def __iter__(self) -> Any:
            raise TypeError("sour")

    with pytest.raises(TypeError, match=r"^sour$") as raised:
        ConversableAgent("ada", tools=Sour())  # pyright: ignore[reportArgumentType]
    assert not isinstance(raised.value, ConvagentError)


# ---------------------------------------------------------------- chats


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"mesage": "x"}, "message"),
        ({"message": "x", "max_turn": 1}, "max_turns"),
        ({"message": "x", "carry_over": "y"}, "carryover"),
        ({"message": "x", "summarymethod": None}, "summary_method"),
    ],
)
def test_chat_refuses_a_keyword_when_it_is_near_one_that_was_left_out(given: dict[str, Any], meant: str) -> None:
    """Nothing reads it, so the chat would not be the one that was asked for."""
    ada, bob = agents()
    wrong = next(k for k in given if k != "message")
    with pytest.raises(ArgumentError, match=f"^unexpected keyword '{wrong}' of a chat; did you mean '{meant}'"):
        ada.initiate_chat(bob, **given)
    assert len(ada.chat_messages) == 0


def test_run_refuses_a_keyword_when_it_is_near_one_of_its_own() -> None:
    """`run` has arguments that a chat has not."""
    ada, _ = agents()
    with pytest.raises(ArgumentError, match="unexpected keyword 'user_imput' of a chat; did you mean 'user_input'"):
        ada.run(message="x", user_imput=True)


def test_queue_is_refused_before_its_first_chat_when_a_later_one_is_misspelt() -> None:
    """No chat is held of a queue that cannot be held as it was meant."""
    ada, bob = agents()
    queue: list[dict[str, Any]] = [
        {"recipient": bob, "message": "one", "max_turns": 1, "silent": True},
        {"recipient": Planner("cleo"), "message": "two", "max_turn": 1},
    ]
    with pytest.raises(ArgumentError, match="'max_turn' of a chat; did you mean 'max_turns'"):
        ada.initiate_chats(queue)
    assert len(ada.chat_messages) == 0


def test_chat_takes_any_other_keyword_as_context() -> None:
    """A name near none is context, and so is one near an argument that was given too."""
    ada, bob = agents()
    result = ada.initiate_chat(bob, message="x", max_turns=1, silent=True, topic="sums", messages=[])
    assert result.summary == "Hello."


def test_message_function_reads_a_keyword_when_it_is_near_an_argument() -> None:
    """It may be meant, so that it is passed on, with a warning."""
    ada, bob = agents()

    def opening(sender: Any, recipient: Any, context: dict[str, Any]) -> str:
        return f"You have {context['max_turn']} turns."

    with pytest.warns(UserWarning, match="'max_turn' of a chat goes to its message function; if 'max_turns' was") as w:
        result = ada.initiate_chat(bob, message=opening, max_turn="no", silent=True, clear_history=True)
    assert result.chat_history[0]["content"] == "You have no turns."
    assert w[0].filename == __file__


def test_overridden_init_message_reads_a_keyword_when_it_is_near_an_argument() -> None:
    """The same for `generate_init_message`, which is given the context."""

    class Opener(ConversableAgent):
        def generate_init_message(self, message: Any, **kwargs: Any) -> Any:
            return f"{message} {kwargs['slient']}"

    _, bob = agents()
    with pytest.warns(UserWarning, match="'slient'"):
        result = Opener("ada", human_input_mode="NEVER").initiate_chat(bob, message="a", max_turns=1, slient="b")
    assert result.chat_history[0]["content"] == "a b"


# ---------------------------------------------------------------- members


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("use_docker", "code_execution_config="),
        ("hook_lists", "register_hook"),
        ("_oai_system_message", "update_system_message"),
    ],
)
def test_member_says_what_to_do_when_only_the_classic_has_it(name: str, sentence: str) -> None:
    """An AttributeError with a sentence; `hasattr` stays False."""
    ada = Planner("ada")
    with pytest.raises(NoSuchAttribute, match=f"^Planner has no '{name}': .*{sentence}") as raised:
        getattr(ada, name)
    assert isinstance(raised.value, AttributeError)
    assert not hasattr(ada, name)


def test_member_is_suggested_when_its_name_is_misspelt() -> None:
    """As Python does, which stops at errors of one's own."""
    with pytest.raises(AttributeError, match="'Planner' object has no attribute 'initate_chat'; did you mean 'initia"):
        _ = Planner("ada").initate_chat  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnknownMemberType]


def test_failing_property_of_a_subclass_shows_its_own_error() -> None:
    """The name of the property is there; what it reads is not."""

    class Sour(ConversableAgent):
        @property
        def mood(self) -> str:
            return {}.taste  # type: ignore[attr-defined, no-any-return]  # pyright: ignore

    with pytest.raises(AttributeError, match="'dict' object has no attribute 'taste'"):
        _ = Sour("ada").mood


def test_agent_can_be_copied_when_it_explains_what_it_lacks() -> None:
    """A copy that is still being made has no attributes at all, and is asked for some."""
    assert copy.copy(Planner("ada", mood="gay")).mood == "gay"


@pytest.mark.parametrize("name", ["_process_received_message", "_prepare_chat", "process_last_received_message"])
def test_subclass_is_told_when_nobody_calls_its_method(name: str) -> None:
    """The classic would call it; here it would silently do nothing."""
    with pytest.warns(UserWarning, match=rf"^nothing calls Reader\.{name}: ") as found:
        type("Reader", (ConversableAgent,), {name: lambda self: None})
    assert [w.filename for w in found] == [__file__]


def test_subclass_may_have_any_method_of_its_own() -> None:
    """What the classic would not call by itself is the subclass's own affair."""

    class Runner(ConversableAgent):
        def run_code(self, code: str) -> str:
            return code

    assert Runner("ada").run_code("1") == "1"


# ---------------------------------------------------------------- the words of oversight


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ask("clerk", witin="1h"), "ask(): unexpected keyword 'witin'; did you mean 'within'?"),
        (lambda: deny(why="no"), "deny(): unexpected keyword 'why'; expected reason"),
        (lambda: retry(), "retry() missing 1 required positional argument: 'times'"),
        (lambda: when(ask("clerk")), "when() missing 1 required positional argument: 'policy'"),
        (lambda: reject(reason="no"), "reject(): unexpected keyword 'reason'; expected why"),
        (lambda: approve.always_for(last="1h"), "always_for(): unexpected keyword 'last'; did you mean 'lasts'?"),
        (lambda: approve.always_for("word"), "always_for(scope)='word' is not one of exact, clause"),
        (lambda: tool(aproval=ask()), "tool(): unexpected keyword 'aproval'; did you mean 'approval'?"),
        (lambda: ask_human(t="support"), "ask_human(): unexpected keyword 't'; did you mean 'to'?"),
        (lambda: escalate(witin="1h"), "escalate(): unexpected keyword 'witin'; did you mean 'within'?"),
    ],
)
def test_word_that_a_function_does_not_take_is_told_with_the_right_one(call: Any, text: str) -> None:
    """A slip of the pen is a ConfigError where it is written, and not first in the run."""
    with pytest.raises(ConfigError) as wrong:
        call()
    assert str(wrong.value) == text


def test_type_error_of_a_users_function_is_not_taken_for_a_misspelt_word() -> None:
    """What fails inside a call stays what it is."""

    class Odd:
        @property
        def __name__(self) -> str:
            raise TypeError("odd")

        def __call__(self, action: Any) -> Any: ...

    with pytest.raises(TypeError, match=r"^odd$") as raised:
        tool(Odd(), parameters={})
    assert not isinstance(raised.value, ConfigError)

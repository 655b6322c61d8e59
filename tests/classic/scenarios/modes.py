"""The three human input modes: when a person is asked, and what the answer does."""

from __future__ import annotations

from tests.classic.stage import Stage, scenario


def _talk(s: Stage, answers: tuple[str, ...], *replies: str, **given: object) -> None:
    """The user has the mode; the bot has the replies."""
    s.person(*answers)
    bot = s.agent("bot", llm_config=s.model(*replies), max_consecutive_auto_reply=20)
    user = s.agent("user", **given)
    s.chat(user, bot, message="hello")


@scenario()
def always_text_then_exit(s: Stage) -> None:
    _talk(s, ("tell me more", "exit"), "hi", "more", human_input_mode="ALWAYS")


@scenario()
def always_empty_replies_by_itself(s: Stage) -> None:
    _talk(s, ("", "exit"), "hi", "more", human_input_mode="ALWAYS", default_auto_reply="go on")


@scenario()
def always_exit_in_capitals_is_text(s: Stage) -> None:
    _talk(s, ("EXIT", " exit", "exit"), "hi", "more", "again", human_input_mode="ALWAYS")


@scenario()
def always_termination_message_and_empty_ends(s: Stage) -> None:
    _talk(s, ("",), "TERMINATE", human_input_mode="ALWAYS")


@scenario()
def always_termination_message_and_text_goes_on(s: Stage) -> None:
    _talk(s, ("not yet", "exit"), "TERMINATE", "fine", human_input_mode="ALWAYS")


@scenario()
def always_is_asked_beyond_the_limit(s: Stage) -> None:
    _talk(
        s, ("", "", "", "exit"), "a", "b", "c", "d",
        human_input_mode="ALWAYS", max_consecutive_auto_reply=1, default_auto_reply="go on",
    )  # fmt: skip


@scenario()
def always_with_limit_zero_says_nothing_on_enter(s: Stage) -> None:
    _talk(s, ("", "exit"), "a", "b", human_input_mode="ALWAYS", max_consecutive_auto_reply=0)


@scenario()
def terminate_asks_at_a_termination_message_exit(s: Stage) -> None:
    _talk(s, ("exit",), "a", "TERMINATE", default_auto_reply="go on", human_input_mode="TERMINATE")


@scenario()
def terminate_asks_at_a_termination_message_empty(s: Stage) -> None:
    _talk(s, ("",), "a", "TERMINATE", default_auto_reply="go on", human_input_mode="TERMINATE")


@scenario()
def terminate_asks_at_a_termination_message_text(s: Stage) -> None:
    _talk(
        s, ("one more thing", "exit"), "TERMINATE", "TERMINATE",
        default_auto_reply="go on", human_input_mode="TERMINATE",
    )  # fmt: skip


@scenario()
def terminate_asks_at_the_limit_empty(s: Stage) -> None:
    _talk(
        s, ("", "exit"), "a", "b", "c", "d",
        default_auto_reply="go on", human_input_mode="TERMINATE", max_consecutive_auto_reply=2,
    )  # fmt: skip


@scenario()
def terminate_asks_at_the_limit_text_resets_the_count(s: Stage) -> None:
    _talk(
        s, ("my words", "exit"), "a", "b", "c", "d", "e", "f", "g",
        default_auto_reply="go on", human_input_mode="TERMINATE", max_consecutive_auto_reply=2,
    )  # fmt: skip


@scenario()
def terminate_asks_at_the_limit_exit(s: Stage) -> None:
    _talk(
        s, ("exit",), "a", "b",
        default_auto_reply="go on", human_input_mode="TERMINATE", max_consecutive_auto_reply=1,
    )  # fmt: skip


@scenario()
def terminate_at_the_limit_and_a_termination_message(s: Stage) -> None:
    _talk(
        s, ("",), "a", "TERMINATE",
        default_auto_reply="go on", human_input_mode="TERMINATE", max_consecutive_auto_reply=1,
    )  # fmt: skip


@scenario()
def terminate_with_limit_zero(s: Stage) -> None:
    _talk(s, ("", "words", "exit"), "a", "b", "c", human_input_mode="TERMINATE", max_consecutive_auto_reply=0)


@scenario()
def never_ends_at_a_termination_message(s: Stage) -> None:
    _talk(s, (), "a", "TERMINATE", default_auto_reply="go on")


@scenario()
def never_ends_at_the_limit(s: Stage) -> None:
    _talk(s, (), "a", "b", "c", default_auto_reply="go on", max_consecutive_auto_reply=2)


@scenario()
def never_with_limit_zero(s: Stage) -> None:
    _talk(s, (), "a", "b", default_auto_reply="go on", max_consecutive_auto_reply=0)


@scenario()
def the_recipient_has_a_person(s: Stage) -> None:
    s.person("from the person", "", "exit")
    bot = s.agent("bot", llm_config=s.model("a", "b", "c"))
    user = s.agent("user", human_input_mode="ALWAYS", default_auto_reply="auto")
    s.chat(bot, user, message="your move")


@scenario()
def both_have_a_person(s: Stage) -> None:
    s.person("one", "two", "three", "exit")
    ann = s.agent("ann", human_input_mode="ALWAYS")
    bob = s.agent("bob", human_input_mode="ALWAYS")
    s.chat(ann, bob, message="hello")


@scenario()
def presets_have_the_classic_defaults(s: Stage) -> None:
    s.person("exit")
    helper = s.agent("helper", "AssistantAgent", llm_config=s.model("hi"), system_message="help")
    user = s.agent("user", "UserProxyAgent", code_execution_config=False)
    s.note("helper", [helper.human_input_mode, helper.max_consecutive_auto_reply(), helper.description])
    s.note("user", [user.human_input_mode, user.max_consecutive_auto_reply(), user.system_message])
    s.chat(user, helper, message="hello")


@scenario()
def a_termination_function_sees_messages_without_content(s: Stage) -> None:
    seen: list[object] = []

    def ends(message: dict[str, object]) -> bool:
        seen.append(message.get("content"))
        content = message.get("content")
        return bool(content) and "bye" in str(content)

    calls = [{"id": "c1", "name": "look", "arguments": {}}]
    bot = s.agent("bot", llm_config=s.model(calls, "well, bye"))
    user = s.agent("user", is_termination_msg=ends, function_map={"look": lambda: "seen"})
    s.chat(user, bot, message="look")
    s.note("seen", seen)


@scenario()
def limit_for_one_sender(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("a", "b", "c", "d"))
    user = s.agent("user", default_auto_reply="go on", max_consecutive_auto_reply=9)
    user.update_max_consecutive_auto_reply(1, bot)
    s.note("limits", [user.max_consecutive_auto_reply(), user.max_consecutive_auto_reply(bot)])
    s.chat(user, bot, message="hello")
    user.update_max_consecutive_auto_reply(3)
    s.note("limits after", [user.max_consecutive_auto_reply(), user.max_consecutive_auto_reply(bot)])


@scenario()
def counts_start_anew_in_the_next_chat(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("a", "b", "c", "d"))
    user = s.agent("user", default_auto_reply="go on", max_consecutive_auto_reply=1)
    s.chat(user, bot, message="hello")
    s.chat(user, bot, message="hello again")

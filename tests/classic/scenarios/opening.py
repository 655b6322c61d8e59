"""How a chat begins and is bounded: the opening message, carryover, turns, histories."""

from __future__ import annotations

from typing import Any

from tests.classic.stage import Stage, scenario


def _pair(s: Stage, *replies: Any, **given: Any) -> tuple[Any, Any]:
    bot = s.agent("bot", llm_config=s.model(*(replies or ("one", "two", "three"))))
    return s.agent("user", **{"default_auto_reply": "go on", **given}), bot


@scenario()
def max_turns_one(s: Stage) -> None:
    s.chat(*_pair(s), message="hello", max_turns=1)


@scenario()
def max_turns_three(s: Stage) -> None:
    s.chat(*_pair(s), message="hello", max_turns=3)


@scenario()
def max_turns_ends_at_a_termination_message(s: Stage) -> None:
    user, bot = _pair(s, "one", "TERMINATE", "three")
    s.chat(user, bot, message="hello", max_turns=3)


@scenario()
def max_turns_initiator_is_asked_and_exits(s: Stage) -> None:
    s.person("more", "exit")
    s.chat(*_pair(s, human_input_mode="ALWAYS"), message="hello", max_turns=5)


@scenario()
def max_turns_initiators_limit(s: Stage) -> None:
    s.chat(*_pair(s, max_consecutive_auto_reply=1), message="hello", max_turns=5)


@scenario("sync")
def max_turns_recipients_limit(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("one", "two", "three"), max_consecutive_auto_reply=1)
    s.chat(s.agent("user", default_auto_reply="go on"), bot, message="hello", max_turns=3)


@scenario()
def message_dict_with_more_keys(s: Stage) -> None:
    user, bot = _pair(s)
    s.chat(user, bot, message={"content": "hello", "name": "someone", "role": "user"}, max_turns=1)


@scenario()
def message_dict_with_context(s: Stage) -> None:
    user, bot = _pair(s)
    s.chat(user, bot, message={"content": "hello", "context": {"a": 1}}, max_turns=2)


@scenario()
def message_of_parts(s: Stage) -> None:
    user, bot = _pair(s)
    parts = [
        {"type": "text", "text": "look at this"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    s.chat(user, bot, message={"content": parts}, max_turns=1)


@scenario()
def message_function_text(s: Stage) -> None:
    user, bot = _pair(s)

    def opening(sender: Any, recipient: Any, context: dict[str, Any]) -> str:
        return f"{sender.name} to {recipient.name}: {sorted(context.items())}"

    s.chat(user, bot, message=opening, max_turns=1, topic="cats", carryover=["not appended"])


@scenario()
def message_function_dict(s: Stage) -> None:
    user, bot = _pair(s)
    s.chat(user, bot, message=lambda a, b, c: {"content": "from a function"}, max_turns=1)


@scenario()
def message_none_asks_the_person(s: Stage) -> None:
    s.person("typed opening")
    user, bot = _pair(s)
    s.chat(user, bot, max_turns=1)


@scenario()
def message_none_with_carryover(s: Stage) -> None:
    s.person("typed opening")
    user, bot = _pair(s)
    s.chat(user, bot, max_turns=1, carryover="earlier")


@scenario()
def carryover_text(s: Stage) -> None:
    s.chat(*_pair(s), message="hello", carryover="the past", max_turns=1)


@scenario()
def carryover_list(s: Stage) -> None:
    s.chat(*_pair(s), message="hello", carryover=["one", {"content": "two"}, {"x": 3}], max_turns=1)


@scenario()
def carryover_to_a_dict(s: Stage) -> None:
    s.chat(*_pair(s), message={"content": "hello"}, carryover="the past", max_turns=1)


@scenario()
def carryover_to_parts(s: Stage) -> None:
    message = {"content": [{"type": "text", "text": "look"}]}
    s.chat(*_pair(s), message=message, carryover=["the", "past"], max_turns=1)
    s.note("message", message)


@scenario()
def carryover_of_a_wrong_type(s: Stage) -> None:
    s.chat(*_pair(s), message="hello", carryover=7, max_turns=1)


@scenario()
def default_auto_reply_dict(s: Stage) -> None:
    user, bot = _pair(s, default_auto_reply={"content": "from a dict", "name": "other"}, max_consecutive_auto_reply=1)
    s.chat(user, bot, message="hello")


@scenario()
def clear_history_false_goes_on(s: Stage) -> None:
    user, bot = _pair(s)
    s.chat(user, bot, message="hello", max_turns=1)
    s.chat(user, bot, message="again", max_turns=1, clear_history=False)


@scenario()
def clear_history_true_starts_anew(s: Stage) -> None:
    user, bot = _pair(s)
    s.chat(user, bot, message="hello", max_turns=1)
    s.chat(user, bot, message="again", max_turns=1)


@scenario()
def roles_may_change_sides(s: Stage) -> None:
    user, bot = _pair(s)
    s.chat(user, bot, message="hello", max_turns=1)
    s.chat(bot, user, message="your turn", max_turns=2, clear_history=False)


@scenario()
def chat_messages_given(s: Stage) -> None:
    user = s.agent("user", default_auto_reply="go on")
    past = [{"role": "user", "content": "before", "name": "user"}, {"role": "assistant", "content": "yes"}]
    bot = s.agent("bot", llm_config=s.model("one"), chat_messages={user: past})
    s.chat(user, bot, message="hello", max_turns=1, clear_history=False)


@scenario()
def silent_chat(s: Stage) -> None:
    s.chat(*_pair(s), message="hello", max_turns=2, silent=True)


@scenario()
def silent_agent(s: Stage) -> None:
    user, bot = _pair(s, silent=True)
    s.chat(user, bot, message="hello", max_turns=2)


@scenario()
def agent_that_is_not_silent_in_a_silent_chat(s: Stage) -> None:
    user, bot = _pair(s, silent=False)
    s.chat(user, bot, message="hello", max_turns=2, silent=True)


@scenario()
def system_message_of_a_model(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("one", "two"), system_message="be brief")
    user = s.agent("user")
    s.chat(user, bot, message="hello", max_turns=1)
    bot.update_system_message("be long")
    s.note("system", bot.system_message)
    s.chat(user, bot, message="hello", max_turns=1, clear_history=False)


@scenario()
def settings_reach_the_request(s: Stage) -> None:
    config = s.model("one", temperature=0.5, max_tokens=17, top_p=0.25)
    s.chat(s.agent("user"), s.agent("bot", llm_config=config), message="hello", max_turns=1)


@scenario()
def two_models_talk(s: Stage) -> None:
    ann = s.agent("ann", llm_config=s.model("a1", "a2", name="ann"), system_message="you are ann")
    bob = s.agent("bob", llm_config=s.model("b1", "b2", "b3", name="bob"), system_message="you are bob")
    s.chat(ann, bob, message="hello", max_turns=3)


@scenario()
def a_model_without_an_answer(s: Stage) -> None:
    s.chat(*_pair(s, {"content": ""}, "two"), message="hello", max_turns=2)


@scenario()
def max_turns_the_recipients_person_exits(s: Stage) -> None:
    s.person("fine", "exit", "still here", "exit", "exit")
    user = s.agent("user", default_auto_reply="go on")
    s.chat(user, s.agent("bot", human_input_mode="ALWAYS"), message="hello", max_turns=5)


@scenario()
def two_agents_with_nothing_to_say(s: Stage) -> None:
    ann, bob = s.agent("ann", max_consecutive_auto_reply=3), s.agent("bob", max_consecutive_auto_reply=3)
    s.chat(ann, bob, message="hello")

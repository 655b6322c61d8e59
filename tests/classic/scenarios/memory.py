"""What agents remember, and what their models cost."""

from __future__ import annotations

from typing import Any

from tests.classic.stage import Stage, scenario


def _talked(s: Stage, turns: int = 2) -> tuple[Any, Any]:
    bot = s.agent("bot", llm_config=s.model("one", "two", "three", "four"))
    user = s.agent("user", default_auto_reply="more")
    s.chat(user, bot, message="hello", max_turns=turns)
    return user, bot


@scenario()
def last_message(s: Stage) -> None:
    user, bot = _talked(s)
    stranger = s.agent("stranger")
    s.note("nobody", stranger.last_message())
    s.note("last", [user.last_message(), user.last_message(bot), bot.last_message()])
    s.note("for summary", bot.chat_messages_for_summary(user))
    try:
        user.last_message(stranger)
    except KeyError as error:
        s.note("stranger", "stranger" in str(error))
    s.chat(user, stranger, message="hi", max_turns=1)
    user.last_message()


@scenario("sync")
def clear_history(s: Stage) -> None:
    user, bot = _talked(s)
    user.clear_history(nr_messages_to_preserve=1)
    s.note("one", user.chat_messages[bot])
    user.clear_history(bot)
    s.note("none", [user.chat_messages[bot], len(bot.chat_messages[user])])


@scenario("sync")
def clear_history_keeps_a_call_with_its_result(s: Stage) -> None:
    calls = [{"id": "c1", "name": "look", "arguments": {}}]
    bot = s.agent("bot", llm_config=s.model(calls, "fine"))
    user = s.agent("user", function_map={"look": lambda: "a cat"})
    s.chat(user, bot, message="hello", max_turns=2)
    bot.clear_history(user, nr_messages_to_preserve=2)
    s.note("kept", bot.chat_messages[user])


@scenario()
def reset(s: Stage) -> None:
    user, bot = _talked(s)
    bot.reset()
    s.note("after", [bot.chat_messages.get(user, []), bot.get_total_usage(), dict(bot.reply_at_receive)])
    s.chat(user, bot, message="again", max_turns=1)


@scenario()
def usage(s: Stage) -> None:
    user, bot = _talked(s)
    s.note("bot", [bot.get_actual_usage(), bot.get_total_usage()])
    s.note("user", [user.get_actual_usage(), user.get_total_usage()])
    s.note("gathered", s.ns.gather_usage_summary([user, bot]))
    bot.print_usage_summary()
    user.print_usage_summary()
    bot.print_usage_summary("actual")
    bot.print_usage_summary(["total"])


@scenario()
def usage_with_a_price(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("one", "two", price=[0.01, 0.02]))
    s.chat(s.agent("user"), bot, message="hello", max_turns=1)
    s.note("cost", bot.get_total_usage())


@scenario("sync")
def usage_before_the_first_request(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("one"))
    s.note("none", [bot.get_actual_usage(), s.ns.gather_usage_summary([bot])])
    bot.print_usage_summary()


@scenario("sync")
def chat_messages_may_be_edited(s: Stage) -> None:
    user, bot = _talked(s)
    bot.chat_messages[user].append({"role": "user", "content": "smuggled", "name": "user"})
    bot.chat_messages[user][0]["content"] = "changed"
    s.chat(user, bot, message="next", max_turns=1, clear_history=False)


@scenario("sync")
def a_model_client_of_ones_own(s: Stage) -> None:
    from types import SimpleNamespace

    class Parrot:
        def __init__(self, config: dict[str, Any], **kwargs: Any) -> None:
            self.prefix = kwargs.get("prefix", "")

        def create(self, params: dict[str, Any]) -> Any:
            s.log("asked", [m["content"] for m in params["messages"]])
            s.log("given", sorted(params))
            message = SimpleNamespace(content=f"{self.prefix}{params['messages'][-1]['content']}", function_call=None)
            return SimpleNamespace(choices=[SimpleNamespace(message=message)], model=params["model"])

        def message_retrieval(self, response: Any) -> list[str]:
            return [choice.message.content for choice in response.choices]

        def cost(self, response: Any) -> float:
            return 0.5

        @staticmethod
        def get_usage(response: Any) -> dict[str, Any]:
            return {
                "prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.5, "model": response.model
            }  # fmt: skip

    config = {"config_list": [{"model": "parrot", "model_client_cls": "Parrot", "api_key": "x"}], "cache_seed": None}
    bot = s.agent("bot", llm_config=config)
    bot.register_model_client(model_client_cls=Parrot, prefix="you said: ")
    s.chat(s.agent("user", default_auto_reply="more"), bot, message="hello", max_turns=2)
    s.note("usage", bot.get_total_usage())


@scenario("sync")
def a_name_with_a_space(s: Stage) -> None:
    s.agent("no spaces", llm_config=s.model("x"))


@scenario("sync")
def descriptions(s: Stage) -> None:
    told = s.agent("told", system_message="be good")
    s.note("default", told.description)
    told.description = "else"
    s.note("set", [told.description, told.system_message, told.name])

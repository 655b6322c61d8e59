"""Reply functions: triggers, order, configuration; one message, one reply, outside a chat."""

from __future__ import annotations

from typing import Any

from tests.classic.stage import Stage, scenario


def _saying(text: Any, final: bool = True) -> Any:
    def reply(recipient: Any, messages: Any = None, sender: Any = None, config: Any = None) -> Any:
        return final, text

    return reply


@scenario()
def triggers(s: Stage) -> None:
    """Each kind of trigger, for a sender that it fits and one that it does not."""
    ann, bob = s.agent("ann"), s.agent("bob")
    other = s.agent("other", "AssistantAgent", llm_config=False)
    kinds: dict[str, Any] = {
        "class": s.ns.AssistantAgent,
        "base class": s.ns.ConversableAgent,
        "protocol": s.ns.Agent,
        "name": "ann",
        "agent": bob,
        "function": lambda sender: sender.name.startswith("o"),
        "list": ["bob", s.ns.AssistantAgent],
        "empty list": [],
        "list with none": [None],
    }
    for kind, trigger in kinds.items():
        me = s.agent(f"me {kind}")
        me.register_reply(trigger, _saying("mine"))
        s.note(kind, [me.generate_reply([{"role": "user", "content": "x"}], sender=a) for a in (ann, bob, other)])


@scenario("sync")
def trigger_none_and_no_sender(s: Stage) -> None:
    me = s.agent("me")
    me.register_reply([None], _saying("nobody"))
    s.note("none", me.generate_reply([{"role": "user", "content": "x"}]))
    named = s.agent("named")
    named.register_reply("ann", _saying("mine"))
    named.generate_reply([{"role": "user", "content": "x"}])


@scenario("sync")
def trigger_of_a_wrong_type(s: Stage) -> None:
    s.agent("me").register_reply(7, _saying("x"))


@scenario()
def the_later_registered_is_first(s: Stage) -> None:
    me, you = s.agent("me"), s.agent("you")
    me.register_reply([s.ns.Agent, None], _saying("first"))
    me.register_reply([s.ns.Agent, None], _saying("second"))
    s.chat(you, me, message="hello", max_turns=1)


@scenario()
def positions(s: Stage) -> None:
    me, you = s.agent("me"), s.agent("you")
    order: list[str] = []

    def noting(name: str) -> Any:
        def reply(recipient: Any, messages: Any, sender: Any, config: Any) -> Any:
            order.append(name)
            return False, None

        return reply

    me.register_reply([s.ns.Agent], noting("a"), position=0)
    me.register_reply([s.ns.Agent], noting("b"), position=1)
    me.register_reply([s.ns.Agent], noting("c"), position=1)
    me.register_reply([s.ns.Agent], noting("last"), position=99)
    s.chat(you, me, message="hello", max_turns=1)
    s.note("order", order)


@scenario()
def remove_other_reply_functions(s: Stage) -> None:
    me, you = s.agent("me", llm_config=s.model("from the model")), s.agent("you")
    me.register_reply([s.ns.Agent], _saying(None, False), remove_other_reply_funcs=True)
    s.chat(you, me, message="hello", max_turns=1)


@scenario()
def true_and_none_ends_the_chat(s: Stage) -> None:
    me, you = s.agent("me"), s.agent("you")
    me.register_reply([s.ns.Agent], _saying(None))
    s.chat(you, me, message="hello")


@scenario()
def configuration_is_passed_and_reset(s: Stage) -> None:
    me, you = s.agent("me"), s.agent("you")

    def count(recipient: Any, messages: Any, sender: Any, config: Any) -> Any:
        config["n"] += 1
        return True, str(config["n"])

    def start(config: Any) -> None:
        config["n"] = 100

    me.register_reply([s.ns.Agent], count, config={"n": 0})
    for _ in range(2):
        s.chat(you, me, message="hello", max_turns=1)
    me.reset()
    s.chat(you, me, message="hello", max_turns=1)
    me.register_reply([s.ns.Agent], count, config={"n": 0}, reset_config=start)
    me.reset()
    s.chat(you, me, message="hello", max_turns=1)


@scenario()
def replace_a_reply_function(s: Stage) -> None:
    me, you = s.agent("me"), s.agent("you")
    old, new = _saying("old"), _saying("new")
    me.register_reply([s.ns.Agent], old)
    me.replace_reply_func(old, new)
    s.chat(you, me, message="hello", max_turns=1)


@scenario()
def replace_a_builtin(s: Stage) -> None:
    me, you = s.agent("me", llm_config=s.model("from the model")), s.agent("you")
    kind = s.ns.ConversableAgent
    me.replace_reply_func(kind.generate_oai_reply, _saying("replaced"))
    me.replace_reply_func(kind.a_generate_oai_reply, _saying("replaced too"))
    reply = s.do(me, "generate_reply", [{"role": "user", "content": "x"}], you)
    s.note("replaced", reply in ("replaced", "replaced too"))


@scenario("async")
def an_async_reply_function(s: Stage) -> None:
    me, you = s.agent("me"), s.agent("you")

    async def reply(recipient: Any, messages: Any, sender: Any, config: Any) -> Any:
        return True, f"async: {messages[-1]['content']}"

    me.register_reply([s.ns.Agent], reply)
    s.chat(you, me, message="hello", max_turns=1)


@scenario("sync")
def an_async_reply_function_left_out_of_sync_chats(s: Stage) -> None:
    me, you = s.agent("me", default_auto_reply="default"), s.agent("you")

    async def reply(recipient: Any, messages: Any, sender: Any, config: Any) -> Any:
        return True, "async"

    me.register_reply([s.ns.Agent], reply, ignore_async_in_sync_chat=True)
    s.chat(you, me, message="hello", max_turns=1)


@scenario()
def a_sync_function_with_an_async_twin(s: Stage) -> None:
    me, you = s.agent("me"), s.agent("you")

    def think(recipient: Any, messages: Any, sender: Any, config: Any) -> Any:
        return True, "plain"

    async def a_think(recipient: Any, messages: Any, sender: Any, config: Any) -> Any:
        return True, "async"

    me.register_reply([s.ns.Agent], think)
    me.register_reply([s.ns.Agent], a_think, ignore_async_in_sync_chat=True)
    s.chat(you, me, message="hello", max_turns=1)


@scenario()
def a_reply_that_is_a_dict(s: Stage) -> None:
    me, you = s.agent("me"), s.agent("you")
    me.register_reply([s.ns.Agent], _saying({"content": "words", "name": "alias", "role": "user", "extra": 1}))
    s.chat(you, me, message="hello", max_turns=1)


@scenario()
def a_message_that_is_none(s: Stage) -> None:
    s.chat(s.agent("you"), s.agent("me"), message={"role": "user"})


@scenario()
def generate_reply_outside_a_chat(s: Stage) -> None:
    me, you = s.agent("me", llm_config=s.model("one", "two"), system_message="be me"), s.agent("you")
    past = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}, {"role": "user", "content": "x"}]
    s.note("without sender", s.do(me, "generate_reply", past))
    s.note("with sender", s.do(me, "generate_reply", past, you))
    s.note("past", past)


@scenario()
def generate_reply_leaves_functions_out(s: Stage) -> None:
    me, you = s.agent("me", llm_config=s.model("one"), default_auto_reply="default"), s.agent("you")
    mine = _saying("mine")
    me.register_reply([s.ns.Agent], mine)
    kind = s.ns.ConversableAgent
    messages = [{"role": "user", "content": "x"}]
    s.note("mine", s.do(me, "generate_reply", messages, you))
    s.note("model", s.do(me, "generate_reply", messages, you, exclude=[mine]))
    left_out = [mine, kind.generate_oai_reply, kind.a_generate_oai_reply]
    s.note("default", s.do(me, "generate_reply", messages, you, exclude=left_out))


@scenario()
def generate_reply_without_anything(s: Stage) -> None:
    s.do(s.agent("me"), "generate_reply")


@scenario()
def send_without_a_reply(s: Stage) -> None:
    me, you = s.agent("me"), s.agent("you", default_auto_reply="not wanted")
    s.do(me, "send", "hello", you)
    s.do(me, "send", {"content": "again"}, you, request_reply=False)
    s.do(me, "send", {"content": "hushed"}, you, silent=True)


@scenario()
def send_with_a_reply(s: Stage) -> None:
    me, you = s.agent("me", default_auto_reply="thanks"), s.agent("you", llm_config=s.model("one", "two"))
    s.do(me, "send", "hello", you, request_reply=True)
    s.do(me, "send", "more", you, request_reply=True)


@scenario()
def send_what_is_no_message(s: Stage) -> None:
    s.do(s.agent("me"), "send", {"role": "user"}, s.agent("you"))


@scenario()
def receive_outside_a_chat(s: Stage) -> None:
    me, you = s.agent("me"), s.agent("you", default_auto_reply="answer")
    s.do(you, "receive", "hello", me)
    s.do(you, "receive", "and now", me, request_reply=True)


@scenario()
def stop_reply_at_receive(s: Stage) -> None:
    me, you = s.agent("me"), s.agent("you", default_auto_reply="answer", max_consecutive_auto_reply=2)
    s.chat(me, you, message="hello")
    you.stop_reply_at_receive(me)
    s.do(me, "send", "are you there", you)


@scenario()
def after_a_chat_a_message_is_answered(s: Stage) -> None:
    me = s.agent("me", default_auto_reply="m", max_consecutive_auto_reply=1)
    you = s.agent("you", default_auto_reply="y", max_consecutive_auto_reply=1)
    s.chat(me, you, message="hello")
    you.reset_consecutive_auto_reply_counter(me)
    s.do(me, "send", "still there", you)

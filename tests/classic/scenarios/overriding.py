"""Subclasses, patched instances, patched classes: what is put in a method's place is what runs."""

from __future__ import annotations

from typing import Any
from unittest import mock

from tests.classic.stage import Stage, scenario


@scenario()
def get_human_input_sync(s: Stage) -> None:
    class Asking(s.ns.ConversableAgent):  # type: ignore[name-defined]
        def get_human_input(self, prompt: str, *, iostream: Any = None) -> str:
            s.log("asked", prompt)
            return answers.pop(0)

    answers = ["words", "", "exit"]
    user = s.agent("user", Asking, human_input_mode="ALWAYS", llm_config=False, default_auto_reply="auto")
    bot = s.agent("bot", llm_config=s.model("one", "two", "three"))
    user.a_get_human_input = _awaiting(user.get_human_input) if s.is_async else user.a_get_human_input
    s.chat(user, bot, message="hello")


def _awaiting(fn: Any) -> Any:
    async def call(*args: Any, **kwargs: Any) -> Any:
        return fn(*args, **kwargs)

    return call


@scenario("async")
def get_human_input_async(s: Stage) -> None:
    class Asking(s.ns.ConversableAgent):  # type: ignore[name-defined]
        async def a_get_human_input(self, prompt: str, *, iostream: Any = None) -> str:
            s.log("asked", prompt)
            return answers.pop(0)

    answers = ["words", "", "exit"]
    user = s.agent("user", Asking, human_input_mode="ALWAYS", llm_config=False, default_auto_reply="auto")
    s.chat(user, s.agent("bot", llm_config=s.model("one", "two", "three")), message="hello")


@scenario("sync")
def get_human_input_with_super(s: Stage) -> None:
    class Shouting(s.ns.ConversableAgent):  # type: ignore[name-defined]
        def get_human_input(self, prompt: str, *, iostream: Any = None) -> str:
            return super().get_human_input(f"[{self.name}] {prompt}", iostream=iostream).upper()

    s.person("words", "exit", "")
    user = s.agent("user", Shouting, human_input_mode="ALWAYS", llm_config=False)
    bot = s.agent("bot", llm_config=s.model("one", "TERMINATE", "TERMINATE"))
    s.chat(user, bot, message="hello", max_turns=3)


@scenario()
def generate_reply_with_super(s: Stage) -> None:
    class Polite(s.ns.ConversableAgent):  # type: ignore[name-defined]
        def generate_reply(self, messages: Any = None, sender: Any = None, **kwargs: Any) -> Any:
            s.log("messages", [len(messages), sender.name])
            return f"please: {super().generate_reply(messages=messages, sender=sender, **kwargs)}"

        async def a_generate_reply(self, messages: Any = None, sender: Any = None, **kwargs: Any) -> Any:
            s.log("messages", [len(messages), sender.name])
            return f"please: {await super().a_generate_reply(messages=messages, sender=sender, **kwargs)}"

    bot = s.agent("bot", Polite, human_input_mode="NEVER", llm_config=s.model("one", "two"))
    s.chat(s.agent("user", default_auto_reply="more"), bot, message="hello", max_turns=2)


@scenario()
def generate_reply_that_ends_the_chat(s: Stage) -> None:
    class Quiet(s.ns.ConversableAgent):  # type: ignore[name-defined]
        def generate_reply(self, messages: Any = None, sender: Any = None, **kwargs: Any) -> Any:
            return None

        async def a_generate_reply(self, messages: Any = None, sender: Any = None, **kwargs: Any) -> Any:
            return None

    bot = s.agent("bot", Quiet, human_input_mode="NEVER", llm_config=False)
    s.chat(s.agent("user"), bot, message="hello")


@scenario()
def send_and_receive_with_super(s: Stage) -> None:
    class Logging(s.ns.ConversableAgent):  # type: ignore[name-defined]
        def send(self, message: Any, recipient: Any, request_reply: Any = None, silent: Any = False) -> Any:
            s.log("sent", [self.name, message, request_reply, silent])
            return super().send(f"<{message}>", recipient, request_reply, silent)

        async def a_send(self, message: Any, recipient: Any, request_reply: Any = None, silent: Any = False) -> Any:
            s.log("sent", [self.name, message, request_reply, silent])
            return await super().a_send(f"<{message}>", recipient, request_reply, silent)

        def receive(self, message: Any, sender: Any, request_reply: Any = None, silent: Any = False) -> Any:
            s.log("received", [self.name, message, request_reply, silent])
            return super().receive(message, sender, request_reply, silent)

        async def a_receive(self, message: Any, sender: Any, request_reply: Any = None, silent: Any = False) -> Any:
            s.log("received", [self.name, message, request_reply, silent])
            return await super().a_receive(message, sender, request_reply, silent)

    bot = s.agent("bot", Logging, human_input_mode="NEVER", llm_config=s.model("one", "two"))
    user = s.agent("user", Logging, human_input_mode="NEVER", llm_config=False, default_auto_reply="more")
    s.chat(user, bot, message="hello", max_turns=2)


@scenario("sync")
def a_receive_that_drops_messages(s: Stage) -> None:
    class Deaf(s.ns.ConversableAgent):  # type: ignore[name-defined]
        def receive(self, message: Any, sender: Any, request_reply: Any = None, silent: Any = False) -> Any:
            if "spam" not in str(message):
                return super().receive(message, sender, request_reply, silent)

    bot = s.agent("bot", Deaf, human_input_mode="NEVER", llm_config=False, default_auto_reply="spam or not")
    s.chat(s.agent("user"), bot, message="hello", max_turns=1)


@scenario()
def a_patched_instance(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("one"))

    def reply(messages: Any = None, sender: Any = None, **kwargs: Any) -> Any:
        return f"patched for {sender.name}"

    bot.generate_reply = reply
    bot.a_generate_reply = _awaiting(reply)
    s.chat(s.agent("user"), bot, message="hello", max_turns=1)


@scenario("sync")
def a_patched_class(s: Stage) -> None:
    user = s.agent("user", human_input_mode="ALWAYS")
    bot = s.agent("bot", llm_config=s.model("one", "two"))
    with mock.patch.object(s.ns.ConversableAgent, "get_human_input", side_effect=["words", "exit"]) as patched:
        s.chat(user, bot, message="hello")
    s.note("calls", [call.args[0] for call in patched.call_args_list])


@scenario("async")
def a_patched_class_async(s: Stage) -> None:
    user = s.agent("user", human_input_mode="ALWAYS")
    bot = s.agent("bot", llm_config=s.model("one", "two"))
    new = mock.AsyncMock(side_effect=["words", "exit"])
    with mock.patch.object(s.ns.ConversableAgent, "a_get_human_input", new):
        s.chat(user, bot, message="hello")
    s.note("calls", [call.args[0] for call in new.call_args_list])


@scenario("sync")
def generate_init_message(s: Stage) -> None:
    class Opener(s.ns.ConversableAgent):  # type: ignore[name-defined]
        def generate_init_message(self, message: Any, **kwargs: Any) -> Any:
            return f"{super().generate_init_message(message, **kwargs)} ({sorted(kwargs)})"

    user = s.agent("user", Opener, human_input_mode="NEVER", llm_config=False)
    s.chat(user, s.agent("bot", llm_config=s.model("one")), message="hello", max_turns=1, topic="cats", carryover="c")


@scenario("sync")
def check_termination_and_human_reply(s: Stage) -> None:
    s.person("words", "exit")
    user, bot = s.agent("user", human_input_mode="ALWAYS"), s.agent("bot")
    messages = [{"role": "user", "content": "hello"}]
    s.note("text", user.check_termination_and_human_reply(messages, bot))
    s.note("exit", user.check_termination_and_human_reply(messages, bot))
    s.note("never", bot.check_termination_and_human_reply(messages, user))


@scenario("sync")
def get_human_input_by_itself(s: Stage) -> None:
    s.person("words")
    return s.agent("user").get_human_input("your name? ")


@scenario("sync")
def a_reply_function_asks_by_itself(s: Stage) -> None:
    s.person("from inside")
    bot = s.agent("bot")

    def reply(recipient: Any, messages: Any, sender: Any, config: Any) -> Any:
        return True, recipient.get_human_input("tell me: ")

    bot.register_reply([s.ns.Agent], reply)
    s.chat(s.agent("user"), bot, message="hello", max_turns=1)


@scenario("sync")
def a_custom_iostream(s: Stage) -> None:
    class Recorder(s.ns.IOStream):  # type: ignore[name-defined]
        def print(self, *objects: Any, sep: str = " ", end: str = "\n", flush: bool = False) -> None:
            s.log("printed", sep.join(map(str, objects)) + end)

        def send(self, message: Any) -> None:
            s.log("sent", message.type)

        def input(self, prompt: str = "", *, password: bool = False) -> str:
            s.log("asked", prompt)
            return answers.pop(0)

    answers = ["words", "exit"]
    user = s.agent("user", human_input_mode="ALWAYS")
    bot = s.agent("bot", llm_config=s.model("one", "two"))
    with s.ns.IOStream.set_default(Recorder()):
        s.chat(user, bot, message="hello")
    known = {"text", "termination"}
    s.note("sent", [kind for kind in s.notes["sent"] if kind in known])

"""Hooks, context variables and system messages that change."""

from __future__ import annotations

from typing import Any

from tests.classic.stage import Stage, scenario


@scenario()
def last_received_message(s: Stage) -> None:
    bot, user = s.agent("bot", llm_config=s.model("one", "two")), s.agent("user", default_auto_reply="more")
    bot.register_hook("process_last_received_message", lambda content: f"{content}!")
    bot.register_hook("process_last_received_message", lambda content: content.upper())
    s.chat(user, bot, message="hello", max_turns=2)


@scenario()
def all_messages_before_reply(s: Stage) -> None:
    bot, user = s.agent("bot", llm_config=s.model("one", "two")), s.agent("user", default_auto_reply="more")
    bot.register_hook("process_all_messages_before_reply", lambda messages: messages[-1:])
    s.chat(user, bot, message="hello", max_turns=2)


@scenario()
def message_before_send(s: Stage) -> None:
    bot, user = s.agent("bot", llm_config=s.model("one", "two")), s.agent("user", default_auto_reply="more")

    def sign(sender: Any, message: Any, recipient: Any, silent: bool) -> Any:
        s.log("sent", [sender.name, recipient.name, message, silent])
        return f"{message} -- {sender.name}"

    user.register_hook("process_message_before_send", sign)
    s.chat(user, bot, message="hello", max_turns=2)


@scenario()
def agent_state_is_updated(s: Stage) -> None:
    def renew(agent: Any, messages: Any) -> None:
        agent.update_system_message(f"seen {len(messages)}")

    bot = s.agent("bot", llm_config=s.model("one", "two"), update_agent_state_before_reply=[renew])
    s.chat(s.agent("user", default_auto_reply="more"), bot, message="hello", max_turns=2)


@scenario()
def system_message_from_a_template(s: Stage) -> None:
    shared = s.ns.ContextVariables(data={"name": "Ada", "n": 1})
    update = s.ns.UpdateSystemMessage("you serve {name}, {n}")
    bot = s.agent("bot", llm_config=s.model("one", "two"), update_agent_state_before_reply=update)
    bot.context_variables = shared
    user = s.agent("user", default_auto_reply="more")
    s.chat(user, bot, message="hello", max_turns=1)
    shared["name"] = "Bob"
    s.chat(user, bot, message="hello", max_turns=1)


@scenario()
def system_message_from_a_function(s: Stage) -> None:
    def write(agent: Any, messages: list[dict[str, Any]]) -> str:
        return f"{agent.name} saw {messages[-1]['content']}"

    write.__annotations__["return"] = str
    update = s.ns.UpdateSystemMessage(write)
    bot = s.agent("bot", llm_config=s.model("one"), update_agent_state_before_reply=[update])
    s.chat(s.agent("user"), bot, message="hello", max_turns=1)


@scenario("sync")
def update_system_message_of_a_wrong_kind(s: Stage) -> None:
    s.ns.UpdateSystemMessage(lambda one: "x")


@scenario("sync")
def context_variables(s: Stage) -> None:
    shared = s.ns.ContextVariables(data={"a": 1})
    agent = s.agent("me", context_variables=shared)
    shared.set("b", 2)
    shared["c"] = 3
    s.note("same", agent.context_variables is shared)
    s.note("get", [shared.get("a"), shared.get("x", "default"), "b" in shared, len(shared), shared.contains("x")])
    s.note("removed", [shared.remove("a"), shared.remove("a")])
    shared.update({"d": 4})
    s.note("dict", shared.to_dict())
    s.note("items", sorted(shared.items()))


@scenario("sync")
def a_hook_of_an_unknown_place(s: Stage) -> None:
    s.agent("me").register_hook("process_nothing", lambda x: x)


@scenario("sync")
def human_input_safeguard(s: Stage) -> None:
    s.person("a secret word", "exit")
    user = s.agent("user", human_input_mode="ALWAYS")
    user.register_hook("safeguard_human_inputs", lambda text: text.replace("secret", "***"))
    s.chat(user, s.agent("bot", llm_config=s.model("one", "two")), message="hello")


@scenario()
def tool_safeguards(s: Stage) -> None:
    calls = [{"id": "c1", "name": "add", "arguments": {"a": 1}}]
    bot = s.agent("bot", llm_config=s.model(calls, "fine"))
    user = s.agent("user", function_map={"add": lambda a: a + 1})

    def before(call: dict[str, Any]) -> dict[str, Any]:
        s.log("call", call)
        return {**call, "arguments": '{"a": 41}'}

    def after(result: dict[str, Any]) -> dict[str, Any]:
        s.log("result", result)
        return {**result, "content": f"<{result['content']}>"}

    user.register_hook("safeguard_tool_inputs", before)
    user.register_hook("safeguard_tool_outputs", after)
    s.chat(user, bot, message="add", max_turns=2)

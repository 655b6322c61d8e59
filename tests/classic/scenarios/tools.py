"""Tools the classic way: one agent's model proposes, another agent executes."""

# No postponed annotations here: the classic loses the descriptions in them.
from typing import Annotated, Any, Literal

from tests.classic.stage import Stage, scenario


def add(a: Annotated[int, "first"], b: Annotated[int, "second"] = 2) -> int:
    """Add two numbers."""
    return a + b


def say_sum(a: int) -> str:
    return f"the sum is {a + 2}"


async def a_add(a: Annotated[int, "first"], b: Annotated[int, "second"] = 2) -> int:
    """Add two numbers."""
    return a + b


def paint(colour: Annotated[Literal["red", "blue"], "which"], deep: bool = False) -> str:
    """Paint the wall."""
    return f"painted {colour} {deep}"


def undescribed(a: int) -> int:
    return a


def fail(why: str) -> str:
    raise ValueError(f"because {why}")


def _call(name: str, arguments: Any, id: str = "c1") -> dict[str, Any]:
    return {"id": id, "name": name, "arguments": arguments}


def _use(s: Stage, *replies: Any, functions: Any = (add,), turns: int = 2, **given: Any) -> tuple[Any, Any]:
    bot = s.agent("bot", llm_config=s.model(*replies))
    user = s.agent("user", **given)
    for function in functions:
        s.ns.register_function(function, caller=bot, executor=user, description=f"it is {function.__name__}")
    s.chat(user, bot, message="do it", max_turns=turns)
    return user, bot


@scenario()
def one_call(s: Stage) -> None:
    _use(s, [_call("add", {"a": 1})], "it is 3")


@scenario()
def one_call_to_its_end(s: Stage) -> None:
    _use(s, [_call("add", {"a": 1})], "it is 3, TERMINATE", is_termination_msg=_done, turns=9)


def _done(message: dict[str, Any]) -> bool:
    return "TERMINATE" in (message.get("content") or "")


@scenario()
def several_calls(s: Stage) -> None:
    calls = [_call("add", {"a": 1}, "c1"), _call("paint", {"colour": "red"}, "c2"), _call("add", {"a": 5}, "c3")]
    _use(s, calls, "done", functions=(add, paint))


@scenario()
def calls_in_two_rounds(s: Stage) -> None:
    _use(s, [_call("add", {"a": 1})], [_call("add", {"a": 3}, "c2")], "done", turns=3)


@scenario()
def text_beside_a_call(s: Stage) -> None:
    function = {"name": "add", "arguments": '{"a": 1}'}
    message = {"content": "let me see", "tool_calls": [{"id": "c1", "type": "function", "function": function}]}
    _use(s, message, "done")


@scenario()
def coerced_arguments(s: Stage) -> None:
    _use(s, [_call("add", {"a": "5", "b": "7"})], "done")


@scenario()
def unknown_function(s: Stage) -> None:
    _use(s, [_call("subtract", {"a": 1})], "sorry")


@scenario()
def malformed_arguments(s: Stage) -> None:
    _use(s, [_call("add", '{"a": 1')], "sorry")


@scenario()
def empty_arguments(s: Stage) -> None:
    _use(s, [_call("now", "")], "done", functions=(), function_map={"now": lambda: "noon"})


@scenario()
def a_function_that_raises(s: Stage) -> None:
    _use(s, [_call("fail", {"why": "I can"})], "sorry", functions=(fail,))


@scenario()
def a_function_that_returns_nothing(s: Stage) -> None:
    _use(s, [_call("quiet", {})], "done", functions=(), function_map={"quiet": lambda: None})


@scenario()
def equal_ids(s: Stage) -> None:
    _use(s, [_call("add", {"a": 1}, "x"), _call("add", {"a": 2}, "x")], "done")


@scenario()
def empty_ids(s: Stage) -> None:
    _use(s, [_call("add", {"a": 1}, ""), _call("add", {"a": 2}, "")], "done")


@scenario("async")
def async_function_in_an_async_chat(s: Stage) -> None:
    _use(s, [_call("a_add", {"a": 1})], "done", functions=(a_add,))


@scenario("sync")
def async_function_in_a_sync_chat(s: Stage) -> None:
    _use(s, [_call("a_add", {"a": 1})], "done", functions=(a_add,))


@scenario()
def the_person_answers_instead(s: Stage) -> None:
    s.person("don't", "exit")
    calls = [_call("add", {"a": 1}, "c1"), _call("add", {"a": 2}, "c2")]
    _use(s, calls, "as you like", human_input_mode="ALWAYS", turns=None)


@scenario()
def the_person_lets_it_run(s: Stage) -> None:
    s.person("", "exit")
    _use(s, [_call("add", {"a": 1})], "as you like", human_input_mode="ALWAYS", turns=None)


@scenario()
def old_function_call(s: Stage) -> None:
    message = {"content": None, "function_call": {"name": "add", "arguments": '{"a": 1}'}}
    _use(s, message, "done", functions=(), function_map={"add": say_sum})


@scenario()
def old_function_call_interrupted(s: Stage) -> None:
    s.person("don't", "exit")
    message = {"content": None, "function_call": {"name": "add", "arguments": '{"a": 1}'}}
    _use(s, message, "done", functions=(), function_map={"add": say_sum}, human_input_mode="ALWAYS", turns=None)


@scenario()
def old_function_call_of_an_unknown_function(s: Stage) -> None:
    message = {"content": None, "function_call": {"name": "nothing", "arguments": "{}"}}
    _use(s, message, "done", functions=())


@scenario()
def decorators(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model([_call("plus", {"a": 1})], "done"))
    user = s.agent("user")

    @user.register_for_execution()
    @bot.register_for_llm(name="plus", description="adds")
    def sums(a: int, b: int = 3) -> int:
        return a + b

    s.note("functions", sorted(user.function_map))
    s.note("can", [user.can_execute_function("plus"), user.can_execute_function(["plus", "minus"])])
    s.chat(user, bot, message="do it", max_turns=2)


@scenario()
def functions_argument(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("done"), functions=[add, paint])
    s.note("tools", [t.name for t in bot.tools])
    s.chat(s.agent("user"), bot, message="do it", max_turns=1)


@scenario()
def tools_given_in_the_configuration(s: Stage) -> None:
    schema = {"type": "function", "function": {"name": "add", "description": "adds", "parameters": {"type": "object"}}}
    config = {**s.model([_call("add", {"a": 1})], "done"), "tools": [schema]}
    bot = s.agent("bot", llm_config=config)
    bot.register_for_llm(description="paints")(paint)
    user = s.agent("user", function_map={"add": add})
    s.chat(user, bot, message="do it", max_turns=2)


@scenario()
def functions_given_in_the_configuration(s: Stage) -> None:
    schema = {"name": "add", "description": "adds", "parameters": {"type": "object"}}
    message = {"content": None, "function_call": {"name": "add", "arguments": '{"a": 1}'}}
    config = {**s.model(message, "done"), "functions": [schema]}
    user = s.agent("user", function_map={"add": say_sum})
    s.chat(user, s.agent("bot", llm_config=config), message="do it", max_turns=2)


@scenario("sync")
def signatures_are_updated_and_removed(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("one", "two", "three"))
    user = s.agent("user")
    schema = {"type": "function", "function": {"name": "add", "description": "adds", "parameters": {"type": "object"}}}
    bot.update_tool_signature(schema, is_remove=False)
    s.chat(user, bot, message="do it", max_turns=1)
    bot.update_tool_signature("add", is_remove=True)
    s.chat(user, bot, message="do it", max_turns=1)
    bot.update_tool_signature("add", is_remove=True)


@scenario("sync")
def functions_in_the_older_form(s: Stage) -> None:
    call = {"content": None, "function_call": {"name": "add", "arguments": '{"a": 1}'}}
    schema = {"type": "function", "function": {"name": "paint", "description": "paints", "parameters": {}}}
    bot = s.agent("bot", llm_config=s.model(call, "done", *"123", tools=[schema]))
    user = s.agent("user")
    user.register_for_execution()(bot.register_for_llm(description="adds", api_style="function")(add))
    s.chat(user, bot, message="do it", max_turns=2)
    ask = [{"role": "user", "content": "and now?"}]
    bot.update_tool_signature("paint", is_remove=True)
    bot.generate_reply(messages=ask)
    bot.update_function_signature(
        {"name": "sing", "description": "sings", "parameters": {"type": "object", "properties": {}}}
    )
    bot.generate_reply(messages=ask)
    bot.update_function_signature("add", is_remove=True)
    bot.generate_reply(messages=ask)


@scenario("sync")
def functions_are_registered_and_removed(s: Stage) -> None:
    user = s.agent("user")
    user.register_function({"add": add, "paint": paint})
    s.note("both", sorted(user.function_map))
    user.register_function({"add": None})
    s.note("one", sorted(user.function_map))
    user.register_function({"bad name": add})


@scenario("sync")
def register_for_llm_without_a_model(s: Stage) -> None:
    s.agent("bot").register_for_llm(description="adds")(add)


@scenario("sync")
def register_for_llm_without_a_description(s: Stage) -> None:
    s.agent("bot", llm_config=s.model("x")).register_for_llm()(undescribed)


@scenario()
def a_model_that_invents_a_name(s: Stage) -> None:
    _use(s, [_call("functions.add now", {"a": 1})], "sorry")


@scenario()
def tool_calls_with_a_reply_function(s: Stage) -> None:
    messages = [{"role": "assistant", "content": None, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}]}]  # fmt: skip
    user = s.agent("user", function_map={"add": add})
    s.note("reply", s.do(user, "generate_tool_calls_reply", messages))
    s.note("pass", s.do(user, "generate_tool_calls_reply", [{"role": "user", "content": "x"}]))
    call = [{"role": "assistant", "content": None, "function_call": {"name": "add", "arguments": '{"a": 1}'}}]
    s.note("function", s.do(user, "generate_function_call_reply", call))

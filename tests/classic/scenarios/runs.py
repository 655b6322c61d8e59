"""`run` and its kin: events and what a processor reads of them."""

# No postponed annotations here: the classic loses the descriptions in them.
from typing import Annotated, Any

from tests.classic.stage import Stage, event_of, scenario


def _noted(s: Stage, response: Any, *answers: str, name: str = "events") -> Any:
    """Consume a response as a migrated script does, answering what it asks."""
    left = list(answers)
    events: list[Any] = []

    def see(event: Any) -> Any:
        if (seen := event_of(event)) is not None:
            events.append(seen)
        return event.content.respond(left.pop(0)) if event.type == "input_request" else None

    async def consume(found: Any) -> None:
        async for event in found.events:
            answered = see(event)
            if answered is not None:
                await answered
        values = [await found.summary, await found.messages, await found.last_speaker]
        s.note(f"{name} values", values)

    if s.is_async:

        async def play() -> None:
            await consume(await response)

        s.wait(play())
    else:
        for event in response.events:
            see(event)
        s.note(f"{name} values", [response.summary, response.messages, response.last_speaker])
    s.note(name, events)
    s.note(f"{name} unasked", left)
    return response


def _run(s: Stage, agent: Any, *args: Any, **given: Any) -> Any:
    return (agent.a_run if s.is_async else agent.run)(*args, **given)


@scenario()
def run_with_a_recipient(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("one", "two", "three"))
    user = s.agent("user", human_input_mode="ALWAYS", default_auto_reply="auto")
    _noted(s, _run(s, user, bot, message="hello"), "words", "", "exit")


@scenario()
def run_to_the_last_turn(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("one", "two"))
    _noted(s, _run(s, s.agent("user", default_auto_reply="more"), bot, message="hello", max_turns=2))


@scenario()
def run_with_tools(s: Stage) -> None:
    def add(a: int, b: int = 2) -> int:
        return a + b

    calls = [{"id": "c1", "name": "add", "arguments": {"a": 1}}]
    bot = s.agent("bot", llm_config=s.model(calls, "it is 3"))
    user = s.agent("user")
    s.ns.register_function(add, caller=bot, executor=user, description="adds")
    _noted(s, _run(s, user, bot, message="add", max_turns=2))


@scenario()
def run_without_recipient(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("one", "two", "three"))
    _noted(s, _run(s, bot, message="hello", max_turns=2))


@scenario()
def run_without_recipient_to_the_user(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("one", "two", "three"))
    _noted(s, _run(s, bot, message="hello", msg_to="user", max_turns=2))


@scenario()
def run_without_recipient_asks(s: Stage) -> None:
    bot = s.agent("bot", llm_config=s.model("one", "two"))
    _noted(s, _run(s, bot, message="hello", user_input=True), "more", "exit")


@scenario("sync")
def run_without_recipient_with_tools(s: Stage) -> None:
    def add(a: Annotated[int, "one"], b: Annotated[int, "two"]) -> int:
        return a + b

    calls = [{"id": "c1", "name": "add", "arguments": {"a": 1, "b": 2}}]
    bot = s.agent("bot", llm_config=s.model(calls, "it is 3"))
    _noted(s, bot.run(message="add", tools=[s.ns.tool(description="adds")(add)], max_turns=2))
    s.note("tools", [t.name for t in bot.tools])


@scenario("sync")
def run_that_fails(s: Stage) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise KeyError("on purpose")

    bot = s.agent("bot")
    bot.register_reply([s.ns.Agent], fail)
    _noted(s, s.agent("user").run(bot, message="hello"))


@scenario("sync")
def run_processed_at_the_console(s: Stage) -> None:
    s.person("words", "exit")
    bot = s.agent("bot", llm_config=s.model("one", "two"))
    response = s.agent("user", human_input_mode="ALWAYS").run(bot, message="hello")
    response.process()
    s.note("values", [response.summary, response.messages, response.last_speaker])


@scenario("sync")
def run_processed_by_ones_own_processor(s: Stage) -> None:
    class Processor:
        def process(self, response: Any) -> None:
            for event in response.events:
                self.process_event(event)

        def process_event(self, event: Any) -> None:
            if event.type == "input_request":
                event.content.respond("exit")
            if (seen := event_of(event)) is not None:
                s.log("seen", seen)

    bot = s.agent("bot", llm_config=s.model("one", "two"))
    s.agent("user", human_input_mode="ALWAYS").run(bot, message="hello").process(Processor())


@scenario("sync")
def sequential_run(s: Stage) -> None:
    user = s.agent("user")
    ann = s.agent("ann", llm_config=s.model("ann 1", name="ann"))
    bob = s.agent("bob", llm_config=s.model("bob 1", name="bob"))
    responses = user.sequential_run([
        {"recipient": ann, "message": "first", "max_turns": 1},
        {"recipient": bob, "message": "second", "max_turns": 1},
    ])  # fmt: skip
    for number, response in enumerate(responses):
        _noted(s, response, name=f"chat {number}")

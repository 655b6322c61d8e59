"""How sure a model is: measured where a policy wants to know, and low where it is not known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from typing import Any, cast

import pytest

from convagent import (
    ConfigError,
    ConversableAgent,
    RuleModel,
    ScriptedModel,
    approve,
    ask,
    at,
    below,
    deny,
    field,
    its,
    logprobs,
    register_function,
    reject,
    revise,
    tool,
    vote,
    when,
)
from convagent.events import ConfidenceEvent, Event, ModelCallStarted, StreamEvent
from convagent.messages import Message
from convagent.models.base import Logprobs, ModelReply
from convagent.oversight.confidence import NotMeasured, Source
from convagent.testing import Fake

ANSWER = {"type": "object", "properties": {"label": {"type": "string"}, "sure": {"type": "number"}}}


def pay(amount: float, **more: Any) -> list[dict[str, Any]]:
    return [{"name": "refund", "arguments": {"amount": amount, **more}}]


class Paid(list[float]):
    """A tool that keeps what it paid."""

    def tool(self, **rules: Any) -> Any:
        @tool(**rules)
        def refund(amount: float) -> str:
            """Refund an amount."""
            self.append(amount)
            return "paid"

        return refund


class Watch:
    """Keeps what was measured, and how often a model was asked."""

    def __init__(self) -> None:
        self.measured: list[ConfidenceEvent] = []
        self.calls = 0
        self.pieces = 0

    def __call__(self, event: Event) -> None:
        self.calls += isinstance(event, ModelCallStarted)
        self.pieces += isinstance(event, StreamEvent)
        if isinstance(event, ConfidenceEvent):
            self.measured.append(event)

    @property
    def values(self) -> list[Any]:
        return [event.value for event in self.measured]


def chat(bot: ConversableAgent, people: Fake, watch: Watch | None = None, **given: Any) -> Any:
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    given = {"message": "go", "max_turns": 1, "silent": True, **given}
    return user.initiate_chat(bot, people=people, observers=[watch] if watch else [], **given)


def made(model: Any, **given: Any) -> ConversableAgent:
    return ConversableAgent("bot", llm_config=model, human_input_mode="NEVER", **given)


# ---------------------------------------------------------------- a vote


@pytest.mark.parametrize(
    ("others", "value", "asked"),
    [
        ([pay(5), pay(5)], 1.0, 0),
        ([pay(5), pay(5.0)], 1.0, 0),
        ([pay(5), pay(500)], 2 / 3, 1),
        ([pay(500), "I would not"], 1 / 3, 1),
        ([[*pay(5), *pay(5)], pay(5)], 2 / 3, 1),
    ],
)
def test_vote_measures_agreement_on_tool_and_arguments(others: list[Any], value: float, asked: int) -> None:
    """Each of the n answers is a call of the model; those that would do the same count, the rest does not."""
    paid, people, watch = Paid(), Fake(expert=approve), Watch()
    bot = made(
        ScriptedModel([pay(5), *others, "done"]),
        tools=[paid.tool()],
        confidence=vote(3),
        oversight=at("tool", below(0.9, ask("expert"))),
    )
    chat(bot, people, watch)
    assert watch.values == [pytest.approx(value)]
    assert len(people.asked) == asked
    assert paid == [5]
    assert watch.calls == 4
    if asked:
        assert people.asked[0].because == "confidence below 0.9"


def test_vote_agrees_on_what_key_finds_when_the_answer_is_text() -> None:
    """With a key, free text can be voted on: what the key makes of it has to agree."""

    def label(message: Message) -> str:
        return str(message.get("content")).split()[0].lower()

    people, watch = Fake(expert=approve), Watch()
    bot = made(
        ScriptedModel(["Spam, I think.", "spam!", "SPAM certainly"]),
        confidence=vote(3, key=lambda m: label(m).strip(",!")),
        oversight=below(0.8, ask("expert")),
    )
    chat(bot, people, watch)
    assert watch.values == [1.0]
    assert people.asked == []


def test_vote_is_unknown_and_asks_nobody_else_when_the_answer_is_free_text() -> None:
    """Words that nobody can compare are not paid for twice: unknown, which is low."""
    people, watch = Fake(expert=approve), Watch()
    bot = made(ScriptedModel(["Hello."]), confidence=vote(3), oversight=below(0.1, ask("expert")))
    chat(bot, people, watch)
    assert watch.values == ["unknown"]
    assert "free text" in watch.measured[0].reason
    assert watch.calls == 1
    assert [r.because for r in people.asked] == ["confidence below 0.1"]


@pytest.mark.parametrize("key", [lambda m: None, lambda m: 1 / 0], ids=["finds nothing", "raises"])
def test_vote_is_unknown_when_its_key_does_not_work(key: Callable[[Message], Any]) -> None:
    """That nothing agrees with nothing, or an error, is no certainty."""
    people, watch = Fake(expert=approve), Watch()
    bot = made(ScriptedModel(["a", "b"]), confidence=vote(2, key=key), oversight=below(0.1, ask("expert")))
    chat(bot, people, watch)
    assert watch.values == ["unknown"]
    assert len(people.asked) == 1


def test_vote_is_unknown_when_another_answer_fails() -> None:
    """A sample that the model does not give is no agreement and no end of the chat."""
    people, watch, paid = Fake(expert=approve), Watch(), Paid()
    bot = made(
        ScriptedModel([pay(5), pay(5), ConnectionError("gone"), "done"]),
        tools=[paid.tool()],
        confidence=vote(3),
        oversight=at("tool", below(0.1, ask("expert"))),
    )
    chat(bot, people, watch)
    assert watch.values == ["unknown"]
    assert watch.measured[0].reason == "ConnectionError: gone"
    assert len(people.asked) == 1
    assert paid == [5]


def test_vote_streams_no_sample_when_the_agent_streams() -> None:
    """Of three answers only the one that counts is streamed; here, as it may be held back, to nobody."""
    people, watch = Fake(expert=approve), Watch()

    class Drafts(Watch):
        drafts = True

    seen = Drafts()
    bot = made(
        {"config_list": [ScriptedModel(["one two", "one two"])], "stream": True},
        confidence=vote(2, key=lambda m: m.get("content")),
        oversight=below(0.8, ask("expert")),
    )
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    user.initiate_chat(bot, message="go", max_turns=1, silent=True, people=people, observers=[watch, seen])
    assert watch.values == [1.0]
    assert (watch.pieces, seen.pieces) == (0, 2)


def test_vote_samples_are_not_the_cached_answer(tmp_path: Any) -> None:
    """A cache that gave the same answer three times would make every model certain."""
    from convagent import Cache
    from convagent.testing import OpenAIServer

    with OpenAIServer([pay(5), pay(500), pay(5), "done"]) as server, Cache.disk(1, tmp_path) as cache:
        paid, watch = Paid(), Watch()
        for _ in range(2):  # the second time everything comes from the cache, and is the same
            bot = made(
                server.llm_config(),
                tools=[paid.tool()],
                confidence=vote(3),
                oversight=at("tool", below(0.8, ask("expert"))),
            )
            chat(bot, Fake(expert=approve), watch, cache=cache)
        assert watch.values == [pytest.approx(2 / 3)] * 2
        assert len(server.requests) == 4


def test_vote_asks_without_the_seed_and_with_its_own_temperature() -> None:
    """A seed would repeat the answer; a temperature for the further answers is sent with them alone."""
    from convagent.testing import OpenAIServer

    with OpenAIServer([pay(5)], repeat_last=True) as server:
        bot = made(
            server.llm_config(seed=7, temperature=0),
            tools=[Paid().tool()],
            confidence=vote(2, temperature=0.7),
            oversight=at("tool", below(0.8, deny("not sure"))),
            max_consecutive_auto_reply=1,
        )
        chat(bot, Fake(expert=approve))
        first, second, *_ = server.bodies
        assert (first["seed"], first["temperature"]) == (7, 0)
        assert "seed" not in second
        assert second["temperature"] == 0.7
        assert first["messages"] == second["messages"]


# ---------------------------------------------------------------- log-probabilities


def test_logprobs_are_the_geometric_mean_of_the_answer() -> None:
    """exp of the mean log-probability of all tokens."""
    reply = ModelReply({"role": "assistant", "content": "spam"}, logprobs=(("sp", -0.1), ("am", -0.5)))
    assert logprobs().measure([reply]) == pytest.approx(math.exp(-0.3))


TOKENS: Logprobs = (
    ('{"', -9.0), ("why", -9.0), ('": "a \\"label\\": no', -9.0), ('", "', -9.0), ("label", -9.0), ('": "', -0.0),
    ("\udce2\udc82", -0.2), ("\udcac", -0.4), (' spam", ', -0.6), ('"in": {"n": ', -9.0), ("12", -0.7), ("}}", -0.9),
)  # fmt: skip
STRUCTURED = '{"why": "a \\"label\\": no", "label": "€ spam", "in": {"n": 12}}'


@pytest.mark.parametrize(("name", "mean"), [("label", -0.4), ("in.n", -0.7), ("in", -3.5333333)])
def test_logprobs_of_a_field_are_those_of_its_value_alone(name: str, mean: float) -> None:
    """Only the tokens that spell the value count, also where a token is half a character."""
    reply = ModelReply({"role": "assistant", "content": STRUCTURED}, logprobs=TOKENS)
    assert logprobs(name).measure([reply]) == pytest.approx(math.exp(mean))


@pytest.mark.parametrize(
    "reply",
    [
        ModelReply({"role": "assistant", "content": STRUCTURED}),
        ModelReply({"role": "assistant", "content": STRUCTURED}, logprobs=()),
        ModelReply({"role": "assistant", "content": "no structure"}, logprobs=(("no structure", -0.1),)),
        ModelReply({"role": "assistant", "content": '{"label": '}, logprobs=(('{"label": ', -0.1),)),
        ModelReply({"role": "assistant", "content": '{"other": 1}'}, logprobs=(('{"other": 1}', -0.1),)),
        ModelReply({"role": "assistant", "content": STRUCTURED}, logprobs=(("another text", -0.1),)),
    ],
)
def test_logprobs_of_a_field_are_unknown_when_nothing_spells_it(reply: ModelReply) -> None:
    """Not given, cut short, another field, or tokens of another text: nothing is guessed."""
    with pytest.raises(NotMeasured):
        logprobs("label").measure([reply])


def test_logprobs_of_the_words_say_nothing_of_the_call() -> None:
    """Some services give log-probabilities of the text beside a call, and none of the call."""
    calls: Any = [{"id": "1", "function": {"name": "refund", "arguments": "{}"}}]
    reply = ModelReply(
        {"role": "assistant", "content": "I pay.", "tool_calls": calls}, logprobs=(("I", -0.0), (" pay.", -0.0))
    )
    with pytest.raises(NotMeasured, match="not of its call"):
        logprobs().measure([reply])


def test_a_low_one_asks_and_a_high_one_does_not() -> None:
    """The threshold is met by what the model's own tokens say."""
    people, watch = Fake(expert=approve), Watch()
    script = [{"content": "ham", "logprobs": -0.05}, {"content": "spam", "logprobs": [("sp", -0.1), ("am", -0.9)]}]
    bot = made(ScriptedModel(script), confidence=logprobs(), oversight=below(0.8, ask("expert")))
    chat(bot, people, watch, max_turns=2)
    assert watch.values == [pytest.approx(math.exp(-0.05)), pytest.approx(math.exp(-0.5))]
    assert [r.because for r in people.asked] == ["confidence below 0.8"]
    assert [r.preview for r in people.asked] == ["spam"]


def test_always_covers_whatever_is_below_the_threshold_when_it_was_given_for_that_clause() -> None:
    """The clause is the rule that fired, not the number that was measured; it is shown beside it."""
    people, paid, sure = Fake(expert=[approve.always_for("clause"), reject("no")]), Paid(), iter([0.6, 0.7, 0.1, 1.0])
    refund = paid.tool(approval=below(0.8, ask("expert")))
    bot = made(ScriptedModel([pay(5), pay(6), pay(7), "done"]), tools=[refund], confidence=lambda reply: next(sure))
    chat(bot, people)
    (asked,) = people.asked
    assert asked.offers[-1].text == "refund wherever confidence below 0.8"
    assert asked.action is not None
    assert asked.action.confidence == 0.6
    assert paid == [5, 6, 7]


def test_a_revised_reply_is_measured_anew() -> None:
    """What was measured of the draft that was sent back does not count for the next one."""
    people, watch = Fake(expert=[revise("shorter"), approve]), Watch()
    script = [{"content": "long", "logprobs": -0.5}, {"content": "short"}, "other"]
    bot = made(ScriptedModel(script), confidence=logprobs(), oversight=below(0.8, ask("expert")))
    result = chat(bot, people, watch)
    assert [r.because for r in people.asked] == ["confidence below 0.8"] * 2
    assert [r.action.confidence for r in people.asked if r.action] == [pytest.approx(math.exp(-0.5)), "unknown"]
    assert result.chat_history[-1]["content"] == "short"


# ---------------------------------------------------------------- a field, a function


@pytest.mark.parametrize(
    ("text", "value", "asked"),
    [
        ('{"label": "ham", "sure": 0.95}', 0.95, 0),
        ('{"label": "ham", "sure": 0.5}', 0.5, 1),
        ('{"label": "ham", "sure": 95}', "unknown", 1),
        ('{"label": "ham", "sure": true}', "unknown", 1),
        ('{"label": "ham"}', "unknown", 1),
    ],
)
def test_field_takes_what_the_model_says_of_itself(text: str, value: Any, asked: int) -> None:
    """A number from 0 to 1 counts; anything else is unknown."""
    people, watch = Fake(expert=approve), Watch()
    loose = {**ANSWER, "properties": {"label": {}, "sure": {}}}
    bot = made(
        {"config_list": [ScriptedModel([text])], "response_format": loose},
        confidence=field("sure"),
        oversight=below(0.8, ask("expert")),
    )
    chat(bot, people, watch)
    assert watch.values == [value]
    assert len(people.asked) == asked


def test_field_of_calls_is_the_lowest() -> None:
    """A model may say in each call how sure it is; the least sure one counts."""

    @tool
    def refund(amount: float, sure: float) -> str:
        """Refund an amount, and say how sure you are."""
        return "paid"

    people, watch = Fake(expert=approve), Watch()
    script = [[*pay(5, sure=0.9), *pay(6, sure=0.3)], "done"]
    bot = made(
        ScriptedModel(script), tools=[refund], confidence=field("sure"), oversight=at("tool", below(0.8, ask("expert")))
    )
    chat(bot, people, watch)
    assert watch.values == [0.3]
    assert len(people.asked) == 2


async def _later(reply: ModelReply) -> float:
    return 0.9


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (lambda reply: 0.9, 0.9),
        (_later, 0.9),
        (lambda reply: 1 if reply.message["content"] == "hello" else 0, 1.0),
        (lambda reply: "high", "unknown"),
        (lambda reply: None, "unknown"),
        (lambda reply: float("nan"), "unknown"),
        (lambda reply: 1 / 0, "unknown"),
    ],
)
def test_a_function_measures_the_reply(source: Any, value: Any) -> None:
    """Plain or async; what it raises or returns besides a number from 0 to 1 is unknown."""
    people, watch = Fake(expert=approve), Watch()
    bot = made(ScriptedModel(["hello"]), confidence=source, oversight=below(0.8, ask("expert")))
    chat(bot, people, watch)
    assert watch.values == [value]
    assert len(people.asked) == (value == "unknown")


# ---------------------------------------------------------------- when it is measured, and whose it is


@pytest.mark.parametrize(
    "oversight", [(), ask("expert"), at("reply", ask("expert")), when(its.risk == "x", deny("no"))]
)
def test_nothing_is_measured_when_no_policy_wants_to_know(oversight: Any) -> None:
    """A vote costs calls: they are made only where a threshold stands."""
    watch = Watch()
    bot = made(ScriptedModel([pay(5), "done"]), tools=[Paid().tool()], confidence=vote(3), oversight=oversight)
    chat(bot, Fake(expert=approve), watch)
    assert watch.values == []
    assert watch.calls == 2


@pytest.mark.parametrize(
    "policy",
    [
        below(0.8, deny("not sure")), when(its.confidence < 0.8, deny("not sure")),
        lambda action: deny(str(action.confidence)),
    ],
    ids=["below", "its.confidence", "function"],
)  # fmt: skip
@pytest.mark.parametrize("where", ["tool", "agent", "chat"])
def test_it_is_measured_wherever_the_threshold_stands(policy: Any, where: str) -> None:
    """On the tool, the agent or the chat; as `below`, as a condition, or in a function that may look at it."""
    paid, watch = Paid(), Watch()
    rules = {"approval": policy} if where == "tool" else {}
    script = ScriptedModel([pay(5), pay(6), "done", "x", "y"])
    bot = made(
        script, tools=[paid.tool(**rules)], confidence=vote(2), **({"oversight": policy} if where == "agent" else {})
    )
    chat(bot, Fake(expert=approve), watch, **({"oversight": policy} if where == "chat" else {}))
    assert watch.values[0] == 0.5
    assert paid == []


def test_the_proposers_confidence_counts_when_another_agent_executes() -> None:
    """In the classic way of tools, too, it is the model that proposed the call which is more or less sure."""
    paid, people, watch = Paid(), Fake(expert=approve), Watch()
    bot = made(ScriptedModel([pay(5), pay(50), "TERMINATE"]), confidence=vote(2))
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    register_function(
        paid.tool(approval=below(0.8, ask("expert"))), caller=bot, executor=user, description="Refund an amount."
    )
    user.initiate_chat(bot, message="go", max_turns=2, silent=True, people=people, observers=[watch])
    assert watch.values == [0.5]
    assert [r.because for r in people.asked] == ["confidence below 0.8"]
    assert paid == [5]


def test_an_earlier_value_does_not_count_when_the_reply_is_not_the_models() -> None:
    """A reply function's answer has no confidence: that of the model's last reply is not taken for it."""
    from convagent.events import RulingEvent

    rulings: list[Any] = []
    bot = made(ScriptedModel([{"content": "mine", "logprobs": -0.5}]), confidence=logprobs())
    bot.register_reply(ConversableAgent, lambda agent, messages, sender, config: (len(messages) > 1, "not the model's"))
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    user.initiate_chat(
        bot, message="go", max_turns=2, silent=True, people=Fake(expert=approve),
        oversight=below(0.8, ask("expert")),
        observers=[lambda e: rulings.append(e.action) if isinstance(e, RulingEvent) and e.agent == "bot" else None],
    )  # fmt: skip
    assert [(a.arguments["content"], a.confidence) for a in rulings] == [
        ("mine", pytest.approx(math.exp(-0.5))),
        ("not the model's", None),
    ]


def test_what_a_person_gave_in_place_of_a_failed_reply_is_not_measured() -> None:
    """It is not made by a model, so that no threshold asks about it."""
    from convagent import failing, respond
    from convagent.errors import ModelError

    people, watch = Fake(expert=respond("from me"), other=approve), Watch()
    bot = made(
        ScriptedModel([ModelError("down")]),
        confidence=vote(2, key=lambda m: m.get("content")),
        oversight=[failing(1, ask("expert")), below(0.9, ask("other"))],
    )
    result = chat(bot, people, watch)
    assert result.chat_history[-1]["content"] == "from me"
    assert [r.to for r in people.asked] == [("expert",)]
    assert watch.values == []


# ---------------------------------------------------------------- refused when it is made


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"oversight": below(0.8, ask())}, "needs a source of confidence"),
        ({"oversight": at("reply", ask() & below(0.8, ask()))}, "needs a source of confidence"),
        ({"tools": [Paid().tool(approval=below(0.8, ask()))]}, "tool 'refund' of agent 'bot'"),
        ({"confidence": logprobs()}, "gives no log-probabilities"),
        ({"confidence": logprobs, "oversight": below(0.8, ask())}, r"call it, such as logprobs\(\)"),
        ({"confidence": 0.8}, "expected logprobs"),
        ({"confidence": vote(3), "oversight": at("reply", below(0.8, ask()))}, "cannot measure free text"),
        ({"confidence": field("sure"), "oversight": at("reply", below(0.8, ask()))}, "cannot measure free text"),
        ({"confidence": vote(3), "llm_config": False}, "the agent has none"),
    ],
)
def test_an_agent_is_refused_when_its_confidence_cannot_work(given: dict[str, Any], told: str) -> None:
    """A threshold without a source, a source that gives nothing: the text names both."""
    with pytest.raises(ConfigError, match=told):
        ConversableAgent("bot", **{"llm_config": ScriptedModel(["hello"]), **given})


def test_a_rule_model_gives_no_logprobs_behind_a_list_of_entries() -> None:
    """What is known of every entry of a configuration is known of the agent."""
    with pytest.raises(ConfigError, match="gives no log-probabilities"):
        made([RuleModel(lambda messages: "x"), ScriptedModel(["y"])], confidence=logprobs())
    assert made([RuleModel(lambda messages: "x"), ScriptedModel([lambda r: "y"])], confidence=logprobs())


def test_tools_are_refused_later_when_their_threshold_has_no_source() -> None:
    """Whichever way the tool gets to the agent whose model calls it."""
    bot = made(ScriptedModel(["x"]))
    risky = Paid().tool(approval=below(0.8, ask()))
    with pytest.raises(ConfigError, match="needs a source of confidence"):
        bot.add_tool(risky)
    with pytest.raises(ConfigError, match="needs a source of confidence"):
        bot.register_for_llm(description="Refund.")(risky)
    assert bot.tools == []


def test_a_vote_is_refused_when_the_model_repeats_itself() -> None:
    """At temperature 0 every answer agrees, which says nothing."""
    config = {"model": "m", "api_key": "k", "temperature": 0}
    with pytest.raises(ConfigError, match=r"vote\(3, temperature=0\.7\)"):
        made(config, confidence=vote(3))
    assert made(config, confidence=vote(3, temperature=0.7))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: vote(1), lambda: vote(True), lambda: vote(3, key="label"),  # pyright: ignore[reportArgumentType]
        lambda: vote(3, temperature=0), lambda: logprobs(""), lambda: logprobs("a..b"), lambda: field(""),
        lambda: below(1.2, ask()),
    ],
)  # fmt: skip
def test_a_source_is_refused_when_its_arguments_cannot_work(wrong: Callable[[], Any]) -> None:
    """At the line where it is written."""
    with pytest.raises(ConfigError):
        wrong()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (logprobs(), "logprobs()"), (logprobs("label"), "logprobs('label')"), (vote(3), "vote(3)"),
        (vote(5, temperature=0.5), "vote(5, temperature=0.5)"), (field("sure"), "field('sure')"),
    ],
)  # fmt: skip
def test_a_source_prints_itself_and_does_not_change(source: Source, text: str) -> None:
    """It is a value: equal to another of its kind, printed as it is written."""
    assert str(source) == text
    with pytest.raises(FrozenInstanceError):
        setattr(source, fields(cast(Any, source))[0].name, None)

"""A model that turns to a person by itself: with a question, or with a case that it hands over."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel

from convagent import (
    ConfigError,
    ConversableAgent,
    ScriptedModel,
    approve,
    arg,
    ask,
    ask_human,
    deny,
    escalate,
    register_function,
    reject,
    stop,
    tool,
    when,
)
from convagent.errors import NobodyReachable
from convagent.events import EscalatedEvent, InputReplyEvent, RulingEvent
from convagent.testing import Fake, People, after, silent


def asking(name: str = "ask_human", **arguments: Any) -> list[dict[str, Any]]:
    return [{"name": name, "arguments": arguments}]


QUESTION = asking(question="Which account?", context="There are two.")
CASE = asking("escalate", reason="Not mine to decide", context="A refund of 900", suggested_action="pay half")


def made(*script: Any, **given: Any) -> ConversableAgent:
    return ConversableAgent("bot", llm_config=ScriptedModel(list(script)), human_input_mode="NEVER", **given)


def user() -> ConversableAgent:
    return ConversableAgent("user", llm_config=False, human_input_mode="NEVER")


def told(bot: ConversableAgent, people: Any, **given: Any) -> str:
    """Return what the model was told in the place of its first call."""
    me = user()
    me.initiate_chat(bot, **{"message": "go", "max_turns": 1, "silent": True, "people": people, **given})
    return str(bot.chat_messages[me][2]["tool_responses"][0]["content"])


def test_a_question_goes_to_the_person_and_the_answer_is_the_result() -> None:
    """Any text is an answer; the request is typed, names the asker, and says what is known."""
    people = Fake(support="the EU account")
    assert told(made(QUESTION, "done", tools=[ask_human(to="support")]), people) == "the EU account"
    (request,) = people.asked
    assert (request.agent, request.to, request.decisions) == ("bot", ("support",), ())
    assert request.action is not None
    assert request.action.arguments == {"question": "Which account?", "context": "There are two."}
    assert request.prompt == (
        "bot asks.\n  question: Which account?\n  context: There are two.\nFor support.\nYour answer: "
    )


def test_a_question_says_how_long_it_stands_and_what_follows() -> None:
    """Who reads it knows the time, and what the model is told without them."""
    people = Fake(clerk="yes")
    told(made(QUESTION, "done", tools=[ask_human(to=["clerk", "boss"], within="10m")]), people)
    assert people.asked[0].prompt.endswith(
        "\nFor clerk or boss.\nTime to answer: 10m; then it is told that nobody answered.\nYour answer: "
    )


LADDER = ask("clerk", within="10m") >> ask("manager", within="1h") >> deny("nobody is there")


@pytest.mark.parametrize(
    ("people", "result", "asked", "why"),
    [
        ({"clerk": "a"}, "a", [("clerk", 0)], []),
        ({"clerk": silent, "manager": "b"}, "b", [("clerk", 0), ("manager", 1)], ["time is up"]),
        ({"manager": "b"}, "b", [("manager", 1)], ["unreachable"]),
        ({"clerk": silent, "manager": silent}, "nobody is there", [("clerk", 0), ("manager", 1)], ["time is up"] * 2),
        ({"other": "x"}, "nobody is there", [], ["unreachable"] * 2),
    ],
    ids=["first", "second", "first unreachable", "nobody in time", "nobody"],
)
def test_a_question_goes_to_one_after_another_when_a_policy_says_so(
    people: dict[str, Any], result: str, asked: list[tuple[str, int]], why: list[str]
) -> None:
    """The same request, a level higher; what the policy denies with is told to the model."""
    fake, gone = Fake(**people), list[EscalatedEvent]()
    bot = made(QUESTION, "done", tools=[ask_human(to=LADDER)])
    found = told(bot, fake, observers=[lambda e: gone.append(e) if isinstance(e, EscalatedEvent) else None])
    assert found == result
    assert [(r.to[0], r.level) for r in fake.asked] == asked
    assert len({r.id for r in fake.asked}) <= 1
    assert [e.why for e in gone] == why


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": ask("a") & ask("b")},
        {"to": ask("a", need=2)},
        {"to": when(arg.amount > 5, ask("a"))},
        {"to": deny("no")},
        {"to": LADDER, "otherwise": "x"},
        {"to": ask("a"), "within": "1h"},
        {"to": ask("a"), "form": ["x"]},
    ],
    ids=["both", "two people", "where", "nobody", "two ends", "within", "form"],
)
def test_a_policy_that_asks_otherwise_is_refused(wrong: dict[str, Any]) -> None:
    """A question for a text has one answer: of one after another."""
    with pytest.raises(ConfigError, match=r"^to="):
        escalate(**wrong)


def test_an_escalation_carries_reason_context_and_suggestion() -> None:
    """The structured object reaches the person as it is, for a screen and for a program."""
    people = Fake(manager="pay nothing")
    assert told(made(CASE, "done", tools=[escalate(to="manager")]), people) == "pay nothing"
    (request,) = people.asked
    assert request.action is not None
    assert dict(request.action.arguments) == CASE[0]["arguments"]
    assert request.preview.splitlines() == [
        "reason: Not mine to decide", "context: A refund of 900", "suggested action: pay half",
    ]  # fmt: skip


@pytest.mark.parametrize("oversight", [ask("clerk"), deny("nothing is allowed"), lambda action: deny("no")])
def test_asking_needs_nobodys_approval(oversight: Any) -> None:
    """A rule about every tool call is not about asking a person; other tools stay held."""
    rulings, ran = list[RulingEvent](), list[str]()

    @tool
    def other() -> str:
        """Do another thing."""
        ran.append("other")
        return "done"

    people = Fake(support="yes", clerk=reject("no"))
    bot = made(
        QUESTION, [{"name": "other", "arguments": {}}], "done", tools=[ask_human(to="support"), other],
        oversight=oversight,
    )  # fmt: skip
    found = told(
        bot, people, oversight=ask("clerk"),
        observers=[lambda e: rulings.append(e) if isinstance(e, RulingEvent) else None],
    )  # fmt: skip
    assert found == "yes"
    assert [e.action.name for e in rulings] == ["other"]
    assert ran == []


def test_who_may_not_answer_is_refused() -> None:
    """The answer counts only from those who are asked; the question stands."""
    people = Fake(support=after("1h", "mine"), clerk="not mine")
    bot = made(QUESTION, "done", tools=[ask_human(to="support")])
    assert told(bot, people) == "mine"
    assert [r.status for r in people.receipts] == ["accepted"]


def test_the_answer_is_recorded() -> None:
    """Who said it, through which channel."""
    replies: list[InputReplyEvent] = []
    told(
        made(QUESTION, "done", tools=[ask_human(to="support")]), Fake(support="yes"),
        observers=[lambda e: replies.append(e) if isinstance(e, InputReplyEvent) else None],
    )  # fmt: skip
    assert [(e.reply.by, e.reply.text, e.reply.channel, e.agent) for e in replies] == [
        ("support", "yes", "fake", "bot")
    ]


def test_enter_is_no_answer() -> None:
    """A blank line is told to the model as what it is."""
    assert told(made(QUESTION, "done", tools=[ask_human(to="support")]), Fake(support="")) == "support gave no answer."


@pytest.mark.parametrize(
    ("otherwise", "result"), [(None, "support did not answer within 1h."), ("nobody is there", "nobody is there")]
)
def test_time_is_up(otherwise: str | None, result: str) -> None:
    """The model goes on with what is stated for it; that nobody answered is an event."""
    gone: list[EscalatedEvent] = []
    bot = made(QUESTION, "done", tools=[ask_human(to="support", within="1h", otherwise=otherwise)])
    found = told(
        bot, Fake(support=silent), observers=[lambda e: gone.append(e) if isinstance(e, EscalatedEvent) else None]
    )
    assert found == result
    assert [e.why for e in gone] == ["time is up"]


def test_nobody_can_be_reached() -> None:
    """Without a word for that case the run ends and says whom it needs; with one, the model is told."""
    with pytest.raises(NobodyReachable, match="support, whom no channel"):
        told(made(QUESTION, "done", tools=[ask_human(to="support")]), Fake(clerk="x"))
    bot = made(QUESTION, "done", tools=[ask_human(to="support", otherwise="nobody is there")])
    assert told(bot, Fake(clerk="x")) == "nobody is there"


class Claim(BaseModel):
    """What support fills in."""

    kind: Literal["water", "fire"]
    amount: float


@pytest.mark.parametrize(
    ("form", "answers", "result", "refused"),
    [
        (["high", "low"], ["medium", "approve", "HIGH"], "high", 2),
        (Claim, ["approve kind=wind amount=5", "approve kind=fire amount=5"], '{"kind":"fire","amount":5.0}', 1),
        (Claim, [approve.filled({"kind": "water"}), approve.filled(Claim(kind="water", amount=1))], None, 1),
        (["high", "low"], [reject("not my field")], "support declined to answer: not my field", 0),
    ],
)
def test_a_form_is_filled_in_strictly(form: Any, answers: list[Any], result: str | None, refused: int) -> None:
    """What does not fit is refused, with what was expected; what fits is the result."""
    statuses: list[str] = []

    def support(event: Any) -> None:
        if getattr(event, "type", "") == "input_request":
            for answer in answers:
                statuses.append(event.respond(answer, by="support").status)

    bot = made(QUESTION, "done", tools=[ask_human(to="support", form=form)])
    found = told(bot, {"support": []}, channels=[support])
    assert statuses == ["invalid"] * refused + ["accepted"]
    if result is not None:
        assert found == result


def test_a_person_may_stop_the_run_instead() -> None:
    """Where a form is asked for, `stop` ends the run, and the model is not asked again."""
    bot = made(QUESTION, "never said", tools=[ask_human(to="support", form=["high", "low"])])
    me = user()
    result = me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=Fake(support=stop("enough")))
    assert result.reason == "enough"
    assert [m["content"] for m in result.chat_history] == ["go"]


def test_a_question_comes_out_of_a_nested_chat() -> None:
    """The person is reached through the channels of the outermost chat."""
    inner = ConversableAgent(
        "inner", llm_config=ScriptedModel([QUESTION, "the answer is in"]), human_input_mode="NEVER",
        tools=[ask_human(to="support")],
    )  # fmt: skip
    bot = ConversableAgent("bot", llm_config=False, human_input_mode="NEVER")
    bot.register_nested_chats([{"recipient": inner, "message": "go", "max_turns": 1}], trigger=lambda sender: True)
    people, me = Fake(support="the EU account"), user()
    result = me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=people, oversight=ask("clerk"))
    assert [(r.agent, r.to) for r in people.asked] == [("inner", ("support",))]
    assert inner.chat_messages[bot][2]["content"] == "the EU account"
    assert result.chat_history[-1]["content"] == "the answer is in"


def test_it_works_in_the_classic_way_of_tools() -> None:
    """Registered with another agent as executor."""
    bot, me = made(QUESTION, "TERMINATE"), user()
    register_function(ask_human(to="support"), caller=bot, executor=me, description="Ask a person.")
    result = me.initiate_chat(bot, message="go", max_turns=2, silent=True, people=Fake(support="yes"))
    assert result.chat_history[2]["tool_responses"][0]["content"] == "yes"


def test_several_questions_of_one_reply_stand_at_once() -> None:
    """Answers find their questions by id, in whatever order they come."""
    both = [*asking(question="one"), *asking(question="two")]
    people = Fake(support=lambda request: after("2h" if "one" in request.prompt else "1h", request.prompt.split()[3]))
    bot, me = made(both, "done", tools=[ask_human(to="support")]), user()
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=people)
    assert [r["content"] for r in bot.chat_messages[me][2]["tool_responses"]] == ["one", "two"]
    assert len({r.id for r in people.asked}) == 2


def test_scripted_people_answer_it_like_any_prompt() -> None:
    """A question for anybody is one of the questions of whoever is there."""
    people = People("the first one")
    bot = made(QUESTION, "done", tools=[ask_human()])
    assert told(bot, None, channels=[people]) == "the first one"


@pytest.mark.parametrize("make", [ask_human, escalate])
@pytest.mark.parametrize("wrong", [{"to": ""}, {"within": "soon"}, {"otherwise": " "}, {"form": 3}, {"name": "a b"}])
def test_it_is_refused_when_an_argument_cannot_work(make: Any, wrong: dict[str, Any]) -> None:
    """At the line where it is written."""
    with pytest.raises(ConfigError):
        make(**wrong)


def test_what_a_model_sees_of_it() -> None:
    """The fields of the structured object are the tool's parameters, each with its description."""
    function = escalate().schema["function"]
    assert function["name"] == "escalate"
    assert list(function["parameters"]["properties"]) == ["reason", "context", "suggested_action"]
    assert function["parameters"]["required"] == ["reason", "context", "suggested_action"]
    assert ask_human().schema["function"]["parameters"]["required"] == ["question"]

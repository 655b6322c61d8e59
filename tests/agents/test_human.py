"""A person as an agent: in every seat, over any channel, and what their words by themselves do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from convagent import (
    Concurrent,
    ConfigError,
    ConversableAgent,
    GroupChat,
    GroupChatManager,
    Handoff,
    Human,
    NobodyReachable,
    ScriptedModel,
    Selector,
    Sequential,
    ask,
    review,
    revise,
    tool,
)
from convagent.channels import CallableChannel, ScriptedChannel
from convagent.events import AnswerRefusedEvent, EscalatedEvent, InputReplyEvent, PassedEvent, TextEvent
from convagent.human import Seat
from convagent.testing import Fake, People, after, capture_events, silent


def member(name: str, *script: Any) -> ConversableAgent:
    if script:
        return ConversableAgent(name, llm_config=ScriptedModel(list(script)), human_input_mode="NEVER")
    return ConversableAgent(name, llm_config=False, human_input_mode="NEVER", default_auto_reply=f"I am {name}.")


def group(*agents: ConversableAgent, rounds: int = 5) -> GroupChatManager:
    return GroupChatManager(GroupChat(list(agents), max_round=rounds, speaker_selection_method="round_robin"))


def talk(manager: GroupChatManager, *answers: Any, by: str = "ada", **given: Any) -> tuple[list[str], str, People]:
    """Let somebody outside begin; return who said what, why it ended, and what was asked."""
    with People(*answers, by=by) as people:
        result = member("x").initiate_chat(manager, message="Begin.", silent=True, channels=[people], **given)
    return spoken(manager), result.reason, people


def spoken(manager: GroupChatManager) -> list[str]:
    return [f"{m.get('name')}: {m.get('content')}" for m in manager.groupchat.messages]


FORM = {"type": "object", "properties": {"stars": {"type": "integer"}}, "required": ["stars"]}

# ---------------------------------------------------------------- a speaker


def test_what_they_type_is_what_it_says() -> None:
    """One question a turn, with what was said last; the answer is a message under the agent's name."""
    said, _, people = talk(group(member("bob"), Human("ada", ["editor"]), rounds=4), "I object.")
    assert said == ["x: Begin.", "bob: I am bob.", "ada: I object.", "bob: I am bob."]
    (asked,) = people.asked
    assert asked.prompt == "ada, it is your turn (Enter to pass, exit to end): "
    assert (asked.moment, asked.agent, asked.about, asked.preview) == ("speak", "ada", "bob", "I am bob.")
    assert (asked.to, asked.choices) == (("ada", "editor"), ("pass", "exit"))


@pytest.mark.parametrize("word", ["", "  ", "pass", " Pass "])
def test_next_one_speaks_when_they_pass(word: str) -> None:
    """Nobody's history has an empty message; the transcript says that they passed."""
    manager = group(member("bob"), Human("ada"), member("cy"), rounds=4)
    seen = capture_events(PassedEvent)
    said, _, _ = talk(manager, word, observers=[seen])
    assert said == ["x: Begin.", "bob: I am bob.", "cy: I am cy."]
    assert [event.agent for event in seen.of(PassedEvent)] == ["ada"]


@pytest.mark.parametrize("word", ["exit", "stop", " EXIT "])
def test_conversation_ends_when_they_say_so(word: str) -> None:
    """A word by itself; nothing of it stands in the history."""
    said, reason, _ = talk(group(member("bob"), Human("ada")), word)
    assert said == ["x: Begin.", "bob: I am bob."]
    assert reason == "User requested to end the conversation"


@pytest.mark.parametrize("text", ["exit, please", "I pass", "Stop it!", "not approved"])
def test_words_among_others_are_a_message(text: str) -> None:
    """Nobody looks for words in what a person says."""
    said, _, _ = talk(group(member("bob"), Human("ada"), rounds=3), text)
    assert said[-1] == f"ada: {text}"


@pytest.mark.parametrize("word", ["", "pass"])
def test_they_are_told_and_asked_again_when_they_may_not_pass(word: str) -> None:
    """The same question stands; what is no message changes nothing."""
    seen = capture_events(AnswerRefusedEvent)
    manager = group(member("bob"), Human("ada", may_pass=False), rounds=3)
    said, _, people = talk(manager, word, "Fine.", observers=[seen])
    assert said[-1] == "ada: Fine."
    assert [request.choices for request in people.asked] == [("exit",)]
    assert [event.problem for event in seen.of(AnswerRefusedEvent)] == [
        "expected a message, or exit: nothing was said, and it cannot be passed here"
    ]


def test_conversation_ends_when_the_input_does() -> None:
    """Ctrl-D at the terminal is nobody's word."""
    said, reason, _ = talk(group(member("bob"), Human("ada")), EOFError)
    assert (said[-1], reason) == ("bob: I am bob.", "End of input")


def test_prompt_is_the_one_that_was_given() -> None:
    """What Enter does is added to it, because nobody could know."""
    _, _, people = talk(group(member("bob"), Human("ada", prompt="Your argument"), rounds=3), "None.")
    assert people.asked[0].prompt == "Your argument (Enter to pass, exit to end): "


def test_form_is_what_it_says_where_there_is_one() -> None:
    """One of the choices as it stands there, a form as JSON; to reject a form is to pass."""
    chooser = Human("ada", prompt="Your vote", form=["Yes", "No"])
    said, _, people = talk(group(member("bob"), chooser, rounds=5), "not yet", "no", "")
    assert said == ["x: Begin.", "bob: I am bob.", "ada: No", "bob: I am bob."]
    assert people.asked[0].prompt == "Your vote (Yes, No; Enter to pass, exit to end): "
    said, _, _ = talk(group(member("bob"), Human("ada", form=FORM), rounds=5), "approve", "reject no opinion", "stop")
    assert said == ["x: Begin.", "bob: I am bob.", "bob: I am bob."]
    said, _, _ = talk(group(member("bob"), Human("ada", form=FORM), rounds=3), "approve stars=4")
    assert said[-1] == 'ada: {"stars": 4}'


def test_safeguard_sees_what_they_type() -> None:
    """As of every person: before anybody else does."""
    ada = Human("ada")

    def hide(text: str) -> str:
        return text.replace("4711", "***")

    ada.register_hook("safeguard_human_inputs", hide)
    said, _, _ = talk(group(member("bob"), ada, rounds=3), "My number is 4711.")
    assert said[-1] == "ada: My number is ***."


def test_override_of_get_human_input_is_asked() -> None:
    """As of any agent; its words by themselves mean the same."""

    class Typing(Human):
        def get_human_input(self, prompt: str) -> str:
            return next(typed)

    typed = iter(["Yes.", "", "exit"])
    said, reason, _ = talk(group(member("bob"), Typing("ada"), rounds=9))
    assert said == ["x: Begin.", "bob: I am bob.", "ada: Yes.", "bob: I am bob.", "bob: I am bob."]
    assert reason == "User requested to end the conversation"


# ---------------------------------------------------------------- in time


def held(manager: GroupChatManager, people: Fake, **given: Any) -> tuple[list[str], str]:
    result = member("x").initiate_chat(manager, message="Begin.", silent=True, people=people, **given)
    return spoken(manager), result.reason


def test_it_passes_when_their_time_is_up() -> None:
    """What follows is said in the question, and told when it does."""
    seen = capture_events(EscalatedEvent, PassedEvent)
    people = Fake(ada=[silent, after("9m", "In time.")])
    said, _ = held(group(member("bob"), Human("ada", within="10m"), rounds=5), people, observers=[seen])
    assert said == ["x: Begin.", "bob: I am bob.", "bob: I am bob.", "ada: In time."]
    assert people.asked[0].prompt.endswith("(Enter to pass, exit to end; after 10m ada passes): ")
    assert [event.to for event in seen.of(EscalatedEvent)] == ["ada passes"]
    assert [event.reason for event in seen.of(PassedEvent)] == ["no answer within 10m"]


def test_it_says_what_was_to_be_said_when_their_time_is_up() -> None:
    """Also where nobody can be reached at all."""
    ada = Human("ada", within="10m", otherwise="No objection.")
    assert held(group(member("bob"), ada, rounds=3), Fake(ada=silent))[0][-1] == "ada: No objection."
    assert held(group(member("bob"), ada, rounds=3), Fake(eve="I am not ada."))[0][-1] == "ada: No objection."


def test_run_ends_when_nobody_reaches_them() -> None:
    """Not reaching a person is neither a word of theirs nor a pass."""
    with pytest.raises(NobodyReachable, match=r"'ada' has the word.*reaches ada or editor.*otherwise="):
        held(group(member("bob"), Human("ada", ["editor"])), Fake(eve="Hello."))


# ---------------------------------------------------------------- who answers


def test_person_of_the_role_answers_where_people_are_known() -> None:
    """Another one is told that it is not for them; who did is recorded."""
    seen = capture_events(InputReplyEvent, AnswerRefusedEvent)
    eve, bea = (
        ScriptedChannel("I am ada.", lambda request: None, person="eve", name="eve"),
        ScriptedChannel("I am bea.", person="bea", name="bea"),
    )
    member("x").initiate_chat(
        group(member("bob"), Human("ada", ["editor"]), rounds=3),
        message="Begin.", silent=True, channels=[eve, bea], observers=[seen],
        people={"eve": ["clerk"], "bea": ["editor"]},
    )  # fmt: skip
    assert [(event.reply.by, event.reply.text) for event in seen.of(InputReplyEvent)] == [("bea", "I am bea.")]
    assert eve.asked == []


def test_answer_of_somebody_else_does_not_count() -> None:
    """Whoever says that they are somebody else is refused, and the question stands."""
    asked: list[Any] = []

    def desk(event: Any) -> None:
        if event.type == "input_request":
            asked.extend(event.respond(f"As {name}.", by=name) for name in ("eve", "ada"))

    manager = group(member("bob"), Human("ada"), rounds=3)
    response = member("x").run(manager, message="Begin.", silent=True, people={"ada": [], "eve": []})
    for event in response.events:
        desk(event)
    assert [receipt.status for receipt in asked] == ["invalid", "accepted"]
    assert "this is for ada" in asked[0].problem
    assert spoken(manager)[-1] == "ada: As ada."


def test_function_answers_as_a_channel() -> None:
    """Whatever reaches a person reaches this one: here a function that is called with the question."""
    manager = group(member("bob"), Human("ada"), rounds=3)
    channel = CallableChannel(lambda request: f"To {request.preview!r} I say no.", person="ada")
    member("x").initiate_chat(manager, message="Begin.", silent=True, channels=[channel])
    assert spoken(manager)[-1] == "ada: To 'I am bob.' I say no."
    assert channel.seats == (Seat("ada", ("*",)),)


# ---------------------------------------------------------------- other seats


def test_they_are_asked_for_the_opening_when_they_begin() -> None:
    """A message is needed, and nothing is sent when they do not want to begin."""
    ada, bob = Human("ada"), member("bob")
    with People("", "Hello.", "exit", by="ada") as people:
        result = ada.initiate_chat(bob, silent=True, channels=[people])
    assert people.asked[0].prompt == "ada, your message to bob (exit to end): "
    assert [m.get("content") for m in result.chat_history] == ["Hello.", "I am bob."]
    with People("exit", by="ada") as people:
        result = ada.initiate_chat(group(bob), silent=True, channels=[people])
    assert (result.chat_history, result.reason) == ([], "User requested to end the conversation")


def test_they_answer_in_a_chat_of_two() -> None:
    """There is nobody to pass to, so a message is needed; at a termination message Enter ends it."""
    asker = member("asker", "What colour?", "TERMINATE")
    with People("", "Hello.", "Blue.", "", by="ada") as people:
        result = asker.initiate_chat(Human("ada"), message="I have a question.", silent=True, channels=[people])
    assert [m.get("content") for m in result.chat_history] == [
        "I have a question.", "Hello.", "What colour?", "Blue.", "TERMINATE",
    ]  # fmt: skip
    assert people.asked[0].prompt == "ada, it is your turn (exit to end): "
    assert people.asked[-1].prompt == "ada, it is your turn (Enter or exit to end): "
    assert result.reason == "Termination message condition on agent 'ada' met"


def test_it_executes_the_calls_that_it_was_registered_for() -> None:
    """The person is asked for words, not for what a function does."""
    done: list[str] = []

    @tool
    def note(text: str) -> str:
        """Note it down."""
        done.append(text)
        return "noted"

    bot = member("bot", [{"name": "note", "arguments": {"text": "a"}}], "Noted.")
    ada = Human("ada")
    bot.register_for_llm()(note)
    ada.register_for_execution()(note)
    with People("Note a.", "exit", by="ada") as people:
        ada.initiate_chat(bot, silent=True, channels=[people])
    assert (done, len(people.asked)) == (["a"], 2)


def test_they_make_what_another_one_checks() -> None:
    """A draft that a person typed goes through the same review."""
    ada = ScriptedChannel("Buy pens.", "Pens.", person="ada", roles=(), name="ada")
    ed = ScriptedChannel(revise("shorter"), "approve", person="ed", roles=["editor"], name="ed")
    done = review(Human("ada"), "editor").run("A slogan", silent=True, channels=[ada, ed])
    assert (done.approved, done.content, done.by, done.rounds) == (True, "Pens.", "ed", 2)
    assert ada.asked[1].preview == "Revise it: shorter"


def test_nobody_approves_what_they_typed_themselves() -> None:
    """Whichever name the agent has: who typed the draft does not judge it, though they have the role."""
    both = ScriptedChannel("Buy pens.", "approve", EOFError, person="ann", roles=["writer", "editor"])
    seen = capture_events(AnswerRefusedEvent)
    with pytest.raises(NobodyReachable, match="needs editor"):
        review(Human("writer"), "editor").run("A slogan", silent=True, channels=[both], observers=[seen])
    somebody = ScriptedChannel("approve", person="bea", roles=["editor"], name="bea")
    typing = ScriptedChannel("Buy pens.", lambda request: "approve", lambda request: None, person="ann", name="ann")
    done = review(Human("writer"), "editor").run("A slogan", silent=True, channels=[typing, somebody], observers=[seen])
    assert (done.approved, done.by) == (True, "bea")
    assert "ann asked for this, and nobody approves their own action" in seen.of(AnswerRefusedEvent)[-1].problem


def test_they_check_what_another_one_makes() -> None:
    """The same as a policy that asks them: a decision, by a word of the list."""
    writer = member("writer", "Long.", "Short.")
    with People("nice", revise("shorter"), "approve", by="ed") as people:
        done = review(writer, Human("ed", ["editor"])).run("A text", silent=True, channels=[people])
    assert (done.approved, done.content, done.by, done.rounds) == (True, "Short.", "ed", 2)
    assert {request.to for request in people.asked} == {("ed", "editor")}


def test_they_work_in_a_pipeline_and_pass_what_they_have_nothing_to_add_to() -> None:
    """Nobody else has to approve a person's own words between the stages."""
    last = member("last", "Done.")
    pipeline = Sequential([member("first", "Draft."), Human("ada"), last], review_between=ask("chief"))
    with People("approve", "", by="chief") as people:
        member("x").initiate_chat(pipeline, message="Go", silent=True, channels=[people])
    assert spoken(pipeline) == ["x: Go", "first: Draft.", "last: Done."]
    assert [request.moment for request in people.asked] == ["decision", "speak"]


def test_they_choose_who_speaks() -> None:
    """The question goes to them, and whoever else is there is not asked."""
    team = Selector([member("bob"), member("cy")], by=Human("ada", ["chair"]), turns=3)
    eve = ScriptedChannel(person="eve", roles=["clerk"], name="eve")
    ann = ScriptedChannel("2", "bob", "2", person="ann", roles=["chair"], name="ann")
    member("x").initiate_chat(team, message="Begin.", silent=True, channels=[eve, ann])
    assert spoken(team) == ["x: Begin.", "cy: I am cy.", "bob: I am bob.", "cy: I am cy."]
    assert {request.to for request in ann.asked} == {("ada", "chair")}
    with pytest.raises(NobodyReachable, match="ada or chair chooses who speaks"):
        member("x").initiate_chat(team, message="Begin.", silent=True, channels=[eve])


def test_they_write_what_is_made_of_the_work_of_several() -> None:
    """They are shown the task and what was found, and nobody else has to approve their words."""
    team = Concurrent([member("bob"), member("cy")], merge=Human("ada"))
    with People("Both are there.", by="ada") as people:
        result = member("x").initiate_chat(team, message="Who is there?", silent=True, channels=[people])
    assert result.summary == "Both are there."
    assert "Who is there?" in people.asked[0].preview
    assert "cy:\nI am cy." in people.asked[0].preview


def test_they_take_over_what_is_handed_to_them() -> None:
    """Their reply is what the initiator gets, as that of any member."""
    bot = member("bot", [{"name": "transfer_to_ada", "arguments": {"reason": "angry"}}])
    with People("I am sorry. You get it back.", by="ada") as people:
        result = member("x").initiate_chat(Handoff([bot, Human("ada")]), message="My money!", channels=[people])
    assert result.summary == "I am sorry. You get it back."


# ---------------------------------------------------------------- from outside


def heard(agent: ConversableAgent) -> list[tuple[Any, Any]]:
    """Return what an agent's model was told last, under which names."""
    model: Any = agent.client
    return [(m.get("name"), m.get("content")) for m in model.requests[-1].messages[1:]]


class Saying:
    """A team of models; while the second one speaks, somebody outside says something."""

    def __init__(self) -> None:
        self.response: Any = None

    def agents(self) -> list[ConversableAgent]:
        def second(request: Any) -> str:
            self.response.say("And the cost?", by="eve")
            return "b1"

        return [member("a", "a1", "a2"), member("b", second, "b2"), member("c", "c1", "c2")]

    def run(self, manager: GroupChatManager) -> list[Any]:
        """Hold it, and return its messages as events."""

        async def hold() -> None:
            self.response = await member("x").a_run(manager, message="Go", observers=[seen])
            async for _ in self.response.events:
                pass

        seen = capture_events(TextEvent)
        asyncio.run(hold())
        return seen.of(TextEvent)


def test_every_member_of_a_group_hears_what_is_said_from_outside() -> None:
    """The next speaker first, then the others, each under the person's name; it uses up nobody's turn."""
    saying = Saying()
    agents = saying.agents()
    manager = group(*agents, rounds=6)
    saying.run(manager)
    words = [("x", "Go"), ("a", "a1"), ("b", "b1"), ("eve", "And the cost?"), ("c", "c1"), ("a", "a2"), ("b", "b2")]
    assert spoken(manager) == [f"{name}: {text}" for name, text in words]
    a, b, c = agents
    assert heard(a) == words[:5]
    assert heard(b) == words[:6]
    assert heard(c) == words[:4]


def test_those_around_a_team_hear_what_was_said_inside_it() -> None:
    """Its members at once, whoever comes after it when it is done."""
    saying = Saying()
    *_, c = agents = saying.agents()
    after_it = member("d", "d1")
    pipeline = Sequential([Sequential(agents, name="inner"), after_it])
    shown = saying.run(pipeline)
    assert ("eve", "And the cost?") in heard(c)
    assert heard(after_it) == [("x", "Go"), ("eve", "And the cost?"), ("inner", "c1")]
    assert [event.sender for event in shown if not event.silent].count("eve") == 1  # it is told, and not shown twice


def test_what_somebody_else_says_is_not_taken_for_their_answer() -> None:
    """What waits from outside is said under the name of who said it, also where this person is interrupted."""
    manager = group(member("bob"), Human("ada"), rounds=3)

    async def hold() -> None:
        response = await member("x").a_run(manager, message="Begin.", silent=True)
        async for event in response.events:
            if event.type != "input_request":
                continue
            if event.content.request.moment == "interrupt":
                event.content.respond("My own words.", by="ada")
            else:
                response.say("I am eve.", by="eve")
                response.interrupt()

    asyncio.run(hold())
    assert spoken(manager) == ["x: Begin.", "bob: I am bob.", "eve: I am eve.", "ada: My own words."]


# ---------------------------------------------------------------- what cannot work


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"llm_config": {"model": "m"}}, "a person has none; leave it out"),
        ({"human_input_mode": "ALWAYS"}, "a person has none; leave it out"),
        ({"within": "soon"}, "is not a length of time"),
        ({"otherwise": 5}, "expected what 'ada' says then"),
        ({"form": "yes or no"}, "expected a pydantic model, a JSON Schema"),
        ({"form": ["yes", "pass"]}, "none of them pass, exit or stop"),
        ({"form": ["yes", "Yes"]}, "expected different words"),
        ({"roles": ["*"]}, "nobody is called so"),
        ({"may_past": True}, "did you mean 'may_pass'"),
    ],
)
def test_constructor_says_what_it_expected(given: dict[str, Any], problem: str) -> None:
    """As early as possible, with the way out."""
    with pytest.raises(ConfigError, match=problem.replace("*", r"\*")):
        Human("ada", **given)

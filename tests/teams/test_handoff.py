"""Handoffs: who has the word keeps it until it hands over, where rules and the people they ask let it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from convagent import (
    ConfigError,
    ConversableAgent,
    Handoff,
    Human,
    ScriptedModel,
    Sequential,
    approve,
    ask,
    at,
    deny,
    edit,
    reject,
    revise,
    stop,
    tool,
)
from convagent.errors import UsageError
from convagent.events import ExecutedFunctionEvent, HandoffEvent, TextEvent
from convagent.testing import Fake, People, capture_events


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def to(name: str, reason: str = "it is theirs") -> dict[str, Any]:
    return call(f"transfer_to_{name}", reason=reason)


def agent(name: str, *script: Any, **given: Any) -> ConversableAgent:
    """Return an agent with a script, whose requests are in `sent`."""
    model = ScriptedModel(list(script) or [f"I am {name}."])
    found = ConversableAgent(
        name, **{"llm_config": model, "description": f"Does {name}.", "human_input_mode": "NEVER", **given}
    )
    SENT[found] = model
    return found


SENT: dict[Any, ScriptedModel] = {}


def user(*script: str) -> ConversableAgent:
    return agent("user", *script)


def asked(desk: Handoff, message: str = "I was charged twice", **given: Any) -> Any:
    return user("Order 7.", "Thanks.").initiate_chat(desk, message=message, silent=True, **given)


def said(desk: Handoff) -> list[str]:
    """Return what the team said, with the names."""
    return [f"{m.get('name')}: {m.get('content')}" for m in desk.groupchat.messages]


def told(of: ConversableAgent, request: int = -1) -> list[tuple[str, Any]]:
    """Return roles and texts of a request of its model, without the system message."""
    return [(m.get("role", ""), m.get("content")) for m in SENT[of].requests[request].messages[1:]]


def offered(of: ConversableAgent, request: int = 0) -> dict[str, str]:
    """Return names and descriptions of the tools that a model was offered."""
    functions = [schema["function"] for schema in SENT[of].requests[request].tools]
    return {function["name"]: function["description"] for function in functions}


# ---------------------------------------------------------------- who has the word


def test_specialist_replies_once_it_was_handed_over_to() -> None:
    """The initiator gets its reply, and the run says why it is over."""
    desk = Handoff([agent("triage", [to("billing")]), agent("billing", "Refunded."), agent("tech")])
    events = capture_events(HandoffEvent)
    result = asked(desk, observers=[events])
    assert said(desk) == ["user: I was charged twice", "billing: Refunded."]
    assert (result.summary, result.reason, result.last_speaker) == ("Refunded.", "A reply was given", "billing")
    found = events.of(HandoffEvent)
    assert [(e.source, e.target, e.reason, e.by) for e in found] == [("triage", "billing", "it is theirs", "")]


def test_initiator_goes_on_with_the_same_specialist() -> None:
    """Whoever has the word keeps it over round trips, and may hand over later."""
    billing = agent("billing", "Which order?", [to("tech")])
    desk = Handoff([agent("triage", [to("billing")]), billing, agent("tech", "Restarted.", "Gladly.")])
    result = asked(desk, max_turns=3)
    assert said(desk) == [
        "user: I was charged twice", "billing: Which order?", "user: Order 7.", "tech: Restarted.", "user: Thanks.",
        "tech: Gladly.",
    ]  # fmt: skip
    assert result.reason == "A reply was given"


def test_person_as_initiator_goes_on_until_they_end_it() -> None:
    """A `Human` needs no `max_turns`: it says itself when it has enough."""
    desk = Handoff([agent("triage", [to("billing")]), agent("billing", "Which order?", "Refunded.")])
    with People("Order 7.", "exit", by="ada") as people:
        result = Human("ada").initiate_chat(desk, message="I was charged twice", silent=True, channels=[people])
    assert said(desk) == [
        "ada: I was charged twice", "billing: Which order?", "ada: Order 7.", "billing: Refunded.",
    ]  # fmt: skip
    assert result.reason == "User requested to end the conversation"


def test_next_one_reads_the_conversation_and_the_reason_but_no_calls_of_others() -> None:
    """The one who handed over sees its own calls, and what came of them, when it is its turn again."""
    triage = agent("triage", [to("billing", "charged twice")], "Anything else?")
    billing = agent("billing", [to("triage", "it is paid")])
    asked(Handoff([triage, billing]))
    assert told(billing) == [("user", "I was charged twice"), ("user", "Handed over to you: charged twice")]
    assert told(triage) == [
        ("user", "I was charged twice"), ("assistant", None), ("tool", "Handed over to billing."),
        ("user", "Handed over to you: it is paid"),
    ]  # fmt: skip


def test_start_says_who_has_the_word_first() -> None:
    """By name, or the agent itself."""
    tech = agent("tech")
    for start in ("tech", tech):
        desk = Handoff([agent("triage"), tech], start=start)
        asked(desk)
        assert said(desk)[1] == "tech: I am tech."


def test_conversation_ends_when_it_is_handed_to_and_fro() -> None:
    """One handoff more than allowed ends it, also where the initiator might have spoken again."""
    desk = Handoff([agent("a", *[[to("b")]] * 9), agent("b", *[[to("a")]] * 9)], max_handoffs=3)
    events = capture_events(HandoffEvent)
    assert asked(desk, observers=[events], max_turns=5).reason == "Maximum handoffs (3) reached"
    assert len(events.of(HandoffEvent)) == 4


def test_handoffs_are_counted_anew_when_the_initiator_speaks() -> None:
    """The limit is about one question, not about a long conversation."""
    a, b = agent("a", [to("b")], "A.", [to("b")], "A."), agent("b", [to("a")], [to("a")])
    desk = Handoff([a, b], max_handoffs=2)
    assert asked(desk, max_turns=2).reason == "A reply was given"
    assert said(desk)[1::2] == ["a: A.", "a: A."]


# ---------------------------------------------------------------- who may hand over to whom


def test_model_is_offered_everybody_with_what_they_are_good_for() -> None:
    """By default everybody may hand over to everybody else."""
    triage = agent("triage")
    asked(Handoff([triage, agent("billing"), agent("tech")]))
    assert offered(triage) == {
        "transfer_to_billing": "Hand the conversation over to billing: Does billing.",
        "transfer_to_tech": "Hand the conversation over to tech: Does tech.",
    }


ROUTES: list[tuple[Mapping[str, Any], bool, dict[str, list[str]]]] = [
    ({"triage": ["billing", "tech"]}, True, {"triage": ["billing", "tech"], "billing": ["triage"], "tech": ["triage"]}),
    ({"triage": ["billing", "tech"]}, False, {"triage": ["billing", "tech"], "billing": [], "tech": []}),
    ({"triage": "billing"}, False, {"triage": ["billing"], "billing": [], "tech": []}),
]


@pytest.mark.parametrize(("given", "back", "expected"), ROUTES, ids=["and back", "one way", "one name"])
def test_to_says_who_may_hand_over_to_whom(
    given: Mapping[str, Any], back: bool, expected: Mapping[str, Sequence[str]]
) -> None:
    """Those to whom somebody may hand over may hand back, unless `back=False`."""
    desk = Handoff([agent("triage"), agent("billing"), agent("tech")], to=given, back=back)
    assert {name: [a.name for a in targets] for name, targets in desk.to.items()} == expected


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (
            {"to": {"triage": ["biling"]}},
            r"to\['triage'\]='biling' is not one of triage, billing; did you mean billing",
        ),
        ({"to": {"triag": ["billing"]}}, "to='triag' is not one of triage, billing; did you mean triage"),
        ({"to": ["billing"]}, "expected whom each one may hand over to"),
        ({"start": "nobody"}, "start='nobody' is not one of triage, billing"),
        ({"max_handoffs": 0}, "max_handoffs=0 is not a whole number, 1 or more"),
        ({"back": "yes"}, "back='yes' is neither True nor False"),
    ],
)
def test_argument_that_cannot_work_is_refused(given: dict[str, Any], error: str) -> None:
    """Early, naming what was expected."""
    with pytest.raises(ConfigError, match=error):
        Handoff([agent("triage"), agent("billing")], **given)


def test_names_that_would_share_a_tool_are_refused() -> None:
    """Two agents, one tool: nobody could say whom a model meant."""
    with pytest.raises(ConfigError, match=r"'a\.b' and 'a b' would both be handed over to by one tool"):
        Handoff([agent("x"), agent("a.b"), ConversableAgent("a b", llm_config=False)])


# ---------------------------------------------------------------- tools that return an agent


def test_tool_that_returns_an_agent_hands_over() -> None:
    """Any tool of a member; its other calls of the same reply are done."""
    billing, done = agent("billing", "Refunded."), list[str]()

    def look_up(order: str) -> str:
        """Look an order up."""
        done.append(order)
        return "found"

    def to_the_books() -> ConversableAgent:
        """Give it to the books."""
        return billing

    triage = agent(
        "triage", [call("to_the_books"), call("look_up", order="7")], tools=[tool(look_up), tool(to_the_books)]
    )
    desk = Handoff([triage, billing])
    asked(desk)
    assert (said(desk)[-1], done) == ("billing: Refunded.", ["7"])


def test_model_is_told_when_a_tool_returns_an_agent_from_elsewhere() -> None:
    """It goes on, and knows to whom it may hand over."""
    stranger = agent("stranger")

    def give_away() -> ConversableAgent:
        """Give it away."""
        return stranger

    triage = agent("triage", [call("give_away")], "Then I do it.", tools=[tool(give_away)])
    desk = Handoff([triage, agent("billing")])
    asked(desk)
    assert told(triage)[-1] == (
        "tool", "Error: stranger is not in this team; hand over to one of billing, or go on yourself"
    )  # fmt: skip
    assert said(desk)[-1] == "triage: Then I do it."


def test_model_is_told_when_it_may_not_hand_over_to_that_one() -> None:
    """A tool of the user's own is held to the same rules as the offered ones."""
    tech = agent("tech")

    def give_away() -> ConversableAgent:
        """Give it away."""
        return tech

    triage = agent("triage", [call("give_away")], "Then I do it.", tools=[tool(give_away)])
    asked(Handoff([triage, agent("billing"), tech], to={"triage": "billing"}))
    assert told(triage)[-1] == (
        "tool", "Error: triage may not hand over to tech; hand over to one of billing, or go on yourself"
    )  # fmt: skip


def test_first_handoff_of_a_reply_counts() -> None:
    """The others are told so, and no text of theirs says that they happened."""
    triage = agent("triage", [to("billing"), to("tech")], "Welcome back.")
    desk = Handoff([triage, agent("billing", [to("triage")]), agent("tech")])
    asked(desk)
    assert said(desk)[-1] == "triage: Welcome back."
    assert [text for role, text in told(triage) if role == "tool"] == [
        "Handed over to billing.", "Not handed over to tech: of one reply only the first handoff counts.",
    ]  # fmt: skip


def test_tool_that_returns_an_agent_is_an_error_where_nobody_hands_over() -> None:
    """The text says which team does."""
    other = agent("other")

    def give_away() -> ConversableAgent:
        """Give it away."""
        return other

    alone = agent("alone", [call("give_away")], tools=[tool(give_away)])
    with pytest.raises(UsageError, match=r"returned the agent 'other', and this conversation hands over to nobody"):
        user().initiate_chat(alone, message="go", max_turns=1, silent=True)


def test_own_tool_of_that_name_is_kept() -> None:
    """A member that brings its own way to hand over is offered that, once."""
    billing = agent("billing", "Refunded.")

    def transfer_to_billing(order: str) -> ConversableAgent:
        """Send an order to the books."""
        return billing

    triage = agent("triage", [call("transfer_to_billing", order="7")], tools=[tool(transfer_to_billing)])
    desk = Handoff([triage, billing])
    asked(desk)
    assert offered(triage) == {"transfer_to_billing": "Send an order to the books."}
    assert said(desk)[-1] == "billing: Refunded."


# ---------------------------------------------------------------- rules and people


def desk_of(*script: Any, **given: Any) -> tuple[Handoff, ConversableAgent]:
    triage = agent("triage", *script, **given.pop("triage", {}))
    return Handoff([triage, agent("billing", "Refunded."), agent("tech", "Restarted.")], **given), triage


SEATS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("team", {"oversight": at("handoff", ask("boss"))}, {}),
    ("chat", {}, {"oversight": at("handoff", ask("boss"))}),
    ("member", {"triage": {"oversight": at("handoff", ask("boss"))}}, {}),
]


@pytest.mark.parametrize(("seat", "of_team", "of_chat"), SEATS, ids=[seat for seat, _, _ in SEATS])
def test_handoff_waits_for_its_approval(seat: str, of_team: dict[str, Any], of_chat: dict[str, Any]) -> None:
    """A rule of the team, of the chat or of the member asks, once; who approved it is told."""
    desk, _ = desk_of([to("billing", "charged twice")], **of_team)
    people, events = Fake(boss=approve), capture_events(HandoffEvent)
    asked(desk, people=people, observers=[events], **of_chat)
    request = people.asked[0]
    assert (len(people.asked), request.prompt, request.preview) == (
        1, "May triage hand over to billing?", "triage -> billing: charged twice",
    )  # fmt: skip
    assert request.action is not None
    assert (request.action.kind, request.action.agent, request.action.name) == ("handoff", "triage", "billing")
    assert dict(request.action.arguments) == {"to": "billing", "reason": "charged twice"}
    assert [(e.target, e.by) for e in events.of(HandoffEvent)] == [("billing", "boss")]
    assert said(desk)[-1] == "billing: Refunded."


def test_person_re_routes_a_handoff_by_changing_it() -> None:
    """The changed one happens, the first one is told where it went, and the new one why."""
    desk, triage = desk_of([to("billing", "charged twice")], "Anything else?", oversight=at("handoff", ask("boss")))
    people, events = Fake(boss=edit(to="tech", reason="the shop is down")), capture_events(HandoffEvent)
    asked(desk, people=people, observers=[events], max_turns=1)
    assert said(desk)[-1] == "tech: Restarted."
    found = [(e.source, e.target, e.reason, e.by) for e in events.of(HandoffEvent)]
    assert found == [("triage", "tech", "the shop is down", "boss")]
    schema = people.asked[0].schema
    assert schema is not None
    assert schema["properties"]["to"] == {"type": "string", "enum": ["billing", "tech"]}
    assert triage.chat_messages[desk][-2]["content"] == "Handed over to tech instead of billing, as boss decided."


def test_re_route_to_nobody_of_the_team_is_refused_with_the_nearest_name() -> None:
    """Whoever answers learns it at once, and the question stands."""
    desk, _ = desk_of([to("billing")], "Then I do it.", oversight=at("handoff", ask("boss", within="1h")))
    people = Fake(boss=edit(to="teck"))
    asked(desk, people=people)
    problem = "edit: to: 'teck' is not one of ['billing', 'tech']; did you mean 'tech'?"
    assert [(r.status, r.problem) for r in people.receipts] == [("invalid", problem)]


def test_rejected_one_goes_on_itself_and_knows_why() -> None:
    """It may try another one: that is another handoff, and another question."""
    desk, triage = desk_of(
        [to("billing")], [to("tech")], oversight=at("handoff", ask("boss")),
    )  # fmt: skip
    people = Fake(boss=[reject("they are closed"), approve])
    asked(desk, people=people)
    assert said(desk)[-1] == "tech: Restarted."
    assert told(triage, 1)[-1] == (
        "tool", "Not handed over to billing, as boss decided: they are closed. Go on yourself."
    )  # fmt: skip


def test_revised_one_does_first_what_is_asked_for() -> None:
    """It keeps the word."""
    desk, triage = desk_of([to("billing")], "Which order?", oversight=at("handoff", ask("boss")))
    asked(desk, people=Fake(boss=revise("ask for the order")))
    assert said(desk)[-1] == "triage: Which order?"
    assert told(triage, 1)[-1] == (
        "tool", "Not handed over to billing yet. boss asks for this first: ask for the order"
    )  # fmt: skip


def test_stop_at_a_handoff_ends_the_conversation() -> None:
    """With the reason of whoever stopped it."""
    desk, _ = desk_of([to("billing")], oversight=at("handoff", ask("boss")))
    assert asked(desk, people=Fake(boss=stop("closing time"))).reason == "closing time"
    assert said(desk) == ["user: I was charged twice"]


def test_rule_denies_a_handoff_without_a_person() -> None:
    """The model reads the rule's reason."""
    desk, triage = desk_of([to("billing")], "Then I do it.", oversight=at("handoff", deny("not on Sundays")))
    asked(desk)
    assert told(triage)[-1] == ("tool", "Not handed over to billing: not on Sundays. Go on yourself.")


def test_bare_policy_is_about_tools_and_not_about_the_offered_transfer() -> None:
    """What is judged is the handoff; nobody is asked about the tool that says so."""
    desk, _ = desk_of([to("billing")], oversight=ask("boss"))
    people = Fake(boss=approve)
    asked(desk, people=people)
    assert (people.asked, said(desk)[-1]) == ([], "billing: Refunded.")


def test_result_that_is_shown_says_nothing_that_was_not_decided() -> None:
    """While a person decides, the call has only said what is wanted."""
    desk, _ = desk_of([to("billing")], "Then I do it.", oversight=at("handoff", deny("no")))
    events = capture_events(ExecutedFunctionEvent)
    asked(desk, observers=[events])
    assert [e.result for e in events.of(ExecutedFunctionEvent)] == ["To be handed over to billing."]


# ---------------------------------------------------------------- teams in teams


def test_team_is_a_specialist() -> None:
    """It reads the conversation and the reason as its task; what it says last is its reply."""
    writer = agent("writer", "A draft.")
    paper = Sequential([writer, agent("editor", "The text.")], name="paper")
    desk = Handoff([agent("triage", [to("paper", "write it")]), paper])
    result = asked(desk, message="A page about pens")
    assert said(desk) == ["user: A page about pens", "paper: The text."]
    assert result.summary == "The text."
    assert told(writer) == [("user", "user: A page about pens\n\ntriage: Handed over to you: write it")]


def test_handoffs_inside_a_specialist_stay_inside_and_are_judged_by_the_rules_outside() -> None:
    """An inner member hands over to inner members only; the outer team's rules hold there, too."""
    inner = Handoff([agent("clerk", [to("expert")]), agent("expert", "Paid back.")], name="billing")
    desk = Handoff([agent("triage", [to("billing")]), inner], oversight=at("handoff", ask("boss")))
    people = Fake(boss=approve)
    asked(desk, people=people)
    assert [r.prompt for r in people.asked] == ["May triage hand over to billing?", "May clerk hand over to expert?"]
    assert said(desk)[-1] == "billing: Paid back."


def test_what_a_person_says_in_between_is_answered_by_who_has_the_word() -> None:
    """Said from outside after the reply, it asks for another one."""
    desk = Handoff([agent("triage", [to("billing")]), agent("billing", "Refunded.", "By Friday.")])

    async def play() -> None:
        def ask_on(event: Any) -> None:
            if isinstance(event, TextEvent) and event.text == "Refunded.":
                run.say("When?", by="ada")

        run = await user().a_run(desk, message="I was charged twice", silent=True, observers=[ask_on])
        await run.process()

    asyncio.run(play())
    assert said(desk) == ["user: I was charged twice", "billing: Refunded.", "ada: When?", "billing: By Friday."]


def test_conversation_ends_when_who_has_the_word_may_not_speak() -> None:
    """The run says so, and not that there was a reply."""
    desk = Handoff([agent("triage"), agent("billing")], oversight=at("speaker", deny("silence")))
    assert asked(desk, max_turns=2).reason == "triage has the word, and may not speak"


def test_person_is_a_specialist() -> None:
    """What they type is the reply; if they pass, the round is over."""
    for typed, last in (("I call you.", "ada: I call you."), ("pass", "user: I was charged twice")):
        desk = Handoff([agent("triage", [to("ada")]), Human("ada")])
        with People(typed, by="ada") as people:
            asked(desk, channels=[people])
        assert said(desk)[-1] == last

"""Group patterns beyond what the classic does: nothing is kept on agents, policies judge handovers, clear errors."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from convagent import (
    AgentNameTarget,
    AgentTarget,
    AskUserTarget,
    AutoPattern,
    ConfigError,
    ContextVariables,
    ConversableAgent,
    DefaultPattern,
    FunctionTarget,
    FunctionTargetResult,
    GroupChatConfig,
    GroupChatTarget,
    GroupManagerTarget,
    LLMGuardrail,
    NestedChatTarget,
    OnCondition,
    OnContextCondition,
    RandomPattern,
    RegexGuardrail,
    ReplyResult,
    RoundRobinPattern,
    ScriptedModel,
    SpeakerSelectionResult,
    StayTarget,
    StringContextCondition,
    StringLLMCondition,
    TerminateTarget,
    a_initiate_group_chat,
    a_run_group_chat,
    approve,
    arg,
    ask,
    at,
    deny,
    edit,
    initiate_group_chat,
    reject,
    run_group_chat,
    run_group_chat_iter,
    tool,
    when,
)
from convagent.agent import Pass
from convagent.errors import UsageError
from convagent.events import (
    AfterWorksTransitionEvent,
    GuardrailTransitionEvent,
    InputRequestEvent,
    OnConditionLLMTransitionEvent,
    TerminationEvent,
    TextEvent,
    TransitionEvent,
)
from convagent.handoffs.targets import TransitionTarget
from convagent.testing import People, capture_events


def member(name: str, *replies: Any, **given: Any) -> ConversableAgent:
    model = ScriptedModel(list(replies)) if replies else False
    return ConversableAgent(
        name, **{"llm_config": model, "human_input_mode": "NEVER", "default_auto_reply": f"I am {name}.", **given}
    )


def call(name: str, **arguments: Any) -> list[dict[str, Any]]:
    return [{"name": name, "arguments": arguments}]


def desk(*replies: Any, **given: Any) -> DefaultPattern:
    """Return a pattern whose first agent may hand over to two others."""
    triage, bill, tech = member("triage", *replies), member("bill"), member("tech")
    for agent in (bill, tech):
        condition = OnCondition(AgentTarget(agent), StringLLMCondition(f"For {agent.name}."))
        triage.handoffs.add_llm_condition(condition)
    return DefaultPattern(triage, [triage, bill, tech], **given)


def hold(pattern: Any, message: Any = "Begin.", **given: Any) -> list[str]:
    """Hold the conversation of a pattern, and return who spoke; the executor of tools is left out."""
    initiate_group_chat(pattern, message, silent=True, **given)
    return spoke(pattern)


def spoke(pattern: Any) -> list[str]:
    names = [m.get("name", "") for m in pattern.manager.groupchat.messages]
    return [name for name in names if name != "_Group_Tool_Executor"]


# ---------------------------------------------------------------- nothing is kept on agents


def test_pattern_and_its_agents_serve_again_when_it_has_ended() -> None:
    """A run changes neither tools nor hooks nor handovers of an agent."""
    pattern = desk(call("transfer_to_bill_1"))
    triage = pattern.agents[0]
    before = (triage.tools, dict(triage.hooks.lists), list(triage.replies.entries), triage.handoffs.llm_conditions[0])
    assert [hold(pattern), hold(pattern)] == [["_User", "triage", "bill"]] * 2
    assert (
        triage.tools, dict(triage.hooks.lists), list(triage.replies.entries), triage.handoffs.llm_conditions[0],
    ) == before  # fmt: skip
    assert triage.handoffs.llm_conditions[0].llm_function_name is None


def test_result_has_names_and_unpacks_as_the_classics() -> None:
    """Three values, in the classic's order."""
    found = initiate_group_chat(desk("Hello.", context_variables={"a": 1}), "Hi.", silent=True)
    result, variables, last = found
    assert (found.chat_result, found.context_variables, found.last_agent) == (result, variables, last)
    assert (result.summary, variables.to_dict(), last.name) == ("Hello.", {"a": 1}, "triage")
    assert result.reason == "No next speaker selected"


def test_conversations_of_one_pattern_at_once_have_variables_of_their_own() -> None:
    """Each begins with a copy, and tools set their own run's."""

    async def count(context_variables: ContextVariables) -> str:
        """Count."""
        before = context_variables["n"]
        await asyncio.sleep(0)  # the others go on meanwhile
        context_variables["n"] = before + 1
        return "counted"

    ada = member("ada", call("count"), "Done.", functions=[count])
    pattern = DefaultPattern(ada, [ada], context_variables={"n": 0})

    async def talk() -> list[Any]:
        found = await asyncio.gather(*(a_initiate_group_chat(pattern, "Count.", silent=True) for _ in range(3)))
        return [one.context_variables["n"] for one in found]

    assert asyncio.run(talk()) == [1, 1, 1]


def test_variables_that_were_given_hold_what_became_of_them() -> None:
    """A script may look at its own object when the conversation has ended."""

    def pay() -> ReplyResult:
        """Pay."""
        return ReplyResult("Paid.", context_variables={"paid": True})

    given = ContextVariables()
    ada = member("ada", call("pay"), "Done.", functions=[pay])
    hold(DefaultPattern(ada, [ada], context_variables=given))
    assert given.to_dict() == {"paid": True}
    assert ada.context_variables.to_dict() == {}


def test_tool_takes_the_variables_of_its_agent_outside_of_patterns_too() -> None:
    """A model does not see the parameter, and what is set stays with the agent that executes."""

    def count(context_variables: ContextVariables) -> str:
        """Count."""
        context_variables["n"] = context_variables.get("n", 0) + 1
        return str(context_variables["n"])

    ada = member("ada", call("count"), "Counted.", tools=[tool(count)], context_variables={"n": 4})
    member("bob").initiate_chat(ada, message="Count.", max_turns=1, silent=True)
    assert ada.tool_schemas[0]["function"]["parameters"]["properties"] == {}
    assert ada.context_variables["n"] == 5


# ---------------------------------------------------------------- policies on handovers


def test_person_sends_a_handover_elsewhere_when_they_edit_it() -> None:
    """The edited handover is judged anew, and the editor's own word counts."""
    pattern = desk(call("transfer_to_bill_1"))
    with People(edit(to="tech"), by="boss") as people:
        said = hold(pattern, oversight=at("handoff", ask("boss")), people={"boss": []}, channels=[people])
    assert said == ["_User", "triage", "tech"]


def test_person_is_asked_about_the_handover_and_not_about_its_tool() -> None:
    """The request names who hands over, to whom and by what; a bare `ask` means tools that do something."""
    pattern, seen = desk(call("transfer_to_bill_1")), capture_events(InputRequestEvent)
    with People(approve) as people:
        hold(pattern, oversight=ask() & at("handoff", ask()), channels=[people], observers=[seen])
    actions = [e.request.action for e in seen.of(InputRequestEvent) if e.request.action]
    assert [(a.kind, a.agent, a.name, dict(a.arguments)) for a in actions] == [
        ("handoff", "triage", "bill", {"to": "bill", "reason": "its model called for it"})
    ]


def test_agent_goes_on_itself_and_is_told_when_its_handover_is_refused() -> None:
    """The next request holds by whom and why."""
    pattern = desk(call("transfer_to_bill_1"), "Then I do it.")
    with People(reject("bill is ill"), by="boss") as people:
        said = hold(pattern, oversight=at("handoff", ask("boss")), people={"boss": []}, channels=[people])
    assert said == ["_User", "triage", "oversight", "triage"]
    assert (
        pattern.manager.groupchat.messages[-2]["content"]
        == "triage did not hand over to bill: refused by boss: bill is ill."
    )


def test_next_after_work_counts_when_the_first_one_is_refused() -> None:
    """So does what the group says; where that is refused, too, the conversation ends."""
    a, b, c = member("ada"), member("bob"), member("cy")
    a.handoffs.add_after_works([
        OnContextCondition(AgentTarget(b), StringContextCondition("yes")), OnContextCondition(AgentTarget(c)),
    ])  # fmt: skip
    pattern = DefaultPattern(a, [a, b, c], context_variables={"yes": True})
    rule = at("handoff", when(arg.to == "bob", deny("not bob")))
    assert hold(pattern, oversight=rule) == ["_User", "ada", "oversight", "cy"]
    nobody = at("handoff", deny("nobody"))
    assert hold(pattern, oversight=nobody) == ["_User", "ada", "oversight", "oversight"]


def test_condition_over_variables_does_not_hand_over_again_when_it_was_refused() -> None:
    """The agent speaks itself for that turn."""
    a, b = member("ada"), member("bob")
    a.handoffs.add_context_condition(OnContextCondition(AgentTarget(b)))
    pattern = DefaultPattern(a, [a, b])
    hold(pattern, oversight=at("handoff", deny("no")))
    assert [m["content"] for m in pattern.manager.groupchat.messages] == [
        "Begin.", "[Handing off to bob]", "ada did not hand over to bob: refused: no.", "I am ada.",
    ]  # fmt: skip


def test_rule_on_speakers_holds_for_whom_is_handed_over_to() -> None:
    """Whoever must not speak does not, by a handover either."""
    pattern = desk(call("transfer_to_bill_1"), "Myself, then.")
    said = hold(pattern, oversight=at("speaker", when(arg.speaker == "bill", deny("not bill"))))
    assert said == ["_User", "triage", "oversight", "triage"]


# ---------------------------------------------------------------- ways to hand over


def test_tool_of_its_own_hands_over_and_ends_the_turn() -> None:
    """A tool that the agent executes itself may return a target, or an agent; a policy judges it before."""
    bill = member("bill")

    @tool
    def to_bill() -> AgentTarget:
        """Hand over."""
        return AgentTarget(bill)

    ada = member("ada", call("to_bill"), "Still me.", tools=[to_bill])
    pattern = DefaultPattern(ada, [ada, bill])
    assert hold(pattern) == ["_User", "bill"]
    ada = member("ada", call("to_bill"), "Still me.", tools=[to_bill])
    pattern = DefaultPattern(ada, [ada, bill])
    assert hold(pattern, oversight=at("handoff", deny("no"))) == ["_User", "ada"]
    assert pattern.manager.groupchat.messages[-1]["content"] == "Still me."


def test_two_that_hand_over_by_own_tools_do_not_go_on_for_ever() -> None:
    """Each such handover counts as a message of `max_rounds`."""
    names = ["ada", "bob"]
    agents = []
    for name, other in zip(names, names[::-1], strict=True):
        give = tool(lambda other=other: AgentNameTarget(other), name="give", description="Give.", parameters={})
        agents.append(member(name, *[call("give")] * 9, tools=[give]))
    pattern = DefaultPattern(agents[0], agents)
    result, _, _ = initiate_group_chat(pattern, "Begin.", max_rounds=6, silent=True)
    assert result.reason == "Maximum rounds (6) reached"


def test_function_returns_the_agent_itself() -> None:
    """As in `Handoff`: it is handed over to."""
    bill = member("bill")

    def look() -> ConversableAgent:
        """Look."""
        return bill

    ada = member("ada", call("look"), functions=[look])
    assert hold(DefaultPattern(ada, [ada, bill])) == ["_User", "ada", "bill"]


def test_target_of_the_users_own_is_asked_when_it_is_due() -> None:
    """A subclass resolves as in the classic, also from the tool of a condition."""

    class Loudest(TransitionTarget):
        def resolve(self, groupchat: Any, current_agent: Any, user_agent: Any) -> SpeakerSelectionResult:
            return SpeakerSelectionResult(agent_name=max(a.name for a in groupchat.agents))

    ada, zoe = member("ada", call("transfer_to_Loudest_1")), member("zoe")
    ada.handoffs.add_llm_condition(OnCondition(Loudest(), StringLLMCondition("Always.")))
    assert hold(DefaultPattern(ada, [ada, zoe])) == ["_User", "ada", "zoe"]


def test_function_target_may_stand_anywhere_and_be_async() -> None:
    """The model calls for it by its name; its text reaches whoever comes next, and nobody else."""

    async def choose(said: str, variables: ContextVariables) -> FunctionTargetResult:
        return FunctionTargetResult(target=AgentNameTarget("bob"), messages="Be brief.")

    ada, bob, cy = member("ada", call("transfer_to_choose_1")), member("bob"), member("cy")
    ada.handoffs.add_llm_condition(OnCondition(FunctionTarget(choose), StringLLMCondition("Always.")))
    pattern = DefaultPattern(ada, [ada, bob, cy])
    assert hold(pattern) == ["_User", "ada", "bob"]
    told = "[FUNCTION_HANDOFF] - Reply from function choose: \n\n Be brief."
    assert told in [m["content"] for m in bob.chat_messages[pattern.manager]]
    assert told not in [m["content"] for m in cy.chat_messages[pattern.manager]]


def test_nested_chat_may_come_after_work() -> None:
    """The classic has it among conditions only."""
    ada, expert = member("ada"), member("expert")
    queue = [{"recipient": expert, "max_turns": 1, "message": "What now?"}]
    ada.handoffs.add_after_work(
        OnContextCondition(NestedChatTarget(nested_chat_config={"chat_queue": queue}), StringContextCondition("hard"))
    )
    pattern = DefaultPattern(ada, [ada], context_variables={"hard": True}, group_after_work=StayTarget())
    assert hold(pattern, max_rounds=4) == ["_User", "ada", "wrapped_nested_ada_1", "ada"]
    assert pattern.manager.groupchat.messages[2]["content"] == "I am expert."


def test_group_inside_shares_the_variables_of_the_one_outside() -> None:
    """It is a run inside the run; what it says last is said in the group outside."""

    def mark(context_variables: ContextVariables) -> ReplyResult:
        """Mark."""
        return ReplyResult("Marked.", TerminateTarget(), {"marked": context_variables["who"]})

    one = member("one", call("mark"), functions=[mark])
    inner = DefaultPattern(one, [one])
    ada = member("ada", call("transfer_to_wrapped_group_ada_1_1"), "Thanks.")
    target = GroupChatTarget(group_chat_config=GroupChatConfig(inner, "Work."))
    ada.handoffs.add_llm_condition(OnCondition(target, StringLLMCondition("When hard.")))
    found = initiate_group_chat(DefaultPattern(ada, [ada], context_variables={"who": "Ann"}), "Help.", silent=True)
    assert found.context_variables.to_dict() == {"who": "Ann", "marked": "Ann"}
    assert found.chat_result.summary == "Thanks."


def test_hidden_handover_leaves_the_other_calls_of_a_reply() -> None:
    """Its result goes with it, even where the server gave both calls the same id."""

    def look() -> str:
        """Look."""
        return "found"

    calls = [{"name": "look", "arguments": {}, "id": ""}, {"name": "transfer_to_bob_1", "arguments": {}, "id": ""}]
    ada, model = member("ada", calls, functions=[look]), ScriptedModel(["I see."])
    bob = ConversableAgent("bob", llm_config=model, human_input_mode="NEVER")
    ada.handoffs.add_llm_condition(OnCondition(AgentTarget(bob), StringLLMCondition("Always.")))
    hold(DefaultPattern(ada, [ada, bob]))
    seen = [m for m in model.requests[0].messages if m["role"] in ("assistant", "tool")]
    assert [len(m.get("tool_calls", ())) for m in seen] == [1, 0]
    assert seen[1]["content"] == "found"


def test_pattern_takes_a_seat_in_another_conversation() -> None:
    """Its manager is an agent: whoever talks with it hears what the group said."""
    user = member("user", default_auto_reply="Thanks.")
    result = user.initiate_chat(desk("Hello.").manager, message="Hi.", silent=True)
    assert [m["content"] for m in result.chat_history] == ["Hi.", "Hello."]


def test_model_chooses_again_when_policies_refuse_its_choice() -> None:
    """Each choice is an action of kind `speaker`, as in a group chat."""
    a, b, c = member("ada"), member("bob"), member("cy")
    manager = {"llm_config": ScriptedModel(["bob", "cy"])}
    pattern = AutoPattern(a, [a, b, c], group_manager_args=manager)
    rule = at("speaker", when(arg.speaker == "bob", deny("not bob")))
    assert hold(pattern, max_rounds=3, oversight=rule) == ["_User", "ada", "cy"]


def test_only_agents_can_be_chosen_where_nobody_stands_for_the_user() -> None:
    """Neither the executor of tools nor the name in the opening message is offered to the model."""
    a, b = member("ada"), member("bob")
    model = ScriptedModel(["bob"])
    hold(AutoPattern(a, [a, b], group_manager_args={"llm_config": model}), max_rounds=3)
    assert "from ['ada', 'bob'] to play" in model.requests[0].messages[-1]["content"]


def test_next_in_order_speaks_when_a_person_leaves_the_choice_open_and_no_model_is_there() -> None:
    """Enter at `AskUserTarget` needs no model."""
    a, b = member("ada"), member("bob")
    pattern = DefaultPattern(a, [a, b], group_after_work=AskUserTarget())
    with People("") as people:
        assert hold(pattern, max_rounds=3, channels=[people]) == ["_User", "ada", "bob"]


def test_random_pattern_gives_the_word_to_another_one_each_time() -> None:
    """The luck is the run's own."""
    agents = [member(name) for name in ("ada", "bob", "cy")]
    said = hold(RandomPattern(agents[0], agents), max_rounds=12)
    assert said[1] == "ada"
    assert all(one != other for one, other in pairwise(said[1:]))


# ---------------------------------------------------------------- events and responses


def test_run_gives_its_events_and_values() -> None:
    """One termination ends it; handovers are events with the target as data."""
    response = run_group_chat(desk(call("transfer_to_bill_1"), context_variables={"a": 1}), "Begin.")
    events = list(response.events)
    transitions = [e for e in events if isinstance(e, TransitionEvent)]
    assert [(type(e), e.source_agent, e.content.transition_target, dict(e.target)) for e in transitions] == [
        (OnConditionLLMTransitionEvent, "triage", "bill", {"kind": "agent", "agent_name": "bill"})
    ]
    assert len([e for e in events if isinstance(e, TerminationEvent)]) == 1
    assert (response.summary, response.last_speaker) == ("I am bill.", "bill")
    assert dict(response.context_variables) == {"a": 1}


def test_run_iter_yields_only_events_of_some_classes() -> None:
    """As `run_iter` of an agent does."""
    events = run_group_chat_iter(desk("Hello."), "Begin.", yield_on=[TextEvent])
    assert [e.content.content for e in events] == ["Begin.", "Hello."]


def test_async_run_is_the_same_run() -> None:
    """In the caller's loop."""

    async def talk() -> list[str]:
        response = await a_run_group_chat(desk("Hello."), "Begin.")
        return [e.content.content async for e in response.events if isinstance(e, TextEvent)]

    assert asyncio.run(talk()) == ["Begin.", "Hello."]


def test_guardrail_asks_a_model_when_it_is_one_of_a_model() -> None:
    """It replies with JSON; its cost is the agent's, and what it found is an event."""
    judge = ScriptedModel(['{"activated": true, "justification": "It is about money."}'])
    ada, bob, seen = member("ada", "Never."), member("bob"), capture_events(GuardrailTransitionEvent)
    ada.register_input_guardrail(LLMGuardrail("money", "It is about money.", AgentTarget(bob), judge))
    pattern = DefaultPattern(ada, [ada, bob])
    assert hold(pattern, "My money!", observers=[seen]) == ["_User", "ada", "bob"]
    said = pattern.manager.groupchat.messages[1]["content"]
    assert said == "Guardrail 'money' has been activated.\nJustification: It is about money."
    assert [(e.guardrail, e.transition_target) for e in seen.of(GuardrailTransitionEvent)] == [("money", "bob")]
    assert judge.requests[0].messages[-1]["content"] == "My money!"


def test_after_work_is_told_with_whom_chance_chose() -> None:
    """The classic tells it so, too."""
    agents, seen = [member("ada"), member("bob")], capture_events(AfterWorksTransitionEvent)
    hold(RandomPattern(agents[0], agents), max_rounds=3, observers=[seen])
    assert [e.transition_target for e in seen.of(AfterWorksTransitionEvent)] == ["bob"]


# ---------------------------------------------------------------- clear errors


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: DefaultPattern(member("ada"), []), "expected a list of agents"),
        (lambda: DefaultPattern(member("ada"), [member("bob")]), "initial_agent 'ada' is not among the agents: bob"),
        (lambda: DefaultPattern("ada", ["ada"]), "'ada' is a str; expected a ConversableAgent"),
        (lambda: AgentTarget("ada"), r"AgentTarget\('ada'\): expected an agent; AgentNameTarget takes a name"),
        (lambda: OnCondition("ada", StringLLMCondition("x")), "target='ada' is a str; expected a TransitionTarget"),
        (lambda: OnCondition(TerminateTarget(), "x"), "condition='x' is a str; expected a LLMCondition"),
        (lambda: ReplyResult("x", "ada"), "target='ada' is a str; expected a target"),
        (lambda: FunctionTarget(lambda said: None), "cannot be called as <lambda>"),
        (lambda: NestedChatTarget(nested_chat_config={}), "has no 'chat_queue'"),
        (lambda: RegexGuardrail("x", "(", TerminateTarget()), r"'\(' is no regular expression"),
        (lambda: member("ada").handoffs.add("x"), "'x' is a str; expected OnContextCondition or OnCondition"),
        (lambda: run_group_chat("ada", "x"), "pattern='ada' is a str; expected a pattern"),
        (lambda: run_group_chat(desk("x"), []), "expected a text, or a list of messages"),
        (lambda: run_group_chat(desk("x"), "x", safeguard_policy={}), "safeguard_policy is not supported"),
        (lambda: hold(desk("x"), [{"content": "x", "name": "zoe"}]), "is of 'zoe', who is not in the group"),
        (
            lambda: hold(DefaultPattern(*_pair(), group_after_work=GroupManagerTarget())),
            "a model has to choose speakers in this pattern, and its manager has none",
        ),
        (
            lambda: hold(DefaultPattern(*_pair(AgentNameTarget("bop")))),
            "'ada' hands over by its after work to 'bop', who is not in the group; it has ada, bob; did you mean 'bob'",
        ),
    ],
    ids=range(17),
)
def test_mistake_is_refused_where_it_is_made(make: Any, text: str) -> None:
    """The text names the thing, and what was expected."""
    with pytest.raises(ConfigError, match=text):
        make()


def _pair(target: Any = None) -> tuple[ConversableAgent, list[ConversableAgent]]:
    ada, bob = member("ada"), member("bob")
    if target is not None:
        ada.handoffs.set_after_work(target)
    return ada, [ada, bob]


def test_function_that_returns_something_else_is_named() -> None:
    """It is refused where it returned."""
    ada = member("ada")
    ada.handoffs.set_after_work(FunctionTarget(_returns_nothing))
    with pytest.raises(
        ConfigError, match="_returns_nothing returned None, a NoneType; expected a FunctionTargetResult"
    ):
        hold(DefaultPattern(ada, [ada]))


def _returns_nothing(said: str, variables: Any) -> None:
    return None


def test_pattern_of_a_script_that_prepares_its_group_is_warned() -> None:
    """The classic's thirteen values are made by nobody; what to do instead is said."""
    with pytest.warns(UserWarning, match="nothing calls Mine.prepare_group_chat: a pattern prepares its group itself"):

        class Mine(DefaultPattern):
            def prepare_group_chat(self, max_rounds: int, messages: Any) -> Any:
                return super().prepare_group_chat(max_rounds, messages)

    with pytest.raises(UsageError, match=r"after_works\(\)"):
        Mine(*_pair()).prepare_group_chat(5, "x")


def test_one_who_passes_has_had_the_word() -> None:
    """What comes after its work is next, and not what came before."""

    class Silent(ConversableAgent):
        async def take_turn(self, run: Any) -> Any:
            return Pass("nothing to add")

    a, b = member("ada"), member("bob")
    silent = Silent("cy", llm_config=False, human_input_mode="NEVER")
    assert hold(RoundRobinPattern(a, [a, silent, b]), max_rounds=5) == ["_User", "ada", "bob", "ada"]


def test_turns_are_in_order_when_the_initial_agent_is_not_the_first() -> None:
    """The initial agent, the others in their order, the user."""
    a, b, user = member("ada"), member("bob"), member("user")
    assert hold(RoundRobinPattern(b, [a, b], user), max_rounds=6) == ["user", "bob", "ada", "user", "bob", "ada"]

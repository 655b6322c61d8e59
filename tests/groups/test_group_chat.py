"""Group chats beyond what the classic does: policies, people, nesting, steering, sizes, clear errors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import convagent
from convagent import (
    ConfigError,
    ConversableAgent,
    GroupChat,
    GroupChatManager,
    ScriptedModel,
    approve,
    arg,
    ask,
    at,
    deny,
    edit,
    reject,
    tool,
    when,
)
from convagent.errors import AgentNameConflictError, NoEligibleSpeakerError, UndefinedNextAgentError
from convagent.events import (
    GroupChatRunChatEvent,
    InputRequestEvent,
    RunStarted,
    SpeakerAttempt,
    TerminationEvent,
    TextEvent,
)
from convagent.testing import People, capture_events


def member(name: str, **given: Any) -> ConversableAgent:
    return ConversableAgent(
        name, **{"llm_config": False, "human_input_mode": "NEVER", "default_auto_reply": f"I am {name}.", **given}
    )


def group(*names: str, manager: dict[str, Any] | None = None, **given: Any) -> GroupChatManager:
    agents = [member(name) for name in names]
    chat = GroupChat(agents, **{"speaker_selection_method": "round_robin", **given})
    return GroupChatManager(chat, **(manager or {}))


def talk(manager: GroupChatManager, **given: Any) -> list[str]:
    """Let the first member begin, and return who spoke."""
    manager.groupchat.agents[0].initiate_chat(manager, message="Begin.", silent=True, **given)
    return spoke(manager)


def spoke(manager: GroupChatManager) -> list[str]:
    return [m.get("name", "") for m in manager.groupchat.messages]


# ---------------------------------------------------------------- policies on speakers


def test_rule_keeps_a_speaker_out_when_it_denies() -> None:
    """Whoever is denied does not speak; the next in the order does."""
    manager = group("ada", "bob", "cy", max_round=5)
    rule = at("speaker", when(arg.speaker == "bob", deny("not yet")))
    assert talk(manager, oversight=rule) == ["ada", "cy", "ada", "cy", "ada"]


def test_person_sends_the_word_elsewhere_when_they_edit_the_choice() -> None:
    """An edited choice is judged anew, and the editor's own word counts."""
    manager = group("ada", "bob", "cy", max_round=3)
    with People(edit(speaker="cy"), approve, by="lead") as people:
        assert talk(manager, oversight=at("speaker", ask("lead")), people={"lead": []}, channels=[people]) == [
            "ada", "cy", "ada",
        ]  # fmt: skip


def test_person_who_rejects_a_choice_gets_another_one() -> None:
    """The one who was refused is not chosen again for this turn; whoever is left speaks."""
    manager = group("ada", "bob", "cy", max_round=2)
    with People(reject("not bob"), approve) as people:
        assert talk(manager, oversight=at("speaker", ask()), channels=[people]) == ["ada", "cy"]


def test_chat_ends_when_every_speaker_is_denied() -> None:
    """There is nobody left to speak, and the run says so."""
    manager = group("ada", "bob")
    result = manager.groupchat.agents[0].initiate_chat(
        manager, message="Begin.", silent=True, oversight=at("speaker", deny("silence"))
    )
    assert (result.reason, spoke(manager)) == ("No next speaker selected", ["ada"])


def test_policy_of_the_manager_is_asked_about_speakers() -> None:
    """`oversight=` of the agent that proposes counts, as for every action."""
    manager = group("ada", "bob", "cy", max_round=2, manager={"oversight": at("speaker", deny("no"))})
    assert talk(manager) == ["ada"]


# ---------------------------------------------------------------- the choice


def test_model_that_names_several_is_told_so_and_every_attempt_is_an_event() -> None:
    """Fault 23: what was wrong is said as it was; each attempt says whom the model named."""
    model = ScriptedModel(["bob, or cy", "nobody", "cy"])
    manager = group("ada", "bob", "cy", max_round=2, speaker_selection_method="auto", manager={"llm_config": model})
    seen = capture_events(SpeakerAttempt)
    assert talk(manager, observers=[seen]) == ["ada", "cy"]
    assert [(e.type, dict(e.mentions), e.attempts_left) for e in seen.of(SpeakerAttempt)] == [
        ("speaker_attempt_failed_multiple_agents", {"bob": 1, "cy": 1}, 2),
        ("speaker_attempt_failed_no_agents", {}, 1),
        ("speaker_attempt_successful", {"cy": 1}, 0),
    ]
    assert model.requests[1].messages[-1]["content"].startswith("You provided more than one name")
    assert model.requests[2].messages[-1]["content"].startswith("You didn't choose a speaker.")


def test_async_function_chooses_in_sync_and_async_chats() -> None:
    """It is awaited, and may name a method."""

    async def choose(last: Any, groupchat: GroupChat) -> Any:
        await asyncio.sleep(0)
        return groupchat.agents[2] if len(groupchat.messages) == 1 else "round_robin"

    manager = group("ada", "bob", "cy", max_round=4, speaker_selection_method=choose)
    assert talk(manager) == ["ada", "cy", "ada", "bob"]

    async def hold() -> list[str]:
        await manager.groupchat.agents[0].a_initiate_chat(manager, message="Begin.", silent=True)
        return spoke(manager)

    assert asyncio.run(hold()) == ["ada", "cy", "ada", "bob"]


def test_person_may_type_a_name_and_end_of_input_ends_the_chat() -> None:
    """A name is as good as its number."""
    manager = group("ada", "bob", "cy", speaker_selection_method="manual")
    with People("cy", EOFError) as people:
        result = manager.groupchat.agents[0].initiate_chat(manager, message="Go.", silent=True, channels=[people])
    assert (spoke(manager), result.reason) == (["ada", "cy"], "End of input")


def test_chance_is_that_of_the_run() -> None:
    """Who speaks is drawn from the run's own source, from all members."""
    manager = group("ada", "bob", "cy", max_round=60, speaker_selection_method="random")
    names = talk(manager)
    assert (len(names), set(names)) == (60, {"ada", "bob", "cy"})


def test_rule_takes_members_out_of_the_choice() -> None:
    """`is_eligible` is asked with the round, who spoke last, and all members."""
    seen: list[Any] = []

    class NotBobAtFirst:
        def is_eligible(self, agent: Any, ctx: Any) -> bool:
            seen.append((agent.name, ctx.round, ctx.last_speaker, ctx.participants))
            return agent.name != "bob" or ctx.round > 1

    manager = group("ada", "bob", "cy", max_round=4, eligibility_policies=[NotBobAtFirst()])
    assert talk(manager) == ["ada", "cy", "ada", "bob"]
    assert seen[0] == ("ada", 1, "ada", ("ada", "bob", "cy"))


def test_group_ends_when_no_member_is_eligible() -> None:
    """Nobody may speak: the chat ends and says so."""

    class Nobody:
        def is_eligible(self, agent: Any, ctx: Any) -> bool:
            return False

    manager = group("ada", "bob", eligibility_policies=[Nobody()])
    result = manager.groupchat.agents[0].initiate_chat(manager, message="Go.", silent=True)
    assert result.reason == "No next speaker selected"


def test_function_that_raises_no_eligible_speaker_ends_the_chat() -> None:
    """The error is the user's way to say that nobody is to speak."""

    def choose(last: Any, groupchat: Any) -> Any:
        raise NoEligibleSpeakerError

    manager = group("ada", "bob", speaker_selection_method=choose)
    result = manager.groupchat.agents[0].initiate_chat(manager, message="Go.", silent=True)
    assert result.reason == "No next speaker selected"


def test_messages_for_the_model_that_chooses_can_be_transformed() -> None:
    """A transform rewrites what is sent, and no history."""
    model = ScriptedModel(["bob", "cy"])
    manager = group(
        "ada", "bob", "cy", max_round=3, speaker_selection_method="auto", manager={"llm_config": model},
        select_speaker_transform_messages=lambda messages: messages[-2:],
    )  # fmt: skip
    assert talk(manager) == ["ada", "bob", "cy"]
    assert [len(request.messages) for request in model.requests] == [3, 3]
    assert len(manager.groupchat.messages) == 3


# ---------------------------------------------------------------- people


def test_word_from_outside_is_seen_by_the_next_speaker_and_by_the_choice() -> None:
    """`run.say` in the middle of a group: under the person's own name, and nobody's turn."""
    choosing = ScriptedModel(["bob", "cy"])
    bob = member("bob")
    cy_model = ScriptedModel(["I saw it."])
    agents = [member("ada"), bob, member("cy", llm_config=cy_model)]
    manager = GroupChatManager(GroupChat(agents, max_round=3), llm_config=choosing)
    seen: list[Any] = []

    async def hold() -> None:
        async def step_in(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, str]:
            response.say("Mind the budget.")
            return True, "I am bob."

        bob.register_reply([ConversableAgent, None], step_in)
        response = await agents[0].a_run(manager, message="Begin.", silent=True, observers=[seen.append])
        await response.process()

    asyncio.run(hold())
    word = {"content": "Mind the budget.", "role": "user", "name": "person"}
    assert word in choosing.requests[1].messages
    assert word in cy_model.requests[0].messages
    assert spoke(manager) == ["ada", "bob", "person", "cy"]


def test_person_who_leaves_is_the_only_end_that_is_told() -> None:
    """Fault 22: one termination, with the first reason."""
    user = member("user", human_input_mode="ALWAYS")
    manager = GroupChatManager(GroupChat([member("ada"), user], speaker_selection_method="round_robin"))
    seen = capture_events(TerminationEvent)
    with People("exit") as people:
        manager.groupchat.agents[0].initiate_chat(
            manager, message="Go.", silent=True, channels=[people], observers=[seen]
        )
    assert [e.termination_reason for e in seen.of(TerminationEvent)] == ["User requested to end the conversation"]


def test_interruption_asks_and_nobody_called_admin_takes_over() -> None:
    """Fault 27: a member called Admin gets no word for its name."""
    agents = [member("ada"), member("Admin"), member("cy")]
    manager = GroupChatManager(
        GroupChat(
            agents, max_round=4, speaker_selection_method=lambda last, chat: agents[2 if last is agents[0] else 0]
        )
    )

    async def hold() -> list[Any]:
        async def interrupt(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, str]:
            response.interrupt()
            return True, "I am cy."

        agents[2].register_reply([ConversableAgent, None], interrupt)
        people = People("stop")
        response = await agents[0].a_run(manager, message="Begin.", silent=True, channels=[people])
        await response.process()
        return spoke(manager)

    assert asyncio.run(hold()) == ["ada", "cy"]


def test_run_yields_who_speaks_next() -> None:
    """Each choice is an event of the run, before the message of whom it names."""
    manager = group("ada", "bob", max_round=3)
    response = manager.groupchat.agents[0].run(manager, message="Go.", silent=True)
    told = [
        e.speaker if isinstance(e, GroupChatRunChatEvent) else e.sender
        for e in response.events
        if isinstance(e, (GroupChatRunChatEvent, TextEvent))
    ]
    assert told == ["ada", "bob", "bob", "ada", "ada"]


# ---------------------------------------------------------------- groups in other places


def test_manager_is_a_member_of_another_group() -> None:
    """A group is an agent in any seat: the inner one's last word is its reply."""
    inner = group("eve", "flo", max_round=2, manager={"name": "inner"})
    agents = [member("ada"), inner, member("cy")]
    outer = GroupChatManager(GroupChat(agents, max_round=3, speaker_selection_method="round_robin"), name="outer")
    seen = capture_events(RunStarted)
    agents[0].initiate_chat(outer, message="Begin.", silent=True, observers=[seen])
    assert [(m.get("name"), m.get("content")) for m in outer.groupchat.messages] == [
        ("ada", "Begin."), ("inner", "I am eve."), ("cy", "I am cy."),
    ]  # fmt: skip
    assert [e.agents for e in seen.of(RunStarted)] == [
        ("ada", "outer", "inner", "cy"),
        ("outer", "inner", "eve", "flo"),
    ]
    assert outer.groupchat.agent_by_name("flo") is None
    assert outer.groupchat.agent_by_name("flo", recursive=True) is inner.groupchat.agents[1]


def test_tool_holds_a_group_chat() -> None:
    """Inside a tool the group is a run inside the run; its question reaches the same people."""
    experts = group("eve", "flo", max_round=2)

    async def consult(question: str) -> str:
        """Ask the experts."""
        asking = ConversableAgent("asking", llm_config=False)
        await asking.a_initiate_chat(experts, message=question, silent=True, oversight=at("speaker", ask()))
        return str(experts.groupchat.messages[-1]["content"])

    model = ScriptedModel([[{"name": "consult", "arguments": {"question": "why?"}}], "Because."])
    boss = ConversableAgent("boss", llm_config=model, tools=[tool(consult, effect="read")])
    seen = capture_events(InputRequestEvent)
    with People(approve) as people:
        result = member("user").initiate_chat(
            boss, message="Ask.", max_turns=1, silent=True, channels=[people], observers=[seen]
        )
    assert result.summary == "Because."
    assert [e.request.action.name for e in seen.of(InputRequestEvent) if e.request.action] == ["eve"]
    assert "I am eve." in str(model.requests[1].messages[-1])


def test_one_group_is_held_several_times_at_once() -> None:
    """Code that a conversation calls sees that conversation's messages; nothing of a run is on the group."""
    seen: dict[str, list[int]] = {}

    async def choose(last: Any, groupchat: GroupChat) -> Any:
        await asyncio.sleep(0)
        topic = str(groupchat.messages[0]["content"])
        seen.setdefault(topic, []).append(len(groupchat.messages))
        return groupchat.agents[len(groupchat.messages) % 3]

    manager = group("ada", "bob", "cy", max_round=4, speaker_selection_method=choose)

    async def hold() -> list[Any]:
        ada = manager.groupchat.agents[0]
        return await asyncio.gather(*(ada.a_initiate_chat(manager, message=f"{i}", silent=True) for i in range(5)))

    results = asyncio.run(hold())
    assert seen == {f"{i}": [1, 2, 3] for i in range(5)}
    assert [[m["content"] for m in r.chat_history] for r in results] == [
        [f"{i}", "I am bob.", "I am cy.", "I am ada."] for i in range(5)
    ]


def test_two_hundred_members_speak_two_thousand_times() -> None:
    """No recursion, and each one's view holds all of it."""
    manager = group(*(f"a{i}" for i in range(200)), max_round=2_000)
    names = talk(manager)
    assert (len(names), names[199], names[200]) == (2_000, "a199", "a0")
    assert len(manager.groupchat.agents[150].chat_messages[manager]) == 2_000


# ---------------------------------------------------------------- what cannot work


def _group_with(**given: Any) -> GroupChat:
    return GroupChat([member("ada"), member("bob")], **given)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"speaker_selection_method": "robin"}, "'robin' is not one of auto, manual, random, round_robin"),
        ({"max_round": 0}, "max_round=0 is not a whole number, 1 or more"),
        ({"max_retries_for_selecting_speaker": -1}, "max_retries_for_selecting_speaker=-1"),
        ({"select_speaker_message_template": ""}, "select_speaker_message_template='' is no text"),
        ({"select_speaker_auto_verbose": None}, "select_speaker_auto_verbose=None is neither True nor False"),
        ({"select_speaker_transform_messages": 5}, "apply_transform"),
        ({"allow_repeat_speaker": "yes"}, "allow_repeat_speaker='yes' is not True, False or a list"),
        ({"allowed_or_disallowed_speaker_transitions": {}}, "needs speaker_transitions_type="),
        ({"speaker_transitions_type": "some"}, "speaker_transitions_type='some' is not one of"),
        (
            {"allowed_or_disallowed_speaker_transitions": {"ada": []}, "speaker_transitions_type": "allowed"},
            "begin at 'ada', which is a str and no agent; the group has ada, bob; did you mean the agent called 'ada'",
        ),
        ({"eligibility_policies": [5]}, "which has no is_eligible"),
        ({"max_rounds": 5}, "max_rounds"),
    ],
)
def test_group_chat_that_cannot_work_is_refused_when_it_is_made(given: dict[str, Any], text: str) -> None:
    """The text names what was given and what was expected."""
    with pytest.raises(ConfigError, match=text.replace("(", r"\(").replace("[", r"\[")):
        _group_with(**given)


def test_manager_without_a_model_says_what_to_give_it() -> None:
    """The default method asks a model."""
    manager = GroupChatManager(_group_with(allow_repeat_speaker=True), llm_config=False)
    with pytest.raises(ConfigError, match="speaker selection 'auto' asks a model, and manager 'chat_manager' has none"):
        manager.groupchat.agents[0].initiate_chat(manager, message="Go.", silent=True)


def test_tools_of_a_manager_are_refused() -> None:
    """It calls none."""
    with pytest.raises(ConfigError, match="the manager 'chat_manager' calls no tools"):
        GroupChatManager(_group_with(), llm_config={"model": "m", "api_key": "k", "tools": [{}]})


def test_names_of_members_are_looked_up() -> None:
    """What is not there is None, or an error where that was asked for."""
    chat = _group_with()
    assert chat.agent_by_name("cy") is None
    with pytest.raises(UndefinedNextAgentError):
        chat.next_agent(chat.agents[0], [member("cy")])
    inner = GroupChatManager(GroupChat([member("ada"), member("eve")]), name="inner")
    outer = GroupChat([member("ada"), inner])
    with pytest.raises(AgentNameConflictError, match="2 agents are called 'ada'"):
        outer.agent_by_name("ada", recursive=True, raise_on_name_conflict=True)


# ---------------------------------------------------------------- who may follow whom


def test_transitions_are_drawn() -> None:
    """Names that are no words in a diagram get one, and are shown as they are."""
    ada, bob, cy = member("ada"), member("bob the builder"), member("cy")
    chat = GroupChat(
        [ada, bob, cy], allowed_or_disallowed_speaker_transitions={ada: [bob], bob: [ada, cy], cy: []},
        speaker_transitions_type="allowed",
    )  # fmt: skip
    assert chat.to_mermaid() == (
        "stateDiagram-v2\n"
        '    state "bob the builder" as bob_the_builder\n'
        "    ada --> bob_the_builder\n"
        "    bob_the_builder --> ada\n"
        "    bob_the_builder --> cy\n"
    )


def test_transitions_that_look_forgotten_are_warned_of() -> None:
    """Whom nobody leads to, and who leads nowhere, will not speak."""
    ada, bob, cy = member("ada"), member("bob"), member("cy")
    with pytest.warns(UserWarning, match="nobody leads to cy"):
        GroupChat(
            [ada, bob, cy], allowed_or_disallowed_speaker_transitions={ada: [bob], bob: [ada]},
            speaker_transitions_type="allowed",
        )  # fmt: skip


def test_flat_names_are_those_of_the_face() -> None:
    """`import convagent as autogen` finds the group chat and its errors."""
    assert convagent.GroupChat is GroupChat
    assert convagent.NoEligibleSpeakerError is NoEligibleSpeakerError  # type: ignore[attr-defined]

"""Group chats: who speaks next, what each one remembers of it, what models and people are asked."""

from __future__ import annotations

from typing import Any

from tests.classic.stage import Stage, scenario


def group(s: Stage, *agents: Any, manager: dict[str, Any] | None = None, **given: Any) -> Any:
    """Return the manager of a group."""
    made = s.ns.GroupChat(agents=list(agents), messages=[], **given)
    found = s.ns.GroupChatManager(made, **{"llm_config": False, **(manager or {})})
    s.agents.append(found)
    return found


def trio(s: Stage, **given: Any) -> list[Any]:
    return [s.agent(name, default_auto_reply=f"I am {name}.", **given) for name in ("ada", "bob", "cy")]


def see(s: Stage, manager: Any) -> None:
    """Note what the group said, and who was last."""
    s.note("messages", manager.groupchat.messages)
    s.note("last_speaker", manager.last_speaker.name if manager.last_speaker else None)
    s.note("for_summary", manager.chat_messages_for_summary(None))


@scenario()
def group_in_turns(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(s, a, b, c, max_round=5, speaker_selection_method="round_robin")
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_is_introduced(s: Stage) -> None:
    a, b, c = trio(s, description="Knows things.")
    manager = group(s, a, b, c, max_round=4, speaker_selection_method="round_robin", send_introductions=True)
    s.chat(b, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_begun_from_outside(s: Stage) -> None:
    a, b, c = trio(s)
    user = s.agent("user")
    manager = group(s, a, b, c, max_round=3, speaker_selection_method="round_robin", send_introductions=True)
    s.chat(user, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_in_round_trips(s: Stage) -> None:
    a, b, c = trio(s)
    user = s.agent("user", default_auto_reply="More, please.")
    manager = group(s, a, b, c, max_round=3, speaker_selection_method="round_robin")
    s.chat(user, manager, message="Begin.", max_turns=2)
    see(s, manager)


@scenario()
def group_in_round_trips_of_a_member(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(s, a, b, c, max_round=5, speaker_selection_method="round_robin")
    s.chat(a, manager, message="Begin.", max_turns=2)
    see(s, manager)


@scenario()
def group_ends_at_a_termination_message(s: Stage) -> None:
    a, b = s.agent("ada", default_auto_reply="Go on."), s.agent("bob", default_auto_reply="That is it. TERMINATE")
    manager = group(
        s, a, b, speaker_selection_method="round_robin",
        manager={"is_termination_msg": lambda m: "TERMINATE" in (m.get("content") or "")},
    )  # fmt: skip
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_member_meets_its_own_condition(s: Stage) -> None:
    a, b = s.agent("ada"), s.agent("bob", default_auto_reply="TERMINATE")
    manager = group(s, a, b, speaker_selection_method="round_robin", manager={"is_termination_msg": lambda m: False})
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_member_says_nothing(s: Stage) -> None:
    a, b = s.agent("ada", default_auto_reply="I."), s.agent("bob")
    b.register_reply([s.ns.Agent, None], lambda *_, **__: (True, None))
    manager = group(s, a, b, speaker_selection_method="round_robin")
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_member_is_empty_handed(s: Stage) -> None:
    a, b, c = s.agent("ada", default_auto_reply="I."), s.agent("bob"), s.agent("cy")
    manager = group(s, a, b, c, max_round=6, speaker_selection_method="round_robin")
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_goes_on_where_it_was(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(s, a, b, c, max_round=3, speaker_selection_method="round_robin")
    s.chat(a, manager, message="Begin.")
    s.chat(b, manager, message="Again.", clear_history=False)
    see(s, manager)


@scenario()
def group_begins_anew(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(s, a, b, c, max_round=3, speaker_selection_method="round_robin")
    s.chat(a, manager, message="Begin.")
    s.chat(b, manager, message="Again.")
    see(s, manager)


@scenario()
def group_with_one_next_speaker_only(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(
        s, a, b, c, max_round=5, allowed_or_disallowed_speaker_transitions={a: [c], c: [b], b: [a]},
        speaker_transitions_type="allowed",
    )  # fmt: skip
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_with_forbidden_transitions(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(
        s, a, b, c, max_round=6, speaker_selection_method="round_robin",
        allowed_or_disallowed_speaker_transitions={a: [b, a], b: [], c: [c, a]}, speaker_transitions_type="disallowed",
    )  # fmt: skip
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_with_a_dead_end(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(
        s, a, b, c, max_round=6, speaker_selection_method="round_robin",
        allowed_or_disallowed_speaker_transitions={a: [b], c: [a]}, speaker_transitions_type="allowed",
    )  # fmt: skip
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_where_nobody_repeats(s: Stage) -> None:
    a, b = s.agent("ada", default_auto_reply="I."), s.agent("bob", default_auto_reply="You.")
    manager = group(s, a, b, max_round=5, allow_repeat_speaker=False)
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_by_a_function(s: Stage) -> None:
    a, b, c = trio(s)

    def choose(last: Any, groupchat: Any) -> Any:
        s.log("seen", [last.name, [m["name"] for m in groupchat.messages], [m["content"] for m in groupchat.messages]])
        return {"ada": c, "cy": "round_robin", "bob": None}[last.name] if len(groupchat.messages) < 6 else None

    manager = group(s, a, b, c, speaker_selection_method=choose)
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_by_a_function_that_names_a_stranger(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(s, a, b, speaker_selection_method=lambda last, groupchat: c)
    s.chat(a, manager, message="Begin.")


@scenario("sync")
def group_by_a_subclass(s: Stage) -> None:
    class Backwards(s.ns.GroupChat):  # type: ignore[name-defined, misc]
        def select_speaker(self, last_speaker: Any, selector: Any) -> Any:
            s.log("asked", [last_speaker.name, selector.name])
            if last_speaker.name == "cy":
                return super().select_speaker(last_speaker, selector)
            return self.agents[self.agents.index(last_speaker) - 1]

    agents = trio(s)
    manager = s.ns.GroupChatManager(
        Backwards(agents=agents, messages=[], max_round=5, speaker_selection_method="round_robin"), llm_config=False
    )
    s.agents.append(manager)
    s.chat(agents[0], manager, message="Begin.")
    see(s, manager)


@scenario()
def group_by_a_model(s: Stage) -> None:
    a, b, c = trio(s, description="One of three.")
    model = s.model("bob", "The next one is cy.", "ada")
    manager = group(s, a, b, c, max_round=4, manager={"llm_config": model})
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_by_a_model_that_has_to_be_asked_again(s: Stage) -> None:
    a, b, c = trio(s, description="One of three.")
    model = s.model("bob or cy", "nobody", "cy", "I cannot say", "really", "no", "ada")
    manager = group(s, a, b, c, max_round=4, manager={"llm_config": model})
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_by_a_model_that_is_shown(s: Stage) -> None:
    a, b, c = trio(s, description="One of three.")
    manager = group(
        s,
        a,
        b,
        c,
        max_round=3,
        select_speaker_auto_verbose=True,
        manager={"llm_config": s.model("nobody", "cy", "ada")},
    )
    s.chat(a, manager, message="Begin.")


@scenario()
def group_by_a_model_in_other_words(s: Stage) -> None:
    a, b, c = trio(s, description="One of three.")
    manager = group(
        s, a, b, c, max_round=3, select_speaker_message_template="Roles: {roles}. Names: {agentlist}.",
        select_speaker_prompt_template="Who of {agentlist}?",
        select_speaker_auto_multiple_template="One of {agentlist}!",
        select_speaker_auto_none_template="Any of {agentlist}!", role_for_select_speaker_messages="user",
        max_retries_for_selecting_speaker=1, allow_repeat_speaker=False,
        select_speaker_auto_llm_config=s.model("bob, cy", "cy", "x", "y"),
    )  # fmt: skip
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_by_a_model_without_a_prompt(s: Stage) -> None:
    a, b, c = trio(s, description="One of three.")
    manager = group(
        s, a, b, c, max_round=3, select_speaker_prompt_template=None, manager={"llm_config": s.model("cy", "ada")}
    )
    s.chat(a, manager, message="Begin.")


@scenario()
def group_without_a_model_that_could_choose(s: Stage) -> None:
    a, b, c = trio(s)
    s.chat(a, group(s, a, b, c), message="Begin.")


@scenario()
def group_by_a_person(s: Stage) -> None:
    a, b, c = trio(s)
    s.person("3", "x", "1", "", "7", "0", "2")
    manager = group(s, a, b, c, max_round=6, speaker_selection_method="manual")
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_with_a_person_in_it(s: Stage) -> None:
    a, b = s.agent("ada", default_auto_reply="I."), s.agent("bob", default_auto_reply="You.")
    user = s.agent("user", human_input_mode="ALWAYS", default_auto_reply="(passes)")
    s.person("What about me?", "", "exit")
    manager = group(s, user, a, b, speaker_selection_method="round_robin")
    s.chat(user, manager, message="Begin.")
    see(s, manager)


def _with_tools(s: Stage, *replies: Any, **given: Any) -> tuple[Any, Any]:
    caller = s.agent("caller", llm_config=s.model(*replies))
    runner = s.agent("runner", default_auto_reply="Nothing to run.")
    other = s.agent("other", default_auto_reply="Aha.")

    def double(n: int) -> str:
        return str(n * 2)

    s.ns.register_function(double, caller=caller, executor=runner, name="double", description="Doubles.")
    manager = group(s, caller, other, runner, speaker_selection_method="round_robin", **given)
    return runner, manager


CALL = {"name": "double", "arguments": {"n": 4}, "id": "c1"}


@scenario()
def group_with_tools(s: Stage) -> None:
    runner, manager = _with_tools(s, [CALL], "It is 8.", max_round=5)
    s.chat(runner, manager, message="Double 4.")
    see(s, manager)


@scenario()
def group_with_tools_that_anybody_answers(s: Stage) -> None:
    runner, manager = _with_tools(s, [CALL], "It is 8.", max_round=4, func_call_filter=False)
    s.chat(runner, manager, message="Double 4.")
    see(s, manager)


@scenario()
def group_with_models(s: Stage) -> None:
    one = s.agent("one", llm_config=s.model("first of one", "second of one", name="m1"))
    two = s.agent("two", llm_config=s.model("first of two", name="m2"))
    user = s.agent("user", default_auto_reply="Go on.")
    manager = group(s, user, one, two, max_round=5, speaker_selection_method="round_robin")
    s.chat(user, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_is_summed_up_by_reflection(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(
        s, a, b, c, max_round=3, speaker_selection_method="round_robin", manager={"llm_config": s.model("All spoke.")}
    )
    s.chat(a, manager, message="Begin.", summary_method="reflection_with_llm")


@scenario()
def group_with_limited_members(s: Stage) -> None:
    a, b = (
        s.agent("ada", default_auto_reply="I.", max_consecutive_auto_reply=1),
        s.agent("bob", default_auto_reply="You."),
    )
    manager = group(s, a, b, speaker_selection_method="round_robin")
    s.chat(b, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_that_is_silent(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(s, a, b, c, max_round=3, speaker_selection_method="round_robin", manager={"silent": True})
    s.chat(a, manager, message="Begin.")


@scenario()
def group_with_hooks(s: Stage) -> None:
    a, b, c = trio(s)

    def address(sender: Any, message: Any, recipient: Any, silent: bool) -> str:
        return f"{message} [{recipient.name}]"

    def look(messages: Any) -> Any:
        s.log("looked", [m["content"] for m in messages])
        return messages

    def note(recipient: Any, messages: Any, sender: Any, config: Any) -> tuple[bool, None]:
        s.log("from", sender.name)
        return False, None

    b.register_hook("process_message_before_send", address)
    c.register_hook("process_all_messages_before_reply", look)
    c.register_reply([s.ns.Agent, None], note)
    manager = group(s, a, b, c, max_round=4, speaker_selection_method="round_robin")
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario("sync")
def group_inside_a_nested_chat(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(s, a, b, c, max_round=3, speaker_selection_method="round_robin")
    boss, user = s.agent("boss"), s.agent("user")

    def outcome(sender: Any, recipient: Any, args: Any) -> Any:
        return recipient.groupchat.messages[-1]["content"]

    boss.register_nested_chats([{"recipient": manager, "summary_method": outcome}], trigger=user)
    s.chat(user, boss, message="Ask them.", max_turns=1)


@scenario("sync")
def group_member_with_nested_chats(s: Stage) -> None:
    a, b, c = trio(s)
    expert = s.agent("expert", default_auto_reply="Yes.")
    manager = group(s, a, b, c, max_round=3, speaker_selection_method="round_robin")
    b.register_nested_chats([{"recipient": expert, "max_turns": 1}], trigger=manager)
    s.chat(a, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_is_resumed(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(s, a, b, c, max_round=3, speaker_selection_method="round_robin")
    said = [
        {"content": "Begin.", "role": "user", "name": "ada"}, {"content": "One.", "role": "user", "name": "bob"},
        {"content": "Two. TERMINATE", "role": "user", "name": "cy"},
    ]  # fmt: skip
    last, message = s.do(manager, "resume", manager.messages_to_string(said), remove_termination_string=" TERMINATE")
    s.note("resumed", [last.name, message])
    s.log("before", {a.name: a.chat_messages[manager] for a in manager.groupchat.agents})
    s.chat(last, manager, message=message, clear_history=False)
    see(s, manager)


@scenario()
def group_is_resumed_by_its_manager(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(s, a, b, c, max_round=3, speaker_selection_method="round_robin")
    said = [{"content": "Begin.", "role": "user", "name": "ada"}, {"content": "From above.", "role": "user"}]
    last, message = s.do(manager, "resume", said)
    s.note("resumed", [last.name, message["content"], message["name"]])
    s.chat(last, manager, message=message, clear_history=False)
    s.note("messages", [[m["name"], m["content"]] for m in manager.groupchat.messages])


@scenario()
def group_with_messages_from_before(s: Stage) -> None:
    a, b, c = trio(s, description="One of three.")
    before = [{"content": "Earlier.", "role": "user", "name": "bob"}]
    made = s.ns.GroupChat(agents=[a, b, c], messages=before, max_round=2)
    manager = s.ns.GroupChatManager(made, llm_config=s.model("cy"))
    s.agents.append(manager)
    s.chat(a, manager, message="Begin.", clear_history=False)
    see(s, manager)


@scenario()
def group_is_resumed_with_strangers(s: Stage) -> None:
    a, b, c = trio(s)
    manager = group(s, a, b, c)
    s.do(manager, "resume", [{"content": "Hi.", "role": "user", "name": "dora"}])


@scenario()
def group_with_a_cleared_history(s: Stage) -> None:
    a, b = s.agent("ada", default_auto_reply="I."), s.agent("bob", default_auto_reply="You.")
    user = s.agent("user", human_input_mode="ALWAYS")
    s.person("Please CLEAR HISTORY bob 1 and go on.", "clear history", "exit")
    manager = group(s, user, a, b, speaker_selection_method="round_robin", enable_clear_history=True)
    s.chat(user, manager, message="Begin.")
    see(s, manager)


@scenario()
def group_with_names_alike(s: Stage) -> None:
    group(s, s.agent("ada"), s.agent("ada"))


@scenario()
def group_of_one(s: Stage) -> None:
    a = s.agent("ada", default_auto_reply="I.")
    s.chat(a, group(s, a, speaker_selection_method="round_robin"), message="Begin.")


@scenario()
def group_with_transitions_of_strangers(s: Stage) -> None:
    a, b, c = trio(s)
    group(s, a, b, allowed_or_disallowed_speaker_transitions={c: [a]}, speaker_transitions_type="allowed")


@scenario()
def group_looked_up(s: Stage) -> None:
    a, b, c = trio(s)
    chat = s.ns.GroupChat(agents=[a, b, c], messages=[])
    s.note("names", chat.agent_names)
    s.note("by_name", [chat.agent_by_name("bob").name, chat.agent_by_name("dora")])
    s.note("next", [chat.next_agent(a).name, chat.next_agent(c).name, chat.next_agent(a, [a, c]).name])
    s.note("texts", [chat.select_speaker_msg(), chat.select_speaker_prompt([a]), chat.introductions_msg()])

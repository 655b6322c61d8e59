"""Group patterns: who is handed over to, by models, tools, variables and after work, and what everybody sees of it."""

from typing import Annotated, Any

from tests.classic.stage import Stage, scenario


def hold(s: Stage, pattern: Any, messages: Any = "Begin.", **given: Any) -> Any:
    """Hold the conversation of a pattern, and note what it came to."""
    if s.is_async:
        found = s.wait(s.ns.a_initiate_group_chat(pattern=pattern, messages=messages, **given))
    else:
        found = s.ns.initiate_group_chat(pattern=pattern, messages=messages, **given)
    result, variables, last = found
    s.results.append(result)
    s.note("variables", variables.to_dict())
    s.note("last", last.name)
    return found


def member(s: Stage, name: str, *replies: Any, **given: Any) -> Any:
    """Return an agent with a model that says these; without any it says its name."""
    if not replies:
        return s.agent(name, default_auto_reply=f"I am {name}.", **given)
    return s.agent(name, llm_config=s.model(*replies, name=name), **given)


def call(name: str, number: int = 1, **arguments: Any) -> list[dict[str, Any]]:
    return [{"name": name, "arguments": arguments, "id": f"c{number}"}]


def default(s: Stage, initial: Any, *others: Any, **given: Any) -> Any:
    return s.ns.DefaultPattern(initial_agent=initial, agents=[initial, *others], **given)


# ---------------------------------------------------------------- whose turn it is


@scenario()
def pattern_ends_after_one_reply(s: Stage) -> None:
    hold(s, default(s, member(s, "ada"), member(s, "bob")))


@scenario()
def pattern_in_turns(s: Stage) -> None:
    a, b, c = (member(s, name) for name in ("ada", "bob", "cy"))
    hold(s, s.ns.RoundRobinPattern(initial_agent=b, agents=[a, b, c]), max_rounds=6)


@scenario()
def pattern_in_turns_with_a_user(s: Stage) -> None:
    a, b = member(s, "ada"), member(s, "bob")
    user = s.agent("user", human_input_mode="ALWAYS")
    s.person("What about me?", "exit")
    hold(s, s.ns.RoundRobinPattern(initial_agent=a, agents=[a, b], user_agent=user), max_rounds=10)


@scenario()
def pattern_by_chance_between_two(s: Stage) -> None:
    a, b = member(s, "ada"), member(s, "bob")
    hold(s, s.ns.RandomPattern(initial_agent=a, agents=[a, b]), max_rounds=5)


@scenario()
def pattern_by_a_model(s: Stage) -> None:
    a, b = member(s, "ada", description="Plans."), member(s, "bob", description="Knows.")
    user = s.agent("user", description="Asks.", default_auto_reply="Thanks.")
    manager = {"llm_config": s.model("bob", "ada", "user")}
    hold(s, s.ns.AutoPattern(initial_agent=a, agents=[a, b], user_agent=user, group_manager_args=manager), max_rounds=5)


@scenario("sync")
def pattern_by_a_model_in_other_words(s: Stage) -> None:
    a, b = member(s, "ada", description="Plans."), member(s, "bob", description="Knows.")
    words = "By {reason}: who of {agentlist}?"
    from importlib import import_module

    home = import_module(f"{s.ns.ConversableAgent.__module__.partition('.')[0]}")
    root = "autogen" if home.__name__ == "autogen" else "convagent.compat"
    targets = import_module(f"{root}.agentchat.group.targets.group_manager_target")
    message = targets.GroupManagerSelectionMessageContextStr(context_str_template=words)
    pattern = s.ns.AutoPattern(
        initial_agent=a, agents=[a, b], group_manager_args={"llm_config": s.model("bob", "ada")},
        selection_message=message, context_variables=s.ns.ContextVariables(data={"reason": "merit"}),
        user_agent=s.agent("user", description="Asks."),
    )  # fmt: skip
    hold(s, pattern, max_rounds=4)


@scenario("sync")
def pattern_by_a_model_that_is_missing(s: Stage) -> None:
    a, b = member(s, "ada"), member(s, "bob")
    hold(s, s.ns.AutoPattern(initial_agent=a, agents=[a, b]))


@scenario()
def pattern_by_a_person(s: Stage) -> None:
    a, b = member(s, "ada"), member(s, "bob")
    user = s.agent("user", human_input_mode="NEVER", default_auto_reply="Thanks.")
    shown = 0 if s.ns.ConversableAgent.__module__.startswith("convagent") else 1  # the classic shows its executor, too
    s.person(str(2 + shown), str(1 + shown), str(3 + shown))
    hold(s, s.ns.ManualPattern(initial_agent=a, agents=[a, b], user_agent=user), max_rounds=5)


# ---------------------------------------------------------------- a model hands over


def triage(s: Stage, *replies: Any, **given: Any) -> tuple[Any, Any, Any]:
    """Return an agent that may hand over to two others."""
    first = member(s, "triage", *replies, **given)
    bill, tech = member(s, "bill", "Paid back.", "Again."), member(s, "tech", "Plug it in.")
    first.handoffs.add_llm_conditions([
        s.ns.OnCondition(target=s.ns.AgentTarget(bill), condition=s.ns.StringLLMCondition(prompt="About money.")),
        s.ns.OnCondition(target=s.ns.AgentNameTarget("tech"), condition=s.ns.StringLLMCondition("About machines.")),
    ])  # fmt: skip
    return first, bill, tech


@scenario()
def model_hands_over(s: Stage) -> None:
    first, bill, tech = triage(s, call("transfer_to_bill_1"))
    hold(s, default(s, first, bill, tech), "My money!")


@scenario()
def model_hands_over_and_back(s: Stage) -> None:
    first, bill, tech = triage(s, call("transfer_to_tech_2"), "Anything else?")
    tech.handoffs.set_after_work(s.ns.AgentTarget(first))
    first.handoffs.set_after_work(s.ns.TerminateTarget())
    user = s.agent("user")
    hold(s, default(s, first, bill, tech, user_agent=user), "My machine!")


@scenario()
def model_hands_over_in_sight(s: Stage) -> None:
    first, bill, tech = triage(s, call("transfer_to_bill_1"))
    hold(s, default(s, first, bill, tech, exclude_transit_message=False), "My money!")


@scenario()
def model_hands_over_with_a_word(s: Stage) -> None:
    said = {"role": "assistant", "content": "One moment.", "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "transfer_to_bill_1", "arguments": "{}"}}]}  # fmt: skip
    first, bill, tech = triage(s, said)
    hold(s, default(s, first, bill, tech), "My money!")


@scenario()
def model_may_hand_over_only_when_available(s: Stage) -> None:
    first, bill, tech = triage(s, "Sorry.")
    first.handoffs.llm_conditions[0].available = s.ns.StringAvailableCondition(context_variable="paying")
    first.handoffs.llm_conditions[1].available = s.ns.ExpressionAvailableCondition(
        expression=s.ns.ContextExpression("len(${machines}) > 0 and not ${closed}")
    )
    variables = s.ns.ContextVariables(data={"machines": ["a"], "closed": False})
    hold(s, default(s, first, bill, tech, context_variables=variables))


@scenario()
def model_is_told_why_to_hand_over_by_variables(s: Stage) -> None:
    first, bill = member(s, "first", "No."), member(s, "bill")
    words = s.ns.ContextStr(template="When {name} asks.")
    first.handoffs.add_llm_condition(
        s.ns.OnCondition(target=s.ns.AgentTarget(bill), condition=s.ns.ContextStrLLMCondition(words))
    )
    hold(s, default(s, first, bill, context_variables=s.ns.ContextVariables({"name": "Ann"})))


@scenario()
def model_ends_it(s: Stage) -> None:
    first = member(s, "first", call("transfer_to_terminate_1"))
    first.handoffs.add_llm_condition(
        s.ns.OnCondition(target=s.ns.TerminateTarget(), condition=s.ns.StringLLMCondition("When done."))
    )
    first.handoffs.set_after_work(s.ns.StayTarget())
    hold(s, default(s, first, member(s, "other")))


@scenario()
def model_hands_over_to_the_user(s: Stage) -> None:
    first = member(s, "first", call("transfer_to_revert_to_user_1"), "Thanks.")
    first.handoffs.add_llm_condition(
        s.ns.OnCondition(target=s.ns.RevertToUserTarget(), condition=s.ns.StringLLMCondition("When unclear."))
    )
    s.person("Seven.")
    hold(s, default(s, first, user_agent=s.agent("user", human_input_mode="ALWAYS")))


@scenario()
def model_hands_over_to_a_nested_chat(s: Stage) -> None:
    first = member(s, "first", call("transfer_to_wrapped_nested_first_1_1"), "Done.")
    one, two = member(s, "one"), member(s, "two")
    queue = [
        {"recipient": one, "max_turns": 1, "summary_method": "last_msg", "message": "What now?"},
        {"recipient": two, "max_turns": 1, "summary_method": "last_msg", "message": "And then?"},
    ]
    first.handoffs.add_llm_condition(s.ns.OnCondition(
        target=s.ns.NestedChatTarget(nested_chat_config={"chat_queue": queue}),
        condition=s.ns.StringLLMCondition("When hard."),
    ))  # fmt: skip
    first.handoffs.set_after_work(s.ns.TerminateTarget())
    hold(s, default(s, first))


@scenario("sync")
def model_hands_over_to_a_group_inside(s: Stage) -> None:
    first = member(s, "first", call("transfer_to_wrapped_group_first_1_1"), "Done.")
    one, two = member(s, "one"), member(s, "two")
    inner = s.ns.RoundRobinPattern(initial_agent=one, agents=[one, two])
    config = s.ns.GroupChatConfig(pattern=inner, messages="", max_rounds=3)
    first.handoffs.add_llm_condition(s.ns.OnCondition(
        target=s.ns.GroupChatTarget(group_chat_config=config), condition=s.ns.StringLLMCondition("When hard."),
    ))  # fmt: skip
    hold(s, default(s, first))


@scenario("sync")
def handing_over_to_a_stranger_is_refused(s: Stage) -> None:
    first, bill, _ = triage(s, "Hello.")
    hold(s, default(s, first, bill))


# ---------------------------------------------------------------- tools hand over


@scenario()
def tool_hands_over_and_sets_variables(s: Stage) -> None:
    bill = member(s, "bill")

    def look_up(order: Annotated[int, "which"], context_variables: s.ns.ContextVariables) -> Any:  # type: ignore[name-defined]
        """Look an order up."""
        s.log("knows", context_variables.to_dict())
        return s.ns.ReplyResult(
            message=f"Order {order} found.", target=s.ns.AgentTarget(bill),
            context_variables=s.ns.ContextVariables(data={"order": order}),
        )  # fmt: skip

    first = member(s, "first", call("look_up", order=7), functions=[look_up])
    variables = s.ns.ContextVariables(data={"name": "Ann", "order": None})
    hold(s, default(s, first, bill, context_variables=variables))


@scenario()
def tool_returns_without_handing_over(s: Stage) -> None:
    def look_up(context_variables: s.ns.ContextVariables) -> str:  # type: ignore[name-defined]
        """Look an order up."""
        context_variables["seen"] = True
        return "Nothing found."

    first = member(s, "first", call("look_up"), "I found nothing.", functions=look_up)
    hold(s, default(s, first))


@scenario()
def tool_sends_back_to_its_caller(s: Stage) -> None:
    def ask_again() -> Any:
        """Ask again."""
        return s.ns.ReplyResult(message="Ask again.", target=s.ns.StayTarget())

    first = member(s, "first", call("ask_again"), "Again, then.", functions=[ask_again])
    hold(s, default(s, first, member(s, "other")))


@scenario()
def tools_of_one_reply_share_variables(s: Stage) -> None:
    bill, tech = member(s, "bill"), member(s, "tech")

    def one(context_variables: s.ns.ContextVariables) -> Any:  # type: ignore[name-defined]
        """The first."""
        return s.ns.ReplyResult(
            message="one", target=s.ns.AgentTarget(bill), context_variables=s.ns.ContextVariables(data={"n": 1})
        )

    def two(context_variables: s.ns.ContextVariables) -> Any:  # type: ignore[name-defined]
        """The second."""
        return s.ns.ReplyResult(
            message=f"two after {context_variables.get('n')}", target=s.ns.AgentTarget(tech),
            context_variables=s.ns.ContextVariables(data={"n": 2}),
        )  # fmt: skip

    calls = [*call("one", 1), *call("two", 2)]
    first = member(s, "first", calls, functions=[one, two])
    hold(s, default(s, first, bill, tech))


@scenario()
def tool_fails_in_a_pattern(s: Stage) -> None:
    def break_it() -> str:
        """Break it."""
        raise ValueError("broken")

    first = member(s, "first", call("break_it"), "It broke.", functions=[break_it])
    hold(s, default(s, first))


@scenario()
def tool_that_nobody_has(s: Stage) -> None:
    def look_up() -> str:
        """Look."""
        return "x"

    first = member(s, "first", call("look_down"), "No.", functions=[look_up])
    hold(s, default(s, first))


@scenario()
def tool_result_of_other_kinds(s: Stage) -> None:
    def look_up() -> Any:
        """Look."""
        return {"a": [1, 2]}

    def look_on() -> Any:
        """Look on."""
        return None

    first = member(s, "first", [*call("look_up", 1), *call("look_on", 2)], "So.", functions=[look_up, look_on])
    hold(s, default(s, first))


# ---------------------------------------------------------------- variables hand over


@scenario()
def variables_hand_over(s: Stage) -> None:
    first, bill, tech = member(s, "first", "Never asked."), member(s, "bill"), member(s, "tech")
    first.handoffs.add_context_conditions([
        s.ns.OnContextCondition(
            target=s.ns.AgentTarget(bill), condition=s.ns.StringContextCondition(variable_name="paying")
        ),
        s.ns.OnContextCondition(
            target=s.ns.AgentTarget(tech),
            condition=s.ns.ExpressionContextCondition(s.ns.ContextExpression("${level} >= 2 | ${name} == 'Ann'")),
        ),
    ])  # fmt: skip
    variables = s.ns.ContextVariables(data={"level": 1, "name": "Ann"})
    hold(s, default(s, first, bill, tech, context_variables=variables))


@scenario()
def variables_hand_over_where_available(s: Stage) -> None:
    first, bill = member(s, "first"), member(s, "bill")
    first.handoffs.add(s.ns.OnContextCondition(
        target=s.ns.AgentTarget(bill), available=s.ns.StringAvailableCondition("open"),
    ))  # fmt: skip
    hold(s, default(s, first, bill, context_variables=s.ns.ContextVariables({"open": ""})))


# ---------------------------------------------------------------- after work


@scenario()
def after_work_by_variables(s: Stage) -> None:
    first, bill, tech = member(s, "first"), member(s, "bill"), member(s, "tech")
    first.handoffs.add_after_works([
        s.ns.OnContextCondition(target=s.ns.AgentTarget(tech)),
        s.ns.OnContextCondition(
            target=s.ns.AgentTarget(bill), condition=s.ns.StringContextCondition(variable_name="paying")
        ),
    ])  # fmt: skip
    tech.handoffs.set_after_work(s.ns.AgentTarget(first))
    bill.handoffs.set_after_work(s.ns.TerminateTarget())

    def pay(agent: Any, messages: Any) -> None:
        agent.context_variables["paying"] = True

    tech.register_hook("update_agent_state", pay)
    hold(s, default(s, first, bill, tech), max_rounds=8)


@scenario()
def after_work_of_the_group(s: Stage) -> None:
    first, other = member(s, "first"), member(s, "other")
    first.handoffs.set_after_work(s.ns.AgentTarget(other))
    user = s.agent("user", human_input_mode="ALWAYS")
    s.person("More.", "exit")
    pattern = default(s, first, other, user_agent=user, group_after_work=s.ns.RevertToUserTarget())
    hold(s, pattern, max_rounds=10)


@scenario()
def after_work_of_the_group_stays(s: Stage) -> None:
    hold(s, default(s, member(s, "first"), group_after_work=s.ns.StayTarget()), max_rounds=4)


@scenario()
def after_work_of_the_user(s: Stage) -> None:
    first, other = member(s, "first"), member(s, "other")
    user = s.agent("user", default_auto_reply="Thanks.")
    first.handoffs.set_after_work(s.ns.RevertToUserTarget())
    user.handoffs.set_after_work(s.ns.AgentTarget(other))
    hold(s, default(s, first, other, user_agent=user), max_rounds=10)


@scenario()
def after_work_by_a_function(s: Stage) -> None:
    first, other = member(s, "first"), member(s, "other")

    def choose(said: str, context_variables: Any, word: str = "") -> Any:
        s.log("chose", [said, context_variables.to_dict(), word])
        return s.ns.FunctionTargetResult(
            messages="Be brief.", target=s.ns.AgentTarget(other),
            context_variables=s.ns.ContextVariables(data={"chosen": True}),
        )  # fmt: skip

    first.handoffs.set_after_work(s.ns.FunctionTarget(choose, extra_args={"word": "x"}))
    hold(s, default(s, first, other), max_rounds=5)


@scenario()
def after_work_of_the_group_by_a_model(s: Stage) -> None:
    first, other = member(s, "first", description="One."), member(s, "other", description="Two.")
    pattern = default(
        s, first, other, group_after_work=s.ns.GroupManagerTarget(), user_agent=s.agent("user", description="Asks."),
        group_manager_args={"llm_config": s.model("other", "first")},
    )  # fmt: skip
    hold(s, pattern, max_rounds=4)


# ---------------------------------------------------------------- beginnings and ends


@scenario()
def pattern_begun_by_a_member(s: Stage) -> None:
    a, b = member(s, "ada"), member(s, "bob")
    begin = [{"content": "Begin.", "role": "user", "name": "bob"}]
    hold(s, s.ns.RoundRobinPattern(initial_agent=a, agents=[a, b]), begin, max_rounds=3)


@scenario()
def pattern_goes_on_from_messages(s: Stage) -> None:
    a, b = member(s, "ada"), member(s, "bob")
    user = s.agent("user")
    said = [
        {"content": "Begin.", "role": "user", "name": "user"}, {"content": "One.", "role": "user", "name": "ada"},
        {"content": "Two.", "role": "user", "name": "bob"},
    ]  # fmt: skip
    hold(s, s.ns.RoundRobinPattern(initial_agent=a, agents=[a, b], user_agent=user), said, max_rounds=3)


@scenario("sync")
def pattern_begun_by_a_stranger(s: Stage) -> None:
    hold(s, default(s, member(s, "ada")), [{"content": "Begin.", "name": "zoe"}])


@scenario()
def pattern_ends_at_a_word(s: Stage) -> None:
    a, b = member(s, "ada", "Well.", "DONE"), member(s, "bob")
    manager = {"is_termination_msg": lambda message: message.get("content") == "DONE"}
    hold(s, s.ns.RoundRobinPattern(initial_agent=a, agents=[a, b], group_manager_args=manager), max_rounds=9)


@scenario()
def pattern_is_summed_up(s: Stage) -> None:
    a, b = member(s, "ada"), member(s, "bob")
    manager = {"llm_config": s.model("Two spoke.")}
    hold(s, s.ns.RoundRobinPattern(
        initial_agent=a, agents=[a, b], group_manager_args=manager, summary_method="reflection_with_llm"
    ), max_rounds=3)  # fmt: skip


@scenario()
def pattern_with_system_messages_from_variables(s: Stage) -> None:
    first = member(
        s, "first", "Hello.", system_message="x",
        update_agent_state_before_reply=[s.ns.UpdateSystemMessage("You serve {name}.")],
    )  # fmt: skip
    hold(s, default(s, first, context_variables=s.ns.ContextVariables(data={"name": "Ann"})))


# ---------------------------------------------------------------- guardrails


def _regex(s: Stage, *given: Any, **more: Any) -> Any:
    from importlib import import_module

    root = "autogen" if s.ns.ConversableAgent.__module__.startswith("autogen") else "convagent.compat"
    return import_module(f"{root}.agentchat.group.guardrails").RegexGuardrail(*given, **more)


@scenario()
def guardrail_on_what_comes_in(s: Stage) -> None:
    first, other = member(s, "first", "Never asked."), member(s, "other")
    first.register_input_guardrail(_regex(s, name="no money", condition=r"mon\w+", target=s.ns.AgentTarget(other)))
    hold(s, default(s, first, other), "My money!")


@scenario()
def guardrail_on_what_goes_out(s: Stage) -> None:
    first, other = member(s, "first", "Here is my secret."), member(s, "other")
    first.register_output_guardrail(_regex(
        s, name="secrets", condition="secret", target=s.ns.AgentTarget(other), activation_message="Withheld.",
    ))  # fmt: skip
    hold(s, default(s, first, other))

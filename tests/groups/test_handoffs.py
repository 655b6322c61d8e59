"""Values of group patterns: conditions over variables, the handovers of an agent, targets as data."""

from __future__ import annotations

from typing import Any

import pytest

from convagent import (
    AgentNameTarget,
    AskUserTarget,
    ContextExpression,
    ContextStr,
    ContextVariables,
    ConversableAgent,
    GroupManagerTarget,
    Handoffs,
    OnCondition,
    OnContextCondition,
    RandomAgentTarget,
    RevertToUserTarget,
    StayTarget,
    StringContextCondition,
    StringLLMCondition,
    TerminateTarget,
)
from convagent.errors import ConfigError, ExpressionError, VariableMissing
from convagent.handoffs.targets import read_target

VALUES = ContextVariables({
    "yes": True, "no": False, "n": 3, "name": "Ann", "quote": "it's \\ \"it\"", "empty": [], "some": ["a"],
    "none": None, "my-key": 7,
})  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${yes}", True),
        ("not ${yes}", False),
        ("!${no} & ${n} > 2", True),
        ("!(${yes} | ${no})", False),
        ("${no} or ${n} == 3 and ${name} == 'Ann'", True),
        ("${name} != \"Ann\"", False),
        ("1 < ${n} <= 3", True),
        ("${n} >= -1", True),
        ("len(${some}) == 1 and len(${empty}) == 0", True),
        ("len(${n}) == 0", True),
        ("${empty}", False),
        ("${some} == True", True),
        ("${none} == None", True),
        ("${my-key} == 7", True),
        ("${name} == 'a & b'", False),
        ("${quote} == 'x' or ${quote} != ''", True),
    ],
)  # fmt: skip
def test_expression_is_true_of_variables(text: str, expected: bool) -> None:
    """Words or symbols; a list stands for whether there is anything in it."""
    assert ContextExpression(text).evaluate(VALUES) is expected


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("${a} and", ExpressionError, "cannot be read"),
        ("yes", ConfigError, r"names 'yes'; a variable is written \$\{yes\}"),
        ("open('x')", ConfigError, "holds"),
        ("${a} + 1", ConfigError, "expected variables"),
        ("${a} in ${b}", ConfigError, "expected variables"),
        ("len(${a}, ${b})", ConfigError, "expected variables"),
    ],
)
def test_expression_is_refused_where_it_is_made(text: str, error: type[Exception], says: str) -> None:
    """It is no program: nothing of it is evaluated as Python."""
    with pytest.raises(error, match=says):
        ContextExpression(text)


def test_expression_names_the_variable_that_is_missing() -> None:
    """A KeyError, as in the classic."""
    with pytest.raises(VariableMissing, match=r"^Missing context variable: 'x'; '\$\{x\} > 1' asks for it") as raised:
        ContextExpression("${x} > 1").evaluate({})
    assert isinstance(raised.value, KeyError)


def test_expression_says_what_cannot_be_compared() -> None:
    """A text is not more than a number."""
    with pytest.raises(ConfigError, match="cannot be evaluated"):
        ContextExpression("${name} > 1").evaluate(VALUES)


def test_text_is_filled_from_variables() -> None:
    """Without any variables it stays as it stands."""
    words = ContextStr(template="For {name}.")
    assert (words.format(VALUES), words.format(ContextVariables())) == ("For Ann.", "For {name}.")


def test_after_work_without_a_condition_comes_last_and_once() -> None:
    """However they are added; `set_after_work` takes the place of all of them."""
    when = OnContextCondition(TerminateTarget(), StringContextCondition("a"))
    always, other = OnContextCondition(StayTarget()), OnContextCondition(TerminateTarget())
    handoffs = Handoffs().add_after_work(always).add_after_works([when, other]).add_after_work(when)
    assert handoffs.after_works == [when, when, other]
    assert handoffs.set_after_work(StayTarget()).after_works == [OnContextCondition(StayTarget())]


def test_handovers_of_an_agent_are_found_by_their_targets() -> None:
    """The classic's ways to look at them, and to chain what is added."""
    by_model = OnCondition(TerminateTarget(), StringLLMCondition("x"))
    by_variable = OnContextCondition(StayTarget())
    handoffs = ConversableAgent("ada").handoffs.add_many([by_model, by_variable])
    assert handoffs.get_llm_conditions_by_target_type(TerminateTarget) == [by_model]
    assert handoffs.get_context_conditions_by_target_type(StayTarget) == [by_variable]
    assert handoffs.get_llm_conditions_requiring_wrapping() == []
    handoffs.set_llm_function_names()
    assert by_model.llm_function_name == "transfer_to_terminate_1"
    assert handoffs.clear().llm_conditions == []


@pytest.mark.parametrize(
    "target",
    [
        AgentNameTarget("ada"), TerminateTarget(), StayTarget(), RevertToUserTarget(), AskUserTarget(),
        GroupManagerTarget(), RandomAgentTarget([ConversableAgent("ada"), ConversableAgent("bob")]),
    ],
    ids=lambda target: type(target).__name__,
)  # fmt: skip
def test_target_is_the_same_after_it_was_data(target: Any) -> None:
    """So a journal keeps it."""
    import json

    found = read_target(json.loads(json.dumps(target.as_json())), [])
    assert (type(found), found.as_json()) == (type(target), target.as_json())
    assert target.normalized_name().isidentifier()


def test_variables_are_a_dictionary_with_the_classics_words() -> None:
    """And say of themselves what they hold."""
    found = ContextVariables(data={"a": 1})
    found.set("b", 2)
    found.update({"c": 3})
    assert (found.get("a"), found["b"], found.contains("c"), "d" in found, len(found)) == (1, 2, True, False, 3)
    assert (found.remove("a"), found.remove("a")) == (True, False)
    assert list(found.items()) == [("b", 2), ("c", 3)]
    assert str(found) == "ContextVariables({'b': 2, 'c': 3})"
    assert ContextVariables.from_dict({"x": 1}).to_dict() == {"x": 1}
    with pytest.raises(KeyError, match="y"):
        found["y"]

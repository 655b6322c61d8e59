"""What a printer says of decisions that were made elsewhere: one line a fact."""

from __future__ import annotations

import io
from typing import Any

import pytest

from convagent import ConversableAgent, NobodyReachable, ScriptedModel, tool
from convagent.events import ProgressEvent, StreamEvent
from convagent.human import approve, edit, reject
from convagent.observers.printer import Printer
from convagent.oversight.predicate import arg
from convagent.oversight.words import ask, deny, when
from convagent.testing import Fake, after, silent


def facts(policy: Any, people: Fake | None, *amounts: float, **more: Any) -> list[str]:
    """Hold a chat in which payments are proposed; return the lines in brackets that a printer wrote."""

    @tool(approval=policy)
    def pay(amount: float) -> str:
        """Pay."""
        return "paid"

    calls = [{"name": "pay", "arguments": {"amount": amount}} for amount in amounts or (500.0,)]
    bot = ConversableAgent("bot", llm_config=ScriptedModel([calls, "done"]), tools=[pay], human_input_mode="NEVER")
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    out = io.StringIO()
    given = {"message": "pay", "max_turns": 1, "observers": [Printer(out)], **more}
    try:
        for _ in user.run(bot, people=people, **given):
            pass
    except NobodyReachable:
        pass
    assert "May bot call" not in out.getvalue(), "the question itself is for who is asked"
    lines = [line for line in out.getvalue().splitlines() if line.startswith("[")]
    return [line for line in lines if "scripted replies" not in line]


def test_decision_is_a_line_when_it_was_made_elsewhere() -> None:
    """Who, where and after what time."""
    assert facts(ask("ada"), Fake(ada=approve)) == ["[pay: approved by ada (fake)]"]
    assert facts(ask("ada"), Fake(ada=after("3200ms", approve))) == ["[pay: approved by ada (fake) after 3.2s]"]
    assert facts(ask("ada"), Fake(ada=after("40m", reject("too much")))) == [
        "[pay: rejected by ada (fake) after 40m: too much]"
    ]
    assert facts(when(arg.amount > 100, ask("ada")), Fake(ada=edit(amount=5)))[0] == "[pay: changed by ada (fake)]"


def test_each_vote_is_a_line_when_several_have_to_agree() -> None:
    """It is told whose word was not the last one needed."""
    people = Fake(roles={"ada": ["finance"], "bob": ["finance"]}, ada=approve, bob=after("1h", approve))
    assert facts(ask("finance", need=2), people) == [
        "[pay: approved by ada (fake); more people have to]",
        "[pay: approved by bob (fake) after 1h]",
    ]


def test_escalation_is_a_line_when_nobody_answered() -> None:
    """Who did not answer, in what time, and what follows."""
    policy = ask("clerk", within="1d") >> ask("manager", within="2d") >> deny("nobody answered")
    assert facts(policy, Fake(clerk=silent, manager=silent)) == [
        "[pay: clerk did not answer in 1d; it goes to manager]",
        "[pay: manager did not answer in 2d; it is denied: nobody answered]",
    ]
    assert facts(policy, Fake(manager=approve)) == [
        "[pay: clerk cannot be reached; it goes to manager]",
        "[pay: approved by manager (fake)]",
    ]


def test_end_of_the_run_is_told_when_nobody_can_be_reached() -> None:
    """Not reaching anybody is not called a denial."""
    assert facts(ask("clerk"), Fake(manager=approve)) == ["[pay: clerk cannot be reached; the run ends]"]


def test_refused_answer_is_a_line_when_somebody_else_gave_it() -> None:
    """An answer that does not count is told with its reason."""
    (line, *_) = facts(ask("clerk", within="1h"), Fake(clerk="yes please"))
    assert line.startswith("[refused answer of clerk (fake): 'yes please' is not a decision; expected one of: approve")


def test_denial_is_a_line_when_a_rule_made_it() -> None:
    """What a rule denies nobody is asked about; the reason is told. What it allows needs no line."""
    assert facts(when(arg.amount > 100, deny("over the limit")), None) == ["[pay: denied by its rules: over the limit]"]
    assert facts(when(arg.amount > 1000, deny("over the limit")), None) == []


def test_grant_is_a_line_when_somebody_says_always() -> None:
    """What was granted is told, and each time it stands in for a person."""
    said = facts(when(arg.amount > 100, ask("ada")), Fake(ada=approve.always_for("clause")), 500.0, 600.0)
    assert said == [
        "[pay: approved by ada (fake)]",
        "[pay: from now on approved by ada where amount > 100]",
        '[pay: approved by an earlier "always"]',
    ]


def test_nothing_is_said_when_the_run_is_silent() -> None:
    """A silent run shows no decisions either."""
    policy = ask("clerk", within="1d") >> ask("manager")
    assert facts(policy, Fake(clerk=silent, manager=approve), silent=True) == []
    assert facts(deny("no"), None, silent=True) == []


@pytest.mark.parametrize(
    "event",
    [
        ProgressEvent(tool="copy", done=3, total=8, note="rows"),
        StreamEvent(text="dra", sender="bot", recipient="user", draft=True),
    ],
    ids=["progress", "draft"],
)
def test_nothing_is_written_when_it_is_for_the_moment_only(event: Any) -> None:
    """How far a tool is, and a reply that is not said yet, have no place in a transcript."""
    out = io.StringIO()
    printer = Printer(out)
    printer(event)
    printer.close()
    assert out.getvalue() == ""

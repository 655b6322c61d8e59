"""The rules of oversight that only a run can show, by their numbers; see also `test_rules_of_values.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convagent import ConversableAgent, NobodyReachable, ScriptedModel, arg, secret, tool
from convagent.audit import AuditLog
from convagent.events import DecidedEvent, Event, ExecuteFunctionEvent, InputRequestEvent, StreamEvent
from convagent.human import HumanRequest, approve, edit, reject
from convagent.oversight.words import ask, at, deny, when
from convagent.testing import Fake, OpenAIServer, after, silent
from tests.oversight.till import Till, bot_for, pay, told, user


def test_rule_01_edit_is_judged_by_the_whole_policy_and_lapses_earlier_approvals() -> None:
    """The rule that did not fire before fires now; the other person's approval was of what it no longer is."""
    till, me = Till(when(arg.amount > 1000, deny("above the limit")) | ask("clerk", "boss", need=2)), user()
    bot = bot_for([till.pay], [[pay(5)], [pay(6)], "done"])
    people = Fake(clerk=[approve, approve, approve], boss=[edit(amount=5000), edit(amount=7), silent])
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=people)
    assert told(bot, me).startswith("Error: pay was not allowed: above the limit\n")
    assert [(r.action.arguments["amount"], r.given) for r in people.asked if r.action] == [
        (5.0, ()), (6.0, ()), (7, ("boss",)),
    ]  # fmt: skip
    assert till.paid == [7.0]


def test_rule_06_at_most_once_and_in_doubt_is_a_question() -> None:
    """A time-out of a payment is not tried again: a person says what is to be done."""
    made: list[int] = []

    @tool(approval=ask("oncall") & at("error", ask("oncall")))
    def pay_out(amount: int) -> str:
        """Pay."""
        made.append(amount)
        raise TimeoutError("no answer")

    people = Fake(oncall=[approve, "respond it was made"])
    bot, me = bot_for([pay_out], [[{"name": "pay_out", "arguments": {"amount": 5}}], "done"]), user()
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=people)
    assert made == [5]
    assert people.asked[1].action is not None
    assert people.asked[1].action.failure is not None
    assert people.asked[1].action.failure.doubt
    assert told(bot, me) == "it was made"


def test_rule_07_nothing_that_has_returned_runs_again() -> None:
    """What a turn did before it waited for a person is done once, whatever the person decides."""
    effects: list[str] = []

    @tool(parallel=False)
    def note(text: str) -> str:
        """Write it down."""
        effects.append(text)
        return "noted"

    till, me = Till(ask("clerk")), user()
    calls = [{"name": "note", "arguments": {"text": "begun"}}, pay(1), pay(2)]
    bot = bot_for([note, till.pay], [calls, "done"])
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=Fake(clerk=[edit(amount=3), reject()]))
    assert effects == ["begun"]
    assert till.paid == [3.0]


def test_rule_08_ungated_siblings_run_and_keep_their_results() -> None:
    """Who needs nobody has run before the person decides, and its result stands in its place."""
    seen: list[str] = []

    @tool(effect="read")
    async def look(what: str) -> str:
        """Look."""
        seen.append(what)
        return f"saw {what}"

    def clerk(request: HumanRequest) -> Any:
        assert seen == ["a", "b"]
        return reject("no")

    def looks(what: str) -> dict[str, Any]:
        return {"name": "look", "arguments": {"what": what}}

    till, me = Till(ask("clerk")), user()
    bot = bot_for([look, till.pay], [[looks("a"), pay(1), looks("b")], "done"])
    me.initiate_chat(bot, message="go", max_turns=1, silent=True, people=Fake(clerk=after("1h", clerk)))
    assert told(bot, me) == "saw a\n\nError: pay was not allowed by clerk: no\n\nsaw b"


def test_rule_12_not_reaching_a_person_is_its_own_outcome() -> None:
    """It ends the run with what was said so far; it is not told to the model as a denial."""
    till, me = Till(ask("auditor")), user()
    model = ScriptedModel([[pay(5)], "done"])
    bot = ConversableAgent("bot", llm_config=model, tools=[till.pay], human_input_mode="NEVER")
    with pytest.raises(NobodyReachable, match="needs auditor") as caught:
        me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=Fake(clerk=approve))
    assert len(model.requests) == 1
    assert till.paid == []
    assert caught.value.result is not None


def test_rule_13_only_the_name_of_a_secret_leaves_the_tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the question nor an event nor the audit log holds the value."""
    monkeypatch.setenv("PAY_KEY", "hunter2-hunter2")
    used: list[str] = []

    @tool(approval=ask("clerk"))
    def transfer(amount: int, key: str = secret("PAY_KEY")) -> str:
        """Pay."""
        used.append(key)
        return f"done with {key}"

    path, people = tmp_path / "audit.jsonl", Fake(clerk=approve)
    bot, me = bot_for([transfer], [[{"name": "transfer", "arguments": {"amount": 5}}], "done"]), user()
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=people, observers=[AuditLog(path)])
    assert used == ["hunter2-hunter2"]
    assert "hunter2" not in path.read_text(encoding="utf-8")
    assert "hunter2" not in repr(people.asked)
    assert "[secret PAY_KEY]" in told(bot, me)


def test_rule_14_model_is_told_of_an_edit() -> None:
    """Its next request holds who changed what, so that it does not repeat its own call."""
    till, me, model = Till(ask("clerk")), user(), ScriptedModel([[pay(50)], "done"])
    bot = ConversableAgent("bot", llm_config=model, tools=[till.pay], human_input_mode="NEVER")
    me.initiate_chat(bot, message="pay", max_turns=1, silent=True, people=Fake(clerk=edit(amount=5)))
    last = model.requests[1].messages[-1]
    assert 'clerk changed the arguments of this call before it was made: {"amount":5}' in str(last.get("content"))


def test_rule_15_storage_grows_by_what_happened(tmp_path: Path) -> None:
    """One row an event, and none for the pieces of a stream; no row repeats the history."""
    path, events = tmp_path / "audit.jsonl", list[Event]()
    me = user()
    with OpenAIServer(["one two three four"], repeat_last=True) as server:
        bot = ConversableAgent("bot", llm_config=server.llm_config(stream=True), human_input_mode="NEVER")
        log = AuditLog(path)
        me.initiate_chat(bot, message="count", max_turns=10, silent=True, observers=[log, events.append])
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert any(isinstance(e, StreamEvent) for e in events)
    assert len(rows) == sum(not e.transient for e in events)
    sizes = [len(json.dumps(row)) for row in rows]
    assert max(sizes) < 3 * sorted(sizes)[len(sizes) // 2] + 1000


def test_rule_16_nested_agent_asks_the_same_people() -> None:
    """A chat begun inside a tool is under the outer rule and asks through the outer run."""
    till, me = Till(), user()

    @tool
    async def delegate(task: str) -> str:
        """Let another agent do it."""
        inner = ConversableAgent(
            "inner", llm_config=ScriptedModel([[pay(7)], "paid it"]), tools=[till.pay], human_input_mode="NEVER"
        )
        return (await user().a_initiate_chat(inner, message=task, max_turns=1)).summary

    events, people = list[Event](), Fake(clerk=approve)
    bot = bot_for([delegate], [[{"name": "delegate", "arguments": {"task": "pay 7"}}], "done"])
    me.initiate_chat(
        bot, message="go", max_turns=1, silent=True, people=people, oversight=ask("clerk"), observers=[events.append]
    )
    assert [r.agent for r in people.asked] == ["bot", "inner"]
    asked, decided, ran = (
        next(
            i for i, e in enumerate(events) if isinstance(e, kind) and "inner" in (e.agent, getattr(e, "recipient", ""))
        )
        for kind in (InputRequestEvent, DecidedEvent, ExecuteFunctionEvent)
    )
    assert asked < decided < ran
    assert till.paid == [7.0]

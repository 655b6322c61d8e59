"""Group patterns in a journal: killed after every write, or while a handover waits, they end as an undisturbed one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from convagent import (
    AgentTarget,
    ContextVariables,
    ConversableAgent,
    DefaultPattern,
    FunctionTarget,
    FunctionTargetResult,
    OnCondition,
    OnContextCondition,
    ReplyResult,
    StringContextCondition,
    StringLLMCondition,
    approve,
    ask,
    at,
    edit,
    run_group_chat,
)
from convagent.agents.durable import resume
from convagent.errors import FencedError
from convagent.human import try_again
from convagent.journal import Inbox
from convagent.journal.base import Batch, Journal
from convagent.testing import ScriptedModel
from tests.durable.teams import call, decide, pending, status, work


@dataclass
class Desk:
    """Makes the same pattern for each process of a test; what its tools did outlives them."""

    done: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    def pattern(self, **given: Any) -> DefaultPattern:
        def pay(amount: int, context_variables: ContextVariables) -> ReplyResult:
            """Pay."""
            self.done.append(f"{amount} to {context_variables['name']}")
            context_variables["log"] = [*context_variables["log"], amount]
            return ReplyResult(f"Paid {amount}.", AgentTarget(clerk), {"paid": amount})

        def choose(said: str, variables: ContextVariables) -> FunctionTargetResult:
            self.chosen.append(said)
            return FunctionTargetResult(
                target=AgentTarget(bill), messages="Be brief.", context_variables={"chosen": True}
            )

        triage = self.agent("triage", [[call("transfer_to_bill_1")]])
        bill = self.agent("bill", [[call("pay", amount=40)], "Goodbye."], functions=[pay])
        clerk = self.agent("clerk")
        triage.handoffs.add_llm_condition(OnCondition(AgentTarget(bill), StringLLMCondition("Money.")))
        clerk.handoffs.set_after_work(FunctionTarget(choose))
        clerk.handoffs.add_context_condition(OnContextCondition(AgentTarget(triage), StringContextCondition("gone")))
        variables = ContextVariables({"name": "nobody", "log": []})
        return DefaultPattern(triage, [triage, bill, clerk], context_variables=variables, **given)

    def agent(self, name: str, script: Any = (), **given: Any) -> ConversableAgent:
        model = ScriptedModel(list(script)) if script else False
        return ConversableAgent(
            name, llm_config=model, human_input_mode="NEVER", default_auto_reply=f"I am {name}.", **given
        )

    def agents(self) -> list[ConversableAgent]:
        return [self.pattern().manager]

    def begin(self, journal: Journal, **given: Any) -> str:
        """Keep a run whose variables are its own, and let go of it before it has done anything."""
        pattern = self.pattern()
        pattern.context_variables["name"] = "Ann"
        from convagent.agents.durable import enqueue

        return enqueue(journal, pattern.manager.opener, pattern.manager, message="Hi.", run_id="run", **given)

    def finish(self, journal: Journal) -> Any:
        for _ in range(60):
            work(journal, self.agents)
            for request in Inbox(journal).pending():
                decide(journal, try_again if request.request.action.kind == "error" else approve, request=request.id)
            if status(journal) == "done":
                break
        assert status(journal) == "done"
        return resume(journal, "run", self.agents()).result


class Killed:
    """A journal whose process ends right after the nth thing was written."""

    def __init__(self, journal: Journal, nth: int) -> None:
        self._journal, self._left = journal, nth

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def append(self, claim: Any, batch: Batch) -> bool:
        written = self._journal.append(claim, batch)
        self._left -= 1
        if self._left == 0 and batch.status is None:
            self._journal.append(claim, Batch(status="ready"))
            raise FencedError("died")
        return written


SPOKE = ["_User", "triage", "_Group_Tool_Executor", "bill", "_Group_Tool_Executor", "clerk", "bill"]
VARIABLES = {"name": "Ann", "log": [40], "paid": 40, "chosen": True}


@pytest.mark.parametrize("nth", range(1, 16))
def test_pattern_ends_as_an_undisturbed_one_when_its_process_dies_after_a_write(journal: Journal, nth: int) -> None:
    """Between speakers, in the tool's turn, after a handover: the same history, variables, effects and choices."""
    desk = Desk()
    desk.begin(journal)
    work(Killed(journal, nth), desk.agents)  # type: ignore[arg-type]
    result = desk.finish(journal)
    assert [m["name"] for m in result.chat_history] == SPOKE
    assert result.chat_history[-1]["content"] == "Goodbye."
    assert dict(result.context_variables) == VARIABLES
    assert (desk.done, desk.chosen) == (["40 to Ann"], ["I am clerk."])


def test_handover_waits_for_its_approval_and_is_sent_elsewhere(journal: Journal) -> None:
    """While no process is there; what was done before is not done again."""
    desk = Desk()
    desk.begin(journal, oversight=at("handoff", ask("boss")))
    work(journal, desk.agents)
    request = pending(journal).request
    assert request.action is not None
    assert (request.action.kind, request.action.agent, request.action.arguments["to"]) == ("handoff", "triage", "bill")
    decide(journal, edit(to="clerk"))
    work(journal, desk.agents)
    assert pending(journal).request.action.arguments["to"] == "bill"  # type: ignore[union-attr] # after its work
    result = desk.finish(journal)
    assert [m["name"] for m in result.chat_history][:4] == ["_User", "triage", "_Group_Tool_Executor", "clerk"]
    assert desk.done == ["40 to Ann"]


def test_tool_waits_for_its_approval_and_is_called_once(journal: Journal) -> None:
    """The executor's turn is entered again with the variables as they were; a handover is no tool to be approved."""
    desk = Desk()
    desk.begin(journal, oversight=ask("boss"))
    work(journal, desk.agents)
    request = pending(journal).request
    assert request.action is not None
    assert (request.action.name, request.action.agent, desk.done) == ("pay", "bill", [])
    result = desk.finish(journal)
    assert ([m["name"] for m in result.chat_history], desk.done) == (SPOKE, ["40 to Ann"])
    assert dict(result.context_variables) == VARIABLES


def test_run_of_a_pattern_is_kept_and_read_again(journal: Journal) -> None:
    """`journal=` keeps it; its result is read with the pattern's manager alone."""
    desk = Desk()
    pattern = desk.pattern()
    response = run_group_chat(pattern, "Hi.", journal=journal)
    response.process()
    (run,) = journal.runs()
    result = resume(journal, run.id, desk.agents()).result
    assert (result.summary, dict(result.context_variables)) == ("Goodbye.", {**VARIABLES, "name": "nobody"})
    assert desk.done == ["40 to nobody"]

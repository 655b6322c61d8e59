"""Magentic teams in a journal: killed after every write and while plan or answer wait, they end as undisturbed ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from convagent import (
    ConversableAgent,
    Magentic,
    ScriptedModel,
    approve,
    ask,
    at,
    edit,
    reject,
    revise,
)
from convagent.journal.base import Journal
from convagent.testing import progress_ledger, task_done, task_ledger
from tests.durable.mortal import Death, Ledger
from tests.durable.places import SQLitePlace
from tests.durable.teams import Noting, call, decide, pending, status, work
from tests.teams.kept import begin, finish, kept, mortal_noting, named, noting, survived, texts

WRITE, TEST = progress_ledger("coder", "Write it."), progress_ledger("tester", "Test it.")
STALLED = progress_ledger("coder", "Try again.", progressing=False, reason="it is locked")
SCRIPT = (
    task_ledger("coder does it", given="one"), WRITE, STALLED, "no ledger", task_ledger("tester helps", given="two"),
    TEST, task_done(), "Made.", TEST, task_done(), "Made and tested.",
)  # fmt: skip
"""A plan, a step, a stall, a new plan at the second attempt, a step, an answer that is sent back, a step, an answer."""
SAID = [
    "user: Begin.", "orchestrator: Write it.", "coder: Done.", "orchestrator: Test it.", "tester: Tested.",
    "orchestrator: Test it.", "tester: Tested again.", "orchestrator: Made and tested.",
]  # fmt: skip


@dataclass
class Crew:
    """Makes the same team for each process; what was done and asked outlives them."""

    done: list[str] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def agents(self) -> list[ConversableAgent]:
        def member(name: str, *script: Any) -> ConversableAgent:
            return ConversableAgent(name, llm_config=ScriptedModel(list(script)), tools=[noting(self.done)])

        coder = member("coder", [call("note", text="a")], "Done.")
        tester = member("tester", [call("note", text="b")], "Tested.", "Tested again.")
        rules = at("plan", ask("lead")) & at("finish", ask("lead"))
        team = Magentic([coder, tester], llm_config=Noting(SCRIPT, self.asked), max_stalls=1, oversight=rules)
        return [team, ConversableAgent("user", llm_config=False, human_input_mode="NEVER")]


def lead(request: Any) -> Any:
    """Approve plans, and the answer once it was tested."""
    answer = request.action.arguments.get("answer")
    return revise("test it again") if answer == "Made." else approve


def ended(journal: Journal, crew: Crew, answer: Any = lead, **given: Any) -> tuple[list[str], str]:
    said, reason = finish(journal, crew.agents, answer, **given)
    return [one for one in said if "The plan:" not in one], reason


@pytest.mark.parametrize("nth", range(1, 14))
def test_work_ends_as_undisturbed_when_its_process_dies_after_a_write(journal: Journal, nth: int) -> None:
    """Between ledger and speaker, in a tool's turn, at a question: the same history and plans, each effect once."""
    crew = Crew()
    begin(journal, crew.agents)
    assert ended(journal, crew, dies_after=nth) == (SAID, "The task is done")
    assert crew.done == ["a", "b"]
    plans = [(e["facts"], e["plan"], e.get("number", 1), e["by"]) for e in kept(journal, "plan")]
    assert plans == [("Given:\n- one", "coder does it", 1, "ann"), ("Given:\n- two", "tester helps", 2, "ann")]
    assert [e.get("stalls", 0) for e in kept(journal, "plan_progress")] == [0, 1, 0, 0, 0, 0]


def test_run_parks_while_plan_and_answer_wait_and_no_ledger_is_made_twice(journal: Journal) -> None:
    """Over four processes the orchestrator is asked each thing once, also where what it sent could not be used."""
    crew = Crew()
    begin(journal, crew.agents)
    work(journal, crew.agents)
    request = pending(journal).request
    assert (status(journal), request.prompt) == ("waiting", "May orchestrator work by this plan?")
    assert crew.done == []
    assert ended(journal, crew)[0] == SAID
    assert (crew.done, crew.asked) == (["a", "b"], list(range(len(SCRIPT))))


def test_plan_is_changed_while_no_process_is_there(journal: Journal) -> None:
    """The work goes on by what the person wrote."""
    crew = Crew()
    begin(journal, crew.agents)
    work(journal, crew.agents)
    assert decide(journal, edit(plan="1. coder alone", facts="Nothing.")) == "accepted"
    ended(journal, crew)
    first = kept(journal, "plan")[0]
    assert (first["facts"], first["plan"]) == ("Nothing.", "1. coder alone")


def test_plan_is_made_anew_in_another_process_when_it_is_sent_back(journal: Journal) -> None:
    """The wish counts there, and the ledger before it is not asked for again."""
    crew = Crew()
    begin(journal, crew.agents)
    work(journal, crew.agents)
    assert decide(journal, revise("shorter")) == "accepted"
    work(journal, crew.agents)
    assert crew.asked[:2] == [0, 1]
    assert crew.asked.count(0) == 1


def test_rejected_plan_ends_the_run_in_another_process(journal: Journal) -> None:
    """With the reason of whoever rejected it."""
    crew = Crew()
    begin(journal, crew.agents)
    said, reason = ended(journal, crew, lambda request: reject("too dear"))
    assert (said, reason, crew.done) == (["user: Begin."], "The plan was not approved by ann: too dear", [])


# ---------------------------------------------------------------- real processes, really killed


def mortal(ledger: Ledger, death: Death) -> list[ConversableAgent]:
    """Return a team whose members have a tool each that dies where it is told to, and its customer."""

    def member(name: str) -> ConversableAgent:
        model = ScriptedModel([[call("note", text=name)], f"{name} is done."])
        return ConversableAgent(name, llm_config=model, tools=[mortal_noting(ledger, death)])

    script = (task_ledger("both work"), WRITE, TEST, task_done(), "Made.")
    rules = at("plan", ask("lead")) & at("finish", ask("lead"))
    crew = [member("coder"), member("tester")]
    team = Magentic(crew, llm_config=ScriptedModel(list(script)), name="desk", oversight=rules)
    return [team, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


DEATHS = [
    *[(1, Death("effect", after, nth)) for nth in (1, 2) for after in (False, True)],
    *[(process, Death(mark, True)) for process in (0, 1) for mark in ("ask", "park")],
    *[(1, Death("turn", after, nth)) for nth in (1, 2) for after in (False, True)],
    *[(2, Death("finish", after)) for after in (False, True)],
]
"""In which of its processes it dies, and where: the first one waits with the plan, the second with the answer."""


@pytest.mark.parametrize(("process", "death"), DEATHS, ids=map(named, DEATHS))
def test_effects_are_done_once_when_a_process_is_killed(
    file: SQLitePlace, tmp_path: Path, process: int, death: Death
) -> None:
    """Inside a tool, before and after what it does, between speakers, and while plan or answer wait."""
    said = texts(survived(file, tmp_path, mortal, process, death))
    steps = ["Write it.", "coder is done.", "Test it.", "tester is done."]
    assert said == ["pay", "The plan:\nboth work", *steps, "Made."]

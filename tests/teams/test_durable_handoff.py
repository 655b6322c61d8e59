"""Handoffs in a journal: killed after every write, inside tools, and while one waits, they end as undisturbed ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from convagent import (
    ConversableAgent,
    Handoff,
    Human,
    ScriptedModel,
    Sequential,
    approve,
    ask,
    at,
    edit,
    reject,
)
from convagent.journal.base import Journal
from tests.durable.mortal import Death, Ledger
from tests.durable.places import SQLitePlace
from tests.durable.teams import Noting, call, decide, pending, status, work
from tests.teams.kept import begin, finish, kept, mortal_noting, named, noting, survived, texts


def to(name: str, reason: str = "theirs") -> dict[str, Any]:
    return call(f"transfer_to_{name}", reason=reason)


@dataclass
class Desk:
    """Makes the same desk for each process; what was done and asked outlives them."""

    done: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)

    def agents(self) -> list[ConversableAgent]:
        def member(name: str, *script: Any) -> ConversableAgent:
            asked: Any = Asked(name, self.asked)
            return ConversableAgent(name, llm_config=Noting(list(script), asked), tools=[noting(self.done)])

        triage = member("triage", [call("note", text="a")], [to("billing")], "Then I do it.")
        billing = member("billing", [call("note", text="b"), to("tech", "the shop is down")], "Refunded.", "Bye.")
        tech = member("tech", "Restarted.", "Bye from tech.")
        user = ConversableAgent("user", llm_config=ScriptedModel(["Thanks."]), human_input_mode="NEVER")
        return [Handoff([triage, billing, tech], oversight=at("handoff", ask("boss"))), user]


@dataclass
class Asked:
    """Counts what a model is asked, by agent and position."""

    name: str
    counts: Counter[str]

    def append(self, turn: int) -> None:
        self.counts[f"{self.name}/{turn}"] += 1


SAID = ["user: Begin.", "tech: Restarted.", "user: Thanks.", "tech: Bye from tech."]


@pytest.mark.parametrize("nth", range(1, 14))
def test_handoffs_end_as_undisturbed_when_their_process_dies_after_a_write(journal: Journal, nth: int) -> None:
    """Between speakers, in a tool's turn, at a question: the same history, each effect and each handoff once."""
    desk = Desk()
    begin(journal, desk.agents, max_turns=2)
    assert finish(journal, desk.agents, lambda request: approve, nth) == (SAID, "A reply was given")
    assert desk.done == ["a", "b"]
    told = [(e["source"], e["target"], e["reason"], e["by"]) for e in kept(journal, "handoff")]
    assert told == [("triage", "billing", "theirs", "ann"), ("billing", "tech", "the shop is down", "ann")]


def test_run_parks_while_a_handoff_waits_and_nothing_is_asked_or_done_twice(journal: Journal) -> None:
    """Each process goes on where the other stopped: with the word where it was, and the counted requests."""
    desk = Desk()
    begin(journal, desk.agents, max_turns=2)
    work(journal, desk.agents)
    request = pending(journal).request
    assert (status(journal), request.prompt) == ("waiting", "May triage hand over to billing?")
    assert finish(journal, desk.agents, lambda request: approve)[0] == SAID
    assert desk.done == ["a", "b"]
    assert set(desk.asked.values()) == {1}
    assert sorted(desk.asked) == ["billing/0", "tech/0", "tech/1", "triage/0", "triage/1"]


def test_handoff_is_re_routed_while_no_process_is_there(journal: Journal) -> None:
    """The one in the next process goes to whom the person named; the tool before it is not run again."""
    desk = Desk()
    begin(journal, desk.agents)
    work(journal, desk.agents)
    assert decide(journal, edit(to="tech", reason="it is down")) == "accepted"
    said, _ = finish(journal, desk.agents, lambda request: approve)
    assert (said, desk.done) == (["user: Begin.", "tech: Restarted."], ["a"])
    assert [(e["target"], e["by"]) for e in kept(journal, "handoff")] == [("tech", "ann")]


def test_rejected_one_goes_on_in_another_process(journal: Journal) -> None:
    """It reads why, and keeps the word."""
    desk = Desk()
    begin(journal, desk.agents)
    assert finish(journal, desk.agents, lambda request: reject("closed"))[0] == [
        "user: Begin.",
        "triage: Then I do it.",
    ]
    assert kept(journal, "handoff") == []
    results = [e["message"]["content"] for e in kept(journal, "tool_response")]
    assert results == ["noted", "Not handed over to billing, as ann decided: closed. Go on yourself."]


@pytest.mark.parametrize("nth", range(12))
def test_desk_inside_a_pipeline_ends_as_undisturbed_when_its_process_dies(journal: Journal, nth: int) -> None:
    """Its run is one inside: it keeps who has the word, and its questions are those of the outer one."""
    desk = Desk()

    def agents() -> list[ConversableAgent]:
        inner, user = desk.agents()
        last = ConversableAgent("last", llm_config=ScriptedModel(["Checked."]), human_input_mode="NEVER")
        return [Sequential([inner, last], name="line"), user]

    begin(journal, agents)
    asked: list[str] = []

    def boss(request: Any) -> Any:
        asked.append(request.prompt)
        return approve

    said, _ = finish(journal, agents, boss, nth)
    assert said == ["user: Begin.", "desk: Restarted.", "last: Checked."]
    assert asked == ["May triage hand over to billing?", "May billing hand over to tech?"]
    assert desk.done == ["a", "b"]


def test_person_talks_with_the_same_specialist_over_processes(journal: Journal) -> None:
    """A `Human` who began goes on, with whoever had the word, each time in another process."""
    desk = Desk()

    def agents() -> list[ConversableAgent]:
        return [desk.agents()[0], Human("ada")]

    begin(journal, agents)
    answers = iter([approve, approve, "Thanks.", "exit"])
    said, reason = finish(journal, agents, lambda request: next(answers))
    assert said == ["ada: Begin.", "tech: Restarted.", "ada: Thanks.", "tech: Bye from tech."]
    assert reason == "User requested to end the conversation"


# ---------------------------------------------------------------- real processes, really killed


def mortal(ledger: Ledger, death: Death) -> list[ConversableAgent]:
    """Return a desk whose members have a tool each that dies where it is told to, and its customer."""

    def member(name: str, *script: Any) -> ConversableAgent:
        return ConversableAgent(name, llm_config=ScriptedModel(list(script)), tools=[mortal_noting(ledger, death)])

    triage = member("triage", [call("note", text="a"), to("billing")])
    billing = member("billing", [call("note", text="b")], "Refunded.")
    desk = Handoff([triage, billing], name="desk", oversight=at("handoff", ask("boss")))
    return [desk, ConversableAgent("customer", llm_config=False, human_input_mode="NEVER")]


DEATHS = [
    *[(process, Death("effect", after)) for process in (0, 1) for after in (False, True)],
    *[(0, Death(mark, True)) for mark in ("ask", "park", "turn")],
    *[(1, Death(mark, after)) for mark in ("turn", "finish") for after in (False, True)],
]
"""In which of its processes it dies, and where: the first one waits at the handoff, the second goes on with it."""


@pytest.mark.parametrize(("process", "death"), DEATHS, ids=map(named, DEATHS))
def test_effects_around_a_handoff_are_done_once_when_a_process_is_killed(
    file: SQLitePlace, tmp_path: Path, process: int, death: Death
) -> None:
    """Inside the tool of who hands over and of who is handed over to, before and after what it does, and around it."""
    events = survived(file, tmp_path, mortal, process, death)
    assert texts(events) == ["pay", "Refunded."]
    assert [(e["source"], e["target"]) for e in events if e["type"] == "handoff"] == [("triage", "billing")]

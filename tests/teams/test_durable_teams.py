"""Teams in a journal: killed after every write, and while they wait, they end as undisturbed ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from convagent import (
    Concurrent,
    ConversableAgent,
    Nested,
    RoundRobin,
    Selector,
    Sequential,
    ToolContext,
    approve,
    ask,
    edit,
    enqueue,
    reject,
    respond,
    resume,
    revise,
    tool,
)
from convagent.errors import FencedError, ModelError, ModelTimeout
from convagent.human import try_again
from convagent.journal import Inbox, SQLiteJournal
from convagent.journal.base import Batch, Journal, StoredRequest
from tests.durable.mortal import effect_of
from tests.durable.teams import decide, status, work
from tests.teams.cast import member, said


@dataclass
class World:
    """What outlives the processes of a run: what its tools did, and which models were asked how often."""

    paid: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    """Those of the calls that paid."""
    asked: list[str] = field(default_factory=list)

    def noted(self, name: str, *script: Any, **given: Any) -> ConversableAgent:
        """Return an agent whose model notes that it was asked."""

        def saying(text: Any) -> Callable[[Any], Any]:
            def reply(request: Any) -> Any:
                self.asked.append(name)
                return text(request) if callable(text) else text

            return reply

        return member(name, *map(saying, script or (f"I am {name}.",)), **given)

    def paying(self, name: str, effect: Any = "unsafe") -> ConversableAgent:
        """Return an agent that pays when a person said yes, and then says so."""

        def pay(ctx: ToolContext) -> str:
            """Pay."""
            self.paid.append(name)
            self.keys.add(ctx.idempotency_key)
            return "paid"

        given = tool(pay, approval=ask("clerk"), effect=effect)
        return self.noted(name, [{"name": "pay", "arguments": {}}], f"{name} has paid.", tools=[given])

    def truth(self, stored: StoredRequest) -> Any:
        """Return what a person says who knows what was done, where that is in doubt; None: it is not."""
        action = stored.request.action
        if action is None or action.kind != "error":
            return None
        return respond("paid") if effect_of(stored) in self.keys else try_again


Make = Callable[[World], ConversableAgent]
Answer = Callable[[Any], Any]


class Killed:
    """A journal whose process ends right after the nth thing was written; 0: never, and what is written is counted."""

    def __init__(self, journal: Journal, nth: int = 0) -> None:
        self._journal, self._nth, self.written = journal, nth, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def append(self, claim: Any, batch: Batch) -> bool:
        written = self._journal.append(claim, batch)
        self.written += 1
        if self.written == self._nth and batch.status is None:
            self._journal.append(claim, Batch(status="ready"))  # as another process finds it, once the lease has ended
            raise FencedError("died")
        return written


@contextmanager
def opened(path: Path) -> Iterator[SQLiteJournal]:
    journal = SQLiteJournal(path, synchronous="NORMAL")
    try:
        yield journal
    finally:
        journal.close()


def approving(request: Any) -> Any:
    return approve


def held(path: Path, make: Make, answer: Answer = approving, nth: int = 0) -> tuple[list[str], str, World, int]:
    """Hold a run, whose first process dies at the nth write; return what was said, why it ended, what was done."""
    world = World()

    def agents() -> list[ConversableAgent]:
        return [make(world), ConversableAgent("user", llm_config=False, human_input_mode="NEVER")]

    with opened(path) as journal:
        team, user = agents()
        enqueue(journal, user, team, message="Begin.", run_id="run")
        mortal: Any = Killed(journal, nth)
        for _ in range(50):
            work(mortal, agents)
            for request in Inbox(journal).pending():
                decide(journal, world.truth(request) or answer(request.request), request=request.id)
            if status(journal) == "done":
                break
        assert status(journal) == "done", journal.load("run").info.reason
        result = resume(journal, "run", agents()).result
        return said(result), result.reason, world, mortal.written


def check(tmp_path: Path, make: Make, answer: Callable[[], Answer] = lambda: approving) -> tuple[list[str], str, World]:
    """Hold a run undisturbed, and then once for every write, dying right after it; all end alike."""
    told, reason, world, writes = held(tmp_path / "0.db", make, answer())
    for nth in range(1, writes + 1):
        again, why, other, _ = held(tmp_path / f"{nth}.db", make, answer(), nth)
        assert (nth, again, why, sorted(other.paid)) == (nth, told, reason, sorted(world.paid))
    return told, reason, world


def in_turn(*decisions: Any) -> Callable[[], Answer]:
    """Return people who decide so in turn, each question once, however often it is put."""

    def anew() -> Answer:
        left, given = list(decisions), dict[str, Any]()

        def answer(request: Any) -> Any:
            if request.id not in given:
                given[request.id] = left.pop(0) if len(left) > 1 else left[0]
            return given[request.id]

        return answer

    return anew


# ---------------------------------------------------------------- one after another


def test_pipeline_with_a_review_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    """Between speakers, while a review waits, after a wish, after an edit."""

    def make(world: World) -> ConversableAgent:
        ada = world.noted("ada", "one", "two")
        return Sequential([ada, world.paying("bob"), world.noted("cy")], review_between=ask("chief"), name="team")

    told, reason, world = check(tmp_path, make, in_turn(revise("shorter"), edit(content="Mine."), approve))
    assert told == ["ada: Mine.", "bob: bob has paid.", "cy: I am cy."]
    assert (reason, world.paid) == ("Everybody has spoken", ["bob"])
    assert world.asked == ["ada", "ada", "bob", "bob", "cy"]


def test_refused_pipeline_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    """The reason names who refused."""

    def make(world: World) -> ConversableAgent:
        return Sequential([world.noted("ada"), world.noted("bob")], review_between=ask("chief"), name="team")

    assert check(tmp_path, make, in_turn(reject("no")))[:2] == ([], "Not approved by ann: no")


def test_review_of_a_team_inside_a_pipeline_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    """A wish makes its members talk again, once."""

    def make(world: World) -> ConversableAgent:
        inner = Sequential([world.noted("ada"), world.paying("bob")], name="inner")
        return Sequential([inner, world.noted("cy")], review_between=ask("chief"), name="team")

    told, _, world = check(tmp_path, make, in_turn(approve, revise("again"), approve))
    assert (told, world.paid) == (["inner: bob has paid.", "cy: I am cy."], ["bob", "bob"])


def test_round_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    """Each one has spoken as often."""

    def make(world: World) -> ConversableAgent:
        return RoundRobin([world.noted("ada", "a", "aa"), world.noted("bob", "b", "bb")], rounds=2, name="team")

    told, _, world = check(tmp_path, make)
    assert told == ["ada: a", "bob: b", "ada: aa", "bob: bb"]
    assert world.asked == ["ada", "bob", "ada", "bob"]


def test_selected_speakers_are_the_same_after_a_death(tmp_path: Path) -> None:
    """What a model has chosen is not asked again."""

    def make(world: World) -> ConversableAgent:
        picking = world.noted("x", "bob", "ada", "bob").llm_config
        return Selector([world.noted("ada"), world.paying("bob")], by=picking, turns=3, name="team")

    told, _, world = check(tmp_path, make)
    assert [line.split(":")[0] for line in told] == ["bob", "ada", "bob"]
    assert world.asked == ["x", "bob", "bob", "x", "ada", "x", "bob"]


# ---------------------------------------------------------------- side by side


def branches(world: World, **given: Any) -> Concurrent:
    three = [world.noted("ada"), world.paying("bob"), world.paying("cy")]
    return Concurrent(three, **{"name": "team", **given})


def test_branches_end_as_undisturbed_ones(tmp_path: Path) -> None:
    """Inside a branch, between them, while two of them wait for a person; what is unsafe is done once."""
    told, _, world = check(tmp_path, branches)
    assert told == ["team: ada:\nI am ada.\n\nbob:\nbob has paid.\n\ncy:\ncy has paid."]
    assert sorted(world.paid) == ["bob", "cy"]
    assert sorted(world.asked) == ["ada", "bob", "bob", "cy", "cy"]


def test_review_of_what_is_merged_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    """The agent that merges reads the wish; no branch begins anew."""

    def make(world: World) -> ConversableAgent:
        ed = world.noted("ed", lambda request: "second" if "Write it again" in str(request.messages) else "first")
        return Concurrent([world.noted("ada"), world.noted("bob")], merge=ed, review=ask("chief"), name="team")

    told, _, world = check(tmp_path, make, in_turn(revise("again"), approve))
    assert told == ["team: second"]
    assert sorted(world.asked) == ["ada", "bob", "ed", "ed"]


def test_function_that_merges_is_called_once(tmp_path: Path) -> None:
    """What it returned is kept, while the review waits."""
    called: list[int] = []

    def make(world: World) -> ConversableAgent:
        return branches(world, merge=lambda found: called.append(1) or f"{len(found)} of them", review=ask("chief"))

    assert held(tmp_path / "0.db", make)[0] == ["team: 3 of them"]
    assert called == [1]


def test_branch_that_failed_is_not_tried_again_where_that_is_reported(tmp_path: Path) -> None:
    """It is a result as the others are."""

    def make(world: World) -> ConversableAgent:
        broken = world.noted("ada", ModelError("no more"))
        return Concurrent([broken, world.paying("bob")], on_error="report", name="team")

    told, _, world = check(tmp_path, make)
    assert told == ["team: ada:\n(came to nothing: ModelError: the model: no more)\n\nbob:\nbob has paid."]
    assert world.asked.count("ada") == 1


def test_branch_that_may_succeed_later_is_tried_again_alone(tmp_path: Path) -> None:
    """A run that failed for a while waits; the branches that had ended answer as they did."""
    world, reachable = World(), list[bool]()

    def reply(request: Any) -> Any:
        return "late" if reachable else ModelTimeout("no answer")

    def agents() -> list[ConversableAgent]:
        team = Concurrent([world.noted("ada", reply), world.paying("bob")], name="team")
        return [team, ConversableAgent("user", llm_config=False, human_input_mode="NEVER")]

    with opened(tmp_path / "runs.db") as journal:
        team, user = agents()
        enqueue(journal, user, team, message="Begin.", run_id="run")
        work(journal, agents)
        decide(journal, approve)
        work(journal, agents)
        assert (status(journal), world.paid) == ("waiting", ["bob"])
        reachable.append(True)
        assert said(resume(journal, "run", agents()).result) == ["team: ada:\nlate\n\nbob:\nbob has paid."]
        assert (world.paid, world.asked.count("bob")) == (["bob"], 2)


def test_branches_that_wait_for_a_place_begin_in_a_later_process(tmp_path: Path) -> None:
    """One that waits for a person leaves its place, also where nobody is there any more."""

    def make(world: World) -> ConversableAgent:
        return branches(world, max_concurrency=1)

    told, _, world = check(tmp_path, make)
    assert (len(told), sorted(world.paid)) == (1, ["bob", "cy"])


# ---------------------------------------------------------------- teams in teams


def test_teams_in_teams_end_as_undisturbed_ones(tmp_path: Path) -> None:
    """Three levels: an approval deep inside a branch of a pipeline's first member."""

    def make(world: World) -> ConversableAgent:
        inner = Concurrent([Nested(world.paying("bob"), name="n"), world.noted("ada")], name="pair")
        return Sequential([inner, RoundRobin([world.noted("x"), world.noted("y")], name="r")], name="team")

    told, _, world = check(tmp_path, make)
    assert told == ["pair: n:\nbob has paid.\n\nada:\nI am ada.", "r: I am y."]
    assert world.paid == ["bob"]


@pytest.mark.parametrize("summary", ["last_msg", "reflection_with_llm"])
def test_nested_ends_as_an_undisturbed_one(tmp_path: Path, summary: str) -> None:
    """What its functions made is kept."""

    def make(world: World) -> ConversableAgent:
        inner = world.noted("ada", "I am ada.", "In short.")
        return Sequential([Nested(inner, name="n", summary=summary), world.paying("bob")], name="team")

    told, _, world = check(tmp_path, make)
    assert told == [f"n: {'I am ada.' if summary == 'last_msg' else 'In short.'}", "bob: bob has paid."]
    assert world.paid == ["bob"]

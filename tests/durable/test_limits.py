"""Limits of runs that are gone on with: kept with the run, and counted on from where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from convagent import (
    ConfigError,
    ConversableAgent,
    Limit,
    MaxCost,
    MaxMessages,
    MaxTime,
    MaxTokens,
    MaxTurns,
    ModelReply,
    ModelRequest,
    TextSaid,
    Until,
    Usage,
    approve,
    ask,
    tool,
)
from convagent.agents.durable import resume
from convagent.agents.forking import fork
from convagent.agents.specification import chat_from
from convagent.conversation.limits_json import from_json, to_json
from convagent.errors import FencedError
from convagent.journal import Inbox
from convagent.journal.base import Batch, Journal, Row
from tests.durable.teams import begin, decide, status, work


class Costly:
    """A model whose every reply is a hundred tokens; it calls a tool first, where it has one."""

    label, offline_note = "costly", ""

    def __init__(self, asked: list[str], calls: int = 0) -> None:
        self._asked, self._calls = asked, calls

    async def complete(self, request: ModelRequest, notify: Any = None) -> ModelReply:
        self._asked.append(f"{request.agent}{request.turn}")
        message: Any = {"role": "assistant", "content": f"reply {request.turn}"}
        if request.turn < self._calls:
            call = {"id": f"c{request.turn}", "type": "function", "function": {"name": "act", "arguments": "{}"}}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        return ModelReply(message, Usage(60, 40, 0.25), "costly")


class Team:
    """Makes the same two agents for each process: one who asks before each act, and one who wants more."""

    def __init__(self, calls: int = 1, inner: bool = False) -> None:
        self.asked: list[str] = []
        self.acts: list[str] = []
        self._calls, self._inner = calls, inner

    def agents(self) -> list[ConversableAgent]:
        async def act() -> str:
            """Act."""
            self.acts.append("act")
            if self._inner:
                worker = ConversableAgent("worker", llm_config=Costly(self.asked), human_input_mode="NEVER")
                lead = ConversableAgent("lead", human_input_mode="NEVER", default_auto_reply="more")
                await lead.a_initiate_chat(worker, message="work", max_turns=2, silent=True)
            return "acted"

        asking = tool(act, approval=ask("clerk"), effect="idempotent")
        desk = ConversableAgent(
            "desk", llm_config=Costly(self.asked, self._calls), tools=[asking], human_input_mode="NEVER"
        )
        return [desk, ConversableAgent("customer", human_input_mode="NEVER", default_auto_reply="more")]


def play(journal: Journal, team: Team, limits: Limit) -> str:
    """Let one process after the other go on, each question answered; return why it ended."""
    begin(journal, team.agents, limits=limits, max_turns=None)
    for _ in range(20):
        work(journal, team.agents)
        if status(journal) != "waiting":
            break
        decide(journal, approve)
    assert status(journal) == "done"
    return resume(journal, "run", team.agents()).result.reason


@pytest.mark.parametrize(
    ("limits", "asked", "reason"),
    [
        (MaxTokens(400), 4, "MaxTokens(400) (400 tokens)"),
        (MaxCost(1) | MaxTurns(9), 4, "MaxCost(1) ($1.0000)"),
        (MaxTurns(3), 6, "MaxTurns(3) (3 turns)"),
        (MaxMessages(3) & MaxTokens(100), 4, "MaxMessages(3) & MaxTokens(100) (3 messages, 400 tokens)"),
    ],
    ids=str,
)
def test_run_counts_on_in_each_process(journal: Journal, limits: Limit, asked: int, reason: str) -> None:
    """What earlier processes spent and said is counted once, however often a turn was entered again."""
    team = Team(calls=3)
    assert play(journal, team, limits) == f"Limit reached: {reason}"
    assert len(team.asked) == asked == len(set(team.asked))


def test_what_runs_inside_spent_is_counted_after_their_turn_is_over(journal: Journal) -> None:
    """Their replies stand in rows of their own; each process finds them, in finished turns and in the one in flight."""
    team = Team(calls=3, inner=True)
    assert play(journal, team, MaxTokens(1_000)) == "Limit reached: MaxTokens(1000) (1,000 tokens)"
    # An act costs three replies, one that proposes it and two inside; the fourth time there is none.
    act = ["worker0", "worker1"]
    assert team.asked == ["desk0", *act, "desk1", *act, "desk2", *act, "desk3"]


def test_time_counts_from_the_recorded_start(journal: Journal) -> None:
    """A process that comes too late does what was approved, ends the run after it, and undoes nothing of the turn."""
    team = Team()
    begin(journal, team.agents, limits=MaxTime("30s"))
    work(journal, team.agents)
    assert (status(journal), team.asked, team.acts) == ("waiting", ["desk0"], [])
    decide(journal, approve)
    late = Later(journal, 60.0)
    work(late, team.agents)  # type: ignore[arg-type]
    assert (status(journal), team.asked, team.acts) == ("done", ["desk0"], ["act"])
    result = resume(journal, "run", team.agents()).result
    assert result.reason.startswith("Limit reached: MaxTime('30s') (")


@pytest.mark.parametrize("most", [300, 500, 700, 800])
def test_run_that_dies_at_any_of_its_writes_ends_as_an_undisturbed_one(journal: Journal, most: int) -> None:
    """After each write of a process, another one goes on: to the same history, and to the same count.

    The limit is reached in the first turn, in a run inside it, at its end, after a turn.
    """

    def played(name: str, dies: int) -> tuple[str, list[Any], int]:
        team = Team(calls=2, inner=True)
        begin(journal, team.agents, name, limits=MaxTokens(most), max_turns=None)
        ending = Ending(journal, dies)
        for _ in range(20):
            work(ending, team.agents)  # type: ignore[arg-type]
            for request in Inbox(journal).pending():
                decide(journal, approve, request=request.id)
            if status(journal, name) == "done":
                desk, customer = team.agents()
                result = resume(journal, name, [desk, customer]).result
                return result.reason, [m["content"] for m in desk.chat_messages[customer]], ending.written
        raise AssertionError(status(journal, name))

    reason, history, writes = played("undisturbed", 0)
    assert reason == f"Limit reached: MaxTokens({most}) ({most} tokens)"
    assert writes > 5
    for number in range(1, writes):
        assert played(f"run {number}", number)[:2] == (reason, history), number


class Ending:
    """A journal whose process ends right after it wrote something for the so-manieth time."""

    def __init__(self, journal: Journal, dies: int) -> None:
        self._journal, self._dies = journal, dies
        self.written = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def append(self, claim: Any, batch: Batch) -> bool:
        written = self._journal.append(claim, batch)
        self.written += 1
        if self.written == self._dies and batch.status is None:
            self._journal.append(claim, Batch(status="ready"))  # as another process finds it, once the lease has ended
            raise FencedError("died")
        return written


class Later:
    """A journal as a process sees it that comes later: all that is kept happened so many seconds earlier."""

    def __init__(self, journal: Journal, seconds: float) -> None:
        self._journal, self._seconds = journal, seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def load(self, run: str) -> Any:
        found = self._journal.load(run)
        return replace(found, rows=tuple(self._earlier(row) for row in found.rows))

    def _earlier(self, row: Row) -> Row:
        body = dict(row.body)
        if "now" in (body.get("value") or ()):
            body["value"] = {**body["value"], "now": body["value"]["now"] - self._seconds}
        return row._replace(time=row.time - self._seconds, body=body)


def test_fork_has_the_limits_of_its_run(journal: Journal) -> None:
    """It goes on counting from what it was given along."""
    team = Team(calls=0)
    assert play(journal, team, MaxTokens(200)) == "Limit reached: MaxTokens(200) (200 tokens)"
    last = max(row.seq for row in journal.load("run").rows if row.body.get("type") == "text")
    new = fork(journal, "run", last)
    assert resume(journal, new, team.agents()).result.reason == "Limit reached: MaxTokens(200) (200 tokens)"
    assert len(team.asked) == 2


def test_older_specification_has_no_limits(journal: Journal) -> None:
    """A run that was begun before there were limits goes on as it did."""
    team = Team(calls=0)
    begin(journal, team.agents)
    loaded = journal.load("run")
    spec = {name: value for name, value in loaded.spec.items() if name != "limits"}
    assert "limits" in loaded.spec
    assert chat_from(replace(loaded, spec=spec), team.agents()).limits is None


# ---------------------------------------------------------------- as JSON


def enough(messages: Sequence[Any]) -> bool:
    return len(messages) >= 4


def test_function_of_a_module_is_found_again(journal: Journal) -> None:
    """`Until` is kept by the name of its function."""
    team = Team(calls=0)
    assert play(journal, team, Until(enough) | MaxTurns(9)) == "Limit reached: Until(enough)"


def test_function_without_a_name_is_refused_at_the_start(journal: Journal) -> None:
    """No run is begun that another process could not go on with."""
    with pytest.raises(ConfigError, match="is a lambda, which no other process can find"):
        begin(journal, Team().agents, limits=Until(lambda messages: True))


@pytest.mark.parametrize(
    "limit",
    [
        MaxTurns(3),
        MaxTokens(5_000, prompt=9),
        MaxTokens(completion=9),
        MaxCost(0.5) | MaxTime("90m"),
        MaxTurns(3) & (TextSaid("DONE", by="bob") | TextSaid("STOP")) | Until(enough),
    ],
    ids=str,
)
def test_limit_goes_through_json(limit: Limit) -> None:
    """What is read back is equal to what was written, and prints the same."""
    again = from_json(json.loads(json.dumps(to_json(limit))))
    assert (again, str(again)) == (limit, str(limit))


@pytest.mark.parametrize(
    "wrong",
    [
        {"is": "MaxHope", "n": 3},
        {"is": "MaxTurns"},
        {"is": "MaxTurns", "n": 3, "m": 4},
        {"is": "MaxTurns", "n": 0},
        {"is": "any of", "limits": []},
        {"is": "all of", "limits": [{"is": "MaxTurns", "n": 1}]},
        {"is": "Until", "fn": "nowhere:nothing"},
        "MaxTurns(3)",
    ],
    ids=str,
)
def test_json_that_is_not_understood_is_refused(wrong: Any) -> None:
    """No run goes on with fewer limits than it had."""
    with pytest.raises(ConfigError):
        from_json(wrong)

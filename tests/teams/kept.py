"""Teams in a journal: how a test lets one come to its end, over processes that die and people who answer."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from convagent import ConversableAgent, Team, Tool, ToolContext, tool
from convagent.agents.durable import enqueue, resume
from convagent.human import try_again
from convagent.journal import Inbox
from convagent.journal.base import Journal
from tests.durable.mortal import NEVER, Death, Ledger, Person, opened, run, work_in
from tests.durable.places import SQLitePlace
from tests.durable.teams import begin as begin_desk
from tests.durable.teams import decide, status, work
from tests.durable.test_groups import Killed

Agents = Callable[[], Sequence[ConversableAgent]]
"""Makes a team and who talks with it, for each process anew."""


def begin(journal: Journal, agents: Agents, message: str = "Begin.", **given: Any) -> None:
    team, user = agents()
    enqueue(journal, user, team, message=message, run_id="run", **given)


def finish(
    journal: Journal, agents: Agents, answer: Callable[[Any], Any], dies_after: int = 0
) -> tuple[list[str], str]:
    """Let it be worked on, and its questions be answered, until it is over; return what was said, and why it ended.

    Args:
        journal: where it is.
        agents: makes the team and who talks with it.
        answer: what people say to a request.
        dies_after: the how-manieth thing that is written is the last that its process writes; 0: none dies.
    """
    killed: Any = Killed(journal, dies_after)
    for _ in range(30):
        work(killed, agents)
        if status(journal) not in ("waiting", "ready"):
            break
        for stored in Inbox(journal).pending():
            action = stored.request.action
            # In doubt is what was to be done when its process died; these die after writing, so it was not done.
            died = action is not None and action.kind == "error"
            assert decide(journal, try_again if died else answer(stored.request), request=stored.id) == "accepted"
    assert status(journal) == "done"
    team, user = agents()
    result = resume(journal, "run", [team, user]).result
    assert isinstance(team, Team)
    return [f"{m.get('name')}: {m.get('content')}" for m in team.groupchat.messages], result.reason


def kept(journal: Journal, kind: str) -> list[dict[str, Any]]:
    """Return the events of one type that stand in the journal."""
    return [dict(row.body) for row in journal.load("run").rows if row.body.get("type") == kind]


def noting(done: list[str]) -> Tool:
    """Return a tool that notes what was done."""

    def note(text: str) -> str:
        """Note it down."""
        done.append(text)
        return "noted"

    return tool(note)


# ---------------------------------------------------------------- real processes, really killed

Mortal = Callable[[Ledger, Death], list[ConversableAgent]]
"""Makes a team whose tools may die, and its customer, for each process anew."""


def mortal_noting(ledger: Ledger, death: Death) -> Tool:
    """Return a tool that writes what was done into a ledger, and dies before or after that, where it is told to."""

    def note(text: str, ctx: ToolContext) -> str:
        """Note it down."""
        death.reached("effect", False)
        ledger.add(ctx.idempotency_key, text=text)
        death.reached("effect", True)
        return "noted"

    return tool(note)


def named(found: tuple[int, Death]) -> str:
    """Return what a test is called that lets one of its processes die so."""
    process, death = found
    return f"{process}-{death.mark}{death.nth}-{'after' if death.after else 'before'}"


def survived(file: SQLitePlace, folder: Path, team: Mortal, process: int, death: Death) -> list[dict[str, Any]]:
    """Kill one of the processes that work on a team; return its events, once it is over and each effect done once.

    Args:
        file: where its journal is.
        folder: where its effects are noted.
        team: makes it; its tools note two things.
        process: which one is killed, from 0; the others go on with what it left, and people answer between them.
        death: where.
    """
    ledger = Ledger(folder / "ledger")
    with closing(opened(file.target)) as journal:
        person, died = Person(ledger), False
        begin_desk(journal, lambda: team(ledger, NEVER))
        for count in range(6):
            file.change("UPDATE runs SET lease = 0 WHERE lease IS NOT NULL")  # of a worker that is dead
            if count == process:
                died = run(work_in, file.target, ledger, death, team) == -signal.SIGKILL
            else:
                work_in(file.target, ledger, NEVER, team)
            person.answer(journal)
        assert (died, status(journal), Inbox(journal).pending()) == (True, "done", [])
        assert sorted(ledger.done().values()) == [1, 1]
        return [dict(row.body) for row in journal.load("run").rows]


def texts(events: Sequence[dict[str, Any]]) -> list[str]:
    """Return what was said."""
    return [e["message"]["content"] for e in events if e["type"] == "text" and not e.get("inner")]

"""Teams in a journal: how a test lets one come to its end, over processes that die and people who answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from convagent import ConversableAgent, Team
from convagent.agents.durable import enqueue, resume
from convagent.human import try_again
from convagent.journal import Inbox
from convagent.journal.base import Journal
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

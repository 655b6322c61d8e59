"""Group chats in a journal: killed after every write, and while a question waits, they end as an undisturbed one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from convagent import ConversableAgent, GroupChat, GroupChatManager, approve, ask, at, edit, tool
from convagent.agents.durable import enqueue, resume
from convagent.errors import FencedError, RunBlocked
from convagent.human import try_again
from convagent.journal import Inbox
from convagent.journal.base import Batch, Journal
from convagent.testing import ScriptedModel
from tests.durable.teams import Noting, call, decide, pending, status, work


@dataclass
class Team:
    """Makes the same group for each process of a test; what was done and asked outlives them."""

    method: Any = "auto"
    names: Sequence[str] = ("bob", "user", "cy", "bob")
    given: dict[str, Any] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def manager(self) -> GroupChatManager:
        def note(text: str) -> str:
            """Note it down."""
            self.done.append(text)
            return "noted"

        noting = [call("note", text="a")]
        user = ConversableAgent("user", llm_config=False, human_input_mode="ALWAYS", default_auto_reply="(passes)")
        bob = ConversableAgent("bob", llm_config=ScriptedModel([noting, "Noted.", "Once more."]), tools=[tool(note)])
        cy = ConversableAgent("cy", llm_config=False, human_input_mode="NEVER", default_auto_reply="I am cy.")
        group = GroupChat(
            [user, bob, cy], max_round=5, speaker_selection_method=self.method, send_introductions=True, **self.given
        )
        return GroupChatManager(group, llm_config=Noting(list(self.names), self.asked))

    def agents(self) -> list[ConversableAgent]:
        return [self.manager()]

    def begin(self, journal: Journal, **given: Any) -> None:
        manager = self.manager()
        enqueue(journal, manager.groupchat.agents[0], manager, message="Begin.", run_id="run", **given)

    def finish(self, journal: Journal, answer: Callable[[Any], Any]) -> list[Any]:
        """Let it be worked on and its questions be answered until it is over; return what the user remembers."""
        for _ in range(100):
            work(journal, self.agents)
            for request in Inbox(journal).pending():
                decide(journal, answer(request.request), request=request.id)
            if status(journal) == "done":
                break
        assert status(journal) == "done"
        manager = self.manager()
        result = resume(journal, "run", [manager]).result
        said = [f"{m['name']}: {m['content']}" for m in manager.groupchat.messages]
        assert [m["name"] for m in result.chat_history if m["name"] != "chat_manager"] == [
            m["name"] for m in manager.groupchat.messages
        ]
        return said


def person(request: Any) -> Any:
    if request.decisions:  # its process died between the intent of the tool and the tool
        return try_again
    return "2" if request.moment == "message" else "What I say."


BY_MODEL = ["user: Begin.", "bob: Noted.", "user: What I say.", "cy: I am cy.", "bob: Once more."]


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
            self._journal.append(claim, Batch(status="ready"))  # as another process finds it, once the lease has ended
            raise FencedError("died")
        return written


@pytest.mark.parametrize("nth", range(1, 14))
def test_group_ends_as_an_undisturbed_one_when_its_process_dies_after_a_write(journal: Journal, nth: int) -> None:
    """Between speakers, after the choice of one, inside a turn: the same history, each effect and choice once."""
    team = Team()
    team.begin(journal)
    work(Killed(journal, nth), team.agents)  # type: ignore[arg-type]
    assert team.finish(journal, person) == BY_MODEL
    assert team.done == ["a"]


def test_group_parks_while_a_member_waits_and_asks_nobody_twice(journal: Journal) -> None:
    """The model that chooses is asked each thing once, over three processes."""
    team = Team()
    team.begin(journal)
    work(journal, team.agents)
    assert (status(journal), pending(journal).request.moment) == ("waiting", "turn")
    assert team.finish(journal, person) == BY_MODEL
    assert (team.done, team.asked) == (["a"], [0, 1, 2, 3])


def test_group_parks_while_a_person_is_to_choose_a_speaker(journal: Journal) -> None:
    """The question shows the numbers wherever it is answered; each answer is kept, and asked for once."""
    team = Team(method="manual")
    team.begin(journal)
    work(journal, team.agents)
    request = pending(journal).request
    assert request.preview == "1: user\n2: bob\n3: cy"
    assert request.choices == ("user", "bob", "cy")
    said = team.finish(journal, lambda request: "3" if request.moment == "message" else "x")
    assert said == ["user: Begin.", *["cy: I am cy."] * 4]


def test_function_that_chooses_is_called_once_for_each_speaker(journal: Journal) -> None:
    """What it returned is kept, also where the turn that it began is entered again."""
    called: list[str] = []

    def choose(last: Any, groupchat: GroupChat) -> Any:
        called.append(last.name)
        following = {"user": "bob", "bob": "user"}
        return groupchat.agent_by_name(following[last.name])

    team = Team(method=choose)
    team.begin(journal)
    assert team.finish(journal, person) == [
        "user: Begin.", "bob: Noted.", "user: What I say.", "bob: Once more.", "user: What I say.",
    ]  # fmt: skip
    assert called == ["user", "bob", "user", "bob"]


def test_choice_of_a_speaker_waits_for_its_approval(journal: Journal) -> None:
    """A person re-routes it while no process is there; the choice is not made again."""
    team = Team(names=("bob", "cy"))
    team.begin(journal, oversight=at("speaker", ask("lead")))
    work(journal, team.agents)
    request = pending(journal).request
    assert request.action is not None
    assert (request.action.kind, dict(request.action.arguments)) == ("speaker", {"speaker": "bob"})
    decide(journal, edit(speaker="cy"))
    work(journal, team.agents)
    decide(journal, approve)
    rows = journal.load("run").rows
    said = [row.body["sender"] for row in rows if row.body["type"] == "text"]
    assert said == ["user", "cy"]
    assert team.asked == [0, 1]


def test_cleared_history_stays_cleared_after_a_restart(journal: Journal) -> None:
    """What the members forgot in one process they do not remember in the next."""
    team = Team(method="round_robin", given={"enable_clear_history": True})
    team.begin(journal)
    answers = iter(["clear history now.", "later"])
    assert team.finish(journal, lambda request: next(answers)) == ["user: now.", "bob: Once more."]


def test_journal_refuses_a_group_whose_names_are_alike(journal: Journal) -> None:
    """Agents are found by name, and the sender is one more."""
    manager = Team().manager()
    sender = ConversableAgent("bob", llm_config=False, human_input_mode="NEVER")
    with pytest.raises(ValueError, match="two agents are called 'bob'"):
        enqueue(journal, sender, manager, message="Begin.")


def test_group_waits_for_the_version_of_its_members(journal: Journal) -> None:
    """A manager with other members than the run was begun with does not go on with it."""
    Team().begin(journal)
    other = GroupChatManager(GroupChat(Team().manager().groupchat.agents[:2]), llm_config=False)
    with pytest.raises(RunBlocked, match="needs the agents cy; there are here: bob, chat_manager, user"):
        resume(journal, "run", [other])

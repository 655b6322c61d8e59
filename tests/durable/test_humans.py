"""Persons as agents in a journal: the run parks while they think, and what they said stands in the next process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from convagent import ConversableAgent, GroupChatManager, Human, Sequential, approve, ask, at
from convagent.agents.durable import enqueue, resume
from convagent.cli import main
from convagent.events import ChannelFailedEvent, InputReplyEvent
from convagent.journal import Inbox
from convagent.journal.base import Journal
from convagent.testing import Fake, ScriptedModel, capture_events
from tests.durable.places import SQLitePlace
from tests.durable.teams import Noting, decide, pending, status, work
from tests.durable.test_groups import Killed


@dataclass
class Debate:
    """Makes the same team for each process of a test; what its models were asked outlives them."""

    given: dict[str, Any] = field(default_factory=dict[str, Any])
    asked: list[int] = field(default_factory=list[int])
    nested: bool = False

    def team(self) -> GroupChatManager:
        bob = ConversableAgent("bob", llm_config=Noting(["b1", "b2"], self.asked))
        cy = ConversableAgent("cy", llm_config=Noting([words], self.asked))
        inner = Sequential([bob, Human("ada", ["editor"], **self.given), cy], name="inner")
        dee = ConversableAgent("dee", llm_config=ScriptedModel([words]))
        return Sequential([inner, dee], name="outer") if self.nested else inner

    def agents(self) -> list[ConversableAgent]:
        return [self.team(), ConversableAgent("x", llm_config=False, human_input_mode="NEVER")]

    def begin(self, journal: Journal, **given: Any) -> None:
        team, x = self.agents()
        enqueue(journal, x, team, message="Go", run_id="run", **given)

    def said(self, journal: Journal) -> list[str]:
        team, x = self.agents()
        assert resume(journal, "run", [team, x]).result.reason
        assert isinstance(team, GroupChatManager)
        return [f"{m.get('name')}: {m.get('content')}" for m in team.groupchat.messages]


def words(request: Any) -> str:
    """Say what one was told, without the system message."""
    return " ".join(f"{m.get('name')}={m.get('content')}" for m in request.messages[1:])


def test_run_parks_while_they_think(journal: Journal) -> None:
    """In another process their answer is the message, and no model is asked again."""
    debate = Debate()
    debate.begin(journal)
    work(journal, debate.agents)
    request = pending(journal).request
    assert (status(journal), request.moment, request.preview, request.to) == (
        "waiting", "speak", "b1", ("ada", "editor"),
    )  # fmt: skip
    assert decide(journal, "I object.", by="ada") == "accepted"
    work(journal, debate.agents)
    assert status(journal) == "done"
    assert debate.said(journal) == ["x: Go", "bob: b1", "ada: I object.", "cy: x=Go bob=b1 ada=I object."]
    assert debate.asked == [0, 0]


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("nth", range(1, 9))
def test_debate_ends_as_an_undisturbed_one_when_its_process_dies_after_a_write(
    nth: int, nested: bool, journal: Journal
) -> None:
    """Wherever it dies: what was passed stays passed, and nobody is asked twice."""
    debate = Debate(nested=nested)
    debate.begin(journal)
    work(Killed(journal, nth), debate.agents)  # type: ignore[arg-type]
    for _ in range(4):
        work(journal, debate.agents)
        for stored in Inbox(journal).pending():
            assert decide(journal, "", by="ada", request=stored.id) == "accepted"
    inner = "x=Go bob=b1" if not nested else "outer=Go bob=b1"
    last = ["bob: b1", f"cy: {inner}"] if not nested else [f"inner: {inner}", f"dee: x=Go inner={inner}"]
    assert debate.said(journal) == ["x: Go", *last]


def test_only_who_it_is_for_answers_from_another_process(journal: Journal) -> None:
    """Where people are known: the person, or one of the role; blank is no message where it cannot be passed."""
    debate = Debate(given={"may_pass": False})
    debate.begin(journal, people={"eve": ["clerk"], "bea": ["editor"]})
    work(journal, debate.agents)
    assert decide(journal, "I am ada.", by="ada") == "invalid"  # nobody there is called so
    assert decide(journal, "I am eve.", by="eve") == "invalid"
    assert decide(journal, " ", by="bea") == "invalid"
    assert decide(journal, "I am bea.", by="bea") == "accepted"
    work(journal, debate.agents)
    assert debate.said(journal)[2] == "ada: I am bea."


def test_what_is_said_from_outside_is_heard_after_a_restart(journal: Journal) -> None:
    """By the next speaker of the team that has the word, and by those around it, each once."""
    debate = Debate(nested=True)
    debate.begin(journal)
    work(journal, debate.agents)
    assert Inbox(journal).steer("run", "say", "And the cost?", by="eve")
    decide(journal, "", by="ada")
    work(journal, debate.agents)
    inner = "outer=Go bob=b1 eve=And the cost?"
    assert debate.said(journal) == [
        "x: Go", "eve: And the cost?", f"inner: {inner}", f"dee: x=Go eve=And the cost? inner={inner}",
    ]  # fmt: skip


def test_question_is_shown_with_what_was_said_last_on_the_command_line(
    file: SQLitePlace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whom it is for, and which words are no message; what is no answer there is refused there."""
    debate, journal = Debate(given={"may_pass": False}), file.open()
    debate.begin(journal)
    work(journal, debate.agents)
    id, where = pending(journal).id, ["--journal", str(file.path)]
    assert main(["inbox", "show", id, *where]) == 0
    shown = capsys.readouterr().out
    assert "ada, it is your turn (exit to end): \n  b1\nFor ada or editor.\n" in shown
    assert "Answer: your message, or by itself exit." in shown
    assert main(["inbox", "answer", id, "pass", "--by", "ada", *where]) == 3
    assert "it cannot be passed here" in capsys.readouterr().err
    assert main(["inbox", "answer", id, "I", "object.", "--by", "ada", *where]) == 0
    work(journal, debate.agents)
    assert debate.said(journal)[2] == "ada: I object."


def test_answer_that_a_channel_brings_is_told_once(journal: Journal) -> None:
    """Its question is closed with it, so no channel says that nobody answers; of several approvals each is told."""
    events = capture_events(InputReplyEvent, ChannelFailedEvent)
    people = Fake(eve=approve, joe=approve)
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
    for name, need in (("one", 1), ("two", 2)):
        bot = ConversableAgent(
            name, llm_config=ScriptedModel(["Hi."]), oversight=at("reply", ask("eve", "joe", need=need))
        )
        user.initiate_chat(
            bot, message="Go", max_turns=1, people=people, journal=journal, observers=[events], silent=True
        )
    assert [event.settled for event in events.of(InputReplyEvent)] == [True, False, True]
    assert events.of(ChannelFailedEvent) == []
    assert [receipt.missing for receipt in people.receipts if receipt.status == "accepted"] == [0, 1, 0]

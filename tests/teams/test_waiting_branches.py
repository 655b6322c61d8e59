"""Branches that wait for a place: what was said, or paused, before they began holds for them, too."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from convagent import Concurrent, ConversableAgent, JournalError, Sequential, resume, tool
from convagent.events import ControlEvent
from convagent.journal.base import Journal
from tests.durable.teams import status, work
from tests.durable.test_groups import Killed
from tests.teams.cast import member
from tests.teams.kept import begin


@dataclass
class Desk:
    """Several of whom one works at a time; the first has a tool in which somebody outside does something."""

    meanwhile: Future[Callable[[], object]] = field(default_factory=Future[Callable[[], object]])
    """What that is, once it is known."""
    read: dict[str, str] = field(default_factory=dict[str, str])
    """By member: what its model read of people when it was asked last."""
    inside: bool = False

    def member(self, name: str, *script: Any, **given: Any) -> ConversableAgent:
        def reply(request: Any) -> str:
            self.read[name] = " ".join(m["content"] for m in request.messages if m.get("name") == "ann")
            return f"I am {name}."

        return member(name, *script, reply, **given)

    def team(self) -> ConversableAgent:
        def look() -> str:
            """Look."""
            self.meanwhile.result()()
            return "seen"

        first = self.member("m0", [{"name": "look", "arguments": {}}], tools=[tool(look, effect="read")])
        others = [self.member(f"m{i}") for i in (1, 2)]
        if self.inside:
            others[1] = Sequential([others[1]], name="inner")
        return Concurrent([first, *others], max_concurrency=1, name="team")

    def agents(self) -> list[ConversableAgent]:
        return [self.team(), ConversableAgent("user", llm_config=False, human_input_mode="NEVER")]


@pytest.mark.parametrize("inside", [False, True], ids=["agents", "a team among them"])
def test_what_a_person_said_is_read_by_those_who_begin_later(inside: bool) -> None:
    """As by those at work, and once."""
    desk = Desk(inside=inside)
    response = desk.team().run(message="Look.", silent=True)
    desk.meanwhile.set_result(lambda: (response.say("Use euros.", by="ann"), response.say("And cents.", by="ann")))
    response.process()
    assert desk.read == dict.fromkeys(("m0", "m1", "m2"), "Use euros. And cents.")


def test_what_was_said_in_an_earlier_turn_is_not_said_again() -> None:
    """Of the team's own conversation they are told in its task."""
    desk = Desk()
    response = Sequential([desk.team(), desk.member("m3")]).run(message="Look.", silent=True)
    desk.meanwhile.set_result(lambda: response.say("Use euros.", by="ann"))
    response.process()
    assert desk.read["m1"] == desk.read["m2"] == desk.read["m3"] == "Use euros."


def test_a_pause_holds_those_who_begin_later() -> None:
    """They begin, and ask nothing until the run goes on; a pause that is over is none of theirs."""
    desk = Desk()
    response = desk.team().run(message="Look.")
    desk.meanwhile.set_result(lambda: (response.pause(), response.unpause(), response.say("Go.", by="ann")))
    controls = [e.action for e in response.events if isinstance(e, ControlEvent)]
    assert controls == ["pause", "unpause", "say", "say", "say"]
    assert desk.read == dict.fromkeys(("m0", "m1", "m2"), "Go.")


@pytest.mark.parametrize("nth", range(10))
def test_who_begins_in_a_later_process_reads_what_the_others_read(journal: Journal, nth: int) -> None:
    """After each thing that is written (0: none): what one heard is kept for those who wait; each hears it once."""
    desk = Desk()
    begin(journal, desk.agents)
    mortal: Any = Killed(journal, nth)
    response = resume(mortal, "run", desk.agents())
    desk.meanwhile.set_result(lambda: response.say("Use euros.", by="ann"))
    with suppress(JournalError):
        response.process()
    desk.meanwhile = Future()
    desk.meanwhile.set_result(lambda: None)
    work(journal, desk.agents)
    assert status(journal) == "done"
    assert set(desk.read.values()) <= {"", "Use euros."}
    assert len(set(desk.read.values())) == 1
    assert nth or desk.read["m2"]

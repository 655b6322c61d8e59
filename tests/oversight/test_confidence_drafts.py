"""A streamed reply that a policy may hold back is a draft: nobody sees it who did not ask for drafts."""

from __future__ import annotations

import io
from typing import Any

import pytest

from convagent import ConversableAgent, Printer, ScriptedModel, approve, ask, at, edit, reject, revise
from convagent.events import Event, MessageEvent, StreamEvent, StreamResetEvent
from convagent.testing import Fake, OpenAIServer
from convagent.testing.faults import broken_stream

HELD = at("reply", ask("editor"))


class Screen:
    """A printer to a text, and what stood there when the editor was asked."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.printer = Printer(self.out)

    def __call__(self, event: Event) -> None:
        self.printer(event)

    def text(self) -> str:
        return self.out.getvalue()


class Drafts:
    """Asks for drafts."""

    drafts = True

    def __init__(self) -> None:
        self.pieces: list[StreamEvent] = []
        self.resets: list[StreamResetEvent] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, StreamEvent):
            self.pieces.append(event)
        elif isinstance(event, StreamResetEvent):
            self.resets.append(event)

    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def bot_of(server: OpenAIServer, **given: Any) -> ConversableAgent:
    config = server.llm_config(stream=True, max_retries=2)
    return ConversableAgent("bot", llm_config=config, human_input_mode="NEVER", **given)


def user() -> ConversableAgent:
    return ConversableAgent("user", llm_config=False, human_input_mode="NEVER")


def test_a_gated_reply_is_not_on_the_screen_before_it_is_approved() -> None:
    """Nothing of it while it streams and while the question stands; all of it after the approval, once."""
    screen, drafts, at_question = Screen(), Drafts(), list[str]()

    def editor(request: Any) -> Any:
        at_question.append(screen.text())
        return approve

    with OpenAIServer(["a reply of five words"]) as server:
        user().initiate_chat(
            bot_of(server, oversight=HELD), message="go", max_turns=1, people=Fake(editor=editor),
            observers=[screen, drafts],
        )  # fmt: skip
    assert len(at_question) == 1
    assert "reply of" not in at_question[0]
    assert screen.text().count("a reply of five words") == 1
    assert drafts.text() == "a reply of five words"
    assert len(drafts.pieces) == 5
    assert all(piece.draft for piece in drafts.pieces)


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [(reject("too long"), "[withheld: too long]"), (edit(content="shorter"), "shorter"), (revise("shorter"), "second")],
)
def test_a_held_reply_is_never_on_the_screen(verdict: Any, shown: str) -> None:
    """Rejected, edited or sent back: what was drafted first is not shown, what came of it is."""
    screen = Screen()
    with OpenAIServer(["the first words", "second"]) as server:
        user().initiate_chat(
            bot_of(server, oversight=HELD), message="go", max_turns=1,
            people=Fake(editor=[verdict, approve]), observers=[screen],
        )  # fmt: skip
    assert "first words" not in screen.text()
    assert shown in screen.text()


def test_a_consumer_of_the_run_gets_no_drafts() -> None:
    """Whoever iterates the events gets the message when it is sent, and no piece of it before."""
    with OpenAIServer(["the first words"]) as server:
        response = user().run(
            bot_of(server), message="go", max_turns=1, oversight=HELD, people=Fake(editor=approve), silent=True
        )
        events = list(response.events)
    assert not [e for e in events if isinstance(e, StreamEvent)]
    assert [e.message.get("content") for e in events if isinstance(e, MessageEvent)] == ["go", "the first words"]


def test_a_reply_that_no_policy_may_hold_streams_to_everybody() -> None:
    """A policy on tools alone makes no drafts."""
    seen: list[StreamEvent] = []
    with OpenAIServer(["one two"]) as server:
        user().initiate_chat(
            bot_of(server, oversight=ask("editor")), message="go", max_turns=1, people=Fake(editor=approve),
            observers=[lambda e: seen.append(e) if isinstance(e, StreamEvent) else None], silent=True,
        )  # fmt: skip
    assert [(e.text, e.draft) for e in seen] == [("one ", False), ("two", False)]


def test_a_draft_is_void_when_its_stream_breaks() -> None:
    """Those who see drafts are told that the pieces so far are void; the others are told nothing."""
    drafts, plain = Drafts(), list[Event]()
    with OpenAIServer([broken_stream("a reply that breaks"), "whole"]) as server:
        user().initiate_chat(
            bot_of(server, oversight=HELD), message="go", max_turns=1, people=Fake(editor=approve),
            observers=[drafts, lambda e: plain.append(e) if isinstance(e, (StreamEvent, StreamResetEvent)) else None],
            silent=True,
        )  # fmt: skip
    assert len(drafts.resets) == 1
    assert drafts.resets[0].draft
    assert drafts.text().endswith("whole")
    assert plain == []


def test_a_draft_of_a_nested_chat_is_a_draft_of_the_outer_policy() -> None:
    """A rule of the outer chat holds back what is said in a chat inside it; its observers see no pieces."""
    screen, drafts = Screen(), Drafts()
    config = {"config_list": [ScriptedModel(["inner secret words"])], "stream": True}
    inner = ConversableAgent("inner", llm_config=config, human_input_mode="NEVER")
    bot = ConversableAgent("bot", llm_config=False, human_input_mode="NEVER")
    chats = [{"recipient": inner, "message": "go", "max_turns": 1, "summary_method": "last_msg"}]
    bot.register_nested_chats(chats, trigger=lambda sender: True)
    people = Fake(editor=reject("no"))
    user().initiate_chat(bot, message="go", max_turns=1, oversight=HELD, people=people, observers=[screen, drafts])
    assert drafts.text() == "inner secret words"
    assert "secret" not in screen.text()
    assert [r.preview for r in people.asked] == ["inner secret words", "[withheld: no]"]

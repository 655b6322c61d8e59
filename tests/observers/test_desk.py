"""Decisions at the console: one, several together, and what a typed line does to which of them."""

from __future__ import annotations

import asyncio
import builtins
import os
import sys
import threading
from typing import Any

import pytest

from convagent import ConversableAgent, NobodyReachable, ScriptedModel, tool
from convagent.channels import Terminal
from convagent.events import AnswerRefusedEvent, Event, InputReplyEvent, InputRequestEvent
from convagent.oversight.predicate import arg
from convagent.oversight.words import ask, deny, when


class Bank:
    """A bot that proposes payments, and the payments that were made."""

    def __init__(self, policy: Any, *amounts: float) -> None:
        self.paid: list[float] = []
        self.events: list[Event] = []

        @tool(approval=policy, parallel=True)
        def pay(amount: float) -> str:
            """Pay."""
            self.paid.append(amount)
            return "paid"

        calls = [{"name": "pay", "arguments": {"amount": amount}} for amount in amounts]
        model = ScriptedModel([calls, "done"])
        self.bot = ConversableAgent("bot", llm_config=model, tools=[pay], human_input_mode="NEVER")
        self.user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")

    def chat(self, how: str, **more: Any) -> None:
        """Hold the chat in one of the four ways in which the console asks."""
        given = {"message": "pay", "max_turns": 1, "observers": [self.events.append], **more}

        async def a_process() -> None:
            await (await self.user.a_run(self.bot, **given)).process()

        if how == "initiate_chat":
            self.user.initiate_chat(self.bot, **given)
        elif how == "a_initiate_chat":
            asyncio.run(self.user.a_initiate_chat(self.bot, **given))
        elif how == "process":
            self.user.run(self.bot, **given).process()
        else:
            asyncio.run(a_process())

    @property
    def decided(self) -> list[tuple[str, str]]:
        """Who decided what, in order of the answers that count."""
        replies = [e.reply for e in self.events if isinstance(e, InputReplyEvent)]
        return [(r.by, r.decision.verb) for r in replies if r.decision is not None]

    @property
    def refused(self) -> list[str]:
        """What was wrong with the answers that do not count."""
        return [e.problem for e in self.events if isinstance(e, AnswerRefusedEvent)]


def typing(monkeypatch: pytest.MonkeyPatch, *lines: str) -> list[str]:
    """Let somebody type lines at `input`, then nothing any more; return what is left to type."""
    left = list(lines)

    def typed(prompt: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    monkeypatch.setattr(builtins, "input", typed)
    return left


everywhere = pytest.mark.parametrize("how", ["initiate_chat", "a_initiate_chat", "process", "a_process"])
LARGE = when(arg.amount > 100, ask("clerk"))


@everywhere
def test_word_alone_decides_when_one_question_waits(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One question takes a word, and says all that a person has to know."""
    bank = Bank(LARGE, 500.0)
    typing(monkeypatch, "approve")
    bank.chat(how)
    assert bank.paid == [500.0]
    assert [verb for _, verb in bank.decided] == ["approve"]


@everywhere
@pytest.mark.parametrize("typed", ["", "yes please", "not approved", "disapproved", "approve it", "1", "all"])
def test_nothing_is_decided_when_the_line_is_no_decision(
    how: str, typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Enter and whatever is not a word of the list decide nothing; the person is told what is expected."""
    bank = Bank(LARGE, 500.0)
    typing(monkeypatch, typed, "reject no")
    bank.chat(how)
    assert bank.paid == []
    assert bank.decided == [(bank.decided[0][0], "reject")]
    assert "is not a decision; " in capsys.readouterr().out


@everywhere
def test_each_is_decided_by_its_number_when_several_wait(
    how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Questions that come together are a list; a number keeps its meaning while the list shrinks."""
    bank = Bank(LARGE, 500.0, 600.0, 700.0, 50.0)
    typing(monkeypatch, "2 reject too much", "approve", "3 approve", "approve")
    bank.chat(how)
    assert sorted(bank.paid) == [50.0, 500.0, 700.0]
    out = capsys.readouterr().out
    assert "3 questions wait:\n  1. May bot call pay? amount=500.0\n" in out
    assert "[2 questions wait, so say which; expected such as: 1 approve | 3 reject why | 1,3 approve" in out
    assert "Still to be decided: May bot call pay? amount=500.0\n" in out


@everywhere
def test_several_are_decided_at_once_when_their_numbers_are_typed(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch names its questions; each is answered by itself, and the others wait on."""
    bank = Bank(LARGE, 500.0, 600.0, 700.0)
    typing(monkeypatch, "1, 3 approve", "reject no")
    bank.chat(how)
    assert sorted(bank.paid) == [500.0, 700.0]
    assert [verb for _, verb in bank.decided] == ["approve", "approve", "reject"]


@everywhere
def test_all_are_decided_when_all_is_typed(
    how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`all approve` approves what is on the list as shown, and says so of each."""
    bank = Bank(LARGE, 500.0, 600.0)
    typing(monkeypatch, "all approve")
    bank.chat(how)
    assert sorted(bank.paid) == [500.0, 600.0]
    assert "[1: approved]\n[2: approved]\n" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["edit amount=1", "respond done", "always"])
def test_batch_is_refused_when_the_word_depends_on_the_question(
    word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is changed, put in its place or granted is said of one question at a time."""
    bank = Bank(LARGE, 500.0, 600.0)
    typing(monkeypatch, f"all {word}", f"1,2 {word}", "all reject")
    bank.chat("initiate_chat")
    assert bank.paid == []
    said = f"[{word.split()[0]} is said of one question at a time, such as: 1 {word}]"
    assert capsys.readouterr().out.count(said) == 2


def test_nothing_is_decided_when_a_number_is_not_on_the_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip in a batch decides none of it."""
    bank = Bank(LARGE, 500.0, 600.0)
    typing(monkeypatch, "1,3 approve", "all reject")
    bank.chat("initiate_chat")
    assert bank.paid == []
    assert "[there is no question 3; expected 1, 2]" in capsys.readouterr().out


def test_approval_counts_for_those_it_is_valid_for_when_a_batch_is_mixed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of a batch has to be valid for itself: one that needs more than a word is told so, and waits on."""
    form = {"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]}
    bank = Bank(when(arg.amount > 550, ask("clerk", form=form)) | ask("clerk"), 500.0, 600.0)
    typing(monkeypatch, "all approve", "approve why=urgent")
    bank.chat("initiate_chat")
    assert sorted(bank.paid) == [500.0, 600.0]
    out = capsys.readouterr().out
    assert "[1: approved]\n[2: the form: 'why' is a required property]\n" in out
    assert bank.refused == ["the form: 'why' is a required property"]


def test_both_opinions_are_asked_together_when_two_must_agree(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`ask(a) & ask(b)` is one list at the console."""
    bank = Bank(ask("clerk") & ask("lawyer"), 500.0)
    typing(monkeypatch, "1 approve", "reject not legal")
    bank.chat("initiate_chat")
    assert bank.paid == []
    out = capsys.readouterr().out
    assert "2 questions wait:" in out
    assert "For clerk." in out
    assert "For lawyer." in out


# ---------------------------------------------------------------- who sits there


@everywhere
def test_quorum_is_said_at_the_start_when_a_bare_terminal_cannot_reach_it(
    how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A terminal is one person: two it cannot be, says so at once, and then the question counts as unreachable."""
    bank = Bank(ask("finance", need=2), 500.0)
    left = typing(monkeypatch, "approve", "approve")
    with pytest.raises(NobodyReachable, match="needs 2 of finance"):
        bank.chat(how)
    assert bank.paid == []
    assert left == ["approve", "approve"], "nobody was asked in vain"
    out = capsys.readouterr().out
    assert "[ask('finance', need=2) needs 2 different people, and " in out.split("user (to bot)")[0]


def test_question_for_two_is_given_up_when_it_stood_before_the_console_came(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that began without a console cannot know who will sit there; the console then says what is missing."""
    bank = Bank(ask("finance", need=2), 500.0)
    left = typing(monkeypatch, "approve")
    stands = threading.Event()
    response = bank.user.run(
        bank.bot, message="pay", max_turns=1, observers=[lambda e: stands.set() if e.type == "input_request" else None]
    )
    assert stands.wait(20)
    with pytest.raises(NobodyReachable):
        response.process()
    assert (bank.paid, left) == ([], ["approve"])
    out = capsys.readouterr().out
    assert "[ask('finance', need=2) needs 2 different people, and a terminal alone is one]\n" in out
    assert "[May bot call pay? 2 different people must approve, and a terminal is one; " in out


@everywhere
def test_terminal_answers_as_its_person_when_it_is_a_channel(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`Terminal(person=, roles=)` among the channels is asked once, where the run is shown, and answers as them."""
    bank = Bank(ask("clerk"), 500.0)
    left = typing(monkeypatch, "approve", "a second question")
    bank.chat(how, channels=[Terminal(person="ada", roles=["clerk"])])
    assert bank.paid == [500.0]
    assert bank.decided == [("ada", "approve")]
    assert left == ["a second question"]
    (reply,) = [e.reply for e in bank.events if isinstance(e, InputReplyEvent)]
    assert (reply.channel, reply.roles, reply.authenticated) == ("terminal", ("clerk",), "program")


@everywhere
def test_next_in_line_is_asked_when_the_terminal_does_not_serve_the_role(
    how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clerk's terminal is not asked what is for the manager."""
    bank = Bank(ask("manager", within="1h") >> deny("no manager"), 500.0)
    left = typing(monkeypatch, "approve")
    bank.chat(how, channels=[Terminal(person="ada", roles=["clerk"])])
    assert (bank.paid, left) == ([], ["approve"])
    assert "[pay: manager cannot be reached; it is denied: no manager]" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="users are looked up the POSIX way")
def test_default_person_is_the_user_of_the_system_when_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name it is the operating-system user, in every role, and that is how they are known."""
    import pwd

    bank = Bank(ask("clerk"), 500.0)
    typing(monkeypatch, "approve")
    bank.chat("initiate_chat", channels=[Terminal()])
    (reply,) = [e.reply for e in bank.events if isinstance(e, InputReplyEvent)]
    assert (reply.by, reply.roles, reply.authenticated) == (pwd.getpwuid(os.getuid()).pw_name, ("*",), "os user")


def test_terminal_asks_by_itself_when_it_is_an_observer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The old use: among the observers it answers itself, decisions too, until one counts."""
    bank = Bank(ask("clerk"), 500.0)
    left = typing(monkeypatch, "", "approve", "more")
    response = bank.user.run(
        bank.bot, message="pay", max_turns=1, observers=[bank.events.append, Terminal(person="ada", roles=["clerk"])]
    )
    assert all(e.answered for e in response if isinstance(e, InputRequestEvent))
    assert (bank.paid, bank.decided, left) == ([500.0], [("ada", "approve")], ["more"])


# ---------------------------------------------------------------- the end of the input


@everywhere
def test_run_goes_on_to_what_follows_when_the_input_ends(
    how: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The end of the input at a decision approves nothing: the stated default counts, and it is said."""
    bank = Bank(ask("clerk", within="1h") >> deny("nobody answered"), 500.0)
    typing(monkeypatch)
    bank.chat(how)
    assert bank.paid == []
    out = capsys.readouterr().out
    assert "[end of input: nothing was decided here]\n" in out
    assert "[pay: clerk cannot be reached; it is denied: nobody answered]\n" in out


@everywhere
def test_run_stops_with_an_error_when_the_input_ends_and_nothing_follows(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not reaching anybody is no denial; the error says who was needed, and why nobody is there any more."""
    bank = Bank(ask("clerk"), 500.0)
    typing(monkeypatch)
    with pytest.raises(NobodyReachable, match=r"needs clerk, .*; the last one failed, its input has ended") as raised:
        bank.chat(how)
    assert "approved it already" not in str(raised.value)
    assert bank.paid == []


FORM = {
    "type": "object",
    "properties": {
        "cause": {"enum": ["water", "fire"]},
        "payout": {"type": "number", "minimum": 0, "maximum": 5000, "description": "what the policy covers"},
        "receipts": {"type": "boolean"},
        "note": {"type": "string"},
        "more": {},
    },
    "required": ["cause", "payout", "receipts", "more"],
}


def test_each_field_of_a_form_is_explained_when_it_is_to_be_filled_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever is asked sees what each one takes before they type."""
    bank = Bank(ask("clerk", form=FORM), 500.0)
    typing(monkeypatch, "approve cause=fire payout=12 receipts=true more=x")
    bank.chat("initiate_chat")
    assert (
        "  cause: water or fire\n"
        "  payout: a number from 0 to 5000; what the policy covers\n"
        "  receipts: true or false\n"
        "  note: text; may be left out\n"
        "  more\n"
    ) in capsys.readouterr().out
    assert bank.paid == [500.0]

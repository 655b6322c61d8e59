"""`convagent runs`: what there is, what was said in it, and what is done with it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from convagent import ConversableAgent, tool
from convagent.audit import verify
from convagent.events import ControlEvent
from convagent.journal import Inbox, open_journal
from convagent.testing import ScriptedModel
from tests.commands.conftest import TEAM, Command, Kept, Process
from tests.commands.keep import waiting_run
from tests.commands.team import team


@pytest.fixture
def over(kept: Kept, command: Command) -> Kept:
    """Return the journal with its run come to its end: ada has approved."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    command("worker", TEAM, "--once")
    return kept


# ---------------------------------------------------------------- looking


def test_runs_lists_each_with_what_it_waits_for(kept: Kept, command: Command) -> None:
    """Id, status, agents, turn, open questions, since when, and why."""
    head, line = command("runs").out.splitlines()
    assert head.split() == ["RUN", "STATUS", "AGENTS", "TURN", "OPEN", "SINCE", "WHY"]
    assert line.split()[:6] == [kept.run, "waiting", "customer", "desk", "1", "1"]


def test_runs_are_listed_latest_first_and_by_status(over: Kept, command: Command) -> None:
    """`--status` may be repeated."""
    second = waiting_run(over.path)
    found = [json.loads(line) for line in command("runs", "--json").out.splitlines()]
    assert [(one["id"], one["status"]) for one in found] == [(second, "waiting"), (over.run, "done")]
    assert over.run not in command("runs", "--status", "waiting").out
    both = command("runs", "--status", "waiting", "--status", "done", "--json").out
    assert len(both.splitlines()) == 2
    assert command("runs", "--status", "failed").out == "There is no run that is failed.\n"


def test_run_that_nobody_can_go_on_with_says_whom_it_needs(kept: Kept, command: Command) -> None:
    """A deploy renamed an agent: the run is ready, and no worker that is there knows whom it needs."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    _, line = command("runs").out.splitlines()
    assert "no worker is there that knows customer and desk; start one" in line


def test_runs_refuses_a_status_that_is_none(kept: Kept, command: Command) -> None:
    """The word that was meant is named."""
    said = command("runs", "--status", "wating")
    assert said.code == 1
    assert "--status='wating' is not one of" in said.err
    assert "did you mean waiting?" in said.err


def test_show_is_the_conversation_and_how_it_stands(kept: Kept, command: Command) -> None:
    """What was said, what was asked, and what it waits for."""
    said = command("runs", "show", kept.run).out
    assert "customer (to desk):\n\nBob wants his money back\n" in said
    assert "[clerk is asked: May desk call refund?" in said
    assert f"[run {kept.run} of customer, desk: waiting since " in said
    assert f"[{kept.request} waits for clerk: May desk call refund?" in said


def test_show_says_who_decided(over: Kept, command: Command) -> None:
    """Also what came of it, to the end; going on in another process leaves no trace in the text."""
    said = command("runs", "show", over.run).out
    assert "[refund: approved by ada (command line)" in said
    assert "250 paid to Bob" in said
    assert said.count("scripted replies, no language model") == 1
    assert said.splitlines()[-1].startswith(f"[run {over.run} of customer, desk: done since ")


def test_show_lets_no_terminal_be_steered(tmp_path: Path, command: Command) -> None:
    """Control characters that a model wrote are spelled out."""
    bot = ConversableAgent("bot", llm_config=ScriptedModel(["\x1b[2Jgone\x07"]), human_input_mode="NEVER")
    team()[1].initiate_chat(bot, message="hello", max_turns=1, journal=str(tmp_path / "j"), silent=True)
    run = json.loads(command("runs", "--journal", tmp_path / "j", "--json").out)["id"]
    said = command("runs", "--journal", tmp_path / "j", "show", run).out
    assert "\x1b" not in said
    assert "^[[2Jgone^G" in said


@pytest.mark.parametrize("name", ["show", "pause", "export", "delete"])
def test_unknown_run_is_an_error_that_names_the_nearest(kept: Kept, command: Command, name: str) -> None:
    """A letter that is missing is told."""
    said = command("runs", name, kept.run[:-1], *(["--yes"] if name == "delete" else []))
    assert said.code == 1
    assert f"there is no run {kept.run[:-1]!r}; did you mean {kept.run}?" in said.err


# ---------------------------------------------------------------- steering


def _controls(kept: Kept) -> list[tuple[str, str, str]]:
    journal = open_journal(kept.path)
    found = [(c.action, c.text, c.by) for c in journal.load(kept.run).controls]
    journal.close()
    return found


def test_steering_is_kept_for_whoever_moves_the_run(kept: Kept, command: Command) -> None:
    """Pause, say, unpause and stop stand in the journal under a name, and who meets them is said."""
    for words in (("pause",), ("say", "use", "the", "EU", "account"), ("unpause",), ("stop", "enough")):
        said = command("runs", words[0], kept.run, *words[1:], "--by", "ada")
        assert said.code == 0
        assert said.out.endswith("; a worker, or `convagent resume`, meets it\n")
    assert _controls(kept) == [
        ("pause", "", "ada"),
        ("say", "use the EU account", "ada"),
        ("unpause", "", "ada"),
        ("stop", "enough", "ada"),
    ]


def test_stop_ends_the_run_at_the_next_worker(kept: Kept, command: Command) -> None:
    """The run is over, its reason is what was said, its question is nobody's any more."""
    command("runs", "stop", kept.run, "wrong customer", "--by", "ada")
    assert "wrong customer" in command("worker", TEAM, "--once").out
    assert command("inbox", "list").out == "Nothing waits for a person.\n"
    assert not Path("paid").exists()


def test_say_reaches_the_conversation(kept: Kept, command: Command) -> None:
    """It is an event under the name of who said it."""
    command("runs", "say", kept.run, "use the EU account", "--by", "ada")
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    command("worker", TEAM, "--once")
    journal = open_journal(kept.path)
    said = [e for e in Inbox(journal).conversation(kept.run) if isinstance(e, ControlEvent)]
    journal.close()
    assert [(e.action, e.text, e.by) for e in said] == [("say", "use the EU account", "ada")]


def test_steering_a_run_that_is_over_is_an_error(over: Kept, command: Command) -> None:
    """Nothing is kept for nobody."""
    said = command("runs", "pause", over.run)
    assert said.code == 1
    assert f"run {over.run} is over: Termination message condition" in said.err


# ---------------------------------------------------------------- the record


def test_export_is_a_log_that_verifies(over: Kept, command: Command, tmp_path: Path) -> None:
    """The lines are those of an audit log."""
    (tmp_path / "log").write_text(command("runs", "export", over.run).out)
    verdict = verify(tmp_path / "log")
    assert verdict.ok
    assert (verdict.runs, verdict.erased) == (1, 0)


def test_audit_reads_a_journal_like_a_log(over: Kept, command: Command) -> None:
    """Every command takes the file of a journal, and its head proves later what was taken out."""
    assert command("audit", "verify", over.path).out.startswith("ok: ")
    kept = command("audit", "head", over.path).out.strip()
    assert "approve by ada: desk: tool refund(" in command("audit", "show", over.path, "--person", "ada").out
    assert command("audit", "export", over.path, "--format", "html").out.count("<tr") > 10
    assert "amount > 100        1         1  100 %" in command("audit", "metrics", over.path).out
    assert command("audit", "verify", over.path, "--head", kept).code == 0


def test_audit_names_a_row_that_was_edited(over: Kept, command: Command) -> None:
    """A journal that was changed by hand is broken, and the row is named."""
    with sqlite3.connect(over.path) as database:
        database.execute("UPDATE events SET body = replace(body, 'ada', 'bob') WHERE body LIKE '%\"decided\"%'")
    said = command("audit", "verify", over.path)
    assert said.code == 1
    assert said.out.startswith("BROKEN: ")


def test_audit_hides_the_secrets_of_a_journal(tmp_path: Path, command: Command) -> None:
    """A journal has to keep what a person typed; what is shown of it does not tell."""
    bot = ConversableAgent("bot", llm_config=ScriptedModel(["The key is sk-abcdefghijklmnopqrstuvwx0123456789"]))
    team()[1].initiate_chat(bot, message="hello", max_turns=1, journal=str(tmp_path / "j"), silent=True)
    for words in (("show",), ("export",), ("export", "--format", "html")):
        said = command("audit", words[0], tmp_path / "j", *words[1:])
        assert "The key is" in said.out
        assert "abcdefghijklmnopqrstuvwx" not in said.out


def test_secret_of_a_tool_is_hidden_though_nobody_was_asked(tmp_path: Path, command: Command) -> None:
    """The journal says what the tools mark, to the conversation as to the log; the value is kept to be executed."""
    schema = {"type": "object", "properties": {"pin": {"type": "string", "x-secret": True}}}
    pay = tool(lambda **given: f"paid with {given['pin']}", name="pay", parameters=schema)
    call = [{"name": "pay", "arguments": {"pin": "tulip-granite"}}]
    bot = ConversableAgent("bot", llm_config=ScriptedModel([call, "Done."]), tools=[pay], human_input_mode="NEVER")
    journal = tmp_path / "j"
    result = team()[1].initiate_chat(bot, message="pay", max_turns=1, journal=str(journal), silent=True)
    reading = [
        ("audit", "show", journal),
        ("audit", "export", journal),
        ("audit", "export", journal, "--format", "html"),
    ]
    for words in (("runs", "show", result.chat_id, "--journal", journal), *reading):
        said = command(*words).out
        assert "pay" in said
        assert "tulip" not in said
    assert "tulip-granite" in command("runs", "export", result.chat_id, "--journal", journal).out


def test_delete_asks_before_and_shows_later(over: Kept, command: Command) -> None:
    """Without a terminal --yes has to say that it is meant; what is gone is counted."""
    said = command("runs", "delete", over.run)
    assert said.code == 1
    assert "Say that it is meant, by --yes" in said.err
    assert command("runs", "delete", over.run, "--yes").out == f"run {over.run} is deleted\n"
    assert command("runs").out == "There is no run.\n"
    assert "1 more runs deleted" in command("audit", "verify", over.path).out


def test_prune_takes_only_what_is_over_for_so_long(over: Kept, command: Command) -> None:
    """A young run stays, and so does one that waits."""
    waiting = waiting_run(over.path)
    said = command("runs", "prune", "--older-than", "90d", "--yes")
    assert (said.code, said.out) == (0, "No run has been over for 90d.\n")
    assert command("runs", "prune", "--older-than", "0.000001s", "--yes").out == "1 runs are deleted\n"
    assert [line.split()[0] for line in command("runs").out.splitlines()[1:]] == [waiting]


def test_prune_refuses_what_is_no_length_of_time(kept: Kept, command: Command) -> None:
    """Ninety of what?"""
    said = command("runs", "prune", "--older-than", "ninety", "--yes")
    assert said.code == 1
    assert "--older-than='ninety' is not a length of time" in said.err


def test_forget_erases_a_person_and_the_chain_still_holds(over: Kept, command: Command) -> None:
    """Their name is nowhere any more, and verify says how many rows were erased."""
    said = command("runs", "forget", "ada", "--yes")
    assert "rows of ada are erased" in said.out
    assert '"ada"' not in command("runs", "export", over.run).out
    found = command("audit", "verify", over.path)
    assert found.code == 0
    assert "erased" in found.out


@pytest.mark.parametrize(("typed", "code"), [("y\r", 1), ("\r", 1), ("\x04", 1), ("yes\r", 0)])
def test_delete_takes_only_yes_at_a_terminal(over: Kept, start: Callable[..., Process], typed: str, code: int) -> None:
    """It is asked, and anything but the whole word is no."""
    asked = start("runs", "delete", over.run, terminal=True)
    asked.type_at("Type yes:", typed)
    asked.until("is deleted" if code == 0 else "Nothing is deleted.")
    assert asked.end() == code


# ---------------------------------------------------------------- again


def test_fork_begins_another_run_that_can_be_resumed(over: Kept, command: Command) -> None:
    """The new run asks its own questions: what ada approved was approved for the old one."""
    said = command("runs", "fork", over.run, "--at", "3")
    assert said.code == 0
    new = said.out.split()[1]
    assert f"convagent resume {new} MODULE:AGENTS" in said.out
    assert new in command("runs", "--status", "left").out


def test_replay_judges_a_run_by_another_policy(over: Kept, command: Command) -> None:
    """Nobody is asked and nothing is done; what the policy would have said is compared."""
    paid = Path("paid").read_text()
    said = command("runs", "replay", over.run, "--policy", "tests.commands.team:strict")
    assert said.code == 0
    assert said.out
    assert Path("paid").read_text() == paid

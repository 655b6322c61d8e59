"""`convagent worker` and `convagent resume`: runs go on, in another process than the one that began them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from convagent.journal import open_journal
from tests.commands.conftest import TEAM, Command, Kept, Process
from tests.commands.keep import waiting_run

Python = Callable[..., subprocess.CompletedProcess[str]]

SLOW = "tests.commands.team:slow"


def _status(kept: Kept, run: str = "") -> tuple[str, str]:
    journal = open_journal(kept.path)
    info = journal.load(run or kept.run).info
    journal.close()
    return info.status, info.reason


def _ready_run(kept: Kept) -> str:
    """Keep a run that nobody has begun to move."""
    os.mkfifo("go")
    journal = open_journal(kept.path)
    journal.begin("slow-run", journal.load(kept.run).spec, ["customer", "desk"], "test", 1.0, "ready")
    journal.close()
    return "slow-run"


# ---------------------------------------------------------------- worker


def test_worker_once_moves_what_can_go_on(kept: Kept, command: Command) -> None:
    """What was decided is done, and what still waits is left alone; each has its line."""
    second = waiting_run(kept.path)
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    said = command("worker", TEAM, "--once")
    assert said.code == 0
    assert f"run {kept.run}  moves on" in said.out
    assert f"run {kept.run}  is over: Termination message condition" in said.out
    assert second not in said.out
    assert Path("paid").read_text() == "250 to Bob\n"
    assert (_status(kept)[0], _status(kept, second)[0]) == ("done", "waiting")


def test_worker_says_for_whom_a_run_waits(kept: Kept, command: Command) -> None:
    """A run that comes to its next question is parked, and the line says which."""
    run = _ready_run(kept)
    said = command("worker", TEAM, "--once")
    assert f"run {run}  waits for clerk: {run}:1" in said.out


def test_worker_is_quiet_if_told_so(kept: Kept, command: Command) -> None:
    """Nothing on standard output."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    assert command("worker", TEAM, "--once", "--quiet").out == ""


def test_worker_leaves_alone_what_it_does_not_know(kept: Kept, command: Command) -> None:
    """A run whose agents are not all here waits for another worker."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    said = command("worker", "tests.commands.team:only_desk", "--once")
    assert said.code == 0
    assert kept.run not in said.out
    assert _status(kept)[0] == "ready"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_ends_at_a_signal_when_it_rests(kept: Kept, start: Callable[..., Process], number: int) -> None:
    """With nothing to move it ends at once, by exit code 0."""
    worker = start("worker", TEAM)
    worker.until("Moving on the runs of customer, desk")
    worker.signal(number)
    assert worker.end() == 0


def test_worker_finishes_what_it_moves_at_the_first_signal(kept: Kept, start: Callable[..., Process]) -> None:
    """A tool in flight is not broken off: its run comes to its next pause, or its end."""
    run = _ready_run(kept)
    worker = start("worker", SLOW)
    worker.until(f"run {run}  moves on")
    worker.until("begun")
    worker.signal(signal.SIGTERM)
    worker.until(f"Stopping as soon as these come to a pause: {run}.")
    Path("go").write_text("")
    worker.until(f"run {run}  is over")
    assert worker.end() == 0
    assert Path("paid").read_text() == "40 to slow\n"


def test_worker_lets_go_of_what_it_moves_at_the_second_signal(kept: Kept, start: Callable[..., Process]) -> None:
    """What can be broken off is free for another worker at once."""
    run = _ready_run(kept)
    worker = start("worker", "tests.commands.team:thinking")
    worker.until("begun")
    worker.signal(signal.SIGTERM)
    worker.until("Stopping as soon as")
    worker.signal(signal.SIGTERM)
    worker.until(f"run {run}  is broken off")
    assert worker.end() == 128 + signal.SIGTERM
    assert _status(kept, run)[0] == "ready"


def test_worker_ends_at_the_second_signal_although_a_tool_runs(
    kept: Kept, start: Callable[..., Process], command: Command
) -> None:
    """Whether the payment was made is not known then: whoever goes on with the run is asked, and it is not repeated."""
    run = _ready_run(kept)
    worker = start("worker", SLOW)
    worker.until("begun")
    worker.signal(signal.SIGTERM)
    worker.until("Stopping as soon as")
    worker.signal(signal.SIGTERM)
    assert worker.end() == 128 + signal.SIGTERM
    assert f"run {run}  waits for anybody" in command("worker", SLOW, "--once").out
    assert "retry" in command("inbox", "show", f"{run}:1").out
    assert not Path("paid").exists()


@pytest.mark.parametrize(
    ("agents", "told"),
    [
        ("team", "'team' names no agents; expected MODULE:NAME, such as app:team"),
        ("app/team.py:agents", "expected a module, not a file, such as app.team:agents"),
        ("no_such_module:agents", "there is no module 'no_such_module' in this folder or among what is installed"),
        ("tests.commands.team:agentz", "tests.commands.team has no 'agentz'; did you mean agents?"),
        ("tests.commands.team:nobody", "tests.commands.team:nobody gives no agents; expected a list of agents"),
        ("tests.commands.team:twins", "tests.commands.team:twins gives two agents named"),
        ("tests.commands.team:later", "tests.commands.team:later is async"),
        ("tests.commands.team:broken", "tests.commands.team:broken() failed: RuntimeError: no database here"),
        ("tests.commands.team:number", "tests.commands.team:number is 7; expected a function without arguments"),
        ("tests.commands.team:ready", "tests.commands.team:ready is a list; expected a function without arguments"),
    ],
)
def test_worker_says_what_is_wrong_with_its_agents(kept: Kept, command: Command, agents: str, told: str) -> None:
    """One line that names the cure, before any run is touched."""
    said = command("worker", agents, "--once")
    assert (said.code, said.out) == (1, "")
    assert told in said.err


def test_worker_says_why_a_module_cannot_be_imported(kept: Kept, command: Command) -> None:
    """The module that is missing inside the one that was named, or what it raised."""
    Path("app_without_parts.py").write_text("import parts_that_are_not_there\n")
    Path("app_that_fails.py").write_text("1 / 0\n")
    said = command("worker", "app_without_parts:team", "--once")
    assert "app_without_parts cannot be imported: No module named 'parts_that_are_not_there'" in said.err
    assert "ZeroDivisionError: division by zero" in command("worker", "app_that_fails:team", "--once").err


def test_worker_blocks_a_run_when_its_agents_cannot_be_made(kept: Kept, command: Command) -> None:
    """A function that works at first and then fails: the run says why, and goes on with a worker that can."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    Path("moody.py").write_text(
        "from tests.commands.team import team\n"
        "calls = []\n"
        "def agents():\n"
        "    calls.append(1)\n"
        "    if len(calls) > 1: raise RuntimeError('the vault is closed')\n"
        "    return team()\n"
    )
    said = command("worker", "moody:agents", "--once")
    assert f"run {kept.run}  is blocked: moody:agents() failed: RuntimeError: the vault is closed" in said.out
    assert _status(kept)[0] == "blocked"
    assert "is over" in command("worker", TEAM, "--once").out


def test_worker_takes_one_slot_at_least(kept: Kept, command: Command) -> None:
    """No slot would be a worker that does nothing and says nothing."""
    assert "--slots 0: expected 1 or more" in command("worker", TEAM, "--slots", "0").err


# ---------------------------------------------------------------- resume


def test_resume_asks_here_and_goes_on_to_the_end(kept: Kept, python: Python) -> None:
    """The last messages, the question, what comes of the answer; exit code 0."""
    done = python("-m", "convagent.cli", "resume", kept.run, TEAM, input="approve\n")
    said = done.stdout
    assert done.returncode == 0, done.stderr
    assert said.startswith(f"[run {kept.run} of customer, desk goes on; it was waiting ")
    assert "Bob wants his money back" in said
    assert said.count("May desk call refund?") == 1
    assert said.endswith("Termination message condition on agent 'customer' met]\n")
    assert Path("paid").read_text() == "250 to Bob\n"


def test_resume_takes_an_answer_from_elsewhere(kept: Kept, start: Callable[..., Process], command: Command) -> None:
    """While it asks at its own terminal, the inbox takes the answer, too."""
    resumed = start("resume", kept.run, TEAM, terminal=True)
    resumed.until("Answer: approve")
    assert command("inbox", "answer", kept.request, "reject", "no", "--by", "ada").code == 0
    resumed.until("rejected by ada (command line)")
    resumed.until("is over")
    assert resumed.end() == 0
    assert not Path("paid").exists()


def test_resume_is_left_by_ctrl_c_as_it_stands(kept: Kept, start: Callable[..., Process], command: Command) -> None:
    """How to go on is said, the question stands, and a worker does the rest."""
    resumed = start("resume", kept.run, TEAM, terminal=True)
    resumed.until("Answer: approve")
    resumed.signal()
    resumed.until(f"convagent inbox answer {kept.request} approve --by NAME")
    resumed.until(f"convagent resume {kept.run} MODULE:AGENTS")
    assert resumed.end() == 130
    assert _status(kept)[0] == "waiting"
    assert kept.request in command("inbox", "list").out


def test_resume_of_a_run_that_is_over_shows_how_it_ended(kept: Kept, command: Command) -> None:
    """Nothing is run again."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    command("worker", TEAM, "--once")
    said = command("resume", kept.run, TEAM)
    assert said.code == 0
    assert "Bye. TERMINATE" in said.out
    assert f"[run {kept.run} of customer, desk: done since " in said.out
    assert Path("paid").read_text() == "250 to Bob\n"


def test_resume_takes_a_list_of_agents(kept: Kept, command: Command) -> None:
    """For one run a list will do."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    assert command("resume", kept.run, "tests.commands.team:ready").code == 0
    assert Path("paid").read_text() == "250 to Bob\n"


def test_resume_names_the_agents_that_are_missing(kept: Kept, command: Command) -> None:
    """Before anything is claimed, so that somebody else may go on with it."""
    said = command("resume", kept.run, "tests.commands.team:only_desk")
    assert (said.code, said.out) == (1, "")
    assert f"run {kept.run} needs the agents customer; there are here: desk" in said.err
    assert _status(kept)[0] == "waiting"


def test_resume_suggests_the_run_that_was_meant(kept: Kept, command: Command) -> None:
    """The beginning of an id is enough to be told the whole."""
    said = command("resume", kept.run[:5], TEAM)
    assert said.code == 1
    assert f"there is no run {kept.run[:5]!r}; did you mean {kept.run}?" in said.err


def test_resume_is_refused_while_another_process_has_the_run(
    kept: Kept, start: Callable[..., Process], command: Command
) -> None:
    """Who has it is said."""
    run = _ready_run(kept)
    worker = start("worker", SLOW)
    worker.until("begun")
    listed = [json.loads(line) for line in command("runs", "--json", "--status", "running").out.splitlines()]
    said = command("resume", run, SLOW)
    assert said.code == 1
    assert f"run {run!r} is held by {listed[0]['worker']}" in said.err
    Path("go").write_text("")
    worker.until("is over")

"""Code that is run in a journaled conversation: once, as was approved, and in doubt where its process died in it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from convagent import ConversableAgent, approve, ask, reject, respond
from convagent.human import Decision, try_again
from convagent.journal import Inbox
from convagent.journal.base import Journal
from convagent.testing import ScriptedModel
from tests.durable.mortal import NEVER, Ledger, run, work_in
from tests.durable.places import Place
from tests.durable.teams import begin, status, work

WRITES = "```python\nopen('ran', 'a').write('x')\nprint('it ran')\n```"
KILLS = (
    "```sh\necho first >> ran\n```\n```python\nimport os, signal, sys\nopen('ran', 'a').write('x')\n"
    "os.path.exists('kill') and os.kill(os.getppid(), signal.SIGKILL)\nprint('it ran')\n```"
)
DONE = "exitcode: 0 (execution succeeded)\nCode output: \n"


def team(folder: Path, script: str, approval: Any, ledger: Any = None, death: Any = None) -> list[ConversableAgent]:
    """Return one who writes code, and one who runs it."""
    config: dict[str, Any] = {"work_dir": folder, "use_docker": False}
    config |= {} if approval is None else {"approval": approval}
    return [
        ConversableAgent("desk", llm_config=ScriptedModel([script, "Done."]), human_input_mode="NEVER"),
        ConversableAgent("customer", llm_config=False, human_input_mode="NEVER", code_execution_config=config),
    ]


def started(journal: Journal, agents: Callable[[], list[ConversableAgent]]) -> None:
    begin(journal, agents, message="Write code.", max_turns=2)


def said(journal: Journal) -> list[str]:
    """Return what was said in the run, in order."""
    bodies = [row.body for row in journal.load("run").rows]
    return [body["message"]["content"] for body in bodies if body.get("type") == "text"]


def decide(journal: Journal, decision: Decision) -> str:
    (stored,) = Inbox(journal).pending()
    return Inbox(journal).decide(stored.id, decision, by="ann").status


@pytest.mark.parametrize("answer", [approve, reject("no")])
def test_code_waits_for_its_approval_and_goes_on_in_another_process(
    journal: Journal, tmp_path: Path, answer: Decision
) -> None:
    """Nothing runs before the answer, and whoever goes on runs it once, or tells why not."""
    agents = partial(team, tmp_path, WRITES, ask("clerk"))
    started(journal, agents)
    work(journal, agents)
    assert (status(journal), (tmp_path / "ran").exists()) == ("waiting", False)
    (stored,) = Inbox(journal).pending()
    assert stored.request.preview == f"python:\n{WRITES[10:-4]}"
    assert decide(journal, answer) == "accepted"
    work(journal, agents)
    work(journal, agents)
    assert status(journal) == "done"
    if answer is approve:
        assert (tmp_path / "ran").read_text() == "x"
        assert said(journal)[2] == f"{DONE}it ran\n"
    else:
        assert not (tmp_path / "ran").exists()
        assert said(journal)[2] == "The code was not allowed by ann: no\nIt was not run."


@pytest.mark.parametrize(
    ("decision", "written", "told"),
    [
        (try_again, "first\nxx", "exitcode: 0 (execution succeeded)\nCode output: \n\nit ran\n"),
        (respond("it did"), "first\nx", "exitcode: 0 (execution succeeded)\nCode output: \nit did"),
        (
            reject("never mind"),
            "first\nx",
            "exitcode: 1 (execution failed)\nCode output: \nError: whether run_code was done",
        ),
    ],
)
def test_code_is_in_doubt_when_its_process_is_killed(
    place: Place, tmp_path: Path, decision: Decision, written: str, told: str
) -> None:
    """It is never silently run again, nor is the block before it, whose result is kept: a person says what counts."""
    journal, agents = place.open(), partial(team, tmp_path, KILLS, None)
    started(journal, agents)
    (tmp_path / "kill").touch()
    assert run(work_in, place.target, Ledger(tmp_path / "ledger"), NEVER, agents) == -signal.SIGKILL
    assert (tmp_path / "ran").read_text() == "first\nx"
    place.change("UPDATE runs SET lease = 0 WHERE lease IS NOT NULL")
    (tmp_path / "kill").unlink()
    work(journal, agents)
    assert (status(journal), (tmp_path / "ran").read_text()) == ("waiting", "first\nx")
    (stored,) = Inbox(journal).pending()
    assert stored.request.prompt == "run_code of desk failed. What now?"
    assert decide(journal, decision) == "accepted"
    work(journal, agents)
    assert (status(journal), (tmp_path / "ran").read_text()) == ("done", written)
    assert said(journal)[2].startswith(told)

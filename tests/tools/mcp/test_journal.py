"""Runs in a journal whose agents have the tools of a server: another process connects to it anew."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from convagent import approve, respond
from convagent.agents.durable import resume
from convagent.journal.base import Journal
from tests.durable.places import SQLitePlace
from tests.durable.teams import Agents, begin, decide, pending, status, work
from tests.tools.mcp.scene import DESK, alive
from tests.tools.mcp.teams import absent, hanging, noting, writing


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SQLitePlace]:
    with SQLitePlace(tmp_path / "runs.db") as found:
        yield found


Python = Callable[..., subprocess.CompletedProcess[str]]


def told(journal: Journal, agents: Agents) -> list[str]:
    """Return what the model was told of its calls, in a run that is over."""
    made = agents()
    _ = resume(journal, "run", made).result  # once it is there, so is what they said
    return [str(m["content"]) for m in made[0].chat_messages[made[1]] if m.get("role") == "tool"]


def test_call_that_waits_for_a_person_is_made_once_in_another_process(
    place: SQLitePlace, tmp_path: Path, python: Python, root: Path
) -> None:
    """The run parks at the question; whoever goes on with it starts the server again and makes the call."""
    file, journal = tmp_path / "notes", place.open()
    agents = partial(writing, str(file))
    begin(journal, agents)
    program = f"from tests.tools.mcp.teams import work_in; work_in({place.target!r}, 'writing', {str(file)!r})"
    assert python("-c", program).stderr == ""
    assert (status(journal), file.exists()) == ("waiting", False)
    assert pending(journal).request.preview == f"file  {file}\ntext  milk"
    decide(journal, approve)
    assert python("-c", program).stderr == ""
    assert (status(journal), file.read_text()) == ("done", "milk\n")
    assert told(journal, agents) == ["2", "written: milk"]


def test_worker_closes_its_servers_when_it_ends(place: SQLitePlace, python: Python, root: Path) -> None:
    """Nothing that it started goes on."""
    journal = place.open()
    begin(journal, noting)
    worker = ["-m", "convagent.cli", "worker", "tests.tools.mcp.teams:noting", "--once", "--journal", place.target]
    assert python(*worker, PYTHONPATH=str(root)).stderr == ""
    (process,) = told(journal, noting)
    assert not alive(int(process))


def test_call_in_which_the_process_died_is_in_doubt(place: SQLitePlace, tmp_path: Path, python: Python) -> None:
    """A tool of a server is unsafe unless somebody says otherwise: it is not called again, a person is asked."""
    begun, journal = tmp_path / "begun", place.open()
    agents = partial(hanging, str(begun))
    begin(journal, agents)
    program = f"from tests.tools.mcp.teams import die_in; die_in({place.target!r}, 'hanging', {str(begun)!r})"
    assert python("-c", program).returncode == 9
    begun.unlink()
    work(journal, agents)
    assert status(journal) == "waiting"
    decide(journal, respond("it was done"))
    work(journal, agents)
    assert status(journal) == "done"
    # The server of the process that died may still write that its call was broken off.
    assert not begun.exists() or begun.read_text() == "cancelled"
    assert told(journal, agents) == ["it was done"]


def test_run_whose_server_does_not_start_is_tried_again_by_its_worker(place: SQLitePlace) -> None:
    """It may start later, or on another machine; until then the run says what was wrong."""
    journal = place.open()
    begin(journal, absent)
    work(journal, absent)
    info = journal.load("run").info
    assert (info.status, info.wake is not None) == ("waiting", True)
    assert f"{DESK} did not start" in info.reason

"""The audit log is written row by row, before anything it tells of takes effect."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path

import pytest

from convagent import approve, reject
from convagent.audit import AuditLog, verify
from convagent.errors import AuditError
from convagent.events import DecidedEvent, Event, ExecutedFunctionEvent, ExecuteFunctionEvent, InputReplyEvent
from convagent.testing import Fake, after, capture_events, silent
from convagent.tools.tool import tool
from tests.audit.desk import chat, events, keep, lines, rows, write_log

ROOT = Path(__file__).resolve().parent.parent.parent


def test_log_has_a_row_for_every_event_that_is_no_piece_of_a_stream(tmp_path: Path) -> None:
    """One row an event, in order, and the events come back from their rows."""
    path, seen = tmp_path / "log", capture_events()
    with AuditLog(path) as log:
        chat(log, seen, people=Fake(clerk=approve))
    kept = [event for event in seen if not event.transient]
    assert [(row["run"], row["seq"], row["body"]["type"]) for row in lines(path)] == [
        (event.run_id, event.seq, event.type) for event in kept
    ]
    again = [row.event for row in rows(path)]
    assert [e for e in again if isinstance(e, (InputReplyEvent, DecidedEvent))] == [
        *seen.of(InputReplyEvent), *seen.of(DecidedEvent)
    ]  # fmt: skip


def test_row_has_the_fields_and_hashes_of_the_journal(tmp_path: Path) -> None:
    """Run, number, key, fence, time, body, salt and a hash that chains the salted hash of the body."""
    write_log(tmp_path / "log", events("run", "a", "b"))
    before = ""
    for line in (tmp_path / "log").read_text(encoding="ascii").splitlines():
        row = json.loads(line)
        assert list(row) == ["run", "seq", "key", "fence", "time", "body", "salt", "hash"]
        assert (row["run"], row["key"], row["fence"], row["time"]) == ("run", "", 0, 1700000000.0 + row["seq"])
        head, _, rest = line.partition(',"body":')
        body = rest.partition(',"salt":')[0]
        digest = sha256(f"{row['salt']}{body}".encode()).hexdigest()
        assert row["hash"] == sha256(f"{before}{head}{digest}".encode()).hexdigest()
        before = row["hash"]


def test_salt_differs_in_every_row(tmp_path: Path) -> None:
    """Two rows that say the same have nothing in common that would tell, once they are erased."""
    write_log(tmp_path / "log", events("run", *["same"] * 200))
    salts = {row["salt"] for row in lines(tmp_path / "log")}
    assert len(salts) == 200
    assert {len(salt) for salt in salts} == {32}


def test_answer_row_says_who_how_and_how_long(tmp_path: Path) -> None:
    """Of each answer the log has the person, the channel, how they were authenticated, and the wait."""
    keep(tmp_path / "log", people=Fake(clerk=silent, manager=after("40m", approve)))
    (row,) = [row["body"] for row in lines(tmp_path / "log") if row["body"]["type"] == "input_reply"]
    reply = row["reply"]
    assert (reply["by"], reply["channel"], reply["authenticated"]) == ("manager", "fake", "fake")
    assert row["seconds"] == 2400.0


def test_row_is_in_the_file_when_the_next_observer_is_told(tmp_path: Path) -> None:
    """Nobody sees an event before it is kept: no observer after the log, no channel, and no tool."""
    path, behind = tmp_path / "log", list[str]()

    def check(event: Event) -> None:
        if not event.transient and lines(path)[-1]["seq"] != event.seq:
            behind.append(event.type)

    with AuditLog(path) as log:
        chat(log, check, people=Fake(clerk=approve))
    assert behind == []


def test_decision_is_in_the_file_when_the_tool_runs(tmp_path: Path) -> None:
    """What a person decided, and that the tool begins, is written before the tool does anything."""
    path, found = tmp_path / "log", list[str]()

    @tool
    def look() -> str:
        """Look into the log."""
        found.extend(row["body"]["type"] for row in lines(path))
        return "seen"

    from convagent import ask

    keep(path, tools=[look], calls=[{}], oversight=ask("clerk"), people=Fake(clerk=approve))
    assert [name for name in found if name in ("input_reply", "decided", "execute_function")] == [
        "input_reply", "decided", "execute_function"
    ]  # fmt: skip


@pytest.mark.parametrize("event", [DecidedEvent, ExecuteFunctionEvent])
def test_run_ends_before_the_effect_when_the_log_cannot_be_written(tmp_path: Path, event: type[Event]) -> None:
    """A required observer: when the file is gone nothing more happens."""
    path, seen, done = tmp_path / "log", capture_events(), list[int]()

    @tool
    def pay(amount: int) -> str:
        """Pay."""
        done.append(amount)
        return "paid"

    from convagent import ask

    def lose(told: Event) -> None:
        if isinstance(told, event):
            path.unlink()

    with AuditLog(path) as log, pytest.raises(AuditError, match="deleted while it was written"):
        chat(lose, log, seen, tools=[pay], calls=[{"amount": 5}], oversight=ask("clerk"), people=Fake(clerk=approve))
    assert done == []
    assert seen.of(ExecutedFunctionEvent) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_log_raises_when_the_disk_is_full() -> None:
    """A row that finds no room is an error, with the reason of the system."""
    with AuditLog("/dev/full") as log, pytest.raises(AuditError, match="No space left on device"):
        log(events("run", "a")[0])


FULL = """
import resource, signal, sys
from convagent.audit import AuditLog, verify
from convagent.errors import AuditError
from tests.audit.desk import events
path = sys.argv[1]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log, kept = AuditLog(path), 0
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    for event in events("run", *"abcdefghij" * 10):
        log(event)
        kept += 1
except AuditError as error:
    print(kept, "File too large" in str(error), verify(path).rows == kept, verify(path).ok)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of the size of files")
def test_log_has_no_half_row_when_the_file_cannot_grow(tmp_path: Path) -> None:
    """Where a row fits only in part nothing of it stays, and the log still verifies."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "log")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    kept, *right = done.stdout.split()
    assert 0 < int(kept) < 100
    assert right == ["True"] * 3


def test_log_refuses_when_it_is_closed(tmp_path: Path) -> None:
    """A log that was closed too early does not let a run go on unrecorded."""
    log = AuditLog(tmp_path / "log")
    log.close()
    with pytest.raises(AuditError, match="is closed"):
        log(events("run", "a")[0])


def test_log_refuses_a_path_where_it_cannot_write(tmp_path: Path) -> None:
    """A wrong path is said when the log is made, not when the first run starts."""
    with pytest.raises(AuditError, match="cannot be opened"):
        AuditLog(tmp_path / "nowhere" / "log")


def test_log_refuses_a_file_that_is_none(tmp_path: Path) -> None:
    """A file of something else is not appended to."""
    path = tmp_path / "notes"
    path.write_text("dear diary\n")
    with pytest.raises(AuditError, match="is no row of an audit log"):
        AuditLog(path)
    assert path.read_text() == "dear diary\n"


def test_log_is_readable_for_its_owner_alone(tmp_path: Path) -> None:
    """What people said is not for everybody on the machine."""
    write_log(tmp_path / "log", events("run", "a"))
    assert (tmp_path / "log").stat().st_mode & 0o077 == 0


def test_chain_goes_on_when_a_file_is_opened_again(tmp_path: Path) -> None:
    """A second log on the same file continues each run's chain where the first left it."""
    path = tmp_path / "log"
    write_log(path, events("run", "a"), events("other", "a"))
    write_log(path, events("run", "b", first=2))
    assert verify(path).ok
    assert [row.follows(before) for row, before in [(rows(path)[2], rows(path)[0].hash)]] == [True]


def test_chain_goes_on_when_two_logs_write_in_turn(tmp_path: Path) -> None:
    """Each learns what the other appended before it appends itself."""
    path, texts = tmp_path / "log", events("run", *"abcdef")
    with AuditLog(path) as one, AuditLog(path) as other:
        for event, log in zip(texts, [one, other] * 3, strict=True):
            log(event)
    assert str(verify(path)).startswith("ok: 6 rows of 1 runs")


WRITER = """
import sys
from convagent.audit import AuditLog
from tests.audit.desk import events
with AuditLog(sys.argv[1]) as log:
    for event in events(sys.argv[2], *["x" * 500] * 300):
        log(event)
"""


def test_runs_of_several_processes_interleave_in_one_file(tmp_path: Path) -> None:
    """Three processes at once append whole rows, and every run's chain verifies."""
    path = tmp_path / "log"
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*command, run], cwd=ROOT) for run in ("one", "two", "three")]
    assert [writer.wait(50) for writer in writers] == [0, 0, 0]
    assert str(verify(path)).startswith("ok: 900 rows of 3 runs")


def test_one_run_of_several_processes_is_one_chain(tmp_path: Path) -> None:
    """Where processes append to the same run at once each waits for the other, and the chain does not fork."""
    path = tmp_path / "log"
    command = [sys.executable, "-c", WRITER, str(path), "same"]
    writers = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [writer.wait(50) for writer in writers] == [0, 0, 0]
    assert str(verify(path)).startswith("ok: 900 rows of 1 runs")


def test_runs_of_several_threads_share_one_log(tmp_path: Path) -> None:
    """One log may be told by many threads at once."""
    path = tmp_path / "log"
    with AuditLog(path) as log:
        threads = [
            threading.Thread(target=lambda run=run: [log(e) for e in events(run, *"abcdefghij" * 10)]) for run in "xyz"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert str(verify(path)).startswith("ok: 300 rows of 3 runs")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_child_writes_a_chain_that_verifies(tmp_path: Path) -> None:
    """A log that was made before a fork serves both processes, with different salts."""
    path = tmp_path / "log"
    with AuditLog(path) as log:
        log(events("before", "a")[0])
        child = os.fork()
        if child == 0:
            for event in events("child", "a", "b"):
                log(event)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        for event in events("parent", "a", "b"):
            log(event)
    assert str(verify(path)).startswith("ok: 5 rows of 3 runs")
    assert len({row["salt"] for row in lines(path)}) == 5


def test_row_that_a_crash_left_half_written_is_dropped(tmp_path: Path) -> None:
    """What was never wholly written was never told to anybody; the chain goes on behind the last whole row."""
    path = tmp_path / "log"
    write_log(path, events("run", "a", "b"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert "line 2 is no row" in verify(path).problem
    write_log(path, events("run", "b", first=2))
    assert str(verify(path)).startswith("ok: 2 rows")


def test_log_notices_that_it_was_cut_while_it_is_open(tmp_path: Path) -> None:
    """Rows that vanish under a running log end the run."""
    path = tmp_path / "log"
    with AuditLog(path) as log:
        for event in events("run", "a", "b"):
            log(event)
        os.truncate(path, path.stat().st_size // 2)
        with pytest.raises(AuditError, match="was cut from"):
            log(events("run", "c", first=3)[0])


def test_child_runs_are_chains_of_their_own(tmp_path: Path) -> None:
    """A chat inside a tool is kept beside the run that holds it."""
    path = tmp_path / "log"

    @tool
    async def consult() -> str:
        """Ask a colleague."""
        from convagent import ConversableAgent, ScriptedModel

        one = ConversableAgent("one", llm_config=False, human_input_mode="NEVER")
        two = ConversableAgent("two", llm_config=ScriptedModel(["yes"]), human_input_mode="NEVER")
        return (await one.a_initiate_chat(two, message="may I?", max_turns=1)).summary

    keep(path, tools=[consult], calls=[{}])
    runs = list(dict.fromkeys(row["run"] for row in lines(path)))
    assert len(runs) == 2
    assert runs[1].startswith(f"{runs[0]}/")
    assert verify(path).ok


def test_failed_run_is_kept_with_its_error(tmp_path: Path) -> None:
    """The last row of a run that failed says what made it fail."""
    from convagent import NobodyReachable  # noqa: F401

    with pytest.raises(Exception, match="whom no channel of this run reaches"):
        keep(tmp_path / "log", people=Fake(waiter=reject("no")))
    last = lines(tmp_path / "log")[-1]["body"]
    assert (last["type"], last["error"]["type"]) == ("error", "NobodyReachable")


def test_log_holds_nothing_of_a_run_that_ended(tmp_path: Path) -> None:
    """A log that is open for months does not keep the agents and secrets of all its runs."""
    import gc
    import weakref

    from convagent import ConversableAgent

    with AuditLog(tmp_path / "log") as log:
        one = ConversableAgent("one", llm_config=False, human_input_mode="NEVER")
        two = ConversableAgent("two", llm_config=False, human_input_mode="NEVER", default_auto_reply="hi")
        one.initiate_chat(two, message="hi", max_turns=1, silent=True, observers=[log])
        gone = weakref.ref(two)
        del one, two
        gc.collect()
        assert gone() is None


def test_history_is_not_kept_twice(tmp_path: Path) -> None:
    """The last row does not repeat every message: each has a row of its own, and the file grows with what happened."""
    keep(tmp_path / "log", message="a unique word: zebra", says="zebra back", people=Fake(clerk=approve))
    assert (tmp_path / "log").read_text().count("a unique word") == 1


def test_fsync_reaches_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `fsync` the system is asked to put every row on the disk itself, before anybody is told."""
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_size), real(fd)))
    with AuditLog(tmp_path / "log", fsync=True) as log:
        for event in events("run", "a", "b"):
            log(event)
    assert len(synced) == 2
    assert synced[-1] == (tmp_path / "log").stat().st_size


def test_event_is_kept_once_when_a_log_observes_a_run_and_the_chats_in_it(tmp_path: Path) -> None:
    """A log that is given to a chat and to the one around it is told twice, and has one row an event."""
    path = tmp_path / "log"
    with AuditLog(path) as log:

        @tool
        def consult() -> str:
            """Ask a colleague."""
            chat(log, calls=[{"amount": 1}])
            return "yes"

        chat(log, tools=[consult], calls=[{}])
    places = [(row["run"], row["seq"]) for row in lines(path)]
    assert len(places) == len(set(places))
    assert len({run for run, _ in places}) == 2
    assert verify(path).ok

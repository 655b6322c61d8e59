"""What those who operate a worker use: its options, health, numbers, logs and spans."""

from __future__ import annotations

import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest

from convagent.commands.logs import Log
from convagent.commands.probes import Probes, address
from convagent.errors import ConfigError
from convagent.journal import open_journal
from convagent.journal.base import Journal
from tests.commands.conftest import TEAM, Command, Kept, Process

SLOW = "tests.commands.team:slow"
Start = Callable[..., Process]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--concurrency", "5"), "--concurrency is an option of --engine dbos; the local engine has --slots"),
        (("--lane-rate", "5/60"), "--lane-rate is an option of --engine dbos"),
        (("--engine", "dbos"), "the engine dbos needs a journal in PostgreSQL, postgresql://..."),
        (("--engine", "dbos", "--concurrency", "0"), "--concurrency 0: expected 1 or more"),
        (("--engine", "dbos", "--lane-concurrency", "-1"), "--lane-concurrency -1: expected 1 or more"),
        (("--engine", "dbos", "--rate", "many"), "--rate 'many': expected so many in so many seconds, such as 100/60"),
        (("--engine", "dbos", "--rate", "5/0"), "--rate '5/0': expected so many in so many seconds"),
        (("--engine", "dbos", "--lane-rate", "0/5"), "--lane-rate '0/5': expected so many in so many seconds"),
        (("--engine", "dbos", "--rate", "5"), "--rate '5': expected so many in so many seconds, such as 100/60"),
        (("--engine", "dbos", "--rate", "0"), "--rate '0': expected so many in so many seconds"),
        (("--engine", "dbos", "--rate=-5/60"), "--rate '-5/60': expected so many in so many seconds"),
        (("--engine", "dbos", "--rate", "5/nan"), "--rate '5/nan': expected so many in so many seconds"),
        (("--engine", "dbos", "--concurrency", "10000000000"), "--concurrency 10000000000: expected 1000000 or less"),
        (("--slots", "0"), "--slots 0: expected 1 or more"),
        (("--slots", "-3", "--engine", "dbos"), "--slots -3: expected 1 or more"),
        (("--poll", "0"), "--poll 0: expected 0.01 to 60 seconds"),
        (("--poll", "-1", "--engine", "dbos"), "--poll -1: expected 0.01 to 60 seconds"),
        (("--poll", "61"), "--poll 61: expected 0.01 to 60 seconds"),
        (("--poll", "nan"), "--poll nan: expected 0.01 to 60 seconds"),
        (
            ("--engine", "dbos", "--concurrency", "2", "--lane-concurrency", "3"),
            "--lane-concurrency 3: expected no more than --concurrency 2",
        ),
        (("--listen", "9100"), "--listen '9100': expected HOST:PORT, such as 127.0.0.1:9100"),
        (("--listen", "127.0.0.1:port"), "expected HOST:PORT"),
        (("--listen", "203.0.113.1:9100"), "--listen 203.0.113.1:9100: nothing can listen there"),
    ],
)
def test_worker_says_what_is_wrong_with_an_option(
    kept: Kept, command: Command, options: tuple[str, ...], told: str
) -> None:
    """One line that names the option and what was expected, before any run is touched."""
    if "dbos" in options:
        pytest.importorskip("dbos")
    said = command("worker", TEAM, "--once", *options)
    assert said.code == 1
    assert told in said.err
    assert "moves on" not in said.out


def test_local_engine_is_the_one_that_is_meant(kept: Kept, command: Command) -> None:
    """By name as well as without."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    assert "is over" in command("worker", TEAM, "--once", "--engine", "local").out


def test_worker_that_looks_seldom_is_told_of_a_decision_at_once(kept: Kept, start: Start, command: Command) -> None:
    """`--poll` is how often the local engine looks for times that have come, not what a decision waits for."""
    worker = start("worker", TEAM, "--poll", "60")
    worker.until("Moving on")
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    worker.until(f"run {kept.run}  is over")  # in half a minute at most


# ---------------------------------------------------------------- health and numbers


def asked(url: str, method: str = "GET") -> tuple[int, str]:
    """Return status and text of an answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def listening(worker: Process) -> str:
    """Return the address that a worker says."""
    said = worker.until("Listening on ")
    return said.partition("Listening on ")[2].partition(": /live")[0]


def test_worker_tells_that_it_lives_is_ready_and_its_numbers(kept: Kept, start: Start) -> None:
    """For a load balancer, an orchestrator, Prometheus."""
    pytest.importorskip("prometheus_client")
    worker = start("worker", TEAM, "--listen", "127.0.0.1:0")
    url = listening(worker)
    worker.until("Moving on")
    assert asked(f"{url}/live") == (200, "alive\n")
    assert asked(f"{url}/ready") == (200, "ready\n")
    assert asked(f"{url}/ready", "HEAD") == (200, "")
    assert asked(f"{url}/") == (404, "ask for /live, /ready or /metrics\n")
    status, numbers = asked(f"{url}/metrics")
    assert status == 200
    assert 'convagent_runs{status="waiting"} 1.0' in numbers
    assert "convagent_requests_open 1.0" in numbers


def test_worker_that_stops_is_not_ready_and_lives(kept: Kept, start: Start) -> None:
    """Whoever shares out work gives it none, and nobody kills it before its tool is done."""
    os.mkfifo("go")
    journal = open_journal(kept.path)
    journal.begin("slow-run", journal.load(kept.run).spec, ["customer", "desk"], "test", 1.0, "ready")
    journal.close()
    worker = start("worker", SLOW, "--listen", "127.0.0.1:0")
    url = listening(worker)
    worker.until("begun")
    assert asked(f"{url}/ready") == (200, "ready\n")
    worker.signal(signal.SIGTERM)
    worker.until("Stopping as soon as")
    assert asked(f"{url}/ready") == (503, "stopping\n")
    assert asked(f"{url}/live") == (200, "alive\n")
    Path("go").write_text("")
    worker.until("run slow-run  is over")
    assert worker.end() == 0


@pytest.fixture
def journal(kept: Kept) -> Iterator[Journal]:
    with open_journal(kept.path) as found:
        yield found


def probes(journal: Journal, lives: bool = True) -> Probes:
    return Probes("127.0.0.1:0", lambda: journal.runs(limit=1), lambda: lives, lambda: False, None)


def test_worker_without_a_journal_is_not_ready(kept: Kept, journal: Journal) -> None:
    """What is wrong is named by its kind: an address, or a password, is told to nobody."""
    with probes(journal) as asking:
        assert asked(f"{asking.url}/ready") == (200, "ready\n")
        journal.close()
        assert asked(f"{asking.url}/ready") == (503, "the journal cannot be used: JournalError\n")


def test_worker_whose_loop_stands_still_does_not_live(journal: Journal) -> None:
    """So that an orchestrator starts it again."""
    with probes(journal, lives=False) as asking:
        assert asked(f"{asking.url}/live") == (503, "nothing has happened for 60 s\n")


def test_numbers_that_are_not_installed_say_so(journal: Journal) -> None:
    """With the command that installs them."""
    with probes(journal) as asking:
        assert asked(f"{asking.url}/metrics") == (
            404,
            "there are no metrics here: pip install 'convagent[metrics]'\n",
        )


def test_address_of_ipv6_is_read() -> None:
    """In brackets, as everywhere."""
    assert address("[::1]:9100") == ("::1", 9100)
    with pytest.raises(ConfigError, match="expected HOST:PORT"):
        address("localhost")


# ---------------------------------------------------------------- logs


def test_lines_of_json_are_objects_with_time_level_and_run(kept: Kept, command: Command) -> None:
    """For machines that read logs; the text is that of the other form."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    lines = [json.loads(line) for line in command("worker", TEAM, "--once", "--log", "json").out.splitlines()]
    of_run = [line for line in lines if line.get("run") == kept.run]
    assert [line["message"].split(":")[0] for line in of_run] == ["moves on", "is over"]
    assert {line["level"] for line in lines} == {"info"}
    assert all(line["time"].endswith("Z") for line in lines)


def test_what_the_library_logs_is_a_line_of_the_same_form(kept: Kept, command: Command) -> None:
    """Warnings, too: whoever reads lines of JSON meets nothing else on standard output."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    Path("chatty.py").write_text(
        "from tests.commands.team import team\n"
        "def agents():\n"
        "    import logging\n"
        "    logging.getLogger('convagent.somewhere').warning('beware')\n"
        "    return team()\n"
    )
    said = command("worker", "chatty:agents", "--once", "--log", "json").out
    lines = [json.loads(line) for line in said.splitlines()]
    assert {"level": "warning", "message": "beware"}.items() <= next(
        line for line in lines if line["level"] == "warning"
    ).items()


def test_what_the_engine_logs_is_a_line_of_the_same_form(kept: Kept, command: Command) -> None:
    """An error of DBOS with its reason, not its traceback; what it merely mentions is not said."""
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    Path("faulty.py").write_text(
        "from tests.commands.team import team\n"
        "def agents():\n"
        "    import logging\n"
        "    logging.getLogger('dbos').warning('by the way')\n"
        "    logging.getLogger('dbos').error('It failed:', exc_info=ValueError('no such\\ntable'))\n"
        "    return team()\n"
    )
    said = command("worker", "faulty:agents", "--once", "--log", "json").out
    told = [(line["level"], line["message"]) for line in map(json.loads, said.splitlines())]
    assert ("error", "It failed: ValueError: no such table") in told
    assert "by the way" not in said


def test_no_secret_is_in_a_log(kept: Kept, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What variables name as a secret, what looks like a key, and passwords in addresses."""
    monkeypatch.setenv("PAYMENTS_API_KEY", "opal-and-basalt")
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    Path("leaky.py").write_text(
        "from tests.commands.team import team\n"
        "calls = []\n"
        "def agents():\n"
        "    calls.append(1)\n"
        "    if len(calls) > 1:\n"
        "        raise RuntimeError('opal-and-basalt sk-abcdefghijklmnop1234 postgresql://me:hunter2@db/x')\n"
        "    return team()\n"
    )
    said = command("worker", "leaky:agents", "--once", "--log", "json").out
    assert "RuntimeError: ********** ********** postgresql://**********@db/x" in said
    for secret in ("opal", "abcdefgh", "hunter2"):
        assert secret not in said


def test_password_of_the_database_is_in_no_line() -> None:
    """However it is written in the address."""
    from convagent.commands.logs import secrets

    lines: list[str] = []
    Log("text", lines.append, secrets("postgresql://me:p%40ssword@db/x")).tell("p@ssword p%40ssword refused")
    assert lines == ["********** ********** refused"]
    for place in ("postgresql://me:ope#nsesame@db/x", "postgresql://me@db/x?password=ope%23nsesame"):
        Log("text", lines.append, secrets(place)).tell("ope#nsesame refused")
        assert lines[-1] == "********** refused"


@pytest.mark.parametrize(
    "text",
    [
        "cannot parse 'postgresql://me:hunter2@db/x'",
        "cannot parse 'postgresql://me:p@ss/hunter2@db/x'",
        "redis://:hunter2@cache:6379/0 does not answer",
        "host=db user=me password=hunter2 does not answer",
        "the key hunter2-of-the-vault was refused",
    ],
)
def test_error_of_the_agents_is_said_without_a_password(
    kept: Kept, command: Command, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """When they are imported, when they are made, and where it blocks a run: in the log, the journal and the doctor."""
    monkeypatch.setenv("STORE_URL", "vault://clerk:hunter2-of-the-vault@store")
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    Path("raising.py").write_text(f"raise RuntimeError({text!r})\n")
    Path("making.py").write_text(
        "from tests.commands.team import team\n"
        "calls = []\n"
        "def agents():\n"
        "    calls.append(1)\n"
        "    if len(calls) > 1:\n"
        f"        raise RuntimeError({text!r})\n"
        "    return team()\n"
    )
    for module in ("raising", "making"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    said = [
        command("worker", "raising:agents", "--once"),
        command("worker", "making:agents", "--once", "--log", "json"),
        command("runs"),
        command("doctor"),
    ]
    for one in said:
        assert "hunter2" not in one.out + one.err
        assert "RuntimeError" in one.out + one.err
        assert "**********" in one.out + one.err


# ---------------------------------------------------------------- spans


@pytest.fixture
def collector() -> Iterator[tuple[str, Queue[tuple[str, bytes]]]]:
    """Listen on loopback as a collector of OpenTelemetry does; return its address, and what is sent there."""
    sent: Queue[tuple[str, bytes]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.put((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", sent
    server.shutdown()
    server.server_close()


def test_worker_sends_spans_where_the_variables_say(
    kept: Kept,
    command: Command,
    start: Start,
    collector: tuple[str, Queue[tuple[str, bytes]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By OTLP over HTTP, when it ends at the latest: the run, its calls, the wait; under the name that was given."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector[0])
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "refunds")
    command("inbox", "answer", kept.request, "approve", "--by", "ada")
    assert start("worker", TEAM, "--once", "--telemetry").end() == 0
    sent: dict[str, bytes] = {}
    while not collector[1].empty():
        path, body = collector[1].get()
        sent[path] = sent.get(path, b"") + body
    for words in (b"refunds", b"invoke_agent desk", b"execute_tool refund", b"human.wait", kept.run.encode()):
        assert words in sent["/v1/traces"]
    assert b"Bob" not in sent["/v1/traces"]
    assert b"convagent.human.wait" in sent["/v1/metrics"]

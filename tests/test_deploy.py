"""The files of deploy/ name commands, options and extras that there are. Neither systemd nor containers are started."""

from __future__ import annotations

import ast
import configparser
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from convagent.cli import _parser
from convagent.commands.parsers import JOURNAL, SECRET

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
VARIABLES = {"INBOX_ORIGIN": "https://inbox.example.org"}


def unit(path: Path) -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None, strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(path.read_text())
    return read


def command(line: str) -> Any:
    """Return what our command line makes of a unit's one, as systemd would write it out."""
    for name, value in VARIABLES.items():
        line = line.replace(f"${{{name}}}", value)
    program, *argv = shlex.split(line.replace("%i", "1"))
    assert program.endswith("/convagent")
    return _parser().parse_args(argv)


def composed() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_unit_starts_a_command_that_there_is(path: Path) -> None:
    """Its options are ours, it ends by SIGTERM, and no secret stands in it."""
    service = unit(path)["Service"]
    assert command(service["ExecStart"]).command in ("worker", "inbox")
    assert service["EnvironmentFile"] == "/etc/convagent/env"
    assert service["User"] == "convagent"
    assert service["Restart"] == "always"
    assert "postgresql://" not in path.read_text()


def test_worker_has_time_to_finish_what_it_moves() -> None:
    """As long as the engine waits for it, by systemd and in a container."""
    from convagent.engine.dbos import DRAIN

    service = unit(DEPLOY / "convagent-worker@.service")["Service"]
    assert service["TimeoutStopSec"] == f"{DRAIN // 60}min"
    assert composed()["services"]["worker"]["stop_grace_period"] == f"{DRAIN // 60}m"


def test_tool_of_the_example_writes_where_a_unit_may() -> None:
    """Everything else is read-only for it."""
    service = unit(DEPLOY / "convagent-worker@.service")["Service"]
    assert service["ProtectSystem"] == "strict"
    ledger = re.search(r"^LEDGER=(.*)$", (DEPLOY / "env.example").read_text(), re.MULTILINE)
    assert ledger is not None
    assert Path(ledger[1]).is_relative_to(Path("/var/lib") / service["StateDirectory"])


def test_systemd_finds_nothing_wrong_but_what_is_not_installed() -> None:
    """Where its checker is there."""
    checker = shutil.which("systemd-analyze")
    if checker is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run([checker, "verify", *map(str, UNITS)], capture_output=True, text=True, check=False)
    wrong = [line for line in done.stderr.splitlines() if "is not executable" not in line and "convagent" in line]
    assert wrong == []


def test_services_of_compose_start_commands_that_there_are() -> None:
    """A database, two workers, an inbox; what they need of each other is there."""
    found = composed()
    services = found["services"]
    assert set(services) == {"postgres", "worker", "inbox"}
    assert services["worker"]["deploy"]["replicas"] == 2
    worker = _parser().parse_args(services["worker"]["command"])
    assert (worker.command, worker.engine, worker.log) == ("worker", "dbos", "json")
    assert _parser().parse_args(services["inbox"]["command"]).command == "inbox"
    for name in ("worker", "inbox"):
        assert services[name]["environment"][JOURNAL].startswith("postgresql://")
        assert (ROOT / "deploy" / services[name]["build"]["context"]).resolve() == ROOT
        assert (ROOT / services[name]["build"]["dockerfile"]).is_file()
        assert services[name]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert SECRET in services["inbox"]["environment"]
    named = {volume.partition(":")[0] for one in services.values() for volume in one.get("volumes", ())}
    assert {volume for volume in named if not volume.startswith(".")} == set(found["volumes"])
    ast.parse(services["worker"]["healthcheck"]["test"][3])


def test_container_installs_extras_that_there_are() -> None:
    """And starts what the file says when nobody says anything else."""
    text = (DEPLOY / "Containerfile").read_text()
    extras = re.search(r"/src\[([\w,]+)\]", text)
    assert extras is not None
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(extras[1].split(",")) <= set(known)
    started = re.search(r"^CMD (.*)$", text, re.MULTILINE)
    assert started is not None
    assert _parser().parse_args(json.loads(started[1])).command == "worker"
    for copied in re.findall(r"/src/([\w./-]+)", text):
        assert (ROOT / copied).exists()


def test_variables_of_the_example_are_ones_that_are_read() -> None:
    """Those of ours; the others are the application's, OpenTelemetry's and the model's."""
    ours = {JOURNAL, SECRET}
    text = (DEPLOY / "env.example").read_text()
    assert set(re.findall(r"^(CONVAGENT_\w+)=", text, re.MULTILINE)) == ours
    for name in VARIABLES:
        assert f"\n{name}=" in text

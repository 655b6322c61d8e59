"""The command line, run as a person runs it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

Python = Callable[..., subprocess.CompletedProcess[str]]


def test_doctor_shows_versions_when_nothing_is_configured(python: Python) -> None:
    """The doctor names versions and says that no key is set."""
    done = python("-m", "convagent.cli", "doctor")
    assert done.returncode == 0, done.stderr
    rows = dict(line.split(None, 1) for line in done.stdout.splitlines())
    assert rows["OPENAI_API_KEY"] == "not set"
    assert rows["openai"][0] in "23"
    assert rows["terminal"] == "not interactive"


def test_doctor_shows_no_secret_when_keys_are_everywhere(python: Python) -> None:
    """A key in a variable, in an address or in the place of a file name is never printed."""
    done = python(
        "-m",
        "convagent.cli",
        "doctor",
        OPENAI_API_KEY="sk-hidden-1",
        OPENAI_BASE_URL="https://user:hidden-2@host.example:8443/v1?key=hidden-3",
        OAI_CONFIG_LIST="sk-hidden-4",
    )
    assert done.returncode == 0, done.stderr
    assert "hidden" not in done.stdout + done.stderr
    rows = dict(line.split(None, 1) for line in done.stdout.splitlines())
    assert rows["OPENAI_API_KEY"] == "set"
    assert rows["endpoint"] == "https://host.example:8443/v1"


def test_doctor_says_so_when_the_endpoint_is_no_url(python: Python) -> None:
    """A base URL without a scheme is the commonest mistake."""
    done = python("-m", "convagent.cli", "doctor", OPENAI_BASE_URL="localhost/v1")
    assert "OPENAI_BASE_URL is set, but is not a URL" in done.stdout


def test_demo_suggests_a_name_when_it_is_misspelt(python: Python) -> None:
    """A misspelt example is refused with the list and the nearest name, without a traceback."""
    done = python("-m", "convagent.cli", "demo", "fraud-detecter")
    assert done.returncode == 1
    assert "did you mean fraud_detector?" in done.stderr
    assert "Traceback" not in done.stderr


def test_command_line_names_the_commands_when_none_is_given(python: Python) -> None:
    """No command is a usage error that lists them."""
    done = python("-m", "convagent.cli")
    assert done.returncode == 2
    assert "COMMAND" in done.stderr

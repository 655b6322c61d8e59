"""The command line, run as a person runs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

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
    assert done.returncode == 1, done.stderr  # a key is no file name
    assert "hidden" not in done.stdout + done.stderr
    rows = dict(line.split(None, 1) for line in done.stdout.splitlines())
    assert rows["OPENAI_API_KEY"] == "set"
    assert rows["endpoint"] == "https://host.example:8443/v1"


def test_doctor_says_so_when_the_endpoint_is_no_url(python: Python) -> None:
    """A base URL without a scheme is the commonest mistake."""
    done = python("-m", "convagent.cli", "doctor", OPENAI_BASE_URL="localhost/v1")
    assert "OPENAI_BASE_URL is set, but is not a URL" in done.stdout


def test_doctor_names_each_fault_when_the_configuration_file_is_wrong(python: Python, tmp_path: Path) -> None:
    """Right entries of the file are listed, wrong ones named by file, entry and field; no key is shown."""
    entries = [
        {"model": "right", "api_key": "sk-hidden-5", "base_url": "http://user:hidden-6@127.0.0.1:1/v1"},
        {"model": "wrong", "api_key": "sk hidden 7", "temprature": 1},
        {"model": "keyless"},
    ]
    (tmp_path / "OAI_CONFIG_LIST").write_text(json.dumps(entries))
    done = python("-m", "convagent.cli", "doctor")
    assert done.returncode == 1
    assert "hidden" not in done.stdout + done.stderr
    assert "OAI_CONFIG_LIST, entry 1: model 'right' at http://127.0.0.1:1/v1\n" in done.stdout
    assert (
        "WRONG: OAI_CONFIG_LIST, entry 2: 'temprature' is not a known field; did you mean temperature?" in done.stdout
    )
    assert "WRONG: OAI_CONFIG_LIST, entry 2: api_key is not a text without white space" in done.stdout
    assert "WRONG: OAI_CONFIG_LIST, entry 3: " in done.stdout
    assert "set the environment variable OPENAI_API_KEY" in done.stdout


def test_doctor_is_content_when_the_variable_holds_right_entries(python: Python) -> None:
    """The variable wins over a file, and its entries are listed."""
    done = python(
        "-m", "convagent.cli", "doctor", OAI_CONFIG_LIST='[{"model": "m", "base_url": "http://127.0.0.1:1/v1"}]'
    )
    assert done.returncode == 0, done.stdout
    assert "the variable OAI_CONFIG_LIST, entry 1: model 'm' at http://127.0.0.1:1/v1" in done.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [('[{"model": "m"},]', "OAI_CONFIG_LIST: not valid JSON: line 1, column 17"), ("[]", "an empty list")],
)
def test_doctor_says_where_the_file_is_no_list_of_entries(
    python: Python, tmp_path: Path, text: str, words: str
) -> None:
    """A file that cannot be read as a list is an error of the file, with line and column."""
    (tmp_path / "OAI_CONFIG_LIST").write_text(text)
    done = python("-m", "convagent.cli", "doctor")
    assert done.returncode == 1
    assert f"WRONG: {words}" in done.stdout or f"WRONG: OAI_CONFIG_LIST: {words}" in done.stdout


def test_doctor_says_what_the_variables_lack(python: Python) -> None:
    """What LLMConfig.from_env() would find, or refuse, is said."""
    done = python("-m", "convagent.cli", "doctor", AZURE_OPENAI_API_KEY="hidden-8")
    assert done.returncode == 1
    assert "AZURE_OPENAI_API_KEY is set, but not AZURE_OPENAI_ENDPOINT" in done.stdout
    assert "hidden" not in done.stdout


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

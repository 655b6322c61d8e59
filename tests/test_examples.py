"""Every example runs: as a file, as a command, from a wheel, by rules and with a model."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from convagent.cli import main
from convagent.testing.openai_server import OpenAIServer

EXAMPLES = sorted((Path(__file__).resolve().parent.parent / "examples").glob("[!_]*.py"))
NAMES = [path.stem for path in EXAMPLES]
Python = Callable[..., subprocess.CompletedProcess[str]]

EXPECTED = {
    "financial_compliance": [
        "[finance_bot: offline rules, no language model]",
        "Please process these transactions:",
        "You can type exit to finish",
        "User requested to end the conversation",
    ],
    "fraud_detector": [
        "10 rows: 4 approved by rules, 4 for a person, 2 set aside",
        "[fraud_desk: offline rules, no language model]",
        "[2 of 4] approve, deny, skip, or exit: yes please [scripted answer]\n'yes please' is not a decision.",
        "REPORT",
        "amount 'n/a' is not a number such as 1200.50",
        "pending            2  $32,999.00",
        "total              8  $55,179.40",
    ],
    "lesson_planner": [
        "[lesson_planner: offline rules, no language model]",
        "## Objectives",
        "and more about the Moon [scripted answer]",
        "Changed: shorter, 30 minutes, more about the Moon.",
        "Changed: with a quiz.",
    ],
    "stream_to_your_own_ui": [
        "[poet: offline rules, no language model]",
        "The sun comes up, the snow goes down",
        "you> And in autumn? [scripted answer]",
        "Leaves let go of the tree",
    ],
    "subclass_an_agent": [
        "[tutor: offline rules, no language model]",
        "your question (q to leave):   7 * 6  [scripted answer]",
        "7 * 6 = 42 (calculated)",
        "Good question: 'why is the sky blue?'",
        "typed: ['  7 * 6 ', 'why is the sky blue?', 'q']",
    ],
    "two_agents_with_tools": [
        "[assistant: offline rules, no language model]",
        "***** Suggested tool call (call_0_0): price *****",
        '{"ordered":"notebook","pieces":24,"number":1}',
        "orders: ['24 x notebook']",
        "summary: 24 notebooks are ordered for $60.00; a globe would be $39.00.",
    ],
}


def _assert_in_order(lines: list[str], text: str) -> None:
    at = 0
    for line in lines:
        found = text.find(line, at)
        assert found >= 0, f"{line!r} does not follow in {text!r}"
        at = found + len(line)


def test_every_example_has_its_expectation() -> None:
    """A new example comes with its line here."""
    assert sorted(EXPECTED) == NAMES


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_example_runs_when_started_as_a_file(path: Path, python: Python) -> None:
    """`python examples/x.py` without key, terminal or answers: offline, labelled, to its end."""
    done = python(str(path))
    assert (done.returncode, done.stderr) == (0, "")
    _assert_in_order(EXPECTED[path.stem], done.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_example_runs_when_started_as_a_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`convagent demo x` is the same program, twice in one process."""
    for _ in range(2):
        assert main(["demo", name]) == 0
        _assert_in_order(EXPECTED[name], capsys.readouterr().out)


@pytest.mark.parametrize("name", NAMES)
def test_example_tells_what_it_takes_when_asked(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` reaches the example, and names what all of them share."""
    assert main(["demo", name, "--help"]) == 0
    out = capsys.readouterr().out
    assert "--config NAME" in out
    assert "--answers FILE" in out
    assert f"convagent demo {name}" in out


@pytest.mark.parametrize("name", NAMES)
def test_example_ends_well_when_the_answers_run_out(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The end of the answers is the end of the input: said, and no approval, hang or traceback."""
    assert main(["demo", name, "--answer", ""]) == 0
    out = capsys.readouterr()
    assert out.err == ""
    if name != "two_agents_with_tools":
        assert "[no scripted answer left: end of input]" in out.out


def test_answers_are_read_from_stdin_when_named_so(python: Python) -> None:
    """`--answers -` takes piped lines, and prints each with its label."""
    done = python("-m", "convagent.cli", "demo", "lesson_planner", "--answers", "-", input="add a game\nexit\n")
    assert done.returncode == 0, done.stderr
    _assert_in_order(["add a game [scripted answer]", "Changed: with a game.", "exit [scripted answer]"], done.stdout)


# ---------------------------------------------------------------- a model

PLAN = "# Rivers\n\n## Objectives\n\n- one\n\n## Script\n\n1. start"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "two_agents_with_tools"])
@pytest.mark.parametrize("stream", [False, True])
def test_example_asks_the_model_when_one_is_configured(name: str, stream: bool, python: Python, tmp_path: Path) -> None:
    """With a key in the environment, or a configuration list, the real client asks and nothing claims to be rules."""
    with OpenAIServer([PLAN], repeat_last=True) as server:
        if stream:
            entry = {"model": "test-model", "api_key": "sk-loopback", "base_url": server.base_url, "stream": True}
            (tmp_path / "OAI_CONFIG_LIST").write_text(json.dumps([entry]), encoding="utf-8")
            done = python("-m", "convagent.cli", "demo", name, "--config", "OAI_CONFIG_LIST")
        else:
            env = {"OPENAI_API_KEY": "sk-loopback", "OPENAI_BASE_URL": server.base_url, "OPENAI_MODEL": "test-model"}
            done = python("-m", "convagent.cli", "demo", name, **env)
        bodies = server.bodies
    assert (done.returncode, done.stderr) == (0, "")
    assert "offline rules" not in done.stdout
    assert "## Objectives" in done.stdout
    assert "void" not in done.stdout
    assert {body["model"] for body in bodies} == {"test-model"}


def test_tools_run_when_a_model_calls_them(python: Python) -> None:
    """The example with tools, driven by a model: one tool runs inside the turn, the other by the other agent."""
    replies = [
        [{"name": "price", "arguments": {"article": "globe"}}],
        [{"name": "order", "arguments": {"article": "notebook", "pieces": 24}}],
        "Ordered. TERMINATE",
    ]
    with OpenAIServer(replies) as server:
        env = {"OPENAI_API_KEY": "sk-loopback", "OPENAI_BASE_URL": server.base_url}
        done = python("-m", "convagent.cli", "demo", "two_agents_with_tools", **env)
        bodies = server.bodies
    assert (done.returncode, done.stderr) == (0, "")
    assert "orders: ['24 x notebook']" in done.stdout
    assert sorted(tool["function"]["name"] for tool in bodies[0]["tools"]) == ["order", "price"]


def test_rules_answer_when_offline_is_asked_for(python: Python) -> None:
    """`--offline` asks no model, even where one is configured."""
    env = {"OPENAI_API_KEY": "sk-loopback", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    done = python("-m", "convagent.cli", "demo", "lesson_planner", "--offline", **env)
    assert done.returncode == 0, done.stderr
    assert "offline rules, no language model" in done.stdout


def test_sentence_is_said_when_the_model_cannot_be_reached(python: Python) -> None:
    """A refused key ends an example with the model and the endpoint, without a traceback and without the key."""
    from convagent.testing.faults import status

    with OpenAIServer([status(401)], repeat_last=True) as server:
        env = {"OPENAI_API_KEY": "sk-loopback-secret", "OPENAI_BASE_URL": server.base_url}
        done = python("-m", "convagent.cli", "demo", "lesson_planner", **env)
    assert done.returncode == 1
    assert "key" in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stdout + done.stderr


# ---------------------------------------------------------------- a wheel


@pytest.mark.slow("builds and installs a wheel")
@pytest.mark.parametrize("name", NAMES)
def test_example_runs_when_installed(name: str, installed: Path, tmp_path: Path) -> None:
    """From a wheel, in an empty folder: the sample data came along."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [installed / "bin" / "convagent", "demo", name],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    _assert_in_order(EXPECTED[name], done.stdout)

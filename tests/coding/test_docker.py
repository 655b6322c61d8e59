"""Code in a container: which calls of docker are made, in which order, and what is made of its answers.

No daemon takes part: `fake_docker` stands in its place.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from convagent import ConfigError, ScriptedModel, UserProxyAgent
from convagent.agents.presets import AssistantAgent
from convagent.coding import CodeBlock, CommandLineCodeResult, DockerCommandLineCodeExecutor

FAKE = Path(__file__).parent / "fake_docker.py"


class Docker:
    """The stand-in on PATH, and what was asked of it."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        program = home / "docker"
        program.write_text(f"#!{sys.executable}\n{FAKE.read_text(encoding='utf-8')}", encoding="utf-8")
        program.chmod(0o755)
        (home / "images").write_text("python:3-slim")
        self.home = home

    @property
    def calls(self) -> list[list[str]]:
        """What was asked of it, but for whether it is there."""
        lines = (self.home / "calls").read_text().splitlines()
        return [call for call in map(json.loads, lines) if call != ["version"]]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    found = Docker(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{found.home}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("AUTOGEN_USE_DOCKER", raising=False)
    return found


def run(executor: DockerCommandLineCodeExecutor, *blocks: tuple[str, str]) -> CommandLineCodeResult:
    return executor.execute_code_blocks([CodeBlock(language=language, code=code) for language, code in blocks])


def test_container_is_started_once_and_ends_with_its_executor(docker: Docker, tmp_path: Path) -> None:
    """Nothing is started before the first block; blocks share the container and its folder."""
    work = tmp_path / "work"
    with DockerCommandLineCodeExecutor(
        work_dir=work, container_name="box", timeout=7, env={"A": "b"}, run_options=["--network=none"]
    ) as executor:
        assert not (docker.home / "container").exists()
        code = "import os, sys\nprint(os.path.basename(os.getcwd()))\nprint('err', file=sys.stderr)\nsys.exit(3)"
        result = run(executor, ("sh", "# filename: a.sh\necho one > b.txt"), ("py", f"# filename: c.py\n{code}"))
        assert (result.exit_code, result.output) == (3, "work\nerr\n")
        assert result.code_file == str(work.resolve() / "a.sh")
    assert docker.calls == [
        ["image", "inspect", "python:3-slim"],
        [
            "run", "--detach", "--rm", "--name", "box", "--volume", f"{work.resolve()}:/workspace", "--workdir",
            "/workspace", "--network=none", "--env=A=b", "--entrypoint", "/bin/sh", "python:3-slim", "-c",
            "sleep infinity",
        ],
        ["exec", "box", "timeout", "7", "sh", "a.sh"],
        ["exec", "box", "timeout", "7", "python", "c.py"],
        ["kill", "box"],
        ["rm", "--force", "box"],
    ]  # fmt: skip


@pytest.mark.parametrize("removed", [True, False])
def test_container_starts_anew_after_a_restart(docker: Docker, tmp_path: Path, removed: bool) -> None:
    """One that is removed is made anew, one that is kept is started again; a restart before the next block is one."""
    executor = DockerCommandLineCodeExecutor(work_dir=tmp_path, container_name="box", auto_remove=removed)
    run(executor, ("sh", "echo 1"))
    executor.restart()
    executor.restart()
    assert run(executor, ("sh", "echo 2")).output == "2\n"
    executor.stop()
    calls = [call[0] for call in docker.calls if call[0] not in ("exec", "image")]
    once = ["run", "kill", "rm"]
    assert calls == (once * 2 if removed else ["run", "stop", "start", "stop"])


def test_time_is_up_in_the_container(docker: Docker, tmp_path: Path) -> None:
    """`timeout` ends the block there, and what it wrote stays."""
    executor = DockerCommandLineCodeExecutor(work_dir=tmp_path, timeout=1)
    code = "print('begun', flush=True)\nimport signal\nsignal.pause()"
    result = run(executor, ("python", code))
    assert (result.exit_code, result.output) == (124, "begun\n\nTimeout")
    executor.stop()


def test_block_is_refused_as_its_language_or_its_file_is(docker: Docker, tmp_path: Path) -> None:
    """Before any container is there."""
    executor = DockerCommandLineCodeExecutor(work_dir=tmp_path / "work")
    assert run(executor, ("ruby", "puts 1")).output == "Unsupported language ruby\n"
    assert run(executor, ("sh", "# filename: ../a.sh\nls")).output == "Filename is not in the workspace"
    assert run(executor, ("js", "1")).output.startswith("Code saved to ")
    assert not (docker.home / "container").exists()


def test_first_image_counts_that_can_be_had(docker: Docker, tmp_path: Path) -> None:
    """One that is there, or that can be fetched; where none can, the reasons are told to whoever wrote the code."""
    executor = DockerCommandLineCodeExecutor(["missing:1", "python:3", "python:3-slim"], work_dir=tmp_path)
    assert run(executor, ("sh", "echo 1")).exit_code == 0
    wanted = [call for call in docker.calls if call[0] in ("image", "pull")]
    assert wanted == [
        ["image", "inspect", "missing:1"],
        ["pull", "missing:1"],
        ["image", "inspect", "python:3"],
        ["pull", "python:3"],
    ]
    executor.stop()
    user = UserProxyAgent(
        "user", human_input_mode="NEVER",
        code_execution_config={"use_docker": "missing:2", "work_dir": tmp_path, "timeout": 5},
    )  # fmt: skip
    coder = AssistantAgent("coder", llm_config=ScriptedModel(["```sh\nls\n```", "TERMINATE"]))
    result = user.initiate_chat(coder, message="go", max_turns=2, silent=True)
    assert result.chat_history[2]["content"] == (
        "exitcode: 1 (execution failed)\nCode output: "
        "Error: no image to run code in: missing:2: no such image: missing:2"
    )


def test_older_form_runs_in_a_container_by_default(docker: Docker, tmp_path: Path) -> None:
    """With the texts of the older form; a file without a name is removed."""
    user = UserProxyAgent("user", human_input_mode="NEVER", code_execution_config={"work_dir": tmp_path / "work"})
    coder = AssistantAgent("coder", llm_config=ScriptedModel(["```python\nprint(1)\n```", "TERMINATE"]))
    result = user.initiate_chat(coder, message="go", max_turns=2, silent=True)
    assert result.chat_history[2]["content"] == "exitcode: 0 (execution succeeded)\nCode output: \n1"
    assert list((tmp_path / "work").iterdir()) == []
    assert docker.calls[-1][0] == "exec"
    assert user.code_executor is not None
    user.code_executor.restart()
    assert docker.calls[-1][0] == "rm"


def test_daemon_that_does_not_answer_is_told_at_once(docker: Docker, tmp_path: Path) -> None:
    """With its own last words, and what to write instead."""
    (docker.home / "down").touch()
    says = r"docker does not answer: Cannot connect to the Docker daemon; start it, or write \{'use_docker': False\}"
    with pytest.raises(ConfigError, match=says):
        DockerCommandLineCodeExecutor(work_dir=tmp_path)
    with pytest.raises(ConfigError, match=says):
        UserProxyAgent("user", code_execution_config={"work_dir": tmp_path})


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"docker": "dokcer"}, "there is no program 'dokcer'"),
        ({"container_create_kwargs": {"network": "none"}}, r"write what `docker run` takes, .*--network=none"),
        ({"timeout": -1}, "timeout=-1"),
    ],
)
def test_argument_is_refused_when_it_cannot_work(
    docker: Docker, tmp_path: Path, given: dict[str, Any], says: str
) -> None:
    """Where the executor is made."""
    with pytest.raises(ConfigError, match=says):
        DockerCommandLineCodeExecutor(work_dir=tmp_path, **given)

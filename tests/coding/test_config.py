"""What `code_execution_config` takes, and what it is told where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convagent import AssistantAgent, ConfigError, ConversableAgent, UserProxyAgent, arg, deny, when
from convagent.coding import CodeBlock, CodeResult, LocalCommandLineCodeExecutor, MarkdownCodeExtractor
from convagent.compat.coding import CodeExecutorFactory


def user(config: Any) -> ConversableAgent:
    return UserProxyAgent("user", human_input_mode="NEVER", code_execution_config=config)


@pytest.mark.parametrize("config", [False, None])
def test_nothing_is_run_unless_asked_for(config: Any) -> None:
    """Of no agent: neither by default, nor with False or None."""
    for agent in (user(config), UserProxyAgent("u"), AssistantAgent("a"), ConversableAgent("c")):
        assert agent.code_executor is None
        assert agent.generate_code_execution_reply([{"role": "user", "content": "```sh\nexit 1\n```"}]) == (False, None)


def test_executor_is_the_one_that_is_given_or_named(tmp_path: Path) -> None:
    """An object, or the name of one with its arguments."""
    made = LocalCommandLineCodeExecutor(work_dir=tmp_path)
    assert user({"executor": made}).code_executor is made
    named = user({"executor": "commandline-local", "commandline-local": {"work_dir": tmp_path, "timeout": 3}})
    assert isinstance(named.code_executor, LocalCommandLineCodeExecutor)
    assert (named.code_executor.timeout, named.code_executor.work_dir) == (3, tmp_path)
    assert CodeExecutorFactory.create({"executor": made}) is made


WRONG: list[tuple[Any, str]] = [
    (True, "neither False nor a dict"),
    ("coding", "neither False nor a dict"),
    ({"use_dcker": False}, "unexpected key 'use_dcker'; did you mean 'use_docker'"),
    ({"workdir": "x", "use_docker": False}, "unexpected key 'workdir'; did you mean 'work_dir'"),
    (
        {"executor": "commandline-local", "timeout": 3},
        r"'timeout' does not go with 'executor'; give it to .*local'\]",
    ),
    ({"executor": object(), "work_dir": "x"}, "'work_dir' does not go with 'executor'; give it to the executor"),
    ({"executor": object()}, "has not all of code_extractor, execute_code_blocks"),
    ({"executor": "comandline-local"}, "is not one of commandline-local; did you mean commandline-local"),
    ({"executor": "ipython-embedded"}, "executor='ipython-embedded' is not part of convagent"),
    ({"executor": "commandline-local", "commandline-local": {"timeut": 3}}, "did you mean 'timeout'"),
    ({"use_docker": False, "last_n_messages": "all"}, "last_n_messages='all' is neither a whole number"),
    ({"use_docker": False, "last_n_messages": -1}, "last_n_messages=-1"),
    ({"use_docker": False, "last_n_messages": 1.5}, "last_n_messages=1.5"),
    ({"use_docker": 3}, "use_docker=3 is neither True, False, an image nor several"),
    ({"use_docker": False, "timeout": "soon"}, "timeout='soon' is not a number of seconds"),
    ({"use_docker": False, "approval": "clerk"}, "approval='clerk' is not a policy"),
    ({"use_docker": False, "approval": when(arg.lang == "sh", deny())}, "looks at arg.lang, .*did you mean 'language'"),
]


@pytest.mark.parametrize(("config", "says"), WRONG, ids=[says for _, says in WRONG])
def test_configuration_is_refused_when_it_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: Any, says: str
) -> None:
    """Where the agent is made, with what was probably meant."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=says):
        user(config)


@pytest.mark.parametrize("config", [{}, {"work_dir": "coding"}, {"use_docker": True}, {"use_docker": "python:3"}])
def test_container_is_meant_unless_the_configuration_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any]
) -> None:
    """As in the classic; where there is no docker the error says so at once, and what to write."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("AUTOGEN_USE_DOCKER", raising=False)
    with pytest.raises(ConfigError, match=r"there is no program 'docker'; start it, or write \{'use_docker': False\}"):
        user(config)


def test_variable_says_no_to_containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The classic's own, for programs that have it set; what is written in the configuration counts more."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("AUTOGEN_USE_DOCKER", "False")
    assert user({}).code_executor is not None
    with pytest.raises(ConfigError, match="no program 'docker'"):
        user({"use_docker": True})
    monkeypatch.setenv("AUTOGEN_USE_DOCKER", "maybe")
    with pytest.raises(ConfigError, match="AUTOGEN_USE_DOCKER='maybe' is not one of"):
        user({})


def test_folder_is_made_where_the_older_form_names_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`coding`, below the current one, and not a folder of the package."""
    monkeypatch.chdir(tmp_path)
    user({"use_docker": False})
    assert [path.name for path in tmp_path.iterdir()] == ["coding"]


class Mine:
    """The least that an executor has."""

    code_extractor = MarkdownCodeExtractor()

    def execute_code_blocks(self, code_blocks: list[CodeBlock]) -> CodeResult:
        return CodeResult(exit_code=0, output=code_blocks[0].code.upper())

    def restart(self) -> None: ...


def test_executor_of_ones_own_needs_three_members() -> None:
    """No base class: what it can do counts."""
    message: Any = {"role": "user", "content": "```text\nhello\n```"}
    _, reply = user({"executor": Mine()}).generate_code_execution_reply([message])
    assert reply == "exitcode: 0 (execution succeeded)\nCode output: HELLO"

"""What `code_execution_config=` may say: an executor, the name of one, or the older keys."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from ..errors import ConfigError, nearest, one_of
from .base import CodeExecutor
from .classic import ClassicExecutor
from .docker import DockerCommandLineCodeExecutor
from .local import LocalCommandLineCodeExecutor

LAST = "last_n_messages"
APPROVAL = "approval"
OLDER = ("work_dir", "use_docker", "timeout", LAST, APPROVAL)
NAMES = ("commandline-local",)
ABSENT = ("ipython-embedded", "yepcode", "remyx", "daytona")
VARIABLE = "AUTOGEN_USE_DOCKER"
IMAGES = ("python:3-slim", "python:3")


@dataclass(frozen=True, slots=True)
class CodeExecution:
    """How an agent runs the code in messages that it gets."""

    executor: CodeExecutor
    last_n_messages: int | Literal["auto"] = "auto"
    """How many of the last messages are looked at; ``auto``: those since it spoke last."""
    approval: Any = None
    """Policies on each block: as `approval=` of a tool."""

    @property
    def one_by_one(self) -> bool:
        """Whether each block is told of by itself, as the older form does."""
        return isinstance(self.executor, ClassicExecutor)


def read_code_execution(value: Any) -> CodeExecution | None:
    """Read a configuration; False and None: no code is run.

    Raises:
        ConfigError: it is none, or what it asks for is not there.
    """
    if value is None or value is False:
        return None
    if not isinstance(value, Mapping):
        raise ConfigError(
            f"code_execution_config={value!r} is neither False nor a dict such as "
            "{'work_dir': 'coding', 'use_docker': False}"
        )
    given = dict(cast(Mapping[str, Any], value))
    executor = _named(given) if given.get("executor") is not None else older_executor(given)
    return CodeExecution(executor, _check_last(given.get(LAST, "auto")), given.get(APPROVAL))


def _named(given: dict[str, Any]) -> CodeExecutor:
    """Return the executor that is given, or that is named."""
    executor = given["executor"]
    own = executor if isinstance(executor, str) else ""
    for key in ("use_docker", "work_dir", "timeout"):
        if key in given:
            where = f"code_execution_config[{own!r}]" if own else "the executor"
            raise ConfigError(f"code_execution_config: {key!r} does not go with 'executor'; give it to {where}")
    _check_keys(given, ("executor", LAST, APPROVAL, *((own,) if own else ())))
    if not own:
        if not isinstance(executor, CodeExecutor):
            raise ConfigError(
                f"code_execution_config: executor={executor!r} has not all of code_extractor, execute_code_blocks(), "
                "restart()"
            )
        return executor
    if own in ABSENT:
        raise ConfigError(
            f"code_execution_config: executor={own!r} is not part of convagent; there are 'commandline-local', "
            "DockerCommandLineCodeExecutor, and any object with code_extractor, execute_code_blocks() and restart()"
        )
    if own not in NAMES:
        raise one_of("code_execution_config: executor", own, NAMES)
    return LocalCommandLineCodeExecutor(**given.get(own, {}))


def older_executor(given: Mapping[str, Any]) -> ClassicExecutor:
    """Return an executor as the older keys describe it."""
    _check_keys(given, (*OLDER, "executor"))
    timeout, work_dir = given.get("timeout") or 600, given.get("work_dir") or "coding"
    docker = given.get("use_docker")
    if docker is None:
        docker = _by_variable()
    if not docker:
        return ClassicExecutor(LocalCommandLineCodeExecutor(timeout, work_dir=work_dir))
    images = _images(docker)
    return ClassicExecutor(DockerCommandLineCodeExecutor(images, timeout=timeout, work_dir=work_dir))


def _images(value: object) -> Sequence[str]:
    if value is True:
        return IMAGES
    found = [value] if isinstance(value, str) else value
    if isinstance(found, (list, tuple)) and found and all(isinstance(v, str) and v for v in cast(list[Any], found)):
        return cast("Sequence[str]", found)
    raise ConfigError(f"code_execution_config: use_docker={value!r} is neither True, False, an image nor several")


def _by_variable() -> bool:
    """Return whether code is run in a container where the configuration does not say: unless the variable says no."""
    said = os.environ.get(VARIABLE, "true").lower()
    yes, no = ("1", "true", "yes", "t"), ("0", "false", "no", "f", "none")
    if said not in (*yes, *no):
        raise one_of(VARIABLE, said, (*yes, *no))
    return said in yes


def _check_keys(given: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in given:
        if key not in known:
            near = nearest(str(key), known)
            hint = f"did you mean {near!r}?" if near else f"expected {', '.join(known)}"
            raise ConfigError(f"code_execution_config: unexpected key {key!r}; {hint}")


def _check_last(value: Any) -> int | Literal["auto"]:
    if value == "auto":
        return "auto"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0 or value != int(value):
        raise ConfigError(f"code_execution_config: {LAST}={value!r} is neither a whole number from 0 up nor 'auto'")
    return int(value)

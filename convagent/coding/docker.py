"""Runs code in a container, by the command line of docker or of a program like it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from .._keywords import says_what_it_takes
from .._sync import run_in_worker
from ..errors import ConfigError, ConvagentError
from .command_line import MAX_OUTPUT, TIMED_OUT, CommandLineExecutor
from .languages import program
from .process import Ended, run_program

WORKSPACE = "/workspace"
"""Where the folder is inside the container."""
_QUICK = 60.0
"""Seconds that a command may take that waits for nothing but the daemon."""
_PULL = 1800.0
"""Seconds that an image may take to be fetched."""
_GRACE = 30.0
"""Seconds that a block may take beyond its time, which `timeout` in the container ends."""


class ContainerError(ConvagentError):
    """A container could not be started or asked to run something; the text is that of the program."""


class DockerCommandLineCodeExecutor(CommandLineExecutor):
    """Runs blocks of code in a container that is started with the first one, and ends with the program.

    The container sees one folder of this machine, and no variable of its environment. It has the network that
    docker gives it; `run_options=["--network=none"]` takes it away.
    """

    ALIASES: ClassVar[Mapping[str, str]] = {"py": "python", "js": "javascript"}
    ENDINGS: ClassVar[Mapping[str, str]] = {}
    UNKNOWN: ClassVar[str] = "Unsupported language {}\n"
    one_stream: ClassVar[bool] = True

    @says_what_it_takes
    def __init__(
        self,
        image: str | Sequence[str] = "python:3-slim",
        container_name: str | None = None,
        timeout: float = 60,
        work_dir: Path | str | None = None,
        bind_dir: Path | str | None = None,
        auto_remove: bool = True,
        stop_container: bool = True,
        execution_policies: Mapping[str, bool] | None = None,
        *,
        container_create_kwargs: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        run_options: Sequence[str] = (),
        docker: str = "docker",
        max_output: int = MAX_OUTPUT,
    ) -> None:
        """Make an executor. Its container is started when the first block is run.

        Args:
            image: what the container is made of; of several the first that is there or can be fetched.
            container_name: what it is called; None: a name of its own.
            timeout: seconds that a block may take.
            work_dir: the folder that blocks are written into; made if it is not there; None: the current one.
            bind_dir: what the daemon has to mount for it, where that has another name there; None: the same.
            auto_remove: whether the container is removed when it ends.
            stop_container: whether it ends with this program, or with this object if that is given up earlier.
            execution_policies: by language, whether its blocks are run or only saved.
            container_create_kwargs: none are taken: write `run_options`.
            env: variables of the environment for the container.
            run_options: more options of ``docker run``: ``["--network=none", "--memory=512m"]``.
            docker: the program that is called: ``docker``, ``podman``, or a path.
            max_output: bytes of a block's output that are kept; of a longer one the beginning and the end.

        Raises:
            ConfigError: an argument cannot work, the program is not there, or its daemon does not answer.
        """
        if container_create_kwargs:
            raise ConfigError(
                f"container_create_kwargs={container_create_kwargs!r}: no package of docker's is used; write what "
                "`docker run` takes, such as run_options=['--network=none']"
            )
        super().__init__(timeout, "." if work_dir is None else work_dir, execution_policies, max_output)
        check_docker(docker)
        self.docker, self.container_name = docker, container_name or f"convagent-code-{uuid4().hex[:12]}"
        self._images = (image,) if isinstance(image, str) else tuple(image)
        self._bind_dir = Path(bind_dir) if bind_dir is not None else self._work_dir
        self._removed = auto_remove
        self._options = [*run_options, *(f"--env={name}={value}" for name, value in (env or {}).items())]
        self._lock, self._started = threading.Lock(), False
        self._kept = False
        """Whether there is a container to be started again."""
        self._stops = stop_container
        self._at_exit: weakref.finalize[..., Any] | None = None
        """Ends the container, where it runs and is not to stay."""

    @property
    def bind_dir(self) -> Path:
        """What the daemon mounts for the folder."""
        return self._bind_dir

    @property
    def _ending(self) -> list[list[str]]:
        # Killed first: to remove one that runs, podman waits ten seconds for it to end by itself.
        how = [["kill"], ["rm", "--force"]] if self._removed else [["stop", "-t", "1"]]
        return [[self.docker, *words, self.container_name] for words in how]

    # ------------------------------------------------------------ a block

    async def run_file(self, language: str, file: Path) -> Ended:
        """Run a file, in the container.

        Raises:
            ContainerError: there is none, and none could be started.
        """
        await run_in_worker(self.start)
        name = file.relative_to(self._work_dir.resolve()) if file.is_absolute() else file
        limited = ["timeout", f"{self._timeout:g}", program(language, "python"), name.as_posix()]
        command = [self.docker, "exec", self.container_name, *limited]
        try:
            ended = await run_program(
                command, cwd=self._work_dir, timeout=self._timeout + _GRACE, limit=self.max_output, one_stream=True
            )
        except asyncio.CancelledError:
            await run_in_worker(self.stop)  # what runs inside does not end with the program that asked for it
            raise
        if ended.timed_out:
            await run_in_worker(self.stop)
        return Ended(ended.exit_code, ended.stdout, timed_out=ended.timed_out or ended.exit_code == TIMED_OUT)

    def told(self, ended: Ended) -> str:
        """Return a program's output; of one that was killed what it wrote until then."""
        return f"{ended.stdout}\nTimeout" if ended.timed_out else ended.stdout

    # ------------------------------------------------------------ the container

    def start(self) -> None:
        """Start the container, unless it runs. It waits for the image, if that has to be fetched.

        Raises:
            ContainerError: it could not be started.
        """
        with self._lock:
            if self._started:
                return
            if self._kept:
                self._call("start", self.container_name)
            else:
                self._make()
            self._started, self._kept = True, not self._removed
            if self._stops:
                self._at_exit = weakref.finalize(self, _end, self._ending)

    def _make(self) -> None:
        image = self._image()
        mount = f"{self._bind_dir.resolve()}:{WORKSPACE}"
        removed = ["--rm"] if self._removed else []
        about = ["--name", self.container_name, "--volume", mount, "--workdir", WORKSPACE]
        waits = ["--entrypoint", "/bin/sh", image, "-c", "sleep infinity"]
        self._call("run", "--detach", *removed, *about, *self._options, *waits)

    def stop(self) -> None:
        """End the container; the next block starts another one."""
        with self._lock:
            if self._started:
                self._started = False
                if self._at_exit is not None:
                    self._at_exit.detach()
                _end(self._ending)

    def restart(self) -> None:
        """Begin anew: what blocks left running is gone, and what they installed with a container that is removed."""
        self.stop()

    def __enter__(self) -> DockerCommandLineCodeExecutor:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _image(self) -> str:
        """Return the first image that is there, or that can be fetched."""
        problems: list[str] = []
        for image in self._images:
            if _called([self.docker, "image", "inspect", image], _QUICK).returncode == 0:
                return image
            pulled = _called([self.docker, "pull", image], _PULL)
            if pulled.returncode == 0:
                return image
            problems.append(f"{image}: {_said(pulled)}")
        raise ContainerError(f"no image to run code in: {'; '.join(problems)}")

    def _call(self, *arguments: str) -> None:
        done = _called([self.docker, *arguments], _PULL)
        if done.returncode:
            raise ContainerError(f"{self.docker} {arguments[0]} failed: {_said(done)}")


def check_docker(docker: str) -> None:
    """See that the program is there and its daemon answers.

    Raises:
        ConfigError: it is not, or does not; the text says what to write instead.
    """
    instead = (
        "start it, or write {'use_docker': False} to run code on this machine without a container "
        "(see docs/security.md for what that does not protect from)"
    )
    if shutil.which(docker) is None:
        raise ConfigError(f"code is to be run in a container, and there is no program {docker!r}; {instead}")
    done = _called([docker, "version"], _QUICK)
    if done.returncode:
        raise ConfigError(f"code is to be run in a container, and {docker} does not answer: {_said(done)}; {instead}")


def _called(command: Sequence[str], timeout: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=timeout,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, TIMED_OUT, "", f"no answer within {timeout:g} seconds")
    except OSError as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line of what a command complained of."""
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1].strip() if lines else f"exit code {done.returncode}"


def _end(commands: Sequence[Sequence[str]]) -> None:
    for command in commands:
        _called(command, _QUICK)

"""Code that is run on this machine: what comes back, what it may see, and that nothing of it is left running."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from convagent import ConfigError
from convagent.coding import CodeBlock, CommandLineCodeResult, LocalCommandLineCodeExecutor
from convagent.compat.code_utils import create_virtual_env, execute_code
from convagent.errors import ArgumentError
from tests.coding.lines import Line


def run(work_dir: Path, *blocks: tuple[str, str], **given: Any) -> CommandLineCodeResult:
    executor = LocalCommandLineCodeExecutor(work_dir=work_dir, **given)
    return executor.execute_code_blocks([CodeBlock(language=language, code=code) for language, code in blocks])


# ---------------------------------------------------------------- results


def test_output_is_errors_and_then_text_when_a_block_has_run(tmp_path: Path) -> None:
    """As the classic joins them; the file keeps the code."""
    code = "import sys\nprint('out')\nprint('err', file=sys.stderr)"
    result = run(tmp_path, ("python", code))
    assert (result.exit_code, result.output) == (0, "err\nout\n")
    assert Path(result.code_file or "").read_text(encoding="utf-8") == code


def test_the_first_failure_is_the_last_block(tmp_path: Path) -> None:
    """What ran before is part of the output; what comes after is not run."""
    result = run(tmp_path, ("sh", "echo one"), ("bash", "echo two; exit 7"), ("python", "open('three', 'w')"))
    assert (result.exit_code, result.output) == (7, "one\ntwo\n")
    assert not (tmp_path / "three").exists()


def test_blocks_share_the_folder(tmp_path: Path) -> None:
    """A later block finds the files of an earlier one, and modules that lie there."""
    (tmp_path / "mine.py").write_text("ANSWER = 42", encoding="utf-8")
    result = run(
        tmp_path, ("sh", "echo there > a.txt"), ("python", "import mine\nprint(mine.ANSWER, open('a.txt').read())")
    )
    assert result.output == "42 there\n\n"


def test_program_is_named_when_it_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its absence is a result, which the model can act on."""
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run(tmp_path, ("bash", "echo 1"))
    assert (result.exit_code, result.output) == (127, "bash cannot be started: No such file or directory\n")


def test_language_is_saved_only_when_its_policy_says_so(tmp_path: Path) -> None:
    """JavaScript, HTML and CSS are not run unless asked for; Python can be kept from running."""
    result = run(
        tmp_path, ("javascript", "console.log(1)"), ("python", "print(1)"), execution_policies={"python": False}
    )
    saved = [line.removeprefix("Code saved to ") for line in result.output.splitlines()]
    assert [Path(path).suffix for path in saved] == [".javascript", ".py"]
    assert all(Path(path).is_file() for path in saved)


def test_script_that_destroys_is_refused_as_a_result(tmp_path: Path) -> None:
    """The classic's list of slips; here the model is told, and the chat goes on."""
    (tmp_path / "keep").mkdir()
    result = run(tmp_path, ("sh", "rm -rf keep"))
    assert (result.exit_code, result.output) == (1, "The script was not run: rm -rf is not allowed.")
    assert (tmp_path / "keep").is_dir()


def test_progress_of_pip_is_silenced(tmp_path: Path) -> None:
    """Lines that install by pip are quiet, other lines stay as they are."""
    code = "pip install a\necho pip install b\npip install -qqq c"
    result = run(tmp_path, ("sh", code), execution_policies={"sh": False})
    text = Path(result.code_file or "").read_text(encoding="utf-8")
    assert text == "pip install -qqq a\necho pip install b\npip install -qqq c"


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("name", ["../x.py", "/tmp/x.py", "a/../../x.py", "link/x.py", "."])
def test_file_is_refused_when_its_name_leads_out(tmp_path: Path, name: str) -> None:
    """By dots, from the root, or by a link that lies in the folder."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path)
    result = run(inside, ("python", f"# filename: {name}\nprint('ran')"))
    assert (result.exit_code, result.output) == (1, "Filename is not in the workspace")
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


@pytest.mark.parametrize(
    ("first", "name"),
    [
        ("# filename: a b.py", "a b.py"),
        ("# filename:sub/c.py", "sub/c.py"),
        ("# d.py", "d.py"),
        ("# sub/e.py", "sub/e.py"),
        ("# Python program to check a/b", ""),
        ("# done.", ""),
        ("print('# filename: f.py')", ""),
    ],
)
def test_file_is_called_as_the_first_line_says(tmp_path: Path, first: str, name: str) -> None:
    """By `filename:`, or by a comment that is the name of a file; any other comment names none."""
    result = run(tmp_path, ("python", f"{first}\nprint(1)"))
    found = Path(result.code_file or "").relative_to(tmp_path.resolve()).as_posix()
    assert found == name if name else found.startswith("tmp_code_")
    assert result.exit_code == 0


# ---------------------------------------------------------------- what it sees


def test_program_has_no_input(tmp_path: Path) -> None:
    """It cannot wait for somebody at this terminal."""
    assert run(tmp_path, ("python", "import sys\nprint(repr(sys.stdin.read()))")).output == "''\n"


SECRETS = {
    "OPENAI_API_KEY": "x", "GITHUB_TOKEN": "x", "DB_PASSWORD": "x", "AWS_ACCESS_KEY_ID": "x", "SSH_AUTH_SOCK": "/x",
    "ADDRESS": "postgresql://ann:pw@db/x", "PLAIN": "sk-abcdefgh", "OTHER": "ghp_abcdefgh",
    "PEM": "-----BEGIN PRIVATE KEY",
}  # fmt: skip


def test_secrets_of_the_environment_are_withheld(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name and by value; ordinary variables are there, and so is what `env=` gives."""
    for name, value in {**SECRETS, "COLOUR": "blue", "PAGE": "https://example.com/a"}.items():
        monkeypatch.setenv(name, value)
    names = [*SECRETS, "COLOUR", "PAGE", "PATH"]
    code = f"import os\nprint([name for name in {names} if name in os.environ])"
    assert run(tmp_path, ("python", code)).output == "['COLOUR', 'PAGE', 'PATH']\n"
    given = {"GITHUB_TOKEN": "mine", "MORE": "1"}
    code = "import os\nprint(os.environ['GITHUB_TOKEN'], os.environ['MORE'], 'OPENAI_API_KEY' in os.environ)"
    assert run(tmp_path, ("python", code), env=given).output == "mine 1 False\n"


def test_virtual_environment_runs_the_code(tmp_path: Path) -> None:
    """Its Python, for blocks of Python and for scripts that call one."""
    context = create_virtual_env(tmp_path / "venv", symlinks=True)
    code = "import sys\nprint(sys.prefix)"
    result = run(tmp_path / "work", ("python", code), ("sh", f'python -c "{code}"'), virtual_env_context=context)
    assert result.output == f"{tmp_path / 'venv'}\n" * 2


# ---------------------------------------------------------------- how it ends


def test_block_is_killed_with_all_it_began_when_its_time_is_up(tmp_path: Path, line: Line) -> None:
    """The program, and what it started."""
    child = f"[sys.executable, '-c', {line.held_by()!r} + 'input()']"
    code = f"import subprocess, sys\nsubprocess.run({child}, stdin=open('hold'))"
    os.mkfifo(tmp_path / "hold")
    holding = os.open(tmp_path / "hold", os.O_RDWR)  # the child reads from it for ever
    try:
        result = run(tmp_path, ("python", code), ("python", "print('next')"), timeout=1.5)
        assert (result.exit_code, result.output) == (124, "\nTimeout")
        assert line.is_dead()
    finally:
        os.close(holding)


def test_what_a_block_left_in_the_background_ends_with_it(tmp_path: Path, line: Line) -> None:
    """It holds up nobody, though it has the output of the block open."""
    (tmp_path / "stay.py").write_text(
        f"{line.held_by()}import signal\nprint('!', flush=True)\nsignal.pause()", encoding="utf-8"
    )
    script = f"mkfifo ready\n{sys.executable} stay.py > ready &\nread said < ready\necho $said done"
    result = run(tmp_path, ("bash", script), timeout=50)
    assert (result.exit_code, result.output) == (0, "! done\n")
    assert line.is_dead()


def test_what_has_left_the_group_holds_up_nobody(tmp_path: Path) -> None:
    """A program that made a session of its own keeps the output open; the block has ended all the same."""
    os.mkfifo(tmp_path / "hold")
    holding = os.open(tmp_path / "hold", os.O_RDWR)
    child = "[sys.executable, '-c', 'input()'], stdin=open('hold'), stderr=subprocess.DEVNULL"
    code = f"import subprocess, sys\nsubprocess.Popen({child}, start_new_session=True)\nprint('left')"
    try:
        result = run(tmp_path, ("python", code), timeout=50)
        assert (result.exit_code, result.output) == (0, "left\n")
    finally:
        os.close(holding)


def test_block_is_killed_when_whoever_waits_is_cancelled(tmp_path: Path, line: Line) -> None:
    """Cancelling the task is enough."""
    os.mkfifo(tmp_path / "ready")
    ready = os.open(tmp_path / "ready", os.O_RDWR | os.O_NONBLOCK)
    code = f"{line.held_by()}open('ready', 'w').write('!')\nimport signal\nsignal.pause()"
    executor = LocalCommandLineCodeExecutor(work_dir=tmp_path)

    async def cancelled() -> None:
        began = asyncio.Event()
        asyncio.get_running_loop().add_reader(ready, began.set)
        task = asyncio.ensure_future(executor.a_execute_code_blocks([CodeBlock(language="python", code=code)]))
        await began.wait()
        asyncio.get_running_loop().remove_reader(ready)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    try:
        asyncio.run(cancelled())
        assert line.is_dead()
    finally:
        os.close(ready)


def test_output_is_cut_in_the_middle_when_it_is_too_long(tmp_path: Path) -> None:
    """The beginning and the end stay, and what is missing is said; the other output is whole."""
    code = "import sys\nprint('a' * 5000 + 'z' * 5000, end='')\nsys.stderr.write('small')"
    result = run(tmp_path, ("python", code), max_output=200)
    cut = "\n[9,800 bytes of output were left out here]\n"
    assert result.output == f"small{'a' * 100}{cut}{'z' * 100}"


def test_endless_output_ends_with_its_time_and_takes_no_memory(tmp_path: Path) -> None:
    """A program that writes for ever is stopped like any other."""
    result = run(tmp_path, ("python", "while True: print('x' * 10_000)"), timeout=0.5, max_output=1000)
    assert (result.exit_code, result.output) == (124, "\nTimeout")


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    """A result is a text whatever the program writes."""
    code = r"import sys" "\n" r"sys.stdout.buffer.write(b'\xff ok\r\n')"
    assert run(tmp_path, ("python", code)).output == "\ufffd ok\n"


# ---------------------------------------------------------------- arguments


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"timeout": 0}, "timeout=0 is not a number of seconds above 0"),
        ({"timeout": float("inf")}, "timeout=inf"),
        ({"timeout": True}, "timeout=True"),
        ({"max_output": 5}, "max_output=5 is not a number of bytes, 100 or more"),
        ({"execution_policies": {"pythn": True}}, "'pythn' is not one of .*did you mean python"),
        ({"execution_policies": {"html": True}}, "html is not run by any program"),
        ({"functions": [print]}, "write them into a module in work_dir"),
        ({"virtual_env_context": SimpleNamespace()}, "ensure_directories"),
    ],
)
def test_argument_is_refused_when_it_cannot_work(tmp_path: Path, given: dict[str, Any], says: str) -> None:
    """Where the executor is made, with what is expected."""
    with pytest.raises(ConfigError, match=says):
        LocalCommandLineCodeExecutor(work_dir=tmp_path, **given)


def test_keyword_is_suggested_when_it_is_misspelt(tmp_path: Path) -> None:
    """As everywhere."""
    make: Callable[..., Any] = LocalCommandLineCodeExecutor
    with pytest.raises(ArgumentError, match="unexpected keyword 'timout'; did you mean 'timeout'"):
        make(work_dir=tmp_path, timout=3)


def test_nothing_to_run_is_refused(tmp_path: Path) -> None:
    """A list without blocks has no exit code."""
    with pytest.raises(ConfigError, match="expected at least one block"):
        run(tmp_path)


def test_classics_function_runs_a_code_and_a_file(tmp_path: Path) -> None:
    """`execute_code` keeps a named file and removes any other."""
    where: dict[str, Any] = {"work_dir": str(tmp_path), "use_docker": False}
    assert execute_code("print(1)", **where) == (0, "1\n", None)
    assert list(tmp_path.iterdir()) == []
    assert execute_code("print(2)", filename="two.py", **where) == (0, "2\n", None)
    assert execute_code(filename="two.py", **where) == (0, "2\n", None)
    with pytest.raises(ConfigError, match="expected code="):
        execute_code(**where)

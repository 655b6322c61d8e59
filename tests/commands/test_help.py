"""What the command line takes stands in its page, and asking for help costs nothing."""

from __future__ import annotations

import argparse
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from convagent.cli import _parser, main  # pyright: ignore[reportPrivateUsage]


def _commands(parser: Any, name: str = "convagent") -> Iterator[tuple[str, Any]]:
    """Yield every command and its parser."""
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner or not inner[0].required:
        yield name, parser
    for action in inner:
        for word, made in cast("dict[str, Any]", action.choices).items():
            yield from _commands(made, f"{name} {word}")


COMMANDS = dict(_commands(_parser()))


@pytest.mark.parametrize("name", COMMANDS)
def test_page_names_every_command_and_option(name: str, root: Path) -> None:
    """docs/cli.md is complete."""
    page = (root / "docs" / "cli.md").read_text(encoding="utf-8")
    assert name in page
    known = {option for action in COMMANDS[name]._actions for option in action.option_strings}
    missing = [option for option in known - {"-h", "--help"} if not re.search(rf"`[^`\n]*{option}\b", page)]
    assert missing == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Help is a sentence, and each argument has one."""
    parser = COMMANDS[name]
    assert parser.description
    assert [action.dest for action in parser._actions if not action.help] == []
    parser.print_help()
    assert parser.prog in capsys.readouterr().out


def test_help_loads_no_library_and_no_conversation(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Whoever asks what a command takes waits for nothing."""
    code = (
        "import sys; from convagent.cli import main\n"
        "try: main(['inbox', 'answer', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'pydantic', 'openai', 'sqlite3', 'prompt_toolkit', 'asyncio', 'jinja2', 'starlette', "
        "'convagent.conversation', 'convagent.agents', 'convagent.journal.base'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = python("-c", code)
    assert done.stderr.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize("words", [[], ["inbox"], ["audit"]], ids=" ".join)
def test_commands_are_listed_when_none_is_named(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever does not know them yet sees what there is."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "Traceback" not in said
    assert said.endswith(f"convagent{''.join(f' {word}' for word in words)}: name a command\n")
    assert {"inbox": "answer one question", "audit": "print a log for reading"}.get(" ".join(words), "doctor") in said

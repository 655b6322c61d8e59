"""The examples' own modules, and running one in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from convagent.cli import demo

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
sys.path.append(str(EXAMPLES))

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Return a function that runs an example as `convagent demo` does and returns what it printed.

    `answers` are its scripted people. The current folder is empty.
    """
    monkeypatch.chdir(tmp_path)

    def call(name: str, *args: str, answers: tuple[str, ...] = (), code: int = 0) -> str:
        given = [word for answer in answers for word in ("--answer", answer)]
        assert demo(name, [*args, *given]) == code
        return capsys.readouterr().out

    return call

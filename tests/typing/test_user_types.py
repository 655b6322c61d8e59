"""What a user's type checker makes of the installed package."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def check(installed: Path, tmp_path: Path):
    """Return a function that checks one case strictly against the installed wheel, and its findings by line."""

    def run(case: str) -> dict[int, str]:
        shutil.copy(CASES / case, tmp_path)
        (tmp_path / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "include": [case]}))
        interpreter = installed / "bin" / "python"
        pyright = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", str(interpreter)]
        done = subprocess.run(
            [*pyright, "-p", str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, timeout=55, check=False
        )
        assert done.stdout, done.stderr
        found = json.loads(done.stdout)
        assert found["summary"]["filesAnalyzed"] == 1
        return {each["range"]["start"]["line"] + 1: each["message"] for each in found["generalDiagnostics"]}

    return run


@pytest.mark.slow("builds a wheel and runs pyright")
def test_user_program_is_clean_when_checked_strictly(check) -> None:
    """`py.typed` is installed and the public interface is typed without a hole."""
    assert check("good.py") == {}


@pytest.mark.slow("builds a wheel and runs pyright")
def test_mistakes_are_found_when_checked(check) -> None:
    """A wrong mode, type or name is marked in the editor, before the program runs."""
    text = (CASES / "wrong.py").read_text(encoding="utf-8")
    marked = {number for number, line in enumerate(text.splitlines(), 1) if "# wrong" in line}
    assert set(check("wrong.py")) == marked

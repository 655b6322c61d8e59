"""The wheel: what is in it, and that it works where nothing else of the repository is."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow("builds and installs a wheel")


def _run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    # Without PYTHONPATH, so that nothing but the installed package can be found.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )


def test_wheel_holds_the_package_and_nothing_else(wheel: Path, root: Path) -> None:
    """Types, data files, licence and examples are in; tests, benchmarks and documents are not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"convagent/__init__.py", "convagent/py.typed"} <= names
    data = {path.relative_to(root).as_posix() for path in (root / "convagent").rglob("*.json")}
    assert data <= names
    examples = {f"convagent/_examples/{path.name}" for path in (root / "examples").glob("*.py")}
    assert examples <= names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert {name.partition("/")[0] for name in names} == {"convagent", "convagent-0.1.0.dist-info"}
    assert [name for name in names if name.endswith(".pyc") or "/tests/" in name] == []


def test_command_works_when_installed(installed: Path, tmp_path: Path) -> None:
    """`convagent --help` names its commands."""
    done = _run(installed / "bin" / "convagent", "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout
    assert "doctor" in done.stdout


def test_examples_are_listed_when_installed(installed: Path, root: Path, tmp_path: Path) -> None:
    """An installed package brings its examples along, each with the first line of its docstring."""
    done = _run(installed / "bin" / "convagent", "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert listed == sorted(path.stem for path in (root / "examples").glob("[!_]*.py"))


def test_package_is_the_installed_one(installed: Path, tmp_path: Path) -> None:
    """The environment of this file's tests imports the wheel, not the checkout."""
    done = _run(installed / "bin" / "python", "-c", "import convagent; print(convagent.__file__)", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(installed) in done.stdout

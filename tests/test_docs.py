"""Every piece of Python in README.md and docs/ runs, and every link leads somewhere.

The `python` fences of a page share their names from top to bottom, as a reader would type them. Words after
`python` change that: `fresh` begins a new program, `no-run` is compiled and not run. Each program has an
interpreter and an empty folder of its own, no key, no terminal, and no network but loopback. Other fences
(`console`, `text`, ...) are not touched.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if path.is_file())
RUNNING = [page for page in PAGES if page.name != "CHANGELOG.md"]

WORDS = {"no-run", "fresh"}

RUNNER = """
import json, linecache, socket, sys, types

def refuse(self, address):
    host = str(address[0])
    if self.family in (socket.AF_INET, socket.AF_INET6) and not host.startswith(("127.", "::1", "localhost")):
        raise ConnectionRefusedError(f"the documentation runs offline, and wanted {address!r}")
    return real(self, address)

real, socket.socket.connect = socket.socket.connect, refuse
page, fences = json.loads(sys.stdin.readline())
program = sys.modules["__main__"] = types.ModuleType("__main__")
for line, text in fences:
    # Padded, so that a traceback names the line of the page; cached, so that inspect finds the source.
    source, shown = "\\n" * line + text, f"{page}:{line}"
    linecache.cache[shown] = (len(source), None, source.splitlines(True), shown)
    exec(compile(source, shown, "exec"), program.__dict__)
"""


@dataclass
class Fence:
    """One ```python fence: where its text begins, and the words after `python`."""

    line: int
    words: list[str]
    text: str


@dataclass
class Program:
    """Fences that run one after the other in one interpreter."""

    page: Path
    fences: list[Fence] = field(default_factory=list[Fence])

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.fences[0].line}"


def fences_of(page: Path) -> Iterator[Fence]:
    """Yield the Python fences of a page; fences inside lists keep their own indentation."""
    opened: tuple[str, str, int, list[str]] | None = None
    lines: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        mark = re.match(r"^(\s*)(`{3,}|~{3,})\s*(.*)$", line)
        if opened is None:
            if mark:
                opened, lines = (mark[2], mark[1], number, mark[3].split()), []
        elif mark and mark[2].startswith(opened[0]) and not mark[3]:
            _, indent, begun, words = opened
            if words and words[0] in ("python", "py"):
                yield Fence(begun, words[1:], "\n".join(each.removeprefix(indent) for each in lines) + "\n")
            opened = None
        else:
            lines.append(line)


def programs() -> Iterator[Program]:
    for page in RUNNING:
        program = Program(page)
        for fence in fences_of(page):
            if "no-run" in fence.words:
                continue
            if "fresh" in fence.words and program.fences:
                yield program
                program = Program(page)
            program.fences.append(fence)
        if program.fences:
            yield program


PROGRAMS = list(programs())


@pytest.mark.parametrize("program", PROGRAMS, ids=map(str, PROGRAMS))
def test_page_runs(program: Program, tmp_path: Path) -> None:
    """What a page shows can be copied and run, offline and without a key."""
    import json

    page = str(program.page.relative_to(ROOT))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUNNER],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        input=json.dumps([page, [(fence.line, fence.text) for fence in program.fences]]) + "\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, f"{program} failed:\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_page_compiles(page: Path) -> None:
    """Python that is shown and not run is still Python, and its marks are known ones."""
    for fence in fences_of(page):
        assert set(fence.words) <= WORDS, f"{page.name}:{fence.line}: {fence.words} has words other than {WORDS}"
        compile(fence.text, f"{page.name}:{fence.line}", "exec")


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_page_links_lead_somewhere(page: Path) -> None:
    """A relative link names a file of the repository, and a `#` a heading of it."""
    wrong: list[str] = []
    for link in re.findall(r"\]\(([^)\s]+)\)", _without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _anchors(target)):
            wrong.append(link)
    assert wrong == []


def _without_code(text: str) -> str:
    text = re.sub(r"^(\s*)(`{3,}|~{3,}).*?^\s*\2`*\s*$", "", text, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", page.read_text(encoding="utf-8"), re.M):
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        number = 0
        while (anchor := f"{plain}-{number}" if number else plain) in found:
            number += 1
        found.add(anchor)
    return found


# ---------------------------------------------------------------- pages that list what the code has


def test_architecture_names_every_floor() -> None:
    """`docs/architecture.md` has the floors of `tests/house/floors.py`, in order, and who stands on each."""
    from tests.house.floors import FLOORS

    package = ROOT / "convagent"
    exist = {path.stem for path in package.glob("*.py")} | {path.name for path in package.iterdir() if path.is_dir()}
    expected = [{unit for unit in floor if unit in exist} for floor in FLOORS if floor != {"convagent"}]
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \| (`[^|]*) \|", text, re.M)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == [floor for floor in expected if floor]


def test_events_page_names_every_event() -> None:
    """`docs/events.md` lists every event class."""
    from convagent import events

    text = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    classes = {name for name in events.__all__ if name[0].isupper()} - {"Event", "MessageEvent"}
    assert sorted(name for name in classes if f"`{name}`" not in text) == []


def test_errors_page_names_every_model_error() -> None:
    """`docs/models-and-configuration.md` lists every way in which a model fails."""
    from convagent import errors

    text = (ROOT / "docs" / "models-and-configuration.md").read_text(encoding="utf-8")
    assert [kind.__name__ for kind in errors.ModelError.__subclasses__() if f"`{kind.__name__}`" not in text] == []


def test_subclassing_page_names_every_hook_and_override() -> None:
    """`docs/subclassing.md` lists the places of hooks and the methods that can be overridden."""
    from convagent.agents.conversable import OVERRIDABLE
    from convagent.agents.hooks import HOOKS

    text = (ROOT / "docs" / "subclassing.md").read_text(encoding="utf-8")
    assert [name for name in (*HOOKS, *OVERRIDABLE) if f"`{name}" not in text] == []


def test_examples_page_names_every_example() -> None:
    """`docs/examples.md` has a row for each example, and nothing but examples."""
    text = (ROOT / "docs" / "examples.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", text, re.M)
    assert sorted(rows) == sorted(path.stem for path in (ROOT / "examples").glob("[!_]*.py"))


def test_examples_page_names_every_common_option() -> None:
    """`docs/examples.md` lists the options that all examples share."""
    text = (ROOT / "docs" / "examples.md").read_text(encoding="utf-8")
    options = re.findall(r'add_argument\(\s*"(--\w+)"', (ROOT / "examples" / "_common.py").read_text(encoding="utf-8"))
    assert len(options) == 4
    assert [option for option in options if f"`{option}" not in text] == []


def _glossary() -> dict[str, str]:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", text, re.M))


def test_glossary_is_sorted_when_a_word_is_added() -> None:
    """A reader finds a word by the alphabet."""
    words = [word.casefold() for word in _glossary() if word not in ("word", "---")]
    assert len(words) > 40
    assert words == sorted(words)


def test_glossary_names_every_reason_why_a_person_is_asked() -> None:
    """The moments of a request are the code's."""
    from convagent.human import Moment

    assert set(re.findall(r"`(\w+)`", _glossary()["moment"])) == set(get_args(Moment))

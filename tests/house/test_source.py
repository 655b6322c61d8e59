"""What every source file of the package keeps to."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.source import ROOT, Module, modules

LONGEST = 450

PRINTERS = ("observers", "iostream", "transcript", "cli", "testing")
"""Consumers of events, and the command line. Everybody else emits an event."""


def _name(module: Module) -> str:
    return module.name


@pytest.mark.parametrize("module", modules(), ids=_name)
def test_file_is_short_enough(module: Module) -> None:
    """A file holds one idea: past 400 lines ask what wants to leave, past 450 it must."""
    length = len(module.text.splitlines())
    assert length <= LONGEST, f"convagent/{module.name} has {length} lines; what wants to leave?"


@pytest.mark.parametrize("module", [m for m in modules() if m.unit not in PRINTERS], ids=_name)
def test_nothing_prints_outside_consumers_of_events(module: Module) -> None:
    """What a run says is an event; only consumers of events write it."""
    wrong = [
        f"convagent/{module.name}:{node.lineno}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert wrong == []


@pytest.mark.parametrize("module", modules(), ids=_name)
def test_no_exception_is_swallowed(module: Module) -> None:
    """No `except:`, `except Exception` or `except BaseException` with nothing done, nor `suppress` of them."""
    # While Python exits nobody can be told, and what a finaliser needs may be gone: there it is right.
    finalisers = [n for n in ast.walk(module.tree) if isinstance(n, ast.FunctionDef) and n.name == "__del__"]
    excused = {id(inner) for finaliser in finalisers for inner in ast.walk(finaliser)}
    wrong = [
        f"convagent/{module.name}:{node.lineno}"
        for node in ast.walk(module.tree)
        if _swallows(node) and id(node) not in excused
    ]
    assert wrong == []


def _swallows(node: ast.AST) -> bool:
    if isinstance(node, ast.ExceptHandler):
        nothing = all(isinstance(line, ast.Pass) or _is_ellipsis(line) for line in node.body)
        return node.type is None or (nothing and _is_blind(node.type))
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("suppress", "contextlib.suppress"):
        return any(map(_is_blind, node.args))
    return False


def _is_blind(caught: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) and part.id in ("Exception", "BaseException") for part in ast.walk(caught))


def _is_ellipsis(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and line.value.value is ...


@pytest.mark.parametrize("module", modules(), ids=_name)
def test_nothing_is_unpickled_or_evaluated(module: Module) -> None:
    """Stored values are JSON: reading a file or a database can run no code."""
    banned = {"pickle", "marshal", "shelve", "dill"}
    wrong = [
        f"convagent/{module.name}:{node.lineno}"
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Import) and any(a.name.partition(".")[0] in banned for a in node.names))
        or (isinstance(node, ast.ImportFrom) and node.level == 0 and node.module in banned)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"))
    ]
    assert wrong == []


TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("path", TESTS, ids=[path.relative_to(ROOT).as_posix() for path in TESTS])
def test_tests_state_their_promise_and_do_not_sleep(path: object) -> None:
    """Each test has a docstring that says what it promises, and none sleeps for luck."""
    text = ROOT.joinpath(str(path)).read_text(encoding="utf-8")
    tree = ast.parse(text)
    wrong = [
        f"{node.name} has no docstring"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    wrong += [
        f"line {node.lineno} sleeps; wait for what should happen instead"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "time.sleep"
        and "# a blocking" not in _line(text, node)
    ]
    assert wrong == []


def _line(text: str, node: ast.Call) -> str:
    return text.splitlines()[node.lineno - 1]


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-openai2.txt"])
def test_constraints_name_versions_and_nothing_else(name: str) -> None:
    """Exact versions, no host, no path, no option: the file works with any registry."""
    lines = (ROOT / name).read_text(encoding="utf-8").split()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    assert len(lines) > 10


def test_constraints_hold_both_major_versions_of_openai() -> None:
    """The two environments of the tests run openai 3.x, and 2.x with litellm."""
    newest = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    older = (ROOT / "constraints-openai2.txt").read_text(encoding="utf-8")
    assert re.search(r"^openai==3\.", newest, re.M)
    assert re.search(r"^openai==2\.", older, re.M)
    assert re.search(r"^litellm==", older, re.M)

"""Imports run only downward, and the core knows no clock."""

from __future__ import annotations

import ast

import pytest

from tests.house.floors import FLOORS, FOR_TYPES, NEIGHBOURS
from tests.house.source import Import, Module, imports, modules, unit_of

HEIGHT = {unit: height for height, floor in enumerate(FLOORS) for unit in floor}

UNCLOCKED = ("conversation", "oversight", "patterns")
CLOCKS = frozenset({"time", "uuid", "random", "secrets"})


def _name(module: Module) -> str:
    return module.name


@pytest.mark.parametrize("module", modules(), ids=_name)
def test_imports_run_downward(module: Module) -> None:
    """A file imports only from lower floors, also inside functions and for types."""
    assert module.unit in HEIGHT, f"{module.unit!r} stands on no floor: give it one in tests/house/floors.py"
    wrong = [
        f"{found.where} imports {found.target}, which stands no lower"
        for found in imports(module)
        if (unit := unit_of(found.target)) is not None and not _may(found, unit)
    ]
    assert wrong == []


def _may(found: Import, imported: str) -> bool:
    importer = found.module.unit
    if importer == imported or HEIGHT.get(imported, len(FLOORS)) < HEIGHT[importer]:
        return True
    return (importer, imported) in NEIGHBOURS or (found.for_types and (importer, imported) in FOR_TYPES)


def test_floors_give_no_permission_when_nobody_needs_it() -> None:
    """A permission that no import needs is removed."""
    used = {(module.unit, unit_of(found.target)) for module in modules() for found in imports(module)}
    assert [pair for pair in (*NEIGHBOURS, *FOR_TYPES) if pair not in used] == []


@pytest.mark.parametrize("module", [m for m in modules() if m.unit in UNCLOCKED], ids=_name)
def test_core_has_no_clock_of_its_own(module: Module) -> None:
    """Conversation, oversight and patterns ask the runtime for time, names and chance."""
    wrong = [f"{found.where} imports {found.target}" for found in imports(module) if _is_clock(found)]
    wrong += [
        f"convagent/{module.name}:{node.lineno} reads a clock: {ast.unparse(node)}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and _reads_clock(node.func)
    ]
    assert wrong == []


def _is_clock(found: Import) -> bool:
    return found.target.partition(".")[0] in CLOCKS


def _reads_clock(func: ast.expr) -> bool:
    """Recognise `datetime.now()`, `date.today()`, `loop.time()`; `runtime.now()` is the right one."""
    if not isinstance(func, ast.Attribute):
        return False
    owner = ast.unparse(func.value)
    dated = owner.rpartition(".")[2] in ("datetime", "date") and func.attr in ("now", "utcnow", "today")
    return dated or (func.attr == "time" and "loop" in owner)

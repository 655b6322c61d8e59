"""The face of the package: its names, and the twins among them."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

import convagent
from tests.house.source import Module, modules

UNTWINNED: dict[str, str] = {
    # "Class.a_name": why there is no synchronous twin, or why its parameters differ.
}


def test_face_lists_what_it_has() -> None:
    """`__all__` and `dir()` agree, and nothing is listed twice."""
    names = list(convagent.__all__)
    assert len(names) == len(set(names))
    assert sorted(names) == sorted(name for name in dir(convagent) if not name.startswith("_") or name in names)


@pytest.mark.parametrize("name", convagent.__all__)
def test_face_name_can_be_imported(name: str) -> None:
    """Every listed name is there, and the same object each time."""
    first = getattr(convagent, name)
    assert getattr(convagent, name) is first


def test_face_says_what_is_wrong_when_a_name_does_not_exist() -> None:
    """An unknown name is an AttributeError that names it, so that `hasattr` and `from ... import` work."""
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = convagent.no_such_name  # type: ignore[attr-defined]


LAZY = [module for module in modules() if "\n__getattr__, __dir__ = on_first_use(" in module.text]


@pytest.mark.parametrize("module", LAZY, ids=[module.name for module in LAZY])
def test_lazy_names_are_those_that_type_checkers_see(module: Module) -> None:
    """What a package imports on first use is what stands below TYPE_CHECKING, from the same modules, and no more."""
    found: dict[str, str] = {}
    homes: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            found = {
                a.name: "." * i.level + str(i.module)
                for i in node.body
                if isinstance(i, ast.ImportFrom)
                for a in i.names
            }
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            homes = homes or ast.literal_eval(node.value)
    assert homes == found != {}
    package = importlib.import_module(".".join(module.parts))
    assert {*homes} <= {*package.__all__} <= {*homes, "__version__"}
    assert all(getattr(package, name) is getattr(package, name) for name in homes)


def _owners() -> Iterator[tuple[str, Any]]:
    yield "convagent", convagent
    for name in convagent.__all__:
        value = getattr(convagent, name)
        if inspect.isclass(value):
            yield name, value


def _twins() -> Iterator[tuple[str, Any, Any]]:
    for owner, value in _owners():
        for name in convagent.__all__ if value is convagent else dir(value):
            if name.startswith("a_"):
                yield f"{owner}.{name}", getattr(value, name[2:], None), getattr(value, name)


TWINS = list(_twins())


@pytest.mark.parametrize(("name", "sync", "twin"), TWINS, ids=[name for name, _, _ in TWINS])
def test_twins_have_the_same_parameters(name: str, sync: Any, twin: Any) -> None:
    """`x` and `a_x` differ in `a_` and nothing else: names, order, kinds, defaults and annotations."""
    if name in UNTWINNED:
        return
    assert sync is not None, f"{name} has no synchronous twin"
    assert _parameters(sync) == _parameters(twin)


def _parameters(function: Any) -> list[tuple[str, str, object, object]]:
    return [
        (each.name, each.kind.description, each.default, each.annotation)
        for each in inspect.signature(function).parameters.values()
    ]


def test_errors_are_drawn_in_their_module() -> None:
    """The docstring of `convagent.errors` draws every exception of ours."""
    errors = importlib.import_module("convagent.errors")
    drawn = errors.__doc__ or ""
    ours = [name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, Exception)]
    assert [name for name in ours if name not in drawn] == []

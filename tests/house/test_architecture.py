"""docs/architecture.md leads to every module, and to none that is gone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from tests.house.source import ROOT, modules

_PAGE = "docs/architecture.md"
_ELSEWHERE = ("compat/",)
"""Packages of one-line modules, at the paths of the classic."""


def _listed() -> Mapping[str, list[str]]:
    """Return the modules that the page lists, by package."""
    text = (ROOT / _PAGE).read_text(encoding="utf-8")
    section = text[text.index("## Where each thing stands") :].partition("\n## ")[0]
    found: dict[str, list[str]] = defaultdict(list)
    for entry in re.split(r"\n- ", section)[1:]:
        package = ""
        for name in re.findall(r"`([a-z_/]+)`", entry):
            if not name.endswith("/"):
                found[package].append(name)
            else:
                package = f"{package}{name}" if name == "pages/" else name
    return found


def _there() -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for module in modules():
        package, _, file = module.name.rpartition("/")
        if package and file != "__init__.py" and not f"{package}/".startswith(_ELSEWHERE):
            found[f"{package}/"].append(file.removesuffix(".py"))
    return found


def test_architecture_names_every_module_where_it_stands() -> None:
    """A stranger finds each file from the page; one that is new gets its word there, one that is gone loses it."""
    listed = _listed()
    assert {p: sorted(names) for p, names in listed.items()} == {p: sorted(names) for p, names in _there().items()}, (
        f"{_PAGE}, 'Where each thing stands', names other modules than there are"
    )


def test_architecture_names_no_file_that_is_gone() -> None:
    """Wherever the page names a file of the package, that file is there."""
    text = (ROOT / _PAGE).read_text(encoding="utf-8")
    there = {module.name for module in modules()} | {module.name.rpartition("/")[2] for module in modules()}
    named = {name.removeprefix("convagent/") for name in re.findall(r"(?<![\w/.-])((?:\w+/)*\w+\.py)\b", text)}
    assert sorted(name for name in named - there if not name.startswith("tests/")) == []

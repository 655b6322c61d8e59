"""The package's source as syntax trees, for the tests that hold the house rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "convagent"


@dataclass(frozen=True)
class Module:
    """One source file of the package."""

    path: Path

    @property
    def name(self) -> str:
        """The path inside the package, such as `models/base.py`."""
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def unit(self) -> str:
        """The module or package right below `convagent` that it belongs to."""
        first = Path(self.name).parts[0].removesuffix(".py")
        return "convagent" if first in ("__init__", "__main__") else first

    @property
    def parts(self) -> tuple[str, ...]:
        """The dotted name in parts, such as `("convagent", "models", "base")`."""
        parts = ("convagent", *Path(self.name).with_suffix("").parts)
        return parts[:-1] if parts[-1] == "__init__" else parts

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def tree(self) -> ast.Module:
        return _parse(self.path)


@dataclass(frozen=True)
class Import:
    """One imported name, absolute: `convagent.models.base` or `openai`."""

    module: Module
    line: int
    target: str
    for_types: bool
    """Whether it stands below `if TYPE_CHECKING:`."""

    @property
    def where(self) -> str:
        return f"convagent/{self.module.name}:{self.line}"


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def modules() -> tuple[Module, ...]:
    """Return every source file of the package, examples excluded."""
    return tuple(Module(path) for path in sorted(PACKAGE.rglob("*.py")) if "_examples" not in path.parts)


def imports(module: Module) -> Iterator[Import]:
    """Yield every import of a file, those inside functions and TYPE_CHECKING blocks included."""
    package = module.parts if module.path.name == "__init__.py" else module.parts[:-1]
    for_types = {
        id(inner)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for line in node.body
        for inner in ast.walk(line)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, node.lineno, alias.name, id(node) in for_types)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            base += (node.module or "").split(".") if node.module else []
            for alias in node.names:
                yield Import(module, node.lineno, ".".join([*base, alias.name]), id(node) in for_types)


def unit_of(target: str) -> str | None:
    """Return the unit of `convagent` that an absolute dotted name is in; None if it is another package."""
    first, _, rest = target.partition(".")
    if first != "convagent":
        return None
    name = rest.partition(".")[0]
    if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file():
        return name or "convagent"
    return "convagent"

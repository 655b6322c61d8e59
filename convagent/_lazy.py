"""The face of a package whose names are imported on first use (PEP 562), so that importing it costs nothing.

    __getattr__, __dir__ = on_first_use(__name__, _HOMES)

Type checkers do not see through this: the same names stand below ``if TYPE_CHECKING:`` too.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing `typing` for it costs several times what the face costs
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def on_first_use(
    package: str, homes: Mapping[str, str], otherwise: Callable[[str], object] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of a package.

    Args:
        package: its `__name__`.
        homes: the module of each name, relative to the package, such as ``.log``.
        otherwise: asked for a name that has no home. Without it such a name is an AttributeError that
            lists those of `__all__`.
    """
    this = sys.modules[package]

    def get(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            return otherwise(name) if otherwise else _refuse(name)
        from importlib import import_module

        value = getattr(import_module(home, package), name)
        setattr(this, name, value)  # the next time it is found without being asked for here
        return value

    def _refuse(name: str) -> Any:
        raise AttributeError(f"module {package!r} has no attribute {name!r}; it has {', '.join(this.__all__)}")

    return get, lambda: sorted(this.__all__)

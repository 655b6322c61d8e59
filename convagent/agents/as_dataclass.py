"""Let subclasses of a class of ours be dataclasses, where scripts know it as one."""

from __future__ import annotations

import inspect
from dataclasses import field, make_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def as_dataclass(kind: type[T]) -> type[T]:
    """Give a class the parameters of its constructor as fields: ``@dataclass class Mine(GroupChat): ...`` adds to them.

    The constructor of such a subclass sets the values and then calls `__post_init__`, which the class must have.
    """
    parameters = list(inspect.signature(kind).parameters.values())
    made: Any = make_dataclass(
        kind.__name__,
        [(p.name, Any, field() if p.default is p.empty else field(default=p.default)) for p in parameters],
        init=False,
        repr=False,
        eq=False,
    )
    for name in ("__dataclass_fields__", "__dataclass_params__"):
        setattr(kind, name, getattr(made, name))
    return kind

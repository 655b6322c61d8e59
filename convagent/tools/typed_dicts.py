"""Make `typing.TypedDict` usable on Python 3.11, where pydantic takes only that of typing_extensions.

The two differ there in what they remember of inherited and postponed fields, so each class is
rebuilt from its hints and its own account of which keys are required.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)


def modern(annotation: Any, local: Mapping[str, Any], seen: Mapping[Any, Any] | None = None) -> Any:
    """Return the annotation with every `typing.TypedDict` in it rebuilt; the same object if there is none."""
    if sys.version_info >= (3, 12):
        return annotation
    seen = seen or {}
    if is_typeddict(annotation) and type(annotation).__module__ == "typing":
        # One that contains itself stays as it is, and pydantic says why it cannot take it.
        return annotation if annotation in seen else _rebuilt(annotation, local, {**seen, annotation: None})
    origin: Any = get_origin(annotation)
    args: tuple[Any, ...] = get_args(annotation)
    if origin is None or origin is Literal or not args:
        return annotation
    if origin is Annotated:
        first, *extras = args
        new = modern(first, local, seen)
        return annotation if new is first else Annotated[(new, *extras)]
    changed = tuple(modern(arg, local, seen) for arg in args)
    if all(new is old for new, old in zip(changed, args, strict=True)):
        return annotation
    kind: Any = Union if origin is types.UnionType else origin
    return kind[changed]


def _rebuilt(kind: Any, local: Mapping[str, Any], seen: Mapping[Any, Any]) -> Any:
    from typing_extensions import TypedDict

    hints = get_type_hints(kind, localns=dict(local), include_extras=True)
    fields: dict[str, Any] = {}
    for name, hint in hints.items():
        required = name in kind.__required_keys__
        if get_origin(hint) in (Required, NotRequired):
            required = get_origin(hint) is Required
            (hint,) = get_args(hint)
        hint = modern(hint, local, seen)
        fields[name] = Required[hint] if required else NotRequired[hint]
    make: Any = TypedDict
    found = make(kind.__name__, fields)
    found.__doc__ = kind.__doc__
    found.__module__ = kind.__module__
    return found

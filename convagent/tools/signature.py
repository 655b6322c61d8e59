"""What a callable takes: its parameters, with their annotations resolved as far as they can be.

Annotations may be strings (``from __future__ import annotations``) that name classes of the
function in which the tool was defined. Those names are gone once that function returns, so
`local_names` takes them while it still runs.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

from ..errors import ConfigError
from .context import ToolContext
from .secret import Secret

VARIABLES = "context_variables"
"""The parameter of this name receives the context variables of the agent that executes the tool."""
MISSING: Any = inspect.Parameter.empty
"""Stands for an annotation or a default that is not there."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An annotation that could not be evaluated."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a callable."""

    name: str
    annotation: Any
    """`MISSING` where there is none, `Unresolved` where it cannot be evaluated."""
    default: Any
    """`MISSING` where a value is required."""
    positional_only: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What a callable takes, as a tool sees it."""

    params: tuple[Param, ...]
    """The named parameters that a caller gives; no ``*args``, no context, no context variables."""
    var_keyword: Param | None
    """The ``**kwargs`` parameter: it takes every other name."""
    context: str | None
    """The parameter that receives the `ToolContext`."""
    secrets: Mapping[str, Secret]
    """Parameters that are filled with secrets, which a model neither sees nor gives."""
    variables: bool = False
    """Whether it takes the context variables, which a model neither sees nor gives."""

    @property
    def unannotated(self) -> list[str]:
        """Names of the parameters that a caller must give and nobody described."""
        return [p.name for p in self.params if p.annotation is MISSING and p.default is MISSING]


def innermost(fn: Callable[..., Any]) -> Any:
    """Return the plain function behind partials, methods, wrappers, callable objects and classes."""
    found: Any = fn
    while True:
        if isinstance(found, functools.partial):
            found = cast("functools.partial[Any]", found).func
        elif inspect.ismethod(found) or isinstance(found, staticmethod | classmethod):
            found = cast(Any, found).__func__
        elif hasattr(found, "__wrapped__"):
            found = found.__wrapped__
        elif inspect.isclass(found):
            return found.__init__
        elif inspect.isroutine(found):
            return found
        else:
            call = type(found).__call__
            if not inspect.isfunction(call):
                return found
            found = call


def is_async(fn: Callable[..., Any]) -> bool:
    """Tell whether calling `fn` gives a coroutine."""
    found: Any = fn
    while isinstance(found, functools.partial):
        found = cast("functools.partial[Any]", found).func
    return inspect.iscoroutinefunction(found) or (
        not inspect.isroutine(found) and not inspect.isclass(found) and inspect.iscoroutinefunction(found.__call__)
    )


def local_names(fn: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the names that string annotations of a locally defined `fn` need, while its definer still runs.

    Only classes and the names that occur in the annotations are kept, so that no other local
    value of the caller lives longer than it would.
    """
    code = innermost(fn)
    where: str = getattr(code, "__qualname__", "")
    hints: Mapping[str, Any] = getattr(code, "__annotations__", None) or {}
    texts = [hint for hint in hints.values() if isinstance(hint, str)]
    if "<locals>" not in where or not texts:
        return {}
    wanted = _names_in(texts)
    definers = {where[: i - 1] for i in range(len(where)) if where.startswith("<locals>", i)}
    found: dict[str, Any] = {}
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_globals is code.__globals__ and frame.f_code.co_qualname in definers:
            kept = {name: value for name, value in frame.f_locals.items() if name in wanted or isinstance(value, type)}
            found = {**kept, **found}  # the innermost definer's count
        frame = frame.f_back
    return found


def read_signature(fn: Callable[..., Any], what: str, local: Mapping[str, Any]) -> Signature:
    """Read what `fn` takes.

    Raises:
        ConfigError: Python knows no signature of it (some built-ins).
    """
    try:
        raw = inspect.signature(fn)
    except (ValueError, TypeError, NameError) as e:
        raise ConfigError(
            f"tool {what!r}: the signature of {fn!r} cannot be read ({e}); pass parameters=, its JSON Schema"
        ) from e
    resolved = _resolve(fn, raw.parameters.values(), local)
    named: list[Param] = []
    var_keyword = context = None
    variables = False
    secrets: dict[str, Secret] = {}
    for p in raw.parameters.values():
        annotation = resolved[p.name]
        if p.kind is p.VAR_POSITIONAL:
            continue  # arguments of a call have names
        param = Param(p.name, annotation, p.default, p.kind is p.POSITIONAL_ONLY)
        if p.kind is p.VAR_KEYWORD:
            var_keyword = param
        elif _means_context(annotation):
            context = p.name
        elif p.name == VARIABLES:
            variables = True
        elif isinstance(p.default, Secret):
            secrets[p.name] = p.default
        else:
            named.append(param)
    return Signature(tuple(named), var_keyword, context, secrets, variables)


def described(annotation: Any) -> str | None:
    """Return the description that an ``Annotated[...]`` carries, if it carries one."""
    for extra in getattr(annotation, "__metadata__", ()):
        if isinstance(extra, str):
            return extra
    for extra in getattr(annotation, "__metadata__", ()):
        text = getattr(extra, "description", None) or getattr(extra, "documentation", None)
        if isinstance(text, str):
            return text
    return None


def _resolve(fn: Callable[..., Any], params: Iterable[inspect.Parameter], local: Mapping[str, Any]) -> dict[str, Any]:
    code = innermost(fn)
    # A class body's own names are visible to annotations of its methods, as they were when Python read them.
    owner: Any = getattr(fn, "__self__", None)
    names = {**({} if owner is None else type(owner).__dict__), **local, **_closure(code)}
    space = getattr(code, "__globals__", {})
    found: dict[str, Any] = {}
    for p in params:
        found[p.name] = p.annotation if p.annotation is MISSING else _evaluate(p.annotation, space, names)
    return found


def _evaluate(annotation: Any, space: dict[str, Any], names: dict[str, Any]) -> Any:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    try:
        return get_type_hints(holder, space, names, include_extras=True)["it"]
    except Exception as e:  # noqa: BLE001 - evaluating an annotation runs whatever stands in it
        return Unresolved(str(annotation), f"{type(e).__name__}: {e}")


def _closure(code: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    names = getattr(getattr(code, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, getattr(code, "__closure__", None) or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # the cell is still empty
            continue
    return found


def _names_in(texts: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for text in texts:
        try:
            found.update(compile(text, "<annotation>", "eval").co_names)
        except SyntaxError:
            continue
    return {name for name in found if not hasattr(builtins, name)}


def _means_context(annotation: Any) -> bool:
    if annotation is ToolContext:
        return True
    if get_origin(annotation) in (Annotated, Union, types.UnionType):
        return any(_means_context(arg) for arg in get_args(annotation))
    return False

"""From the text that a model wrote to the arguments of a Python call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, NoReturn, cast

from ..errors import ToolArgumentsError
from .secret import Secret
from .signature import MISSING, VARIABLES, Signature

Validate = Callable[[dict[str, Any]], dict[str, Any]]
"""Returns the values to call with, by the names of the parameters; raises ToolArgumentsError."""


def parse_arguments(text: str | Mapping[str, Any] | None) -> dict[str, Any]:
    """Read the arguments of a call.

    No text at all and ``null`` mean no arguments: servers send both for tools without parameters.
    Line breaks and tabs inside strings are accepted, as small models write them.

    Raises:
        ToolArgumentsError: the text is no JSON object; its text is what the model is to read.
    """
    if text is None or isinstance(text, Mapping):
        return dict(text or {})
    if not text or text.isspace():
        return {}
    try:
        found: object = _DECODER.decode(text)
    except (ValueError, RecursionError) as e:
        raise ToolArgumentsError(f"Error: {e}\n The argument must be in JSON format.") from e
    if isinstance(found, dict):
        return cast(dict[str, Any], found)
    if found is None:
        return {}
    kind = _KINDS.get(cast(type, type(found)), "no object")
    raise ToolArgumentsError(
        f"Error: the arguments are {kind}; expected a JSON object with one key for each argument\n"
        " The argument must be in JSON format."
    )


def _no_constant(name: str) -> NoReturn:
    # NaN compares false with everything, so `amount > 100` would let it pass. It is not JSON either.
    raise ValueError(f"{name} is not a JSON value")


_DECODER = json.JSONDecoder(strict=False, parse_constant=_no_constant)
_KINDS: dict[type, str] = {list: "a list", str: "a string", int: "a number", float: "a number", bool: "true or false"}


class Binder:
    """Turns the arguments of a call into what the function is called with. One for each tool."""

    __slots__ = ("_accepted", "_defaults", "_positional", "context", "secrets", "simple", "validate", "variables")

    validate: Validate
    """Check and convert the arguments; the result may be the very dict that was given."""
    context: str | None
    """The name of the parameter that receives the `ToolContext`."""
    secrets: Mapping[str, Secret]
    """The parameters that are filled with secrets."""
    simple: bool
    """Whether every argument can go by its name, straight to the function."""
    variables: bool
    """Whether it receives the context variables."""

    def __init__(self, signature: Signature | None, validate: Validate, *, drop: bool) -> None:
        """Make the binder of one function.

        Args:
            signature: what the function takes; None if Python does not know.
            validate: see the attribute.
            drop: whether to leave out what passed validation and the function does not take.
        """
        self.validate = validate
        params = signature.params if signature else ()
        open_ended = signature is None or signature.var_keyword is not None
        self.context = signature.context if signature else None
        self.secrets = signature.secrets if signature else {}
        self.variables = signature is not None and signature.variables
        self._defaults = {p.name: p.default for p in params if p.default is not MISSING}
        self._positional = tuple(p for p in params if p.positional_only)
        self._accepted = frozenset(p.name for p in params) if drop and not open_ended else None
        clash = open_ended or any(p.name in _TAKEN for p in params)
        self.simple = not (clash or self._positional or self._accepted is not None)

    def complete(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments as the function will see them: checked, converted, then the defaults of those not given.

        Raises:
            ToolArgumentsError: they do not fit.
        """
        values = self.validate(arguments)
        if values is arguments:
            values = deepcopy(values)  # what is judged and shown is no way to change what is done
        return {**values, **{name: value for name, value in self._defaults.items() if name not in values}}

    def bind(self, fn: Callable[..., Any], values: dict[str, Any], *, is_async: bool) -> Callable[[], Any]:
        """Return a call without arguments that does what calling `fn` with `values` does.

        It is a coroutine function where `fn` is one.
        """
        named, listed = dict(values), list[Any]()
        given = [p.name in named for p in self._positional]
        # Up to the last one that was given; one left out before it takes its default.
        for p in self._positional[: len(given) - given[::-1].index(True) if any(given) else 0]:
            listed.append(named.pop(p.name, p.default))
        if self._accepted is not None:
            keep = self._accepted | {self.context, VARIABLES} | self.secrets.keys()
            named = {name: value for name, value in named.items() if name in keep}
        if not is_async:
            return lambda: fn(*listed, **named)

        async def call() -> Any:
            return await fn(*listed, **named)

        return call


_TAKEN = {"self", "fn", "func", "function"}
"""Names that whoever calls a function for us may use for parameters of its own."""

"""One call of a tool: check its arguments, run it, put what came of it into words for the model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from ..action import Failure
from ..errors import NobodyReachable, ToolArgumentsError
from .arguments import parse_arguments as parse_arguments
from .context import ToolContext as ToolContext
from .result import to_text
from .secret import blacked_out
from .signature import VARIABLES
from .tool import Tool


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What came of one call."""

    name: str
    call_id: str | None
    arguments: dict[str, Any] | None
    """As the model gave them; None if they could not be read."""
    content: str
    """What the model is told."""
    ok: bool
    error: BaseException | None
    """What the tool raised, or why it was not called."""
    seconds: float
    failure: Failure | None = None
    """What the error means for trying again; None: it is none, or is not to be tried again."""
    signal: dict[str, Any] | None = None
    """What the result says besides its text, as JSON values: whom the tool hands over to."""
    changes: dict[str, Any] | None = None
    """The context variables that it ``set``, and the names of those ``removed``; None: it changed none."""


async def invoke(
    tool: Tool,
    arguments: dict[str, Any],
    *,
    call_id: str | None,
    context: ToolContext | None,
    call: Callable[..., Awaitable[Any]],
    timer: Callable[[], float],
    variables: Any = None,
) -> ToolOutcome:
    """Call a tool and return what came of it.

    Args:
        tool: what to call.
        arguments: parsed; they are checked and converted here.
        call_id: the id of the call, if the server gave one.
        context: what the tool may learn about the call.
        call: ``call(fn, **kwargs)`` awaits an async function, or runs a plain one where it belongs.
        timer: a clock in seconds.
        variables: the context variables, for a tool that takes them.

    Raises:
        ConfigError: the tool was given a JSON Schema that is not valid.
        BaseException: an interruption (`SystemExit`, `KeyboardInterrupt`, cancellation) passes through;
            every `Exception` of the tool becomes an outcome.
    """
    start, signal = timer(), None
    binder = tool.binder
    try:
        values = binder.validate(arguments)
    except ToolArgumentsError as e:
        return ToolOutcome(tool.name, call_id, arguments, str(e), False, e, timer() - start)
    if binder.context is not None:
        values = {**values, binder.context: context}
    if binder.variables:
        values = {**values, VARIABLES: variables}
    revealed: dict[str, str] = {}
    try:
        if binder.secrets:
            revealed = {found.name: found.reveal() for found in binder.secrets.values()}
            values = {**values, **{name: revealed[found.name] for name, found in binder.secrets.items()}}
        if binder.simple:
            result = await call(tool.fn, **values)
        else:
            result = await call(binder.bind(tool.fn, values, is_async=tool.is_async))
        if type(result) is not str:
            if hasattr(result, "__await__"):  # a plain function that returns a coroutine
                result = await result
            result, signal = _read(result)
    except NobodyReachable:
        raise  # a tool cannot swallow that a person was needed: it ends the run
    except Exception as e:  # noqa: BLE001 - what a tool raises is for the model to read
        text = blacked_out(error_text(e), revealed) if revealed else error_text(e)
        return ToolOutcome(tool.name, call_id, arguments, text, False, e, timer() - start)
    if revealed:
        result = blacked_out(result, revealed)
    return ToolOutcome(tool.name, call_id, arguments, result, True, None, timer() - start, signal=signal)


def _read(result: Any) -> tuple[str, dict[str, Any] | None]:
    """Return what a model is told of a result, and what it says besides: an agent is handed over to."""
    speak = getattr(cast(Any, type(result)), "as_signal", None)
    return (to_text(result), None) if speak is None else speak(result)


def not_found(name: str, call_id: str | None) -> ToolOutcome:
    """Return the outcome of a call of a tool that does not exist."""
    return ToolOutcome(name, call_id, {}, f"Error: Function {name} not found.", False, None, 0.0)


def unreadable(name: str, call_id: str | None, error: ToolArgumentsError) -> ToolOutcome:
    """Return the outcome of a call whose arguments could not be parsed."""
    return ToolOutcome(name, call_id, None, str(error), False, error, 0.0)


def error_text(error: Exception) -> str:
    """Return what a model is told of an exception; its type where it has no text."""
    try:
        return f"Error: {str(error) or type(error).__name__}"
    except Exception:  # noqa: BLE001 - an exception whose text cannot be made
        return f"Error: {type(error).__name__}"

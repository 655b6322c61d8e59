"""What a person is shown of a tool call: by the functions of the tool's author where there are some."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from ..action import Action
from ..errors import ConfigError
from ..tools.rules import table
from .context import RunContext
from .verdict import Subject

if TYPE_CHECKING:
    from ..tools.tool import Tool


def subject_of(run: RunContext, tool: Tool) -> Subject:
    """Return what is shown of a tool's calls, what they come to, and what changed arguments must satisfy."""
    impact = partial(_impact, run, tool) if tool.rules.impact is not None else None
    return Subject(partial(_preview, run, tool), tool.parameters, tool.binder.complete, impact)


def failed_call(action: Action, tool: Tool) -> Subject:
    """Return what is shown of a call that failed: what was called, and whether it may have been done all the same."""
    shown = table(action.arguments)
    doubt = action.failure is not None and action.failure.doubt
    return Subject(f"{shown}\n(it may have been done all the same)" if doubt else shown, _schema(tool))


def _schema(tool: Tool) -> Mapping[str, Any] | None:
    """Return what says which arguments are secret; None: the tool was never described to a model."""
    try:
        return tool.parameters
    except ConfigError:
        return None


async def _preview(run: RunContext, tool: Tool, arguments: Mapping[str, Any]) -> str:
    make = tool.rules.preview
    if make is None:
        return table(arguments)
    try:
        return str(await run.call(make, deepcopy(dict(arguments))))
    except Exception as error:  # noqa: BLE001 - the arguments are what happens, and can be shown without it
        return f"{table(arguments)}\n(its preview failed: {type(error).__name__}: {error})"


async def _impact(run: RunContext, tool: Tool, arguments: Mapping[str, Any]) -> Any:
    # On a copy: what is judged and shown has to stay what is done.
    assert tool.rules.impact is not None
    return await run.call(tool.rules.impact, deepcopy(dict(arguments)))

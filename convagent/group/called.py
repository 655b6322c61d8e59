"""Functions of the user that say who comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from ..conversation.context import RunContext
from ..errors import ConfigError
from ..events import TextEvent
from ..handoffs.functions import FunctionTarget, FunctionTargetResult
from ..handoffs.targets import AgentNameTarget, RevertToUserTarget, TransitionTarget, read_target
from ..messages import Message, content_text
from .state import PatternState


async def called(run: RunContext, state: PatternState, source: Any, target: FunctionTarget) -> TransitionTarget:
    """Call a function once, set the variables it returns, tell its texts to whom they are for; return its target.

    Raises:
        ConfigError: it returned something else, or names an agent that is not in the group.
    """
    assert state.plan is not None

    async def once() -> dict[str, Any]:
        said = content_text(state.last.get("content"))
        found = await run.call(target.fn, said, source.context_variables, **target.extra_args)
        if not isinstance(found, FunctionTargetResult):
            raise ConfigError(
                f"{target.fn_name} returned {found!r}, a {type(found).__name__}; expected a FunctionTargetResult"
            )
        return {
            "target": found.target.as_json(),
            "messages": [list(pair) for pair in _messages(found, state, source)],
            "variables": dict(found.context_variables or {}),
        }

    kept = cast("Mapping[str, Any]", await run.step(f"target/{target.fn_name}", once))
    source.context_variables.update(kept["variables"])
    for name, text in kept["messages"]:
        _tell(run, state, name, target.fn_name, text)
    return read_target(kept["target"], state.plan.targets)


def _messages(found: FunctionTargetResult, state: PatternState, source: Any) -> Iterator[tuple[str, str]]:
    """Give the texts that a function wants told, each after the name of whom it is for."""
    if isinstance(found.messages, str):
        if found.messages:
            yield _whom(found.target, state, source), found.messages
        return
    for one in found.messages or ():
        yield one.msg_target.name, one.content


def _whom(target: TransitionTarget, state: PatternState, source: Any) -> str:
    if isinstance(target, AgentNameTarget):
        return target.agent_name
    user = state.plan.user if state.plan is not None else None
    return user.name if isinstance(target, RevertToUserTarget) and user is not None else source.name


def _tell(run: RunContext, state: PatternState, name: str, function: str, text: str) -> None:
    """Let one agent of the group alone read a text."""
    agent = next((one for one in state.members if one.name == name), None)
    if agent is None:
        raise ConfigError(f"{function} has a text for {name!r}, who is not in the group")
    said = f"[FUNCTION_HANDOFF] - Reply from function {function}: \n\n {text}"
    message = cast(Message, {"content": said, "role": "user", "override_role": "user", "name": function})
    manager = state.recipient.name
    run.emit(
        TextEvent(
            message=message, sender=manager, recipient=name, inner=True, silent=run.silent, agent=manager,
            side=state.side(agent),
        )
    )  # fmt: skip

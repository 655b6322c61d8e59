"""What policies, and the people they ask, say of a handover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..action import Action, Policy
from ..agent import Agent
from ..conversation.context import RunContext
from ..conversation.verdict import Go, Instead, Refused, Revise, Subject
from ..errors import ToolArgumentsError, nearest


@dataclass(frozen=True, slots=True)
class Route:
    """What became of a handover."""

    to: str
    """To whom it goes; empty: to nobody."""
    by: str = ""
    """Who decided; empty: no person."""
    why: str = ""
    """Why it goes to nobody."""


async def routed(
    run: RunContext, source: Agent, to: str, reason: str, names: Sequence[str], policies: Sequence[Policy]
) -> Route:
    """Return where a handover goes, by an action of kind ``handoff`` whose `to` may be edited.

    Args:
        run: the group's conversation.
        source: who hands over.
        to: to whom.
        reason: by what.
        names: to whom it may be sent instead.
        policies: besides those of the run.
    """
    if not _has_opinion((*run.policies, *policies)):
        return Route(to)
    action = Action("handoff", source.name, to, {"to": to, "reason": reason}, run_id=run.run_id, turn=run.turn)
    subject = Subject(f"{source.name} -> {to}: {reason}", _schema(names), partial(_complete, names))
    match await run.decide(action, policies, subject):
        case Go(action, by):
            return Route(str(action.arguments["to"]), by)
        case Instead(value, by) if str(value) in names:
            return Route(str(value), by)
        case Refused(why, by) | Revise(why, by):
            return Route("", by, why)
        case _:
            return Route("")


def _has_opinion(policies: Sequence[object]) -> bool:
    if not policies:  # else the algebra is not loaded
        return False
    from ..oversight.guards import gates

    return gates("handoff", policies)


def _schema(names: Sequence[str]) -> Mapping[str, Any]:
    properties = {"to": {"enum": list(names)}, "reason": {"type": "string"}}
    return {"type": "object", "properties": properties, "required": ["to"]}


def _complete(names: Sequence[str], arguments: dict[str, Any]) -> dict[str, Any]:
    to = str(arguments.get("to", ""))
    if to not in names:
        near = nearest(to, names)
        hint = f"; did you mean {near!r}?" if near else ""
        raise ToolArgumentsError(f"to={to!r} is not in the group; it has {', '.join(names)}{hint}")
    return {"to": to, "reason": str(arguments.get("reason") or "")}

"""What becomes of a reply whose tools hand over: who goes on, and what the model is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..agent import Agent, Transfer
from ..conversation.context import RunContext
from ..errors import UsageError
from ..messages import Message


async def handed_over(
    run: RunContext, agent: Agent, signals: Mapping[int, Mapping[str, Any]], results: list[Message]
) -> Transfer | None:
    """Return to whom a reply hands over; None: to nobody, and the agent goes on. Its first handoff counts.

    Args:
        run: the conversation.
        agent: whose reply it is.
        signals: by position in the reply: what tools said besides their results.
        results: of all calls of the reply; those of handoffs are rewritten to what became of them.

    Raises:
        UsageError: nobody can be handed over to in this conversation.
    """
    for said in signals.values():
        if "handoff" not in said:
            raise UsageError(
                f"a tool of agent {agent.name!r} returned a target that is no agent, {said.get('target')!r}; let the "
                "group execute that tool: register_for_llm() or functions=, not tools="
            )
    first, *others = (Transfer(str(s["handoff"]), str(s.get("reason", ""))) for s in signals.values())
    positions = list(signals)
    lent = run.lent
    if not lent.hands_over:
        raise UsageError(
            f"a tool returned the agent {first.to!r}, and this conversation hands over to nobody; use Handoff([...]), "
            "or let the tool return text"
        )
    found = first if lent.route is None else await lent.route(run, agent, first)
    _tell(results, positions[0], found if isinstance(found, str) else _done(first, found))
    for position, other in zip(positions[1:], others, strict=True):
        _tell(results, position, f"Not handed over to {other.to}: of one reply only the first handoff counts.")
    return None if isinstance(found, str) else found


def _done(wanted: Transfer, found: Transfer) -> str:
    if wanted.to == found.to:
        return f"Handed over to {found.to}."
    return f"Handed over to {found.to} instead of {wanted.to}{f', as {found.by} decided' if found.by else ''}."


def _tell(results: list[Message], position: int, text: str) -> None:
    results[position] = cast(Message, {**results[position], "content": text})

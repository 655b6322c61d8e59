"""Where a conversation is held: inside which others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .context import RunContext


def names_around(run: RunContext) -> tuple[str, ...]:
    """Return by whom the conversations around one are held, and whose its own is, the outermost first."""
    chain = [run]
    while (outer := chain[-1].parent) is not None:
        chain.append(outer)
    names: list[str] = []
    for each in reversed(chain):
        inside = (each.state.initiator.name,) if each.parent is not None else ()
        names += [name for name in (*inside, each.state.recipient.name) if name not in names[-1:]]
    return tuple(names[:-1]) if names[-1] == run.agent_name else tuple(names)

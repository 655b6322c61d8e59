"""The form in which a conversation goes to models: kept beside each view and extended, for each request what fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..agent import Agent
from ..messages import Message
from .state import ConversationState
from .thread import to_wire

if TYPE_CHECKING:
    from .windows import Fitting, Window


class Wire(list[Message]):
    """One view in wire form, the system message first. It grows with the view.

    A list itself, and no more objects: thousands of conversations may wait at once.
    """

    __slots__ = ("fitting", "read")

    def __init__(self, messages: list[Message], read: int = 0, fitting: Fitting | None = None) -> None:
        super().__init__(messages)
        self.read = read
        """How many messages of the view are in it."""
        self.fitting = fitting
        """What is known of what fits."""


def wire_of(
    wires: dict[int, Wire], state: ConversationState, agent: Agent, head: Message, messages: list[Message],
    window: Window | None,
) -> list[Message]:  # fmt: skip
    """Return a head (the system message) and messages in the form that goes to a model, or what of them fits.

    Args:
        wires: by side, the wire forms of views so far, which are extended.
        state: the conversation.
        agent: whose model is asked.
        head: the system message.
        messages: the agent's own view, so that a long chat does not pay for its past at every turn; or any others.
        window: what fits; None: all.
    """
    view = state.thread.view(agent)  # extends it by what came in since it was looked at
    if messages is not view:
        wire = to_wire(messages, [head])
        return wire if window is None else window.fit(wire)
    side = state.side(agent)
    kept = wires.get(side)
    if kept is None or kept.read > len(messages):
        kept = wires[side] = Wire([head])
    elif kept[0] is not head and kept[0] != head:
        kept = wires[side] = Wire([head, *kept[1:]], kept.read, kept.fitting)  # a request has the old one
    to_wire(messages, kept, kept.read)
    kept.read = len(messages)
    if window is None:
        return kept
    if kept.fitting is None or kept.fitting.window is not window:
        kept.fitting = window.begin()
    return kept.fitting.fit(kept)

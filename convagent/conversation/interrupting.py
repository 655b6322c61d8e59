"""What a person is told who interrupts a run, and what their answer means."""

from __future__ import annotations

from ..human import HumanReply, HumanRequest, Moment

INTERRUPTED = "Interrupted. Press enter to resume, type a message to add it to the conversation, or 'stop' to end: "
_SPOKEN: tuple[Moment, ...] = ("opening", "turn", "limit", "termination", "speak")
"""Moments at which what a person types becomes a message."""


def is_spoken(request: HumanRequest, people_known: bool) -> bool:
    """Return whether what somebody types at an interruption is the answer; not where only some people may give it."""
    return request.moment in _SPOKEN and not (request.to and people_known)


def read_interrupt(reply: HumanReply) -> tuple[str, str]:
    """Read the answer to an interruption: `resume`, `stop`, or any other text, which is said."""
    text = reply.text.strip()
    word = text.lower()
    if reply.end_of_input or word in ("stop", "exit", "quit", "q"):
        return "stop", "End of input" if reply.end_of_input else "Stopped by a person"
    if word in ("", "resume", "r", "continue"):
        return "resume", ""
    return "say", text[4:].strip() if word.startswith("say ") else text

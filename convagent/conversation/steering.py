"""What somebody outside wants of a run, met at the next boundary: interrupt, pause, stop, say, revoke a grant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from ..events import ControlEvent, GrantRevokedEvent
from ..human import HumanReply, HumanRequest, Moment
from ..runtime import Control, Interrupted, Steer
from .state import Stopped

if TYPE_CHECKING:
    from .context import RunContext


async def meet(run: RunContext, control: Control) -> Control | None:
    """Do what a control message wants; return what is said by it, if it says something.

    Raises:
        Stopped: the run is to end.
    """
    run.emit(ControlEvent(action=control.action, text=control.text, by=control.by))
    if control.action == "pause":
        return await _stand_still(run)
    if control.action == "revoke":
        return _revoke(run, control)
    said = await _ask_how_to_go_on(run) if control.action == "interrupt" else control
    if said is not None and said.action == "stop":
        raise _stopped(said)
    return said


async def _stand_still(run: RunContext) -> None:
    """Wait until somebody lets the run go on, or stops it. What is said meanwhile comes after."""
    while True:
        try:
            await run.runtime.breakable(run.runtime.sleep, ("unpause", "stop"), math.inf)
        except Interrupted:
            pass
        control = run.runtime.control(("unpause", "stop"))
        if control is None:
            continue
        run.emit(ControlEvent(action=control.action, text=control.text, by=control.by))
        if control.action == "stop":
            raise _stopped(control)
        return


def _stopped(control: Control) -> Stopped:
    return Stopped(control.text or "Stopped by a person")


def _revoke(run: RunContext, control: Control) -> None:
    """End a grant; all of them where none is named."""
    for grant in run.state.grants:
        if control.text in ("", grant.id):
            run.emit(GrantRevokedEvent(grant_id=grant.id, why="revoked", by=control.by))


async def _ask_how_to_go_on(run: RunContext) -> Control | None:
    """Ask the one who interrupted; None: go on as before."""
    reply = await run.ask(_PROMPT, agent="", moment="interrupt", choices=("resume", "stop", "say "))
    action, text = _read(reply)
    run.emit(ControlEvent(action=action, text=text, by=reply.by))
    if action == "resume" or (action == "say" and not text):
        return None
    control = Control(cast(Steer, action), text, reply.by)
    if action == "stop":
        run.runtime.stop(control)
    return control


_PROMPT = "Interrupted. Press enter to resume, type a message to add it to the conversation, or 'stop' to end: "
_SPOKEN: tuple[Moment, ...] = ("opening", "turn", "limit", "termination", "speak")
"""Moments at which what a person types becomes a message."""


def is_spoken(request: HumanRequest, people_known: bool) -> bool:
    """Return whether what somebody types at an interruption is the answer; not where only some people may give it."""
    return request.moment in _SPOKEN and not (request.to and people_known)


def _read(reply: HumanReply) -> tuple[str, str]:
    """Read the answer to an interruption: `resume`, `stop`, or any other text, which is said."""
    text = reply.text.strip()
    word = text.lower()
    if reply.end_of_input or word in ("stop", "exit", "quit", "q"):
        return "stop", "End of input" if reply.end_of_input else "Stopped by a person"
    if word in ("", "resume", "r", "continue"):
        return "resume", ""
    return "say", text[4:].strip() if word.startswith("say ") else text

"""A person says who speaks next."""

from __future__ import annotations

from ..agent import Participant
from ..conversation.context import RunContext
from ..events import SelectSpeakerEvent, SelectSpeakerInvalidInputEvent, SelectSpeakerTryCountExceededEvent
from ..human import HumanRequest
from .roster import Members

PROMPT = "Enter the number of the next speaker (enter nothing or `q` to use auto selection): "
TRIES = 3


async def chosen_by_person(run: RunContext, manager: str, last: str, among: Members) -> tuple[Participant | None, bool]:
    """Ask a person for a number or a name.

    Returns:
        whom they chose, None if they leave it to others; and whether nobody can be asked any more.
    """
    names = tuple(agent.name for agent in among)
    numbered = "\n".join(f"{number}: {name}" for number, name in enumerate(names, 1))
    run.emit(SelectSpeakerEvent(agents=names, agent=manager))
    for _ in range(TRIES - 1):
        reply = await run.put(HumanRequest(run.next_request(), PROMPT, manager, last, choices=names, preview=numbered))
        if reply is None or reply.end_of_input:
            run.terminate("End of input", manager, last)
            return None, True
        text = reply.text.strip()
        if text in ("", "q"):
            return None, False
        found = _meant(text, among)
        if found is not None:
            return found, False
        run.emit(SelectSpeakerInvalidInputEvent(agents=names, agent=manager))
    run.emit(SelectSpeakerTryCountExceededEvent(try_count=TRIES, agents=names, agent=manager))
    return None, False


def _meant(text: str, among: Members) -> Participant | None:
    if text.isdecimal():
        return among[int(text) - 1] if 1 <= int(text) <= len(among) else None
    return next((agent for agent in among if agent.name == text), None)

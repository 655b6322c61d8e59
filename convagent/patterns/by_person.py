"""A person says who speaks next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..agent import Participant
from ..conversation.context import RunContext
from ..errors import NobodyReachable
from ..events import SelectSpeakerEvent, SelectSpeakerInvalidInputEvent, SelectSpeakerTryCountExceededEvent
from ..human import HumanRequest
from .roster import Members

if TYPE_CHECKING:
    from ..oversight.atoms import Ask

PROMPT = "Enter the number of the next speaker (enter nothing or `q` to use auto selection): "
TRIES = 3


async def chosen_by_person(
    run: RunContext, manager: str, last: str, among: Members, whom: Ask | None = None
) -> tuple[Participant | None, bool]:
    """Ask a person for a number or a name.

    Args:
        run: the conversation.
        manager: who asks.
        last: who spoke last.
        among: whom they may choose.
        whom: who is asked, and how long they have; None: whoever is there.

    Returns:
        whom they chose, None if they leave it to others; and whether nobody can be asked any more.

    Raises:
        NobodyReachable: no channel reaches those who are to choose.
    """
    names = tuple(agent.name for agent in among)
    who, within = (whom.who, whom.within) if whom is not None else ((), None)
    if who and not run.runtime.reaches(who):
        raise run.nobody(
            NobodyReachable(
                f"{' or '.join(who)} chooses who speaks, and no channel of this run reaches them; pass channels= or "
                "people= that do"
            )
        )
    numbered = "\n".join(f"{number}: {name}" for number, name in enumerate(names, 1))
    run.emit(SelectSpeakerEvent(agents=names, agent=manager))
    for _ in range(TRIES - 1):
        deadline = None if within is None else run.runtime.now() + within
        request = HumanRequest(
            run.next_request(), PROMPT, manager, last, choices=names, preview=numbered, to=who, within=within,
            deadline=deadline, otherwise="" if within is None else "it is chosen without you",
        )  # fmt: skip
        reply = await run.put(request)
        if reply is None:
            return None, False
        if reply.end_of_input:
            run.terminate("End of input", manager, last, how="stopped")
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

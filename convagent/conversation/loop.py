"""The one loop of every conversation."""

from __future__ import annotations

from ..agent import Pass, Reply, Termination, Transfer
from ..events import HandoffEvent, PassedEvent
from .context import RunContext, Stopped, current_run


async def converse(run: RunContext) -> Termination:
    """Let participants take turns until nobody speaks next, and return how and why it ended.

    A turn returns what happens next as a value; this loop alone acts on it. It does not recurse:
    a chat of 10,000 turns is 10,000 rounds of this `while`.
    """
    state, pattern = run.state, run.pattern
    token = current_run.set(run)
    try:
        while True:
            await run.checkpoint()  # first: what was said outside may call for another turn
            if run.tally is not None:
                run.tally.after_turn(run.runtime, run.turn)
            speaker = await pattern.choose(run) if pattern.asks else pattern.next_speaker(state)
            if speaker is None:
                break
            run.turn += 1
            run.agent_name = speaker.name
            match await speaker.take_turn(run):
                case Reply(message, to):
                    await speaker.hand_over(run, message, to)
                    run.say_what_waits()
                case Termination() as end:
                    return end
                case Transfer(to, reason, by):
                    run.emit(HandoffEvent(source=speaker.name, target=to, reason=reason, by=by, agent=speaker.name))
                case Pass(reason):
                    run.emit(PassedEvent(reason=reason, agent=speaker.name))
            await run.runtime.end_turn()
    except Stopped as stop:
        run.terminate(stop.reason, run.agent_name or state.initiator.name, how=stop.how)
        return Termination(stop.reason, stop.how)
    finally:
        current_run.reset(token)
    end = pattern.end(state)
    if end is None:
        return Termination(state.reason, state.how)
    asked_inside = pattern.ends_by_answer and run.parent is not None
    run.terminate(end.reason, state.initiator.name, state.recipient.name, silent=asked_inside, how=end.how)
    return end

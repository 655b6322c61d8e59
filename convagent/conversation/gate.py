"""From what the policies say of an action to what happens: the one way past a gate.

Everything that decides is a value: the action with its digest, the demands, the requests, the
decisions, the grants. What a person decided is an event before it is acted upon.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, assert_never

from ..action import Action, Policy
from ..errors import ToolArgumentsError
from ..events import DecidedEvent, RulingEvent
from ..human import Decision, HumanReply
from ..oversight.atoms import Allow, Deny, Retry
from ..oversight.guards import gates_replies as gates_replies
from ..oversight.policy import judge
from ..oversight.ruling import Asked
from .panel import Panel
from .state import Stopped
from .verdict import NOTHING_SHOWN, Again, Go, Instead, Refused, Revise, Subject, Verdict

if TYPE_CHECKING:
    from ..oversight.ruling import Ruling
    from .context import RunContext


async def settle(
    run: RunContext, action: Action, policies: Sequence[Policy], subject: Subject = NOTHING_SHOWN
) -> Verdict:
    """Find out whether an action may happen; see `RunContext.decide`."""
    edited: dict[str, Any] = {}
    editor: HumanReply | None = None
    while True:
        await run.checkpoint()  # a boundary: what was said, paused, revoked or stopped comes first
        ruling: Ruling | None = None
        if subject.impact is not None:
            action, ruling = await _estimated(action, subject.impact)
        if ruling is None:
            ruling = _kept_ruling(run, policies, action) if run.runtime.keeps else judge(policies, action)
        run.emit(RulingEvent(action=action, ruling=_word(ruling), reason=_reason(ruling), agent=action.agent))
        match ruling:
            case Allow():
                return Go(action, action.asked_by, edited, action.asked_by)
            case Deny(reason):
                return Refused(reason)
            case Retry():
                return Again(ruling.backoff.delay(action.attempts))
            case Asked(demands):
                shown = subject.preview if isinstance(subject.preview, str) else await subject.preview(action.arguments)
                outcome = await Panel(run, action, policies, subject, shown, editor).ask_all(demands)
            case _:
                assert_never(ruling)
        decision, by = outcome.decision, outcome.by
        run.emit(DecidedEvent(action=action, decision=decision, by=by, grants=outcome.grants, agent=action.agent))
        who = by[-1] if by else ""
        if decision.verb != "edit":
            return _verdict(action, decision, who, edited)
        changed = {**action.arguments, **decision.arguments}
        try:
            complete = subject.complete(changed) if subject.complete is not None else changed
        except ToolArgumentsError as error:
            return Refused(f"the arguments as {who or 'a person'} changed them do not fit: {error}", who)
        # A new action: earlier approvals lapse, and the whole policy judges it.
        action = replace(action, arguments=complete, asked_by=who)
        edited, editor = {**edited, **decision.arguments}, outcome.reply


def _verdict(action: Action, decision: Decision, who: str, edited: dict[str, Any]) -> Verdict:
    """Return what a decision means that leaves the action as it is.

    Raises:
        Stopped: the run is to end.
    """
    match decision.verb:
        case "reject":
            return Refused(decision.text, who)
        case "respond":
            return Instead(decision.value, who)
        case "revise":
            return Revise(decision.text, who)
        case "retry":
            return Again(0.0, who)
        case "stop":
            raise Stopped(decision.text)
        case _:
            return Go(action, who, edited, action.asked_by, decision.value)


async def _estimated(
    action: Action, impact: Callable[[Mapping[str, Any]], Awaitable[Any]]
) -> tuple[Action, Deny | None]:
    """Return the action with what it comes to as it is now; or a denial, for no rule could judge that."""
    try:
        return replace(action, impact=await impact(action.arguments)), None
    except Exception as error:  # noqa: BLE001 - a function of the user
        return action, Deny(f"its impact could not be estimated: {type(error).__name__}: {error}")


def _kept_ruling(run: RunContext, policies: Sequence[Policy], action: Action) -> Ruling:
    """Judge an action once: when its turn is entered again, what was said then counts, whatever the rules say now."""
    from ..oversight.ruling_json import ruling_from_json, ruling_to_json

    key = f"ruling/{action.digest[:16]}"
    return ruling_from_json(run.runtime.remember(key, lambda: ruling_to_json(judge(policies, action))))


def _word(ruling: Ruling) -> str:
    match ruling:
        case Allow():
            return "allow"
        case Deny():
            return "deny"
        case Retry():
            return "retry"
        case Asked():
            return "ask"


def _reason(ruling: Ruling) -> str:
    match ruling:
        case Deny(reason, because):
            return f"{reason} ({because})" if because else reason
        case Allow(because):
            return because
        case Asked(demands):
            return "; ".join(d.because for d in demands if d.because)
        case Retry():
            return ""

"""From what the policies say of an action to what happens: the one way past a gate.

Everything that decides is a value: the action with its digest, the demands, the requests, the
decisions, the grants. What a person decided is an event before it is acted upon.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, assert_never, cast

from ..action import Action, Kind, Policy, canonical
from ..duration import spoken
from ..errors import NobodyReachable, ToolArgumentsError
from ..events import DecidedEvent, EscalatedEvent, GrantEvent, RulingEvent
from ..human import Decision, HumanReply, HumanRequest, Verb, approve, reject
from ..oversight.atoms import Allow, Deny, Retry
from ..oversight.authority import may_serve
from ..oversight.grants import grant, granting, offers
from ..oversight.guards import gates_replies as gates_replies
from ..oversight.policy import judge
from ..oversight.ruling import Asked, Demand
from ..runtime import strand
from .state import Stopped
from .verdict import NOTHING_SHOWN, Again, Go, Instead, Refused, Revise, Subject, Verdict

if TYPE_CHECKING:
    from ..oversight.ruling import Ruling
    from .context import RunContext


# ---------------------------------------------------------------- the gate


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
                outcome = await _Panel(run, action, policies, subject, shown, editor).ask_all(demands)
            case _:
                assert_never(ruling)
        decision, by = outcome.decision, outcome.by
        run.emit(DecidedEvent(action=action, decision=decision, by=by, grants=outcome.grants, agent=action.agent))
        who = by[-1] if by else ""
        match decision.verb:
            case "approve":
                return Go(action, who, edited, action.asked_by, decision.value)
            case "edit":
                changed = {**action.arguments, **decision.arguments}
                try:
                    complete = subject.complete(changed) if subject.complete is not None else changed
                except ToolArgumentsError as error:
                    return Refused(f"the arguments as {who or 'a person'} changed them do not fit: {error}", who)
                # A new action: earlier approvals lapse, and the whole policy judges it.
                action = replace(action, arguments=complete, asked_by=who)
                edited, editor = {**edited, **decision.arguments}, outcome.reply
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


@dataclass(slots=True)
class _Outcome:
    decision: Decision
    by: tuple[str, ...] = ()
    reply: HumanReply | None = None
    grants: tuple[str, ...] = ()


@dataclass(slots=True)
class _Panel:
    """The questions about one action, and the people they go to."""

    run: RunContext
    action: Action
    policies: Sequence[Policy]
    subject: Subject
    preview: str
    editor: HumanReply | None
    """Who changed the action to what it is now: counts once, where they may answer."""

    def ask_all(self, demands: tuple[Demand, ...]) -> Awaitable[_Outcome]:
        """Have every demand met; the first answer that is no approval settles it, and the others are withdrawn."""
        return self.ask(demands[0]) if len(demands) == 1 else self._ask_at_once(demands)

    async def _ask_at_once(self, demands: tuple[Demand, ...]) -> _Outcome:
        tasks = [asyncio.ensure_future(self._ask_in_strand(i, d)) for i, d in enumerate(demands)]
        try:
            for done in asyncio.as_completed(tasks):
                outcome = await done
                if outcome.decision.verb != "approve":
                    return outcome
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        met = [task.result() for task in tasks]
        form = next((o.decision for o in met if o.decision.value is not None), approve)
        return _Outcome(
            form, tuple(p for o in met for p in o.by), met[-1].reply, tuple(g for o in met for g in o.grants)
        )

    def _ask_in_strand(self, position: int, demand: Demand) -> Awaitable[_Outcome]:
        async def asking() -> _Outcome:
            self.run.enter_strand(f"{strand.get()}d{position}.")
            return await self.ask(demand)

        return asking()

    async def ask(self, demand: Demand) -> _Outcome:
        """Have one demand met: by a grant, by the editor, by people, level after level."""
        run, action = self.run, self.action
        given = self._given(demand)
        if given and demand.need == 1:
            return _Outcome(approve, given)
        if run.state.grants:
            granted = granting(run.state.grants, action, demand, self._rules(), run.runtime.now())
            if granted is not None:
                return _Outcome(approve, (), None, (granted.id,))
        request = self._request(demand, given)
        while True:
            why, failed = "unreachable", ""
            if run.runtime.reaches(demand.who, demand.need - len(given), (action.agent, action.asked_by, *given)):
                reply = await run.put(request, form=demand.form)
                if reply is not None and not reply.end_of_input:
                    return self._decided(request, demand, reply)
                why, failed = ("unreachable", reply.text) if reply is not None else ("time is up", "")
            after = demand.then
            run.emit(EscalatedEvent(request=request, why=why, to=_next(after, why), agent=action.agent))
            if after is None:
                return self._unanswered(demand, why, failed)
            if not isinstance(after, Asked):
                return _Outcome(approve if isinstance(after, Allow) else reject(getattr(after, "reason", "")))
            demand, *others = after.demands
            if others:
                return await self.ask_all(after.demands)
            given = self._given(demand)
            # The same question, a level higher: its id stays, so that an answer finds it.
            request = replace(self._request(demand, given, request.id), level=request.level + 1)

    def _unanswered(self, demand: Demand, why: str, failed: str) -> _Outcome:
        who = " or ".join(demand.who) or "a person"
        if why == "time is up":
            silent = f"{who} did not answer" if demand.who else "nobody answered"
            return _Outcome(reject(f"{silent} within {spoken(demand.within or 0)}"))
        action, needed = self.action, f"{demand.need} of {who}" if demand.need > 1 else who
        somebody = not failed and self.run.runtime.reaches(demand.who)
        error = NobodyReachable(
            f"{action.kind} {action.name!r} of {action.agent!r} needs {needed}, whom no channel of this run reaches; "
            f"{f'the last one failed, {failed}' if failed else _THEIR_OWN if somebody else _UNSERVED}. "
            "Pass channels= or people= that do, or say what counts then: ask(...) >> deny('...')"
        )
        raise self.run.nobody(error)

    def _decided(self, request: HumanRequest, demand: Demand, reply: HumanReply) -> _Outcome:
        decision = cast(Decision, reply.decision)
        if decision.always:
            now = self.run.runtime.now()
            given = grant(f"{request.id}/g", self.action, demand, decision, reply.by, self._rules(), now)
            if given is not None:
                self.run.emit(GrantEvent(grant=given, agent=self.action.agent))
        return _Outcome(decision, (*request.given, *(v.by for v in reply.votes), reply.by), reply)

    def _given(self, demand: Demand) -> tuple[str, ...]:
        editor = self.editor
        if editor is None or demand.form is not None:  # a change of the arguments fills in no form
            return ()
        directory = getattr(self.run.runtime, "directory", None)
        return (editor.by,) if may_serve(demand.who, editor.by, editor.roles, directory) else ()

    def _rules(self) -> str:
        return canonical([[str(p) for p in self.policies], self.subject.schema])

    def _request(self, demand: Demand, given: tuple[str, ...], id: str = "") -> HumanRequest:
        action, now = self.action, self.run.runtime.now()
        form = demand.form
        schema: Any = form.model_json_schema() if hasattr(form, "model_json_schema") else form
        options = cast("tuple[str, ...]", form) if isinstance(form, tuple) else ()
        # What a person has to say belongs into the form; who changed the call instead could not fill it in any more.
        verbs: tuple[Verb, ...] = _VERBS[action.kind]
        if form is not None:
            verbs = tuple(v for v in verbs if v != "edit")
        if not self.subject.revisable:
            verbs = tuple(v for v in verbs if v != "revise")
        offered = offers(action, demand)
        return HumanRequest(
            id=id or self.run.next_request(),
            prompt=_question(action),
            agent=action.agent,
            moment="decision",
            choices=(*options, *verbs, *(("always",) if offered else ())),
            decisions=verbs,
            to=demand.who,
            need=demand.need,
            given=given,
            action=action,
            preview=self.preview,
            changed=_changed(action, self.run.state.approved.get(action.name)),
            because=demand.because,
            form=None if options else schema,
            options=options,
            offers=offered,
            schema=self.subject.schema,
            within=demand.within,
            deadline=None if demand.within is None else now + demand.within,
            otherwise=_described(demand.then) if demand.within is not None else "",
        )


_VERBS: dict[Kind, tuple[Verb, ...]] = {
    "tool": ("approve", "edit", "reject", "respond", "stop"),
    "reply": ("approve", "edit", "revise", "reject", "respond", "stop"),
    "handoff": ("approve", "edit", "revise", "reject", "stop"),
    "speaker": ("approve", "edit", "reject", "stop"),
    "merge": ("approve", "edit", "revise", "reject", "respond", "stop"),
    "plan": ("approve", "edit", "revise", "reject", "stop"),
    "finish": ("approve", "edit", "revise", "reject", "stop"),
    "error": ("retry", "respond", "reject", "stop"),
}
"""What may be decided about each kind of action."""


def _question(action: Action) -> str:
    match action.kind:
        case "tool":
            return f"May {action.agent} call {action.name}?"
        case "error":
            return f"{action.name} of {action.agent} failed. What now?"
        case "reply":
            return f"May {action.agent} send this to {action.name}?"
        case "handoff":
            return f"May {action.agent} hand over to {action.arguments.get('to', action.name)}?"
        case "plan":
            return f"May {action.agent} work by this plan?"
        case "finish":
            return f"May {action.agent} end with this answer?"
        case "merge":
            return f"May {action.agent} pass this on, made of what {action.name} found?"
        case _:
            return f"May {action.agent} do this: {action.kind} {action.name}?"


def _changed(action: Action, before: Mapping[str, Any] | None) -> str:
    if before is None:
        return ""
    names = list(dict.fromkeys((*before, *action.arguments)))
    lines = [
        f"{name}: {before.get(name, '(none)')!r} -> {action.arguments.get(name, '(none)')!r}"
        for name in names
        if before.get(name) != action.arguments.get(name)
    ]
    return "\n".join(lines) or "(the same as last time)"


_THEIR_OWN = "whoever it does reach made this, changed it or approved it already, and somebody else must decide"
_UNSERVED = "either none serves them, or people= does not name them, or their input has ended"


def _next(after: Ruling | None, why: str) -> str:
    return "the run ends" if after is None and why == "unreachable" else _described(after)


def _described(after: Ruling | None) -> str:
    match after:
        case None:
            return "it is denied"
        case Deny(reason):
            return f"it is denied: {reason}"
        case Allow():
            return "it is allowed"
        case Retry():
            return "it is tried again"
        case Asked(demands):
            return "it goes to " + " and ".join(" or ".join(d.who) or "anybody" for d in demands)


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

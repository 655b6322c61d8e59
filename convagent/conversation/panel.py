"""The questions about one action, and the people they go to, level after level, until it is decided."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from ..action import Action, Kind, Policy, canonical
from ..duration import spoken
from ..errors import NobodyReachable
from ..events import EscalatedEvent, GrantEvent
from ..human import Decision, HumanReply, HumanRequest, Verb, approve, reject
from ..oversight.atoms import Allow, Deny, Retry
from ..oversight.authority import may_serve
from ..oversight.grants import grant, granting, offers
from ..oversight.ruling import Asked, Demand
from ..runtime import strand
from .verdict import Subject

if TYPE_CHECKING:
    from ..oversight.ruling import Ruling
    from .context import RunContext


@dataclass(slots=True)
class Outcome:
    """What was decided about an action, and by whom."""

    decision: Decision
    by: tuple[str, ...] = ()
    reply: HumanReply | None = None
    """The answer that settled it; None: nobody was asked, or nobody answered."""
    grants: tuple[str, ...] = ()
    """The ids of grants that stood for an answer."""


@dataclass(slots=True)
class Panel:
    """The questions about one action, and the people they go to."""

    run: RunContext
    action: Action
    policies: Sequence[Policy]
    subject: Subject
    preview: str
    editor: HumanReply | None
    """Who changed the action to what it is now: counts once, where they may answer."""

    def ask_all(self, demands: tuple[Demand, ...]) -> Awaitable[Outcome]:
        """Have every demand met; the first answer that is no approval settles it, and the others are withdrawn."""
        return self.ask(demands[0]) if len(demands) == 1 else self._ask_at_once(demands)

    async def _ask_at_once(self, demands: tuple[Demand, ...]) -> Outcome:
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
        return Outcome(
            form, tuple(p for o in met for p in o.by), met[-1].reply, tuple(g for o in met for g in o.grants)
        )

    def _ask_in_strand(self, position: int, demand: Demand) -> Awaitable[Outcome]:
        async def asking() -> Outcome:
            self.run.enter_strand(f"{strand.get()}d{position}.")
            return await self.ask(demand)

        return asking()

    async def ask(self, demand: Demand) -> Outcome:
        """Have one demand met: by a grant, by the editor, by people, level after level."""
        run, action = self.run, self.action
        given = self._given(demand)
        if given and demand.need == 1:
            return Outcome(approve, given)
        if run.state.grants:
            granted = granting(run.state.grants, action, demand, self._rules(), run.runtime.now())
            if granted is not None:
                return Outcome(approve, (), None, (granted.id,))
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
                return Outcome(approve if isinstance(after, Allow) else reject(getattr(after, "reason", "")))
            demand, *others = after.demands
            if others:
                return await self.ask_all(after.demands)
            given = self._given(demand)
            # The same question, a level higher: its id stays, so that an answer finds it.
            request = replace(self._request(demand, given, request.id), level=request.level + 1)

    def _unanswered(self, demand: Demand, why: str, failed: str) -> Outcome:
        who = " or ".join(demand.who) or "a person"
        if why == "time is up":
            silent = f"{who} did not answer" if demand.who else "nobody answered"
            return Outcome(reject(f"{silent} within {spoken(demand.within or 0)}"))
        action, needed = self.action, f"{demand.need} of {who}" if demand.need > 1 else who
        somebody = not failed and self.run.runtime.reaches(demand.who)
        error = NobodyReachable(
            f"{action.kind} {action.name!r} of {action.agent!r} needs {needed}, whom no channel of this run reaches; "
            f"{f'the last one failed, {failed}' if failed else _THEIR_OWN if somebody else _UNSERVED}. "
            "Pass channels= or people= that do, or say what counts then: ask(...) >> deny('...')"
        )
        raise self.run.nobody(error)

    def _decided(self, request: HumanRequest, demand: Demand, reply: HumanReply) -> Outcome:
        decision = cast(Decision, reply.decision)
        if decision.always:
            now = self.run.runtime.now()
            given = grant(f"{request.id}/g", self.action, demand, decision, reply.by, self._rules(), now)
            if given is not None:
                self.run.emit(GrantEvent(grant=given, agent=self.action.agent))
        return Outcome(decision, (*request.given, *(v.by for v in reply.votes), reply.by), reply)

    def _given(self, demand: Demand) -> tuple[str, ...]:
        """Return who has approved already: whoever changed the action to what it is, where they may answer."""
        editor = self.editor
        if editor is None or demand.form is not None:  # a change of the arguments fills in no form
            return ()
        directory = getattr(self.run.runtime, "directory", None)
        return (editor.by,) if may_serve(demand.who, editor.by, editor.roles, directory) else ()

    def _rules(self) -> str:
        """Return all by which the action is judged, so that a grant ends where any of it changes."""
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
    changes = [
        _change(name, before.get(name, "(none)"), action.arguments.get(name, "(none)"))
        for name in names
        if before.get(name) != action.arguments.get(name)
    ]
    return "\n".join(changes) or "(the same as last time)"


def _change(name: str, old: Any, new: Any) -> str:
    """Return what became of an argument; of a longer text, such as code, the lines that are gone and that came."""
    if isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        from difflib import unified_diff  # with the first text of several lines

        found = list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))[3:]
        if found:
            return "\n".join((f"{name}:", *("  ..." if line.startswith("@@") else f"  {line}" for line in found)))
    return f"{name}: {old!r} -> {new!r}"


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

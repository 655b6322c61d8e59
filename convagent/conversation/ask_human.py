"""Tools by which a model itself turns to a person: with a question, or with a case that it hands over.

    ConversableAgent("bot", llm_config=..., tools=[ask_human(to="support"), escalate(to="manager", within="1h")])

The question is a typed request like any other, on the same road to people; the answer is the
result of the call. Asking needs nobody's approval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, cast

from .._keywords import says_what_it_takes
from ..action import Action
from ..duration import Duration, spoken
from ..errors import ConfigError, NobodyReachable, UsageError
from ..events import EscalatedEvent
from ..human import Decision, HumanReply, HumanRequest, Verb
from ..oversight.atoms import Ask, Deny
from ..oversight.joins import Then
from ..oversight.policy import Policy
from ..oversight.words import ask
from ..runtime import Control
from ..tools.context import ToolContext
from ..tools.rules import ToolRules
from ..tools.tool import Tool
from .context import RunContext, current_run


@says_what_it_takes
def ask_human(
    to: str | Iterable[str] | Policy = (),
    *,
    within: Duration | None = None,
    otherwise: str | None = None,
    form: Any = None,
    name: str = "ask_human",
    description: str = "Ask a person a question, and wait for the answer. Use it where you need what only they know.",
) -> Tool:
    """Return a tool by which a model asks a person.

    Args:
        to: persons or roles, any of whom may answer; none: whoever is reached. Or a policy that asks one
            after another: ``ask("clerk", within="10m") >> ask("manager") >> deny("nobody is there")``; what
            it denies with is then told to the model.
        within: how long they have.
        otherwise: what the model is told if nobody answers in time, or can be reached. Without it the
            run ends with `NobodyReachable` where nobody can be.
        form: what the answer has to be, instead of a text: a pydantic model, a JSON Schema, or choices.
        name: what the model calls it.
        description: when the model is to use it.

    Raises:
        ConfigError: an argument cannot work.
    """
    desk = _desk(name, "asks", to, within, otherwise, form)

    async def ask_a_person(
        ctx: ToolContext,
        question: Annotated[str, "What you want to know, complete by itself."],
        context: Annotated[str, "What the person must know to answer."] = "",
    ) -> Any:
        given = {"question": question, **({"context": context} if context else {})}
        return await _asked(desk, ctx, given)

    return _tool(ask_a_person, name, description)


@says_what_it_takes
def escalate(
    to: str | Iterable[str] | Policy = (),
    *,
    within: Duration | None = None,
    otherwise: str | None = None,
    form: Any = None,
    name: str = "escalate",
    description: str = "Hand a case to a person: one that you may not or cannot decide. Their answer says what to do.",
) -> Tool:
    """Return a tool by which a model hands a case to a person, with its reason, the context and a suggestion.

    The arguments are those of `ask_human`.

    Raises:
        ConfigError: an argument cannot work.
    """
    desk = _desk(name, "escalates", to, within, otherwise, form)

    async def hand_to_a_person(
        ctx: ToolContext,
        reason: Annotated[str, "Why you do not decide it yourself."],
        context: Annotated[str, "What the person must know to decide."],
        suggested_action: Annotated[str, "What you would do."],
    ) -> Any:
        given = {"reason": reason, "context": context, "suggested_action": suggested_action}
        return await _asked(desk, ctx, given)

    return _tool(hand_to_a_person, name, description)


# ---------------------------------------------------------------- whom to ask, and how


@dataclass(frozen=True, slots=True)
class _Desk:
    """Whom a model turns to."""

    name: str
    """What the model calls it."""
    how: str
    """What the model does, in a word."""
    levels: tuple[Ask, ...]
    """Who is asked, and who next where nobody answers in time or can be reached."""
    otherwise: str
    """What the model is told if nobody answers; empty: that nobody did."""

    def after(self, level: int) -> str:
        """Say what follows a level, in words."""
        if level + 1 < len(self.levels):
            return f"it goes to {_names(self.levels[level + 1])}"
        return f"it is told: {self.otherwise}" if self.otherwise else "it is told that nobody answered"


def _desk(name: str, how: str, to: Any, within: Duration | None, otherwise: str | None, form: Any) -> _Desk:
    """Check who is asked, and what the model is told if nobody answers."""
    if otherwise is not None and (not isinstance(cast(object, otherwise), str) or not otherwise.strip()):
        raise ConfigError(f"otherwise={otherwise!r}: expected what the model is told, such as 'nobody is there now'")
    if not isinstance(to, Policy):
        asked = ask(*((to,) if isinstance(to, str) else to), within=within, form=form)
        return _Desk(name, how, (asked,), otherwise or "")
    if within is not None or form is not None:
        raise ConfigError(f"to={to}: it says itself within= and form= of whom it asks")
    *levels, last = _levels(to)
    if not isinstance(last, Deny):
        return _Desk(name, how, (*cast("list[Ask]", levels), last), otherwise or "")
    if otherwise is not None or not levels:
        raise ConfigError(f"to={to}: expected whom to ask, and at the end deny('why') or otherwise=, not both")
    return _Desk(name, how, tuple(cast("list[Ask]", levels)), last.reason)


def _levels(policy: Policy) -> list[Ask | Deny]:
    """Return whom a policy asks, one after another, and what it says at the end."""
    match policy:
        case Then():
            return [*_levels(policy.first), *_levels(policy.second)]
        case Ask(need=1) | Deny():
            return [policy]
        case _:
            raise ConfigError(
                f"to={policy}: a question goes to one after another; expected such as "
                "ask('clerk', within='10m') >> ask('manager', within='1h') >> deny('nobody is there')"
            )


def _names(demand: Ask) -> str:
    return " or ".join(demand.who) or "anybody"


def _tool(fn: Any, name: str, description: str) -> Tool:
    return Tool(fn, name=name, description=description, effect="idempotent", rules=ToolRules(asks=True))


async def _asked(desk: _Desk, ctx: ToolContext, given: Mapping[str, str]) -> Any:
    """Put the question, level after level, and return what the model is told."""
    run = current_run.get()
    if run is None:
        raise UsageError(f"{desk.name} asks through the conversation it is called in; call it by an agent's tools=")
    id = run.next_request()
    why, demand = "", desk.levels[0]
    for level, demand in enumerate(desk.levels):
        request = _request(run, desk, level, ctx, given, id)
        why = "unreachable"
        if run.runtime.reaches(demand.who):
            reply = await run.put(request, form=demand.form)
            if reply is not None and not reply.end_of_input:
                return _answer(run, reply)
            why = "unreachable" if reply is not None else "time is up"
        run.emit(EscalatedEvent(request=request, why=why, to=request.otherwise, agent=ctx.agent))
    if desk.otherwise:
        return desk.otherwise
    if why == "time is up":
        return f"{_names(demand)} did not answer within {spoken(demand.within or 0)}."
    raise run.nobody(
        NobodyReachable(
            f"{ctx.agent!r} {desk.how} by {desk.name} to {_names(demand)}, whom no channel of this run reaches; pass "
            "channels= or people= that serve them, or say what counts then: "
            f"{desk.name}(..., otherwise='nobody is there now')"
        )
    )


def _request(
    run: RunContext, desk: _Desk, level: int, ctx: ToolContext, given: Mapping[str, str], id: str
) -> HumanRequest:
    demand = desk.levels[level]
    form: Any = demand.form
    options = cast("tuple[str, ...]", form) if isinstance(form, tuple) else ()
    action = Action("tool", ctx.agent, desk.name, given, ctx.agent, run.run_id, run.turn, call_id=ctx.call_id or "")
    told = "\n".join(f"{part.replace('_', ' ')}: {text}" for part, text in given.items())
    request = HumanRequest(
        id=id,
        prompt=f"{ctx.agent} {desk.how}.",
        agent=ctx.agent,
        to=demand.who,
        action=action,
        preview=told,
        within=demand.within,
        deadline=None if demand.within is None else run.runtime.now() + demand.within,
        otherwise=desk.after(level),
        level=level,
    )
    if form is None:
        # A text answer is asked for by the prompt alone, as at every classic question. What the model
        # says is indented, so that it cannot look like a question of ours.
        lines = [request.prompt, *(f"  {line}" for line in told.splitlines())]
        lines += [f"For {_names(demand)}."] if demand.who else []
        if demand.within is not None:
            lines.append(f"Time to answer: {spoken(demand.within)}; then {request.otherwise}.")
        return replace(request, prompt="\n".join([*lines, "Your answer: "]))
    dump: Any = getattr(cast(object, form), "model_json_schema", None)
    schema: Any = cast(Any, form) if dump is None else dump()
    return replace(
        request, moment="decision", decisions=_FILLED, choices=(*options, *_FILLED), options=options,
        form=None if options else schema,
    )  # fmt: skip


_FILLED: tuple[Verb, ...] = ("approve", "reject", "stop")
"""What may be answered where a form is to be filled in."""


def _answer(run: RunContext, reply: HumanReply) -> Any:
    decision = reply.decision
    if decision is None:
        return reply.text or f"{reply.by or 'The person'} gave no answer."
    match decision.verb:
        case "stop":
            # Met at the next boundary: what a tool raises is told to the model.
            run.runtime.stop(Control("stop", decision.text, reply.by))
            return decision.text
        case "reject" | "revise":
            return _declined(decision, reply.by)
        case _:
            return decision.value if decision.value is not None else decision.text


def _declined(decision: Decision, by: str) -> str:
    return f"{by or 'The person'} declined to answer{f': {decision.text}' if decision.text else '.'}"

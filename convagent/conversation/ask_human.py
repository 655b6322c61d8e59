"""Tools by which a model itself turns to a person: with a question, or with a case that it hands over.

    ConversableAgent("bot", llm_config=..., tools=[ask_human(to="support"), escalate(to="manager", within="1h")])

The question is a typed request like any other, on the same road to people; the answer is the
result of the call. Asking needs nobody's approval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, cast

from ..action import Action
from ..duration import Duration, spoken
from ..errors import ConfigError, NobodyReachable, UsageError
from ..events import EscalatedEvent
from ..human import Decision, HumanReply, HumanRequest, Verb
from ..oversight.atoms import Ask
from ..oversight.words import ask
from ..runtime import Control
from ..tools.context import ToolContext
from ..tools.rules import ToolRules
from ..tools.tool import Tool
from .context import RunContext, current_run


def ask_human(
    to: str | Iterable[str] = (),
    *,
    within: Duration | None = None,
    otherwise: str | None = None,
    form: Any = None,
    name: str = "ask_human",
    description: str = "Ask a person a question, and wait for the answer. Use it where you need what only they know.",
) -> Tool:
    """Return a tool by which a model asks a person.

    Args:
        to: persons or roles, any of whom may answer; none: whoever is reached.
        within: how long they have.
        otherwise: what the model is told if nobody answers in time, or can be reached. Without it the
            run ends with `NobodyReachable` where nobody can be.
        form: what the answer has to be, instead of a text: a pydantic model, a JSON Schema, or choices.
        name: what the model calls it.
        description: when the model is to use it.

    Raises:
        ConfigError: an argument cannot work.
    """
    desk = _desk(to, within, otherwise, form)

    async def ask_a_person(
        ctx: ToolContext,
        question: Annotated[str, "What you want to know, complete by itself."],
        context: Annotated[str, "What the person must know to answer."] = "",
    ) -> Any:
        given = {"question": question, **({"context": context} if context else {})}
        return await _asked(desk, ctx, name, "asks", given)

    return _tool(ask_a_person, name, description)


def escalate(
    to: str | Iterable[str] = (),
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
    desk = _desk(to, within, otherwise, form)

    async def hand_to_a_person(
        ctx: ToolContext,
        reason: Annotated[str, "Why you do not decide it yourself."],
        context: Annotated[str, "What the person must know to decide."],
        suggested_action: Annotated[str, "What you would do."],
    ) -> Any:
        given = {"reason": reason, "context": context, "suggested_action": suggested_action}
        return await _asked(desk, ctx, name, "escalates", given)

    return _tool(hand_to_a_person, name, description)


# ---------------------------------------------------------------- whom to ask, and how


def _desk(to: str | Iterable[str], within: Duration | None, otherwise: str | None, form: Any) -> tuple[Ask, str]:
    """Check who is asked, and what the model is told if nobody answers."""
    if otherwise is not None and (not isinstance(cast(object, otherwise), str) or not otherwise.strip()):
        raise ConfigError(f"otherwise={otherwise!r}: expected what the model is told, such as 'nobody is there now'")
    return ask(*((to,) if isinstance(to, str) else to), within=within, form=form), otherwise or ""


def _tool(fn: Any, name: str, description: str) -> Tool:
    return Tool(fn, name=name, description=description, effect="idempotent", rules=ToolRules(asks=True))


async def _asked(desk: tuple[Ask, str], ctx: ToolContext, name: str, how: str, given: Mapping[str, str]) -> Any:
    """Put the question, and return what the model is told."""
    run = current_run.get()
    if run is None:
        raise UsageError(f"{name} asks through the conversation it is called in; call it by an agent's tools=")
    demand, otherwise = desk
    request = _request(run, demand, ctx, name, how, given, otherwise)
    reply, why = None, "unreachable"
    if run.runtime.reaches(demand.who):
        reply = await run.put(request, form=demand.form)
        if reply is not None and not reply.end_of_input:
            return _answer(run, reply)
        why = "unreachable" if reply is not None else "time is up"
    run.emit(EscalatedEvent(request=request, why=why, to=request.otherwise, agent=ctx.agent))
    if otherwise:
        return otherwise
    who = " or ".join(demand.who) or "anybody"
    if why == "time is up":
        return f"{who} did not answer within {spoken(demand.within or 0)}."
    raise run.nobody(
        NobodyReachable(
            f"{ctx.agent!r} {how} by {name} to {who}, whom no channel of this run reaches; pass channels= or people= "
            f"that serve them, or say what counts then: {name}(..., otherwise='nobody is there now')"
        )
    )


def _request(
    run: RunContext, demand: Ask, ctx: ToolContext, name: str, how: str, given: Mapping[str, str], otherwise: str
) -> HumanRequest:
    form: Any = demand.form
    options = cast("tuple[str, ...]", form) if isinstance(form, tuple) else ()
    action = Action("tool", ctx.agent, name, given, ctx.agent, run.run_id, run.turn, call_id=ctx.call_id or "")
    told = "\n".join(f"{part.replace('_', ' ')}: {text}" for part, text in given.items())
    request = HumanRequest(
        id=run.next_request(),
        prompt=f"{ctx.agent} {how}.",
        agent=ctx.agent,
        to=demand.who,
        action=action,
        preview=told,
        within=demand.within,
        deadline=None if demand.within is None else run.runtime.now() + demand.within,
        otherwise=f"it is told: {otherwise}" if otherwise else "it is told that nobody answered",
    )
    if form is None:
        # A text answer is asked for by the prompt alone, as at every classic question. What the model
        # says is indented, so that it cannot look like a question of ours.
        lines = "".join(f"  {line}\n" for line in told.splitlines())
        return replace(request, prompt=f"{request.prompt}\n{lines}Your answer: ")
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

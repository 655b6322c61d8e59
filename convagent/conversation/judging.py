"""A tool call before the gate: whether rules have a say in it, and what becomes of it by what they and people say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ToolArgumentsError
from ..tools.result import to_text
from .calls import Call, Execution
from .context import RunContext
from .showing import subject_of
from .verdict import Again, Go, Instead, Refused, Revise, Subject, Verdict

if TYPE_CHECKING:
    from ..tools.tool import Tool


def is_judged(run: RunContext, tool: Tool | None, how: Execution) -> bool:
    """Return whether rules have a say in calls of a tool. One that only asks people itself needs none."""
    if tool is not None and tool.rules.asks:
        return False
    return bool(run.policies or how.policies or (tool is not None and tool.rules.approval))


async def judge(run: RunContext, call: Call, how: Execution) -> str:
    """Have a call judged; return what its result is to be told besides. A refusal becomes its outcome."""
    tool = call.tool
    done = run.runtime.settled(f"{run.agent_name}/{call.key}")
    if tool is None or call.refused is not None or done or not is_judged(run, tool, how):
        return ""
    try:
        complete = tool.binder.complete(call.arguments or {})
    except ToolArgumentsError as error:
        call.refused = call.told(str(error), error=error)
        return ""
    action = call.action(run, how, complete, tool.rules.risk)
    return _take(call, await run.decide(action, (*how.policies, *tool.rules.approval), subject_of(run, tool)))


async def judge_unknown(run: RunContext, call: Call, how: Execution) -> str:
    """Have a call judged of a function that only the executor itself knows; return as `judge` does."""
    arguments = call.arguments or {}
    return _take(call, await run.decide(call.action(run, how, arguments), how.policies, Subject(to_text(arguments))))


def _take(call: Call, verdict: Verdict) -> str:
    """Act upon a verdict; return a note for the model."""
    match verdict:
        case Go():
            call.form, call.by = verdict.form, verdict.by
            if not verdict.edited:
                return ""
            call.arguments = {**(call.arguments or {}), **verdict.edited}
            return _EDITED.format(by=verdict.edited_by or "A person", arguments=to_text(verdict.edited))
        case Refused(reason, by):
            call.not_run = f"not allowed{f' by {by}' if by else ''}{f': {reason}' if reason else ''}"
            call.refused = call.told(f"Error: {call.name} was {call.not_run}")
        case Instead(value, by):
            call.not_run = f"answered in its place by {by or 'a person'}"
            call.refused = call.told(to_text(value), ok=True)
        case Revise(text, by):
            call.not_run = f"sent back by {by or 'a person'}: {text}"
            call.refused = call.told(f"Error: {call.name} was not done; a person asks for this first: {text}")
        case Again():
            call.not_run = "it is to be proposed again"
            call.refused = call.told(f"Error: {call.name} was not done")
    return ""


_EDITED = "\n\n[{by} changed the arguments of this call before it was made: {arguments}. Do not repeat your own call.]"

"""What an agent says, held at the gate until it may be said.

Policies and what they are made of are imported in functions: they are loaded with the first policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from ..action import Action, Policy
from ..agent import Agent
from ..conversation.context import RunContext
from ..conversation.verdict import REPLY, Again, Go, Instead, Refused, Revise, Subject
from ..errors import ConfigError
from ..messages import Message, content_text

if TYPE_CHECKING:
    from .conversable import ConversableAgent


def read_policies(value: Any) -> tuple[Policy, ...]:
    """Read what `oversight=` takes: nothing, a policy, a function, or a list of them.

    Raises:
        ConfigError: something else.
    """
    if isinstance(value, tuple) and not value:
        return ()
    from ..oversight.policy import as_policies

    return as_policies(value)


def check_confidence(policies: Sequence[Policy], has_source: bool, where: str) -> None:
    """Refuse a threshold of confidence where no model says how sure it is.

    Raises:
        ConfigError: `below(...)` without a source of confidence.
    """
    if has_source or not policies:
        return
    from ..oversight.guards import Below
    from ..oversight.policy import Policy as PolicyValue
    from ..oversight.policy import walk

    for policy in policies:
        if isinstance(policy, PolicyValue):
            guard = next((part for part in walk(policy) if isinstance(part, Below)), None)
            if guard is not None:
                raise ConfigError(
                    f"{where}: {guard} needs a source of confidence; give the agent confidence=vote(3) or another"
                )


async def gate_reply(agent: ConversableAgent, run: RunContext, reply: Any, to: Agent) -> tuple[bool, Any]:
    """Have a reply judged.

    Returns:
        whether it may be sent, and what is sent; if not, a note that the agent is to reply to anew.
    """
    text = _words(reply)
    if text is None:
        return True, reply
    action = Action(
        "reply", agent.name, to.name, {"content": text}, run_id=run.run_id, turn=run.turn,
        confidence=run.sure.get(agent), asked_by=run.state.typed_inside(text),
    )  # fmt: skip
    verdict = await run.decide(action, (*agent.policies, *run.lent.policies), Subject(text, REPLY))
    match verdict:
        case Go():
            return True, _with(reply, str(verdict.edited["content"])) if verdict.edited else reply
        case Instead(value):
            return True, _with(reply, str(value))
        case Refused(reason, by) if run.lent.policies:
            run.terminate(refusal(reason, by), agent.name, to.name, how="refused")
            return True, None
        case Refused(reason):
            return True, _with(reply, f"[withheld: {reason}]" if reason else "[withheld]")
        case Revise(note):
            # Not shown: it was held back.
            run.add_inner(cast(Message, {"role": "assistant", "content": text}), agent, to, silent=True)
            return False, _note(f"{_HELD_BACK} Revise it: {note}")
        case Again():
            return False, _note(f"{_HELD_BACK} Write it again.")


def _note(text: str) -> Message:
    """Return what an agent is told of its own draft: in its history, and not as words of its own."""
    return cast(Message, {"role": "user", "override_role": "user", "name": "reviewer", "content": text})


_HELD_BACK = "Do not send that yet."


def is_held_back(messages: Sequence[Message], position: int) -> bool:
    """Return whether a message was a draft that is to be written again, as the one after it says."""
    after = messages[position + 1] if position + 1 < len(messages) else None
    return after is not None and content_text(after.get("content")).startswith(_HELD_BACK)


def refusal(reason: str, by: str) -> str:
    """Return why a conversation is over in which something was refused that it cannot do without."""
    return f"Not approved{f' by {by}' if by else ''}{f': {reason}' if reason else ''}"


def _words(reply: Any) -> str | None:
    """Return what a reply says; None: nothing, or a person's own words, or what tools returned."""
    if isinstance(reply, str):
        return reply
    if not isinstance(reply, dict) or isinstance(reply, PersonsMessage):
        return None
    message = cast(Message, reply)
    if message.get("tool_responses") or message.get("role") in ("tool", "function"):
        return None
    text = content_text(message.get("content"))
    calls = message.get("tool_calls") or message.get("function_call")
    return text if text.strip() or not calls else None


def _with(reply: Any, content: str) -> Any:
    return content if isinstance(reply, str) else {**reply, "content": content}


class PersonsMessage(dict[str, Any]):
    """What a person typed for an agent: nobody else has to approve that it is said."""

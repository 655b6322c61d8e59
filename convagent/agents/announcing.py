"""How a run is announced: who takes part, what has to stay hidden, and what will not work as it was meant."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..conversation.context import RunContext
from ..errors import ConfigError
from ..events import RunStarted
from ..models.base import ModelClient
from .company import participants
from .usage import unpriced

if TYPE_CHECKING:
    from .chat import Chat
    from .conversable import ConversableAgent


def started(run: RunContext, chat: Chat) -> RunStarted:
    """Return the first event of a run: who takes part, and what a watcher ought to know before it happens."""
    sides, parent = participants(run.state), run.parent
    notes: list[str] = []
    for agent in sides:
        client: ModelClient | None = agent.client
        if client is not None and client.offline_note:
            notes.append(f"{agent.name}: {client.offline_note}")
    notes += _quorums(run, sides)
    if chat.limits is not None:
        notes += unpriced(chat.limits, sides)
    return RunStarted(
        agents=tuple(a.name for a in sides),
        notes=tuple(notes),
        silent=run.silent,
        parent=parent.run_id if parent is not None else "",
        follows=chat.follows,
        hides=_hidden(sides) if run.runtime.keeps else {},
        _parameters=partial(_parameters_of, sides),
    )


def _hidden(sides: tuple[ConversableAgent, ...]) -> dict[str, Mapping[str, Any]]:
    """Return the schemas of the tools that mark something as secret, by name."""
    from ..redaction import marks

    names = dict.fromkeys(t.name for a in sides for t in (*a.tools, *a.executable.values(), *a.lent_tools))
    found = {name: _parameters_of(sides, name) for name in names}
    return {name: schema for name, schema in found.items() if schema is not None and marks(schema)}


def _parameters_of(sides: tuple[ConversableAgent, ...], name: str) -> Mapping[str, Any] | None:
    """Return the schema of the arguments of every tool of that name, as one."""
    tools = [t for a in sides for t in (*a.tools, *a.executes) if t.name == name]
    found: list[Mapping[str, Any]] = []
    for one in dict.fromkeys(tools):
        try:
            found.append(one.parameters)
        except ConfigError:
            continue  # a function registered for execution alone needs no schema
    return found[0] if len(found) == 1 else {"allOf": found} if found else None


def _quorums(run: RunContext, sides: tuple[ConversableAgent, ...]) -> list[str]:
    """Say which questions need more people than can be asked here."""
    given = (*run.policies, *(p for a in sides for p in a.policies))
    tools = {t.name: t for a in sides for t in a.executes}
    given = (*given, *(p for t in tools.values() for p in t.rules.approval))
    if not given:
        return []
    from ..oversight.atoms import Ask  # these are loaded with the first policy
    from ..oversight.policy import Policy as PolicyValue
    from ..oversight.policy import walk

    asks = [p for policy in given if isinstance(policy, PolicyValue) for p in walk(policy) if isinstance(p, Ask)]
    # No set: an ask whose form is a JSON Schema has no hash.
    several = [found for i, found in enumerate(asks) if found.need > 1 and found not in asks[:i]]
    if getattr(run.runtime, "asks_whoever_consumes", False):
        return [f"{found} needs {found.need} different people, and a terminal alone is one" for found in several]
    return [
        f"{found} needs {found.need} different people, and fewer can be asked here"
        for found in several
        if not run.runtime.reaches(found.who, found.need)
    ]

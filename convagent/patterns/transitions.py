"""Who may speak after whom, as a graph: checked, turned around, drawn."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from ..agent import Agent
from ..errors import ConfigError, nearest

Transitions = Mapping[Agent, Sequence[Agent]]
"""By agent: those who may speak after it."""


def check_transitions(allowed_speaker_transitions_dict: object, agents: Sequence[Agent]) -> None:
    """Check that transitions are lists of agents by agent, all of them of a group; warn of what looks forgotten.

    Raises:
        ConfigError: they are not; the text names the agent.
    """
    transitions = allowed_speaker_transitions_dict
    if not isinstance(transitions, Mapping):
        raise ConfigError(
            f"the speaker transitions are a {type(transitions).__name__}; expected a dict of agents and "
            "the lists of those who may speak after them, {ada: [bob, cy], bob: [ada]}"
        )
    names = [agent.name for agent in agents]
    for source, targets in cast("Mapping[Any, Any]", transitions).items():
        if not _is_one_of(source, agents):
            raise ConfigError(f"the speaker transitions begin at {_called(source)}, {_unknown(source, names)}")
        if isinstance(targets, (str, bytes)) or not isinstance(targets, (list, tuple)):
            raise ConfigError(
                f"the speaker transitions of {_called(source)} are a {type(targets).__name__}; "
                "expected a list of agents, empty where nobody may follow"
            )
        for target in cast("Sequence[Any]", targets):
            if not isinstance(target, Agent):
                raise ConfigError(
                    f"the speaker transitions of {_called(source)} lead to {target!r}, which is a "
                    f"{type(target).__name__} and no agent"
                )
    for sentence in _oddities(cast("Transitions", transitions), agents):
        warnings.warn(sentence, UserWarning, stacklevel=4)


def inverted(disallowed_speaker_transitions_dict: Transitions, agents: Sequence[Agent]) -> dict[Agent, list[Agent]]:
    """Return the transitions that are allowed where these are forbidden, and all others are not."""
    forbidden = disallowed_speaker_transitions_dict
    return {agent: [other for other in agents if other not in forbidden.get(agent, ())] for agent in agents}


def connected(agents: Sequence[Agent], repeats: bool | Sequence[Agent]) -> dict[Agent, list[Agent]]:
    """Return transitions from everybody to everybody else, and to itself for those who may speak twice in a row."""
    allowed = {agent: [other for other in agents if other is not agent] for agent in agents}
    for agent in agents if repeats is True else repeats or ():
        allowed[agent].append(agent)
    return allowed


def has_self_loops(transitions: Transitions) -> bool:
    """Return whether anybody may speak twice in a row."""
    return any(agent in targets for agent, targets in transitions.items())


def to_mermaid(transitions: Transitions, start: Agent | None = None) -> str:
    """Return transitions as the text of a Mermaid state diagram.

    Args:
        transitions: by agent, those who may speak after it.
        start: who begins; None: nobody is marked.
    """
    agents = list(dict.fromkeys([*transitions, *(one for targets in transitions.values() for one in targets)]))
    ids = _ids([agent.name for agent in agents])
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_quoted(name)}" as {id}' for name, id in ids.items() if id != name]
    if start is not None and start.name in ids:
        lines.append(f"    [*] --> {ids[start.name]}")
    arrows = [(source, target) for source, targets in transitions.items() for target in targets]
    lines += [f"    {ids[a.name]} --> {ids[b.name]}" for a, b in dict.fromkeys(arrows)]
    alone = [agent for agent in agents if not any(agent in arrow for arrow in arrows)]
    lines += [f"    {ids[agent.name]}" for agent in alone]
    return "\n".join(lines) + "\n"


def _is_one_of(agent: object, agents: Iterable[Agent]) -> bool:
    return any(agent is one for one in agents)


def _called(agent: Any) -> str:
    return repr(agent.name) if isinstance(agent, Agent) else repr(agent)


def _unknown(source: Any, names: Sequence[str]) -> str:
    known = f"the group has {', '.join(names)}"
    if isinstance(source, Agent):
        return f"an agent that is not in the group; {known}"
    near = nearest(source, names) if isinstance(source, str) else ""
    hint = f"; did you mean the agent called {near!r}?" if near else ""
    return f"which is a {type(source).__name__} and no agent; {known}{hint}"


def _oddities(transitions: Transitions, agents: Sequence[Agent]) -> Iterable[str]:
    """Give a sentence for what can be meant, and mostly is not."""
    reached = {id(target) for targets in transitions.values() for target in targets}
    left = {id(source) for source, targets in transitions.items() if targets}
    alone = [agent.name for agent in agents if id(agent) not in reached | left]
    if alone:
        yield f"speaker transitions: nobody leads to {', '.join(alone)}, and from there to nobody; they will not speak"
    outside = [t.name for targets in transitions.values() for t in targets if not _is_one_of(t, agents)]
    if outside:
        yield f"speaker transitions lead to {', '.join(dict.fromkeys(outside))}, who are not in the group"
    for source, targets in transitions.items():
        twice = [name for name, count in _counted(targets).items() if count > 1]
        if twice:
            yield f"speaker transitions of {source.name!r} name {', '.join(twice)} more than once"


def _counted(targets: Sequence[Agent]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for target in targets:
        counts[target.name] = counts.get(target.name, 0) + 1
    return counts


def _ids(names: Sequence[str]) -> dict[str, str]:
    """Return what each name is called in a diagram, where names are words."""
    ids: dict[str, str] = {}
    for name in names:
        id = plain = re.sub(r"\W", "_", name) or "_"
        number = 2
        while id in ids.values():
            id, number = f"{plain}_{number}", number + 1
        ids[name] = id
    return ids


def _quoted(name: str) -> str:
    return name.replace('"', "#quot;").replace("\n", " ")

"""What a journal keeps of a chat at its start, so that any process which has the agents can go on with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from .. import serde
from ..conversation.limits_json import from_json as limit_from_json
from ..conversation.limits_json import to_json as limit_to_json
from ..errors import ConfigError, RunBlocked
from ..journal.base import Loaded
from ..oversight._names import named_function, resolve_function
from ..oversight.atoms import Ask
from ..oversight.authority import Directory, directory_of
from ..oversight.policy import Policy as PolicyValue
from ..oversight.policy import walk
from ..oversight.serial import form_to_json, from_json, to_json
from .chat import Chat
from .company import with_those_they_bring

if TYPE_CHECKING:
    from .conversable import ConversableAgent

VERSION = 1


def spec_of(chat: Chat, directory: Directory | None) -> dict[str, Any]:
    """Return what another process needs to go on with a chat, as plain JSON values. Agents are named.

    Raises:
        ConfigError: a part of it cannot be named or written, and why.
    """
    sender, recipient = chat.sender, chat.recipient
    everyone = recipient.company(sender)
    names = [agent.name for agent in everyone]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise ConfigError(f"two agents are called {twice!r}; a journal finds them by name: name them apart")
    if chat.cache is not None:
        raise ConfigError("cache= cannot be kept in a journal; the models' replies are kept there themselves")
    for agent in everyone:
        _check_forms(agent)
    return {
        "v": VERSION,
        "is": "chat",
        "sender": sender.name,
        "recipient": recipient.name,
        "members": [named(agent) for agent in everyone[2:]],
        "message": _written("message", chat.message),
        "silent": chat.silent,
        "max_turns": chat.max_turns,
        "summary_method": _written("summary_method", chat.summary_method),
        "summary_args": _written("summary_args", chat.summary_args),
        "oversight": [to_json(policy) for policy in cast("tuple[Any, ...]", chat.oversight)],
        "limits": None if chat.limits is None else limit_to_json(chat.limits),
        "people": None if directory is None else {p: sorted(roles) for p, roles in directory.roles.items()},
        "context": _written("an argument", chat.context),
        "before": _before(chat),
        "variables": _written("context_variables", recipient.shares()),
        "chat_id": chat.chat_id,
    }


def _before(chat: Chat) -> list[Any] | None:
    """Return what each side remembers from before this chat, where it goes on from there."""
    if chat.clear_history:
        return None
    views = chat.recipient.remembered(chat.sender)
    return _written("the history before", views) if any(views) else None


def _written(what: str, value: Any) -> Any:
    if callable(value):
        return {"function": named_function(value)}
    try:
        found: Any = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{what}={value!r} cannot be kept in a journal: {error}") from None
    if isinstance(found, dict) and set(cast("dict[str, Any]", found)) == {"function"}:
        raise ConfigError(f"{what}={value!r} looks like the name of a function; give it another key")
    return cast(Any, found)


def _check_forms(agent: ConversableAgent) -> None:
    """Refuse rules whose forms could not be found again; what else they hold is not kept but judged when it is due."""
    for policy in (*agent.policies, *agent.governs, *(p for tool in agent.executes for p in tool.rules.approval)):
        for part in walk(policy) if isinstance(policy, PolicyValue) else ():
            if isinstance(part, Ask):
                form_to_json(part.form)


def named(agent: ConversableAgent) -> str:
    """Return what a journal calls an agent: its name, and its version where it has one."""
    return f"{agent.name}@{agent.version}" if agent.version else agent.name


def needed(chat: Chat) -> list[str]:
    """Return whom one has to have to go on with a chat; the members of a group come with its manager."""
    sender, recipient = chat.sender, chat.recipient
    return [named(agent) for agent in (sender, recipient) if agent is recipient or sender not in recipient.brings()]


def chat_from(loaded: Loaded, agents: Iterable[ConversableAgent]) -> Chat:
    """Return the chat that was kept, with these agents.

    Raises:
        RunBlocked: an agent that it needs is not among them, a function that it names is gone, or a later convagent
            wrote what this one would not understand.
    """
    found = {named(agent): agent for agent in with_those_they_bring(agents)}
    run, spec = loaded.info.id, loaded.spec
    if spec.get("erased") and (loaded.info.status != "done" or not set(loaded.info.agents) <= set(found)):
        raise RunBlocked(f"nobody can go on with run {run}: what it was begun with was deleted in part")
    missing = [name for name in (*loaded.info.agents, *spec.get("members", ())) if name not in found]
    if missing:
        there = ", ".join(sorted(found)) or "none"
        raise RunBlocked(f"run {run} needs the agents {', '.join(missing)}; there are here: {there}")
    if spec.get("is") != "chat" or spec.get("v") != VERSION:
        raise RunBlocked(f"run {run} was begun by another version of convagent, which wrote {spec.get('v')!r}")
    later = next((row for row in loaded.rows if row.body.get("v", 0) > serde.VERSION), None)
    if later is not None:
        raise RunBlocked(f"run {run} was moved on by a later convagent, which wrote row {later.seq}; update this one")
    by_name = {agent.name: agent for agent in found.values()}
    recipient = by_name[spec["recipient"]]
    by_name.update((member.name, member) for member in recipient.brings())
    try:
        return Chat(
            by_name[spec["sender"]], recipient, _read(spec["message"]),
            clear_history=spec["before"] is None, silent=spec["silent"], max_turns=spec["max_turns"],
            summary_method=_read(spec["summary_method"]), summary_args=_read(spec["summary_args"]),
            oversight=tuple(from_json(policy) for policy in spec["oversight"]),
            people=None if spec["people"] is None else directory_of(spec["people"]),
            context=_read(spec["context"]), chat_id=spec["chat_id"],
            limits=None if spec.get("limits") is None else limit_from_json(spec["limits"]),
        )  # fmt: skip
    except ConfigError as error:
        raise RunBlocked(f"run {run} cannot go on here: {error}") from error


def _read(value: Any) -> Any:
    if isinstance(value, Mapping) and set(cast("Mapping[str, Any]", value)) == {"function"}:
        return resolve_function(value["function"])
    return cast(Any, value)

"""Who may answer a question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ..action import Action
from ..errors import ConfigError
from ..human import HumanReply, HumanRequest, Seat

EVERY_ROLE = "*"


@dataclass(frozen=True, slots=True)
class Directory:
    """Persons and their roles. Where there is one, it decides who a person is; channels only say who they are."""

    roles: Mapping[str, frozenset[str]]

    def roles_of(self, person: str) -> frozenset[str]:
        """Return a person's roles; none for somebody it does not know."""
        return self.roles.get(person, frozenset())

    def serves(self, who: tuple[str, ...]) -> list[str]:
        """Return the persons who are one of these, or have one of these roles; all, if nobody is named."""
        return [p for p, roles in self.roles.items() if not who or p in who or not roles.isdisjoint(who)]


def directory_of(value: Any) -> Directory | None:
    """Read ``people={"ada": ["clerk", "finance"], "bob": "manager"}``.

    Raises:
        ConfigError: it is of another form.
    """
    if value is None or isinstance(value, Directory):
        return value
    if not isinstance(value, Mapping):
        raise ConfigError(f"people={value!r}: expected a dict of persons and their roles, such as {{'ada': ['clerk']}}")
    found: dict[str, frozenset[str]] = {}
    for person, roles in cast(Mapping[Any, Any], value).items():
        listed: Any = (roles,) if isinstance(roles, str) else roles
        if not isinstance(person, str) or not isinstance(listed, Iterable):
            raise ConfigError(f"people: {person!r}: {roles!r}: expected a name and a list of roles")
        names: list[Any] = list(cast(Iterable[Any], listed))
        if not all(isinstance(r, str) for r in names):
            raise ConfigError(f"people: {person!r}: {roles!r}: expected a name and a list of roles")
        found[person] = frozenset(names)
    return Directory(found)


def may_serve(to: tuple[str, ...], by: str, roles: Iterable[str], directory: Directory | None) -> bool:
    """Return whether a person may answer what is for these persons or roles."""
    if directory is not None:
        if by not in directory.roles:
            return False
        roles = directory.roles_of(by)
    return not to or by in to or EVERY_ROLE in roles or not set(to).isdisjoint(roles)


def sits(seat: Seat, who: tuple[str, ...], directory: Directory | None) -> bool:
    """Return whether somebody may sit there who may answer what is for these persons or roles.

    Where there is a directory, it says so: what a channel says of roles counts for nothing beside it.
    """
    if directory is None:
        return seat.serves(who)
    return any(not seat.person or seat.person == person for person in directory.serves(who))


def same_person(one: str, other: str) -> bool:
    """Return whether two names may be one person's: `Ada` and `ada`, where each only says so, are not two people."""
    return one.strip().casefold() == other.strip().casefold()


def refusal(request: HumanRequest, reply: HumanReply, directory: Directory | None) -> str:
    """Say why this person may not answer this request; empty: they may."""
    by, action = reply.by, request.action
    if not by and (request.need > 1 or request.given or (action is not None and action.asked_by)):
        return "say who answers: this is not for everybody alike, and without a name nobody can be told from another"
    made = "" if action is None or not by else _made(action, by)
    if made:
        return f"{by} {made}, and nobody approves their own action; somebody else must decide"
    if any(same_person(by, other) for other in request.given):
        return f"{by} has approved already; {request.need} different people must"
    if may_serve(request.to, by, reply.roles, directory):
        return ""
    if directory is not None and by not in directory.roles:
        return f"{by!r} is not among the people of this run; say who answers"
    return f"{by or 'this channel'} may not answer: this is for {' or '.join(request.to)}"


def _made(action: Action, by: str) -> str:
    """Say in what way an action is this person's own; empty: it is not."""
    if same_person(by, action.agent):
        return "proposed this"
    return "asked for this" if same_person(by, action.asked_by) else ""

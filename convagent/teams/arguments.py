"""What teams are given, read and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, cast

from ..action import Kind, Policy
from ..agents.conversable import ConversableAgent
from ..agents.gating import read_policies
from ..errors import ConfigError

if TYPE_CHECKING:
    from ..conversation.limits import Limit


class TeamOptions(TypedDict, total=False):
    """What each kind of team takes besides its own arguments; `Team` and `ConversableAgent` say what they mean."""

    name: str
    description: str
    oversight: Policy | Iterable[Policy]
    limits: Limit | None
    is_termination_msg: Callable[[dict[str, Any]], bool] | None
    context: Any
    context_variables: Any
    silent: bool | None
    version: str


def listed_members(team: object, members: Any) -> list[ConversableAgent]:
    """Return the members that a team was given.

    Raises:
        ConfigError: they are no list, or nobody.
    """
    if isinstance(members, (str, Mapping)) or not isinstance(members, Iterable):
        raise ConfigError(f"{type(team).__name__}({members!r}): expected a list of agents")
    found = list(cast("Iterable[ConversableAgent]", members))
    if not found:
        raise ConfigError(f"{type(team).__name__}([]): a team needs at least one member")
    return found


def described(team: object, members: Sequence[ConversableAgent]) -> str:
    """Return what a team is, where nobody says what it is good for."""
    return f"{type(team).__name__} of {', '.join(str(getattr(member, 'name', member)) for member in members)}"


def read_limits(limits: Any) -> Limit | None:
    """Read what `limits=` takes."""
    if limits is None:
        return None
    from ..conversation.limits import as_limit  # loaded with the first limit

    return as_limit(limits)


def checked_count(what: str, count: Any, example: str) -> int | None:
    """Return a number of times, from 1; None: without end.

    Raises:
        ConfigError: it is no such number.
    """
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise ConfigError(f"{what}={count!r}: expected None or a whole number from 1, as in {example}")
    return count


def whole_number(what: str, value: object, least: int) -> int:
    """Return a number that is none too small.

    Raises:
        ConfigError: it is too small, or no whole number.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"{what}={value!r} is not a whole number, {least} or more")
    return value


def at_kind(kind: Kind, value: Any) -> tuple[Policy, ...]:
    """Read policies that judge actions of one kind."""
    policies = read_policies(value)
    if not policies:
        return ()
    from ..oversight.policy import as_policy  # loaded with the first policy
    from ..oversight.words import at

    return tuple(at(kind, as_policy(policy)) for policy in policies)

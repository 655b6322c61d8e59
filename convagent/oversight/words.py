"""The words of which policies are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from .._keywords import says_what_it_takes
from ..action import KINDS, Action, Kind
from ..duration import Duration, seconds
from ..errors import ConfigError, one_of
from ..human import VERBS
from .atoms import Ask, Deny, Retry
from .authority import EVERY_ROLE
from .backoff import Backoff, exponential
from .guards import At, Below, Failing, Sample, When
from .joins import All, First, together
from .policy import Policy, as_policy
from .predicate import Predicate, checked


@says_what_it_takes
def deny(reason: str = "not allowed") -> Deny:
    """Let it not happen; the proposer is told the reason."""
    if not isinstance(cast(object, reason), str) or not reason.strip():
        raise ConfigError(f"deny({reason!r}): expected a reason that the proposer is told, such as deny('too much')")
    return Deny(reason)


@says_what_it_takes
def ask(*who: str, need: int = 1, within: Duration | None = None, form: Any = None) -> Ask:
    """Let people decide.

    Args:
        *who: persons or roles, any of whom may answer; none: whoever is reached.
        need: how many different people have to approve.
        within: how long they have; what follows by ``>>`` counts then, else it is denied.
        form: what an approval has to fill in: a pydantic model, a JSON Schema, or a list of choices.

    Raises:
        ConfigError: an argument cannot work.
    """
    for name in who:
        if not isinstance(cast(object, name), str) or not name.strip():
            raise ConfigError(f"ask({name!r}): expected the name of a person or a role, such as 'clerk'")
        if name == EVERY_ROLE:
            raise ConfigError("ask('*'): nobody is called so; ask() asks whoever is reached")
    if isinstance(need, bool) or not isinstance(cast(object, need), int) or need < 1:
        raise ConfigError(f"need={need!r} is not a number of people; expected a whole number from 1")
    limit = None if within is None else seconds(within)
    return Ask(tuple(who), need, limit, _form(form))


@says_what_it_takes
def retry(
    times: int, backoff: Backoff | None = None, on: str | type[BaseException] | Iterable[str | type[BaseException]] = ()
) -> Retry:
    """Try again what failed, where that cannot do a thing twice.

    Args:
        times: attempts in all, the first one included.
        backoff: how long to wait before each; default `exponential()`.
        on: exception classes, or their names, that may be tried again; default: connection errors,
            time-outs, 429, 5xx, and `ToolError(retryable=True)`.

    Raises:
        ConfigError: an argument cannot work.
    """
    if isinstance(times, bool) or not isinstance(cast(object, times), int) or times < 2:
        raise ConfigError(f"retry({times!r}): expected a number of attempts in all, from 2")
    if backoff is not None and not isinstance(cast(object, backoff), Backoff):
        raise ConfigError(f"backoff={backoff!r}: expected exponential('1s') or constant('1s')")
    return Retry(times, backoff or exponential(), _error_names(on))


@says_what_it_takes
def when(condition: Predicate | Callable[[Action], Any], policy: Any) -> When:
    """Apply a policy where a condition holds: ``when(arg.amount > 100, ask("clerk"))``."""
    return When(checked(condition), as_policy(policy))


@says_what_it_takes
def at(kind: Kind, policy: Any) -> At:
    """Apply a policy to actions of one kind: ``at("handoff", ask("dispatcher"))``."""
    if kind not in KINDS:
        raise one_of("at(kind)", kind, KINDS)
    return At(kind, as_policy(policy))


@says_what_it_takes
def below(threshold: float, policy: Any) -> Below:
    """Apply a policy where the agent's `confidence` is below a threshold; unknown is low."""
    return Below(_share("below", threshold), as_policy(policy))


@says_what_it_takes
def failing(attempts: int, policy: Any) -> Failing:
    """Apply a policy where something failed this often, or at once where it must not be tried again."""
    if isinstance(attempts, bool) or not isinstance(cast(object, attempts), int) or attempts < 1:
        raise ConfigError(f"failing({attempts!r}): expected a number of attempts, from 1")
    return Failing(attempts, as_policy(policy))


@says_what_it_takes
def sample(rate: float, policy: Any) -> Sample:
    """Apply a policy to a share of all actions: ``sample(0.05, ask("auditor"))``."""
    return Sample(_share("sample", rate), as_policy(policy))


def first_of(*policies: Any) -> Policy:
    """Join as ``|`` does, without its precedence: the first opinion counts."""
    return together(First, tuple(as_policy(p) for p in policies))


def all_of(*policies: Any) -> Policy:
    """Join as ``&`` does, without its precedence: the strictest opinion counts."""
    return together(All, tuple(as_policy(p) for p in policies))


def _error_names(on: Any) -> tuple[str, ...]:
    listed: Any = (on,) if isinstance(on, (str, type)) else on
    names: list[str] = []
    for each in cast("Iterable[Any]", listed) if isinstance(listed, Iterable) else (listed,):
        if isinstance(each, type) and issubclass(each, BaseException):
            names.append(each.__name__)
        elif isinstance(each, str) and each.strip():
            names.append(each)
        else:
            raise ConfigError(f"on={on!r}: {each!r} is no class of exceptions; expected such as on=[TimeoutError]")
    return tuple(names)


def _share(what: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ConfigError(f"{what}({value!r}): expected a number from 0 to 1")
    return float(value)


def _form(value: Any) -> Any:
    if isinstance(value, dict):
        from ..json_schema import checker

        checker(cast("dict[str, Any]", value), "form=")
    if value is None or isinstance(value, dict) or hasattr(value, "model_json_schema"):
        return cast(Any, value)
    if isinstance(value, (list, tuple)) and value and all(isinstance(v, str) for v in cast(list[Any], value)):
        return _choices(tuple(cast(list[str], value)))
    raise ConfigError(f"form={value!r}: expected a pydantic model, a JSON Schema (a dict), or a list of choices")


def _choices(choices: tuple[str, ...]) -> tuple[str, ...]:
    # Each choice is an approval, so none may be what somebody types who means something else, or nothing.
    for choice in choices:
        first = choice.partition(" ")[0].lower().rstrip(":")
        if not choice or choice != choice.strip():
            raise ConfigError(f"form={list(choices)!r}: {choice!r} is blank or has spaces around it; expected words")
        if first in (*VERBS, "always", "no", "deny"):
            raise ConfigError(
                f"form={list(choices)!r}: a choice is how one approves, and {choice!r} reads as another decision; "
                "reject needs no choice of its own, it is always there"
            )
    if len({choice.lower() for choice in choices}) < len(choices):
        raise ConfigError(f"form={list(choices)!r}: two of them are the same word; expected different choices")
    return choices

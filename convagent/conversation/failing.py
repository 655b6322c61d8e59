"""What a failure is to the policies: whether it may be tried again, and what they say of it."""

from __future__ import annotations

from collections.abc import Sequence

from ..action import Action, Failure, Policy
from ..errors import ModelError, ToolError
from ..oversight.atoms import Retry
from ..oversight.guards import At, Failing
from ..oversight.policy import Policy as PolicyValue
from ..oversight.policy import walk
from ..runtime import Interrupted
from ..tools.tool import Effect
from .context import RunContext
from .gate import Again, Verdict


async def on_failure(
    run: RunContext, action: Action, error: BaseException, policies: Sequence[Policy] = ()
) -> Verdict | None:
    """Return what is to follow a failure, having waited where it is tried again; None: no policy is about failures."""
    every = (*run.policies, *policies)
    if not any(_is_about_failures(p) for p in every):
        return None
    verdict = await run.decide(action, policies)
    if isinstance(verdict, Again) and verdict.delay:
        await run.breakable(lambda: run.runtime.sleep(verdict.delay))
    return verdict


def failure(error: BaseException, effect: Effect = "idempotent", text: str | None = None) -> Failure:
    """Say what an exception means for trying again; `text` replaces its own, which may hold a secret.

    Connection errors, time-outs, 429, 5xx and `ToolError(retryable=True)` may be tried again. A thing
    that is not the same twice may be only where the error itself says that nothing was done.
    """
    not_done = isinstance(error, ToolError) and error.retryable
    doubt = effect == "unsafe" and not not_done
    bases = tuple(base.__name__ for base in type(error).__mro__[1:-1])  # without `object`
    retryable = (not_done or _is_transient(error)) and not doubt
    return Failure(type(error).__name__, str(error) if text is None else text, retryable, doubt, bases)


def _is_transient(error: BaseException) -> bool:
    if isinstance(error, ModelError):
        return error.retryable
    if isinstance(error, (ConnectionError, TimeoutError, Interrupted)):
        return True
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    return isinstance(status, int) and (status == 429 or status >= 500)


def _is_about_failures(policy: Policy) -> bool:
    if not isinstance(policy, PolicyValue):
        return False
    return any(isinstance(p, (Retry, Failing)) or (isinstance(p, At) and p.kind == "error") for p in walk(policy))

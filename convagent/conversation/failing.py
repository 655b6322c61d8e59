"""What a failure is to the policies: whether it may be tried again, and what they say of it.

What policies are made of is imported in functions: it is loaded with the first policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..action import Action, Failure, Policy
from ..errors import ModelError, ToolError
from ..runtime import Interrupted
from ..tools.tool import Effect
from .context import RunContext
from .verdict import NOTHING_SHOWN, Again, Subject, Verdict


async def on_failure(
    run: RunContext, action: Action, policies: Sequence[Policy] = (), subject: Subject = NOTHING_SHOWN
) -> Verdict | None:
    """Return what is to follow a failure, having waited where it is tried again; None: no policy is about failures.

    What may have been done and may not be done twice is put to a person, whether or not a policy says so.
    """
    if action.failure is not None and is_in_doubt(action.failure):
        from ..oversight.atoms import Ask, Deny
        from ..oversight.guards import At
        from ..oversight.policy import judge
        from ..oversight.ruling import Asked

        said = judge((*run.policies, *policies), action)
        policies = policies if isinstance(said, (Asked, Deny)) else (*policies, At("error", Ask()))
    elif not is_about_failures(run, policies):
        return None
    verdict = await run.decide(_final(run, action, policies), policies, subject)
    if isinstance(verdict, Again) and verdict.delay:
        await run.breakable(lambda: run.runtime.sleep(verdict.delay))
    return verdict


def _final(run: RunContext, action: Action, policies: Sequence[Policy]) -> Action:
    """Return a failure that no policy tries again as one that may not be: `failing` waits for no further attempt."""
    from ..oversight.atoms import Retry
    from ..oversight.policy import judge

    failed = action.failure
    if failed is None or not failed.retryable or isinstance(judge((*run.policies, *policies), action), Retry):
        return action
    return replace(action, failure=replace(failed, retryable=False))


IN_DOUBT = Failure("InDoubt", "its process ended while it ran; it may have been done", retryable=False, doubt=True)
"""What became of a step that was begun, and whose end nobody saw."""


def is_in_doubt(failure: Failure) -> bool:
    """Return whether nobody saw how it ended."""
    return failure.type == IN_DOUBT.type


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


def is_about_failures(run: RunContext, policies: Sequence[Policy]) -> bool:
    """Return whether the run's policies, or one of these, may have an opinion on what failed."""
    return any(_may_judge(p) for p in (*run.policies, *policies))


def _may_judge(policy: Policy) -> bool:
    from ..oversight.atoms import Retry
    from ..oversight.guards import At, Failing
    from ..oversight.policy import Policy as PolicyValue
    from ..oversight.policy import walk

    if not isinstance(policy, PolicyValue):
        return False
    return any(isinstance(p, (Retry, Failing)) or (isinstance(p, At) and p.kind == "error") for p in walk(policy))

"""Every exception that convagent raises on purpose.

    ConvagentError
    ├── ConfigError (ValueError)        a bad argument, configuration or file
    │   ├── ConfigFileMissing (FileNotFoundError)  a configuration file is not there
    │   └── MissingExtra (ImportError)  an optional dependency is not installed
    ├── MessageError (ValueError)       a value that is not a chat message
    ├── UsageError (RuntimeError)       a call that cannot work where it was made
    ├── ModelError                      a model did not answer, or not usably
    │   ├── ModelAuthError              401, 403: the key was refused
    │   ├── ModelRateLimited            429: too many requests, or no quota
    │   ├── ModelTimeout                no answer in time
    │   ├── ModelUnreachable            no connection
    │   ├── ModelServerError            5xx
    │   ├── ModelRequestError           any other 4xx: the request was refused
    │   ├── BadModelReply               half a body, no JSON, no choices, wrong shape
    │   └── AllModelsFailed             every entry of a configuration list failed
    ├── ToolError                       raised by a tool, to say what a caller can do
    │   └── ToolArgumentsError          the arguments of a call do not fit; nothing was done
    ├── HumanInputError                 a question to a person got no answer
    │   ├── EndOfInput (EOFError)       the channel ended: Ctrl-D, a closed pipe
    │   └── NobodyReachable             no channel serves the person asked for
    └── RunError                        a run that did not complete
        └── RunCancelled                it was cancelled, or its process is exiting

Where the classic raised a built-in exception, ours is also that built-in, so that an
``except ValueError`` of an existing script still catches it. An interrupted program
(``KeyboardInterrupt``, ``SystemExit``) is never wrapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class ConvagentError(Exception):
    """The root of everything convagent raises on purpose."""


class ConfigError(ConvagentError, ValueError):
    """A bad argument, configuration entry or file; the text says what was expected."""


class ConfigFileMissing(ConfigError, FileNotFoundError):
    """A configuration file is not there; the text says where it was looked for."""


class MissingExtra(ConfigError, ImportError):
    """An optional dependency is not installed; the text says how to install it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional dependency: pip install 'convagent[{extra}]'")
        self.extra = extra


class MessageError(ConvagentError, ValueError):
    """A value cannot be read as a chat message."""


class UsageError(ConvagentError, RuntimeError):
    """A call that cannot work where it was made; the text names the one that does."""


class ModelError(ConvagentError):
    """A model did not answer, or not usably."""

    retryable = False
    """Whether the same request may succeed later (connection, time-out, 429, 5xx)."""

    def __init__(
        self,
        text: str,
        *,
        model: str = "",
        endpoint: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        where = f"model {model!r}" if model else "the model"
        if endpoint:
            where += f" at {endpoint}"
        super().__init__(f"{where}: {text}")
        self.model = model
        self.endpoint = endpoint
        self.status = status
        """The HTTP status, if there was a response."""
        self.retry_after = retry_after
        """Seconds the server asked to wait, if it said so."""


class ModelAuthError(ModelError):
    """The endpoint refused the key (401, 403)."""


class ModelRateLimited(ModelError):
    """Too many requests, or no quota left (429)."""

    retryable = True


class ModelTimeout(ModelError):
    """The endpoint did not answer in time."""

    retryable = True


class ModelUnreachable(ModelError):
    """No connection to the endpoint."""

    retryable = True


class ModelServerError(ModelError):
    """The endpoint failed (5xx)."""

    retryable = True


class ModelRequestError(ModelError):
    """The endpoint refused the request (a 4xx other than 401, 403, 429)."""


class BadModelReply(ModelError):
    """The endpoint answered something that is not a usable completion."""


class AllModelsFailed(ModelError):
    """Every entry of a configuration list failed; `errors` holds each one's reason."""

    def __init__(self, errors: Sequence[ModelError]) -> None:
        self.errors = list(errors)
        lines = "".join(f"\n  {i}. {e}" for i, e in enumerate(self.errors, 1))
        super().__init__(f"none of {len(self.errors)} configured models answered:{lines}")


class ToolError(ConvagentError):
    """Raise from a tool to tell the model what went wrong.

    `retryable=True` says that nothing was done and the call may be made again.
    """

    def __init__(self, text: str, *, retryable: bool = False) -> None:
        super().__init__(text)
        self.retryable = retryable


class ToolArgumentsError(ToolError):
    """The arguments of a call cannot be used; the text says so to whoever made it. Nothing was done."""


class HumanInputError(ConvagentError):
    """A question to a person got no answer."""


class EndOfInput(HumanInputError, EOFError):
    """The channel to the person ended: Ctrl-D, a closed pipe, no terminal."""


class NobodyReachable(HumanInputError):
    """No channel serves the person that was asked for."""


class RunError(ConvagentError):
    """A run that did not complete."""


class RunCancelled(RunError):
    """The run was cancelled, or its process is exiting."""


def one_of(what: str, value: object, allowed: Iterable[str]) -> ConfigError:
    """Return the error for a word outside a closed list, with the nearest word suggested."""
    from difflib import get_close_matches

    words = list(allowed)
    near = get_close_matches(str(value).upper(), [w.upper() for w in words], n=1)
    hint = next((f"; did you mean {w}?" for w in words if near and w.upper() == near[0]), "")
    return ConfigError(f"{what}={value!r} is not one of {', '.join(words)}{hint}")

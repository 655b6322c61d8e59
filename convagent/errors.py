"""Every exception that convagent raises on purpose.

    ConvagentError
    ├── ConfigError (ValueError)        a bad argument, configuration or file
    │   ├── ArgumentError (TypeError)   a call with arguments that it does not take
    │   ├── ConfigFileMissing (FileNotFoundError)  a configuration file is not there
    │   ├── ExpressionError (SyntaxError)  a condition over context variables that cannot be read
    │   ├── VariableMissing (KeyError)  a context variable that a condition or a text asks for is not set
    │   └── MissingExtra (ImportError)  an optional dependency is not installed
    ├── MessageError (ValueError)       a value that is not a chat message
    ├── UsageError (RuntimeError)       a call that cannot work where it was made
    │   └── NoSuchAttribute (AttributeError)  what an object does not have; says what to use instead
    ├── ModelError                      a model did not answer, or not usably
    │   ├── ModelAuthError              401, 403: the key was refused
    │   ├── ModelRateLimited            429: too many requests, or no quota
    │   ├── ModelTimeout                no answer in time
    │   ├── ModelUnreachable            no connection
    │   ├── ModelServerError            5xx
    │   ├── ModelRequestError           any other 4xx: the request was refused
    │   ├── BadModelReply               half a body, no JSON, no choices, wrong shape
    │   └── AllModelsFailed             every entry of a configuration list failed
    ├── PolicyError                     a rule that cannot be evaluated; it denies
    ├── ToolError                       raised by a tool, to say what a caller can do
    │   ├── ToolArgumentsError          the arguments of a call do not fit; nothing was done
    │   └── MCPError                    an MCP server did not do what it was asked; says which
    │       ├── MCPUnavailable (ConnectionError)  it did not start, cannot be reached, or went away
    │       └── MCPTimeout (TimeoutError)  it did not answer in time
    ├── HumanInputError                 a question to a person got no answer
    │   ├── EndOfInput (EOFError)       the channel ended: Ctrl-D, a closed pipe
    │   └── NobodyReachable             no channel serves the person asked for
    ├── BranchError                     members of a team that worked side by side failed; says which
    ├── GroupError                      a group's next speaker cannot be told
    │   ├── NoEligibleSpeakerError      nobody may speak next; raised by rules of the user, too: the group ends
    │   ├── UndefinedNextAgentError     those among whom to choose are not in the group
    │   └── AgentNameConflictError      several agents have the name
    ├── AuditError (OSError)            a log of what happened cannot be written or read
    ├── JournalError                    a journal cannot be used as asked, or what it keeps is damaged
    │   ├── JournalUnavailable          it cannot be reached or is locked just now; trying later may help
    │   └── FencedError                 somebody else has taken the run over: nothing may be written any more
    └── RunError                        a run that did not complete
        ├── RunBlocked                  it cannot go on here: an agent or a tool that it needs is missing
        └── RunCancelled                it was cancelled, or its process is exiting

Where the classic raised a built-in exception, ours is also that built-in, so that an
``except ValueError`` of an existing script still catches it. An interrupted program
(``KeyboardInterrupt``, ``SystemExit``) is never wrapped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


class ConvagentError(Exception):
    """The root of everything convagent raises on purpose."""


class ConfigError(ConvagentError, ValueError):
    """A bad argument, configuration entry or file; the text says what was expected."""


class ArgumentError(ConfigError, TypeError):
    """A call was given arguments that it does not take; the text suggests the one that was meant."""


class ConfigFileMissing(ConfigError, FileNotFoundError):
    """A configuration file is not there; the text says where it was looked for."""


class ExpressionError(ConfigError, SyntaxError):
    """A condition over context variables cannot be read."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.msg = text  # which a SyntaxError shows


class VariableMissing(ConfigError, KeyError):
    """A context variable is not set that a condition or a text asks for."""

    __str__ = Exception.__str__


class MissingExtra(ConfigError, ImportError):
    """An optional dependency is not installed; the text says how to install it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional dependency: pip install 'convagent[{extra}]'")
        self.extra = extra


class MessageError(ConvagentError, ValueError):
    """A value cannot be read as a chat message."""


class UsageError(ConvagentError, RuntimeError):
    """A call that cannot work where it was made; the text names the one that does."""


class NoSuchAttribute(UsageError, AttributeError):
    """An object does not have what was read of it; the text says what to use instead."""

    def __init__(self, text: str, name: str = "", of: object = None) -> None:
        super().__init__(text)
        self._missed, self._of = name, of

    def __str__(self) -> str:
        # Looked for only where it is shown: `hasattr` asks often, and drops the error.
        near = nearest(self._missed, [name for name in dir(self._of) if not name.startswith("_")])
        return super().__str__() + (f"; did you mean {near!r}?" if near else "")


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
        request_id: str = "",
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
        self.request_id = request_id
        """What the service calls the request, if it said so: its support asks for it."""


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
        super().__init__("")
        # Each line names its model; the whole is about no single one.
        self.args = (f"none of {len(self.errors)} configured models answered:{lines}",)


class PolicyError(ConvagentError):
    """A rule cannot be evaluated on an action. It opens no door: the action is denied, with this text."""


class ToolError(ConvagentError):
    """Raise from a tool to tell the model what went wrong.

    `retryable=True` says that nothing was done and the call may be made again.
    """

    def __init__(self, text: str, *, retryable: bool = False) -> None:
        super().__init__(text)
        self.retryable = retryable


class ToolArgumentsError(ToolError):
    """The arguments of a call cannot be used; the text says so to whoever made it. Nothing was done."""


class MCPError(ToolError):
    """An MCP server did not do what it was asked; `retryable` says that nothing was done."""

    def __init__(self, text: str, *, server: str = "", retryable: bool = False) -> None:
        super().__init__(text, retryable=retryable)
        self.server = server
        """What the server is called."""


class MCPUnavailable(MCPError, ConnectionError):
    """An MCP server did not start, cannot be reached, or went away."""


class MCPTimeout(MCPError, TimeoutError):
    """An MCP server did not answer in time."""


class HumanInputError(ConvagentError):
    """A question to a person got no answer."""


class EndOfInput(HumanInputError, EOFError):
    """The channel to the person ended: Ctrl-D, a closed pipe, no terminal."""


class NobodyReachable(HumanInputError):
    """No channel serves the person that was asked for. It ends the run; no tool can swallow it."""

    def __init__(self, text: str, result: object = None) -> None:
        super().__init__(text)
        self.result = result
        """The `ChatResult` so far, where a chat ended by it."""


class BranchError(ConvagentError):
    """Members of a team that worked side by side failed; those that did not have ended all the same."""

    def __init__(self, team: str, errors: Mapping[str, BaseException]) -> None:
        told = "; ".join(f"{name}: {type(error).__name__}: {error}" for name, error in errors.items())
        super().__init__(f"team {team!r}: {len(errors)} of its branches failed: {told}")
        self.errors = dict(errors)
        """What made each of them fail, by the member's name."""

    @property
    def retryable(self) -> bool:
        """Whether all of them may succeed later."""
        return all(getattr(error, "retryable", False) for error in self.errors.values())


class GroupError(ConvagentError):
    """A group's next speaker cannot be told."""


class NoEligibleSpeakerError(GroupError):
    """Nobody may speak next; the conversation of the group ends. Rules of the user may raise it, too."""

    def __init__(self, message: str = "No eligible speakers.") -> None:
        super().__init__(message)
        self.message = message


class UndefinedNextAgentError(GroupError):
    """Those among whom the next speaker is to be chosen are not in the group."""

    def __init__(self, message: str = "The provided agents list does not overlap with agents in the group.") -> None:
        super().__init__(message)
        self.message = message


class AgentNameConflictError(GroupError):
    """Several agents have the name by which one was asked for."""

    def __init__(self, msg: str = "Found multiple agents with the same name.") -> None:
        super().__init__(msg)


class AuditError(ConvagentError, OSError):
    """A log of what happened cannot be written or read. Where it cannot be written, its run ends."""


class JournalError(ConvagentError):
    """A journal cannot be used as asked, or what it keeps is damaged."""


class JournalUnavailable(JournalError):
    """A journal cannot be reached, or is locked by others, just now. Nothing was written."""


class FencedError(JournalError):
    """Somebody else has taken the run over; this process may not write to it any more."""


class RunError(ConvagentError):
    """A run that did not complete."""


class RunBlocked(RunError):
    """A run cannot go on here: an agent or a tool that it needs is missing, or was changed. It stays resumable."""


class RunCancelled(RunError):
    """The run was cancelled, or its process is exiting."""


def nearest(word: str, words: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the word that was probably meant, whatever its case; None: none is near."""
    from difflib import get_close_matches

    known = {w.upper(): w for w in words}
    near = get_close_matches(word.upper(), known, n=1, cutoff=cutoff)
    return known[near[0]] if near else None


def one_of(what: str, value: object, allowed: Iterable[str]) -> ConfigError:
    """Return the error for a word outside a closed list, with the nearest word suggested."""
    words = list(allowed)
    near = nearest(str(value), words)
    hint = f"; did you mean {near}?" if near else ""
    return ConfigError(f"{what}={value!r} is not one of {', '.join(words)}{hint}")

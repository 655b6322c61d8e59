"""One chat between two agents: what was asked of it, and how it is held, from its beginning to its result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from .._sync import Boxed, Host, current_host
from ..action import Policy
from ..agent import Agent, Termination
from ..conversation.context import RunContext, Stopped, current_run
from ..conversation.loop import converse
from ..conversation.pattern import Lent
from ..conversation.result import ChatResult
from ..conversation.state import ConversationState
from ..errors import ConfigError, NobodyReachable, RunCancelled
from ..events import RunCompletionEvent
from ..oversight.authority import Directory, directory_of
from ..patterns.one_answer import OneAnswer
from ..patterns.roster import executor_of
from ..runs.console import LoopConsole
from ..runs.local import LocalRuntime
from ..runtime import Parked, strand
from .announcing import started
from .company import participants, with_those_they_bring
from .gating import check_confidence, read_policies
from .opening import opening_message
from .sources import load_tools
from .summary import check_summary, summarize
from .usage import gather_usage_summary

if TYPE_CHECKING:
    from ..conversation.limits import Limit
    from .conversable import ConversableAgent
    from .kept_chat import Kept

Observer = Callable[[Any], Any]


@dataclass(slots=True)
class Chat:
    """Everything that was asked of a chat. Checked when it is made."""

    sender: ConversableAgent
    recipient: ConversableAgent
    message: Any = None
    clear_history: bool = True
    silent: bool | None = False
    cache: Any = None
    max_turns: int | None = None
    summary_method: Any = "last_msg"
    summary_args: Mapping[str, Any] | None = None
    oversight: Policy | Iterable[Policy] = ()
    people: Any = None
    channels: Sequence[Observer] = ()
    observers: Sequence[Observer] = ()
    journal: Any = None
    limits: Limit | None = None
    context: dict[str, Any] = field(default_factory=dict[str, Any])
    """More keyword arguments of the call: carryover, and whatever a message function wants."""
    one_message: bool = False
    """Whether this is a message by itself: who replies to whom, and how often yet, stays as it was."""
    request_reply: bool | None = None
    """Whether the recipient of one message is to reply; None: if it replies to the sender anyway."""
    one_answer: bool = False
    """Whether it is over once the recipient has answered."""
    chat_id: int | str | None = None
    follows: bool = False
    """Whether it is one of a queue, and not the first."""
    kept: Kept | None = None
    """How it is kept in a journal; None: it is not, or begins to be."""

    def __post_init__(self) -> None:
        self._check_sides()
        self._check_message()
        self.oversight = read_policies(self.oversight)
        source = any(a.confidence is not None for a in (self.sender, self.recipient))
        check_confidence(self.oversight, source, f"the chat of {self.sender.name!r} and {self.recipient.name!r}")
        if self.limits is not None:
            from ..conversation.limits import as_limit  # loaded with the first limit

            self.limits = as_limit(self.limits)
        if self.journal is not None and self.kept is None:
            from ..journal import open_journal
            from .kept_chat import Kept

            journal = open_journal(self.journal)
            self.kept = Kept(journal, owned=journal is not self.journal)
        self._check_summary()
        if not isinstance(self.context.get("carryover", ""), (str, list, tuple)):
            carryover: object = self.context["carryover"]
            raise ConfigError(
                f"carryover={carryover!r} is a {type(carryover).__name__}; expected a string or a list of strings"
            )

    def _check_sides(self) -> None:
        from .conversable import ConversableAgent

        for role in ("sender", "recipient"):
            agent: object = getattr(self, role)
            if not isinstance(agent, ConversableAgent):
                raise ConfigError(f"{role}={agent!r} is a {type(agent).__name__}; expected a ConversableAgent")
        if self.sender is self.recipient and not self.recipient.brings():  # a manager may open its own group's
            raise ConfigError(f"agent {self.sender.name!r} cannot chat with itself; make a second agent")
        turns: Any = self.max_turns
        if turns is not None and (isinstance(turns, bool) or not isinstance(turns, int) or turns < 1):
            raise ConfigError(
                f"max_turns={turns!r} is not a number of round trips; expected None or a whole number from 1"
            )

    def _check_message(self) -> None:
        message: object = self.message
        if message is not None and not isinstance(message, (str, Mapping)) and not callable(message):
            raise ConfigError(
                f"message={message!r} is a {type(message).__name__}; expected a string, a dict with 'content', "
                "a function of (sender, recipient, context), or None to ask the person"
            )

    def _check_summary(self) -> None:
        check_summary(self.summary_method, self.summary_args)
        if self.summary_method == "reflection_with_llm" and not (self.sender.llm_config or self.recipient.llm_config):
            raise ConfigError(
                "summary_method='reflection_with_llm' asks a model, and neither "
                f"{self.sender.name!r} nor {self.recipient.name!r} has one; give one of them an llm_config"
            )


async def hold(chat: Chat, on_start: Callable[[LocalRuntime], None] | None = None) -> ChatResult:
    """Hold a chat and return its result; one that is kept in a journal goes on where it was.

    Its events go to the host of the surrounding conversation, if there is one: the chat is then
    that conversation's child. Else they are printed, and the person at the terminal is asked.

    Raises:
        Exception: whatever made it fail; what was said until then stays in the agents' histories.
        Parked: it is kept in a journal, can only wait, and its process is not to wait with it.
    """
    _check_reach(chat.people, chat.channels)  # before anything of it is kept
    parent = current_run.get()
    run = _context(chat, parent, current_host.get() or LoopConsole())
    outer_host, outer_strand = current_host.set(run.host), strand.set("")
    try:
        result = _kept_result(chat, run)
        if result is None:
            await load_tools(participants(run.state), run.runtime)
            _begin(chat, run, on_start)
            result = await _finished(chat, run, await converse(run))
        if chat.kept is not None:
            await chat.kept.ended(result)
        return result
    except BaseException as error:
        await _broken_off(chat, run, error)
        raise
    finally:
        current_host.reset(outer_host)
        strand.reset(outer_strand)
        for agent, replies in zip(participants(run.state), run.state.auto_replies, strict=True):
            agent.auto_replies[run.state.other(agent)] = replies
        if chat.kept is not None:
            chat.kept.over()
        if parent is not None:
            parent.state.heard_inside(run.state.all_typed)
            _return_to_outer(parent, chat.sender, chat.recipient)


# ---------------------------------------------------------------- before it begins


def _context(chat: Chat, parent: RunContext | None, host: Host) -> RunContext:
    """Return the run in which a chat is held: whom it reaches, by which pattern and rules it goes."""
    sender, recipient = chat.sender, chat.recipient
    runtime = _runtime(chat, parent, host)
    state, pattern = recipient.conversation(sender, chat.clear_history, chat.max_turns)
    if chat.one_answer and not recipient.brings():  # else those behind it say when they are done
        pattern = OneAnswer()
    policies = (*recipient.governs, *cast("tuple[Policy, ...]", chat.oversight))
    run = RunContext(
        runtime, host, state, pattern, silent=bool(chat.silent), policies=policies, parent=parent, limits=_limits(chat)
    )
    if isinstance(pattern, OneAnswer):
        run.lent = Lent(executor=partial(_executor, sender, recipient))
    run.opening = partial(opening_message, chat, run)
    run.cache = chat.cache
    run.given_silent = chat.silent
    _count_replies(chat, state)
    return run


def _runtime(chat: Chat, parent: RunContext | None, host: Host) -> LocalRuntime:
    if parent is not None:
        runtime = cast(LocalRuntime, parent.runtime).branch("", host)
        runtime.observe(chat.observers)
    elif chat.kept is not None:
        runtime = chat.kept.runtime(chat, host, _directory(chat.people))
    else:
        runtime = LocalRuntime(host, chat.observers)
    _reach(runtime, chat.people, chat.channels)
    return runtime


def _kept_result(chat: Chat, run: RunContext) -> ChatResult | None:
    """Let a chat that is kept stand where it was; return its result if it had come to its end, else None."""
    if not run.runtime.keeps:
        return None
    from .kept_chat import enter

    return enter(chat, run)


def _begin(chat: Chat, run: RunContext, on_start: Callable[[LocalRuntime], None] | None) -> None:
    """Let whoever wants something of a run reach it, and tell that it starts."""
    if on_start is not None:
        on_start(cast(LocalRuntime, run.runtime))
    if chat.kept is not None:
        chat.kept.listen()
    run.runtime.emit(started(run, chat))


def _executor(sender: ConversableAgent, recipient: ConversableAgent, names: Sequence[str]) -> Agent | None:
    return executor_of((recipient, *sender.brings()), names)


def _limits(chat: Chat) -> Limit | None:
    """Return how far a chat may go: by what was said of it, and what holds for every one with its recipient."""
    own = chat.recipient.limits
    if own is None or chat.limits is None:
        return chat.limits if own is None else own
    return own | chat.limits


def _return_to_outer(outer: RunContext | None, sender: ConversableAgent, recipient: ConversableAgent) -> None:
    """Let a chat of the same two agents that goes on around this one be their latest again."""
    while outer is not None:
        thread = outer.state.thread
        if thread.has(sender, recipient):
            sender.chat_messages.begin(recipient, thread.between(sender, recipient))
            recipient.chat_messages.begin(sender, thread.between(recipient, sender))
            return
        outer = outer.parent


def _count_replies(chat: Chat, state: ConversationState) -> None:
    """Begin to count each side's replies, and settle who replies to what it receives."""
    sides = [(agent, state.other(agent)) for agent in participants(state)]
    if not chat.one_message:
        for agent, other in sides:
            agent.reply_at_receive[other] = chat.max_turns is None
        return
    state.auto_replies = [agent.auto_replies.get(other, 0) for agent, other in sides]
    replies = [agent.reply_at_receive[other] for agent, other in sides]
    if chat.request_reply is not None:
        replies[1] = chat.request_reply
    state.deaf = frozenset(side for side, replying in enumerate(replies) if not replying)


def _check_reach(people: Any, channels: Sequence[Observer]) -> None:
    names = [str(getattr(channel, "name", "")) for channel in channels]
    twice = next((name for name in names if name and names.count(name) > 1), "")
    if twice:
        raise ConfigError(f"two channels are called {twice!r}; give each a name of its own, so that one may fail alone")
    if people is not None and not isinstance(people, (Mapping, Directory)) and not callable(people):
        raise ConfigError(
            f"people={people!r}: expected a dict of persons and their roles, such as {{'ada': ['clerk']}}"
        )


def _reach(runtime: LocalRuntime, people: Any, channels: Sequence[Observer]) -> None:
    """Say who can be asked in a run: persons and roles, and the ways to them."""
    runtime.channels = tuple(channels)
    if people is None:
        return
    runtime.directory = _directory(people) or runtime.directory
    if isinstance(people, (Mapping, Directory)):
        return
    runtime.channels = (people, *channels)  # people of a test are their own channel
    runtime.clock = getattr(people, "clock", runtime.clock)


def _directory(people: Any) -> Directory | None:
    """Return who people are and what roles they have, where `people=` says so."""
    return directory_of(people) if isinstance(people, (Mapping, Directory)) else getattr(people, "directory", None)


# ---------------------------------------------------------------- how it ends


async def _broken_off(chat: Chat, run: RunContext, error: BaseException) -> None:
    """Tell why a chat did not come to its end; of one in a journal, keep what is to become of it."""
    kept, runtime = chat.kept, cast(LocalRuntime, run.runtime)
    match error:
        case Parked():
            if kept is not None:
                await kept.parked()
        case NobodyReachable():
            error.result = _result(chat, run, "", Termination("nobody could be reached", "failed"))
            runtime.fail(error)
        case asyncio.CancelledError() | Boxed(inner=KeyboardInterrupt() | SystemExit()) if runtime.keeps:
            if kept is not None:
                await kept.left("its program was interrupted")
        case asyncio.CancelledError():
            runtime.fail(RunCancelled("the run was cancelled"))
        case _:
            inner = error.inner if isinstance(error, Boxed) else error
            runtime.fail(inner)
            if kept is not None:
                await kept.failed(inner)


async def _finished(chat: Chat, run: RunContext, end: Termination) -> ChatResult:
    """Sum up what was said, and tell that the run is over."""
    sender, recipient, state = chat.sender, chat.recipient, run.state
    if run.tally is not None:
        run.tally.ends()
    token = current_run.set(run)
    try:
        summary = await summarize(run, sender, recipient, chat.summary_method, chat.summary_args or {})
    except Stopped:
        summary = ""  # what was said is the result all the same
    finally:
        current_run.reset(token)
    result = _result(chat, run, summary, end if end.reason else Termination(state.reason, end.how))
    run.runtime.emit(
        RunCompletionEvent(
            history=result.chat_history,
            summary=summary,
            cost=result.cost,
            last_speaker=result.last_speaker,
            reason=result.reason,
            context_variables=result.context_variables,
            how=result.how,
        )
    )
    return result


def _result(chat: Chat, run: RunContext, summary: str, end: Termination) -> ChatResult:
    sender, state = chat.sender, run.state
    return ChatResult(
        chat_id=chat.chat_id if chat.chat_id is not None else run.run_id,
        chat_history=list(state.thread.view(sender)),  # the agents may go on, or forget
        summary=summary,
        cost=gather_usage_summary([sender, *with_those_they_bring([chat.recipient])]),
        human_input=list(state.answers.get(sender.name, ())),
        reason=end.reason,
        last_speaker=state.last_speaker or sender.name,
        parsed=run.parsed,
        context_variables=(sender.context_variables if state.variables is None else state.variables).to_dict(),
        how=end.how,
    )

"""One chat between two agents, from the opening message to the result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from .._sync import Boxed, call_user, current_host
from ..action import Policy
from ..agent import Agent
from ..conversation.context import RunContext, Stopped, current_run
from ..conversation.loop import converse
from ..conversation.pattern import Lent
from ..conversation.result import ChatResult
from ..conversation.state import ConversationState
from ..errors import ConfigError, EndOfInput, NobodyReachable, RunCancelled, UsageError
from ..events import RunCompletionEvent, RunStarted
from ..messages import Message, content_text
from ..models.base import ModelClient
from ..oversight.authority import Directory, directory_of
from ..patterns.one_answer import OneAnswer
from ..patterns.roster import executor_of
from ..runs.console import LoopConsole
from ..runs.local import LocalRuntime
from ..runtime import Parked, strand
from .company import with_those_they_bring
from .gating import check_confidence, read_policies
from .summary import check_summary, summarize
from .usage import gather_usage_summary, unpriced

if TYPE_CHECKING:
    from ..conversation.limits import Limit
    from .conversable import ConversableAgent
    from .durable import Kept

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
        message: object = self.message
        if message is not None and not isinstance(message, (str, Mapping)) and not callable(message):
            raise ConfigError(
                f"message={message!r} is a {type(message).__name__}; expected a string, a dict with 'content', "
                "a function of (sender, recipient, context), or None to ask the person"
            )
        self.oversight = read_policies(self.oversight)
        source = any(a.confidence is not None for a in (self.sender, self.recipient))
        check_confidence(self.oversight, source, f"the chat of {self.sender.name!r} and {self.recipient.name!r}")
        if self.limits is not None:
            from ..conversation.limits import as_limit  # loaded with the first limit

            self.limits = as_limit(self.limits)
        if self.journal is not None and self.kept is None:
            from ..journal import open_journal
            from .durable import Kept

            journal = open_journal(self.journal)
            self.kept = Kept(journal, owned=journal is not self.journal)
        check_summary(self.summary_method, self.summary_args)
        if self.summary_method == "reflection_with_llm" and not (self.sender.llm_config or self.recipient.llm_config):
            raise ConfigError(
                "summary_method='reflection_with_llm' asks a model, and neither "
                f"{self.sender.name!r} nor {self.recipient.name!r} has one; give one of them an llm_config"
            )
        if not isinstance(self.context.get("carryover", ""), (str, list, tuple)):
            carryover: object = self.context["carryover"]
            raise ConfigError(
                f"carryover={carryover!r} is a {type(carryover).__name__}; expected a string or a list of strings"
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
    host = current_host.get() or LoopConsole()
    if parent is not None:
        runtime = cast(LocalRuntime, parent.runtime).branch("", host)
        runtime.observe(chat.observers)
    elif chat.kept is not None:
        runtime = chat.kept.runtime(chat, host, _directory(chat.people))
    else:
        runtime = LocalRuntime(host, chat.observers)
    _reach(runtime, chat.people, chat.channels)
    sender, recipient = chat.sender, chat.recipient
    state, pattern = recipient.conversation(sender, chat.clear_history, chat.max_turns)
    if chat.one_answer and not recipient.brings():  # else those behind it say when they are done
        pattern = OneAnswer()
    policies = (*recipient.governs, *cast("tuple[Policy, ...]", chat.oversight))
    run = RunContext(
        runtime, host, state, pattern, silent=bool(chat.silent), policies=policies, parent=parent, limits=_limits(chat)
    )
    if isinstance(pattern, OneAnswer):
        run.lent = Lent(executor=partial(_executor, sender, recipient))
    run.opening = partial(_opening, chat, run)
    run.cache = chat.cache
    run.given_silent = chat.silent
    _count_replies(chat, state)
    host_token, outer_strand = current_host.set(host), strand.set("")
    try:
        if runtime.keeps:
            from .durable import enter

            done = enter(chat, run)
            if done is not None:
                if chat.kept is not None:
                    await chat.kept.ended(done)
                return done
        if on_start is not None:
            on_start(runtime)
        if chat.kept is not None:
            chat.kept.listen()
        runtime.emit(_started(run, chat))
        reason = await converse(run)
        result = await _finished(chat, run, reason)
        if chat.kept is not None:
            await chat.kept.ended(result)
        return result
    except Parked:
        if chat.kept is not None:
            await chat.kept.parked()
        raise
    except NobodyReachable as error:
        error.result = _result(chat, run, "", "nobody could be reached")
        runtime.fail(error)
        raise
    except asyncio.CancelledError:
        if chat.kept is not None:
            await chat.kept.left("its program was interrupted")
        elif not runtime.keeps:
            runtime.fail(RunCancelled("the run was cancelled"))
        raise
    except BaseException as error:
        inner = error.inner if isinstance(error, Boxed) else error
        runtime.fail(inner)
        if chat.kept is not None:
            await chat.kept.failed(inner)
        raise
    finally:
        current_host.reset(host_token)
        strand.reset(outer_strand)
        for agent, replies in zip(participants(state), state.auto_replies, strict=True):
            agent.auto_replies[state.other(agent)] = replies
        if chat.kept is not None:
            chat.kept.over()
        if parent is not None:
            parent.state.heard_inside(state.all_typed)
            _return_to_outer(parent, sender, recipient)


def _executor(sender: ConversableAgent, recipient: ConversableAgent, names: Sequence[str]) -> Agent | None:
    return executor_of((recipient, *sender.brings()), names)


def _limits(chat: Chat) -> Limit | None:
    """Return how far a chat may go: by what was said of it, and what holds for every one with its recipient."""
    own = chat.recipient.limits
    return chat.limits if own is None else own if chat.limits is None else own | chat.limits


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


def participants(state: ConversationState) -> tuple[ConversableAgent, ...]:
    """Return those who take part, each at its side."""
    return cast("tuple[ConversableAgent, ...]", state.participants)


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


def _started(run: RunContext, chat: Chat) -> RunStarted:
    sides, parent = participants(run.state), run.parent
    notes: list[str] = []
    for agent in sides:
        client: ModelClient | None = agent.client
        if client is not None and client.offline_note:
            notes.append(f"{agent.name}: {client.offline_note}")
    notes += _quorums(run, sides)
    if chat.limits is not None:
        notes += unpriced(chat.limits, sides)
    return RunStarted(
        agents=tuple(a.name for a in sides),
        notes=tuple(notes),
        silent=run.silent,
        parent=parent.run_id if parent is not None else "",
        follows=chat.follows,
        hides=_hidden(sides) if run.runtime.keeps else {},
        _parameters=partial(_parameters_of, sides),
    )


def _hidden(sides: tuple[ConversableAgent, ...]) -> dict[str, Mapping[str, Any]]:
    """Return the schemas of the tools that mark something as secret, by name."""
    from ..redaction import marks

    names = dict.fromkeys(t.name for a in sides for t in (*a.tools, *a.executable.values(), *a.lent_tools))
    found = {name: _parameters_of(sides, name) for name in names}
    return {name: schema for name, schema in found.items() if schema is not None and marks(schema)}


def _parameters_of(sides: tuple[ConversableAgent, ...], name: str) -> Mapping[str, Any] | None:
    """Return the schema of the arguments of every tool of that name, as one."""
    tools = [t for a in sides for t in (*a.tools, *a.executable.values(), *a.lent_tools) if t.name == name]
    found: list[Mapping[str, Any]] = []
    for one in dict.fromkeys(tools):
        try:
            found.append(one.parameters)
        except ConfigError:
            continue  # a function registered for execution alone needs no schema
    return found[0] if len(found) == 1 else {"allOf": found} if found else None


def _quorums(run: RunContext, sides: tuple[ConversableAgent, ...]) -> list[str]:
    """Say which questions need more people than can be asked here."""
    given = (*run.policies, *(p for a in sides for p in a.policies))
    tools = {t.name: t for a in sides for t in (*a.own_tools.values(), *a.executable.values())}
    given = (*given, *(p for t in tools.values() for p in t.rules.approval))
    if not given:
        return []
    from ..oversight.atoms import Ask  # these are loaded with the first policy
    from ..oversight.policy import Policy as PolicyValue
    from ..oversight.policy import walk

    asks = [p for policy in given if isinstance(policy, PolicyValue) for p in walk(policy) if isinstance(p, Ask)]
    # No set: an ask whose form is a JSON Schema has no hash.
    several = [found for i, found in enumerate(asks) if found.need > 1 and found not in asks[:i]]
    if getattr(run.runtime, "asks_whoever_consumes", False):
        return [f"{found} needs {found.need} different people, and a terminal alone is one" for found in several]
    return [
        f"{found} needs {found.need} different people, and fewer can be asked here"
        for found in several
        if not run.runtime.reaches(found.who, found.need)
    ]


async def _finished(chat: Chat, run: RunContext, reason: str) -> ChatResult:
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
    result = _result(chat, run, summary, reason or state.reason)
    run.runtime.emit(
        RunCompletionEvent(
            history=result.chat_history,
            summary=summary,
            cost=result.cost,
            last_speaker=result.last_speaker,
            reason=result.reason,
            context_variables=result.context_variables,
        )
    )
    return result


def _result(chat: Chat, run: RunContext, summary: str, reason: str) -> ChatResult:
    sender, state = chat.sender, run.state
    return ChatResult(
        chat_id=chat.chat_id if chat.chat_id is not None else run.run_id,
        chat_history=list(state.thread.view(sender)),  # the agents may go on, or forget
        summary=summary,
        cost=gather_usage_summary([sender, *with_those_they_bring([chat.recipient])]),
        human_input=list(state.answers.get(sender.name, ())),
        reason=reason,
        last_speaker=state.last_speaker or sender.name,
        parsed=run.parsed,
        context_variables=(sender.context_variables if state.variables is None else state.variables).to_dict(),
    )


# ---------------------------------------------------------------- the opening message


async def _opening(chat: Chat, run: RunContext) -> Message | str | None:
    sender = chat.sender
    message: Any = chat.message
    try:
        if callable(message):
            return await call_user(run.host, message, sender, chat.recipient, chat.context)
        own = sender.overrides.find(sender, "generate_init_message", run)
        if own is not None:
            return await run.call(own, message, **chat.context)
        if message is None:
            message = await sender.ask_person(run, ">", "opening", chat.recipient.name)
    except EOFError as end:
        if not isinstance(end, EndOfInput) and message is not None:
            raise
        run.terminate("End of input", sender.name, chat.recipient.name)
        return None
    return with_carryover(message, chat.context.get("carryover"))


def with_carryover(message: Any, carryover: Any) -> Any:
    """Return an opening message with what was carried over from earlier chats appended."""
    if not carryover:
        return message
    if isinstance(message, str):
        return message + carried(carryover)
    if isinstance(message, Mapping):
        found = dict(cast(Mapping[str, Any], message))
        content = found.get("content")
        if isinstance(content, str):
            found["content"] = content + carried(carryover)
        elif isinstance(content, list):
            found["content"] = [{"type": "text", "text": carried(carryover)}, *cast(list[Any], content)]
        return found
    raise UsageError(f"a carryover cannot be added to the message {message!r}; expected a string or a dict")


def carried(carryover: Any) -> str:
    """Return what was carried over, as it is appended to a message."""
    items = [carryover] if isinstance(carryover, str) else list(carryover)
    return "\nContext: \n" + "\n".join(_carried_item(item) for item in items)


def _carried_item(item: Any) -> str:
    if not isinstance(item, Mapping) or "content" not in item:
        return str(cast(object, item))
    content: object = cast(Mapping[str, Any], item)["content"]
    return content_text(content)

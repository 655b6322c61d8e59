"""Chats that are kept in a journal: what is kept of one at its start, and how it is gone on with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from .. import serde
from ..conversation.context import RunContext
from ..conversation.limits_json import from_json as limit_from_json
from ..conversation.limits_json import to_json as limit_to_json
from ..conversation.restoring import fold, restore
from ..conversation.result import ChatResult
from ..conversation.state import ConversationState
from ..errors import BranchError, ConfigError, JournalError, JournalUnavailable, ModelError, RunBlocked
from ..events import ModelCallFinished, RunCompletionEvent, RunLeftEvent
from ..journal.base import Batch, Claim, Journal, Loaded, StoredRequest
from ..messages import Usage
from ..oversight._names import named_function, resolve_function
from ..oversight.atoms import Ask
from ..oversight.authority import Directory, directory_of
from ..oversight.policy import Policy as PolicyValue
from ..oversight.policy import walk
from ..oversight.serial import form_to_json, from_json, to_json
from ..patterns.by_model import SELECTOR
from ..runs.clock import MACHINE
from ..runs.journaled import STEP, JournaledRuntime
from ..runs.keeper import RETRY, Keeper, called
from ..runs.stored_question import StoredQuestion
from ..runtime import Control, Parked
from .company import list_of, with_those_they_bring
from .structured import last_parsed
from .variables import kept_variables, restore_variables

if TYPE_CHECKING:
    from .._sync import Host
    from ..runs.response import RunResponse
    from .chat import Chat
    from .conversable import ConversableAgent

VERSION = 1
AGAIN = 30.0
"""Seconds after which a run is tried again whose model could not be reached."""


# ---------------------------------------------------------------- what is kept at the start


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
    import json

    try:
        found: Any = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{what}={value!r} cannot be kept in a journal: {error}") from None
    if isinstance(found, dict) and set(cast("dict[str, Any]", found)) == {"function"}:
        raise ConfigError(f"{what}={value!r} looks like the name of a function; give it another key")
    return cast(Any, found)


def _check_forms(agent: ConversableAgent) -> None:
    """Refuse rules whose forms could not be found again; what else they hold is not kept but judged when it is due."""
    tools = {**agent.own_tools, **agent.executable}.values()
    for policy in (*agent.policies, *agent.governs, *(p for tool in tools for p in tool.rules.approval)):
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


# ---------------------------------------------------------------- reading it back


def chat_from(loaded: Loaded, agents: Iterable[ConversableAgent]) -> Chat:
    """Return the chat that was kept, with these agents.

    Raises:
        RunBlocked: an agent that it needs is not among them, a function that it names is gone, or a later convagent
            wrote what this one would not understand.
    """
    from .chat import Chat

    found = {named(agent): agent for agent in with_those_they_bring(agents)}
    run, spec = loaded.info.id, loaded.spec
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


# ---------------------------------------------------------------- moving it on


class Kept:
    """A chat on its way from or into a journal.

    Args:
        journal: where it is kept.
        loaded: as it was kept so far; None: it begins.
        claim: the right to go on with it; None: it is claimed when it begins.
        parks: whether to let go of it when it can only wait.
        owned: whether the journal was opened for this chat, and is to be closed with it.
    """

    def __init__(
        self, journal: Journal, loaded: Loaded | None = None, claim: Claim | None = None, *, parks: bool = False,
        owned: bool = False,
    ) -> None:  # fmt: skip
        self._owned = owned
        self.journal, self.loaded, self.claim, self.parks = journal, loaded, claim, parks
        self.entered = False
        self._runtime: JournaledRuntime | None = None

    def runtime(self, chat: Chat, host: Host | None, directory: Directory | None) -> JournaledRuntime:
        """Return the runtime of the chat: claimed, and where it was."""
        journal, claim = self.journal, self.claim
        if claim is None:
            from uuid import uuid4

            spec = spec_of(chat, directory)
            claim = journal.begin(uuid4().hex[:12], spec, needed(chat), journal.heart.worker, journal.lease)
        ahead = 0.0 if journal.quick else journal.now() - MACHINE.now()  # one on this machine has its clock
        keeper = Keeper(journal, claim, self.loaded, parks=self.parks, news=self._hear)
        keeper.ahead, self.entered = ahead, True
        self._runtime = JournaledRuntime(host, chat.observers, keeper=keeper, run_id=claim.run)
        return self._runtime

    def listen(self) -> None:
        """Let what people want of the run reach it, from now on."""
        assert self._runtime is not None
        self._runtime.keeper.listen()

    def _hear(self, news: StoredRequest | Control) -> None:
        runtime = self._runtime
        if runtime is None:
            return
        if isinstance(news, Control):
            runtime.steer(news)
            return
        question = runtime.standing(news.id)
        if isinstance(question, StoredQuestion):
            question.settled(news)

    def over(self) -> None:
        """Close the journal, if nobody else has it."""
        if self._owned:
            self.journal.close()

    async def ended(self, result: ChatResult) -> None:
        """Keep that it came to its end."""
        assert self._runtime is not None
        await self._runtime.keeper.end("done", result.reason)

    async def parked(self) -> None:
        """Let go of it, because it can only wait.

        Raises:
            JournalError: it was taken over by another process.
            Parked: always else; its `again` says whether something came in meanwhile.
        """
        assert self._runtime is not None
        keeper = self._runtime.keeper
        if keeper.error is not None:
            raise keeper.error from keeper.error.__cause__  # not from how it unwound
        raise Parked(not await keeper.end("waiting"))

    async def left(self, why: str) -> None:
        """Let go of it where it stands, because its program ends."""
        runtime = self._runtime
        if runtime is None or runtime.keeper.let_go:
            return
        status = await runtime.keeper.leave(why)
        open_ones = tuple(r.request for r in runtime.keeper.requests.values() if r.status == "open")
        runtime.tell(RunLeftEvent(status=status, reason=why, requests=open_ones, journal=self.journal.url))

    async def failed(self, error: BaseException) -> None:
        """Keep why it cannot go on; where that may pass, that it is tried again by itself."""
        runtime = self._runtime
        if runtime is None or runtime.keeper.let_go:
            return
        reason = f"{type(error).__name__}: {error}"
        if isinstance(error, JournalError):
            runtime.keeper.give_up()
        try:
            if isinstance(error, (ModelError, BranchError)) and error.retryable and self.parks:
                await runtime.keeper.end("waiting", reason, runtime.now() + AGAIN)
            else:
                await runtime.keeper.end("blocked", reason)
        except JournalError as another:
            error.add_note(f"That could not be kept in the journal: {another}")


def enter(chat: Chat, run: RunContext) -> ChatResult | None:
    """Let a run stand where it was kept; return its result if it had come to its end, else None."""
    runtime = cast(JournaledRuntime, run.runtime)
    sides = cast("tuple[ConversableAgent, ...]", run.state.participants)
    before = cast("list[Any] | None", chat.kept.loaded.spec["before"] if chat.kept and chat.kept.loaded else None)
    for agent, messages in zip(sides, before or (), strict=False):
        run.state.thread.preset(agent, list(messages))
    restore(run, runtime.past, runtime.turn)
    if run.tally is not None:
        run.tally.fold(runtime.kept_before())
    by_name = {SELECTOR: sides[1], **{agent.name: agent for agent in sides}}
    for body in runtime.past:
        if body["type"] == ModelCallFinished.type and body.get("agent") in by_name and "error" not in body:
            used = Usage(**body.get("usage", {}))
            by_name[body["agent"]].usage.count(body["model"], used, cached=body.get("cached", False))
    begun = chat.kept.loaded.spec.get("variables") if chat.kept and chat.kept.loaded else None
    restore_variables(sides, run.state.variables, runtime.kept_extras, begun)
    run.parsed = last_parsed(sides, runtime.past)
    runtime.past.clear()
    runtime.extras = partial(kept_variables, sides, run.state.variables)
    done = runtime.completed
    if not isinstance(done, RunCompletionEvent):
        return None
    restore(run, runtime.unfinished, runtime.turn)
    return _result(chat, run.run_id, run.state, done, last_parsed(sides, runtime.unfinished, run.parsed))


def _result(chat: Chat, run: str, state: ConversationState, done: RunCompletionEvent, parsed: Any) -> ChatResult:
    return ChatResult(
        chat_id=chat.chat_id if chat.chat_id is not None else run, parsed=parsed,
        chat_history=list(state.thread.view(chat.sender)), summary=done.summary, cost=dict(done.cost),
        human_input=list(state.answers.get(chat.sender.name, ())), reason=done.reason,
        last_speaker=done.last_speaker, context_variables=dict(done.context_variables),
    )  # fmt: skip


def enqueue(
    journal: Any, sender: ConversableAgent, recipient: ConversableAgent, *, message: Any, run_id: str = "",
    oversight: Any = (), people: Any = None, context: Mapping[str, Any] | None = None, lane: str = "", **given: Any,
) -> str:  # fmt: skip
    """Keep a chat in a journal for a worker to hold; return the id of its run.

    Args:
        journal: where it is kept: a path, a URL, or a journal.
        sender: who begins; a worker finds an agent of this name.
        recipient: the other one.
        message: the opening; a function has to be one of a module.
        run_id: what the run is to be called, so that the same chat asked for twice is one; empty: a new name.
        oversight: policies on what is about to happen in this chat.
        people: persons and their roles, who alone may then answer.
        context: what a message function wants, and ``carryover``.
        lane: names what shares a limit of the workers: a tenant, the endpoint of a model; see `docs/deployment.md`.
        **given: ``limits``, ``max_turns``, ``silent``, ``summary_method``, ``summary_args``, as for `initiate_chat`.

    Raises:
        ConfigError: a part cannot be kept, and why.
        JournalError: there is a run of this id.
    """
    from uuid import uuid4

    from ..journal.opening import opened
    from .chat import Chat

    chat = Chat(sender, recipient, message, oversight=oversight, people=people, context=dict(context or {}), **given)
    run = run_id or uuid4().hex[:12]
    if not isinstance(run, str) or not run.isprintable() or "/" in run:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"run_id={run!r}: expected text on one line without '/', which parts a run from those inside")
    spec = spec_of(chat, None if people is None else directory_of(people))
    with opened(journal) as where:
        where.begin(run, {**spec, "lane": lane} if lane else spec, needed(chat), "", 0.0, "ready")
    return run


def resume(
    journal: Any, run_id: str, agents: Iterable[ConversableAgent], *, channels: Sequence[Any] = (),
    observers: Sequence[Any] = (),
) -> RunResponse:  # fmt: skip
    """Go on with a run that is kept in a journal, in this process; returns at once, as `run` does.

    Turns that are finished are not run again, and of the one that was not what it did already neither: answers,
    results of models and tools count as they were. A run that is over gives its result again.

    Args:
        journal: where it is kept: a path, a URL, or a journal.
        run_id: which one.
        agents: those that it needs, among others; found by name, and version where they have one.
        channels: the ways to people, beside the inbox; none: the terminal, where the response is consumed there.
        observers: functions that are told what happens from now on.

    Raises:
        ConfigError: `agents` are none.
        JournalError: there is no such run, or another process holds it.
        RunBlocked: an agent or a function that it needs is missing.
    """
    from ..journal import open_journal
    from ..runs.response import RunResponse

    found = list_of(agents)
    where = open_journal(journal, create=False)
    loaded = where.load(run_id)
    chat_from(loaded, found)  # refused before anything is claimed
    claim = None if loaded.info.status == "done" else where.claim(run_id, where.heart.worker, where.lease)

    async def start(on_start: Any) -> ChatResult:
        from .chat import hold

        kept = where.load(run_id)
        chat = chat_from(kept, found)
        if claim is None:
            return _kept_result(chat, kept)
        chat.channels, chat.observers = tuple(channels), tuple(observers)
        chat.kept = Kept(where, kept, claim, owned=where is not journal)
        return await hold(chat, on_start)

    return RunResponse(start, found, name="resume")


def _kept_result(chat: Chat, loaded: Loaded) -> ChatResult:
    """Return the result of a run that is over; both agents remember it."""
    run = loaded.info.id
    state, _ = chat.recipient.conversation(chat.sender, clear=True, max_turns=None)
    for agent, messages in zip(state.participants, loaded.spec["before"] or (), strict=False):
        state.thread.preset(agent, list(messages))
    done, past = None, [row.body for row in loaded.rows if row.run == run and row.body.get("type") not in (STEP, None)]
    for body in past:
        fold(state, body)
        done = serde.read_body(body) if body["type"] == RunCompletionEvent.type else done
    if not isinstance(done, RunCompletionEvent):
        raise JournalError(f"run {run} is over, and its result was deleted")
    return _result(chat, run, state, done, last_parsed(state.participants, past))


async def advance(
    journal: Journal, claim: Claim, agents: Callable[[], Iterable[ConversableAgent]], observers: Sequence[Any] = (),
    channels: Sequence[Any] = (),
) -> ChatResult | None:  # fmt: skip
    """Move a claimed run on as far as it goes, and let go of it; return its result, or None: it waits.

    What made it fail is kept as the reason why it is blocked, and returned to nobody: it belongs to the run.
    """
    from .._sync import LoopHost, current_host
    from .chat import hold

    while True:
        try:
            loaded = await called(journal, journal.load, claim.run)
        except JournalUnavailable:
            await asyncio.sleep(RETRY[1])
            continue
        except JournalError as damaged:
            await called(journal, journal.append, claim, Batch(status="blocked", reason=str(damaged)))
            return None
        kept = Kept(journal, loaded, claim, parks=True)
        token = current_host.set(LoopHost())
        try:
            chat = chat_from(loaded, agents())
            chat.observers, chat.channels, chat.kept = tuple(observers), tuple(channels), kept
            return await hold(chat)
        except Parked as parked:
            if not parked.again:
                return None
        except RunBlocked as blocked:
            await called(journal, journal.append, claim, Batch(status="blocked", reason=str(blocked)))
            return None
        except JournalUnavailable:
            if kept.entered:
                raise
            await asyncio.sleep(RETRY[1])
        finally:
            current_host.reset(token)

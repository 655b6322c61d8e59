"""Chats in a journal, from outside: put one there for a worker, go on with one here, move one on as a worker does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from .._sync import LoopHost, current_host
from ..conversation.result import ChatResult
from ..errors import ConfigError, JournalError, JournalUnavailable, RunBlocked
from ..journal import open_journal
from ..journal.base import Batch, Claim, Journal
from ..oversight.authority import directory_of
from ..runs.keeper import RETRY, called
from ..runtime import Parked
from .chat import Chat, hold
from .company import list_of
from .kept_chat import Kept, result_of
from .specification import chat_from, needed, spec_of

if TYPE_CHECKING:
    from ..runs.response import RunResponse
    from .conversable import ConversableAgent


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
    from ..journal.opening import opened

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
    from ..runs.response import RunResponse

    found = list_of(agents)
    where = open_journal(journal, create=False)
    loaded = where.load(run_id)
    chat_from(loaded, found)  # refused before anything is claimed
    claim = None if loaded.info.status == "done" else where.claim(run_id, where.heart.worker, where.lease)

    async def start(on_start: Any) -> ChatResult:
        kept = where.load(run_id)
        chat = chat_from(kept, found)
        if claim is None:
            return result_of(chat, kept)
        chat.channels, chat.observers = tuple(channels), tuple(observers)
        chat.kept = Kept(where, kept, claim, owned=where is not journal)
        return await hold(chat, on_start)

    return RunResponse(start, found, name="resume")


async def advance(
    journal: Journal, claim: Claim, agents: Callable[[], Iterable[ConversableAgent]], observers: Sequence[Any] = (),
    channels: Sequence[Any] = (),
) -> ChatResult | None:  # fmt: skip
    """Move a claimed run on as far as it goes, and let go of it; return its result, or None: it waits.

    What made it fail is kept as the reason why it is blocked, and returned to nobody: it belongs to the run.
    """
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

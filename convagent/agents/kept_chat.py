"""A chat while it is held with a journal: claimed, standing where it was kept, and let go of when it ends or waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from .. import serde
from ..conversation.context import RunContext
from ..conversation.restoring import fold, restore
from ..conversation.result import ChatResult
from ..conversation.state import ConversationState
from ..errors import BranchError, JournalError, MCPError, ModelError
from ..events import ModelCallFinished, RunCompletionEvent, RunLeftEvent
from ..journal.base import Claim, Journal, Loaded, StoredRequest
from ..messages import Usage
from ..oversight.authority import Directory
from ..patterns.by_model import SELECTOR
from ..runs.clock import MACHINE
from ..runs.journaled import JournaledRuntime
from ..runs.keeper import Keeper
from ..runs.reentry import STEP
from ..runs.stored_question import StoredQuestion
from ..runtime import Control, Parked
from .company import participants
from .specification import needed, spec_of
from .structured import last_parsed
from .variables import kept_variables, restore_variables

if TYPE_CHECKING:
    from .._sync import Host
    from .chat import Chat
    from .conversable import ConversableAgent

AGAIN = 30.0
"""Seconds after which a run is tried again whose model could not be reached."""


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
            if isinstance(error, (ModelError, BranchError, MCPError)) and error.retryable and self.parks:
                await runtime.keeper.end("waiting", reason, runtime.now() + AGAIN)
            else:
                await runtime.keeper.end("blocked", reason)
        except JournalError as another:
            error.add_note(f"That could not be kept in the journal: {another}")


# ---------------------------------------------------------------- where it stood


def enter(chat: Chat, run: RunContext) -> ChatResult | None:
    """Let a run stand where it was kept; return its result if it had come to its end, else None."""
    runtime, sides = cast(JournaledRuntime, run.runtime), participants(run.state)
    spec: Mapping[str, Any] = chat.kept.loaded.spec if chat.kept and chat.kept.loaded else {}
    _remember(run.state, spec.get("before"))
    restore(run, runtime.past, runtime.turn)
    if run.tally is not None:
        run.tally.fold(runtime.kept_before())
    _count_usage(sides, runtime.past)
    restore_variables(sides, run.state.variables, runtime.kept_extras, spec.get("variables"))
    run.parsed = last_parsed(sides, runtime.past)
    runtime.past.clear()
    runtime.extras = partial(kept_variables, sides, run.state.variables)
    done = runtime.completed
    if not isinstance(done, RunCompletionEvent):
        return None
    restore(run, runtime.unfinished, runtime.turn)
    return _result(chat, run.run_id, run.state, done, last_parsed(sides, runtime.unfinished, run.parsed))


def _remember(state: ConversationState, before: Sequence[Sequence[Any]] | None) -> None:
    """Let each side have the history that it had when the chat began."""
    for agent, messages in zip(state.participants, before or (), strict=False):
        state.thread.preset(agent, list(messages))


def _count_usage(sides: Sequence[ConversableAgent], past: Iterable[Mapping[str, Any]]) -> None:
    """Count what the models of these agents used in finished turns, which other processes may have run."""
    by_name = {SELECTOR: sides[1], **{agent.name: agent for agent in sides}}
    for body in past:
        if body["type"] == ModelCallFinished.type and body.get("agent") in by_name and "error" not in body:
            used = Usage(**body.get("usage", {}))
            by_name[body["agent"]].usage.count(body["model"], used, cached=body.get("cached", False))


def result_of(chat: Chat, loaded: Loaded) -> ChatResult:
    """Return the result of a run that is over; both agents remember it."""
    run = loaded.info.id
    state, _ = chat.recipient.conversation(chat.sender, clear=True, max_turns=None)
    _remember(state, loaded.spec["before"])
    done, past = None, [row.body for row in loaded.rows if row.run == run and row.body.get("type") not in (STEP, None)]
    for body in past:
        fold(state, body)
        done = serde.read_body(body) if body["type"] == RunCompletionEvent.type else done
    if not isinstance(done, RunCompletionEvent):
        raise JournalError(f"run {run} is over, and its result was deleted")
    return _result(chat, run, state, done, last_parsed(state.participants, past))


def _result(chat: Chat, run: str, state: ConversationState, done: RunCompletionEvent, parsed: Any) -> ChatResult:
    return ChatResult(
        chat_id=chat.chat_id if chat.chat_id is not None else run, parsed=parsed,
        chat_history=list(state.thread.view(chat.sender)), summary=done.summary, cost=dict(done.cost),
        human_input=list(state.answers.get(chat.sender.name, ())), reason=done.reason,
        last_speaker=done.last_speaker, context_variables=dict(done.context_variables), how=done.how,
    )  # fmt: skip

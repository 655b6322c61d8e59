"""The part of a turn that asks a model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from ..action import Action, Policy
from ..errors import ModelError
from ..events import (
    Event,
    ModelCallFinished,
    ModelCallStarted,
    ModelFallbackEvent,
    ModelRetryEvent,
    StreamEvent,
    StreamResetEvent,
)
from ..models.base import ModelClient, ModelNotice, ModelReply, ModelRequest, ModelRetrying, StreamVoided, TextDelta
from ..models.structured import revived
from ..runtime import Interrupted
from .context import RunContext
from .failing import failure, on_failure
from .verdict import Again, Instead

MakeRequest = Callable[[int], Awaitable[ModelRequest | None]]
"""Makes a request from the conversation as it is now, and from its position in the run; None: it is not to be sent."""


class PersonsReply(ModelReply):
    """What a person put in the place of a reply, because the model failed."""


async def ask_model(
    run: RunContext,
    client: ModelClient,
    make: MakeRequest,
    *,
    agent: str,
    to: str,
    silent: bool,
    policies: Sequence[Policy] = (),
) -> ModelReply | None:
    """Ask a model, telling observers that it runs, what it streams and how long it took.

    A call that somebody outside interrupts is cancelled, and made anew when they are done: what
    they said meanwhile is in the new request. One that failed is tried again, or a person asked,
    where a policy says so.

    Raises:
        ModelError: the model failed for good. The history is untouched.
        Stopped: a limit of the run is reached, or a person stopped it.
    """
    attempts, turn = 0, run.next_call(agent)
    draft = run.gates_replies(policies)
    while True:
        await run.checkpoint()  # a boundary: a pause does not break a call off, so it is met before the next one
        if run.tally is not None:
            run.tally.check(run.runtime)
        request = await make(turn)
        if request is None:
            return None
        call = _ModelCall(run, client, request, agent, to, silent, draft)
        call.began = run.runtime.now()
        try:
            reply = await run.runtime.breakable(call.step)
        except Interrupted as interrupted:
            call.failed(interrupted)
        except ModelError as error:
            call.failed(error)
            attempts += 1
            verdict = await on_failure(run, _failed_action(run, client, agent, error, attempts), policies)
            if isinstance(verdict, Instead):
                return PersonsReply({"role": "assistant", "content": str(verdict.value)})
            if not isinstance(verdict, Again):
                raise
            turn = run.next_call(agent)
        except BaseException as error:
            call.failed(error)
            raise
        else:
            call.finished(reply)
            return call.in_form(reply)


async def sample_model(
    run: RunContext, client: ModelClient, requests: Sequence[ModelRequest], *, agent: str
) -> list[ModelReply]:
    """Ask a model several times at once for replies that nobody is sent: none of them is streamed.

    Raises:
        ModelError: one of the calls failed; the others are not waited for.
    """
    if run.tally is not None:
        run.tally.check(run.runtime)
    return await run.breakable(lambda: _all(run, client, requests, agent))


async def _all(run: RunContext, client: ModelClient, requests: Sequence[ModelRequest], agent: str) -> list[ModelReply]:
    calls = [_ModelCall(run, client, request, agent, "", silent=True, shown=False) for request in requests]
    tasks = [asyncio.ensure_future(call.whole()) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _failed_action(run: RunContext, client: ModelClient, agent: str, error: ModelError, attempts: int) -> Action:
    return Action(
        "error", agent, client.label, run_id=run.run_id, turn=run.turn, failure=failure(error), attempts=attempts
    )


@dataclass(slots=True)
class _ModelCall:
    """One request on its way to a model, and what observers are told of it.

    One object with slots, not closures: thousands of calls may wait at once.
    """

    run: RunContext
    client: ModelClient
    request: ModelRequest
    agent: str
    to: str
    silent: bool
    draft: bool = False
    """Whether a policy may hold the reply back."""
    shown: bool = True
    """Whether its text is streamed."""
    streaming: bool = False
    """Whether text was shown that is not void."""
    began: float = 0.0
    made: bool = False
    """Whether the model was asked; else its reply was kept in a journal."""

    def step(self) -> Awaitable[ModelReply]:
        return self.run.step(f"model/{self.request.turn}", self.complete, "read", ModelReply)

    def in_form(self, reply: ModelReply) -> ModelReply:
        """Return a reply that was kept in a journal, which has only JSON, with what its text stands for."""
        return reply if self.made or reply.parsed is None else replace(reply, parsed=revived(self.request, reply))

    def complete(self) -> Awaitable[ModelReply]:
        self.made = True
        self.run.runtime.emit(ModelCallStarted(model=self.client.label, agent=self.agent))
        return self.client.complete(self.request, self.notice)

    async def whole(self) -> ModelReply:
        """Make the call, and tell how it ended."""
        self.began = self.run.runtime.now()
        try:
            reply = await self.step()
        except BaseException as error:
            self.failed(error)
            raise
        self.finished(reply)
        return self.in_form(reply)

    def finished(self, reply: ModelReply) -> None:
        event = ModelCallFinished(
            model=reply.model or self.client.label,
            seconds=self.run.runtime.now() - self.began,
            usage=reply.usage,
            cached=reply.cached,
            finish_reason=reply.finish_reason,
            position=self.request.turn,
            agent=self.agent,
        )
        self.run.runtime.emit(event)
        if self.run.tally is not None:
            self.run.tally.spend(event)

    def failed(self, error: BaseException) -> None:
        runtime, agent = self.run.runtime, self.agent
        text = str(error) if isinstance(error, (ModelError, Interrupted)) else type(error).__name__
        seconds = runtime.now() - self.began
        label, position = self.client.label, self.request.turn
        runtime.emit(ModelCallFinished(model=label, seconds=seconds, error=text, position=position, agent=agent))
        if self.streaming and isinstance(error, Interrupted):
            runtime.emit(self._void(text))

    def notice(self, notice: ModelNotice) -> None:
        agent = self.agent
        if isinstance(notice, (TextDelta, StreamVoided)):
            if not self.shown:
                return
            self.streaming = isinstance(notice, TextDelta)
            event: Event = self._piece(notice.text) if isinstance(notice, TextDelta) else self._void(notice.reason)
        elif isinstance(notice, ModelRetrying):
            event = ModelRetryEvent(
                model=notice.model,
                endpoint=notice.endpoint,
                attempt=notice.attempt,
                seconds=notice.seconds,
                reason=notice.reason,
                error=str(notice.error),
                agent=agent,
            )
        else:
            error = str(notice.error)
            event = ModelFallbackEvent(model=notice.model, endpoint=notice.endpoint, error=error, agent=agent)
        self.run.runtime.emit(event)

    def _piece(self, text: str) -> StreamEvent:
        agent = self.agent
        return StreamEvent(
            text=text, sender=agent, recipient=self.to, silent=self.silent, draft=self.draft, agent=agent
        )

    def _void(self, reason: str) -> StreamResetEvent:
        agent = self.agent
        return StreamResetEvent(
            reason=reason, sender=agent, recipient=self.to, silent=self.silent, draft=self.draft, agent=agent
        )

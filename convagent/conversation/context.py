"""What a turn sees of its run: the runtime's verbs, the state, and the one road to a person."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, TypeVar, cast

from .._sync import Host, Mailbox, call_user, forget_in_child
from ..action import Action, Allow, Policy, Ruling, judge
from ..agent import Agent, Participant
from ..events import (
    ControlEvent,
    Event,
    InputReplyEvent,
    MessageEvent,
    TerminationEvent,
    TextEvent,
    message_event_class,
)
from ..human import HumanReply, HumanRequest, Moment
from ..messages import Message, as_message
from ..runtime import ANY, Control, Interrupted, Runtime, Steer
from ..tools.tool import Effect
from .pattern import Pattern
from .state import ConversationState
from .thread import to_wire

T = TypeVar("T")

current_run: ContextVar[RunContext | None] = ContextVar("convagent_run", default=None)
"""The conversation that this code runs in; None: none."""
forget_in_child(current_run)


class Stopped(Exception):
    """Somebody outside stopped the run. The loop ends for it; code that swallows it meets it again."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RunContext:
    """One conversation while it runs."""

    __slots__ = (
        "_calls",
        "_requests",
        "_unsaid",
        "_wire",
        "agent_name",
        "cache",
        "given_silent",
        "host",
        "opening",
        "parsed",
        "pattern",
        "policies",
        "runtime",
        "silent",
        "state",
        "turn",
    )

    def __init__(
        self,
        runtime: Runtime,
        host: Host | None,
        state: ConversationState,
        pattern: Pattern,
        *,
        silent: bool = False,
        policies: Sequence[Policy] = (),
    ) -> None:
        self.runtime, self.host = runtime, host
        self.state, self.pattern = state, pattern
        self.silent = silent
        self.policies = tuple(policies)
        self.turn = 0
        """Turns begun so far."""
        self.opening: Callable[[], Awaitable[Message | str | None]] | None = None
        """Makes the initiator's first message."""
        self.given_silent: bool | None = silent
        """What the chat said of `silent`; an agent's own `silent` outranks it."""
        self.cache: Any = None
        """The disk cache of this run's model calls, if it has one."""
        self.parsed: Any = None
        """The validated object of the last model reply that was asked for one."""
        self.agent_name = ""
        """Whose turn it is."""
        self._requests = 0
        self._unsaid: list[Control] = []
        self._calls: dict[str, int] = {}
        self._wire: dict[int, tuple[int, list[Message]]] = {}

    @property
    def run_id(self) -> str:
        """The id of the run; a child run's is `parent/name`."""
        return self.runtime.run_id

    @property
    def is_sync(self) -> bool:
        """Whether a synchronous caller waits for this conversation."""
        return isinstance(self.host, Mailbox)

    # ------------------------------------------------------------ events and messages

    def emit(self, event: Event) -> None:
        """Fold an event into the state and tell everybody."""
        self.state.apply(event)
        self.runtime.emit(event)

    def add(
        self, message: Message | str, sender: Participant, to: Participant, *, owes: bool, silent: bool = False
    ) -> None:
        """Record a message that one participant sent to the other, and who owes a reply."""
        found = as_message(message)
        state = self.state
        state.thread.add(sender, found)
        side = state.side(sender)
        self.emit(
            message_event_class(found)(
                message=found,
                sender=sender.name,
                recipient=to.name,
                silent=silent,
                agent=sender.name,
                side=side,
                auto_replies=state.auto_replies[side],
            )
        )
        state.owes = to if owes else None

    def add_inner(self, message: Message, agent: Participant, to: Agent) -> None:
        """Record a step inside a turn: seen in the agent's own history only."""
        self.state.thread.add(agent, message, inner=True)
        event: type[MessageEvent] = message_event_class(message)
        self.emit(
            event(
                message=message,
                sender=agent.name,
                recipient=to.name,
                silent=self.silent,
                inner=True,
                agent=agent.name,
                side=self.state.side(agent),
            )
        )

    def wire(self, agent: Agent, head: Message, messages: list[Message]) -> list[Message]:
        """Return a head (the system message) and messages in the form that goes to a model.

        For the agent's own view of this conversation it is kept and extended, so that a long chat
        does not pay for its past at every turn. The list grows later: read it, don't keep it.
        """
        if messages is not self.state.thread.view(agent):
            return to_wire(messages, [head])
        side = self.state.side(agent)
        kept = self._wire.get(side)
        if kept is None or kept[0] > len(messages):
            wire = to_wire(messages, [head])
        else:
            count, wire = kept
            if wire[0] is not head and wire[0] != head:
                wire = [head, *wire[1:]]
            if count < len(messages):
                to_wire(messages, wire, count)
        self._wire[side] = (len(messages), wire)
        return wire

    # ------------------------------------------------------------ people

    async def ask(
        self,
        prompt: str,
        *,
        agent: str,
        about: str = "",
        moment: Moment = "message",
        choices: tuple[str, ...] = (),
        amend: Callable[[str], Awaitable[str]] | None = None,
    ) -> HumanReply:
        """Ask a person: the one road to a human. Waits until somebody answers or the channel ends.

        Args:
            prompt: what they read.
            agent: who asks.
            about: the agent whose message the question is about.
            moment: why they are asked.
            choices: words offered for completion.
            amend: rewrites the answer before anybody sees it.
        """
        self._requests += 1
        request = HumanRequest(f"{self.run_id}:{self._requests}", prompt, agent, about, moment, choices)
        began = self.runtime.now()
        # What is said meanwhile can wait for the answer; an interruption asks already.
        by: tuple[Steer, ...] = ("stop",) if moment == "interrupt" else ("interrupt", "stop")
        reply = None
        while reply is None:
            try:
                reply = await self.runtime.breakable(lambda: self.runtime.wait(request), by)
            except Interrupted:
                said = await self.checkpoint(hearing=moment in _SPOKEN)
                if said is not None:
                    reply = HumanReply(request.id, said.text, by=said.by, channel="interrupt")
        if amend is not None and not reply.end_of_input:
            reply = replace(reply, text=await amend(reply.text))
        self.emit(InputReplyEvent(reply=reply, seconds=self.runtime.now() - began, agent=agent))
        return reply

    # ------------------------------------------------------------ the world

    def call(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        """Call a function of the user: await it, or run it where plain functions belong."""
        return call_user(self.host, fn, *args, **kwargs)

    def step(self, key: str, fn: Callable[[], Awaitable[T]], effect: Effect = "idempotent") -> Coroutine[Any, Any, T]:
        """Do a thing once and remember its result; the key is unique within the turn."""
        return self.runtime.step(f"{self.turn}/{self.agent_name}/{key}", fn, effect)

    def next_call(self, agent: str) -> int:
        """Return the position of the agent's next model request in this run, from 0, and move on."""
        position = self._calls.get(agent, 0)
        self._calls[agent] = position + 1
        return position

    def gate(self, action: Action, policies: Sequence[Policy] = ()) -> Ruling:
        """Judge an action just before it happens, by the run's policies and more; the strictest counts."""
        every = (*self.policies, *policies)
        return judge(every, action) if every else _ALLOW

    async def breakable(self, fn: Callable[[], Awaitable[T]], by: Sequence[Steer] = ANY) -> T:
        """Await something that is cancelled when somebody outside interrupts, and begun again when they are done.

        Raises:
            Stopped: what they wanted was to stop.
        """
        while True:
            try:
                return await self.runtime.breakable(fn, by)
            except Interrupted:
                await self.checkpoint()

    async def checkpoint(self, hearing: bool = False) -> Control | None:
        """Meet what somebody outside wants: ask how to go on, add a message, stop.

        Args:
            hearing: whether a person was about to speak, so that what they say instead is returned.

        Raises:
            Stopped: the run is to end.
        """
        if self._unsaid and self.state.opened:
            for said in self._unsaid:
                self.say(said.text, said.by)
            self._unsaid.clear()
        while (control := self.runtime.control()) is not None:
            self.emit(ControlEvent(action=control.action, text=control.text, by=control.by))
            if control.action == "interrupt":
                control = await self._ask_how_to_go_on()
            if control is None:
                continue
            if control.action == "stop":
                raise Stopped(control.text or "Stopped by a person")
            if hearing:
                return control
            if self.state.opened:
                self.say(control.text, control.by)
            else:
                self._unsaid.append(control)  # the opening message comes first
        return None

    async def _ask_how_to_go_on(self) -> Control | None:
        """Ask the one who interrupted; None: go on as before."""
        reply = await self.ask(INTERRUPTED, agent="", moment="interrupt", choices=("resume", "stop", "say "))
        action, text = read_interrupt(reply)
        self.emit(ControlEvent(action=action, text=text, by=reply.by))
        if action == "resume" or (action == "say" and not text):
            return None
        control = Control(cast(Steer, action), text, reply.by)
        if action == "stop":
            self.runtime.stop(control)
        return control

    def say(self, text: str, by: str = "") -> None:
        """Add a person's message, which both agents see as a user's; whoever owes a reply still does."""
        state = self.state
        listener = state.owes or state.recipient
        name = _NOT_IN_NAMES.sub("_", by) or "person"
        message = cast(Message, {"content": text, "role": "user", "override_role": "user", "name": name})
        state.thread.add(listener, message)
        self.emit(
            TextEvent(message=message, sender=name, recipient=listener.name, by=name, silent=self.silent, agent=name)
        )
        state.owes = listener

    def terminate(self, reason: str, agent: str, other: str = "") -> None:
        """Announce the end and its reason."""
        self.emit(TerminationEvent(termination_reason=reason, sender=agent, recipient=other, agent=agent))


_ALLOW = Allow()
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")
_SPOKEN: tuple[Moment, ...] = ("opening", "turn", "limit", "termination")
"""Moments at which what a person types becomes a message."""

INTERRUPTED = "Interrupted. Press enter to resume, type a message to add it to the conversation, or 'stop' to end: "


def read_interrupt(reply: HumanReply) -> tuple[str, str]:
    """Read the answer to an interruption: `resume`, `stop`, or any other text, which is said."""
    text = reply.text.strip()
    word = text.lower()
    if reply.end_of_input or word in ("stop", "exit", "quit", "q"):
        return "stop", "End of input" if reply.end_of_input else "Stopped by a person"
    if word in ("", "resume", "r", "continue"):
        return "resume", ""
    return "say", text[4:].strip() if word.startswith("say ") else text

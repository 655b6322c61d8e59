"""What a turn sees of its run: the runtime's verbs, the state, and the one road to a person."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .._sync import Host, Mailbox, call_user, forget_in_child
from ..action import Action, Confidence, Policy
from ..agent import Agent, Ending, Participant
from ..errors import NobodyReachable
from ..events import (
    Event,
    InputReplyEvent,
    MessageEvent,
    TerminationEvent,
    TextEvent,
    message_event_class,
)
from ..human import HumanReply, HumanRequest, Moment
from ..messages import Message, as_message
from ..runtime import ANY, Control, Interrupted, Runtime, Steer, strand
from ..tools.tool import Effect
from .around import names_around
from .pattern import NOTHING_LENT, Pattern
from .state import ConversationState
from .state import Stopped as Stopped
from .steering import is_spoken, meet
from .verdict import NOTHING_SHOWN, Subject, Verdict
from .wiring import Wire, wire_of

if TYPE_CHECKING:
    from .limits import Limit
    from .tally import Tally
    from .windows import Window

T = TypeVar("T")

current_run: ContextVar[RunContext | None] = ContextVar("convagent_run", default=None)
"""The conversation that this code runs in; None: none."""
forget_in_child(current_run)


class RunContext:
    """One conversation while it runs."""

    __slots__ = (
        "_calls",
        "_rounds",
        "_unsaid",
        "_wires",
        "agent_name",
        "cache",
        "given_silent",
        "host",
        "lent",
        "opening",
        "parent",
        "parsed",
        "pattern",
        "policies",
        "runtime",
        "silent",
        "state",
        "sure",
        "systems",
        "tally",
        "turn",
        "unreachable",
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
        parent: RunContext | None = None,
        limits: Limit | None = None,
    ) -> None:
        self.runtime, self.host = runtime, host
        self.parent = parent
        """The conversation in which this one was begun, or None."""
        self.state, self.pattern = state, pattern
        self.silent = silent
        self.policies: tuple[Policy, ...] = (*(parent.policies if parent is not None else ()), *policies)
        """What holds for the whole run; of a run inside another, the outer one's, too."""
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
        self.lent = NOTHING_LENT
        """What its pattern gives whoever speaks now."""
        self.unreachable: NobodyReachable | None = None
        """What ends the run, once nobody could be reached who had to decide."""
        self.sure: dict[Agent, Confidence] = {}
        """By agent: how sure its model was of its last reply, where it names a source of confidence."""
        self.systems: dict[Agent, Message] | None = None
        """By agent: the system message that was set inside this run, if any was."""
        self._rounds = (0, 0)
        self._unsaid: list[Control] = []
        self._calls: dict[str, int] = {}
        self._wires: dict[int, Wire] = {}
        """By side: the wire form of its view."""
        self.tally: Tally | None = None
        """What it has come to, where it has limits, or a run around it; None: nothing is counted."""
        if limits is not None or (parent is not None and parent.tally is not None):
            self.tally = _counting(limits, runtime, state, parent.tally if parent is not None else None)

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
        if self.runtime.keeps:
            event = self.runtime.recorded(event)
        self.state.apply(event)
        self.runtime.emit(event)

    def add(
        self, message: Message | str, sender: Participant, to: Participant, *, owes: bool, silent: bool = False
    ) -> None:
        """Record a message that one participant sent to the other, and who owes a reply."""
        found = as_message(message)
        state = self.state
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
                owes=owes,
                typed_by=state.typed_inside(found.get("content")),
            )
        )

    def add_inner(self, message: Message, agent: Participant, to: Agent, silent: bool = False) -> None:
        """Record a step inside a turn: seen in the agent's own history only."""
        event: type[MessageEvent] = message_event_class(message)
        self.emit(
            event(
                message=message,
                sender=agent.name,
                recipient=to.name,
                silent=silent or self.silent,
                inner=True,
                agent=agent.name,
                side=self.state.side(agent),
            )
        )

    def wire(self, agent: Agent, head: Message, messages: list[Message], window: Window | None = None) -> list[Message]:
        """Return a head (the system message) and messages, or what of them fits, in the form that goes to a model.

        For the agent's own view of this conversation it is kept and extended. The list grows later: read it, don't
        keep it.
        """
        return wire_of(self._wires, self.state, agent, head, messages, window)

    def forget_wires(self) -> None:
        """Make wire forms anew: messages were taken out of histories."""
        self._wires.clear()

    def after(self, turn: int, calls: Mapping[str, int]) -> None:
        """Go on after a turn, and so many model requests of each agent; see `restoring`."""
        self.turn = turn
        self._calls.update(calls)

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
        request = HumanRequest(self.next_request(), prompt, agent, about, moment, choices)
        reply = await self.put(request, amend)
        assert reply is not None  # it has no deadline
        return reply

    def next_request(self) -> str:
        """Return the id of the run's next request."""
        return self.runtime.request_id()

    async def put(
        self, request: HumanRequest, amend: Callable[[str], Awaitable[str]] | None = None, form: Any = None
    ) -> HumanReply | None:
        """Put a question to people and wait; None: its deadline has passed.

        Args:
            request: the question.
            amend: rewrites the answer before anybody sees it.
            form: the pydantic model of the request's form, whose own validators the answer must satisfy, too.
        """
        began = self.runtime.now()
        if self.parent is not None and not request.where:
            request = replace(request, where=names_around(self))
        # What is said meanwhile can wait for the answer; an interruption asks already.
        by: tuple[Steer, ...] = ("stop",) if request.moment == "interrupt" else ("interrupt", "stop")
        while True:
            try:
                reply = await self.runtime.breakable(self.runtime.wait, by, request, form)
                break
            except Interrupted:
                hearing = is_spoken(request, getattr(self.runtime, "directory", None) is not None)
                said = await self.checkpoint(hearing)
                if said is not None:
                    reply = HumanReply(request.id, said.text, by=said.by, channel="interrupt")
                    break
            except NobodyReachable as error:
                raise self.nobody(error) from None
        if reply is None:
            return None
        if amend is not None and not reply.end_of_input:
            reply = replace(reply, text=await amend(reply.text))
        self.emit(InputReplyEvent(reply=reply, seconds=self.runtime.stood(request, began), agent=request.agent))
        return reply

    # ------------------------------------------------------------ the world

    def call(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        """Call a function of the user: await it, or run it where plain functions belong."""
        called = call_user(self.host, fn, *args, **kwargs)
        return self.runtime.working(called) if self.runtime.keeps else called

    def step(
        self, key: str, fn: Callable[[], Awaitable[T]], effect: Effect = "idempotent", kind: type[T] | None = None
    ) -> Awaitable[T]:
        """Do a thing once and remember its result, for when this turn is entered again; see `Runtime.step`."""
        return self.runtime.step(f"{self.agent_name}/{key}", fn, effect, kind)

    def enter_strand(self, name: str = "") -> str:
        """Say that what follows in this task is a stretch of the turn by itself; return the one it was in."""
        before = strand.get()
        if self.runtime.keeps:
            strand.set(name)
        return before

    def next_round(self) -> str:
        """Return the turn's next round of tool calls, and move on."""
        found = self.round_to_come()
        self._rounds = (self.turn, self._rounds[1] + 1 if found else 0)
        return found

    def round_to_come(self) -> str:
        """Return the number of the turn's next round of tool calls, as it stands in keys: empty, `1.`, `2.`."""
        turn, rounds = self._rounds
        return f"{rounds + 1}." if turn == self.turn else ""

    def next_call(self, agent: str) -> int:
        """Return the position of the agent's next model request in this run, from 0, and move on."""
        position = self._calls.get(agent, 0)
        self._calls[agent] = position + 1
        return position

    def decide(
        self, action: Action, policies: Sequence[Policy] = (), subject: Subject = NOTHING_SHOWN
    ) -> Awaitable[Verdict]:
        """Find out whether an action may happen: by the run's policies and more, and by the people they ask.

        Raises:
            Stopped: a person ended the run instead.
            NobodyReachable: nobody who could decide can be asked. It ends the run.
        """
        # The very coroutine: where thousands wait for people, each one on the way counts.
        return _gate().settle(self, action, (*self.policies, *policies), subject)

    def nobody(self, error: NobodyReachable) -> NobodyReachable:
        """Let this run, and those around it, end by an error, even if a tool swallows it; return it to be raised."""
        outer: RunContext | None = self
        while outer is not None:
            outer.unreachable, outer = error, outer.parent
        return error

    def gates_replies(self, policies: Sequence[Policy]) -> bool:
        """Return whether what is said may be held at the gate."""
        lent = self.lent.policies
        if not self.policies and not policies and not lent:
            return False
        return _gate().gates_replies((*self.policies, *policies, *lent))

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
            hearing: whether a person was about to speak, so that what is typed at an interruption is returned.

        Raises:
            Stopped: the run is to end.
        """
        if self.unreachable is not None:
            raise self.unreachable
        while (control := self.runtime.control()) is not None:
            said = await meet(self, control)
            if said is None:
                continue
            if hearing and control.action == "interrupt":
                return said
            if self.state.opened:
                self.say(said.text, said.by)
            else:
                self._unsaid.append(said)  # the opening message comes first
        return None

    def say_what_waits(self) -> None:
        """Add what people said before there was an opening message, in the turn that brought it."""
        for said in self._unsaid:
            self.say(said.text, said.by)
        self._unsaid.clear()

    def say(self, text: str, by: str = "", silent: bool = False) -> None:
        """Add a person's message, which all agents see as a user's; whoever owes a reply still does."""
        state = self.state
        listener = state.owes or state.recipient
        name = _NOT_IN_NAMES.sub("_", by) or "person"
        message = cast(Message, {"content": text, "role": "user", "override_role": "user", "name": name})
        self.emit(
            TextEvent(
                message=message, sender=name, recipient=listener.name, by=name, silent=silent or self.silent,
                agent=name, side=state.side(listener),
            )
        )  # fmt: skip

    def terminate(self, reason: str, agent: str, other: str = "", silent: bool = False, how: Ending = "done") -> None:
        """Announce the end, why and how."""
        self.emit(
            TerminationEvent(
                termination_reason=reason, sender=agent, recipient=other, silent=silent, how=how, agent=agent
            )
        )


_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")


@cache  # to import again what is loaded already takes two microseconds
def _gate():
    from . import gate  # with the algebra of policies, which a run without any never loads

    return gate


def _counting(limits: Limit | None, runtime: Runtime, state: ConversationState, outer: Tally | None) -> Tally:
    from .tally import Tally  # with the limits, which a run without any never loads

    return Tally(limits, runtime, state, outer)

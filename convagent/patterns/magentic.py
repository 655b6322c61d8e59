"""An orchestrator that plans a task, says who does what next, and plans anew where the work stalls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from ..action import Action, Kind
from ..agent import Agent, Ending, Participant
from ..conversation.context import RunContext
from ..conversation.group import GroupState
from ..conversation.group_thread import MANAGER
from ..conversation.pattern import Lent
from ..conversation.turn import ask_model
from ..conversation.verdict import Go, Refused, Revise, Subject, Verdict
from ..errors import BadModelReply
from ..events import DecidedEvent, Event, PassedEvent, PlanEvent, PlanProgressEvent
from ..messages import Message, content_text
from ..models.base import ModelClient, ModelRequest
from . import ledgers
from .group_chat import Chooser, GroupChatPattern, Manager
from .ledgers import NoLedger, Progress, TaskLedger

T = TypeVar("T")


@dataclass(slots=True)
class MagenticState(GroupState):
    """What the conversation of an orchestrated team has come to. What counts per task begins anew with each one."""

    facts: str = ""
    plan: str = ""
    """How the task is done; empty: it was not planned yet."""
    plans: int = 0
    """Plans of the run."""
    replans: int = 0
    """Plans of this task, but the first."""
    progress: PlanProgressEvent | None = None
    """The last progress ledger by this plan."""
    steps: int = 0
    """How often somebody was told to do something."""
    stalls: int = 0
    wishes: tuple[str, ...] = ()
    """What people want of the answer, who sent one back."""
    passed: str = ""
    """Who was told last to do something, and said nothing; empty: they did."""

    def apply(self, event: Event) -> None:
        """Fold one event in."""
        GroupState.apply(self, event)
        if isinstance(event, PlanEvent):
            self.replans += bool(self.plan)
            self.facts, self.plan, self.plans = event.facts, event.plan, event.number
            self.progress, self.stalls = None, 0
        elif isinstance(event, PlanProgressEvent):
            self.progress, self.stalls, self.passed = event, event.stalls, ""
            self.steps += not event.satisfied
        elif isinstance(event, PassedEvent):
            self.passed = f"{event.agent} said nothing{f': {event.reason}' if event.reason else ''}"
        elif isinstance(event, DecidedEvent) and event.action.kind == "finish" and event.decision.verb == "revise":
            self.wishes = (*self.wishes, event.decision.text)

    def said(
        self, side: int, message: Message, sender: str, inner: bool = False, by: str = "", owes: bool = True,
        auto_replies: int = 0,
    ) -> None:  # fmt: skip
        """Fold in a message; one of the initiator is a task."""
        GroupState.said(self, side, message, sender, inner, by, owes, auto_replies)
        if self.said_in_round == 1 and not inner and not by:
            self.plan, self.progress, self.wishes = "", None, ()
            self.replans = self.steps = self.stalls = 0


class Orchestrator(Manager, Protocol):
    """What this pattern asks of the manager."""

    @property
    def client(self) -> ModelClient | None:
        """Its model."""
        ...

    @property
    def context(self) -> Any:
        """What of a conversation its model is sent; None: all of it."""
        ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far an orchestrator goes with one task."""

    max_rounds: int
    """How often somebody is told to do something."""
    max_stalls: int
    """Steps, about in a row, that brought nothing, before it plans anew."""
    max_replans: int
    max_retries: int
    """How often it is asked again for a ledger that cannot be used."""


class MagenticPattern(GroupChatPattern):
    """Gives the word to whom the orchestrator names, with what they are to do. All that lasts is in `MagenticState`."""

    nobody = "The task is done"

    def __init__(self, group: Chooser, manager: Orchestrator, bounds: Bounds) -> None:
        super().__init__(group, manager)
        self.orchestrator, self.bounds = manager, bounds
        self._lent = Lent(executor=self.roster.executor)

    async def choose(self, run: RunContext) -> Participant | None:
        """Return whom the orchestrator gives the word, once it has said what they are to do."""
        speaker = await super().choose(run)
        state = cast(MagenticState, run.state)
        if speaker is not None and state.progress is not None and not state.between:
            self._say(run, state.progress.instruction, speaker, run.silent)
            run.lent = self._lent
        return speaker

    async def select(self, run: RunContext, last: Participant, refused: Sequence[Agent] = ()) -> Participant | None:
        """Return who is to do something next, by plan and progress; None: the task is over, and its answer was said."""
        state = cast(MagenticState, run.state)
        names = [member.name for member in self.roster.members if member not in refused]
        if not names:
            self._end(run, state, "Nobody may speak", "refused")
            return None
        going = bool(state.plan) or await self._plan(run, state, "")
        while going:
            why = self._used_up(state)
            if not why:
                step = await self._progress(run, state, names)
                if not step.satisfied:
                    if state.stalls < self.bounds.max_stalls:
                        return self.roster.by_name(step.speaker)
                    if state.replans < self.bounds.max_replans:
                        going = await self._plan(run, state, step.reason or "the work stalled")
                        continue
                    why = f"Maximum re-plans ({self.bounds.max_replans}) reached"
            going = not await self._finish(run, state, why)
        return None

    def _used_up(self, state: MagenticState) -> str:
        limit = self.bounds.max_rounds
        return f"Maximum rounds ({limit}) reached" if state.steps >= limit else ""

    # ------------------------------------------------------------ the two ledgers

    async def _plan(self, run: RunContext, state: MagenticState, why: str) -> bool:
        """Make a task ledger, have it judged, and tell the team; False: it was rejected, which ends the work."""
        if not why and state.facts:
            why = "there is a new task."
        asked = [_user(ledgers.for_new_plan(state.facts, state.plan, why) if why else ledgers.for_plan())]
        while True:
            found, text = await self._ledger(run, "task ledger", asked, ledgers.read_task)
            match await self._judged_plan(run, found):
                case Go(action, by):
                    facts, plan = str(action.arguments["facts"]), str(action.arguments["plan"])
                    event = PlanEvent(facts=facts, plan=plan, number=state.plans + 1, by=by, agent=self.manager.name)
                    run.emit(event)
                    self._say(run, ledgers.told(facts, plan), state.initiator, silent=True)  # the event shows it
                    return True
                case Revise(wish):
                    asked += [_assistant(text), _user(ledgers.wished(wish))]
                case other:
                    self._end(run, state, f"The plan was not approved{_by(other)}", "refused")
                    return False

    async def _progress(self, run: RunContext, state: MagenticState, names: Sequence[str]) -> Progress:
        """Make a progress ledger, by which one of these comes next."""
        # Where not all of the conversation is sent, the plan may be in what is not.
        plan = ledgers.told(state.facts, state.plan) if self.orchestrator.context is not None else ""
        asked = [_user(ledgers.for_progress(names, state.wishes, state.passed, plan))]
        step, _ = await self._ledger(run, "progress ledger", asked, lambda text: ledgers.read_progress(text, names))
        stalled = not step.satisfied and (step.looping or not step.progressing)
        stalls = state.stalls + 1 if stalled else max(state.stalls - 1, 0)
        run.emit(
            PlanProgressEvent(
                satisfied=step.satisfied, progressing=step.progressing, looping=step.looping, speaker=step.speaker,
                instruction=step.instruction, reason=step.reason, stalls=stalls, agent=self.manager.name,
            )
        )  # fmt: skip
        return step

    async def _ledger(
        self, run: RunContext, what: str, asked: list[Message], read: Callable[[str], T]
    ) -> tuple[T, str]:
        """Ask for a ledger until it can be read, and return it with its text.

        Raises:
            BadModelReply: it could not be read as often as it was asked for.
        """
        wrong = ""
        for _ in range(self.bounds.max_retries + 1):
            text = await self._asked(run, asked)
            try:
                return read(text), text
            except NoLedger as error:
                wrong = str(error)
            asked += [_assistant(text), _user(ledgers.again(wrong))]
        client = self._client
        raise BadModelReply(f"it sent no {what} in {self.bounds.max_retries + 1} attempts: {wrong}", model=client.label)

    # ------------------------------------------------------------ the answer

    async def _finish(self, run: RunContext, state: MagenticState, why: str) -> bool:
        """Write the final answer, have it judged, and say it; False: it was sent back, and the work goes on.

        Args:
            run: the conversation.
            state: what it has come to.
            why: what ends the work early; empty: it is done.
        """
        answer = await self._asked(run, [_user(ledgers.for_answer(why, state.wishes))])
        verdict = await self._decided(run, "finish", "answer", {"answer": answer}, answer)
        match verdict:
            case Go(action):
                self._say(run, str(action.arguments["answer"]), state.initiator, run.silent)
                if why:
                    self._end(run, state, why, "limit")
                return True
            case Revise():
                return False
            case other:
                self._end(run, state, f"The answer was not approved{_by(other)}", "refused")
                return True

    # ------------------------------------------------------------ asking and saying

    @property
    def _client(self) -> ModelClient:
        client = self.orchestrator.client
        assert client is not None  # the team was refused without one
        return client

    async def _asked(self, run: RunContext, asked: Sequence[Message]) -> str:
        """Return what the model says to something below the conversation of the team."""
        me = self.orchestrator
        system: Message = {"content": ledgers.head(self.roster.members), "role": "system"}

        async def request(turn: int) -> ModelRequest:
            told = run.wire(me, system, run.state.thread.view_of(MANAGER), me.context)
            return ModelRequest(messages=[*told, *asked], agent=me.name, turn=turn)

        reply = await ask_model(run, self._client, request, agent=me.name, to="", silent=True, policies=me.policies)
        assert reply is not None  # every request is sent
        me.usage.add(reply)
        return content_text(reply.message.get("content"))

    def _say(self, run: RunContext, text: str, to: Participant, silent: bool) -> None:
        run.add({"content": text}, self.manager, to, owes=False, silent=silent)

    def _end(self, run: RunContext, state: MagenticState, reason: str, how: Ending) -> None:
        run.terminate(reason, self.manager.name, state.initiator.name, how=how)

    def _judged_plan(self, run: RunContext, found: TaskLedger) -> Any:
        shown = ledgers.told(found.facts, found.plan)
        return self._decided(run, "plan", "plan", {"facts": found.facts, "plan": found.plan}, shown)

    async def _decided(
        self, run: RunContext, kind: Kind, name: str, arguments: Mapping[str, str], shown: str
    ) -> Verdict:
        """Have a plan or an answer judged; where no policy is about such, it may happen."""
        action = Action(kind, self.manager.name, name, arguments, run_id=run.run_id, turn=run.turn)
        policies = (*run.policies, *self.manager.policies)
        if policies:  # else the algebra is not loaded
            from ..oversight.guards import gates

            if gates(kind, policies):
                properties: dict[str, dict[str, Any]] = {field: {"type": "string"} for field in arguments}
                properties[name]["minLength"] = 1
                schema = {"type": "object", "properties": properties, "required": [name]}
                return await run.decide(action, self.manager.policies, Subject(shown, schema))
        return Go(action)


def _user(text: str) -> Message:
    return {"content": text, "role": "user"}


def _assistant(text: str) -> Message:
    return {"content": text, "role": "assistant"}


def _by(verdict: Verdict) -> str:
    """Say who refused something, and why."""
    if not isinstance(verdict, Refused):
        return ""
    return f"{f' by {verdict.by}' if verdict.by else ''}{f': {verdict.reason}' if verdict.reason else ''}"

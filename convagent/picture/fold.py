"""The fold from events to a picture: the same for events as they are told and for rows of a journal or a log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..events import (
    ControlEvent,
    DecidedEvent,
    ErrorEvent,
    EscalatedEvent,
    Event,
    ExecutedFunctionEvent,
    ExecuteFunctionEvent,
    GroupChatRunChatEvent,
    HandoffEvent,
    InputReplyEvent,
    InputRequestEvent,
    MessageEvent,
    ModelCallFinished,
    RunCompletionEvent,
    RunStarted,
    TerminationEvent,
    ToolNotRunEvent,
    TransitionEvent,
)
from ..human import HumanReply, HumanRequest
from ..transcript.decisions import DONE, subject
from .notes import UNSAID, note
from .value import Answer, Picture, Question, Run, Step, Use, Who
from .words import among, arguments, lasted, value

SOMEBODY = "a person"


class Fold:
    """Takes events in the order in which they happened, those of several runs mixed as they came."""

    def __init__(self) -> None:
        self._roots: list[Run] = []
        self._runs: dict[str, _Telling] = {}

    @property
    def picture(self) -> Picture:
        """What was told so far."""
        for telling in self._runs.values():
            telling.settle()
        return Picture(self._roots)

    def add(self, event: Event) -> None:
        """Take one event. Transient ones, and what only a console wants to know, say nothing here."""
        if event.transient or isinstance(event, UNSAID):
            return
        telling = self._runs.get(event.run_id) or self._begin(event)
        telling.add(event)

    def _begin(self, event: Event) -> _Telling:
        id = event.run_id
        telling = self._runs[id] = _Telling(Run(id, began=event.at, last=event.at))
        outer = self._around(id)
        if outer is None:
            self._roots.append(telling.run)
        else:
            outer.run.runs.append(telling.run)
            agents = event.agents if isinstance(event, RunStarted) else ()
            outer.inside(id, event.at, agents)
        return telling

    def _around(self, id: str) -> _Telling | None:
        """Return the nearest known run that this one is inside of."""
        while "/" in id:
            id = id.rpartition("/")[0]
            if id in self._runs:
                return self._runs[id]
        return None


class _Telling:
    """One run as it is told."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._turn = Who("agent", "")
        """Whose turn it is, as far as that is known."""
        self._standing: dict[str, Question] = {}
        self._calls: dict[tuple[str, str], list[Step]] = {}
        """Tool calls that are not over; equal and empty ids are legal."""
        self._used: dict[str, list[Use]] = {}
        """What was used for what an agent is about to say."""

    def add(self, event: Event) -> None:
        run = self.run
        run.last = max(run.last, event.at)
        if event.agent:
            self._turn = Who("agent", event.agent)
        say = next((_SAYING[kind] for kind in type(event).__mro__ if kind in _SAYING), _Telling.noted)
        say(self, event)

    def settle(self) -> None:
        """Say how a run stands of which no end is known, and how long its open questions stand by now."""
        for question in self._standing.values():
            if self.run.status in ("done", "failed"):
                question.became = "withdrawn"
            question.stood = max(self.run.last - question.at, 0.0)
        if self.run.status in ("unfinished", "waiting"):
            self.run.status = "waiting" if self._standing else "unfinished"

    def step(self, kind: Any, at: float, source: Who | None, target: Who | None = None, **more: Any) -> Step:
        """Add a step."""
        made = Step(len(self.run.steps) + 1, kind, at, source, target, **more)
        self.run.steps.append(made)
        return made

    def inside(self, id: str, at: float, agents: tuple[str, ...]) -> None:
        """Say that a run begins inside this one."""
        self.step("run", at, self._turn if self._turn.name else None, text=among(agents, 5), inside=id)

    # ------------------------------------------------------------ the run

    def started(self, event: RunStarted) -> None:
        run = self.run
        if run.agents:  # its process ended, and somebody went on with it
            self.step("note", event.at, None, text="the run is gone on with", mood="quiet")
            return
        run.agents, run.notes, run.began = event.agents, event.notes, event.at
        self._turn = Who("agent", event.agents[0] if event.agents else "")

    def terminated(self, event: TerminationEvent) -> None:
        self.run.reason = event.termination_reason
        made = self.step("end", event.at, Who("agent", event.sender) if event.sender else None, text=self.run.reason)
        made.mood = "bad" if event.how == "refused" else ""

    def completed(self, event: RunCompletionEvent) -> None:
        run = self.run
        run.status, run.summary = "done", event.summary
        if event.reason and event.reason != run.reason:
            self.step("end", event.at, None, text=event.reason)
        run.reason = event.reason or run.reason

    def failed(self, event: ErrorEvent) -> None:
        error: Any = event.error
        kind = getattr(error, "type", type(error).__name__)
        self.run.status, self.run.reason = "failed", f"{kind}: {error}" if str(error) else kind
        self.step("end", event.at, None, head="failed", text=self.run.reason, mood="bad")

    # ------------------------------------------------------------ what is said

    def message(self, event: MessageEvent) -> None:
        calls = [call.get("function") or {} for call in event.message.get("tool_calls") or ()]
        calls += [call] if (call := event.message.get("function_call")) else []
        results = event.message.get("tool_responses") or event.message.get("role") in ("tool", "function")
        if event.inner and (results or not event.text):
            return  # each call and each result has an event of its own
        proposed = "\n\n".join(f"calls {call.get('name')}\n{arguments(call.get('arguments'))}" for call in calls)
        text = event.text if not proposed or event.inner else f"{event.text}\n\n{proposed}".strip()
        source, target = self._sides(event)
        self._turn = source if event.inner else target
        made = self.step("message", event.at, source, None if event.inner else target, text=text)
        made.head = "results" if results else "proposes" if calls and not event.inner else ""
        made.facts = [] if event.by else self._use_of(event.sender)

    def _sides(self, event: MessageEvent) -> tuple[Who, Who]:
        if event.by:
            return Who("person", event.by), Who("agent", event.recipient)
        if event.sender != event.recipient:
            return Who("agent", event.sender), Who("agent", event.recipient)
        names = (event.sender, f"{event.sender} (2)")  # two agents of one name are told apart by their sides
        return (
            Who("agent", names[0 if event.side == 0 else 1]),
            Who("agent", names[1 if event.side == 0 else 0]),
        )

    def _use_of(self, agent: str) -> list[tuple[str, str]]:
        uses = self._used.pop(agent, [])
        if not uses:
            return []
        tokens = f"{sum(u.prompt_tokens for u in uses):,} + {sum(u.completion_tokens for u in uses):,} tokens"
        seconds = lasted(sum(u.seconds for u in uses))
        return [("model", ", ".join(dict.fromkeys(u.model for u in uses))), ("took", seconds), ("used", tokens)]

    def chosen(self, event: GroupChatRunChatEvent) -> None:
        source = Who("agent", event.agent) if event.agent else None
        self._turn = Who("agent", event.speaker)
        self.step("choice", event.at, source, self._turn, head="speaks next")

    def handed(self, event: HandoffEvent) -> None:
        made = self.step("handoff", event.at, Who("agent", event.source), Who("agent", event.target), head="hands over")
        made.text = event.reason
        made.facts = [("by", event.by)] if event.by else []

    def moved(self, event: TransitionEvent) -> None:
        target = event.transition_target
        source = Who("agent", event.source_agent)
        to = Who("agent", target) if target in self.run.agents else None
        how = event.type.removesuffix("_transition").replace("_", " ")
        self.step("handoff" if to is not None else "note", event.at, source, to, head=how, text="" if to else target)

    def used(self, event: ModelCallFinished) -> None:
        u = event.usage
        use = Use(
            event.at, event.agent, event.model, event.seconds, u.prompt_tokens, u.completion_tokens, u.cost,
            event.cached, event.error,
        )  # fmt: skip
        self.run.uses.append(use)
        self._used.setdefault(event.agent, []).append(use)
        if event.error:
            self.step("note", event.at, Who("agent", event.agent), head=event.model, text=event.error, mood="bad")

    # ------------------------------------------------------------ tools

    def called(self, event: ExecuteFunctionEvent) -> None:
        who = Who("agent", event.recipient or event.agent)
        made = self.step("call", event.at, who, Who("tool", event.func_name), head="calls")
        made.text = arguments(event.arguments)
        made.facts = self._use_of(event.agent)
        self._calls.setdefault((event.func_name, event.call_id or ""), []).append(made)

    def returned(self, event: ExecutedFunctionEvent) -> None:
        begun = self._calls.get((event.func_name, event.call_id or ""))
        call = begun.pop(0) if begun else None
        who, tool = Who("agent", event.recipient or event.agent), Who("tool", event.func_name)
        made = self.step("result", event.at, tool, who, text=event.result, took=event.seconds)
        made.answers = call.number if call is not None else 0
        made.mood = "" if event.is_exec_success else "bad"
        made.head = "returns" if event.is_exec_success else "fails"

    def not_run(self, event: ToolNotRunEvent) -> None:
        who = Who("agent", event.recipient or event.agent)
        self.step("note", event.at, who, head=f"{event.func_name} not run", text=event.reason, mood="bad")

    # ------------------------------------------------------------ people

    def asked(self, event: InputRequestEvent) -> None:
        request = event.request
        stands = self._standing.get(request.id)
        if stands is not None and stands.level == request.level:
            return  # an interruption came between; it is the same question
        who = Who("person", " or ".join(request.to) or SOMEBODY)
        made = self.step("ask", event.at, Who("agent", request.agent), who, head="asks", text=_asked(request))
        made.facts = [(name, text) for name, text in _about(request) if text]
        what = subject(request.action) if request.action is not None else f"message of {request.agent}"
        self.run.questions.append(
            Question(made.number, what, request.agent, request.to, request.level, event.at, request.because)
        )
        self._standing[request.id] = self.run.questions[-1]

    def answered(self, event: InputReplyEvent) -> None:
        reply = event.reply
        question = self._standing.get(reply.request_id)
        ask = self.run.steps[question.step - 1] if question is not None else None
        by = reply.by or (ask.target.name if ask is not None and ask.target is not None else SOMEBODY)
        who, agent = Who("person", by), Who("agent", event.agent or self._turn.name)
        made = self.step("answer", event.at, who, ask.source if ask is not None else agent, took=event.seconds)
        made.head, made.text, made.mood = _verdict(reply)
        made.facts = [(name, text) for name, text in _way(reply, event.settled) if text]
        if question is None or ask is None:
            return
        made.answers = ask.number
        ask.target = who if event.settled and not question.answers else ask.target
        if not reply.end_of_input:
            verb = reply.decision.verb if reply.decision is not None else ""
            question.answers.append(Answer(by, verb, made.text, event.seconds, reply.channel, reply.authenticated))
        if event.settled:
            # A journal knows when they answered; the run may have gone on with it much later.
            at = question.at + event.seconds if event.seconds else event.at
            self._over(reply.request_id, "answered" if question.answers else "withdrawn", at)

    def _over(self, id: str, became: Any, at: float, then: str = "") -> Question | None:
        question = self._standing.pop(id, None)
        if question is not None:
            question.became, question.then = became, then
            question.stood = max(at - question.at, 0.0)
        return question

    def escalated(self, event: EscalatedEvent) -> None:
        question = self._over(event.request.id, "escalated", event.at, f"{event.why}; {event.to}")
        who = Who("person", " or ".join(event.request.to) or SOMEBODY)
        made = self.step("note", event.at, who, head=event.why, text=event.to, mood="bad")
        if question is not None:
            made.answers, made.took = question.step, question.stood

    def decided(self, event: DecidedEvent) -> None:
        for id, question in tuple(self._standing.items()):
            if question.what == subject(event.action) and question.agent == event.action.agent and not event.by:
                self._over(id, "withdrawn", event.at)
        if event.by:
            return  # what people decided stands in their answers
        how = 'by an earlier "always"' if event.grants else "because nobody answered"
        done = DONE[event.decision.verb]
        mood = "good" if event.decision.verb == "approve" else "bad"
        head = f"{subject(event.action)} {done}"
        self.step("note", event.at, Who("agent", event.action.agent), head=head, text=how, mood=mood)

    def steered(self, event: ControlEvent) -> None:
        if event.action == "say":
            return  # it is a message, too
        who = Who("person", event.by) if event.by else None
        mood = "bad" if event.action == "stop" else "quiet"
        self.step("note", event.at, who, head=event.action, text=event.text, mood=mood)

    # ------------------------------------------------------------ the rest

    def noted(self, event: Event) -> None:
        """Say by its facts what happened, of whatever kind it is."""
        found = note(event)
        if found is not None:
            head, text, mood = found
            who = Who("agent", event.agent) if event.agent else None
            self.step("note", event.at, who, head=head, text=text, mood=mood)


def _asked(request: HumanRequest) -> str:
    return "\n".join(part for part in (request.prompt, request.preview) if part)


def _about(request: HumanRequest) -> tuple[tuple[str, str], ...]:
    within = f"within {lasted(request.within)}, then {request.otherwise}" if request.within is not None else ""
    need = f"{request.need} different people" if request.need > 1 else ""
    level = f"level {request.level + 1}" if request.level else ""
    return ("for", " or ".join(request.to)), ("because", request.because), ("time", within), ("need", need), ("", level)


def _verdict(reply: HumanReply) -> tuple[str, str, Any]:
    """Return what somebody decided or said: a word, its text, and whether that is a yes."""
    if reply.end_of_input:
        return "cannot answer", reply.text or "end of input", "bad"
    decision = reply.decision
    if decision is None:
        return "answers", reply.text, ""
    given = [decision.text, arguments(decision.arguments)]
    given.append(value(decision.value) if decision.value is not None else "")
    given.append(f"always: {decision.always}" if decision.always else "")
    mood = "good" if decision.verb in ("approve", "edit", "respond") else "bad"
    return decision.verb, "\n".join(part for part in given if part), mood


def _way(reply: HumanReply, settled: bool) -> tuple[tuple[str, str], ...]:
    return (
        ("on", reply.channel),
        ("known by", reply.authenticated),
        ("", "" if settled else "more people have to agree"),
    )


_SAYING: Mapping[type[Event], Callable[[_Telling, Any], None]] = {
    ControlEvent: _Telling.steered,
    DecidedEvent: _Telling.decided,
    ErrorEvent: _Telling.failed,
    EscalatedEvent: _Telling.escalated,
    ExecutedFunctionEvent: _Telling.returned,
    ExecuteFunctionEvent: _Telling.called,
    GroupChatRunChatEvent: _Telling.chosen,
    HandoffEvent: _Telling.handed,
    InputReplyEvent: _Telling.answered,
    InputRequestEvent: _Telling.asked,
    MessageEvent: _Telling.message,
    ModelCallFinished: _Telling.used,
    RunCompletionEvent: _Telling.completed,
    RunStarted: _Telling.started,
    TerminationEvent: _Telling.terminated,
    TransitionEvent: _Telling.moved,
    ToolNotRunEvent: _Telling.not_run,
}

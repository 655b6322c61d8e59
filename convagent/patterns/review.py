"""Maker and checker: one writes, another one judges, until it is approved or the rounds are used up.

    result = review(writer, "editor", rounds=3).run("Write a slogan for pens")
    result.approved, result.content, result.by, result.rounds

The checker is a person (or role), a policy that asks people, or another agent. A verdict is a
decision that a person made, or a structure that an agent filled in; nobody reads one out of prose.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol, cast

from ..action import Action
from ..action import Policy as PolicyLike
from ..conversation.context import RunContext, current_run
from ..conversation.gate import settle
from ..conversation.result import ChatResult
from ..conversation.verdict import REPLY, Go, Instead, Refused, Revise, Subject
from ..errors import ConfigError
from ..events import ReviewedEvent
from ..human import words_of
from ..messages import Message, content_text
from ..oversight.policy import Policy, as_policy
from ..oversight.words import ask, at, deny
from ..tools.tool import Tool


class Party(Protocol):
    """What a review needs of an agent."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def make_user(self, tools: Any, asks: bool, executor_kwargs: Mapping[str, Any]) -> Any:
        """Return an agent that talks with it, and executes its tools."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a checker says of a draft. May be the `response_format` of a checker's model."""

    verdict: Literal["approve", "revise"]
    reason: str = ""
    """What has to be different."""


@dataclass(frozen=True, slots=True)
class ReviewResult:
    """What came of a review."""

    approved: bool
    content: str | None
    """What was approved; None: nothing."""
    draft: str
    """What the maker wrote last."""
    by: str
    """Who approved it, or had the last word; empty: a rule."""
    rounds: int
    """How many drafts were judged."""
    reason: str
    """Why it was not approved, or how it was."""
    chat: ChatResult
    """The chat with the maker: the task, the drafts, what was to be different."""


@dataclass(frozen=True, slots=True)
class Review:
    """A maker, a checker, and what counts if they do not agree in time. Made by `review`."""

    maker: Party
    checker: Policy | Party
    name: str
    """What the checker is called."""
    rounds: int
    otherwise: Policy

    def run(
        self,
        task: str | Message,
        *,
        silent: bool | None = False,
        cache: Any = None,
        oversight: PolicyLike | Iterable[PolicyLike] = (),
        people: Any = None,
        channels: Sequence[Any] = (),
        observers: Sequence[Callable[[Any], Any]] = (),
    ) -> ReviewResult:
        """Have a task done and judged. The arguments are those of `initiate_chat`.

        Raises:
            NobodyReachable: the checker cannot be asked.
        """
        given = {name: value for name, value in locals().items() if name not in ("self", "task")}
        seat, bench = self._seats()
        return bench.result(seat.initiate_chat(self.maker, message=task, summary_method=None, **given))

    async def a_run(
        self,
        task: str | Message,
        *,
        silent: bool | None = False,
        cache: Any = None,
        oversight: PolicyLike | Iterable[PolicyLike] = (),
        people: Any = None,
        channels: Sequence[Any] = (),
        observers: Sequence[Callable[[Any], Any]] = (),
    ) -> ReviewResult:
        """Have a task done and judged, in the caller's loop."""
        given = {name: value for name, value in locals().items() if name not in ("self", "task")}
        seat, bench = self._seats()
        return bench.result(await seat.a_initiate_chat(self.maker, message=task, summary_method=None, **given))

    def _seats(self) -> tuple[Any, _Bench]:
        """Return the agent that sits opposite the maker, and where the drafts are judged."""
        seat = self.maker.make_user(None, False, {"name": self.name, "is_termination_msg": _never})
        bench = _Bench(self)
        seat.register_reply(self.maker, partial(_judged, bench))
        return seat, bench

    def __str__(self) -> str:
        return f"review({self.maker.name}, {self.name}, rounds={self.rounds}, otherwise={self.otherwise})"


def review(maker: Party, checker: str | PolicyLike | Party, *, rounds: int = 3, otherwise: Any = None) -> Review:
    """Let an agent's work be judged before it counts.

    Args:
        maker: the agent that does the work.
        checker: a person or role, or a `Human`; a policy that asks people, such as ``ask("editor", within="1h")``;
            or another agent, whose model calls the tool `verdict`, or has `Verdict` as response format.
        rounds: how many drafts are judged.
        otherwise: what counts if none of them was approved: ``deny("not approved")``, ``ask("chief")``.

    Raises:
        ConfigError: an argument cannot work; the checker is the maker.
    """
    if not callable(getattr(maker, "make_user", None)):
        raise ConfigError(f"review({maker!r}, ...): the maker is a {type(maker).__name__}; expected an agent")
    if isinstance(rounds, bool) or not isinstance(cast(object, rounds), int) or rounds < 1:
        raise ConfigError(f"rounds={rounds!r} is not a number of drafts; expected a whole number from 1")
    judge, name = _checker(checker)
    if judge is maker or name == maker.name:
        raise ConfigError(f"review: {maker.name!r} cannot check its own work; name somebody else as checker")
    return Review(maker, judge, name, rounds, as_policy(deny("not approved") if otherwise is None else otherwise))


def _checker(checker: Any) -> tuple[Policy | Party, str]:
    if isinstance(checker, str):
        return ask(checker), checker
    if isinstance(getattr(checker, "asks", None), Policy):  # an agent that is a person
        return checker.asks, checker.name
    if callable(getattr(checker, "make_user", None)):
        return checker, checker.name
    return as_policy(checker), "checker"


# ---------------------------------------------------------------- judging


def _never(message: Any) -> bool:
    return False


async def _judged(
    bench: _Bench, seat: Any, messages: list[Message], sender: Any = None, config: Any = None
) -> tuple[bool, str | None]:
    """Reply to the maker: with what has to be different, or not at all, which ends the chat."""
    last = messages[-1]
    if last.get("tool_calls") or last.get("function_call"):
        return False, None  # a tool that the maker lets others execute
    run = cast(RunContext, current_run.get())
    # The task and each wish for a revision; the maker's calls have this role, too.
    asked = sum(m.get("role") == "assistant" and not (m.keys() & _OF_TOOLS) for m in messages)
    event = await bench.judge(run, content_text(last.get("content")), messages[0], asked)
    run.emit(event)
    if event.verdict == "revise":
        return True, f"Revise it: {event.reason}" if event.reason else "Revise it."
    bench.outcome = event
    run.terminate(_ended(event), seat.name, how="done" if event.verdict == "approve" else "refused")
    return True, None


def _typed_by(run: RunContext, maker: Party, draft: str) -> str:
    """Return which person wrote a draft, who is not to judge it; empty: none did."""
    typed = run.state.typed.get(maker.name)
    return typed.by if typed is not None and words_of(typed).strip() == draft.strip() else ""


_OF_TOOLS = {"tool_calls", "function_call", "tool_responses"}


def _ended(event: ReviewedEvent) -> str:
    if event.verdict == "approve":
        return f"Approved by {event.by or 'a rule'}"
    return "Not approved" if event.reason == "not approved" else f"Not approved: {event.reason}"


@dataclass(slots=True)
class _Bench:
    """Where the drafts of one run are judged."""

    review: Review
    outcome: ReviewedEvent | None = None
    rounds: int = 0
    draft: str = ""

    async def judge(self, run: RunContext, draft: str, task: Message, number: int) -> ReviewedEvent:
        """Judge a draft; the verdict `revise` comes only where another round is left."""
        review, self.rounds, self.draft = self.review, number, draft
        action = Action(
            "reply", review.maker.name, review.name, {"content": draft}, run_id=run.run_id, turn=run.turn,
            position=number, asked_by=_typed_by(run, review.maker, draft),
        )  # fmt: skip
        said = partial(ReviewedEvent, round=number, draft=draft, agent=review.maker.name)
        if isinstance(review.checker, Policy):
            verdict: Any = await settle(run, action, (at("reply", review.checker),), Subject(draft, REPLY))
            if isinstance(verdict, Go) and verdict.edited and run.gates_replies(()):
                verdict = await run.decide(verdict.action, (), Subject(str(verdict.edited["content"]), REPLY))
        else:
            verdict = await _verdict_of(review.checker, action, task, draft)
        if isinstance(verdict, Revise) and number < review.rounds:
            return said(verdict="revise", reason=verdict.text, by=verdict.by)
        if isinstance(verdict, Revise) or verdict is None:
            policy = at("reply", review.otherwise)
            verdict = await run.decide(action, (policy,), Subject(draft, REPLY))
        match verdict:
            case Go(by=by):
                content = str(verdict.action.arguments["content"])
                return said(verdict="approve", result=content, by=by)
            case Instead(value, by):
                return said(verdict="approve", result=str(value), by=by, reason="written by the checker")
            case Refused(reason, by) | Revise(reason, by):
                return said(verdict="reject", by=by, reason=reason or "not approved")
            case _:
                return said(verdict="reject", reason="not approved")

    def result(self, chat: ChatResult) -> ReviewResult:
        """Return what came of it; without an outcome the chat ended for another reason."""
        found = self.outcome
        if found is None:
            return ReviewResult(False, None, self.draft, "", self.rounds, chat.reason, chat)
        approved = found.verdict == "approve"
        return ReviewResult(
            approved, found.result if approved else None, found.draft, found.by, found.round, found.reason, chat
        )


# ---------------------------------------------------------------- an agent as checker


async def _verdict_of(checker: Party, action: Action, task: Message, draft: str) -> Go | Revise | None:
    """Ask an agent for its verdict; None: it gave none that can be read, asked twice."""
    structured = getattr(checker, "response_format", None) is not None
    how = "Answer in the structure you were given." if structured else "Give your verdict by calling the tool verdict."
    question = _QUESTION.format(task=content_text(task.get("content")), draft=draft, how=how)
    for _ in range(2):
        seat = checker.make_user(None, False, {"name": action.agent, "is_termination_msg": _never})
        seat.lent_tools = [] if structured else [_VERDICT]
        chat: ChatResult = await seat.a_initiate_chat(checker, message=question, max_turns=1, summary_method=None)
        found = _read(chat.chat_history[-1], structured)
        if found is not None:
            by = checker.name
            return Revise(found.reason, by) if found.verdict == "revise" else Go(action, by)
        question = f"{question}\nYour last answer was no verdict."
    return None


_QUESTION = """Check this work.

Task:
{task}

Work:
{draft}

{how} It is approve or revise; with revise, say what has to be different."""


def _read(message: Message, structured: bool) -> Verdict | None:
    """Read a verdict out of a structure: one call of the tool, or the fields of the answer. Anything else is none."""
    calls = message.get("tool_calls") or []
    text: Any = message.get("content")
    if not structured:
        function: Mapping[str, Any] = (calls[0].get("function") or {}) if len(calls) == 1 else {}
        if function.get("name") != _VERDICT.name:
            return None
        text = function.get("arguments")
    try:
        fields = json.loads(text)
    except (TypeError, ValueError):
        return None
    if not isinstance(fields, dict):
        return None
    given = cast("dict[str, Any]", fields)
    word, reason = given.get("verdict"), given.get("reason", "")
    if word not in ("approve", "revise") or not isinstance(reason, str):
        return None
    return Verdict(word, reason)


def _lent(verdict: Literal["approve", "revise"], reason: str = "") -> None:
    """Say whether the work may go out as it is (approve) or has to be changed (revise), and why."""


_VERDICT = Tool(_lent, name="verdict")
"""What a checker's model calls. It is not executed: the call is the verdict."""

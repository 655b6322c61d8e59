"""Several at work on one task at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, Literal, cast

from ..action import Action, Policy
from ..agent import Next, Reply, Termination
from ..agents.chat import Chat, hold
from ..agents.conversable import ConversableAgent
from ..agents.gating import read_policies, refusal
from ..agents.own_chat import reply_of_those_behind
from ..agents.replies import ANYBODY, ReplyFunction
from ..conversation.context import RunContext
from ..conversation.verdict import REPLY, Again, Go, Instead, Refused, Revise, Subject, Verdict
from ..errors import ConfigError, one_of
from ..events import MergedEvent
from ..messages import content_text
from .answering import Answering
from .arguments import at_kind, checked_count, described, listed_members, read_limits
from .branches import Branch, Branches, reply_in

OnError = Literal["raise", "report"]


class Concurrent(Answering):
    """Agents that work on the same task at the same time, none of them reading the others; one result is made of it.

    analysts = Concurrent([market, legal, tech], merge=editor, review=ask("chief"))
    analysts.run(message="Shall we buy the company?").process()
    """

    word: ClassVar[str] = "branches"

    def __init__(
        self,
        members: Sequence[ConversableAgent],
        *,
        merge: Callable[..., Any] | ConversableAgent | None = None,
        review: Policy | Iterable[Policy] = (),
        on_error: OnError = "raise",
        max_concurrency: int | None = None,
        name: str = "",
        description: str = "",
        oversight: Policy | Iterable[Policy] = (),
        limits: Any = None,
        **kwargs: Any,
    ) -> None:
        """Make a team that works side by side.

        Args:
            members: who works: agents, people, teams. Each one is told the task, and nothing of the others.
            merge: makes one result: a function of a list of `Branch`, sync or async, that returns a text; an agent,
                who is told what all of them replied and whose reply is the result; None: the texts under names.
            review: judges the result before it is passed on, an action of kind ``merge``: approved, edited, replaced,
                sent back with a wish to the agent that merges, or refused, which ends the conversation.
            on_error: ``raise``: where a branch fails the run fails, once all others have ended; ``report``: the
                merge is told why it came to nothing.
            max_concurrency: how many work at the same time; one that waits for a person does not count.
            name: how transcripts and other agents call it.
            description: what it is good for.
            oversight: policies on what its members are about to do here, besides their own.
            limits: how far its work may go, all branches together, wherever the team sits.
            **kwargs: more for `ConversableAgent`.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        listed = _checked(self, members)
        if merge is not None and not isinstance(merge, ConversableAgent) and not callable(merge):
            raise ConfigError(f"merge={merge!r}: expected an agent, or a function of a list of branches")
        if on_error not in ("raise", "report"):
            raise one_of("on_error", on_error, ("raise", "report"))
        self.max_concurrency = checked_count("max_concurrency", max_concurrency, "Concurrent([...], max_concurrency=8)")
        self.members, self.merge, self.on_error = tuple(listed), merge, on_error
        self.review = at_kind("merge", review)
        those = [*listed, merge] if isinstance(merge, ConversableAgent) else listed
        super().__init__(those, name=name, description=description or described(self, listed), **kwargs)
        self.governs, self.limits = read_policies(oversight), read_limits(limits)
        self.replies.register(ReplyFunction(ANYBODY, reply_of_those_behind, builtin=reply_of_those_behind))

    async def take_turn(self, run: RunContext) -> Next:
        """Have the task worked on; in the conversation of others, by a conversation of its own."""
        if run.state.recipient is not self or not run.state.opened:
            return await super().take_turn(run)
        task = self.task(run.state.thread.view(self))
        branches = Branches(run, self, reports=self.on_error == "report", most=self.max_concurrency)
        found = await branches.work(self.members, task)
        for control in branches.said:
            run.say(control.text, control.by, silent=True)
        await run.checkpoint()  # a stop that the branches met is one of this run
        failed = next((branch for branch in found if branch.error), None)
        if failed is not None and self.on_error == "raise":
            run.terminate(failed.error, self.name, run.state.initiator.name, how=failed.how)
            return Termination(failed.error, failed.how)
        content = await self._result(run, task, found)
        if content is None:
            return Termination(run.state.reason, run.state.how)
        return Reply(content, run.state.initiator)

    # ------------------------------------------------------------ one result

    async def _result(self, run: RunContext, task: Any, found: list[Branch]) -> str | None:
        """Make one result and have it judged; None: it may not be passed on, and a termination says why."""
        draft, wish, by = "", "", ""
        while True:
            merged = await self._merged(run, task, found, draft, wish)
            if merged is None:
                return None
            draft = merged
            if not run.policies and not self.review:
                break
            verdict = await self._judged(run, draft, found)
            match verdict:
                case Go(action, by):
                    draft = str(action.arguments["content"])
                    break
                case Instead(value, by):
                    draft = str(value)
                    break
                case Refused(reason, by):
                    run.terminate(refusal(reason, by), self.name, run.state.initiator.name, how="refused")
                    return None
                case Revise(wish):
                    pass
                case Again():
                    pass
        failed = tuple(branch.name for branch in found if branch.error)
        sources = tuple(branch.name for branch in found if not branch.error)
        run.emit(MergedEvent(sources=sources, text=draft, failed=failed, by=by, agent=self.name))
        return draft

    def _judged(self, run: RunContext, draft: str, found: list[Branch]) -> Awaitable[Verdict]:
        names = [branch.name for branch in found if not branch.error]
        named = ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")
        action = Action(
            "merge", self.name, named, {"content": draft}, run_id=run.run_id, turn=run.turn,
            asked_by=run.state.typed_inside(draft),
        )  # fmt: skip
        shown = Subject(draft, REPLY, revisable=isinstance(self.merge, ConversableAgent))
        return run.decide(action, self.review, shown)

    async def _merged(self, run: RunContext, task: Any, found: list[Branch], draft: str, wish: str) -> str | None:
        """Make one text of what was found; None: whoever was to merge it made none, and a termination says why."""
        if self.merge is None:
            return under_names(found)
        if not isinstance(self.merge, ConversableAgent):
            return str(await run.step("merge", partial(run.call, self.merge, found)))
        text = f"{content_text(task)}\n\nThis is what was found:\n\n{under_names(found)}"
        if wish:
            text += f"\n\nYou had made this of it:\n\n{draft}\n\nWrite it again: {wish}"
        chat = Chat(self, self.merge, text, summary_method=None, silent=run.silent, one_answer=True)
        result = await hold(chat)
        merged = reply_in(result, self.merge)
        if merged is None:
            run.terminate(result.reason, self.name, run.state.initiator.name, how=result.how)
        return merged


_FEW = 5
"""So many members are named in a question."""


def under_names(found: Sequence[Branch]) -> str:
    """Return what several replied, each under its name."""
    return "\n\n".join(f"{b.name}:\n{f'(came to nothing: {b.error})' if b.error else b.content}" for b in found)


def _checked(team: object, members: Any) -> list[ConversableAgent]:
    listed = listed_members(team, members)
    for member in cast("list[object]", listed):
        if not isinstance(member, ConversableAgent):
            raise ConfigError(f"members holds {member!r}, a {type(member).__name__}; expected ConversableAgents")
    counts = Counter(member.name for member in listed)
    twice = sorted(name for name, count in counts.items() if count > 1)
    if twice:
        raise ConfigError(f"several members are called {', '.join(map(repr, twice))}; name them apart")
    return listed

"""An agent whose reply is the outcome of a conversation of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from ..action import Policy
from ..agents.builtin import PASS, Outcome
from ..agents.chat import Chat, hold
from ..agents.conversable import ConversableAgent
from ..agents.gating import read_policies
from ..agents.nested import chats_to_hold
from ..agents.queue import hold_in_order
from ..agents.replies import ReplyFunction
from ..agents.summary import METHODS
from ..conversation.context import RunContext
from ..conversation.result import ChatResult
from ..errors import ConfigError, one_of
from ..messages import Message
from .answering import Answering
from .arguments import checked_count, read_limits
from .seat import outcome_of

Inner = ConversableAgent | Sequence[Mapping[str, Any]]


class Nested(Answering):
    """An agent that talks with another one, or a team, before it replies; nobody outside hears that conversation.

    writers = Nested(Sequential([drafter, editor]), name="writers", summary="last_msg")
    """

    word: ClassVar[str] = "nested"

    def __init__(
        self,
        inner: Inner,
        *,
        name: str = "",
        description: str = "",
        message: Callable[[list[Message]], Any] | None = None,
        summary: str | Callable[[ChatResult], Any] = "last_msg",
        max_turns: int | None = None,
        oversight: Policy | Iterable[Policy] = (),
        limits: Any = None,
        **kwargs: Any,
    ) -> None:
        """Make an agent with a conversation inside.

        Args:
            inner: whom it talks with: an agent, a team; or a list of chats, as for `initiate_chats`.
            name: how transcripts and other agents call it.
            description: what it is good for.
            message: makes what it says first of the messages that it has read, sync or async; None: what was said
                since it spoke last.
            summary: what it replies: ``last_msg``, what was said last inside; ``reflection_with_llm``, what a model
                makes of it; or a function of the `ChatResult`, sync or async, that returns a text.
            max_turns: how often it speaks inside; None: once, or as long as the team goes on. To speak again it needs
                a model, or a default reply.
            oversight: policies on what happens inside, besides everybody's own.
            limits: how far the conversation inside may go.
            **kwargs: more for `ConversableAgent`.

        Raises:
            ConfigError: an argument cannot work; the text says what was expected.
        """
        self.queue, partners = _read_inner(inner)
        if message is not None and not callable(message):
            raise ConfigError(f"message={message!r}: expected a function of the messages that were read")
        if not callable(summary) and summary not in METHODS:
            raise one_of("summary", summary, METHODS)
        self.message, self.summary = message, summary
        self.max_turns = checked_count("max_turns", max_turns, "Nested(agent, max_turns=3)")
        those = list(dict.fromkeys(partners))
        named = ", ".join(agent.name for agent in those)
        super().__init__(those, name=name, description=description or f"Talks with {named} before it replies", **kwargs)
        self._inside: dict[str, Any] = {"oversight": read_policies(oversight), "limits": read_limits(limits)}
        self.replies.register(ReplyFunction(self._is_outside, _reply_from_inside, builtin=_reply_from_inside))

    def _is_outside(self, sender: Any) -> bool:
        return sender is not None and all(sender is not agent for agent in self.brings())

    async def reply_from_inside(self, run: RunContext, messages: Sequence[Message]) -> Any:
        """Hold the conversation inside, and return what to reply; None: nothing, and a termination says why."""
        content = self.task(messages)
        if self.message is not None:
            content = await run.step("message", partial(run.call, self.message, list(messages)))
        partner, result = await self._held(run, content)
        reply: Any = outcome_of(result, partner)
        if reply is None:  # nothing was said, or it was not to be passed on
            run.terminate(result.reason, self.name, how=result.how)
        elif callable(self.summary):
            reply = str(await run.step("summary", partial(run.call, self.summary, result)))
        elif self.summary == REFLECTION:
            reply = result.summary
        return reply

    async def _held(self, run: RunContext, content: Any) -> tuple[ConversableAgent, ChatResult]:
        """Hold the conversation inside; return with whom it ended, and what came of it."""
        method = self.summary if self.summary == REFLECTION else "last_msg"
        if self.queue:
            given: dict[str, Any] = {"summary_method": method, "silent": run.silent, **self._inside}
            queue = [{**given, "max_turns": self._turns(chat["recipient"]), **chat} for chat in self.queue]
            chats = await chats_to_hold(queue, self, [{"role": "user", "content": content}], None, None)
            return chats[-1]["recipient"], (await hold_in_order(chats))[-1]
        inner = self.brings()[0]
        chat = Chat(
            self, inner, content, max_turns=self.max_turns, one_answer=self.max_turns is None, summary_method=method,
            silent=run.silent, **self._inside,
        )  # fmt: skip
        return inner, await hold(chat)

    def _turns(self, partner: ConversableAgent) -> int | None:
        return self.max_turns or (None if partner.brings() else 1)


async def _reply_from_inside(
    agent: ConversableAgent, run: RunContext, messages: Sequence[Message], sender: Any, config: Any = None
) -> Outcome:
    return (True, await cast(Nested, agent).reply_from_inside(run, messages)) if messages else PASS


REFLECTION = "reflection_with_llm"


def _read_inner(inner: Any) -> tuple[list[dict[str, Any]], list[ConversableAgent]]:
    """Return the chats to hold, if it is a list of such, and all whom it talks with."""
    if isinstance(inner, ConversableAgent):
        return [], [inner]
    if isinstance(inner, (list, tuple)) and inner and all(map(_is_chat, cast("list[Any]", inner))):
        queue = [dict(chat) for chat in cast("list[dict[str, Any]]", inner)]
        return queue, [chat["recipient"] for chat in queue]
    raise ConfigError(
        f"Nested({inner!r}): expected an agent, a team, or a list of chats such as [{{'recipient': agent}}]"
    )


def _is_chat(chat: Any) -> bool:
    return isinstance(chat, Mapping) and isinstance(cast("dict[str, Any]", chat).get("recipient"), ConversableAgent)

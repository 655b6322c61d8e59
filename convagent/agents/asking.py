"""How an agent asks its person: `get_human_input`, overridden or not, and what is recorded of the answer."""

from __future__ import annotations

from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from .._sync import forget_in_child, unboxing
from ..conversation.context import RunContext
from ..errors import ConfigError, EndOfInput
from ..events import InputReplyEvent
from ..human import HumanReply, Moment
from .code_methods import CodeMethods
from .overrides import accepted

if TYPE_CHECKING:
    from .conversable import ConversableAgent


class PersonMethods(CodeMethods):
    """Human input."""

    def get_human_input(self, prompt: str, *args: Any, **kwargs: Any) -> str:
        """Ask the person, and return what they type. Override it to ask in your own way."""
        return self._wait(PersonMethods.a_get_human_input(self, prompt, *args, **kwargs))

    async def a_get_human_input(self, prompt: str, *args: Any, **kwargs: Any) -> str:
        """Ask the person, and return what they type.

        An override may take the prompt alone, or the keywords it cares for; so they are not spelled
        out in the signature, which a type checker would then demand of every override.

        Args:
            prompt: what they read.
            *args: none are taken.
            **kwargs: ``iostream``, asked instead of the run's channels; ``choices``, words offered for
                completion (any text is accepted).

        Raises:
            EndOfInput: the channel ended before an answer.
        """
        return await self._ask_anybody(prompt, *args, **kwargs)

    async def _ask_anybody(self, prompt: str, *, iostream: Any = None, choices: tuple[str, ...] = ()) -> str:
        async with self.within(None) as run:
            moment, about = _in_place_of(run, self)
            return await unboxing(self._ask(run, prompt, moment, about, iostream, (*choices, "exit")))

    async def ask_person(self, run: RunContext, prompt: str, moment: Moment, about: str) -> str:
        """Ask through an overridden `get_human_input` if there is one, and record the answer either way."""
        agent = cast("ConversableAgent", self)
        own = agent.overrides.find(agent, "get_human_input", run)
        if own is None:
            return await self._ask(run, prompt, moment, about, None)
        answers = run.state.answers.setdefault(self.name, [])
        known = len(answers)
        from ..iostream import IOStream

        token = _overridden.set((run, self, moment, about))
        try:
            typed = partial(run.call, own, prompt, **accepted(own, iostream=IOStream.get_default()))
            text = await (run.step("get_human_input", typed) if run.runtime.keeps else typed())
        finally:
            _overridden.reset(token)
        if not isinstance(text, str):
            raise ConfigError(
                f"{type(self).__name__}.get_human_input returned {text!r}; expected a string (empty to skip)"
            )
        if len(answers) == known:
            reply = HumanReply("", text, channel="get_human_input")
            run.emit(InputReplyEvent(reply=reply, agent=self.name))
        return text

    async def _ask(
        self, run: RunContext, prompt: str, moment: Moment, about: str, iostream: Any,
        choices: tuple[str, ...] = ("exit",),
    ) -> str:  # fmt: skip
        async def guarded(text: str) -> str:
            return await self.hooks.through(run, "safeguard_human_inputs", text)

        if iostream is not None and hasattr(iostream, "input") and not _is_default(iostream):
            text = await guarded(str(await run.call(iostream.input, prompt)))
            run.emit(InputReplyEvent(reply=HumanReply("", text, channel="iostream"), agent=self.name))
        else:
            amend = guarded if self.hooks.lists["safeguard_human_inputs"] else None
            reply = await run.ask(prompt, agent=self.name, about=about, moment=moment, choices=choices, amend=amend)
            if reply.end_of_input:
                raise EndOfInput(f"the input of agent {self.name!r} ended before an answer to {prompt!r}")
            text = reply.text
        return text


_overridden: ContextVar[tuple[RunContext, PersonMethods, Moment, str] | None] = ContextVar("overridden", default=None)
"""The prompt of a conversation that an override of `get_human_input` answers: whose it is, why and about whom."""
forget_in_child(_overridden)


def _in_place_of(run: RunContext, agent: PersonMethods) -> tuple[Moment, str]:
    """Return why and about whom `get_human_input` asks: as the prompt does whose override calls it, if one does."""
    found = _overridden.get()
    return (found[2], found[3]) if found is not None and found[0] is run and found[1] is agent else ("message", "")


def _is_default(stream: Any) -> bool:
    from ..iostream import IOStream

    return stream is IOStream.get_default()

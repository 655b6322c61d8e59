"""A model says who speaks next."""

from __future__ import annotations

from typing import Any, Protocol, cast

from ..agent import Agent, Participant
from ..conversation.context import RunContext
from ..conversation.group_thread import MANAGER
from ..conversation.turn import ask_model
from ..events import (
    SelectionMessageEvent,
    SpeakerAttempt,
    SpeakerAttemptFailedMultipleAgentsEvent,
    SpeakerAttemptFailedNoAgentsEvent,
    SpeakerAttemptSuccessfulEvent,
)
from ..messages import Message, content_text
from ..models.base import ModelClient, ModelRequest
from .roster import Members, mentioned

CHECKER, SELECTOR = "checking_agent", "speaker_selection_agent"
"""What those are called in the requests who ask for a speaker, and name one."""


class Texts(Protocol):
    """What is said to the model."""

    max_retries_for_selecting_speaker: int
    role_for_select_speaker_messages: str
    select_speaker_auto_multiple_template: str
    select_speaker_auto_none_template: str
    select_speaker_auto_verbose: bool
    message_transform: Any
    """A function of messages that returns those to send; None: all of them."""

    def select_speaker_msg(self, agents: Any = None) -> str:
        """Return the system message."""
        ...

    def select_speaker_prompt(self, agents: Any = None) -> str | None:
        """Return what stands below the conversation; None: nothing."""
        ...


async def chosen_by_model(
    run: RunContext, manager: Any, texts: Texts, client: ModelClient, counted: str, among: Members
) -> Participant | None:
    """Ask a model until it names one of them, and only one; None: it did not, as often as it was asked.

    Raises:
        ModelError: the model failed for good.
    """
    asking = _Asking(run, manager, texts, among)
    for attempt in range(1, texts.max_retries_for_selecting_speaker + 2):
        reply = await ask_model(
            run, client, lambda turn: asking.request(turn, counted), agent=counted, to="", silent=True,
            policies=manager.policies,
        )  # fmt: skip
        assert reply is not None  # every request is sent
        manager.usage.add(reply)
        found = asking.heard(content_text(reply.message.get("content")), attempt)
        if len(found) == 1:
            return next(agent for agent in among if agent.name in found)
    return None


class _Asking:
    """The short exchange with the model below the conversation of the group."""

    def __init__(self, run: RunContext, manager: Agent, texts: Texts, among: Members) -> None:
        self.run, self.manager, self.texts, self.among = run, manager, texts, among
        self._names = str([agent.name for agent in among])
        self._head: Message = {"content": texts.select_speaker_msg(list(among)), "role": "system"}
        self._said: list[Message] = []
        prompt = texts.select_speaker_prompt(list(among))
        if prompt is None:
            last = _without_calls(run.state.thread.view_of(MANAGER)[-1])
            self._said.append(last)
            self._show(CHECKER, content_text(last.get("content")))
        else:
            self._say(prompt)

    async def request(self, turn: int, agent: str) -> ModelRequest:
        """Return the request, made of the conversation as it is now."""
        told = self.run.wire(self.manager, self._head, self.run.state.thread.view_of(MANAGER))
        before = [*told[:-1], _without_calls(told[-1])] if len(told) > 1 else list(told)
        messages = [*before, *self._said]
        transform = self.texts.message_transform
        if transform is not None:
            rest = await self.run.call(transform, messages[1:])
            messages = [messages[0], *cast("list[Message]", rest)]
        return ModelRequest(messages=messages, agent=agent, turn=turn)

    def heard(self, text: str, attempt: int) -> dict[str, int]:
        """Take what the model said, and ask again where it did not name one and may try once more."""
        texts = self.texts
        self._said.append({"content": text, "role": "assistant", "name": SELECTOR})
        self._show(SELECTOR, text)
        found = mentioned(text.strip(), self.among)
        left = texts.max_retries_for_selecting_speaker + 1 - attempt
        self._tell(found, attempt, left)
        if len(found) != 1 and left:
            template = texts.select_speaker_auto_multiple_template if found else texts.select_speaker_auto_none_template
            self._say(template.format(agentlist=self._names))
        return found

    def _say(self, text: str) -> None:
        role: Any = self.texts.role_for_select_speaker_messages
        self._said.append({"content": text, "name": CHECKER, "role": role})
        self._show(CHECKER, text)

    def _show(self, sender: str, text: str) -> None:
        if self.texts.select_speaker_auto_verbose:
            other = SELECTOR if sender == CHECKER else CHECKER
            self.run.emit(SelectionMessageEvent(text=text, sender=sender, recipient=other, agent=self.manager.name))

    def _tell(self, found: dict[str, int], attempt: int, left: int) -> None:
        kind: type[SpeakerAttempt] = SpeakerAttemptSuccessfulEvent
        if len(found) != 1:
            kind = SpeakerAttemptFailedMultipleAgentsEvent if found else SpeakerAttemptFailedNoAgentsEvent
        verbose = self.texts.select_speaker_auto_verbose
        self.run.emit(
            kind(mentions=found, attempt=attempt, attempts_left=left, verbose=verbose, agent=self.manager.name)
        )


def _without_calls(message: Message) -> Message:
    """Return a message without its calls: nothing follows that would answer them."""
    if not message.get("tool_calls") and not message.get("function_call"):
        return message
    return cast(Message, {k: v for k, v in message.items() if k not in ("tool_calls", "function_call")})

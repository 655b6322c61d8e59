"""Going on with a group chat from the messages of an earlier one."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from ..conversation.group_thread import GroupThread
from ..errors import ConfigError, MessageError
from ..events import GroupChatResumeEvent
from ..messages import Message, content_text

if TYPE_CHECKING:
    from .conversable import ConversableAgent
    from .manager import GroupChatManager

Remove = str | Callable[[str], str] | None


class ResumeMethods:
    """What a manager does with the messages of an earlier conversation."""

    def resume(
        self, messages: list[dict[str, Any]] | str, remove_termination_string: Remove = None,
        silent: bool | None = False,
    ) -> tuple[ConversableAgent, dict[str, Any]]:  # fmt: skip
        """Let everybody remember an earlier conversation of the group, but for its last message.

            last_agent, last_message = manager.resume(messages)
            last_agent.initiate_chat(manager, message=last_message, clear_history=False)

        Args:
            messages: those of `GroupChat.messages` or of a `ChatResult`, or their JSON.
            remove_termination_string: what is cut out of the last message, so that it does not end the chat; or a
                function that returns what it is to be.
            silent: whether it is shown that the group is prepared.

        Returns:
            who said the last message (the manager, where it was no member), and that message.

        Raises:
            ConfigError: there are no messages, or one of them is of nobody here.
        """
        manager = cast("GroupChatManager", self)
        found = _read(manager, messages)
        everyone = {agent.name: agent for agent in manager.groupchat.agents}
        for message in found:
            message.setdefault("name", manager.name)
        _check_names(manager, found)
        last = found[-1]
        speaker = everyone.get(last["name"], manager)
        _remember(manager, speaker, found[:-1])
        last["content"] = _cut(last.get("content"), remove_termination_string)
        if manager.is_termination(cast(Message, last)):
            warnings.warn(
                "the last message meets the termination condition of the manager: the chat will end with it; "
                "remove_termination_string= takes a text out of it",
                UserWarning,
                stacklevel=2,
            )
        if not silent:
            from ..iostream import IOStream

            IOStream.get_default().send(
                GroupChatResumeEvent(last_speaker_name=last["name"], events=cast("list[Message]", found))
            )
        manager.groupchat.send_introductions = False
        return speaker, last

    async def a_resume(
        self, messages: list[dict[str, Any]] | str, remove_termination_string: Remove = None,
        silent: bool | None = False,
    ) -> tuple[ConversableAgent, dict[str, Any]]:  # fmt: skip
        """Let everybody remember an earlier conversation of the group; see `resume`, which waits for nothing either."""
        return self.resume(messages, remove_termination_string, silent)

    def messages_from_string(self, message_string: str) -> list[dict[str, Any]]:
        """Return the messages that `messages_to_string` wrote.

        Raises:
            MessageError: it is no JSON list.
        """
        try:
            found = json.loads(message_string)
        except json.JSONDecodeError as error:
            raise MessageError(f"the messages are no JSON: {error}") from None
        if not isinstance(found, list):
            raise MessageError(f"the messages are a JSON {type(found).__name__}; expected a list of messages")
        return cast("list[dict[str, Any]]", found)

    def messages_to_string(self, messages: list[dict[str, Any]]) -> str:
        """Return messages as JSON, to be gone on from later."""
        return json.dumps(messages)


def _read(manager: GroupChatManager, messages: Any) -> list[dict[str, Any]]:
    found: Any = manager.messages_from_string(messages) if isinstance(messages, str) else messages
    if not isinstance(found, list) or not all(isinstance(m, Mapping) for m in cast("list[Any]", found)):
        raise ConfigError(f"messages={messages!r}: expected a list of messages, or their JSON")
    if not found:
        raise ConfigError("there are no messages to resume from; begin the chat by initiate_chat()")
    return [copy.deepcopy(dict(m)) for m in cast("list[Mapping[str, Any]]", found)]


def _check_names(manager: GroupChatManager, messages: list[dict[str, Any]]) -> None:
    known = {*manager.groupchat.agent_names, manager.groupchat.admin_name, manager.name}
    for position, message in enumerate(messages):
        if message["name"] not in known:
            raise ConfigError(
                f"message {position} is of {message['name']!r}, who is not in the group; "
                f"it has {', '.join(manager.groupchat.agent_names)}"
            )


def _remember(manager: GroupChatManager, speaker: ConversableAgent, messages: list[dict[str, Any]]) -> None:
    """Give everybody a thread with these messages, and nothing else."""
    members = tuple(manager.groupchat.agents)
    thread: GroupThread = manager._thread(speaker, members, clear=True)  # pyright: ignore[reportPrivateUsage]
    by_name = {agent.name: agent for agent in members}
    for message in messages:
        thread.add(by_name.get(message["name"], manager), cast(Message, message))


def _cut(content: Any, remove: Remove) -> Any:
    if not remove or not content:
        return content
    text = content if isinstance(content, str) else content_text(content)
    return text.replace(remove, "") if isinstance(remove, str) else remove(text)

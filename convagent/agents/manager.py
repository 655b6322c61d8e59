"""The manager of a group chat: whoever talks with it talks with the group."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from operator import is_
from typing import Any, ClassVar, cast

from ..agent import Agent
from ..conversation.context import RunContext
from ..conversation.group import GroupState
from ..conversation.group_thread import Facing, GroupThread
from ..conversation.result import ChatResult
from ..errors import ConfigError
from ..messages import Message
from ..oversight.input_mode import HumanInputMode
from ..patterns.group_chat import GroupChatPattern
from .arguments import named_for_users
from .clearing import clearing
from .conversable import ConversableAgent
from .groupchat import GroupChat
from .own_chat import reply_of_those_behind
from .replies import ANYBODY, ReplyFunction
from .resuming import ResumeMethods
from .taking_turns import Held


class GroupChatManager(ResumeMethods, ConversableAgent):
    """An agent behind which a group stands: a chat with it is the group's conversation.

    manager = GroupChatManager(GroupChat([ada, bob, cy], max_round=6), llm_config=llm_config)
    ada.initiate_chat(manager, message="What shall we do?")
    """

    heard_outside: ClassVar[bool] = False
    """Whether somebody outside who begins its conversation sees what the group says."""
    state_kind: ClassVar[type[GroupState]] = GroupState
    """What its conversation comes to is folded into one of these."""

    @named_for_users
    def __init__(
        self,
        groupchat: GroupChat,
        name: str = "chat_manager",
        max_consecutive_auto_reply: int | None = sys.maxsize,
        human_input_mode: HumanInputMode = "NEVER",
        system_message: str | list[dict[str, Any]] | None = "Group chat manager.",
        silent: bool = False,
        **kwargs: Any,
    ) -> None:
        """Make a manager.

        Args:
            groupchat: the group, and how its next speaker is chosen.
            name: how transcripts and histories call it.
            max_consecutive_auto_reply: as for any agent; the conversation of the group does not ask it.
            human_input_mode: as for any agent; a person who chooses speakers is ``manual`` of the group chat.
            system_message: as for any agent; the model that chooses is told the group's own.
            silent: whether what the group says is shown.
            **kwargs: as for `ConversableAgent`: `is_termination_msg` ends the group's conversation, `llm_config`
                chooses speakers.

        Raises:
            ConfigError: it is given tools, which it could not use.
        """
        config = kwargs.get("llm_config")
        if isinstance(config, dict) and any(cast("dict[str, Any]", config).get(key) for key in ("functions", "tools")):
            raise ConfigError(
                f"the manager {name!r} calls no tools; leave functions and tools out of its llm_config, "
                "and give them to members of the group"
            )
        if not isinstance(groupchat, GroupChat):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"groupchat={groupchat!r} is a {type(groupchat).__name__}; expected a GroupChat")
        super().__init__(
            name=name, system_message=system_message, max_consecutive_auto_reply=max_consecutive_auto_reply,
            human_input_mode=human_input_mode, **kwargs,
        )  # fmt: skip
        self._groupchat = groupchat
        self.quiet = silent
        self.replies.register(ReplyFunction(ANYBODY, reply_of_those_behind, builtin=reply_of_those_behind))

    @property
    def groupchat(self) -> GroupChat:
        """The group."""
        return self._groupchat

    @property
    def last_speaker(self) -> Agent | None:
        """Who sent the last message of the group: in code that its conversation calls, of that; else of the last."""
        thread = self._groupchat.thread
        return None if thread is None else thread.speaker

    def chat_messages_for_summary(self, agent: Agent) -> list[Message]:
        """Return what the group said, whoever asks."""
        return self._groupchat.messages

    # ------------------------------------------------------------ its conversation

    def conversation(self, sender: ConversableAgent, clear: bool, max_turns: int | None) -> Held:
        """Return the conversation of the group that somebody begins."""
        group = self._groupchat
        members = tuple(group.agents)
        if any(member is self for member in members):
            raise ConfigError(f"manager {self.name!r} is a member of its own group; take it out of agents=")
        thread = self._thread(sender, members, clear)
        told = group.introductions_msg() if group.send_introductions else ""
        state = self.state_kind(sender, self, thread, max_turns, members=members, group=group, introduction=told)
        return state, GroupChatPattern(group, self)

    def _thread(self, sender: ConversableAgent, members: tuple[Any, ...], clear: bool) -> GroupThread:
        """Return the thread of a new conversation: empty, or going on where each one's history stands."""
        group, old = self._groupchat, self.chat_messages.known(sender)
        thread = GroupThread(sender, self, members, self.heard_outside)
        if not clear:
            if isinstance(old, Facing) and _goes_on(old.group, thread):
                thread = old.group
            else:
                self._go_on(thread)
        for agent in _others(thread):
            agent.chat_messages.begin(self, thread)
            self.chat_messages.begin(agent, thread.facing(agent))
        group.begin(thread)
        return thread

    def _go_on(self, thread: GroupThread) -> None:
        """Let everybody remember what they did before, each their own."""
        for agent in _others(thread):
            mine, theirs = agent.chat_messages.known(self), self.chat_messages.known(agent)
            if mine is not None and mine.view(agent):
                thread.preset(agent, list(mine.view(agent)))
            if theirs is not None and theirs.view(self):
                thread.facing(agent).preset(self, list(theirs.view(self)))
        if self._groupchat.messages:
            thread.messages = list(self._groupchat.messages)

    @property
    def limit_reached(self) -> str:
        """What is told when the group has spoken as often as it may."""
        return f"Maximum rounds ({self._groupchat.max_round}) reached"

    def task(self, messages: Sequence[Message]) -> Any:
        """Return what the group is told of a conversation in which it has the word."""
        return messages[-1].get("content") or ""

    def outcome(self, result: ChatResult) -> Any:
        """Return what the group replies with to a conversation in which it had the word; None: nothing."""
        said = self._groupchat.messages
        return said[-1].get("content") if said else None

    def from_outside(self, result: ChatResult) -> Sequence[Message]:
        """Return what people said to the group who are none of it, in the conversation of which this is the result."""
        thread = self._groupchat.thread
        return thread.from_outside() if thread is not None else ()

    def reads_history(self) -> bool:
        """Return True: the group is told what was said since it spoke last."""
        return True

    def brings(self) -> Sequence[ConversableAgent]:
        """Return the members of the group."""
        return self._groupchat.agents

    def hears(self, run: RunContext, message: Any) -> Any:
        """Return what is said to the group; where it may, and says so, its members forget something first."""
        if self._groupchat.enable_clear_history:
            found = clearing(message, self._groupchat.agent_names, self.name)
            if found is not None:
                run.emit(found[0])
                run.forget_wires()
                return found[1]
        return message

    def remembered(self, sender: ConversableAgent) -> list[list[Message]]:
        """Return what each one remembers from before, by side: the initiator, the group, the other members."""
        _, _, *others = self.company(sender)
        return [sender.chat_messages[self], list(self._groupchat.messages), *(m.chat_messages[self] for m in others)]


def _goes_on(old: GroupThread, thread: GroupThread) -> bool:
    """Return whether an old thread has the same agents as a new one, and is the latest of each of them."""
    same = len(old.agents) == len(thread.agents) and all(map(is_, old.agents, thread.agents))
    return same and all(agent.chat_messages.known(old.agents[1]) is old for agent in _others(thread))


def _others(thread: GroupThread) -> list[ConversableAgent]:
    """Return whoever talks with the manager."""
    manager = thread.agents[1]
    found = [a for a in thread.agents if a is not manager]
    return cast("list[ConversableAgent]", found if thread.agents[0] is not manager else [manager, *found])

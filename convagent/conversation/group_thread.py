"""What the members of a group said, and each one's view of it."""

from __future__ import annotations

from ..agent import Agent
from ..messages import Message
from .thread import _INNER, Thread, as_seen  # pyright: ignore[reportPrivateUsage] - one idea in two files

MANAGER = 1
"""The manager's side: it says nothing itself, and each member talks with it."""


class GroupThread(Thread):
    """An append-only record of what a group said to each other through its manager.

    A member's view holds what all of them said, its own messages with role assistant. Whoever began the
    conversation from outside sees its own messages alone. The manager's view are the messages of the group.

    Args:
        initiator: who begins; a member, somebody outside, or the manager itself.
        manager: whom each of them talks with.
        members: the group, in order.
        heard_outside: whether somebody outside who began it sees what the group says, too.
    """

    __slots__ = ("_facing", "_introduced", "_names", "_outsider", "_sides")

    def __init__(
        self, initiator: Agent, manager: Agent, members: tuple[Agent, ...], heard_outside: bool = False
    ) -> None:
        super().__init__(initiator, manager, *(m for m in members if m is not initiator))
        self._names = [agent.name for agent in self.agents]
        self._sides: dict[int, int] = {}
        for side, agent in enumerate(self.agents):
            self._sides.setdefault(id(agent), side)
        self._outsider = not heard_outside and all(m is not initiator for m in members)
        self._introduced: dict[int, bool] = {}
        """By position: introductions, and whether they are for the initiator or for the others."""
        self._facing: dict[int, Facing] = {}

    def __len__(self) -> int:
        return len(self._said)

    def side(self, agent: Agent) -> int:
        """Return the position of an agent; one that does not belong here stands where the manager does."""
        return self._sides.get(id(agent), MANAGER)

    def has(self, agent: Agent, other: Agent) -> bool:
        """Return whether one of them is the manager, and the other belongs to the group too."""
        manager = self.agents[MANAGER]
        return (agent is manager and id(other) in self._sides) or (other is manager and id(agent) in self._sides)

    def between(self, agent: Agent, other: Agent) -> Thread:
        """Return what these two said to each other: to the manager, each member is another one."""
        return self.facing(other) if agent is self.agents[MANAGER] else self

    def facing(self, peer: Agent) -> Facing:
        """Return what one of them and the manager said to each other, as the manager sees it."""
        found = self._facing.get(id(peer))
        if found is None:
            found = self._facing[id(peer)] = Facing(self, peer)
        return found

    @property
    def speaker(self) -> Agent | None:
        """Who spoke last; None: nobody yet."""
        for mark in reversed(self._marks):
            if not mark & _INNER and mark >> 1 != MANAGER:
                return self.agents[mark >> 1]
        return None

    @property
    def messages(self) -> list[Message]:
        """What the group said, under the names of whoever said it."""
        return self.view_of(MANAGER)

    @messages.setter
    def messages(self, messages: list[Message]) -> None:
        self._views[MANAGER], self._done[MANAGER] = messages, len(self._said)

    def from_outside(self) -> list[Message]:
        """Return what people said who are none of the group, in order."""
        return [
            said
            for said, mark in zip(self._said, self._marks, strict=True)
            if mark == MANAGER << 1 and not isinstance(said, str) and said.get("override_role")
        ]

    def introduce(self, text: str, first: bool) -> None:
        """Let the manager say who there is: to the initiator, if it is a `first`, or to all others."""
        self._introduced[len(self._said)] = first
        self.add(self.agents[MANAGER], {"content": text})

    def keep_last(self, agent: Agent | None, count: int) -> None:
        """Let one member, or all and the group's own messages, forget all but the last so many messages."""
        sides = range(len(self.agents)) if agent is None else [self.side(agent)]
        for side in sides:
            view, kept = self.view_of(side), count
            if side != MANAGER and 0 < kept < len(view) and "tool_responses" in view[-kept]:
                kept += 1  # results without their calls are refused by endpoints
            del view[: max(0, len(view) - kept)]

    def view_of(self, side: int) -> list[Message]:
        """Return the messages as they are seen from a side."""
        view, said, done = self._views[side], self._said, self._done[side]
        if view is None or self._introduced or (side == 0 and self._outsider):
            return super().view_of(side)
        marks, names, own = self._marks, self._names, side << 1 if side != MANAGER else -1
        for position in range(done, len(said)):
            mark, text = marks[position], said[position]
            if isinstance(text, str) and mark != own and not mark & _INNER:  # most are: plain, and of somebody else
                view.append({"content": text, "role": "user", "name": names[mark >> 1]})
            elif (seen := self._seen(position, side)) is not None:
                view.append(seen)
        self._done[side] = len(said)
        return view

    def _seen(self, position: int, side: int) -> Message | None:
        mark = self._marks[position]
        by = mark >> 1
        if mark & _INNER or (by == side and side != MANAGER):
            return super()._seen(position, side)
        for_initiator = self._introduced.get(position) if self._introduced else None
        if for_initiator is not None and (side == MANAGER or for_initiator != (side == 0)):
            return None
        if side == 0 and self._outsider:
            return None
        seen = self.told(position, own=False)
        if side == MANAGER and seen["content"] is None:  # pyright: ignore[reportTypedDictNotRequiredAccess]
            seen["content"] = ""
        return seen

    def seen_across(self, position: int, side: int) -> Message | None:
        """Return a message between the manager and one of them, as the manager has it."""
        mine = self._seen(position, side)
        if mine is None or self._marks[position] & _INNER:
            return None
        return self.told(position, own=self._marks[position] >> 1 != side)

    def told(self, position: int, own: bool) -> Message:
        """Return a message as it is passed on: with the name of whoever said it."""
        by, said = self._marks[position] >> 1, self._said[position]
        name = self._names[by]
        if isinstance(said, str):
            return {"content": said, "role": "assistant" if own else "user", "name": name}
        seen = as_seen(said, own, name)
        if by != MANAGER and seen.get("role") != "function":
            seen["name"] = name
        return seen


class Facing(Thread):
    """What a manager and one of its group said to each other: the group's thread, seen from the manager's side."""

    __slots__ = ("_read", "_seen_by_manager", "group")

    def __init__(self, group: GroupThread, peer: Agent) -> None:
        super().__init__(group.agents[MANAGER], peer)
        self.group = group
        self._read = 0
        self._seen_by_manager: list[Message] = []

    def add(self, sender: Agent, message: Message, inner: bool = False) -> None:
        """Append a message to the group's thread."""
        self.group.add(sender, message, inner)

    def preset(self, agent: Agent, messages: list[Message]) -> None:
        """Give one of them a view that was made elsewhere."""
        if agent is self.agents[0]:
            self._seen_by_manager, self._read = messages, len(self.group)
        else:
            self.group.preset(agent, messages)

    def view(self, agent: Agent) -> list[Message]:
        """Return the manager's messages with this one, its own those that it passed on; or the member's."""
        if agent is not self.agents[0]:
            return self.group.view(agent)
        side = self.group.side(self.agents[1])
        for position in range(self._read, len(self.group)):
            seen = self.group.seen_across(position, side)
            if seen is not None:
                self._seen_by_manager.append(seen)
        self._read = len(self.group)
        return self._seen_by_manager

    def latest(self, agent: Agent) -> list[Message]:
        """Return the manager's last message with this one, or its whole view where that was asked for before."""
        if agent is not self.agents[0] or self._read or self._seen_by_manager:
            return self.view(agent)
        side = self.group.side(self.agents[1])
        for position in range(len(self.group) - 1, -1, -1):
            seen = self.group.seen_across(position, side)
            if seen is not None:
                return [seen]
        return []

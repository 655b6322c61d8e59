"""What an agent remembers of its conversations, by the agent it talked with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping

from ..agent import Agent
from ..conversation.context import current_run
from ..conversation.thread import Thread
from ..messages import Message


class ChatMessages(MutableMapping[Agent, list[Message]]):
    """Histories by peer: a live view. A peer never talked to has an empty history.

    While a conversation runs, its own history is what is seen here from inside it, so that one
    agent can serve many conversations at once; outside, the latest one with each peer.
    """

    def __init__(self, owner: Agent, given: Mapping[Agent, list[Message]] | None = None) -> None:
        self._owner = owner
        self._threads: dict[Agent, Thread] = {}
        for peer, messages in (given or {}).items():
            self[peer] = messages

    def thread(self, peer: Agent) -> Thread:
        """Return the thread with a peer, made if there is none."""
        run = current_run.get()
        if run is not None and run.state.thread.has(self._owner, peer):
            return run.state.thread.between(self._owner, peer)
        thread = self._threads.get(peer)
        if thread is None:
            thread = self._threads[peer] = Thread(self._owner, peer)
        return thread

    def latest(self, peer: Agent) -> list[Message]:
        """Return the history with a peer, or its last message alone where nobody has read it yet."""
        return self.thread(peer).latest(self._owner)

    def begin(self, peer: Agent, thread: Thread) -> None:
        """Remember a thread as the latest with a peer."""
        self._threads[peer] = thread

    def known(self, peer: Agent) -> Thread | None:
        """Return the latest thread with a peer, if there is one."""
        return self._threads.get(peer)

    def forget(self, peer: Agent) -> None:
        """Drop the thread with a peer."""
        self._threads.pop(peer, None)

    def __getitem__(self, peer: Agent) -> list[Message]:
        return self.thread(peer).view(self._owner)

    def __setitem__(self, peer: Agent, messages: list[Message]) -> None:
        self.thread(peer).preset(self._owner, messages)

    def __delitem__(self, peer: Agent) -> None:
        if peer not in self:
            raise KeyError(peer)
        self[peer] = []
        self._threads.pop(peer, None)

    def _peers(self) -> list[Agent]:
        peers = list(self._threads)
        run = current_run.get()
        if run is not None:
            state = run.state
            if state.has(self._owner):
                peer = state.other(self._owner)
                if peer not in self._threads:
                    peers.append(peer)
        return peers

    def __iter__(self) -> Iterator[Agent]:
        return iter(self._peers())

    def __len__(self) -> int:
        return len(self._peers())

    def __contains__(self, peer: object) -> bool:
        return peer in self._peers()

    def __repr__(self) -> str:
        return repr({peer.name: messages for peer, messages in self.items()})


def join_threads(first: Agent, mine: ChatMessages, second: Agent, theirs: ChatMessages, clear: bool) -> Thread:
    """Return the thread for a new conversation: empty, or going on where each side's history stands."""
    old_mine, old_theirs = mine.known(second), theirs.known(first)
    if not clear and old_mine is not None and old_mine is old_theirs:
        thread = old_mine
    else:
        thread = Thread(first, second)
        if not clear:
            # The two histories may differ: each side keeps its own.
            if old_mine is not None:
                thread.preset(first, old_mine.view(first))
            if old_theirs is not None:
                thread.preset(second, old_theirs.view(second))
    mine.begin(second, thread)
    theirs.begin(first, thread)
    return thread

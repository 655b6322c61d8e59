"""What every page needs: the inbox, who may come in, and how answers are handed in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...action import canonical
from ...errors import JournalError
from ...human import Decision, HumanRequest, Receipt
from ...journal.base import StoredRequest
from ...oversight.authority import directory_of
from .access import Access
from .keys import Keys
from .people import People
from .shown import Shown, shown
from .visit import Visitor

if TYPE_CHECKING:
    from ...journal.inbox import Inbox


@dataclass(frozen=True, slots=True)
class Desk:
    """One web inbox."""

    inbox: Inbox
    access: Access
    keys: Keys
    people: People | None
    operators: frozenset[str]
    """The roles that may pause, stop and talk to a run."""
    clock: Callable[[], float]
    """The time in seconds since the epoch, for sessions and links; deadlines go by the journal's."""

    def now(self) -> float:
        """Return the time that deadlines are measured with; where the journal cannot be asked, that of this machine."""
        try:
            return self.inbox.journal.now()
        except JournalError:
            return self.clock()

    def stamp(self, request: HumanRequest) -> str:
        """Return what changes when the question does: an answer is for what was shown, and nothing else."""
        action = request.action
        what = [request.prompt, request.preview, request.because, request.form, request.options, request.to]
        digest = hashlib.sha256(canonical(what).encode()).hexdigest()
        return self.keys.mark("stamp", request.id, str(request.level), action.digest if action else "", digest)[:22]

    def shown(self, stored: StoredRequest, visitor: Visitor) -> Shown:
        """Return a question as a visitor sees it."""
        return shown(stored, visitor, self.stamp(stored.request))

    def shown_to_answer(self, stored: StoredRequest, visitor: Visitor) -> Shown:
        """Return a question as a visitor sees it, who may answer it by the people of its run, too."""
        directory = self.inbox.people or directory_of(self.inbox.journal.spec(stored.root).get("people"))
        return shown(stored, visitor, self.stamp(stored.request), directory)

    def steers(self, visitor: Visitor) -> bool:
        """Return whether somebody may pause, stop and talk to a run."""
        return visitor.serves_all or not self.operators.isdisjoint(visitor.roles)

    def decide(
        self, request: HumanRequest, answer: Decision | str, visitor: Visitor, name: str, channel: str = "web"
    ) -> Receipt:
        """Hand in an answer; if the question is escalated in this very moment, it is late.

        Args:
            request: the question as it was shown.
            answer: what was decided, or a text.
            visitor: who did.
            name: names the decision, so that a button pressed twice is one answer.
            channel: how it came.
        """
        return self.inbox.decide(
            request.id,
            answer,
            by=visitor.name,
            decision_id=f"{channel}:{name}",
            channel=channel,
            roles=visitor.roles,
            authenticated=visitor.authenticated,
            level=request.level,
        )

    def pending(self, visitor: Visitor, who: str, limit: int, after: str = "") -> list[StoredRequest]:
        """Return open requests, the one that is due first first.

        Args:
            visitor: who looks.
            who: `mine`: what they may answer; `all`; or a role.
            limit: how many at most.
            after: the id of the last one of the page before.
        """
        if who == "all" or (who == "mine" and visitor.serves_all):
            names: Sequence[str] = ()
        else:
            names = (visitor.name, *visitor.roles) if who == "mine" else (who,)
        return self.inbox.journal.pending(names, limit=limit, after=after)

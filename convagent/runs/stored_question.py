"""A question that stands in a journal: whoever answers, in whichever process, the journal says which answer counts."""

from __future__ import annotations

import asyncio
from typing import Any

from ..errors import JournalError
from ..human import HumanReply, HumanRequest, Receipt
from ..journal.base import StoredRequest
from ..journal.inbox import Inbox
from .keeper import Keeper, called
from .questions import Asker, Question

AGAIN = 1.0
"""Seconds until a deadline is looked at again that the journal does not see passed yet."""


class StoredQuestion(Question):
    """A question whose answers, wherever they are handed in, go through the journal."""

    __slots__ = ("_keeper", "_people")

    def __init__(self, request: HumanRequest, asker: Asker, keeper: Keeper, form: Any = None) -> None:
        super().__init__(request, asker, form)
        self._keeper = keeper
        self._people = getattr(asker, "directory", None)

    def _take(self, reply: HumanReply) -> Receipt:
        if reply.end_of_input:
            return super()._take(reply)
        try:
            receipt = Inbox(self._keeper.journal, self._people).answer(reply, self._form, level=self.request.level)
        except JournalError as error:
            return Receipt("invalid", f"the answer could not be kept, and does not count yet: {error}")
        if receipt.status == "accepted":
            if not receipt.missing:
                self.close()  # no other answer counts, though it is the journal that tells this one
            self._keeper.look_soon()
        return receipt

    def settled(self, stored: StoredRequest) -> None:
        """Be told, on the loop, how the journal has it. What it says of an earlier level is over."""
        if stored.request.level != self.request.level or stored.status == "cancelled":
            return
        if stored.status != "open":
            self.close()
            self.reply = stored.reply
            self._settle(stored.reply)

    def expire(self) -> None:
        """Let its time be up, if the journal agrees: an answer may have come in the same moment."""
        if not self.is_closed():
            asyncio.ensure_future(self._expire())  # noqa: RUF006 - it ends by itself, and the question with it

    async def _expire(self) -> None:
        journal, request = self._keeper.journal, self.request
        while not self.is_closed() and not self._keeper.let_go:
            try:
                gone = await called(journal, journal.expire, request.id, request.level)
            except JournalError:
                gone = []
            self._keeper.look_soon()
            if gone:
                return
            await asyncio.sleep(AGAIN)

"""The one way in for people: the requests that stand in a journal, and what answers become of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..duration import Duration, seconds
from ..errors import ConfigError, JournalError, one_of
from ..human import Decision, HumanReply, HumanRequest, NotUnderstood, Receipt
from ..oversight.answers import read_answer
from ..oversight.authority import Directory, directory_of
from ..oversight.counting import as_it_stands, is_vote, missing, outdated, too_late, voted
from ..serde import read_body
from .base import Journal, RunInfo, RunStatus, Standing, StoredRequest
from .record import Verdict

if TYPE_CHECKING:
    from ..events import Event

STEP = "step"
ACTIONS = ("pause", "unpause", "say", "stop", "revoke")
"""What a run can be told by somebody outside."""


class Inbox:
    """Lists the open requests of a journal, and takes answers, from any process.

        inbox = Inbox(open_journal("runs.db"))
        for stored in inbox.pending(role="clerk"):
            print(stored.id, stored.request.prompt)
        inbox.decide(stored.id, "approve", by="ada")

    Args:
        journal: where the requests stand.
        people: persons and their roles, such as ``{"ada": ["clerk"]}``; None: those that each run was begun with.
    """

    def __init__(self, journal: Journal, people: Directory | Mapping[str, Any] | None = None) -> None:
        self.journal = journal
        self.people = directory_of(people)

    # ------------------------------------------------------------ looking

    def pending(
        self, *, role: str = "", person: str = "", run: str = "", limit: int = 100, after: str = ""
    ) -> list[StoredRequest]:
        """Return open requests, the one that is due first first; then the oldest.

        Args:
            role: only requests that people of this role may answer.
            person: only requests that this person may answer, by name or by a role that they have.
            run: only of this run and those inside it.
            limit: how many at most.
            after: the id of the last one of the page before.
        """
        return self.journal.pending(self._names(role, person), run, limit, after)

    def standing(self, *, role: str = "", person: str = "", run: str = "") -> list[Standing]:
        """Return which requests are open, all of them and in the order of `pending`; what they ask is not read."""
        return self.journal.standing(self._names(role, person), run)

    def _names(self, role: str, person: str) -> list[str]:
        names = [name for name in (role, person) if name]
        if person and self.people is not None:
            names += self.people.roles_of(person)
        return names

    def get(self, id: str) -> StoredRequest | None:
        """Return one request, open or not; None: there is none of this id."""
        return self.journal.request(id)

    def runs(self, status: Sequence[RunStatus] = (), limit: int = 100, after: str = "") -> list[RunInfo]:
        """Return runs, the latest first; see `Journal.runs`."""
        return self.journal.runs(status, limit, after)

    def conversation(self, run_id: str) -> list[Event]:
        """Return what happened in a run, or in one inside another, as events. What was erased is left out.

        Raises:
            JournalError: there is no such run, or what is kept of it is damaged.
        """
        rows = [row for row in self.journal.load(run_id.partition("/")[0]).rows if row.run == run_id]
        if "/" in run_id and not rows:
            raise JournalError(f"{self.journal.url}: there is no run {run_id!r}; `convagent runs` lists them")
        told = (row for row in rows if row.body.get("type") not in (STEP, None))
        return [read_body(row.body, row.run, row.seq, row.time) for row in told]

    # ------------------------------------------------------------ deciding

    def decide(
        self, request_id: str, decision: Decision | str, *, by: str = "", decision_id: str = "",
        channel: str = "inbox", roles: Sequence[str] = ("*",), authenticated: str = "claimed", level: int | None = None,
    ) -> Receipt:  # fmt: skip
        """Answer a request, and wake its run. Of several answers at once one counts.

        Args:
            request_id: which one.
            decision: a decision such as `approve`, or what a person typed.
            by: who answers.
            decision_id: names this answer, so that it may be handed in again when its receipt got lost.
            channel: the way on which it came.
            roles: those in which they may answer, where there is no list of people.
            authenticated: how it is known who answers.
            level: that of the question as they read it: once it was escalated the answer is late; None: whatever it
                is now.

        Returns:
            what became of it. Nothing is raised for what a person typed.

        Raises:
            ConfigError: an argument is of another type.
            JournalUnavailable: the journal cannot be reached; nothing was decided as far as can be known, and the
                same answer under the same `decision_id` may be handed in again.
        """
        for name, value in (("request_id", request_id), ("by", by), ("decision_id", decision_id)):
            if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise ConfigError(f"{name}={value!r}: expected text")
        if not isinstance(decision, (str, Decision)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"decision={decision!r}: expected a decision such as `approve`, or what a person typed")
        reply = HumanReply(request_id, by=by, channel=channel, roles=tuple(roles), authenticated=authenticated)
        given = replace(reply, text=decision) if isinstance(decision, str) else replace(reply, decision=decision)
        return self.answer(given, decision_id=decision_id, level=level)

    def answer(
        self, reply: HumanReply, form: Any = None, *, decision_id: str = "", level: int | None = None
    ) -> Receipt:
        """Hand in an answer that a channel brought; see `decide`.

        Args:
            reply: the answer; it names its request.
            form: the pydantic model of the request's form, whose own validators have a say, too.
            decision_id: names this answer.
            level: that of the question as it was read.
        """
        seen: StoredRequest | None = None
        while True:
            stored = self.journal.request(reply.request_id)
            if stored is None:
                return Receipt("unknown", f"there is no request {reply.request_id!r}; it may have been deleted")
            if stored == seen:  # it stands as it was looked at, and yet no answer counts: its time is up
                self.journal.expire(stored.id, stored.request.level)
                return Receipt("late", "its time was up; nobody waits for this answer any more")
            seen, receipt = stored, self._try(stored, reply, form, decision_id, level)
            if receipt is not None:
                return receipt

    def _try(
        self, stored: StoredRequest, reply: HumanReply, form: Any, decision_id: str, level: int | None
    ) -> Receipt | None:
        """Hand in an answer to a request as it stood; None: it stands otherwise by now."""
        request = as_it_stands(stored.request, stored.votes)
        refused = _again(stored, decision_id) or _outdated(stored, level) or _voted_already(stored, reply)
        if refused is not None:
            return refused
        try:
            decision = read_answer(request, reply, self._people_of(stored), form)
        except NotUnderstood as wrong:
            return self._too_late(stored, None) if stored.status != "open" else Receipt("invalid", str(wrong))
        if stored.status != "open":
            return self._too_late(stored, decision)
        vote = is_vote(stored.request, stored.votes, decision)
        counted = self.journal.settle(
            stored.id, stored.request.level, replace(reply, decision=decision, votes=() if vote else stored.votes),
            votes=len(stored.votes), final=not vote, decision_id=decision_id,
        )  # fmt: skip
        if not counted:
            return None
        return voted(missing(stored.request, stored.votes) - 1) if vote else Receipt("accepted")

    def _too_late(self, stored: StoredRequest, decision: Decision | None) -> Receipt:
        if stored.status == "expired" and stored.request.otherwise:
            return Receipt("late", f"its time was up, or somebody passed it on: {stored.request.otherwise}")
        return too_late(stored.request, stored.reply, decision)

    def _people_of(self, stored: StoredRequest) -> Directory | None:
        if self.people is not None:
            return self.people
        return directory_of(self.journal.spec(stored.root).get("people"))

    def decide_many(
        self, pairs: Iterable[tuple[str, Decision | str]], *, by: str = "", decision_id: str = "", **more: Any
    ) -> list[Receipt]:
        """Answer several requests, each by itself; see `decide`. What became of one does not matter to the others."""
        return [
            self.decide(id, decision, by=by, decision_id=f"{decision_id}/{id}" if decision_id else "", **more)
            for id, decision in pairs
        ]

    # ------------------------------------------------------------ time and steering

    def expire(self) -> list[str]:
        """Let the time of requests be up whose deadline has passed; return their ids."""
        return self.journal.expire()

    def escalate(self, request_id: str, by: str, *, level: int | None = None) -> Receipt:
        """Let the time of a request be up now, so that what was to follow follows.

        Args:
            request_id: which one.
            by: who passes it on.
            level: that of the question as they read it; None: whatever it is now.
        """
        stored = self.journal.request(request_id)
        if stored is None:
            return Receipt("unknown", f"there is no request {request_id!r}; it may have been deleted")
        seen = stored.request.level if level is None else level
        if self.journal.expire(request_id, seen, force=True, by=by):
            return Receipt("accepted")
        return Receipt("late", "that request is open no more, or was escalated already")

    def steer(self, run: str, action: str, text: str = "", by: str = "") -> bool:
        """Send a control message to a run: `pause`, `unpause`, `say`, `stop`. Return False if it is over or unknown.

        Raises:
            ConfigError: there is no such action, or nothing is said.
        """
        if action not in ACTIONS:
            raise one_of("action", action, ACTIONS)
        if action == "say" and not text.strip():
            raise ConfigError("steer(..., 'say'): expected what is to be said")
        return self.journal.steer(run, action, text, by)

    # ------------------------------------------------------------ the record

    def verify(self, run_id: str = "", head: str = "") -> Verdict:
        """Say whether the record of a run, or of all, is what was written; see `Record.verify`."""
        return self.journal.record.verify(run_id, head)

    def head(self) -> str:
        """Return one text that covers all runs as they stand, to be kept elsewhere; see `Record.head`."""
        return self.journal.record.head()

    def export(self, run_id: str = "") -> Iterator[str]:
        """Return the rows of a run, or of all, as lines of an audit log; see `Record.export`."""
        return self.journal.record.export(run_id)

    def forget(self, person: str) -> int:
        """Delete what is kept of a person in runs that are over, and count the rows; see `Record.forget`."""
        return self.journal.record.forget(person)

    def delete(self, run_id: str) -> None:
        """Delete a run; see `Record.delete`."""
        self.journal.record.delete(run_id)

    def prune(self, *, older_than: Duration) -> list[str]:
        """Delete the runs that are over and have not changed for so long, such as ``"90d"``; return their ids."""
        return self.journal.record.prune(self.journal.now() - seconds(older_than, "older_than"))


def _again(stored: StoredRequest, decision_id: str) -> Receipt | None:
    """Return the receipt of an answer that was handed in before; None: it was not."""
    if decision_id and decision_id == stored.decision_id and stored.reply is not None:
        return Receipt("duplicate", "this very answer has been handed in already, and counts")
    return None


def _outdated(stored: StoredRequest, level: int | None) -> Receipt | None:
    return outdated(stored.request, level) if stored.status == "open" else None


def _voted_already(stored: StoredRequest, reply: HumanReply) -> Receipt | None:
    approves = reply.decision.verb == "approve" if reply.decision is not None else reply.text.strip() == "approve"
    if approves and reply.by and stored.status == "open" and any(vote.by == reply.by for vote in stored.votes):
        return Receipt("duplicate", f"{reply.by} has approved already; {_need(stored.request)}")
    return None


def _need(request: HumanRequest) -> str:
    return f"{request.need} different people must"

"""Fake people: persons with a name who answer as a test says, on a clock that jumps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from ..duration import Duration, seconds
from ..errors import ConfigError, NobodyReachable
from ..events import Event, InputRequestEvent
from ..human import Decision, HumanReply, HumanRequest, Receipt, Seat, edit, reject, respond, revise, stop
from .clock import VirtualClock

Behaviour = Any
"""`approve`, `reject("why")`, `edit(amount=5)`, `silent`, `after("40m", approve)`, a text as if typed, a list
of these (one a question, the last for all further ones), or a function of the request that returns one."""


@dataclass(frozen=True, slots=True)
class Silent:
    """Says nothing."""


silent = Silent()
"""A person who does not answer."""


@dataclass(frozen=True, slots=True)
class After:
    """Answers later."""

    delay: float
    """Seconds."""
    answer: Behaviour


def after(delay: Duration, answer: Behaviour) -> After:
    """Answer after a time: ``after("40m", approve)``."""
    return After(seconds(delay, "after"), answer)


class Fake:
    """People who answer the questions of a run, given as ``people=``.

        people = Fake(clerk=silent, manager=after("40m", approve))
        result = user.initiate_chat(bot, message="refund 500", people=people)
        assert [r.to for r in people.asked] == [("clerk",), ("manager",)]

    Each is a person whose only role is their own name; give more by ``roles={"ada": ["clerk"]}``. A
    role that nobody plays is unreachable. A wrong answer is refused as it would be from anybody, and
    kept in `receipts`; the person then says nothing more to that question. One that nobody will ever
    answer, because it has no ``within=`` either, ends the run with `NobodyReachable`, which says so.

    Args:
        roles: roles of persons, by name.
        **people: what each person does when they are asked.

    Raises:
        ConfigError: a behaviour is none.
    """

    name = "fake"

    def __init__(self, *, roles: dict[str, Sequence[str]] | None = None, **people: Behaviour) -> None:
        for person, behaviour in people.items():
            _check(person, behaviour)
        given = {p: (r,) if isinstance(r, str) else tuple(r) for p, r in (roles or {}).items()}
        unknown = set(given) - set(people)
        if unknown:
            raise ConfigError(f"roles of {', '.join(sorted(unknown))}, who are not among these people")
        self.clock = VirtualClock()
        self.seats = tuple(Seat(p, (p, *given.get(p, ()))) for p in people)
        self.asked: list[HumanRequest] = []
        """The questions, as they were put; one that escalates is there at each level."""
        self.receipts: list[Receipt] = []
        """What became of each answer."""
        self._behaviours = {p: _script(b) for p, b in people.items()}

    def __repr__(self) -> str:
        return f"Fake({', '.join(s.person for s in self.seats)})"

    def __call__(self, event: Event, /) -> None:
        """Let those who are asked do what they do."""
        if not isinstance(event, InputRequestEvent):
            return
        self.asked.append(event.request)
        present = [seat for seat in self.seats if event.is_for(seat)]
        asked = _Asked(event, len(present))
        for seat in present:
            self._act(asked, seat, next(self._behaviours[seat.person]))

    def _act(self, asked: _Asked, seat: Seat, behaviour: Behaviour) -> None:
        event = asked.event
        if isinstance(behaviour, Silent):
            asked.done(f"{seat.person} is silent")
            return
        if isinstance(behaviour, After):
            self.clock.call_later(behaviour.delay, partial(self._act_later, asked, seat, behaviour.answer))
            return
        if callable(behaviour) and not isinstance(behaviour, Decision):
            answer = behaviour(event.request)
            _check(seat.person, answer)
            self._act(asked, seat, answer)
            return
        decision = behaviour if isinstance(behaviour, Decision) else None
        text = behaviour if isinstance(behaviour, str) else ""
        reply = HumanReply(
            event.request.id, text, by=seat.person, channel=self.name, decision=decision, roles=seat.roles,
            authenticated="fake",
        )  # fmt: skip
        self.receipts.append(event.reply(reply))
        asked.done(f"to {seat.person} was said: {self.receipts[-1].problem}")

    def _act_later(self, asked: _Asked, seat: Seat, behaviour: Behaviour) -> None:
        try:
            self._act(asked, seat, behaviour)
        except Exception as error:  # noqa: BLE001 - what a test's function raises ends its run, and not only this callback
            asked.event.channel_failed(self.name, error)


@dataclass(slots=True)
class _Asked:
    """A question, and how many have not done yet what they do about it."""

    event: InputRequestEvent
    left: int
    said: list[str] = field(default_factory=list[str])

    def done(self, what: str) -> None:
        """Note what became of one person; after the last of them, end what would be waited for for ever."""
        self.left -= 1
        self.said.append(what)
        asked = self.event.request
        if self.left or asked.deadline is not None or self.event.answered:
            return
        prompt = asked.prompt.partition("\n")[0].strip()
        error = NobodyReachable(
            f"nobody will ever answer {prompt!r} (request {asked.id}): {'; '.join(self.said)}, and it has no time. "
            "Let somebody of these people answer, or say when it is given up: within='1h'"
        )
        self.event.channel_failed(Fake.name, error)


def _script(behaviour: Behaviour) -> Iterator[Behaviour]:
    listed = cast("list[Behaviour]", behaviour) if isinstance(behaviour, list) else [behaviour]
    yield from listed
    while True:
        yield listed[-1]


def _check(person: str, behaviour: Behaviour) -> None:
    listed = cast("list[Behaviour]", behaviour) if isinstance(behaviour, list) else [behaviour]
    for item in listed:
        if isinstance(item, After):
            _check(person, item.answer)
        elif any(item is word for word in _WORDS):
            raise ConfigError(f"{person}={item.__name__}: call it, as in {item.__name__}(...)")
        elif not listed or not (isinstance(item, (Decision, Silent, str)) or callable(item)):
            raise ConfigError(
                f"{person}={behaviour!r} is nothing a person does; expected approve, reject('why'), edit(...), silent, "
                "after('40m', approve), a text, a list of these, or a function of the request"
            )
    if not listed:
        raise ConfigError(f"{person}=[] says nothing; a person who does not answer is `silent`")


_WORDS = (edit, reject, respond, revise, stop, after)
"""What makes a behaviour, and is none."""

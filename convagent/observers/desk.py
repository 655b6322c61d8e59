"""The decisions that wait for whoever sits at a console, and what a typed line says of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .._editor import Standing
from .._reader import os_user
from ..events import InputRequestEvent
from ..human import ANYBODY, HumanReply, HumanRequest, Receipt, Seat
from ..redaction import redacted
from ..transcript.decisions import DONE
from .card import card, how_to_answer, in_one_line, time_left

_SEVERAL = re.compile(r"(all|\d+(?:\s*,\s*\d+)*)\s+(.+)", re.IGNORECASE | re.DOTALL)
_ONE_BY_ONE = ("edit", "respond", "always")
"""What is decided about one action at a time: it depends on what that one is."""

Events = Mapping[int, InputRequestEvent]
"""Questions by their numbers."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person has before them when they type."""

    text: str
    """What is written above the prompt; empty if it stands there already."""
    events: Events
    standing: Standing
    words: tuple[str, ...]
    """For Tab."""


class Desk:
    """Collects decisions, gives them numbers, and hands in what is typed.

    A number belongs to one request for as long as any waits, so that a line that was typed while
    the list changed never reaches another one. A line counts for what was shown when it was typed.
    """

    def __init__(self, seat: Seat | None = None) -> None:
        """Make a desk.

        Args:
            seat: who decides; None: whom the events name.
        """
        self._seat = seat
        self._events: dict[int, InputRequestEvent] = {}
        self._numbers: dict[str, int] = {}
        self._known: dict[int, InputRequestEvent] = {}
        """What the person was shown last."""
        self._typed = ""
        self._cut: Callable[[], None] | None = None

    def add(self, event: InputRequestEvent) -> None:
        """Let a decision wait here. The same request again, as after an interruption, keeps its number."""
        if not self.open and event.request.id not in self._numbers:
            self._numbers.clear()
        number = self._numbers.setdefault(event.request.id, len(self._numbers) + 1)
        self._events[number] = event
        event.when_answered(self._changed)

    @property
    def open(self) -> Events:
        """The decisions that still wait, by their numbers."""
        self._events = {n: e for n, e in sorted(self._events.items()) if not e.answered}
        return self._events

    def drop(self, event: InputRequestEvent) -> None:
        """Let a decision wait elsewhere only."""
        self._events = {n: e for n, e in self._events.items() if e is not event}

    def watch(self, cut: Callable[[], None]) -> None:
        """Call a function, in any thread, once a decision that is shown needs no answer any more."""
        self._cut = cut
        if any(event.answered for event in self._known.values()):
            cut()

    def _changed(self) -> None:
        cut = self._cut
        if cut is not None:
            cut()

    # ------------------------------------------------------------ showing

    def show(self) -> Shown:
        """Return what to put to the person now: new decisions as cards, known ones in a line each."""
        waiting = dict(self.open)
        before, self._known = self._known, waiting
        new = {n: e for n, e in waiting.items() if before.get(n) is not e}
        same = not new and len(before) == len(waiting)
        several = len(waiting) > 1
        lines = [card(redacted(e.request), n if several else 0) for n, e in new.items()]
        if several and not same:
            lines += [f"{len(waiting)} questions wait:\n"]
            lines += [f"  {n}. {in_one_line(redacted(e.request))}\n" for n, e in waiting.items()]
            lines += [f"Answer by number: {how_to_answer(tuple(waiting))}\n"]
        elif waiting and not new and not same:
            lines += [f"Still to be decided: {in_one_line(redacted(e.request))}\n" for e in waiting.values()]
        typed, self._typed = (self._typed if same else ""), ""
        standing = Standing(
            lambda: _prompt(waiting), any(seconds_left(e) is not None for e in waiting.values()), typed, not same
        )
        return Shown("".join(lines), waiting, standing, _words(waiting))

    def withdrawn(self, shown: Shown, typed: str) -> str:
        """Be told that a prompt was taken away; return what was typed if that cannot be used."""
        if _same(self.open, shown.events):  # something else had to be shown meanwhile
            self._typed = typed
            return ""
        return typed.strip()

    # ------------------------------------------------------------ handing in

    def take(self, shown: Shown, line: str, channel: str) -> list[str]:
        """Hand in what was typed, by the ids of what was shown; return what the person is to be told."""
        try:
            chosen, text = _read(shown.events, line)
        except ValueError as wrong:
            return [str(wrong)]
        told = [(n, e, self._hand_in(e, text, channel)) for n, e in chosen.items()]
        if len(told) == 1:
            return [said for _, e, receipt in told if (said := _outcome(e, receipt))]
        word = text.split()[0].lower().removesuffix(":")
        return [f"{n}: {_outcome(e, receipt) or DONE.get(word, text)}" for n, e, receipt in told]

    def _hand_in(self, event: InputRequestEvent, text: str, channel: str) -> Receipt:
        seat = self._seat or event.seat or ANYBODY
        receipt = event.reply(reply_of(seat, event.request, text, channel))
        if receipt.status != "invalid":
            self.drop(event)
        return receipt

    def end_input(self, shown: Shown, channel: str) -> None:
        """Say of all that were shown that nobody here can decide them."""
        for event in shown.events.values():
            event.end_input(channel=channel)
            self.drop(event)


def _same(one: Events, other: Events) -> bool:
    return len(one) == len(other) and all(other.get(n) is e for n, e in one.items())


def reply_of(seat: Seat, request: HumanRequest, text: str, channel: str) -> HumanReply:
    """Return what was typed as a reply of who sits there."""
    user = os_user() if channel == "terminal" else ""
    by = seat.person or user
    how = "os user" if user and by == user else "program" if by else ""
    return HumanReply(request.id, text, by=by, channel=channel, roles=seat.roles, authenticated=how)


def _outcome(event: InputRequestEvent, receipt: Receipt) -> str:
    if receipt.status in ("accepted", "invalid"):
        return receipt.problem
    return f"too late: {receipt.problem}"


# ---------------------------------------------------------------- what was typed


def _read(events: Events, line: str) -> tuple[Events, str]:
    """Return which decisions a line is about, and what it says of them; ValueError: what was expected."""
    typed = line.strip()
    found = _SEVERAL.fullmatch(typed)
    if len(events) == 1:
        ((number, event),) = events.items()
        numbered = found is not None and found[1].lower() in ("all", str(number))
        if found is None or not numbered or typed.lower() in (o.lower() for o in event.request.options):
            return events, typed
        return events, found[2]
    if found is None:
        raise ValueError(
            f"{len(events)} questions wait, so say which; expected such as: {how_to_answer(tuple(events))}"
        )
    which, text = found[1].lower(), found[2].strip()
    numbers = list(events) if which == "all" else list(dict.fromkeys(int(n) for n in which.split(",")))
    unknown = [str(n) for n in numbers if n not in events]
    if unknown:
        raise ValueError(f"there is no question {', '.join(unknown)}; expected {', '.join(map(str, events))}")
    word = text.split()[0].lower().removesuffix(":")
    if len(numbers) > 1 and word in _ONE_BY_ONE:
        raise ValueError(f"{word} is said of one question at a time, such as: {numbers[0]} {text}")
    return {n: events[n] for n in numbers}, text


def _words(events: Events) -> tuple[str, ...]:
    choices = {n: tuple(e.request.choices) or tuple(e.request.decisions) for n, e in events.items()}
    if len(events) == 1:
        return next(iter(choices.values()))
    common = [w for w in next(iter(choices.values()), ()) if all(w in c for c in choices.values())]
    every = tuple(f"all {word}" for word in common if word not in _ONE_BY_ONE)
    return (*(f"{n} {word}" for n, words in choices.items() for word in words), *every)


# ---------------------------------------------------------------- the time that is left


def _prompt(events: Events) -> str:
    left = {n: seconds for n, event in events.items() if (seconds := seconds_left(event)) is not None}
    if not left:
        return "> "
    if len(events) == 1:
        return f"({time_left(next(iter(left.values())))} left) > "
    return f"({', '.join(f'{n}: {time_left(seconds)}' for n, seconds in left.items())} left) > "


def counting_down(event: InputRequestEvent) -> Standing | None:
    """Return how a question for a text is put whose time is short: its last line says what is left; None: no end."""
    if seconds_left(event) is None:
        return None
    line = event.request.prompt.rpartition("\n")[2]
    return Standing(lambda: f"({time_left(seconds_left(event) or 0.0)} left) {line}", ticks=True, fresh=False)


def seconds_left(event: InputRequestEvent) -> float | None:
    """Return the seconds that are left for an answer; None: no end, or a clock that is not this machine's."""
    request = event.request
    if request.deadline is None or request.within is None:
        return None
    left = request.deadline - time.time()
    return left if -60 < left <= request.within + 1 else None

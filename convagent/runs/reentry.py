"""The turn in flight, entered again: its keys, and what was kept under them when it was entered before.

A key is made of the turn, the strand (what runs side by side has different ones), what it is, and how many of its kind
came before it there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..journal.base import Loaded, Row
from ..runtime import Control, strand

STEP = "step"
"""The type of a row that is no event: what a step returned, or that it was begun."""

Body = Mapping[str, Any]
"""What a row says: an event, or a step, as JSON."""


class TurnInFlight:
    """The turn that a run is in, and what is known of it."""

    __slots__ = ("_controls", "_counts", "_places", "kept", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        """Which turn of its run it is, from 1."""
        self.kept: dict[str, Body] = {}
        """What was kept of it when it was entered before, by key."""
        self._controls: dict[str, list[Body]] = {}
        """By strand: control messages that were met there, and not again yet."""
        self._counts: dict[str, int] = {}
        """How often each key was given, but for its number."""
        self._places: dict[str, int] = {}
        """By strand: how many keys it was given; that is where it is."""

    def remember(self, key: str, body: Body) -> None:
        """Be told of a row that was kept of this turn."""
        self.kept[key] = body
        if body.get("what") == "control":
            self._controls.setdefault(body["strand"], []).append(body["value"])

    def begin(self, number: int) -> None:
        """Be the next turn, of which nothing is known."""
        self.number = number
        self.kept.clear()
        self._controls.clear()
        self._counts.clear()
        self._places.clear()

    # ------------------------------------------------------------ keys

    def key(self, what: str) -> str:
        """Return the key of what comes next in this strand, and move on."""
        here = strand.get()
        self._places[here] = self._places.get(here, 0) + 1
        key = f"{self.number}/{here}{what}"
        count = self._counts.get(key, 0)
        self._counts[key] = count + 1
        return f"{key}#{count}" if count else key

    def move_on(self) -> None:
        """Move this strand on by something that has its key already."""
        here = strand.get()
        self._places[here] = self._places.get(here, 0) + 1

    def place(self) -> int:
        """Return where this strand is."""
        return self._places.get(strand.get(), 0)

    def begun(self, strand: str) -> bool:
        """Return whether a strand was begun when the turn was entered before."""
        beginning = f"{self.number}/{strand}"
        return any(key.startswith(beginning) for key in self.kept)

    def settled(self, what: str) -> bool:
        """Return whether this step of the strand returned before, and nobody judged it: before a deploy, or a fork."""
        here = strand.get()
        return f"{self.number}/{here}{what}" in self.kept and not self.begun(f"{here}ruling/")

    # ------------------------------------------------------------ control messages

    def is_met_again(self) -> bool:
        """Return whether a control message was met where this strand is, when the turn was entered before."""
        if not self._controls:
            return False
        met = self._controls.get(strand.get())
        return bool(met) and met[0]["place"] <= self.place()

    def meet_again(self) -> Control:
        """Return that control message, and move on."""
        given = self._controls[strand.get()].pop(0)
        self.key("control")
        return Control(given["action"], given["text"], given["by"], given["force"])

    def met(self, control: Control) -> Body:
        """Return what is kept of a control message, so that it is met here again."""
        said = {"action": control.action, "text": control.text, "by": control.by, "force": control.force}
        return {"what": "control", "strand": strand.get(), "value": {**said, "place": self.place()}}


def rows_by_run(loaded: Loaded | None) -> Mapping[str, list[Row]]:
    """Return the rows of a run and those inside it, each one's own."""
    found: dict[str, list[Row]] = {}
    for row in loaded.rows if loaded else ():
        found.setdefault(row.run, []).append(row)
    return found


def cut_off(rows: Mapping[str, Sequence[Row]]) -> Mapping[str, Sequence[str]]:
    """Return the runs that had not come to their end, by the run which they are inside of."""
    found: dict[str, list[str]] = {}
    for run, kept in rows.items():
        if kept[-1].body.get("type") != "run_completion":
            found.setdefault(run.rpartition("/")[0], []).append(run)
    return found

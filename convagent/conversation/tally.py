"""What a run with limits has come to: counted with the runs inside it, held against its limits and those around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..events import ModelCallFinished
from ..messages import Message, Usage
from ..runtime import Runtime
from .limits import Limit, of_spending
from .state import ConversationState, Stopped


class Tally:
    """How far a run has come: a fold over its events. A run without limits, in none that has some, has no tally.

    What is spent counts for the runs around it, too, and is looked at before each call of a model; what is said, after
    each turn. Its attributes are those of `Progress`, as they were when it was last looked at.
    """

    __slots__ = (
        "_began",
        "_limits",
        "_outer",
        "_spent",
        "_state",
        "_timed",
        "completion_tokens",
        "cost",
        "messages",
        "prompt_tokens",
        "rounds",
        "said",
        "seconds",
        "speaker",
        "turns",
    )

    def __init__(self, limits: Limit | None, runtime: Runtime, state: ConversationState, outer: Tally | None) -> None:
        self._limits, self._state, self._outer = limits, state, outer
        self._timed: bool = (limits is not None and limits.is_timed()) or (outer is not None and outer._timed)
        self._began = runtime.began() if self._timed else 0.0
        self._spent = Usage()
        self.turns = self.rounds = self.messages = 0
        self.said: Message | None = None
        self.speaker = ""
        self.prompt_tokens = self.completion_tokens = 0
        self.cost = self.seconds = 0.0

    def history(self) -> Sequence[Message]:
        """Return what was said; see `Progress`."""
        return self._state.history()

    def ends(self) -> None:
        """Know that the run is over: from now on only what is spent counts, for its summary."""
        self._limits = of_spending(self._limits) if self._limits is not None else None

    # ------------------------------------------------------------ counting

    def spend(self, call: ModelCallFinished) -> None:
        """Count a call of a model, here and in the runs around.

        One that happened before this turn was entered again is counted already, and told nobody a second time; a
        reply from the cache was paid for earlier.
        """
        if call.seq and not call.cached:
            for tally in self._outward():
                tally._spent += call.usage

    def fold(self, bodies: Iterable[Mapping[str, Any]]) -> None:
        """Count what was spent before, here and in runs inside this one, from events as JSON."""
        for body in bodies:
            if body.get("type") == ModelCallFinished.type and not body.get("cached"):
                self._spent += Usage(**body.get("usage", {}))

    def _outward(self) -> list[Tally]:
        found: list[Tally] = [self]
        while (outer := found[-1]._outer) is not None:
            found.append(outer)
        return found

    # ------------------------------------------------------------ judging

    def after_turn(self, runtime: Runtime, turn: int) -> None:
        """Count what was said so far, and look whether it is enough.

        Raises:
            Stopped: a limit is reached.
        """
        state = self._state
        self.turns, self.rounds, self.messages = state.turns(turn), turn, state.sent
        self.said, self.speaker = (state.last_said() if state.sent > 1 else None), state.last_speaker
        self.check(runtime)

    def check(self, runtime: Runtime) -> None:
        """Look whether the run has come far enough, or one around it.

        What is seen is kept, so that a turn which is entered again goes as far as it went.

        Raises:
            Stopped: a limit is reached.
        """
        around = self._outward()

        def look() -> dict[str, Any]:
            spent = [[t._spent.prompt_tokens, t._spent.completion_tokens, t._spent.cost] for t in around]
            return {"now": runtime.now() if self._timed else 0.0, "spent": spent}

        seen = runtime.remember("limits", look) if runtime.keeps else look()
        for tally, spent in zip(around, seen["spent"], strict=False):
            tally.prompt_tokens, tally.completion_tokens, tally.cost = spent
            tally.seconds = seen["now"] - tally._began
            reached = None if tally._limits is None else tally._limits.reached(tally)
            if reached is not None:
                raise Stopped(f"{reached}{'' if tally is self else ', of the run around this one'}", "limit")

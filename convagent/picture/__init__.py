"""Pictures of runs: who said what to whom, what was called and decided, how long people were waited for, what it cost.

    from convagent.picture import picture_of

    Path("run.html").write_text(picture_of("runs.db", run="96fcf80483ce").to_html())

Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import on_first_use

if TYPE_CHECKING:
    from .reading import picture_of as picture_of
    from .value import Picture as Picture
    from .value import Question as Question
    from .value import Run as Run
    from .value import Step as Step
    from .value import Use as Use
    from .value import Who as Who

_HOMES = {
    "Picture": ".value",
    "Question": ".value",
    "Run": ".value",
    "Step": ".value",
    "Use": ".value",
    "Who": ".value",
    "picture_of": ".reading",
}

__all__ = [*_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__, __dir__ = on_first_use(__name__, _HOMES)

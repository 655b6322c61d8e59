"""One row of the table of differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Topic = Literal["people", "conversation", "groups", "runs", "tools", "code", "models", "hooks", "output"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that deliberately behaves otherwise."""

    topic: Topic
    classic: str
    """What the classic does."""
    ours: str
    """What convagent does."""
    reason: str
    fault: int | None = None
    """The number of the classic's fault in the project's list, where it is one."""

"""Context variables that a tool sets: they are part of its result, so that a journal gives them back with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from .. import serde
from ..tools.invoke import ToolOutcome


class Variables(Protocol):
    """What tools are handed as `context_variables`."""

    def to_dict(self) -> dict[str, Any]:
        """Return a copy as a dictionary."""
        ...

    def update(self, other: Any, /) -> None:
        """Set some."""
        ...

    def remove(self, key: str) -> bool:
        """Remove one."""
        ...


def as_they_are(variables: Variables | None, wanted: bool) -> dict[str, str] | None:
    """Return the variables as text, to be compared with later: a tool may change a list that stands in them."""
    if variables is None or not wanted:
        return None
    return {name: serde.encode(value) for name, value in variables.to_dict().items()}


def with_changes(outcome: ToolOutcome, variables: Variables | None, before: Mapping[str, str] | None) -> ToolOutcome:
    """Return an outcome that says which variables it sets.

    Args:
        outcome: of a call that was made just now.
        variables: as they are after it.
        before: as they were, as text; None: the tool was not handed them, or nobody keeps what it did.
    """
    signal = dict(outcome.signal or {})
    found: Mapping[str, Any] = signal.pop("variables", {})
    gone: list[str] = []
    if variables is not None and before is not None:
        after = variables.to_dict()
        found = {**{k: v for k, v in after.items() if before.get(k) != serde.encode(v)}, **found}
        gone = [name for name in before if name not in after]
    if not found and not gone:
        return outcome if outcome.signal == (signal or None) else replace(outcome, signal=signal or None)
    return replace(outcome, signal=signal or None, changes={"set": dict(found), "removed": gone})


def take_over(variables: Variables | None, outcome: ToolOutcome) -> None:
    """Set the variables that an outcome sets; it may be an earlier one, from a journal."""
    if variables is None or outcome.changes is None:
        return
    for name in outcome.changes["removed"]:
        variables.remove(name)
    variables.update(outcome.changes["set"])

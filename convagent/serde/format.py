"""What writing and reading agree on: the version, which fields are written, and what stands for what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, ClassVar

from ..events import Event

VERSION = 1
ENVELOPE = ("run_id", "seq", "at")
"""The fields of an event that say where and when; in a row they stand beside its body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Event):
    """An event that this version does not know, as it was written."""

    type: ClassVar[str] = "record"

    kind: str
    """What type of event it says it is."""
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Its fields, and the version that wrote it."""


class RecordedError(Exception):
    """An error that was stored: what is left of one is its type and its text."""

    def __init__(self, type: str, text: str) -> None:
        super().__init__(text)
        self.type = type
        """The name of the exception's class."""
        self.text = text

    def __repr__(self) -> str:
        return f"{self.type}: {self.text}"


@cache
def written_fields(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Return the names of the fields of a dataclass that are written, and their defaults."""
    stamped = ENVELOPE if Event in kind.__mro__ else ()
    return tuple(
        (f.name, f.default if f.default_factory is MISSING else f.default_factory())
        for f in fields(kind)
        if not f.name.startswith("_") and f.name not in stamped
    )
